/* The fake store: deliveries, conversations, script runs. */
#include "fake_store.h"

#include <stdlib.h>
#include <string.h>

/* ---- deliveries ------------------------------------------------------------------------------ */

/* What waits and need not go first: in front of a page nothing, an update never, a page not when
 * nobody needs it any more. */
static bool steps_aside(struct fake_database *db, const struct delivery_row *other,
                        const struct delivery_row *row)
{
    bool is_spent = other->d.kind == NOTICE_PAGE &&
                    fake_incident(db, other->d.incident)->state != INCIDENT_OPEN;
    return other->state == DELIVERY_READY &&
           (row->d.kind == NOTICE_PAGE || other->d.kind == NOTICE_UPDATE || is_spent);
}

static bool is_same_contact(const struct delivery_row *a, const struct delivery_row *b)
{
    return uuid_eq(a->d.incident, b->d.incident) && a->d.contact.channel == b->d.contact.channel &&
           str_eq(a->d.contact.address, b->d.contact.address);
}

/* Is there a newer page to that contact which was sent, or (`waiting`) is on its way? */
static bool has_newer(const struct fake_database *db, const struct delivery_row *row, bool waiting)
{
    for (size_t i = 0; i < db->t.deliveries.n; i++) {
        const struct delivery_row *other = &db->t.deliveries.v[i];
        bool counts =
            other->state == DELIVERY_SENT ||
            (waiting && (other->state == DELIVERY_READY || other->state == DELIVERY_SENDING));
        if (row->d.kind == NOTICE_PAGE && other->d.kind == NOTICE_PAGE && counts &&
            other->d.id > row->d.id && other->d.cycle == row->d.cycle &&
            is_same_contact(other, row) && str_eq(other->d.contact.user, row->d.contact.user)) {
            return true;
        }
    }
    return false;
}

/* A contact hears of its incident in order: an earlier message on its way goes first. */
static bool is_behind_another(struct fake_database *db, const struct delivery_row *row)
{
    for (size_t i = 0; i < db->t.deliveries.n; i++) {
        const struct delivery_row *other = &db->t.deliveries.v[i];
        if (other->d.id < row->d.id && is_same_contact(other, row) &&
            other->d.kind != NOTICE_STORM && row->d.kind != NOTICE_STORM &&
            (other->state == DELIVERY_READY || other->state == DELIVERY_SENDING) &&
            !steps_aside(db, other, row)) {
            return true;
        }
    }
    return false;
}

static bool is_due(const struct fake_database *db, const struct delivery_row *row)
{
    return (row->state == DELIVERY_READY && row->due_at <= db->clock_at) ||
           (row->state == DELIVERY_SENDING && row->deadline_at < db->clock_at);
}

static struct delivery loaded(const struct delivery_row *row)
{
    struct delivery d = row->d;
    d.may_be_repeated =
        (row->has_outcome && row->outcome == OUTCOME_UNKNOWN) || row->state == DELIVERY_SENDING;
    return d;
}

struct waiting {
    struct delivery_row *row;
    int priority;
};

/* Pages before the rest, urgent ones first, the newest first; the rest in the order of time. */
static int by_turn(const void *a, const void *b)
{
    const struct waiting *x = a, *y = b;
    if (x->priority != y->priority) {
        return x->priority - y->priority;
    }
    bool is_earlier = x->row->due_at != y->row->due_at ? x->row->due_at < y->row->due_at
                                                       : x->row->d.id < y->row->d.id;
    return is_earlier == (x->priority < 2) ? 1 : -1;
}

enum status store_deliveries_due(struct store *store, struct arena *arena,
                                 const size_t max[channel_kind_COUNT], struct delivery **ret,
                                 size_t *ret_n, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    size_t taken[channel_kind_COUNT] = {0};
    VEC(struct delivery) due = {0};
    VEC(struct waiting) found = {0};
    CHECK(db->owner == store);
    if (!fake_call(store, "deliveries_due", &status, err)) {
        return status;
    }
    for (size_t i = 0; i < db->t.deliveries.n; i++) {
        struct delivery_row *row = &db->t.deliveries.v[i];
        if (is_due(db, row) && !is_behind_another(db, row)) {
            struct str severity = fake_incident(db, row->d.incident)->severity;
            struct waiting one = {row, notice_priority(row->d.kind, severity)};
            VEC_PUSH(arena, &found, one);
        }
    }
    if (found.n > 0) {
        qsort(found.v, found.n, sizeof(*found.v), by_turn);
    }
    for (size_t i = 0; i < found.n; i++) {
        enum channel_kind channel = found.v[i].row->d.contact.channel;
        if (taken[channel]++ < max[channel]) {
            VEC_PUSH(arena, &due, loaded(found.v[i].row));
        }
    }
    if (due.n == 0) {
        fake_idle(store);
    }
    *ret = due.v;
    *ret_n = due.n;
    return OK;
}

enum status store_pages_outrun(struct store *store, struct arena *arena, struct delivery *v,
                               size_t n, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    (void)arena;
    if (!fake_call(store, "pages_outrun", &status, err)) {
        return status;
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < db->t.deliveries.n; k++) {
            const struct delivery_row *row = &db->t.deliveries.v[k];
            if (row->d.id == v[i].id) {
                v[i].is_outrun = has_newer(db, row, true);
                v[i].is_replaced = has_newer(db, row, false);
            }
        }
    }
    return OK;
}

enum status store_delivery(struct store *store, struct arena *arena, int64_t id,
                           struct delivery *ret, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    (void)arena;
    if (!fake_call(store, "delivery", &status, err)) {
        return status;
    }
    for (size_t i = 0; i < db->t.deliveries.n; i++) {
        if (db->t.deliveries.v[i].d.id == id) {
            *ret = loaded(&db->t.deliveries.v[i]);
            return OK;
        }
    }
    return err_set(err, ERR_NOT_FOUND, "no such delivery");
}

static bool write_delivery(struct fake_database *db, const struct delivery_write *w)
{
    for (size_t i = 0; i < db->t.deliveries.n; i++) {
        struct delivery_row *row = &db->t.deliveries.v[i];
        if (row->d.id != w->id || row->d.fence != w->fence ||
            (w->has_outcome && row->state != DELIVERY_SENDING)) {
            continue;
        }
        bool ends_attempt = row->state == DELIVERY_SENDING && !w->has_outcome;
        row->d.fence += w->state == DELIVERY_SENDING || ends_attempt;
        row->state = w->state;
        row->deadline_at = AT_NONE;
        if (w->state == DELIVERY_SENDING) {
            row->deadline_at = w->deadline_at;
        }
        if (w->state == DELIVERY_READY) {
            row->due_at = w->due_at;
        }
        row->sent_at = w->state == DELIVERY_SENT ? db->clock_at : AT_NONE;
        row->d.attempts = w->attempts;
        if (w->has_outcome || ends_attempt) {
            row->has_outcome = true;
            row->outcome = ends_attempt ? OUTCOME_UNKNOWN : w->outcome;
        }
        row->reason = fake_keep(db, w->reason);
        row->d.contact = fake_keep_contact(db, w->contact);
        row->d.contacts_text = fake_keep(db, w->contacts_text);
        row->d.is_plain = w->is_plain;
        row->covered_by = w->state == DELIVERY_COVERED ? w->covered_by : 0;
        if (w->ref.n > 0) {
            row->d.ref = fake_keep(db, w->ref);
        }
        return true;
    }
    return false;
}

enum status store_deliveries_write(struct store *store, struct arena *arena,
                                   const struct delivery_write *v, size_t n, size_t *ret_written,
                                   struct err *err)
{
    enum status status;
    (void)arena;
    CHECK(store->db->owner == store);
    if (!fake_call(store, "deliveries_write", &status, err)) {
        return status;
    }
    *ret_written = 0;
    for (size_t i = 0; i < n; i++) {
        *ret_written += write_delivery(store->db, &v[i]);
    }
    return OK;
}

static void write_conversation(struct fake_database *db, const struct conversation_write *w)
{
    for (size_t i = 0; i < db->t.conversations.n; i++) {
        struct conversation_write *old = &db->t.conversations.v[i].c;
        if (uuid_eq(old->incident, w->incident) && old->cycle == w->cycle &&
            old->contact.channel == w->contact.channel &&
            str_eq(old->contact.address, w->contact.address)) {
            old->ref = w->ref.n ? fake_keep(db, w->ref) : old->ref;
            old->told_seq = w->told_seq > old->told_seq ? w->told_seq : old->told_seq;
            return;
        }
    }
    struct conversation_row row = {.c = *w};
    row.c.contact = fake_keep_contact(db, w->contact);
    row.c.label = fake_keep(db, w->label);
    row.c.ref = fake_keep(db, w->ref);
    VEC_PUSH(&db->arena, &db->t.conversations, row);
}

enum status store_conversations_write(struct store *store, struct arena *arena,
                                      const struct conversation_write *v, size_t n, struct err *err)
{
    enum status status;
    (void)arena;
    CHECK(store->db->owner == store);
    if (!fake_call(store, "conversations_write", &status, err)) {
        return status;
    }
    for (size_t i = 0; i < n; i++) {
        write_conversation(store->db, &v[i]);
    }
    return OK;
}

/* ---- runs ------------------------------------------------------------------------------------ */

enum status store_runs_requested(struct store *store, struct arena *arena, size_t max,
                                 struct run **ret, size_t *ret_n, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    VEC(struct run) found = {0};
    if (!fake_call(store, "runs_requested", &status, err)) {
        return status;
    }
    for (size_t i = 0; i < db->t.runs.n && found.n < max; i++) {
        if (db->t.runs.v[i].run.state == RUN_STATE_REQUESTED) {
            VEC_PUSH(arena, &found, db->t.runs.v[i].run);
        }
    }
    if (found.n == 0) {
        fake_idle(store);
    }
    *ret = found.v;
    *ret_n = found.n;
    return OK;
}

static bool is_owner_gone(const struct fake_database *db, struct uuid owner)
{
    for (size_t i = 0; i < db->t.replicas.n; i++) {
        const struct presence_row *row = &db->t.replicas.v[i];
        if (uuid_eq(row->replica, owner)) {
            return !row->is_alive && row->seen_at < db->clock_at - 6 * US_PER_S;
        }
    }
    return true;
}

enum status store_runs_orphaned(struct store *store, struct arena *arena, size_t max,
                                struct run **ret, size_t *ret_n, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    VEC(struct run) found = {0};
    if (!fake_call(store, "runs_orphaned", &status, err)) {
        return status;
    }
    for (size_t i = 0; i < db->t.runs.n && found.n < max; i++) {
        const struct run_row *row = &db->t.runs.v[i];
        bool is_long_past = row->deadline_at < db->clock_at - 30 * US_PER_S;
        bool is_deserted = !uuid_eq(row->owner, store->replica) && is_owner_gone(db, row->owner);
        if (row->run.state == RUN_STATE_STARTED && (is_long_past || is_deserted)) {
            VEC_PUSH(arena, &found, row->run);
        }
    }
    *ret = found.v;
    *ret_n = found.n;
    return OK;
}

static struct run_row *run_of(struct fake_database *db, struct uuid id)
{
    for (size_t i = 0; i < db->t.runs.n; i++) {
        if (uuid_eq(db->t.runs.v[i].run.id, id)) {
            return &db->t.runs.v[i];
        }
    }
    return NULL;
}

enum status store_run_write(struct store *store, struct arena *arena, const struct run *run,
                            struct uuid owner, int64_t deadline_at, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    (void)arena;
    CHECK(db->owner == store);
    if (!fake_call(store, "run_write", &status, err)) {
        return status;
    }
    struct run_row *row = run_of(db, run->id);
    bool is_start = run->state == RUN_STATE_STARTED;
    bool fits = row && row->run.fence == run->fence &&
                (row->run.state == RUN_STATE_REQUESTED ||
                 (!is_start && row->run.state == RUN_STATE_STARTED));
    if (!fits) {
        db->is_broken = true;
        return err_set(err, ERR_STALE_FENCE, "the run was taken over");
    }
    row->run.state = run->state;
    if (is_start) {
        row->run.started_at = db->clock_at;
        row->run.fence++;
        row->owner = owner;
        row->deadline_at = deadline_at;
    } else {
        row->run.ended_at = db->clock_at;
        row->run.code = run->code;
        row->run.output = fake_keep(db, run->output);
    }
    return OK;
}

enum status store_run_newest(struct store *store, struct arena *arena, struct uuid incident,
                             int cycle, struct run *ret, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    const struct run_row *newest = NULL;
    (void)arena;
    if (!fake_call(store, "run_newest", &status, err)) {
        return status;
    }
    for (size_t i = 0; i < db->t.runs.n; i++) {
        const struct run_row *row = &db->t.runs.v[i];
        if (uuid_eq(row->run.incident, incident) && row->cycle == cycle &&
            row->run.ended_at != AT_NONE &&
            (!newest || row->run.ended_at >= newest->run.ended_at)) {
            newest = row;
        }
    }
    if (!newest) {
        return err_set(err, ERR_NOT_FOUND, "no such run");
    }
    *ret = newest->run;
    return OK;
}

enum status store_run(struct store *store, struct arena *arena, struct uuid id, struct run *ret,
                      struct err *err)
{
    enum status status;
    (void)arena;
    if (!fake_call(store, "run", &status, err)) {
        return status;
    }
    const struct run_row *row = run_of(store->db, id);
    if (!row) {
        return err_set(err, ERR_NOT_FOUND, "no such run");
    }
    *ret = row->run;
    return OK;
}
