/* The states between and inside tags. */
#include "formats/template/goquote.h"
#include "formats/template/html_attr.h"
#include "formats/template/html_context.h"

#include <string.h>

struct html_context html_context_bad(struct arena *arena, const char *before, struct str text,
                                     const char *between, struct str more)
{
    struct strbuf out;
    strbuf_init(&out, arena, (text.n + more.n) * 4 + 256);
    strbuf_add(&out, str_from(before));
    goquote_add(&out, text, false);
    strbuf_add(&out, str_from(between));
    if (between[0] != '\0') {
        goquote_add(&out, more, false);
    }
    return html_context_error(arena, NULL, "%.*s", STR_ARG(strbuf_str(&out)));
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_alnum(char c)
{
    return is_alpha(c) || (c >= '0' && c <= '9');
}

static size_t skip_space(struct str s, size_t at)
{
    while (at < s.n && is_space(s.p[at])) {
        at++;
    }
    return at;
}

static enum html_element element_of(struct str name)
{
    return str_eq_nocase(name, STR("script"))     ? HTML_ELEMENT_SCRIPT
           : str_eq_nocase(name, STR("style"))    ? HTML_ELEMENT_STYLE
           : str_eq_nocase(name, STR("textarea")) ? HTML_ELEMENT_TEXTAREA
           : str_eq_nocase(name, STR("title"))    ? HTML_ELEMENT_TITLE
                                                  : HTML_ELEMENT_NONE;
}

/* "x-y" and "x:y" are names; "x-" is "x" and something else. Returns the end. */
static size_t skip_tag_name(struct str s, size_t at)
{
    if (at == s.n || !is_alpha(s.p[at])) {
        return at;
    }
    for (at++; at < s.n; at++) {
        bool joins = (s.p[at] == ':' || s.p[at] == '-') && at + 1 < s.n && is_alnum(s.p[at + 1]);
        if (!is_alnum(s.p[at]) && !joins) {
            break;
        }
    }
    return at;
}

static struct html_context in_text(struct html_context c, struct str s, size_t *ret_n)
{
    for (size_t at = 0;;) {
        at = str_find(s, '<', at);
        if (at == SIZE_MAX || at + 1 == s.n) {
            *ret_n = s.n;
            return c;
        }
        if (str_starts_with(str_slice(s, at, s.n), STR("<!--"))) {
            *ret_n = at + 4;
            return (struct html_context){.state = HTML_COMMENT};
        }
        at++;
        bool is_end = s.p[at] == '/';
        if (is_end && at + 1 == s.n) {
            *ret_n = s.n;
            return c;
        }
        at += is_end ? 1 : 0;
        size_t end = skip_tag_name(s, at);
        if (end != at) {
            *ret_n = end;
            return (struct html_context){.state = HTML_TAG,
                                         .element = is_end ? HTML_ELEMENT_NONE
                                                           : element_of(str_slice(s, at, end))};
        }
        at = end;
    }
}

/* The end of an attribute's name that begins at `at`. False: there is something in it that browsers
 * do not agree about. */
static bool skip_attr_name(struct str s, size_t at, size_t *ret_end)
{
    for (; at < s.n; at++) {
        char c = s.p[at];
        if (is_space(c) || c == '=' || c == '>') {
            break;
        }
        if (c == '\'' || c == '"' || c == '<') {
            *ret_end = at;
            return false;
        }
    }
    *ret_end = at;
    return true;
}

static struct html_context bad_attr_name(struct arena *arena, struct str s, size_t at)
{
    return html_context_bad(arena, "", str_slice(s, at, at + 1),
                            " in attribute name: ", str_clip_utf8(s, 32));
}

static enum html_state content_state(enum html_element element)
{
    return element == HTML_ELEMENT_SCRIPT  ? HTML_JS
           : element == HTML_ELEMENT_STYLE ? HTML_CSS
           : element == HTML_ELEMENT_NONE  ? HTML_TEXT
                                           : HTML_RCDATA;
}

static enum html_attr attr_of(enum html_element element, struct str name)
{
    char small[64];
    if (name.n > sizeof(small)) {
        return HTML_ATTR_PLAIN;
    }
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        small[i] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
    }
    name.p = small;
    if (element == HTML_ELEMENT_SCRIPT && str_eq(name, STR("type"))) {
        return HTML_ATTR_SCRIPT_TYPE;
    }
    enum html_content content = html_attr_content(name);
    return content == HTML_CONTENT_URL      ? HTML_ATTR_URL
           : content == HTML_CONTENT_CSS    ? HTML_ATTR_STYLE
           : content == HTML_CONTENT_JS     ? HTML_ATTR_SCRIPT
           : content == HTML_CONTENT_SRCSET ? HTML_ATTR_SRCSET
                                            : HTML_ATTR_PLAIN;
}

static struct html_context in_tag(struct html_context c, struct arena *arena, struct str s,
                                  size_t *ret_n)
{
    size_t at = skip_space(s, 0), end;
    *ret_n = s.n;
    if (at == s.n) {
        return c;
    }
    if (s.p[at] == '>') {
        *ret_n = at + 1;
        return (struct html_context){.state = content_state(c.element), .element = c.element};
    }
    if (!skip_attr_name(s, at, &end)) {
        return bad_attr_name(arena, s, end);
    }
    if (end == at) {
        return html_context_bad(arena, "expected space, attr name, or end of tag, but got ",
                                str_slice(s, at, s.n), "", STR_EMPTY);
    }
    *ret_n = end;
    return (struct html_context){.state = end == s.n ? HTML_ATTR_NAME : HTML_AFTER_NAME,
                                 .element = c.element,
                                 .attr = attr_of(c.element, str_slice(s, at, end))};
}

static struct html_context in_attr_name(struct html_context c, struct arena *arena, struct str s,
                                        size_t *ret_n)
{
    size_t end;
    if (!skip_attr_name(s, 0, &end)) {
        *ret_n = s.n;
        return bad_attr_name(arena, s, end);
    }
    if (end != s.n) {
        c.state = HTML_AFTER_NAME;
    }
    *ret_n = end;
    return c;
}

static struct html_context after_name(struct html_context c, struct str s, size_t *ret_n)
{
    size_t at = skip_space(s, 0);
    *ret_n = at;
    if (at == s.n) {
        return c;
    }
    bool has_value = s.p[at] == '=';
    c.state = has_value ? HTML_BEFORE_VALUE : HTML_TAG;
    *ret_n += has_value ? 1 : 0;
    return c;
}

static struct html_context before_value(struct html_context c, struct str s, size_t *ret_n)
{
    size_t at = skip_space(s, 0);
    *ret_n = at;
    if (at == s.n) {
        return c;
    }
    c.state = html_value_state(c.attr);
    c.delim = s.p[at] == '"'    ? HTML_DELIM_DOUBLE
              : s.p[at] == '\'' ? HTML_DELIM_SINGLE
                                : HTML_DELIM_SPACE;
    *ret_n += c.delim == HTML_DELIM_SPACE ? 0 : 1;
    return c;
}

static struct html_context in_comment(struct html_context c, struct str s, size_t *ret_n)
{
    for (size_t at = 0; at + 3 <= s.n; at++) {
        if (memcmp(s.p + at, "-->", 3) == 0) {
            *ret_n = at + 3;
            return (struct html_context){.state = HTML_TEXT};
        }
    }
    *ret_n = s.n;
    return c;
}

void html_url_goes_on(struct html_context *c, struct str s)
{
    if (str_find(s, '?', 0) != SIZE_MAX || str_find(s, '#', 0) != SIZE_MAX) {
        c->url_part = HTML_URL_QUERY;
    } else if (c->url_part == HTML_URL_NONE && skip_space(s, 0) != s.n) {
        c->url_part = HTML_URL_PRE_QUERY;
    }
}

struct html_context html_transition(struct html_context c, struct arena *arena, struct str s,
                                    size_t *ret_n)
{
    switch (c.state) {
    case HTML_TEXT:
        return in_text(c, s, ret_n);
    case HTML_TAG:
        return in_tag(c, arena, s, ret_n);
    case HTML_ATTR_NAME:
        return in_attr_name(c, arena, s, ret_n);
    case HTML_AFTER_NAME:
        return after_name(c, s, ret_n);
    case HTML_BEFORE_VALUE:
        return before_value(c, s, ret_n);
    case HTML_COMMENT:
        return in_comment(c, s, ret_n);
    case HTML_URL:
        html_url_goes_on(&c, s);
        *ret_n = s.n;
        return c;
    case HTML_CSS:
    case HTML_CSS_DQ_STR:
    case HTML_CSS_SQ_STR:
    case HTML_CSS_DQ_URL:
    case HTML_CSS_SQ_URL:
    case HTML_CSS_URL:
    case HTML_CSS_BLOCK_COMMENT:
    case HTML_CSS_LINE_COMMENT:
        return html_css_transition(c, arena, s, ret_n);
    case HTML_RCDATA:
    case HTML_ATTR:
    case HTML_SRCSET:
    case HTML_JS:
    case HTML_ERROR:
    case HTML_DEAD:
        *ret_n = s.n;
        return c;
    case html_state_COUNT:
        break;
    }
    UNREACHABLE("not a state");
}
