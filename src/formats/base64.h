#pragma once
/* base64 — RFC 4648: the standard alphabet with padding, and the URL alphabet without.
 *
 * Decoding is strict: no white space, no missing or surplus padding, unused bits must be zero; so
 * every value has exactly one text (no malleable tokens). Characters are mapped in constant time
 * (libsodium), fit for keys. Layer: formats. Pure. Any thread. */
#include "base/str.h"

struct str base64_encode(struct arena *, struct str bytes);
bool base64_decode(struct arena *, struct str text, struct str *ret);

struct str base64url_encode(struct arena *, struct str bytes);
bool base64url_decode(struct arena *, struct str text, struct str *ret);
/* Into exactly n bytes; false (out undefined) for any other text. */
bool base64url_decode_exact(struct str text, uint8_t *out, size_t n);
