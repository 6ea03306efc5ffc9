#include "formats/template/regex_cache.h"

const struct regex_search *regex_cache_find(const struct regex_cache *cache, struct str pattern)
{
    for (size_t i = 0; i < cache->literals.n; i++) {
        const struct regex_literal *literal = &cache->literals.v[i];
        if (literal->pattern.p == pattern.p && literal->pattern.n == pattern.n) {
            return literal->re;
        }
    }
    for (size_t i = 0; i < REGEX_CACHE_MAX; i++) {
        if (cache->slots[i].re && str_eq(cache->slots[i].pattern, pattern)) {
            return cache->slots[i].re;
        }
    }
    return NULL;
}

enum status regex_cache_add(struct regex_cache *cache, struct str pattern,
                            const struct regex_search **ret, struct err *err)
{
    struct regex_slot *slot = &cache->slots[cache->next];
    cache->next = (cache->next + 1) % REGEX_CACHE_MAX;
    arena_release(&slot->arena);
    slot->re = NULL;
    enum status status = regex_search_compile(&slot->arena, pattern, ret, err);
    if (status == OK) {
        slot->pattern = pattern;
        slot->re = *ret;
    }
    return status;
}

void regex_cache_release(struct regex_cache *cache)
{
    for (size_t i = 0; i < REGEX_CACHE_MAX; i++) {
        arena_release(&cache->slots[i].arena);
        cache->slots[i].re = NULL;
    }
}
