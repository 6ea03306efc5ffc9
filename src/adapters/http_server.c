/* The server's life: start, the thread's loop, reload, drain, end. */
#include "adapters/http_server.h"

#include "adapters/http_inner.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct metric http_requests_total =
    METRIC_COUNTER("alertify_http_requests_total", "Requests answered, 499: the client had gone.",
                   "code", "version");
struct metric http_connections = METRIC_GAUGE("alertify_http_connections", "Open connections.");
struct metric http_connections_closed_total =
    METRIC_COUNTER("alertify_http_connections_closed_total",
                   "Connections closed; reason done: by the peer or an idle timeout.", "reason");
struct metric http_in_flight =
    METRIC_GAUGE("alertify_http_in_flight", "Requests handed to a handler and not yet answered.");
struct metric http_request_seconds =
    METRIC_HISTOGRAM("alertify_http_request_duration_seconds",
                     "From the complete request to its answer.", metric_latency_buckets);

_Thread_local struct http_server *http_thread_server;

/* The library keeps variable-length arrays of up to 417 KB on the stack. */
enum { STACK_BYTES = 8 * 1024 * 1024 };

static void fill_defaults(struct http_settings *s)
{
#define DEFAULT(field, value) s->field = s->field ? s->field : (value)
    DEFAULT(body_max, 16U << 20);
    DEFAULT(buffer_max, 256U << 20);
    DEFAULT(header_us, 5 * US_PER_S);
    DEFAULT(body_us, 30 * US_PER_S);
    DEFAULT(idle_us, 330 * US_PER_S);
    DEFAULT(write_us, 10 * US_PER_S);
    DEFAULT(max_connections, 4096);
    DEFAULT(max_in_flight, 4096);
    DEFAULT(max_in_flight_per_connection, 100);
#undef DEFAULT
    s->listens = NULL;
    s->n_listens = 0;
}

static char *copy_c(const char *s)
{
    char *copy = s && *s ? strdup(s) : NULL;
    CHECK(copy || !s || !*s);
    return copy;
}

static enum status open_listener(struct http_server *s, struct http_listener *l,
                                 const struct http_listen *want, struct err *err)
{
    l->server = s;
    l->fd = -1;
    l->cert_file = copy_c(want->cert_file);
    l->key_file = copy_c(want->key_file);
    l->client_ca_file = copy_c(want->client_ca_file);
    l->is_client_cert_required = want->is_client_cert_required;
    if (!l->cert_file != !l->key_file) {
        return err_set(err, ERR_INVALID, "a listener needs both certificate and key, or neither");
    }
    if (l->client_ca_file && !l->cert_file) {
        return err_set(err, ERR_INVALID, "a client CA needs a certificate and a key");
    }
    if (l->cert_file) {
        enum status status = http_accept_load_tls(l, &l->tls, err);
        if (status != OK) {
            return status;
        }
    }
    return http_listen_open(l, want, err);
}

void http_server_unref(struct http_server *s)
{
    if (atomic_fetch_sub(&s->refs, 1) > 1) {
        return;
    }
    for (size_t i = 0; i < s->n_listeners; i++) {
        struct http_listener *l = &s->listeners[i];
        if (l->fd >= 0) {
            close(l->fd);
        }
        SSL_CTX_free(l->tls);
        free(l->cert_file);
        free(l->key_file);
        free(l->client_ca_file);
    }
    free(s->listeners);
    if (s->wake_fd >= 0) {
        close(s->wake_fd);
    }
    pthread_mutex_destroy(&s->lock);
    free(s);
}

static void stack_init(struct http_server *s, struct http_stack *stack, size_t entity_max)
{
    h2o_config_init(&stack->conf);
    stack->conf.server_name = h2o_iovec_init(H2O_STRLIT("alertify"));
    stack->conf.max_request_entity_size = entity_max;
    stack->conf.http1.upgrade_to_http2 = 0;
    /* The library's HTTP/1 timer runs from the end of the last answer to the end of the next
     * request, so it would cut a request that comes late: ours are in the sweep. */
    stack->conf.http1.req_timeout = 24 * 3600 * 1000;
    stack->conf.http2.idle_timeout = (uint64_t)(s->set.idle_us / US_PER_MS);
    h2o_hostconf_t *host =
        h2o_config_register_host(&stack->conf, h2o_iovec_init(H2O_STRLIT("default")), 65535);
    h2o_pathconf_t *path = h2o_config_register_path(host, "/", 0);
    h2o_create_handler(path, sizeof(h2o_handler_t))->on_req = http_request_on;
    /* Every request finds "/": what ends on the fallback path was answered by the library. */
    h2o_create_logger(&host->fallback_path, sizeof(h2o_logger_t))->log_access =
        http_linger_on_answer;
    h2o_context_init(&stack->ctx, s->loop, &stack->conf);
    stack->accept.ctx = &stack->ctx;
    stack->accept.hosts = stack->conf.hosts;
}

static void stack_dispose(struct http_stack *stack)
{
    h2o_multithread_queue_t *queue = stack->ctx.queue;
    h2o_timeout_unlink(&stack->ctx.http2._graceful_shutdown_timeout);
    h2o_context_dispose(&stack->ctx);
    free(queue); /* the library forgets it */
    h2o_config_dispose(&stack->conf);
}

static void begin_drain(struct http_server *s, int64_t until_us)
{
    s->drain_until_us = until_us;
    http_accept_stop(s);
    h2o_context_request_shutdown(&s->v1.ctx);
    h2o_context_request_shutdown(&s->v2.ctx);
}

/* Inside the loop's turn, so that what answers set off happens in the same turn. */
static void on_wake(h2o_socket_t *sock, const char *err)
{
    struct http_server *s = sock->data;
    uint64_t n;
    (void)err;
    ssize_t got = read(s->wake_fd, &n, sizeof(n));
    (void)got;
    http_answer_take(s);
    pthread_mutex_lock(&s->lock);
    int64_t drain_by_us = s->drain_by_us;
    pthread_mutex_unlock(&s->lock);
    if (drain_by_us && !s->drain_until_us) {
        begin_drain(s, drain_by_us);
    }
}

static void run(struct http_server *s)
{
    for (;;) {
        bool is_busy = s->drain_until_us || s->n_lingering > 0;
        h2o_evloop_run(s->loop, is_busy ? 10 : HTTP_SWEEP_US / 1000);
        http_conn_clean(s);
        int64_t now_us = monotonic_us();
        if (s->n_lingering > 0) {
            http_linger_step(s, now_us);
        }
        if (now_us - s->swept_us >= HTTP_SWEEP_US) {
            http_sweep(s, now_us);
        }
        if (s->drain_until_us && http_drain_step(s, now_us)) {
            return;
        }
    }
}

static void stop(struct http_server *s)
{
    pthread_mutex_lock(&s->lock);
    s->is_stopped = true;
    pthread_mutex_unlock(&s->lock);
    http_answer_take(s);
    http_linger_end(s);
    h2o_socket_read_stop(s->wake);
    h2o_socket_close(s->wake);
    if (!h2o_linklist_is_empty(&s->conns)) {
        LOG(LOG_WARNING, "connections left at the end of draining", KV_INT("n", s->n_conns));
        return; /* the library cannot be taken down around them */
    }
    for (int i = 0; i < 4; i++) {
        h2o_evloop_run(s->loop, 0); /* closed sockets are freed in the following turns */
    }
    stack_dispose(&s->v1);
    stack_dispose(&s->v2);
    h2o_evloop_run(s->loop, 0);
    h2o_evloop_destroy(s->loop);
}

static void *http_main(void *arg)
{
    struct http_server *s = arg;
    http_thread_server = s;
    s->loop = h2o_evloop_create();
    /* The library's limit refuses HTTP/2 bodies by RST_STREAM, which clients retry; ours answers
     * 413 (http_conn.c). */
    stack_init(s, &s->v1, s->set.body_max);
    stack_init(s, &s->v2, SIZE_MAX / 4);
    s->wake = h2o_evloop_socket_create(s->loop, dup(s->wake_fd), H2O_SOCKET_FLAG_DONT_READ);
    s->wake->data = s;
    h2o_socket_read_start(s->wake, on_wake);
    s->swept_us = monotonic_us();
    http_accept_start(s);
    run(s);
    stop(s);
    return NULL;
}

static enum status start_thread(struct http_server *s, struct err *err)
{
    sigset_t all, old;
    pthread_attr_t attr;
    sigfillset(&all);
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_BYTES);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int rc = pthread_create(&s->thread, &attr, http_main, s);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attr);
    if (rc != 0) {
        return err_set(err, ERR_IO, "cannot start the http thread: %s", strerror(rc));
    }
    pthread_setname_np(s->thread, "http");
    return OK;
}

static struct http_server *server_new(const struct http_settings *set, exchange_handler handler,
                                      void *arg)
{
    struct http_server *s = calloc(1, sizeof(*s));
    CHECK(s);
    s->set = *set;
    fill_defaults(&s->set);
    s->handler = handler;
    s->handler_arg = arg;
    s->listeners = calloc(set->n_listens, sizeof(*s->listeners));
    CHECK(s->listeners);
    s->answers_end = &s->answers;
    s->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    CHECK(s->wake_fd >= 0);
    atomic_init(&s->refs, 1);
    pthread_mutex_init(&s->lock, NULL);
    h2o_linklist_init_anchor(&s->conns);
    h2o_linklist_init_anchor(&s->dirty);
    return s;
}

static void register_metrics(void)
{
    metric_register(&http_requests_total);
    metric_register(&http_connections);
    metric_register(&http_connections_closed_total);
    metric_register(&http_in_flight);
    metric_register(&http_request_seconds);
}

enum status http_server_start(const struct http_settings *set, exchange_handler handler, void *arg,
                              struct http_server **ret, struct err *err)
{
    if (set->n_listens == 0) {
        return err_set(err, ERR_INVALID, "no address to listen on");
    }
    signal(SIGPIPE, SIG_IGN); /* the library writes without MSG_NOSIGNAL */
    /* Its large buffers would become files in /tmp. */
    h2o_socket_buffer_mmap_settings.threshold = SIZE_MAX;
    register_metrics();
    struct http_server *s = server_new(set, handler, arg);
    enum status status = OK;
    for (size_t i = 0; i < set->n_listens && status == OK; i++) {
        s->n_listeners++;
        status = open_listener(s, &s->listeners[i], &set->listens[i], err);
    }
    if (status == OK) {
        status = start_thread(s, err);
    }
    if (status != OK) {
        http_server_unref(s);
        return status;
    }
    *ret = s;
    return OK;
}

uint16_t http_server_port(const struct http_server *s, size_t i)
{
    CHECK(i < s->n_listeners);
    return s->listeners[i].port;
}

enum status http_server_reload_tls(struct http_server *s, struct err *err)
{
    SSL_CTX **fresh = calloc(s->n_listeners, sizeof(SSL_CTX *));
    CHECK(fresh);
    enum status status = OK;
    for (size_t i = 0; i < s->n_listeners && status == OK; i++) {
        if (s->listeners[i].cert_file) {
            status = http_accept_load_tls(&s->listeners[i], &fresh[i], err);
        }
    }
    if (status == OK) {
        pthread_mutex_lock(&s->lock);
        for (size_t i = 0; i < s->n_listeners; i++) {
            SSL_CTX *old = s->listeners[i].tls;
            s->listeners[i].tls = fresh[i];
            fresh[i] = old;
        }
        pthread_mutex_unlock(&s->lock);
    }
    for (size_t i = 0; i < s->n_listeners; i++) {
        SSL_CTX_free(fresh[i]);
    }
    free(fresh);
    return status;
}

void http_server_drain(struct http_server *s, int64_t timeout_us)
{
    if (s->is_joined) {
        return;
    }
    uint64_t one = 1;
    pthread_mutex_lock(&s->lock);
    s->drain_by_us = monotonic_us() + timeout_us;
    ssize_t n = write(s->wake_fd, &one, sizeof(one));
    pthread_mutex_unlock(&s->lock);
    CHECK(n == (ssize_t)sizeof(one) || errno == EAGAIN);
    pthread_join(s->thread, NULL);
    s->is_joined = true;
}

void http_server_free(struct http_server *s)
{
    if (s) {
        http_server_drain(s, 0);
        http_server_unref(s);
    }
}
