#pragma once
/* hex — bytes as hexadecimal digits. Layer: formats. Pure. Any thread. */
#include "base/str.h"

/* Lower case, two digits per byte. */
struct str hex_encode(struct arena *, struct str bytes);

/* Exactly 2 * n digits in either case into n bytes; false (out undefined) for anything else. */
bool hex_decode(struct str text, uint8_t *out, size_t n);
