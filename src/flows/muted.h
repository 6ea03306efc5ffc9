#pragma once
/* muted — incidents whose pages wait, looked at together: those that nothing keeps quiet any more
 * become due. So whoever ends what kept them quiet (a silence, an alert, a rule) need not know
 * them, and each of them looks for itself only rarely (domain/mute.h). Layer: flows. One per
 * escalate flow. */
#include "flows/muting.h"

struct muted_watch {
    int64_t looked_us; /* monotonic; 0: never */
    struct uuid after; /* where the next look goes on; all zero: from the beginning */
};

/* At most once a second, in a transaction of its own. `muting` is brought up to date if there are
 * any. */
MUST_CHECK enum status muted_look(struct muted_watch *, struct store *, struct muting *,
                                  struct arena *, struct err *);
