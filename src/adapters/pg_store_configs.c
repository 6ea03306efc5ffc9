/* The store's history of configurations. */
#include "adapters/pg_store_rows.h"

enum status store_config_list(struct store *store, struct arena *arena, size_t max,
                              struct config_row **ret, size_t *ret_n, struct err *err)
{
    struct pg_rows rows;
    struct pg_param params[] = {pg_int((int64_t)max)};
    if (pg_exec(store->pg, arena, "config_list", params, 1, &rows, err) != OK) {
        return err->code;
    }
    int hash = pg_column(&rows, "hash"), by = pg_column(&rows, "loaded_by");
    int at = pg_column(&rows, "loaded_at"), bytes = pg_column(&rows, "bytes");
    int incidents = pg_column(&rows, "incidents");
    struct config_row *v = ARENA_ARRAY(arena, struct config_row, rows.n);
    for (size_t i = 0; i < rows.n; i++) {
        v[i] = (struct config_row){.hash = pg_str(&rows, i, hash),
                                   .loaded_by = pg_str(&rows, i, by),
                                   .loaded_at = pg_at(&rows, i, at),
                                   .bytes = pg_i64(&rows, i, bytes),
                                   .incidents = pg_i64(&rows, i, incidents)};
    }
    *ret = v;
    *ret_n = rows.n;
    return OK;
}

enum status store_config_load(struct store *store, struct arena *arena, struct str prefix,
                              struct config_row *ret, struct err *err)
{
    struct pg_rows rows;
    struct pg_param params[] = {pg_text(prefix)};
    if (pg_exec(store->pg, arena, "config_load", params, 1, &rows, err) != OK) {
        return err->code;
    }
    if (rows.n == 0) {
        return err_set(err, ERR_NOT_FOUND, "there is no configuration %.*s", STR_ARG(prefix));
    }
    if (rows.n > 1) {
        return err_set(err, ERR_CONFLICT,
                       "several configurations begin with %.*s; write more of it", STR_ARG(prefix));
    }
    *ret = (struct config_row){.hash = pg_str(&rows, 0, pg_column(&rows, "hash")),
                               .loaded_by = pg_str(&rows, 0, pg_column(&rows, "loaded_by")),
                               .loaded_at = pg_at(&rows, 0, pg_column(&rows, "loaded_at")),
                               .source = pg_str(&rows, 0, pg_column(&rows, "source"))};
    return OK;
}
