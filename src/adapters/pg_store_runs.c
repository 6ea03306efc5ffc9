/* The store's script runs. */
#include "adapters/pg_store_rows.h"

static enum status read_runs(struct store *store, struct arena *arena, const char *sql,
                             const struct pg_param *params, size_t n_params, struct run **ret,
                             size_t *ret_n, struct err *err)
{
    struct pg_rows rows;
    if (pg_exec(store->pg, arena, sql, params, n_params, &rows, err) != OK) {
        return err->code;
    }
    int id = pg_column(&rows, "id"), incident = pg_column(&rows, "incident_id");
    int action = pg_column(&rows, "action"), actor = pg_column(&rows, "actor");
    int parameters = pg_column(&rows, "parameters"), state = pg_column(&rows, "state");
    int requested = pg_column(&rows, "requested_at"), started = pg_column(&rows, "started_at");
    int ended = pg_column(&rows, "ended_at"), fence = pg_column(&rows, "fence");
    int code = pg_column(&rows, "code"), output = pg_column(&rows, "output");
    struct run *v = ARENA_ARRAY(arena, struct run, rows.n);
    for (size_t i = 0; i < rows.n; i++) {
        v[i] = (struct run){
            .id = pg_uuid(&rows, i, id),
            .incident = pg_uuid(&rows, i, incident),
            .action = pg_str(&rows, i, action),
            .actor = pg_str(&rows, i, actor),
            .parameters = pg_str(&rows, i, parameters),
            .requested_at = pg_at(&rows, i, requested),
            .started_at = pg_at(&rows, i, started),
            .ended_at = pg_at(&rows, i, ended),
            .fence = pg_i64(&rows, i, fence),
            .code = pg_i32(&rows, i, code),
            .output = pg_str(&rows, i, output),
        };
        if (READ_WORD(run_state, pg_str(&rows, i, state), &v[i].state, err) != OK) {
            return err->code;
        }
    }
    *ret = v;
    *ret_n = rows.n;
    return OK;
}

enum status store_runs_requested(struct store *store, struct arena *arena, size_t max,
                                 struct run **ret, size_t *ret_n, struct err *err)
{
    struct pg_param params[] = {pg_int((int64_t)max)};
    return read_runs(store, arena, "runs_requested", params, 1, ret, ret_n, err);
}

enum status store_runs_orphaned(struct store *store, struct arena *arena, size_t max,
                                struct run **ret, size_t *ret_n, struct err *err)
{
    struct pg_param params[] = {pg_int((int64_t)max), pg_id(store->replica)};
    return read_runs(store, arena, "runs_orphaned", params, 2, ret, ret_n, err);
}

static enum status read_run(struct store *store, struct arena *arena, const char *sql,
                            const struct pg_param *params, size_t n_params, struct run *ret,
                            struct err *err)
{
    struct run *found;
    size_t n;
    if (read_runs(store, arena, sql, params, n_params, &found, &n, err) != OK) {
        return err->code;
    }
    if (n == 0) {
        return err_set(err, ERR_NOT_FOUND, "no such run");
    }
    *ret = found[0];
    return OK;
}

enum status store_run(struct store *store, struct arena *arena, struct uuid id, struct run *ret,
                      struct err *err)
{
    struct pg_param params[] = {pg_id(id)};
    return read_run(store, arena, "run_load", params, 1, ret, err);
}

enum status store_runs_of(struct store *store, struct arena *arena, struct uuid incident,
                          size_t max, struct run **ret, size_t *ret_n, struct err *err)
{
    struct pg_param params[] = {pg_id(incident), pg_int((int64_t)max)};
    return read_runs(store, arena, "runs_of", params, 2, ret, ret_n, err);
}

enum status store_run_newest(struct store *store, struct arena *arena, struct uuid incident,
                             int cycle, struct run *ret, struct err *err)
{
    struct pg_param params[] = {pg_id(incident), pg_int4(cycle)};
    return read_run(store, arena, "run_newest", params, 2, ret, err);
}

enum status store_run_write(struct store *store, struct arena *arena, const struct run *run,
                            struct uuid owner, int64_t deadline_at, struct err *err)
{
    struct pg_rows rows;
    enum status status;
    if (run->state == RUN_STATE_STARTED) {
        struct pg_param params[] = {pg_id(run->id), pg_int(run->fence), pg_id(owner),
                                    pg_time(deadline_at)};
        status = pg_exec(store->pg, arena, "run_start", params, 4, &rows, err);
    } else {
        struct pg_param params[] = {
            pg_id(run->id), pg_int(run->fence), pg_text(str_from(run_state_name(run->state))),
            pg_int4(run->code), pg_text(run->output.p ? run->output : STR_EMPTY)};
        status = pg_exec(store->pg, arena, "run_end", params, 5, &rows, err);
    }
    if (status == OK && rows.affected == 0) {
        return err_set(err, ERR_STALE_FENCE, "the run was taken over");
    }
    return status;
}
