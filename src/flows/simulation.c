#include "flows/simulation.h"

#include "base/vec.h"
#include "domain/decision.h"
#include "domain/headline.h"
#include "domain/mute.h"
#include "formats/duration.h"
#include "wire/matcher_syntax.h"

ENUM_DEFINE(simulation_kind, SIMULATION_KINDS)

struct run {
    const struct settings *settings;
    struct arena *arena;
    struct labels labels;
    struct inhibitor inhibitor;
    int64_t from_at, now_at;
    uint8_t n_ids;
    struct incident incident;
    VEC(struct simulation_entry) entries;
    asked_vec asked;
    const struct contact *first;
    int64_t first_at;
};

static struct uuid new_id(void *arg)
{
    struct run *r = arg;
    return (struct uuid){{1, ++r->n_ids}};
}

static void add(struct run *r, enum simulation_kind kind, struct str where, struct str text)
{
    struct simulation_entry entry = {r->now_at - r->from_at, kind, text, where};
    VEC_PUSH(r->arena, &r->entries, entry);
}

static struct str length(struct run *r, int64_t us)
{
    char text[DURATION_TEXT_MAX];
    return str_dup(r->arena, str_from(duration_format(us, text)));
}

/* --- whom, and by what -------------------------------------------------------------------- */

static const struct step *step_at(const struct run *r, int step)
{
    const struct plan *plan = &r->incident.plan;
    return step >= 0 && (size_t)step < plan->n_steps ? &plan->steps[step] : NULL;
}

/* The schedule that put this person into the step, and why it is their turn. */
static void add_duty(struct run *r, struct strbuf *out, const struct step *step, struct str user)
{
    for (size_t i = 0; step && i < step->n_targets; i++) {
        const struct target *target = &step->targets[i];
        const struct schedule *schedule =
            target->kind == TARGET_SCHEDULE
                ? directory_schedule(&r->settings->directory, target->name)
                : NULL;
        if (!schedule) {
            continue;
        }
        struct duty duty = schedule_on_call(schedule, (struct overrides){0}, r->now_at);
        if (!duty.user || !str_eq(duty.user->id, user)) {
            continue;
        }
        strbuf_printf(out, " (%.*s", STR_ARG(schedule->id));
        if (duty.reason == DUTY_OVERRIDE) {
            strbuf_add(out, STR(", override"));
            if (duty.override->reason.n > 0) {
                strbuf_printf(out, " \"%.*s\"", STR_ARG(duty.override->reason));
            }
        }
        strbuf_add_char(out, ')');
        return;
    }
}

/* What the step would rather have used but this person does not have. */
static void add_missing_ways(struct strbuf *out, const struct step *step,
                             const struct addressee *to)
{
    for (size_t v = 0; step && v < step->n_via; v++) {
        bool has = false;
        for (size_t i = 0; i < to->n_contacts; i++) {
            has |= to->contacts[i].channel == step->via[v];
        }
        if (!has) {
            strbuf_printf(out, " (no %s)", channel_kind_name(step->via[v]));
        }
    }
}

/* As in the files; a line has neither ": " nor " #", so that it needs no quotes in a YAML list. */
static void add_place(struct strbuf *out, const struct contact *contact)
{
    struct str address = contact->address, account = str_cut(&address, CONTACT_ACCOUNT_END);
    strbuf_add(out, str_from(channel_kind_name(contact->channel)));
    if (address.p) {
        strbuf_printf(out, "/%.*s", STR_ARG(account));
    } else {
        address = account;
    }
    if (address.n > 0) {
        strbuf_printf(out, ":%.*s", STR_ARG(address));
    }
}

static void add_addressee(struct run *r, struct strbuf *out, const struct step *step,
                          const struct addressee *to)
{
    if (to->contacts[0].user.n == 0) {
        add_place(out, &to->contacts[0]);
        return;
    }
    strbuf_add(out, to->label);
    add_duty(r, out, step, to->contacts[0].user);
    strbuf_add(out, STR(" by "));
    for (size_t i = 0; i < to->n_contacts; i++) {
        strbuf_add(out, i > 0 ? STR(" then ") : STR_EMPTY);
        strbuf_add(out, str_from(channel_kind_name(to->contacts[i].channel)));
    }
    add_missing_ways(out, step, to);
}

/* Intents are in the order of the events that asked for them: those of one step stand together. */
static struct str addressees(struct run *r, const struct decision *d, const char *word,
                             size_t *cursor)
{
    struct strbuf out;
    strbuf_init(&out, r->arena, SIMULATION_TEXT_MAX);
    strbuf_add(&out, str_from(word));
    size_t first = *cursor;
    while (*cursor < d->intents.n && d->intents.v[*cursor].step == d->intents.v[first].step &&
           d->intents.v[*cursor].round == d->intents.v[first].round) {
        const struct intent *intent = &d->intents.v[*cursor];
        strbuf_add(&out, *cursor > first ? STR(", ") : STR(" "));
        add_addressee(r, &out, step_at(r, intent->step), &intent->to);
        if (!r->first && intent->to.n_contacts > 0) {
            r->first = &intent->to.contacts[0];
            r->first_at = r->now_at;
        }
        ++*cursor;
    }
    return strbuf_str(&out);
}

/* --- branches ----------------------------------------------------------------------------- */

static void add_condition(struct run *r, struct strbuf *out, const struct condition *c)
{
    switch (c->kind) {
    case CONDITION_MATCHES:
        strbuf_add(out, matchers_format(r->arena, c->matchers));
        return;
    case CONDITION_SEVERITY:
        strbuf_printf(out, "severity:%.*s", STR_ARG(c->name));
        return;
    case CONDITION_DURING:
        strbuf_printf(out, "during:%.*s", STR_ARG(c->name));
        return;
    case CONDITION_ROUND:
        strbuf_printf(out, "round:%d%s", c->round, c->is_from ? "+" : "");
        return;
    case CONDITION_NOBODY:
        strbuf_add(out, STR("nobody_reachable"));
        return;
    case condition_kind_COUNT:
        break;
    }
    UNREACHABLE("condition kind");
}

static struct str branch(struct run *r, const struct step *step, struct str took)
{
    struct strbuf out;
    strbuf_init(&out, r->arena, SIMULATION_TEXT_MAX);
    strbuf_add(&out, STR("if "));
    for (size_t i = 0; step && i < step->n_conditions; i++) {
        strbuf_add(&out, i > 0 ? STR(" and ") : STR_EMPTY);
        add_condition(r, &out, &step->conditions[i]);
    }
    strbuf_add(&out, str_eq(took, STR("then")) ? STR(", yes") : STR(", no"));
    return strbuf_str(&out);
}

/* --- what was decided, in words ----------------------------------------------------------- */

static struct str fact_of(const struct timeline_entry *event, const char *name)
{
    for (size_t i = 0; i < event->n_facts; i++) {
        if (strcmp(event->facts[i].name, name) == 0) {
            return event->facts[i].value;
        }
    }
    return STR_EMPTY;
}

static const struct step *step_of(const struct run *r, const struct timeline_entry *event)
{
    uint64_t number = 0;
    return str_to_u64(fact_of(event, "step"), &number) ? step_at(r, (int)number - 1) : NULL;
}

static struct str with_quiet(struct run *r, const struct timeline_entry *event, struct str text)
{
    struct str quiet = fact_of(event, "quiet");
    return quiet.n > 0
               ? str_printf(r->arena, "%.*s (quiet time of %.*s)", STR_ARG(text), STR_ARG(quiet))
               : text;
}

/* "(then Boris, Carla; passed over Dan (quiet time))": whom the next incidents page. */
static struct str with_turns(struct run *r, const struct timeline_entry *event,
                             const struct step *step, struct str text)
{
    struct strbuf out;
    struct str place = fact_of(event, "place"), over = fact_of(event, "passed_over");
    uint64_t number = 0;
    if (place.n == 0 && over.n == 0) {
        return with_quiet(r, event, text);
    }
    struct candidates list =
        directory_candidates(&r->settings->directory, step, (struct overrides){0},
                             r->incident.severity, r->now_at, r->arena);
    strbuf_init(&out, r->arena, SIMULATION_TEXT_MAX);
    strbuf_printf(&out, "%.*s (", STR_ARG(text));
    size_t open = out.n;
    bool is_page = str_to_u64(str_cut(&place, ' '), &number);
    for (size_t i = 0; is_page && i + 1 < list.n; i++) {
        const struct candidate *next = &list.v[(number + i) % list.n];
        if (next->reach == REACH_OK) {
            strbuf_printf(&out, "%s%.*s", out.n == open ? "then " : ", ", STR_ARG(next->to.label));
        }
    }
    if (over.n > 0) {
        strbuf_printf(&out, "%spassed over %.*s", out.n == open ? "" : "; ", STR_ARG(over));
    }
    if (out.n == open) {
        return str_printf(r->arena, "%.*s (nobody else is reachable)", STR_ARG(text));
    }
    strbuf_add_char(&out, ')');
    return strbuf_str(&out);
}

static int repeats_of(const struct plan *plan)
{
    int repeats = 0;
    for (size_t i = 0; i < plan->n_steps; i++) {
        repeats = plan->steps[i].kind == STEP_REPEAT ? plan->steps[i].repeat : repeats;
    }
    return repeats;
}

static struct str run_text(struct run *r, const struct step *step)
{
    struct str action = step ? step->action : STR_EMPTY;
    return step && step->wait_us > 0
               ? str_printf(r->arena, "run %.*s (wait for it up to %.*s)", STR_ARG(action),
                            STR_ARG(length(r, step->wait_us)))
               : str_printf(r->arena, "run %.*s", STR_ARG(action));
}

static void tell_event(struct run *r, const struct decision *d, const struct timeline_entry *event,
                       size_t *cursor)
{
    const struct step *step = step_of(r, event);
    struct str where = step ? step->where : STR_EMPTY;
    /* Events of acknowledgements, deliveries and the like do not happen here. */
    if (event->kind == EVENT_NOTIFIED) {
        const char *word = step && step->is_in_turn ? "page in turn" : "page";
        add(r, SIMULATION_PAGE, where, with_turns(r, event, step, addressees(r, d, word, cursor)));
    } else if (event->kind == EVENT_STEP_SKIPPED) {
        add(r, SIMULATION_SKIP, where,
            with_turns(r, event, step,
                       str_printf(r->arena, "skip step %.*s, %.*s", STR_ARG(fact_of(event, "step")),
                                  STR_ARG(fact_of(event, "reason")))));
    } else if (event->kind == EVENT_RUN_REQUESTED) {
        add(r, SIMULATION_RUN, where, run_text(r, step));
    } else if (event->kind == EVENT_RUN_SKIPPED) {
        add(r, SIMULATION_SKIP, where,
            str_printf(r->arena, "skip run %.*s, %.*s", STR_ARG(fact_of(event, "action")),
                       STR_ARG(fact_of(event, "reason"))));
    } else if (event->kind == EVENT_BRANCHED) {
        add(r, SIMULATION_BRANCH, where, branch(r, step, fact_of(event, "took")));
    } else if (event->kind == EVENT_REPEATED) {
        add(r, SIMULATION_ROUND, where,
            str_printf(r->arena, "round %.*s of %d", STR_ARG(fact_of(event, "round")),
                       repeats_of(&r->incident.plan) + 1));
    } else if (event->kind == EVENT_CATCH_ALL) {
        add(r, SIMULATION_CATCH_ALL, r->settings->catch_all->where,
            addressees(r, d, "catch-all", cursor));
    } else if (event->kind == EVENT_MUTED) {
        add(r, SIMULATION_MUTED, where,
            str_printf(r->arena, "muted by %.*s", STR_ARG(fact_of(event, "by"))));
    } else if (event->kind == EVENT_UNMUTED) {
        add(r, SIMULATION_UNMUTED, where, STR("not muted any more"));
    } else if (event->kind == EVENT_RESOLVED) {
        add(r, SIMULATION_RESOLVE, where, STR("resolve"));
    } else if (event->kind == EVENT_ESCALATION_ENDED) {
        add(r, SIMULATION_END, where, STR("end"));
    } else if (event->kind == EVENT_NOBODY_REACHED) {
        add(r, SIMULATION_END, where, STR("end, nobody was reached"));
    }
}

static void tell(struct run *r, const struct decision *d)
{
    size_t cursor = 0;
    for (size_t i = 0; i < d->events.n; i++) {
        tell_event(r, d, &d->events.v[i], &cursor);
    }
    const struct incident *after = &d->incident;
    const struct step *last = step_at(r, after->step - 1);
    bool has_moved = after->step != r->incident.step || after->round != r->incident.round;
    if (after->wake_at != AT_NONE && has_moved && last && last->kind == STEP_WAIT) {
        add(r, SIMULATION_WAIT, last->where,
            str_printf(r->arena, "wait %.*s", STR_ARG(length(r, after->wake_at - r->now_at))));
    }
}

/* --- the clock ---------------------------------------------------------------------------- */

static void open_incident(struct run *r, const struct route *route, struct labels group)
{
    const struct receiver *receiver = route->receiver;
    struct alert alert = {.labels = r->labels,
                          .status = ALERT_FIRING,
                          .starts_at = r->from_at,
                          .ends_at = AT_NONE,
                          .fingerprint = labels_fingerprint(r->labels)};
    struct alert_changes changes = {.firing = 1, .total = 1, .source = STR("simulation")};
    struct decision d;
    changes.by_news[NEWS_NEW] = 1;
    decision_init(&d, r->arena, NULL, r->now_at);
    d.incident.receiver = receiver->name;
    d.incident.group_labels = group;
    incident_describe(&d.incident, &alert, r->arena);
    d.incident.severity = receiver_severity(receiver, d.incident.severity);
    d.incident.plan = receiver->plan;
    int64_t hold_us = receiver->has_hold ? receiver->hold_us : route->hold_us;
    struct cycle_rules rules = {.hold_us = hold_us, .flap = receiver->flap};
    decision_alerts(&d, &changes, &rules, NULL, 0);
    r->incident = d.incident;
    if (hold_us > 0) {
        add(r, SIMULATION_HOLD, receiver->where,
            str_printf(r->arena, "hold %.*s", STR_ARG(length(r, hold_us))));
    }
}

static void take_turn(struct run *r)
{
    struct decision d;
    struct escalation_world world = {.settings = r->settings,
                                     .alert_labels = &r->labels,
                                     .n_alert_labels = 1,
                                     .asked = r->asked.v,
                                     .n_asked = r->asked.n,
                                     .new_id = new_id,
                                     .new_id_arg = r};
    mute_apply(&world, &r->inhibitor, (struct silences){0}, &r->incident, r->now_at, r->arena);
    decision_init(&d, r->arena, &r->incident, r->now_at);
    decision_escalate(&d, &world);
    tell(r, &d);
    for (size_t i = 0; i < d.intents.n; i++) {
        asked_note(r->arena, &r->asked, d.intents.v[i].step, &d.intents.v[i].to.contacts[0]);
    }
    r->incident = d.incident;
}

static void play(struct run *r)
{
    int turns = 0;
    while (r->incident.state == INCIDENT_OPEN && r->incident.wake_at != AT_NONE) {
        r->now_at = r->incident.wake_at;
        if (turns++ == SIMULATION_TURNS_MAX || r->entries.n >= SIMULATION_ENTRIES_MAX) {
            r->entries.n =
                r->entries.n < SIMULATION_ENTRIES_MAX ? r->entries.n : SIMULATION_ENTRIES_MAX - 1;
            add(r, SIMULATION_CUT, STR_EMPTY, STR("and so on, the simulation stops here"));
            return;
        }
        take_turn(r);
    }
    if (r->incident.plan.n_steps == 0) {
        add(r, SIMULATION_END, STR_EMPTY, STR("end, this receiver tells nobody"));
    }
}

static struct simulated_incident simulate_route(const struct settings *settings,
                                                const struct route *route, struct labels labels,
                                                struct labels group, int64_t at,
                                                struct arena *arena)
{
    struct run r = {
        .settings = settings, .arena = arena, .labels = labels, .from_at = at, .now_at = at};
    inhibitor_init(&r.inhibitor, arena, settings->inhibit_rules, settings->n_inhibit_rules);
    if (settings->n_inhibit_rules > 0) {
        inhibitor_add(&r.inhibitor, labels);
    }
    open_incident(&r, route, group);
    play(&r);
    return (struct simulated_incident){.route = route,
                                       .receiver = route->receiver,
                                       .group = group,
                                       .title = r.incident.title,
                                       .severity = r.incident.severity,
                                       .entries = r.entries.v,
                                       .n_entries = r.entries.n,
                                       .first = r.first,
                                       .told_after_us = r.first_at - at};
}

struct simulation simulate(const struct settings *settings, struct labels labels, int64_t at,
                           struct arena *arena)
{
    VEC(struct simulated_incident) found = {0};
    struct route_hits hits = route_match(&settings->root, labels, arena);
    for (size_t i = 0; i < hits.n; i++) {
        struct labels group = route_group_labels(hits.v[i], labels, arena);
        bool is_known = false; /* two ways to the same receiver and group are one incident */
        for (size_t k = 0; k < found.n; k++) {
            is_known |=
                found.v[k].receiver == hits.v[i]->receiver && labels_equal(found.v[k].group, group);
        }
        if (!is_known) {
            struct simulated_incident one =
                simulate_route(settings, hits.v[i], labels, group, at, arena);
            VEC_PUSH(arena, &found, one);
        }
    }
    return (struct simulation){found.v, found.n};
}

struct str simulation_offset(struct arena *arena, int64_t offset_us)
{
    long long s = (long long)(offset_us / US_PER_S);
    return s >= 3600 ? str_printf(arena, "+%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60)
                     : str_printf(arena, "+%lld:%02lld", s / 60, s % 60);
}

struct str simulation_line(struct arena *arena, const struct simulation_entry *entry)
{
    struct str offset = simulation_offset(arena, entry->offset_us);
    return str_printf(arena, "%.*s %.*s", STR_ARG(offset), STR_ARG(entry->text));
}
