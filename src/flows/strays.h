#pragma once
/* strays — the incidents in which the alerts of a batch fire, as the database knows them. Today's
 * routing may lead such an alert elsewhere, but its news, above all that it is over, belongs to
 * those incidents, too: an edit of the routing must not leave an incident that pages for ever.
 * Incidents that still take alerts count, too, although they are resolved: a person may open them
 * again. Layer: flows. The process thread. */
#include "base/map.h"
#include "ports/store.h"

struct stray {
    uint8_t group_key[GROUP_KEY_BYTES]; /* of the incident */
    const struct stray *next;           /* of the same alert */
};

struct strays {
    struct map by_fingerprint;
};

/* Everything lives in the arena. */
MUST_CHECK enum status strays_load(struct strays *, struct arena *, struct store *,
                                   const uint64_t *fingerprints, size_t n, int64_t now_at,
                                   struct err *);
/* The incidents that may hold the alert; NULL: none. */
const struct stray *strays_of(const struct strays *, uint64_t fingerprint);
