#include "formats/json_scan.h"

#include <stdio.h>
#include <string.h>

/* Where we are; `what` is set with the first error, p is then the place. */
struct scan {
    const unsigned char *p, *end;
    const char *what;
    bool is_limit;
    unsigned depth, max_depth;
    size_t tokens, max_tokens;
    uint64_t is_object[JSON_DEPTH_MAX / 64]; /* one bit per open level */
};

static bool fails(struct scan *s, const char *what)
{
    s->what = what;
    return false;
}

static bool fails_limit(struct scan *s, const char *what)
{
    s->is_limit = true;
    return fails(s, what);
}

static inline void skip_space(struct scan *s)
{
    while (s->p < s->end && (*s->p == ' ' || *s->p == '\n' || *s->p == '\r' || *s->p == '\t')) {
        s->p++;
    }
}

/* Marks those of eight bytes that are below 0x20, a quote, a backslash or not ASCII, by their top
 * bits. A borrow may mark bytes above the first that is meant, never below it. */
static inline uint64_t specials(uint64_t v)
{
    const uint64_t ones = 0x0101010101010101ULL;
    uint64_t quote = v ^ (ones * '"'), slash = v ^ (ones * '\\');
    return ((v - ones * 0x20) | (quote - ones) | (slash - ones) | v) & (ones * 0x80);
}

/* On to the first byte of a string that needs a look, or into the last seven before the end. */
static inline void skip_usual(struct scan *s)
{
    while (s->end - s->p >= 8) {
        uint64_t eight;
        memcpy(&eight, s->p, 8);
        uint64_t marks = specials(eight);
        if (marks) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
            s->p += __builtin_ctzll(marks) / 8;
#endif
            return;
        }
        s->p += 8;
    }
}

static bool scan_escape(struct scan *s)
{
    if (s->end - s->p < 2) {
        return fails(s, "string without end");
    }
    switch (s->p[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        s->p += 2;
        return true;
    case 'u':
        for (int i = 2; i < 6; i++) {
            if (s->p + i >= s->end) {
                return fails(s, "string without end");
            }
            unsigned char c = s->p[i];
            if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))) {
                return fails(s, "\\u without four hex digits");
            }
        }
        s->p += 6;
        return true;
    default:
        return fails(s, "unknown escape");
    }
}

/* At the opening quote. */
static bool scan_string(struct scan *s)
{
    s->p++;
    for (;;) {
        skip_usual(s);
        if (s->p >= s->end) {
            return fails(s, "string without end");
        }
        unsigned char c = *s->p;
        if (c == '"') {
            s->p++;
            return true;
        }
        if (c == '\\') {
            if (!scan_escape(s)) {
                return false;
            }
        } else if (c < 0x20) {
            return fails(s, "control character in a string");
        } else if (c < 0x80) {
            s->p++;
        } else {
            size_t n = str_utf8_len((struct str){(const char *)s->p, (size_t)(s->end - s->p)}, 0);
            if (n == 0) {
                return fails(s, "not UTF-8");
            }
            s->p += n;
        }
    }
}

static inline bool at_digit(const struct scan *s)
{
    return s->p < s->end && *s->p >= '0' && *s->p <= '9';
}

static bool scan_digits(struct scan *s)
{
    if (!at_digit(s)) {
        return fails(s, "digit expected");
    }
    while (at_digit(s)) {
        s->p++;
    }
    return true;
}

static bool scan_number(struct scan *s)
{
    if (*s->p == '-') {
        s->p++;
    }
    if (s->p < s->end && *s->p == '0') {
        s->p++;
    } else if (!scan_digits(s)) {
        return false;
    }
    if (s->p < s->end && *s->p == '.') {
        s->p++;
        if (!scan_digits(s)) {
            return false;
        }
    }
    if (s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
        s->p++;
        if (s->p < s->end && (*s->p == '+' || *s->p == '-')) {
            s->p++;
        }
        return scan_digits(s);
    }
    return true;
}

static bool scan_word(struct scan *s, const char *word, size_t n)
{
    if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0) {
        return fails(s, "value expected");
    }
    s->p += n;
    return true;
}

static inline bool count_token(struct scan *s)
{
    return ++s->tokens <= s->max_tokens || fails_limit(s, "too many values");
}

/* A key and its colon; leaves p at the value. */
static bool scan_key(struct scan *s)
{
    if (s->p >= s->end || *s->p != '"') {
        return fails(s, "key expected");
    }
    if (!count_token(s) || !scan_string(s)) {
        return false;
    }
    skip_space(s);
    if (s->p >= s->end || *s->p != ':') {
        return fails(s, "\":\" expected");
    }
    s->p++;
    skip_space(s);
    return true;
}

static inline bool in_object(const struct scan *s)
{
    unsigned top = s->depth - 1;
    return s->is_object[top / 64] >> (top % 64) & 1;
}

/* At '{' or '['. *is_empty: it was closed again, a whole value is done. */
static bool open_level(struct scan *s, bool *is_empty)
{
    bool is_object = *s->p == '{';
    if (s->depth == s->max_depth) {
        return fails_limit(s, "nested too deep");
    }
    uint64_t bit = 1ULL << (s->depth % 64);
    uint64_t *word = &s->is_object[s->depth / 64];
    *word = is_object ? *word | bit : *word & ~bit;
    s->depth++;
    s->p++;
    skip_space(s);
    *is_empty = s->p < s->end && *s->p == (is_object ? '}' : ']');
    if (*is_empty) {
        s->p++;
        s->depth--;
        return true;
    }
    return !is_object || scan_key(s);
}

/* Behind a value: closes levels and takes the comma. *is_done: the outermost value ended. */
static bool after_value(struct scan *s, bool *is_done)
{
    for (;;) {
        skip_space(s);
        *is_done = s->depth == 0;
        if (*is_done) {
            return s->p == s->end || fails(s, "something behind the value");
        }
        bool is_object = in_object(s);
        if (s->p >= s->end) {
            return fails(s, is_object ? "object without end" : "array without end");
        }
        if (*s->p == ',') {
            s->p++;
            skip_space(s);
            return !is_object || scan_key(s);
        }
        if (*s->p != (is_object ? '}' : ']')) {
            return fails(s, is_object ? "\",\" or \"}\" expected" : "\",\" or \"]\" expected");
        }
        s->p++;
        s->depth--;
    }
}

/* One scalar, or the opening of a level (*is_open). */
static bool scan_value(struct scan *s, bool *is_open)
{
    *is_open = false;
    if (s->p >= s->end) {
        return fails(s, "value expected");
    }
    if (!count_token(s)) {
        return false;
    }
    bool is_empty;
    switch (*s->p) {
    case '"':
        return scan_string(s);
    case '{':
    case '[':
        if (!open_level(s, &is_empty)) {
            return false;
        }
        *is_open = !is_empty;
        return true;
    case 't':
        return scan_word(s, "true", 4);
    case 'f':
        return scan_word(s, "false", 5);
    case 'n':
        return scan_word(s, "null", 4);
    default:
        if (*s->p == '-' || at_digit(s)) {
            return scan_number(s);
        }
        return fails(s, "value expected");
    }
}

static bool scan_body(struct scan *s)
{
    skip_space(s);
    for (;;) {
        bool is_open, is_done;
        if (!scan_value(s, &is_open)) {
            return false;
        }
        if (is_open) {
            continue;
        }
        if (!after_value(s, &is_done)) {
            return false;
        }
        if (is_done) {
            return true;
        }
    }
}

enum status json_scan(struct str body, const struct json_limits *limits, struct err *err)
{
    const unsigned char *start = (const unsigned char *)(body.n ? body.p : "");
    struct scan s;
    s.p = start;
    s.end = start + body.n;
    s.what = NULL;
    s.is_limit = false;
    s.depth = 0;
    s.max_depth = limits && limits->depth ? limits->depth : JSON_DEPTH_USUAL;
    s.tokens = 0;
    s.max_tokens = limits && limits->max_tokens ? limits->max_tokens : SIZE_MAX;
    CHECK(s.max_depth <= JSON_DEPTH_MAX);
    memset(s.is_object, 0, sizeof(s.is_object));
    if (scan_body(&s)) {
        return OK;
    }
    char where[32];
    snprintf(where, sizeof(where), "byte %zu", (size_t)(s.p - start));
    return err_at(err, s.is_limit ? ERR_TOO_LARGE : ERR_SYNTAX, where, "%s%s",
                  s.is_limit ? "JSON: " : "not JSON: ", s.what);
}
