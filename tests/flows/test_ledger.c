/* ledger: nothing is answered 2xx before its commit. */
#include "fixture.h"

#include <string.h>

#include "base/monotonic.h"
#include "cmocka_all.h"
#include "flows/intake_item.h"

static struct world w;

static const char body[] = "{\"version\":\"4\",\"status\":\"firing\",\"receiver\":\"x\","
                           "\"alerts\":[{\"status\":\"firing\",\"labels\":{\"alertname\":\"A\"},"
                           "\"annotations\":{}}]}";
static const char path[] = "/v1/webhooks/alertmanager/am";
static const char proof[] = "Bearer t0p-s3cret";

static int set_up(void **state)
{
    (void)state;
    world_start(&w, routes_basic);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_end(&w);
    return 0;
}

static void test_a_webhook_is_stored_and_answered_with_its_receipt(void **state)
{
    (void)state;
    struct fake_answer answer = world_http(&w, HTTP_POST, path, proof, body);
    assert_int_equal(answer.status, 200);
    assert_true(str_contains(answer.body, STR("\"receipt\":")));
    assert_int_equal(w.db.t.intake.n, 1);
    assert_str_is(w.db.t.intake.v[0].entry.source, "am");
    assert_str_is(w.db.t.intake.v[0].entry.body, body);
    assert_str_is(w.db.t.intake.v[0].entry.peer, "192.0.2.7");
}

static struct fake_answer early;

static void not_answered_yet(void *arg, const char *call)
{
    (void)arg;
    if (strcmp(call, "ledger_append") == 0) {
        assert_false(early.is_answered);
    }
}

static void test_no_answer_before_the_commit(void **state)
{
    (void)state;
    struct exchange_header headers[] = {{STR("authorization"), str_from(proof)}};
    struct exchange_request request = {.method = HTTP_POST,
                                       .path = str_from(path),
                                       .query = STR_EMPTY,
                                       .headers = headers,
                                       .n_headers = 1,
                                       .body = str_from(body),
                                       .peer = STR("192.0.2.7")};
    flow_request(&w.deps, fake_exchange_new(&w.arena, &request, &early));
    assert_false(early.is_answered);
    w.db.on_call = not_answered_yet;
    world_ledger(&w);
    w.db.on_call = NULL;
    assert_int_equal(early.status, 200);
}

static void test_an_unknown_outcome_is_503_although_it_may_be_stored(void **state)
{
    (void)state;
    w.db.fault = (struct fake_fault){1, ERR_UNKNOWN_OUTCOME, true};
    struct fake_answer answer = world_http(&w, HTTP_POST, path, proof, body);
    assert_int_equal(answer.status, 503);
    assert_int_equal(answer.error, ERR_UNKNOWN_OUTCOME);
    assert_int_equal(w.db.t.intake.n, 1);
    answer = world_http(&w, HTTP_POST, path, proof, body);
    assert_int_equal(answer.status, 200);
    world_settle(&w); /* the sender's repeat is harmless */
    assert_int_equal(w.db.t.incidents.n, 1);
    assert_int_equal(world_incident(&w, 1)->total, 1);
}

static void test_a_short_absence_of_the_database_is_waited_out(void **state)
{
    (void)state;
    w.db.fault = (struct fake_fault){1, ERR_UNAVAILABLE, false};
    struct fake_answer answer = world_http(&w, HTTP_POST, path, proof, body);
    assert_true(w.db.has_failed);
    assert_int_equal(answer.status, 200);
    assert_int_equal(w.db.t.intake.n, 1);
}

static void always_away(void *arg, const char *call)
{
    (void)arg, (void)call;
    w.db.fault = (struct fake_fault){w.db.calls, ERR_UNAVAILABLE, false};
}

static void test_a_request_that_waited_long_enough_is_answered_503(void **state)
{
    (void)state;
    struct fake_answer answer;
    struct exchange_request request = {.method = HTTP_POST, .path = str_from(path)};
    struct exchange *exchange = fake_exchange_new(&w.arena, &request, &answer);
    struct intake_item *item = ARENA_NEW(exchange_arena(exchange), struct intake_item);
    *item = (struct intake_item){.exchange = exchange,
                                 .entry = {.source = STR("am"),
                                           .peer = STR_EMPTY,
                                           .body = str_from(body),
                                           .quarantine = STR_EMPTY},
                                 .arrived_us = monotonic_us() - 8 * US_PER_S + 300 * US_PER_MS};
    assert_true(mailbox_post(w.deps.ledger, item, 100));
    w.db.on_call = always_away;
    world_ledger(&w);
    w.db.on_call = NULL;
    w.db.fault = (struct fake_fault){0};
    assert_int_equal(answer.status, 503);
    assert_true(w.db.calls >= 2); /* tried again meanwhile */
    assert_int_equal(w.db.t.intake.n, 0);
    assert_false(atomic_load(&w.deps.is_database_ok));
}

static void test_a_refused_write_is_not_tried_again(void **state)
{
    (void)state;
    w.db.fault = (struct fake_fault){1, ERR_INTERNAL, false};
    struct fake_answer answer = world_http(&w, HTTP_POST, path, proof, body);
    assert_int_equal(answer.status, 503);
    assert_int_equal(w.db.calls, 1);
}

static void test_a_body_that_is_not_json_is_kept_and_answered_400(void **state)
{
    (void)state;
    struct fake_answer answer = world_http(&w, HTTP_POST, path, proof, "{\"alerts\":[}");
    assert_int_equal(answer.status, 400);
    assert_true(str_contains(answer.body, STR("receipt")));
    assert_int_equal(w.db.t.intake.n, 1);
    assert_true(w.db.t.intake.v[0].quarantine.n > 0);
    assert_false(w.db.t.intake.v[0].is_waiting);
}

static void test_a_full_queue_is_answered_503_and_not_429(void **state)
{
    (void)state;
    struct fake_answer first, second;
    struct exchange_header headers[] = {{STR("authorization"), str_from(proof)}};
    struct exchange_request request = {.method = HTTP_POST,
                                       .path = str_from(path),
                                       .headers = headers,
                                       .n_headers = 1,
                                       .body = str_from(body),
                                       .peer = STR("192.0.2.7")};
    mailbox_free(w.deps.ledger);
    w.deps.ledger = mailbox_new(1, 1 << 20);
    flow_request(&w.deps, fake_exchange_new(&w.arena, &request, &first));
    flow_request(&w.deps, fake_exchange_new(&w.arena, &request, &second));
    assert_false(first.is_answered);
    assert_int_equal(second.status, 503);
    world_ledger(&w);
    assert_int_equal(first.status, 200);
    assert_int_equal(w.db.t.intake.n, 1);
}

static void test_a_wrong_credential_and_an_unknown_source_look_the_same(void **state)
{
    (void)state;
    struct fake_answer wrong = world_http(&w, HTTP_POST, path, "Bearer wrong", body);
    struct fake_answer none = world_http(&w, HTTP_POST, path, NULL, body);
    struct fake_answer unknown =
        world_http(&w, HTTP_POST, "/v1/webhooks/alertmanager/nope", proof, body);
    assert_int_equal(wrong.status, 401);
    assert_int_equal(none.status, 401);
    assert_int_equal(unknown.status, 401);
    assert_true(str_eq(wrong.body, unknown.body));
    assert_int_equal(w.db.t.intake.n, 0);
}

static void test_requests_that_wait_are_committed_together(void **state)
{
    (void)state;
    enum { N = 300 };
    static struct fake_answer answers[N];
    struct exchange_header headers[] = {{STR("authorization"), str_from(proof)}};
    struct exchange_request request = {.method = HTTP_POST,
                                       .path = str_from(path),
                                       .headers = headers,
                                       .n_headers = 1,
                                       .body = str_from(body),
                                       .peer = STR("192.0.2.7")};
    for (size_t i = 0; i < N; i++) {
        flow_request(&w.deps, fake_exchange_new(&w.arena, &request, &answers[i]));
    }
    world_ledger(&w);
    assert_int_equal(w.db.calls, 2); /* 256 and the rest */
    assert_int_equal(w.db.t.intake.n, N);
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(answers[i].status, 200);
    }
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_a_webhook_is_stored_and_answered_with_its_receipt),
        T(test_no_answer_before_the_commit),
        T(test_an_unknown_outcome_is_503_although_it_may_be_stored),
        T(test_a_short_absence_of_the_database_is_waited_out),
        T(test_a_request_that_waited_long_enough_is_answered_503),
        T(test_a_refused_write_is_not_tried_again),
        T(test_a_body_that_is_not_json_is_kept_and_answered_400),
        T(test_a_full_queue_is_answered_503_and_not_429),
        T(test_a_wrong_credential_and_an_unknown_source_look_the_same),
        T(test_requests_that_wait_are_committed_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
