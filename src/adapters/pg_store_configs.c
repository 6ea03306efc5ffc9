/* The store's history of configurations, and what earlier ones left behind. */
#include "adapters/pg_store_rows.h"

#include <string.h>

enum { STRAYS_MAX = 1000000 };

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

enum status store_strays(struct store *store, struct arena *arena, struct str config_hash,
                         struct stray_row **ret, size_t *ret_n, struct err *err)
{
    struct pg_rows rows;
    struct pg_param params[] = {pg_text(config_hash), pg_int(STRAYS_MAX)};
    if (pg_exec(store->pg, arena, "strays_load", params, 2, &rows, err) != OK) {
        return err->code;
    }
    int fingerprint = pg_column(&rows, "fingerprint"), key = pg_column(&rows, "group_key");
    struct stray_row *v = ARENA_ARRAY(arena, struct stray_row, rows.n);
    for (size_t i = 0; i < rows.n; i++) {
        v[i].fingerprint = (uint64_t)pg_i64(&rows, i, fingerprint);
        memcpy(v[i].group_key, pg_bytes(&rows, i, key).p, GROUP_KEY_BYTES);
    }
    *ret = v;
    *ret_n = rows.n;
    return OK;
}
