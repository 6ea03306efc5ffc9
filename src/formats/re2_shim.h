#pragma once
/* re2_shim — the part of RE2 (C++) that formats/regex_search needs, for C.
 *
 * Nothing else includes it. Memory is RE2's own: re2_shim_free gives it back.
 * Layer: formats. A compiled expression is read-only: any thread, at the same time. */
#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct re2_shim;

struct re2_shim_span {
    const char *p; /* NULL: the group took no part */
    size_t n;
};

/* What is wrong, in the order of RE2::ErrorCode. */
enum {
    RE2_SHIM_OK = 0,
    RE2_SHIM_BAD_ESCAPE = 2,
    RE2_SHIM_BAD_UTF8 = 13,
    RE2_SHIM_TOO_LARGE = 15,
};

/* Never NULL. *ret_error and the offending part of the pattern (borrowed from the result) say
 * whether it may be used for more than re2_shim_free. */
struct re2_shim *re2_shim_new(const char *pattern, size_t n, size_t memory_max, int *ret_error,
                              struct re2_shim_span *ret_part);
void re2_shim_free(struct re2_shim *);
/* Instructions of the compiled expression. */
size_t re2_shim_size(const struct re2_shim *);
/* Groups, without the whole match. */
int re2_shim_groups(const struct re2_shim *);
/* The first group of that name, 0 if there is none. */
int re2_shim_group(const struct re2_shim *, const char *name, size_t n);
/* Leftmost-first match at or after `from`; spans[0] is the whole. */
bool re2_shim_find(const struct re2_shim *, const char *text, size_t n, size_t from,
                   struct re2_shim_span *spans, int n_spans);

#ifdef __cplusplus
}
#endif
