#include "formats/rune.h"

uint32_t rune_decode(struct str s, size_t at, size_t *ret_width)
{
    const unsigned char *p = (const unsigned char *)s.p + at;
    if (p[0] < 0x80) {
        *ret_width = 1;
        return p[0];
    }
    size_t width = str_utf8_len(s, at);
    if (width == 0) {
        *ret_width = 1;
        return RUNE_ERROR;
    }
    uint32_t rune = p[0] & (0xffU >> (width + 1));
    for (size_t i = 1; i < width; i++) {
        rune = rune << 6 | (p[i] & 0x3fU);
    }
    *ret_width = width;
    return rune;
}

void rune_add(struct strbuf *out, uint32_t rune)
{
    if (rune > RUNE_MAX || (rune >= 0xd800 && rune < 0xe000)) {
        rune = RUNE_ERROR;
    }
    char text[4];
    size_t n = rune < 0x80 ? 1 : rune < 0x800 ? 2 : rune < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n; i-- > 1; rune >>= 6) {
        text[i] = (char)(0x80 | (rune & 0x3f));
    }
    text[0] = (char)(lead[n] | rune);
    strbuf_add(out, (struct str){text, n});
}

size_t rune_count(struct str s)
{
    size_t count = 0, width;
    for (size_t i = 0; i < s.n; i += width) {
        rune_decode(s, i, &width);
        count++;
    }
    return count;
}

struct str rune_prefix(struct str s, size_t n)
{
    size_t at = 0, width;
    for (size_t i = 0; i < n && at < s.n; i++) {
        rune_decode(s, at, &width);
        at += width;
    }
    return str_slice(s, 0, at);
}
