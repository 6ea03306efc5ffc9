#include "formats/template/gofloat.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHORTEST_MAX = 17, READ_MAX = 1024 };

/* Decimal digits of a finite number: 0.d1d2d3… × 10^point. */
struct decimal {
    char digits[GOFLOAT_PRECISION_MAX + 8];
    int n; /* without zeros at the end */
    int point;
};

/* Rounded to so many significant digits, at least one. */
static void to_digits(struct decimal *d, double amount, int significant)
{
    char text[GOFLOAT_PRECISION_MAX + 32];
    int mantissa =
        significant - 1 > GOFLOAT_PRECISION_MAX ? GOFLOAT_PRECISION_MAX : significant - 1;
    snprintf(text, sizeof(text), "%.*e", mantissa, amount);
    const char *e = strchr(text, 'e');
    d->n = 0;
    for (const char *p = text; p < e; p++) {
        if (*p != '.') {
            d->digits[d->n++] = *p;
        }
    }
    d->point = (int)strtol(e + 1, NULL, 10) + 1;
    while (d->n > 1 && d->digits[d->n - 1] == '0') {
        d->n--;
    }
    if (d->digits[0] == '0') { /* zero */
        d->n = 0;
        d->point = 0;
    }
}

static void to_shortest(struct decimal *d, double amount)
{
    char text[40];
    int significant = 1;
    for (; significant < SHORTEST_MAX; significant++) {
        snprintf(text, sizeof(text), "%.*e", significant - 1, amount);
        if (strtod(text, NULL) == amount) {
            break;
        }
    }
    to_digits(d, amount, significant);
}

static void add_digit(struct strbuf *out, const struct decimal *d, int at)
{
    strbuf_add_char(out, at >= 0 && at < d->n ? d->digits[at] : '0');
}

static void add_exponent_form(struct strbuf *out, const struct decimal *d, char e, int precision)
{
    add_digit(out, d, 0);
    if (precision > 0) {
        strbuf_add_char(out, '.');
        for (int i = 1; i <= precision; i++) {
            add_digit(out, d, i);
        }
    }
    int exponent = d->n == 0 ? 0 : d->point - 1;
    strbuf_printf(out, "%c%c%02d", e, exponent < 0 ? '-' : '+', abs(exponent));
}

static void add_plain_form(struct strbuf *out, const struct decimal *d, int precision)
{
    for (int i = 0; i < d->point; i++) {
        add_digit(out, d, i);
    }
    if (d->point <= 0) {
        strbuf_add_char(out, '0');
    }
    if (precision > 0) {
        strbuf_add_char(out, '.');
        for (int i = 0; i < precision; i++) {
            add_digit(out, d, d->point + i);
        }
    }
}

static void add_general(struct strbuf *out, double amount, char verb, int precision)
{
    struct decimal d;
    bool is_shortest = precision < 0;
    if (is_shortest) {
        to_shortest(&d, amount);
        precision = 6; /* decides the form */
    } else {
        precision = precision == 0 ? 1 : precision;
        to_digits(&d, amount, precision);
    }
    int exponent = d.point - 1;
    if (d.n > 0 && (exponent < -4 || exponent >= precision)) {
        add_exponent_form(out, &d, verb == 'g' ? 'e' : 'E', d.n - 1);
    } else {
        add_plain_form(out, &d, d.n > d.point ? d.n - d.point : 0);
    }
}

static void add_scientific(struct strbuf *out, double amount, char verb, int precision)
{
    struct decimal d;
    if (precision < 0) {
        to_shortest(&d, amount);
        precision = d.n > 0 ? d.n - 1 : 0;
    } else {
        to_digits(&d, amount, precision + 1);
    }
    add_exponent_form(out, &d, verb, precision);
}

static void add_fixed(struct strbuf *out, double amount, int precision)
{
    if (precision < 0) {
        struct decimal d;
        to_shortest(&d, amount);
        add_plain_form(out, &d, d.n > d.point ? d.n - d.point : 0);
        return;
    }
    int computed = precision > GOFLOAT_PRECISION_MAX ? GOFLOAT_PRECISION_MAX : precision;
    strbuf_printf(out, "%.*f", computed, amount);
    for (int i = computed; i < precision && !out->is_full; i++) {
        strbuf_add_char(out, '0');
    }
}

/* The 60 bits behind the binary point, rounded to so many hexadecimal digits (ties to even). */
static void round_mantissa(uint64_t *mantissa, int *exponent, int digits)
{
    const int shift = 60 - digits * 4;
    const uint64_t one = UINT64_C(1) << 60, rest = *mantissa & ((UINT64_C(1) << shift) - 1);
    uint64_t kept = *mantissa >> shift;
    const uint64_t half = UINT64_C(1) << (shift - 1);
    kept += rest > half || (rest == half && (kept & 1) == 1) ? 1 : 0;
    *mantissa = kept << shift;
    if (*mantissa >= one * 2) {
        *mantissa >>= 1;
        (*exponent)++;
    }
}

/* "0x1.8p+00": always a 1 before the point. */
static void add_hexadecimal(struct strbuf *out, double amount, char verb, int precision)
{
    const char *digits = verb == 'x' ? "0123456789abcdef" : "0123456789ABCDEF";
    int exponent;
    uint64_t mantissa = (uint64_t)ldexp(frexp(amount, &exponent), 61);
    exponent = amount == 0 ? 0 : exponent - 1;
    if (precision >= 0 && precision < 15) {
        round_mantissa(&mantissa, &exponent, precision);
    }
    strbuf_printf(out, "0%c%c", verb, mantissa == 0 ? '0' : '1');
    mantissa <<= 4;
    for (int i = 0; precision < 0 ? mantissa != 0 : i < precision && !out->is_full; i++) {
        strbuf_add(out, i == 0 ? STR(".") : STR_EMPTY);
        strbuf_add_char(out, digits[mantissa >> 60]);
        mantissa <<= 4;
    }
    strbuf_printf(out, "%c%c%02d", verb == 'x' ? 'p' : 'P', exponent < 0 ? '-' : '+',
                  abs(exponent));
}

/* "4503599627370496p-52" */
static void add_binary(struct strbuf *out, double amount)
{
    uint64_t bits;
    memcpy(&bits, &amount, sizeof(bits));
    int exponent = (int)(bits >> 52 & 0x7ff);
    uint64_t mantissa = bits & ((UINT64_C(1) << 52) - 1);
    mantissa |= exponent > 0 ? UINT64_C(1) << 52 : 0;
    exponent = (exponent > 0 ? exponent : 1) - 1075;
    strbuf_printf(out, "%llup%+d", (unsigned long long)mantissa, exponent);
}

void gofloat_add(struct strbuf *out, double number, char verb, int precision)
{
    if (isnan(number)) {
        strbuf_add(out, STR("NaN"));
        return;
    }
    if (isinf(number)) {
        strbuf_add(out, number > 0 ? STR("+Inf") : STR("-Inf"));
        return;
    }
    double amount = fabs(number);
    if (signbit(number)) {
        strbuf_add_char(out, '-');
    }
    if (verb == 'e' || verb == 'E') {
        add_scientific(out, amount, verb, precision);
    } else if (verb == 'f') {
        add_fixed(out, amount, precision);
    } else if (verb == 'x' || verb == 'X') {
        add_hexadecimal(out, amount, verb, precision);
    } else if (verb == 'b') {
        add_binary(out, amount);
    } else {
        add_general(out, amount, verb, precision);
    }
}

/* --- reading -------------------------------------------------------------------------------- */

static bool is_word(struct str s, const char *word)
{
    return str_eq_nocase(s, str_from(word));
}

static bool read_special(struct str s, double *ret)
{
    bool is_negative = s.n > 0 && s.p[0] == '-';
    struct str rest = s.n > 0 && (s.p[0] == '-' || s.p[0] == '+') ? str_slice(s, 1, s.n) : s;
    if (is_word(rest, "inf") || is_word(rest, "infinity")) {
        *ret = is_negative ? -INFINITY : INFINITY;
        return true;
    }
    *ret = NAN;
    return is_word(s, "nan");
}

/* Digits with a point and an exponent, and nothing else; counts the digits. */
static bool skip_digits(struct str s, size_t *at, bool is_hex)
{
    bool has_point = false;
    size_t digits = 0;
    for (; *at < s.n; (*at)++) {
        char c = s.p[*at], low = (char)(c | 0x20);
        if ((c >= '0' && c <= '9') || (is_hex && low >= 'a' && low <= 'f')) {
            digits++;
        } else if (c == '.' && !has_point) {
            has_point = true;
        } else if (c != '_') {
            break;
        }
    }
    return digits > 0;
}

static bool is_number(struct str s)
{
    size_t at = s.n > 0 && (s.p[0] == '-' || s.p[0] == '+') ? 1 : 0;
    bool is_hex = s.n >= at + 2 && s.p[at] == '0' && (s.p[at + 1] | 0x20) == 'x';
    at += is_hex ? 2 : 0;
    if (!skip_digits(s, &at, is_hex)) {
        return false;
    }
    bool has_exponent = at < s.n && (s.p[at] | 0x20) == (is_hex ? 'p' : 'e');
    if (!has_exponent) {
        return !is_hex && at == s.n; /* a hexadecimal number needs one */
    }
    at++;
    at += at < s.n && (s.p[at] == '-' || s.p[at] == '+') ? 1 : 0;
    size_t first = at;
    while (at < s.n && ((s.p[at] >= '0' && s.p[at] <= '9') || s.p[at] == '_')) {
        at++;
    }
    return at > first && at == s.n && s.p[first] != '_';
}

/* Underscores only between digits, or behind a base prefix. */
static bool are_underscores_well(struct str s)
{
    char last = '^'; /* '0' a digit or a prefix, '_' an underscore, '!' something else */
    size_t i = s.n > 0 && (s.p[0] == '-' || s.p[0] == '+') ? 1 : 0;
    bool is_hex = false;
    if (s.n >= i + 2 && s.p[i] == '0' && strchr("bBoOxX", s.p[i + 1])) {
        is_hex = (s.p[i + 1] | 0x20) == 'x';
        last = '0';
        i += 2;
    }
    for (; i < s.n; i++) {
        char c = s.p[i], low = (char)(c | 0x20);
        if ((c >= '0' && c <= '9') || (is_hex && low >= 'a' && low <= 'f')) {
            last = '0';
        } else if (c == '_') {
            if (last != '0') {
                return false;
            }
            last = '_';
        } else {
            if (last == '_') {
                return false;
            }
            last = '!';
        }
    }
    return last != '_';
}

bool gofloat_read(struct str text, double *ret, bool *ret_is_large)
{
    *ret_is_large = false;
    if (read_special(text, ret)) {
        return true;
    }
    bool has_underscore = str_find(text, '_', 0) != SIZE_MAX;
    if (text.n >= READ_MAX || !is_number(text) || (has_underscore && !are_underscores_well(text))) {
        return false;
    }
    char plain[READ_MAX];
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] != '_') {
            plain[n++] = text.p[i];
        }
    }
    plain[n] = '\0';
    *ret = strtod(plain, NULL);
    *ret_is_large = isinf(*ret);
    return true;
}
