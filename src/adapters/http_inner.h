#pragma once
/* http_inner — what the http_*.c files share; not for others.
 *
 * One thread ("http") owns every libh2o object: they are created, used and closed there. Other
 * threads touch only what `lock` guards, and what is read-only after start.
 * Life: http_server (until freed and the last exchange is answered) > http_conn (until its socket
 * is closed and its last exchange answered) > http_request (lives in the library's request, dies
 * with it) and exchange (until answered, and sent or dropped). A client that vanishes takes its
 * http_request along; the exchange stays, with request == NULL. Layer: adapters. */
#include "adapters/frame_guard.h"
#include "adapters/http_server.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/monotonic.h"

#include <h2o.h>
#include <h2o/http1.h>
#include <h2o/http2.h>
#include <h2o/http2_internal.h>
#include <pthread.h>
#include <stdatomic.h>

#if H2O_USE_LIBUV
#error "libh2o-evloop needs H2O_USE_LIBUV=0: with the other headers it crashes at run time"
#endif

enum { HTTP_SWEEP_US = 250 * 1000, HTTP_HEAD_MAX = 24 * 1024, HTTP_LINGERING_MAX = 64 };

#if H2O_LIBRARY_VERSION_MAJOR != 0 || H2O_LIBRARY_VERSION_MINOR != 13
#error "http_conn.c reads the insides of libh2o 0.13 (2.2.5): compare them before going on"
#endif

struct http_listener {
    struct http_server *server;
    int fd; /* -1 once the socket below owns it */
    h2o_socket_t *sock;
    uint16_t port;
    char *cert_file, *key_file, *client_ca_file; /* own copies, for reloads */
    bool is_client_cert_required;
    SSL_CTX *tls; /* under lock; NULL: plain */
};

/* The library, set up once per protocol because its limits are per set-up. */
struct http_stack {
    h2o_globalconf_t conf;
    h2o_context_t ctx;
    h2o_accept_ctx_t accept;
};

struct http_lingering {
    int fd;
    bool is_shut;
    int64_t until_us;
};

enum http_phase { HTTP_HANDSHAKE, HTTP_SNIFF, HTTP_V1, HTTP_V2 };

struct http_conn {
    struct http_server *server;
    h2o_linklist_t link;       /* in server->conns while the socket is open */
    h2o_linklist_t dirty_link; /* in server->dirty: the read callback must be wrapped again */
    h2o_linklist_t requests;   /* of http_request */
    h2o_socket_t *sock;        /* NULL once closed */
    h2o_socket_cb library_read;
    SSL_CTX *tls;
    enum http_phase phase;
    unsigned refs;          /* open socket, exchanges, running callback */
    const char *closed_for; /* NULL: nothing special */
    bool had_request, has_wide_window, has_oversized;
    unsigned in_flight;      /* exchanges unanswered: a reset does not free the slot */
    struct budget abandoned; /* requests that died before their answer */
    struct frame_guard guard;
    size_t buffered; /* bytes in the library's buffers, part of server->buffered */
    int64_t accepted_us;
    int64_t active_us;  /* last read, or end of a request */
    int64_t partial_us; /* since when an incomplete head, body or frame waits; 0: none */
    int64_t write_us;   /* since when the pending write makes no progress; 0: none pending */
    uint64_t written;   /* the progress at write_us */
    char peer[INET6_ADDRSTRLEN];
    char subject[128];
};

struct http_request {
    h2o_generator_t generator; /* first: the library hands it back */
    h2o_req_t *req;
    struct http_conn *conn;
    struct exchange *exchange; /* NULL: answered by ourselves */
    h2o_linklist_t link;       /* in conn->requests */
    int64_t sent_by_us;        /* 0: not answered yet */
};

struct exchange {
    struct arena arena; /* holds the exchange itself */
    struct exchange_request request;
    struct http_server *server;
    struct http_conn *conn;
    struct http_request *on; /* http thread only; NULL: the client is gone */
    struct exchange *next;   /* in server->answers */
    struct exchange_reply reply;
    int64_t started_us;
    size_t held; /* body bytes, part of server->held */
};

struct http_server {
    struct http_settings set; /* defaults filled in; its listens are not used */
    exchange_handler handler;
    void *handler_arg;
    struct http_listener *listeners;
    size_t n_listeners;
    atomic_size_t refs; /* owner, exchanges */

    pthread_t thread;
    bool is_joined;
    int wake_fd; /* eventfd */

    pthread_mutex_t lock;
    struct exchange *answers, **answers_end; /* under lock */
    bool is_stopped;                         /* under lock: the http thread takes no more */
    int64_t drain_by_us;                     /* under lock; 0: not draining */

    /* http thread only from here */
    h2o_loop_t *loop;
    h2o_socket_t *wake;
    struct http_stack v1, v2;
    h2o_linklist_t conns, dirty;
    size_t n_conns, in_flight, held, buffered;
    int64_t swept_us, accept_paused_us, drain_until_us, cut_us;
    struct http_lingering lingering[HTTP_LINGERING_MAX];
    size_t n_lingering;
    struct budget log_budget, accept_log_budget;
    uint64_t n_unlogged;
};

extern struct metric http_requests_total, http_connections, http_connections_closed_total,
    http_in_flight, http_request_seconds;

/* The server whose http thread this is; NULL on every other thread. */
extern _Thread_local struct http_server *http_thread_server;

/* http_listen.c */
MUST_CHECK enum status http_listen_open(struct http_listener *, const struct http_listen *,
                                        struct err *);

/* http_accept.c */
void http_accept_start(struct http_server *);
void http_accept_stop(struct http_server *);
/* After the process ran out of descriptors: tries again. */
void http_accept_resume(struct http_server *);
MUST_CHECK enum status http_accept_load_tls(const struct http_listener *, SSL_CTX **ret,
                                            struct err *);

/* http_conn.c */
struct http_conn *http_conn_new(struct http_server *, h2o_socket_t *);
void http_conn_unref(struct http_conn *);
/* Wraps the library's read callback; the connection has just become HTTP/1 or HTTP/2. */
void http_conn_guard(struct http_conn *, enum http_phase);
/* True if the connection may go on with the bytes that came before it was HTTP/2. */
bool http_conn_judge(struct http_conn *);
/* Cuts the connection: both directions are shut down, the library notices and cleans up. */
void http_conn_kill(struct http_conn *, const char *reason);
/* As http_conn_kill for a connection that did nothing wrong: not logged. */
void http_conn_end(struct http_conn *, const char *reason);
/* Between requests. */
bool http_conn_is_idle(const struct http_conn *);
/* Ends the connection that has been idle longest, if that is long enough. */
bool http_conn_evict(struct http_server *, int64_t idle_least_us);
/* The library will install its own read callback again. */
void http_conn_mark_dirty(struct http_conn *);
void http_conn_clean(struct http_server *);
/* A request died unanswered. */
void http_conn_count_abandoned(struct http_conn *);

/* http_linger.c */
void http_linger_on_answer(h2o_logger_t *, h2o_req_t *);
void http_linger_step(struct http_server *, int64_t now_us);
void http_linger_end(struct http_server *);

/* http_sweep.c */
void http_sweep(struct http_server *, int64_t now_us);
/* One round of draining; true when nothing is left to wait for. */
bool http_drain_step(struct http_server *, int64_t now_us);

/* http_request.c */
int http_request_on(h2o_handler_t *, h2o_req_t *);

/* http_answer.c */
void http_answer_send(struct http_request *, const struct exchange_reply *);
/* Answers without a handler: a JSON error with static text. */
void http_answer_refusal(struct http_request *, enum status, int http_status, const char *text);
void http_answer_count(int http_status, int http_version);
/* Http thread: everything other threads have answered since. */
void http_answer_take(struct http_server *);
void http_answer_drop(struct exchange *);
void http_server_unref(struct http_server *);
