/* The answering half of ports/exchange.h: from any thread back to the http thread and out. */
#include "adapters/http_inner.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { WRITE_RATE = 32 * 1024 };

static const struct exchange_header security_headers[] = {
    {{"x-content-type-options", 22}, {"nosniff", 7}},
    {{"referrer-policy", 15}, {"no-referrer", 11}},
    {{"cache-control", 13}, {"no-store", 8}},
    {{"content-security-policy", 23},
     {"default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'", 79}},
    {{"strict-transport-security", 25}, {"max-age=31536000", 16}}, /* last: TLS only */
};

const struct exchange_request *exchange_request(const struct exchange *x)
{
    return &x->request;
}

struct arena *exchange_arena(struct exchange *x)
{
    return &x->arena;
}

struct str exchange_header(const struct exchange *x, struct str name)
{
    for (size_t i = 0; i < x->request.n_headers; i++) {
        if (str_eq(x->request.headers[i].name, name)) {
            return x->request.headers[i].value;
        }
    }
    return (struct str){NULL, 0};
}

static const char *reason_of(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {409, "Conflict"},
        {413, "Content Too Large"},
        {422, "Unprocessable Content"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {503, "Service Unavailable"},
    };
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (reasons[i].status == status) {
            return reasons[i].reason;
        }
    }
    return "Other";
}

static bool has_header(const struct exchange_reply *reply, struct str name)
{
    for (size_t i = 0; i < reply->n_headers; i++) {
        if (str_eq_nocase(reply->headers[i].name, name)) {
            return true;
        }
    }
    return false;
}

static void add_header(h2o_req_t *req, const struct exchange_header *h)
{
    h2o_add_header_by_str(&req->pool, &req->res.headers, h->name.p, h->name.n, 1, NULL, h->value.p,
                          h->value.n);
}

static void add_headers(h2o_req_t *req, const struct exchange_reply *reply, bool is_tls)
{
    size_t n = sizeof(security_headers) / sizeof(security_headers[0]) - (is_tls ? 0 : 1);
    if (reply->content_type.n > 0) {
        h2o_add_header(&req->pool, &req->res.headers, H2O_TOKEN_CONTENT_TYPE, NULL,
                       reply->content_type.p, reply->content_type.n);
    }
    for (size_t i = 0; i < n; i++) {
        if (!has_header(reply, security_headers[i].name)) {
            add_header(req, &security_headers[i]);
        }
    }
    for (size_t i = 0; i < reply->n_headers; i++) {
        add_header(req, &reply->headers[i]);
    }
}

static struct str status_text(int status, char out[4])
{
    if (status < 100 || status > 999) {
        status = 500;
    }
    out[0] = (char)('0' + status / 100);
    out[1] = (char)('0' + status / 10 % 10);
    out[2] = (char)('0' + status % 10);
    return (struct str){out, 3};
}

void http_answer_count(int status, int version)
{
    char code[4];
    struct str v = version >= 0x200 ? STR("2") : version == 0x101 ? STR("1.1") : STR("1.0");
    metric_add(&http_requests_total, 1, status_text(status, code), v);
}

/* The reply's strings must live until the library's request is gone. */
void http_answer_send(struct http_request *r, const struct exchange_reply *reply)
{
    h2o_req_t *req = r->req;
    bool has_no_body = reply->status == 204 || reply->status == 304;
    bool is_head = h2o_memis(req->input.method.base, req->input.method.len, "HEAD", 4);
    r->sent_by_us = monotonic_us() + r->conn->server->set.write_us +
                    (int64_t)reply->body.n * US_PER_S / WRITE_RATE;
    r->generator = (h2o_generator_t){NULL, NULL};
    req->res.status = reply->status;
    req->res.reason = reason_of(reply->status);
    if (!has_no_body) {
        req->res.content_length = reply->body.n;
    }
    add_headers(req, reply, r->conn->tls != NULL);
    http_answer_count(reply->status, req->version);
    h2o_iovec_t body = h2o_iovec_init(reply->body.p, reply->body.n);
    h2o_start_response(req, &r->generator);
    h2o_send(req, &body, has_no_body || is_head || body.len == 0 ? 0 : 1, H2O_SEND_STATE_FINAL);
}

void http_answer_refusal(struct http_request *r, enum status code, int http_status,
                         const char *text)
{
    static const struct exchange_header retry = {{"retry-after", 11}, {"5", 1}};
    h2o_iovec_t body =
        h2o_concat(&r->req->pool, h2o_iovec_init(H2O_STRLIT("{\"error\":{\"code\":\"")),
                   h2o_iovec_init(status_name(code), strlen(status_name(code))),
                   h2o_iovec_init(H2O_STRLIT("\",\"message\":\"")),
                   h2o_iovec_init(text, strlen(text)), h2o_iovec_init(H2O_STRLIT("\"}}\n")));
    struct exchange_reply reply = {
        .status = http_status,
        .content_type = STR("application/json"),
        .body = {body.base, body.len},
        .headers = &retry,
        .n_headers = http_status == 503 ? 1 : 0,
    };
    http_answer_send(r, &reply);
}

void http_answer_drop(struct exchange *x)
{
    struct http_server *s = x->server;
    http_conn_unref(x->conn);
    struct arena arena = x->arena;
    arena_release(&arena);
    http_server_unref(s);
}

/* Http thread. The exchange is answered: its slot is free whether or not the client is there. */
static void finish(struct exchange *x)
{
    struct http_server *s = x->server;
    s->in_flight--;
    s->held -= x->held;
    x->conn->in_flight--;
    metric_add(&http_in_flight, -1);
    metric_observe(&http_request_seconds,
                   (double)(monotonic_us() - x->started_us) / (double)US_PER_S);
    if (x->on) {
        http_answer_send(x->on, &x->reply); /* frees x when it is sent */
    } else {
        http_answer_count(499, x->request.http_version); /* the client is gone */
        http_answer_drop(x);
    }
}

void http_answer_take(struct http_server *s)
{
    pthread_mutex_lock(&s->lock);
    struct exchange *x = s->answers;
    s->answers = NULL;
    s->answers_end = &s->answers;
    pthread_mutex_unlock(&s->lock);
    while (x) {
        struct exchange *next = x->next;
        finish(x);
        x = next;
    }
}

/* A header that would break out of its line is our bug or a hostile value: it is left out. */
static bool is_sendable(const struct exchange_header *h)
{
    for (size_t i = 0; i < h->value.n; i++) {
        unsigned char c = (unsigned char)h->value.p[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f) {
            return false;
        }
    }
    return h->name.n > 0;
}

static void copy_reply(struct exchange *x, const struct exchange_reply *reply)
{
    struct exchange_header *headers =
        ARENA_ARRAY(&x->arena, struct exchange_header, reply->n_headers);
    size_t n = 0;
    for (size_t i = 0; i < reply->n_headers; i++) {
        if (is_sendable(&reply->headers[i])) {
            headers[n].name = str_dup(&x->arena, reply->headers[i].name);
            headers[n++].value = str_dup(&x->arena, reply->headers[i].value);
        }
    }
    x->reply = (struct exchange_reply){
        .status = reply->status,
        .content_type = str_dup(&x->arena, reply->content_type),
        .body = str_dup(&x->arena, reply->body),
        .headers = headers,
        .n_headers = n,
    };
}

void exchange_answer(struct exchange *x, const struct exchange_reply *reply)
{
    struct http_server *s = x->server;
    CHECK(reply->status >= 200 && reply->status <= 599);
    copy_reply(x, reply);
    if (http_thread_server == s) {
        finish(x);
        return;
    }
    pthread_mutex_lock(&s->lock);
    if (s->is_stopped) {
        /* No http thread any more: nobody else can be counting this connection's references
         * except others under this lock. */
        atomic_fetch_add(&s->refs, 1);
        metric_add(&http_in_flight, -1);
        http_answer_drop(x);
        pthread_mutex_unlock(&s->lock);
        http_server_unref(s);
        return;
    }
    bool is_first = s->answers == NULL;
    x->next = NULL;
    *s->answers_end = x;
    s->answers_end = &x->next;
    if (is_first) {
        uint64_t one = 1;
        ssize_t n = write(s->wake_fd, &one, sizeof(one));
        (void)n; /* full means a wake is pending already */
    }
    pthread_mutex_unlock(&s->lock);
}

static void add_json_text(struct strbuf *b, const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p == '"' || *p == '\\') {
            strbuf_add_char(b, '\\');
        }
        if (*p < 0x20) {
            strbuf_printf(b, "\\u%04x", *p);
        } else {
            strbuf_add_char(b, (char)*p);
        }
    }
}

void exchange_answer_error(struct exchange *x, const struct err *err)
{
    static const struct exchange_header retry = {{"retry-after", 11}, {"5", 1}};
    struct strbuf b;
    strbuf_init(&b, &x->arena, 2048);
    strbuf_printf(&b, "{\"error\":{\"code\":\"%s\",\"message\":\"", status_name(err->code));
    add_json_text(&b, err_user(err));
    strbuf_add(&b, STR("\"}}\n"));
    int status = status_http(err->code);
    struct exchange_reply reply = {
        .status = status,
        .content_type = STR("application/json"),
        .body = strbuf_str(&b),
        .headers = &retry,
        .n_headers = status == 503 ? 1 : 0,
    };
    exchange_answer(x, &reply);
}
