#include "flows/respond.h"

#include "base/metrics.h"

enum { TRIES_MAX = 2 };

static struct metric responses_total =
    METRIC_COUNTER("alertify_responses_total", "What people did to incidents.", "what", "result");

enum status respond_load(struct store *store, struct arena *arena, struct uuid id,
                         struct decision *ret, struct told **ret_told, size_t *ret_n,
                         struct err *err)
{
    struct incident incident;
    struct told_row *rows;
    size_t n;
    int64_t now_at;
    if (store_begin(store, &now_at, err) != OK ||
        store_incident_lock(store, arena, id, &incident, err) != OK ||
        store_told(store, arena, &id, 1, &rows, &n, err) != OK) {
        store_rollback(store);
        return err->code;
    }
    struct told *told = ARENA_ARRAY(arena, struct told, n);
    for (size_t i = 0; i < n; i++) {
        told[i] = rows[i].told;
    }
    decision_init(ret, arena, &incident, now_at);
    *ret_told = told;
    *ret_n = n;
    return OK;
}

enum status respond_commit(struct deps *deps, struct store *store, struct arena *arena,
                           const struct decision *decision, struct err *err)
{
    const struct decision *list[] = {decision};
    struct changes changes = {
        .now_at = decision->now_at, .decisions = list, .n_decisions = decision->events.n ? 1 : 0};
    if (store_write(store, arena, &changes, err) != OK || store_commit(store, err) != OK) {
        store_rollback(store);
        return err->code;
    }
    transfers_wake(deps->transfers);
    mailbox_nudge(deps->escalate);
    if (decision->runs.n > 0 && deps->runner) {
        runner_wake(deps->runner);
    }
    return OK;
}

static enum status respond_once(struct deps *deps, struct store *store, struct arena *arena,
                                struct uuid id, const struct response *response, int cycle,
                                const uint8_t *link, struct str peer, struct responded *ret,
                                struct err *err)
{
    struct decision decision;
    struct told *told;
    size_t n;
    bool is_first = true;
    if (respond_load(store, arena, id, &decision, &told, &n, err) != OK) {
        return err->code;
    }
    bool is_other_cycle = cycle > 0 && decision.incident.cycle != cycle;
    if (link && !is_other_cycle &&
        store_link_burn(store, link, id, response->actor, peer, &is_first, err) != OK) {
        store_rollback(store);
        return err->code;
    }
    if (is_other_cycle) {
        ret->transition = TRANSITION_REFUSED;
    } else if (!is_first) {
        ret->transition = TRANSITION_SAME;
    } else {
        ret->transition = decision_respond(&decision, response, told, n);
    }
    ret->incident = decision.incident;
    ret->is_recorded = decision.events.n > 0;
    static const char *const results[] = {"changed", "same", "refused"};
    metric_add(&responses_total, 1, str_from(response_kind_name(response->kind)),
               str_from(results[ret->transition]));
    return respond_commit(deps, store, arena, &decision, err);
}

static bool may_try_again(enum status status)
{
    return status == ERR_CONFLICT || status == ERR_UNAVAILABLE;
}

/* A deadlock with another flow, or a connection that was just lost, is not the person's business:
 * nothing happened, so it is done again. */
enum status respond(struct deps *deps, struct store *store, struct arena *arena, struct uuid id,
                    const struct response *response, int cycle, const uint8_t *link,
                    struct str peer, struct responded *ret, struct err *err)
{
    enum status status;
    int tries = 0;
    do {
        *err = ERR_INIT;
        status = respond_once(deps, store, arena, id, response, cycle, link, peer, ret, err);
    } while (may_try_again(status) && ++tries < TRIES_MAX);
    return status;
}
