#include "adapters/address_guard.h"
#include "adapters/curl_client.h"
#include "adapters/transfer_rules.h"
#include "base/monotonic.h"
#include "unit/adapters/peer.h"

struct outcome {
    bool is_done;
    enum transfer_end end;
    int status;
    size_t body_len;
    char body[4096]; /* the beginning */
    int64_t retry_after_us;
    char detail[600];
};

struct bench {
    struct peer peer;
    struct transfers *transfers;
    struct arena arena;
};

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    assert_non_null(bench);
    peer_start(&bench->peer);
    arena_init(&bench->arena);
    struct transfers_settings settings = {0};
    struct err err = ERR_INIT;
    assert_int_equal(transfers_new(&settings, &bench->transfers, &err), OK);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    transfers_free(bench->transfers);
    peer_stop(&bench->peer);
    arena_release(&bench->arena);
    free(bench);
    return 0;
}

static void on_done(void *arg, const struct transfer_reply *reply)
{
    struct outcome *out = arg;
    out->is_done = true;
    out->end = reply->end;
    out->status = reply->status;
    out->body_len = reply->body.n;
    snprintf(out->body, sizeof(out->body), "%.*s", STR_ARG(reply->body));
    out->retry_after_us = reply->retry_after_us;
    snprintf(out->detail, sizeof(out->detail), "%.*s", STR_ARG(reply->detail));
}

static struct transfer_request post_to(struct bench *bench, const char *path)
{
    return (struct transfer_request){
        .kind = TRANSFER_HTTP,
        .url = str_printf(&bench->arena, "http://127.0.0.1:%d%s", bench->peer.port, path),
        .method = STR("POST"),
        .body = STR("{\"a\":1}"),
        .is_private_allowed = true,
        .timeout_us = 3 * US_PER_S};
}

static void submit(struct bench *bench, const struct transfer_request *request, struct outcome *out)
{
    memset(out, 0, sizeof(*out));
    struct err err = ERR_INIT;
    assert_int_equal(transfer_submit(bench->transfers, request, on_done, out, &err), OK);
}

static struct outcome run(struct bench *bench, const struct transfer_request *request)
{
    struct outcome out;
    submit(bench, request, &out);
    int64_t until = monotonic_us() + 10 * US_PER_S;
    while (!out.is_done && monotonic_us() < until) {
        transfers_run(bench->transfers, 100 * US_PER_MS);
    }
    assert_true(out.is_done);
    assert_int_equal(transfers_in_flight(bench->transfers), 0);
    return out;
}

static struct outcome post(struct bench *bench, const char *path)
{
    struct transfer_request request = post_to(bench, path);
    return run(bench, &request);
}

static void test_reply_and_body_come_back(void **state)
{
    struct outcome out = post(*state, "/ok");
    assert_int_equal(out.end, TRANSFER_REPLIED);
    assert_int_equal(out.status, 200);
    assert_string_equal(out.body, "fine");
    assert_string_equal(out.detail, "");
}

static void test_request_carries_what_was_asked_and_nothing_else(void **state)
{
    struct bench *bench = *state;
    struct transfer_request request = post_to(bench, "/echo?q=1");
    struct transfer_header headers[] = {{STR("Content-Type"), STR("application/json")},
                                        {STR("X-Empty"), STR("")},
                                        {STR("Authorization"), STR("Bearer abc")}};
    request.method = STR("PUT");
    request.headers = headers;
    request.n_headers = 3;
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    struct outcome out = run(bench, &request);
    unsetenv("http_proxy");
    assert_int_equal(out.status, 200);
    assert_ptr_equal(strstr(out.body, "PUT /echo?q=1 HTTP/1.1\r\n"), out.body);
    assert_non_null(strstr(out.body, "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strstr(out.body, "\r\nX-Empty:\r\n"));
    assert_non_null(strstr(out.body, "\r\nAuthorization: Bearer abc\r\n"));
    assert_non_null(strstr(out.body, "\r\nUser-Agent: alertify/" ALERTIFY_VERSION "\r\n"));
    assert_non_null(strstr(out.body, "\r\nContent-Length: 7\r\n"));
    assert_non_null(strstr(out.body, "\r\n\r\n{\"a\":1}"));
    assert_null(strstr(out.body, "Expect"));
    assert_null(strstr(out.body, "urlencoded"));
}

static void test_get_has_no_body(void **state)
{
    struct bench *bench = *state;
    struct transfer_request request = post_to(bench, "/echo");
    request.method = STR("GET");
    request.body = STR_EMPTY;
    struct outcome out = run(bench, &request);
    assert_ptr_equal(strstr(out.body, "GET /echo HTTP/1.1\r\n"), out.body);
    assert_null(strstr(out.body, "Content-Length"));
}

static void test_retry_after_in_seconds_is_read(void **state)
{
    struct outcome out = post(*state, "/429");
    assert_int_equal(out.end, TRANSFER_REPLIED);
    assert_int_equal(out.status, 429);
    assert_int_equal(out.retry_after_us, 7 * US_PER_S);
}

static void test_retry_after_as_a_far_date_is_clamped_to_a_day(void **state)
{
    struct outcome out = post(*state, "/date");
    assert_int_equal(out.status, 503);
    assert_int_equal(out.retry_after_us, US_PER_DAY);
}

static void test_redirects_are_not_followed(void **state)
{
    struct bench *bench = *state;
    struct outcome out = post(bench, "/redirect");
    assert_int_equal(out.end, TRANSFER_REPLIED);
    assert_int_equal(out.status, 302);
    assert_int_equal(bench->peer.requests, 1);
}

static void test_huge_body_is_cut_and_not_an_error(void **state)
{
    struct outcome out = post(*state, "/huge");
    assert_int_equal(out.end, TRANSFER_REPLIED);
    assert_int_equal(out.status, 200);
    assert_int_equal(out.body_len, 256 * 1024);
}

static void test_endless_body_is_left_early_and_not_an_error(void **state)
{
    int64_t start = monotonic_us();
    struct outcome out = post(*state, "/endless");
    assert_int_equal(out.end, TRANSFER_REPLIED);
    assert_int_equal(out.status, 200);
    assert_int_equal(out.body_len, 256 * 1024);
    assert_true(monotonic_us() - start < 2 * US_PER_S);
}

static void test_reset_after_the_request_is_broken(void **state)
{
    struct outcome out = post(*state, "/reset");
    assert_int_equal(out.end, TRANSFER_BROKEN);
    assert_int_equal(out.status, 0);
}

static void test_success_with_half_a_body_is_broken_but_refusal_stands(void **state)
{
    struct outcome out = post(*state, "/half");
    assert_int_equal(out.end, TRANSFER_BROKEN);
    assert_int_equal(out.status, 0);
    out = post(*state, "/half500");
    assert_int_equal(out.end, TRANSFER_REPLIED);
    assert_int_equal(out.status, 500);
}

static void test_failures_before_the_request_are_not_sent_and_hide_the_url(void **state)
{
    struct bench *bench = *state;
    struct transfer_request request = post_to(bench, "");
    const struct str urls[] = {
        STR("http://127.0.0.1:1/bot-SECRET/send"), /* refused */
        STR("http://no-such-host.invalid/bot-SECRET"),
        /* a TLS hello to a plain server */
        str_printf(&bench->arena, "https://127.0.0.1:%d/SECRET", bench->peer.port),
    };
    request.timeout_us = US_PER_S;
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        request.url = urls[i];
        struct outcome out = run(bench, &request);
        assert_int_equal(out.end, TRANSFER_NOT_SENT);
        assert_int_equal(out.status, 0);
        assert_true(out.detail[0]);
        assert_null(strstr(out.detail, "SECRET"));
    }
}

static void test_timeout_after_the_request_is_broken_and_on_time(void **state)
{
    struct bench *bench = *state;
    struct transfer_request request = post_to(bench, "/hang");
    request.timeout_us = 300 * US_PER_MS;
    int64_t start = monotonic_us();
    struct outcome out = run(bench, &request);
    int64_t took = monotonic_us() - start;
    assert_int_equal(out.end, TRANSFER_BROKEN);
    assert_in_range(took, 250 * US_PER_MS, 1500 * US_PER_MS);
}

static void test_connections_are_reused(void **state)
{
    struct bench *bench = *state;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(post(bench, "/ok").status, 200);
    }
    assert_int_equal(bench->peer.requests, 5);
    assert_int_equal(bench->peer.connections, 1);
}

static void test_request_on_a_dying_connection_is_sent_once(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(post(bench, "/once").status, 200);
    struct outcome out = post(bench, "/once");
    assert_int_equal(out.end, TRANSFER_BROKEN);
    usleep(50000); /* a resent request would have come by now */
    assert_int_equal(bench->peer.requests, 2);
}

static void test_private_address_is_refused_before_connecting(void **state)
{
    struct bench *bench = *state;
    struct transfer_request request = post_to(bench, "/ok");
    request.is_private_allowed = false;
    static const char *const hosts[] = {"127.0.0.1",          "localhost", "[::1]",
                                        "[::ffff:127.0.0.1]", "0x7f.1",    "169.254.169.254"};
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        request.url = str_printf(&bench->arena, "http://%s:%d/ok", hosts[i], bench->peer.port);
        struct outcome out = run(bench, &request);
        assert_int_equal(out.end, TRANSFER_NOT_SENT);
        assert_non_null(strstr(out.detail, "private"));
    }
    assert_int_equal(bench->peer.connections, 0);
}

static void test_idle_private_connection_is_not_lent_to_a_restricted_request(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(post(bench, "/ok").status, 200);
    struct transfer_request request = post_to(bench, "/ok");
    request.is_private_allowed = false;
    struct outcome out = run(bench, &request);
    assert_int_equal(out.end, TRANSFER_NOT_SENT);
    assert_non_null(strstr(out.detail, "private"));
    assert_int_equal(bench->peer.requests, 1);
}

static void refuse(struct bench *bench, const struct transfer_request *request)
{
    struct outcome out = {0};
    struct err err = ERR_INIT;
    enum status status = transfer_submit(bench->transfers, request, on_done, &out, &err);
    assert_int_equal(status, ERR_INVALID);
    assert_true(err.detail[0]);
    assert_null(strstr(err.detail, "SECRET"));
    assert_false(out.is_done);
    assert_int_equal(transfers_in_flight(bench->transfers), 0);
}

static void test_header_with_line_end_or_framing_is_refused(void **state)
{
    struct bench *bench = *state;
    struct transfer_header bad[] = {
        {STR("X-A"), STR("SECRET\r\nBcc: x")},
        {STR("X-A"), STR("a\nb")},
        {STR("X-A"), STR("a\0b")},
        {STR("X-A\r\nB"), STR("b")},
        {STR("X A"), STR("b")},
        {STR(""), STR("b")},
        {STR("content-length"), STR("5")},
        {STR("Transfer-Encoding"), STR("chunked")},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct transfer_request request = post_to(bench, "/ok");
        request.headers = &bad[i];
        request.n_headers = 1;
        refuse(bench, &request);
    }
}

static void test_unusable_urls_and_methods_are_refused(void **state)
{
    struct bench *bench = *state;
    static const char *const urls[] = {
        "",
        "ftp://host/SECRET",
        "file:///etc/passwd",
        "smtp://host",
        "http://user:SECRET@host/",
        "http://user@host/",
        "http://ho st/",
        "http://host/\r\nX: y",
        "http://h\xc3\xb6st/",
        "//host/SECRET",
        "gopher://host:70/_x",
    };
    struct transfer_request request = post_to(bench, "/ok");
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        request.url = str_from(urls[i]);
        refuse(bench, &request);
    }
    static const char *const methods[] = {"", "post", "GET /x", "CONNECT", "POST\r\n", "GET"};
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        request = post_to(bench, "/ok"); /* with a body, which GET may not have */
        request.method = str_from(methods[i]);
        refuse(bench, &request);
    }
}

static void test_mail_with_odd_addresses_or_line_ends_is_refused(void **state)
{
    struct bench *bench = *state;
    const struct transfer_request good = {.kind = TRANSFER_SMTP,
                                          .url = STR("smtp://127.0.0.1:1"),
                                          .mail_from = STR("a@example.org"),
                                          .mail_to = STR("b@example.org"),
                                          .body = STR("Subject: x\r\n\r\nhi\r\n"),
                                          .is_private_allowed = true};
    static const char *const bodies[] = {"", "a\nb\r\n", "a\rb\r\n", "a\r\n.\n\r\n", "a\r"};
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct transfer_request request = good;
        request.body = str_from(bodies[i]);
        refuse(bench, &request);
    }
    static const char *const bad[] = {
        "",           "a",
        "@b.org",     "a@",
        "a b@c.org",  "a@b.org>\r\nRCPT TO:<c@d.org",
        "<a@b.org>",  "a@b..org",
        ".a@b.org",   "a.@b.org",
        "a..b@c.org", "\"a\"@b.org",
        "a@b.org\n",  "a@[127.0.0.1]",
        "a@b_c.org",  "\xc3\xb6@b.org",
        "a@-b.org",   "a@b.org,c@d.org",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct transfer_request request = good;
        request.mail_to = str_from(bad[i]);
        refuse(bench, &request);
        request = good;
        request.mail_from = str_from(bad[i]);
        refuse(bench, &request);
    }
    struct transfer_request request = good;
    request.url = STR("smtp://127.0.0.1:1/ehlo%0d%0aMAIL");
    refuse(bench, &request);
    assert_true(address_is_plain(STR("on-call+x.y@sub.example.org")));
    assert_int_equal(run(bench, &good).end, TRANSFER_NOT_SENT);
}

static void test_more_than_max_in_flight_is_unavailable(void **state)
{
    struct bench *bench = *state;
    transfers_free(bench->transfers);
    struct transfers_settings settings = {.max_in_flight = 2};
    struct err err = ERR_INIT;
    assert_int_equal(transfers_new(&settings, &bench->transfers, &err), OK);
    struct outcome out[3];
    struct transfer_request request = post_to(bench, "/hang");
    submit(bench, &request, &out[0]);
    submit(bench, &request, &out[1]);
    assert_int_equal(transfer_submit(bench->transfers, &request, on_done, &out[2], &err),
                     ERR_UNAVAILABLE);
    assert_int_equal(transfers_in_flight(bench->transfers), 2);
    transfers_run(bench->transfers, 10 * US_PER_MS);
    /* tear_down frees them in flight: no done, no leak */
}

static void test_many_run_at_once(void **state)
{
    struct bench *bench = *state;
    enum { N = 50 };
    static struct outcome out[N];
    struct transfer_request request = post_to(bench, "/ok");
    for (int i = 0; i < N; i++) {
        submit(bench, &request, &out[i]);
    }
    int64_t until = monotonic_us() + 10 * US_PER_S;
    while (transfers_in_flight(bench->transfers) > 0 && monotonic_us() < until) {
        transfers_run(bench->transfers, 100 * US_PER_MS);
    }
    for (int i = 0; i < N; i++) {
        assert_int_equal(out[i].status, 200);
    }
}

static void test_console_writes_the_body_without_terminal_commands(void **state)
{
    struct bench *bench = *state;
    struct transfer_request request = {.kind = TRANSFER_CONSOLE,
                                       .body = STR("disk \xd0\xb6\x1b[2J\nfull\x07")};
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    fflush(stdout);
    int real = dup(STDOUT_FILENO);
    dup2(pipes[1], STDOUT_FILENO);
    struct outcome out;
    submit(bench, &request, &out);
    bool was_early = out.is_done;
    transfers_run(bench->transfers, 5 * US_PER_S);
    dup2(real, STDOUT_FILENO);
    close(real);
    close(pipes[1]);
    char text[64] = "";
    ssize_t n = read(pipes[0], text, sizeof(text) - 1);
    close(pipes[0]);
    assert_int_equal(n, 18);
    assert_false(was_early);
    assert_true(out.is_done);
    assert_int_equal(out.end, TRANSFER_REPLIED);
    assert_string_equal(text, "disk \xd0\xb6?[2J\nfull?\n");
}

static void test_silent_mail_server_holds_up_nothing(void **state)
{
    struct bench *bench = *state;
    struct outcome mail[6]; /* more than there are threads */
    struct transfer_request request = {
        .kind = TRANSFER_SMTP,
        .url = str_printf(&bench->arena, "smtp://127.0.0.1:%d", bench->peer.port),
        .mail_from = STR("a@example.org"),
        .mail_to = STR("b@example.org"),
        .body = STR("Subject: x\r\n\r\nhi\r\n"),
        .is_private_allowed = true,
        .timeout_us = 60 * US_PER_S};
    for (size_t i = 0; i < 6; i++) {
        submit(bench, &request, &mail[i]);
    }
    struct outcome out;
    struct transfer_request quick = post_to(bench, "/ok");
    int64_t start = monotonic_us();
    submit(bench, &quick, &out);
    while (!out.is_done && monotonic_us() - start < 5 * US_PER_S) {
        transfers_run(bench->transfers, 100 * US_PER_MS);
    }
    assert_int_equal(out.status, 200);
    assert_true(monotonic_us() - start < US_PER_S);
    assert_int_equal(transfers_in_flight(bench->transfers), 6);
    start = monotonic_us();
    transfers_free(bench->transfers);
    bench->transfers = NULL;
    assert_true(monotonic_us() - start < 5 * US_PER_S);
    assert_false(mail[0].is_done);
}

static void *wake_soon(void *arg)
{
    usleep(50000);
    transfers_wake(arg);
    return NULL;
}

static void test_wake_ends_a_wait(void **state)
{
    struct bench *bench = *state;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, wake_soon, bench->transfers), 0);
    int64_t start = monotonic_us();
    transfers_run(bench->transfers, 5 * US_PER_S);
    assert_true(monotonic_us() - start < 2 * US_PER_S);
    pthread_join(thread, NULL);
}

static void test_missing_ca_bundle_is_an_error(void **state)
{
    (void)state;
    struct transfers_settings settings = {.ca_bundle = "/nonexistent.pem"};
    struct transfers *transfers = NULL;
    struct err err = ERR_INIT;
    assert_int_equal(transfers_new(&settings, &transfers, &err), ERR_IO);
    assert_null(transfers);
}

static void test_only_global_unicast_addresses_are_public(void **state)
{
    (void)state;
    static const char *const open[] = {
        "1.1.1.1",         "172.15.0.1",      "172.32.0.1",     "100.63.255.255",   "100.128.0.1",
        "223.255.255.255", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808",
    };
    static const char *const closed[] = {
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.9.9.9",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "224.0.0.1",
        "239.1.1.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "2002:7f00:1::1",
        "2002:808:808::1",
        "2001:0:1::1",
        "2001:db8::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "100::1",
        "2606:4700::5efe:7f00:1",
        "localhost",
        "",
        "1.1.1",
    };
    for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++) {
        assert_true(address_text_is_public(open[i]));
    }
    for (size_t i = 0; i < sizeof(closed) / sizeof(closed[0]); i++) {
        assert_false(address_text_is_public(closed[i]));
    }
    struct sockaddr other = {.sa_family = AF_UNIX};
    assert_false(address_is_public(&other));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_reply_and_body_come_back),
        T(test_request_carries_what_was_asked_and_nothing_else),
        T(test_get_has_no_body),
        T(test_retry_after_in_seconds_is_read),
        T(test_retry_after_as_a_far_date_is_clamped_to_a_day),
        T(test_redirects_are_not_followed),
        T(test_huge_body_is_cut_and_not_an_error),
        T(test_endless_body_is_left_early_and_not_an_error),
        T(test_reset_after_the_request_is_broken),
        T(test_success_with_half_a_body_is_broken_but_refusal_stands),
        T(test_failures_before_the_request_are_not_sent_and_hide_the_url),
        T(test_timeout_after_the_request_is_broken_and_on_time),
        T(test_connections_are_reused),
        T(test_request_on_a_dying_connection_is_sent_once),
        T(test_private_address_is_refused_before_connecting),
        T(test_idle_private_connection_is_not_lent_to_a_restricted_request),
        T(test_header_with_line_end_or_framing_is_refused),
        T(test_unusable_urls_and_methods_are_refused),
        T(test_mail_with_odd_addresses_or_line_ends_is_refused),
        T(test_more_than_max_in_flight_is_unavailable),
        T(test_many_run_at_once),
        T(test_console_writes_the_body_without_terminal_commands),
        T(test_silent_mail_server_holds_up_nothing),
        T(test_wake_ends_a_wait),
        T(test_missing_ca_bundle_is_an_error),
        cmocka_unit_test(test_only_global_unicast_addresses_are_public),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
