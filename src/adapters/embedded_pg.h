#pragma once
/* embedded_pg — the private PostgreSQL of `alertify up`: one folder, one unix socket, no set-up.
 *
 *     STATE/pg/       the cluster (data checksums, UTF-8); made on first start
 *     STATE/run/      its socket, reachable only for the owner and root; when that path is too long
 *                     for a socket (107 bytes), a folder in $XDG_RUNTIME_DIR, /run or /tmp
 *     STATE/pg.log    the server's log; the previous 16 MiB are in pg.log.1
 *     STATE/pg_hba.conf, pg_ident.conf   who may connect; written at every start
 *     STATE/up.lock   held while we live: one alertify per state folder
 *
 * Durable as production: fsync, synchronous_commit and full_page_writes are on. The superuser is
 * "postgres"; alertify connects as the role "alertify", owner of the database "alertify"; both may
 * be used only by the server's OS user and ours (peer).
 * The server runs in its own session and outlives a killed alertify; the next start adopts it.
 * Layer: adapters. Owner: app. Thread: main, before other threads start (it forks). Does not log.
 *
 *     struct embedded_pg *server;
 *     if (embedded_pg_start(&settings, &server, err) == OK) { use(embedded_pg_conninfo(server)); }
 *     embedded_pg_stop(server, err);
 */
#include "base/err.h"

#include <sys/types.h>

struct embedded_pg;

struct embedded_pg_settings {
    const char *state_dir; /* made if missing; the server's user must be able to enter it */
    const char *bin_dir;   /* folder of postgres and initdb; NULL: found */
    const char *user;      /* OS user of the server when we are root; NULL: the owner of STATE/pg,
                              else alertify, postgres or nobody, whichever exists */
};

/* Makes, adopts or starts the cluster and returns when it answers. Takes about a second the first
 * time, 0.1 s later; waits 30 s for an answer, 10 min while the server recovers from a crash.
 * ERR_INVALID: something the administrator must change (the detail says what). ERR_CONFLICT:
 * another alertify uses the folder. ERR_IO, ERR_INTERNAL: the server does not start; the detail
 * quotes its log. */
MUST_CHECK enum status embedded_pg_start(const struct embedded_pg_settings *,
                                         struct embedded_pg **ret, struct err *);

/* Connection string for role and database alertify; lives as long as the object. */
const char *embedded_pg_conninfo(const struct embedded_pg *);
pid_t embedded_pg_pid(const struct embedded_pg *);
/* This start found the server running. */
bool embedded_pg_is_adopted(const struct embedded_pg *);

/* Starts the server again if it is gone (*ret_revived); call it every second or so. May be called
 * while other threads run. Errors as for embedded_pg_start. */
MUST_CHECK enum status embedded_pg_revive(struct embedded_pg *, bool *ret_revived, struct err *);

/* Fast shutdown (sessions are cut, all commits kept); after 30 s an immediate one, which the next
 * start repairs from the log. Frees the object also on error. NULL is fine. */
MUST_CHECK enum status embedded_pg_stop(struct embedded_pg *, struct err *);
/* Frees the object and leaves the server running. */
void embedded_pg_leave(struct embedded_pg *);
