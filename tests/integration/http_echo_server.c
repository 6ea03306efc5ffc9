/* A small server on the http adapter for test_http_abuse.py and for measurements.
 *
 *     http_echo_server [--port N] [--tls-port N --cert FILE --key FILE [--client-ca FILE]]
 *                      [--body-max N] [--buffer-max N] [--header-ms N] [--body-ms N] [--write-ms N]
 * prints "port N" for each listener, serves until SIGTERM or SIGINT, then drains.
 *
 *     /echo     the body back, answered by another thread
 *     /quiet    "ok", answered by another thread
 *     /now      "ok", answered by the handler itself
 *     /hold     answered by another thread after 5 s, for requests that pile up
 *     /big      4 MiB
 *     /metrics  the metrics */
#include "adapters/http_server.h"
#include "base/log.h"
#include "base/mailbox.h"
#include "base/metrics.h"
#include "base/monotonic.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BIG = 4 * 1024 * 1024, HOLD_US = 5 * 1000 * 1000, BATCH = 256 };

static struct mailbox *box;
static struct mailbox *held;
static char big[BIG];

static void answer(struct exchange *x, int status, struct str body)
{
    exchange_answer(x, &(struct exchange_reply){
                           .status = status, .content_type = STR("text/plain"), .body = body});
}

static void answer_metrics(struct exchange *x)
{
    struct strbuf b;
    strbuf_init(&b, exchange_arena(x), 1 << 20);
    metrics_render(&b);
    answer(x, 200, strbuf_str(&b));
}

static void on_request(void *arg, struct exchange *x)
{
    (void)arg;
    struct str path = exchange_request(x)->path;
    if (str_eq(path, STR("/now"))) {
        answer(x, 200, STR("ok"));
    } else if (str_eq(path, STR("/metrics"))) {
        answer_metrics(x);
    } else if (str_eq(path, STR("/big"))) {
        answer(x, 200, (struct str){big, BIG});
    } else if (!mailbox_post(str_eq(path, STR("/hold")) ? held : box, x, 1)) {
        struct err err = ERR_INIT;
        (void)err_set(&err, ERR_UNAVAILABLE, "the echo thread is busy");
        exchange_answer_error(x, &err);
    }
}

static void *echo_main(void *arg)
{
    void *items[BATCH];
    (void)arg;
    while (!mailbox_is_closed(box) || mailbox_len(box) > 0) {
        size_t n = mailbox_take(box, items, BATCH, US_PER_S);
        for (size_t i = 0; i < n; i++) {
            const struct exchange_request *r = exchange_request(items[i]);
            answer(items[i], 200, str_eq(r->path, STR("/quiet")) ? STR("ok") : r->body);
        }
    }
    return NULL;
}

static void *hold_main(void *arg)
{
    void *items[BATCH];
    (void)arg;
    while (!mailbox_is_closed(held) || mailbox_len(held) > 0) {
        size_t n = mailbox_take(held, items, BATCH, US_PER_S);
        int64_t until_us = monotonic_us() + HOLD_US;
        while (n > 0 && monotonic_us() < until_us && !mailbox_is_closed(held)) {
            usleep(20000);
        }
        for (size_t i = 0; i < n; i++) {
            answer(items[i], 200, STR("held"));
        }
    }
    return NULL;
}

static long long number(const char *s)
{
    uint64_t n = 0;
    if (!str_to_u64(str_from(s), &n)) {
        fprintf(stderr, "not a number: %s\n", s);
        exit(2);
    }
    return (long long)n;
}

static void parse(int argc, char **argv, struct http_settings *s, struct http_listen *l)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        const char *k = argv[i], *v = argv[i + 1];
        if (!strcmp(k, "--port")) {
            l[0].port = (uint16_t)number(v);
        } else if (!strcmp(k, "--tls-port")) {
            l[1].port = (uint16_t)number(v);
        } else if (!strcmp(k, "--cert")) {
            l[1].cert_file = v;
            s->n_listens = 2;
        } else if (!strcmp(k, "--key")) {
            l[1].key_file = v;
        } else if (!strcmp(k, "--client-ca")) {
            l[1].client_ca_file = v;
        } else if (!strcmp(k, "--body-max")) {
            s->body_max = (size_t)number(v);
        } else if (!strcmp(k, "--buffer-max")) {
            s->buffer_max = (size_t)number(v);
        } else if (!strcmp(k, "--header-ms")) {
            s->header_us = number(v) * US_PER_MS;
        } else if (!strcmp(k, "--body-ms")) {
            s->body_us = number(v) * US_PER_MS;
        } else if (!strcmp(k, "--write-ms")) {
            s->write_us = number(v) * US_PER_MS;
        } else {
            fprintf(stderr, "unknown option %s\n", k);
            exit(2);
        }
    }
}

int main(int argc, char **argv)
{
    struct http_listen listens[2] = {{.host = "127.0.0.1"}, {.host = "127.0.0.1"}};
    struct http_settings settings = {.listens = listens, .n_listens = 1};
    parse(argc, argv, &settings, listens);
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    memset(big, 'x', BIG);
    box = mailbox_new(8192, 8192);
    held = mailbox_new(8192, 8192);
    pthread_t echo, hold;
    pthread_create(&echo, NULL, echo_main, NULL);
    pthread_create(&hold, NULL, hold_main, NULL);
    struct http_server *server = NULL;
    struct err err = ERR_INIT;
    if (http_server_start(&settings, on_request, NULL, &server, &err) != OK) {
        fprintf(stderr, "%s: %s\n", err.where, err.detail);
        return 1;
    }
    for (size_t i = 0; i < settings.n_listens; i++) {
        printf("port %u\n", http_server_port(server, i));
    }
    fflush(stdout);
    int sig;
    sigwait(&ends, &sig);
    mailbox_close(held);
    http_server_drain(server, 3 * US_PER_S);
    mailbox_close(box);
    pthread_join(echo, NULL);
    pthread_join(hold, NULL);
    http_server_free(server);
    mailbox_free(box);
    mailbox_free(held);
    return 0;
}
