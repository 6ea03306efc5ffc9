#include "channels/telegram_html.h"

#include "channels/clean.h"

#include <ctype.h>

enum { DEPTH_MAX = 30 };

static const char *const tags[] = {"a",          "b",          "strong",   "i",       "em",   "u",
                                   "ins",        "s",          "strike",   "del",     "code", "pre",
                                   "blockquote", "tg-spoiler", "tg-emoji", "tg-time", "span"};

struct scan {
    struct arena *arena;
    struct str rest;
    struct str open[DEPTH_MAX];
    size_t n_open;
    size_t units;
    struct str why;
};

static bool refuse(struct scan *s, const char *what, struct str name)
{
    s->why = str_printf(s->arena, "%s \"%.*s\"", what, STR_ARG(name));
    return false;
}

static bool is_tag(struct str name)
{
    for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
        if (str_eq_nocase(name, str_from(tags[i]))) {
            return true;
        }
    }
    return false;
}

static void skip(struct scan *s, size_t n)
{
    s->rest = str_slice(s->rest, n, s->rest.n);
}

static struct str take_name(struct scan *s)
{
    size_t n = 0;
    while (n < s->rest.n && (isalnum((unsigned char)s->rest.p[n]) || s->rest.p[n] == '-')) {
        n++;
    }
    struct str name = str_slice(s->rest, 0, n);
    skip(s, n);
    return name;
}

/* Up to the tag's end; a ">" in quotes is not it. */
static bool skip_attributes(struct scan *s, struct str name)
{
    char quote = 0;
    for (size_t i = 0; i < s->rest.n; i++) {
        char c = s->rest.p[i];
        if (quote) {
            quote = c == quote ? 0 : quote;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '>') {
            skip(s, i + 1);
            return true;
        }
    }
    return refuse(s, "unclosed start tag", name);
}

static bool read_tag(struct scan *s)
{
    skip(s, 1);
    bool is_end = s->rest.n > 0 && s->rest.p[0] == '/';
    skip(s, is_end);
    struct str name = take_name(s);
    if (is_end) {
        if (s->n_open == 0 || !str_eq_nocase(s->open[s->n_open - 1], name) || s->rest.n == 0 ||
            s->rest.p[0] != '>') {
            return refuse(s, "unexpected end tag", name);
        }
        s->n_open--;
        skip(s, 1);
        return true;
    }
    if (!is_tag(name) || s->n_open == DEPTH_MAX) {
        return refuse(s, "unsupported start tag", name);
    }
    s->open[s->n_open++] = name;
    return skip_attributes(s, name);
}

/* "&lt;", "&#39;", "&#x27;" count as what they stand for. */
static bool read_entity(struct scan *s)
{
    static const char *const named[] = {"&lt;", "&gt;", "&amp;", "&quot;"};
    for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
        if (str_starts_with(s->rest, str_from(named[i]))) {
            skip(s, str_from(named[i]).n);
            s->units++;
            return true;
        }
    }
    size_t end = str_find(s->rest, ';', 0);
    if (!str_starts_with(s->rest, STR("&#")) || end == SIZE_MAX || end > 10) {
        s->units++; /* an ampersand */
        skip(s, 1);
        return true;
    }
    bool is_hex = s->rest.p[2] == 'x';
    uint32_t c = 0;
    for (size_t i = is_hex ? 3 : 2; i < end; i++) {
        unsigned char d = (unsigned char)s->rest.p[i];
        if (is_hex ? !isxdigit(d) : !isdigit(d)) {
            return refuse(s, "bad entity", str_slice(s->rest, 0, end));
        }
        c = c * (is_hex ? 16 : 10) + (uint32_t)(isdigit(d) ? d - '0' : (d | 32) - 'a' + 10);
    }
    s->units += c > 0xffff ? 2 : 1;
    skip(s, end + 1);
    return true;
}

bool telegram_html_measure(struct arena *arena, struct str html, size_t *ret_units,
                           struct str *ret_why)
{
    struct scan s = {.arena = arena, .rest = html, .why = STR_EMPTY};
    while (s.rest.n > 0) {
        char c = s.rest.p[0];
        if (c == '<' || c == '&') {
            if (!(c == '<' ? read_tag(&s) : read_entity(&s))) {
                *ret_why = s.why;
                return false;
            }
            continue;
        }
        size_t len;
        s.units += clean_decode(s.rest, &len) > 0xffff ? 2 : 1;
        skip(&s, len);
    }
    if (s.n_open > 0) {
        refuse(&s, "no end tag for", s.open[s.n_open - 1]);
        *ret_why = s.why;
        return false;
    }
    *ret_units = s.units;
    return true;
}
