#include "formats/rune.h"
#include "formats/template/gofmt_inner.h"
#include "formats/template/goquote.h"
#include "formats/unicode.h"

#include <string.h>

static void add_padding(struct gofmt *f, size_t n)
{
    char c = f->zero && !f->minus ? '0' : ' ';
    for (; n > 0 && !f->out->is_full; n--) {
        strbuf_add_char(f->out, c);
    }
}

void gofmt_pad(struct gofmt *f, struct str text)
{
    size_t runes = f->has_width && f->width > 0 ? rune_count(text) : 0;
    size_t gap = f->has_width && (size_t)f->width > runes ? (size_t)f->width - runes : 0;
    if (!f->minus) {
        add_padding(f, gap);
    }
    strbuf_add(f->out, text);
    if (f->minus) {
        add_padding(f, gap);
    }
}

void gofmt_bool(struct gofmt *f, bool b)
{
    gofmt_pad(f, b ? STR("true") : STR("false"));
}

/* --- integers ------------------------------------------------------------------------------- */

static int base_of(char verb)
{
    return verb == 'b' ? 2 : verb == 'o' || verb == 'O' ? 8 : verb == 'x' || verb == 'X' ? 16 : 10;
}

/* Digits to the least number of them; at the end of `text`. */
static size_t put_digits(char *text, size_t at, uint64_t number, char verb, int least)
{
    const char *digits = verb == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    int base = base_of(verb);
    size_t end = at;
    do {
        text[--at] = digits[number % (unsigned)base];
        number /= (unsigned)base;
    } while (number > 0);
    while (end - at < (size_t)least) {
        text[--at] = '0';
    }
    return at;
}

static size_t put_prefix(struct gofmt *f, char *text, size_t at, char verb, bool is_zero_first)
{
    if (f->sharp && (verb == 'x' || verb == 'X' || verb == 'b')) {
        text[--at] = verb;
        text[--at] = '0';
    } else if (f->sharp && (verb == 'o' || verb == 'O') && !is_zero_first) {
        text[--at] = '0';
    }
    if (verb == 'O') {
        text[--at] = 'o';
        text[--at] = '0';
    }
    return at;
}

void gofmt_integer(struct gofmt *f, uint64_t bits, bool is_signed, char verb)
{
    bool is_negative = is_signed && (int64_t)bits < 0;
    uint64_t number = is_negative ? -bits : bits;
    int least = 0;
    if (f->has_precision) {
        least = f->precision;
        if (least == 0 && number == 0) { /* nothing but the padding, in spaces */
            bool zero = f->zero;
            f->zero = false;
            add_padding(f, f->has_width ? (size_t)f->width : 0);
            f->zero = zero;
            return;
        }
    } else if (f->zero && !f->minus && f->has_width) {
        least = f->width - (is_negative || f->plus || f->space ? 1 : 0);
    }
    size_t size = 80 + (least > 0 ? (size_t)least : 0);
    char *text = arena_alloc(f->out->arena, size);
    size_t at = put_digits(text, size, number, verb, least);
    at = put_prefix(f, text, at, verb, text[at] == '0');
    if (is_negative || f->plus || f->space) {
        text[--at] = is_negative ? '-' : f->plus ? '+' : ' ';
    }
    bool zero = f->zero;
    f->zero = false; /* the zeros are among the digits */
    gofmt_pad(f, (struct str){text + at, size - at});
    f->zero = zero;
}

/* --- characters ----------------------------------------------------------------------------- */

static uint32_t as_rune(uint64_t number)
{
    return number > RUNE_MAX ? RUNE_ERROR : (uint32_t)number;
}

/* "U+0078", "U+0078 'x'" with #; the precision is the least number of digits, at least 4. */
void gofmt_unicode(struct gofmt *f, uint64_t number)
{
    struct strbuf text;
    int digits = f->has_precision && f->precision > 4 ? f->precision : 4;
    strbuf_init(&text, f->out->arena, GOFMT_NUMBER_MAX + 64);
    strbuf_printf(&text, "U+%0*llX", digits, (unsigned long long)number);
    if (f->sharp && number <= RUNE_MAX && unicode_is_print((uint32_t)number)) {
        strbuf_add(&text, STR(" '"));
        rune_add(&text, (uint32_t)number);
        strbuf_add_char(&text, '\'');
    }
    bool zero = f->zero;
    f->zero = false;
    gofmt_pad(f, strbuf_str(&text));
    f->zero = zero;
}

void gofmt_rune(struct gofmt *f, uint64_t number)
{
    struct strbuf text;
    strbuf_init(&text, f->out->arena, 4);
    rune_add(&text, as_rune(number));
    gofmt_pad(f, strbuf_str(&text));
}

void gofmt_quoted_rune(struct gofmt *f, uint64_t number)
{
    struct strbuf text;
    strbuf_init(&text, f->out->arena, 32);
    goquote_add_rune(&text, as_rune(number), f->plus);
    gofmt_pad(f, strbuf_str(&text));
}

/* --- strings -------------------------------------------------------------------------------- */

static struct str cut(struct gofmt *f, struct str text)
{
    return f->has_precision ? rune_prefix(text, (size_t)f->precision) : text;
}

void gofmt_string(struct gofmt *f, struct str text)
{
    if (!f->has_width && !f->has_precision) {
        strbuf_add(f->out, text);
        return;
    }
    gofmt_pad(f, cut(f, text));
}

void gofmt_quoted(struct gofmt *f, struct str text)
{
    struct strbuf quoted;
    text = cut(f, text);
    strbuf_init(&quoted, f->out->arena, f->out->max);
    if (f->sharp && goquote_is_raw(text)) {
        strbuf_add_char(&quoted, '`');
        strbuf_add(&quoted, text);
        strbuf_add_char(&quoted, '`');
    } else {
        goquote_add(&quoted, text, f->plus);
    }
    gofmt_pad(f, strbuf_str(&quoted));
}

/* Bytes as hex; with a space between them and "0x" before each if asked so. */
void gofmt_hex(struct gofmt *f, struct str text, bool is_upper)
{
    const char *digits = is_upper ? "0123456789ABCDEF" : "0123456789abcdef";
    struct strbuf hex;
    if (f->has_precision && (size_t)f->precision < text.n) {
        text.n = (size_t)f->precision;
    }
    strbuf_init(&hex, f->out->arena, f->out->max);
    for (size_t i = 0; i < text.n && !hex.is_full; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (f->space && i > 0) {
            strbuf_add_char(&hex, ' ');
        }
        if (f->sharp && (f->space || i == 0)) {
            strbuf_add(&hex, is_upper ? STR("0X") : STR("0x"));
        }
        strbuf_add_char(&hex, digits[c >> 4]);
        strbuf_add_char(&hex, digits[c & 15]);
    }
    gofmt_pad(f, strbuf_str(&hex));
}
