#pragma once
/* inhibited — incidents that other alerts keep quiet, looked at together: those that nothing keeps
 * quiet any more become due. So each of them needs to look for itself only rarely (domain/mute.h).
 * Layer: flows. One per escalate flow. */
#include "flows/muting.h"

struct inhibited_watch {
    int64_t looked_us; /* monotonic; 0: never */
    struct uuid after; /* where the next look goes on; all zero: from the beginning */
};

/* At most once a second, in a transaction of its own. `muting` is brought up to date if there are
 * any. Also with rules that inhibit nothing any more: what they did has to end. */
MUST_CHECK enum status inhibited_look(struct inhibited_watch *, struct store *, struct muting *,
                                      struct arena *, struct err *);
