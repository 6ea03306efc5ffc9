#include "domain/merge.h"

#include "domain/decision_parts.h"

static struct str number_text(struct arena *arena, int64_t number)
{
    return str_printf(arena, "#%lld", (long long)number);
}

struct str merge_obstacle(struct arena *arena, const struct incident *in, const struct merge *m)
{
    const struct incident *root = m->root;
    long long number = in->number, of_root = root->number;
    if (number == of_root) {
        return str_printf(arena, "#%lld cannot be merged into itself", number);
    }
    if (in->state == INCIDENT_RESOLVED) {
        return str_printf(arena, "#%lld is resolved", number);
    }
    if (root->state == INCIDENT_RESOLVED) {
        return str_printf(arena, "#%lld is resolved", of_root);
    }
    if (in->merged_into != 0) {
        return str_printf(arena, "#%lld is merged into #%lld: take it out first", number,
                          (long long)in->merged_into);
    }
    if (root->merged_into != 0) {
        return str_printf(arena, "#%lld is merged into #%lld itself: merge into that one", of_root,
                          (long long)root->merged_into);
    }
    if (m->has_merged) {
        return str_printf(arena, "others are merged into #%lld: take them out first", number);
    }
    return STR_EMPTY;
}

/* Messages that can be edited show how it is now. */
static void show_it(struct decision *d, const struct told *told, size_t n_told)
{
    struct str key = str_printf(d->arena, "e%lld", (long long)d->incident.seq);
    decision_tell_update(d, key, 0, told, n_told);
}

enum transition decision_merge(struct decision *d, const struct merge *m, const struct told *told,
                               size_t n_told)
{
    struct incident *in = &d->incident;
    if (in->merged_into != 0 && in->merged_into == m->root->number) {
        return TRANSITION_SAME;
    }
    if (merge_obstacle(d->arena, in, m).n > 0) {
        return TRANSITION_REFUSED;
    }
    if (in->flapping_at != AT_NONE) {
        decision_settle(d, told, n_told);
        if (in->state == INCIDENT_RESOLVED) {
            return TRANSITION_CHANGED;
        }
    }
    struct timeline_entry *entry = decision_event(d, EVENT_MERGED, m->actor);
    entry_fact(entry, "through", m->through);
    entry_fact(entry, "into", number_text(d->arena, m->root->number));
    in->merged_into = m->root->number;
    in->muted_by = STR_EMPTY;
    in->reminded_at = AT_NONE;
    in->held_by_run = (struct uuid){0};
    in->wake_at = d->now_at; /* the root may end before this is known to all */
    show_it(d, told, n_told);
    return TRANSITION_CHANGED;
}

/* By itself again; acknowledged is what was acknowledged. */
static struct timeline_entry *go_alone(struct decision *d, struct str actor,
                                       const struct told *told, size_t n_told)
{
    struct incident *in = &d->incident;
    struct timeline_entry *entry = decision_event(d, EVENT_UNMERGED, actor);
    entry_fact(entry, "from", number_text(d->arena, in->merged_into));
    in->merged_into = 0;
    in->wake_at = d->now_at;
    if (in->state == INCIDENT_OPEN) {
        in->step = 0;
        in->round = 1;
        in->restart_seq = in->seq;
    }
    show_it(d, told, n_told);
    return entry;
}

enum transition decision_unmerge(struct decision *d, struct str actor, struct str through,
                                 const struct told *told, size_t n_told)
{
    if (d->incident.state == INCIDENT_RESOLVED) {
        return TRANSITION_REFUSED;
    }
    if (d->incident.merged_into == 0) {
        return TRANSITION_SAME;
    }
    entry_fact(go_alone(d, actor, told, n_told), "through", through);
    return TRANSITION_CHANGED;
}

void decision_note_merged(struct decision *root, enum event_kind kind, int64_t number,
                          struct str actor, struct str through)
{
    struct timeline_entry *entry = decision_event(root, kind, actor);
    entry_fact(entry, "through", through);
    entry_fact(entry, "of", number_text(root->arena, number));
}

/* Otherwise its alerts are over, or silent, or a step of its plan has closed it. */
static bool is_closed_by_person(const struct incident *in)
{
    struct str by = in->resolved_by;
    return !str_starts_with(by, STR("source:")) && !str_eq(by, STR(DECISION_SILENCE)) &&
           !str_eq(by, STR("alertify"));
}

bool decision_follow_root(struct decision *d, const struct incident *root, const struct told *told,
                          size_t n_told)
{
    struct incident *in = &d->incident;
    if (root && root->state != INCIDENT_RESOLVED) {
        in->wake_at = d->now_at + MERGE_LOOK_US;
        return true;
    }
    if (root && is_closed_by_person(root)) {
        struct str through = str_printf(d->arena, "the end of #%lld", (long long)root->number);
        (void)decision_resolve(d, root->resolved_by, through, told, n_told);
        return true;
    }
    entry_fact(go_alone(d, STR("alertify"), told, n_told), "reason",
               root ? STR("that one has ended, this one has not") : STR("that one is gone"));
    return false;
}
