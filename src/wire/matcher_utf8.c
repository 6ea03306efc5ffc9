/* Alertmanager's second matcher grammar: {name op value, …}, each side a word or a Go string. */
#include "wire/matcher_parts.h"

#include <string.h>

struct reader {
    struct arena *arena;
    struct str text;
    size_t at;
};

/* Unicode's White_Space, by its few sequences. */
static size_t space_len(struct str s, size_t at)
{
    static const char *const wide[] = {
        "\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81",
        "\xe2\x80\x82", "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86",
        "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8",
        "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80",
    };
    char c = s.p[at];
    if (c == ' ' || (c >= '\t' && c <= '\r')) {
        return 1;
    }
    for (size_t i = 0; (unsigned char)c >= 0x80 && i < sizeof(wide) / sizeof(wide[0]); i++) {
        struct str space = str_from(wide[i]);
        if (str_starts_with(str_slice(s, at, s.n), space)) {
            return space.n;
        }
    }
    return 0;
}

bool matcher_char_is_reserved(struct str text, size_t at)
{
    char c = text.p[at];
    return space_len(text, at) > 0 || (c != '\0' && strchr("{}!=~,\\\"'`", c) != NULL);
}

static void skip_space(struct reader *r)
{
    size_t n;
    while (r->at < r->text.n && (n = space_len(r->text, r->at)) > 0) {
        r->at += n;
    }
}

static bool take(struct reader *r, char c)
{
    skip_space(r);
    bool is_next = r->at < r->text.n && r->text.p[r->at] == c;
    r->at += is_next;
    return is_next;
}

static bool is_at_end(struct reader *r)
{
    skip_space(r);
    return r->at == r->text.n;
}

static enum status expected(const struct reader *r, const char *what, struct err *err)
{
    if (r->at >= r->text.n) {
        return err_set(err, ERR_SYNTAX, "end of input: expected %s", what);
    }
    return err_set(err, ERR_SYNTAX, "at \"%.*s\": expected %s",
                   STR_ARG(str_clip_utf8(str_slice(r->text, r->at, r->text.n), 20)), what);
}

/* --- Go strings --------------------------------------------------------------------------- */

static int digit_value(char c, unsigned base)
{
    int value = c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' ? (c | 0x20) - 'a' + 10 : 99;
    return value < (int)base ? value : -1;
}

/* `digits` digits at the reader; false if one is missing. */
static bool take_number(struct reader *r, unsigned digits, unsigned base, uint32_t *ret)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < digits; i++) {
        int digit = r->at < r->text.n ? digit_value(r->text.p[r->at], base) : -1;
        if (digit < 0) {
            return false;
        }
        value = value * base + (uint32_t)digit;
        r->at++;
    }
    *ret = value;
    return true;
}

static bool add_rune(struct strbuf *out, uint32_t c)
{
    if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) {
        return false;
    }
    if (c < 0x80) {
        strbuf_add_char(out, (char)c);
        return true;
    }
    int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
    strbuf_add_char(out, (char)(lead[more] | c >> (6 * more)));
    while (more-- > 0) {
        strbuf_add_char(out, (char)(0x80 | (c >> (6 * more) & 0x3f)));
    }
    return true;
}

/* Behind a backslash. */
static bool take_escape(struct reader *r, struct strbuf *out)
{
    static const char from[] = "abfnrtv\\\"", to[] = "\a\b\f\n\r\t\v\\\"";
    char c = r->at < r->text.n ? r->text.p[r->at] : '\0';
    const char *hit = c ? strchr(from, c) : NULL;
    uint32_t value;
    if (hit) {
        r->at++;
        strbuf_add_char(out, to[hit - from]);
        return true;
    }
    if (c >= '0' && c <= '7') {
        if (!take_number(r, 3, 8, &value) || value > 255) {
            return false;
        }
        strbuf_add_char(out, (char)value);
        return true;
    }
    r->at += c != '\0';
    switch (c) {
    case 'x':
        if (!take_number(r, 2, 16, &value)) {
            return false;
        }
        strbuf_add_char(out, (char)value);
        return true;
    case 'u':
        return take_number(r, 4, 16, &value) && add_rune(out, value);
    case 'U':
        return take_number(r, 8, 16, &value) && add_rune(out, value);
    default:
        return false;
    }
}

/* At the opening quote. */
static enum status take_quoted(struct reader *r, struct str *ret, struct err *err)
{
    struct strbuf out;
    size_t start = r->at++;
    strbuf_init(&out, r->arena, r->text.n * 4);
    while (r->at < r->text.n && r->text.p[r->at] != '"' && r->text.p[r->at] != '\n') {
        char c = r->text.p[r->at++];
        if (c != '\\') {
            strbuf_add_char(&out, c);
        } else if (!take_escape(r, &out)) {
            r->at = start;
            return expected(r, "a string with valid escapes", err);
        }
    }
    if (r->at == r->text.n || r->text.p[r->at] == '\n') {
        r->at = start;
        return expected(r, "a string with an end quote on its line", err);
    }
    r->at++;
    *ret = strbuf_str(&out);
    return str_is_utf8(*ret) ? OK : err_set(err, ERR_SYNTAX, "a string is not UTF-8");
}

/* --- grammar ------------------------------------------------------------------------------ */

static enum status take_word(struct reader *r, const char *what, struct str *ret, struct err *err)
{
    skip_space(r);
    if (r->at < r->text.n && r->text.p[r->at] == '"') {
        return take_quoted(r, ret, err);
    }
    size_t start = r->at;
    while (r->at < r->text.n && !matcher_char_is_reserved(r->text, r->at)) {
        r->at++;
    }
    *ret = str_slice(r->text, start, r->at);
    return ret->n ? OK : expected(r, what, err);
}

static enum status take_operator(struct reader *r, enum matcher_op *ret, struct err *err)
{
    if (take(r, '=')) {
        bool is_regex = r->at < r->text.n && r->text.p[r->at] == '~';
        r->at += is_regex;
        *ret = is_regex ? MATCHER_RE : MATCHER_EQ;
        return OK;
    }
    if (take(r, '!') && r->at < r->text.n && strchr("=~", r->text.p[r->at])) {
        *ret = r->text.p[r->at++] == '~' ? MATCHER_NRE : MATCHER_NE;
        return OK;
    }
    return expected(r, "an operator: = != =~ or !~", err);
}

static enum status take_matcher(struct reader *r, struct matcher_parts *parts, struct err *err)
{
    struct matcher_part part;
    enum status status = take_word(r, "a label name", &part.name, err);
    if (status == OK && part.name.n == 0) {
        status = err_set(err, ERR_SYNTAX, "a label name cannot be empty");
    }
    if (status == OK) {
        status = take_operator(r, &part.op, err);
    }
    if (status == OK) {
        status = take_word(r, "a label value", &part.value, err);
    }
    return status == OK ? matcher_parts_add(r->arena, parts, part, err) : status;
}

static bool is_before_end(struct reader *r, bool has_brace)
{
    return has_brace ? !is_at_end(r) && r->text.p[r->at] == '}' : is_at_end(r);
}

enum status matcher_parts_utf8(struct arena *arena, struct str text, struct matcher_parts *parts,
                               struct err *err)
{
    struct reader r = {.arena = arena, .text = text};
    if (!str_is_utf8(text)) {
        return err_set(err, ERR_SYNTAX, "the text is not UTF-8");
    }
    bool has_brace = take(&r, '{');
    while (!is_before_end(&r, has_brace)) {
        enum status status = take_matcher(&r, parts, err);
        if (status != OK) {
            return status;
        }
        if (!take(&r, ',')) {
            break;
        }
    }
    if (has_brace && !take(&r, '}')) {
        return expected(&r, "a comma or close brace", err);
    }
    return is_at_end(&r) ? OK : expected(&r, has_brace ? "nothing more" : "a comma", err);
}
