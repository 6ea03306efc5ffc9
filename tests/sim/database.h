#pragma once
/* database — a model of PostgreSQL as src/ports/store.h uses it, in memory.
 *
 * READ COMMITTED: a row has a committed version and at most one that a transaction, which holds the
 * row's lock, has written and not committed. A statement runs at one instant, except that it waits
 * for row locks; then it sees what was committed meanwhile, as PostgreSQL re-checks. A call is a
 * round trip: the request or the answer may be lost, the server may restart between them, and a
 * commit may hang or happen although nobody hears of it.
 *
 * What the model claims is compared with a real server by tests/sim/conformance.c. */
#include "ports/store_silences.h"
#include "sim/memory.h"
#include "sim/scheduler.h"

enum table {
    TABLE_INTAKE,
    TABLE_QUEUE,
    TABLE_QUARANTINE,
    TABLE_CONFIG,
    TABLE_PLAN,
    TABLE_INCIDENT,
    TABLE_ALERT,
    TABLE_EVENT,
    TABLE_DELIVERY,
    TABLE_CONVERSATION,
    TABLE_DESTINATION,
    TABLE_RUN,
    TABLE_REPLICA,
    TABLE_LINK_USE,
    TABLE_TURN,
    TABLE_SILENCE,
    TABLE_CLOCK,
    table_COUNT
};

struct session;

struct row {
    enum table table;
    void *now;  /* committed; NULL: it is not there */
    void *next; /* what the holder of the lock has written; NULL: deleted */
    bool is_written;
    bool is_awaited;
    struct session *locker; /* NULL: free */
    struct row *next_locked;
};

struct intake_row {
    struct ledger_row row;
    struct uuid receipt;
};
struct queue_row {
    int64_t id;
};
struct quarantine_row {
    int64_t id;
    struct str reason;
};
struct config_saved {
    struct str hash;
    int64_t loaded_at;
};
struct alert_row {
    struct uuid incident;
    struct alert alert;
    uint64_t content_hash;
};
struct event_saved {
    struct uuid incident;
    struct timeline_entry entry;
    int64_t at;
    int cycle;
    int64_t written_us; /* in virtual time, whatever the database's clock says */
};
struct delivery_row {
    struct delivery d;
    enum delivery_state state;
    int64_t due_at, deadline_at, created_at, sent_at;
    int64_t written_us; /* last by a sender; in virtual time */
    bool has_outcome;
    enum outcome_kind outcome;
    unsigned outcomes; /* how many were written */
    int priority;
    int64_t covered_by;
    struct uuid owner; /* SENDING */
    struct str reason;
};
struct conversation_row {
    struct told_row told;
    int cycle;
    int64_t told_seq;
};
struct run_row {
    struct run run;
    int cycle;
    struct str dedupe_key;
    struct uuid owner;
    int64_t deadline_at;
};
struct replica_row {
    struct uuid id;
    int64_t seen_at;
};
struct link_use_row {
    uint8_t jti[16];
};

struct turn_row {
    struct str receiver;
    int step;
    int64_t taken;
    struct uuid by; /* the replica that took the last one */
};

struct silence_saved {
    struct silence_row silence;
    int64_t written_us; /* in virtual time */
};

struct clock_row { /* the only one */
    int64_t skipped_us;
};

typedef VEC(struct row *) rows_vec;

struct database {
    rows_vec rows[table_COUNT];
    int64_t next_intake, next_number, next_delivery;
    struct session *sessions; /* all ever, newest first */
    struct session *lead_owner[8];
    int64_t clock_offset_us, frozen_clock; /* 0: it runs */
    int64_t guard_server_at, guard_held_at;
    int64_t serves_from; /* the version that a binary has to have at least */
    int64_t deadlock_us; /* how long to wait before looking for a dead lock */
    bool is_down;
    int64_t commits_hang_until; /* a standby is away: commits wait for it */
    uint64_t commits, calls, waits;
};
extern struct database db;

/* The server's side of a connection. */
struct session {
    struct session *next;
    struct store *client; /* NULL: gone, nobody hears the answers */
    struct uuid replica;
    struct row *locked;
    struct row *waits_for;
    struct task *task; /* of the call in progress */
    bool in_tx, is_failed, is_dead;
    bool commits_anyway; /* a COMMIT has reached the server, whose client died meanwhile */
    bool holds_presence;
};

/* The client's side: one per flow. */
struct store {
    struct machine *machine;
    struct uuid replica;
    struct session *session; /* NULL: not connected */
    bool in_tx;
    uint64_t generation, lead_generation[8];
    int64_t retry_at; /* no attempt to connect before */
    struct link *link;
};

/* What may go wrong between a machine and the server; in millionths of a call. */
struct link {
    unsigned lose_request, lose_answer, late_answer;
    int64_t trip_us;      /* one way, at most */
    int64_t silent_until; /* half open: nothing arrives, nothing is refused */
};

void database_reset(void);
int64_t database_clock(void);
/* The server's own, which may go back. */
int64_t database_server_clock(void);
struct store *database_client(struct machine *, struct uuid replica, struct link *);
void database_close(struct store *);
/* The machine is gone: its sessions end as soon as the server notices. */
void database_forget(struct machine *);
/* All sessions die, what was not committed is gone. */
void database_crash(void);
void database_come_back(void);
/* A standby takes over: hanging commits are lost. */
void database_fail_over(int64_t clock_step_us);
size_t database_waiting(void); /* sessions that wait for a row */
/* What the chain of a timeline becomes with an entry. */
uint64_t database_chain(uint64_t before, int64_t seq, enum event_kind);

/* ---- for the statements (database_*.c) ------------------------------------------------------- */

struct call {
    struct store *store;
    struct session *session;
    bool commits;
};

/* The request travels. `commits`: outside a transaction, and it changes something. */
MUST_CHECK enum status call_begin(struct call *, struct store *, bool commits, struct err *);
/* The answer travels back. Commits first, when the statement is outside a transaction. */
MUST_CHECK enum status call_end(struct call *, struct err *);
/* The server refuses the statement. Returns the code, after the answer has arrived. */
enum status call_refuse(struct call *, enum status code, const char *sqlstate, struct err *);

/* What this session sees of the row; NULL: nothing. */
const void *row_seen(const struct session *, const struct row *);
const void *row_committed(const struct row *);
/* Waits for the row's lock. An error has been answered then. */
MUST_CHECK enum status row_lock(struct call *, struct row *, struct err *);
/* Waits until it is known whether what another transaction has written there counts, as a unique
 * index does; a mere lock is no matter. */
MUST_CHECK enum status row_settle(struct call *, struct row *, struct err *);
/* Without waiting. */
bool row_try_lock(struct session *, struct row *);
/* A new version of a locked row, to be filled: a copy of what is there. */
void *row_write(struct session *, struct row *);
void row_delete(struct session *, struct row *);
struct row *row_new(struct session *, enum table);
/* A row whose insertion was rolled back is used again; NULL: a new one. */
struct row *row_for_insert(struct session *, struct row *, enum table);

/* ---- rows by key; those of others that are not committed yet, too -----------------------------
 */

struct row *row_of_incident(struct uuid);
struct row *row_of_delivery(int64_t id);
struct row *row_of_alert(struct uuid incident, uint64_t fingerprint);
struct row *row_of_queue(int64_t id);
const struct incident *incident_seen(const struct session *, struct uuid);

#define FOR_ROWS(t, it)                                                                            \
    for (size_t it##_i = 0; it##_i < db.rows[t].n; it##_i++)                                       \
        for (struct row *it = db.rows[t].v[it##_i]; it; it = NULL)
