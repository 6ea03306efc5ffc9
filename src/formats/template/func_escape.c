/* Text made fit for other languages, and back. */
#include "formats/percent.h"
#include "formats/rune.h"
#include "formats/template/funcs.h"
#include "formats/template/gofmt.h"
#include "formats/template/goquote.h"
#include "formats/unicode.h"

/* What escapers see of their arguments: as if printed, but nothing is "<no value>". */
static struct str shown_args(struct template_call *call)
{
    if (call->n == 1 && value_kind(&call->args[0]) == VALUE_STRING) {
        return call->args[0].s;
    }
    struct value *args = ARENA_ARRAY(call->arena, struct value, call->n);
    for (size_t i = 0; i < call->n; i++) {
        enum value_kind kind = value_kind(&call->args[i]);
        bool is_nothing = kind == VALUE_NOTHING || kind == VALUE_ANY;
        args[i] = is_nothing ? value_str(STR("<no value>")) : call->args[i];
    }
    struct strbuf *out = call_text(call);
    gofmt_print(out, args, call->n);
    return strbuf_str(out);
}

/* Unlike formats/html_escape, which also mends what is not UTF-8. */
bool func_html(struct template_call *call)
{
    struct str text = shown_args(call);
    struct strbuf *out = call_text(call);
    for (size_t i = 0; i < text.n; i++) {
        switch (text.p[i]) {
        case '\0':
            strbuf_add(out, STR("\xef\xbf\xbd"));
            break;
        case '"':
            strbuf_add(out, STR("&#34;"));
            break;
        case '\'':
            strbuf_add(out, STR("&#39;"));
            break;
        case '&':
            strbuf_add(out, STR("&amp;"));
            break;
        case '<':
            strbuf_add(out, STR("&lt;"));
            break;
        case '>':
            strbuf_add(out, STR("&gt;"));
            break;
        default:
            strbuf_add(out, str_slice(text, i, i + 1));
        }
    }
    return call_return_text(call, out);
}

static void add_js(struct strbuf *out, struct str text, size_t at, uint32_t rune, size_t width)
{
    switch (rune) {
    case '\\':
    case '\'':
    case '"':
        strbuf_add_char(out, '\\');
        strbuf_add_char(out, (char)rune);
        break;
    case '<':
    case '>':
    case '&':
    case '=':
        strbuf_printf(out, "\\u%04X", rune);
        break;
    default:
        if (rune < ' ' || (rune >= 0x80 && !unicode_is_print(rune))) {
            strbuf_printf(out, "\\u%04X", rune);
        } else {
            strbuf_add(out, str_slice(text, at, at + width));
        }
    }
}

bool func_js(struct template_call *call)
{
    struct str text = shown_args(call);
    struct strbuf *out = call_text(call);
    size_t width;
    for (size_t i = 0; i < text.n; i += width) {
        uint32_t rune = rune_decode(text, i, &width);
        add_js(out, text, i, rune, width);
    }
    return call_return_text(call, out);
}

bool func_urlquery(struct template_call *call)
{
    struct str text = shown_args(call), rest = text;
    struct strbuf *out = call_text(call);
    do { /* a space is a plus */
        struct str part = str_cut(&rest, ' ');
        percent_encode(out, part);
        strbuf_add(out, rest.p ? STR("+") : STR_EMPTY);
    } while (rest.p);
    return call_return_text(call, out);
}

static bool is_hex(char c)
{
    char low = (char)(c | 0x20);
    return (c >= '0' && c <= '9') || (low >= 'a' && low <= 'f');
}

bool func_url_unescape(struct template_call *call)
{
    struct str text = call->args[0].s, decoded;
    struct strbuf plain;
    strbuf_init(&plain, call->arena, text.n);
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '%' &&
            (i + 2 >= text.n || !is_hex(text.p[i + 1]) || !is_hex(text.p[i + 2]))) {
            struct strbuf quoted;
            strbuf_init(&quoted, call->arena, 64);
            goquote_add(&quoted, str_slice(text, i, i + 3), false);
            return call_fail(call, "invalid URL escape %s", quoted.p);
        }
        strbuf_add(&plain, text.p[i] == '+' ? STR(" ") : str_slice(text, i, i + 1));
    }
    CHECK(percent_decode(call->arena, strbuf_str(&plain), &decoded));
    return call_return(call, value_str(decoded));
}

/* --- base64, URL alphabet ------------------------------------------------------------------- */

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

bool func_base64_encode(struct template_call *call)
{
    struct str text = call->args[0].s;
    struct strbuf *out = call_text(call);
    for (size_t i = 0; i < text.n; i += 3) {
        uint32_t bits = 0;
        size_t n = text.n - i < 3 ? text.n - i : 3;
        for (size_t j = 0; j < 3; j++) {
            bits = bits << 8 | (j < n ? (unsigned char)text.p[i + j] : 0);
        }
        for (size_t j = 0; j < 4; j++) {
            strbuf_add_char(out, j <= n ? base64_digits[bits >> (18 - 6 * j) & 63] : '=');
        }
    }
    return call_return_text(call, out);
}

static int base64_digit(char c)
{
    for (int i = 0; i < 64; i++) {
        if (base64_digits[i] == c) {
            return i;
        }
    }
    return -1;
}

static bool is_newline(struct str text, size_t at)
{
    return at < text.n && (text.p[at] == '\n' || text.p[at] == '\r');
}

static bool bad_base64(struct template_call *call, size_t at)
{
    return call_fail(call, "illegal base64 data at input byte %zu", at);
}

/* Behind the first "=" of the last four; n digits were there. */
static bool check_padding(struct template_call *call, struct str text, size_t at, size_t n)
{
    if (n < 2) {
        return bad_base64(call, at - 1);
    }
    while (n == 2 && is_newline(text, at)) {
        at++;
    }
    if (n == 2 && at == text.n) {
        return bad_base64(call, text.n);
    }
    if (n == 2 && text.p[at++] != '=') {
        return bad_base64(call, at - 2);
    }
    while (is_newline(text, at)) {
        at++;
    }
    return at == text.n || bad_base64(call, at);
}

/* Not formats/base64, which is strict about unused bits and does not say where it is wrong. */
bool func_base64_decode(struct template_call *call)
{
    struct str text = call->args[0].s;
    char *bytes = arena_alloc(call->arena, text.n);
    size_t n = 0, digits = 0, at = 0;
    uint32_t bits = 0;
    bool is_padded = false;
    while (at < text.n && !is_padded) {
        char c = text.p[at++];
        int digit = base64_digit(c);
        if (c == '\n' || c == '\r') {
            continue;
        }
        if (c == '=') {
            if (!check_padding(call, text, at, digits)) {
                return false;
            }
            is_padded = true;
        } else if (digit < 0) {
            return bad_base64(call, at - 1);
        } else {
            bits = bits << 6 | (uint32_t)digit;
            digits++;
        }
        if (digits == 4 || is_padded) {
            size_t made = is_padded ? digits - 1 : 3;
            bits <<= 6 * (4 - digits);
            for (size_t j = 0; j < made; j++) {
                bytes[n++] = (char)(bits >> (16 - 8 * j));
            }
            digits = 0;
            bits = 0;
        }
    }
    if (digits > 0) {
        return bad_base64(call, text.n - digits);
    }
    return call_return(call, value_str((struct str){bytes, n}));
}
