#pragma once
/* respond — a person (or API client) acts on an incident: load and lock, decide, commit, wake the
 * other flows. Layer: flows; used by the API and link handlers on query threads. */
#include "domain/response.h"
#include "flows/deps.h"

struct responded {
    enum transition transition;
    struct incident incident; /* as it is afterwards */
    bool is_recorded;         /* the timeline has more than before */
    struct str obstacle;      /* REFUSED: why, in words for people */
};

/* `link` is NULL or the use-once id of the link that was used: it is burned in the same
 * transaction, and a second use of it changes nothing (TRANSITION_SAME). cycle > 0: refuse
 * (TRANSITION_REFUSED) when the incident is in another cycle by now. */
MUST_CHECK enum status respond(struct deps *, struct store *, struct arena *, struct uuid incident,
                               const struct response *, int cycle, const uint8_t *link,
                               struct str peer, struct responded *ret, struct err *);
/* Loads, locks and knows whom the incident was told to: for other single-incident changes. */
MUST_CHECK enum status respond_load(struct deps *, struct store *, struct arena *,
                                    struct uuid incident, struct decision *ret,
                                    struct told **ret_told, size_t *ret_n, struct err *);
MUST_CHECK enum status respond_commit(struct deps *, struct store *, struct arena *,
                                      const struct decision *, struct err *);
