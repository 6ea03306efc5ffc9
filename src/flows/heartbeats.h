#pragma once
/* heartbeats — signs of life: taken over HTTP and from alerts, watched by every replica.
 *
 * What is missed, and that it beats again, goes into the ledger as an alert of alertify's own
 * source, in the transaction that notes it: so each is said once, whoever dies, and then takes the
 * way of all alerts. Layer: flows. */
#include "flows/deps.h"
#include "flows/self_alert.h"

/* A beat that an alert was. */
struct heartbeat_fed {
    const struct heartbeat *heartbeat;
    int64_t at; /* when the alert came */
};

/* May the request beat it? http thread. */
bool heartbeat_is_proven(const struct deps *, struct exchange *, struct str name);

/* process: takes beats, within the open transaction. What they end is in the ledger then, behind
 * what is processed now. */
MUST_CHECK enum status heartbeats_feed(struct store *, struct arena *, const struct settings *,
                                       const struct heartbeat_fed *, size_t n, int64_t now_at,
                                       struct err *);

/* status: the watch of this replica. Zero it at first. */
struct heartbeat_watch {
    int64_t listened_us; /* monotonic time up to which this replica is known to have listened */
};
/* Before this replica says that it is here: were all of them away? Then beats may have been lost,
 * and the heartbeats get a little longer. */
MUST_CHECK enum status heartbeats_return(struct heartbeat_watch *, struct deps *, struct store *,
                                         struct arena *, struct err *);
/* clock_watch: the clock skipped step_us, middle_at among them. Nobody could beat in that time, so
 * all that have not since get as much longer. Part of the open transaction, which notes the step:
 * so each step counts once. */
MUST_CHECK enum status heartbeats_delay(struct deps *, struct store *, struct arena *,
                                        int64_t middle_at, int64_t step_us, struct err *);
/* Finds what is missed. ledger_age_us: of the oldest row that waits to be processed, which may hold
 * beats. */
MUST_CHECK enum status heartbeats_watch(struct heartbeat_watch *, struct deps *, struct store *,
                                        struct arena *, int64_t ledger_age_us, struct err *);
