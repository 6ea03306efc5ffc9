/* The store's overrides of schedules. */
#include "adapters/pg_store_rows.h"

enum status store_override_add(struct store *store, struct arena *arena,
                               const struct override_row *row, struct str by, int64_t *ret_id,
                               struct err *err)
{
    struct pg_rows rows;
    struct pg_param params[] = {pg_text(row->schedule), pg_text(row->user),   pg_time(row->from_at),
                                pg_time(row->to_at),    pg_text(row->reason), pg_text(by)};
    if (pg_exec(store->pg, arena, "override_add", params, 6, &rows, err) != OK) {
        return err->code;
    }
    *ret_id = pg_i64(&rows, 0, pg_column(&rows, "id"));
    return OK;
}

enum status store_overrides(struct store *store, struct arena *arena, int64_t from_at,
                            int64_t until_at, struct override_row **ret, size_t *ret_n,
                            struct err *err)
{
    struct pg_rows rows;
    struct pg_param params[] = {pg_time(from_at), pg_time(until_at)};
    if (pg_exec(store->pg, arena, "overrides_load", params, 2, &rows, err) != OK) {
        return err->code;
    }
    int id = pg_column(&rows, "id"), schedule = pg_column(&rows, "schedule");
    int user = pg_column(&rows, "user_id"), reason = pg_column(&rows, "reason");
    int from = pg_column(&rows, "from_at"), to = pg_column(&rows, "to_at");
    int by = pg_column(&rows, "created_by");
    struct override_row *v = ARENA_ARRAY(arena, struct override_row, rows.n);
    for (size_t i = 0; i < rows.n; i++) {
        v[i] = (struct override_row){.id = pg_i64(&rows, i, id),
                                     .schedule = pg_str(&rows, i, schedule),
                                     .user = pg_str(&rows, i, user),
                                     .reason = pg_str(&rows, i, reason),
                                     .by = pg_str(&rows, i, by),
                                     .from_at = pg_at(&rows, i, from),
                                     .to_at = pg_at(&rows, i, to)};
    }
    *ret = v;
    *ret_n = rows.n;
    return OK;
}

enum status store_override_remove(struct store *store, int64_t id, struct str by, struct err *err)
{
    struct arena arena;
    struct pg_rows rows;
    struct pg_param params[] = {pg_int(id), pg_text(by)};
    arena_init(&arena);
    enum status status = pg_exec(store->pg, &arena, "override_remove", params, 2, &rows, err);
    size_t touched = status == OK ? rows.affected : 0;
    arena_release(&arena);
    if (status == OK && touched == 0) {
        return err_set(err, ERR_NOT_FOUND, "there is no such override, or it is removed already");
    }
    return status;
}
