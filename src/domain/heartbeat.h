#pragma once
/* heartbeat — a sign of life that is expected again and again. One that does not come in time is an
 * alert; the next one ends it.
 *
 * A beat is due every_us after the one before, and missed grace_us later. One that never came
 * counts from when it was first known. Layer: domain. Pure: time is an argument. */
#include "domain/matcher.h"

struct source;

enum { HEARTBEATS_MAX = 1000 };

/* As the routing files have it. */
struct heartbeat {
    struct str name, where;
    int64_t every_us, grace_us;
    const struct source *by; /* who may post it, and how they prove it; NULL: nobody */
    bool has_matchers;       /* alerts that fit are beats of it */
    struct matchers matchers;
    struct labels labels; /* of the alert; with alertname, heartbeat and severity */
    struct str summary;   /* its annotation; empty: one is made */
};

/* As the database has it. Times are AT_NONE if there is none. */
struct heartbeat_state {
    struct str name;
    int64_t since_at;      /* first known */
    int64_t beat_at;       /* the newest */
    int64_t not_before_at; /* it is not missed before then: nobody listened for a while */
    int64_t missed_at;     /* since when it is missed */
    int64_t told_at;       /* when that was said last */
    struct str alert;      /* the labels that were said, JSON: what ends it */
};

#define HEARTBEAT_STEPS(X)                                                                         \
    X(HEARTBEAT_QUIET, "quiet")         /* nothing is to be written or said */                     \
    X(HEARTBEAT_KEPT, "kept")           /* written, nothing to say */                              \
    X(HEARTBEAT_MISSED, "missed")       /* say that it is missed */                                \
    X(HEARTBEAT_LASTS, "lasts")         /* say so again: who hears nothing thinks it is over */    \
    X(HEARTBEAT_RECOVERED, "recovered") /* say that it is over */                                  \
    X(HEARTBEAT_LEFT, "left")           /* say that it is over: the files do not have it any more */
ENUM_DECLARE(heartbeat_step, HEARTBEAT_STEPS)

/* When it is missed unless a beat comes. */
int64_t heartbeat_due(const struct heartbeat *, const struct heartbeat_state *);
/* A beat that came at `at` (not after now). Several within a second cost one write. */
enum heartbeat_step heartbeat_beat(const struct heartbeat *, struct heartbeat_state *, int64_t at,
                                   int64_t now_at);
/* Is it missed, or still? The files may have changed: a longer wait can end it. */
enum heartbeat_step heartbeat_look(const struct heartbeat *, struct heartbeat_state *,
                                   int64_t now_at);
/* Nobody listened for a while up to now: beats may have been lost. It gets one more interval, at
 * most HEARTBEAT_EXCUSE_US, and the grace. */
#define HEARTBEAT_EXCUSE_US (10 * US_PER_MIN)
enum heartbeat_step heartbeat_excuse(const struct heartbeat *, struct heartbeat_state *,
                                     int64_t now_at);
/* The clock skipped step_us, middle_at among them: it is due as much later, unless it has come
 * since. */
enum heartbeat_step heartbeat_delay(const struct heartbeat *, struct heartbeat_state *,
                                    int64_t middle_at, int64_t step_us);
