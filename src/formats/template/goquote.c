#include "formats/template/goquote.h"

#include "formats/rune.h"
#include "formats/unicode.h"

/* --- writing -------------------------------------------------------------------------------- */

static void add_hex_escape(struct strbuf *out, uint32_t rune)
{
    if (rune < ' ' || rune == 0x7f) {
        strbuf_printf(out, "\\x%02x", rune);
    } else if (rune < 0x10000) {
        strbuf_printf(out, "\\u%04x", rune);
    } else {
        strbuf_printf(out, "\\U%08x", rune);
    }
}

static void add_escaped(struct strbuf *out, uint32_t rune, char quote, bool is_ascii)
{
    static const char codes[] = "abtnvfr"; /* of 7 to 13 */
    if (rune == (uint32_t)quote || rune == '\\') {
        strbuf_add_char(out, '\\');
        strbuf_add_char(out, (char)rune);
    } else if (is_ascii ? rune < 0x80 && unicode_is_print(rune) : unicode_is_print(rune)) {
        rune_add(out, rune);
    } else if (rune >= 7 && rune <= 13) {
        strbuf_add_char(out, '\\');
        strbuf_add_char(out, codes[rune - 7]);
    } else {
        add_hex_escape(out, rune);
    }
}

void goquote_add(struct strbuf *out, struct str text, bool is_ascii)
{
    size_t width;
    strbuf_add_char(out, '"');
    for (size_t i = 0; i < text.n; i += width) {
        uint32_t rune = rune_decode(text, i, &width);
        if (rune == RUNE_ERROR && width == 1) {
            strbuf_printf(out, "\\x%02x", (unsigned char)text.p[i]);
        } else {
            add_escaped(out, rune, '"', is_ascii);
        }
    }
    strbuf_add_char(out, '"');
}

void goquote_add_rune(struct strbuf *out, uint32_t rune, bool is_ascii)
{
    bool is_rune = rune <= RUNE_MAX && (rune < 0xd800 || rune >= 0xe000);
    strbuf_add_char(out, '\'');
    add_escaped(out, is_rune ? rune : RUNE_ERROR, '\'', is_ascii);
    strbuf_add_char(out, '\'');
}

bool goquote_is_raw(struct str text)
{
    size_t width;
    for (size_t i = 0; i < text.n; i += width) {
        uint32_t rune = rune_decode(text, i, &width);
        if (width == 1 &&
            (rune == RUNE_ERROR || (rune < ' ' && rune != '\t') || rune == '`' || rune == 0x7f)) {
            return false;
        }
        if (rune == 0xfeff) { /* a byte order mark */
            return false;
        }
    }
    return true;
}

/* --- reading -------------------------------------------------------------------------------- */

static bool take_hex(struct str *rest, size_t digits, uint32_t *ret)
{
    uint32_t value = 0;
    if (rest->n < digits) {
        return false;
    }
    for (size_t i = 0; i < digits; i++) {
        char c = rest->p[i];
        char low = (char)(c | 0x20);
        bool is_letter = low >= 'a' && low <= 'f';
        if (!is_letter && (c < '0' || c > '9')) {
            return false;
        }
        value = value << 4 | (uint32_t)(is_letter ? low - 'a' + 10 : c - '0');
    }
    *rest = str_slice(*rest, digits, rest->n);
    *ret = value;
    return true;
}

static bool take_octal(struct str *rest, uint32_t *ret)
{
    uint32_t value = 0;
    if (rest->n < 3) {
        return false;
    }
    for (size_t i = 0; i < 3; i++) {
        if (rest->p[i] < '0' || rest->p[i] > '7') {
            return false;
        }
        value = value << 3 | (uint32_t)(rest->p[i] - '0');
    }
    *rest = str_slice(*rest, 3, rest->n);
    *ret = value;
    return value <= 255;
}

/* What follows a backslash. *ret_is_byte: one byte, not a code point. */
static bool take_escape(struct str *rest, char quote, uint32_t *ret, bool *ret_is_byte)
{
    static const char names[] = "abtnvfr";
    *ret_is_byte = false;
    if (rest->n == 0) {
        return false;
    }
    char c = rest->p[0];
    if (c >= '0' && c <= '7') {
        *ret_is_byte = true;
        return take_octal(rest, ret);
    }
    *rest = str_slice(*rest, 1, rest->n);
    if (c == 'x' || c == 'u' || c == 'U') {
        *ret_is_byte = c == 'x';
        return take_hex(rest,
                        c == 'x'   ? 2
                        : c == 'u' ? 4
                                   : 8,
                        ret) &&
               (c == 'x' || (*ret <= RUNE_MAX && (*ret < 0xd800 || *ret >= 0xe000)));
    }
    if (c == '\\' || c == quote) {
        *ret = (unsigned char)c;
        return true;
    }
    for (size_t i = 0; names[i] != '\0'; i++) {
        if (c == names[i]) {
            *ret = (uint32_t)(i + 7);
            return true;
        }
    }
    return false;
}

/* One character, plain or escaped. */
static bool take_char(struct str *rest, char quote, uint32_t *ret, bool *ret_is_byte)
{
    if (rest->p[0] == '\\') {
        *rest = str_slice(*rest, 1, rest->n);
        return take_escape(rest, quote, ret, ret_is_byte);
    }
    if (rest->p[0] == quote || rest->p[0] == '\n') {
        return false;
    }
    size_t width;
    *ret = rune_decode(*rest, 0, &width);
    *ret_is_byte = false;
    *rest = str_slice(*rest, width, rest->n);
    return true;
}

bool goquote_read(struct arena *arena, struct str literal, struct str *ret)
{
    CHECK(literal.n >= 2);
    char quote = literal.p[0];
    struct str rest = str_slice(literal, 1, literal.n - 1);
    struct strbuf out;
    strbuf_init(&out, arena, literal.n * 3); /* a bad byte becomes three */
    while (rest.n > 0) {
        uint32_t rune;
        bool is_byte;
        if (quote == '`') {
            if (rest.p[0] != '\r') { /* Go drops them from raw strings */
                strbuf_add(&out, str_slice(rest, 0, 1));
            }
            rest = str_slice(rest, 1, rest.n);
        } else if (!take_char(&rest, quote, &rune, &is_byte)) {
            return false;
        } else if (is_byte) {
            char byte = (char)rune;
            strbuf_add(&out, (struct str){&byte, 1});
        } else {
            rune_add(&out, rune);
        }
    }
    *ret = strbuf_str(&out);
    return true;
}

bool goquote_read_rune(struct str literal, uint32_t *ret, bool *ret_is_single)
{
    struct str rest = str_slice(literal, 1, literal.n);
    bool is_byte;
    if (rest.n == 0 || !take_char(&rest, '\'', ret, &is_byte)) {
        return false;
    }
    *ret_is_single = rest.n == 1;
    return true;
}
