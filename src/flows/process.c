/* process — ledger rows become incidents.
 *
 *   1 lead     one process flow per database: the order of the ledger is the order of the alerts;
 *              asked again in every transaction
 *   2 load     the oldest waiting rows
 *   3 read     bodies → alerts; what cannot be read is quarantined
 *   4 route    alert → receivers → groups, one incident each (grouping), and the incidents in which
 *              it fires, wherever the routing leads now (strays)
 *   5 lock     the groups' incidents and what is known of their alerts
 *   6 decide   per group: news, transition, first steps of the escalation (grouping)
 *   7 write    everything in one commit, with the rows off the queue
 * A failure loses nothing: the rows are still in the ledger. A row that alone makes a batch fail is
 * quarantined after it failed alone. */
#include "base/entropy.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/monotonic.h"
#include "flows/flows.h"
#include "flows/grouping.h"
#include "flows/heartbeats.h"
#include "flows/muting.h"
#include "flows/patience.h"
#include "flows/self_alert.h"
#include "flows/strays.h"
#include "flows/trouble.h"
#include "wire/alert_text.h"
#include "wire/payload.h"
#include "wire/plan_text.h"

enum { ROWS_MAX = 256, BYTES_MAX = 4 * 1024 * 1024 };
#define IDLE_US (200 * US_PER_MS)
#define NOT_LEADING_US (300 * US_PER_MS)

static struct metric rows_total = METRIC_COUNTER("alertify_process_rows_total",
                                                 "Ledger rows processed, by payload kind.", "kind");
static struct metric alerts_total = METRIC_COUNTER("alertify_process_alerts_total",
                                                   "Alerts processed, by what they meant.", "news");
static struct metric incidents_total =
    METRIC_COUNTER("alertify_incidents_total", "Incidents by what happened to them.", "event");
static struct metric failures_total =
    METRIC_COUNTER("alertify_process_failures_total", "Batches that were rolled back.", "code");
static struct metric duration = METRIC_HISTOGRAM(
    "alertify_process_seconds", "Time to process one batch.", metric_latency_buckets, NULL);
static struct metric lag =
    METRIC_HISTOGRAM("alertify_process_lag_seconds", "From ledger commit to incident commit.",
                     metric_latency_buckets, NULL);

/* What a row says. */
struct body {
    const struct ledger_row *row;
    const struct alert *alerts;
    size_t n;
};

struct batch {
    struct arena *arena;
    struct deps *deps;
    struct store *store;
    const struct snapshot *snapshot;
    struct muting *muting;
    struct strays strays;
    int64_t now_at;
    struct ledger_row *rows;
    size_t n_rows;
    VEC(struct body) bodies;
    VEC(struct quarantine_write) quarantined;
    VEC(int64_t) processed;
    VEC(struct heartbeat_fed) fed;
    struct incident *incidents; /* of the groups */
    size_t n_incidents;
    struct grouping grouping;
    struct grouping_world world;
};

/* ---- 3 read, 4 route ------------------------------------------------------------------------- */

static void quarantine(struct batch *b, const struct ledger_row *row, const struct err *err)
{
    struct quarantine_write bad = {
        row->id, str_dup(b->arena, str_from(err->detail[0] ? err->detail : "not readable"))};
    VEC_PUSH(b->arena, &b->quarantined, bad);
    metric_add(&rows_total, 1, STR("quarantined"));
    LOG(LOG_WARNING, "ledger row quarantined", KV_INT("intake", row->id),
        KV_STR("source", row->source), KV_ERR(err));
}

/* An alert that is somebody's sign of life goes no further. */
static bool is_beat(struct batch *b, const struct ledger_row *row, const struct alert *alert)
{
    const struct heartbeat *heartbeat =
        settings_fed_heartbeat(b->snapshot->settings, alert->labels);
    if (heartbeat && alert->status == ALERT_FIRING) {
        struct heartbeat_fed fed = {heartbeat, row->received_at};
        VEC_PUSH(b->arena, &b->fed, fed);
    }
    return heartbeat != NULL;
}

static void read_row(struct batch *b, const struct ledger_row *row)
{
    const struct source *source = settings_source(b->snapshot->settings, row->source);
    enum source_type hint = source ? source->type : SOURCE_ALERTMANAGER;
    struct payload payload;
    struct err err = ERR_INIT;
    VEC_PUSH(b->arena, &b->processed, row->id);
    if (payload_parse(b->arena, hint, row->source, row->body, &payload, &err) != OK) {
        quarantine(b, row, &err);
        return;
    }
    metric_add(&rows_total, 1, str_from(payload_kind_name(payload.kind)));
    struct body body = {row, payload.alerts, payload.n_alerts};
    VEC_PUSH(b->arena, &b->bodies, body);
}

static enum status load_strays(struct batch *b, struct err *err)
{
    VEC(uint64_t) fingerprints = {0};
    for (size_t i = 0; i < b->bodies.n; i++) {
        for (size_t k = 0; k < b->bodies.v[i].n; k++) {
            VEC_PUSH(b->arena, &fingerprints, b->bodies.v[i].alerts[k].fingerprint);
        }
    }
    return strays_load(&b->strays, b->arena, b->store, fingerprints.v, fingerprints.n, b->now_at,
                       err);
}

static void route_body(struct batch *b, const struct body *body)
{
    const struct ledger_row *row = body->row;
    for (size_t i = 0; i < body->n; i++) {
        struct alert *alert = ARENA_NEW(b->arena, struct alert);
        *alert = body->alerts[i];
        if (!is_beat(b, row, alert)) {
            (void)grouping_add(&b->grouping, row->id, row->source, alert, row->received_at);
        }
        for (const struct stray *s = strays_of(&b->strays, alert->fingerprint); s; s = s->next) {
            grouping_add_stray(&b->grouping, s->group_key, row->id, row->source, alert);
        }
    }
}

/* ---- 5 lock ---------------------------------------------------------------------------------- */

static enum status lock_incidents(struct batch *b, struct err *err)
{
    size_t n_groups = b->grouping.groups.n;
    uint8_t(*keys)[GROUP_KEY_BYTES] = arena_array(b->arena, n_groups, GROUP_KEY_BYTES);
    for (size_t i = 0; i < n_groups; i++) {
        memcpy(keys[i], b->grouping.groups.v[i]->key, GROUP_KEY_BYTES);
    }
    if (store_groups_lock(b->store, b->arena, (const uint8_t(*)[GROUP_KEY_BYTES])keys, n_groups,
                          &b->incidents, &b->n_incidents, err) != OK) {
        return err->code;
    }
    for (size_t i = 0; i < b->n_incidents; i++) {
        grouping_meet(&b->grouping, &b->incidents[i]);
    }
    return OK;
}

static enum status load_known_alerts(struct batch *b, struct err *err)
{
    struct alert_key *keys;
    struct alert_known *found;
    size_t n_keys, n;
    grouping_asks(&b->grouping, &keys, &n_keys);
    if (n_keys == 0) {
        return OK;
    }
    if (store_alerts_known(b->store, b->arena, keys, n_keys, &found, &n, err) != OK) {
        return err->code;
    }
    for (size_t i = 0; i < n; i++) {
        grouping_know(&b->grouping, found[i].key, found[i].state);
    }
    return OK;
}

/* What is not readable is the business of the escalate flow: it says so and has a substitute. */
static enum status load_plan(struct batch *b, struct incident *incident, struct err *err)
{
    struct str body;
    struct err cause = ERR_INIT;
    enum status status = store_plan(b->store, b->arena, incident->plan_hash, &body, &cause);
    if (status == OK) {
        status = plan_parse(b->arena, body, &incident->plan, &cause);
    }
    if (status == OK || status == ERR_NOT_FOUND || status == ERR_SYNTAX || status == ERR_INVALID) {
        incident->plan = status == OK ? incident->plan : (struct plan){0};
        return OK;
    }
    *err = cause;
    return status;
}

/* Of those that may become more severe: where their escalation has been, and whether they may. */
static enum status load_rises(struct batch *b, struct err *err)
{
    struct uuid *rises, *set;
    size_t n;
    grouping_rises(&b->grouping, &rises, &n);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < b->n_incidents; k++) {
            if (uuid_eq(b->incidents[k].id, rises[i]) &&
                load_plan(b, &b->incidents[k], err) != OK) {
                return err->code;
            }
        }
    }
    if (n > 0 && store_severities_set(b->store, b->arena, rises, n, &set, &b->world.n_set_severity,
                                      err) != OK) {
        return err->code;
    }
    b->world.set_severity = n > 0 ? set : NULL;
    return OK;
}

/* ---- 6 decide -------------------------------------------------------------------------------- */

static struct uuid new_id(void *arg)
{
    struct batch *b = arg;
    uint8_t random[10];
    entropy_fill(random, sizeof(random));
    return uuid_v7(b->now_at, random);
}

static enum status load_told(struct batch *b, struct err *err)
{
    struct told_row *told;
    VEC(struct uuid) ids = {0};
    for (size_t i = 0; i < b->grouping.groups.n; i++) {
        const struct incident *incident = b->grouping.groups.v[i]->incident;
        if (incident) {
            VEC_PUSH(b->arena, &ids, incident->id);
        }
    }
    if (ids.n == 0) {
        return OK;
    }
    enum status status = store_told(b->store, b->arena, ids.v, ids.n, &told, &b->world.n_told, err);
    b->world.told = told;
    return status;
}

static enum status load_overrides(struct batch *b, struct err *err)
{
    const struct directory *directory = &b->snapshot->settings->directory;
    struct override_row *rows;
    size_t n;
    if (directory->n_schedules == 0) {
        return OK;
    }
    if (store_overrides(b->store, b->arena, b->now_at, b->now_at + 1, &rows, &n, err) != OK) {
        return err->code;
    }
    b->world.overrides = directory_overrides(directory, rows, n, b->arena);
    return OK;
}

/* What fires, with what this batch brings: a source and its target may come together. */
static enum status load_mutes(struct batch *b, struct err *err)
{
    if (muting_refresh(b->muting, b->store, b->now_at, err) != OK) {
        return err->code;
    }
    for (size_t i = 0; i < b->grouping.groups.n; i++) {
        const struct group *group = b->grouping.groups.v[i];
        for (size_t k = 0; k < group->arrivals.n; k++) {
            if (group->arrivals.v[k].alert->status == ALERT_FIRING) {
                muting_add(b->muting, group->arrivals.v[k].alert->labels);
            }
        }
    }
    b->world.inhibitor = &b->muting->inhibitor;
    b->world.silences = b->muting->silences;
    return OK;
}

static enum status decide(struct batch *b, struct err *err)
{
    if (load_overrides(b, err) != OK || load_told(b, err) != OK || load_mutes(b, err) != OK) {
        return err->code;
    }
    b->world.new_id = new_id;
    b->world.new_id_arg = b;
    grouping_decide(&b->grouping, &b->world);
    return OK;
}

/* ---- 7 write --------------------------------------------------------------------------------- */

static enum status write_and_commit(struct batch *b, struct err *err)
{
    const struct grouping *g = &b->grouping;
    for (size_t i = 0; i < g->writes.n; i++) {
        struct alert_write *write = &g->writes.v[i];
        write->labels_text = labels_format_json(b->arena, write->alert->labels);
        write->annotations_text = labels_format_json(b->arena, write->alert->annotations);
    }
    struct changes changes = {
        .now_at = b->now_at,
        .processed = b->processed.v,
        .n_processed = b->processed.n,
        .quarantined = b->quarantined.v,
        .n_quarantined = b->quarantined.n,
        .decisions = g->decisions.v,
        .n_decisions = g->decisions.n,
        .alerts = g->writes.v,
        .n_alerts = g->writes.n,
    };
    if (store_write(b->store, b->arena, &changes, err) != OK || store_commit(b->store, err) != OK) {
        return err->code;
    }
    self_alert_watch(b->deps->self_alerts, g->decisions.v, g->decisions.n);
    return OK;
}

/* ---- the flow -------------------------------------------------------------------------------- */

/* The lead lasts as long as its connection, and store_begin may just have made a new one. Within
 * the transaction that cannot happen any more. */
static enum status take_lead(struct batch *b, struct err *err)
{
    bool is_mine = false;
    if (store_lead(b->store, LEAD_PROCESS, &is_mine, err) != OK) {
        return err->code;
    }
    if (!is_mine) {
        return err_set(err, ERR_CONFLICT, "another replica leads by now");
    }
    return OK;
}

static enum status process_rows(struct batch *b, size_t max_rows, struct err *err)
{
    if (store_begin(b->store, &b->now_at, err) != OK || take_lead(b, err) != OK) {
        return err->code;
    }
    if (store_ledger_next(b->store, b->arena, max_rows, BYTES_MAX, &b->rows, &b->n_rows, err) !=
        OK) {
        return err->code;
    }
    if (b->n_rows == 0) {
        store_rollback(b->store);
        return OK;
    }
    for (size_t i = 0; i < b->n_rows; i++) {
        read_row(b, &b->rows[i]);
    }
    if (load_strays(b, err) != OK) {
        return err->code;
    }
    grouping_init(&b->grouping, b->arena, b->snapshot, b->now_at);
    for (size_t i = 0; i < b->bodies.n; i++) {
        route_body(b, &b->bodies.v[i]);
    }
    if (lock_incidents(b, err) != OK || load_known_alerts(b, err) != OK ||
        load_rises(b, err) != OK || decide(b, err) != OK) {
        return err->code;
    }
    if (heartbeats_feed(b->store, b->arena, b->snapshot->settings, b->fed.v, b->fed.n, b->now_at,
                        err) != OK) {
        return err->code;
    }
    return write_and_commit(b, err);
}

/* The one row of a batch of one cannot be processed: off the queue, kept and visible. */
static enum status quarantine_row(struct batch *b, const struct err *cause, struct err *err)
{
    struct quarantine_write bad = {b->rows[0].id, str_from(cause->detail)};
    struct changes changes = {
        .processed = &bad.intake_id, .n_processed = 1, .quarantined = &bad, .n_quarantined = 1};
    if (store_begin(b->store, &changes.now_at, err) != OK || take_lead(b, err) != OK ||
        store_write(b->store, b->arena, &changes, err) != OK) {
        store_rollback(b->store);
        return err->code;
    }
    return store_commit(b->store, err);
}

static void count_news(const struct grouping_counts *counts)
{
    for (int news = 0; news < alert_news_COUNT; news++) {
        if (counts->by_news[news] > 0) {
            metric_add(&alerts_total, (double)counts->by_news[news],
                       str_from(alert_news_name((enum alert_news)news)));
        }
    }
    metric_add(&incidents_total, (double)counts->opened, STR("opened"));
    metric_add(&incidents_total, (double)counts->reopened, STR("reopened"));
    metric_add(&incidents_total, (double)counts->resolved, STR("resolved"));
}

static void note_success(const struct batch *b)
{
    bool has_deliveries = false, has_runs = false, is_due = false;
    for (size_t i = 0; i < b->grouping.decisions.n; i++) {
        int64_t wake_at = b->grouping.decisions.v[i]->incident.wake_at;
        is_due |= wake_at != AT_NONE && wake_at <= b->now_at;
        has_deliveries |= b->grouping.decisions.v[i]->intents.n > 0;
        has_runs |= b->grouping.decisions.v[i]->runs.n > 0;
    }
    if (has_deliveries) {
        transfers_wake(b->deps->transfers);
    }
    if (has_runs && b->deps->runner) {
        runner_wake(b->deps->runner);
    }
    if (is_due) {
        mailbox_nudge(b->deps->escalate);
    }
    count_news(&b->grouping.counts);
    metric_observe(&lag, (double)(b->now_at - b->rows[0].received_at) / 1e6);
}

/* Returns how many rows were done. */
static size_t process_once(struct deps *deps, struct store *store, struct arena *arena,
                           struct muting *muting, struct patience *patience)
{
    struct err err = ERR_INIT;
    struct batch b = {.arena = arena, .deps = deps, .store = store, .muting = muting};
    int64_t started = monotonic_us();
    b.snapshot = configuration_ref(deps->configuration);
    enum status status = process_rows(&b, patience->max, &err);
    size_t done = 0;
    if (status == OK && b.n_rows > 0) {
        done = b.n_rows;
        patience_succeeded(patience);
        note_success(&b);
        metric_observe(&duration, (double)(monotonic_us() - started) / 1e6);
    } else if (status != OK) {
        store_rollback(store);
        metric_add(&failures_total, 1, str_from(status_name(status)));
        LOG(trouble_level(deps, &err), "batch rolled back", KV_INT("rows", b.n_rows), KV_ERR(&err));
        enum patience_advice advice = patience_failed(patience, status, b.n_rows);
        done = advice == PATIENCE_NARROW; /* try again at once */
        if (advice == PATIENCE_SET_ASIDE) {
            struct err second = ERR_INIT;
            if (quarantine_row(&b, &err, &second) == OK) {
                LOG(LOG_ERROR, "ledger row quarantined", KV_INT("intake", b.rows[0].id),
                    KV_ERR(&err));
                patience_succeeded(patience);
                done = 1;
            }
        }
    } else {
        patience_restore(patience);
    }
    configuration_unref(b.snapshot);
    return done;
}

static bool is_leading(struct store *store)
{
    struct err err = ERR_INIT;
    bool is_mine = false;
    return store_lead(store, LEAD_PROCESS, &is_mine, &err) == OK && is_mine;
}

void flow_process(struct deps *deps, struct store *store)
{
    struct arena arena;
    struct muting muting;
    struct patience patience = PATIENCE(ROWS_MAX);
    void *nothing[1];
    arena_init(&arena);
    muting_init(&muting, deps->configuration);
    metric_register(&duration);
    metric_register(&lag);
    while (deps_may_work(deps)) {
        if (!is_leading(store)) {
            mailbox_take(deps->process, nothing, 1, NOT_LEADING_US);
            continue;
        }
        if (process_once(deps, store, &arena, &muting, &patience) == 0) {
            mailbox_take(deps->process, nothing, 1, IDLE_US);
        }
        arena_clear(&arena);
    }
    store_leave(store); /* another one processes from now on */
    muting_release(&muting);
    arena_release(&arena);
}
