#include "formats/markdown.h"

#include <string.h>

static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* What can begin markup in the middle of a line. `-`, `+` and `.` only count at its start, but text
 * may stand there. */
static bool is_special(struct str text, size_t i)
{
    static const char always[] = "\\`*_{}[]()#~!$^";
    char c = text.p[i];
    if (c == '-' || c == '+' || c == '=') {
        return i == 0;
    }
    if (c == '.') { /* "1. " is a list, "www." a link */
        return i > 0 && is_word(text.p[i - 1]) && (i < 4 || text.p[i - 1] == 'w');
    }
    if (c == ':') { /* "https://" would become a link */
        return i + 1 < text.n && text.p[i + 1] == '/';
    }
    return c != '\0' && strchr(always, c) != NULL;
}

/* Also harmless to what reads HTML, or cuts a table into cells, before it looks at backslashes. */
static const char *entity_of(char c)
{
    return c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : c == '|' ? "&#124;" : NULL;
}

void markdown_text(struct strbuf *out, struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '\n' || c == '\r' || c == '\t') {
            strbuf_add_char(out, ' ');
            continue;
        }
        const char *entity = entity_of(c);
        if (entity) {
            strbuf_add(out, str_from(entity));
            continue;
        }
        if (is_special(text, i)) {
            strbuf_add_char(out, '\\');
        }
        strbuf_add_char(out, c);
        /* "@team" would call somebody; inside an address it does not. */
        bool is_mention = c == '@' && (i == 0 || !is_word(text.p[i - 1]));
        if (is_mention) {
            strbuf_add(out, STR("\xe2\x80\x8b")); /* a space of no width */
        }
    }
}

static size_t longest_run(struct str text, char c)
{
    size_t longest = 0, run = 0;
    for (size_t i = 0; i < text.n; i++) {
        run = text.p[i] == c ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest;
}

static void add_run(struct strbuf *out, char c, size_t n)
{
    while (n-- > 0) {
        strbuf_add_char(out, c);
    }
}

void markdown_block(struct strbuf *out, struct str text)
{
    size_t fence = longest_run(text, '`') + 1;
    fence = fence < 3 ? 3 : fence;
    add_run(out, '`', fence);
    strbuf_add(out, STR("text\n"));
    strbuf_add(out, text);
    if (text.n == 0 || text.p[text.n - 1] != '\n') {
        strbuf_add_char(out, '\n');
    }
    add_run(out, '`', fence);
    strbuf_add_char(out, '\n');
}
