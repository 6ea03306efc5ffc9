#pragma once
/* pg_conn — one PostgreSQL connection for one thread: blocking calls, each with a deadline.
 *
 * Not a pool and not an ORM: statements are files of the catalogue (src/adapters/sql/), run by
 * name, prepared on first use. Nothing here can block past its deadline (except name resolution by
 * libpq at connect: use hostaddr or a local resolver where that matters). At the deadline the
 * socket is closed; a COMMIT is never cancelled, because a cancelled one reports success without
 * being replicated.
 *
 * Outcomes. OK: it happened and, for writes, is as durable as the server's synchronous_commit says.
 * ERR_UNKNOWN_OUTCOME: a COMMIT, or a statement outside a transaction that may write, was sent and
 * no trustworthy answer came (deadline, connection lost, or any warning during the commit). Find
 * out by key over a new connection, never guess. Every other error: it did not happen.
 *   ERR_UNAVAILABLE  database away, read-only, shutting down, full; or pg_is_retryable()
 *   ERR_TIMEOUT      deadline or statement_timeout, nothing was committed
 *   ERR_CONFLICT     unique violation, see pg_constraint()
 *   ERR_INVALID      data PostgreSQL refuses (class 22)
 *   ERR_INTERNAL     anything else; the SQLSTATE is in err->detail
 *
 * Statement files begin with comment lines:
 *     -- name     intake_append                 the file's name without .sql
 *     -- params   $1 source uuid, $2 …          cast every parameter in the text: $1::uuid
 *     -- returns  id int8, fresh bool           types that pg_rows.h can read
 *     -- reads                                  only if it changes nothing: then a lost reply
 *                                               outside a transaction is not an unknown outcome
 *     -- script                                 several statements; run by pg_run_script only
 * Layer: adapters. Owner: the thread that opened it; only that thread may use it.
 *
 *     struct pg *pg;
 *     if (pg_begin(pg, err) != OK ||
 *         pg_exec(pg, arena, "incident_load", params, 1, &rows, err) != OK) {
 *         pg_rollback(pg);
 *         return err->code;
 *     }
 *     return pg_commit(pg, err);
 */
#include "adapters/pg_rows.h"
#include "base/embedded_file.h"
#include "base/err.h"
#include "base/secret.h"

enum { PG_PARAMS_MAX = 48 };

struct pg;

struct pg_settings {
    const char *conninfo;          /* libpq keywords or URI; target_session_attrs defaults to
                                      read-write; several hosts are tried in turn */
    const struct secret *password; /* NULL: as in conninfo; referenced */
    const char *application_name;  /* NULL: "alertify" */
    int64_t connect_timeout_us;    /* 0: 3 s, per attempt */
    int64_t statement_timeout_us;  /* 0: 5 s, per call; the server gives up a little earlier */
    int64_t lock_timeout_us;       /* 0: 2 s */
    const struct embedded_file *more_statements; /* besides sql_catalogue (tests); NULL: none */
};

/* Copies the settings; does not connect. ERR_INVALID: conninfo cannot be parsed. */
MUST_CHECK enum status pg_open(const struct pg_settings *, struct pg **ret, struct err *);
void pg_free(struct pg *);

/* Connects if there is no live connection; one attempt. While the database is away at most one
 * attempt per second is made; in between it fails at once with ERR_UNAVAILABLE. pg_begin and
 * pg_exec call it themselves. Inside a transaction it never reconnects. */
MUST_CHECK enum status pg_ensure(struct pg *, struct err *);
/* How long until pg_ensure will try again; 0: now. */
int64_t pg_retry_in_us(const struct pg *);
/* Closes the connection; the next call reconnects at once. */
void pg_disconnect(struct pg *);
/* Grows with every new connection; 0 before the first. Who holds a pg_try_lock compares it after
 * pg_begin: another number means the lock is gone. */
uint64_t pg_generation(const struct pg *);
/* Connections given up at a deadline. Their server processes may still hold locks and a slot. */
uint64_t pg_abandoned(const struct pg *);

/* READ COMMITTED. Not nested. */
MUST_CHECK enum status pg_begin(struct pg *, struct err *);
/* The same, REPEATABLE READ and READ ONLY: all statements see the database as the first one did. */
MUST_CHECK enum status pg_begin_snapshot(struct pg *, struct err *);
/* Ends the transaction whatever the result. */
MUST_CHECK enum status pg_commit(struct pg *, struct err *);
/* Ends the transaction; when the server does not answer, by closing the connection. */
void pg_rollback(struct pg *);

/* Runs a statement of the catalogue. ret may be NULL. An unknown name, a wrong number of parameters
 * or other parameter types than the first time is a bug. */
MUST_CHECK enum status pg_exec(struct pg *, struct arena *, const char *sql_name,
                               const struct pg_param *params, size_t n, struct pg_rows *ret,
                               struct err *);
/* Runs several statements without parameters (a migration). Outside pg_begin they form one
 * transaction of their own. */
MUST_CHECK enum status pg_run_script(struct pg *, const char *name, const char *sql, struct err *);
/* The same for a file of the catalogue that is marked `-- script`. */
MUST_CHECK enum status pg_run_named_script(struct pg *, const char *sql_name, struct err *);

/* Prepares every statement once, without running any: for tests and `alertify check`. err->where
 * names the statement that is wrong. */
MUST_CHECK enum status pg_prepare_all(struct pg *, struct err *);

/* About the last failed call: the server rolled it back for a reason that passes (40001, 40P01,
 * 55P03), so the same transaction may be tried again. */
bool pg_is_retryable(const struct pg *);
/* SQLSTATE of the last failed call, "" if the server sent none. */
const char *pg_sqlstate(const struct pg *);
/* Name of the violated constraint of the last failed call, or "". */
const char *pg_constraint(const struct pg *);

/* Session advisory lock: held until pg_unlock or the end of the connection. */
MUST_CHECK enum status pg_try_lock(struct pg *, int64_t key, bool *ret_got, struct err *);
MUST_CHECK enum status pg_unlock(struct pg *, int64_t key, struct err *);
