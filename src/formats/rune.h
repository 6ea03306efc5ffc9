#pragma once
/* rune — single code points of UTF-8 text, with Go's rule for what is malformed: each bad byte
 * counts as one U+FFFD.
 * Layer: formats. Pure. Any thread. */
#include "base/str.h"

enum { RUNE_ERROR = 0xfffd, RUNE_MAX = 0x10ffff };

/* The code point at s.p[at] (at < s.n) and its bytes; RUNE_ERROR and 1 where the text is malformed,
 * RUNE_ERROR and 3 where U+FFFD was written. */
uint32_t rune_decode(struct str s, size_t at, size_t *ret_width);
/* UTF-8 of the code point, U+FFFD for what is none. */
void rune_add(struct strbuf *, uint32_t rune);
/* Code points, a bad byte as one. */
size_t rune_count(struct str s);
/* The first n code points. */
struct str rune_prefix(struct str s, size_t n);
