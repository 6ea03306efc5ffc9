#include "flows/strays.h"

#include <string.h>

void strays_init(struct strays *s)
{
    *s = (struct strays){0};
    arena_init(&s->arena);
    map_init(&s->by_fingerprint, &s->arena);
}

void strays_release(struct strays *s)
{
    arena_release(&s->arena);
}

void strays_forget(struct strays *s)
{
    s->is_loaded = false;
}

void strays_lead(struct strays *s, uint64_t term)
{
    s->is_loaded = s->is_loaded && s->term == term;
    s->term = term;
}

static struct str key_of(const uint64_t *fingerprint)
{
    return (struct str){(const char *)fingerprint, sizeof(*fingerprint)};
}

/* Rows of one alert stand together. */
static void fill(struct strays *s, const struct stray_row *rows, size_t n)
{
    for (size_t i = 0; i < n;) {
        uint64_t fingerprint = rows[i].fingerprint;
        struct stray *first = NULL;
        for (; i < n && rows[i].fingerprint == fingerprint; i++) {
            struct stray *stray = ARENA_NEW(&s->arena, struct stray);
            memcpy(stray->group_key, rows[i].group_key, GROUP_KEY_BYTES);
            stray->next = first;
            first = stray;
        }
        map_add(&s->by_fingerprint, str_dup(&s->arena, key_of(&fingerprint)), first);
    }
}

enum status strays_refresh(struct strays *s, struct store *store, const struct snapshot *snapshot,
                           struct err *err)
{
    struct arena arena;
    struct stray_row *rows;
    size_t n;
    CHECK(snapshot->hash.n <= HASH_HEX);
    if (s->is_loaded && str_eq(str_from(s->hash), snapshot->hash)) {
        return OK;
    }
    arena_init(&arena);
    enum status status = store_strays(store, &arena, snapshot->hash, &rows, &n, err);
    if (status == OK) {
        arena_clear(&s->arena);
        map_init(&s->by_fingerprint, &s->arena);
        fill(s, rows, n);
        memcpy(s->hash, snapshot->hash.p, snapshot->hash.n);
        s->hash[snapshot->hash.n] = '\0';
        s->is_loaded = true;
    }
    arena_release(&arena);
    return status;
}

const struct stray *strays_of(const struct strays *s, uint64_t fingerprint)
{
    return s->by_fingerprint.n > 0 ? map_get(&s->by_fingerprint, key_of(&fingerprint)) : NULL;
}
