#include "flows/grouping.h"

#include "base/digest.h"
#include "domain/headline.h"
#include "domain/mute.h"
#include "domain/severity.h"
#include "flows/self_alert.h"
#include "wire/matcher_syntax.h"

#include <string.h>

enum { LABELS_MAX = 10000 };

/* What is known of one fingerprint in one incident, updated as arrivals are walked. */
struct known {
    bool is_known, must_write;
    bool has_changed; /* its status */
    bool is_listed;   /* among those that fire */
    struct alert_state state;
    const struct alert *alert; /* newest */
    struct str source;
};

void grouping_init(struct grouping *g, struct arena *arena, const struct snapshot *snapshot,
                   int64_t now_at)
{
    *g = (struct grouping){.arena = arena, .snapshot = snapshot, .now_at = now_at};
    map_init(&g->group_by_key, arena);
    map_init(&g->known, arena);
}

/* ---- alert → groups -------------------------------------------------------------------------- */

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

static struct str key_text(const uint8_t key[GROUP_KEY_BYTES])
{
    return (struct str){(const char *)key, GROUP_KEY_BYTES};
}

struct group *grouping_find(const struct grouping *g, const uint8_t key[GROUP_KEY_BYTES])
{
    return map_get(&g->group_by_key, key_text(key));
}

static struct group *group_of_key(struct grouping *g, const uint8_t key[GROUP_KEY_BYTES])
{
    struct group *group = grouping_find(g, key);
    if (!group) {
        group = ARENA_NEW(g->arena, struct group);
        memcpy(group->key, key, GROUP_KEY_BYTES);
        map_add(&g->group_by_key, key_text(group->key), group);
        VEC_PUSH(g->arena, &g->groups, group);
    }
    return group;
}

static struct group *group_of(struct grouping *g, const struct route *route, struct labels labels)
{
    uint8_t key[GROUP_KEY_BYTES];
    const struct receiver *receiver = route->receiver;
    group_key(receiver, labels, key);
    struct group *group = group_of_key(g, key);
    if (!group->route) {
        group->receiver = receiver;
        group->route = route;
        group->rules.hold_us = receiver->has_hold ? receiver->hold_us : route->hold_us;
        group->rules.flap = receiver->flap;
        group->labels = labels;
    }
    return group;
}

struct route_hits grouping_add(struct grouping *g, int64_t body, struct str source,
                               struct alert *alert, int64_t received_at)
{
    alert_heard(alert, received_at);
    struct route_hits hits = route_index_match(g->snapshot->routes, alert->labels, g->arena);
    for (size_t i = 0; i < hits.n; i++) {
        struct labels labels = route_group_labels(hits.v[i], alert->labels, g->arena);
        struct group *group = group_of(g, hits.v[i], labels);
        struct arrival arrival = {
            .body = body, .source = source, .alert = alert, .received_at = received_at};
        VEC_PUSH(g->arena, &group->arrivals, arrival);
    }
    return hits;
}

void grouping_add_stray(struct grouping *g, const uint8_t key[GROUP_KEY_BYTES], int64_t body,
                        struct str source, const struct alert *alert)
{
    struct group *group = group_of_key(g, key);
    if (group->arrivals.n > 0 && group->arrivals.v[group->arrivals.n - 1].alert == alert) {
        return; /* the routing leads there as before */
    }
    struct arrival arrival = {
        .body = body, .source = source, .alert = alert, .received_at = g->now_at, .is_stray = true};
    VEC_PUSH(g->arena, &group->arrivals, arrival);
}

/* ---- what is known --------------------------------------------------------------------------- */

void grouping_meet(struct grouping *g, const struct incident *incident)
{
    struct group *group = grouping_find(g, incident->group_key);
    CHECK(group);
    if (incident_takes_alerts(incident, g->now_at)) {
        group->incident = incident;
    }
    if (!group->route) {
        group->receiver = settings_receiver(g->snapshot->settings, incident->receiver);
        group->rules.flap = group->receiver ? group->receiver->flap : FLAP_POLICY_DEFAULT;
    }
}

static struct str known_key(struct grouping *g, struct uuid incident, uint64_t fingerprint)
{
    char *key = arena_alloc(g->arena, sizeof(incident.b) + sizeof(fingerprint));
    memcpy(key, incident.b, sizeof(incident.b));
    memcpy(key + sizeof(incident.b), &fingerprint, sizeof(fingerprint));
    return (struct str){key, sizeof(incident.b) + sizeof(fingerprint)};
}

void grouping_asks(struct grouping *g, struct alert_key **ret, size_t *ret_n)
{
    VEC(struct alert_key) keys = {0};
    for (size_t i = 0; i < g->groups.n; i++) {
        const struct group *group = g->groups.v[i];
        for (size_t k = 0; group->incident && k < group->arrivals.n; k++) {
            struct alert_key key = {group->incident->id, group->arrivals.v[k].alert->fingerprint};
            struct str text = known_key(g, key.incident, key.fingerprint);
            if (!map_get(&g->known, text)) {
                map_add(&g->known, text, ARENA_NEW(g->arena, struct known));
                VEC_PUSH(g->arena, &keys, key);
            }
        }
    }
    *ret = keys.v;
    *ret_n = keys.n;
}

void grouping_know(struct grouping *g, struct alert_key key, struct alert_state state)
{
    struct known *known = map_get(&g->known, known_key(g, key.incident, key.fingerprint));
    CHECK(known);
    known->is_known = true;
    known->state = state;
}

/* As the receiver calls it. */
static struct str severity_of(const struct grouping *g, const struct group *group,
                              const struct alert *alert)
{
    struct str severity = alert_severity(alert, g->arena);
    return group->receiver ? receiver_severity(group->receiver, severity) : severity;
}

static bool may_rise(const struct grouping *g, const struct group *group)
{
    if (!group->incident || group->incident->state == INCIDENT_RESOLVED) {
        return false;
    }
    int rank = severity_rank(group->incident->severity);
    for (size_t i = 0; i < group->arrivals.n; i++) {
        const struct alert *alert = group->arrivals.v[i].alert;
        if (alert->status == ALERT_FIRING && severity_rank(severity_of(g, group, alert)) > rank) {
            return true;
        }
    }
    return false;
}

void grouping_rises(struct grouping *g, struct uuid **ret, size_t *ret_n)
{
    VEC(struct uuid) rises = {0};
    for (size_t i = 0; i < g->groups.n; i++) {
        if (may_rise(g, g->groups.v[i])) {
            VEC_PUSH(g->arena, &rises, g->groups.v[i]->incident->id);
        }
    }
    *ret = rises.v;
    *ret_n = rises.n;
}

/* ---- decide ---------------------------------------------------------------------------------- */

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

/* A new cycle runs under the configuration in force now; one that runs or has ended keeps its plan.
 */
static void take_plan(struct grouping *g, struct group *group)
{
    struct incident *incident = &group->decision.incident;
    if (group->route) {
        incident->plan = group->receiver->plan;
        incident->plan_hash = snapshot_plan(g->snapshot, group->receiver)->hash;
        incident->config_hash = g->snapshot->hash;
    }
}

static void start_decision(struct grouping *g, struct group *group,
                           const struct grouping_world *world)
{
    struct decision *d = &group->decision;
    decision_init(d, g->arena, group->incident, g->now_at);
    if (!group->incident) {
        d->incident.id = world->new_id(world->new_id_arg);
        memcpy(d->incident.group_key, group->key, GROUP_KEY_BYTES);
        d->incident.receiver = group->receiver->name;
        d->incident.group_labels = group->labels;
        incident_describe(&d->incident, first_firing(group), g->arena);
        d->incident.severity = receiver_severity(group->receiver, d->incident.severity);
        take_plan(g, group);
    }
}

/* A late copy from an earlier period: that it fires is known, and what it says is not the newest.
 */
static bool is_older_copy(const struct alert *alert, const struct alert_state *known,
                          enum alert_news news)
{
    return news == NEWS_REPEATED && alert->starts_at != AT_NONE && known->starts_at != AT_NONE &&
           alert->starts_at < known->starts_at;
}

static enum alert_news take_arrival(struct grouping *g, struct group *group,
                                    const struct arrival *arrival)
{
    struct incident *incident = &group->decision.incident;
    struct str key = known_key(g, incident->id, arrival->alert->fingerprint);
    struct known *known = map_get(&g->known, key);
    if (!known) {
        known = ARENA_NEW(g->arena, struct known);
        map_add(&g->known, key, known);
    }
    enum alert_news news = alert_compare(arrival->alert, known->is_known ? &known->state : NULL);
    /* Of what is resolved a person may still want to know what fires: they may open it again. */
    bool is_end = news == NEWS_RESOLVED;
    bool is_over = incident->state == INCIDENT_RESOLVED || news == NEWS_NEW || news == NEWS_REFIRED;
    news = arrival->is_stray && is_over && !is_end ? NEWS_STALE : news;
    uint64_t hash = alert_content_hash(arrival->alert);
    if (news == NEWS_STALE || is_older_copy(arrival->alert, &known->state, news)) {
        return news;
    }
    if (!known->is_known || known->state.content_hash != hash) {
        known->must_write = true;
        known->alert = arrival->alert;
        known->source = arrival->source;
    }
    known->has_changed |= news != NEWS_REPEATED;
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
}

struct told_list {
    struct told *v;
    size_t n;
};

/* Those of them who have not heard of an entry from `seq` on. */
static struct told_list told_of(struct grouping *g, const struct grouping_world *world, int64_t seq,
                                struct uuid incident, const struct receiver *receiver)
{
    VEC(struct told) told = {0};
    for (size_t i = 0; i < world->n_told; i++) {
        if (uuid_eq(world->told[i].incident, incident) && world->told[i].told_seq < seq) {
            struct told one = world->told[i].told;
            one.is_spared_end = receiver && !receiver_tells_end(receiver, &one.contact);
            VEC_PUSH(g->arena, &told, one);
        }
    }
    return (struct told_list){told.v, told.n};
}

static void note_state(struct grouping *g, const struct group *group, enum incident_state before)
{
    const struct incident *incident = &group->decision.incident;
    if (before != INCIDENT_RESOLVED && incident->state == INCIDENT_RESOLVED) {
        g->counts.resolved++;
    } else if (before == INCIDENT_RESOLVED && incident->state == INCIDENT_OPEN) {
        *(incident->cycle == 1 ? &g->counts.opened : &g->counts.reopened) += 1;
    }
}

/* A hold-up of the ledger: the page that follows says so. */
static int64_t late_by(const struct grouping *g, const struct arrival *arrival)
{
    return g->now_at > arrival->received_at ? g->now_at - arrival->received_at : 0;
}

/* What fires may be worse than all before. */
static void note_severity(const struct grouping *g, const struct group *group,
                          const struct alert *alert, enum alert_news news,
                          struct alert_changes *changes)
{
    bool fires = news == NEWS_NEW || news == NEWS_REFIRED || news == NEWS_REPEATED;
    struct str severity = fires ? severity_of(g, group, alert) : STR_EMPTY;
    if (fires &&
        (changes->severity.n == 0 || severity_rank(severity) > severity_rank(changes->severity))) {
        changes->severity = severity;
    }
}

static bool is_severity_set(const struct grouping_world *world, struct uuid incident)
{
    for (size_t i = 0; i < world->n_set_severity; i++) {
        if (uuid_eq(world->set_severity[i], incident)) {
            return true;
        }
    }
    return false;
}

/* Of what alertify itself ends. */
static struct str reason_of(const struct arrival *arrival)
{
    return str_eq(arrival->source, STR(SELF_ALERT_SOURCE))
               ? labels_get(arrival->alert->annotations, STR("reason"))
               : STR_EMPTY;
}

/* One body at a time, as they came, so that a resolve and the fire behind it are two cycles. */
static void decide_alerts(struct grouping *g, struct group *group,
                          const struct grouping_world *world)
{
    struct decision *d = &group->decision;
    struct told_list told = told_of(g, world, INT64_MAX, d->incident.id, group->receiver);
    const struct escalation_world w = {.settings = g->snapshot->settings,
                                       .overrides = world->overrides};
    bool is_set = is_severity_set(world, d->incident.id);
    for (size_t i = 0; i < group->arrivals.n;) {
        int64_t body = group->arrivals.v[i].body;
        struct alert_changes changes = {
            .firing = d->incident.firing,
            .total = d->incident.total,
            .late_us = late_by(g, &group->arrivals.v[i]),
            .source = str_printf(g->arena, "source:%.*s", STR_ARG(group->arrivals.v[i].source))};
        if (group->route) {
            changes.where = group->route->where;
            changes.route = group->route->matchers.n > 0
                                ? matchers_format(g->arena, group->route->matchers)
                                : STR("default-route");
        }
        for (; i < group->arrivals.n && group->arrivals.v[i].body == body; i++) {
            enum alert_news news = take_arrival(g, group, &group->arrivals.v[i]);
            count(&changes, news);
            note_severity(g, group, group->arrivals.v[i].alert, news, &changes);
            g->counts.by_news[news]++;
            if (news == NEWS_RESOLVED) { /* whatever else the body says */
                changes.reason = reason_of(&group->arrivals.v[i]);
            }
        }
        enum incident_state before = d->incident.state;
        decision_alerts(d, &changes, &group->rules, told.v, told.n);
        if (before == INCIDENT_RESOLVED && d->incident.state == INCIDENT_OPEN) {
            take_plan(g, group);
            group->has_opened = true;
            is_set = false;
            if (group->incident && group->incident->state == INCIDENT_RESOLVED) {
                /* Who has heard the end of what was over before knows nothing of this cycle. */
                told =
                    told_of(g, world, group->incident->state_seq, d->incident.id, group->receiver);
            }
        } else if (!is_set && changes.severity.n > 0) {
            decision_raise_severity(d, changes.severity, changes.source, &w);
        }
        note_state(g, group, before);
    }
}

/* What fires after all that has arrived, each once: an arrival may be a late copy, or its end may
 * be behind it. */
static void list_firing(struct grouping *g, struct group *group, struct escalation_world *world)
{
    VEC(struct labels) labels = {0};
    for (size_t i = 0; i < group->arrivals.n && labels.n < LABELS_MAX; i++) {
        const struct alert *alert = group->arrivals.v[i].alert;
        struct str key = known_key(g, group->decision.incident.id, alert->fingerprint);
        struct known *known = map_get(&g->known, key);
        bool fires = known && known->is_known && known->state.status == ALERT_FIRING;
        if (fires && !known->is_listed) {
            known->is_listed = true;
            VEC_PUSH(g->arena, &labels, alert->labels);
        }
    }
    world->alert_labels = labels.v;
    world->n_alert_labels = labels.n;
}

static void escalate(struct grouping *g, struct group *group, const struct grouping_world *world)
{
    struct decision *d = &group->decision;
    struct escalation_world w = {.settings = g->snapshot->settings,
                                 .overrides = world->overrides,
                                 .new_id = world->new_id,
                                 .new_id_arg = world->new_id_arg};
    list_firing(g, group, &w);
    if ((int64_t)w.n_alert_labels < d->incident.firing) {
        return;
    }
    mute_apply(&w, world->inhibitor, world->silences, &d->incident, g->now_at, g->arena);
    decision_escalate(d, &w);
}

static void decide_group(struct grouping *g, struct group *group,
                         const struct grouping_world *world)
{
    struct decision *d = &group->decision;
    int64_t total_before = d->incident.total;
    decide_alerts(g, group, world);
    bool is_nothing = d->is_new && d->events.n == 0; /* only resolves of what we never saw */
    if (is_nothing) {
        return;
    }
    /* Of a receiver that is gone nobody knows how long it would wait for news: not at all. */
    bool is_alive = decision_heard(d, group->receiver ? group->receiver->plan.silence_us : 0);
    /* Only a cycle that began here: the plan of a running one is not loaded, and going on without
     * it would end its escalation. That one is due anyway; the escalate flow takes it, and those
     * that need a turn: it alone hands them out. It takes those, too, of which not all that fires
     * is known here, and so neither is whether it is kept quiet. */
    bool is_due = d->incident.wake_at != AT_NONE && d->incident.wake_at <= g->now_at;
    if (group->has_opened && !plan_takes_turns(&d->incident.plan) && is_due) {
        escalate(g, group, world);
    }
    if (d->events.n > 0 || is_alive || d->incident.total != total_before) {
        VEC_PUSH(g->arena, &g->decisions, d);
    }
}

/* Each changed fingerprint once, with its newest content. */
static void collect_writes(struct grouping *g, const struct group *group)
{
    if (group->decision.is_new && group->decision.events.n == 0) {
        return;
    }
    for (size_t k = 0; k < group->arrivals.n; k++) {
        struct known *known =
            map_get(&g->known, known_key(g, group->decision.incident.id,
                                         group->arrivals.v[k].alert->fingerprint));
        if (known->must_write) {
            struct alert_write write = {.incident = group->decision.incident.id,
                                        .alert = known->alert,
                                        .content_hash = known->state.content_hash,
                                        .changed_seq =
                                            known->has_changed ? group->decision.incident.seq : 0,
                                        .source = known->source};
            VEC_PUSH(g->arena, &g->writes, write);
            known->must_write = false;
        }
    }
}

void grouping_decide(struct grouping *g, const struct grouping_world *world)
{
    for (size_t i = 0; i < g->groups.n; i++) {
        struct group *group = g->groups.v[i];
        if (group->route || group->incident) {
            start_decision(g, group, world);
            decide_group(g, group, world);
            collect_writes(g, group);
        }
    }
}
