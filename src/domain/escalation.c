/* The plan, carried out: decision_escalate of decision.h.
 *
 * One call runs every step that is due: notify, run and repeat take no time, a wait ends the call
 * and sets wake_at. A notify step that reaches nobody is skipped together with the wait behind it:
 * an empty step must not cost minutes. After the last step the catch-all is told once: nobody
 * was reached, or nobody answered. It tells everyone it names, whatever its own steps do in turn.
 * The same wake_at serves an acknowledged incident: then it is about reminders. */
#include "domain/decision_parts.h"
#include "domain/merge.h"

static const struct str self = {"alertify", 8};

/* One call may pass each step once per round and no more. */
enum { PASSES_MAX = STEPS_MAX * (REPEAT_MAX + 1) };

struct escalation {
    struct decision *d;
    const struct escalation_world *world;
    bool skips_wait;     /* the notify steps before this wait reached nobody */
    bool has_paged_here; /* one of them did reach somebody: the wait is theirs */
    bool found_nobody;   /* the last notify step of this call */
    bool is_waiting;
    int64_t late_us; /* it should have gone on so much earlier */
};

/* An escalation that started again, or was told to go on elsewhere, pages the same steps anew. */
static struct str step_key(struct escalation *e, const char *what, int step)
{
    const struct incident *in = &e->d->incident;
    int64_t since = in->restart_seq > in->ack_seq ? in->restart_seq : in->ack_seq;
    return since == 0 ? str_printf(e->d->arena, "%s/c%d/r%d/s%d", what, in->cycle, in->round, step)
                      : str_printf(e->d->arena, "%s/c%d/a%lld/r%d/s%d", what, in->cycle,
                                   (long long)since, in->round, step);
}

static void queue_pages(struct escalation *e, struct addressees to, int step)
{
    struct incident *incident = &e->d->incident;
    for (size_t i = 0; i < to.n; i++) {
        const struct contact *first = &to.v[i].contacts[0];
        struct intent intent = {
            .kind = NOTICE_PAGE,
            .to = to.v[i],
            /* Two people may share an address: each gets a message with links of their own. */
            .dedupe_key =
                str_printf(e->d->arena, "%.*s/%s:%.*s%s%.*s", STR_ARG(step_key(e, "page", step)),
                           channel_kind_name(first->channel), STR_ARG(first->address),
                           first->user.n ? "/" : "", STR_ARG(first->user)),
            .step = step,
            .round = incident->round,
            .late_us = e->late_us,
        };
        VEC_PUSH(e->d->arena, &e->d->intents, intent);
    }
    incident->was_reached = true;
}

static struct str step_number(struct escalation *e)
{
    return str_printf(e->d->arena, "%d", e->d->incident.step + 1);
}

static void add_quiet(struct timeline_entry *entry, const struct addressees *to)
{
    if (to->quiet.n > 0) {
        entry_fact(entry, "quiet", to->quiet);
    }
}

static struct timeline_entry *skip_step(struct escalation *e, const struct step *step)
{
    struct timeline_entry *entry = decision_event(e->d, EVENT_STEP_SKIPPED, self);
    entry_fact(entry, "step", step_number(e));
    entry_fact(entry, "where", step->where);
    entry_fact(entry, "reason", STR("nobody reachable"));
    e->skips_wait = !e->has_paged_here;
    e->found_nobody = true;
    return entry;
}

static struct timeline_entry *page_step(struct escalation *e, struct addressees to)
{
    struct decision *d = e->d;
    struct timeline_entry *entry = decision_event(d, EVENT_NOTIFIED, self);
    entry_fact(entry, "step", step_number(e));
    entry_fact(entry, "round", str_printf(d->arena, "%d", d->incident.round));
    entry_fact(entry, "to", addressee_labels(d->arena, to));
    if (e->late_us >= MESSAGE_LATE_US) {
        entry_fact(entry, "late_s",
                   str_printf(d->arena, "%lld", (long long)(e->late_us / US_PER_S)));
    }
    queue_pages(e, to, d->incident.step);
    e->skips_wait = false;
    e->has_paged_here = true;
    e->found_nobody = false;
    return entry;
}

static void notify_all(struct escalation *e, const struct step *step)
{
    const struct decision *d = e->d;
    struct addressees to =
        directory_resolve(&e->world->settings->directory, step, e->world->overrides,
                          d->incident.severity, d->now_at, d->arena);
    add_quiet(to.n == 0 ? skip_step(e, step) : page_step(e, to), &to);
}

/* --- one of them at a time ---------------------------------------------------------------- */

/* Whom the step at hand paged last, by their place in the list; SIZE_MAX: nobody of it. What this
 * call has paged is newer than what it was told: a plan may repeat without a wait. */
static size_t asked_last(const struct escalation *e, struct candidates list)
{
    for (size_t i = e->d->intents.n; i > 0; i--) {
        const struct intent *intent = &e->d->intents.v[i - 1];
        if (intent->kind == NOTICE_PAGE && intent->step == e->d->incident.step) {
            return turn_place(list, &intent->to.contacts[0]);
        }
    }
    for (size_t i = 0; i < e->world->n_asked; i++) {
        if (e->world->asked[i].step == e->d->incident.step) {
            return turn_place(list, &e->world->asked[i].contact);
        }
    }
    return SIZE_MAX;
}

static struct turn turn_of_step(const struct escalation *e)
{
    for (size_t i = 0; i < e->world->n_turns; i++) {
        if (e->world->turns[i].step == e->d->incident.step) {
            return e->world->turns[i];
        }
    }
    return (struct turn){.step = e->d->incident.step};
}

static void add_passed_over(struct timeline_entry *entry, struct str whom)
{
    if (whom.n > 0) {
        entry_fact(entry, "passed_over", whom);
    }
}

static void notify_in_turn(struct escalation *e, const struct step *step)
{
    struct decision *d = e->d;
    struct candidates list =
        directory_candidates(&e->world->settings->directory, step, e->world->overrides,
                             d->incident.severity, d->now_at, d->arena);
    size_t last = asked_last(e, list);
    struct turn turn = turn_of_step(e);
    bool takes_turn = last == SIZE_MAX;
    size_t first = takes_turn ? (size_t)turn.number : last + 1;
    struct pick pick = turn_pick(list, first);
    struct str passed_over = turn_passed_over(list, &pick, d->arena);
    if (!pick.one) {
        add_passed_over(skip_step(e, step), passed_over);
        return;
    }
    struct timeline_entry *entry = page_step(e, (struct addressees){.v = &pick.one->to, .n = 1});
    entry_fact(entry, "place", str_printf(d->arena, "%zu of %zu", pick.place + 1, list.n));
    if (takes_turn) {
        entry_fact(entry, "turn", str_printf(d->arena, "%lld", (long long)turn.number + 1));
        VEC_PUSH(d->arena, &d->turns, turn);
    } else {
        entry_fact(entry, "after", list.v[last].to.label);
    }
    add_passed_over(entry, passed_over);
}

static void do_notify(struct escalation *e, const struct step *step)
{
    if (step->is_in_turn) {
        notify_in_turn(e, step);
    } else {
        notify_all(e, step);
    }
    e->d->incident.step++;
}

static void wait_until(struct escalation *e, int64_t at)
{
    e->d->incident.wake_at = at;
    e->is_waiting = true;
}

static void do_wait(struct escalation *e, const struct step *step)
{
    e->d->incident.step++;
    if (!e->skips_wait) {
        wait_until(e, e->d->now_at + step->wait_us);
    }
    e->skips_wait = false;
    e->has_paged_here = false;
}

static bool any_alert_matches(const struct escalation *e, struct matchers only_if)
{
    for (size_t i = 0; i < e->world->n_alert_labels; i++) {
        if (matchers_match(only_if, e->world->alert_labels[i])) {
            return true;
        }
    }
    return only_if.n == 0;
}

static void do_run(struct escalation *e, const struct step *step)
{
    struct decision *d = e->d;
    struct incident *incident = &d->incident;
    bool is_wanted = any_alert_matches(e, step->only_if);
    struct timeline_entry *entry =
        decision_event(d, is_wanted ? EVENT_RUN_REQUESTED : EVENT_RUN_SKIPPED, self);
    entry_fact(entry, "action", step->action);
    entry_fact(entry, "step", step_number(e));
    if (is_wanted) {
        struct run_intent run = {
            .id = e->world->new_id(e->world->new_id_arg),
            .action = step->action,
            .actor = self,
            .dedupe_key = step_key(e, "step", incident->step),
            .parameters = STR("{}"),
        };
        VEC_PUSH(d->arena, &d->runs, run);
        if (step->wait_us > 0) {
            incident->held_by_run = run.id;
            wait_until(e, d->now_at + step->wait_us);
        }
    } else {
        entry_fact(entry, "reason", STR("no firing alert matches its condition"));
    }
    incident->step++;
}

/* The plan gave people time and nobody took it: its last word is a wait or a repeat. One that ends
 * by telling somebody (`notify: […]`, or notify, wait, notify) has had its say. */
static bool ends_in_vain(const struct plan *plan)
{
    enum step_kind last = plan->steps[plan->n_steps - 1].kind;
    return last == STEP_WAIT || last == STEP_REPEAT;
}

static void end_escalation(struct escalation *e)
{
    struct decision *d = e->d;
    struct incident *incident = &d->incident;
    const struct receiver *last = e->world->settings->catch_all;
    incident->wake_at = AT_NONE;
    if (incident->plan.n_steps == 0) {
        return; /* a receiver that tells nobody, on purpose */
    }
    struct addressees to = {0};
    for (size_t i = 0; last && i < last->plan.n_steps && to.n == 0; i++) {
        if (last->plan.steps[i].kind == STEP_NOTIFY) {
            to = directory_resolve(&e->world->settings->directory, &last->plan.steps[i],
                                   e->world->overrides, STR_EMPTY, d->now_at, d->arena);
        }
    }
    bool was_reached = incident->was_reached;
    bool is_wanted = !was_reached || ends_in_vain(&incident->plan);
    if (to.n > 0 && is_wanted && !str_eq(last->name, incident->receiver)) {
        struct timeline_entry *entry = decision_event(d, EVENT_CATCH_ALL, self);
        entry_fact(entry, "to", addressee_labels(e->d->arena, to));
        queue_pages(e, to, (int)incident->plan.n_steps);
    }
    struct timeline_entry *entry = decision_event(
        d, incident->was_reached ? EVENT_ESCALATION_ENDED : EVENT_NOBODY_REACHED, self);
    entry_fact(entry, "rounds", str_printf(d->arena, "%d", incident->round));
    entry_fact(entry, "told_before_catch_all", was_reached ? STR("yes") : STR("no"));
}

static void do_repeat(struct escalation *e, const struct step *step)
{
    struct incident *incident = &e->d->incident;
    if (incident->round > step->repeat) {
        incident->step++;
        return;
    }
    incident->round++;
    incident->step = 0;
    struct timeline_entry *entry = decision_event(e->d, EVENT_REPEATED, self);
    entry_fact(entry, "round", str_printf(e->d->arena, "%d", incident->round));
}

/* --- branches ----------------------------------------------------------------------------- */

static bool condition_holds(const struct escalation *e, const struct condition *c)
{
    const struct incident *incident = &e->d->incident;
    switch (c->kind) {
    case CONDITION_MATCHES:
        return any_alert_matches(e, c->matchers);
    case CONDITION_SEVERITY:
        return str_eq_nocase(incident->severity, c->name);
    case CONDITION_DURING:
        return settings_is_during(e->world->settings, c->name, e->d->now_at);
    case CONDITION_ROUND:
        return incident->round == c->round || (c->is_from && incident->round > c->round);
    case CONDITION_NOBODY:
        return e->found_nobody;
    case condition_kind_COUNT:
        break;
    }
    UNREACHABLE("condition kind");
}

static void do_if(struct escalation *e, const struct step *step)
{
    struct incident *incident = &e->d->incident;
    bool holds = true;
    for (size_t i = 0; i < step->n_conditions; i++) {
        holds = holds && condition_holds(e, &step->conditions[i]);
    }
    struct timeline_entry *entry = decision_event(e->d, EVENT_BRANCHED, self);
    entry_fact(entry, "step", step_number(e));
    entry_fact(entry, "where", step->where);
    entry_fact(entry, "took", holds ? STR("then") : STR("else"));
    incident->step = holds ? incident->step + 1 : step->target;
}

static void do_resolve(struct escalation *e)
{
    e->d->incident.step++;
    (void)decision_resolve(e->d, self, STR("resolve step"), e->world->told, e->world->n_told);
    e->is_waiting = true;
}

static void do_step(struct escalation *e, const struct step *step)
{
    switch (step->kind) {
    case STEP_NOTIFY:
        do_notify(e, step);
        return;
    case STEP_WAIT:
        do_wait(e, step);
        return;
    case STEP_RUN:
        do_run(e, step);
        return;
    case STEP_REPEAT:
        do_repeat(e, step);
        return;
    case STEP_RESOLVE:
        do_resolve(e);
        return;
    case STEP_IF:
        do_if(e, step);
        return;
    case STEP_JUMP:
        e->d->incident.step = step->target;
        return;
    case step_kind_COUNT:
        break;
    }
    UNREACHABLE("step kind");
}

/* --- while pages wait --------------------------------------------------------------------- */

/* True when nothing is to be done but to look again later. */
static bool stays_muted(struct escalation *e)
{
    struct incident *incident = &e->d->incident;
    struct str why = e->world->muted_by;
    int64_t until_at = e->world->muted_until;
    if (why.n > 0 && e->world->is_wished) {
        struct timeline_entry *entry = decision_event(e->d, EVENT_UNMUTED, self);
        entry_fact(entry, "was", why);
        entry_fact(entry, "reason", STR("a person has asked for this step"));
        incident->muted_by = STR_EMPTY;
        return false;
    }
    if (why.n == 0) {
        if (incident->muted_by.n > 0) {
            struct timeline_entry *entry = decision_event(e->d, EVENT_UNMUTED, self);
            entry_fact(entry, "was", incident->muted_by);
            incident->muted_by = STR_EMPTY;
        }
        return false;
    }
    if (!str_eq(incident->muted_by, why)) {
        struct timeline_entry *entry = decision_event(e->d, EVENT_MUTED, self);
        entry_fact(entry, "by", why);
        incident->muted_by = why;
    }
    CHECK(until_at > e->d->now_at);
    incident->wake_at = until_at;
    return true;
}

static void climb(struct escalation *e)
{
    struct incident *incident = &e->d->incident;
    if (stays_muted(e)) {
        return;
    }
    /* The hold of a script is over, whether it answered or not. */
    incident->held_by_run = (struct uuid){0};
    for (int pass = 0; !e->is_waiting; pass++) {
        CHECK(pass <= PASSES_MAX);
        if ((size_t)incident->step >= incident->plan.n_steps) {
            end_escalation(e);
            return;
        }
        do_step(e, &incident->plan.steps[incident->step]);
    }
}

/* --- after an acknowledgement ------------------------------------------------------------- */

/* Who acknowledged, if that is a person of the file; otherwise everybody who was told. */
static void remind(struct escalation *e)
{
    struct decision *d = e->d;
    struct incident *incident = &d->incident;
    struct str by = incident->acked_by;
    const struct user *user =
        str_starts_with(by, STR("user:"))
            ? directory_user(&e->world->settings->directory, str_slice(by, 5, by.n))
            : NULL;
    bool is_person = user && user->n_contacts > 0;
    struct timeline_entry *entry = decision_event(d, EVENT_REMINDED, self);
    entry_fact(entry, "to", is_person ? user->name : STR("everybody who was told"));
    for (size_t i = 0; i < (is_person ? 1 : e->world->n_told); i++) {
        const struct told *told = is_person ? NULL : &e->world->told[i];
        struct addressee to = is_person
                                  ? (struct addressee){user->name, user->contacts, user->n_contacts}
                                  : (struct addressee){told->label, &told->contact, 1};
        struct intent intent = {
            .kind = NOTICE_REMINDER,
            .to = to,
            .dedupe_key = str_printf(d->arena, "reminder/%lld/%zu", (long long)incident->seq, i),
            .step = -1,
            .round = incident->round};
        VEC_PUSH(d->arena, &d->intents, intent);
    }
    incident->reminded_at = d->now_at;
}

static void start_again(struct escalation *e, const char *why)
{
    CHECK(incident_transition(&e->d->incident, INCIDENT_UNACKNOWLEDGE) == TRANSITION_CHANGED);
    decision_start_again(e->d, self, "reason", str_from(why));
}

/* True when the escalation has to start again. */
static bool watch_acknowledged(struct escalation *e)
{
    struct incident *incident = &e->d->incident;
    const struct plan *plan = &incident->plan;
    bool is_asked = incident->reminded_at != AT_NONE && plan->unack_us > 0;
    int64_t from_at = incident->reminded_at != AT_NONE ? incident->reminded_at : incident->acked_at;
    int64_t due_at = from_at + (is_asked ? plan->unack_us : plan->remind_us);
    if (incident->snoozed_until != AT_NONE) {
        bool is_over = incident->snoozed_until <= e->d->now_at;
        incident->wake_at = incident->snoozed_until;
        if (is_over) {
            start_again(e, "it was put off until now");
        }
        return is_over;
    }
    if (plan->remind_us == 0) {
        incident->wake_at = AT_NONE;
        return false;
    }
    if (due_at > e->d->now_at) {
        incident->wake_at = due_at;
        return false;
    }
    if (is_asked) {
        start_again(e, "a reminder was not answered");
        return true;
    }
    remind(e);
    incident->wake_at = e->d->now_at + (plan->unack_us > 0 ? plan->unack_us : plan->remind_us);
    return false;
}

void decision_escalate(struct decision *d, const struct escalation_world *world)
{
    struct incident *incident = &d->incident;
    struct escalation e = {.d = d, .world = world};
    bool is_due = incident->wake_at != AT_NONE && incident->wake_at <= d->now_at;
    if (incident->state == INCIDENT_RESOLVED) {
        return;
    }
    e.late_us = is_due ? d->now_at - incident->wake_at : 0;
    if (incident->silent_at != AT_NONE && incident->silent_at <= d->now_at) {
        (void)decision_resolve(d, STR(DECISION_SILENCE), STR("no news"), world->told,
                               world->n_told);
        return;
    }
    bool is_settling = incident->flapping_at != AT_NONE &&
                       (incident->state == INCIDENT_OPEN || incident->firing == 0);
    if (is_due && is_settling) {
        decision_settle(d, world->told, world->n_told);
        is_due = incident->state != INCIDENT_RESOLVED;
    }
    if (is_due && incident->merged_into != 0 &&
        decision_follow_root(d, world->root, world->told, world->n_told)) {
        return;
    }
    if (is_due && (incident->state == INCIDENT_OPEN || watch_acknowledged(&e))) {
        climb(&e);
    }
}
