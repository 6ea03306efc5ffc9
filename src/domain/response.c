#include "domain/response.h"

#include "domain/decision_parts.h"
#include "domain/merge.h"

ENUM_DEFINE(response_kind, RESPONSES)

enum { NOTE_KEPT = 2000 }; /* bytes on the timeline */

/* Messages that can be edited show how it is now. */
static void show_it(struct decision *d, const struct told *told, size_t n_told)
{
    struct str key = str_printf(d->arena, "e%lld", (long long)d->incident.seq);
    decision_tell_update(d, key, 0, told, n_told);
}

static enum transition unacknowledge(struct decision *d, const struct response *r,
                                     const struct told *told, size_t n_told)
{
    enum transition result = incident_transition(&d->incident, INCIDENT_UNACKNOWLEDGE);
    if (result == TRANSITION_CHANGED) {
        decision_start_again(d, r->actor, "through", r->through);
        show_it(d, told, n_told);
    }
    return result;
}

/* Acknowledged, but with an end. */
static enum transition snooze(struct decision *d, const struct response *r, const struct told *told,
                              size_t n_told)
{
    struct incident *incident = &d->incident;
    enum transition result = incident_transition(incident, INCIDENT_ACKNOWLEDGE);
    if (result == TRANSITION_REFUSED) {
        return result;
    }
    struct timeline_entry *entry = decision_event(d, EVENT_SNOOZED, r->actor);
    entry_fact(entry, "through", r->through);
    entry_fact(entry, "until", r->text);
    /* Of what was acknowledged before, that news is still the newest. */
    incident->state_seq = result == TRANSITION_CHANGED ? incident->seq : incident->state_seq;
    incident->ack_seq = incident->seq;
    incident->acked_at = d->now_at;
    incident->acked_by = r->actor;
    int64_t settles_at = decision_settles_at(d);
    decision_stop_escalation(d);
    incident->snoozed_until = r->until_at;
    incident->wake_at = incident->merged_into != 0 ? d->now_at : r->until_at;
    if (settles_at != AT_NONE && settles_at < incident->wake_at) {
        incident->wake_at = settles_at;
    }
    if (result == TRANSITION_CHANGED) {
        decision_tell_acknowledged(d, told, n_told);
    } else {
        show_it(d, told, n_told);
    }
    return TRANSITION_CHANGED;
}

/* Somebody has to act again: what was acknowledged is open, under keys of its own, so that the same
 * step may page a second time. False: it is resolved, or handled with another one. */
static bool open_again(struct decision *d, enum event_kind kind, const struct response *r,
                       struct timeline_entry **ret)
{
    struct incident *incident = &d->incident;
    struct str was = incident->acked_by;
    if (incident->merged_into != 0 ||
        incident_transition(incident, INCIDENT_UNACKNOWLEDGE) == TRANSITION_REFUSED) {
        return false;
    }
    *ret = decision_event(d, kind, r->actor);
    entry_fact(*ret, "through", r->through);
    if (was.n > 0) {
        entry_fact(*ret, "was", was);
        incident->state_seq = incident->seq;
    }
    incident->restart_seq = incident->seq;
    incident->acked_at = AT_NONE;
    incident->acked_by = STR_EMPTY;
    incident->reminded_at = AT_NONE;
    incident->snoozed_until = AT_NONE;
    incident->muted_by = STR_EMPTY; /* it is not what it waits for any more, or says so again */
    incident->held_by_run = (struct uuid){0};
    return true;
}

static enum transition escalate(struct decision *d, const struct response *r,
                                const struct told *told, size_t n_told)
{
    struct timeline_entry *entry;
    bool was_acknowledged = d->incident.state == INCIDENT_ACKNOWLEDGED;
    if (!open_again(d, EVENT_ESCALATED, r, &entry)) {
        return TRANSITION_REFUSED;
    }
    entry_fact(entry, "step", str_printf(d->arena, "%d", r->step + 1));
    d->incident.step = r->step;
    d->incident.wake_at = d->now_at;
    if (was_acknowledged) {
        show_it(d, told, n_told);
    }
    return TRANSITION_CHANGED;
}

/* While somebody is on it, or on its root, no page goes out: they get a note then. */
static void ask(struct decision *d, const struct response *r)
{
    bool is_page = d->incident.state == INCIDENT_OPEN && d->incident.merged_into == 0;
    for (size_t i = 0; i < r->to.n; i++) {
        struct intent intent = {.kind = is_page ? NOTICE_PAGE : NOTICE_NOTE,
                                .to = r->to.v[i],
                                .dedupe_key = str_printf(d->arena, "%s/e%lld/%zu",
                                                         response_kind_name(r->kind),
                                                         (long long)d->incident.seq, i),
                                .step = is_page ? d->incident.step : -1,
                                .round = d->incident.round,
                                .note = is_page ? STR_EMPTY : r->text};
        VEC_PUSH(d->arena, &d->intents, intent);
    }
    d->incident.was_reached |= is_page;
}

static enum transition reassign(struct decision *d, const struct response *r,
                                const struct told *told, size_t n_told)
{
    struct timeline_entry *entry;
    struct incident *incident = &d->incident;
    bool was_acknowledged = incident->state == INCIDENT_ACKNOWLEDGED;
    if (!open_again(d, EVENT_REASSIGNED, r, &entry)) {
        return TRANSITION_REFUSED;
    }
    entry_fact(entry, "to", addressee_labels(d->arena, r->to));
    ask(d, r);
    incident->wake_at = d->now_at + REASSIGN_WAIT_US;
    if (was_acknowledged) {
        show_it(d, told, n_told);
    }
    return TRANSITION_CHANGED;
}

static enum transition add_responder(struct decision *d, const struct response *r)
{
    if (d->incident.state == INCIDENT_RESOLVED) {
        return TRANSITION_REFUSED;
    }
    struct timeline_entry *entry = decision_event(d, EVENT_RESPONDER_ADDED, r->actor);
    entry_fact(entry, "through", r->through);
    entry_fact(entry, "to", addressee_labels(d->arena, r->to));
    if (r->text.n > 0) {
        entry_fact(entry, "text", str_clip_utf8(r->text, NOTE_KEPT));
    }
    ask(d, r);
    return TRANSITION_CHANGED;
}

/* Only the newest of a group: that is where its alerts go. */
static bool is_succeeded(const struct incident *incident, const struct response_world *world)
{
    return world->newest != 0 && world->newest != incident->number;
}

static enum transition reopen(struct decision *d, const struct response *r,
                              const struct response_world *world)
{
    struct incident *incident = &d->incident;
    if (incident->state != INCIDENT_RESOLVED) {
        return TRANSITION_SAME;
    }
    if (is_succeeded(incident, world)) {
        return TRANSITION_REFUSED;
    }
    if (!incident_takes_alerts(incident, d->now_at)) { /* and has not heard of them since */
        incident->firing = 0;
        d->forgets_alerts = true;
    }
    CHECK(incident_transition(incident, INCIDENT_FIRE) == TRANSITION_CHANGED);
    struct alert_changes changes = {
        .firing = incident->firing, .total = incident->total, .source = r->actor};
    decision_open_cycle(d, &changes, &(struct cycle_rules){.hold_us = 0}, world->told,
                        world->n_told);
    (void)decision_heard(d, world->silence_us);
    return TRANSITION_CHANGED;
}

static enum transition note(struct decision *d, const struct response *r)
{
    struct timeline_entry *entry = decision_event(d, EVENT_NOTE, r->actor);
    entry_fact(entry, "text", str_clip_utf8(r->text, NOTE_KEPT));
    return TRANSITION_CHANGED;
}

static enum transition set(struct decision *d, const struct response *r, const char *what,
                           struct str *field, const struct told *told, size_t n_told)
{
    if (str_eq(*field, r->text)) {
        return TRANSITION_SAME;
    }
    struct timeline_entry *entry = decision_event(d, EVENT_CHANGED, r->actor);
    entry_fact(entry, "through", r->through);
    entry_fact(entry, "what", str_from(what));
    entry_fact(entry, "was", *field);
    entry_fact(entry, "is", r->text);
    *field = r->text;
    show_it(d, told, n_told);
    return TRANSITION_CHANGED;
}

static struct merge merge_of(const struct response *r, const struct response_world *world)
{
    return (struct merge){.root = world->root,
                          .has_merged = world->has_merged,
                          .actor = r->actor,
                          .through = r->through};
}

static enum transition respond(struct decision *d, const struct response *r,
                               const struct response_world *world)
{
    const struct told *told = world->told;
    size_t n_told = world->n_told;
    struct merge merge = merge_of(r, world);
    switch (r->kind) {
    case RESPONSE_ACKNOWLEDGE:
        return decision_acknowledge(d, r->actor, r->through, told, n_told);
    case RESPONSE_RESOLVE:
        return decision_resolve(d, r->actor, r->through, told, n_told);
    case RESPONSE_UNACKNOWLEDGE:
        return unacknowledge(d, r, told, n_told);
    case RESPONSE_SNOOZE:
        return snooze(d, r, told, n_told);
    case RESPONSE_ESCALATE:
        return escalate(d, r, told, n_told);
    case RESPONSE_REASSIGN:
        return reassign(d, r, told, n_told);
    case RESPONSE_ADD_RESPONDER:
        return add_responder(d, r);
    case RESPONSE_REOPEN:
        return reopen(d, r, world);
    case RESPONSE_NOTE:
        return note(d, r);
    case RESPONSE_SET_TITLE:
        return set(d, r, "title", &d->incident.title, told, n_told);
    case RESPONSE_SET_SEVERITY:
        return set(d, r, "severity", &d->incident.severity, told, n_told);
    case RESPONSE_MERGE:
        return decision_merge(d, &merge, told, n_told);
    case RESPONSE_UNMERGE:
        return decision_unmerge(d, r->actor, r->through, told, n_told);
    case response_kind_COUNT:
        break;
    }
    UNREACHABLE("response");
}

enum transition decision_respond(struct decision *d, const struct response *r,
                                 const struct response_world *world)
{
    enum transition result = respond(d, r, world);
    bool is_late = result == TRANSITION_REFUSED && d->incident.state == INCIDENT_RESOLVED;
    /* decision_acknowledge has noted it itself. */
    if (is_late && r->kind != RESPONSE_ACKNOWLEDGE) {
        decision_note_late(d, r->actor, response_kind_name(r->kind), r->through);
    }
    return result;
}

struct str response_obstacle(struct arena *arena, const struct incident *in,
                             const struct response *r, const struct response_world *world)
{
    struct merge merge = merge_of(r, world);
    if (r->kind == RESPONSE_MERGE) {
        return merge_obstacle(arena, in, &merge);
    }
    if (in->merged_into != 0 && in->state != INCIDENT_RESOLVED) {
        return str_printf(arena, "the incident is merged into #%lld", (long long)in->merged_into);
    }
    if (r->kind == RESPONSE_REOPEN && is_succeeded(in, world)) {
        return str_printf(arena, "its group has a newer incident, #%lld", (long long)world->newest);
    }
    return str_printf(arena, "the incident is %s", incident_state_name(in->state));
}
