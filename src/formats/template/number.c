#include "formats/template/number.h"

#include "formats/template/gofloat.h"
#include "formats/template/goquote.h"
#include "formats/template/types.h"

#include <math.h>
#include <string.h>

static bool complain(struct arena *arena, struct str before, struct str text, struct str after,
                     struct str *why)
{
    struct strbuf out;
    strbuf_init(&out, arena, text.n * 4 + 128);
    strbuf_add(&out, before);
    goquote_add(&out, text, false);
    strbuf_add(&out, after);
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

static size_t skip_of(struct str s, size_t at, const char *set)
{
    while (at < s.n && s.p[at] != '\0' && strchr(set, s.p[at])) {
        at++;
    }
    return at;
}

/* What looks like a float, at *at, which moves behind it. */
static struct str scan_float(struct str s, size_t *at)
{
    size_t begin = *at, i = *at;
    bool is_hex = false;
    i += i < s.n && (s.p[i] == '+' || s.p[i] == '-');
    is_hex = i + 1 < s.n && s.p[i] == '0' && (s.p[i + 1] | 0x20) == 'x';
    i += is_hex ? 2 : 0;
    const char *digits = is_hex ? "0123456789abcdefABCDEF_" : "0123456789_";
    i = skip_of(s, i, digits);
    if (i < s.n && s.p[i] == '.') {
        i = skip_of(s, i + 1, digits);
    }
    if (i < s.n && strchr(is_hex ? "pP" : "eEpP", s.p[i])) {
        i++;
        i += i < s.n && (s.p[i] == '+' || s.p[i] == '-');
        i = skip_of(s, i, "0123456789_");
    }
    *at = i;
    return str_slice(s, begin, i);
}

static bool read_part(struct arena *arena, struct str text, double *ret, struct str *why)
{
    bool is_large = false;
    bool is_number = gofloat_read(text, ret, &is_large);
    if (is_number && !is_large) {
        return true;
    }
    return complain(arena, STR("strconv.ParseFloat: parsing "), text,
                    is_number ? STR(": value out of range") : STR(": invalid syntax"), why);
}

/* "1+2i" */
static bool read_pair(struct arena *arena, struct str text, struct number *n, struct str *why)
{
    size_t at = 0;
    double real, imaginary;
    struct str first = scan_float(text, &at);
    bool has_sign = at < text.n && (text.p[at] == '+' || text.p[at] == '-');
    struct str second = has_sign ? scan_float(text, &at) : STR_EMPTY;
    if (second.n < 2 || at == text.n || text.p[at] != 'i') { /* "1+i" is none */
        *why = STR("syntax error scanning complex number");
        return false;
    }
    if (!read_part(arena, first, &real, why) || !read_part(arena, second, &imaginary, why)) {
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
        if (!read_pair(arena, text, &n, why)) {
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
            return complain(arena, STR("integer overflow: "), text, STR_EMPTY, why);
        }
        n.is_float = true;
        n.f = f;
        take_integers(&n);
    } else {
        return complain(arena, STR("illegal number syntax: "), text, STR_EMPTY, why);
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
