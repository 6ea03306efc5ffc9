#include "formats/percent.h"

#include "formats/hex.h"

#include <string.h>

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void percent_encode(struct strbuf *out, struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (is_unreserved(text.p[i])) {
            strbuf_add_char(out, text.p[i]);
        } else {
            strbuf_printf(out, "%%%02X", (unsigned char)text.p[i]);
        }
    }
}

bool percent_decode(struct arena *arena, struct str text, struct str *ret)
{
    if (text.n == 0 || !memchr(text.p, '%', text.n)) {
        *ret = text;
        return true;
    }
    char *out = arena_alloc(arena, text.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t byte = (uint8_t)text.p[i];
        if (text.p[i] == '%') {
            if (!hex_decode(str_slice(text, i + 1, i + 3), &byte, 1)) {
                return false;
            }
            i += 2;
        }
        out[n++] = (char)byte;
    }
    *ret = (struct str){out, n};
    return true;
}
