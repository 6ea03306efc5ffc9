/* The fake store: heartbeats. */
#include "fake_store.h"

ENUM_DEFINE(heartbeat_lock, HEARTBEAT_LOCKS)

static struct heartbeat_state *state_of(struct fake_database *db, struct str name)
{
    for (size_t i = 0; i < db->t.heartbeats.n; i++) {
        if (str_eq(db->t.heartbeats.v[i].name, name)) {
            return &db->t.heartbeats.v[i];
        }
    }
    return NULL;
}

enum status store_heartbeats_add(struct store *store, struct arena *arena, const struct str *names,
                                 size_t n, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    (void)arena;
    if (!fake_call(store, "heartbeats_add", &status, err)) {
        return status;
    }
    for (size_t i = 0; i < n; i++) {
        struct heartbeat_state row = {.name = fake_keep(db, names[i]),
                                      .since_at = db->clock_at,
                                      .beat_at = AT_NONE,
                                      .not_before_at = AT_NONE,
                                      .missed_at = AT_NONE,
                                      .told_at = AT_NONE,
                                      .alert = STR_EMPTY};
        if (!state_of(db, names[i])) {
            VEC_PUSH(&db->arena, &db->t.heartbeats, row);
        }
    }
    return OK;
}

enum status store_heartbeats(struct store *store, struct arena *arena, const struct str *names,
                             size_t n, enum heartbeat_lock lock, struct heartbeat_state **ret,
                             size_t *ret_n, struct err *err)
{
    enum status status;
    (void)lock; /* one transaction at a time */
    if (!fake_call(store, "heartbeats", &status, err)) {
        return status;
    }
    struct heartbeat_state *v = ARENA_ARRAY(arena, struct heartbeat_state, n);
    *ret_n = 0;
    for (size_t i = 0; i < n; i++) {
        const struct heartbeat_state *row = state_of(store->db, names[i]);
        if (row) {
            v[(*ret_n)++] = *row;
        }
    }
    *ret = v;
    return OK;
}

enum status store_heartbeats_write(struct store *store, struct arena *arena,
                                   const struct heartbeat_state *v, size_t n, struct err *err)
{
    enum status status;
    (void)arena;
    if (!fake_call(store, "heartbeats_write", &status, err)) {
        return status;
    }
    for (size_t i = 0; i < n; i++) {
        struct heartbeat_state *row = state_of(store->db, v[i].name);
        CHECK(row);
        struct str name = row->name;
        *row = v[i];
        row->name = name;
        row->alert = fake_keep(store->db, v[i].alert);
    }
    return OK;
}

enum status store_replica_seen(struct store *store, int64_t *ret_at, struct err *err)
{
    enum status status;
    if (!fake_call(store, "replica_seen", &status, err)) {
        return status;
    }
    *ret_at = AT_NONE;
    for (size_t i = 0; i < store->db->t.replicas.n; i++) {
        int64_t at = store->db->t.replicas.v[i].seen_at;
        *ret_at = at > *ret_at ? at : *ret_at;
    }
    return OK;
}
