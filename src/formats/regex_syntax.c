#include "formats/regex_syntax.h"

#include "base/vec.h"

#include <stdio.h>
#include <string.h>

/* One function per rule of the grammar, in the order alternation, sequence, atom, class, escape.
 * Each leaves `at` behind what it read; the first refusal sets `what` and everything returns. */
enum { DEPTH_MAX = 100, REPEAT_MAX = 1000 };

struct translator {
    struct str in;
    size_t at;
    struct strbuf out;
    unsigned depth;
    const char *what; /* refused, with at == the place */
};

static bool fails(struct translator *t, size_t at, const char *what)
{
    if (!t->what) {
        t->at = at;
        t->what = what;
    }
    return false;
}

static bool more(const struct translator *t)
{
    return t->at < t->in.n;
}

static char peek(const struct translator *t)
{
    return more(t) ? t->in.p[t->at] : '\0';
}

static bool looking_at(const struct translator *t, struct str text)
{
    return str_starts_with(str_slice(t->in, t->at, t->in.n), text);
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* --- characters --------------------------------------------------------------------------- */

static void emit(struct translator *t, const char *text)
{
    strbuf_add(&t->out, str_from(text));
}

/* A character that means itself, inside and outside of classes. */
static void emit_char(struct translator *t, uint32_t c)
{
    if (c < 0x80 && (is_letter((char)c) || is_digit((char)c))) {
        strbuf_add_char(&t->out, (char)c);
    } else {
        strbuf_printf(&t->out, "\\x{%x}", c);
    }
}

/* The pattern was checked to be UTF-8. */
static uint32_t take_char(struct translator *t)
{
    const unsigned char *p = (const unsigned char *)t->in.p + t->at;
    size_t len = str_utf8_len(t->in, t->at);
    CHECK(len > 0);
    t->at += len;
    if (len == 1) {
        return p[0];
    }
    uint32_t c = p[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        c = c << 6 | (p[i] & 0x3f);
    }
    return c;
}

static int hex_value(char c)
{
    if (is_digit(c)) {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Behind "\x". */
static bool take_hex(struct translator *t, size_t start, uint32_t *ret)
{
    bool is_braced = peek(t) == '{';
    size_t max = is_braced ? 8 : 2, digits = 0;
    uint32_t c = 0;
    t->at += is_braced;
    for (; digits < max && more(t) && hex_value(peek(t)) >= 0; digits++, t->at++) {
        c = c * 16 + (uint32_t)hex_value(peek(t));
    }
    bool is_whole = is_braced ? digits > 0 && peek(t) == '}' : digits == 2;
    if (!is_whole || c > 0x10ffff) {
        return fails(t, start, "invalid \\x escape");
    }
    t->at += is_braced;
    *ret = c;
    return true;
}

/* An escape that stands for one character; `at` is behind the backslash at `start`. */
static bool take_escape(struct translator *t, size_t start, uint32_t *ret)
{
    static const char names[] = "afnrtv", values[] = "\a\f\n\r\t\v";
    if (!more(t)) {
        return fails(t, start, "backslash at the end");
    }
    char c = peek(t);
    if (c >= '0' && c <= '7') {
        char next = t->at + 1 < t->in.n ? t->in.p[t->at + 1] : '\0';
        if (c != '0' && !(next >= '0' && next <= '7')) {
            return fails(t, start, "back-references are not supported");
        }
        *ret = 0;
        for (int i = 0; i < 3 && more(t) && peek(t) >= '0' && peek(t) <= '7'; i++, t->at++) {
            *ret = *ret * 8 + (uint32_t)(peek(t) - '0');
        }
        return true;
    }
    const char *hit = memchr(names, c, sizeof(names) - 1);
    if (hit) {
        *ret = (uint32_t)values[hit - names];
        t->at++;
        return true;
    }
    if (c == 'x') {
        t->at++;
        return take_hex(t, start, ret);
    }
    if ((unsigned char)c >= 0x80 || is_letter(c) || is_digit(c)) {
        return fails(t, start, "unknown escape (RE2 syntax)");
    }
    *ret = take_char(t);
    return true;
}

/* --- classes ------------------------------------------------------------------------------ */

/* "\pL", "\p{Greek}", "\P{^L}"; at the p. */
static bool take_unicode_class(struct translator *t, size_t start)
{
    char sign = peek(t);
    t->at++;
    struct str name;
    if (peek(t) == '{') {
        size_t end = str_find(t->in, '}', t->at);
        if (end == SIZE_MAX) {
            return fails(t, start, "\\p{ without }");
        }
        name = str_slice(t->in, t->at + 1, end);
        t->at = end + 1;
    } else {
        name = str_slice(t->in, t->at, t->at + 1);
        t->at += name.n;
    }
    struct str word = str_starts_with(name, STR("^")) ? str_slice(name, 1, name.n) : name;
    bool is_word = word.n > 0 && word.n <= 40;
    for (size_t i = 0; i < word.n; i++) {
        is_word &= is_letter(word.p[i]) || word.p[i] == '_';
    }
    /* Xan, Xps, Xsp, Xuc and Xwd are PCRE2's own. */
    if (!is_word || (word.n == 3 && (word.p[0] == 'X' || word.p[0] == 'x'))) {
        return fails(t, start, "unknown character class name");
    }
    strbuf_printf(&t->out, "\\%c{%.*s}", sign, STR_ARG(name));
    return true;
}

/* \d \s \w \p and their negations. False without refusal if there is something else; `at` is behind
 * the backslash. */
static bool take_perl_class(struct translator *t, size_t start, bool in_class)
{
    switch (peek(t)) {
    case 'd':
    case 'D':
    case 'w':
    case 'W':
        strbuf_printf(&t->out, "\\%c", peek(t));
        break;
    case 's':
        emit(t, in_class ? "\\t\\n\\f\\r\\x20" : "[\\t\\n\\f\\r\\x20]");
        break;
    case 'S':
        emit(t, in_class ? "\\S\\x0b" : "[^\\t\\n\\f\\r\\x20]");
        break;
    case 'p':
    case 'P':
        return take_unicode_class(t, start);
    default:
        return false;
    }
    t->at++;
    return true;
}

/* "[:alpha:]"; at the bracket. False without refusal if it is not one. */
static bool take_posix_class(struct translator *t)
{
    static const char *const names[] = {"alnum", "alpha", "ascii", "blank", "cntrl",
                                        "digit", "graph", "lower", "print", "punct",
                                        "space", "upper", "word",  "xdigit"};
    size_t end = t->at + 2;
    while (end + 1 < t->in.n && !(t->in.p[end] == ':' && t->in.p[end + 1] == ']')) {
        end++;
    }
    if (!looking_at(t, STR("[:")) || end + 1 >= t->in.n) {
        return false;
    }
    struct str name = str_slice(t->in, t->at + 2, end);
    struct str word = str_starts_with(name, STR("^")) ? str_slice(name, 1, name.n) : name;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (str_eq(word, str_from(names[i]))) {
            strbuf_add(&t->out, str_slice(t->in, t->at, end + 2));
            t->at = end + 2;
            return true;
        }
    }
    return fails(t, t->at, "unknown character class name");
}

static bool take_class_char(struct translator *t, uint32_t *ret)
{
    size_t start = t->at;
    if (!more(t)) {
        return fails(t, start, "missing ]");
    }
    if (peek(t) != '\\') {
        *ret = take_char(t);
        return true;
    }
    t->at++;
    return take_escape(t, start, ret);
}

static bool take_range(struct translator *t)
{
    size_t start = t->at;
    uint32_t low, high;
    if (!take_class_char(t, &low)) {
        return false;
    }
    emit_char(t, low);
    bool is_range = looking_at(t, STR("-")) && t->at + 1 < t->in.n && t->in.p[t->at + 1] != ']';
    if (!is_range) {
        return true;
    }
    t->at++;
    if (!take_class_char(t, &high)) {
        return false;
    }
    if (high < low) {
        return fails(t, start, "range is the wrong way round");
    }
    emit(t, "-");
    emit_char(t, high);
    return true;
}

/* At the opening bracket. */
static bool take_class(struct translator *t)
{
    size_t start = t->at++;
    emit(t, "[");
    if (peek(t) == '^') {
        t->at++;
        emit(t, "^");
    }
    for (bool is_first = true; is_first || peek(t) != ']'; is_first = false) {
        if (!more(t)) {
            return fails(t, start, "missing ]");
        }
        if (take_posix_class(t)) {
            continue;
        }
        if (peek(t) == '\\' && !t->what) {
            size_t escape = t->at++;
            if (take_perl_class(t, escape, true)) {
                continue;
            }
            t->at = t->what ? t->at : escape;
        }
        if (t->what || !take_range(t)) {
            return false;
        }
    }
    t->at++;
    emit(t, "]");
    return true;
}

/* --- atoms -------------------------------------------------------------------------------- */

static bool take_alternation(struct translator *t);

/* "\Q…\E"; behind the Q. */
static bool take_quoted(struct translator *t)
{
    while (more(t) && !looking_at(t, STR("\\E"))) {
        emit_char(t, take_char(t));
    }
    t->at = more(t) ? t->at + 2 : t->at;
    return true;
}

/* At a backslash outside of classes. */
static bool take_backslash(struct translator *t)
{
    size_t start = t->at++;
    uint32_t c;
    switch (peek(t)) {
    case 'A':
    case 'z':
    case 'b':
    case 'B':
        strbuf_printf(&t->out, "(?:\\%c)", peek(t)); /* in a group: Go lets them be repeated */
        t->at++;
        return true;
    case 'Q':
        t->at++;
        return take_quoted(t);
    case 'C':
        return fails(t, start, "\\C is not supported");
    case 'k':
        return fails(t, start, "back-references are not supported");
    default:
        break;
    }
    if (take_perl_class(t, start, false)) {
        return true;
    }
    if (t->what || !take_escape(t, start, &c)) {
        return false;
    }
    emit_char(t, c);
    return true;
}

/* Why "(?" is refused, from what follows. */
static const char *reason_for_group(struct str rest)
{
    static const struct {
        const char *start, *what;
    } known[] = {
        {"=", "lookahead is not supported"},      {"!", "lookahead is not supported"},
        {"<=", "lookbehind is not supported"},    {"<!", "lookbehind is not supported"},
        {">", "atomic groups are not supported"}, {"|", "branch resets are not supported"},
        {"#", "comments are not supported"},      {"(", "conditionals are not supported"},
        {"R", "recursion is not supported"},      {"&", "recursion is not supported"},
        {"P>", "recursion is not supported"},     {"P=", "back-references are not supported"},
        {"C", "callouts are not supported"},      {"+", "recursion is not supported"},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        if (str_starts_with(rest, str_from(known[i].start))) {
            return known[i].what;
        }
    }
    size_t digit = str_starts_with(rest, STR("-")) ? 1 : 0;
    return rest.n > digit && is_digit(rest.p[digit]) ? "recursion is not supported"
                                                     : "unknown group type";
}

/* The name of "(?P<name>" or "(?<name>"; behind the "<". */
static bool take_group_name(struct translator *t, size_t start)
{
    size_t end = str_find(t->in, '>', t->at);
    struct str name = str_slice(t->in, t->at, end);
    bool is_name = end != SIZE_MAX && name.n > 0;
    for (size_t i = 0; i < name.n; i++) {
        is_name &= is_letter(name.p[i]) || is_digit(name.p[i]) || name.p[i] == '_';
    }
    if (!is_name) {
        return fails(t, start, "invalid group name");
    }
    t->at = end + 1;
    return true;
}

/* "(?i-s)" or "(?i-s:"; behind the "?". *is_group: a group was opened. */
static bool take_flags(struct translator *t, size_t start, bool *is_group)
{
    size_t from = t->at;
    bool is_negative = false, has_flag = false;
    for (;; t->at++) {
        char c = peek(t);
        if (c == 'i' || c == 'm' || c == 's' || c == 'U') {
            has_flag = true;
        } else if (c == '-' && !is_negative) {
            is_negative = true;
            has_flag = false;
        } else {
            break;
        }
    }
    char end = peek(t);
    if ((end != ':' && end != ')') || (is_negative && !has_flag)) {
        return fails(t, start, reason_for_group(str_slice(t->in, from, t->in.n)));
    }
    t->at++;
    emit(t, "(?");
    strbuf_add(&t->out, str_slice(t->in, from, t->at));
    *is_group = end == ':';
    return true;
}

/* At "(". *is_atom is false for "(?i)", which nothing can repeat. */
static bool take_group(struct translator *t, bool *is_atom)
{
    size_t start = t->at++;
    *is_atom = true;
    if (looking_at(t, STR("?P<")) ||
        (looking_at(t, STR("?<")) && !looking_at(t, STR("?<=")) && !looking_at(t, STR("?<!")))) {
        t->at += looking_at(t, STR("?P<")) ? 3 : 2;
        if (!take_group_name(t, start)) {
            return false;
        }
        emit(t, "(?:");
    } else if (peek(t) == '?') {
        t->at++;
        if (!take_flags(t, start, is_atom)) {
            return false;
        }
        if (!*is_atom) {
            return true;
        }
    } else {
        emit(t, "(?:");
    }
    if (++t->depth > DEPTH_MAX) {
        return fails(t, start, "nested too deep");
    }
    if (!take_alternation(t)) {
        return false;
    }
    if (peek(t) != ')') {
        return fails(t, start, "missing )");
    }
    t->depth--;
    t->at++;
    emit(t, ")");
    return true;
}

/* --- repetition --------------------------------------------------------------------------- */

/* At "{". False if this is no counted repetition: then the brace means itself. */
static bool parse_counts(const struct translator *t, struct str *ret_text, unsigned *ret_max)
{
    size_t at = t->at + 1;
    unsigned counts[2] = {0, 0};
    size_t digits[2] = {0, 0};
    int part = 0;
    for (; at < t->in.n; at++) {
        char c = t->in.p[at];
        if (is_digit(c)) {
            counts[part] =
                counts[part] > REPEAT_MAX ? counts[part] : counts[part] * 10 + (unsigned)(c - '0');
            digits[part]++;
        } else if (c == ',' && part == 0) {
            part = 1;
        } else {
            break;
        }
    }
    if (at >= t->in.n || t->in.p[at] != '}' || digits[0] == 0) {
        return false;
    }
    bool is_wrong = digits[1] > 0 && counts[1] < counts[0];
    *ret_max = is_wrong ? UINT32_MAX : counts[0] > counts[1] ? counts[0] : counts[1];
    *ret_text = str_slice(t->in, t->at, at + 1);
    return true;
}

static bool at_repetition(const struct translator *t)
{
    struct str counts;
    unsigned max;
    char c = peek(t);
    return c == '*' || c == '+' || c == '?' || (c == '{' && parse_counts(t, &counts, &max));
}

static bool take_repetition(struct translator *t)
{
    size_t start = t->at;
    struct str text = str_slice(t->in, t->at, t->at + 1);
    unsigned max = 0;
    if (!at_repetition(t)) {
        return true;
    }
    if (peek(t) == '{') {
        parse_counts(t, &text, &max);
    }
    if (max > REPEAT_MAX) {
        return fails(t, start, "invalid repeat count (at most 1000)");
    }
    strbuf_add(&t->out, text);
    t->at += text.n;
    if (peek(t) == '?') {
        t->at++;
        emit(t, "?");
    }
    if (at_repetition(t)) {
        return fails(t, start, "nested or possessive repetition is not supported");
    }
    return true;
}

static bool take_atom(struct translator *t, bool *is_atom)
{
    *is_atom = true;
    switch (peek(t)) {
    case '(':
        return take_group(t, is_atom);
    case '[':
        return take_class(t);
    case '\\': {
        size_t before = t->out.n;
        bool is_read = take_backslash(t);
        *is_atom = t->out.n > before; /* "\Q\E" is nothing */
        return is_read;
    }
    case '.':
        t->at++;
        emit(t, ".");
        return true;
    case '^':
        t->at++;
        emit(t, "(?:^)");
        return true;
    case '$':
        t->at++;
        emit(t, "(?:$)");
        return true;
    default:
        if (at_repetition(t)) {
            return fails(t, t->at, "nothing to repeat");
        }
        emit_char(t, take_char(t));
        return true;
    }
}

static bool take_alternation(struct translator *t)
{
    while (more(t) && peek(t) != ')') {
        bool is_atom;
        if (peek(t) == '|') {
            t->at++;
            emit(t, "|");
        } else if (!take_atom(t, &is_atom) || (is_atom && !take_repetition(t))) {
            return false;
        }
    }
    return true;
}

enum status regex_translate(struct arena *arena, struct str pattern, struct str *ret,
                            struct err *err)
{
    struct translator t = {.in = pattern};
    strbuf_init(&t.out, arena, pattern.n * 24 + 64);
    if (take_alternation(&t) && more(&t)) {
        fails(&t, t.at, "unexpected )");
    }
    if (!t.what) {
        CHECK(!t.out.is_full);
        *ret = strbuf_str(&t.out);
        return OK;
    }
    size_t position = 1;
    for (size_t i = 0; i < t.at; i++) {
        position += ((unsigned char)pattern.p[i] & 0xc0) != 0x80;
    }
    return err_set(err, ERR_INVALID, "regular expression \"%.*s\": %s (character %zu)",
                   STR_ARG(str_clip_utf8(pattern, 120)), t.what, position);
}

/* --- literals ----------------------------------------------------------------------------- */

/* Without "^" in front, "$" behind and one group around: none of them changes an anchored match. */
static struct str strip_frame(struct str s)
{
    if (str_starts_with(s, STR("^"))) {
        s = str_slice(s, 1, s.n);
    }
    if (str_ends_with(s, STR("$")) && !str_ends_with(s, STR("\\$"))) {
        s = str_slice(s, 0, s.n - 1);
    }
    if (str_ends_with(s, STR(")")) && !str_ends_with(s, STR("\\)"))) {
        size_t open = str_starts_with(s, STR("(?:")) ? 3 : str_starts_with(s, STR("(")) ? 1 : 0;
        s = open ? str_slice(s, open, s.n - 1) : s;
    }
    return s;
}

struct str *regex_split_literals(struct arena *arena, struct str pattern, size_t *ret_n)
{
    VEC(struct str) words = {0};
    struct str s = strip_frame(pattern);
    struct strbuf word;
    strbuf_init(&word, arena, pattern.n + 1);
    for (size_t i = 0; i <= s.n; i++) {
        if (i == s.n || s.p[i] == '|') {
            VEC_PUSH(arena, &words, str_dup(arena, strbuf_str(&word)));
            strbuf_clear(&word);
            continue;
        }
        char c = s.p[i];
        if (c == '\\') {
            c = ++i < s.n ? s.p[i] : 'x';
            if (is_letter(c) || is_digit(c) || (unsigned char)c >= 0x80) {
                return NULL;
            }
        } else if (strchr("^$.*+?()[]{}", c)) { /* a NUL too: rare enough */
            return NULL;
        }
        strbuf_add_char(&word, c);
    }
    *ret_n = words.n;
    return words.v;
}
