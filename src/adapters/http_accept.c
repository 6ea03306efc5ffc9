/* From a new connection to the library's HTTP/1 or HTTP/2: TLS handshake and ALPN, or a look at the
 * first bytes. h2o_accept is not used: it leaves no room for the frame guard. */
#include "adapters/http_inner.h"

#include "adapters/http_tls.h"

#include <errno.h>
#include <string.h>

enum { ACCEPT_BATCH = 64, EVICT_IDLE_US = 2 * 1000 * 1000 };

static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

static void become_v2(struct http_conn *c, struct timeval at)
{
    if (!http_conn_judge(c)) {
        h2o_socket_close(c->sock);
        return;
    }
    c->refs++;
    h2o_http2_accept(&c->server->v2.accept, c->sock, at);
    http_conn_guard(c, HTTP_V2);
    http_conn_unref(c);
}

static void become_v1(struct http_conn *c, struct timeval at)
{
    c->refs++;
    c->phase = HTTP_V1;
    h2o_http1_accept(&c->server->v1.accept, c->sock, at);
    http_conn_guard(c, HTTP_V1);
    http_conn_unref(c);
}

static struct timeval wall_now(struct http_server *s)
{
    return *h2o_get_timestamp(&s->v1.ctx, NULL, NULL);
}

static void on_first_bytes(h2o_socket_t *sock, const char *err)
{
    struct http_conn *c = sock->on_close.data;
    if (err) {
        h2o_socket_close(sock);
        return;
    }
    size_t n = sock->input->size < sizeof(preface) - 1 ? sock->input->size : sizeof(preface) - 1;
    if (n == 0) {
        return;
    }
    bool is_v2 = memcmp(sock->input->bytes, preface, n) == 0;
    if (is_v2 && n < sizeof(preface) - 1) {
        return; /* the sweep limits the waiting */
    }
    h2o_socket_read_stop(sock);
    if (is_v2) {
        become_v2(c, wall_now(c->server));
    } else {
        become_v1(c, wall_now(c->server));
    }
}

static void on_handshake(h2o_socket_t *sock, const char *err)
{
    struct http_conn *c = sock->on_close.data;
    if (err) {
        if (!c->closed_for) {
            c->closed_for = "handshake";
        }
        h2o_socket_close(sock);
        return;
    }
    h2o_iovec_t protocol = h2o_socket_ssl_get_selected_protocol(sock);
    if (protocol.len == 2 && memcmp(protocol.base, "h2", 2) == 0) {
        become_v2(c, wall_now(c->server));
    } else {
        become_v1(c, wall_now(c->server));
    }
}

/* The library has no accessor for the SSL object, but its BIO carries the socket: so the
 * certificate is taken when the handshake ends. */
static void on_tls_info(const SSL *ssl, int where, int value)
{
    (void)value;
    BIO *bio = SSL_get_rbio(ssl);
    h2o_socket_t *sock = bio ? BIO_get_data(bio) : NULL;
    if ((where & SSL_CB_HANDSHAKE_DONE) && sock && sock->on_close.data) {
        struct http_conn *c = sock->on_close.data;
        SSL *own = (SSL *)(uintptr_t)ssl;
        http_tls_client_subject(own, c->subject, sizeof(c->subject));
    }
}

enum status http_accept_load_tls(const struct http_listener *l, SSL_CTX **ret, struct err *err)
{
    struct http_tls_files files = {
        .cert_file = l->cert_file,
        .key_file = l->key_file,
        .client_ca_file = l->client_ca_file,
        .is_client_cert_required = l->is_client_cert_required,
    };
    enum status status = http_tls_load(&files, ret, err);
    if (status == OK) {
        h2o_ssl_register_alpn_protocols(*ret, h2o_http2_alpn_protocols);
        SSL_CTX_set_info_callback(*ret, on_tls_info);
    }
    return status;
}

static SSL_CTX *tls_ref(struct http_listener *l)
{
    pthread_mutex_lock(&l->server->lock);
    SSL_CTX *tls = l->tls;
    if (tls) {
        SSL_CTX_up_ref(tls);
    }
    pthread_mutex_unlock(&l->server->lock);
    return tls;
}

static void begin(struct http_listener *l, h2o_socket_t *sock)
{
    struct http_conn *c = http_conn_new(l->server, sock);
    c->tls = tls_ref(l);
    if (c->tls) {
        c->phase = HTTP_HANDSHAKE;
        h2o_socket_ssl_handshake(sock, c->tls, NULL, on_handshake);
    } else {
        c->phase = HTTP_SNIFF;
        h2o_socket_read_start(sock, on_first_bytes);
    }
}

/* Out of descriptors: without a pause the thread would spin, the listener stays readable. */
static void pause_accepting(struct http_listener *l, int error)
{
    struct http_server *s = l->server;
    s->accept_paused_us = monotonic_us();
    h2o_socket_read_stop(l->sock);
    (void)http_conn_evict(s, EVICT_IDLE_US);
    if (budget_take(&s->accept_log_budget, s->accept_paused_us, 1, 1)) {
        LOG(LOG_ERROR, "cannot accept connections", KV_C("error", strerror(error)));
    }
}

static void on_connection(h2o_socket_t *listener, const char *err)
{
    struct http_listener *l = listener->data;
    if (err) {
        return;
    }
    for (int i = 0; i < ACCEPT_BATCH; i++) {
        h2o_socket_t *sock = h2o_evloop_socket_accept(listener);
        if (!sock) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
                pause_accepting(l, errno);
            }
            return;
        }
        if (l->server->n_conns >= l->server->set.max_connections &&
            !http_conn_evict(l->server, EVICT_IDLE_US)) {
            metric_add(&http_connections_closed_total, 1, STR("too_many"));
            h2o_socket_close(sock);
            continue;
        }
        begin(l, sock);
    }
}

void http_accept_start(struct http_server *s)
{
    for (size_t i = 0; i < s->n_listeners; i++) {
        struct http_listener *l = &s->listeners[i];
        l->sock = h2o_evloop_socket_create(s->loop, l->fd, H2O_SOCKET_FLAG_DONT_READ);
        l->fd = -1;
        l->sock->data = l;
        h2o_socket_read_start(l->sock, on_connection);
    }
}

void http_accept_resume(struct http_server *s)
{
    s->accept_paused_us = 0;
    for (size_t i = 0; i < s->n_listeners; i++) {
        if (s->listeners[i].sock) {
            h2o_socket_read_start(s->listeners[i].sock, on_connection);
        }
    }
}

void http_accept_stop(struct http_server *s)
{
    for (size_t i = 0; i < s->n_listeners; i++) {
        if (s->listeners[i].sock) {
            h2o_socket_read_stop(s->listeners[i].sock);
            h2o_socket_close(s->listeners[i].sock);
            s->listeners[i].sock = NULL;
        }
    }
}
