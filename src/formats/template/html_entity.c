#include "formats/template/html_entity.h"

#include "formats/rune.h"

static const struct {
    const char *name;
    bool may_lack_semicolon;
    unsigned char c;
} names[] = {
    {"amp", true, '&'},     {"AMP", true, '&'},     {"lt", true, '<'},
    {"LT", true, '<'},      {"gt", true, '>'},      {"GT", true, '>'},
    {"quot", true, '"'},    {"QUOT", true, '"'},    {"apos", false, '\''},
    {"num", false, '#'},    {"quest", false, '?'},  {"colon", false, ':'},
    {"sol", false, '/'},    {"bsol", false, '\\'},  {"lpar", false, '('},
    {"rpar", false, ')'},   {"Tab", false, '\t'},   {"NewLine", false, '\n'},
    {"ast", false, '*'},    {"midast", false, '*'}, {"percnt", false, '%'},
    {"semi", false, ';'},   {"comma", false, ','},  {"equals", false, '='},
    {"commat", false, '@'}, {"grave", false, '`'},  {"period", false, '.'},
    {"excl", false, '!'},
};

/* "#39;" or "#x27;" behind an ampersand: bytes read, 0 if it is none. */
static size_t take_number(struct str s, uint32_t *ret)
{
    size_t at = 1;
    bool is_hex = s.n > 2 && (s.p[1] | 0x20) == 'x';
    at += is_hex ? 1 : 0;
    size_t first = at;
    uint32_t number = 0;
    for (; at < s.n; at++) {
        char c = s.p[at], low = (char)(c | 0x20);
        bool is_digit = c >= '0' && c <= '9', is_letter = is_hex && low >= 'a' && low <= 'f';
        if (!is_digit && !is_letter) {
            break;
        }
        uint32_t digit = (uint32_t)(is_digit ? c - '0' : low - 'a' + 10);
        number = number > RUNE_MAX ? number : number * (is_hex ? 16 : 10) + digit;
    }
    if (at == first) {
        return 0;
    }
    *ret = number == 0 || number > RUNE_MAX ? RUNE_ERROR : number;
    return at + (at < s.n && s.p[at] == ';' ? 1 : 0);
}

static size_t take_name(struct str s, uint32_t *ret)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        struct str name = str_from(names[i].name);
        if (!str_starts_with(s, name)) {
            continue;
        }
        bool has_semicolon = s.n > name.n && s.p[name.n] == ';';
        if (has_semicolon || names[i].may_lack_semicolon) {
            *ret = names[i].c;
            return name.n + (has_semicolon ? 1 : 0);
        }
    }
    return 0;
}

struct str html_entity_decode(struct arena *arena, struct str text)
{
    size_t at = str_find(text, '&', 0), from = 0;
    if (at == SIZE_MAX) {
        return text;
    }
    struct strbuf out;
    strbuf_init(&out, arena, text.n * 3);
    while (at != SIZE_MAX) {
        struct str behind = str_slice(text, at + 1, text.n);
        uint32_t rune;
        size_t n = behind.n > 0 && behind.p[0] == '#' ? take_number(behind, &rune)
                                                      : take_name(behind, &rune);
        if (n > 0) {
            strbuf_add(&out, str_slice(text, from, at));
            rune_add(&out, rune);
            from = at + 1 + n;
        }
        at = str_find(text, '&', at + 1 + n);
    }
    strbuf_add(&out, str_slice(text, from, text.n));
    return strbuf_str(&out);
}
