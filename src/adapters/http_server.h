#pragma once
/* http_server — inbound HTTP/1.1 and HTTP/2, plain and over TLS, on one thread of its own.
 *
 * Implements ports/exchange.h on libh2o. Each request becomes a struct exchange and is given to the
 * handler on the http thread; answers may come from any thread. Plain listeners take HTTP/1.1 and
 * HTTP/2 by prior knowledge (no Upgrade); TLS ones negotiate by ALPN. What an abusive peer can cost
 * is bounded here: frame_guard.h for HTTP/2, deadlines for everything that waits for the peer,
 * byte and count limits for everything that is kept. A peer that exceeds them is disconnected, the
 * reason is counted in alertify_http_connections_closed_total and logged (10 per second, 50 at
 * once). Layer: adapters. Owner: app. http_server_* may be called from any one thread, not from the
 * http thread.
 *
 *     struct http_listen listen = {.host = "127.0.0.1", .port = 8080};
 *     struct http_settings settings = {.listens = &listen, .n_listens = 1};
 *     status = http_server_start(&settings, on_request, flow, &server, err);
 *     …
 *     http_server_drain(server, 10 * US_PER_S);
 *     http_server_free(server);
 */
#include "base/time_units.h"
#include "ports/exchange.h"

struct http_server;

struct http_listen {
    const char *host;                 /* name or address; NULL or empty: all addresses */
    uint16_t port;                    /* 0: one the kernel picks (http_server_port) */
    const char *cert_file, *key_file; /* PEM, both or neither (plain) */
    const char *client_ca_file;       /* PEM; NULL: client certificates are not asked for */
    bool is_client_cert_required;     /* false: a client may come without one */
};

/* Everything that is 0 takes its default. Strings need to live during http_server_start only. */
struct http_settings {
    const struct http_listen *listens;
    size_t n_listens;
    size_t body_max;        /* bytes of one request body; default 16 MiB; beyond: 413 */
    size_t buffer_max;      /* bytes of bodies arriving and unanswered, all together; 256 MiB; one
                               connection may fill a quarter of it */
    int64_t header_us;      /* handshake, first request, and each request's head; 5 s */
    int64_t body_us;        /* whole body, plus 1 s per 64 KiB; at least 1 KiB/s; 30 s */
    int64_t idle_us;        /* between requests; 330 s: Alertmanager keeps its connections 5 min */
    int64_t write_us;       /* for the peer to read an answer, plus 1 s per 32 KiB; 10 s */
    size_t max_connections; /* 4096; beyond: the longest idle one goes, or the new */
    size_t max_in_flight;   /* requests given to the handler, unanswered; 4096 */
    size_t max_in_flight_per_connection; /* 100; beyond either: 503 with Retry-After */
};

/* ERR_INVALID: settings, certificate or key; ERR_IO: the address cannot be listened on. Ignores
 * SIGPIPE for the process. When it returns OK, connections are accepted. */
MUST_CHECK enum status http_server_start(const struct http_settings *, exchange_handler, void *arg,
                                         struct http_server **ret, struct err *);
/* The port that listener i really has. */
uint16_t http_server_port(const struct http_server *, size_t i);
/* Reads certificates, keys and CA files again; new connections use them. On error all listeners
 * keep what they have. */
MUST_CHECK enum status http_server_reload_tls(struct http_server *, struct err *);
/* Stops accepting, says GOAWAY, closes what is idle, waits for what is in flight. After timeout_us
 * the rest is answered 503 and closed. Returns when the http thread has ended; exchanges that are
 * still held may be answered afterwards, into the void. */
void http_server_drain(struct http_server *, int64_t timeout_us);
/* Drains (without waiting) unless done. NULL is fine. Held exchanges stay valid. */
void http_server_free(struct http_server *);
