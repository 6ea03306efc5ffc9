#pragma once
/* form — application/x-www-form-urlencoded: request bodies and query strings.
 *
 * Strict: a broken %XX, text that is not UTF-8, a NUL byte or too many fields refuse the whole
 * form. Empty parts ("a=1&&b=2") are skipped; a part without "=" is a name with an empty value.
 * Layer: formats. Owner: the arena (plain values borrow from the body). Any thread. */
#include "base/err.h"

struct form_field {
    struct str name, value; /* decoded */
};

struct form {
    struct form_field *fields; /* in the order given; names may repeat */
    size_t n;
};

/* ERR_SYNTAX or ERR_TOO_LARGE (more than max_fields). The caller bounds the body. */
enum status form_parse(struct arena *, struct str body, size_t max_fields, struct form *ret,
                       struct err *) MUST_CHECK;

/* The first field of that name; false if there is none. */
bool form_get(const struct form *, struct str name, struct str *ret);

/* Appends "name=value", with "&" before it if the buffer is not empty. */
void form_add(struct strbuf *out, struct str name, struct str value);
