/* The store's ledger: append, read in order, receipts. */
#include "adapters/pg_store_rows.h"

#include "base/monotonic.h"

#include <string.h>

#define LOOK_FROM_START_US (250 * US_PER_MS)

enum status store_ledger_append(struct store *store, const struct ledger_entry *v, size_t n,
                                struct err *err)
{
    struct arena arena;
    arena_init(&arena);
    struct uuid *receipts = ARENA_ARRAY(&arena, struct uuid, n);
    struct str *columns = ARENA_ARRAY(&arena, struct str, 4 * n);
    struct str *source = columns, *peer = columns + n, *body = peer + n, *reason = body + n;
    for (size_t i = 0; i < n; i++) {
        receipts[i] = v[i].receipt;
        source[i] = v[i].source;
        peer[i] = v[i].peer;
        body[i] = v[i].body.p ? v[i].body : STR_EMPTY;
        reason[i] = v[i].quarantine.p ? v[i].quarantine : STR_EMPTY;
    }
    struct pg_param params[] = {
        pg_id_array(&arena, receipts, n, NULL), pg_text_array(&arena, source, n),
        pg_text_array(&arena, peer, n),         pg_binary_array(&arena, body, n),
        pg_text_array(&arena, reason, n),
    };
    enum status status = pg_exec(store->pg, &arena, "ledger_append", params, 5, NULL, err);
    arena_release(&arena);
    return status;
}

/* Rows that are done leave dead entries at the head of the queue's index until a vacuum, and for as
 * long as anyone holds an old snapshot; every look would walk over them. So a look begins where the
 * last one found its first row: if that batch was rolled back, its rows are still behind that
 * point. Another replica may commit a smaller number later; a look from the start finds it soon. */
static int64_t where_to_look(struct store *store)
{
    int64_t now_us = monotonic_us();
    if (store->ledger_looked_us != 0 && now_us - store->ledger_looked_us < LOOK_FROM_START_US) {
        return store->ledger_from;
    }
    store->ledger_looked_us = now_us;
    return 0;
}

struct ledger_row *pg_ledger_rows(struct arena *arena, const struct pg_rows *rows)
{
    int id = pg_column(rows, "id"), source = pg_column(rows, "source");
    int body = pg_column(rows, "body"), received = pg_column(rows, "received_at");
    struct ledger_row *v = ARENA_ARRAY(arena, struct ledger_row, rows->n);
    for (size_t i = 0; i < rows->n; i++) {
        v[i] = (struct ledger_row){.id = pg_i64(rows, i, id),
                                   .source = pg_str(rows, i, source),
                                   .body = pg_bytes(rows, i, body),
                                   .received_at = pg_at(rows, i, received)};
    }
    return v;
}

enum status store_ledger_next(struct store *store, struct arena *arena, size_t max_rows,
                              size_t max_bytes, struct ledger_row **ret, size_t *ret_n,
                              struct err *err)
{
    struct pg_rows rows;
    struct pg_param params[] = {pg_int((int64_t)max_rows), pg_int((int64_t)max_bytes),
                                pg_int(where_to_look(store))};
    if (pg_exec(store->pg, arena, "ledger_next", params, 3, &rows, err) != OK) {
        return err->code;
    }
    *ret = pg_ledger_rows(arena, &rows);
    if (rows.n > 0) {
        store->ledger_from = (*ret)[0].id;
    }
    *ret_n = rows.n;
    return OK;
}

enum status store_receipt(struct store *store, struct arena *arena, struct uuid receipt,
                          struct receipt_state *ret, struct err *err)
{
    struct pg_rows rows;
    struct pg_param params[] = {pg_id(receipt)};
    if (pg_exec(store->pg, arena, "receipt_load", params, 1, &rows, err) != OK) {
        return err->code;
    }
    if (rows.n == 0) {
        err_set_user(err, "there is no such receipt");
        return err_set(err, ERR_NOT_FOUND, "no such receipt");
    }
    *ret = (struct receipt_state){
        .state = pg_str(&rows, 0, pg_column(&rows, "state")),
        .source = pg_str(&rows, 0, pg_column(&rows, "source")),
        .reason = pg_str(&rows, 0, pg_column(&rows, "reason")),
        .received_at = pg_at(&rows, 0, pg_column(&rows, "received_at")),
    };
    return OK;
}

enum status store_backlog(struct store *store, struct backlog *ret, struct err *err)
{
    struct arena arena;
    struct pg_rows rows;
    arena_init(&arena);
    enum status status = pg_exec(store->pg, &arena, "backlog_load", NULL, 0, &rows, err);
    if (status == OK) {
        *ret = (struct backlog){
            .ledger_rows = pg_i64(&rows, 0, pg_column(&rows, "ledger_rows")),
            .ledger_age_us = pg_i64(&rows, 0, pg_column(&rows, "ledger_age")),
            .deliveries = pg_i64(&rows, 0, pg_column(&rows, "deliveries")),
            .delivery_age_us = pg_i64(&rows, 0, pg_column(&rows, "delivery_age")),
            .incidents_due = pg_i64(&rows, 0, pg_column(&rows, "incidents_due")),
            .incident_age_us = pg_i64(&rows, 0, pg_column(&rows, "incident_age")),
            .quarantined = pg_i64(&rows, 0, pg_column(&rows, "quarantined")),
            .serves_from = pg_i64(&rows, 0, pg_column(&rows, "serves_from")),
        };
    }
    arena_release(&arena);
    return status;
}
