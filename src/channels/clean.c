#include "channels/clean.h"

enum { REPLACEMENT = 0xfffd, LINE_SEPARATOR = 0x2028, PARAGRAPH_SEPARATOR = 0x2029 };

/* Invisible or direction-changing: they make text look like something else. Ranges, ascending. */
static const struct {
    uint32_t from, to;
} unwanted[] = {
    {0x00ad, 0x00ad}, {0x034f, 0x034f}, {0x061c, 0x061c},   {0x115f, 0x1160},
    {0x17b4, 0x17b5}, {0x180b, 0x180e}, {0x200b, 0x200f},   {0x202a, 0x202e},
    {0x2060, 0x206f}, {0x3164, 0x3164}, {0xfdd0, 0xfdef},   {0xfeff, 0xfeff},
    {0xffa0, 0xffa0}, {0xfff0, 0xfffb}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
};

static bool is_unwanted(uint32_t c)
{
    if ((c & 0xfffe) == 0xfffe) { /* no characters, nor are those from 0xfdd0 on */
        return true;
    }
    for (size_t i = 0; i < sizeof(unwanted) / sizeof(unwanted[0]); i++) {
        if (c >= unwanted[i].from && c <= unwanted[i].to) {
            return true;
        }
    }
    return false;
}

static size_t units_of(uint32_t c)
{
    return c > 0xffff ? 2 : 1;
}

uint32_t clean_decode(struct str s, size_t *ret_len)
{
    const unsigned char *p = (const unsigned char *)s.p;
    size_t len = p[0] < 0x80 ? 1 : p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    *ret_len = 1;
    if (len == 1) {
        return p[0];
    }
    if (s.n < len || !str_is_utf8((struct str){s.p, len})) {
        return REPLACEMENT;
    }
    uint32_t c = p[0] & (0xffU >> (len + 1));
    for (size_t i = 1; i < len; i++) {
        c = c << 6 | (p[i] & 0x3fU);
    }
    *ret_len = len;
    return c;
}

void clean_encode(struct strbuf *b, uint32_t c)
{
    if (c < 0x80) {
        strbuf_add_char(b, (char)c);
    } else if (c < 0x800) {
        strbuf_add(b, (struct str){(char[]){(char)(0xc0 | c >> 6), (char)(0x80 | (c & 0x3f))}, 2});
    } else if (c < 0x10000) {
        strbuf_add(b, (struct str){(char[]){(char)(0xe0 | c >> 12), (char)(0x80 | (c >> 6 & 0x3f)),
                                            (char)(0x80 | (c & 0x3f))},
                                   3});
    } else {
        strbuf_add(b,
                   (struct str){(char[]){(char)(0xf0 | c >> 18), (char)(0x80 | (c >> 12 & 0x3f)),
                                         (char)(0x80 | (c >> 6 & 0x3f)), (char)(0x80 | (c & 0x3f))},
                                4});
    }
}

/* What is shown instead of c: c itself, ' ', '\n', or 0 for nothing. */
static uint32_t shown_as(uint32_t c, bool keeps_lines)
{
    if (c == '\n' || c == LINE_SEPARATOR || c == PARAGRAPH_SEPARATOR || c == 0x85) {
        return keeps_lines ? '\n' : ' ';
    }
    if (c < 0x20 || (c >= 0x7f && c < 0xa0)) {
        return c == '\r' && keeps_lines ? 0 : ' ';
    }
    return is_unwanted(c) ? 0 : c;
}

/* Printable ASCII, line feeds apart. */
static bool is_plain(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if ((s.p[i] < ' ' && s.p[i] != '\n') || s.p[i] > '~') {
            return false;
        }
    }
    return true;
}

/* Two spaces in a row say nothing more than one, nor do two empty lines. */
static bool is_redundant(const struct strbuf *b, uint32_t c)
{
    if (c == ' ') {
        return b->n == 0 || b->p[b->n - 1] == ' ';
    }
    if (c == '\n') {
        return b->n == 0 || (b->n >= 2 && b->p[b->n - 1] == '\n' && b->p[b->n - 2] == '\n');
    }
    return false;
}

enum clean_as { CLEAN_LINE, CLEAN_BLOCK, CLEAN_TEXT };

/* Length of what a terminal would take for a colour or a movement ("\\e[1;31m"), 0 if s does not
 * begin with that: scripts print it, and nobody can read it. */
static size_t terminal_len(struct str s)
{
    size_t n = 2;
    if (!str_starts_with(s, STR("\x1b["))) {
        return 0;
    }
    while (n < s.n && s.p[n] >= ' ' && s.p[n] <= '?') {
        n++;
    }
    return n < s.n && s.p[n] >= '@' && s.p[n] <= '~' ? n + 1 : 0;
}

/* A carriage return by itself, with which progress bars draw over their line. */
static bool is_lone_return(struct str s)
{
    return s.p[0] == '\r' && !str_starts_with(s, STR("\r\n"));
}

/* Bytes from the start of s, at most max, that are shown as they are behind `last`: most of most
 * texts. */
static size_t clean_run(struct str s, char last, size_t max, enum clean_as as)
{
    size_t n = 0;
    max = s.n < max ? s.n : max;
    while (n < max && s.p[n] >= ' ' && s.p[n] <= '~' &&
           (s.p[n] != ' ' || last != ' ' || as == CLEAN_TEXT)) {
        last = s.p[n++];
    }
    return n;
}

static struct str clean(struct arena *a, struct str s, size_t max, enum clean_as as)
{
    size_t run = clean_run(s, ' ', max, as);
    if (run == s.n) {
        return as == CLEAN_TEXT ? str_dup(a, s) : str_dup(a, str_trim(s));
    }
    struct strbuf b;
    strbuf_init(&b, a, max * 4 + 8);
    strbuf_add(&b, str_slice(s, 0, run));
    s = str_slice(s, run, s.n);
    size_t units = run;
    size_t fits = run < max ? run : run - (run > 0); /* bytes that leave room for the ellipsis */
    while (s.n > 0) {
        size_t len = terminal_len(s);
        uint32_t c = len > 0             ? 0
                     : is_lone_return(s) ? shown_as('\n', as != CLEAN_LINE)
                                         : shown_as(clean_decode(s, &len), as != CLEAN_LINE);
        len = len > 0 ? len : 1;
        s = str_slice(s, len, s.n);
        if (c == 0 || (as != CLEAN_TEXT && is_redundant(&b, c))) {
            continue;
        }
        units += units_of(c);
        if (units > max) {
            struct str head = str_trim((struct str){b.p, fits});
            return max == 0 ? STR_EMPTY : str_printf(a, "%.*s…", STR_ARG(head));
        }
        clean_encode(&b, c);
        fits = units < max ? b.n : fits;
        run = clean_run(s, b.p[b.n - 1], units + 1 < max ? max - units - 1 : 0, as);
        strbuf_add(&b, str_slice(s, 0, run));
        s = str_slice(s, run, s.n);
        units += run;
        fits += run;
    }
    return as == CLEAN_TEXT ? strbuf_str(&b) : str_trim(strbuf_str(&b));
}

struct str clean_line(struct arena *a, struct str s, size_t max)
{
    return clean(a, s, max, CLEAN_LINE);
}

struct str clean_block(struct arena *a, struct str s, size_t max)
{
    return clean(a, s, max, CLEAN_BLOCK);
}

struct str clean_text(struct arena *a, struct str s, size_t max)
{
    return s.n <= max && is_plain(s) ? s : clean(a, s, max, CLEAN_TEXT);
}

size_t clean_len(struct str s)
{
    size_t units = 0;
    for (size_t i = 0, len = 1; i < s.n; i += len) {
        len = 1;
        units += (s.p[i] & 0x80) == 0 ? 1 : units_of(clean_decode(str_slice(s, i, s.n), &len));
    }
    return units;
}

static struct str entity_of(char c, bool in_attribute)
{
    switch (c) {
    case '&':
        return STR("&amp;");
    case '<':
        return STR("&lt;");
    case '>':
        return STR("&gt;");
    case '"':
        return in_attribute ? STR("&quot;") : STR_EMPTY;
    }
    return STR_EMPTY;
}

void clean_escape(struct strbuf *b, struct str s, bool in_attribute)
{
    size_t written = 0;
    for (size_t i = 0; i < s.n; i++) {
        struct str entity = entity_of(s.p[i], in_attribute);
        if (entity.n > 0) {
            strbuf_add(b, str_slice(s, written, i));
            strbuf_add(b, entity);
            written = i + 1;
        }
    }
    strbuf_add(b, str_slice(s, written, s.n));
}

struct str clean_escape_clip(struct arena *a, struct str s, size_t max)
{
    struct strbuf b;
    strbuf_init(&b, a, s.n * 5 + 8);
    clean_escape(&b, s, false);
    if (clean_len(strbuf_str(&b)) <= max) {
        return strbuf_str(&b);
    }
    strbuf_clear(&b);
    size_t units = 0;
    while (s.n > 0) {
        size_t len;
        uint32_t c = clean_decode(s, &len);
        struct str entity = c < 0x80 ? entity_of((char)c, false) : STR_EMPTY;
        size_t width = entity.n > 0 ? entity.n : units_of(c);
        if (units + width + 1 > max) {
            break;
        }
        strbuf_add(&b, entity.n > 0 ? entity : str_slice(s, 0, len));
        units += width;
        s = str_slice(s, len, s.n);
    }
    if (max > 0) {
        strbuf_add(&b, STR("…"));
    }
    return strbuf_str(&b);
}

static bool is_url_char(char c)
{
    switch (c) {
    case '<':
    case '>':
    case '|':
    case '"':
    case '\'':
    case '`':
    case '\\':
    case '{':
    case '}':
    case '^':
        return false;
    }
    return c > 0x20 && c < 0x7f;
}

bool clean_is_url(struct str s)
{
    if (!str_starts_with(s, STR("https://")) && !str_starts_with(s, STR("http://"))) {
        return false;
    }
    for (size_t i = 0; i < s.n; i++) {
        if (!is_url_char(s.p[i])) {
            return false;
        }
    }
    return s.n > sizeof("https://") && s.n <= CLEAN_URL_MAX;
}
