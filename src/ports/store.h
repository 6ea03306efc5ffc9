#pragma once
/* store — PostgreSQL as the flows see it: load, lock, write, commit.
 *
 * One store per thread, each with its own connection. Calls block, but never longer than the
 * deadline of the connection (default 5 s). A failed call leaves the transaction unusable: roll
 * back and start over; status_is_retryable tells whether that can help. Nothing here decides
 * anything.
 *
 *     store_begin → store_…_lock → (decide) → store_write → store_commit
 *
 * Lock order: deliveries or runs first (SKIP LOCKED), then incidents by id. Strings live in the
 * arena. Layer: ports.
 * lint: long because one transaction spans all of these calls, so they are one port. */
#include "base/err.h"
#include "domain/decision.h"
#include "domain/retry.h"
#include "domain/storm.h"

struct store;

/* ---- transactions ---------------------------------------------------------------------------- */

/* Starts a transaction. *ret_now is alertify.clock(). */
MUST_CHECK enum status store_begin(struct store *, int64_t *ret_now, struct err *);
/* ERR_UNKNOWN_OUTCOME: it may or may not have happened. */
MUST_CHECK enum status store_commit(struct store *, struct err *);
void store_rollback(struct store *);

/* What must have one owner per database. Held until the session ends; taken over at once then. Only
 * inside a transaction is it sure to be held until the next call. */
enum store_lead { LEAD_PROCESS = 1, LEAD_TELEGRAM = 2, LEAD_RETENTION = 3, LEAD_AUDIT = 4 };
MUST_CHECK enum status store_lead(struct store *, enum store_lead, bool *ret_is_mine, struct err *);
/* Gives up every lead at once, by closing the connection; the next call opens another. */
void store_leave(struct store *);

/* alertify.clock(), and the server's own, which may go back. */
struct clock_reading {
    int64_t at, server_at;
    int64_t skipped_us; /* what store_clock_skip has noted so far */
};
MUST_CHECK enum status store_clock(struct store *, struct clock_reading *ret, struct err *);
/* The server's clock went back: alertify's goes on from `at`, slower than the server's until that
 * has caught up (migrations/0011_clock.sql). AT_NONE: from when the last replica was seen. Nothing
 * happens when it is within a second of there, or ahead. */
MUST_CHECK enum status store_clock_hold(struct store *, int64_t at, struct err *);
/* alertify's clock went forward by step_us that nobody had noted when skipped_us was read. Not
 * mine: somebody has noted something since; look again. Locked until the end of the transaction. */
MUST_CHECK enum status store_clock_skip(struct store *, int64_t skipped_us, int64_t step_us,
                                        bool *ret_is_mine, struct err *);

/* Announces this replica, with the hash of the configuration that it has in force, and takes its
 * presence lock; repeat every few seconds. */
MUST_CHECK enum status store_presence(struct store *, struct uuid replica, struct str name,
                                      struct str config_hash, struct err *);

/* ---- intake ---------------------------------------------------------------------------------- */

struct ledger_entry {
    struct uuid receipt;
    struct str source, peer, body;
    struct str quarantine; /* why it cannot be read; empty: it is to be processed */
};

/* Appends all in one statement, and commits unless a transaction is open. */
MUST_CHECK enum status store_ledger_append(struct store *, const struct ledger_entry *, size_t n,
                                           struct err *);

/* ---- process --------------------------------------------------------------------------------- */

struct ledger_row {
    int64_t id;
    struct str source, body;
    int64_t received_at;
};

/* The oldest waiting rows, in order; at most max_rows and about max_bytes of bodies. */
MUST_CHECK enum status store_ledger_next(struct store *, struct arena *, size_t max_rows,
                                         size_t max_bytes, struct ledger_row **ret, size_t *ret_n,
                                         struct err *);

/* The newest incident of each group, locked; groups without one are left out. Plans are not parsed:
 * incident.plan is empty, plan_hash is set. */
MUST_CHECK enum status store_groups_lock(struct store *, struct arena *,
                                         const uint8_t (*keys)[GROUP_KEY_BYTES], size_t n,
                                         struct incident **ret, size_t *ret_n, struct err *);

struct alert_key {
    struct uuid incident;
    uint64_t fingerprint;
};
struct alert_known {
    struct alert_key key;
    struct alert_state state;
};

MUST_CHECK enum status store_alerts_known(struct store *, struct arena *, const struct alert_key *,
                                          size_t n, struct alert_known **ret, size_t *ret_n,
                                          struct err *);

/* ---- writing what was decided ---------------------------------------------------------------- */

struct alert_write {
    struct uuid incident;
    const struct alert *alert;
    uint64_t content_hash;
    int64_t changed_seq; /* 0: its status is what it was */
    struct str source;
    struct str labels_text, annotations_text; /* JSON objects */
};

struct quarantine_write {
    int64_t intake_id;
    struct str reason;
};

struct changes {
    int64_t now_at;
    const int64_t *processed; /* ledger rows that are done */
    size_t n_processed;
    const struct quarantine_write *quarantined;
    size_t n_quarantined;
    const struct decision *const *decisions;
    size_t n_decisions;
    const struct alert_write *alerts;
    size_t n_alerts;
};

/* Writes everything: a few statements, however many incidents. Part of the open transaction.
 * Summaries that name an incident whose status changes become due again; so do those that are
 * merged into one that ends, unless somebody holds them, who is not waited for. */
MUST_CHECK enum status store_write(struct store *, struct arena *, const struct changes *,
                                   struct err *);

/* ---- incidents ------------------------------------------------------------------------------- */

/* Open incidents whose wake_at has come, locked, at most max. Others' locks are skipped. */
MUST_CHECK enum status store_incidents_due(struct store *, struct arena *, size_t max,
                                           struct incident **ret, size_t *ret_n, struct err *);
/* Locked. ERR_NOT_FOUND. */
MUST_CHECK enum status store_incident_lock(struct store *, struct arena *, struct uuid,
                                           struct incident *ret, struct err *);
/* Is another incident that is not resolved merged into it? */
MUST_CHECK enum status store_incident_has_merged(struct store *, struct arena *, int64_t number,
                                                 bool *ret, struct err *);
/* Where each of the incidents has been told about its current cycle, in id order. */
struct told_row {
    struct uuid incident;
    struct told told;
    struct str ref;
    int64_t told_seq; /* the entry that it was told of last */
};
MUST_CHECK enum status store_told(struct store *, struct arena *, const struct uuid *incidents,
                                  size_t n, struct told_row **ret, size_t *ret_n, struct err *);
/* Those of the incidents whose severity was set in their current cycle, and not by a source; in id
 * order. */
MUST_CHECK enum status store_severities_set(struct store *, struct arena *,
                                            const struct uuid *incidents, size_t n,
                                            struct uuid **ret, size_t *ret_n, struct err *);
/* Whom each step of the incidents paged last, in their current cycle. In the order of incidents
 * and steps. */
struct asked_row {
    struct uuid incident;
    struct asked asked;
};
MUST_CHECK enum status store_asked(struct store *, struct arena *, const struct uuid *incidents,
                                   size_t n, struct asked_row **ret, size_t *ret_n, struct err *);
/* The next `n` turns of a receiver's step: `first` and those behind it; domain/turn.h. */
struct turns_take {
    struct str receiver;
    int step;
    int64_t n, first;
};
/* Sets `first`. Each step is there once. Locked in the order of the steps until the end of the
 * transaction: incidents are locked before. */
MUST_CHECK enum status store_turns_take(struct store *, struct arena *, struct turns_take *,
                                        size_t n, struct err *);
/* Alerts of one incident, firing first, at most max. */
MUST_CHECK enum status store_alerts(struct store *, struct arena *, struct uuid incident,
                                    size_t max, struct alert **ret, size_t *ret_n, struct err *);

/* The labels of every firing alert of every incident that is not resolved; one that is in several
 * comes several times. */
MUST_CHECK enum status store_alerts_firing(struct store *, struct arena *, struct labels **ret,
                                           size_t *ret_n, struct err *);

/* Where alerts of these fingerprints fire: in incidents that are not resolved, or since then.
 * Sorted by fingerprint. */
struct stray_row {
    uint64_t fingerprint;
    uint8_t group_key[GROUP_KEY_BYTES];
};
MUST_CHECK enum status store_strays(struct store *, struct arena *, const uint64_t *fingerprints,
                                    size_t n, int64_t resolved_since, struct stray_row **ret,
                                    size_t *ret_n, struct err *);

/* ---- configurations and plans ---------------------------------------------------------------- */

struct plan_row {
    struct str hash, body;
};
/* Commits on its own. */
MUST_CHECK enum status store_config_save(struct store *, struct arena *, struct str hash,
                                         struct str source, struct str by,
                                         const struct plan_row *plans, size_t n, struct err *);
MUST_CHECK enum status store_plan(struct store *, struct arena *, struct str hash,
                                  struct str *ret_body, struct err *);

/* A configuration that was in force. Loading the same files again moves its time. */
struct config_row {
    struct str hash, loaded_by;
    int64_t loaded_at;
    int64_t bytes, incidents; /* of the text; opened under it. Only from store_config_list */
    struct str source;        /* only from store_config_load */
};
/* Newest first: the first one is in force. */
MUST_CHECK enum status store_config_list(struct store *, struct arena *, size_t max,
                                         struct config_row **ret, size_t *ret_n, struct err *);
/* By the beginning of its hash. ERR_NOT_FOUND; ERR_CONFLICT: several begin so. */
MUST_CHECK enum status store_config_load(struct store *, struct arena *, struct str prefix,
                                         struct config_row *ret, struct err *);

/* ---- earlier days ---------------------------------------------------------------------------- */

/* Readable ledger rows from since_at on, behind the row of that id (0: the first), in order. */
MUST_CHECK enum status store_ledger_since(struct store *, struct arena *, int64_t since_at,
                                          int64_t behind_id, size_t max_rows, size_t max_bytes,
                                          struct ledger_row **ret, size_t *ret_n, struct err *);

/* What a person did to an incident, which had these alerts. */
struct action_row {
    int64_t at, seq;
    struct uuid incident;
    uint8_t group_key[GROUP_KEY_BYTES];
    enum event_kind kind; /* ACKNOWLEDGED, RESOLVED */
    struct str actor;
    const uint64_t *fingerprints;
    size_t n_fingerprints;
};
/* In the order of time. */
MUST_CHECK enum status store_actions_since(struct store *, struct arena *, int64_t since_at,
                                           size_t max, struct action_row **ret, size_t *ret_n,
                                           struct err *);

/* ---- deliveries ------------------------------------------------------------------------------ */

/* stored: delivery.state */
#define DELIVERY_STATES(X)                                                                         \
    X(DELIVERY_READY, "ready")                                                                     \
    X(DELIVERY_SENDING, "sending")                                                                 \
    X(DELIVERY_SENT, "sent")                                                                       \
    X(DELIVERY_FAILED, "failed")                                                                   \
    X(DELIVERY_SUPERSEDED, "superseded")                                                           \
    X(DELIVERY_COVERED, "covered") /* a summary names it */
ENUM_DECLARE(delivery_state, DELIVERY_STATES)

struct delivery {
    int64_t id;
    struct uuid incident;
    int cycle;
    int64_t state_seq;
    enum notice_kind kind;
    struct str label;
    struct contact contact;
    struct str contacts_text; /* JSON array of the ways still to try, behind this one */
    int step, round;
    struct str note;
    unsigned attempts;
    int64_t fence;
    bool is_plain;
    bool may_be_repeated; /* an earlier attempt ended unknown */
    struct str dedupe_key;
    struct str ref;    /* STORM: how to edit it */
    int64_t wanted_at; /* when it should have gone out; AT_NONE: nobody knows */
    /* PAGE, by store_pages_outrun: a newer one to the same person there is on its way or was sent;
     * it was sent. */
    bool is_outrun, is_replaced;
};

/* Deliveries that are due, and those whose sender missed its deadline; locked, others' skipped. At
 * most max of each channel; urgent ones first, newer before older. */
MUST_CHECK enum status store_deliveries_due(struct store *, struct arena *,
                                            const size_t max[channel_kind_COUNT],
                                            struct delivery **ret, size_t *ret_n, struct err *);
/* Fills is_outrun and is_replaced. Their incidents are locked, so neither changes until the end of
 * the transaction: whoever makes a page, or begins to send one, has its incident's lock. */
MUST_CHECK enum status store_pages_outrun(struct store *, struct arena *, struct delivery *,
                                          size_t n, struct err *);
/* Locks these incidents in id order; duplicates in ids are fine. Plans are not parsed. */
MUST_CHECK enum status store_incidents_lock(struct store *, struct arena *, const struct uuid *ids,
                                            size_t n, struct incident **ret, size_t *ret_n,
                                            struct err *);

/* A new state of a delivery, written only if the fence still fits. SENDING takes the next fence
 * (the caller sets the old one) and a deadline. So does a write without an outcome over SENDING: it
 * ends the attempt of a sender that missed its deadline, as unknown. An outcome is written only
 * over SENDING, so once. */
struct delivery_write {
    int64_t id;
    int64_t fence; /* as claimed; for SENDING the one before */
    enum delivery_state state;
    int64_t deadline_at; /* SENDING */
    int64_t due_at;      /* READY */
    unsigned attempts;
    bool has_outcome;
    enum outcome_kind outcome;
    struct str reason;
    struct contact contact; /* the way that is tried (next) */
    struct str contacts_text;
    bool is_plain;
    int64_t covered_by; /* COVERED: the summary */
    struct str ref;     /* SENT: how to edit a summary; empty: as before */
};

struct conversation_write {
    struct uuid incident;
    int cycle;
    struct contact contact;
    struct str label, ref;
    int64_t told_seq;
};

/* Part of the open transaction. *ret_written: how many rows still had their fence. */
MUST_CHECK enum status store_deliveries_write(struct store *, struct arena *,
                                              const struct delivery_write *, size_t n,
                                              size_t *ret_written, struct err *);
MUST_CHECK enum status store_conversations_write(struct store *, struct arena *,
                                                 const struct conversation_write *, size_t n,
                                                 struct err *);

/* ---- destinations ---------------------------------------------------------------------------- */

/* A place that messages go to, or all of an account: its address in front of CONTACT_ACCOUNT_END.
 */
struct destination_key {
    enum channel_kind channel;
    struct str address;
};
struct destination {
    struct destination_key key;
    struct storm_state storm;
    int64_t summary;      /* the newest one's delivery; 0: none, or it was given up */
    int64_t paused_until; /* AT_NONE: not asked to wait, or it has taken something since */
};
/* Locked, in the order of their keys, each once; those that are not known yet are made. */
MUST_CHECK enum status store_destinations_lock(struct store *, struct arena *,
                                               const struct destination_key *, size_t n,
                                               struct destination **ret, size_t *ret_n,
                                               struct err *);
MUST_CHECK enum status store_destinations_write(struct store *, struct arena *,
                                                const struct destination *, size_t n, struct err *);
/* A new summary, due at once; `page` is the first that it covers. */
MUST_CHECK enum status store_storm_open(struct store *, struct arena *, const struct delivery *page,
                                        int64_t now_at, int64_t *ret_id, struct err *);
/* Summaries that were sent are due again, a while after they were sent. */
MUST_CHECK enum status store_storms_touch(struct store *, struct arena *, const int64_t *ids,
                                          size_t n, struct err *);
/* Pages whose summary was given up: nobody has been told of them. Locked, others' skipped; a write
 * of a new state takes them from here, so what is left waits for the next call. */
struct uncovered_page {
    struct delivery page;
    int64_t summary;
    struct str why; /* what the last attempt to send the summary ended with */
};
MUST_CHECK enum status store_pages_uncovered(struct store *, struct arena *, size_t max,
                                             struct uncovered_page **ret, size_t *ret_n,
                                             struct err *);
/* What a summary says now. */
MUST_CHECK enum status store_storm_view(struct store *, struct arena *, int64_t id,
                                        struct storm_view *ret, struct err *);
/* The incidents that it names and that are open in the cycle it told of, at most max. */
struct told_cycle {
    struct uuid incident;
    int cycle;
};
MUST_CHECK enum status store_storm_open_incidents(struct store *, struct arena *, int64_t id,
                                                  size_t max, struct told_cycle **ret,
                                                  size_t *ret_n, struct err *);

/* ---- scripts --------------------------------------------------------------------------------- */

/* stored: run.state */
#define RUN_STATES(X)                                                                              \
    X(RUN_STATE_REQUESTED, "requested")                                                            \
    X(RUN_STATE_STARTED, "started")                                                                \
    X(RUN_STATE_EXITED, "exited")                                                                  \
    X(RUN_STATE_SIGNALED, "signaled")                                                              \
    X(RUN_STATE_TIMED_OUT, "timed_out")                                                            \
    X(RUN_STATE_NOT_STARTED, "not_started")                                                        \
    X(RUN_STATE_UNKNOWN, "unknown")
ENUM_DECLARE(run_state, RUN_STATES)

struct run {
    struct uuid id, incident;
    struct str action, actor, parameters;
    enum run_state state;
    int64_t requested_at, started_at, ended_at; /* AT_NONE if not */
    int64_t fence;
    int code;
    struct str output;
};

/* Requested ones, oldest first, locked. */
MUST_CHECK enum status store_runs_requested(struct store *, struct arena *, size_t max,
                                            struct run **ret, size_t *ret_n, struct err *);
/* Started ones whose replica is gone (its presence lock is free) or whose deadline is long past. */
MUST_CHECK enum status store_runs_orphaned(struct store *, struct arena *, size_t max,
                                           struct run **ret, size_t *ret_n, struct err *);
/* state STARTED: takes the next fence and the deadline. Others: the end, only if the fence fits;
 * ERR_STALE_FENCE otherwise. */
MUST_CHECK enum status store_run_write(struct store *, struct arena *, const struct run *,
                                       struct uuid owner, int64_t deadline_at, struct err *);
/* The run of this cycle that ended last. ERR_NOT_FOUND. */
MUST_CHECK enum status store_run_newest(struct store *, struct arena *, struct uuid incident,
                                        int cycle, struct run *ret, struct err *);
MUST_CHECK enum status store_run(struct store *, struct arena *, struct uuid, struct run *ret,
                                 struct err *);
/* Of all cycles, in the order in which they were asked for. */
MUST_CHECK enum status store_runs_of(struct store *, struct arena *, struct uuid incident,
                                     size_t max, struct run **ret, size_t *ret_n, struct err *);

/* ---- schedules ------------------------------------------------------------------------------- */

MUST_CHECK enum status store_override_add(struct store *, struct arena *,
                                          const struct override_row *, struct str by,
                                          int64_t *ret_id, struct err *);
/* Those that touch [from_at, until_at) and are not removed, in the order in which they were made.
 */
MUST_CHECK enum status store_overrides(struct store *, struct arena *, int64_t from_at,
                                       int64_t until_at, struct override_row **ret, size_t *ret_n,
                                       struct err *);
/* ERR_NOT_FOUND. */
MUST_CHECK enum status store_override_remove(struct store *, int64_t id, struct str by,
                                             struct err *);

/* ---- access ---------------------------------------------------------------------------------- */

#define ROLES(X)                                                                                   \
    X(ROLE_NONE, "none")                                                                           \
    X(ROLE_USER, "user")                                                                           \
    X(ROLE_ENGINEER, "engineer")                                                                   \
    X(ROLE_ADMIN, "admin")
ENUM_DECLARE(role, ROLES)

struct api_token {
    int64_t id;
    struct str name;
    enum role role;
    int64_t created_at, expires_at; /* AT_NONE: never */
    bool is_revoked;
};

enum { API_TOKEN_HASH = 32 };

MUST_CHECK enum status store_token_create(struct store *, struct arena *, struct str name,
                                          enum role, const uint8_t hash[API_TOKEN_HASH],
                                          int64_t lifetime_us, struct api_token *ret, struct err *);
/* ERR_NOT_FOUND for unknown, expired and revoked ones alike. */
MUST_CHECK enum status store_token_find(struct store *, struct arena *,
                                        const uint8_t hash[API_TOKEN_HASH], struct api_token *ret,
                                        struct err *);
MUST_CHECK enum status store_token_list(struct store *, struct arena *, struct api_token **ret,
                                        size_t *ret_n, struct err *);
/* ERR_NOT_FOUND. */
MUST_CHECK enum status store_token_revoke(struct store *, int64_t id, struct err *);

/* Link keys in use, oldest first (at most max). */
MUST_CHECK enum status store_link_keys(struct store *, struct arena *, uint8_t *ret_kids,
                                       size_t max, size_t *ret_n, struct err *);
MUST_CHECK enum status store_link_key_rotate(struct store *, uint8_t *ret_kid, struct err *);

/* Burns a link within the open transaction. *ret_is_first: it was not used before. */
MUST_CHECK enum status store_link_burn(struct store *, const uint8_t jti[16], struct uuid incident,
                                       struct str actor, struct str peer, bool *ret_is_first,
                                       struct err *);
MUST_CHECK enum status store_link_used(struct store *, const uint8_t jti[16], bool *ret_is_used,
                                       struct err *);
/* Whom a delivery went to. ERR_NOT_FOUND. */
MUST_CHECK enum status store_delivery(struct store *, struct arena *, int64_t id,
                                      struct delivery *ret, struct err *);

MUST_CHECK enum status store_access_log(struct store *, struct str actor, struct str peer,
                                        struct str action, struct str verdict, struct str detail,
                                        struct err *);

/* ---- reading for the API --------------------------------------------------------------------- */

struct incident_filter {
    bool has_state;
    enum incident_state state;
    int64_t before_number; /* 0: from the newest */
    int64_t around_at;     /* those that may not have been resolved then; 0: of any time */
    size_t limit;          /* 1 … 500 */
};
/* Newest first. Not locked. */
MUST_CHECK enum status store_incidents_list(struct store *, struct arena *,
                                            const struct incident_filter *, struct incident **ret,
                                            size_t *ret_n, struct err *);
MUST_CHECK enum status store_incident(struct store *, struct arena *, struct uuid,
                                      struct incident *ret, struct err *);
MUST_CHECK enum status store_incident_by_number(struct store *, struct arena *, int64_t number,
                                                struct incident *ret, struct err *);

struct event_row {
    int64_t seq, at;
    struct str kind, actor, facts;
};
MUST_CHECK enum status store_timeline(struct store *, struct arena *, struct uuid incident,
                                      size_t max, struct event_row **ret, size_t *ret_n,
                                      struct err *);

struct receipt_state {
    struct str state; /* "waiting", "processed", "quarantined" */
    struct str source, reason;
    int64_t received_at;
};
MUST_CHECK enum status store_receipt(struct store *, struct arena *, struct uuid receipt,
                                     struct receipt_state *ret, struct err *);

struct backlog {
    int64_t ledger_rows, ledger_age_us;     /* waiting, age of the oldest */
    int64_t deliveries, delivery_age_us;    /* ready and due */
    int64_t incidents_due, incident_age_us; /* wake_at in the past */
    int64_t quarantined;
    int64_t
        serves_from; /* what the newest migration of a binary has to be; see deps.schema_known */
};
MUST_CHECK enum status store_backlog(struct store *, struct backlog *ret, struct err *);
