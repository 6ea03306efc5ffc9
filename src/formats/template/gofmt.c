#include "formats/template/gofmt.h"

#include "formats/rune.h"
#include "formats/template/gofmt_inner.h"

/* One run through a format string. */
struct printing {
    struct gofmt fmt;
    struct str format;
    size_t at; /* in the format */
    const struct value *args;
    size_t n;
    size_t next;       /* argument */
    bool is_reordered; /* an explicit index was written */
    bool is_bad_index;
    bool is_after_index; /* the item before was an index */
};

void gofmt_value(struct strbuf *out, const struct value *value)
{
    if (value->type && value->type->kind == VALUE_STRING) {
        strbuf_add(out, value->s);
        return;
    }
    struct gofmt f = {.out = out};
    gofmt_arg(&f, value, 'v');
}

static bool is_string(const struct value *value)
{
    return value_kind(value) == VALUE_STRING;
}

void gofmt_print(struct strbuf *out, const struct value *args, size_t n)
{
    for (size_t i = 0; i < n && !out->is_full; i++) {
        if (i > 0 && !is_string(&args[i - 1]) && !is_string(&args[i])) {
            strbuf_add_char(out, ' ');
        }
        gofmt_value(out, &args[i]);
    }
}

void gofmt_println(struct strbuf *out, const struct value *args, size_t n)
{
    for (size_t i = 0; i < n && !out->is_full; i++) {
        if (i > 0) {
            strbuf_add_char(out, ' ');
        }
        gofmt_value(out, &args[i]);
    }
    strbuf_add_char(out, '\n');
}

/* --- the parts of a verb -------------------------------------------------------------------- */

static bool is_at(const struct printing *p, char c)
{
    return p->at < p->format.n && p->format.p[p->at] == c;
}

static void take_flags(struct printing *p)
{
    for (; p->at < p->format.n; p->at++) {
        switch (p->format.p[p->at]) {
        case '#':
            p->fmt.sharp = true;
            break;
        case '0':
            p->fmt.zero = true;
            break;
        case '+':
            p->fmt.plus = true;
            break;
        case '-':
            p->fmt.minus = true;
            break;
        case ' ':
            p->fmt.space = true;
            break;
        default:
            return;
        }
    }
}

/* Digits before `end`. A number that is too large ends the whole format, as in Go. */
static bool take_number(struct printing *p, size_t end, int *ret)
{
    bool is_number = false;
    *ret = 0;
    while (p->at < end && p->format.p[p->at] >= '0' && p->format.p[p->at] <= '9') {
        if (*ret > GOFMT_NUMBER_MAX) {
            *ret = 0;
            p->at = end;
            return false;
        }
        *ret = *ret * 10 + p->format.p[p->at++] - '0';
        is_number = true;
    }
    return is_number;
}

/* "[3]" */
static void take_index(struct printing *p)
{
    p->is_after_index = false;
    if (!is_at(p, '[')) {
        return;
    }
    p->is_reordered = true;
    size_t close = str_find(p->format, ']', p->at);
    if (p->format.n - p->at < 3 || close == SIZE_MAX) {
        p->is_bad_index = true;
        p->at++;
        return;
    }
    int number;
    p->at++;
    bool is_number = take_number(p, close, &number) && p->at == close;
    p->at = close + 1;
    if (!is_number || number < 1 || (size_t)number > p->n) {
        p->is_bad_index = true;
        p->is_after_index = is_number;
        return;
    }
    p->next = (size_t)number - 1;
    p->is_after_index = true;
}

/* The next argument as a width or precision. */
static bool take_argument(struct printing *p, int *ret)
{
    *ret = 0;
    if (p->next >= p->n) {
        return false;
    }
    const struct value *arg = &p->args[p->next++];
    enum value_kind kind = value_kind(arg);
    bool is_small = kind == VALUE_INT ? arg->i <= GOFMT_NUMBER_MAX && arg->i >= -GOFMT_NUMBER_MAX
                                      : kind == VALUE_UINT && arg->u <= GOFMT_NUMBER_MAX;
    *ret = is_small ? (int)arg->i : 0;
    return is_small;
}

static void take_width(struct printing *p)
{
    struct gofmt *f = &p->fmt;
    if (!is_at(p, '*')) {
        f->has_width = take_number(p, p->format.n, &f->width);
        p->is_bad_index |= p->is_after_index && f->has_width;
        return;
    }
    p->at++;
    f->has_width = take_argument(p, &f->width);
    if (!f->has_width) {
        strbuf_add(f->out, STR("%!(BADWIDTH)"));
    }
    if (f->width < 0) {
        f->width = -f->width;
        f->minus = true;
        f->zero = false;
    }
    p->is_after_index = false;
}

static void take_precision(struct printing *p)
{
    struct gofmt *f = &p->fmt;
    if (!is_at(p, '.') || p->at + 1 == p->format.n) { /* a point at the end is a verb */
        return;
    }
    p->at++;
    p->is_bad_index |= p->is_after_index;
    take_index(p);
    if (!is_at(p, '*')) {
        f->has_precision = true; /* "%.d" is "%.0d" */
        take_number(p, p->format.n, &f->precision);
        return;
    }
    p->at++;
    f->has_precision = take_argument(p, &f->precision);
    if (f->precision < 0) {
        f->precision = 0;
        f->has_precision = false;
    }
    if (!f->has_precision) {
        strbuf_add(f->out, STR("%!(BADPREC)"));
    }
    p->is_after_index = false;
}

static void complain(struct printing *p, uint32_t verb, struct str what)
{
    strbuf_add(p->fmt.out, STR("%!"));
    rune_add(p->fmt.out, verb);
    strbuf_add(p->fmt.out, what);
}

static void print_verb(struct printing *p)
{
    struct strbuf *out = p->fmt.out;
    if (p->at >= p->format.n) {
        strbuf_add(out, STR("%!(NOVERB)"));
        return;
    }
    size_t width;
    uint32_t verb = rune_decode(p->format, p->at, &width);
    p->at += width;
    if (verb == '%') {
        strbuf_add_char(out, '%');
    } else if (p->is_bad_index) {
        complain(p, verb, STR("(BADINDEX)"));
    } else if (p->next >= p->n) {
        complain(p, verb, STR("(MISSING)"));
    } else {
        if (verb == 'v') { /* %#v and %+v are other things than a sharp or signed %v */
            p->fmt.sharp_v = p->fmt.sharp;
            p->fmt.plus_v = p->fmt.plus;
            p->fmt.sharp = p->fmt.plus = false;
        }
        gofmt_arg(&p->fmt, &p->args[p->next++], verb);
    }
}

static void print_extra(struct printing *p)
{
    struct strbuf *out = p->fmt.out;
    struct gofmt plain = {.out = out};
    strbuf_add(out, STR("%!(EXTRA "));
    for (size_t i = p->next; i < p->n && !out->is_full; i++) {
        const struct value *arg = &p->args[i];
        strbuf_add(out, i > p->next ? STR(", ") : STR_EMPTY);
        if (value_kind(arg) == VALUE_NOTHING || value_kind(arg) == VALUE_ANY) {
            strbuf_add(out, STR("<nil>"));
            continue;
        }
        strbuf_add(out, str_from(arg->type->name));
        strbuf_add_char(out, '=');
        gofmt_arg(&plain, arg, 'v');
    }
    strbuf_add_char(out, ')');
}

void gofmt_printf(struct strbuf *out, struct str format, const struct value *args, size_t n)
{
    struct printing p = {.fmt = {.out = out}, .format = format, .args = args, .n = n};
    while (p.at < format.n && !out->is_full) {
        size_t percent = str_find(format, '%', p.at);
        strbuf_add(out, str_slice(format, p.at, percent));
        if (percent == SIZE_MAX) {
            break;
        }
        p.at = percent + 1;
        p.fmt = (struct gofmt){.out = out};
        p.is_bad_index = false;
        take_flags(&p);
        take_index(&p);
        take_width(&p);
        take_precision(&p);
        if (!p.is_after_index) {
            take_index(&p);
        }
        print_verb(&p);
    }
    if (!p.is_reordered && p.next < n) {
        print_extra(&p);
    }
}
