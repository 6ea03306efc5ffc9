#pragma once
/* number — numeric and character constants of templates. Layer: formats. Pure. Any thread. */
#include "formats/template/lex.h"
#include "formats/template/node.h"

/* The constant of a NUMBER, COMPLEX or CHAR_CONSTANT token. False: *why says what is wrong. */
bool number_read(struct arena *, const struct token *, struct number *ret, struct str *why);
/* What it is where nothing is asked for: float if it looks like one, else int. False: it is an
 * integer that does not fit. */
bool number_ideal(const struct number *, struct str text, struct value *ret);
