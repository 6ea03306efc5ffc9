#include "formats/template/html_filters.h"

#include "formats/percent.h"
#include "formats/rune.h"
#include "formats/template/gofmt.h"
#include "formats/template/html_attr.h"
#include "formats/template/html_context.h"
#include "formats/template/html_css.h"
#include "formats/template/types.h"

#include <string.h>

ENUM_DEFINE(html_filter, HTML_FILTERS)

/* Stands where something unsafe would have stood. Go's word, so that people find it. */
#define FAILSAFE STR("ZgotmplZ")

/* Text, and what somebody vouches for it to be. */
struct content {
    struct str text;
    const struct value_type *type; /* &type_html, &type_url or &type_string */
};

static struct content content_of(struct arena *arena, const struct value *value)
{
    enum value_kind kind = value_kind(value);
    if (kind == VALUE_STRING) {
        return (struct content){value->s, value->type};
    }
    struct strbuf text;
    strbuf_init(&text, arena, 1 << 20);
    if (kind != VALUE_NOTHING && kind != VALUE_ANY) {
        gofmt_value(&text, value);
    }
    return (struct content){strbuf_str(&text), &type_string};
}

/* --- HTML ----------------------------------------------------------------------------------- */

static struct str entity(char c)
{
    switch (c) {
    case '"':
        return STR("&#34;");
    case '\'':
        return STR("&#39;");
    case '&':
        return STR("&amp;");
    case '+':
        return STR("&#43;");
    case '<':
        return STR("&lt;");
    case '>':
        return STR("&gt;");
    case '\0':
        return STR("\xef\xbf\xbd");
    default:
        return STR_EMPTY;
    }
}

static struct str unquoted_entity(char c)
{
    switch (c) {
    case '\0':
        return STR("&#xfffd;");
    case '\t':
        return STR("&#9;");
    case '\n':
        return STR("&#10;");
    case '\v':
        return STR("&#11;");
    case '\f':
        return STR("&#12;");
    case '\r':
        return STR("&#13;");
    case ' ':
        return STR("&#32;");
    case '=':
        return STR("&#61;");
    case '`':
        return STR("&#96;");
    default:
        return entity(c);
    }
}

/* Characters that some browsers do not take for characters in unquoted attributes. */
static bool is_odd(uint32_t rune)
{
    return (rune >= 0xfdd0 && rune <= 0xfdef) || (rune >= 0xfff0 && rune <= 0xffff);
}

/* keeps_amp: the text is HTML, its entities stay. */
static void add_html(struct strbuf *out, struct str s, bool is_unquoted, bool keeps_amp)
{
    size_t from = 0, width;
    for (size_t i = 0; i < s.n; i += width) {
        unsigned char c = (unsigned char)s.p[i];
        width = 1;
        if (c < 0x80) {
            struct str instead = is_unquoted ? unquoted_entity((char)c) : entity((char)c);
            if (instead.n > 0 && !(keeps_amp && c == '&')) {
                strbuf_add(out, str_slice(s, from, i));
                strbuf_add(out, instead);
                from = i + 1;
            }
        } else if (is_unquoted) {
            uint32_t rune = rune_decode(s, i, &width);
            if (is_odd(rune)) {
                strbuf_add(out, str_slice(s, from, i));
                strbuf_printf(out, "&#x%x;", rune);
                from = i + width;
            }
        }
    }
    strbuf_add(out, str_slice(s, from, s.n));
}

/* Where the "<" is that the change of state began with. */
static size_t last_angle(struct str s, size_t from, size_t end)
{
    for (size_t i = end; i > from; i--) {
        if (s.p[i - 1] == '<') {
            return i - 1;
        }
    }
    return end;
}

static bool is_in_tag(enum html_state state)
{
    return state == HTML_TAG || state == HTML_ATTR_NAME || state == HTML_AFTER_NAME ||
           state == HTML_BEFORE_VALUE || state == HTML_ATTR;
}

/* One step over HTML; what stands in scripts and styles is passed over in one. */
static struct html_context step(struct html_context c, struct arena *arena, struct str rest,
                                size_t *ret_n)
{
    if (c.delim != HTML_DELIM_NONE) {
        *ret_n = html_find_delim(c.delim, rest);
        *ret_n += *ret_n == SIZE_MAX || c.delim == HTML_DELIM_SPACE ? 0 : 1;
        return (struct html_context){.state = HTML_TAG, .element = c.element};
    }
    if (c.element != HTML_ELEMENT_NONE && !is_in_tag(c.state)) {
        size_t end = html_find_end_tag(c.element, rest);
        *ret_n = end == SIZE_MAX ? rest.n : end;
        return end == SIZE_MAX ? c : (struct html_context){.state = HTML_TEXT};
    }
    return html_transition(c, arena, rest, ret_n);
}

/* Without the tags; comments and attributes go with them. */
static struct str strip_tags(struct arena *arena, struct str s)
{
    struct html_context c = {.state = HTML_TEXT};
    struct strbuf out;
    bool is_all_text = true;
    size_t at = 0, n;
    strbuf_init(&out, arena, s.n);
    while (at < s.n) {
        struct html_context next = step(c, arena, str_slice(s, at, s.n), &n);
        if (n == SIZE_MAX) {
            break; /* an attribute without an end */
        }
        bool is_text =
            c.delim == HTML_DELIM_NONE && (c.state == HTML_TEXT || c.state == HTML_RCDATA);
        if (is_text) {
            size_t end = next.state != c.state ? last_angle(s, at, at + n) : at + n;
            strbuf_add(&out, str_slice(s, at, end));
        }
        is_all_text &= is_text || c.delim != HTML_DELIM_NONE;
        c = next;
        at += n;
    }
    if (is_all_text) {
        return s;
    }
    if (c.state == HTML_TEXT || c.state == HTML_RCDATA) {
        strbuf_add(&out, str_slice(s, at, s.n));
    }
    return strbuf_str(&out);
}

static void add_attr(struct strbuf *out, struct content in, bool is_unquoted)
{
    bool is_html = in.type == &type_html;
    if (is_unquoted && in.text.n == 0) {
        strbuf_add(out, FAILSAFE); /* nothing would swallow what follows */
        return;
    }
    add_html(out, is_html ? strip_tags(out->arena, in.text) : in.text, is_unquoted, is_html);
}

static void add_name(struct strbuf *out, struct content in)
{
    struct strbuf name;
    strbuf_init(&name, out->arena, in.text.n + 1);
    bool is_name = in.text.n > 0;
    for (size_t i = 0; i < in.text.n; i++) {
        char c = in.text.p[i];
        strbuf_add_char(&name, (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c));
        is_name &= (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
    }
    is_name = is_name && html_attr_content(strbuf_str(&name)) == HTML_CONTENT_PLAIN;
    strbuf_add(out, is_name ? strbuf_str(&name) : FAILSAFE);
}

/* --- URLs ----------------------------------------------------------------------------------- */

static bool is_safe_url(struct str url)
{
    size_t colon = str_find(url, ':', 0), slash = str_find(url, '/', 0);
    if (colon == SIZE_MAX || slash < colon) {
        return true;
    }
    struct str scheme = str_slice(url, 0, colon);
    return str_eq_nocase(scheme, STR("http")) || str_eq_nocase(scheme, STR("https")) ||
           str_eq_nocase(scheme, STR("mailto"));
}

static bool is_hex(char c)
{
    char low = (char)(c | 0x20);
    return (c >= '0' && c <= '9') || (low >= 'a' && low <= 'f');
}

/* normalizes: what means something in a URL, and escapes, stay. */
static void add_url(struct strbuf *out, struct str s, bool normalizes)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i], low = (char)(c | 0x20);
        bool is_plain = (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
                        c == '.' || c == '_' || c == '~';
        bool is_kept = normalizes && c != '\0' && strchr("!#$&*+,/:;=?@[]", c);
        bool is_escape =
            normalizes && c == '%' && i + 2 < s.n && is_hex(s.p[i + 1]) && is_hex(s.p[i + 2]);
        if (is_plain || is_kept || is_escape) {
            strbuf_add_char(out, c);
        } else {
            strbuf_printf(out, "%%%02x", (unsigned char)c);
        }
    }
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

/* " /a.png 2x": a URL and what is known of the picture. */
static void add_picture(struct strbuf *out, struct str s)
{
    size_t begin = 0;
    while (begin < s.n && is_space(s.p[begin])) {
        begin++;
    }
    size_t end = begin;
    while (end < s.n && !is_space(s.p[end])) {
        end++;
    }
    bool is_plain = true;
    for (size_t i = end; i < s.n; i++) {
        char c = s.p[i], low = (char)(c | 0x20);
        is_plain &= is_space(c) || (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9');
    }
    struct str url = str_slice(s, begin, end);
    if (!is_plain || !is_safe_url(url)) {
        strbuf_add_char(out, '#');
        strbuf_add(out, FAILSAFE);
        return;
    }
    strbuf_add(out, str_slice(s, 0, begin));
    add_url(out, url, true);
    strbuf_add(out, str_slice(s, end, s.n));
}

static void add_srcset(struct strbuf *out, struct content in)
{
    if (in.type == &type_url) {
        struct strbuf url;
        strbuf_init(&url, out->arena, out->max);
        add_url(&url, in.text, true);
        struct str rest = strbuf_str(&url);
        do { /* one picture only */
            strbuf_add(out, str_cut(&rest, ','));
            strbuf_add(out, rest.p ? STR("%2c") : STR_EMPTY);
        } while (rest.p);
        return;
    }
    struct str rest = in.text;
    do {
        add_picture(out, str_cut(&rest, ','));
        strbuf_add(out, rest.p ? STR(",") : STR_EMPTY);
    } while (rest.p);
}

/* --- all of them ---------------------------------------------------------------------------- */

static void add_css_value(struct strbuf *out, struct content in)
{
    struct str value;
    strbuf_add(out, html_css_is_plain(out->arena, in.text, &value) ? value : FAILSAFE);
}

/* The function `html`, called by a template that escapes by hand: "+" stays. */
static void add_func_html(struct strbuf *out, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        struct str instead = s.p[i] == '+' ? STR_EMPTY : entity(s.p[i]);
        strbuf_add(out, instead.n > 0 ? instead : str_slice(s, i, i + 1));
    }
}

static void add_func_urlquery(struct strbuf *out, struct str s)
{
    do {
        percent_encode(out, str_cut(&s, ' '));
        strbuf_add(out, s.p ? STR("+") : STR_EMPTY);
    } while (s.p);
}

static void apply(struct strbuf *out, struct content in, enum html_filter filter)
{
    switch (filter) {
    case HTML_FILTER_TEXT:
        if (in.type == &type_html) {
            strbuf_add(out, in.text);
        } else {
            add_html(out, in.text, false, false);
        }
        break;
    case HTML_FILTER_RCDATA:
        add_html(out, in.text, false, in.type == &type_html);
        break;
    case HTML_FILTER_ATTR:
        add_attr(out, in, false);
        break;
    case HTML_FILTER_NOSPACE:
        add_attr(out, in, true);
        break;
    case HTML_FILTER_NAME:
        add_name(out, in);
        break;
    case HTML_FILTER_COMMENT:
        break;
    case HTML_FILTER_URL:
        if (in.type != &type_url && !is_safe_url(in.text)) {
            strbuf_add_char(out, '#');
            strbuf_add(out, FAILSAFE);
        } else {
            strbuf_add(out, in.text);
        }
        break;
    case HTML_FILTER_URL_NORMAL:
    case HTML_FILTER_URL_PART:
        add_url(out, in.text, filter == HTML_FILTER_URL_NORMAL || in.type == &type_url);
        break;
    case HTML_FILTER_SRCSET:
        add_srcset(out, in);
        break;
    case HTML_FILTER_CSS_VALUE:
        add_css_value(out, in);
        break;
    case HTML_FILTER_CSS_STRING:
        html_css_add_escaped(out, in.text);
        break;
    case HTML_FILTER_FUNC_HTML:
        add_func_html(out, in.text);
        break;
    case HTML_FILTER_FUNC_URLQUERY:
        add_func_urlquery(out, in.text);
        break;
    case html_filter_COUNT:
        UNREACHABLE("not a filter");
    }
}

void html_filters_apply(struct strbuf *out, const struct value *value, const unsigned char *filters,
                        size_t n)
{
    struct content content = content_of(out->arena, value);
    bool is_func = filters[0] == HTML_FILTER_FUNC_HTML || filters[0] == HTML_FILTER_FUNC_URLQUERY;
    if (is_func && (value_kind(value) == VALUE_NOTHING || value_kind(value) == VALUE_ANY)) {
        content.text = STR("<no value>"); /* Go's functions say so, its filters do not */
    }
    for (size_t i = 0; i + 1 < n; i++) {
        struct strbuf between;
        strbuf_init(&between, out->arena, out->max);
        apply(&between, content, (enum html_filter)filters[i]);
        content = (struct content){strbuf_str(&between), &type_string};
    }
    apply(out, content, (enum html_filter)filters[n - 1]);
}
