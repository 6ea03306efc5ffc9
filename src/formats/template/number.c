#include "formats/template/number.h"

#include "formats/template/gofloat.h"
#include "formats/template/goquote.h"
#include "formats/template/types.h"

#include <math.h>
#include <string.h>

static bool complain(struct arena *arena, const char *what, struct str text, struct str *why)
{
    struct strbuf out;
    strbuf_init(&out, arena, text.n * 4 + 64);
    strbuf_printf(&out, "%s: ", what);
    goquote_add(&out, text, false);
    *why = strbuf_str(&out);
    return false;
}

/* Base prefixes as in Go, "0" alone for octal; underscores between digits. False: no number, or too
 * large. */
static bool read_unsigned(struct str s, uint64_t *ret)
{
    unsigned base = 10;
    bool has_prefix = s.n >= 3 && s.p[0] == '0' && strchr("xXoObB", s.p[1]);
    bool may_underscore = false;
    if (has_prefix) {
        char letter = (char)(s.p[1] | 0x20);
        base = letter == 'x' ? 16 : letter == 'o' ? 8 : 2;
        s = str_slice(s, 2, s.n);
        may_underscore = true;
    } else if (s.n > 1 && s.p[0] == '0') {
        base = 8;
    }
    uint64_t number = 0;
    bool is_last_digit = false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i], low = (char)(c | 0x20);
        if (c == '_') {
            if (!may_underscore) {
                return false;
            }
            may_underscore = is_last_digit = false;
            continue;
        }
        unsigned digit = c >= '0' && c <= '9'       ? (unsigned)(c - '0')
                         : low >= 'a' && low <= 'f' ? (unsigned)(low - 'a' + 10)
                                                    : 16;
        if (digit >= base || __builtin_mul_overflow(number, base, &number) ||
            __builtin_add_overflow(number, digit, &number)) {
            return false;
        }
        may_underscore = is_last_digit = true;
    }
    *ret = number;
    return is_last_digit;
}

/* The integers that a float is. */
static void take_integers(struct number *n)
{
    if (!n->is_int && n->f >= -0x1p63 && n->f < 0x1p63 && (double)(int64_t)n->f == n->f) {
        n->is_int = true;
        n->i = (int64_t)n->f;
    }
    if (!n->is_uint && n->f >= 0 && n->f < 0x1p64 && (double)(uint64_t)n->f == n->f) {
        n->is_uint = true;
        n->u = (uint64_t)n->f;
    }
}

static void take_complex(struct number *n, double real, double imaginary)
{
    n->is_complex = true;
    n->complex_parts[0] = real;
    n->complex_parts[1] = imaginary;
    n->is_float = imaginary == 0;
    if (n->is_float) {
        n->f = real;
        take_integers(n);
    }
}

static bool read_char(struct arena *arena, struct str text, struct number *n, struct str *why)
{
    uint32_t rune;
    bool is_single;
    if (!goquote_read_rune(text, &rune, &is_single)) {
        *why = STR("invalid syntax");
        return false;
    }
    if (!is_single) {
        *why = str_printf(arena, "malformed character constant: %.*s", STR_ARG(text));
        return false;
    }
    n->is_int = n->is_uint = n->is_float = true;
    n->i = n->u = rune;
    n->f = rune;
    return true;
}

static bool read_integers(struct str text, struct number *n)
{
    bool is_negative = text.p[0] == '-';
    struct str digits = is_negative || text.p[0] == '+' ? str_slice(text, 1, text.n) : text;
    uint64_t number;
    if (!read_unsigned(digits, &number)) {
        return false;
    }
    if (digits.n == text.n) { /* a sign makes it no uint */
        n->is_uint = true;
        n->u = number;
    }
    if (number <= (uint64_t)INT64_MAX + (is_negative ? 1 : 0)) {
        n->is_int = true;
        n->i = is_negative ? (int64_t)-number : (int64_t)number;
        n->is_uint |= number == 0;
    }
    return n->is_int || n->is_uint;
}

/* "1+2i": the sign that is not an exponent's. */
static size_t second_part(struct str text)
{
    for (size_t i = text.n - 1; i > 0; i--) {
        char before = (char)(text.p[i - 1] | 0x20);
        if ((text.p[i] == '+' || text.p[i] == '-') && before != 'e' && before != 'p') {
            return i;
        }
    }
    return 0;
}

static bool read_pair(struct str text, struct number *n, struct str *why)
{
    size_t cut = second_part(text);
    double real, imaginary;
    bool is_large;
    if (!gofloat_read(str_slice(text, 0, cut), &real, &is_large) ||
        !gofloat_read(str_slice(text, cut, text.n - 1), &imaginary, &is_large)) {
        *why = STR("syntax error scanning complex number");
        return false;
    }
    take_complex(n, real, imaginary);
    return true;
}

bool number_read(struct arena *arena, const struct token *token, struct number *ret,
                 struct str *why)
{
    struct number n = {0};
    struct str text = token->text;
    double f;
    bool is_large;
    if (token->kind == TOKEN_CHAR_CONSTANT) {
        if (!read_char(arena, text, &n, why)) {
            return false;
        }
    } else if (token->kind == TOKEN_COMPLEX) {
        if (!read_pair(text, &n, why)) {
            return false;
        }
    } else if (text.p[text.n - 1] == 'i' &&
               gofloat_read(str_slice(text, 0, text.n - 1), &f, &is_large) && !is_large) {
        take_complex(&n, 0, f);
    } else if (read_integers(text, &n)) {
        n.is_float = true;
        n.f = n.is_int ? (double)n.i : (double)n.u;
    } else if (gofloat_read(text, &f, &is_large) && !is_large) {
        bool looks_like_float = false;
        for (size_t i = 0; i < text.n; i++) {
            looks_like_float |= text.p[i] && strchr(".eEpP", text.p[i]);
        }
        if (!looks_like_float) {
            return complain(arena, "integer overflow", text, why);
        }
        n.is_float = true;
        n.f = f;
        take_integers(&n);
    } else {
        return complain(arena, "illegal number syntax", text, why);
    }
    *ret = n;
    return true;
}

bool number_ideal(const struct number *n, struct str text, struct value *ret)
{
    bool is_hex = text.n > 2 && text.p[0] == '0' && (text.p[1] | 0x20) == 'x';
    bool has_exponent = false, has_point = false;
    for (size_t i = 0; i < text.n; i++) {
        char c = (char)(text.p[i] | 0x20);
        has_exponent |= c == 'p' || (c == 'e' && !is_hex);
        has_point |= text.p[i] == '.';
    }
    if (n->is_complex) {
        *ret = (struct value){.type = &type_complex,
                              .complex_parts = {n->complex_parts[0], n->complex_parts[1]}};
        return true;
    }
    if (n->is_float && text.p[0] != '\'' && (has_exponent || (has_point && !is_hex))) {
        *ret = value_float(n->f);
        return true;
    }
    if (n->is_int) {
        *ret = value_int(n->i);
    }
    return n->is_int;
}
