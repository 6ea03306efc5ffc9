#pragma once
/* muting — which alerts fire, for the inhibit rules in force, and which silences there are
 * (domain/mute.h).
 * Silences are read each time. The firing alerts are read at most once a second; what changed since
 * is seen a second later, and what is muted is looked at every second (flows/muted.h). No alerts
 * are read when the configuration inhibits nothing. Layer: flows. One per flow thread. */
#include "domain/mute.h"
#include "flows/configuration.h"
#include "ports/store.h"

struct muting {
    struct arena arena; /* the firing alerts and their index */
    struct inhibitor inhibitor;
    struct arena silences_arena;
    struct silences silences;
    struct configuration *configuration;
    const struct snapshot *snapshot; /* held: the inhibitor points into it; NULL: not yet */
    int64_t loaded_at;               /* AT_NONE: not yet */
};

void muting_init(struct muting *, struct configuration *);
void muting_release(struct muting *);
/* Brings both up to date, in the open transaction. */
MUST_CHECK enum status muting_refresh(struct muting *, struct store *, int64_t now_at,
                                      struct err *);
/* A firing alert that is not stored yet. Copied. */
void muting_add(struct muting *, struct labels);
