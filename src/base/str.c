#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct str str_from(const char *c)
{
    return c ? (struct str){c, strlen(c)} : STR_EMPTY;
}

bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* Not strncasecmp: that one stops at a NUL and asks the locale. */
bool str_eq_nocase(struct str a, struct str b)
{
    if (a.n != b.n) {
        return false;
    }
    for (size_t i = 0; i < a.n; i++) {
        if (lower(a.p[i]) != lower(b.p[i])) {
            return false;
        }
    }
    return true;
}

int str_cmp(struct str a, struct str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.p, b.p, n) : 0;
    if (order != 0) {
        return order;
    }
    return (a.n > b.n) - (a.n < b.n);
}

bool str_starts_with(struct str s, struct str prefix)
{
    return s.n >= prefix.n && str_eq(str_slice(s, 0, prefix.n), prefix);
}

bool str_ends_with(struct str s, struct str suffix)
{
    return s.n >= suffix.n && str_eq(str_slice(s, s.n - suffix.n, s.n), suffix);
}

size_t str_find(struct str s, char c, size_t from)
{
    if (from >= s.n) {
        return SIZE_MAX;
    }
    const char *hit = memchr(s.p + from, c, s.n - from);
    return hit ? (size_t)(hit - s.p) : SIZE_MAX;
}

bool str_contains(struct str s, struct str part)
{
    return part.n == 0 || (s.n >= part.n && memmem(s.p, s.n, part.p, part.n) != NULL);
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str s)
{
    while (s.n && is_space(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n && is_space(s.p[s.n - 1])) {
        s.n--;
    }
    return s;
}

struct str str_slice(struct str s, size_t from, size_t to)
{
    if (to > s.n) {
        to = s.n;
    }
    if (from > to) {
        from = to;
    }
    /* p may be NULL, and NULL + 0 is undefined in C. */
    return (struct str){from ? s.p + from : s.p, to - from};
}

struct str str_base_name(struct str path)
{
    size_t at = path.n;
    while (at > 0 && path.p[at - 1] != '/') {
        at--;
    }
    return str_slice(path, at, path.n);
}

struct str str_cut(struct str *rest, char c)
{
    size_t at = str_find(*rest, c, 0);
    struct str part = *rest;
    if (at == SIZE_MAX) {
        *rest = (struct str){NULL, 0};
        return part;
    }
    part.n = at;
    *rest = (struct str){rest->p + at + 1, rest->n - at - 1};
    return part;
}

struct str str_dup(struct arena *a, struct str s)
{
    return (struct str){arena_dup(a, s.p, s.n), s.n};
}

char *str_c(struct arena *a, struct str s)
{
    return arena_dup(a, s.p, s.n);
}

struct str str_printf(struct arena *a, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    CHECK(n >= 0);
    char *p = arena_alloc(a, (size_t)n + 1);
    va_start(args, fmt);
    vsnprintf(p, (size_t)n + 1, fmt, args);
    va_end(args);
    return (struct str){p, (size_t)n};
}

uint64_t str_hash(struct str s)
{
    uint64_t h = 14695981039346656037ULL;
    for (size_t i = 0; i < s.n; i++) {
        h = (h ^ (unsigned char)s.p[i]) * 1099511628211ULL;
    }
    return h;
}

bool str_to_u64(struct str s, uint64_t *ret)
{
    if (s.n == 0 || s.n > 18) {
        return false;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') {
            return false;
        }
        value = value * 10 + (uint64_t)(s.p[i] - '0');
    }
    *ret = value;
    return true;
}

size_t str_utf8_len(struct str s, size_t at)
{
    const unsigned char *p = (const unsigned char *)s.p + at;
    size_t n = s.n - at;
    if (p[0] < 0x80) {
        return 1;
    }
    size_t len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || n < len) {
        return 0;
    }
    unsigned char low = p[0] == 0xe0 ? 0xa0 : p[0] == 0xf0 ? 0x90 : 0x80;
    unsigned char high = p[0] == 0xed ? 0x9f : p[0] == 0xf4 ? 0x8f : 0xbf;
    if (p[1] < low || p[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return len;
}

bool str_is_utf8(struct str s)
{
    for (size_t i = 0; i < s.n;) {
        size_t len = (s.p[i] & 0x80) == 0 ? 1 : str_utf8_len(s, i);
        if (len == 0) {
            return false;
        }
        i += len;
    }
    return true;
}

struct str str_clip_utf8(struct str s, size_t max)
{
    if (s.n <= max) {
        return s;
    }
    size_t cut = max;
    while (cut > 0 && max - cut < 3 && ((unsigned char)s.p[cut] & 0xc0) == 0x80) {
        cut--;
    }
    /* More than three continuation bytes in a row are no UTF-8: any place is as good. */
    bool is_inside = ((unsigned char)s.p[cut] & 0xc0) == 0x80;
    return (struct str){s.p, is_inside ? max : cut};
}

void strbuf_init(struct strbuf *b, struct arena *a, size_t max)
{
    *b = (struct strbuf){.arena = a, .max = max};
    b->p = arena_alloc(a, 1);
}

/* Room for n more bytes, or as many as the maximum allows. */
static size_t reserve(struct strbuf *b, size_t n)
{
    if (n > b->max - b->n) {
        n = b->max - b->n;
        b->is_full = true;
    }
    if (b->n + n > b->cap) {
        size_t cap = b->cap ? b->cap * 2 : 256;
        if (cap < b->n + n) {
            cap = b->n + n;
        }
        if (cap > b->max) {
            cap = b->max;
        }
        char *p = arena_alloc(b->arena, cap + 1);
        memcpy(p, b->p, b->n);
        b->p = p;
        b->cap = cap;
    }
    return n;
}

void strbuf_add(struct strbuf *b, struct str s)
{
    if (b->is_full) {
        return; /* what follows a gap would read as if nothing were missing */
    }
    size_t n = s.n <= b->cap - b->n ? s.n : str_clip_utf8(s, reserve(b, s.n)).n;
    if (n > 0) {
        memcpy(b->p + b->n, s.p, n);
        b->n += n;
        b->p[b->n] = '\0';
    }
}

void strbuf_add_char(struct strbuf *b, char c)
{
    if (b->n < b->cap && !b->is_full) {
        b->p[b->n++] = c;
        b->p[b->n] = '\0';
    } else {
        strbuf_add(b, (struct str){&c, 1});
    }
}

void strbuf_printf(struct strbuf *b, const char *fmt, ...)
{
    char small[512];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(small, sizeof(small), fmt, args);
    va_end(args);
    CHECK(n >= 0);
    if ((size_t)n < sizeof(small)) {
        strbuf_add(b, (struct str){small, (size_t)n});
        return;
    }
    char *big = arena_alloc(b->arena, (size_t)n + 1);
    va_start(args, fmt);
    vsnprintf(big, (size_t)n + 1, fmt, args);
    va_end(args);
    strbuf_add(b, (struct str){big, (size_t)n});
}

struct str strbuf_str(const struct strbuf *b)
{
    return (struct str){b->p, b->n};
}

void strbuf_clear(struct strbuf *b)
{
    b->n = 0;
    b->is_full = false;
    b->p[0] = '\0';
}
