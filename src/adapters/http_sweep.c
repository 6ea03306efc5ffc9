/* Four times a second: everything that waits for a peer has a deadline here. The library's own
 * timers restart with every byte (HTTP/2) or cover too much at once (HTTP/1), and follow the wall
 * clock. */
#include "adapters/http_inner.h"

#include "adapters/http1_head.h"

#include <linux/tcp.h>
#include <sys/time.h>

enum { BODY_RATE_LEAST = 1024, BODY_RATE_TOTAL = 64 * 1024, PAUSE_US = 100 * 1000 };

static bool is_body_late(const struct http_server *s, int64_t age_us, size_t received)
{
    int64_t n = (int64_t)received;
    return age_us > s->set.header_us + n * US_PER_S / BODY_RATE_LEAST ||
           age_us > s->set.body_us + n * US_PER_S / BODY_RATE_TOTAL;
}

static void sweep_v1(struct http_conn *c, int64_t now_us)
{
    struct http_server *s = c->server;
    if (!c->sock->_cb.read) {
        return; /* a request is being answered */
    }
    if (c->sock->input->size == 0) {
        if (c->had_request && now_us - c->active_us > s->set.idle_us) {
            http_conn_end(c, "idle");
        }
        return;
    }
    if (c->partial_us == 0) {
        c->partial_us = now_us;
    }
    size_t n = c->sock->input->size;
    struct str head = {c->sock->input->bytes, n < HTTP_HEAD_MAX ? n : HTTP_HEAD_MAX};
    int64_t age_us = now_us - c->partial_us;
    if (http1_head_len(head) == 0) {
        if (age_us > s->set.header_us) {
            http_conn_kill(c, "slow_headers");
        }
    } else if (is_body_late(s, age_us, n)) {
        http_conn_kill(c, "slow_body");
    }
}

static int64_t wall_us(struct timeval at)
{
    return (int64_t)at.tv_sec * US_PER_S + at.tv_usec;
}

static const char *judge_stream(const struct http_server *s, h2o_http2_stream_t *stream,
                                int64_t wall_now_us)
{
    int64_t age_us = wall_now_us - wall_us(stream->req.timestamps.request_begin_at);
    switch (stream->state) {
    case H2O_HTTP2_STREAM_STATE_RECV_HEADERS:
        return age_us > s->set.header_us ? "slow_headers" : NULL;
    case H2O_HTTP2_STREAM_STATE_RECV_BODY: {
        size_t n = stream->_req_body ? stream->_req_body->size : 0;
        if (h2o_req_getenv(&stream->req, "oversized", 9, 0)) {
            return age_us > s->set.body_us ? "slow_body" : NULL;
        }
        return is_body_late(s, age_us, n) ? "slow_body" : NULL;
    }
    case H2O_HTTP2_STREAM_STATE_IDLE:
    case H2O_HTTP2_STREAM_STATE_REQ_PENDING:
    case H2O_HTTP2_STREAM_STATE_SEND_HEADERS:
    case H2O_HTTP2_STREAM_STATE_SEND_BODY:
    case H2O_HTTP2_STREAM_STATE_SEND_BODY_IS_FINAL:
    case H2O_HTTP2_STREAM_STATE_END_STREAM:
        break;
    }
    return NULL;
}

static void sweep_v2(struct http_conn *c, int64_t now_us)
{
    struct http_server *s = c->server;
    if (!c->sock->_cb.read) {
        return; /* the library may have freed its part already */
    }
    if (c->partial_us && now_us - c->partial_us > s->set.body_us) {
        http_conn_kill(c, "slow_frame");
        return;
    }
    h2o_http2_conn_t *h2 = c->sock->data;
    if (h2->num_streams.pull.open <= h2->num_streams.pull.half_closed) {
        if (c->partial_us && now_us - c->partial_us > s->set.header_us) {
            http_conn_kill(c, "slow_headers"); /* no body is open: it can only be a head */
        }
        return;
    }
    struct timeval tv;
    gettimeofday(&tv, NULL);
    const char *reason = NULL;
    for (khiter_t i = 0; i < kh_end(h2->streams) && !reason; i++) {
        if (kh_is_used(h2->streams, i)) {
            reason = judge_stream(s, kh_val(h2->streams, i), wall_us(tv));
        }
    }
    if (reason) {
        http_conn_kill(c, reason);
    }
}

/* Grows as long as the peer takes what we have for it: what the library has written, and what the
 * peer's kernel has acknowledged of it. */
static uint64_t write_progress(const struct http_conn *c)
{
    struct tcp_info info = {0};
    socklen_t n = sizeof(info);
    (void)getsockopt(h2o_socket_get_fd(c->sock), IPPROTO_TCP, TCP_INFO, &info, &n);
    return c->sock->bytes_written + info.tcpi_bytes_acked;
}

/* A peer that does not read: an answer is not taken within its time, or nothing moves. */
static void sweep_writes(struct http_conn *c, int64_t now_us)
{
    bool is_waiting = c->sock->_cb.write != NULL, is_late = false;
    for (h2o_linklist_t *l = c->requests.next; l != &c->requests; l = l->next) {
        struct http_request *r = H2O_STRUCT_FROM_MEMBER(struct http_request, link, l);
        is_waiting |= r->sent_by_us != 0;
        is_late |= r->sent_by_us && now_us > r->sent_by_us;
    }
    if (!is_waiting) {
        c->write_us = 0;
        return;
    }
    uint64_t progress = write_progress(c);
    if (c->write_us == 0 || c->written != progress) {
        c->write_us = now_us;
        c->written = progress;
    }
    if (is_late || now_us - c->write_us > c->server->set.write_us) {
        http_conn_kill(c, "slow_read");
    }
}

static void sweep_conn(struct http_conn *c, int64_t now_us)
{
    int64_t header_us = c->server->set.header_us;
    switch (c->phase) {
    case HTTP_HANDSHAKE:
        if (now_us - c->accepted_us > header_us) {
            http_conn_kill(c, "slow_handshake");
        }
        return;
    case HTTP_SNIFF:
        break;
    case HTTP_V1:
        sweep_v1(c, now_us);
        break;
    case HTTP_V2:
        sweep_v2(c, now_us);
        break;
    }
    /* Whoever connects says something: silent connections would use up the cap. */
    if (!c->had_request && c->guard.n_requests == 0 && now_us - c->accepted_us > header_us &&
        (c->phase == HTTP_SNIFF || (c->sock->input->size == 0 && c->buffered == 0))) {
        http_conn_kill(c, "no_request");
    }
    sweep_writes(c, now_us);
}

void http_sweep(struct http_server *s, int64_t now_us)
{
    s->swept_us = now_us;
    if (s->accept_paused_us && now_us - s->accept_paused_us > PAUSE_US) {
        http_accept_resume(s);
    }
    for (h2o_linklist_t *l = s->conns.next; l != &s->conns; l = l->next) {
        sweep_conn(H2O_STRUCT_FROM_MEMBER(struct http_conn, link, l), now_us);
    }
}

static bool is_idle(const struct http_conn *c)
{
    switch (c->phase) {
    case HTTP_HANDSHAKE:
    case HTTP_SNIFF:
        return true;
    case HTTP_V1:
        return c->sock->_cb.read && c->sock->input->size == 0;
    case HTTP_V2:
        return false; /* GOAWAY lets the client finish; the library closes */
    }
    return false;
}

static void refuse_all(struct http_conn *c)
{
    h2o_linklist_t *next;
    for (h2o_linklist_t *l = c->requests.next; l != &c->requests; l = next) {
        next = l->next;
        struct http_request *r = H2O_STRUCT_FROM_MEMBER(struct http_request, link, l);
        if (r->exchange && !r->sent_by_us) {
            r->exchange->on = NULL; /* whoever holds it answers into the void */
            r->exchange = NULL;
            http_answer_refusal(r, ERR_UNAVAILABLE, 503, "shutting down");
        }
    }
}

bool http_drain_step(struct http_server *s, int64_t now_us)
{
    enum { FLUSH_US = 300 * 1000, GIVE_UP_US = 2 * 1000 * 1000 };
    bool is_late = now_us > s->drain_until_us;
    bool is_cut = s->cut_us && now_us - s->cut_us > FLUSH_US;
    h2o_linklist_t *next;
    for (h2o_linklist_t *l = s->conns.next; l != &s->conns; l = next) {
        next = l->next;
        struct http_conn *c = H2O_STRUCT_FROM_MEMBER(struct http_conn, link, l);
        if (is_late && !s->cut_us) {
            refuse_all(c);
        }
        if (is_cut || is_idle(c)) {
            http_conn_end(c, "drain");
        }
    }
    if (is_late && !s->cut_us) {
        s->cut_us = now_us;
    }
    return h2o_linklist_is_empty(&s->conns) || (s->cut_us && now_us - s->cut_us > GIVE_UP_US);
}
