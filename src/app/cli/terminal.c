#include "app/cli/terminal.h"

struct str terminal_clean(struct arena *arena, struct str text, bool has_lines)
{
    char *clean = arena_alloc(arena, text.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        unsigned char next = i + 1 < text.n ? (unsigned char)text.p[i + 1] : 0;
        bool is_c1 = c == 0xc2 && next >= 0x80 && next < 0xa0;
        bool is_kept = c == '\n' && has_lines;
        clean[n++] = !is_kept && (is_c1 || c < 0x20 || c == 0x7f) ? ' ' : (char)c;
        i += is_c1;
    }
    return (struct str){clean, n};
}
