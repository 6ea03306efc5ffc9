/* The store's connection, transactions, leads and configurations; incidents as rows. */
#include "adapters/pg_store_rows.h"
#include "wire/alert_text.h"

#include <stdlib.h>
#include <string.h>

enum { LEAD_LOCK_BASE = 0x616c7274 }; /* "alrt": our range of advisory locks */

enum status store_open(const struct pg_settings *settings, struct uuid replica, struct store **ret,
                       struct err *err)
{
    struct pg *pg;
    if (pg_open(settings, &pg, err) != OK) {
        return err->code;
    }
    struct store *store = calloc(1, sizeof(*store));
    CHECK(store);
    store->pg = pg;
    store->replica = replica;
    *ret = store;
    return OK;
}

void store_close(struct store *store)
{
    if (store) {
        pg_free(store->pg);
        free(store);
    }
}

struct pg *store_pg(struct store *store)
{
    return store->pg;
}

enum status store_begin(struct store *store, int64_t *ret_now, struct err *err)
{
    struct arena arena;
    struct pg_rows rows;
    arena_init(&arena);
    enum status status = pg_begin(store->pg, err);
    if (status == OK) {
        status = pg_exec(store->pg, &arena, "clock_read", NULL, 0, &rows, err);
        if (status == OK) {
            *ret_now = pg_at(&rows, 0, pg_column(&rows, "now"));
        } else {
            pg_rollback(store->pg);
        }
    }
    arena_release(&arena);
    return status;
}

enum status store_commit(struct store *store, struct err *err)
{
    return pg_commit(store->pg, err);
}

void store_rollback(struct store *store)
{
    pg_rollback(store->pg);
}

enum status store_lead(struct store *store, enum store_lead lead, bool *ret_is_mine,
                       struct err *err)
{
    uint64_t generation = pg_generation(store->pg);
    if (generation != 0 && store->lead_generation[lead] == generation) {
        *ret_is_mine = true;
        return OK;
    }
    enum status status =
        pg_try_lock(store->pg, ((int64_t)LEAD_LOCK_BASE << 8) | lead, ret_is_mine, err);
    if (status == OK && *ret_is_mine) {
        store->lead_generation[lead] = pg_generation(store->pg);
    }
    return status;
}

void store_leave(struct store *store)
{
    pg_disconnect(store->pg);
}

enum status store_clock(struct store *store, struct clock_reading *ret, struct err *err)
{
    struct arena arena;
    struct pg_rows rows;
    arena_init(&arena);
    enum status status = pg_exec(store->pg, &arena, "clock_look", NULL, 0, &rows, err);
    if (status == OK) {
        *ret = (struct clock_reading){
            .at = pg_at(&rows, 0, pg_column(&rows, "at")),
            .server_at = pg_at(&rows, 0, pg_column(&rows, "server_at")),
            .skipped_us = pg_i64(&rows, 0, pg_column(&rows, "skipped_us")),
        };
    }
    arena_release(&arena);
    return status;
}

enum status store_clock_hold(struct store *store, int64_t at, struct err *err)
{
    struct arena arena;
    struct pg_param params[] = {pg_time(at)};
    arena_init(&arena);
    enum status status = pg_exec(store->pg, &arena, "clock_hold", params, 1, NULL, err);
    arena_release(&arena);
    return status;
}

enum status store_clock_skip(struct store *store, int64_t skipped_us, int64_t step_us,
                             bool *ret_is_mine, struct err *err)
{
    struct arena arena;
    struct pg_rows rows;
    struct pg_param params[] = {pg_int(skipped_us), pg_int(step_us)};
    arena_init(&arena);
    enum status status = pg_exec(store->pg, &arena, "clock_skip", params, 2, &rows, err);
    *ret_is_mine = status == OK && rows.n > 0;
    arena_release(&arena);
    return status;
}

enum status store_presence(struct store *store, struct uuid replica, struct str name,
                           struct str config_hash, struct err *err)
{
    struct arena arena;
    int64_t key;
    memcpy(&key, replica.b + 8, sizeof(key));
    arena_init(&arena);
    struct pg_param params[] = {pg_id(replica), pg_int(key), pg_text(name),
                                pg_text(STR(ALERTIFY_VERSION)), pg_text(config_hash)};
    enum status status = pg_exec(store->pg, &arena, "replica_present", params, 5, NULL, err);
    arena_release(&arena);
    return status;
}

enum status store_config_save(struct store *store, struct arena *arena, struct str hash,
                              struct str source, struct str by, const struct plan_row *plans,
                              size_t n, struct err *err)
{
    struct str *hashes = ARENA_ARRAY(arena, struct str, n);
    struct str *bodies = ARENA_ARRAY(arena, struct str, n);
    for (size_t i = 0; i < n; i++) {
        hashes[i] = plans[i].hash;
        bodies[i] = plans[i].body;
    }
    struct pg_param config[] = {pg_text(hash), pg_text(by), pg_text(source)};
    struct pg_param rows[] = {pg_text_array(arena, hashes, n), pg_text_array(arena, bodies, n)};
    if (pg_begin(store->pg, err) != OK) {
        return err->code;
    }
    if (pg_exec(store->pg, arena, "config_save", config, 3, NULL, err) != OK ||
        pg_exec(store->pg, arena, "plans_save", rows, 2, NULL, err) != OK) {
        pg_rollback(store->pg);
        return err->code;
    }
    return pg_commit(store->pg, err);
}

enum status store_plan(struct store *store, struct arena *arena, struct str hash,
                       struct str *ret_body, struct err *err)
{
    struct pg_rows rows;
    struct pg_param params[] = {pg_text(hash)};
    if (pg_exec(store->pg, arena, "plan_load", params, 1, &rows, err) != OK) {
        return err->code;
    }
    if (rows.n == 0) {
        return err_set(err, ERR_NOT_FOUND, "plan %.*s is not stored", STR_ARG(hash));
    }
    *ret_body = pg_str(&rows, 0, pg_column(&rows, "body"));
    return OK;
}

/* ---- incident_row -----------------------------------------------------------------------------
 */

struct incident_columns {
    int id, number, group_key, receiver, group_labels, title, service, severity, status, cycle, seq,
        state_seq, ack_seq, firing, total, step, round, wake_at, held_by_run, was_reached,
        plan_hash, config_hash, created_at, updated_at, acked_at, acked_by, resolved_at,
        resolved_by, silent_at, reminded_at, muted_by, flapping_at, opens, chain, snoozed_until,
        restart_seq, merged_into;
};

static struct incident_columns find_columns(const struct pg_rows *rows)
{
#define COLUMN(name) .name = pg_column(rows, #name)
    return (struct incident_columns){
        COLUMN(id),           COLUMN(number),      COLUMN(group_key),     COLUMN(receiver),
        COLUMN(group_labels), COLUMN(title),       COLUMN(service),       COLUMN(severity),
        COLUMN(status),       COLUMN(cycle),       COLUMN(seq),           COLUMN(state_seq),
        COLUMN(ack_seq),      COLUMN(firing),      COLUMN(total),         COLUMN(step),
        COLUMN(round),        COLUMN(wake_at),     COLUMN(held_by_run),   COLUMN(was_reached),
        COLUMN(plan_hash),    COLUMN(config_hash), COLUMN(created_at),    COLUMN(updated_at),
        COLUMN(acked_at),     COLUMN(acked_by),    COLUMN(resolved_at),   COLUMN(resolved_by),
        COLUMN(silent_at),    COLUMN(reminded_at), COLUMN(muted_by),      COLUMN(flapping_at),
        COLUMN(opens),        COLUMN(chain),       COLUMN(snoozed_until), COLUMN(restart_seq),
        COLUMN(merged_into),
    };
#undef COLUMN
}

static struct str or_empty(struct str s)
{
    return s.p ? s : STR_EMPTY;
}

/* "1795219200000000,1795219260000000" */
static void read_opens(struct str text, struct incident *ret)
{
    while (text.n > 0 && ret->n_opens < FLAP_CYCLES_MAX) {
        uint64_t at;
        if (str_to_u64(str_cut(&text, ','), &at)) {
            ret->opens[ret->n_opens++] = (int64_t)at;
        }
    }
}

static enum status read_incident(const struct pg_rows *rows, size_t i,
                                 const struct incident_columns *c, struct arena *arena,
                                 struct incident *ret, struct err *err)
{
    *ret = (struct incident){
        .id = pg_uuid(rows, i, c->id),
        .number = pg_i64(rows, i, c->number),
        .receiver = pg_str(rows, i, c->receiver),
        .title = pg_str(rows, i, c->title),
        .service = pg_str(rows, i, c->service),
        .severity = pg_str(rows, i, c->severity),
        .cycle = pg_i32(rows, i, c->cycle),
        .seq = pg_i64(rows, i, c->seq),
        .state_seq = pg_i64(rows, i, c->state_seq),
        .ack_seq = pg_i64(rows, i, c->ack_seq),
        .firing = pg_i64(rows, i, c->firing),
        .total = pg_i64(rows, i, c->total),
        .step = pg_i32(rows, i, c->step),
        .round = pg_i32(rows, i, c->round),
        .wake_at = pg_at(rows, i, c->wake_at),
        .was_reached = pg_bool(rows, i, c->was_reached),
        .plan_hash = pg_str(rows, i, c->plan_hash),
        .config_hash = pg_str(rows, i, c->config_hash),
        .opened_at = pg_at(rows, i, c->created_at),
        .updated_at = pg_at(rows, i, c->updated_at),
        .acked_at = pg_at(rows, i, c->acked_at),
        .acked_by = or_empty(pg_str(rows, i, c->acked_by)),
        .resolved_at = pg_at(rows, i, c->resolved_at),
        .resolved_by = or_empty(pg_str(rows, i, c->resolved_by)),
        .silent_at = pg_at(rows, i, c->silent_at),
        .reminded_at = pg_at(rows, i, c->reminded_at),
        .muted_by = pg_str(rows, i, c->muted_by),
        .flapping_at = pg_at(rows, i, c->flapping_at),
        .snoozed_until = pg_at(rows, i, c->snoozed_until),
        .restart_seq = pg_i64(rows, i, c->restart_seq),
        .merged_into = pg_i64(rows, i, c->merged_into),
    };
    if (!pg_is_null(rows, i, c->held_by_run)) {
        ret->held_by_run = pg_uuid(rows, i, c->held_by_run);
    }
    read_opens(pg_str(rows, i, c->opens), ret);
    struct str key = pg_bytes(rows, i, c->group_key), chain = pg_bytes(rows, i, c->chain);
    CHECK(key.n == GROUP_KEY_BYTES);
    memcpy(ret->group_key, key.p, key.n);
    if (chain.n == CHAIN_BYTES) {
        memcpy(ret->chain, chain.p, CHAIN_BYTES);
    }
    if (labels_parse_json(arena, pg_str(rows, i, c->group_labels), &ret->group_labels, err) != OK) {
        return err_wrap(err, "incident.group_labels");
    }
    return READ_WORD(incident_state, pg_str(rows, i, c->status), &ret->state, err);
}

enum status store_read_incidents(struct store *store, struct arena *arena, const char *sql_name,
                                 const struct pg_param *params, size_t n_params,
                                 struct incident **ret, size_t *ret_n, struct err *err)
{
    struct pg_rows rows;
    if (pg_exec(store->pg, arena, sql_name, params, n_params, &rows, err) != OK) {
        return err->code;
    }
    struct incident_columns columns = find_columns(&rows);
    struct incident *incidents = ARENA_ARRAY(arena, struct incident, rows.n);
    for (size_t i = 0; i < rows.n; i++) {
        if (read_incident(&rows, i, &columns, arena, &incidents[i], err) != OK) {
            return err->code;
        }
    }
    *ret = incidents;
    *ret_n = rows.n;
    return OK;
}

enum status store_read_incident(struct store *store, struct arena *arena, const char *sql_name,
                                struct pg_param param, struct incident *ret, struct err *err)
{
    struct incident *found;
    size_t n;
    if (store_read_incidents(store, arena, sql_name, &param, 1, &found, &n, err) != OK) {
        return err->code;
    }
    if (n == 0) {
        err_set_user(err, "there is no such incident");
        return err_set(err, ERR_NOT_FOUND, "no such incident");
    }
    *ret = found[0];
    return OK;
}
