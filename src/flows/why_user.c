#include "flows/why_user.h"

#include "base/vec.h"
#include "formats/json_view.h"
#include "wire/target_text.h"
#include "wire/zone_text.h"

ENUM_DEFINE(why_kind, WHY_KINDS)

/* What the timeline says about one step of the current round. */
struct step_state {
    bool is_done, is_skipped;
    int64_t at;
    struct str told; /* "Anna, Boris"; empty: nobody */
};

struct why {
    const struct why_question *q;
    struct arena *arena;
    enum incident_state state;
    bool is_there;
    const struct event_row *since; /* the entry that made the state */
    struct str muted_by;
    bool is_flapping, has_ended;
    int round;
    struct step_state steps[STEPS_MAX];
    VEC(struct why_finding) findings;
};

struct str event_fact(struct arena *arena, const struct event_row *event, const char *name)
{
    struct json_view value;
    struct str text = STR_EMPTY;
    if (json_view_member(arena, json_view_of(event->facts), str_from(name), &value)) {
        (void)!json_view_string(arena, value, &text);
    }
    return text;
}

struct str why_time(struct arena *arena, const struct zone *zone, int64_t at)
{
    struct calendar_time t = zone->civil_of(zone, at);
    char offset[ZONE_OFFSET_TEXT];
    return str_printf(arena, "%04d-%02d-%02d %02d:%02d:%02d %s", t.date.year, t.date.month,
                      t.date.day, t.hour, t.minute, t.second, zone_format_offset(zone, at, offset));
}

static struct str time_of(const struct why *w, int64_t at)
{
    return why_time(w->arena, w->q->settings->zone, at);
}

static struct str fact(const struct why *w, const struct event_row *event, const char *name)
{
    return event_fact(w->arena, event, name);
}

static void find(struct why *w, enum why_kind kind, int64_t at, struct str where, struct str text)
{
    struct why_finding finding = {kind, at, text, where};
    VEC_PUSH(w->arena, &w->findings, finding);
}

/* ---- the timeline up to the moment ----------------------------------------------------------- */

static struct step_state *step_of(struct why *w, const struct event_row *event)
{
    uint64_t number = 0;
    return str_to_u64(fact(w, event, "step"), &number) && number >= 1 && number <= STEPS_MAX
               ? &w->steps[number - 1]
               : NULL;
}

static void forget_steps(struct why *w)
{
    for (size_t i = 0; i < STEPS_MAX; i++) {
        w->steps[i] = (struct step_state){0};
    }
    w->has_ended = false;
}

static void enter(struct why *w, enum incident_state state, const struct event_row *event)
{
    w->is_there = true;
    w->state = state;
    w->since = event;
    if (state == INCIDENT_OPEN) {
        forget_steps(w);
        w->round = 1;
        w->muted_by = STR_EMPTY;
        w->is_flapping = false;
    }
}

static void note_step(struct why *w, const struct event_row *event, bool is_skipped)
{
    struct step_state *step = step_of(w, event);
    if (step) {
        *step = (struct step_state){.is_done = true,
                                    .is_skipped = is_skipped,
                                    .at = event->at,
                                    .told = fact(w, event, "to")};
    }
}

/* Kinds that say nothing about the state do not matter here. */
static void take_event(struct why *w, const struct event_row *event)
{
    enum event_kind kind;
    if (!event_kind_from_name(event->kind, &kind)) {
        return;
    }
    if (kind == EVENT_OPENED || kind == EVENT_REOPENED || kind == EVENT_UNACKNOWLEDGED) {
        enter(w, INCIDENT_OPEN, event);
    } else if (kind == EVENT_ACKNOWLEDGED) {
        enter(w, INCIDENT_ACKNOWLEDGED, event);
    } else if (kind == EVENT_RESOLVED) {
        enter(w, INCIDENT_RESOLVED, event);
    } else if (kind == EVENT_NOTIFIED || kind == EVENT_BRANCHED || kind == EVENT_RUN_REQUESTED) {
        note_step(w, event, false);
    } else if (kind == EVENT_STEP_SKIPPED || kind == EVENT_RUN_SKIPPED) {
        note_step(w, event, true);
    } else if (kind == EVENT_REPEATED) {
        forget_steps(w);
        w->round++;
    } else if (kind == EVENT_ESCALATION_ENDED || kind == EVENT_NOBODY_REACHED) {
        w->has_ended = true;
    } else if (kind == EVENT_MUTED || kind == EVENT_UNMUTED) {
        w->muted_by = kind == EVENT_MUTED ? fact(w, event, "by") : STR_EMPTY;
    } else if (kind == EVENT_FLAPPING || kind == EVENT_SETTLED) {
        w->is_flapping = kind == EVENT_FLAPPING;
    }
}

/* ---- messages that concern the person -------------------------------------------------------- */

static const char *fate(const struct event_row *event)
{
    enum event_kind kind;
    if (!event_kind_from_name(event->kind, &kind)) {
        return NULL;
    }
    return kind == EVENT_DELIVERED             ? "delivered"
           : kind == EVENT_DELIVERY_RETRIED    ? "failed, to be tried again"
           : kind == EVENT_DELIVERY_FAILED     ? "failed for good"
           : kind == EVENT_DELIVERY_SUPERSEDED ? "not sent any more"
           : kind == EVENT_DELIVERY_HELD       ? "waiting"
           : kind == EVENT_DELIVERY_COVERED    ? "named in a storm's summary instead"
                                               : NULL;
}

/* "delivered by slack at 03:10:02: …" for every entry about a message to them. */
static void list_messages(struct why *w)
{
    for (size_t i = 0; i < w->q->n_events; i++) {
        const struct event_row *event = &w->q->events[i];
        const char *what = fate(event);
        if (!what || event->at > w->q->at || !str_eq(fact(w, event, "to"), w->q->user->name)) {
            continue;
        }
        struct str reason = fact(w, event, "reason");
        find(w, WHY_PAGED, event->at, STR_EMPTY,
             str_printf(w->arena, "%.*s by %.*s: %s at %.*s%s%.*s", STR_ARG(fact(w, event, "what")),
                        STR_ARG(fact(w, event, "channel")), what, STR_ARG(time_of(w, event->at)),
                        reason.n > 0 ? ": " : "", STR_ARG(reason)));
    }
}

/* ---- steps that name them -------------------------------------------------------------------- */

static bool is_member(const struct team *team, const struct user *user)
{
    for (size_t i = 0; team && i < team->n_members; i++) {
        if (team->members[i] == user) {
            return true;
        }
    }
    return false;
}

static bool is_in_schedule(const struct schedule *schedule, const struct user *user)
{
    for (size_t i = 0; schedule && i < schedule->n_layers; i++) {
        for (size_t k = 0; k < schedule->layers[i].n_users; k++) {
            if (schedule->layers[i].users[k] == user) {
                return true;
            }
        }
    }
    return false;
}

/* How a step names the person. `duty`: only if they are on call. */
struct naming {
    struct str by; /* "team:payments", empty: it does not */
    const struct schedule *schedule;
};

static struct naming naming_of(const struct why *w, const struct step *step)
{
    const struct directory *d = &w->q->settings->directory;
    struct naming naming = {.by = STR_EMPTY};
    for (size_t i = 0; i < step->n_targets; i++) {
        const struct target *t = &step->targets[i];
        bool is_direct =
            (t->kind == TARGET_USER && str_eq(t->name, w->q->user->id)) ||
            (t->kind == TARGET_TEAM && is_member(directory_team(d, t->name), w->q->user));
        const struct schedule *schedule =
            t->kind == TARGET_SCHEDULE ? directory_schedule(d, t->name) : NULL;
        if (is_direct || (is_in_schedule(schedule, w->q->user) && naming.by.n == 0)) {
            naming.by = target_format(w->arena, t);
            naming.schedule = is_direct ? NULL : schedule;
        }
    }
    return naming;
}

static bool has_way(const struct user *user, const struct step *step)
{
    for (size_t i = 0; i < user->n_contacts; i++) {
        bool fits = step->n_via == 0;
        for (size_t v = 0; v < step->n_via; v++) {
            fits |= user->contacts[i].channel == step->via[v];
        }
        if (fits) {
            return true;
        }
    }
    return false;
}

static struct str step_name(struct why *w, const struct naming *naming)
{
    return str_printf(w->arena, "the step for %.*s", STR_ARG(naming->by));
}

/* The step was carried out and they were not among those it told. */
static void explain_done(struct why *w, const struct step *step, size_t at,
                         const struct naming *naming)
{
    const struct step_state *state = &w->steps[at];
    struct str name = step_name(w, naming);
    struct duty duty = {0};
    if (naming->schedule) {
        duty = schedule_on_call(naming->schedule, w->q->overrides, state->at);
    }
    if (naming->schedule && duty.user != w->q->user) {
        struct str reason =
            duty.override && duty.override->reason.n > 0
                ? str_printf(w->arena, " (override \"%.*s\")", STR_ARG(duty.override->reason))
            : duty.override ? STR(" (override)")
                            : STR_EMPTY;
        find(w, WHY_ON_CALL, state->at, step->where,
             str_printf(w->arena, "%.*s came at %.*s, when %.*s was on call%.*s", STR_ARG(name),
                        STR_ARG(time_of(w, state->at)),
                        STR_ARG(duty.user ? duty.user->name : STR("nobody")), STR_ARG(reason)));
    } else if (!has_way(w->q->user, step)) {
        find(w, WHY_UNREACHABLE, state->at, step->where,
             str_printf(w->arena, "%.*s came at %.*s and found no way to reach them", STR_ARG(name),
                        STR_ARG(time_of(w, state->at))));
    } else if (user_is_quiet(w->q->user, w->q->incident->severity, state->at)) {
        find(w, WHY_QUIET, state->at, step->where,
             str_printf(w->arena, "%.*s came at %.*s, in their quiet time for %.*s", STR_ARG(name),
                        STR_ARG(time_of(w, state->at)), STR_ARG(w->q->incident->severity)));
    } else if (step->is_in_turn && state->told.n > 0 && !str_eq(state->told, w->q->user->name)) {
        find(w, WHY_TURN, state->at, step->where,
             str_printf(w->arena,
                        "%.*s pages one of them at a time; at %.*s it was the turn of %.*s",
                        STR_ARG(name), STR_ARG(time_of(w, state->at)), STR_ARG(state->told)));
    }
}

/* When the step came after the moment, in the same cycle; NULL: it did not. */
static const struct event_row *later(struct why *w, size_t at)
{
    struct str number = str_printf(w->arena, "%zu", at + 1);
    for (size_t i = 0; i < w->q->n_events; i++) {
        const struct event_row *event = &w->q->events[i];
        if (event->at <= w->q->at) {
            continue;
        }
        if (str_eq(event->kind, STR("resolved")) || str_eq(event->kind, STR("reopened"))) {
            return NULL;
        }
        if (str_eq(event->kind, STR("notified")) && str_eq(fact(w, event, "step"), number)) {
            return event;
        }
    }
    return NULL;
}

/* What kept the escalation from going on at the moment. */
static struct str what_held(struct why *w)
{
    if (w->state != INCIDENT_OPEN) {
        return str_printf(w->arena, "it was %s by %.*s at %.*s", incident_state_name(w->state),
                          STR_ARG(w->since->actor), STR_ARG(time_of(w, w->since->at)));
    }
    if (w->muted_by.n > 0) {
        return str_printf(w->arena, "pages waited, muted by %.*s", STR_ARG(w->muted_by));
    }
    if (w->is_flapping) {
        return STR("pages waited for it to stop flapping");
    }
    return w->has_ended ? STR("the escalation had ended") : STR("it was not due yet");
}

static bool is_in_other_branch(const struct why *w, size_t at)
{
    /* A step further on was carried out in this round, so this one was passed by. */
    for (size_t i = at + 1; i < w->q->plan->n_steps; i++) {
        if (w->steps[i].is_done) {
            return true;
        }
    }
    return false;
}

static void explain_not_done(struct why *w, const struct step *step, size_t at,
                             const struct naming *naming)
{
    struct str name = step_name(w, naming);
    const struct event_row *came = later(w, at);
    if (is_in_other_branch(w, at)) {
        find(w, WHY_OTHER_BRANCH, AT_NONE, step->where,
             str_printf(w->arena, "%.*s stands in a branch that was not taken", STR_ARG(name)));
        return;
    }
    struct str then =
        came ? str_printf(w->arena, "; it came at %.*s", STR_ARG(time_of(w, came->at))) : STR_EMPTY;
    find(w, WHY_NOT_REACHED, AT_NONE, step->where,
         str_printf(w->arena, "%.*s had not come: %.*s%.*s", STR_ARG(name), STR_ARG(what_held(w)),
                    STR_ARG(then)));
}

static void explain_steps(struct why *w)
{
    bool is_named = false;
    for (size_t i = 0; i < w->q->plan->n_steps && i < STEPS_MAX; i++) {
        const struct step *step = &w->q->plan->steps[i];
        if (step->kind != STEP_NOTIFY) {
            continue;
        }
        struct naming naming = naming_of(w, step);
        if (naming.by.n == 0) {
            continue;
        }
        is_named = true;
        if (w->steps[i].is_done) {
            explain_done(w, step, i, &naming);
        } else {
            explain_not_done(w, step, i, &naming);
        }
    }
    if (!is_named && w->q->plan->n_steps > 0) {
        find(w, WHY_NOT_NAMED, AT_NONE, STR_EMPTY,
             str_printf(w->arena, "no step of receiver %.*s names them",
                        STR_ARG(w->q->incident->receiver)));
    }
}

/* ---- the answer ------------------------------------------------------------------------------ */

struct why_answer why_user(const struct why_question *q, struct arena *arena)
{
    struct why w = {.q = q, .arena = arena, .state = INCIDENT_RESOLVED, .round = 1};
    struct why_answer answer = {.state = STR_EMPTY, .since = STR_EMPTY};
    for (size_t i = 0; i < q->n_events && q->events[i].at <= q->at; i++) {
        take_event(&w, &q->events[i]);
    }
    if (!w.is_there) {
        return answer;
    }
    list_messages(&w);
    explain_steps(&w);
    answer.state = str_from(incident_state_name(w.state));
    answer.since = str_printf(arena, "%.*s by %.*s at %.*s",
                              STR_ARG(w.state == INCIDENT_OPEN ? w.since->kind : answer.state),
                              STR_ARG(w.since->actor), STR_ARG(time_of(&w, w.since->at)));
    answer.v = w.findings.v;
    answer.n = w.findings.n;
    return answer;
}
