/* The server in this process, libcurl and raw sockets as clients. */
#include "adapters/http_server.h"
#include "base/mailbox.h"
#include "base/metrics.h"
#include "base/monotonic.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { BODY_MAX = 100 * 1000 };

struct fixture {
    struct http_server *server;
    struct mailbox *box;
    pthread_t answerer;
    struct exchange *held; /* requests to /hold stay here */
    char dir[32], cert[64], key[64];
    struct http_listen listens[2];
};

static void answer_text(struct exchange *x, int status, const char *text)
{
    exchange_answer(x, &(struct exchange_reply){.status = status,
                                                .content_type = STR("text/plain"),
                                                .body = str_from(text)});
}

/* One line per fact about the request, so that a test can look for it. */
static void answer_seen(struct exchange *x)
{
    const struct exchange_request *q = exchange_request(x);
    struct str t = exchange_header(x, STR("x-test"));
    struct str seen = str_printf(
        exchange_arena(x),
        "method=%s\npath=%.*s\nquery=%.*s\nbody=%zu\npeer=%.*s\nsubject=%.*s\ntls=%d\nversion=%x\n"
        "x-test=%.*s\n",
        http_method_name(q->method), STR_ARG(q->path), STR_ARG(q->query), q->body.n,
        STR_ARG(q->peer), STR_ARG(q->client_subject), q->is_tls, (unsigned)q->http_version,
        STR_ARG(t));
    exchange_answer(x, &(struct exchange_reply){
                           .status = 200, .content_type = STR("text/plain"), .body = seen});
}

static void answer_as_asked(struct exchange *x)
{
    const struct exchange_request *q = exchange_request(x);
    if (str_eq(q->path, STR("/seen"))) {
        answer_seen(x);
    } else if (str_eq(q->path, STR("/error"))) {
        struct err err = ERR_INIT;
        (void)err_set(&err, ERR_UNAVAILABLE, "secret host");
        err_set_user(&err, "say \"later\"\n");
        exchange_answer_error(x, &err);
    } else if (str_eq(q->path, STR("/headers"))) {
        const struct exchange_header h[] = {{STR("cache-control"), STR("max-age=1")},
                                            {STR("x-evil"), STR("a\r\nx-injected: 1")},
                                            {STR("location"), STR("/there")}};
        exchange_answer(x, &(struct exchange_reply){.status = 303, .headers = h, .n_headers = 3});
    } else {
        exchange_answer(x, &(struct exchange_reply){.status = 200, .body = q->body});
    }
}

static void on_request(void *arg, struct exchange *x)
{
    struct fixture *f = arg;
    struct str path = exchange_request(x)->path;
    if (str_eq(path, STR("/now"))) {
        answer_text(x, 200, "now");
    } else if (str_eq(path, STR("/hold"))) {
        __atomic_store_n(&f->held, x, __ATOMIC_SEQ_CST);
    } else {
        assert_true(mailbox_post(f->box, x, 1));
    }
}

static void *answerer_main(void *arg)
{
    struct fixture *f = arg;
    void *item;
    while (!mailbox_is_closed(f->box) || mailbox_len(f->box) > 0) {
        if (mailbox_take(f->box, &item, 1, US_PER_S) == 1) {
            answer_as_asked(item);
        }
    }
    return NULL;
}

static void write_cert(struct fixture *f)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -60);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_version(cert, X509_VERSION_3);
    X509_set_pubkey(cert, key);
    X509_NAME *name = X509_get_subject_name(cert);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"prometheus-1", -1,
                               -1, 0);
    X509_set_issuer_name(cert, name);
    assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
    snprintf(f->dir, sizeof(f->dir), "/tmp/http_test_XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->cert, sizeof(f->cert), "%s/cert.pem", f->dir);
    snprintf(f->key, sizeof(f->key), "%s/key.pem", f->dir);
    FILE *out = fopen(f->cert, "w");
    assert_true(out && PEM_write_X509(out, cert));
    fclose(out);
    out = fopen(f->key, "w");
    assert_true(out && PEM_write_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL));
    fclose(out);
    X509_free(cert);
    EVP_PKEY_free(key);
}

static int start(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    write_cert(f);
    f->box = mailbox_new(1000, 1000);
    pthread_create(&f->answerer, NULL, answerer_main, f);
    f->listens[0] = (struct http_listen){.host = "127.0.0.1"};
    f->listens[1] = (struct http_listen){
        .host = "127.0.0.1", .cert_file = f->cert, .key_file = f->key, .client_ca_file = f->cert};
    struct http_settings set = {
        .listens = f->listens,
        .n_listens = 2,
        .body_max = BODY_MAX,
        .header_us = US_PER_S,
        .max_in_flight_per_connection = 4,
    };
    struct err err = ERR_INIT;
    if (http_server_start(&set, on_request, f, &f->server, &err) != OK) {
        fail_msg("%s: %s", err.where, err.detail);
    }
    *state = f;
    return 0;
}

static int finish(void **state)
{
    struct fixture *f = *state;
    http_server_free(f->server);
    mailbox_close(f->box);
    pthread_join(f->answerer, NULL);
    mailbox_free(f->box);
    unlink(f->cert);
    unlink(f->key);
    rmdir(f->dir);
    free(f);
    return 0;
}

/* --- clients --- */

struct reply {
    CURLcode rc;
    long status, version;
    char head[4096], body[BODY_MAX + 1];
    size_t n_head, n_body;
};

static size_t keep_head(char *p, size_t size, size_t n, void *arg)
{
    struct reply *r = arg;
    size_t room = sizeof(r->head) - 1 - r->n_head, len = size * n < room ? size * n : room;
    memcpy(r->head + r->n_head, p, len);
    r->n_head += len;
    return size * n;
}

static size_t keep_body(char *p, size_t size, size_t n, void *arg)
{
    struct reply *r = arg;
    size_t room = sizeof(r->body) - 1 - r->n_body, len = size * n < room ? size * n : room;
    memcpy(r->body + r->n_body, p, len);
    r->n_body += len;
    return size * n;
}

struct call {
    int listener;
    long version;
    const char *path, *method, *header;
    const char *body;
    size_t n_body;
    const char *client_cert, *client_key;
};

static struct reply *fetch(struct fixture *f, struct call c)
{
    struct reply *r = calloc(1, sizeof(*r));
    CURL *curl = curl_easy_init();
    char url[128];
    snprintf(url, sizeof(url), "%s://127.0.0.1:%u%s", c.listener ? "https" : "http",
             http_server_port(f->server, (size_t)c.listener), c.path);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, c.version ? c.version : CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 10L);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, keep_head);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, r);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, r);
    if (c.body) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, c.body);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)c.n_body);
    }
    if (c.method && !strcmp(c.method, "HEAD")) {
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    } else if (c.method) {
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, c.method);
    }
    if (c.client_cert) {
        curl_easy_setopt(curl, CURLOPT_SSLCERT, c.client_cert);
        curl_easy_setopt(curl, CURLOPT_SSLKEY, c.client_key);
    }
    struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
    headers = c.header ? curl_slist_append(headers, c.header) : headers;
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    r->rc = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &r->status);
    curl_easy_getinfo(curl, CURLINFO_HTTP_VERSION, &r->version);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return r;
}

static int dial(struct fixture *f)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(http_server_port(f->server, 0)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    struct timeval five = {.tv_sec = 5};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &five, sizeof(five));
    return fd;
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* Reads until the server closes; the answer as text. */
static void hear(int fd, char *out, size_t size)
{
    size_t n = 0;
    ssize_t got;
    while (n < size - 1 && (got = recv(fd, out + n, size - 1 - n, 0)) > 0) {
        n += (size_t)got;
    }
    out[n] = '\0';
    close(fd);
}

static void wait_for_held(struct fixture *f)
{
    for (int i = 0; i < 500 && !__atomic_load_n(&f->held, __ATOMIC_SEQ_CST); i++) {
        usleep(10000);
    }
    assert_non_null(f->held);
}

/* --- tests --- */

static void test_each_protocol_carries_a_request_to_another_thread_and_back(void **state)
{
    struct fixture *f = *state;
    static const struct {
        int listener;
        long ask, get;
        const char *version, *tls;
    } cases[] = {
        {0, CURL_HTTP_VERSION_1_0, CURL_HTTP_VERSION_1_1, "version=100", "tls=0"},
        {0, CURL_HTTP_VERSION_1_1, CURL_HTTP_VERSION_1_1, "version=101", "tls=0"},
        {0, CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE, CURL_HTTP_VERSION_2_0, "version=200", "tls=0"},
        {1, CURL_HTTP_VERSION_1_1, CURL_HTTP_VERSION_1_1, "version=101", "tls=1"},
        {1, CURL_HTTP_VERSION_2TLS, CURL_HTTP_VERSION_2_0, "version=200", "tls=1"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct reply *r = fetch(f, (struct call){.listener = cases[i].listener,
                                                 .version = cases[i].ask,
                                                 .path = "/seen?a=b?c",
                                                 .method = "PUT",
                                                 .header = "X-Test: Yes",
                                                 .body = "12345",
                                                 .n_body = 5});
        assert_int_equal(r->rc, CURLE_OK);
        assert_int_equal(r->status, 200);
        assert_int_equal(r->version, cases[i].get);
        assert_non_null(strstr(r->body, "method=PUT\npath=/seen\nquery=a=b?c\nbody=5\n"));
        assert_non_null(strstr(r->body, "peer=127.0.0.1\nsubject=\n"));
        assert_non_null(strstr(r->body, cases[i].version));
        assert_non_null(strstr(r->body, cases[i].tls));
        assert_non_null(strstr(r->body, "x-test=Yes\n"));
        assert_int_equal(strstr(r->head, "strict-transport-security") != NULL, cases[i].listener);
        free(r);
    }
}

static void test_upgrade_to_h2c_is_not_offered(void **state)
{
    struct reply *r =
        fetch(*state, (struct call){.version = CURL_HTTP_VERSION_2_0, .path = "/now"});
    assert_int_equal(r->status, 200);
    assert_int_equal(r->version, CURL_HTTP_VERSION_1_1);
    free(r);
}

static void test_a_body_of_the_maximum_comes_back_whole(void **state)
{
    char *body = malloc(BODY_MAX);
    for (size_t i = 0; i < BODY_MAX; i++) {
        body[i] = (char)(i * 31 >> 3);
    }
    for (int listener = 0; listener < 2; listener++) {
        for (int v = 0; v < 2; v++) {
            struct reply *r =
                fetch(*state, (struct call){.listener = listener,
                                            .version = v ? CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE : 0,
                                            .path = "/echo",
                                            .body = body,
                                            .n_body = BODY_MAX});
            assert_int_equal(r->status, 200);
            assert_int_equal(r->n_body, BODY_MAX);
            assert_memory_equal(r->body, body, BODY_MAX);
            free(r);
        }
    }
    free(body);
}

static void test_a_larger_body_is_answered_413(void **state)
{
    char *body = calloc(1, 3 * BODY_MAX);
    for (int v = 0; v < 2; v++) {
        struct reply *r =
            fetch(*state, (struct call){.version = v ? CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE : 0,
                                        .path = "/echo",
                                        .body = body,
                                        .n_body = 3 * BODY_MAX});
        assert_int_equal(r->status, 413);
        free(r);
    }
    free(body);
}

static void test_every_reply_carries_the_security_headers(void **state)
{
    struct reply *r = fetch(*state, (struct call){.path = "/now"});
    assert_non_null(strstr(r->head, "Server: alertify\r\n"));
    assert_non_null(strstr(r->head, "x-content-type-options: nosniff\r\n"));
    assert_non_null(strstr(r->head, "referrer-policy: no-referrer\r\n"));
    assert_non_null(strstr(r->head, "cache-control: no-store\r\n"));
    assert_non_null(strstr(r->head, "content-security-policy: default-src 'none'; "));
    assert_non_null(strstr(r->head, "base-uri 'none'\r\n"));
    free(r);
}

static void test_a_reply_may_replace_a_security_header_but_not_forge_one(void **state)
{
    struct reply *r = fetch(*state, (struct call){.path = "/headers"});
    assert_int_equal(r->status, 303);
    assert_non_null(strstr(r->head, "cache-control: max-age=1\r\n"));
    assert_null(strstr(r->head, "no-store"));
    assert_null(strstr(r->head, "x-injected"));
    assert_non_null(strstr(r->head, "location: /there\r\n"));
    free(r);
}

static void test_errors_are_json_and_show_only_the_user_text(void **state)
{
    struct reply *r = fetch(*state, (struct call){.path = "/error"});
    assert_int_equal(r->status, 503);
    assert_string_equal(
        r->body,
        "{\"error\":{\"code\":\"unavailable\",\"message\":\"say \\\"later\\\"\\u000a\"}}\n");
    assert_non_null(strstr(r->head, "retry-after: 5\r\n"));
    free(r);
}

static void test_head_has_the_length_but_no_body(void **state)
{
    for (int v = 0; v < 2; v++) {
        struct reply *r =
            fetch(*state, (struct call){.version = v ? CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE : 0,
                                        .path = "/now",
                                        .method = "HEAD"});
        assert_int_equal(r->rc, CURLE_OK);
        assert_int_equal(r->status, 200);
        assert_int_equal(r->n_body, 0);
        assert_non_null(strcasestr(r->head, "content-length: 3\r\n"));
        free(r);
    }
}

static void test_a_verified_client_certificate_names_its_subject(void **state)
{
    struct fixture *f = *state;
    struct reply *r = fetch(f, (struct call){.listener = 1,
                                             .version = CURL_HTTP_VERSION_2TLS,
                                             .path = "/seen",
                                             .client_cert = f->cert,
                                             .client_key = f->key});
    assert_int_equal(r->status, 200);
    assert_non_null(strstr(r->body, "subject=prometheus-1\n"));
    free(r);
}

static void test_smuggled_and_malformed_requests_are_refused(void **state)
{
    static const char *const requests[] = {
        "POST /now HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
        "POST /now HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
        "0\r\n\r\n",
        "GET /now HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n",
        "GET http://other/now HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /now HTTP/1.1\r\nHost: a\r\nX: a\x01z\r\n\r\n",
        "nonsense\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        char text[2048];
        int fd = dial(*state);
        say(fd, requests[i]);
        hear(fd, text, sizeof(text));
        assert_memory_equal(text, "HTTP/1.1 400 ", 13);
    }
}

static void test_too_many_headers_are_answered_431(void **state)
{
    char text[8192] = "GET /now HTTP/1.1\r\nHost: a\r\n";
    for (int i = 0; i < 80; i++) {
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "X-%d: 1\r\n", i);
    }
    int fd = dial(*state);
    say(fd, text);
    say(fd, "\r\n");
    hear(fd, text, sizeof(text));
    assert_memory_equal(text, "HTTP/1.1 431 ", 13);
}

static void test_slow_heads_bodies_and_silence_are_cut(void **state)
{
    static const char *const starts[] = {
        "",
        "GET /now HTT",
        "POST /now HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n1",
        "PRI * HTTP/2.0\r\n\r\nSM\r",
    };
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        char text[256];
        int64_t began_us = monotonic_us();
        int fd = dial(*state);
        say(fd, starts[i]);
        hear(fd, text, sizeof(text));
        int64_t took_us = monotonic_us() - began_us;
        assert_in_range(took_us, 900 * US_PER_MS, 3 * US_PER_S);
    }
}

static void test_pipelined_requests_are_answered_in_order(void **state)
{
    char text[4096];
    int fd = dial(*state);
    say(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nfirst"
            "GET /now HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    hear(fd, text, sizeof(text));
    char *first = strstr(text, "first");
    assert_non_null(first);
    assert_non_null(strstr(first, "\r\n\r\nnow"));
}

static void test_a_client_that_vanishes_costs_only_its_answer(void **state)
{
    struct fixture *f = *state;
    int fd = dial(f);
    say(fd, "POST /hold HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody");
    wait_for_held(f);
    struct linger reset = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    close(fd);
    usleep(50000);
    assert_true(str_eq(exchange_request(f->held)->body, STR("body")));
    answer_text(f->held, 200, "late");
    struct reply *r = fetch(f, (struct call){.path = "/now"});
    assert_int_equal(r->status, 200);
    free(r);
}

static void *drain_main(void *arg)
{
    struct fixture *f = arg;
    http_server_drain(f->server, 5 * US_PER_S);
    return NULL;
}

static void test_draining_finishes_what_is_in_flight(void **state)
{
    struct fixture *f = *state;
    char text[1024];
    int idle = dial(f), fd = dial(f);
    say(idle, "GET /now HTTP/1.1\r\nHost: a\r\n\r\n");
    say(fd, "POST /hold HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody");
    wait_for_held(f);
    pthread_t drainer;
    pthread_create(&drainer, NULL, drain_main, f);
    hear(idle, text, sizeof(text)); /* returns because the idle connection is closed */
    assert_non_null(strstr(text, "now"));
    answer_text(f->held, 200, "in time");
    hear(fd, text, sizeof(text));
    assert_non_null(strstr(text, "in time"));
    pthread_join(drainer, NULL);
}

static void *fetch_held_main(void *arg)
{
    return fetch(arg,
                 (struct call){.listener = 1, .version = CURL_HTTP_VERSION_2TLS, .path = "/hold"});
}

static void test_draining_finishes_http2_streams_too(void **state)
{
    struct fixture *f = *state;
    pthread_t client, drainer;
    pthread_create(&client, NULL, fetch_held_main, f);
    wait_for_held(f);
    pthread_create(&drainer, NULL, drain_main, f);
    usleep(1300 * 1000); /* both GOAWAYs are out */
    answer_text(f->held, 200, "in time");
    void *got;
    pthread_join(client, &got);
    struct reply *r = got;
    assert_int_equal(r->rc, CURLE_OK);
    assert_int_equal(r->status, 200);
    assert_string_equal(r->body, "in time");
    free(r);
    pthread_join(drainer, NULL);
}

static void test_a_full_server_drops_the_longest_idle_and_answers_503(void **state)
{
    struct fixture *f = *state;
    struct http_listen l = {.host = "127.0.0.1"};
    struct http_settings set = {
        .listens = &l, .n_listens = 1, .max_connections = 2, .max_in_flight = 1};
    struct http_server *first = f->server;
    struct err err = ERR_INIT;
    assert_int_equal(http_server_start(&set, on_request, f, &f->server, &err), OK);
    char text[1024];
    static const char request[] = "GET /now HTTP/1.1\r\nHost: a\r\n\r\n";
    int idle = dial(f), busy = dial(f);
    say(idle, request);
    assert_true(recv(idle, text, sizeof(text), 0) > 0);
    say(busy, "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_for_held(f);
    int refused = dial(f); /* nobody has been idle for long */
    assert_true(recv(refused, text, sizeof(text), 0) <= 0);
    usleep(2200 * 1000);
    int admitted = dial(f);
    say(admitted, request);
    memset(text, 0, sizeof(text));
    assert_true(recv(admitted, text, sizeof(text) - 1, 0) > 0);
    assert_memory_equal(text, "HTTP/1.1 503 ", 13); /* one request is in flight already */
    assert_non_null(strstr(text, "retry-after: 5\r\n"));
    assert_int_equal(recv(idle, text, sizeof(text), 0), 0);
    answer_text(f->held, 200, "busy");
    assert_true(recv(busy, text, sizeof(text), 0) > 0);
    close(idle);
    close(refused);
    close(admitted);
    close(busy);
    http_server_free(f->server);
    f->server = first;
}

static void test_draining_gives_up_on_time_and_late_answers_are_harmless(void **state)
{
    struct fixture *f = *state;
    char text[1024];
    int fd = dial(f);
    say(fd, "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_for_held(f);
    int64_t began_us = monotonic_us();
    http_server_drain(f->server, 200 * US_PER_MS);
    assert_true(monotonic_us() - began_us < 2 * US_PER_S);
    hear(fd, text, sizeof(text));
    assert_memory_equal(text, "HTTP/1.1 503 ", 13);
    answer_text(f->held, 200, "too late");
}

static void test_an_exchange_outlives_its_server(void **state)
{
    struct fixture *f = *state;
    int fd = dial(f);
    say(fd, "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_for_held(f);
    http_server_free(f->server);
    f->server = NULL;
    close(fd);
    assert_true(str_eq(exchange_request(f->held)->path, STR("/hold")));
    answer_text(f->held, 200, "void");
}

static void test_an_address_in_use_is_a_clear_error(void **state)
{
    (void)state;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(fd, 1), 0);
    getsockname(fd, (struct sockaddr *)&at, &n);
    struct http_listen l = {.host = "127.0.0.1", .port = ntohs(at.sin_port)};
    struct http_settings set = {.listens = &l, .n_listens = 1};
    struct http_server *server = NULL;
    struct err err = ERR_INIT;
    assert_int_equal(http_server_start(&set, on_request, NULL, &server, &err), ERR_IO);
    assert_null(server);
    assert_non_null(strstr(err.detail, "Address already in use"));
    assert_non_null(strstr(err.where, "127.0.0.1:"));
    close(fd);
}

static void test_bad_certificates_are_named_and_a_reload_keeps_the_old(void **state)
{
    struct fixture *f = *state;
    struct err err = ERR_INIT;
    struct http_listen l = {.cert_file = "/nonexistent.pem", .key_file = f->key};
    struct http_settings set = {.listens = &l, .n_listens = 1};
    struct http_server *server = NULL;
    assert_int_equal(http_server_start(&set, on_request, NULL, &server, &err), ERR_INVALID);
    assert_string_equal(err.where, "/nonexistent.pem");
    err = ERR_INIT;
    assert_int_equal(http_server_reload_tls(f->server, &err), OK);
    assert_int_equal(truncate(f->cert, 10), 0);
    assert_int_equal(http_server_reload_tls(f->server, &err), ERR_INVALID);
    assert_string_equal(err.where, f->cert);
    struct reply *r = fetch(f, (struct call){.listener = 1, .path = "/now"});
    assert_int_equal(r->status, 200);
    free(r);
}

int main(void)
{
    curl_global_init(CURL_GLOBAL_ALL);
#define T(name) cmocka_unit_test_setup_teardown(name, start, finish)
    const struct CMUnitTest tests[] = {
        T(test_each_protocol_carries_a_request_to_another_thread_and_back),
        T(test_upgrade_to_h2c_is_not_offered),
        T(test_a_body_of_the_maximum_comes_back_whole),
        T(test_a_larger_body_is_answered_413),
        T(test_every_reply_carries_the_security_headers),
        T(test_a_reply_may_replace_a_security_header_but_not_forge_one),
        T(test_errors_are_json_and_show_only_the_user_text),
        T(test_head_has_the_length_but_no_body),
        T(test_a_verified_client_certificate_names_its_subject),
        T(test_smuggled_and_malformed_requests_are_refused),
        T(test_too_many_headers_are_answered_431),
        T(test_slow_heads_bodies_and_silence_are_cut),
        T(test_pipelined_requests_are_answered_in_order),
        T(test_a_client_that_vanishes_costs_only_its_answer),
        T(test_draining_finishes_what_is_in_flight),
        T(test_draining_finishes_http2_streams_too),
        T(test_a_full_server_drops_the_longest_idle_and_answers_503),
        T(test_draining_gives_up_on_time_and_late_answers_are_harmless),
        T(test_an_exchange_outlives_its_server),
        cmocka_unit_test(test_an_address_in_use_is_a_clear_error),
        T(test_bad_certificates_are_named_and_a_reload_keeps_the_old),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    curl_global_cleanup();
    return failed;
}
