#pragma once
/* regex_cache — expressions of a rendering: those that the template spells out are compiled with
 * it, those that are put together while it runs are kept for a while.
 * Layer: formats. One rendering, one thread. */
#include "formats/regex_search.h"

enum { REGEX_CACHE_MAX = 8, REGEX_COMPILE_COST = 1000 };

struct regex_literal {
    struct str pattern;            /* the very text of the template's literal */
    const struct regex_search *re; /* NULL: it is no expression */
};

struct regex_literals {
    const struct regex_literal *v;
    size_t n;
};

struct regex_slot {
    struct arena arena;            /* of the expression */
    struct str pattern;            /* borrowed from the rendering */
    const struct regex_search *re; /* NULL: free */
};

struct regex_cache {
    struct regex_literals literals;
    struct regex_slot slots[REGEX_CACHE_MAX];
    size_t next; /* to be replaced */
};

/* NULL: it is not there. */
const struct regex_search *regex_cache_find(const struct regex_cache *, struct str pattern);
/* As regex_search_compile; lives until REGEX_CACHE_MAX others were added, or the release. The
 * pattern must live as long as the cache. */
MUST_CHECK enum status regex_cache_add(struct regex_cache *, struct str pattern,
                                       const struct regex_search **ret, struct err *);
void regex_cache_release(struct regex_cache *);
