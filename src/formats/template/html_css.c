#include "formats/template/html_css.h"

#include "formats/rune.h"
#include "formats/template/goquote.h"
#include "formats/template/html_context.h"

#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static int hex_digit(char c)
{
    char low = (char)(c | 0x20);
    return c >= '0' && c <= '9' ? c - '0' : low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

static bool is_name_rune(uint32_t rune)
{
    return (rune >= 'a' && rune <= 'z') || (rune >= 'A' && rune <= 'Z') ||
           (rune >= '0' && rune <= '9') || rune == '-' || rune == '_' ||
           (rune >= 0x80 && rune <= 0xd7ff) || (rune >= 0xe000 && rune <= 0xfffd) ||
           rune >= 0x10000;
}

/* --- escapes -------------------------------------------------------------------------------- */

/* One white space may follow the digits of an escape. */
static size_t skip_one_space(struct str s, size_t at)
{
    if (at < s.n && is_space(s.p[at])) {
        bool is_crlf = s.p[at] == '\r' && at + 1 < s.n && s.p[at + 1] == '\n';
        return at + (is_crlf ? 2 : 1);
    }
    return at;
}

/* The backslash is at `at`, and something follows. Returns the end. */
static size_t add_unescaped(struct strbuf *out, struct str s, size_t at)
{
    enum { HEX_MAX = 6 };
    size_t end = at + 1, width;
    uint32_t rune = 0;
    if (hex_digit(s.p[end]) < 0) {
        rune_decode(s, end, &width);
        strbuf_add(out, str_slice(s, end, end + width));
        return end + width;
    }
    for (; end < s.n && end <= at + HEX_MAX && hex_digit(s.p[end]) >= 0; end++) {
        uint32_t next = rune << 4 | (uint32_t)hex_digit(s.p[end]);
        if (next > RUNE_MAX) {
            break; /* the last digit is text */
        }
        rune = next;
    }
    rune_add(out, rune);
    return skip_one_space(s, end);
}

struct str html_css_decode(struct arena *arena, struct str s)
{
    size_t at = str_find(s, '\\', 0), from = 0;
    if (at == SIZE_MAX) {
        return s;
    }
    struct strbuf out;
    strbuf_init(&out, arena, s.n * 3);
    while (at != SIZE_MAX) {
        strbuf_add(&out, str_slice(s, from, at));
        if (at + 1 == s.n) {
            return strbuf_str(&out);
        }
        from = add_unescaped(&out, s, at);
        at = str_find(s, '\\', from);
    }
    strbuf_add(&out, str_slice(s, from, s.n));
    return strbuf_str(&out);
}

void html_css_add_escaped(struct strbuf *out, struct str s)
{
    static const char special[] = "\t\n\f\r\"&'()+/:;<>{}";
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '\\') {
            strbuf_add(out, STR("\\\\"));
        } else if (c == '\0' || strchr(special, c)) {
            strbuf_printf(out, "\\%x", (unsigned char)c);
            /* What follows must not be taken for a part of the escape. */
            if (i + 1 == s.n || hex_digit(s.p[i + 1]) >= 0 || is_space(s.p[i + 1])) {
                strbuf_add_char(out, ' ');
            }
        } else {
            strbuf_add(out, (struct str){&c, 1});
        }
    }
}

bool html_css_is_plain(struct arena *arena, struct str text, struct str *ret)
{
    struct str value = html_css_decode(arena, text);
    struct strbuf letters; /* the names in it, small and joined */
    strbuf_init(&letters, arena, value.n);
    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i];
        if (c == '\0' || strchr("\"'()/;@[\\]`{}<>", c) ||
            (c == '-' && i > 0 && value.p[i - 1] == '-')) {
            return false;
        }
        if (c != '-' && (unsigned char)c < 0x80 && is_name_rune((unsigned char)c)) {
            strbuf_add_char(&letters, (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c));
        }
    }
    struct str names = strbuf_str(&letters);
    if (str_contains(names, STR("expression")) || str_contains(names, STR("mozbinding"))) {
        return false;
    }
    *ret = value;
    return true;
}

/* --- states --------------------------------------------------------------------------------- */

/* "… url" with nothing of a name before it. */
static bool ends_with_url(struct str s)
{
    if (s.n < 3 || !str_eq_nocase(str_slice(s, s.n - 3, s.n), STR("url"))) {
        return false;
    }
    if (s.n == 3) {
        return true;
    }
    size_t last = s.n - 4, width;
    while (last > 0 && s.n - 3 - last < 4 && ((unsigned char)s.p[last] & 0xc0) == 0x80) {
        last--;
    }
    uint32_t rune = rune_decode(s, last, &width);
    return !is_name_rune(last + width == s.n - 3 ? rune : RUNE_ERROR);
}

static struct html_context begin_url(struct html_context c, struct str s, size_t paren,
                                     size_t *ret_n)
{
    size_t at = paren + 1;
    while (at < s.n && is_space(s.p[at])) {
        at++;
    }
    bool is_double = at < s.n && s.p[at] == '"', is_single = at < s.n && s.p[at] == '\'';
    c.state = is_double ? HTML_CSS_DQ_URL : is_single ? HTML_CSS_SQ_URL : HTML_CSS_URL;
    *ret_n = at + (is_double || is_single ? 1 : 0);
    return c;
}

static struct str trim_end(struct str s)
{
    while (s.n > 0 && is_space(s.p[s.n - 1])) {
        s.n--;
    }
    return s;
}

static struct html_context in_css(struct html_context c, struct str s, size_t *ret_n)
{
    for (size_t i = 0; i < s.n; i++) {
        char next = i + 1 < s.n ? s.p[i + 1] : '\0';
        if (s.p[i] == '(' && ends_with_url(trim_end(str_slice(s, 0, i)))) {
            return begin_url(c, s, i, ret_n);
        }
        if (s.p[i] == '/' && (next == '/' || next == '*')) {
            c.state = next == '/' ? HTML_CSS_LINE_COMMENT : HTML_CSS_BLOCK_COMMENT;
            *ret_n = i + 2;
            return c;
        }
        if (s.p[i] == '"' || s.p[i] == '\'') {
            c.state = s.p[i] == '"' ? HTML_CSS_DQ_STR : HTML_CSS_SQ_STR;
            *ret_n = i + 1;
            return c;
        }
    }
    *ret_n = s.n;
    return c;
}

static const char *ends_of(enum html_state state)
{
    return state == HTML_CSS_DQ_STR || state == HTML_CSS_DQ_URL   ? "\\\""
           : state == HTML_CSS_SQ_STR || state == HTML_CSS_SQ_URL ? "\\'"
                                                                  : "\\\t\n\f\r )";
}

/* Inside quotes or url(…): strings are taken for URLs, too, because they often are. */
static struct html_context in_string(struct html_context c, struct arena *arena, struct str s,
                                     size_t *ret_n)
{
    const char *ends = ends_of(c.state);
    size_t from = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\0' || !strchr(ends, s.p[i])) {
            continue;
        }
        if (s.p[i] != '\\') {
            c.state = HTML_CSS;
            *ret_n = i + 1;
            return c;
        }
        if (++i == s.n) {
            struct strbuf quoted;
            strbuf_init(&quoted, arena, s.n * 4 + 8);
            goquote_add(&quoted, s, false);
            *ret_n = s.n;
            return html_context_error(arena, NULL, "unfinished escape sequence in CSS string: %.*s",
                                      STR_ARG(strbuf_str(&quoted)));
        }
        html_url_goes_on(&c, html_css_decode(arena, str_slice(s, 0, i + 1)));
        from = i + 1;
    }
    html_url_goes_on(&c, html_css_decode(arena, str_slice(s, from, s.n)));
    *ret_n = s.n;
    return c;
}

static struct html_context in_comment(struct html_context c, struct str s, size_t *ret_n)
{
    bool is_block = c.state == HTML_CSS_BLOCK_COMMENT;
    for (size_t i = 0; i < s.n; i++) {
        bool is_end = is_block ? s.p[i] == '*' && i + 1 < s.n && s.p[i + 1] == '/'
                               : s.p[i] == '\n' || s.p[i] == '\f' || s.p[i] == '\r';
        if (is_end) {
            c.state = HTML_CSS;
            *ret_n = i + (is_block ? 2 : 0); /* the line's end is not the comment's */
            return c;
        }
    }
    *ret_n = s.n;
    return c;
}

struct html_context html_css_transition(struct html_context c, struct arena *arena, struct str s,
                                        size_t *ret_n)
{
    if (c.state == HTML_CSS) {
        return in_css(c, s, ret_n);
    }
    if (html_is_comment(c.state)) {
        return in_comment(c, s, ret_n);
    }
    return in_string(c, arena, s, ret_n);
}
