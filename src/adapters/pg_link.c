#include "adapters/pg_link.h"

#include "base/monotonic.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { KEYWORDS_MAX = 96, IDLE_READS_MAX = 16 };

/* Waits for the socket. Returns the ready events, 0 at the deadline. */
static short wait_socket(PGconn *conn, short events, int64_t until_us)
{
    for (;;) {
        int64_t left_us = until_us - monotonic_us();
        if (left_us <= 0) {
            return 0;
        }
        struct pollfd p = {.fd = PQsocket(conn), .events = events};
        int n = poll(&p, 1, (int)(left_us / 1000) + 1);
        if (n > 0) {
            return p.revents;
        }
        CHECK(n == 0 || errno == EINTR);
    }
}

/* "a,b,c" starting with element `by` modulo 3: "b,c,a". A single element stays. */
static const char *rotate(struct arena *arena, const char *list, size_t by)
{
    size_t n = 1;
    for (const char *c = list; *c; c++) {
        n += *c == ',';
    }
    const char *tail = list;
    for (size_t i = by % n; i > 0; i--) {
        tail = strchr(tail, ',') + 1;
    }
    if (tail == list) {
        return list;
    }
    return str_printf(arena, "%s,%.*s", tail, (int)(tail - list - 1), list).p;
}

struct keywords {
    const char *keys[KEYWORDS_MAX + 1];
    const char *values[KEYWORDS_MAX + 1];
    size_t n;
};

static void add(struct keywords *k, const char *key, const char *value)
{
    for (size_t i = 0; i < k->n; i++) {
        if (strcmp(k->keys[i], key) == 0) {
            return; /* the administrator's word stands */
        }
    }
    CHECK(k->n < KEYWORDS_MAX);
    k->keys[k->n] = key;
    k->values[k->n++] = value;
}

static void fill(struct keywords *k, struct arena *arena, const struct link_target *target)
{
    if (target->password) {
        add(k, "password", target->password);
    }
    for (const PQconninfoOption *o = target->options; o->keyword; o++) {
        if (!o->val) {
            continue;
        }
        bool is_list = strcmp(o->keyword, "host") == 0 || strcmp(o->keyword, "hostaddr") == 0 ||
                       strcmp(o->keyword, "port") == 0;
        add(k, o->keyword, is_list ? rotate(arena, o->val, target->rotation) : o->val);
    }
    char user_timeout[16];
    snprintf(user_timeout, sizeof(user_timeout), "%d", target->user_timeout_ms);
    add(k, "application_name", target->application_name);
    add(k, "target_session_attrs", "read-write");
    add(k, "client_encoding", "UTF8");
    add(k, "keepalives_idle", "10");
    add(k, "keepalives_interval", "3");
    add(k, "keepalives_count", "3");
    add(k, "tcp_user_timeout", arena_dup(arena, user_timeout, strlen(user_timeout)));
}

enum link_end link_connect(const struct link_target *target, int64_t until_us, PGconn **ret)
{
    struct arena arena;
    arena_init(&arena);
    struct keywords k = {.n = 0};
    fill(&k, &arena, target);
    PGconn *conn = PQconnectStartParams(k.keys, k.values, 0);
    arena_release(&arena);
    *ret = conn;
    if (!conn || PQstatus(conn) == CONNECTION_BAD) {
        return LINK_LOST;
    }
    PostgresPollingStatusType step = PGRES_POLLING_WRITING;
    while (step != PGRES_POLLING_OK) {
        if (!wait_socket(conn, step == PGRES_POLLING_READING ? POLLIN : POLLOUT, until_us)) {
            return LINK_LATE;
        }
        step = PQconnectPoll(conn);
        if (step == PGRES_POLLING_FAILED) {
            return LINK_LOST;
        }
    }
    return PQsetnonblocking(conn, 1) == 0 ? LINK_DONE : LINK_LOST;
}

/* Both directions are served: the server may be blocked on sending to us while we send. */
static enum link_end send_all(PGconn *conn, int64_t until_us)
{
    for (;;) {
        int left = PQflush(conn);
        if (left <= 0) {
            return left == 0 ? LINK_DONE : LINK_LOST;
        }
        short ready = wait_socket(conn, POLLIN | POLLOUT, until_us);
        if (!ready) {
            return LINK_LATE;
        }
        if ((ready & ~POLLOUT) && !PQconsumeInput(conn)) {
            return LINK_LOST;
        }
    }
}

/* The next result is complete, or there is none. */
static enum link_end await_result(PGconn *conn, int64_t until_us)
{
    while (PQisBusy(conn)) {
        if (!wait_socket(conn, POLLIN, until_us)) {
            return LINK_LATE;
        }
        if (!PQconsumeInput(conn)) {
            return LINK_LOST;
        }
    }
    return LINK_DONE;
}

bool link_is_success(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK ||
           status == PGRES_EMPTY_QUERY; /* a script of comments */
}

enum link_end link_run(PGconn *conn, int64_t until_us, PGresult **ret)
{
    *ret = NULL;
    enum link_end end = send_all(conn, until_us);
    PGresult *kept = NULL;
    while (end == LINK_DONE) {
        end = await_result(conn, until_us);
        if (end != LINK_DONE) {
            break;
        }
        PGresult *next = PQgetResult(conn);
        if (!next) {
            break;
        }
        ExecStatusType status = PQresultStatus(next);
        if (kept && !link_is_success(kept)) {
            PQclear(next);
        } else {
            PQclear(kept);
            kept = next;
        }
        if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) {
            break; /* would never end: no success, and the caller drops the connection */
        }
    }
    if (end == LINK_DONE && (!kept || PQstatus(conn) == CONNECTION_BAD)) {
        end = LINK_LOST;
    }
    if (end == LINK_LATE) {
        PQclear(kept);
        kept = NULL;
    }
    *ret = kept; /* after LINK_LOST: the server's last words, if any */
    return end;
}

bool link_is_alive(PGconn *conn)
{
    for (int i = 0; i < IDLE_READS_MAX; i++) {
        struct pollfd p = {.fd = PQsocket(conn), .events = POLLIN};
        if (poll(&p, 1, 0) <= 0) {
            break;
        }
        if (!PQconsumeInput(conn)) {
            return false;
        }
        (void)PQisBusy(conn); /* parses what was read: parameter changes, a fatal error */
    }
    return PQstatus(conn) == CONNECTION_OK;
}

void link_close(PGconn *conn)
{
    if (conn && PQsocket(conn) >= 0) {
        shutdown(PQsocket(conn), SHUT_RDWR);
    }
    PQfinish(conn);
}
