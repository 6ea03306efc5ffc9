/* A complete request of the library becomes an exchange for the handler, or is refused. */
#include "adapters/http_inner.h"

#include "adapters/http1_head.h"

#include <string.h>

enum { HEADERS_MAX = 64, HEADER_BYTES_MAX = 16 * 1024 };

static struct str of_iovec(h2o_iovec_t v)
{
    return (struct str){v.base ? v.base : "", v.len};
}

/* The library's request dies: answered, reset by the peer, or its connection closed. */
static void on_request_gone(void *p)
{
    struct http_request *r = p;
    h2o_linklist_unlink(&r->link);
    if (r->exchange && r->sent_by_us) {
        http_answer_drop(r->exchange);
    } else if (r->exchange) {
        r->exchange->on = NULL;
        http_conn_count_abandoned(r->conn);
    }
    http_conn_mark_dirty(r->conn);
}

static bool is_clean(struct str s, unsigned char least)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if ((c < least && c != '\t') || c == 0x7f) {
            return false;
        }
    }
    return true;
}

/* The library drops repeated lengths before we see them, but the raw head is still there. */
static const char *find_head_fault(h2o_req_t *req, h2o_socket_t *sock)
{
    if (req->version >= 0x200) {
        return NULL;
    }
    struct str raw = {sock->input->bytes, sock->input->size};
    size_t n = http1_head_len(raw);
    return n ? http1_head_fault(str_slice(raw, 0, n)) : NULL;
}

static bool is_too_many_headers(const h2o_req_t *req)
{
    size_t bytes = 0;
    for (size_t i = 0; i < req->headers.size && i <= HEADERS_MAX; i++) {
        bytes += req->headers.entries[i].name->len + req->headers.entries[i].value.len;
    }
    bytes += req->input.path.len + req->input.authority.len;
    return req->headers.size > HEADERS_MAX || bytes > HEADER_BYTES_MAX;
}

static const char *find_fault(h2o_req_t *req, h2o_socket_t *sock)
{
    if (req->input.path.len == 0 || req->input.path.base[0] != '/' ||
        !is_clean(of_iovec(req->input.path), 0x21)) {
        return "bad request target";
    }
    for (size_t i = 0; i < req->headers.size; i++) {
        if (!is_clean(of_iovec(req->headers.entries[i].value), 0x20)) {
            return "control byte in a header";
        }
    }
    return find_head_fault(req, sock);
}

static bool is_body_too_large(const struct http_server *s, h2o_req_t *req)
{
    return req->entity.len > s->set.body_max || h2o_req_getenv(req, "oversized", 9, 0) != NULL;
}

/* True if the request was refused. */
static bool refuse(struct http_request *r)
{
    struct http_conn *c = r->conn;
    struct http_server *s = c->server;
    h2o_req_t *req = r->req;
    if (c->closed_for) {
        http_answer_refusal(r, ERR_UNAVAILABLE, 503, "connection is being closed");
    } else if (is_too_many_headers(req)) {
        req->http1_is_persistent = 0;
        http_answer_refusal(r, ERR_TOO_LARGE, 431, "too many or too large headers");
    } else if (find_fault(req, c->sock)) {
        req->http1_is_persistent = 0;
        http_answer_refusal(r, ERR_SYNTAX, 400, find_fault(req, c->sock));
    } else if (is_body_too_large(s, req)) {
        http_answer_refusal(r, ERR_TOO_LARGE, 413, "request body is too large");
    } else if (s->in_flight >= s->set.max_in_flight ||
               c->in_flight >= s->set.max_in_flight_per_connection ||
               s->held + req->entity.len > s->set.buffer_max) {
        http_answer_refusal(r, ERR_UNAVAILABLE, 503, "too many requests are waiting");
    } else {
        return false;
    }
    return true;
}

static enum http_method method_of(h2o_iovec_t m)
{
    enum http_method method;
    return http_method_from_name(of_iovec(m), &method) ? method : HTTP_OTHER;
}

static size_t text_bytes(const h2o_req_t *req)
{
    size_t n = req->input.path.len + req->input.authority.len + req->entity.len;
    for (size_t i = 0; i < req->headers.size; i++) {
        n += req->headers.entries[i].name->len + req->headers.entries[i].value.len;
    }
    return n;
}

static struct str copy(char **to, h2o_iovec_t from)
{
    struct str s = {*to, from.len};
    if (from.len > 0) {
        memcpy(*to, from.base, from.len);
    }
    *to += from.len;
    return s;
}

static void fill_request(struct exchange *x, h2o_req_t *req, char *text)
{
    struct exchange_request *q = &x->request;
    struct exchange_header *headers =
        ARENA_ARRAY(&x->arena, struct exchange_header, req->headers.size);
    for (size_t i = 0; i < req->headers.size; i++) {
        headers[i].name = copy(&text, *req->headers.entries[i].name);
        headers[i].value = copy(&text, req->headers.entries[i].value);
    }
    struct str target = copy(&text, req->input.path);
    size_t mark = str_find(target, '?', 0);
    *q = (struct exchange_request){
        .method = method_of(req->input.method),
        .path = str_slice(target, 0, mark),
        .query = mark == SIZE_MAX ? STR_EMPTY : str_slice(target, mark + 1, target.n),
        .authority = copy(&text, req->input.authority),
        .headers = headers,
        .n_headers = req->headers.size,
        .body = copy(&text, req->entity),
        .peer = str_from(x->conn->peer),
        .client_subject = str_from(x->conn->subject),
        .is_tls = x->conn->tls != NULL,
        .http_version = req->version,
    };
}

static struct exchange *exchange_new(struct http_request *r)
{
    h2o_req_t *req = r->req;
    size_t n_text = text_bytes(req);
    struct arena arena;
    arena_init_sized(&arena, sizeof(struct exchange) + n_text + 1024 +
                                 req->headers.size * sizeof(struct exchange_header));
    struct exchange *x = ARENA_NEW(&arena, struct exchange);
    char *text = arena_alloc(&arena, n_text);
    x->arena = arena;
    x->server = r->conn->server;
    x->conn = r->conn;
    x->on = r;
    x->started_us = monotonic_us();
    x->held = req->entity.len;
    fill_request(x, req, text);
    x->conn->refs++;
    x->conn->in_flight++;
    x->server->in_flight++;
    x->server->held += x->held;
    atomic_fetch_add(&x->server->refs, 1);
    metric_add(&http_in_flight, 1);
    return x;
}

/* The exchange has its copy; the library would keep the body until the answer was sent. */
static void release_body(h2o_req_t *req)
{
    if (req->version >= 0x200) {
        h2o_http2_stream_t *stream = H2O_STRUCT_FROM_MEMBER(h2o_http2_stream_t, req, req);
        if (stream->_req_body) {
            h2o_buffer_dispose(&stream->_req_body);
            stream->_req_body = NULL;
            req->entity = h2o_iovec_init(NULL, 0);
        }
    }
}

int http_request_on(h2o_handler_t *self, h2o_req_t *req)
{
    (void)self;
    struct http_conn *c = req->conn->callbacks->get_socket(req->conn)->on_close.data;
    struct http_request *r = h2o_mem_alloc_shared(&req->pool, sizeof(*r), on_request_gone);
    *r = (struct http_request){.req = req, .conn = c};
    h2o_linklist_insert(&c->requests, &r->link);
    c->had_request = true;
    c->partial_us = 0;
    if (!refuse(r)) {
        r->exchange = exchange_new(r);
        release_body(req);
        c->server->handler(c->server->handler_arg, r->exchange);
    }
    return 0;
}
