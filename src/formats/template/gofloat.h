#pragma once
/* gofloat — floating-point numbers as text, by the rules of Go's strconv.
 * Layer: formats. Pure. Any thread; expects the "C" numeric locale (we set none). */
#include "base/str.h"

enum { GOFLOAT_SHORTEST = -1, GOFLOAT_PRECISION_MAX = 1100 };

/* verb: one of e E f g G x X b. A precision of GOFLOAT_SHORTEST takes as few digits as read back
 * the same. "+Inf", "-Inf", "NaN". At most GOFLOAT_PRECISION_MAX digits are computed; zeros follow.
 */
void gofloat_add(struct strbuf *out, double, char verb, int precision);

/* As strconv.ParseFloat: decimal or hexadecimal, underscores between digits, "Inf", "NaN". False:
 * no number. *ret_is_large: it is one, but beyond the range. */
bool gofloat_read(struct str text, double *ret, bool *ret_is_large);
