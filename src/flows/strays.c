#include "flows/strays.h"

#include <string.h>

static struct str key_of(const uint64_t *fingerprint)
{
    return (struct str){(const char *)fingerprint, sizeof(*fingerprint)};
}

/* Rows of one alert stand together. */
static void fill(struct strays *s, struct arena *arena, const struct stray_row *rows, size_t n)
{
    for (size_t i = 0; i < n;) {
        uint64_t fingerprint = rows[i].fingerprint;
        struct stray *first = NULL;
        for (; i < n && rows[i].fingerprint == fingerprint; i++) {
            struct stray *stray = ARENA_NEW(arena, struct stray);
            memcpy(stray->group_key, rows[i].group_key, GROUP_KEY_BYTES);
            stray->next = first;
            first = stray;
        }
        map_add(&s->by_fingerprint, str_dup(arena, key_of(&fingerprint)), first);
    }
}

enum status strays_load(struct strays *s, struct arena *arena, struct store *store,
                        const uint64_t *fingerprints, size_t n, int64_t now_at, struct err *err)
{
    struct stray_row *rows;
    size_t n_rows;
    map_init(&s->by_fingerprint, arena);
    if (n == 0) {
        return OK;
    }
    if (store_strays(store, arena, fingerprints, n, now_at - INCIDENT_REOPEN_US, &rows, &n_rows,
                     err) != OK) {
        return err->code;
    }
    fill(s, arena, rows, n_rows);
    return OK;
}

const struct stray *strays_of(const struct strays *s, uint64_t fingerprint)
{
    return s->by_fingerprint.n > 0 ? map_get(&s->by_fingerprint, key_of(&fingerprint)) : NULL;
}
