/* The store's heartbeats. */
#include "adapters/pg_store_rows.h"
#include "ports/store_heartbeats.h"

ENUM_DEFINE(heartbeat_lock, HEARTBEAT_LOCKS)

enum status store_heartbeats_add(struct store *store, struct arena *arena, const struct str *names,
                                 size_t n, struct err *err)
{
    struct pg_param params[] = {pg_text_array(arena, names, n)};
    return pg_exec(store->pg, arena, "heartbeats_add", params, 1, NULL, err);
}

static struct heartbeat_state *read_states(struct arena *arena, const struct pg_rows *rows)
{
    struct heartbeat_state *v = ARENA_ARRAY(arena, struct heartbeat_state, rows->n);
    int name = pg_column(rows, "name"), since = pg_column(rows, "since_at");
    int beat = pg_column(rows, "beat_at"), not_before = pg_column(rows, "not_before_at");
    int missed = pg_column(rows, "missed_at"), told = pg_column(rows, "told_at");
    int alert = pg_column(rows, "alert");
    for (size_t i = 0; i < rows->n; i++) {
        v[i] = (struct heartbeat_state){.name = pg_str(rows, i, name),
                                        .since_at = pg_at(rows, i, since),
                                        .beat_at = pg_at(rows, i, beat),
                                        .not_before_at = pg_at(rows, i, not_before),
                                        .missed_at = pg_at(rows, i, missed),
                                        .told_at = pg_at(rows, i, told),
                                        .alert = pg_str(rows, i, alert)};
    }
    return v;
}

enum status store_heartbeats(struct store *store, struct arena *arena, const struct str *names,
                             size_t n, enum heartbeat_lock lock, struct heartbeat_state **ret,
                             size_t *ret_n, struct err *err)
{
    static const char *const statements[heartbeat_lock_COUNT] = {
        [HEARTBEATS_UNLOCKED] = "heartbeats_load",
        [HEARTBEATS_LOCKED] = "heartbeats_lock",
        [HEARTBEATS_CLAIMED] = "heartbeats_claim",
    };
    struct pg_rows rows;
    struct pg_param params[] = {pg_text_array(arena, names, n)};
    if (pg_exec(store->pg, arena, statements[lock], params, 1, &rows, err) != OK) {
        return err->code;
    }
    *ret = read_states(arena, &rows);
    *ret_n = rows.n;
    return OK;
}

enum status store_heartbeats_differ(struct store *store, struct arena *arena,
                                    const struct str *names, size_t n, struct str config_hash,
                                    bool *ret, struct err *err)
{
    struct pg_rows rows;
    struct pg_param params[] = {pg_text_array(arena, names, n), pg_text(config_hash)};
    if (pg_exec(store->pg, arena, "heartbeats_differ", params, 2, &rows, err) != OK) {
        return err->code;
    }
    *ret = pg_bool(&rows, 0, pg_column(&rows, "differ"));
    return OK;
}

enum status store_heartbeats_leave(struct store *store, struct arena *arena,
                                   const struct str *names, size_t n, struct heartbeat_state **ret,
                                   size_t *ret_n, struct err *err)
{
    struct pg_rows rows;
    struct pg_param params[] = {pg_text_array(arena, names, n)};
    if (pg_exec(store->pg, arena, "heartbeats_leave", params, 1, &rows, err) != OK) {
        return err->code;
    }
    *ret = read_states(arena, &rows);
    *ret_n = rows.n;
    return OK;
}

enum status store_heartbeats_return(struct store *store, struct arena *arena,
                                    const struct str *names, size_t n, struct err *err)
{
    struct pg_param params[] = {pg_text_array(arena, names, n)};
    return pg_exec(store->pg, arena, "heartbeats_return", params, 1, NULL, err);
}

enum status store_heartbeats_write(struct store *store, struct arena *arena,
                                   const struct heartbeat_state *v, size_t n, struct err *err)
{
    struct str *name = ARENA_ARRAY(arena, struct str, 2 * n), *alert = name + n;
    int64_t *at = ARENA_ARRAY(arena, int64_t, 4 * n);
    for (size_t i = 0; i < n; i++) {
        name[i] = v[i].name;
        alert[i] = v[i].alert.p ? v[i].alert : STR_EMPTY;
        at[i] = v[i].beat_at;
        at[n + i] = v[i].not_before_at;
        at[2 * n + i] = v[i].missed_at;
        at[3 * n + i] = v[i].told_at;
    }
    struct pg_param params[] = {
        pg_text_array(arena, name, n),       pg_time_array(arena, at, n),
        pg_time_array(arena, at + n, n),     pg_time_array(arena, at + 2 * n, n),
        pg_time_array(arena, at + 3 * n, n), pg_text_array(arena, alert, n),
    };
    return n ? pg_exec(store->pg, arena, "heartbeats_write", params, 6, NULL, err) : OK;
}

enum status store_replica_seen(struct store *store, int64_t *ret_at, struct err *err)
{
    struct arena arena;
    struct pg_rows rows;
    arena_init(&arena);
    enum status status = pg_exec(store->pg, &arena, "replica_seen", NULL, 0, &rows, err);
    if (status == OK) {
        *ret_at = pg_at(&rows, 0, pg_column(&rows, "seen_at"));
    }
    arena_release(&arena);
    return status;
}
