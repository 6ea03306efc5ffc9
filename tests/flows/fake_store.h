#pragma once
/* fake_store — the store port in memory: what PostgreSQL does for the flows, without it.
 *
 * One `struct fake_database` holds the tables and the clock; each `struct store` is a session of
 * it, as each thread has its own. Single-threaded: one transaction at a time, so locks and SKIP
 * LOCKED have nothing to do. What a transaction wrote is gone after a rollback or a failed call.
 * Kept as the schema has it: uniqueness of (incident, dedupe_key) and of a link's use, one live
 * incident per group, timeline keys (incident, seq), fences, the order of messages to one contact.
 *
 * Time moves only by hand (db.clock_at). Faults: db.fault makes one call fail, by its number.
 * Breaking the port's rules (a call in a failed transaction, a second begin) fails a CHECK.
 * The tables are plain arrays: tests read them. Text lives in db.arena until the end. */
#include "base/vec.h"
#include "ports/store.h"
#include "ports/store_heartbeats.h"
#include "ports/store_silences.h"

struct intake_row {
    int64_t id;
    struct ledger_entry entry;
    int64_t received_at;
    bool is_waiting;
    struct str quarantine; /* reason, empty: none */
};

struct alert_row {
    struct uuid incident;
    struct alert alert;
    uint64_t content_hash;
    struct str source;
};

struct timeline_row {
    struct uuid incident;
    int cycle;
    int64_t at;
    struct timeline_entry entry;
};

struct delivery_row {
    struct delivery d;
    enum delivery_state state;
    int64_t due_at, deadline_at, sent_at;
    bool has_outcome;
    enum outcome_kind outcome;
    struct str reason;
    int64_t covered_by; /* 0: by none */
};

struct conversation_row {
    struct conversation_write c;
};

struct run_row {
    struct run run;
    int cycle;
    struct str dedupe_key;
    struct uuid owner;
    int64_t deadline_at;
};

struct token_row {
    struct api_token token;
    uint8_t hash[API_TOKEN_HASH];
};

struct link_use_row {
    uint8_t jti[16];
    struct uuid incident;
    struct str actor;
};

struct turns_row {
    struct str receiver;
    int step;
    int64_t taken;
};

struct access_row {
    struct str actor, peer, action, verdict, detail;
};

struct presence_row {
    struct uuid replica;
    int64_t seen_at;
    bool is_alive; /* its session, and so its lock, is there */
};

struct heartbeat_row {
    struct heartbeat_state state;
    bool has_left;
};

#define FAKE_TABLES(X)                                                                             \
    X(struct intake_row, intake)                                                                   \
    X(struct incident, incidents)                                                                  \
    X(struct alert_row, alerts)                                                                    \
    X(struct timeline_row, events)                                                                 \
    X(struct delivery_row, deliveries)                                                             \
    X(struct conversation_row, conversations)                                                      \
    X(struct run_row, runs)                                                                        \
    X(struct plan_row, plans)                                                                      \
    X(struct token_row, tokens)                                                                    \
    X(struct link_use_row, link_uses)                                                              \
    X(struct override_row, overrides)                                                              \
    X(struct silence_row, silences)                                                                \
    X(struct access_row, access)                                                                   \
    X(struct heartbeat_row, heartbeats)                                                            \
    X(struct presence_row, replicas)                                                               \
    X(struct destination, destinations)                                                            \
    X(struct turns_row, turns)                                                                     \
    X(uint8_t, link_keys)

struct fake_tables {
#define X(type, name) VEC(type) name;
    FAKE_TABLES(X)
#undef X
    int64_t skipped_us; /* of the clock */
};

/* The call with number `at` (from 1; 0: none) fails. UNKNOWN_OUTCOME on a call that commits is
 * applied first when is_applied is set. */
struct fake_fault {
    int64_t at;
    enum status status;
    bool is_applied;
};

struct fake_database {
    struct arena arena, saved_arena;
    struct fake_tables t, saved;
    int64_t clock_at;
    int64_t clock_ahead_us; /* of the server's own */
    bool is_config_old;     /* another configuration was loaded last */
    int64_t calls;          /* so far, of all sessions: numbers for `fault` */
    struct fake_fault fault;
    bool has_failed;           /* the fault has struck */
    const char *failed_call;   /* and where */
    const struct store *owner; /* whose transaction is open; NULL: nobody's */
    bool is_broken;            /* a call failed in it: only a rollback helps */
    /* A polling call found nothing to do. */
    void (*on_idle)(void *arg);
    void *on_idle_arg;
    /* Before every call, with its name: a place for other people's actions. NULL: none. */
    void (*on_call)(void *arg, const char *call);
    void *on_call_arg;
    int64_t next_incident, next_delivery, next_intake, next_token;
};

struct store {
    struct fake_database *db;
    struct uuid replica;
    bool has_left;   /* store_leave was called */
    bool is_leading; /* what store_lead answers; true at first */
};

void fake_database_init(struct fake_database *, int64_t clock_at);
void fake_database_release(struct fake_database *);
void fake_store_init(struct store *, struct fake_database *, struct uuid replica);

/* ---- for the fake's own files ---------------------------------------------------------------- */

/* At the start of every call: counts it, lets it fail. False: return *ret. */
bool fake_call(struct store *, const char *name, enum status *ret, struct err *);
/* The same for calls that commit: the fault may come after the work. Work, then fake_committed. */
bool fake_commit_call(struct store *, const char *name, enum status *ret, struct err *);
enum status fake_committed(struct store *, struct err *);
struct incident *fake_incident(struct fake_database *, struct uuid);
struct str fake_keep(struct fake_database *, struct str);
struct contact fake_keep_contact(struct fake_database *, struct contact);
void fake_idle(struct store *);
/* The summaries that name it are due again. */
void fake_touch_storms_of(struct fake_database *, struct uuid incident);
