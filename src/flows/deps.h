#pragma once
/* deps — what the flows share: mailboxes between threads, the configuration in force, this replica.
 *
 * Made once by app before any thread starts; nothing in it is mutable except through the functions
 * of its members. Layer: flows. */
#include "base/mailbox.h"
#include "base/secret.h"
#include "base/uuid.h"
#include "flows/configuration.h"
#include "ports/exchange.h"
#include "ports/runner.h"
#include "ports/store.h"
#include "ports/transfer.h"

#include <stdatomic.h>

struct anchor_key;
struct links;
struct self_alerts;

/* An address outside that is fetched while all is well: who watches it notices when we are gone. */
struct dead_man {
    struct transfers *transfers; /* its own; NULL: there is no such address */
    const struct secret *url;
    int64_t every_us, timeout_us;
    bool is_private_allowed;
};

struct deps {
    struct configuration *configuration;
    struct mailbox *ledger;      /* http → ledger: struct intake_item */
    struct mailbox *queries;     /* http → query threads: struct exchange */
    struct mailbox *process;     /* only nudges: there are ledger rows */
    struct mailbox *escalate;    /* only nudges: a wake_at came closer */
    struct mailbox *status;      /* only nudges: draining */
    struct transfers *transfers; /* transfers_wake: there are deliveries */
    struct runner *runner;       /* runner_wake: there are runs; NULL: scripts are off */
    struct uuid replica;
    struct str replica_name;
    struct str external_url; /* where people reach us; used when the routing files do not say */
    struct links *links;     /* flows/links.h */
    const struct anchor_key
        *anchor_key;                 /* what anchors of the timelines are signed with; or NULL */
    struct self_alerts *self_alerts; /* flows/self_alert.h */
    struct dead_man dead_man;
    bool is_open_allowed; /* sources with `auth: none`: only when every listener is on loopback */
    /* Re-reads the routing files (POST /-/reload); fills err with the first problem. */
    enum status (*reload)(void *arg, struct str by, struct err *);
    void *reload_arg;
    int schema_known;              /* number of the newest migration that this binary has */
    atomic_bool is_draining;       /* stop taking new work */
    atomic_bool is_superseded;     /* a newer alertify has the database: see deps_may_work */
    atomic_bool is_database_ok;    /* as the ledger and status flows last saw it */
    atomic_llong database_seen_us; /* monotonic time of the last successful call */
    atomic_llong work_age_us;      /* how long the oldest ledger row or escalation step waits */
    atomic_llong clock_offset_us;  /* alertify.clock() minus monotonic time; see deps_now */
    atomic_llong server_offset_us; /* the server's own clock minus monotonic time */
};

/* Neither draining nor superseded. A replica whose rules are too old for what is in the database
 * (docs/adr/0016) goes on storing what comes in and answering people, and leaves all work to the
 * newer ones. */
bool deps_may_work(const struct deps *);

/* A clock that goes so far ahead at once has been set, or skipped that time. */
#define CLOCK_STEP_US (30 * US_PER_S)
/* About alertify.clock(), without asking the database: for freshness checks and link expiry. */
int64_t deps_now(const struct deps *);
/* The same of the server's own clock, which is the true time if that is: for the timestamps of
 * others. */
int64_t deps_server_now(const struct deps *);
/* How far the first is ahead of the second: 0, unless the server's went back. */
int64_t deps_clock_ahead(const struct deps *);
