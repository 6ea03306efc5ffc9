#pragma once
/* turns — steps that page one of their people at a time, for a batch of incidents; the rule is in
 * domain/turn.h.
 *
 *     turns_asked(…)     whom they have paged already, into the worlds
 *     decision_escalate  of each, without turns
 *     turns_take(…)      one statement for all that took some, which are decided once more
 *
 * Turns are taken last before the writing, so that other replicas wait for them as short as can be,
 * and given back by a rollback. Layer: flows. Part of the open transaction. */
#include "ports/store.h"

/* An incident with its plan, and what was decided about it. */
struct turn_case {
    const struct incident *incident;
    struct escalation_world world;
    struct decision decision;
};

MUST_CHECK enum status turns_asked(struct store *, struct arena *, struct turn_case *, size_t n,
                                   struct err *);
MUST_CHECK enum status turns_take(struct store *, struct arena *, struct turn_case *, size_t n,
                                  struct err *);
