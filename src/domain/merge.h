#pragma once
/* merge — incidents that are one trouble: all but one are handled with that one, their root.
 *
 * A merged incident keeps its own state and alerts, and its messages follow them, but it does not
 * escalate: no page, no reminder, no script of its own. When a person resolves the root, it is
 * resolved, too. When the root ends otherwise and it still fires, or a person takes it out, it
 * escalates by itself, from the first step. A new cycle of it is a trouble of its own.
 * A root is not merged itself: there are no chains. Layer: domain. Pure. */
#include "domain/decision.h"

/* A merged incident looks this often whether its root still lasts; its end wakes it besides. */
#define MERGE_LOOK_US (10 * US_PER_S)

struct merge {
    const struct incident *root; /* locked, as the incident itself */
    bool has_merged;             /* others are merged into the incident */
    struct str actor, through;
};

/* Why it cannot be, in words for people; empty: it can. */
struct str merge_obstacle(struct arena *, const struct incident *, const struct merge *);
/* SAME: it is merged into that one already. REFUSED: there is an obstacle. One that flaps settles
 * first, and is over (CHANGED) if it does not fire. */
enum transition decision_merge(struct decision *, const struct merge *, const struct told *,
                               size_t n_told);
/* SAME: it is not merged. */
enum transition decision_unmerge(struct decision *, struct str actor, struct str through,
                                 const struct told *, size_t n_told);
/* What the timeline of a root says of it. MERGED, UNMERGED. */
void decision_note_merged(struct decision *root, enum event_kind, int64_t number, struct str actor,
                          struct str through);
/* A merged incident is due. `root` as it is now; NULL: there is none any more. False: it escalates
 * by itself from now on. Part of decision_escalate. */
bool decision_follow_root(struct decision *, const struct incident *root, const struct told *,
                          size_t n_told);
