/* The fake store: turns. */
#include "fake_store.h"

static struct turns_row *row_of(struct fake_database *db, const struct turns_take *take)
{
    for (size_t i = 0; i < db->t.turns.n; i++) {
        if (db->t.turns.v[i].step == take->step &&
            str_eq(db->t.turns.v[i].receiver, take->receiver)) {
            return &db->t.turns.v[i];
        }
    }
    struct turns_row row = {fake_keep(db, take->receiver), take->step, 0};
    VEC_PUSH(&db->arena, &db->t.turns, row);
    return &db->t.turns.v[db->t.turns.n - 1];
}

enum status store_turns_take(struct store *store, struct arena *arena, struct turns_take *takes,
                             size_t n, struct err *err)
{
    enum status status;
    (void)arena;
    CHECK(store->db->owner == store);
    if (!fake_call(store, "turns_take", &status, err)) {
        return status;
    }
    for (size_t i = 0; i < n; i++) {
        struct turns_row *row = row_of(store->db, &takes[i]);
        takes[i].first = row->taken;
        row->taken += takes[i].n;
    }
    return OK;
}

static bool is_among(struct uuid id, const struct uuid *ids, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (uuid_eq(ids[i], id)) {
            return true;
        }
    }
    return false;
}

/* Newer deliveries stand behind older ones. */
enum status store_asked(struct store *store, struct arena *arena, const struct uuid *incidents,
                        size_t n, struct asked_row **ret, size_t *ret_n, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    VEC(struct asked_row) found = {0};
    if (!fake_call(store, "asked", &status, err)) {
        return status;
    }
    for (size_t i = 0; i < db->t.deliveries.n; i++) {
        const struct delivery *d = &db->t.deliveries.v[i].d;
        const struct incident *in = fake_incident(db, d->incident);
        if (d->kind != NOTICE_PAGE || d->step < 0 || in->cycle != d->cycle ||
            !str_starts_with(d->dedupe_key, STR("page/")) || !is_among(d->incident, incidents, n)) {
            continue;
        }
        size_t at = 0;
        while (at < found.n &&
               !(uuid_eq(found.v[at].incident, d->incident) && found.v[at].asked.step == d->step)) {
            at++;
        }
        struct asked_row row = {d->incident, {d->step, d->contact}};
        if (at == found.n) {
            VEC_PUSH(arena, &found, row);
        } else {
            found.v[at] = row;
        }
    }
    *ret = found.v;
    *ret_n = found.n;
    return OK;
}
