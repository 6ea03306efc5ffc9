/* remediate — scripts, at most once.
 *
 *   1 orphans  runs whose replica is gone become `unknown`; a person is told, nothing runs again
 *   2 claim    a requested run; its arguments are checked against the action's fences
 *   3 start    `started` is committed before the script is executed
 *   4 run      through the exec helper: the alert as JSON on standard input
 *   5 record   exit, output, timeline, a message to everyone who was paged. Commit
 * Results that cannot be recorded are kept and tried again. */
#include "base/heap.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/monotonic.h"
#include "base/vec.h"
#include "flows/flows.h"
#include "flows/incident_json.h"
#include "flows/run_text.h"
#include "flows/trouble.h"
#include "formats/json_scan.h"
#include "formats/json_view.h"
#include "formats/json_write.h"

#include <string.h>
#include <time.h>

enum { CLAIM_MAX = 4, OUTPUT_MAX = 64 * 1024, ALERTS_MAX = 100 };
#define POLL_US (300 * US_PER_MS)
#define ORPHANS_EVERY_US (2 * US_PER_S)
#define KILL_MARGIN_US (10 * US_PER_S)
/* Later the others may have given the run up, and people were told that it will not run. */
#define START_WITHIN_US (5 * US_PER_S)

static struct metric runs_total =
    METRIC_COUNTER("alertify_runs_total", "Script runs by how they ended.", "action", "state");

/* A script that runs, or has run and is not recorded yet. */
struct running {
    struct running *next;
    struct arena arena;
    struct run run;
    uint64_t token;
    bool has_ended;
    struct run_result result;
};

struct remediate {
    struct deps *deps;
    struct store *store;
    struct running *running;
    uint64_t last_token;
    int64_t orphans_checked_us;
};

/* ---- 5 record ---------------------------------------------------------------------------------
 */

/* The incident hears of the end of a run; part of the open transaction, incident not yet locked. */
static enum status tell_incident(struct remediate *r, struct arena *arena, const struct run *run,
                                 int64_t now_at, struct err *err)
{
    struct incident incident;
    struct told_row *rows;
    struct decision decision;
    size_t n;
    if (store_incident_lock(r->store, arena, run->incident, &incident, err) != OK ||
        store_told(r->store, arena, &incident.id, 1, &rows, &n, err) != OK) {
        return err->code;
    }
    struct told *told = ARENA_ARRAY(arena, struct told, n);
    for (size_t i = 0; i < n; i++) {
        told[i] = rows[i].told;
    }
    struct run_end end = {
        .id = run->id,
        .action = run->action,
        .kind = run->state == RUN_STATE_UNKNOWN ? EVENT_RUN_UNKNOWN : EVENT_RUN_FINISHED,
        .is_success = run->state == RUN_STATE_EXITED && run->code == 0,
        .summary = run_summary(arena, run),
        .output = run->output,
        .text = run_text(arena, run),
    };
    decision_init(&decision, arena, &incident, now_at);
    decision_run_ended(&decision, &end, told, n);
    const struct decision *list[] = {&decision};
    struct changes changes = {.now_at = now_at, .decisions = list, .n_decisions = 1};
    return store_write(r->store, arena, &changes, err);
}

static enum status record_end(struct remediate *r, struct arena *arena, const struct run *run,
                              struct err *err)
{
    int64_t now_at;
    if (store_begin(r->store, &now_at, err) != OK ||
        store_run_write(r->store, arena, run, r->deps->replica, AT_NONE, err) != OK ||
        tell_incident(r, arena, run, now_at, err) != OK || store_commit(r->store, err) != OK) {
        store_rollback(r->store);
        return err->code;
    }
    metric_add(&runs_total, 1, run->action, str_from(run_state_name(run->state)));
    transfers_wake(r->deps->transfers);
    mailbox_nudge(r->deps->escalate);
    return OK;
}

static enum run_state state_of(enum run_outcome outcome)
{
    switch (outcome) {
    case RUN_EXITED:
        return RUN_STATE_EXITED;
    case RUN_SIGNALED:
        return RUN_STATE_SIGNALED;
    case RUN_TIMED_OUT:
        return RUN_STATE_TIMED_OUT;
    case RUN_NOT_STARTED:
        return RUN_STATE_NOT_STARTED;
    case run_outcome_COUNT:
        break;
    }
    UNREACHABLE("run outcome");
}

/* Output of a script is bytes; what is stored and shown is text. */
static struct str printable(struct arena *arena, struct str output)
{
    if (str_is_utf8(output) && str_find(output, '\0', 0) == SIZE_MAX) {
        return output;
    }
    char *copy = arena_dup(arena, output.p, output.n);
    for (size_t i = 0; i < output.n; i++) {
        unsigned char c = (unsigned char)copy[i];
        if (c >= 0x7f || (c < 0x20 && c != '\n' && c != '\t')) {
            copy[i] = '?';
        }
    }
    return (struct str){copy, output.n};
}

static void record_results(struct remediate *r, struct arena *arena)
{
    for (struct running **at = &r->running; *at;) {
        struct running *running = *at;
        struct err err = ERR_INIT;
        if (!running->has_ended) {
            at = &running->next;
            continue;
        }
        enum status status = record_end(r, arena, &running->run, &err);
        if (status != OK && (status_is_retryable(status) || status == ERR_CONFLICT)) {
            LOG(trouble_level(r->deps, &err), "script result not recorded yet", KV_ERR(&err));
            return;
        }
        if (status != OK) {
            LOG(LOG_ERROR, "script result dropped", KV_STR("action", running->run.action),
                KV_ERR(&err));
        }
        *at = running->next;
        arena_release(&running->arena);
        heap_free(running);
    }
}

static void take_result(struct remediate *r, const struct run_result *result)
{
    for (struct running *running = r->running; running; running = running->next) {
        if (running->token == result->token) {
            running->has_ended = true;
            running->run.state = state_of(result->outcome);
            running->run.code = result->code;
            struct str text = result->outcome == RUN_NOT_STARTED ? result->detail : result->output;
            running->run.output = str_dup(&running->arena, printable(&running->arena, text));
            return;
        }
    }
}

/* ---- 1 orphans --------------------------------------------------------------------------------
 */

static enum status give_up_orphans(struct remediate *r, struct arena *arena, struct err *err)
{
    struct run *runs;
    size_t n;
    int64_t now_at;
    if (store_begin(r->store, &now_at, err) != OK ||
        store_runs_orphaned(r->store, arena, CLAIM_MAX, &runs, &n, err) != OK) {
        return err->code;
    }
    for (size_t i = 0; i < n; i++) {
        runs[i].state = RUN_STATE_UNKNOWN;
        if (store_run_write(r->store, arena, &runs[i], r->deps->replica, AT_NONE, err) != OK ||
            tell_incident(r, arena, &runs[i], now_at, err) != OK) {
            return err->code;
        }
        metric_add(&runs_total, 1, runs[i].action, STR("unknown"));
        LOG(LOG_ERROR, "a script's end is unknown", KV_STR("action", runs[i].action));
    }
    if (n == 0) {
        store_rollback(r->store);
        return OK;
    }
    enum status status = store_commit(r->store, err);
    transfers_wake(r->deps->transfers);
    return status;
}

/* ---- 2 claim, 3 start, 4 run ------------------------------------------------------------------
 */

/* What is wanted for one run, in the arena of its `struct running`. */
struct launch {
    struct run_request request;
    struct str refusal; /* why it must not run; empty: it may */
};

static struct str parameter_value(struct arena *arena, const struct parameter *p,
                                  const struct alert *alerts, size_t n, struct str given)
{
    struct str value = STR_EMPTY;
    struct json_view member;
    switch (p->from) {
    case PARAMETER_LABEL:
        for (size_t i = 0; i < n && value.n == 0; i++) {
            value = labels_get(alerts[i].labels, p->value);
        }
        return value;
    case PARAMETER_VALUE:
        return p->value;
    case PARAMETER_CALLER:
        if (json_view_member(arena, json_view_of(given), p->name, &member)) {
            json_view_string(arena, member, &value);
        }
        return value;
    case parameter_source_COUNT:
        break;
    }
    UNREACHABLE("parameter source");
}

static void fill_arguments(struct launch *launch, struct arena *arena, const struct action *action,
                           const struct run *run, const struct alert *alerts, size_t n)
{
    struct str *args = ARENA_ARRAY(arena, struct str, action->n_parameters);
    for (size_t i = 0; i < action->n_parameters; i++) {
        const struct parameter *p = &action->parameters[i];
        args[i] = parameter_value(arena, p, alerts, n, run->parameters);
        bool fits = args[i].n > 0 && args[i].p[0] != '-' &&
                    (!p->pattern || p->pattern->matches(p->pattern, args[i]));
        if (!fits && launch->refusal.n == 0) {
            launch->refusal = str_printf(arena, "parameter %.*s has no value that matches %.*s",
                                         STR_ARG(p->name), STR_ARG(p->pattern_text));
        }
    }
    launch->request.args = args;
    launch->request.n_args = action->n_parameters;
}

static enum status prepare(struct remediate *r, struct running *running,
                           const struct settings *settings, struct launch *launch, struct err *err)
{
    struct arena *arena = &running->arena;
    const struct run *run = &running->run;
    const struct action *action = settings_action(settings, run->action);
    struct incident incident;
    struct alert *alerts;
    size_t n;
    char id[UUID_TEXT + 1];
    if (!action) {
        launch->refusal = STR("the action is not in the configuration any more");
        return OK;
    }
    if (store_incident(r->store, arena, run->incident, &incident, err) != OK ||
        store_alerts(r->store, arena, run->incident, ALERTS_MAX, &alerts, &n, err) != OK) {
        return err->code;
    }
    struct run_variable *env = ARENA_ARRAY(arena, struct run_variable, 3);
    env[0] = (struct run_variable){STR("ALERTIFY_RUN_ID"),
                                   str_dup(arena, str_from(uuid_format(run->id, id)))};
    env[1] = (struct run_variable){STR("ALERTIFY_INCIDENT_ID"),
                                   str_dup(arena, str_from(uuid_format(incident.id, id)))};
    env[2] = (struct run_variable){STR("ALERTIFY_INCIDENT_NUMBER"),
                                   str_printf(arena, "%lld", (long long)incident.number)};
    launch->request = (struct run_request){
        .token = running->token,
        .file = str_dup(arena, action->file),
        .env = env,
        .n_env = 3,
        .input = incident_json_with_alerts(arena, &incident, alerts, n),
        .timeout_us = action->timeout_us,
        .output_max = OUTPUT_MAX,
    };
    fill_arguments(launch, arena, action, run, alerts, n);
    return OK;
}

static enum status mark_started(struct remediate *r, struct arena *arena, struct run *run,
                                int64_t now_at, int64_t timeout_us, struct err *err)
{
    struct incident incident;
    struct decision decision;
    run->state = RUN_STATE_STARTED;
    if (store_run_write(r->store, arena, run, r->deps->replica,
                        now_at + timeout_us + KILL_MARGIN_US, err) != OK ||
        store_incident_lock(r->store, arena, run->incident, &incident, err) != OK) {
        return err->code;
    }
    run->fence++;
    decision_init(&decision, arena, &incident, now_at);
    struct timeline_entry *entry = decision_event(&decision, EVENT_RUN_STARTED, STR("alertify"));
    entry_fact(entry, "action", run->action);
    entry_fact(entry, "asked_by", run->actor);
    const struct decision *list[] = {&decision};
    struct changes changes = {.now_at = now_at, .decisions = list, .n_decisions = 1};
    if (store_write(r->store, arena, &changes, err) != OK) {
        return err->code;
    }
    return store_commit(r->store, err);
}

static struct running *new_running(struct remediate *r, const struct run *run)
{
    struct running *running = HEAP_NEW(struct running);
    arena_init(&running->arena);
    running->run = *run;
    running->run.action = str_dup(&running->arena, run->action);
    running->run.actor = str_dup(&running->arena, run->actor);
    running->run.parameters = str_dup(&running->arena, run->parameters);
    running->run.output = STR_EMPTY;
    running->token = ++r->last_token;
    return running;
}

static void end_unstarted(struct running *running, struct str why)
{
    running->has_ended = true;
    running->run.state = RUN_STATE_NOT_STARTED;
    running->run.output = str_dup(&running->arena, why);
}

static void keep(struct remediate *r, struct running *running)
{
    running->next = r->running;
    r->running = running;
}

/* Claims and starts one. False: there is none, or the database is away. */
static bool start_one(struct remediate *r, struct arena *arena, const struct settings *settings,
                      struct err *err)
{
    struct run *runs;
    size_t n;
    int64_t now_at;
    struct launch launch = {.refusal = STR_EMPTY};
    int64_t claimed_us = monotonic_us();
    if (store_begin(r->store, &now_at, err) != OK ||
        store_runs_requested(r->store, arena, 1, &runs, &n, err) != OK) {
        return false;
    }
    if (n == 0) {
        store_rollback(r->store);
        return false;
    }
    struct running *running = new_running(r, &runs[0]);
    if (prepare(r, running, settings, &launch, err) != OK ||
        mark_started(r, arena, &running->run, now_at, launch.request.timeout_us, err) != OK) {
        arena_release(&running->arena);
        heap_free(running);
        return false;
    }
    struct err refused = ERR_INIT;
    if (monotonic_us() - claimed_us > START_WITHIN_US) {
        end_unstarted(running, STR("not started: this replica stood still"));
    } else if (launch.refusal.n) {
        end_unstarted(running, launch.refusal);
    } else if (runner_start(r->deps->runner, &launch.request, &refused) != OK) {
        end_unstarted(running, str_from(refused.detail));
    }
    keep(r, running);
    return true;
}

static void start_requested(struct remediate *r, struct arena *arena)
{
    struct err err = ERR_INIT;
    const struct snapshot *snapshot = configuration_ref(r->deps->configuration);
    while (runner_running(r->deps->runner) < CLAIM_MAX &&
           start_one(r, arena, snapshot->settings, &err)) {
        record_results(r, arena);
    }
    if (err.code != OK) {
        store_rollback(r->store);
        LOG(trouble_level(r->deps, &err), "script not started", KV_ERR(&err));
    }
    configuration_unref(snapshot);
}

static void check_orphans(struct remediate *r, struct arena *arena)
{
    struct err err = ERR_INIT;
    int64_t now = monotonic_us();
    if (now - r->orphans_checked_us < ORPHANS_EVERY_US) {
        return;
    }
    r->orphans_checked_us = now;
    if (give_up_orphans(r, arena, &err) != OK) {
        store_rollback(r->store);
        LOG(trouble_level(r->deps, &err), "orphaned runs not checked", KV_ERR(&err));
    }
}

static void wait_for_end(struct remediate *r, struct arena *arena)
{
    struct run_result result;
    struct err err = ERR_INIT;
    enum status status = runner_wait(r->deps->runner, arena, POLL_US, &result, &err);
    if (status == OK) {
        take_result(r, &result);
    } else if (status == ERR_IO) {
        /* The helper is gone and killed what ran: what becomes of it is what we can still say. */
        for (struct running *running = r->running; running; running = running->next) {
            if (!running->has_ended) {
                running->has_ended = true;
                running->run.state = RUN_STATE_UNKNOWN;
            }
        }
        LOG(LOG_ERROR, "the exec helper is gone", KV_ERR(&err));
        nanosleep(&(struct timespec){.tv_nsec = POLL_US * 1000}, NULL); /* it did not wait */
    }
}

void flow_remediate(struct deps *deps, struct store *store)
{
    struct remediate r = {.deps = deps, .store = store};
    struct arena arena;
    arena_init(&arena);
    while (deps_may_work(deps) || r.running) {
        record_results(&r, &arena);
        if (deps_may_work(deps)) {
            check_orphans(&r, &arena);
            start_requested(&r, &arena);
        }
        wait_for_end(&r, &arena);
        arena_clear(&arena);
    }
    arena_release(&arena);
}
