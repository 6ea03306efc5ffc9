/* The store's silences. */
#include "adapters/pg_store_rows.h"
#include "ports/store_silences.h"

enum status store_silence_add(struct store *store, const struct silence_row *row, struct err *err)
{
    struct arena arena;
    struct pg_rows rows;
    struct pg_param params[] = {pg_id(row->id),           pg_text(row->matchers),
                                pg_time(row->starts_at),  pg_time(row->ends_at),
                                pg_text(row->during),     pg_text(row->comment),
                                pg_text(row->created_by), pg_int(SILENCES_MAX)};
    arena_init(&arena);
    enum status status = pg_exec(store->pg, &arena, "silence_add", params, 8, &rows, err);
    bool is_added = status == OK && rows.affected > 0;
    arena_release(&arena);
    if (status == OK && !is_added) {
        return err_set(err, ERR_CONFLICT, "there are %d silences already: end some", SILENCES_MAX);
    }
    return status;
}

enum status store_silences(struct store *store, struct arena *arena, int64_t from_at,
                           int64_t until_at, struct silence_row **ret, size_t *ret_n,
                           struct err *err)
{
    struct pg_rows rows;
    struct pg_param params[] = {pg_time(from_at), pg_time(until_at), pg_int(SILENCES_MAX)};
    if (pg_exec(store->pg, arena, "silences_load", params, 3, &rows, err) != OK) {
        return err->code;
    }
    int id = pg_column(&rows, "id"), matchers = pg_column(&rows, "matchers");
    int starts = pg_column(&rows, "starts_at"), ends = pg_column(&rows, "ends_at");
    int during = pg_column(&rows, "during"), comment = pg_column(&rows, "comment");
    int by = pg_column(&rows, "created_by"), ended = pg_column(&rows, "ended_by");
    struct silence_row *v = ARENA_ARRAY(arena, struct silence_row, rows.n);
    for (size_t i = 0; i < rows.n; i++) {
        v[i] = (struct silence_row){.id = pg_uuid(&rows, i, id),
                                    .matchers = pg_str(&rows, i, matchers),
                                    .starts_at = pg_at(&rows, i, starts),
                                    .ends_at = pg_at(&rows, i, ends),
                                    .during = pg_str(&rows, i, during),
                                    .comment = pg_str(&rows, i, comment),
                                    .created_by = pg_str(&rows, i, by),
                                    .ended_by = pg_str(&rows, i, ended)};
    }
    *ret = v;
    *ret_n = rows.n;
    return OK;
}

enum status store_silence_end(struct store *store, struct uuid id, struct str by, struct err *err)
{
    struct arena arena;
    struct pg_rows rows;
    struct pg_param params[] = {pg_id(id), pg_text(by)};
    arena_init(&arena);
    enum status status = pg_exec(store->pg, &arena, "silence_end", params, 2, &rows, err);
    bool is_ended = status == OK && rows.n > 0;
    arena_release(&arena);
    if (status == OK && !is_ended) {
        return err_set(err, ERR_NOT_FOUND, "there is no such silence, or it is over already");
    }
    return status;
}
