/* What every match of an expression must begin with, or contain. Only filters for indexes: whenever
 * the expression is not plainly readable the answer is "unknown". It reads patterns that
 * regex_translate has accepted, so the grammar need not be checked again. */
#include "formats/regex_syntax.h"

#include "base/vec.h"

#include <string.h>

enum { DEPTH_MAX = 8, LENGTH_ENOUGH = 32 };

/* Texts so far; `is_exact`: nothing else can stand in front of what follows. */
struct heads {
    VEC(struct str) v;
    bool is_exact;
};

struct head_reader {
    struct arena *arena;
    struct str in;
    size_t at;
};

/* One element that an expression may repeat: a character, or a group. */
struct element {
    struct heads heads;
    bool is_plain; /* otherwise it stands for unknown text */
};

static bool read_alternation(struct head_reader *r, unsigned depth, struct heads *ret);

static bool at_end(const struct head_reader *r)
{
    return r->at >= r->in.n || r->in.p[r->at] == '|' || r->in.p[r->at] == ')';
}

static bool starts_here(const struct head_reader *r, struct str text)
{
    return str_starts_with(str_slice(r->in, r->at, r->in.n), text);
}

/* Flags change what follows them, also behind a "|": such expressions are left alone. */
static bool has_flags(struct str in)
{
    for (size_t i = 0; i + 2 < in.n; i++) {
        if (in.p[i] == '(' && in.p[i + 1] == '?' && in.p[i + 2] != ':') {
            return true;
        }
    }
    return false;
}

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* A literal character, escaped or not, as an element; false if it is anything else. */
static bool take_literal(struct head_reader *r, struct element *ret)
{
    size_t at = r->at;
    if (r->in.p[at] == '\\') {
        at++;
        if (at >= r->in.n || is_letter_or_digit(r->in.p[at]) || r->in.p[at] == '_') {
            return false;
        }
    } else if (strchr("^$.*+?()[]{}|", r->in.p[at])) { /* a NUL too */
        return false;
    }
    size_t n = str_utf8_len(r->in, at);
    if (n == 0) {
        return false;
    }
    r->at = at + n;
    VEC_PUSH(r->arena, &ret->heads.v, str_slice(r->in, at, at + n));
    ret->heads.is_exact = ret->is_plain = true;
    return true;
}

/* False: unreadable, give up on the whole expression. */
static bool take_element(struct head_reader *r, unsigned depth, struct element *ret)
{
    if (starts_here(r, STR("(")) && depth < DEPTH_MAX) {
        r->at += starts_here(r, STR("(?:")) ? 3 : 1;
        if (!read_alternation(r, depth + 1, &ret->heads) || !starts_here(r, STR(")"))) {
            return false;
        }
        r->at++;
        ret->is_plain = true;
        return true;
    }
    return take_literal(r, ret) || !starts_here(r, STR("("));
}

static bool is_too_many(size_t a, size_t b)
{
    return a * b > REGEX_PREFIXES_MAX;
}

/* head := head × element */
static void append(struct head_reader *r, struct heads *head, const struct heads *element)
{
    struct heads out = {.is_exact = element->is_exact};
    for (size_t i = 0; i < head->v.n; i++) {
        for (size_t k = 0; k < element->v.n; k++) {
            struct str text =
                str_printf(r->arena, "%.*s%.*s", STR_ARG(head->v.v[i]), STR_ARG(element->v.v[k]));
            VEC_PUSH(r->arena, &out.v, text);
        }
    }
    *head = out;
}

/* At "[:" of a class: behind "[:alpha:]". 0: whatever it is, it is not plainly that; a range such
 * as "a-[" takes the bracket first. */
static size_t named_class_end(const struct head_reader *r)
{
    size_t at = r->at + 2;
    at += at < r->in.n && r->in.p[at] == '^';
    while (at < r->in.n && is_letter_or_digit(r->in.p[at])) {
        at++;
    }
    bool is_closed = at > r->at + 2 && str_starts_with(str_slice(r->in, at, r->in.n), STR(":]"));
    return is_closed && r->in.p[r->at - 1] != '-' ? at + 2 : 0;
}

/* Over a class, at its "[". False: it does not end, or is not plainly readable. */
static bool skip_class(struct head_reader *r)
{
    r->at++;
    r->at += starts_here(r, STR("^"));
    r->at += starts_here(r, STR("]"));
    while (r->at < r->in.n && r->in.p[r->at] != ']') {
        if (starts_here(r, STR("[:"))) {
            r->at = named_class_end(r);
            if (r->at == 0) {
                r->at = r->in.n;
                return false;
            }
        } else {
            r->at += r->in.p[r->at] == '\\' ? 2 : 1;
        }
    }
    return r->at < r->in.n;
}

/* To the end of the branch, over groups, classes and escapes. */
static bool skip_branch(struct head_reader *r)
{
    unsigned open = 0;
    for (; r->at < r->in.n; r->at++) {
        char c = r->in.p[r->at];
        if (c == '\\') {
            if (r->at + 1 < r->in.n && r->in.p[r->at + 1] == 'Q') {
                return false;
            }
            r->at++;
        } else if (c == '[') {
            if (!skip_class(r)) {
                return false;
            }
        } else if (c == '(') {
            open++;
        } else if ((c == ')' || c == '|') && open == 0) {
            return true;
        } else if (c == ')') {
            open--;
        }
    }
    return true;
}

/* How the element at hand is repeated: as it stands, at least once, or perhaps not at all. */
enum repeat { REPEAT_ONCE, REPEAT_SOME, REPEAT_ANY };

static enum repeat look_at_repeat(const struct head_reader *r)
{
    char c = r->at < r->in.n ? r->in.p[r->at] : '\0';
    return c == '+' ? REPEAT_SOME : c != '\0' && strchr("*?{", c) ? REPEAT_ANY : REPEAT_ONCE;
}

static bool read_branch(struct head_reader *r, unsigned depth, struct heads *ret)
{
    struct heads head = {.is_exact = true};
    VEC_PUSH(r->arena, &head.v, STR_EMPTY);
    while (head.is_exact && !at_end(r)) {
        struct element element = {0};
        if ((starts_here(r, STR("^")) && head.v.n == 1 && head.v.v[0].n == 0) ||
            (starts_here(r, STR("$")) && r->at + 1 == r->in.n)) {
            r->at++; /* changes nothing there: everything is anchored */
            continue;
        }
        size_t before = r->at;
        if (!take_element(r, depth, &element)) {
            return false;
        }
        enum repeat repeat = look_at_repeat(r);
        if (!element.is_plain || repeat == REPEAT_ANY || is_too_many(head.v.n, element.heads.v.n)) {
            r->at = before;
            head.is_exact = false;
        } else {
            append(r, &head, &element.heads);
            head.is_exact &= repeat == REPEAT_ONCE && head.v.v[0].n < LENGTH_ENOUGH;
        }
    }
    *ret = head;
    return at_end(r) || skip_branch(r);
}

static bool read_alternation(struct head_reader *r, unsigned depth, struct heads *ret)
{
    struct heads all = {.is_exact = true};
    for (;;) {
        struct heads branch;
        if (!read_branch(r, depth, &branch) || all.v.n + branch.v.n > REGEX_PREFIXES_MAX) {
            return false;
        }
        for (size_t i = 0; i < branch.v.n; i++) {
            VEC_PUSH(r->arena, &all.v, branch.v.v[i]);
        }
        all.is_exact &= branch.is_exact;
        if (!starts_here(r, STR("|"))) {
            *ret = all;
            return true;
        }
        r->at++;
    }
}

/* Is there another text that all[at] begins with, or an equal one before it? */
static bool is_implied(const struct str *all, size_t n, size_t at)
{
    for (size_t i = 0; i < n; i++) {
        if (i != at && str_starts_with(all[at], all[i]) && (all[i].n < all[at].n || i < at)) {
            return true;
        }
    }
    return false;
}

struct str *regex_split_prefixes(struct arena *arena, struct str pattern, size_t *ret_n)
{
    struct head_reader r = {.arena = arena, .in = pattern};
    struct heads heads;
    *ret_n = 0;
    if (has_flags(pattern) || !read_alternation(&r, 0, &heads) || r.at != pattern.n) {
        return NULL;
    }
    for (size_t i = 0; i < heads.v.n; i++) {
        if (heads.v.v[i].n == 0) {
            return NULL;
        }
    }
    struct str *kept = ARENA_ARRAY(arena, struct str, heads.v.n);
    for (size_t i = 0; i < heads.v.n; i++) {
        if (!is_implied(heads.v.v, heads.v.n, i)) {
            kept[(*ret_n)++] = heads.v.v[i];
        }
    }
    return kept;
}

/* --- what every match contains ---------------------------------------------------------------- */

/* The literal run at hand and the longest so far; unescaped, in the buffer. */
struct runs {
    char *p;
    size_t begin, n, last_len; /* run: [begin, n); bytes of its last character, 0: none */
    struct str longest;
};

static void end_run(struct runs *runs)
{
    if (runs->n - runs->begin > runs->longest.n) {
        runs->longest = (struct str){runs->p + runs->begin, runs->n - runs->begin};
    }
    runs->begin = runs->n;
    runs->last_len = 0;
}

/* At "{": over a count such as {2,3}. */
static bool skip_count(struct head_reader *r)
{
    size_t at = r->at + 1;
    while (at < r->in.n && (r->in.p[at] == ',' || (r->in.p[at] >= '0' && r->in.p[at] <= '9'))) {
        at++;
    }
    bool is_count = at < r->in.n && r->in.p[at] == '}' && at > r->at + 1;
    r->at = at + 1;
    return is_count;
}

/* Over whatever is not a literal character. False: it is not understood. */
static bool skip_other(struct head_reader *r, struct runs *runs)
{
    char c = r->in.p[r->at];
    if (c == '*' || c == '?' || c == '{') {
        runs->n -= runs->last_len; /* perhaps it is not there */
    }
    end_run(runs);
    if (c == '{') {
        return skip_count(r);
    }
    if (c == '(') {
        r->at++;
        bool is_closed = skip_branch(r);
        while (is_closed && starts_here(r, STR("|"))) {
            r->at++;
            is_closed = skip_branch(r);
        }
        r->at++;
        return is_closed;
    }
    if (c == '[') {
        bool is_closed = skip_class(r);
        r->at++;
        return is_closed;
    }
    if (c == '\\') {
        r->at += 2;
        return r->at <= r->in.n && strchr("dDwWsSbBAzafnrtv", r->in.p[r->at - 1]);
    }
    r->at++;
    return c != '|' && c != ')' && c != '\0';
}

struct str regex_find_needle(struct arena *arena, struct str pattern)
{
    struct head_reader r = {.arena = arena, .in = pattern};
    struct runs runs = {.p = arena_alloc(arena, pattern.n + 1)};
    if (has_flags(pattern)) {
        return STR_EMPTY;
    }
    while (r.at < pattern.n) {
        struct element element = {0};
        if (take_literal(&r, &element)) {
            struct str c = element.heads.v.v[0];
            memcpy(runs.p + runs.n, c.p, c.n);
            runs.n += c.n;
            runs.last_len = c.n;
        } else if (!skip_other(&r, &runs)) {
            return STR_EMPTY;
        }
    }
    end_run(&runs);
    return runs.longest;
}
