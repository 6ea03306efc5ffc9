#pragma once
/* exchange — one inbound HTTP request and its answer.
 *
 * The server (adapters/http_server.h) calls one handler on the http thread; the handler must not
 * block. It either answers at once or hands the exchange to another thread, which answers later.
 * Whoever holds the exchange answers it exactly once; that ends its life. When the client goes away
 * meanwhile the exchange stays valid: committed work continues and only the answer is dropped.
 * The request's bytes are copies that live until the answer.
 * Layer: ports. */
#include "base/err.h"

struct exchange;

#define HTTP_METHODS(X)                                                                            \
    X(HTTP_GET, "GET")                                                                             \
    X(HTTP_HEAD, "HEAD")                                                                           \
    X(HTTP_POST, "POST")                                                                           \
    X(HTTP_PUT, "PUT")                                                                             \
    X(HTTP_DELETE, "DELETE")                                                                       \
    X(HTTP_OPTIONS, "OPTIONS")                                                                     \
    X(HTTP_OTHER, "other")
ENUM_DECLARE(http_method, HTTP_METHODS)

struct exchange_header {
    struct str name; /* lower case */
    struct str value;
};

struct exchange_request {
    enum http_method method;
    struct str path;  /* raw, starts with '/', without the query; not percent-decoded */
    struct str query; /* behind '?', may be empty */
    struct str authority;
    const struct exchange_header *headers;
    size_t n_headers;
    struct str body;
    struct str peer;           /* numeric address of the connection's other end */
    struct str client_subject; /* mTLS: subject CN of the verified client certificate, or empty */
    bool is_tls;
    int http_version; /* 0x100, 0x101, 0x200 */
};

struct exchange_reply {
    int status;
    struct str content_type; /* may be empty */
    struct str body;
    const struct exchange_header *headers; /* further ones; must not repeat content-type/length */
    size_t n_headers;
};

/* Http thread only, must not block. Owns the exchange. */
typedef void (*exchange_handler)(void *arg, struct exchange *);

/* Valid until exchange_answer. */
const struct exchange_request *exchange_request(const struct exchange *);
/* For what belongs to this request; freed with it. One thread at a time: whoever holds the
 * exchange. */
struct arena *exchange_arena(struct exchange *);
/* First header of that (lower-case) name, or an empty str with p == NULL. */
struct str exchange_header(const struct exchange *, struct str name);
/* Any thread. Copies what it needs, sends, frees the exchange. Every reply gets the security
 * headers of docs/http-api.md (nosniff, no-referrer, no-store, CSP) unless `headers` sets that
 * name. */
void exchange_answer(struct exchange *, const struct exchange_reply *);
/* A JSON error body {"error":{"code":…,"message":…}} with the status of the code table; 503 gets
 * Retry-After: 5. Only err_user() is shown. */
void exchange_answer_error(struct exchange *, const struct err *);
