#pragma once
/* receiver — what happens for an incident: an escalation tree of steps, read top to bottom.
 *
 * Targets are references ("user:anna"); domain/directory.h turns them into contacts at the moment
 * they are needed. Layer: domain. Immutable, part of a configuration snapshot or a stored plan. */
#include "base/time_units.h"
#include "domain/matcher.h"

#define TARGET_KINDS(X)                                                                            \
    X(TARGET_USER, "user")                                                                         \
    X(TARGET_TEAM, "team")                                                                         \
    X(TARGET_SCHEDULE, "schedule")                                                                 \
    X(TARGET_SLACK, "slack")                                                                       \
    X(TARGET_TELEGRAM, "telegram")                                                                 \
    X(TARGET_EMAIL, "email")                                                                       \
    X(TARGET_WEBHOOK, "webhook")                                                                   \
    X(TARGET_CONSOLE, "console")
ENUM_DECLARE(target_kind, TARGET_KINDS)

struct target {
    enum target_kind kind;
    struct str
        name; /* user, team, schedule, webhook name; channel, chat id or address; "" for console */
};

/* How a person can be reached, and the channels a delivery goes through. */
/* stored: delivery.channel */
#define CHANNELS(X)                                                                                \
    X(CHANNEL_CONSOLE, "console")                                                                  \
    X(CHANNEL_SLACK, "slack")                                                                      \
    X(CHANNEL_TELEGRAM, "telegram")                                                                \
    X(CHANNEL_EMAIL, "email")                                                                      \
    X(CHANNEL_WEBHOOK, "webhook")
ENUM_DECLARE(channel_kind, CHANNELS)

#define STEP_KINDS(X)                                                                              \
    X(STEP_NOTIFY, "notify")                                                                       \
    X(STEP_WAIT, "wait")                                                                           \
    X(STEP_RUN, "run")                                                                             \
    X(STEP_REPEAT, "repeat")
ENUM_DECLARE(step_kind, STEP_KINDS)

enum { STEPS_MAX = 100, TARGETS_MAX = 50, REPEAT_MAX = 100 };

struct step {
    enum step_kind kind;
    struct str where; /* "routes/alertify.yml:71:9", for messages and the timeline */

    const struct target *targets; /* NOTIFY */
    size_t n_targets;
    enum channel_kind
        via[channel_kind_COUNT]; /* NOTIFY: order for people; n_via 0: their own order */
    size_t n_via;

    int64_t wait_us; /* WAIT: how long. RUN: hold the next step at most this long for the result */
    struct str action;       /* RUN */
    struct matchers only_if; /* RUN: only when an alert of the incident matches */

    int repeat; /* REPEAT: from the first step, this many times in all rounds after the first */
};

struct plan {
    const struct step *steps;
    size_t n_steps;
};

struct receiver {
    struct str name;
    struct str where;
    struct plan plan;
    int64_t hold_us;    /* page only if it still fires after this */
    bool sends_resolve; /* tell those who were paged; default true */
};
