/* escalate — incidents whose time has come take their next steps.
 *
 *   0 look     at those that something keeps quiet: which of them are free (muted)
 *   1 claim    due incidents, locked; other replicas skip them. No lease: decision and write are
 *              one transaction, so a crash gives them back at once
 *   2 load     their plans (cached by hash) and, for conditions and mutes, their alerts
 *   3 decide   decision_escalate; again with turns for those that took some
 *   4 write    in one commit, then wake deliver and remediate */
#include "base/entropy.h"
#include "base/log.h"
#include "base/map.h"
#include "base/metrics.h"
#include "domain/mute.h"
#include "flows/flows.h"
#include "flows/muted.h"
#include "flows/muting.h"
#include "flows/patience.h"
#include "flows/self_alert.h"
#include "flows/trouble.h"
#include "flows/turns.h"
#include "wire/plan_text.h"

enum {
    BATCH_MAX = 200,
    PLANS_MAX = 1000,
    ALERTS_MAX = 100,
    MUTED_ALERTS_MAX = 10000,
    ENTRIES_MAX = 100
};
#define IDLE_US (150 * US_PER_MS)
#define PUT_OFF_US US_PER_MIN

static struct metric steps_total =
    METRIC_COUNTER("alertify_escalations_total", "Due incidents taken by result.", "result");
static struct metric lag =
    METRIC_HISTOGRAM("alertify_escalation_lag_seconds", "How late a due incident was taken.",
                     metric_latency_buckets, NULL);

struct escalate {
    struct deps *deps;
    struct store *store;
    struct arena plans_arena; /* outlives the batches */
    struct map plans;         /* hash → struct plan */
    struct arena arena;       /* one batch */
    const struct snapshot *snapshot;
    struct muting muting;
    struct muted_watch muted;
    int64_t now_at;
    struct overrides overrides; /* of schedules, in force now */
    struct patience patience;
    struct uuid first; /* the incident a batch of one was about */
};

static struct uuid new_id(void *arg)
{
    struct escalate *e = arg;
    uint8_t random[10];
    entropy_fill(random, sizeof(random));
    return uuid_v7(e->now_at, random);
}

static enum status load_plan(struct escalate *e, struct str hash, struct plan *ret, struct err *err)
{
    struct plan *plan = map_get(&e->plans, hash);
    if (!plan) {
        struct str body;
        plan = ARENA_NEW(&e->plans_arena, struct plan);
        if (store_plan(e->store, &e->plans_arena, hash, &body, err) != OK ||
            plan_parse(&e->plans_arena, body, plan, err) != OK) {
            return err_wrap(err, "stored plan");
        }
        map_add(&e->plans, str_dup(&e->plans_arena, hash), plan);
    }
    *ret = *plan;
    return OK;
}

/* A stored plan that cannot be read must not stop the paging, of this incident or of others: the
 * receiver as it is configured now takes its place, else the catch-all. */
static enum status plan_or_substitute(struct escalate *e, struct incident *incident,
                                      struct err *err)
{
    struct err cause = ERR_INIT;
    enum status status = load_plan(e, incident->plan_hash, &incident->plan, &cause);
    if (status == OK) {
        return OK;
    }
    bool is_unreadable = status == ERR_NOT_FOUND || status == ERR_SYNTAX || status == ERR_INVALID;
    if (!is_unreadable) { /* the transaction is lost: roll back and try again */
        *err = cause;
        return status;
    }
    const struct settings *settings = e->snapshot->settings;
    const struct receiver *substitute = settings_receiver(settings, incident->receiver);
    substitute = substitute ? substitute : settings->catch_all;
    incident->plan = substitute ? substitute->plan : (struct plan){0};
    LOG(LOG_ERROR, "stored plan is not readable, using the configuration in force",
        KV_INT("incident", incident->number), KV_ERR(&cause));
    return OK;
}

/* Between batches only: decisions point into the plans until they are written. */
static void trim_plans(struct escalate *e)
{
    if (e->plans.n >= PLANS_MAX) {
        arena_release(&e->plans_arena);
        map_init(&e->plans, &e->plans_arena);
    }
}

static bool has_condition(const struct plan *plan)
{
    for (size_t i = 0; i < plan->n_steps; i++) {
        if (plan->steps[i].only_if.n > 0 || plan->steps[i].kind == STEP_IF) {
            return true;
        }
    }
    return false;
}

/* Whether this turn may have something to say to those who were told already. */
static bool may_tell_again(const struct incident *incident, int64_t now_at)
{
    bool is_silent = incident->silent_at != AT_NONE && incident->silent_at <= now_at;
    bool may_end = incident->flapping_at != AT_NONE;
    for (size_t i = 0; i < incident->plan.n_steps; i++) {
        may_end |= incident->plan.steps[i].kind == STEP_RESOLVE;
    }
    return incident->state == INCIDENT_ACKNOWLEDGED || is_silent || may_end ||
           incident->merged_into != 0;
}

static enum status load_told(struct escalate *e, const struct incident *incident,
                             struct escalation_world *world, struct err *err)
{
    struct told_row *rows;
    size_t n;
    if (!may_tell_again(incident, e->now_at)) {
        return OK;
    }
    if (store_told(e->store, &e->arena, &incident->id, 1, &rows, &n, err) != OK) {
        return err->code;
    }
    struct told *told = ARENA_ARRAY(&e->arena, struct told, n);
    for (size_t i = 0; i < n; i++) {
        told[i] = rows[i].told;
        told[i].is_spared_end =
            settings_spares_end(e->snapshot->settings, incident->receiver, &told[i].contact);
    }
    world->n_told = n;
    world->told = told;
    return OK;
}

/* As it is now; not locked: one that ends this moment wakes the incident once more. */
static enum status load_root(struct escalate *e, const struct incident *incident,
                             struct escalation_world *world, struct err *err)
{
    struct incident *root = ARENA_NEW(&e->arena, struct incident);
    if (incident->merged_into == 0) {
        return OK;
    }
    enum status status =
        store_incident_by_number(e->store, &e->arena, incident->merged_into, root, err);
    world->root = status == OK ? root : NULL;
    return status == ERR_NOT_FOUND ? OK : status;
}

static enum status load_labels(struct escalate *e, const struct incident *incident,
                               struct escalation_world *world, struct err *err)
{
    struct alert *alerts;
    size_t n, firing = 0;
    /* One that is acknowledged pages, too, when nobody comes back to it. */
    bool may_mute = incident->state != INCIDENT_RESOLVED &&
                    (e->snapshot->settings->has_mutes || e->muting.silences.n > 0);
    if (!has_condition(&incident->plan) && !may_mute) {
        return OK;
    }
    size_t max = may_mute ? MUTED_ALERTS_MAX : ALERTS_MAX;
    if (store_alerts(e->store, &e->arena, incident->id, max, &alerts, &n, err) != OK) {
        return err->code;
    }
    struct labels *labels = ARENA_ARRAY(&e->arena, struct labels, n);
    for (size_t i = 0; i < n; i++) {
        if (alerts[i].status == ALERT_FIRING) {
            labels[firing++] = alerts[i].labels;
        }
    }
    world->alert_labels = labels;
    world->n_alert_labels = firing;
    if (may_mute) {
        mute_apply(world, &e->muting.inhibitor, e->muting.silences, incident, e->now_at, &e->arena);
    }
    return OK;
}

/* What is due is what a person has asked for, and nothing has come of it yet. They mean it: a mute
 * holds up timers, not them. */
static enum status load_wish(struct escalate *e, const struct incident *incident,
                             struct escalation_world *world, struct err *err)
{
    struct event_row *rows;
    size_t n;
    int64_t since = incident->seq - incident->restart_seq + 1;
    bool is_moved = incident->state == INCIDENT_OPEN && incident->restart_seq > 0;
    if (world->muted_by.n == 0 || !is_moved || since > ENTRIES_MAX) {
        return OK;
    }
    if (store_timeline(e->store, &e->arena, incident->id, (size_t)since, &rows, &n, err) != OK) {
        return err->code;
    }
    world->is_wished = n > 0 && rows[0].seq == incident->restart_seq &&
                       str_eq(rows[0].kind, str_from(event_kind_name(EVENT_ESCALATED))) &&
                       incident->wake_at <= rows[0].at;
    return OK;
}

static enum status load_world(struct escalate *e, struct incident *incident,
                              struct escalation_world *world, struct err *err)
{
    *world = (struct escalation_world){.settings = e->snapshot->settings,
                                       .overrides = e->overrides,
                                       .new_id = new_id,
                                       .new_id_arg = e};
    if (plan_or_substitute(e, incident, err) != OK || load_labels(e, incident, world, err) != OK ||
        load_wish(e, incident, world, err) != OK) {
        return err->code;
    }
    return load_told(e, incident, world, err) != OK ? err->code
                                                    : load_root(e, incident, world, err);
}

static enum status decide(struct escalate *e, struct incident *incidents, struct turn_case *cases,
                          size_t n, struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        cases[i].incident = &incidents[i];
        if (load_world(e, &incidents[i], &cases[i].world, err) != OK) {
            return err->code;
        }
        if (incidents[i].wake_at != AT_NONE && incidents[i].wake_at <= e->now_at) {
            metric_observe(&lag, (double)(e->now_at - incidents[i].wake_at) / 1e6);
        }
    }
    if (turns_asked(e->store, &e->arena, cases, n, err) != OK) {
        return err->code;
    }
    for (size_t i = 0; i < n; i++) {
        decision_init(&cases[i].decision, &e->arena, &incidents[i], e->now_at);
        decision_escalate(&cases[i].decision, &cases[i].world);
    }
    return turns_take(e->store, &e->arena, cases, n, err);
}

static enum status load_overrides(struct escalate *e, struct err *err)
{
    const struct directory *directory = &e->snapshot->settings->directory;
    struct override_row *rows;
    size_t n;
    e->overrides = (struct overrides){0};
    if (directory->n_schedules == 0) {
        return OK;
    }
    if (store_overrides(e->store, &e->arena, e->now_at, e->now_at + 1, &rows, &n, err) != OK) {
        return err->code;
    }
    e->overrides = directory_overrides(directory, rows, n, &e->arena);
    return OK;
}

static enum status take_due(struct escalate *e, size_t *ret_n, struct err *err)
{
    struct incident *incidents;
    size_t n;
    bool has_deliveries = false, has_runs = false;
    if (store_begin(e->store, &e->now_at, err) != OK ||
        store_incidents_due(e->store, &e->arena, e->patience.max, &incidents, &n, err) != OK) {
        return err->code;
    }
    *ret_n = n;
    if (n == 0) {
        store_rollback(e->store);
        return OK;
    }
    e->first = incidents[0].id;
    if (load_overrides(e, err) != OK ||
        muting_refresh(&e->muting, e->store, e->now_at, err) != OK) {
        return err->code;
    }
    struct turn_case *cases = ARENA_ARRAY(&e->arena, struct turn_case, n);
    const struct decision **list = ARENA_ARRAY(&e->arena, const struct decision *, n);
    if (decide(e, incidents, cases, n, err) != OK) {
        return err->code;
    }
    for (size_t i = 0; i < n; i++) {
        list[i] = &cases[i].decision;
        has_deliveries |= list[i]->intents.n > 0;
        has_runs |= list[i]->runs.n > 0;
    }
    struct changes changes = {.now_at = e->now_at, .decisions = list, .n_decisions = n};
    if (store_write(e->store, &e->arena, &changes, err) != OK ||
        store_commit(e->store, err) != OK) {
        return err->code;
    }
    self_alert_watch(e->deps->self_alerts, list, n);
    metric_add(&steps_total, (double)n, STR("ok"));
    if (has_deliveries) {
        transfers_wake(e->deps->transfers);
    }
    if (has_runs && e->deps->runner) {
        runner_wake(e->deps->runner);
    }
    return OK;
}

/* One incident that cannot be written must not hold up the pages of all others: it is put off, and
 * the log says which. */
static enum status put_off(struct escalate *e, struct err *err)
{
    struct incident incident;
    struct decision decision;
    if (store_begin(e->store, &e->now_at, err) != OK ||
        store_incident_lock(e->store, &e->arena, e->first, &incident, err) != OK) {
        return err->code;
    }
    decision_init(&decision, &e->arena, &incident, e->now_at);
    decision.incident.wake_at = e->now_at + PUT_OFF_US;
    if (incident.silent_at != AT_NONE && incident.silent_at <= e->now_at) {
        decision.incident.silent_at = e->now_at + PUT_OFF_US;
    }
    const struct decision *list[] = {&decision};
    struct changes changes = {.now_at = e->now_at, .decisions = list, .n_decisions = 1};
    if (store_write(e->store, &e->arena, &changes, err) != OK) {
        return err->code;
    }
    LOG(LOG_ERROR, "an incident's escalation fails, put off", KV_INT("incident", incident.number));
    return store_commit(e->store, err);
}

/* A failure that no retry heals: first look at one incident at a time, then put that one off. */
static void isolate(struct escalate *e, enum status failure, size_t n)
{
    struct err err = ERR_INIT;
    if (patience_failed(&e->patience, failure, n) != PATIENCE_SET_ASIDE) {
        return;
    }
    if (put_off(e, &err) == OK) {
        patience_succeeded(&e->patience);
    } else {
        store_rollback(e->store);
        LOG(LOG_ERROR, "could not put it off", KV_ERR(&err));
    }
}

/* What it cannot do now it does the next time; the others go on. */
static void look_at_muted(struct escalate *e)
{
    struct err err = ERR_INIT;
    if (muted_look(&e->muted, e->store, &e->muting, &e->arena, &err) != OK) {
        LOG(trouble_level(e->deps, &err), "muted incidents not looked at", KV_ERR(&err));
    }
    arena_clear(&e->arena);
}

void flow_escalate(struct deps *deps, struct store *store)
{
    struct escalate e = {.deps = deps, .store = store, .patience = PATIENCE(BATCH_MAX)};
    void *nothing[1];
    arena_init(&e.arena);
    muting_init(&e.muting, deps->configuration);
    arena_init(&e.plans_arena);
    map_init(&e.plans, &e.plans_arena);
    metric_register(&lag);
    while (deps_may_work(deps)) {
        struct err err = ERR_INIT;
        size_t n = 0;
        e.snapshot = configuration_ref(deps->configuration);
        look_at_muted(&e);
        if (take_due(&e, &n, &err) != OK) {
            store_rollback(store);
            metric_add(&steps_total, 1, str_from(status_name(err.code)));
            LOG(trouble_level(deps, &err), "escalation rolled back", KV_ERR(&err));
            isolate(&e, err.code, n);
            n = 0;
        } else if (n == 0) {
            patience_restore(&e.patience); /* through with what was due */
        } else {
            patience_succeeded(&e.patience);
        }
        configuration_unref(e.snapshot);
        arena_clear(&e.arena);
        trim_plans(&e);
        if (n < e.patience.max) {
            mailbox_take(deps->escalate, nothing, 1, IDLE_US);
        }
    }
    muting_release(&e.muting);
    arena_release(&e.arena);
    arena_release(&e.plans_arena);
}
