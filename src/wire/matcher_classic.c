/* Alertmanager's first matcher grammar. Its quirks are kept on purpose: files rely on them. */
#include "base/vec.h"
#include "wire/matcher_parts.h"
#include "wire/matcher_syntax.h"

enum status matcher_parts_add(struct arena *arena, struct matcher_parts *parts,
                              struct matcher_part part, struct err *err)
{
    if (parts->n == MATCHERS_MAX) {
        return err_set(err, ERR_INVALID, "more than %d matchers", MATCHERS_MAX);
    }
    VEC_PUSH(arena, parts, part);
    return OK;
}

static bool is_name_char(char c, bool is_first)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
           (!is_first && c >= '0' && c <= '9');
}

bool label_name_is_classic(struct str name)
{
    for (size_t i = 0; i < name.n; i++) {
        if (!is_name_char(name.p[i], i == 0)) {
            return false;
        }
    }
    return name.n > 0;
}

/* Longest operator at the start of s. */
static bool take_operator(struct str *s, enum matcher_op *ret)
{
    static const enum matcher_op order[] = {MATCHER_RE, MATCHER_NE, MATCHER_NRE, MATCHER_EQ};
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        struct str word = str_from(matcher_op_name(order[i]));
        if (str_starts_with(*s, word)) {
            *s = str_slice(*s, word.n, s->n);
            *ret = order[i];
            return true;
        }
    }
    return false;
}

/* `\"`, `\\` and `\n` are escapes, other backslashes stand for themselves; a quote belongs at both
 * ends or nowhere. */
static enum status read_value(struct arena *arena, struct str raw, struct str *ret, struct err *err)
{
    bool is_open = str_starts_with(raw, STR("\""));
    struct str s = str_slice(raw, is_open, raw.n);
    char *out = arena_alloc(arena, s.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '\\' && i + 1 < s.n) {
            char next = s.p[++i];
            if (next != 'n' && next != '"' && next != '\\') {
                out[n++] = '\\';
            }
            out[n++] = next == 'n' ? '\n' : next;
        } else if (c != '"') {
            out[n++] = c;
        } else if (is_open && i + 1 == s.n) {
            is_open = false;
        } else {
            is_open = true;
            break;
        }
    }
    if (is_open) {
        return err_set(err, ERR_SYNTAX, "matcher value contains unescaped double quote: %.*s",
                       STR_ARG(raw));
    }
    *ret = (struct str){out, n};
    return OK;
}

enum status matcher_part_classic(struct arena *arena, struct str text, struct matcher_parts *parts,
                                 struct err *err)
{
    struct matcher_part part;
    struct str rest = str_trim(text);
    size_t n = 0;
    while (n < rest.n && is_name_char(rest.p[n], n == 0)) {
        n++;
    }
    part.name = str_slice(rest, 0, n);
    rest = str_trim(str_slice(rest, n, rest.n));
    if (n == 0 || !take_operator(&rest, &part.op)) {
        return err_set(err, ERR_SYNTAX, "bad matcher format: %.*s", STR_ARG(text));
    }
    if (!str_is_utf8(rest)) {
        return err_set(err, ERR_SYNTAX, "matcher value is not UTF-8");
    }
    enum status status = read_value(arena, str_trim(rest), &part.value, err);
    return status == OK ? matcher_parts_add(arena, parts, part, err) : status;
}

/* Where the part that starts at `from` ends: at the next comma outside quotes. */
static size_t find_comma(struct str text, size_t from)
{
    bool is_quoted = false, is_escaped = false;
    for (size_t i = from; i < text.n; i++) {
        char c = text.p[i];
        if (c == ',' && !is_quoted) {
            return i;
        }
        is_quoted ^= c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
    }
    return text.n;
}

enum status matcher_parts_classic(struct arena *arena, struct str text, struct matcher_parts *parts,
                                  struct err *err)
{
    struct str s = str_slice(text, str_starts_with(text, STR("{")), text.n);
    s = str_slice(s, 0, s.n - str_ends_with(s, STR("}")));
    size_t at = 0;
    while (at <= s.n) {
        size_t end = find_comma(s, at);
        struct str part = str_slice(s, at, end);
        if (end == s.n && str_trim(part).n == 0) {
            return OK; /* a trailing comma, or nothing at all */
        }
        enum status status = matcher_part_classic(arena, part, parts, err);
        if (status != OK) {
            return status;
        }
        at = end + 1;
    }
    return OK;
}
