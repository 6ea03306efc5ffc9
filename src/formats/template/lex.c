#include "formats/template/lex.h"

#include "formats/rune.h"
#include "formats/template/goquote.h"
#include "formats/unicode.h"

#include <string.h>

enum { NO_RUNE = 0xffffffff };

ENUM_DEFINE(token_kind, TOKEN_KINDS)

void lex_init(struct lexer *l, struct arena *arena, struct str input)
{
    *l = (struct lexer){.arena = arena, .input = input, .line = 1, .start_line = 1};
}

/* --- moving --------------------------------------------------------------------------------- */

static struct str rest_of(const struct lexer *l)
{
    return str_slice(l->input, l->at, l->input.n);
}

static bool is_next(const struct lexer *l, struct str text)
{
    return str_starts_with(rest_of(l), text);
}

static uint32_t peek(const struct lexer *l, size_t *ret_width)
{
    if (l->at >= l->input.n) {
        *ret_width = 0;
        return NO_RUNE;
    }
    return rune_decode(l->input, l->at, ret_width);
}

static size_t count_newlines(struct str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        n += s.p[i] == '\n';
    }
    return n;
}

static void move_to(struct lexer *l, size_t at)
{
    l->line += count_newlines(str_slice(l->input, l->at, at));
    l->at = at;
}

static void drop(struct lexer *l)
{
    l->start = l->at;
    l->start_line = l->line;
}

static struct token emit(struct lexer *l, enum token_kind kind)
{
    struct token token = {kind, l->start, l->start_line, str_slice(l->input, l->start, l->at)};
    drop(l);
    return token;
}

static struct token stop(struct lexer *l, struct str what)
{
    struct token token = {TOKEN_ERROR, l->start, l->start_line, what};
    l->input.n = 0;
    l->at = l->start = 0;
    return token;
}

static struct token bad(struct lexer *l, const char *what)
{
    return stop(l, str_from(what));
}

/* "what U+0078 'x'" */
static struct token bad_rune(struct lexer *l, const char *what, uint32_t rune)
{
    struct strbuf text;
    strbuf_init(&text, l->arena, 128);
    strbuf_printf(&text, "%s U+%04X", what, rune);
    if (unicode_is_print(rune)) {
        strbuf_add(&text, STR(" '"));
        rune_add(&text, rune);
        strbuf_add_char(&text, '\'');
    }
    return stop(l, strbuf_str(&text));
}

static bool is_space(uint32_t rune)
{
    return rune == ' ' || rune == '\t' || rune == '\r' || rune == '\n';
}

static bool is_word(uint32_t rune)
{
    return rune == '_' || (rune != NO_RUNE && (unicode_is_letter(rune) || unicode_is_digit(rune)));
}

/* --- delimiters and text -------------------------------------------------------------------- */

static size_t trimmed_left(const struct lexer *l, size_t at)
{
    while (at < l->input.n && is_space((unsigned char)l->input.p[at])) {
        at++;
    }
    return at;
}

/* Is a "-" with the space that belongs to it at this place, the space before or behind? */
static bool is_trim_marker(const struct lexer *l, size_t at, bool is_space_first)
{
    if (at + 2 > l->input.n) {
        return false;
    }
    char minus = l->input.p[at + (is_space_first ? 1 : 0)];
    char space = l->input.p[at + (is_space_first ? 0 : 1)];
    return minus == '-' && is_space((unsigned char)space);
}

/* "}}" or " -}}". */
static bool is_at_right_delim(const struct lexer *l, bool *ret_trims)
{
    *ret_trims = is_trim_marker(l, l->at, true) &&
                 str_starts_with(str_slice(l->input, l->at + 2, l->input.n), STR("}}"));
    return *ret_trims || is_next(l, STR("}}"));
}

/* At the slash of a comment. False: the comment is wrong, *ret says how. */
static bool skip_comment(struct lexer *l, struct token *ret)
{
    bool trims;
    drop(l);
    size_t end = l->at + 2;
    while (end + 2 <= l->input.n && memcmp(l->input.p + end, "*/", 2) != 0) {
        end++;
    }
    if (end + 2 > l->input.n) {
        *ret = bad(l, "unclosed comment");
        return false;
    }
    move_to(l, end + 2);
    if (!is_at_right_delim(l, &trims)) {
        *ret = bad(l, "comment ends before closing delimiter");
        return false;
    }
    move_to(l, l->at + (trims ? 4 : 2));
    if (trims) {
        move_to(l, trimmed_left(l, l->at));
    }
    drop(l);
    return true;
}

static size_t find_left_delim(const struct lexer *l)
{
    for (size_t at = l->at; at + 2 <= l->input.n; at++) {
        const char *p = memchr(l->input.p + at, '{', l->input.n - at - 1);
        if (!p) {
            break;
        }
        at = (size_t)(p - l->input.p);
        if (p[1] == '{') {
            return at;
        }
    }
    return SIZE_MAX;
}

static struct token lex_text(struct lexer *l)
{
    for (;;) {
        size_t delim = find_left_delim(l);
        if (delim == SIZE_MAX) {
            move_to(l, l->input.n);
            return emit(l, l->at > l->start ? TOKEN_TEXT : TOKEN_EOF);
        }
        bool trims = is_trim_marker(l, delim + 2, false);
        size_t end = delim;
        while (trims && end > l->start && is_space((unsigned char)l->input.p[end - 1])) {
            end--;
        }
        if (end > l->start) {
            move_to(l, end);
            struct token text = emit(l, TOKEN_TEXT);
            move_to(l, delim);
            drop(l);
            return text;
        }
        move_to(l, delim);
        drop(l);
        size_t behind = delim + 2 + (trims ? 2 : 0);
        if (str_starts_with(str_slice(l->input, behind, l->input.n), STR("/*"))) {
            struct token error;
            move_to(l, behind);
            if (!skip_comment(l, &error)) {
                return error;
            }
            continue;
        }
        move_to(l, delim + 2);
        struct token left = emit(l, TOKEN_LEFT_DELIM);
        move_to(l, behind);
        drop(l);
        l->is_inside = true;
        l->parens = 0;
        return left;
    }
}

static struct token lex_right_delim(struct lexer *l, bool trims)
{
    if (trims) {
        move_to(l, l->at + 2);
        drop(l);
    }
    move_to(l, l->at + 2);
    struct token right = emit(l, TOKEN_RIGHT_DELIM);
    if (trims) {
        move_to(l, trimmed_left(l, l->at));
        drop(l);
    }
    l->is_inside = false;
    return right;
}

/* --- inside an action ----------------------------------------------------------------------- */

static struct token lex_space(struct lexer *l)
{
    size_t end = trimmed_left(l, l->at);
    /* The last space may belong to " -}}". */
    struct lexer ahead = *l;
    bool trims;
    ahead.at = end - 1;
    if (is_at_right_delim(&ahead, &trims) && trims) {
        end--;
        if (end == l->at) {
            return lex_right_delim(l, true);
        }
    }
    move_to(l, end);
    return emit(l, TOKEN_SPACE);
}

static uint32_t skip_word(struct lexer *l)
{
    size_t width;
    uint32_t rune;
    while (is_word(rune = peek(l, &width))) {
        l->at += width;
    }
    return rune;
}

/* What may stand behind a name. */
static bool is_at_terminator(const struct lexer *l)
{
    size_t width;
    uint32_t rune = peek(l, &width);
    return is_space(rune) || rune == NO_RUNE || (rune < 0x80 && strchr(".,|:)(", (int)rune)) ||
           is_next(l, STR("}}"));
}

static enum token_kind keyword(struct str word)
{
    for (int kind = TOKEN_BLOCK; kind <= TOKEN_WITH; kind++) {
        if (str_eq(word, str_from(token_kind_name((enum token_kind)kind)))) {
            return (enum token_kind)kind;
        }
    }
    bool is_bool = str_eq(word, STR("true")) || str_eq(word, STR("false"));
    return is_bool ? TOKEN_BOOL : TOKEN_IDENTIFIER;
}

static struct token lex_identifier(struct lexer *l)
{
    uint32_t after = skip_word(l);
    if (!is_at_terminator(l)) {
        return bad_rune(l, "bad character", after);
    }
    return emit(l, keyword(str_slice(l->input, l->start, l->at)));
}

/* The "." or "$" is read. */
static struct token lex_name(struct lexer *l, enum token_kind kind, enum token_kind alone)
{
    if (is_at_terminator(l)) {
        return emit(l, alone);
    }
    uint32_t after = skip_word(l);
    if (!is_at_terminator(l)) {
        return bad_rune(l, "bad character", after);
    }
    return emit(l, kind);
}

static bool accept(struct lexer *l, const char *set)
{
    if (l->at < l->input.n && l->input.p[l->at] != '\0' && strchr(set, l->input.p[l->at])) {
        l->at++;
        return true;
    }
    return false;
}

static void accept_all(struct lexer *l, const char *set)
{
    while (accept(l, set)) {
    }
}

/* Not a perfect reader: what is wrong here the number's own parser notices. */
static bool skip_number(struct lexer *l)
{
    const char *digits = "0123456789_";
    bool is_decimal = true, is_hex = false;
    accept(l, "+-");
    if (accept(l, "0")) {
        is_hex = accept(l, "xX");
        bool is_octal = !is_hex && accept(l, "oO");
        bool is_binary = !is_hex && !is_octal && accept(l, "bB");
        digits = is_hex      ? "0123456789abcdefABCDEF_"
                 : is_octal  ? "01234567_"
                 : is_binary ? "01_"
                             : digits;
        is_decimal = !is_hex && !is_octal && !is_binary;
    }
    accept_all(l, digits);
    if (accept(l, ".")) {
        accept_all(l, digits);
    }
    if ((is_decimal && accept(l, "eE")) || (is_hex && accept(l, "pP"))) {
        accept(l, "+-");
        accept_all(l, "0123456789_");
    }
    accept(l, "i");
    size_t width;
    if (is_word(peek(l, &width))) {
        l->at += width;
        return false;
    }
    return true;
}

static struct token bad_number(struct lexer *l)
{
    struct strbuf text;
    strbuf_init(&text, l->arena, l->input.n * 4 + 64);
    strbuf_add(&text, STR("bad number syntax: "));
    goquote_add(&text, str_slice(l->input, l->start, l->at), false);
    return stop(l, strbuf_str(&text));
}

static struct token lex_number(struct lexer *l)
{
    if (!skip_number(l)) {
        return bad_number(l);
    }
    if (!is_next(l, STR("+")) && !is_next(l, STR("-"))) {
        return emit(l, TOKEN_NUMBER);
    }
    if (!skip_number(l) || l->input.p[l->at - 1] != 'i') {
        return bad_number(l);
    }
    return emit(l, TOKEN_COMPLEX);
}

/* The opening quote is read. */
static struct token lex_quoted(struct lexer *l, char quote, enum token_kind kind, const char *error)
{
    for (; l->at < l->input.n && l->input.p[l->at] != '\n'; l->at++) {
        if (l->input.p[l->at] == quote) {
            l->at++;
            return emit(l, kind);
        }
        if (l->input.p[l->at] == '\\') {
            l->at++;
            if (l->at >= l->input.n || l->input.p[l->at] == '\n') {
                break;
            }
        }
    }
    return bad(l, error);
}

static struct token lex_raw(struct lexer *l)
{
    size_t end = str_find(l->input, '`', l->at);
    if (end == SIZE_MAX) {
        return bad(l, "unterminated raw quoted string");
    }
    move_to(l, end + 1);
    return emit(l, TOKEN_RAW_STRING);
}

static struct token lex_paren(struct lexer *l, char paren)
{
    l->parens += paren == '(' ? 1 : -1;
    if (l->parens < 0) {
        return bad(l, "unexpected right paren");
    }
    return emit(l, paren == '(' ? TOKEN_LEFT_PAREN : TOKEN_RIGHT_PAREN);
}

static struct token lex_sign(struct lexer *l, char c)
{
    l->at++;
    switch (c) {
    case '=':
        return emit(l, TOKEN_ASSIGN);
    case ':':
        return accept(l, "=") ? emit(l, TOKEN_DECLARE) : bad(l, "expected :=");
    case '|':
        return emit(l, TOKEN_PIPE);
    case '"':
        return lex_quoted(l, '"', TOKEN_STRING, "unterminated quoted string");
    case '\'':
        return lex_quoted(l, '\'', TOKEN_CHAR_CONSTANT, "unterminated character constant");
    case '`':
        return lex_raw(l);
    case '$':
        return lex_name(l, TOKEN_VARIABLE, TOKEN_VARIABLE);
    case '.':
        return lex_name(l, TOKEN_FIELD, TOKEN_DOT);
    case '(':
    case ')':
        return lex_paren(l, c);
    default:
        return emit(l, TOKEN_CHAR);
    }
}

static struct token lex_inside(struct lexer *l)
{
    bool trims;
    size_t width;
    if (is_at_right_delim(l, &trims)) {
        return l->parens == 0 ? lex_right_delim(l, trims) : bad(l, "unclosed left paren");
    }
    uint32_t rune = peek(l, &width);
    if (rune == NO_RUNE) {
        return bad(l, "unclosed action");
    }
    if (is_space(rune)) {
        return lex_space(l);
    }
    bool is_before_digit =
        l->at + 1 < l->input.n && l->input.p[l->at + 1] >= '0' && l->input.p[l->at + 1] <= '9';
    bool is_before_end = l->at + 1 == l->input.n;
    if (rune == '+' || rune == '-' || (rune >= '0' && rune <= '9') ||
        (rune == '.' && (is_before_digit || is_before_end))) {
        return lex_number(l);
    }
    if (is_word(rune)) {
        return lex_identifier(l);
    }
    if (rune < 0x80 && unicode_is_print(rune)) {
        return lex_sign(l, (char)rune);
    }
    return bad_rune(l, "unrecognized character in action:", rune);
}

struct token lex_next(struct lexer *l)
{
    return l->is_inside && l->input.n > 0 ? lex_inside(l) : lex_text(l);
}

/* --- for messages --------------------------------------------------------------------------- */

struct str token_shown(struct arena *arena, const struct token *token)
{
    enum { SHOWN_MAX = 10 };
    struct strbuf out;
    strbuf_init(&out, arena, token->text.n * 4 + 16);
    if (token->kind == TOKEN_EOF || token->kind == TOKEN_ERROR) {
        return token->kind == TOKEN_EOF ? STR("EOF") : token->text;
    }
    if (token->kind >= TOKEN_DOT) {
        return str_printf(arena, "<%.*s>", STR_ARG(token->text));
    }
    goquote_add(&out, token->text.n > SHOWN_MAX ? rune_prefix(token->text, SHOWN_MAX) : token->text,
                false);
    strbuf_add(&out, token->text.n > SHOWN_MAX ? STR("...") : STR_EMPTY);
    return strbuf_str(&out);
}
