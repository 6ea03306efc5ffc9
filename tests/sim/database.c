#include "sim/database.h"

#include "base/time_units.h"
#include "sim/check.h"
#include "sim/dice.h"
#include "sim/sometimes.h"
#include "sim/trace.h"
#include "sim/world.h"

#include <string.h>

#define LOCK_TIMEOUT_US (2 * US_PER_S)
#define DEADLINE_US (5 * US_PER_S)
#define CONNECT_US (3 * US_PER_S)

struct database db;

static const size_t version_size[table_COUNT] = {
    [TABLE_INTAKE] = sizeof(struct intake_row),
    [TABLE_QUEUE] = sizeof(struct queue_row),
    [TABLE_QUARANTINE] = sizeof(struct quarantine_row),
    [TABLE_CONFIG] = sizeof(struct config_saved),
    [TABLE_PLAN] = sizeof(struct plan_row),
    [TABLE_INCIDENT] = sizeof(struct incident),
    [TABLE_ALERT] = sizeof(struct alert_row),
    [TABLE_EVENT] = sizeof(struct event_saved),
    [TABLE_DELIVERY] = sizeof(struct delivery_row),
    [TABLE_CONVERSATION] = sizeof(struct conversation_row),
    [TABLE_DESTINATION] = sizeof(struct destination),
    [TABLE_RUN] = sizeof(struct run_row),
    [TABLE_REPLICA] = sizeof(struct replica_row),
    [TABLE_LINK_USE] = sizeof(struct link_use_row),
    [TABLE_TURN] = sizeof(struct turn_row),
    [TABLE_SILENCE] = sizeof(struct silence_saved),
    [TABLE_CLOCK] = sizeof(struct clock_row),
};

void database_reset(void)
{
    db = (struct database){.next_intake = 1,
                           .next_number = 1,
                           .next_delivery = 1,
                           .deadlock_us = US_PER_S,
                           .serves_from = 1};
    struct row *clock = world_alloc(sizeof(*clock)); /* the migration has made it */
    *clock = (struct row){.table = TABLE_CLOCK, .now = world_alloc(sizeof(struct clock_row))};
    WORLD_PUSH(&db.rows[TABLE_CLOCK], clock);
}

int64_t database_server_clock(void)
{
    return db.frozen_clock ? db.frozen_clock : sim_now() + db.clock_offset_us;
}

int64_t database_clock(void)
{
    int64_t server_at = database_server_clock();
    int64_t held_at = db.guard_held_at + (server_at - db.guard_server_at) * 4 / 5;
    return held_at > server_at ? held_at : server_at;
}

/* ---- versions -------------------------------------------------------------------------------- */

const void *row_seen(const struct session *s, const struct row *row)
{
    return row->locker == s && row->is_written ? row->next : row->now;
}

const void *row_committed(const struct row *row)
{
    return row->now;
}

void *row_write(struct session *s, struct row *row)
{
    CHECK(row->locker == s);
    if (row->is_written && row->next) {
        return row->next;
    }
    void *copy = world_alloc(version_size[row->table]);
    if (row->now && !row->is_written) {
        memcpy(copy, row->now, version_size[row->table]);
    }
    row->next = copy;
    row->is_written = true;
    return copy;
}

void row_delete(struct session *s, struct row *row)
{
    CHECK(row->locker == s);
    row->next = NULL;
    row->is_written = true;
}

struct row *row_new(struct session *s, enum table table)
{
    struct row *row = world_alloc(sizeof(*row));
    row->table = table;
    WORLD_PUSH(&db.rows[table], row);
    CHECK(row_try_lock(s, row));
    return row;
}

struct row *row_for_insert(struct session *s, struct row *row, enum table table)
{
    if (!row) {
        return row_new(s, table);
    }
    CHECK(row_try_lock(s, row));
    return row;
}

/* ---- locks ----------------------------------------------------------------------------------- */

bool row_try_lock(struct session *s, struct row *row)
{
    if (row->locker && row->locker != s) {
        SOMETIMES(LOCK_SKIPPED);
        return false;
    }
    if (!row->locker) {
        row->locker = s;
        row->next_locked = s->locked;
        s->locked = row;
    }
    return true;
}

static bool is_deadlock(const struct session *s)
{
    const struct row *row = s->waits_for;
    for (int hops = 0; row && row->locker && hops < 100; hops++) {
        if (row->locker == s) {
            return true;
        }
        row = row->locker->waits_for;
    }
    return false;
}

static enum status wait_for_lock(struct call *c, struct row *row, struct err *err)
{
    struct session *s = c->session;
    int64_t since = sim_now();
    db.waits++;
    SOMETIMES(LOCK_AWAITED);
    while (row->locker && row->locker != s) {
        int64_t waited = sim_now() - since;
        s->waits_for = row;
        row->is_awaited = true;
        if (waited >= db.deadlock_us && is_deadlock(s)) {
            s->waits_for = NULL;
            SOMETIMES(DEADLOCK);
            return call_refuse(c, ERR_UNAVAILABLE, "40P01", err);
        }
        if (waited >= LOCK_TIMEOUT_US) {
            s->waits_for = NULL;
            SOMETIMES(LOCK_TIMEOUT);
            return call_refuse(c, ERR_UNAVAILABLE, "55P03", err);
        }
        (void)task_wait(waited < db.deadlock_us ? db.deadlock_us - waited
                                                : LOCK_TIMEOUT_US - waited);
        s->waits_for = NULL;
        if (s->is_dead) {
            return call_refuse(c, ERR_UNAVAILABLE, "57P01", err);
        }
    }
    return OK;
}

enum status row_lock(struct call *c, struct row *row, struct err *err)
{
    if (row->locker && row->locker != c->session && wait_for_lock(c, row, err) != OK) {
        return err->code;
    }
    CHECK(row_try_lock(c->session, row));
    return OK;
}

enum status row_settle(struct call *c, struct row *row, struct err *err)
{
    bool is_open = row->locker && row->locker != c->session && row->is_written;
    return is_open ? wait_for_lock(c, row, err) : OK;
}

static void wake_waiters(struct row *row)
{
    row->is_awaited = false;
    for (struct session *s = db.sessions; s; s = s->next) {
        if (s->waits_for == row && s->task) {
            task_wake(s->task);
        }
    }
}

static void unlock_all(struct session *s)
{
    while (s->locked) {
        struct row *row = s->locked;
        s->locked = row->next_locked;
        row->locker = NULL;
        row->next_locked = NULL;
        row->next = NULL;
        row->is_written = false;
        if (row->is_awaited) {
            wake_waiters(row);
        }
    }
}

/* ---- the end of transactions ----------------------------------------------------------------- */

static void roll_back(struct session *s)
{
    s->in_tx = false;
    s->is_failed = false;
    unlock_all(s);
}

static void apply(struct session *s)
{
    size_t n = 0;
    for (struct row *row = s->locked; row; row = row->next_locked) {
        n += row->is_written;
    }
    if (n > 0) {
        struct row_change *changes = world_alloc(n * sizeof(*changes));
        size_t at = n; /* the list has the newest first */
        for (struct row *row = s->locked; row; row = row->next_locked) {
            if (row->is_written) {
                changes[--at] = (struct row_change){row, row->now, row->next};
                row->now = row->next;
            }
        }
        db.commits++;
        s->in_tx = false;
        unlock_all(s);
        check_commit(s, changes, n);
    } else {
        roll_back(s);
    }
}

static void end_session(void *arg)
{
    struct session *s = arg;
    if (s->is_dead) {
        return;
    }
    if (s->commits_anyway) {
        SOMETIMES(COMMIT_OUTLIVES_CLIENT);
        apply(s);
    }
    s->is_dead = true;
    roll_back(s);
    for (int lead = 0; lead < 8; lead++) {
        if (db.lead_owner[lead] == s) {
            db.lead_owner[lead] = NULL;
        }
    }
    s->holds_presence = false;
}

/* The client is gone; the server finds out, or not for a while: then it holds its locks. */
static void abandon(struct session *s, int64_t notices_after_us)
{
    if (s->client) {
        s->client->session = NULL;
        s->client = NULL;
    }
    s->task = NULL;
    if (notices_after_us == 0) {
        end_session(s);
    } else {
        sim_at(sim_now() + notices_after_us, end_session, s);
    }
}

void database_close(struct store *store)
{
    if (store->session) {
        abandon(store->session, 0);
    }
}

void database_forget(struct machine *m)
{
    for (struct session *s = db.sessions; s; s = s->next) {
        if (s->client && s->client->machine == m) {
            int64_t hangs = db.commits_hang_until - sim_now();
            bool is_late = s->commits_anyway || dice_chance(300000);
            s->waits_for = NULL;
            abandon(s, is_late ? dice_between(1, US_PER_S) + (hangs > 0 ? hangs : 0) : 0);
        }
    }
}

void database_crash(void)
{
    db.is_down = true;
    for (struct session *s = db.sessions; s; s = s->next) {
        if (!s->is_dead) {
            struct task *task = s->task;
            if (s->commits_anyway) {
                SOMETIMES(COMMIT_LOST_IN_FAILOVER);
            }
            s->commits_anyway = false;
            end_session(s);
            if (task) {
                task_wake(task);
            }
        }
    }
}

void database_come_back(void)
{
    db.is_down = false;
}

void database_fail_over(int64_t clock_step_us)
{
    database_crash();
    db.commits_hang_until = 0;
    db.clock_offset_us += clock_step_us;
    world.clock_forward_us += clock_step_us > 0 ? clock_step_us : 0;
    world.clock_ahead_at = clock_step_us > 0 ? sim_now() : world.clock_ahead_at;
}

size_t database_waiting(void)
{
    size_t n = 0;
    for (const struct session *s = db.sessions; s; s = s->next) {
        n += s->waits_for != NULL;
    }
    return n;
}

/* ---- a client and its calls ------------------------------------------------------------------ */

struct store *database_client(struct machine *m, struct uuid replica, struct link *link)
{
    struct store *store = world_alloc(sizeof(*store));
    store->machine = m;
    store->replica = replica;
    store->link = link;
    return store;
}

static void travel(const struct store *store)
{
    task_sleep(dice_between(20, store->link->trip_us));
}

static enum status connect(struct store *store, struct err *err)
{
    if (store->in_tx) {
        return err_set(err, ERR_UNAVAILABLE, "the connection was lost inside the transaction");
    }
    if (sim_now() < store->retry_at) {
        return err_set(err, ERR_UNAVAILABLE, "database away; next attempt later");
    }
    store->retry_at = sim_now() + US_PER_S;
    bool is_silent = store->link->silent_until > sim_now();
    task_sleep(is_silent ? CONNECT_US : dice_between(500, 3000));
    if (is_silent || db.is_down) {
        SOMETIMES(CONNECT_FAILED);
        return err_set(err, ERR_UNAVAILABLE, "cannot connect");
    }
    struct session *s = world_alloc(sizeof(*s));
    s->client = store;
    s->replica = store->replica;
    s->next = db.sessions;
    db.sessions = s;
    store->session = s;
    store->retry_at = 0;
    store->generation++;
    return OK;
}

/* The connection is closed; what the server makes of it is another matter. */
static enum status lose(struct call *c, bool is_late, int64_t notices_after_us, struct err *err)
{
    enum status code = c->commits ? ERR_UNKNOWN_OUTCOME : is_late ? ERR_TIMEOUT : ERR_UNAVAILABLE;
    if (c->session->client) {
        abandon(c->session, notices_after_us);
    }
    c->store->session = NULL;
    c->session->task = NULL;
    return err_set(err, code, is_late ? "no answer before the deadline" : "connection lost");
}

static int64_t notice_time(void)
{
    return dice_chance(500000) ? 0 : dice_between(1, 10 * US_PER_S);
}

enum status call_begin(struct call *c, struct store *store, bool commits, struct err *err)
{
    *c = (struct call){.store = store, .commits = commits};
    if (!store->in_tx && store->session && store->session->is_dead) {
        store->session = NULL; /* its socket is closed, and that is seen before anything is sent */
    }
    if (!store->session && connect(store, err) != OK) {
        return err->code;
    }
    c->session = store->session;
    c->session->task = task_current();
    db.calls++;
    travel(store);
    if (c->session->is_dead) {
        return lose(c, false, 0, err);
    }
    if (store->link->silent_until > sim_now()) {
        SOMETIMES(LINK_HALF_OPEN);
        c->session->commits_anyway = false;
        task_sleep(DEADLINE_US);
        return lose(c, true, notice_time(), err);
    }
    if (dice_chance(store->link->lose_request)) {
        bool is_late = dice_chance(200000);
        SOMETIMES(REQUEST_LOST);
        c->session->commits_anyway = false;
        if (is_late) {
            task_sleep(DEADLINE_US);
        }
        return lose(c, is_late, notice_time(), err);
    }
    if (c->session->is_failed) {
        return call_refuse(c, ERR_INTERNAL, "25P02", err);
    }
    return OK;
}

static enum status bring_answer(struct call *c, struct err *err)
{
    struct link *link = c->store->link;
    struct session *s = c->session;
    if (s->is_dead) {
        return lose(c, false, 0, err);
    }
    if (c->commits) {
        fault_at_commit(c->store->machine);
    }
    if (c->commits || dice_chance(100000)) {
        travel(c->store);
    }
    /* Of all answers, that to a COMMIT is the worst to lose. */
    if (s->is_dead || dice_chance(c->commits ? 3 * link->lose_answer : link->lose_answer)) {
        SOMETIMES(ANSWER_LOST);
        return lose(c, false, notice_time(), err);
    }
    if (dice_chance(link->late_answer)) {
        SOMETIMES(ANSWER_LATE);
        task_sleep(DEADLINE_US);
        return lose(c, true, notice_time(), err);
    }
    s->task = NULL;
    return OK;
}

enum status call_refuse(struct call *c, enum status code, const char *sqlstate, struct err *err)
{
    struct session *s = c->session;
    c->commits = false;
    if (s->in_tx) { /* what it has done is undone at once; until ROLLBACK it takes nothing more */
        unlock_all(s);
        s->is_failed = true;
    } else {
        roll_back(s);
    }
    if (bring_answer(c, err) != OK) {
        return err->code;
    }
    return err_set(err, code, "SQLSTATE %s", sqlstate);
}

/* Makes it permanent, when the standby has it, too. False: the client did not wait so long. */
static bool commit_here(struct call *c)
{
    struct session *s = c->session;
    int64_t until = sim_now() + DEADLINE_US;
    while (db.commits_hang_until > sim_now() && !s->is_dead) {
        SOMETIMES(COMMIT_HANGS);
        s->commits_anyway = true;
        if (db.commits_hang_until > until) {
            task_sleep(until > sim_now() ? until - sim_now() : 0);
            return s->is_dead;
        }
        task_sleep(db.commits_hang_until - sim_now());
    }
    if (world.chances.commits_hang && !world.is_calm && dice_chance(2000)) {
        SOMETIMES(COMMIT_SLOW);
        world.is_disturbed = true;
        task_sleep(dice_between(US_PER_S, 4900 * US_PER_MS));
    }
    s->commits_anyway = false;
    if (!s->is_dead) {
        apply(s);
    }
    return true;
}

enum status call_end(struct call *c, struct err *err)
{
    struct session *s = c->session;
    if (!s->in_tx && !s->is_dead) {
        if (c->commits && !commit_here(c)) {
            SOMETIMES(COMMIT_TIMEOUT);
            int64_t left = db.commits_hang_until - sim_now();
            return lose(c, true, left > 0 ? left : 0, err);
        }
        roll_back(s);
    }
    return bring_answer(c, err);
}

/* ---- transactions ---------------------------------------------------------------------------- */

enum status store_begin(struct store *store, int64_t *ret_now, struct err *err)
{
    struct call c;
    CHECK(!store->in_tx);
    if (call_begin(&c, store, false, err) != OK) {
        return err->code;
    }
    c.session->in_tx = true;
    *ret_now = database_clock();
    if (call_end(&c, err) != OK) {
        return err->code;
    }
    store->in_tx = true;
    return OK;
}

/* COMMIT of what has failed rolls back, and the adapter says so. */
static enum status commit_failed(struct store *store, struct err *err)
{
    struct call c;
    store->session->is_failed = false;
    if (call_begin(&c, store, false, err) != OK) {
        return err->code;
    }
    roll_back(c.session);
    return call_refuse(&c, ERR_INTERNAL, "25P02", err);
}

static enum status commit(struct store *store, struct err *err)
{
    struct call c;
    /* On its way it may reach the server although its sender dies. */
    store->session->commits_anyway = dice_chance(500000);
    if (call_begin(&c, store, true, err) != OK) {
        return err->code;
    }
    c.session->commits_anyway = false;
    c.session->in_tx = false;
    return call_end(&c, err);
}

enum status store_commit(struct store *store, struct err *err)
{
    CHECK(store->in_tx);
    enum status status;
    if (!store->session) {
        status = err_set(err, ERR_UNAVAILABLE, "the connection was lost inside the transaction");
    } else {
        status = store->session->is_failed ? commit_failed(store, err) : commit(store, err);
    }
    store->in_tx = false;
    return status;
}

void store_rollback(struct store *store)
{
    struct call c;
    struct err err = ERR_INIT;
    if (!store->in_tx) {
        return;
    }
    store->in_tx = false;
    if (store->session && !store->session->is_dead) {
        store->session->is_failed = false;
        if (call_begin(&c, store, false, &err) == OK) {
            roll_back(c.session);
            if (call_end(&c, &err) != OK) {
                store->session = NULL;
            }
        }
    } else if (store->session) {
        store->session->client = NULL;
        store->session = NULL;
    }
}

/* ---- rows by key ----------------------------------------------------------------------------- */

static const void *any_version(const struct row *row)
{
    return row->is_written && row->next ? row->next : row->now;
}

struct row *row_of_incident(struct uuid id)
{
    FOR_ROWS(TABLE_INCIDENT, row)
    {
        const struct incident *in = any_version(row);
        if (in && uuid_eq(in->id, id)) {
            return row;
        }
    }
    return NULL;
}

const struct incident *incident_seen(const struct session *s, struct uuid id)
{
    const struct row *row = row_of_incident(id);
    return row ? row_seen(s, row) : NULL;
}

struct row *row_of_delivery(int64_t id)
{
    FOR_ROWS(TABLE_DELIVERY, row)
    {
        const struct delivery_row *d = any_version(row);
        if (d && d->d.id == id) {
            return row;
        }
    }
    return NULL;
}

struct row *row_of_alert(struct uuid incident, uint64_t fingerprint)
{
    FOR_ROWS(TABLE_ALERT, row)
    {
        const struct alert_row *a = any_version(row);
        if (a && a->alert.fingerprint == fingerprint && uuid_eq(a->incident, incident)) {
            return row;
        }
    }
    return NULL;
}

struct row *row_of_queue(int64_t id)
{
    FOR_ROWS(TABLE_QUEUE, row)
    {
        const struct queue_row *q = any_version(row);
        if (q && q->id == id) {
            return row;
        }
    }
    return NULL;
}
