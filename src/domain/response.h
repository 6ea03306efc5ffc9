#pragma once
/* response — what a person (or an API client) does to an incident.
 * Layer: domain. Pure. */
#include "domain/decision.h"

#define RESPONSES(X)                                                                               \
    X(RESPONSE_ACKNOWLEDGE, "acknowledge")                                                         \
    X(RESPONSE_UNACKNOWLEDGE, "unacknowledge") /* the escalation starts again */                   \
    X(RESPONSE_SNOOZE, "snooze")               /* acknowledged until then; then it starts again */ \
    X(RESPONSE_ESCALATE, "escalate")           /* goes on at a step, now */                        \
    X(RESPONSE_REASSIGN, "reassign") /* somebody is paged; the others are not meanwhile */         \
    X(RESPONSE_ADD_RESPONDER, "add_responder") /* somebody is told beside the others */            \
    X(RESPONSE_RESOLVE, "resolve")                                                                 \
    X(RESPONSE_REOPEN, "reopen") /* a new cycle of what is resolved */                             \
    X(RESPONSE_NOTE, "note")     /* a line on the timeline */                                      \
    X(RESPONSE_SET_TITLE, "set_title")                                                             \
    X(RESPONSE_SET_SEVERITY, "set_severity")                                                       \
    X(RESPONSE_MERGE, "merge") /* handled with another one; merge.h */                             \
    X(RESPONSE_UNMERGE, "unmerge")
ENUM_DECLARE(response_kind, RESPONSES)

/* Who is asked to take an incident has this long before the escalation goes on without them. */
#define REASSIGN_WAIT_US (10 * US_PER_MIN)

struct response {
    enum response_kind kind;
    struct str actor;     /* "user:anna", "token:ci" */
    struct str through;   /* "link", "api", … */
    int64_t until_at;     /* SNOOZE: later than now */
    int step;             /* ESCALATE: 0-based, of the plan */
    struct addressees to; /* REASSIGN, ADD_RESPONDER: at least one */
    struct uuid root;     /* MERGE: into it; UNMERGE: out of it */
    /* NOTE, SET_TITLE, SET_SEVERITY: what; ADD_RESPONDER: what for, or empty; SNOOZE: until_at as
     * the timeline says it */
    struct str text;
};

/* What else a response depends on. */
struct response_world {
    const struct told *told; /* who was told in this cycle */
    size_t n_told;
    const struct incident *root; /* MERGE: locked */
    int64_t newest;              /* REOPEN: number of the newest incident of its group */
    bool has_merged;             /* MERGE: others are merged into the incident */
    int64_t silence_us;          /* REOPEN: as decision_heard takes it */
};

/* CHANGED, SAME (it is so already) or REFUSED (makes no sense in this state). Only a note, a title
 * and a severity may be given to what is resolved; what is merged is not escalated or reassigned.
 */
enum transition decision_respond(struct decision *, const struct response *,
                                 const struct response_world *);
/* Why it was refused, in words for people. The incident as it was. */
struct str response_obstacle(struct arena *, const struct incident *, const struct response *,
                             const struct response_world *);
