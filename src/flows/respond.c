#include "flows/respond.h"

#include "base/metrics.h"
#include "domain/merge.h"

enum { TRIES_MAX = 2 };

static struct metric responses_total =
    METRIC_COUNTER("alertify_responses_total", "What people did to incidents.", "what", "result");

static enum status load_told(struct store *store, struct arena *arena, struct uuid id,
                             struct told **ret, size_t *ret_n, struct err *err)
{
    struct told_row *rows;
    if (store_told(store, arena, &id, 1, &rows, ret_n, err) != OK) {
        return err->code;
    }
    *ret = ARENA_ARRAY(arena, struct told, *ret_n);
    for (size_t i = 0; i < *ret_n; i++) {
        (*ret)[i] = rows[i].told;
    }
    return OK;
}

/* The receiver's wish about the end holds whoever ends it. */
static void spare_ends(struct deps *deps, const struct incident *incident, struct told *told,
                       size_t n)
{
    const struct snapshot *snapshot = configuration_ref(deps->configuration);
    for (size_t i = 0; i < n; i++) {
        told[i].is_spared_end =
            settings_spares_end(snapshot->settings, incident->receiver, &told[i].contact);
    }
    configuration_unref(snapshot);
}

enum status respond_load(struct deps *deps, struct store *store, struct arena *arena,
                         struct uuid id, struct decision *ret, struct told **ret_told,
                         size_t *ret_n, struct err *err)
{
    struct incident incident;
    int64_t now_at;
    if (store_begin(store, &now_at, err) != OK ||
        store_incident_lock(store, arena, id, &incident, err) != OK ||
        load_told(store, arena, id, ret_told, ret_n, err) != OK) {
        store_rollback(store);
        return err->code;
    }
    spare_ends(deps, &incident, *ret_told, *ret_n);
    decision_init(ret, arena, &incident, now_at);
    return OK;
}

static enum status commit(struct deps *deps, struct store *store, struct arena *arena,
                          const struct decision *const *list, size_t n, struct err *err)
{
    const struct decision *first = list[0];
    struct changes changes = {
        .now_at = first->now_at, .decisions = list, .n_decisions = first->events.n ? n : 0};
    if (store_write(store, arena, &changes, err) != OK || store_commit(store, err) != OK) {
        store_rollback(store);
        return err->code;
    }
    transfers_wake(deps->transfers);
    mailbox_nudge(deps->escalate);
    if (first->runs.n > 0 && deps->runner) {
        runner_wake(deps->runner);
    }
    return OK;
}

enum status respond_commit(struct deps *deps, struct store *store, struct arena *arena,
                           const struct decision *decision, struct err *err)
{
    return commit(deps, store, arena, &decision, 1, err);
}

/* --- two incidents at once -------------------------------------------------------------------- */

/* The incident and its root, both locked. Who merges two of them crosswise has to wait for the
 * other here, and finds that one of them is not free any more. */
struct pair {
    struct decision of, root;
    struct response_world world;
};

static enum status load_pair(struct deps *deps, struct store *store, struct arena *arena,
                             struct uuid id, const struct response *response, struct pair *ret,
                             struct err *err)
{
    struct uuid ids[] = {id, response->root};
    struct incident *found;
    struct told *told;
    size_t n;
    int64_t now_at;
    if (store_begin(store, &now_at, err) != OK ||
        store_incidents_lock(store, arena, ids, 2, &found, &n, err) != OK ||
        load_told(store, arena, id, &told, &ret->world.n_told, err) != OK) {
        return err->code;
    }
    ret->world.told = told;
    ret->world.root = NULL;
    for (size_t i = 0; i < n; i++) {
        if (uuid_eq(found[i].id, id)) {
            spare_ends(deps, &found[i], told, ret->world.n_told);
            decision_init(&ret->of, arena, &found[i], now_at);
        }
        if (uuid_eq(found[i].id, response->root)) {
            decision_init(&ret->root, arena, &found[i], now_at);
            ret->world.root = &found[i];
        }
    }
    if (n < (uuid_eq(id, response->root) ? 1 : 2)) {
        return err_set(err, ERR_NOT_FOUND, "no such incident");
    }
    return store_incident_has_merged(store, arena, ret->of.incident.number, &ret->world.has_merged,
                                     err);
}

static void count(const struct response *response, enum transition result)
{
    static const char *const results[] = {"changed", "same", "refused"};
    metric_add(&responses_total, 1, str_from(response_kind_name(response->kind)),
               str_from(results[result]));
}

static void answer(struct arena *arena, const struct decision *decision, struct incident before,
                   const struct response *response, const struct response_world *world,
                   enum transition result, struct responded *ret)
{
    *ret = (struct responded){.transition = result,
                              .incident = decision->incident,
                              .is_recorded = decision->events.n > 0,
                              .obstacle = result == TRANSITION_REFUSED
                                              ? response_obstacle(arena, &before, response, world)
                                              : STR_EMPTY};
    count(response, result);
}

static enum status respond_pair(struct deps *deps, struct store *store, struct arena *arena,
                                struct uuid id, const struct response *response,
                                struct responded *ret, struct err *err)
{
    struct pair pair;
    if (load_pair(deps, store, arena, id, response, &pair, err) != OK) {
        store_rollback(store);
        return err->code;
    }
    struct incident before = pair.of.incident;
    enum transition result = decision_respond(&pair.of, response, &pair.world);
    int64_t root = pair.world.root->number;
    bool is_merge = pair.of.incident.merged_into == root && before.merged_into != root;
    bool is_unmerge = pair.of.incident.merged_into != root && before.merged_into == root;
    if (is_merge || is_unmerge) {
        decision_note_merged(&pair.root, is_merge ? EVENT_MERGED : EVENT_UNMERGED, before.number,
                             response->actor, response->through);
    }
    answer(arena, &pair.of, before, response, &pair.world, result, ret);
    const struct decision *list[] = {&pair.of, &pair.root};
    return commit(deps, store, arena, list, pair.root.events.n > 0 && root != before.number ? 2 : 1,
                  err);
}

/* --- one of them ------------------------------------------------------------------------------ */

/* Of its group; locked, so that it stays the newest. */
static enum status find_newest(struct store *store, struct arena *arena, const struct incident *in,
                               int64_t *ret, struct err *err)
{
    struct incident *newest;
    size_t n;
    if (store_groups_lock(store, arena, (const uint8_t(*)[GROUP_KEY_BYTES])in->group_key, 1,
                          &newest, &n, err) != OK) {
        return err->code;
    }
    *ret = n > 0 ? newest[0].number : in->number;
    return OK;
}

/* As for one that a source opens: the receiver as it is configured now; one that is gone does not
 * wait for news. */
static int64_t silence_of(struct deps *deps, const struct incident *incident)
{
    const struct snapshot *snapshot = configuration_ref(deps->configuration);
    const struct receiver *receiver = settings_receiver(snapshot->settings, incident->receiver);
    int64_t silence_us = receiver ? receiver->plan.silence_us : 0;
    configuration_unref(snapshot);
    return silence_us;
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
    if (response->kind == RESPONSE_MERGE || response->kind == RESPONSE_UNMERGE) {
        return respond_pair(deps, store, arena, id, response, ret, err);
    }
    if (respond_load(deps, store, arena, id, &decision, &told, &n, err) != OK) {
        return err->code;
    }
    bool is_other_cycle = cycle > 0 && decision.incident.cycle != cycle;
    if (link && !is_other_cycle &&
        store_link_burn(store, link, id, response->actor, peer, &is_first, err) != OK) {
        store_rollback(store);
        return err->code;
    }
    struct incident before = decision.incident;
    struct response_world world = {
        .told = told, .n_told = n, .silence_us = silence_of(deps, &before)};
    if (response->kind == RESPONSE_REOPEN &&
        find_newest(store, arena, &before, &world.newest, err) != OK) {
        store_rollback(store);
        return err->code;
    }
    enum transition result = is_other_cycle ? TRANSITION_REFUSED
                             : !is_first    ? TRANSITION_SAME
                                            : decision_respond(&decision, response, &world);
    answer(arena, &decision, before, response, &world, result, ret);
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
