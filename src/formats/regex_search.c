#include "formats/regex_search.h"

#include "formats/re2_shim.h"
#include "formats/rune.h"
#include "formats/unicode.h"

#include <string.h>

struct regex_search {
    struct re2_shim *re;
    int n_groups;
};

/* RE2's error codes in Go's words. */
static const char *const complaints[] = {
    "",
    "regexp/syntax: internal error",
    "invalid escape sequence",
    "invalid character class",
    "invalid character class range",
    "missing closing ]",
    "missing closing )",
    "unexpected )",
    "trailing backslash at end of expression",
    "missing argument to repetition operator",
    "invalid repeat count",
    "invalid nested repetition operator",
    "invalid or unsupported Perl syntax",
    "invalid UTF-8",
    "invalid named capture",
    "expression too large",
};

static void free_expression(void *re)
{
    re2_shim_free(re);
}

/* Walks over a pattern by what RE2 here and Go read differently: `(?<name>…)` is Go's since 1.22,
 * this RE2 knows only `(?P<name>…)`; `\C`, any byte, is not Go's. */
struct spelling {
    struct str pattern;
    struct strbuf out;
    size_t at, copied;
    bool is_class, is_quoted, has_any_byte;
};

static bool is_next(const struct spelling *s, const char *text)
{
    return str_starts_with(str_slice(s->pattern, s->at, s->pattern.n), str_from(text));
}

static void take_escape(struct spelling *s)
{
    if (is_next(s, "\\Q")) {
        s->is_quoted = true;
    } else if (is_next(s, "\\C")) {
        s->has_any_byte = true;
    }
    s->at += 2;
}

static void take_plain(struct spelling *s)
{
    if (s->is_class) {
        s->is_class = !is_next(s, "]");
    } else if (is_next(s, "[")) {
        s->is_class = true;
    } else if (is_next(s, "(?<") && !is_next(s, "(?<=") && !is_next(s, "(?<!")) {
        strbuf_add(&s->out, str_slice(s->pattern, s->copied, s->at));
        strbuf_add(&s->out, STR("(?P<"));
        s->copied = s->at + 3;
    }
    s->at++;
}

static struct str spell(struct arena *arena, struct str pattern, bool *ret_has_any_byte)
{
    struct spelling s = {.pattern = pattern};
    strbuf_init(&s.out, arena, REGEX_SEARCH_PATTERN_MAX * 2);
    while (s.at < pattern.n) {
        if (s.is_quoted) {
            s.is_quoted = !is_next(&s, "\\E");
            s.at += s.is_quoted ? 1 : 2;
        } else if (pattern.p[s.at] == '\\') {
            take_escape(&s);
        } else {
            take_plain(&s);
        }
    }
    *ret_has_any_byte = s.has_any_byte;
    strbuf_add(&s.out, str_slice(pattern, s.copied, pattern.n));
    return strbuf_str(&s.out);
}

enum status regex_search_compile(struct arena *arena, struct str pattern,
                                 const struct regex_search **ret, struct err *err)
{
    if (pattern.n > REGEX_SEARCH_PATTERN_MAX) {
        return err_set(err, ERR_INVALID, "error parsing regexp: more than %d bytes",
                       REGEX_SEARCH_PATTERN_MAX);
    }
    struct regex_search *search = ARENA_NEW(arena, struct regex_search);
    bool has_any_byte;
    struct str spelled = spell(arena, pattern, &has_any_byte);
    struct re2_shim_span part;
    int error;
    search->re = re2_shim_new(spelled.p, spelled.n, REGEX_SEARCH_MEMORY_MAX, &error, &part);
    arena_defer(arena, free_expression, search->re);
    if (error == RE2_SHIM_OK && has_any_byte) {
        error = RE2_SHIM_BAD_ESCAPE;
        part = (struct re2_shim_span){"\\C", 2};
    } else if (error == RE2_SHIM_BAD_UTF8) {
        part = (struct re2_shim_span){pattern.p, pattern.n};
    }
    if (error != RE2_SHIM_OK) {
        CHECK((size_t)error < sizeof(complaints) / sizeof(*complaints));
        return err_set(err, ERR_INVALID, "error parsing regexp: %s: `%.*s`", complaints[error],
                       (int)part.n, part.n > 0 ? part.p : "");
    }
    search->n_groups = re2_shim_groups(search->re);
    if (search->n_groups > REGEX_SEARCH_GROUPS_MAX) {
        return err_set(err, ERR_INVALID, "error parsing regexp: more than %d groups",
                       REGEX_SEARCH_GROUPS_MAX);
    }
    *ret = search;
    return OK;
}

/* RE2 sees bytes: `\B` also matches between those of one character, which Go never looks at. */
static bool find(const struct regex_search *search, struct str subject, size_t from,
                 struct re2_shim_span *spans, int n_spans)
{
    while (re2_shim_find(search->re, subject.p, subject.n, from, spans, n_spans)) {
        size_t begin = (size_t)(spans[0].p - subject.p);
        if (spans[0].n > 0 || begin >= subject.n || str_clip_utf8(subject, begin).n == begin) {
            return true;
        }
        from = begin + 1;
    }
    return false;
}

size_t regex_search_cost(const struct regex_search *search, size_t n)
{
    enum { BYTES = 16, INSTRUCTIONS = 8 };
    return 1 + n / BYTES * (1 + re2_shim_size(search->re) / INSTRUCTIONS);
}

bool regex_search_matches(const struct regex_search *search, struct str subject)
{
    struct re2_shim_span whole;
    CHECK(subject.n <= REGEX_SEARCH_SUBJECT_MAX);
    return find(search, subject, 0, &whole, 1);
}

/* --- replacing ------------------------------------------------------------------------------ */

struct replacing {
    const struct regex_search *search;
    struct str replacement;
    struct strbuf *out;
    struct re2_shim_span spans[REGEX_SEARCH_GROUPS_MAX + 1];
};

/* The name behind a "$" and what follows it. False: the dollar is only a dollar. */
static bool take_name(struct str *rest, struct str *ret)
{
    struct str text = *rest;
    bool is_braced = text.n > 0 && text.p[0] == '{';
    if (is_braced) {
        text = str_slice(text, 1, text.n);
    }
    size_t n = 0, width;
    while (n < text.n) {
        uint32_t rune = rune_decode(text, n, &width);
        if (rune != '_' && !unicode_is_letter(rune) && !unicode_is_digit(rune)) {
            break;
        }
        n += width;
    }
    if (n == 0 || (is_braced && (n == text.n || text.p[n] != '}'))) {
        return false;
    }
    *ret = str_slice(text, 0, n);
    *rest = str_slice(text, n + (is_braced ? 1 : 0), text.n);
    return true;
}

static void add_group(struct replacing *r, struct str name)
{
    uint64_t number;
    bool is_number = name.n <= 9 && str_to_u64(name, &number) && (name.p[0] != '0' || name.n == 1);
    if (!is_number) {
        number = (uint64_t)re2_shim_group(r->search->re, name.p, name.n);
        if (number == 0) {
            return;
        }
    }
    if (number <= (uint64_t)r->search->n_groups && r->spans[number].p) {
        strbuf_add(r->out, (struct str){r->spans[number].p, r->spans[number].n});
    }
}

static void expand(struct replacing *r)
{
    struct str rest = r->replacement, name;
    size_t dollar;
    while ((dollar = str_find(rest, '$', 0)) != SIZE_MAX) {
        strbuf_add(r->out, str_slice(rest, 0, dollar));
        rest = str_slice(rest, dollar + 1, rest.n);
        if (rest.n > 0 && rest.p[0] == '$') {
            strbuf_add_char(r->out, '$');
            rest = str_slice(rest, 1, rest.n);
        } else if (take_name(&rest, &name)) {
            add_group(r, name);
        } else {
            strbuf_add_char(r->out, '$');
        }
    }
    strbuf_add(r->out, rest);
}

bool regex_search_replace(const struct regex_search *search, struct str subject,
                          struct str replacement, size_t *work, struct strbuf *out)
{
    enum { BYTES = 1024, INSTRUCTIONS = 64 };
    const size_t factor = 1 + re2_shim_size(search->re) / INSTRUCTIONS;
    struct replacing r = {.search = search, .replacement = replacement, .out = out};
    int n_spans = memchr(replacement.p, '$', replacement.n) ? search->n_groups + 1 : 1;
    size_t copied = 0, from = 0;
    CHECK(subject.n <= REGEX_SEARCH_SUBJECT_MAX);
    while (from <= subject.n && !out->is_full && find(search, subject, from, r.spans, n_spans)) {
        size_t cost = 1 + (subject.n - from) / BYTES * factor;
        if (*work < cost) {
            return false;
        }
        *work -= cost;
        size_t begin = (size_t)(r.spans[0].p - subject.p), end = begin + r.spans[0].n;
        strbuf_add(out, str_slice(subject, copied, begin));
        /* An empty match right behind another match is none, or a* would replace twice. */
        if (end > copied || begin == 0) {
            expand(&r);
        }
        copied = end;
        size_t width = 1;
        if (from < subject.n) {
            rune_decode(subject, from, &width);
        }
        from = from + width > end ? from + width : end;
    }
    strbuf_add(out, str_slice(subject, copied, subject.n));
    return true;
}
