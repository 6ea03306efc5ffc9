#pragma once
/* str — borrowed text with its length; strbuf — text that grows inside an arena up to a maximum.
 *
 * `struct str` is not NUL-terminated and owns nothing. `struct strbuf` is always NUL-terminated;
 * past its maximum it stops taking bytes, without splitting a UTF-8 sequence, and remembers it
 * (`is_full`), so a renderer can write freely and check once at the end.
 * Layer: base. Any thread.
 *
 *     struct strbuf b;
 *     strbuf_init(&b, arena, 4096);
 *     strbuf_printf(&b, "%d alerts on ", n);
 *     strbuf_add(&b, service);
 *     struct str text = strbuf_str(&b);
 */
#include "base/arena.h"
#include "base/check.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str {
    const char *p;
    size_t n;
};

#define STR(lit) ((struct str){"" lit, sizeof(lit) - 1})
#define STR_EMPTY ((struct str){"", 0})
/* printf("%.*s", STR_ARG(s)) */
#define STR_ARG(s) (int)((s).n), (s).p

/* Borrows a C string; NULL gives the empty string. */
struct str str_from(const char *c);
bool str_eq(struct str a, struct str b);
bool str_eq_nocase(struct str a, struct str b); /* ASCII letters only */
/* Byte order; shorter first on a tie. The order of every sorted list in the domain. */
int str_cmp(struct str a, struct str b);
bool str_starts_with(struct str s, struct str prefix);
bool str_ends_with(struct str s, struct str suffix);
/* Index of the first c at or after `from`, or SIZE_MAX. */
size_t str_find(struct str s, char c, size_t from);
bool str_contains(struct str s, struct str part);
/* Without leading and trailing ASCII white space. */
struct str str_trim(struct str s);
/* s[from, to), clamped to s. */
struct str str_slice(struct str s, size_t from, size_t to);
/* What follows the last '/' of a path. */
struct str str_base_name(struct str path);
/* Splits at the first c: returns what is before it and moves *rest behind it. When there is no c,
 * returns all and leaves *rest empty with p == NULL, so `while (rest.p)` visits every part. */
struct str str_cut(struct str *rest, char c);
struct str str_dup(struct arena *, struct str s);
/* NUL-terminated copy for C interfaces. Bytes after an embedded NUL are invisible to those. */
char *str_c(struct arena *, struct str s);
struct str str_printf(struct arena *, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* 64-bit FNV-1a: table keys and fingerprints, not for hostile-input authentication. */
uint64_t str_hash(struct str s);
/* Decimal digits only, no sign, no space, at most 18 digits. False leaves *ret alone. */
bool str_to_u64(struct str s, uint64_t *ret);
bool str_is_utf8(struct str s);
/* Bytes of the well-formed UTF-8 sequence at s.p[at] (at < s.n; RFC 3629), 0 if there is none. */
size_t str_utf8_len(struct str s, size_t at);
/* The longest prefix of at most max bytes that does not split a UTF-8 sequence. */
struct str str_clip_utf8(struct str s, size_t max);

struct strbuf {
    struct arena *arena;
    char *p;
    size_t n;
    size_t cap;
    size_t max;   /* bytes, without the NUL */
    bool is_full; /* something was left out */
};

void strbuf_init(struct strbuf *, struct arena *, size_t max);
void strbuf_add(struct strbuf *, struct str s);
void strbuf_add_char(struct strbuf *, char c);
void strbuf_printf(struct strbuf *, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Lends the text until the buffer changes or the arena ends. */
struct str strbuf_str(const struct strbuf *);
void strbuf_clear(struct strbuf *);
