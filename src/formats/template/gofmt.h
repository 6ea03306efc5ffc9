#pragma once
/* gofmt — values as text, by the rules of Go's package fmt.
 *
 * Mistakes are no errors: they show in the text ("%!d(string=x)"), as in Go.
 * Layer: formats. Pure. Any thread. Text stops at the buffer's maximum. */
#include "formats/template/value.h"

/* One value as %v. */
void gofmt_value(struct strbuf *out, const struct value *);
/* Spaces between operands of which neither is a string. */
void gofmt_print(struct strbuf *out, const struct value *args, size_t n);
/* Spaces between all, and a newline. */
void gofmt_println(struct strbuf *out, const struct value *args, size_t n);
void gofmt_printf(struct strbuf *out, struct str format, const struct value *args, size_t n);
