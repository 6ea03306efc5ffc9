#pragma once
/* goquote — Go's string literals, written and read.
 * Layer: formats. Pure. Any thread. */
#include "base/err.h"

/* "…" with Go's escapes; quote is '"' or '\''. is_ascii: nothing beyond ASCII stays as it is. */
void goquote_add(struct strbuf *out, struct str text, bool is_ascii);
void goquote_add_rune(struct strbuf *out, uint32_t rune, bool is_ascii);
/* Fits between backquotes as it is. */
bool goquote_is_raw(struct str text);

/* The text of a literal with its quotes (double or back). False: it is none. */
bool goquote_read(struct arena *, struct str literal, struct str *ret);
/* The code point of '…' with its quotes. *ret_is_single: false when more than one character stands
 * between them, or none. False: malformed. */
bool goquote_read_rune(struct str literal, uint32_t *ret, bool *ret_is_single);
