#include "flows/postmortem.h"

#include "base/vec.h"
#include "flows/why_user.h"

ENUM_DEFINE(postmortem_end, POSTMORTEM_ENDS)

struct reading {
    struct arena *arena;
    VEC(struct postmortem_cycle) cycles;
    VEC(struct postmortem_message) messages;
    VEC(const struct event_row *) silences;
    VEC(const struct event_row *) decisions; /* entries that messages can come from */
};

static struct str fact(struct reading *r, const struct event_row *event, const char *name)
{
    return event_fact(r->arena, event, name);
}

/* ---- cycles ---------------------------------------------------------------------------------- */

static void open_cycle(struct reading *r, const struct event_row *event)
{
    struct postmortem_cycle cycle = {
        .opened_at = event->at, .told_at = AT_NONE, .acked_at = AT_NONE, .resolved_at = AT_NONE};
    VEC_PUSH(r->arena, &r->cycles, cycle);
}

/* NULL: the beginning of the timeline is missing. */
static struct postmortem_cycle *cycle_now(struct reading *r)
{
    return r->cycles.n > 0 ? &r->cycles.v[r->cycles.n - 1] : NULL;
}

static void note_person(struct reading *r, const struct event_row *event, enum event_kind kind)
{
    struct postmortem_cycle *cycle = cycle_now(r);
    if (!cycle) {
        return;
    }
    if (kind == EVENT_RESOLVED) {
        cycle->resolved_at = event->at;
        cycle->resolved_by = event->actor;
        cycle->resolved_through = fact(r, event, "through");
    } else if (kind == EVENT_UNACKNOWLEDGED) {
        cycle->is_ack_taken_back = true;
    } else if (kind == EVENT_ESCALATED || kind == EVENT_REASSIGNED) {
        cycle->is_ack_taken_back |= fact(r, event, "was").n > 0;
    } else if (cycle->acked_at == AT_NONE) {
        cycle->acked_at = event->at;
        cycle->acked_by = event->actor;
        cycle->acked_through = fact(r, event, "through");
    }
}

/* ---- messages -------------------------------------------------------------------------------- */

/* Which entries a message of this kind can come from. */
static bool can_cause(enum event_kind kind, enum notice_kind what)
{
    switch (what) {
    case NOTICE_PAGE:
        return kind == EVENT_NOTIFIED || kind == EVENT_CATCH_ALL || kind == EVENT_REASSIGNED ||
               kind == EVENT_RESPONDER_ADDED;
    case NOTICE_ACKNOWLEDGED:
        return kind == EVENT_ACKNOWLEDGED || kind == EVENT_SNOOZED;
    case NOTICE_RESOLVED:
        return kind == EVENT_RESOLVED;
    case NOTICE_UPDATE:
        return kind == EVENT_ALERTS_CHANGED || kind == EVENT_UNACKNOWLEDGED ||
               kind == EVENT_ESCALATED || kind == EVENT_CHANGED || kind == EVENT_MERGED ||
               kind == EVENT_UNMERGED;
    case NOTICE_RESULT:
        return kind == EVENT_RUN_FINISHED || kind == EVENT_RUN_UNKNOWN;
    case NOTICE_REMINDER:
        return kind == EVENT_REMINDED;
    case NOTICE_FLAPPING:
        return kind == EVENT_FLAPPING;
    case NOTICE_NOTE:
        return kind == EVENT_NOTE || kind == EVENT_RESPONDER_ADDED;
    case NOTICE_STORM:
        return false;
    case notice_kind_COUNT:
        break;
    }
    UNREACHABLE("notice kind");
}

/* Does a list of addressees ("Anna, slack:#ops") have this one? */
static bool names(struct str list, struct str to)
{
    while (list.p) {
        if (str_eq(str_trim(str_cut(&list, ',')), to)) {
            return true;
        }
    }
    return false;
}

static const struct event_row *cause_of(struct reading *r, struct str what, struct str to)
{
    enum notice_kind notice;
    if (!notice_kind_from_name(what, &notice)) {
        return NULL;
    }
    const struct event_row *any = NULL;
    for (size_t i = r->decisions.n; i-- > 0;) {
        const struct event_row *event = r->decisions.v[i];
        enum event_kind kind;
        if (!event_kind_from_name(event->kind, &kind) || !can_cause(kind, notice)) {
            continue;
        }
        if (notice != NOTICE_PAGE || names(fact(r, event, "to"), to)) {
            return event;
        }
        any = any ? any : event;
    }
    return any; /* a name with a comma in it: the newest that could be */
}

/* The message that the entry is about: the newest one to that addressee that has not ended; or that
 * a summary named which was given up. */
static struct postmortem_message *message_of(struct reading *r, const struct event_row *event,
                                             enum event_kind kind)
{
    struct str to = fact(r, event, "to"), what = fact(r, event, "what");
    bool is_uncovered = kind != EVENT_DELIVERY_COVERED && fact(r, event, "summary").n > 0;
    for (size_t i = r->messages.n; i-- > 0;) {
        struct postmortem_message *m = &r->messages.v[i];
        bool is_open = m->end == (is_uncovered ? POSTMORTEM_COVERED : POSTMORTEM_PENDING);
        if (is_open && str_eq(m->to, to) && str_eq(m->what, what)) {
            return m;
        }
    }
    struct postmortem_message message = {.at = event->at,
                                         .to = to,
                                         .what = what,
                                         .ended_at = AT_NONE,
                                         .reason = STR_EMPTY,
                                         .cause = cause_of(r, what, to)};
    VEC_PUSH(r->arena, &r->messages, message);
    return &r->messages.v[r->messages.n - 1];
}

static void end_message(struct postmortem_message *m, enum postmortem_end end, int64_t at)
{
    m->end = end;
    m->ended_at = at;
}

static void note_delivery(struct reading *r, const struct event_row *event, enum event_kind kind)
{
    struct postmortem_message *m = message_of(r, event, kind);
    struct postmortem_cycle *cycle = cycle_now(r);
    struct str channel = fact(r, event, "channel"), reason = fact(r, event, "reason");
    m->channel = channel.n > 0 ? channel : m->channel;
    m->reason = reason.n > 0 ? reason : m->reason;
    if (kind == EVENT_ATTEMPT) {
        m->attempts++;
    } else if (kind == EVENT_DELIVERED) {
        end_message(m, POSTMORTEM_DELIVERED, event->at);
        if (cycle && cycle->told_at == AT_NONE && str_eq(m->what, STR("page"))) {
            cycle->told_at = event->at;
        }
    } else if (kind == EVENT_DELIVERY_RETRIED) {
        end_message(m, POSTMORTEM_PENDING,
                    AT_NONE); /* a summary named it, until that was given up */
    } else if (kind == EVENT_DELIVERY_FAILED) {
        end_message(m, POSTMORTEM_FAILED, event->at);
    } else if (kind == EVENT_DELIVERY_SUPERSEDED) {
        end_message(m, POSTMORTEM_SUPERSEDED, event->at);
    } else if (kind == EVENT_DELIVERY_COVERED) {
        end_message(m, POSTMORTEM_COVERED, event->at);
        m->reason =
            str_printf(r->arena, "summary %.*s names it", STR_ARG(fact(r, event, "summary")));
    }
}

/* ---- all ------------------------------------------------------------------------------------- */

static void read_event(struct reading *r, const struct event_row *event, enum event_kind kind)
{
    switch (kind) {
    case EVENT_OPENED:
    case EVENT_REOPENED:
        open_cycle(r, event);
        return;
    case EVENT_ACKNOWLEDGED:
    case EVENT_SNOOZED:
    case EVENT_ESCALATED:
    case EVENT_REASSIGNED:
    case EVENT_RESOLVED:
        note_person(r, event, kind);
        VEC_PUSH(r->arena, &r->decisions, event);
        return;
    case EVENT_UNACKNOWLEDGED:
        note_person(r, event, kind);
        return;
    case EVENT_NOTIFIED:
    case EVENT_CATCH_ALL:
    case EVENT_REMINDED:
    case EVENT_FLAPPING:
    case EVENT_NOTE:
    case EVENT_RESPONDER_ADDED:
    case EVENT_CHANGED:
    case EVENT_UNMERGED:
    case EVENT_ALERTS_CHANGED:
    case EVENT_RUN_FINISHED:
    case EVENT_RUN_UNKNOWN:
        VEC_PUSH(r->arena, &r->decisions, event);
        return;
    case EVENT_ATTEMPT:
    case EVENT_DELIVERED:
    case EVENT_DELIVERY_RETRIED:
    case EVENT_DELIVERY_FAILED:
    case EVENT_DELIVERY_SUPERSEDED:
    case EVENT_DELIVERY_HELD:
    case EVENT_DELIVERY_COVERED:
        note_delivery(r, event, kind);
        return;
    case EVENT_MERGED:
        VEC_PUSH(r->arena, &r->decisions, event);
        VEC_PUSH(r->arena, &r->silences, event);
        return;
    case EVENT_STEP_SKIPPED:
    case EVENT_RUN_SKIPPED:
    case EVENT_NOBODY_REACHED:
    case EVENT_MUTED:
        VEC_PUSH(r->arena, &r->silences, event);
        return;
    case EVENT_UNMUTED:
    case EVENT_BRANCHED:
    case EVENT_REPEATED:
    case EVENT_ESCALATION_ENDED:
    case EVENT_LATE_ACTION:
    case EVENT_RUN_REQUESTED:
    case EVENT_RUN_STARTED:
    case EVENT_SETTLED:
    case event_kind_COUNT:
        return;
    }
}

static int64_t mean(const struct reading *r, int64_t (*at)(const struct postmortem_cycle *))
{
    int64_t sum = 0, n = 0;
    for (size_t i = 0; i < r->cycles.n; i++) {
        const struct postmortem_cycle *cycle = &r->cycles.v[i];
        if (at(cycle) != AT_NONE) {
            sum += at(cycle) - cycle->opened_at;
            n++;
        }
    }
    return n > 0 ? sum / n : -1;
}

static int64_t acked_at(const struct postmortem_cycle *cycle)
{
    return cycle->acked_at;
}

static int64_t resolved_at(const struct postmortem_cycle *cycle)
{
    return cycle->resolved_at;
}

static int64_t told_at(const struct postmortem_cycle *cycle)
{
    return cycle->told_at;
}

struct postmortem postmortem_of(struct arena *arena, const struct event_row *events, size_t n)
{
    struct reading r = {.arena = arena};
    for (size_t i = 0; i < n; i++) {
        enum event_kind kind;
        if (event_kind_from_name(events[i].kind, &kind)) {
            read_event(&r, &events[i], kind);
        }
    }
    return (struct postmortem){.cycles = r.cycles.v,
                               .n_cycles = r.cycles.n,
                               .messages = r.messages.v,
                               .n_messages = r.messages.n,
                               .silences = r.silences.v,
                               .n_silences = r.silences.n,
                               .mean_ack_us = mean(&r, acked_at),
                               .mean_resolve_us = mean(&r, resolved_at),
                               .mean_told_us = mean(&r, told_at)};
}
