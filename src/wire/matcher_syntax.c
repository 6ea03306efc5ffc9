#include "wire/matcher_syntax.h"

#include "base/vec.h"
#include "wire/matcher_parts.h"
#include "wire/pattern_text.h"

#include <stdlib.h>
#include <string.h>

ENUM_DEFINE(matcher_dialect, MATCHER_DIALECTS)

enum status matcher_make(struct arena *arena, enum matcher_op op, struct str name, struct str value,
                         struct matcher *ret, struct err *err)
{
    struct matcher matcher = {.op = op, .name = name, .value = value};
    if (op == MATCHER_RE || op == MATCHER_NRE) {
        enum status status = pattern_compile(arena, value, &matcher.pattern, err);
        if (status != OK) {
            return status;
        }
    }
    *ret = matcher;
    return OK;
}

static int by_order(const void *a, const void *b)
{
    const struct matcher *left = a, *right = b;
    int order = str_cmp(left->name, right->name);
    order = order ? order : str_cmp(left->value, right->value);
    return order ? order : (int)left->op - (int)right->op;
}

struct matchers matchers_sort(struct arena *arena, const struct matcher *v, size_t n)
{
    struct matcher *sorted = ARENA_ARRAY(arena, struct matcher, n);
    if (n > 0) {
        memcpy(sorted, v, n * sizeof(*v));
        qsort(sorted, n, sizeof(*sorted), by_order);
    }
    return (struct matchers){sorted, n};
}

static bool is_equal(struct matchers a, struct matchers b)
{
    for (size_t i = 0; i < a.n && a.n == b.n; i++) {
        if (by_order(&a.v[i], &b.v[i]) != 0) {
            return false;
        }
    }
    return a.n == b.n;
}

/* How a grammar reads a text. */
typedef enum status parts_fn(struct arena *, struct str text, struct matcher_parts *, struct err *);

static enum status parse_with(struct arena *arena, parts_fn *read_parts, struct str text,
                              struct matchers *ret, struct err *err)
{
    struct matcher_parts parts = {0};
    VEC(struct matcher) matchers = {0};
    enum status status = read_parts(arena, text, &parts, err);
    for (size_t i = 0; status == OK && i < parts.n; i++) {
        struct matcher matcher;
        const struct matcher_part *part = &parts.v[i];
        status = matcher_make(arena, part->op, part->name, part->value, &matcher, err);
        if (status == OK) {
            VEC_PUSH(arena, &matchers, matcher);
        }
    }
    if (status == OK) {
        *ret = matchers_sort(arena, matchers.v, matchers.n);
    }
    return status;
}

static enum status parse(struct arena *arena, enum matcher_dialect dialect, parts_fn *read_classic,
                         parts_fn *read_utf8, struct str text, struct matchers *ret,
                         struct err *err)
{
    struct str copy = str_dup(arena, text);
    if (dialect != MATCHER_FALLBACK) {
        return parse_with(arena, dialect == MATCHER_UTF8 ? read_utf8 : read_classic, copy, ret,
                          err);
    }
    struct matchers classic, utf8;
    struct err classic_err = ERR_INIT;
    enum status classic_status = parse_with(arena, read_classic, copy, &classic, &classic_err);
    enum status utf8_status = parse_with(arena, read_utf8, copy, &utf8, NULL);
    if (classic_status != OK && utf8_status != OK) {
        return err_set(err, classic_status, "%s", classic_err.detail);
    }
    bool is_disputed = classic_status == OK && utf8_status == OK && !is_equal(classic, utf8);
    *ret = utf8_status != OK || is_disputed ? classic : utf8;
    return OK;
}

enum status matchers_parse(struct arena *arena, enum matcher_dialect dialect, struct str text,
                           struct matchers *ret, struct err *err)
{
    return parse(arena, dialect, matcher_parts_classic, matcher_parts_utf8, text, ret, err);
}

static enum status one_part_utf8(struct arena *arena, struct str text, struct matcher_parts *parts,
                                 struct err *err)
{
    if (str_starts_with(str_trim(text), STR("{"))) {
        return err_set(err, ERR_SYNTAX, "unexpected brace: %.*s", STR_ARG(text));
    }
    enum status status = matcher_parts_utf8(arena, text, parts, err);
    return status == OK && parts->n != 1
               ? err_set(err, ERR_SYNTAX, "not one matcher: %.*s", STR_ARG(text))
               : status;
}

enum status matcher_parse_one(struct arena *arena, enum matcher_dialect dialect, struct str text,
                              struct matcher *ret, struct err *err)
{
    struct matchers one;
    enum status status =
        parse(arena, dialect, matcher_part_classic, one_part_utf8, text, &one, err);
    if (status == OK) {
        CHECK(one.n == 1);
        *ret = one.v[0];
    }
    return status;
}

/* --- printing ----------------------------------------------------------------------------- */

/* Go's %q, but for characters outside ASCII, which all stay as they are. */
static void add_go_quoted(struct strbuf *out, struct str s)
{
    static const char from[] = "\a\b\f\n\r\t\v\\\"", to[] = "abfnrtv\\\"";
    strbuf_add_char(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        const char *hit = c ? strchr(from, c) : NULL;
        if (hit) {
            strbuf_printf(out, "\\%c", to[hit - from]);
        } else if (c < 0x20 || c == 0x7f) {
            strbuf_printf(out, "\\x%02x", c);
        } else {
            strbuf_add_char(out, s.p[i]);
        }
    }
    strbuf_add_char(out, '"');
}

static void add_quoted(struct strbuf *out, struct str s)
{
    strbuf_add_char(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\n') {
            strbuf_add(out, STR("\\n"));
            continue;
        }
        if (s.p[i] == '"' || s.p[i] == '\\') {
            strbuf_add_char(out, '\\');
        }
        strbuf_add_char(out, s.p[i]);
    }
    strbuf_add_char(out, '"');
}

static bool needs_quotes(struct str name)
{
    for (size_t i = 0; i < name.n; i++) {
        if (matcher_char_is_reserved(name, i)) {
            return true;
        }
    }
    return name.n == 0;
}

struct str matchers_format(struct arena *arena, struct matchers matchers)
{
    size_t max = 2;
    for (size_t i = 0; i < matchers.n; i++) {
        max += 4 * (matchers.v[i].name.n + matchers.v[i].value.n) + 8;
    }
    struct strbuf out;
    strbuf_init(&out, arena, max);
    strbuf_add_char(&out, '{');
    for (size_t i = 0; i < matchers.n; i++) {
        const struct matcher *m = &matchers.v[i];
        bool is_quoted = needs_quotes(m->name);
        strbuf_add(&out, i > 0 ? STR(",") : STR_EMPTY);
        if (is_quoted) {
            add_go_quoted(&out, m->name);
        } else {
            strbuf_add(&out, m->name);
        }
        strbuf_add(&out, str_from(matcher_op_name(m->op)));
        if (is_quoted) {
            add_go_quoted(&out, m->value);
        } else {
            add_quoted(&out, m->value);
        }
    }
    strbuf_add_char(&out, '}');
    return strbuf_str(&out);
}
