/* process — ledger rows become incidents.
 *
 *   1 lead     one process flow per database: the order of the ledger is the order of the alerts
 *   2 load     the oldest waiting rows
 *   3 read     bodies → alerts; what cannot be read is quarantined
 *   4 route    alert → receivers → groups (one incident each)
 *   5 lock     the groups' incidents and what is known of their alerts
 *   6 decide   per group: news, transition, first steps of the escalation
 *   7 write    everything in one commit, with the rows off the queue
 * A failure loses nothing: the rows are still in the ledger. A row that alone makes a batch fail is
 * quarantined after it failed alone. */
#include "base/digest.h"
#include "base/entropy.h"
#include "base/log.h"
#include "base/map.h"
#include "base/metrics.h"
#include "base/monotonic.h"
#include "base/vec.h"
#include "domain/headline.h"
#include "flows/flows.h"
#include "flows/muting.h"
#include "flows/trouble.h"
#include "wire/alert_text.h"
#include "wire/payload.h"

#include <stdlib.h>
#include <string.h>

enum { LABELS_MAX = 1000, ROWS_MAX = 256, BYTES_MAX = 4 * 1024 * 1024 };
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

/* One alert that reached one group, in order of arrival. */
struct arrival {
    size_t row;
    struct str source;
    const struct alert *alert;
    int64_t received_at;
};

struct group {
    const struct receiver *receiver;
    int64_t hold_us;
    struct labels labels;
    uint8_t key[GROUP_KEY_BYTES];
    VEC(struct arrival) arrivals;
    struct incident *incident; /* NULL: none that takes alerts */
    bool has_opened;           /* a cycle began in this batch: its plan is known here */
    struct decision decision;
};

/* What is known of one fingerprint in one incident, updated as arrivals are walked. */
struct known {
    bool is_known, must_write;
    struct alert_state state;
    const struct alert *alert; /* newest */
    struct str source;
};

struct batch {
    struct arena *arena;
    struct deps *deps;
    struct store *store;
    const struct snapshot *snapshot;
    int64_t now_at;
    struct overrides overrides; /* of schedules, in force now */
    struct ledger_row *rows;
    size_t n_rows;
    VEC(struct quarantine_write) quarantined;
    VEC(int64_t) processed;
    VEC(struct group *) groups;
    struct muting *muting;
    struct map group_by_key;
    struct map known; /* incident id + fingerprint → struct known */
    VEC(struct alert_write) writes;
    VEC(const struct decision *) decisions;
    bool has_deliveries, has_runs;
};

/* ---- 3 read, 4 route --------------------------------------------------------------------------
 */

static void group_key(const struct receiver *receiver, struct labels labels,
                      uint8_t key[GROUP_KEY_BYTES])
{
    struct digest digest;
    digest_init(&digest, GROUP_KEY_BYTES);
    digest_add(&digest, receiver->name);
    for (size_t i = 0; i < labels.n; i++) {
        digest_add(&digest, labels.v[i].name);
        digest_add(&digest, labels.v[i].value);
    }
    digest_end(&digest, key);
}

static struct group *find_group(struct batch *b, const struct receiver *receiver,
                                struct labels labels)
{
    uint8_t key[GROUP_KEY_BYTES];
    group_key(receiver, labels, key);
    struct group *group =
        map_get(&b->group_by_key, (struct str){(const char *)key, GROUP_KEY_BYTES});
    if (!group) {
        group = ARENA_NEW(b->arena, struct group);
        group->receiver = receiver;
        group->labels = labels;
        memcpy(group->key, key, sizeof(key));
        map_add(&b->group_by_key, (struct str){(const char *)group->key, GROUP_KEY_BYTES}, group);
        VEC_PUSH(b->arena, &b->groups, group);
    }
    return group;
}

static void route_alert(struct batch *b, size_t row, struct alert *alert)
{
    struct route_hits hits = route_index_match(b->snapshot->routes, alert->labels, b->arena);
    for (size_t i = 0; i < hits.n; i++) {
        struct labels labels = route_group_labels(hits.v[i], alert->labels, b->arena);
        struct group *group = find_group(b, hits.v[i]->receiver, labels);
        if (group->arrivals.n == 0) {
            bool has_own = group->receiver->has_hold;
            group->hold_us = has_own ? group->receiver->hold_us : hits.v[i]->hold_us;
        }
        struct arrival arrival = {.row = row,
                                  .source = b->rows[row].source,
                                  .alert = alert,
                                  .received_at = b->rows[row].received_at};
        VEC_PUSH(b->arena, &group->arrivals, arrival);
    }
}

static void read_row(struct batch *b, size_t row)
{
    struct ledger_row *r = &b->rows[row];
    const struct source *source = settings_source(b->snapshot->settings, r->source);
    struct payload payload;
    struct err err = ERR_INIT;
    VEC_PUSH(b->arena, &b->processed, r->id);
    enum source_type hint = source ? source->type : SOURCE_ALERTMANAGER;
    if (payload_parse(b->arena, hint, r->source, r->body, &payload, &err) != OK) {
        struct quarantine_write bad = {
            r->id, str_dup(b->arena, str_from(err.detail[0] ? err.detail : "not readable"))};
        VEC_PUSH(b->arena, &b->quarantined, bad);
        metric_add(&rows_total, 1, STR("quarantined"));
        LOG(LOG_WARNING, "ledger row quarantined", KV_INT("intake", r->id),
            KV_STR("source", r->source), KV_ERR(&err));
        return;
    }
    metric_add(&rows_total, 1, str_from(payload_kind_name(payload.kind)));
    for (size_t i = 0; i < payload.n_alerts; i++) {
        struct alert *alert = ARENA_NEW(b->arena, struct alert);
        *alert = payload.alerts[i];
        /* A resolve without a time ended when we heard of it; a late firing is compared with that.
         */
        if (alert->status == ALERT_RESOLVED && alert->ends_at == AT_NONE) {
            alert->ends_at = r->received_at;
        }
        if (alert->status == ALERT_FIRING) {
            alert->ends_at = AT_NONE;
        }
        route_alert(b, row, alert);
    }
}

/* ---- 5 lock -----------------------------------------------------------------------------------
 */

static enum status lock_incidents(struct batch *b, struct err *err)
{
    struct incident *incidents;
    size_t n;
    uint8_t(*keys)[GROUP_KEY_BYTES] =
        arena_array(b->arena, b->groups.n ? b->groups.n : 1, GROUP_KEY_BYTES);
    for (size_t i = 0; i < b->groups.n; i++) {
        memcpy(keys[i], b->groups.v[i]->key, GROUP_KEY_BYTES);
    }
    if (store_groups_lock(b->store, b->arena, (const uint8_t(*)[GROUP_KEY_BYTES])keys, b->groups.n,
                          &incidents, &n, err) != OK) {
        return err->code;
    }
    for (size_t i = 0; i < n; i++) {
        struct group *group = map_get(
            &b->group_by_key, (struct str){(const char *)incidents[i].group_key, GROUP_KEY_BYTES});
        CHECK(group);
        if (incident_takes_alerts(&incidents[i], b->now_at)) {
            group->incident = &incidents[i];
        }
    }
    return OK;
}

static struct str known_key(struct batch *b, struct uuid incident, uint64_t fingerprint)
{
    char *key = arena_alloc(b->arena, sizeof(incident.b) + sizeof(fingerprint));
    memcpy(key, incident.b, sizeof(incident.b));
    memcpy(key + sizeof(incident.b), &fingerprint, sizeof(fingerprint));
    return (struct str){key, sizeof(incident.b) + sizeof(fingerprint)};
}

static enum status load_known_alerts(struct batch *b, struct err *err)
{
    VEC(struct alert_key) keys = {0};
    struct alert_known *found;
    size_t n;
    for (size_t i = 0; i < b->groups.n; i++) {
        struct group *group = b->groups.v[i];
        for (size_t k = 0; group->incident && k < group->arrivals.n; k++) {
            struct alert_key key = {group->incident->id, group->arrivals.v[k].alert->fingerprint};
            struct str text = known_key(b, key.incident, key.fingerprint);
            if (!map_get(&b->known, text)) {
                map_add(&b->known, text, ARENA_NEW(b->arena, struct known));
                VEC_PUSH(b->arena, &keys, key);
            }
        }
    }
    if (keys.n == 0) {
        return OK;
    }
    if (store_alerts_known(b->store, b->arena, keys.v, keys.n, &found, &n, err) != OK) {
        return err->code;
    }
    for (size_t i = 0; i < n; i++) {
        struct known *known =
            map_get(&b->known, known_key(b, found[i].key.incident, found[i].key.fingerprint));
        known->is_known = true;
        known->state = found[i].state;
    }
    return OK;
}

/* ---- 6 decide ---------------------------------------------------------------------------------
 */

static struct uuid new_id(void *arg)
{
    struct batch *b = arg;
    uint8_t random[10];
    entropy_fill(random, sizeof(random));
    return uuid_v7(b->now_at, random);
}

/* What an incident is called after: the first that fires, if any does. */
static const struct alert *first_firing(const struct group *group)
{
    for (size_t i = 0; i < group->arrivals.n; i++) {
        if (group->arrivals.v[i].alert->status == ALERT_FIRING) {
            return group->arrivals.v[i].alert;
        }
    }
    return group->arrivals.v[0].alert;
}

static void start_decision(struct batch *b, struct group *group)
{
    const struct receiver_plan *plan = snapshot_plan(b->snapshot, group->receiver);
    struct decision *d = &group->decision;
    decision_init(d, b->arena, group->incident, b->now_at);
    if (!group->incident) {
        d->incident.id = new_id(b);
        memcpy(d->incident.group_key, group->key, GROUP_KEY_BYTES);
        d->incident.receiver = group->receiver->name;
        d->incident.group_labels = group->labels;
        incident_describe(&d->incident, first_firing(group), b->arena);
        d->incident.severity = receiver_severity(group->receiver, d->incident.severity);
    }
    /* A new cycle runs under the configuration in force now; a running one keeps its plan. */
    if (d->incident.state == INCIDENT_RESOLVED) {
        d->incident.plan = group->receiver->plan;
        d->incident.plan_hash = plan->hash;
        d->incident.config_hash = b->snapshot->hash;
    }
}

static enum alert_news take_arrival(struct batch *b, struct group *group,
                                    const struct arrival *arrival)
{
    struct incident *incident = &group->decision.incident;
    struct str key = known_key(b, incident->id, arrival->alert->fingerprint);
    struct known *known = map_get(&b->known, key);
    if (!known) {
        known = ARENA_NEW(b->arena, struct known);
        map_add(&b->known, key, known);
    }
    enum alert_news news = alert_compare(arrival->alert, known->is_known ? &known->state : NULL);
    uint64_t hash = alert_content_hash(arrival->alert);
    if (news == NEWS_STALE) {
        return news;
    }
    if (!known->is_known || known->state.content_hash != hash) {
        if (!known->must_write) {
            struct alert_write write = {.incident = incident->id};
            VEC_PUSH(b->arena, &b->writes, write);
            known->must_write = true;
        }
        known->alert = arrival->alert;
        known->source = arrival->source;
    }
    known->is_known = true;
    known->state = (struct alert_state){.status = arrival->alert->status,
                                        .starts_at = arrival->alert->starts_at,
                                        .ends_at = arrival->alert->ends_at,
                                        .content_hash = hash};
    return news;
}

static void count(struct alert_changes *changes, enum alert_news news)
{
    changes->by_news[news]++;
    switch (news) {
    case NEWS_NEW:
        changes->total++;
        changes->firing++;
        break;
    case NEWS_REFIRED:
        changes->firing++;
        break;
    case NEWS_RESOLVED:
        changes->firing--;
        break;
    case NEWS_REPEATED:
    case NEWS_STALE:
    case alert_news_COUNT:
        break;
    }
    metric_add(&alerts_total, 1, str_from(alert_news_name(news)));
}

struct told_list {
    struct told *v;
    size_t n;
};

static struct told_list told_of(struct arena *arena, const struct told_row *rows, size_t n,
                                struct uuid incident, const struct receiver *receiver)
{
    VEC(struct told) told = {0};
    for (size_t i = 0; i < n; i++) {
        if (uuid_eq(rows[i].incident, incident) &&
            receiver_tells_end(receiver, &rows[i].told.contact)) {
            VEC_PUSH(arena, &told, rows[i].told);
        }
    }
    return (struct told_list){told.v, told.n};
}

/* One body at a time, as they came, so that a resolve and the fire behind it are two cycles. */
static void decide_alerts(struct batch *b, struct group *group, struct told_list told)
{
    struct decision *d = &group->decision;
    for (size_t i = 0; i < group->arrivals.n;) {
        size_t row = group->arrivals.v[i].row;
        struct alert_changes changes = {
            .firing = d->incident.firing,
            .total = d->incident.total,
            .source = str_printf(b->arena, "source:%.*s", STR_ARG(group->arrivals.v[i].source))};
        for (; i < group->arrivals.n && group->arrivals.v[i].row == row; i++) {
            count(&changes, take_arrival(b, group, &group->arrivals.v[i]));
        }
        enum incident_state before = d->incident.state;
        if (before == INCIDENT_RESOLVED) {
            const struct receiver_plan *plan = snapshot_plan(b->snapshot, group->receiver);
            d->incident.plan = group->receiver->plan;
            d->incident.plan_hash = plan->hash;
            d->incident.config_hash = b->snapshot->hash;
        }
        decision_alerts(d, &changes, group->hold_us, told.v, told.n);
        if (before != INCIDENT_RESOLVED && d->incident.state == INCIDENT_RESOLVED) {
            metric_add(&incidents_total, 1, STR("resolved"));
        } else if (before == INCIDENT_RESOLVED && d->incident.state == INCIDENT_OPEN) {
            group->has_opened = true;
            metric_add(&incidents_total, 1,
                       d->incident.cycle == 1 ? STR("opened") : STR("reopened"));
        }
    }
}

static void decide_group(struct batch *b, struct group *group, const struct told_row *told,
                         size_t n_told)
{
    struct decision *d = &group->decision;
    struct escalation_world world = {.settings = b->snapshot->settings,
                                     .overrides = b->overrides,
                                     .new_id = new_id,
                                     .new_id_arg = b};
    int64_t total_before = d->incident.total;
    decide_alerts(b, group, told_of(b->arena, told, n_told, d->incident.id, group->receiver));
    bool is_nothing = d->is_new && d->events.n == 0; /* only resolves of what we never saw */
    if (is_nothing) {
        return;
    }
    bool is_alive = decision_heard(d, group->receiver->plan.silence_us);
    /* Only a cycle that began here: the plan of a running one is not loaded, and going on without
     * it would end its escalation. That one is due anyway; the escalate flow takes it. */
    if (group->has_opened && d->incident.wake_at != AT_NONE && d->incident.wake_at <= b->now_at) {
        VEC(struct labels) labels = {0};
        for (size_t i = 0; i < group->arrivals.n && labels.n < LABELS_MAX; i++) {
            if (group->arrivals.v[i].alert->status == ALERT_FIRING) {
                VEC_PUSH(b->arena, &labels, group->arrivals.v[i].alert->labels);
            }
        }
        world.alert_labels = labels.v;
        world.n_alert_labels = labels.n;
        muting_check(b->muting, b->snapshot, &d->incident, labels.v, labels.n, b->now_at, b->arena,
                     &world);
        decision_escalate(d, &world);
    }
    if (d->events.n > 0 || is_alive || d->incident.total != total_before) {
        VEC_PUSH(b->arena, &b->decisions, d);
    }
    b->has_deliveries |= d->intents.n > 0;
    b->has_runs |= d->runs.n > 0;
}

/* What fires, with what this batch brings: a source and its target may come together. */
static enum status load_mutes(struct batch *b, struct err *err)
{
    if (muting_refresh(b->muting, b->store, b->now_at, err) != OK) {
        return err->code;
    }
    for (size_t i = 0; i < b->groups.n; i++) {
        const struct group *group = b->groups.v[i];
        for (size_t k = 0; k < group->arrivals.n; k++) {
            if (group->arrivals.v[k].alert->status == ALERT_FIRING) {
                muting_add(b->muting, group->arrivals.v[k].alert->labels);
            }
        }
    }
    return OK;
}

static enum status decide(struct batch *b, struct err *err)
{
    struct told_row *told;
    size_t n_told;
    VEC(struct uuid) ids = {0};
    for (size_t i = 0; i < b->groups.n; i++) {
        start_decision(b, b->groups.v[i]);
        if (b->groups.v[i]->incident) {
            VEC_PUSH(b->arena, &ids, b->groups.v[i]->incident->id);
        }
    }
    if (ids.n == 0) {
        told = NULL;
        n_told = 0;
    } else if (store_told(b->store, b->arena, ids.v, ids.n, &told, &n_told, err) != OK) {
        return err->code;
    }
    if (load_mutes(b, err) != OK) {
        return err->code;
    }
    for (size_t i = 0; i < b->groups.n; i++) {
        decide_group(b, b->groups.v[i], told, n_told);
    }
    return OK;
}

/* ---- 7 write ----------------------------------------------------------------------------------
 */

/* Each changed fingerprint once, with its newest content. */
static void collect_alert_writes(struct batch *b)
{
    size_t n = 0;
    for (size_t i = 0; i < b->groups.n; i++) {
        struct group *group = b->groups.v[i];
        if (group->decision.is_new && group->decision.events.n == 0) {
            continue;
        }
        for (size_t k = 0; k < group->arrivals.n; k++) {
            struct known *known =
                map_get(&b->known, known_key(b, group->decision.incident.id,
                                             group->arrivals.v[k].alert->fingerprint));
            if (!known->must_write) {
                continue;
            }
            known->must_write = false;
            b->writes.v[n++] = (struct alert_write){
                .incident = group->decision.incident.id,
                .alert = known->alert,
                .content_hash = known->state.content_hash,
                .source = known->source,
                .labels_text = labels_format_json(b->arena, known->alert->labels),
                .annotations_text = labels_format_json(b->arena, known->alert->annotations)};
        }
    }
    b->writes.n = n;
}

static enum status write_and_commit(struct batch *b, struct err *err)
{
    collect_alert_writes(b);
    struct changes changes = {
        .now_at = b->now_at,
        .processed = b->processed.v,
        .n_processed = b->processed.n,
        .quarantined = b->quarantined.v,
        .n_quarantined = b->quarantined.n,
        .decisions = b->decisions.v,
        .n_decisions = b->decisions.n,
        .alerts = b->writes.v,
        .n_alerts = b->writes.n,
    };
    if (store_write(b->store, b->arena, &changes, err) != OK) {
        return err->code;
    }
    return store_commit(b->store, err);
}

/* ---- the flow ---------------------------------------------------------------------------------
 */

static enum status load_overrides(struct batch *b, struct err *err)
{
    const struct directory *directory = &b->snapshot->settings->directory;
    struct override_row *rows;
    size_t n;
    b->overrides = (struct overrides){0};
    if (directory->n_schedules == 0) {
        return OK;
    }
    if (store_overrides(b->store, b->arena, b->now_at, b->now_at + 1, &rows, &n, err) != OK) {
        return err->code;
    }
    b->overrides = directory_overrides(directory, rows, n, b->arena);
    return OK;
}

static enum status process_rows(struct batch *b, size_t max_rows, struct err *err)
{
    if (store_begin(b->store, &b->now_at, err) != OK) {
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
    map_init(&b->group_by_key, b->arena);
    map_init(&b->known, b->arena);
    for (size_t i = 0; i < b->n_rows; i++) {
        read_row(b, i);
    }
    if (load_overrides(b, err) != OK || lock_incidents(b, err) != OK ||
        load_known_alerts(b, err) != OK || decide(b, err) != OK) {
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
    if (store_begin(b->store, &changes.now_at, err) != OK ||
        store_write(b->store, b->arena, &changes, err) != OK) {
        store_rollback(b->store);
        return err->code;
    }
    return store_commit(b->store, err);
}

static void note_success(struct batch *b)
{
    if (b->has_deliveries) {
        transfers_wake(b->deps->transfers);
    }
    if (b->has_runs && b->deps->runner) {
        runner_wake(b->deps->runner);
    }
    metric_observe(&lag, (double)(b->now_at - b->rows[0].received_at) / 1e6);
}

/* Returns how many rows were done. *rows_max shrinks to one row after a failure that a retry cannot
 * heal, and recovers after a success. */
static size_t process_once(struct deps *deps, struct store *store, struct arena *arena,
                           struct muting *muting, size_t *rows_max)
{
    struct err err = ERR_INIT;
    struct batch b = {.arena = arena, .deps = deps, .store = store, .muting = muting};
    int64_t started = monotonic_us();
    b.snapshot = configuration_ref(deps->configuration);
    enum status status = process_rows(&b, *rows_max, &err);
    size_t done = 0;
    if (status == OK && b.n_rows > 0) {
        done = b.n_rows;
        *rows_max = ROWS_MAX;
        note_success(&b);
        metric_observe(&duration, (double)(monotonic_us() - started) / 1e6);
    } else if (status != OK) {
        store_rollback(store);
        metric_add(&failures_total, 1, str_from(status_name(status)));
        LOG(trouble_level(deps, &err), "batch rolled back", KV_INT("rows", b.n_rows), KV_ERR(&err));
        bool is_hopeless = !status_is_retryable(status) && status != ERR_CONFLICT;
        if (is_hopeless && *rows_max == 1 && b.n_rows == 1) {
            struct err second = ERR_INIT;
            if (quarantine_row(&b, &err, &second) == OK) {
                LOG(LOG_ERROR, "ledger row quarantined", KV_INT("intake", b.rows[0].id),
                    KV_ERR(&err));
                done = 1;
            }
        } else if (is_hopeless && *rows_max > 1 && b.n_rows > 0) {
            *rows_max = 1;
            done = 1; /* try again at once */
        }
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
    size_t rows_max = ROWS_MAX;
    void *nothing[1];
    arena_init(&arena);
    muting_init(&muting, deps->configuration);
    metric_register(&duration);
    metric_register(&lag);
    while (!atomic_load(&deps->is_draining)) {
        if (!is_leading(store)) {
            mailbox_take(deps->process, nothing, 1, NOT_LEADING_US);
            continue;
        }
        if (process_once(deps, store, &arena, &muting, &rows_max) == 0) {
            mailbox_take(deps->process, nothing, 1, IDLE_US);
        }
        arena_clear(&arena);
    }
    muting_release(&muting);
    arena_release(&arena);
}
