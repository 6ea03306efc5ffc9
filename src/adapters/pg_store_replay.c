/* What the store remembers of earlier days: webhooks, and what people did. */
#include "adapters/pg_store_rows.h"

#include "base/vec.h"

#include <string.h>

enum status store_ledger_since(struct store *store, struct arena *arena, int64_t since_at,
                               int64_t behind_id, size_t max_rows, size_t max_bytes,
                               struct ledger_row **ret, size_t *ret_n, struct err *err)
{
    struct pg_rows rows;
    struct pg_param params[] = {pg_time(since_at), pg_int(behind_id), pg_int((int64_t)max_rows),
                                pg_int((int64_t)max_bytes)};
    if (pg_exec(store->pg, arena, "ledger_since", params, 4, &rows, err) != OK) {
        return err->code;
    }
    *ret = pg_ledger_rows(arena, &rows);
    *ret_n = rows.n;
    return OK;
}

enum status store_actions_since(struct store *store, struct arena *arena, int64_t since_at,
                                size_t max, struct action_row **ret, size_t *ret_n, struct err *err)
{
    struct pg_rows rows;
    struct pg_param params[] = {pg_time(since_at), pg_int((int64_t)max)};
    if (pg_exec(store->pg, arena, "actions_since", params, 2, &rows, err) != OK) {
        return err->code;
    }
    int at = pg_column(&rows, "at"), incident = pg_column(&rows, "incident_id");
    int seq = pg_column(&rows, "seq"), key = pg_column(&rows, "group_key");
    int kind = pg_column(&rows, "kind"), actor = pg_column(&rows, "actor");
    int fingerprint = pg_column(&rows, "fingerprint");
    struct action_row *v = ARENA_ARRAY(arena, struct action_row, rows.n);
    uint64_t *fingerprints = ARENA_ARRAY(arena, uint64_t, rows.n);
    size_t n = 0;
    for (size_t i = 0; i < rows.n; i++) {
        struct uuid id = pg_uuid(&rows, i, incident);
        fingerprints[i] = (uint64_t)pg_i64(&rows, i, fingerprint);
        if (n > 0 && uuid_eq(v[n - 1].incident, id) && v[n - 1].seq == pg_i64(&rows, i, seq)) {
            v[n - 1].n_fingerprints++;
            continue;
        }
        v[n] = (struct action_row){.at = pg_at(&rows, i, at),
                                   .incident = id,
                                   .seq = pg_i64(&rows, i, seq),
                                   .actor = pg_str(&rows, i, actor),
                                   .fingerprints = &fingerprints[i],
                                   .n_fingerprints = 1};
        memcpy(v[n].group_key, pg_bytes(&rows, i, key).p, GROUP_KEY_BYTES);
        if (READ_WORD(event_kind, pg_str(&rows, i, kind), &v[n].kind, err) != OK) {
            return err->code;
        }
        n++;
    }
    *ret = v;
    *ret_n = n;
    return OK;
}
