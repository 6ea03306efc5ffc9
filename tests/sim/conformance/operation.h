#pragma once
/* operation — one call of the store port in a random schedule, and its answer as text. Compiled
 * twice: for the model (operation_run is model_operation_run there) and for the adapter. */
#include "ports/store.h"

#define OPERATIONS(X)                                                                              \
    X(OP_BEGIN, "begin")                                                                           \
    X(OP_COMMIT, "commit")                                                                         \
    X(OP_ROLLBACK, "rollback")                                                                     \
    X(OP_LEDGER_APPEND, "ledger_append")                                                           \
    X(OP_LEDGER_NEXT, "ledger_next")                                                               \
    X(OP_GROUPS_LOCK, "groups_lock")                                                               \
    X(OP_INCIDENTS_DUE, "incidents_due")                                                           \
    X(OP_INCIDENTS_LOCK, "incidents_lock")                                                         \
    X(OP_ALERTS, "alerts")                                                                         \
    X(OP_ALERTS_KNOWN, "alerts_known")                                                             \
    X(OP_ALERTS_FIRING, "alerts_firing")                                                           \
    X(OP_STRAYS, "strays")                                                                         \
    X(OP_MUTED, "muted")                                                                           \
    X(OP_MUTED_WAKE, "muted_wake")                                                                 \
    X(OP_TOLD, "told")                                                                             \
    X(OP_ASKED, "asked")                                                                           \
    X(OP_TURNS_TAKE, "turns_take")                                                                 \
    X(OP_SILENCE_ADD, "silence_add")                                                               \
    X(OP_SILENCES, "silences")                                                                     \
    X(OP_SILENCE_END, "silence_end")                                                               \
    X(OP_MERGED, "incident_by_number, incident_has_merged")                                        \
    X(OP_OPEN, "write: an incident")                                                               \
    X(OP_UPDATE, "write: what is locked")                                                          \
    X(OP_DELIVERIES_DUE, "deliveries_due")                                                         \
    X(OP_DELIVERIES_WRITE, "deliveries_write")                                                     \
    X(OP_DELIVERY, "delivery")                                                                     \
    X(OP_CONVERSATIONS_WRITE, "conversations_write")                                               \
    X(OP_DESTINATIONS_LOCK, "destinations_lock")                                                   \
    X(OP_DESTINATIONS_WRITE, "destinations_write")                                                 \
    X(OP_STORM_OPEN, "storm_open")                                                                 \
    X(OP_STORMS_TOUCH, "storms_touch")                                                             \
    X(OP_STORM_VIEW, "storm_view")                                                                 \
    X(OP_STORM_INCIDENTS, "storm_open_incidents")                                                  \
    X(OP_PAGES_UNCOVERED, "pages_uncovered")                                                       \
    X(OP_RUNS_REQUESTED, "runs_requested")                                                         \
    X(OP_RUN_WRITE, "run_write")                                                                   \
    X(OP_RUN_NEWEST, "run_newest")                                                                 \
    X(OP_LINK_BURN, "link_burn")                                                                   \
    X(OP_LINK_USED, "link_used")                                                                   \
    X(OP_PLAN, "plan")                                                                             \
    X(OP_CONFIG_SAVE, "config_save")                                                               \
    X(OP_CLOCK_SKIP, "clock_skip")
ENUM_DECLARE(operation, OPERATIONS)

enum { GROUPS = 4, KNOWN_MAX = 24 };

/* What a session has read or made in its transaction; all ids ever are known to everybody. */
struct known {
    struct incident locked[KNOWN_MAX]; /* as of its lock, or as it wrote it since */
    size_t n_locked;
    struct delivery due[KNOWN_MAX]; /* claimed */
    size_t n_due;
    int64_t written[KNOWN_MAX]; /* deliveries */
    size_t n_written;
    struct destination destinations[KNOWN_MAX];
    size_t n_destinations;
    struct run runs[KNOWN_MAX];
    size_t n_runs;
    int64_t storm;       /* a summary that it opened */
    struct uuid silence; /* the newest that it made */
};

struct act {
    enum operation op;
    size_t session;
    uint64_t chance;     /* decides about the arguments */
    struct known *known; /* of the session; the model's answers go into it */
    int64_t now_at;      /* the database's clock */
    int64_t ledger_base; /* number of the schedule's first ledger row */
    bool keeps;          /* this run may change `known` */
    enum status status;  /* of the answer */
};

/* Appends the answer to `out`. Everything is in the arena, which lives as long as the schedule. */
void operation_run(struct store *, struct act *, struct arena *, struct strbuf *out);
