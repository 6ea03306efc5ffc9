#include "formats/template/html_context.h"

#include "formats/template/html_entity.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

ENUM_DEFINE(html_state, HTML_STATES)
ENUM_DEFINE(html_delim, HTML_DELIMS)
ENUM_DEFINE(html_url_part, HTML_URL_PARTS)
ENUM_DEFINE(html_attr, HTML_ATTRS)
ENUM_DEFINE(html_element, HTML_ELEMENTS)

/* --- contexts ------------------------------------------------------------------------------- */

bool html_context_eq(struct html_context a, struct html_context b)
{
    return a.state == b.state && a.delim == b.delim && a.url_part == b.url_part &&
           a.attr == b.attr && a.element == b.element && a.error == b.error;
}

void html_context_add(struct strbuf *out, struct html_context c)
{
    strbuf_printf(out, "{%s %s %s jsCtxRegexp [] %s %s ", html_state_name(c.state),
                  html_delim_name(c.delim), html_url_part_name(c.url_part), html_attr_name(c.attr),
                  html_element_name(c.element));
    strbuf_add(out, c.error ? c.error->text : STR("<nil>"));
    strbuf_add_char(out, '}');
}

bool html_is_comment(enum html_state state)
{
    return state == HTML_COMMENT || state == HTML_CSS_BLOCK_COMMENT ||
           state == HTML_CSS_LINE_COMMENT;
}

struct html_context html_context_error(struct arena *arena, const struct node *node,
                                       const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    CHECK(n >= 0);
    char *text = arena_alloc(arena, (size_t)n + 1);
    va_start(args, fmt);
    vsnprintf(text, (size_t)n + 1, fmt, args);
    va_end(args);
    struct html_error *error = ARENA_NEW(arena, struct html_error);
    *error = (struct html_error){.node = node, .text = {text, (size_t)n}};
    return (struct html_context){.state = HTML_ERROR, .error = error};
}

enum html_state html_value_state(enum html_attr attr)
{
    switch (attr) {
    case HTML_ATTR_PLAIN:
    case HTML_ATTR_SCRIPT_TYPE:
        return HTML_ATTR;
    case HTML_ATTR_SCRIPT:
        return HTML_JS;
    case HTML_ATTR_STYLE:
        return HTML_CSS;
    case HTML_ATTR_URL:
        return HTML_URL;
    case HTML_ATTR_SRCSET:
        return HTML_SRCSET;
    case html_attr_COUNT:
        break;
    }
    UNREACHABLE("not an attribute");
}

struct html_context html_context_nudge(struct html_context c)
{
    if (c.state == HTML_TAG) {
        c.state = HTML_ATTR_NAME;
    } else if (c.state == HTML_BEFORE_VALUE) {
        c.state = html_value_state(c.attr);
        c.delim = HTML_DELIM_SPACE;
        c.attr = HTML_ATTR_PLAIN;
    } else if (c.state == HTML_AFTER_NAME) {
        c.state = HTML_ATTR_NAME;
        c.attr = HTML_ATTR_PLAIN;
    }
    return c;
}

/* --- attribute values and special elements -------------------------------------------------- */

static struct str element_name(enum html_element element)
{
    switch (element) {
    case HTML_ELEMENT_NONE:
        return STR_EMPTY;
    case HTML_ELEMENT_SCRIPT:
        return STR("script");
    case HTML_ELEMENT_STYLE:
        return STR("style");
    case HTML_ELEMENT_TEXTAREA:
        return STR("textarea");
    case HTML_ELEMENT_TITLE:
        return STR("title");
    case html_element_COUNT:
        break;
    }
    UNREACHABLE("not an element");
}

size_t html_find_delim(enum html_delim delim, struct str s)
{
    const char *ends = delim == HTML_DELIM_DOUBLE   ? "\""
                       : delim == HTML_DELIM_SINGLE ? "'"
                                                    : " \t\n\f\r>";
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != '\0' && strchr(ends, s.p[i])) {
            return i;
        }
    }
    return SIZE_MAX;
}

/* "</script" with something behind it that ends the name. */
size_t html_find_end_tag(enum html_element element, struct str s)
{
    struct str name = element_name(element);
    for (size_t at = 0; (at = str_find(s, '<', at)) != SIZE_MAX; at++) {
        size_t end = at + 2 + name.n;
        if (end < s.n && s.p[at + 1] == '/' && str_eq_nocase(str_slice(s, at + 2, end), name) &&
            strchr("> \t\n\f/", s.p[end])) {
            return at;
        }
    }
    return SIZE_MAX;
}

/* Is a script of this type run? */
static bool is_script_type(struct str type)
{
    static const char *const types[] = {
        "", /* no type is that of JavaScript */
        "application/ecmascript",
        "application/javascript",
        "application/json",
        "application/ld+json",
        "application/x-ecmascript",
        "application/x-javascript",
        "module",
        "text/ecmascript",
        "text/javascript",
        "text/javascript1.0",
        "text/javascript1.1",
        "text/javascript1.2",
        "text/javascript1.3",
        "text/javascript1.4",
        "text/javascript1.5",
        "text/jscript",
        "text/livescript",
        "text/x-ecmascript",
        "text/x-javascript",
    };
    type = str_trim(str_slice(type, 0, str_find(type, ';', 0)));
    for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
        if (str_eq_nocase(type, str_from(types[i]))) {
            return true;
        }
    }
    return false;
}

/* All of the text is in the value. */
static struct html_context stay_in_value(struct html_context c, struct arena *arena, struct str s)
{
    struct str rest = html_entity_decode(arena, s);
    while (rest.n > 0) {
        size_t n;
        c = html_transition(c, arena, rest, &n);
        rest = str_slice(rest, n, rest.n);
    }
    return c;
}

/* Some browsers would end or begin the value at these. */
static size_t find_unquoted_trap(struct str s, size_t end)
{
    for (size_t i = 0; i < end; i++) {
        if (s.p[i] != '\0' && strchr("\"'<=`", s.p[i])) {
            return i;
        }
    }
    return SIZE_MAX;
}

static struct html_context in_value(struct html_context c, struct arena *arena, struct str s,
                                    size_t *ret_n)
{
    size_t found = html_find_delim(c.delim, s);
    size_t end = found == SIZE_MAX ? s.n : found;
    if (c.delim == HTML_DELIM_SPACE) {
        size_t trap = find_unquoted_trap(s, end);
        if (trap != SIZE_MAX) {
            *ret_n = s.n;
            return html_context_bad(arena, "", str_slice(s, trap, trap + 1),
                                    " in unquoted attr: ", str_slice(s, 0, end));
        }
    }
    if (found == SIZE_MAX) {
        *ret_n = s.n;
        return stay_in_value(c, arena, s);
    }
    bool is_data = c.state == HTML_ATTR && c.element == HTML_ELEMENT_SCRIPT &&
                   c.attr == HTML_ATTR_SCRIPT_TYPE && !is_script_type(str_slice(s, 0, end));
    *ret_n = end + (c.delim == HTML_DELIM_SPACE ? 0 : 1);
    return (struct html_context){.state = HTML_TAG,
                                 .element = is_data ? HTML_ELEMENT_NONE : c.element};
}

struct html_context html_context_after(struct html_context c, struct arena *arena, struct str s,
                                       size_t *ret_n)
{
    if (c.delim != HTML_DELIM_NONE) {
        return in_value(c, arena, s, ret_n);
    }
    if (c.element != HTML_ELEMENT_NONE) {
        size_t end = html_find_end_tag(c.element, s);
        if (end == 0) {
            *ret_n = 0;
            return (struct html_context){.state = HTML_TEXT};
        }
        s = str_slice(s, 0, end);
    }
    return html_transition(c, arena, s, ret_n);
}
