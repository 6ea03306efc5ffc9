#pragma once
/* receiver — what happens for an incident: an escalation tree of steps, read top to bottom.
 *
 * Targets are references ("user:anna"); domain/directory.h turns them into contacts at the moment
 * they are needed. Layer: domain. Immutable, part of a configuration snapshot or a stored plan. */
#include "base/time_units.h"
#include "domain/matcher.h"
#include "domain/message_part.h"

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
    struct str account; /* slack, telegram, email: whose credentials; empty: the channel's own */
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
    X(STEP_REPEAT, "repeat")                                                                       \
    X(STEP_RESOLVE, "resolve")                                                                     \
    X(STEP_IF, "if")     /* goes on behind it when the conditions hold, else at `target` */        \
    X(STEP_JUMP, "jump") /* goes on at `target`: the end of `then`, behind `else` */
ENUM_DECLARE(step_kind, STEP_KINDS)

#define CONDITION_KINDS(X)                                                                         \
    X(CONDITION_MATCHES, "matches")         /* a firing alert matches */                           \
    X(CONDITION_SEVERITY, "severity")       /* of the incident */                                  \
    X(CONDITION_DURING, "during")           /* now is in the named time interval */                \
    X(CONDITION_ROUND, "round")             /* this round, or from it on */                        \
    X(CONDITION_NOBODY, "nobody_reachable") /* the last notify step found nobody to tell */
ENUM_DECLARE(condition_kind, CONDITION_KINDS)

struct condition {
    enum condition_kind kind;
    struct matchers matchers; /* MATCHES */
    struct str name;          /* SEVERITY, DURING */
    int round;                /* ROUND */
    bool is_from;             /* ROUND: and every later one */
};

/* Branches are flat: an IF and at most one JUMP for each count as steps. A target always lies
 * behind its step, so only `repeat` leads back. */
enum { STEPS_MAX = 100, TARGETS_MAX = 50, REPEAT_MAX = 100, CONDITIONS_MAX = 10 };

struct step {
    enum step_kind kind;
    struct str where; /* "routes/alertify.yml:71:9", for messages and the timeline */

    const struct target *targets; /* NOTIFY */
    size_t n_targets;
    enum channel_kind
        via[channel_kind_COUNT]; /* NOTIFY: order for people; n_via 0: their own order */
    size_t n_via;
    bool is_in_turn; /* NOTIFY: one of them at a time; domain/turn.h */

    int64_t wait_us; /* WAIT: how long. RUN: hold the next step at most this long for the result */
    struct str action;       /* RUN */
    struct matchers only_if; /* RUN: only when an alert of the incident matches */

    const struct condition *conditions; /* IF: all must hold */
    size_t n_conditions;
    int target; /* IF, JUMP: a later step, or the number of steps */

    int repeat; /* REPEAT: from the first step, this many times in all rounds after the first */
};

struct plan {
    const struct step *steps;
    size_t n_steps;
    int64_t remind_us;  /* remind who acknowledged after this; 0: never */
    int64_t unack_us;   /* no answer to a reminder for this long: escalate again; 0: never */
    int64_t silence_us; /* no news for this long: resolved; 0: never */
};

/* When an incident that opens and clears repeatedly counts as flapping; domain/flap.h. */
enum { FLAP_CYCLES_MAX = 20 };

struct flap_policy {
    int cycles;        /* so many openings, 2 … FLAP_CYCLES_MAX; 0: nothing ever flaps */
    int64_t within_us; /* within this time */
    int64_t settle_us; /* it has settled when it stayed as it is for this long */
};

#define FLAP_POLICY_DEFAULT                                                                        \
    ((struct flap_policy){.cycles = 3, .within_us = 10 * US_PER_MIN, .settle_us = 5 * US_PER_MIN})

/* When many pages for one destination become a summary; domain/storm.h. */
struct storm_policy {
    int pages;                    /* the bucket of a destination; 0: never a storm */
    int64_t within_us;            /* in which it fills up */
    int reserve;                  /* the part of it that is for urgent first pages */
    const struct str *severities; /* which are urgent; none: severity_is_urgent */
    size_t n_severities;
};

#define STORM_POLICY_DEFAULT                                                                       \
    ((struct storm_policy){.pages = 20, .within_us = US_PER_MIN, .reserve = 5})

struct severity_word {
    struct str from, to;
};

struct receiver {
    struct str name;
    struct str where;
    struct plan plan;
    int64_t hold_us; /* page only if it still fires after this */
    bool has_hold;   /* it says so itself; otherwise a route's group_wait counts */
    struct flap_policy flap;
    struct storm_policy storm;
    bool sends_resolve;              /* tell those who were paged; default true */
    const struct target *quiet_ends; /* but not these places */
    size_t n_quiet_ends;
    const struct severity_word *severities; /* renames; the first that fits */
    size_t n_severities;
    const struct message_text *messages;
    size_t n_messages;
};

/* critical, page, emergency, disaster, fatal, high, p1, sev1: what people are woken for. */
bool severity_is_urgent(struct str severity);
/* The receiver's own word for a severity; the same when it has none. */
struct str receiver_severity(const struct receiver *, struct str severity);
