/* One connection: what it may keep, what it has used up, and how it ends. */
#include "adapters/http_inner.h"

#include "adapters/http1_head.h"

#include <string.h>
#include <sys/socket.h>

enum { WIDE_WINDOW = 16 * 1024 * 1024, INPUT_KEPT_MAX = 64 * 1024 };

static void on_read(h2o_socket_t *sock, const char *err);

static void conn_free(struct http_conn *c)
{
    frame_guard_release(&c->guard);
    SSL_CTX_free(c->tls);
    free(c);
}

void http_conn_unref(struct http_conn *c)
{
    CHECK(c->refs > 0);
    if (--c->refs == 0) {
        conn_free(c);
    }
}

static void set_buffered(struct http_conn *c, size_t bytes)
{
    c->server->buffered += bytes - c->buffered;
    c->buffered = bytes;
}

static void log_close(struct http_conn *c)
{
    struct http_server *s = c->server;
    if (!budget_take(&s->log_budget, monotonic_us(), 10, 50)) {
        s->n_unlogged++;
        return;
    }
    LOG(LOG_NOTICE, "connection cut", KV_C("peer", c->peer), KV_C("reason", c->closed_for),
        KV_INT("requests", c->guard.n_requests), KV_INT("frames", c->guard.n_frames),
        KV_INT("unlogged", s->n_unlogged));
    s->n_unlogged = 0;
}

static void on_closed(void *data)
{
    struct http_conn *c = data;
    struct http_server *s = c->server;
    CHECK(h2o_linklist_is_empty(&c->requests));
    set_buffered(c, 0);
    c->sock = NULL;
    h2o_linklist_unlink(&c->link);
    if (h2o_linklist_is_linked(&c->dirty_link)) {
        h2o_linklist_unlink(&c->dirty_link);
    }
    s->n_conns--;
    metric_add(&http_connections, -1);
    metric_add(&http_connections_closed_total, 1, str_from(c->closed_for ? c->closed_for : "done"));
    http_conn_unref(c);
}

struct http_conn *http_conn_new(struct http_server *s, h2o_socket_t *sock)
{
    struct http_conn *c = calloc(1, sizeof(*c));
    CHECK(c);
    c->server = s;
    c->sock = sock;
    c->refs = 1;
    c->accepted_us = c->active_us = monotonic_us();
    frame_guard_init(&c->guard);
    h2o_linklist_init_anchor(&c->requests);
    h2o_linklist_insert(&s->conns, &c->link);
    struct sockaddr_storage ss;
    char host[NI_MAXHOST];
    socklen_t n = h2o_socket_getpeername(sock, (struct sockaddr *)&ss);
    if (n > 0 && h2o_socket_getnumerichost((struct sockaddr *)&ss, n, host) != SIZE_MAX) {
        /* An IPv4 peer of an IPv6 socket is shown as what it is. */
        const char *shown = strncmp(host, "::ffff:", 7) == 0 ? host + 7 : host;
        size_t len = strnlen(shown, sizeof(c->peer) - 1);
        memcpy(c->peer, shown, len);
    }
    sock->on_close.cb = on_closed;
    sock->on_close.data = c;
    s->n_conns++;
    metric_add(&http_connections, 1);
    return c;
}

void http_conn_kill(struct http_conn *c, const char *reason)
{
    if (!c->sock) {
        return;
    }
    if (!c->closed_for) {
        c->closed_for = reason;
        log_close(c);
    }
    shutdown(h2o_socket_get_fd(c->sock), SHUT_RDWR);
}

void http_conn_end(struct http_conn *c, const char *reason)
{
    c->closed_for = c->closed_for ? c->closed_for : reason;
    shutdown(h2o_socket_get_fd(c->sock), SHUT_RDWR);
}

bool http_conn_is_idle(const struct http_conn *c)
{
    switch (c->phase) {
    case HTTP_HANDSHAKE:
    case HTTP_SNIFF:
        return false;
    case HTTP_V1:
    case HTTP_V2:
        break;
    }
    return c->had_request && !c->closed_for && c->in_flight == 0 && c->buffered == 0 &&
           c->sock->_cb.read && c->sock->input->size == 0 && c->requests.next == &c->requests;
}

bool http_conn_evict(struct http_server *s, int64_t idle_least_us)
{
    struct http_conn *oldest = NULL;
    for (h2o_linklist_t *l = s->conns.next; l != &s->conns; l = l->next) {
        struct http_conn *c = H2O_STRUCT_FROM_MEMBER(struct http_conn, link, l);
        if (http_conn_is_idle(c) && (!oldest || c->active_us < oldest->active_us)) {
            oldest = c;
        }
    }
    if (!oldest || monotonic_us() - oldest->active_us < idle_least_us) {
        return false;
    }
    http_conn_end(oldest, "evicted");
    return true;
}

void http_conn_count_abandoned(struct http_conn *c)
{
    if (c->phase == HTTP_V2 && !c->closed_for &&
        !budget_take(&c->abandoned, monotonic_us(), 10, 100)) {
        http_conn_kill(c, "abandoned_requests");
    }
}

/* GOAWAY(ENHANCE_YOUR_CALM) before the library closes, when nothing blocks its way out. */
static void ask_for_calm(struct http_conn *c)
{
    if (c->sock->_cb.write || !c->sock->_cb.read || !c->guard.has_preface) {
        return;
    }
    h2o_http2_conn_t *h2 = c->sock->data;
    h2o_http2_encode_goaway_frame(&h2->_write.buf, h2->pull_stream_ids.max_open,
                                  H2O_HTTP2_ERROR_ENHANCE_YOUR_CALM, h2o_iovec_init(NULL, 0));
    h2o_http2_conn_request_write(h2);
}

static bool obey(struct http_conn *c, enum guard_verdict v)
{
    if (v == GUARD_OK) {
        return true;
    }
    if (!c->closed_for) {
        c->closed_for = guard_verdict_name(v);
        log_close(c);
    }
    return false;
}

bool http_conn_judge(struct http_conn *c)
{
    h2o_buffer_t *in = c->sock->input;
    return obey(c, frame_guard_check(&c->guard, (uint8_t *)in->bytes, &in->size, monotonic_us()));
}

static uint64_t stream_errors(const struct http_server *s)
{
    const uint64_t *e = s->v2.ctx.http2.events.protocol_level_errors;
    uint64_t sum = 0;
    for (size_t i = 0; i < sizeof(s->v2.ctx.http2.events.protocol_level_errors) / sizeof(*e); i++) {
        sum += e[i];
    }
    return sum;
}

/* What is too large is not kept: the stream ends in a 413 when its last byte has come. A refusal
 * by RST_STREAM would make clients send it all again, and again. */
static void drop_oversized(struct http_conn *c, h2o_http2_stream_t *stream)
{
    h2o_req_getenv(&stream->req, "oversized", 9, 1)->len = 1;
    stream->_expected_content_length = SIZE_MAX;
    if (stream->_req_body->size > 0) {
        h2o_buffer_dispose(&stream->_req_body);
        h2o_buffer_init(&stream->_req_body, &h2o_socket_buffer_prototype);
    }
    c->has_oversized = true;
}

static size_t body_bytes(struct http_conn *c, h2o_http2_conn_t *h2)
{
    size_t sum = 0;
    if (h2->num_streams.pull.open <= h2->num_streams.pull.half_closed) {
        c->has_oversized = false;
        return 0;
    }
    for (khiter_t i = 0; i < kh_end(h2->streams); i++) {
        h2o_http2_stream_t *stream = kh_is_used(h2->streams, i) ? kh_val(h2->streams, i) : NULL;
        if (!stream || stream->state != H2O_HTTP2_STREAM_STATE_RECV_BODY || !stream->_req_body) {
            continue;
        }
        size_t declared = stream->_expected_content_length;
        if (stream->_req_body->size > c->server->set.body_max ||
            (declared != SIZE_MAX && declared > c->server->set.body_max) ||
            (c->has_oversized && h2o_req_getenv(&stream->req, "oversized", 9, 0))) {
            drop_oversized(c, stream);
        }
        sum += stream->_req_body->size;
    }
    return sum;
}

/* The library's first connection window is 64 KB and grows only after it was used. */
static void widen_window(struct http_conn *c, h2o_http2_conn_t *h2)
{
    ssize_t now = h2o_http2_window_get_window(&h2->_input_window);
    if (c->has_wide_window || !c->guard.has_preface || h2->state != H2O_HTTP2_CONN_STATE_OPEN) {
        return;
    }
    c->has_wide_window = true;
    if (now < WIDE_WINDOW / 2) {
        int32_t more = (int32_t)(WIDE_WINDOW - now);
        h2o_http2_encode_window_update_frame(&h2->_write.buf, 0, more);
        h2o_http2_window_update(&h2->_input_window, more);
        h2o_http2_conn_request_write(h2);
    }
}

/* A buffer that once held a large body would stay that large for the life of the connection. */
static void trim_input(h2o_socket_t *sock)
{
    if (sock->input->size == 0 && sock->input->capacity > INPUT_KEPT_MAX) {
        h2o_buffer_dispose(&sock->input);
        h2o_buffer_init(&sock->input, &h2o_socket_buffer_prototype);
    }
}

static void bound_memory(struct http_conn *c, size_t bytes)
{
    struct http_server *s = c->server;
    set_buffered(c, bytes);
    size_t own_max = s->set.buffer_max / 4;
    if (own_max < s->set.body_max + 2 * HTTP_HEAD_MAX) {
        own_max = s->set.body_max + 2 * HTTP_HEAD_MAX;
    }
    if (bytes > own_max) {
        http_conn_kill(c, "body_memory");
    } else if (s->buffered > s->set.buffer_max) {
        struct http_conn *worst = c;
        for (h2o_linklist_t *l = s->conns.next; l != &s->conns; l = l->next) {
            struct http_conn *other = H2O_STRUCT_FROM_MEMBER(struct http_conn, link, l);
            if (other->buffered > worst->buffered && !other->closed_for) {
                worst = other;
            }
        }
        http_conn_kill(worst, "body_memory");
    }
}

static void wrap(struct http_conn *c)
{
    if (c->sock->_cb.read != on_read) {
        c->library_read = c->sock->_cb.read;
        c->sock->_cb.read = on_read;
    }
}

/* The library has seen the input; it still owns the connection. */
static void after_read(struct http_conn *c, size_t had, int64_t now_us)
{
    h2o_socket_t *sock = c->sock;
    wrap(c);
    c->active_us = now_us;
    size_t left = sock->input->size;
    if (left == 0) {
        c->partial_us = 0;
    } else if (c->partial_us == 0 || left < had) {
        c->partial_us = now_us;
    }
    size_t bytes = left;
    if (c->phase == HTTP_V2) {
        h2o_http2_conn_t *h2 = sock->data;
        widen_window(c, h2);
        bytes += body_bytes(c, h2);
    } else if (left > HTTP_HEAD_MAX &&
               http1_head_len((struct str){sock->input->bytes, HTTP_HEAD_MAX}) == 0) {
        http_conn_kill(c, "header_block");
    }
    trim_input(sock);
    bound_memory(c, bytes);
}

static void on_read(h2o_socket_t *sock, const char *err)
{
    struct http_conn *c = sock->on_close.data;
    int64_t now_us = monotonic_us();
    c->refs++;
    if (!err && c->phase == HTTP_V2 && !http_conn_judge(c)) {
        ask_for_calm(c);
        err = h2o_socket_error_closed;
    }
    size_t had = sock->input->size;
    uint64_t errors = stream_errors(c->server);
    c->library_read(sock, err);
    /* Without a read callback the library's connection may be gone already, while a TLS
     * close_notify is on its way out. */
    if (c->sock && sock->_cb.read) {
        after_read(c, had, now_us);
        if (c->phase == HTTP_V2) {
            errors = stream_errors(c->server) - errors;
            if (!obey(c, frame_guard_charge(&c->guard, errors, now_us))) {
                http_conn_kill(c, "resets");
            }
        }
    } else if (c->sock) {
        if (c->closed_for) { /* the library waits for a write in flight, which may never end */
            shutdown(h2o_socket_get_fd(sock), sock->_cb.write ? SHUT_RDWR : SHUT_RD);
        }
        http_conn_mark_dirty(c);
    }
    http_conn_unref(c);
}

void http_conn_guard(struct http_conn *c, enum http_phase phase)
{
    c->phase = phase;
    if (!c->sock) {
        return;
    }
    if (c->sock->_cb.read) {
        after_read(c, c->sock->input->size, monotonic_us());
    } else {
        http_conn_mark_dirty(c);
    }
}

void http_conn_mark_dirty(struct http_conn *c)
{
    if (c->sock && !h2o_linklist_is_linked(&c->dirty_link)) {
        h2o_linklist_insert(&c->server->dirty, &c->dirty_link);
    }
}

void http_conn_clean(struct http_server *s)
{
    h2o_linklist_t *next;
    for (h2o_linklist_t *l = s->dirty.next; l != &s->dirty; l = next) {
        next = l->next;
        struct http_conn *c = H2O_STRUCT_FROM_MEMBER(struct http_conn, dirty_link, l);
        if (c->sock->_cb.read) {
            h2o_linklist_unlink(l);
            after_read(c, SIZE_MAX, monotonic_us());
        } else if (c->phase == HTTP_V1) {
            h2o_linklist_unlink(l); /* comes back when its request is done */
        }
    }
}
