#pragma once
/* timeline — what happened to an incident, entry by entry: typed, with actor and reasons.
 * Layer: domain. Values. */
#include "base/enum_names.h"

/* stored: event.kind */
#define EVENT_KINDS(X)                                                                             \
    X(EVENT_OPENED, "opened")                                                                      \
    X(EVENT_REOPENED, "reopened")                                                                  \
    X(EVENT_ALERTS_CHANGED, "alerts_changed")                                                      \
    X(EVENT_NOTIFIED, "notified")                                                                  \
    X(EVENT_STEP_SKIPPED, "step_skipped")                                                          \
    X(EVENT_RUN_REQUESTED, "run_requested")                                                        \
    X(EVENT_RUN_SKIPPED, "run_skipped")                                                            \
    X(EVENT_REPEATED, "repeated")                                                                  \
    X(EVENT_ESCALATION_ENDED, "escalation_ended")                                                  \
    X(EVENT_NOBODY_REACHED, "nobody_reached")                                                      \
    X(EVENT_CATCH_ALL, "catch_all")                                                                \
    X(EVENT_ACKNOWLEDGED, "acknowledged")                                                          \
    X(EVENT_UNACKNOWLEDGED, "unacknowledged")                                                      \
    X(EVENT_RESOLVED, "resolved")                                                                  \
    X(EVENT_LATE_ACTION, "late_action")                                                            \
    X(EVENT_ATTEMPT, "attempt")                                                                    \
    X(EVENT_DELIVERED, "delivered")                                                                \
    X(EVENT_DELIVERY_RETRIED, "delivery_retried")                                                  \
    X(EVENT_DELIVERY_FAILED, "delivery_failed")                                                    \
    X(EVENT_DELIVERY_SUPERSEDED, "delivery_superseded")                                            \
    X(EVENT_DELIVERY_HELD, "delivery_held")                                                        \
    X(EVENT_DELIVERY_COVERED, "delivery_covered")                                                  \
    X(EVENT_RUN_STARTED, "run_started")                                                            \
    X(EVENT_RUN_FINISHED, "run_finished")                                                          \
    X(EVENT_RUN_UNKNOWN, "run_unknown")                                                            \
    X(EVENT_MUTED, "muted")                                                                        \
    X(EVENT_UNMUTED, "unmuted")                                                                    \
    X(EVENT_BRANCHED, "branched")                                                                  \
    X(EVENT_REMINDED, "reminded")                                                                  \
    X(EVENT_FLAPPING, "flapping")                                                                  \
    X(EVENT_SETTLED, "settled")                                                                    \
    X(EVENT_NOTE, "note")                                                                          \
    X(EVENT_SNOOZED, "snoozed")                                                                    \
    X(EVENT_ESCALATED, "escalated")                                                                \
    X(EVENT_REASSIGNED, "reassigned")                                                              \
    X(EVENT_RESPONDER_ADDED, "responder_added")                                                    \
    X(EVENT_CHANGED, "changed")                                                                    \
    X(EVENT_MERGED, "merged")                                                                      \
    X(EVENT_UNMERGED, "unmerged")
ENUM_DECLARE(event_kind, EVENT_KINDS)

enum { FACTS_MAX = 8 };

struct fact {
    const char *name;
    struct str value;
};

struct timeline_entry {
    int64_t seq;
    enum event_kind kind;
    struct str actor; /* "alertify", "user:anna", "source:prod", "token:ci" */
    struct fact facts[FACTS_MAX];
    size_t n_facts;
};

/* Adds a fact, of which an entry has at most FACTS_MAX. `name` is a literal. */
void entry_fact(struct timeline_entry *, const char *name, struct str value);
