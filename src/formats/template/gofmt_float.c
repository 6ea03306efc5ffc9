#include "formats/template/gofloat.h"
#include "formats/template/gofmt_inner.h"

#include <string.h>

/* With #: a decimal point always, and for g the zeros that were left out. `number` begins behind
 * the sign. */
static struct str sharpened(struct gofmt *f, struct str number, char verb, int precision)
{
    bool is_hex = verb == 'x' || verb == 'X', has_point = false, has_begun = false;
    int digits = 0;
    if (verb == 'v' || verb == 'g' || verb == 'G' || verb == 'x') { /* not X: so it is in Go */
        digits = precision < 0 ? 6 : precision;
    }
    size_t end = number.n;
    for (size_t i = 0; i < number.n; i++) {
        char c = number.p[i], low = (char)(c | 0x20);
        if (low == 'p' || (low == 'e' && !is_hex)) {
            end = i;
            break;
        }
        if (c == '.') {
            has_point = true;
        } else {
            has_begun |= c != '0';
            digits -= has_begun ? 1 : 0;
        }
    }
    struct strbuf out;
    strbuf_init(&out, f->out->arena, number.n + 8 + (digits > 0 ? (size_t)digits : 0));
    strbuf_add(&out, str_slice(number, 0, end));
    if (!has_point) {
        digits -= end == 1 && number.p[0] == '0' ? 1 : 0;
        strbuf_add_char(&out, '.');
    }
    for (; digits > 0; digits--) {
        strbuf_add_char(&out, '0');
    }
    strbuf_add(&out, str_slice(number, end, number.n));
    return strbuf_str(&out);
}

/* The sign stands before the zeros that fill up. */
static void add_signed(struct gofmt *f, char sign, struct str number)
{
    size_t n = number.n + 1;
    if (f->zero && !f->minus && f->has_width && (size_t)f->width > n) {
        int width = f->width;
        strbuf_add_char(f->out, sign);
        f->width = width - 1;
        gofmt_pad(f, number);
        f->width = width;
        return;
    }
    gofmt_pad(f, str_printf(f->out->arena, "%c%.*s", sign, STR_ARG(number)));
}

void gofmt_float(struct gofmt *f, double d, char verb)
{
    char form = verb == 'v' ? 'g' : verb == 'F' ? 'f' : verb;
    int precision = verb == 'e' || verb == 'E' || verb == 'f' || verb == 'F' ? 6 : GOFLOAT_SHORTEST;
    if (f->has_precision) {
        precision = f->precision;
    }
    struct strbuf text;
    strbuf_init(&text, f->out->arena, GOFMT_NUMBER_MAX + 512);
    gofloat_add(&text, d, form, precision);
    struct str number = strbuf_str(&text);
    bool is_negative = number.p[0] == '-';
    if (is_negative || number.p[0] == '+') {
        number = str_slice(number, 1, number.n);
    }
    char sign = is_negative ? '-' : f->plus ? '+' : f->space ? ' ' : '\0';
    if (number.p[0] == 'I' || number.p[0] == 'N') {
        bool zero = f->zero;
        f->zero = false;
        /* An infinity shows its sign, NaN only if asked. */
        sign = sign == '\0' && number.p[0] == 'I' ? '+' : sign;
        gofmt_pad(f, sign ? str_printf(f->out->arena, "%c%.*s", sign, STR_ARG(number)) : number);
        f->zero = zero;
        return;
    }
    if (f->sharp && verb != 'b') {
        number = sharpened(f, number, verb, precision);
    }
    if (sign) {
        add_signed(f, sign, number);
    } else {
        gofmt_pad(f, number);
    }
}
