#pragma once
/* pg_link — libpq with a deadline on every step; private to pg_conn.c.
 *
 * Non-blocking libpq and poll(). Knows sockets, not transactions or statements. `until_us` is a
 * monotonic_us() point. Layer: adapters. Thread: the connection's. */
#include "base/str.h"

#include <libpq-fe.h>

enum link_end {
    LINK_DONE, /* answered, or connected */
    LINK_LOST, /* the connection broke; PQerrorMessage says how */
    LINK_LATE, /* the deadline passed */
};

/* What pg_conninfo may not leave to chance, filled in where conninfo is silent. */
struct link_target {
    PQconninfoOption *options; /* parsed conninfo */
    const char *application_name;
    const char *password; /* NULL: as in options */
    int user_timeout_ms;  /* TCP_USER_TIMEOUT */
    size_t rotation;      /* start with this host of the list */
};

/* *ret is NULL only when memory ran out; the caller closes it also after LINK_LOST and LINK_LATE.
 * The connection is non-blocking. */
enum link_end link_connect(const struct link_target *, int64_t until_us, PGconn **ret);

/* Sends what a PQsend… call queued and reads up to the server's readiness. *ret is the first failed
 * result, or the last one; the caller clears it. After LINK_LOST it may hold the server's last
 * words, or be NULL; after LINK_LATE it is NULL. */
enum link_end link_run(PGconn *, int64_t until_us, PGresult **ret);

/* The result of a statement that did what it should. */
bool link_is_success(const PGresult *);

/* False when the server has closed the idle connection meanwhile. Does not wait. */
bool link_is_alive(PGconn *);

/* Closes without waiting for the peer. */
void link_close(PGconn *);
