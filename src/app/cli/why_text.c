#include "app/cli/why_text.h"

#include "flows/why_user.h"

enum { TEXT_MAX = 64 * 1024 };

struct words {
    struct arena *arena;
    const struct event_row *event;
    struct strbuf out;
};

static struct str fact(const struct words *w, const char *name)
{
    return event_fact(w->arena, w->event, name);
}

/* Adds `before`, the fact and `after`; nothing if the entry does not have it. */
static void add_fact(struct words *w, const char *before, const char *name, const char *after)
{
    struct str value = fact(w, name);
    if (value.n > 0) {
        strbuf_printf(&w->out, "%s%.*s%s", before, STR_ARG(value), after);
    }
}

static void add(struct words *w, const char *text)
{
    strbuf_add(&w->out, str_from(text));
}

static void add_actor(struct words *w, const char *before)
{
    strbuf_printf(&w->out, "%s%.*s", before, STR_ARG(w->event->actor));
}

static void add_opened(struct words *w, const char *verb)
{
    add_actor(w, verb);
    add_fact(w, ", alerts firing: ", "firing", "");
    add_fact(w, "; goes to receiver ", "receiver", "");
    add_fact(w, " by route ", "route", "");
    add_fact(w, " (", "where", ")");
    add_fact(w, "; the first page is held for ", "hold_s", " s");
    add_fact(w, "; the webhook had to wait for ", "late_s", " s");
}

/* Who is told what, and how. */
static void add_delivery(struct words *w, const char *then)
{
    add_fact(w, "", "what", "");
    add_fact(w, " to ", "to", "");
    add_fact(w, " by ", "channel", "");
    add(w, then);
}

static void add_step(struct words *w)
{
    add_fact(w, "step ", "step", "");
    add_fact(w, " (", "where", ")");
    add_fact(w, ", round ", "round", "");
    add(w, ": ");
}

static void add_run(struct words *w, const char *verb)
{
    add_fact(w, "script ", "action", verb);
    add_fact(w, " in step ", "step", "");
    add_fact(w, ": ", "result", "");
    add_fact(w, ", asked for by ", "asked_by", "");
    add_fact(w, ": ", "reason", "");
    add_fact(w, "; it said: ", "output", "");
}

static void say_delivery(struct words *w, enum event_kind kind)
{
    if (kind == EVENT_ATTEMPT) {
        add_fact(w, "attempt ", "attempt", ": ");
        add_delivery(w, "");
        add_fact(w, " (delivery ", "delivery", ")");
    } else if (kind == EVENT_DELIVERED) {
        add_delivery(w, " was delivered");
    } else if (kind == EVENT_DELIVERY_SUPERSEDED) {
        add_delivery(w, " was not sent any more");
        add_fact(w, ": ", "reason", "");
    } else if (kind == EVENT_DELIVERY_HELD) {
        add_delivery(w, " waits");
        add_fact(w, ": ", "reason", "");
        add_fact(w, "; goes by ", "next", " instead");
    } else if (kind == EVENT_DELIVERY_COVERED) {
        add_delivery(w, " is part of a storm: summary ");
        add_fact(w, "", "summary", " names it instead");
    } else {
        add_delivery(w, kind == EVENT_DELIVERY_FAILED ? " failed for good" : " failed");
        add_fact(w, ": ", "reason", "");
        add_fact(w, "; next try: ", "next", "");
    }
}

static void say_person(struct words *w, enum event_kind kind)
{
    if (kind == EVENT_LATE_ACTION) {
        add_actor(w, "");
        add_fact(w, " wanted to ", "wish", "");
        add_fact(w, " through ", "through", "");
        add_fact(w, ", but it was ", "status", " already");
    } else if (kind == EVENT_REMINDED) {
        add_fact(w, "reminder to ", "to", "");
    } else if (kind == EVENT_UNACKNOWLEDGED) {
        add_fact(w, "the acknowledgement of ", "was", " ends");
        add_fact(w, ": ", "reason", "");
        add(w, "; the escalation starts again");
        add_fact(w, " (through ", "through", ")");
    } else if (kind == EVENT_SNOOZED) {
        add_actor(w, "put off by ");
        add_fact(w, " until ", "until", ", then the escalation starts again");
    } else if (kind == EVENT_ESCALATED) {
        add_actor(w, "escalated by ");
        add_fact(w, ": goes on with step ", "step", "");
    } else if (kind == EVENT_REASSIGNED) {
        add_actor(w, "reassigned by ");
        add_fact(w, " to ", "to", ", who is paged; the escalation waits");
        add_fact(w, "; it was acknowledged by ", "was", "");
    } else if (kind == EVENT_RESPONDER_ADDED) {
        add_actor(w, "");
        add_fact(w, " asks ", "to", " for help");
        add_fact(w, ": ", "text", "");
    } else if (kind == EVENT_CHANGED) {
        add_actor(w, "");
        add_fact(w, " changed the ", "what", "");
        add_fact(w, " from ", "was", "");
        add_fact(w, " to ", "is", "");
        add_fact(w, "; the escalation goes back to step ", "step", "");
    } else if (kind == EVENT_MERGED) {
        add_fact(w, "merged into ", "into", ", which escalates for both");
        add_fact(w, "", "of", " was merged into this one");
        add_actor(w, ", by ");
    } else if (kind == EVENT_UNMERGED) {
        add_fact(w, "not merged into ", "from", " any more: it escalates by itself");
        add_fact(w, "", "of", " was taken out of this one");
        add_fact(w, "; ", "reason", "");
        add_actor(w, ", by ");
    } else if (kind == EVENT_NOTE) {
        add_actor(w, "note from ");
        add_fact(w, " to ", "to", "");
        add_fact(w, ": ", "text", "");
    } else {
        add_actor(w, kind == EVENT_RESOLVED ? "resolved by " : "acknowledged by ");
        add_fact(w, " through ", "through", "");
        add_fact(w, ", in answer to the ", "answers", "");
    }
}

static void say_step(struct words *w, enum event_kind kind)
{
    if (kind == EVENT_NOTIFIED) {
        add_step(w);
        add_fact(w, "page to ", "to", "");
        add_fact(w, ", ", "late_s", " s late");
        add_fact(w, ", ", "place", " of those paged in turn");
        add_fact(w, " (turn ", "turn", ")");
        add_fact(w, ", behind ", "after", ", whom it paged before");
        add_fact(w, "; passed over: ", "passed_over", "");
        add_fact(w, "; quiet time of ", "quiet", "");
    } else if (kind == EVENT_STEP_SKIPPED) {
        add_step(w);
        add_fact(w, "skipped, ", "reason", "");
        add_fact(w, "; passed over: ", "passed_over", "");
        add_fact(w, "; quiet time of ", "quiet", "");
    } else if (kind == EVENT_BRANCHED) {
        add_step(w);
        bool holds = str_eq(fact(w, "took"), STR("then"));
        add(w, holds ? "its condition holds, goes on with then"
                     : "its condition does not hold, goes on with else");
    } else if (kind == EVENT_REPEATED) {
        add_fact(w, "the escalation starts over: round ", "round", "");
    } else if (kind == EVENT_CATCH_ALL) {
        add_fact(w, "catch-all: page to ", "to", "");
    } else {
        add(w, kind == EVENT_NOBODY_REACHED ? "the escalation ended and NOBODY could be told"
                                            : "the escalation is at its end, nobody else is paged");
        add_fact(w, "; rounds: ", "rounds", "");
        add_fact(w, "; somebody was told before the catch-all: ", "told_before_catch_all", "");
    }
}

static void say(struct words *w, enum event_kind kind)
{
    switch (kind) {
    case EVENT_OPENED:
        add_opened(w, "opened by ");
        return;
    case EVENT_REOPENED:
        add_opened(w, "opened again by ");
        return;
    case EVENT_ALERTS_CHANGED:
        add_actor(w, "news from ");
        add_fact(w, ": ", "fired", " fired");
        add_fact(w, ", ", "resolved", " resolved");
        add_fact(w, "; firing now: ", "firing", "");
        add_fact(w, " of ", "total", "");
        return;
    case EVENT_FLAPPING:
        add_fact(w, "it flaps: ", "cycles", " openings");
        add_fact(w, " within ", "within_s", " s");
        add_fact(w, "; no page until it stays as it is for ", "settle_s", " s");
        return;
    case EVENT_SETTLED:
        add_fact(w, "it has settled and flaps no longer: ", "as", "");
        return;
    case EVENT_MUTED:
        add_fact(w, "pages wait, muted by ", "by", "");
        return;
    case EVENT_UNMUTED:
        add_fact(w, "not muted any more; it was by ", "was", "");
        add_fact(w, "; ", "reason", "");
        return;
    case EVENT_RUN_REQUESTED:
        add_run(w, " is to run");
        add_actor(w, ", wanted by ");
        return;
    case EVENT_RUN_SKIPPED:
        add_run(w, " is not run");
        return;
    case EVENT_RUN_STARTED:
        add_run(w, " started");
        return;
    case EVENT_RUN_FINISHED:
        add_run(w, " ended");
        return;
    case EVENT_RUN_UNKNOWN:
        add_run(w, ": nobody knows how it ended");
        return;
    case EVENT_NOTIFIED:
    case EVENT_STEP_SKIPPED:
    case EVENT_BRANCHED:
    case EVENT_REPEATED:
    case EVENT_CATCH_ALL:
    case EVENT_ESCALATION_ENDED:
    case EVENT_NOBODY_REACHED:
        say_step(w, kind);
        return;
    case EVENT_ACKNOWLEDGED:
    case EVENT_UNACKNOWLEDGED:
    case EVENT_RESOLVED:
    case EVENT_LATE_ACTION:
    case EVENT_REMINDED:
    case EVENT_SNOOZED:
    case EVENT_ESCALATED:
    case EVENT_REASSIGNED:
    case EVENT_RESPONDER_ADDED:
    case EVENT_CHANGED:
    case EVENT_MERGED:
    case EVENT_UNMERGED:
    case EVENT_NOTE:
        say_person(w, kind);
        return;
    case EVENT_ATTEMPT:
    case EVENT_DELIVERED:
    case EVENT_DELIVERY_RETRIED:
    case EVENT_DELIVERY_FAILED:
    case EVENT_DELIVERY_SUPERSEDED:
    case EVENT_DELIVERY_HELD:
    case EVENT_DELIVERY_COVERED:
        say_delivery(w, kind);
        return;
    case event_kind_COUNT:
        break;
    }
    UNREACHABLE("event kind");
}

struct str why_text(struct arena *arena, const struct event_row *event)
{
    struct words w = {.arena = arena, .event = event};
    enum event_kind kind;
    strbuf_init(&w.out, arena, TEXT_MAX);
    if (event_kind_from_name(event->kind, &kind)) {
        say(&w, kind);
    } else {
        strbuf_printf(&w.out, "%.*s by %.*s %.*s", STR_ARG(event->kind), STR_ARG(event->actor),
                      STR_ARG(event->facts));
    }
    return strbuf_str(&w.out);
}
