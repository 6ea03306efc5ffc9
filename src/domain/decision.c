#include "domain/decision_parts.h"
#include "domain/flap.h"
#include "domain/severity.h"

static const struct str self = {"alertify", 8};

enum { OUTPUT_KEPT = 500 }; /* bytes of a script's output on the timeline */

void decision_init(struct decision *d, struct arena *arena, const struct incident *before,
                   int64_t now_at)
{
    *d = (struct decision){.arena = arena, .now_at = now_at, .is_new = before == NULL};
    if (before) {
        d->incident = *before;
    } else {
        d->incident.state = INCIDENT_RESOLVED; /* the first fire opens cycle 1 */
        d->incident.wake_at = AT_NONE;
        d->incident.acked_at = AT_NONE;
        d->incident.resolved_at = AT_NONE;
        d->incident.silent_at = AT_NONE;
        d->incident.reminded_at = AT_NONE;
        d->incident.flapping_at = AT_NONE;
        d->incident.snoozed_until = AT_NONE;
    }
}

struct timeline_entry *decision_event(struct decision *d, enum event_kind kind, struct str actor)
{
    struct timeline_entry entry = {.seq = ++d->incident.seq, .kind = kind, .actor = actor};
    VEC_PUSH(d->arena, &d->events, entry);
    d->incident.updated_at = d->now_at;
    return &d->events.v[d->events.n - 1];
}

static struct str number(struct decision *d, int64_t value)
{
    return str_printf(d->arena, "%lld", (long long)value);
}

struct str addressee_labels(struct arena *arena, struct addressees to)
{
    struct strbuf text;
    strbuf_init(&text, arena, 1000);
    for (size_t i = 0; i < to.n; i++) {
        strbuf_add(&text, i ? STR(", ") : STR_EMPTY);
        strbuf_add(&text, to.v[i].label);
    }
    return strbuf_str(&text);
}

/* One message per place that knows about this cycle. The key holds the state change, so that the
 * same change is told once. */
static void tell_all(struct decision *d, enum notice_kind kind, struct str key, struct str note,
                     const struct told *told, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct contact *contact = &told[i].contact;
        if (kind == NOTICE_RESOLVED && told[i].is_spared_end) {
            continue;
        }
        struct intent intent = {
            .kind = kind,
            .to = {.label = told[i].label, .contacts = contact, .n_contacts = 1},
            .dedupe_key =
                str_printf(d->arena, "%s/%.*s/%s:%.*s", notice_kind_name(kind), STR_ARG(key),
                           channel_kind_name(contact->channel), STR_ARG(contact->address)),
            .step = -1,
            .round = d->incident.round,
            .note = note,
        };
        VEC_PUSH(d->arena, &d->intents, intent);
    }
}

void decision_stop_escalation(struct decision *d)
{
    d->incident.wake_at = AT_NONE;
    d->incident.held_by_run = (struct uuid){0};
    d->incident.reminded_at = AT_NONE;
    d->incident.snoozed_until = AT_NONE;
    d->incident.muted_by = STR_EMPTY;
}

/* The state changes again within one decision (a resolve and the fire behind it came in one batch):
 * what was to be told about the earlier change is not true any more. */
static void drop_old_news(struct decision *d)
{
    size_t kept = 0;
    for (size_t i = 0; i < d->intents.n; i++) {
        enum notice_kind kind = d->intents.v[i].kind;
        if (kind == NOTICE_RESULT || kind == NOTICE_NOTE) {
            d->intents.v[kept++] = d->intents.v[i];
        }
    }
    d->intents.n = kept;
}

/* Too many cycles lately: whom the last one told hear that, once, and the next page waits until it
 * has fired for a while without a break. */
static void begin_flapping(struct decision *d, const struct flap_policy *flap,
                           const struct told *told, size_t n_told)
{
    struct incident *incident = &d->incident;
    incident->wake_at = d->now_at + flap->settle_us;
    if (incident->flapping_at != AT_NONE) {
        return; /* they know */
    }
    struct timeline_entry *entry = decision_event(d, EVENT_FLAPPING, self);
    entry_fact(entry, "cycles", number(d, (int64_t)incident->n_opens));
    entry_fact(entry, "within_s", number(d, flap->within_us / US_PER_S));
    entry_fact(entry, "settle_s", number(d, flap->settle_us / US_PER_S));
    incident->flapping_at = d->now_at;
    tell_all(d, NOTICE_FLAPPING, number(d, incident->state_seq), STR_EMPTY, told, n_told);
}

struct timeline_entry *decision_change_severity(struct decision *d, struct str actor, struct str to)
{
    struct timeline_entry *entry = decision_event(d, EVENT_CHANGED, actor);
    entry_fact(entry, "through", STR("alerts"));
    entry_fact(entry, "what", STR("severity"));
    entry_fact(entry, "was", d->incident.severity);
    entry_fact(entry, "is", to);
    d->incident.severity = to;
    return entry;
}

/* A new cycle is as severe as what fires in it. Of alerts that have not stopped since the last one
 * nothing is known here: with them it is not less severe than it was. */
static void begin_severity(struct decision *d, const struct alert_changes *changes)
{
    const int64_t *news = changes->by_news;
    bool is_all = news[NEWS_NEW] + news[NEWS_REFIRED] + news[NEWS_REPEATED] >= changes->firing;
    int rank = severity_rank(changes->severity), was = severity_rank(d->incident.severity);
    bool is_other = is_all ? !str_eq(changes->severity, d->incident.severity) : rank > was;
    if (changes->severity.n == 0 || !is_other) {
        return;
    }
    if (d->is_new) {
        d->incident.severity = changes->severity;
    } else {
        (void)decision_change_severity(d, changes->source, changes->severity);
    }
}

void decision_open_cycle(struct decision *d, const struct alert_changes *changes,
                         const struct cycle_rules *rules, const struct told *told, size_t n_told)
{
    struct incident *incident = &d->incident;
    int64_t hold_us = rules->hold_us;
    drop_old_news(d);
    struct timeline_entry *entry =
        decision_event(d, incident->cycle == 1 ? EVENT_OPENED : EVENT_REOPENED, changes->source);
    entry_fact(entry, "firing", number(d, changes->firing));
    entry_fact(entry, "receiver", incident->receiver);
    if (changes->where.n > 0) {
        entry_fact(entry, "route", changes->route);
        entry_fact(entry, "where", changes->where);
    }
    if (hold_us > 0) {
        entry_fact(entry, "hold_s", number(d, hold_us / US_PER_S));
    }
    if (changes->late_us >= MESSAGE_LATE_US) {
        entry_fact(entry, "late_s", number(d, changes->late_us / US_PER_S));
    }
    incident->state_seq = incident->seq;
    begin_severity(d, changes);
    incident->ack_seq = 0;
    incident->restart_seq = 0;
    incident->merged_into = 0;
    incident->step = 0;
    incident->round = 1;
    incident->was_reached = false;
    incident->held_by_run = (struct uuid){0};
    incident->reminded_at = AT_NONE;
    incident->snoozed_until = AT_NONE;
    incident->muted_by = STR_EMPTY;
    incident->acked_at = AT_NONE;
    incident->acked_by = STR_EMPTY;
    incident->resolved_at = AT_NONE;
    incident->resolved_by = STR_EMPTY;
    if (d->is_new) {
        incident->opened_at = d->now_at;
    }
    /* A hold is time for the end to come, so it counts from now. Without one the page is late. */
    incident->wake_at = d->now_at + (hold_us > 0 ? hold_us : -changes->late_us);
    if (flap_note_open(incident, &rules->flap, d->now_at)) {
        begin_flapping(d, &rules->flap, told, n_told);
    } else {
        incident->flapping_at = AT_NONE;
    }
}

static void close_cycle(struct decision *d, struct str actor, struct str through,
                        const struct told *told, size_t n_told)
{
    struct incident *incident = &d->incident;
    drop_old_news(d);
    struct timeline_entry *entry = decision_event(d, EVENT_RESOLVED, actor);
    entry_fact(entry, "through", through);
    incident->state_seq = incident->seq;
    incident->resolved_at = d->now_at;
    incident->resolved_by = actor;
    decision_stop_escalation(d);
    incident->silent_at = AT_NONE;
    tell_all(d, NOTICE_RESOLVED, number(d, incident->state_seq), STR_EMPTY, told, n_told);
}

void decision_tell_update(struct decision *d, struct str key, int64_t delay_us,
                          const struct told *told, size_t n_told)
{
    for (size_t i = 0; i < n_told; i++) {
        enum channel_kind channel = told[i].contact.channel;
        if (channel == CHANNEL_SLACK || channel == CHANNEL_TELEGRAM) {
            tell_all(d, NOTICE_UPDATE, key, STR_EMPTY, &told[i], 1);
            d->intents.v[d->intents.n - 1].delay_us = delay_us;
        }
    }
}

/* Where they can be edited, messages follow: quietly, and at most one edit in a while. The key is
 * that of the while, which ends before the edit is due. */
static void tell_changes(struct decision *d, const struct told *told, size_t n_told)
{
    struct str key = str_printf(d->arena, "%d/%lld", d->incident.cycle,
                                (long long)(d->now_at / UPDATE_DELAY_US));
    decision_tell_update(d, key, UPDATE_DELAY_US, told, n_told);
}

void decision_tell_acknowledged(struct decision *d, const struct told *told, size_t n_told)
{
    tell_all(d, NOTICE_ACKNOWLEDGED, number(d, d->incident.state_seq), STR_EMPTY, told, n_told);
}

void decision_start_again(struct decision *d, struct str actor, const char *fact, struct str value)
{
    struct incident *incident = &d->incident;
    struct timeline_entry *entry = decision_event(d, EVENT_UNACKNOWLEDGED, actor);
    entry_fact(entry, "was", incident->acked_by);
    entry_fact(entry, fact, value);
    incident->state_seq = incident->seq;
    decision_stop_escalation(d);
    incident->acked_at = AT_NONE;
    incident->acked_by = STR_EMPTY;
    incident->step = 0;
    incident->round = 1;
    incident->wake_at = d->now_at;
}

static void note_changes(struct decision *d, const struct alert_changes *changes,
                         const struct told *told, size_t n_told)
{
    int64_t fired = changes->by_news[NEWS_NEW] + changes->by_news[NEWS_REFIRED];
    int64_t resolved = changes->by_news[NEWS_RESOLVED];
    if (fired == 0 && resolved == 0) {
        return;
    }
    struct timeline_entry *entry = decision_event(d, EVENT_ALERTS_CHANGED, changes->source);
    entry_fact(entry, "firing", number(d, changes->firing));
    entry_fact(entry, "total", number(d, changes->total));
    entry_fact(entry, "fired", number(d, fired));
    entry_fact(entry, "resolved", number(d, resolved));
    if (changes->reason.n > 0) {
        entry_fact(entry, "reason", changes->reason);
    }
    if (d->incident.state != INCIDENT_RESOLVED) {
        tell_changes(d, told, n_told);
    }
    /* What keeps the others quiet may not fit the new one. Whoever looks needs to know all of them:
     * not this decision but the next. */
    bool may_page = d->incident.state == INCIDENT_OPEN && d->incident.flapping_at == AT_NONE;
    if (fired > 0 && may_page && d->incident.muted_by.n > 0) {
        d->incident.wake_at = d->now_at + 1;
    }
}

/* It flaps and fires, or stops to, once more: it has not settled yet. */
static bool goes_on_flapping(struct decision *d, const struct flap_policy *flap, int64_t was_firing)
{
    struct incident *incident = &d->incident;
    bool is_flapping = incident->state == INCIDENT_OPEN && incident->flapping_at != AT_NONE;
    if (is_flapping && (was_firing > 0) != (incident->firing > 0)) {
        incident->wake_at = d->now_at + flap->settle_us;
    }
    return is_flapping;
}

void decision_alerts(struct decision *d, const struct alert_changes *changes,
                     const struct cycle_rules *rules, const struct told *told, size_t n_told)
{
    struct incident *incident = &d->incident;
    int64_t was_firing = incident->firing;
    incident->firing = changes->firing;
    incident->total = changes->total;
    int64_t fired = changes->by_news[NEWS_NEW] + changes->by_news[NEWS_REFIRED];
    /* Firing again is news only through a new or refired alert: a repeat of an alert that a person
     * closed by hand must not reopen what they closed. What silence closed was not silent. */
    if (str_eq(incident->resolved_by, str_from(DECISION_SILENCE))) {
        fired += changes->by_news[NEWS_REPEATED];
    }
    if (changes->firing > 0 && fired > 0 &&
        incident_transition(incident, INCIDENT_FIRE) == TRANSITION_CHANGED) {
        decision_open_cycle(d, changes, rules, told, n_told);
        return;
    }
    bool is_flapping = goes_on_flapping(d, &rules->flap, was_firing);
    if (!is_flapping && changes->firing == 0 && changes->by_news[NEWS_RESOLVED] > 0 &&
        incident_transition(incident, INCIDENT_CLEAR) == TRANSITION_CHANGED) {
        close_cycle(d, changes->source, STR("all alerts resolved"), told, n_told);
        if (changes->reason.n > 0) {
            entry_fact(&d->events.v[d->events.n - 1], "reason", changes->reason);
        }
        return;
    }
    note_changes(d, changes, told, n_told);
}

void decision_note_late(struct decision *d, struct str actor, const char *wish, struct str through)
{
    struct timeline_entry *entry = decision_event(d, EVENT_LATE_ACTION, actor);
    entry_fact(entry, "wish", str_from(wish));
    entry_fact(entry, "through", through);
    entry_fact(entry, "status", str_from(incident_state_name(d->incident.state)));
}

int64_t decision_settles_at(const struct decision *d)
{
    bool is_settling = d->incident.flapping_at != AT_NONE && d->incident.firing == 0;
    return is_settling ? d->incident.wake_at : AT_NONE;
}

/* Who is reminded and acknowledges again has time until the next reminder. */
static void answer_reminder(struct decision *d, struct str actor, struct str through)
{
    struct timeline_entry *entry = decision_event(d, EVENT_ACKNOWLEDGED, actor);
    entry_fact(entry, "through", through);
    entry_fact(entry, "answers", STR("reminder"));
    d->incident.reminded_at = AT_NONE;
    d->incident.acked_at = d->now_at;
    d->incident.acked_by = actor;
    d->incident.wake_at = d->now_at;
}

/* Somebody takes what was put off. */
static void end_snooze(struct decision *d, struct str actor, struct str through)
{
    struct timeline_entry *entry = decision_event(d, EVENT_ACKNOWLEDGED, actor);
    entry_fact(entry, "through", through);
    entry_fact(entry, "answers", STR("snooze"));
    int64_t settles_at = decision_settles_at(d);
    d->incident.snoozed_until = AT_NONE;
    d->incident.acked_at = d->now_at;
    d->incident.acked_by = actor;
    d->incident.wake_at = settles_at != AT_NONE ? settles_at : d->now_at;
}

bool decision_heard(struct decision *d, int64_t silence_us)
{
    struct incident *incident = &d->incident;
    int64_t silent_at = silence_us > 0 ? d->now_at + silence_us : AT_NONE;
    bool is_same = silence_us > 0
                       ? incident->silent_at != AT_NONE && silent_at >= incident->silent_at &&
                             silent_at - incident->silent_at < silence_us / 20
                       : incident->silent_at == AT_NONE;
    if (incident->state == INCIDENT_RESOLVED || is_same) {
        return false;
    }
    incident->silent_at = silent_at;
    return true;
}

enum transition decision_acknowledge(struct decision *d, struct str actor, struct str through,
                                     const struct told *told, size_t n_told)
{
    struct incident *incident = &d->incident;
    enum transition result = incident_transition(incident, INCIDENT_ACKNOWLEDGE);
    if (result == TRANSITION_REFUSED) {
        decision_note_late(d, actor, "acknowledge", through);
    }
    if (result == TRANSITION_SAME && incident->reminded_at != AT_NONE) {
        answer_reminder(d, actor, through);
    }
    if (result == TRANSITION_SAME && incident->snoozed_until != AT_NONE) {
        end_snooze(d, actor, through);
        return TRANSITION_CHANGED;
    }
    if (result != TRANSITION_CHANGED) {
        return result;
    }
    struct timeline_entry *entry = decision_event(d, EVENT_ACKNOWLEDGED, actor);
    entry_fact(entry, "through", through);
    incident->state_seq = incident->seq;
    incident->ack_seq = incident->seq;
    incident->acked_at = d->now_at;
    incident->acked_by = actor;
    int64_t settles_at = decision_settles_at(d);
    decision_stop_escalation(d);
    /* The escalate flow knows the plan: whether to remind. */
    incident->wake_at = settles_at != AT_NONE ? settles_at : d->now_at;
    decision_tell_acknowledged(d, told, n_told);
    return result;
}

void decision_settle(struct decision *d, const struct told *told, size_t n_told)
{
    struct incident *incident = &d->incident;
    bool is_firing = incident->firing > 0;
    struct timeline_entry *entry = decision_event(d, EVENT_SETTLED, self);
    entry_fact(entry, "as", is_firing ? STR("firing") : STR("cleared"));
    flap_forget(incident);
    if (!is_firing && incident_transition(incident, INCIDENT_CLEAR) == TRANSITION_CHANGED) {
        close_cycle(d, self, STR("all alerts resolved, and stayed so"), told, n_told);
    }
}

enum transition decision_resolve(struct decision *d, struct str actor, struct str through,
                                 const struct told *told, size_t n_told)
{
    enum transition result = incident_transition(&d->incident, INCIDENT_RESOLVE);
    if (result == TRANSITION_CHANGED) {
        close_cycle(d, actor, through, told, n_told);
    }
    return result;
}

void decision_run_ended(struct decision *d, const struct run_end *end, const struct told *told,
                        size_t n_told)
{
    struct incident *incident = &d->incident;
    char id[UUID_TEXT + 1];
    struct timeline_entry *entry = decision_event(d, end->kind, self);
    entry_fact(entry, "action", end->action);
    entry_fact(entry, "result", end->summary);
    if (end->output.n) {
        entry_fact(entry, "output", str_clip_utf8(end->output, OUTPUT_KEPT));
    }
    struct str key = str_dup(d->arena, str_from(uuid_format(end->id, id)));
    tell_all(d, NOTICE_RESULT, key, end->text, told, n_told);
    if (uuid_eq(incident->held_by_run, end->id)) {
        incident->held_by_run = (struct uuid){0};
        if (!end->is_success && incident->state == INCIDENT_OPEN) {
            incident->wake_at = d->now_at;
        }
    }
}

void decision_note(struct decision *d, struct str actor, struct str text, struct addressee to,
                   struct str key)
{
    struct timeline_entry *entry = decision_event(d, EVENT_NOTE, actor);
    entry_fact(entry, "to", to.label);
    entry_fact(entry, "text", str_clip_utf8(text, 2000));
    struct intent intent = {.kind = NOTICE_NOTE,
                            .to = to,
                            .dedupe_key = str_printf(d->arena, "note/%.*s", STR_ARG(key)),
                            .step = -1,
                            .round = d->incident.round,
                            .note = text};
    VEC_PUSH(d->arena, &d->intents, intent);
}

void decision_run(struct decision *d, struct str actor, struct run_intent run)
{
    struct timeline_entry *entry = decision_event(d, EVENT_RUN_REQUESTED, actor);
    entry_fact(entry, "action", run.action);
    VEC_PUSH(d->arena, &d->runs, run);
}

bool decision_changes_state(const struct decision *d)
{
    for (size_t i = 0; i < d->events.n; i++) {
        enum event_kind kind = d->events.v[i].kind;
        if (kind == EVENT_ACKNOWLEDGED || kind == EVENT_UNACKNOWLEDGED || kind == EVENT_RESOLVED ||
            kind == EVENT_REOPENED || kind == EVENT_SNOOZED || kind == EVENT_ESCALATED ||
            kind == EVENT_REASSIGNED) {
            return true;
        }
    }
    return false;
}

bool decision_ends(const struct decision *d)
{
    bool is_resolved = false;
    for (size_t i = 0; i < d->events.n; i++) {
        is_resolved |= d->events.v[i].kind == EVENT_RESOLVED;
    }
    return is_resolved && d->incident.state == INCIDENT_RESOLVED;
}

bool notice_is_wanted(const struct incident *incident, enum notice_kind kind, int cycle,
                      int64_t state_seq)
{
    switch (kind) {
    case NOTICE_PAGE:
        return incident->state == INCIDENT_OPEN && incident->cycle == cycle &&
               incident->state_seq == state_seq && incident->merged_into == 0;
    case NOTICE_REMINDER:
        return incident->state == INCIDENT_ACKNOWLEDGED && incident->state_seq == state_seq &&
               incident->reminded_at != AT_NONE;
    case NOTICE_ACKNOWLEDGED:
    case NOTICE_RESOLVED:
        return incident->state_seq == state_seq;
    case NOTICE_UPDATE:
        return incident->state != INCIDENT_RESOLVED && incident->cycle == cycle;
    case NOTICE_FLAPPING:
        return incident->flapping_at != AT_NONE && incident->cycle == cycle &&
               incident->state == INCIDENT_OPEN;
    case NOTICE_RESULT:
    case NOTICE_NOTE:
    case NOTICE_STORM:
        return true;
    case notice_kind_COUNT:
        break;
    }
    UNREACHABLE("notice kind");
}

void decision_catch_up(struct decision *d, const struct told *told)
{
    enum notice_kind kind =
        d->incident.state == INCIDENT_ACKNOWLEDGED ? NOTICE_ACKNOWLEDGED : NOTICE_RESOLVED;
    if (d->incident.state != INCIDENT_OPEN) {
        tell_all(d, kind, number(d, d->incident.state_seq), STR_EMPTY, told, 1);
    } else if (d->incident.merged_into != 0) {
        decision_tell_update(d, str_printf(d->arena, "e%lld", (long long)d->incident.seq), 0, told,
                             1);
    }
}
