#pragma once
/* gojson — values as JSON, by the rules of Go's encoding/json: sorted keys, "<", ">" and "&"
 * escaped, times in RFC 3339.
 * Layer: formats. Pure. Any thread. */
#include "formats/template/value.h"

/* False: *why says which value JSON cannot hold. */
bool gojson_add(struct strbuf *out, const struct value *, struct strbuf *why);
