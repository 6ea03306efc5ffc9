#include "app/cli/columns.h"

static void add_spaces(struct strbuf *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        strbuf_add_char(out, ' ');
    }
}

static size_t missing(struct str text, size_t width)
{
    size_t characters = 0;
    for (size_t i = 0; i < text.n; i++) {
        characters += ((unsigned char)text.p[i] & 0xc0) != 0x80;
    }
    return characters < width ? width - characters : 0;
}

void columns_add(struct strbuf *out, struct str text, size_t width)
{
    strbuf_add(out, text);
    add_spaces(out, missing(text, width) + 2);
}

void columns_add_right(struct strbuf *out, struct str text, size_t width)
{
    add_spaces(out, missing(text, width));
    strbuf_add(out, text);
    add_spaces(out, 2);
}
