/* The ledger, the queue in front of it, leads, presence, configurations, links. */
#include "sim/database_copy.h"
#include "sim/sometimes.h"
#include "sim/world.h"

#include "base/time_units.h"

#include <string.h>

/* ---- ledger ---------------------------------------------------------------------------------- */

enum status store_ledger_append(struct store *store, const struct ledger_entry *v, size_t n,
                                struct err *err)
{
    struct call c;
    CHECK(!store->in_tx);
    if (call_begin(&c, store, true, err) != OK) {
        return err->code;
    }
    for (size_t i = 0; i < n; i++) {
        int64_t id = db.next_intake++;
        struct intake_row *row = row_write(c.session, row_new(c.session, TABLE_INTAKE));
        row->receipt = v[i].receipt;
        row->row = (struct ledger_row){.id = id,
                                       .source = world_str(v[i].source),
                                       .body = world_str(v[i].body),
                                       .received_at = database_clock()};
        if (v[i].quarantine.n > 0) {
            struct quarantine_row *q = row_write(c.session, row_new(c.session, TABLE_QUARANTINE));
            *q = (struct quarantine_row){id, world_str(v[i].quarantine)};
        } else {
            struct queue_row *q = row_write(c.session, row_new(c.session, TABLE_QUEUE));
            q->id = id;
        }
    }
    return call_end(&c, err);
}

static const struct intake_row *intake_of(const struct session *s, int64_t id)
{
    FOR_ROWS(TABLE_INTAKE, row)
    {
        const struct intake_row *intake = row_seen(s, row);
        if (intake && intake->row.id == id) {
            return intake;
        }
    }
    return NULL;
}

/* The smallest id in the queue that is not below `from`; 0: none. */
static int64_t next_in_queue(const struct session *s, int64_t from)
{
    int64_t best = 0;
    FOR_ROWS(TABLE_QUEUE, row)
    {
        const struct queue_row *q = row_seen(s, row);
        if (q && q->id >= from && (best == 0 || q->id < best)) {
            best = q->id;
        }
    }
    return best;
}

enum status store_ledger_next(struct store *store, struct arena *arena, size_t max_rows,
                              size_t max_bytes, struct ledger_row **ret, size_t *ret_n,
                              struct err *err)
{
    struct call c;
    size_t bytes = 0;
    VEC(struct ledger_row) rows = {0};
    if (call_begin(&c, store, false, err) != OK) {
        return err->code;
    }
    for (int64_t id = next_in_queue(c.session, 1);
         id != 0 && rows.n < max_rows && bytes < max_bytes; id = next_in_queue(c.session, id + 1)) {
        const struct intake_row *intake = intake_of(c.session, id);
        VEC_PUSH(arena, &rows, intake->row);
        bytes += intake->row.body.n;
    }
    *ret = rows.v;
    *ret_n = rows.n;
    return call_end(&c, err);
}

/* ---- leads, presence ------------------------------------------------------------------------- */

enum status store_lead(struct store *store, enum store_lead lead, bool *ret_is_mine,
                       struct err *err)
{
    struct call c;
    /* As the adapter: a lead lasts as long as the connection that it was taken on. */
    if (store->generation != 0 && store->lead_generation[lead] == store->generation) {
        *ret_is_mine = true;
        return OK;
    }
    if (call_begin(&c, store, false, err) != OK) {
        return err->code;
    }
    struct session *owner = db.lead_owner[lead];
    *ret_is_mine = !owner || owner == c.session;
    if (*ret_is_mine) {
        db.lead_owner[lead] = c.session;
        if (world.n_replicas > 1) {
            SOMETIMES(LEAD_TAKEN);
        }
    }
    uint64_t generation = store->generation;
    if (call_end(&c, err) != OK) {
        return err->code;
    }
    if (*ret_is_mine) {
        store->lead_generation[lead] = generation;
    }
    return OK;
}

void store_leave(struct store *store)
{
    if (store->session) {
        database_close(store);
    }
}

enum status store_clock(struct store *store, struct clock_reading *ret, struct err *err)
{
    struct call c;
    if (call_begin(&c, store, false, err) != OK) {
        return err->code;
    }
    const struct clock_row *row = row_seen(c.session, db.rows[TABLE_CLOCK].v[0]);
    *ret = (struct clock_reading){database_clock(), database_server_clock(), row->skipped_us};
    return call_end(&c, err);
}

/* As an UPDATE does it: who does not match does not wait, who waited is looked at again. */
enum status store_clock_skip(struct store *store, int64_t skipped_us, int64_t step_us,
                             bool *ret_is_mine, struct err *err)
{
    struct call c;
    if (call_begin(&c, store, !store->in_tx, err) != OK) {
        return err->code;
    }
    struct row *row = db.rows[TABLE_CLOCK].v[0];
    const struct clock_row *clock = row_seen(c.session, row);
    *ret_is_mine = clock->skipped_us == skipped_us;
    if (*ret_is_mine) {
        if (row_lock(&c, row, err) != OK) {
            return err->code;
        }
        clock = row_seen(c.session, row);
        *ret_is_mine = clock->skipped_us == skipped_us;
    }
    if (*ret_is_mine) {
        struct clock_row *written = row_write(c.session, row);
        written->skipped_us += step_us;
        SOMETIMES(CLOCK_SKIPPED);
    }
    return call_end(&c, err);
}

enum status store_clock_hold(struct store *store, int64_t at, struct err *err)
{
    struct call c;
    if (call_begin(&c, store, true, err) != OK) {
        return err->code;
    }
    bool is_asked = at == AT_NONE;
    FOR_ROWS(TABLE_REPLICA, row)
    {
        const struct replica_row *r = row_seen(c.session, row);
        at = is_asked && r && r->seen_at > at ? r->seen_at : at;
    }
    if (at != AT_NONE && database_clock() < at - US_PER_S) {
        SOMETIMES(CLOCK_HELD);
        world.clock_stepped_at = sim_now(); /* for what was claimed since it went back */
        db.guard_server_at = database_server_clock();
        db.guard_held_at = at;
    }
    return call_end(&c, err);
}

static struct row *row_of_replica(struct uuid id)
{
    FOR_ROWS(TABLE_REPLICA, row)
    {
        const struct replica_row *r = row->is_written && row->next ? row->next : row->now;
        if (r && uuid_eq(r->id, id)) {
            return row;
        }
    }
    return NULL;
}

enum status store_presence(struct store *store, struct uuid replica, struct str name,
                           struct str config_hash, struct err *err)
{
    struct call c;
    (void)name, (void)config_hash;
    if (call_begin(&c, store, true, err) != OK) {
        return err->code;
    }
    struct row *row = row_of_replica(replica);
    if (row && row_lock(&c, row, err) != OK) {
        return err->code;
    }
    struct replica_row *r = row_write(c.session, row ? row : row_new(c.session, TABLE_REPLICA));
    *r = (struct replica_row){replica, database_clock()};
    bool is_held = false;
    for (struct session *s = db.sessions; s; s = s->next) {
        is_held |= s != c.session && s->holds_presence && uuid_eq(s->replica, replica);
    }
    c.session->holds_presence |= !is_held;
    return call_end(&c, err);
}

/* ---- configurations -------------------------------------------------------------------------- */

static void save_hash(struct session *s, enum table table, struct str hash, struct str body)
{
    FOR_ROWS(table, row)
    {
        const struct str *known = row_seen(s, row); /* the hash comes first in both */
        if (known && str_eq(*known, hash)) {
            return;
        }
    }
    void *version = row_write(s, row_new(s, table));
    if (table == TABLE_CONFIG) {
        *(struct config_saved *)version = (struct config_saved){world_str(hash), database_clock()};
    } else {
        *(struct plan_row *)version = (struct plan_row){world_str(hash), world_str(body)};
    }
}

enum status store_config_save(struct store *store, struct arena *arena, struct str hash,
                              struct str source, struct str by, const struct plan_row *plans,
                              size_t n, struct err *err)
{
    struct call c;
    (void)arena, (void)source, (void)by;
    if (call_begin(&c, store, true, err) != OK) {
        return err->code;
    }
    save_hash(c.session, TABLE_CONFIG, hash, STR_EMPTY);
    for (size_t i = 0; i < n; i++) {
        save_hash(c.session, TABLE_PLAN, plans[i].hash, plans[i].body);
    }
    return call_end(&c, err);
}

enum status store_plan(struct store *store, struct arena *arena, struct str hash,
                       struct str *ret_body, struct err *err)
{
    struct call c;
    const struct plan_row *found = NULL;
    (void)arena;
    if (call_begin(&c, store, false, err) != OK) {
        return err->code;
    }
    FOR_ROWS(TABLE_PLAN, row)
    {
        const struct plan_row *plan = row_seen(c.session, row);
        found = plan && str_eq(plan->hash, hash) ? plan : found;
    }
    if (call_end(&c, err) != OK) {
        return err->code;
    }
    if (!found) {
        return err_set(err, ERR_NOT_FOUND, "plan %.*s is not stored", STR_ARG(hash));
    }
    *ret_body = found->body;
    return OK;
}

/* ---- links ----------------------------------------------------------------------------------- */

enum status store_link_keys(struct store *store, struct arena *arena, uint8_t *ret_kids, size_t max,
                            size_t *ret_n, struct err *err)
{
    struct call c;
    (void)arena, (void)max;
    if (call_begin(&c, store, false, err) != OK) {
        return err->code;
    }
    ret_kids[0] = 1;
    *ret_n = 1;
    return call_end(&c, err);
}

static struct row *row_of_link(const uint8_t jti[16])
{
    FOR_ROWS(TABLE_LINK_USE, row)
    {
        const struct link_use_row *use = row->is_written && row->next ? row->next : row->now;
        if (use && memcmp(use->jti, jti, 16) == 0) {
            return row;
        }
    }
    return NULL;
}

enum status store_link_burn(struct store *store, const uint8_t jti[16], struct uuid incident,
                            struct str actor, struct str peer, bool *ret_is_first, struct err *err)
{
    struct call c;
    (void)incident, (void)actor, (void)peer;
    if (call_begin(&c, store, !store->in_tx, err) != OK) {
        return err->code;
    }
    struct row *row = row_of_link(jti);
    if (row && row_settle(&c, row, err) != OK) {
        return err->code;
    }
    *ret_is_first = !row || !row_seen(c.session, row);
    if (*ret_is_first) {
        struct link_use_row *use =
            row_write(c.session, row_for_insert(c.session, row, TABLE_LINK_USE));
        memcpy(use->jti, jti, 16);
    }
    return call_end(&c, err);
}

enum status store_link_used(struct store *store, const uint8_t jti[16], bool *ret_is_used,
                            struct err *err)
{
    struct call c;
    if (call_begin(&c, store, false, err) != OK) {
        return err->code;
    }
    struct row *row = row_of_link(jti);
    *ret_is_used = row && row_seen(c.session, row);
    return call_end(&c, err);
}

enum status store_access_log(struct store *store, struct str actor, struct str peer,
                             struct str action, struct str verdict, struct str detail,
                             struct err *err)
{
    struct call c;
    (void)actor, (void)peer, (void)action, (void)verdict, (void)detail;
    return call_begin(&c, store, true, err) != OK ? err->code : call_end(&c, err);
}

/* ---- what the status flow reads -------------------------------------------------------------- */

enum status store_backlog(struct store *store, struct backlog *ret, struct err *err)
{
    struct call c;
    *ret = (struct backlog){.serves_from = db.serves_from};
    if (call_begin(&c, store, false, err) != OK) {
        return err->code;
    }
    FOR_ROWS(TABLE_QUEUE, row)
    {
        ret->ledger_rows += row_seen(c.session, row) != NULL;
    }
    return call_end(&c, err);
}

enum status store_overrides(struct store *store, struct arena *arena, int64_t from_at,
                            int64_t until_at, struct override_row **ret, size_t *ret_n,
                            struct err *err)
{
    struct call c;
    (void)arena, (void)from_at, (void)until_at;
    if (call_begin(&c, store, false, err) != OK) {
        return err->code;
    }
    *ret = NULL; /* nobody makes any here */
    *ret_n = 0;
    return call_end(&c, err);
}
