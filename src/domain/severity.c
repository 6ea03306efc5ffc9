#include "domain/severity.h"

#include "domain/decision_parts.h"

enum { RANK_NONE, RANK_INFO, RANK_UNKNOWN, RANK_WARNING, RANK_ERROR, RANK_URGENT };

int severity_rank(struct str severity)
{
    static const struct {
        struct str word;
        int rank;
    } words[] = {
        {{"", 0}, RANK_NONE},        {{"none", 4}, RANK_NONE},     {{"debug", 5}, RANK_INFO},
        {{"info", 4}, RANK_INFO},    {{"notice", 6}, RANK_INFO},   {{"information", 11}, RANK_INFO},
        {{"low", 3}, RANK_INFO},     {{"p4", 2}, RANK_INFO},       {{"p5", 2}, RANK_INFO},
        {{"sev4", 4}, RANK_INFO},    {{"sev5", 4}, RANK_INFO},     {{"warning", 7}, RANK_WARNING},
        {{"warn", 4}, RANK_WARNING}, {{"minor", 5}, RANK_WARNING}, {{"medium", 6}, RANK_WARNING},
        {{"p3", 2}, RANK_WARNING},   {{"sev3", 4}, RANK_WARNING},  {{"average", 7}, RANK_WARNING},
        {{"error", 5}, RANK_ERROR},  {{"major", 5}, RANK_ERROR},   {{"p2", 2}, RANK_ERROR},
        {{"sev2", 4}, RANK_ERROR},
    };
    if (severity_is_urgent(severity)) {
        return RANK_URGENT;
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (str_eq_nocase(words[i].word, severity)) {
            return words[i].rank;
        }
    }
    return RANK_UNKNOWN;
}

/* ---- what would have gone differently -------------------------------------------------------- */

struct raise {
    const struct decision *d;
    const struct escalation_world *world;
    struct str was, is;
};

/* Somebody who was left in peace before and is not now. */
static bool frees_somebody(const struct raise *r, const struct step *step)
{
    const struct directory *directory = &r->world->settings->directory;
    struct candidates was = directory_candidates(directory, step, r->world->overrides, r->was,
                                                 r->d->now_at, r->d->arena);
    struct candidates is = directory_candidates(directory, step, r->world->overrides, r->is,
                                                r->d->now_at, r->d->arena);
    for (size_t i = 0; i < was.n && i < is.n; i++) {
        if (was.v[i].reach == REACH_QUIET && is.v[i].reach == REACH_OK) {
            return true;
        }
    }
    return false;
}

static bool would_differ(const struct raise *r, const struct step *step)
{
    for (size_t i = 0; step->kind == STEP_IF && i < step->n_conditions; i++) {
        const struct condition *c = &step->conditions[i];
        if (c->kind == CONDITION_SEVERITY &&
            str_eq_nocase(c->name, r->was) != str_eq_nocase(c->name, r->is)) {
            return true;
        }
    }
    return step->kind == STEP_NOTIFY && (!r->d->incident.was_reached || frees_somebody(r, step));
}

/* The first step behind both branches of the one at `i`. */
static int behind_branches(const struct plan *plan, int i)
{
    int other = plan->steps[i].target;
    const struct step *last = &plan->steps[other - 1];
    return last->kind == STEP_JUMP ? last->target : other;
}

/* Where the escalation has to go back to; -1: nowhere. Into a branch it goes by its condition. */
static int first_other_way(const struct raise *r)
{
    const struct incident *in = &r->d->incident;
    const struct plan *plan = &in->plan;
    int n = (int)plan->n_steps, passed = in->round > 1 || in->step > n ? n : in->step;
    for (int i = 0, behind = 0, at = 0; i < passed; i++) {
        if (i >= behind) {
            at = i;
            behind = plan->steps[i].kind == STEP_IF ? behind_branches(plan, i) : i + 1;
        }
        if (would_differ(r, &plan->steps[i])) {
            return at;
        }
    }
    return -1;
}

void decision_raise_severity(struct decision *d, struct str severity, struct str actor,
                             const struct escalation_world *world)
{
    struct incident *in = &d->incident;
    struct raise r = {.d = d, .world = world, .was = in->severity, .is = severity};
    if (in->state == INCIDENT_RESOLVED || severity_rank(severity) <= severity_rank(in->severity)) {
        return;
    }
    bool may_page =
        in->state == INCIDENT_OPEN && in->flapping_at == AT_NONE && in->merged_into == 0;
    int back_to = may_page ? first_other_way(&r) : -1;
    struct timeline_entry *entry = decision_change_severity(d, actor, severity);
    if (back_to < 0) {
        return;
    }
    entry_fact(entry, "step", str_printf(d->arena, "%d", back_to + 1));
    in->step = back_to;
    in->restart_seq = in->seq; /* under keys of its own: they are paged for what it is now */
    in->held_by_run = (struct uuid){0};
    in->wake_at = d->now_at;
}
