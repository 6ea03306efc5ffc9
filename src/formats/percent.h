#pragma once
/* percent — percent-encoding of URLs (RFC 3986). Layer: formats. Pure. Any thread. */
#include "base/str.h"

/* Keeps letters, digits and "-._~"; everything else becomes %XX: safe for one path segment or one
 * query value. */
void percent_encode(struct strbuf *out, struct str text);

/* False for a "%" without two hex digits. The result may hold any byte, also NUL and broken UTF-8,
 * and borrows the text when there is nothing to decode. "+" stays "+" (formats/form.h differs). */
bool percent_decode(struct arena *, struct str text, struct str *ret);
