/* The fake store: sessions, transactions, faults, the ledger. */
#include "fake_store.h"

#include <string.h>

/* More calls than any test needs: a flow that turns in circles ends here. */
enum { CALLS_MAX = 200000 };

void fake_database_init(struct fake_database *db, int64_t clock_at)
{
    *db = (struct fake_database){.clock_at = clock_at};
    arena_init(&db->arena);
    arena_init(&db->saved_arena);
    VEC_PUSH(&db->arena, &db->t.link_keys, 1);
}

void fake_database_release(struct fake_database *db)
{
    CHECK(!db->owner);
    arena_release(&db->arena);
    arena_release(&db->saved_arena);
}

void fake_store_init(struct store *store, struct fake_database *db, struct uuid replica)
{
    *store = (struct store){.db = db, .replica = replica, .is_leading = true};
}

struct str fake_keep(struct fake_database *db, struct str s)
{
    return s.n ? str_dup(&db->arena, s) : STR_EMPTY;
}

struct contact fake_keep_contact(struct fake_database *db, struct contact c)
{
    return (struct contact){.channel = c.channel,
                            .address = fake_keep(db, c.address),
                            .user = fake_keep(db, c.user),
                            .language = fake_keep(db, c.language)};
}

void fake_idle(struct store *store)
{
    if (store->db->on_idle) {
        store->db->on_idle(store->db->on_idle_arg);
    }
}

/* ---- transactions ---------------------------------------------------------------------------- */

static void save_tables(struct fake_database *db)
{
    arena_clear(&db->saved_arena);
#define X(type, name)                                                                              \
    db->saved.name.n = db->t.name.n;                                                               \
    db->saved.name.v = ARENA_ARRAY(&db->saved_arena, type, db->t.name.n);                          \
    for (size_t i = 0; i < db->t.name.n; i++) {                                                    \
        db->saved.name.v[i] = db->t.name.v[i];                                                     \
    }
    FAKE_TABLES(X)
#undef X
    db->saved.skipped_us = db->t.skipped_us;
}

/* Tables never shrink within a transaction, so what was saved fits. */
static void restore_tables(struct fake_database *db)
{
#define X(type, name)                                                                              \
    db->t.name.n = db->saved.name.n;                                                               \
    for (size_t i = 0; i < db->saved.name.n; i++) {                                                \
        db->t.name.v[i] = db->saved.name.v[i];                                                     \
    }
    FAKE_TABLES(X)
#undef X
    db->t.skipped_us = db->saved.skipped_us;
}

static bool is_struck(struct fake_database *db, const char *name)
{
    if (db->fault.at != db->calls) {
        return false;
    }
    db->has_failed = true;
    db->failed_call = name;
    return true;
}

static void count_call(struct store *store, const char *name)
{
    struct fake_database *db = store->db;
    CHECK(!db->owner || db->owner == store);
    CHECK(!db->is_broken); /* after a failed call only a rollback is allowed */
    CHECK(++db->calls < CALLS_MAX);
    if (db->on_call) {
        db->on_call(db->on_call_arg, name);
    }
}

bool fake_call(struct store *store, const char *name, enum status *ret, struct err *err)
{
    struct fake_database *db = store->db;
    count_call(store, name);
    if (!is_struck(db, name)) {
        return true;
    }
    db->is_broken = db->owner != NULL;
    *ret = err_set(err, db->fault.status, "%s: made to fail", name);
    return false;
}

bool fake_commit_call(struct store *store, const char *name, enum status *ret, struct err *err)
{
    struct fake_database *db = store->db;
    bool is_late = db->fault.status == ERR_UNKNOWN_OUTCOME && db->fault.is_applied;
    count_call(store, name);
    if (!is_struck(db, name) || is_late) {
        return true;
    }
    db->is_broken = db->owner != NULL;
    *ret = err_set(err, db->fault.status, "%s: made to fail", name);
    return false;
}

enum status fake_committed(struct store *store, struct err *err)
{
    struct fake_database *db = store->db;
    if (db->fault.at == db->calls && db->has_failed) {
        return err_set(err, ERR_UNKNOWN_OUTCOME, "%s: done, but the answer was lost",
                       db->failed_call);
    }
    return OK;
}

enum status store_begin(struct store *store, int64_t *ret_now, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    CHECK(!db->owner);
    if (!fake_call(store, "begin", &status, err)) {
        return status;
    }
    save_tables(db);
    db->owner = store;
    *ret_now = db->clock_at;
    return OK;
}

enum status store_commit(struct store *store, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    CHECK(db->owner == store);
    if (!fake_commit_call(store, "commit", &status, err)) {
        return status;
    }
    db->owner = NULL;
    return fake_committed(store, err);
}

/* Harmless without a transaction, as the adapter's. */
void store_rollback(struct store *store)
{
    struct fake_database *db = store->db;
    if (db->owner == store) {
        restore_tables(db);
        db->owner = NULL;
        db->is_broken = false;
    }
}

enum status store_lead(struct store *store, enum store_lead lead, bool *ret_is_mine,
                       struct err *err)
{
    enum status status;
    (void)lead;
    if (!fake_call(store, "lead", &status, err)) {
        return status;
    }
    *ret_is_mine = store->is_leading;
    if (!store->is_leading) {
        fake_idle(store);
    }
    return OK;
}

void store_leave(struct store *store)
{
    store->has_left = true;
}

enum status store_clock(struct store *store, struct clock_reading *ret, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    if (!fake_call(store, "clock", &status, err)) {
        return status;
    }
    *ret =
        (struct clock_reading){db->clock_at, db->clock_at - db->clock_ahead_us, db->t.skipped_us};
    return OK;
}

enum status store_clock_skip(struct store *store, int64_t skipped_us, int64_t step_us,
                             bool *ret_is_mine, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    if (!fake_call(store, "clock_skip", &status, err)) {
        return status;
    }
    *ret_is_mine = db->t.skipped_us == skipped_us;
    db->t.skipped_us += *ret_is_mine ? step_us : 0;
    return OK;
}

/* Held for good: nothing here takes long enough to catch up. */
enum status store_clock_hold(struct store *store, int64_t at, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    if (!fake_call(store, "clock_hold", &status, err)) {
        return status;
    }
    if (at != AT_NONE && db->clock_at < at - US_PER_S) {
        db->clock_ahead_us += at - db->clock_at;
        db->clock_at = at;
    }
    return OK;
}

enum status store_presence(struct store *store, struct uuid replica, struct str name,
                           struct str config_hash, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    (void)name, (void)config_hash;
    if (!fake_call(store, "presence", &status, err)) {
        return status;
    }
    for (size_t i = 0; i < db->t.replicas.n; i++) {
        if (uuid_eq(db->t.replicas.v[i].replica, replica)) {
            db->t.replicas.v[i].seen_at = db->clock_at;
            return OK;
        }
    }
    struct presence_row row = {replica, db->clock_at, true};
    VEC_PUSH(&db->arena, &db->t.replicas, row);
    return OK;
}

/* ---- the ledger ------------------------------------------------------------------------------ */

enum status store_ledger_append(struct store *store, const struct ledger_entry *v, size_t n,
                                struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    bool is_inside = db->owner != NULL;
    CHECK(!is_inside || db->owner == store);
    if (is_inside ? !fake_call(store, "ledger_append", &status, err)
                  : !fake_commit_call(store, "ledger_append", &status, err)) {
        return status;
    }
    for (size_t i = 0; i < n; i++) {
        struct intake_row row = {.id = ++db->next_intake,
                                 .entry = {.receipt = v[i].receipt,
                                           .source = fake_keep(db, v[i].source),
                                           .peer = fake_keep(db, v[i].peer),
                                           .body = fake_keep(db, v[i].body),
                                           .quarantine = fake_keep(db, v[i].quarantine)},
                                 .received_at = db->clock_at,
                                 .is_waiting = v[i].quarantine.n == 0,
                                 .quarantine = fake_keep(db, v[i].quarantine)};
        VEC_PUSH(&db->arena, &db->t.intake, row);
    }
    return is_inside ? OK : fake_committed(store, err);
}

enum status store_ledger_next(struct store *store, struct arena *arena, size_t max_rows,
                              size_t max_bytes, struct ledger_row **ret, size_t *ret_n,
                              struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    VEC(struct ledger_row) rows = {0};
    size_t bytes = 0;
    if (!fake_call(store, "ledger_next", &status, err)) {
        return status;
    }
    for (size_t i = 0; i < db->t.intake.n && rows.n < max_rows && bytes < max_bytes; i++) {
        const struct intake_row *row = &db->t.intake.v[i];
        if (row->is_waiting) {
            struct ledger_row waiting = {.id = row->id,
                                         .source = str_dup(arena, row->entry.source),
                                         .body = str_dup(arena, row->entry.body),
                                         .received_at = row->received_at};
            VEC_PUSH(arena, &rows, waiting);
            bytes += row->entry.body.n;
        }
    }
    *ret = rows.v;
    *ret_n = rows.n;
    if (rows.n == 0) {
        fake_idle(store);
    }
    return OK;
}

enum status store_receipt(struct store *store, struct arena *arena, struct uuid receipt,
                          struct receipt_state *ret, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    if (!fake_call(store, "receipt", &status, err)) {
        return status;
    }
    for (size_t i = 0; i < db->t.intake.n; i++) {
        const struct intake_row *row = &db->t.intake.v[i];
        if (uuid_eq(row->entry.receipt, receipt)) {
            *ret = (struct receipt_state){.state = row->quarantine.n ? STR("quarantined")
                                                   : row->is_waiting ? STR("waiting")
                                                                     : STR("processed"),
                                          .source = str_dup(arena, row->entry.source),
                                          .reason = str_dup(arena, row->quarantine),
                                          .received_at = row->received_at};
            return OK;
        }
    }
    return err_set(err, ERR_NOT_FOUND, "no such receipt");
}

/* ---- configurations -------------------------------------------------------------------------- */

enum status store_config_save(struct store *store, struct arena *arena, struct str hash,
                              struct str source, struct str by, const struct plan_row *plans,
                              size_t n, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    (void)arena, (void)hash, (void)source, (void)by;
    if (!fake_commit_call(store, "config_save", &status, err)) {
        return status;
    }
    for (size_t i = 0; i < n; i++) {
        bool is_known = false;
        for (size_t k = 0; k < db->t.plans.n && !is_known; k++) {
            is_known = str_eq(db->t.plans.v[k].hash, plans[i].hash);
        }
        struct plan_row row = {fake_keep(db, plans[i].hash), fake_keep(db, plans[i].body)};
        if (!is_known) {
            VEC_PUSH(&db->arena, &db->t.plans, row);
        }
    }
    return fake_committed(store, err);
}

enum status store_plan(struct store *store, struct arena *arena, struct str hash,
                       struct str *ret_body, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    if (!fake_call(store, "plan", &status, err)) {
        return status;
    }
    for (size_t i = 0; i < db->t.plans.n; i++) {
        if (str_eq(db->t.plans.v[i].hash, hash)) {
            *ret_body = str_dup(arena, db->t.plans.v[i].body);
            return OK;
        }
    }
    return err_set(err, ERR_NOT_FOUND, "plan %.*s is not stored", STR_ARG(hash));
}

enum status store_backlog(struct store *store, struct backlog *ret, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    if (!fake_call(store, "backlog", &status, err)) {
        return status;
    }
    *ret = (struct backlog){0};
    for (size_t i = 0; i < db->t.intake.n; i++) {
        ret->ledger_rows += db->t.intake.v[i].is_waiting;
        ret->quarantined += db->t.intake.v[i].quarantine.n > 0;
    }
    for (size_t i = 0; i < db->t.deliveries.n; i++) {
        ret->deliveries += db->t.deliveries.v[i].state == DELIVERY_READY &&
                           db->t.deliveries.v[i].due_at <= db->clock_at;
    }
    return OK;
}
