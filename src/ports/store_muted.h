#pragma once
/* store_muted — incidents whose pages wait: for a silence, an interval, other alerts
 * (domain/mute.h); part of the store port (ports/store.h). They are looked at together and not one
 * by one: of ten thousand behind one dead router none is written for as long as nothing changes.
 * Layer: ports. As ports/store.h. */
#include "ports/store.h"

struct muted_incident {
    struct incident incident; /* id, receiver, group_labels and firing; nothing else is set */
    struct labels *alerts;    /* of those that fire */
    size_t n;                 /* < firing: the answer was full */
};

/* Those that are not due now, with an id after `after`, by id; of at most max_alerts alerts. */
MUST_CHECK enum status store_muted(struct store *, struct arena *, struct uuid after,
                                   size_t max_alerts, struct muted_incident **ret, size_t *ret_n,
                                   struct err *);
/* Makes those of them that are still muted due now. One that somebody else has locked is left
 * out: the next look finds it. */
MUST_CHECK enum status store_muted_wake(struct store *, struct arena *, const struct uuid *ids,
                                        size_t n, struct err *);
