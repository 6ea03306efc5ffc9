#pragma once
/* incident — the alerts of one receiver with equal group labels, from first fire to resolve.
 *
 *            fire                     acknowledge
 *   (none) ───────> OPEN ───────────────────────────> ACKNOWLEDGED
 *                   │ ^ <──────────── unacknowledge ───── │
 *     clear,resolve │ │ fire (a new cycle: reopened)      │ clear, resolve
 *                   v │                                   │
 *                 RESOLVED <──────────────────────────────┘
 *
 * OPEN: somebody has to be told; the escalation runs (wake_at may be set). While it flaps
 * (flapping_at) it stays open when its alerts clear, and wake_at is when it has settled.
 * ACKNOWLEDGED: somebody is on it; no page is sent. wake_at: when they are reminded.
 * RESOLVED: terminal for its cycle; a late acknowledgement is recorded and changes nothing.
 *
 * incident_transition is the only writer of `state`. Layer: domain. Pure. */
#include "base/uuid.h"
#include "domain/chain.h"
#include "domain/receiver.h"

/* stored: incident.status */
#define INCIDENT_STATES(X)                                                                         \
    X(INCIDENT_OPEN, "open")                                                                       \
    X(INCIDENT_ACKNOWLEDGED, "acknowledged")                                                       \
    X(INCIDENT_RESOLVED, "resolved")
ENUM_DECLARE(incident_state, INCIDENT_STATES)

#define INCIDENT_EVENTS(X)                                                                         \
    X(INCIDENT_FIRE, "fire")                                                                       \
    X(INCIDENT_CLEAR, "clear")                                                                     \
    X(INCIDENT_ACKNOWLEDGE, "acknowledge")                                                         \
    X(INCIDENT_UNACKNOWLEDGE, "unacknowledge")                                                     \
    X(INCIDENT_RESOLVE, "resolve")
ENUM_DECLARE(incident_event, INCIDENT_EVENTS)

enum { GROUP_KEY_BYTES = 16, HASH_HEX = 64 };

struct incident {
    struct uuid id;
    int64_t number; /* 0 until stored */
    uint8_t group_key[GROUP_KEY_BYTES];
    struct str receiver;
    struct labels group_labels;
    struct str title, service, severity;

    enum incident_state state;
    int cycle;                  /* 1 … */
    int64_t seq;                /* of the last timeline entry */
    int64_t state_seq;          /* entry of the last change of state */
    int64_t ack_seq;            /* entry of the acknowledgement, 0 if none in this cycle */
    int64_t restart_seq;        /* entry by which a person moved the escalation, 0 if none did */
    uint8_t chain[CHAIN_BYTES]; /* hash of the newest entry that is stored; zeros: none is */

    int64_t firing, total;          /* alerts */
    int64_t opens[FLAP_CYCLES_MAX]; /* when the latest cycles began, oldest first; domain/flap.h */
    size_t n_opens;
    int64_t
        flapping_at; /* it flaps since then: pages wait until it settles; AT_NONE: it does not */

    int step, round;         /* next step of the plan, 0-based; rounds from 1 */
    int64_t wake_at;         /* when the escalation goes on, AT_NONE: it does not */
    int64_t silent_at;       /* without news until then it counts as resolved; AT_NONE: never */
    int64_t snoozed_until;   /* acknowledged, and pages again then; AT_NONE: it is not */
    int64_t merged_into;     /* number of the incident that is handled instead, 0: none; merge.h */
    int64_t reminded_at;     /* of a reminder nobody answered yet; AT_NONE: none */
    struct str muted_by;     /* why pages wait ("interval nights"), or empty */
    struct uuid held_by_run; /* all zero: none */
    bool was_reached;        /* somebody was told in this cycle */
    struct plan plan;
    struct str plan_hash, config_hash;

    int64_t opened_at, updated_at, acked_at, resolved_at;
    struct str acked_by, resolved_by;
};

enum transition { TRANSITION_CHANGED, TRANSITION_SAME, TRANSITION_REFUSED };

/* Applies the event to the state (and cycle). SAME: it already is so (a repeated acknowledgement).
 * REFUSED: makes no sense in this state (acknowledging what is resolved). */
enum transition incident_transition(struct incident *, enum incident_event);

/* A resolved incident takes alerts of its group up again (a new cycle) within this time; later ones
 * open a new incident, also for an alert that a person closed and that never stopped firing. */
#define INCIDENT_REOPEN_US (60 * US_PER_MIN)
bool incident_takes_alerts(const struct incident *, int64_t now_at);
