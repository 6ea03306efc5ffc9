#pragma once
/* clock_watch — notices when the database server's clock steps, and keeps alertify's from going
 * back.
 *
 * Compared is how far the server's clock and this machine's monotonic one went since the last look.
 * Back, or another server took over that is behind: everything that is due would come late by as
 * much, without a reason that anybody sees. So alertify's clock is held (store_clock_hold), people
 * hear of it (AlertifyClockHeld), and the server's catches up. At the first look the replicas that
 * were seen before take the place of the last look. Forward: what is due comes early, each incident
 * by one step at most, because the next wait counts from then; it is logged and counted, and people
 * hear of it (AlertifyClockStepped). What alertify's clock skips is noted in the database by
 * whoever sees it first (store_clock_skip), and heartbeats are excused in the same transaction:
 * once for each step, whoever dies. A look counts when alertify's clock is where the last look,
 * what was noted since, and those who were seen say; else the next one starts from the last, too.
 * Layer: flows. Part of the status flow. */
#include "flows/deps.h"

struct clock_look {
    struct clock_reading clock;
    int64_t before_us, after_us; /* monotonic, around it */
};

struct clock_watch {
    bool is_known;
    struct clock_look last;
};

/* Also tells deps what the clocks say. */
MUST_CHECK enum status clock_watch_look(struct clock_watch *, struct deps *, struct store *,
                                        struct arena *, struct err *);
