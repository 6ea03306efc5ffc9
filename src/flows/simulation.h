#pragma once
/* simulation — what an alert with given labels would do: which receivers get it, and everything
 * their escalations do while nobody answers.
 *
 * The engine's own code decides (route_match, decision_alerts, decision_escalate, mute_check); here
 * is only a clock that jumps to the next wake_at and the words for what was decided. The alert goes
 * on firing, nobody acknowledges, no script answers in time, no other alert fires, and schedules
 * have the overrides of the files only.
 * Layer: flows. Pure: no store, no machine time. Results live in the arena. Units: microseconds. */
#include "domain/settings.h"

#define SIMULATION_KINDS(X)                                                                        \
    X(SIMULATION_HOLD, "hold")                                                                     \
    X(SIMULATION_MUTED, "muted")                                                                   \
    X(SIMULATION_UNMUTED, "unmuted")                                                               \
    X(SIMULATION_PAGE, "page")                                                                     \
    X(SIMULATION_SKIP, "skip")                                                                     \
    X(SIMULATION_WAIT, "wait")                                                                     \
    X(SIMULATION_RUN, "run")                                                                       \
    X(SIMULATION_BRANCH, "branch")                                                                 \
    X(SIMULATION_ROUND, "round")                                                                   \
    X(SIMULATION_CATCH_ALL, "catch_all")                                                           \
    X(SIMULATION_RESOLVE, "resolve")                                                               \
    X(SIMULATION_END, "end")                                                                       \
    X(SIMULATION_CUT, "cut") /* it goes on, but this is where the simulation stopped */
ENUM_DECLARE(simulation_kind, SIMULATION_KINDS)

enum { SIMULATION_ENTRIES_MAX = 1000, SIMULATION_TURNS_MAX = 20000, SIMULATION_TEXT_MAX = 8192 };

struct simulation_entry {
    int64_t offset_us; /* since the alert came */
    enum simulation_kind kind;
    struct str text;  /* "page Anna Ivanova by slack then email" */
    struct str where; /* of the step in the file, or empty */
};

/* One incident that the alert would open. */
struct simulated_incident {
    const struct route *route;
    const struct receiver *receiver;
    struct labels group;
    struct str title, severity;
    const struct simulation_entry *entries;
    size_t n_entries;
    const struct contact *first; /* who is told first, and how; NULL: nobody ever is */
    int64_t told_after_us;       /* so long after the alert came */
};

struct simulation {
    const struct simulated_incident *v; /* in the order of the tree */
    size_t n;
};

struct simulation simulate(const struct settings *, struct labels, int64_t at, struct arena *);
/* "+7:30", "+1:21:30": how far into the escalation; hours are not cut at a day. */
struct str simulation_offset(struct arena *, int64_t offset_us);
/* "+7:30 page Anna Ivanova by slack": the line that people read and tests compare. */
struct str simulation_line(struct arena *, const struct simulation_entry *);
