#include "flows/replay.h"

#include "domain/mute.h"

#include <string.h>

/* An alert in an incident. */
struct replay_state {
    struct alert_state state;
    struct replay_alert *alert;
};

struct replay_incident {
    struct incident incident;
    const struct receiver *receiver;
    uint64_t number;
    bool is_live;      /* not resolved: its firing alerts may mute others */
    bool is_inhibited; /* muted by alerts, too: looked at again when some alert ends */
    bool is_asleep;    /* not before that */
    VEC(struct replay_state *) alerts;
    VEC(struct told) told; /* in this cycle */
    asked_vec asked;       /* likewise */
    int told_cycle;
};

/* The newest incident of a group. */
struct replay_group {
    struct replay_incident *newest;
};

struct replay_wake {
    int64_t at;
    struct replay_incident *incident;
};

/* ---- setting up ------------------------------------------------------------------------------ */

static struct str place_key(const struct route *const *route)
{
    return (struct str){(const char *)route, sizeof(*route)};
}

static void list_routes(struct replay *r, const struct route *route)
{
    struct replay_route entry = {.route = route};
    VEC_PUSH(r->arena, &r->routes, entry);
    for (size_t i = 0; i < route->n_children; i++) {
        list_routes(r, &route->children[i]);
    }
}

static void index_routes(struct replay *r)
{
    list_routes(r, &r->snapshot->settings->root);
    for (size_t i = 0; i < r->routes.n; i++) {
        map_add(&r->route_at, place_key(&r->routes.v[i].route), &r->routes.v[i]);
    }
}

void replay_init(struct replay *r, struct arena *arena, const struct snapshot *snapshot,
                 const struct override_row *overrides, size_t n_overrides, int64_t from_at)
{
    *r = (struct replay){.arena = arena, .snapshot = snapshot, .from_at = from_at};
    arena_init(&r->batch);
    inhibitor_init(&r->inhibitor, arena, snapshot->settings->inhibit_rules,
                   snapshot->settings->n_inhibit_rules);
    map_init(&r->groups, arena);
    map_init(&r->alerts, arena);
    map_init(&r->states, arena);
    map_init(&r->route_at, arena);
    r->overrides =
        directory_overrides(&snapshot->settings->directory, overrides, n_overrides, arena);
    index_routes(r);
    const struct settings *settings = snapshot->settings;
    r->receivers = ARENA_ARRAY(arena, struct replay_receiver, settings->n_receivers);
    for (size_t i = 0; i < settings->n_receivers; i++) {
        r->receivers[i].receiver = &settings->receivers[i];
    }
}

void replay_release(struct replay *r)
{
    arena_release(&r->batch);
}

static bool is_counted(const struct replay *r)
{
    return r->now_at >= r->from_at;
}

static struct replay_receiver *receiver_of(const struct replay *r,
                                           const struct replay_incident *incident)
{
    return &r->receivers[incident->receiver - r->snapshot->settings->receivers];
}

static struct uuid new_id(void *arg)
{
    struct replay *r = arg;
    struct uuid id = {{0}};
    r->n_ids++;
    memcpy(id.b, &r->n_ids, sizeof(r->n_ids));
    return id;
}

static struct str number_key(struct arena *arena, uint64_t number)
{
    return (struct str){arena_dup(arena, &number, sizeof(number)), sizeof(number)};
}

/* ---- the heap of what is due ----------------------------------------------------------------- */

static int64_t due_at(const struct replay_incident *of)
{
    const struct incident *incident = &of->incident;
    if (incident->state == INCIDENT_RESOLVED) {
        return AT_NONE;
    }
    if (of->is_asleep) {
        return incident->silent_at;
    }
    if (incident->wake_at == AT_NONE || incident->silent_at == AT_NONE) {
        return incident->wake_at == AT_NONE ? incident->silent_at : incident->wake_at;
    }
    return incident->wake_at < incident->silent_at ? incident->wake_at : incident->silent_at;
}

static void swap_wakes(struct replay *r, size_t a, size_t b)
{
    struct replay_wake wake = r->wakes.v[a];
    r->wakes.v[a] = r->wakes.v[b];
    r->wakes.v[b] = wake;
}

static bool is_earlier(const struct replay *r, size_t a, size_t b)
{
    const struct replay_wake *x = &r->wakes.v[a], *y = &r->wakes.v[b];
    return x->at != y->at ? x->at < y->at : x->incident->number < y->incident->number;
}

/* An entry whose incident is due at another time by now is stale: there is a newer one. */
static void push_wake(struct replay *r, struct replay_incident *incident)
{
    struct replay_wake wake = {due_at(incident), incident};
    if (wake.at == AT_NONE) {
        return;
    }
    VEC_PUSH(r->arena, &r->wakes, wake);
    for (size_t i = r->wakes.n - 1; i > 0 && is_earlier(r, i, (i - 1) / 2); i = (i - 1) / 2) {
        swap_wakes(r, i, (i - 1) / 2);
    }
}

static struct replay_wake pop_wake(struct replay *r)
{
    struct replay_wake top = r->wakes.v[0];
    r->wakes.v[0] = r->wakes.v[--r->wakes.n];
    for (size_t i = 0;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2; child++) {
            if (child < r->wakes.n && is_earlier(r, child, least)) {
                least = child;
            }
        }
        if (least == i) {
            return top;
        }
        swap_wakes(r, i, least);
        i = least;
    }
}

/* ---- asleep ---------------------------------------------------------------------------------- */

/* The engine looks at what is inhibited all the time. Here it is left alone while nothing can end
 * that; then it is looked at as soon as the engine would. */
static void put_to_sleep(struct replay *r, struct replay_incident *incident,
                         const struct mute_verdict *verdict)
{
    incident->incident.wake_at = verdict->until_at;
    incident->is_inhibited = verdict->is_inhibited;
    incident->is_asleep = verdict->is_by_alerts;
    if (incident->is_inhibited) {
        VEC_PUSH(r->arena, &r->sleepers, incident);
    }
    push_wake(r, incident);
}

static void wake_up(struct replay *r, struct replay_incident *incident)
{
    if (incident->is_asleep && incident->incident.wake_at < r->now_at) {
        incident->incident.wake_at = r->now_at + MUTE_LOOK_US;
    }
    incident->is_asleep = incident->is_inhibited = false;
    push_wake(r, incident);
}

/* An alert does not fire any more; it may have muted others. */
static void note_end(struct replay *r, const struct replay_state *state)
{
    if (!inhibitor_remove(&r->inhibitor, state->alert->labels)) {
        return;
    }
    for (size_t i = 0; i < r->sleepers.n; i++) {
        struct replay_incident *sleeper = r->sleepers.v[i];
        if (sleeper->is_inhibited) {
            int64_t look_at = r->now_at + MUTE_LOOK_US;
            sleeper->incident.wake_at = sleeper->is_asleep || sleeper->incident.wake_at > look_at
                                            ? look_at
                                            : sleeper->incident.wake_at;
            wake_up(r, sleeper);
        }
    }
    r->sleepers.n = 0;
}

/* Firing alerts count as long as their incident is not resolved. */
static void note_life(struct replay *r, struct replay_incident *incident)
{
    bool is_live = incident->incident.state != INCIDENT_RESOLVED;
    for (size_t i = 0; is_live != incident->is_live && i < incident->alerts.n; i++) {
        if (incident->alerts.v[i]->state.status == ALERT_FIRING) {
            if (is_live) {
                inhibitor_add(&r->inhibitor, incident->alerts.v[i]->alert->labels);
            } else {
                note_end(r, incident->alerts.v[i]);
            }
        }
    }
    incident->is_live = is_live;
}

/* ---- remembering a decision ------------------------------------------------------------------ */

static struct str keep_text(struct replay *r, struct str old, struct str text)
{
    return str_eq(old, text) ? old : str_dup(r->arena, text);
}

/* Texts that a batch has made must outlive it; those of the configuration do. */
static void keep_incident(struct replay *r, struct incident *kept, const struct incident *now)
{
    struct incident old = *kept;
    *kept = *now;
    kept->title = keep_text(r, old.title, now->title);
    kept->service = keep_text(r, old.service, now->service);
    kept->severity = keep_text(r, old.severity, now->severity);
    kept->muted_by = keep_text(r, old.muted_by, now->muted_by);
    kept->acked_by = keep_text(r, old.acked_by, now->acked_by);
    kept->resolved_by = keep_text(r, old.resolved_by, now->resolved_by);
    kept->group_labels =
        old.group_labels.v ? old.group_labels : labels_dup(r->arena, now->group_labels);
}

static bool is_told(const struct replay_incident *incident, const struct contact *contact)
{
    for (size_t i = 0; i < incident->told.n; i++) {
        const struct contact *other = &incident->told.v[i].contact;
        if (other->channel == contact->channel && str_eq(other->address, contact->address)) {
            return true;
        }
    }
    return false;
}

static struct addressee keep_addressee(struct replay *r, const struct addressee *to)
{
    struct contact *contacts = ARENA_ARRAY(r->arena, struct contact, to->n_contacts);
    for (size_t i = 0; i < to->n_contacts; i++) {
        contacts[i] = to->contacts[i];
        contacts[i].address = str_dup(r->arena, to->contacts[i].address);
    }
    return (struct addressee){str_dup(r->arena, to->label), contacts, to->n_contacts};
}

static void keep_page(struct replay *r, struct replay_incident *incident,
                      const struct intent *intent)
{
    struct replay_page page = {.at = r->now_at,
                               .incident = incident->number,
                               .receiver = incident->incident.receiver,
                               .title = incident->incident.title,
                               .severity = incident->incident.severity,
                               .to = keep_addressee(r, &intent->to),
                               .step = intent->step,
                               .round = intent->round};
    if (is_counted(r)) {
        VEC_PUSH(r->arena, &r->pages, page);
        receiver_of(r, incident)->n_pages++;
    }
    if (!is_told(incident, &page.to.contacts[0])) {
        struct told told = {.contact = page.to.contacts[0], .label = page.to.label};
        VEC_PUSH(r->arena, &incident->told, told);
    }
    asked_note(r->arena, &incident->asked, page.step, &page.to.contacts[0]);
}

static void mark_paged(struct replay_incident *incident)
{
    for (size_t i = 0; incident->incident.was_reached && i < incident->alerts.n; i++) {
        bool is_firing = incident->alerts.v[i]->state.status == ALERT_FIRING;
        incident->alerts.v[i]->alert->is_paged |= is_firing;
    }
}

static struct replay_branch *branch_of(struct replay *r, const struct incident *incident,
                                       int64_t step)
{
    const struct step *at = &incident->plan.steps[step];
    for (size_t i = 0; i < r->branches.n; i++) {
        if (r->branches.v[i].step == at) {
            return &r->branches.v[i];
        }
    }
    return NULL;
}

static struct str fact_of(const struct timeline_entry *entry, const char *name)
{
    for (size_t i = 0; i < entry->n_facts; i++) {
        if (strcmp(entry->facts[i].name, name) == 0) {
            return entry->facts[i].value;
        }
    }
    return STR_EMPTY;
}

static void count_event(struct replay *r, const struct replay_incident *incident,
                        const struct timeline_entry *entry)
{
    uint64_t step = 0;
    if (entry->kind == EVENT_OPENED || entry->kind == EVENT_REOPENED) {
        receiver_of(r, incident)->n_incidents++;
    } else if (entry->kind == EVENT_NOBODY_REACHED) {
        r->n_nobody++;
    } else if (entry->kind == EVENT_BRANCHED && str_to_u64(fact_of(entry, "step"), &step)) {
        struct replay_branch *branch = branch_of(r, &incident->incident, (int64_t)step - 1);
        bool is_then = str_eq(fact_of(entry, "took"), STR("then"));
        *(is_then ? &branch->n_then : &branch->n_else) += 1;
    }
}

static void keep_decision(struct replay *r, struct replay_incident *incident,
                          const struct decision *d)
{
    keep_incident(r, &incident->incident, &d->incident);
    if (incident->told_cycle != d->incident.cycle) {
        incident->told.n = 0;
        incident->asked.n = 0;
        incident->told_cycle = d->incident.cycle;
    }
    for (size_t i = 0; i < d->intents.n; i++) {
        if (d->intents.v[i].kind == NOTICE_PAGE) {
            keep_page(r, incident, &d->intents.v[i]);
        }
    }
    if (is_counted(r)) {
        for (size_t i = 0; i < d->events.n; i++) {
            count_event(r, incident, &d->events.v[i]);
        }
        r->n_runs += (int64_t)d->runs.n;
        mark_paged(incident);
    }
    note_life(r, incident);
    wake_up(r, incident);
}

/* ---- what is due ----------------------------------------------------------------------------- */

static const struct labels *firing_labels(struct replay *r, const struct replay_incident *incident,
                                          size_t *ret_n)
{
    struct labels *labels = ARENA_ARRAY(&r->batch, struct labels, incident->alerts.n);
    *ret_n = 0;
    for (size_t i = 0; i < incident->alerts.n; i++) {
        if (incident->alerts.v[i]->state.status == ALERT_FIRING) {
            labels[(*ret_n)++] = incident->alerts.v[i]->alert->labels;
        }
    }
    return labels;
}

/* True when all that is to be done is to look again. */
static bool stays_muted(struct replay *r, struct replay_incident *incident,
                        const struct escalation_world *world)
{
    const struct incident *in = &incident->incident;
    if (in->state != INCIDENT_OPEN || in->muted_by.n == 0 ||
        (in->silent_at != AT_NONE && in->silent_at <= r->now_at)) {
        return false;
    }
    struct mute_verdict verdict =
        mute_check(world->settings, &r->inhibitor, (struct silences){0}, in, world->alert_labels,
                   world->n_alert_labels, r->now_at, &r->batch);
    if (!str_eq(verdict.by, in->muted_by)) {
        return false;
    }
    put_to_sleep(r, incident, &verdict);
    return true;
}

/* What the server keeps in its table of turns. */
static void take_turns(struct replay *r, const struct replay_incident *incident, struct decision *d,
                       struct escalation_world *world)
{
    size_t n = d->turns.n;
    struct replay_receiver *receiver = receiver_of(r, incident);
    struct turn *turns = ARENA_ARRAY(&r->batch, struct turn, n);
    for (size_t i = 0; i < n; i++) {
        int step = d->turns.v[i].step;
        turns[i] = (struct turn){step, receiver->turns[step]++};
    }
    world->turns = turns;
    world->n_turns = n;
    decision_init(d, &r->batch, &incident->incident, r->now_at);
    decision_escalate(d, world);
}

static void wake(struct replay *r, struct replay_incident *incident)
{
    struct decision d;
    struct escalation_world world = {.settings = r->snapshot->settings,
                                     .overrides = r->overrides,
                                     .told = incident->told.v,
                                     .n_told = incident->told.n,
                                     .asked = incident->asked.v,
                                     .n_asked = incident->asked.n,
                                     .new_id = new_id,
                                     .new_id_arg = r};
    world.alert_labels = firing_labels(r, incident, &world.n_alert_labels);
    if (!stays_muted(r, incident, &world)) {
        if (incident->incident.state == INCIDENT_OPEN) {
            mute_apply(&world, &r->inhibitor, (struct silences){0}, &incident->incident, r->now_at,
                       &r->batch);
        }
        decision_init(&d, &r->batch, &incident->incident, r->now_at);
        decision_escalate(&d, &world);
        if (d.turns.n > 0) {
            take_turns(r, incident, &d, &world);
        }
        keep_decision(r, incident, &d);
    }
    arena_clear(&r->batch);
}

void replay_until(struct replay *r, int64_t at)
{
    while (r->wakes.n > 0 && r->wakes.v[0].at <= at) {
        struct replay_wake next = pop_wake(r);
        if (due_at(next.incident) == next.at) {
            r->now_at = next.at > r->now_at ? next.at : r->now_at;
            wake(r, next.incident);
        }
    }
    r->now_at = at > r->now_at ? at : r->now_at;
}

/* ---- alerts ---------------------------------------------------------------------------------- */

static struct replay_alert *alert_of(struct replay *r, const struct alert *alert)
{
    struct str key = {(const char *)&alert->fingerprint, sizeof(alert->fingerprint)};
    struct replay_alert *known = map_get(&r->alerts, key);
    if (!known) {
        known = ARENA_NEW(r->arena, struct replay_alert);
        known->fingerprint = alert->fingerprint;
        known->labels = labels_dup(r->arena, alert->labels);
        map_add(&r->alerts, number_key(r->arena, alert->fingerprint), known);
        VEC_PUSH(r->arena, &r->alert_list, known);
    }
    return known;
}

static void note_routes(struct replay *r, const struct alert *alert, struct route_hits hits)
{
    if (!is_counted(r)) {
        return;
    }
    struct replay_alert *known = alert_of(r, alert);
    const struct route *root = &r->snapshot->settings->root;
    known->is_unrouted |= hits.n == 1 && hits.v[0] == root && root->n_children > 0;
    for (size_t i = 0; i < hits.n; i++) {
        const struct receiver *receiver = hits.v[i]->receiver;
        bool is_there = false;
        for (size_t k = 0; k < known->receivers.n; k++) {
            is_there |= known->receivers.v[k] == receiver;
        }
        if (!is_there) {
            VEC_PUSH(r->arena, &known->receivers, receiver);
        }
        struct replay_route *entry =
            map_get(&r->route_at, place_key((const struct route *const *)&hits.v[i]));
        entry->n_alerts++;
    }
}

/* Each receiver's branches are listed once it has an incident. */
static void list_branches(struct replay *r, const struct receiver *receiver)
{
    for (size_t i = 0; i < r->branches.n; i++) {
        if (r->branches.v[i].receiver == receiver) {
            return;
        }
    }
    for (size_t i = 0; i < receiver->plan.n_steps; i++) {
        if (receiver->plan.steps[i].kind == STEP_IF) {
            struct replay_branch branch = {.receiver = receiver, .step = &receiver->plan.steps[i]};
            VEC_PUSH(r->arena, &r->branches, branch);
        }
    }
}

static struct replay_group *group_of(struct replay *r, const uint8_t key[GROUP_KEY_BYTES])
{
    struct str text = {(const char *)key, GROUP_KEY_BYTES};
    struct replay_group *group = map_get(&r->groups, text);
    if (!group) {
        group = ARENA_NEW(r->arena, struct replay_group);
        map_add(&r->groups, str_dup(r->arena, text), group);
    }
    return group;
}

static struct replay_incident *incident_of(struct replay *r, const struct receiver *receiver,
                                           const struct decision *d)
{
    struct replay_group *group = group_of(r, d->incident.group_key);
    if (d->is_new) {
        group->newest = ARENA_NEW(r->arena, struct replay_incident);
        group->newest->number = ++r->n_incidents;
        group->newest->incident.id = d->incident.id;
        group->newest->receiver = receiver;
    }
    return group->newest;
}

struct state_key {
    uint64_t incident, fingerprint;
};

static struct replay_state *state_of(const struct replay *r, const struct replay_incident *incident,
                                     uint64_t fingerprint)
{
    struct state_key key = {incident->number, fingerprint};
    return map_get(&r->states, (struct str){(const char *)&key, sizeof(key)});
}

static struct replay_state *new_state(struct replay *r, struct replay_incident *incident,
                                      const struct alert *alert)
{
    struct state_key key = {incident->number, alert->fingerprint};
    struct replay_state *state = ARENA_NEW(r->arena, struct replay_state);
    *state = (struct replay_state){.alert = alert_of(r, alert)};
    map_add(&r->states, (struct str){arena_dup(r->arena, &key, sizeof(key)), sizeof(key)}, state);
    VEC_PUSH(r->arena, &incident->alerts, state);
    VEC_PUSH(r->arena, &state->alert->incidents, incident);
    return state;
}

static void keep_alert(struct replay *r, struct replay_incident *incident,
                       const struct alert_write *write)
{
    const struct alert *alert = write->alert;
    struct replay_state *known = state_of(r, incident, alert->fingerprint);
    bool was_firing = known && known->state.status == ALERT_FIRING;
    known = known ? known : new_state(r, incident, alert);
    known->state = (struct alert_state){.status = alert->status,
                                        .starts_at = alert->starts_at,
                                        .ends_at = alert->ends_at,
                                        .content_hash = write->content_hash};
    known->alert->fired += is_counted(r) && !was_firing && alert->status == ALERT_FIRING;
    bool is_firing = alert->status == ALERT_FIRING;
    if (incident->is_live && was_firing && !is_firing) {
        note_end(r, known);
    } else if (incident->is_live && !was_firing && is_firing) {
        inhibitor_add(&r->inhibitor, known->alert->labels);
    }
}

static void meet_incidents(struct replay *r, struct grouping *g)
{
    struct alert_key *keys;
    size_t n;
    for (size_t i = 0; i < g->groups.n; i++) {
        struct replay_group *group = group_of(r, g->groups.v[i]->key);
        list_branches(r, g->groups.v[i]->receiver);
        if (group->newest) {
            grouping_meet(g, &group->newest->incident);
        }
    }
    grouping_asks(g, &keys, &n);
    for (size_t i = 0, k = 0; i < g->groups.n; i++) {
        struct replay_incident *incident = group_of(r, g->groups.v[i]->key)->newest;
        for (;
             g->groups.v[i]->incident && k < n && uuid_eq(keys[k].incident, incident->incident.id);
             k++) {
            struct replay_state *known = state_of(r, incident, keys[k].fingerprint);
            if (known) {
                grouping_know(g, keys[k], known->state);
            }
        }
    }
}

static void list_told(struct replay *r, const struct grouping *g, struct grouping_world *world)
{
    VEC(struct told_row) rows = {0};
    for (size_t i = 0; i < g->groups.n; i++) {
        const struct replay_incident *incident = group_of(r, g->groups.v[i]->key)->newest;
        for (size_t k = 0; g->groups.v[i]->incident && k < incident->told.n; k++) {
            struct told_row row = {
                .incident = incident->incident.id, .told = incident->told.v[k], .ref = STR_EMPTY};
            VEC_PUSH(&r->batch, &rows, row);
        }
    }
    world->told = rows.v;
    world->n_told = rows.n;
}

/* Decisions and writes are in the order of the groups, each of which may have neither. */
static void keep_all(struct replay *r, const struct grouping *g)
{
    size_t writes = 0, decisions = 0;
    for (size_t i = 0; i < g->groups.n; i++) {
        const struct decision *d = &g->groups.v[i]->decision;
        if (d->is_new && d->events.n == 0) {
            continue;
        }
        struct replay_incident *incident = incident_of(r, g->groups.v[i]->receiver, d);
        for (; writes < g->writes.n && uuid_eq(g->writes.v[writes].incident, d->incident.id);
             writes++) {
            keep_alert(r, incident, &g->writes.v[writes]);
        }
        if (decisions < g->decisions.n && g->decisions.v[decisions] == d) {
            keep_decision(r, incident, d);
            decisions++;
        }
    }
}

/* A source and its target may come together: what arrives counts while it is decided about. */
static void count_arrivals(struct replay *r, const struct alert *alerts, size_t n, bool is_begin)
{
    for (size_t i = 0; i < n; i++) {
        if (alerts[i].status == ALERT_FIRING && is_begin) {
            inhibitor_add(&r->inhibitor, alert_of(r, &alerts[i])->labels);
        } else if (alerts[i].status == ALERT_FIRING) {
            (void)inhibitor_remove(&r->inhibitor, alert_of(r, &alerts[i])->labels);
        }
    }
}

void replay_alerts(struct replay *r, int64_t at, struct str source, const struct alert *alerts,
                   size_t n)
{
    struct grouping g;
    struct grouping_world world = {.overrides = r->overrides, .new_id = new_id, .new_id_arg = r};
    replay_until(r, at);
    r->n_bodies += is_counted(r);
    r->n_alerts += is_counted(r) ? (int64_t)n : 0;
    grouping_init(&g, &r->batch, r->snapshot, r->now_at);
    for (size_t i = 0; i < n; i++) {
        struct alert *alert = ARENA_NEW(&r->batch, struct alert);
        *alert = alerts[i];
        note_routes(r, alert, grouping_add(&g, 0, source, alert, at));
    }
    meet_incidents(r, &g);
    list_told(r, &g, &world);
    world.inhibitor = &r->inhibitor;
    count_arrivals(r, alerts, n, true);
    grouping_decide(&g, &world);
    count_arrivals(r, alerts, n, false);
    keep_all(r, &g);
    arena_clear(&r->batch);
}

/* ---- people ---------------------------------------------------------------------------------- */

static void act_on(struct replay *r, struct replay_incident *incident,
                   const struct replay_action *action)
{
    struct decision d;
    decision_init(&d, &r->batch, &incident->incident, r->now_at);
    if (action->is_resolve) {
        (void)decision_resolve(&d, action->actor, action->through, incident->told.v,
                               incident->told.n);
    } else {
        (void)decision_acknowledge(&d, action->actor, action->through, incident->told.v,
                                   incident->told.n);
    }
    keep_decision(r, incident, &d);
    arena_clear(&r->batch);
}

static bool is_firing_in(const struct replay *r, const struct replay_incident *incident,
                         uint64_t fingerprint)
{
    const struct replay_state *state = state_of(r, incident, fingerprint);
    return state && state->state.status == ALERT_FIRING;
}

static void act_on_holders(struct replay *r, const struct replay_action *action)
{
    for (size_t i = 0; i < action->n_fingerprints; i++) {
        uint64_t fingerprint = action->fingerprints[i];
        struct str key = {(const char *)&fingerprint, sizeof(fingerprint)};
        const struct replay_alert *alert = map_get(&r->alerts, key);
        for (size_t k = 0; alert && k < alert->incidents.n; k++) {
            struct replay_incident *incident = alert->incidents.v[k];
            if (incident->incident.state != INCIDENT_RESOLVED &&
                is_firing_in(r, incident, fingerprint)) {
                act_on(r, incident, action);
            }
        }
    }
}

void replay_act(struct replay *r, const struct replay_action *action)
{
    replay_until(r, action->at);
    struct replay_incident *same = group_of(r, action->group_key)->newest;
    if (same && same->incident.state != INCIDENT_RESOLVED) {
        act_on(r, same, action);
    } else {
        act_on_holders(r, action);
    }
}

struct str replay_page_key(struct arena *arena, const struct replay_page *page)
{
    const struct contact *first = &page->to.contacts[0];
    return first->user.n ? str_dup(arena, first->user)
                         : str_printf(arena, "%s:%.*s", channel_kind_name(first->channel),
                                      STR_ARG(first->address));
}
