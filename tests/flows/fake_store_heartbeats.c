/* The fake store: heartbeats. */
#include "fake_store.h"

ENUM_DEFINE(heartbeat_lock, HEARTBEAT_LOCKS)

static struct heartbeat_row *row_of(struct fake_database *db, struct str name)
{
    for (size_t i = 0; i < db->t.heartbeats.n; i++) {
        if (str_eq(db->t.heartbeats.v[i].state.name, name)) {
            return &db->t.heartbeats.v[i];
        }
    }
    return NULL;
}

static struct heartbeat_state new_state(const struct fake_database *db, struct str name)
{
    return (struct heartbeat_state){.name = name,
                                    .since_at = db->clock_at,
                                    .beat_at = AT_NONE,
                                    .not_before_at = AT_NONE,
                                    .missed_at = AT_NONE,
                                    .told_at = AT_NONE,
                                    .alert = STR_EMPTY};
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
        struct heartbeat_row row = {.state = new_state(db, fake_keep(db, names[i]))};
        if (!row_of(db, names[i])) {
            VEC_PUSH(&db->arena, &db->t.heartbeats, row);
        }
    }
    return OK;
}

/* One transaction at a time, so locks are no matter. */
enum status store_heartbeats(struct store *store, struct arena *arena, const struct str *names,
                             size_t n, enum heartbeat_lock lock, struct heartbeat_state **ret,
                             size_t *ret_n, struct err *err)
{
    enum status status;
    if (!fake_call(store, "heartbeats", &status, err)) {
        return status;
    }
    struct heartbeat_state *v = ARENA_ARRAY(arena, struct heartbeat_state, n);
    *ret_n = 0;
    for (size_t i = 0; i < n; i++) {
        const struct heartbeat_row *row = row_of(store->db, names[i]);
        if (row && (lock == HEARTBEATS_LOCKED || !row->has_left)) {
            v[(*ret_n)++] = row->state;
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
        struct heartbeat_row *row = row_of(store->db, v[i].name);
        CHECK(row);
        struct str name = row->state.name;
        row->state = v[i];
        row->state.name = name;
        row->state.alert = fake_keep(store->db, v[i].alert);
    }
    return OK;
}

static bool is_among(struct str name, const struct str *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(names[i], name)) {
            return true;
        }
    }
    return false;
}

enum status store_heartbeats_differ(struct store *store, struct arena *arena,
                                    const struct str *names, size_t n, struct str config_hash,
                                    bool *ret, struct err *err)
{
    enum status status;
    const struct fake_database *db = store->db;
    (void)arena, (void)config_hash;
    if (!fake_call(store, "heartbeats_differ", &status, err)) {
        return status;
    }
    *ret = false;
    for (size_t i = 0; i < db->t.heartbeats.n && !db->is_config_old; i++) {
        const struct heartbeat_row *row = &db->t.heartbeats.v[i];
        *ret |= row->has_left == is_among(row->state.name, names, n);
    }
    return OK;
}

enum status store_heartbeats_leave(struct store *store, struct arena *arena,
                                   const struct str *names, size_t n, struct heartbeat_state **ret,
                                   size_t *ret_n, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    if (!fake_call(store, "heartbeats_leave", &status, err)) {
        return status;
    }
    *ret = ARENA_ARRAY(arena, struct heartbeat_state, db->t.heartbeats.n);
    *ret_n = 0;
    for (size_t i = 0; i < db->t.heartbeats.n; i++) {
        struct heartbeat_row *row = &db->t.heartbeats.v[i];
        if (!row->has_left && !is_among(row->state.name, names, n)) {
            (*ret)[(*ret_n)++] = row->state;
            row->has_left = true;
            row->state.missed_at = AT_NONE;
            row->state.told_at = AT_NONE;
        }
    }
    return OK;
}

enum status store_heartbeats_return(struct store *store, struct arena *arena,
                                    const struct str *names, size_t n, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    (void)arena;
    if (!fake_call(store, "heartbeats_return", &status, err)) {
        return status;
    }
    for (size_t i = 0; i < db->t.heartbeats.n; i++) {
        struct heartbeat_row *row = &db->t.heartbeats.v[i];
        if (row->has_left && is_among(row->state.name, names, n)) {
            *row = (struct heartbeat_row){.state = new_state(db, row->state.name)};
        }
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
