#include "formats/signature.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static struct str read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *p = arena_alloc(&arena, 1 << 16);
    size_t n = fread(p, 1, 1 << 16, file);
    fclose(file);
    return (struct str){p, n};
}

static void test_hmac_matches_rfc_4231(void **state)
{
    (void)state;
    struct str parts[] = {STR("what do ya want "), STR("for nothing?")};
    struct str hex = STR("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    assert_true(hmac_hex_matches(STR("Jefe"), parts, 2, hex));
    assert_false(hmac_hex_matches(STR("jefe"), parts, 2, hex));
    assert_false(hmac_hex_matches(STR("Jefe"), parts, 1, hex));
    assert_false(hmac_hex_matches(STR("Jefe"), parts, 2, str_slice(hex, 0, 63)));
    assert_false(hmac_hex_matches(STR("Jefe"), parts, 2, str_slice(hex, 0, 62)));
    assert_false(hmac_hex_matches(STR("Jefe"), parts, 2, STR("")));
}

/* The vectors of tests/data/grafana/hmac.txt. */
static const struct str grafana_key = {"alertify-test-secret", 20};
static const struct str grafana_time = {"1772619612", 10};
static const struct str grafana_hex = {
    "7c816aee469a809032c555c79d048f56ebc4346eca5dc11ad1ffe4272c84da0d", 64};
static const int64_t grafana_at = INT64_C(1772619612) * US_PER_S;

static void test_a_body_without_timestamp_is_as_grafana_signs_it(void **state)
{
    (void)state;
    struct str body = read_file(TEST_DATA "/grafana/firing.json");
    struct str file = read_file(TEST_DATA "/grafana/hmac.txt");
    struct str hex = STR("0155cb041a90d80dd8fc94c894066e7c9c985750f13ef4c562879ab42c8d1e4a");
    assert_true(str_contains(file, hex) && str_contains(file, grafana_hex));
    assert_true(hmac_hex_matches(grafana_key, &body, 1, hex));
}

static void test_grafana_with_timestamp_is_accepted_in_the_window_only(void **state)
{
    (void)state;
    struct str body = read_file(TEST_DATA "/grafana/firing.json");
    static const struct {
        int64_t off_us;
        enum status want;
    } cases[] = {{0, OK},
                 {SIGNATURE_WINDOW_US, OK},
                 {-SIGNATURE_WINDOW_US, OK},
                 {SIGNATURE_WINDOW_US + 1, ERR_UNAUTHENTICATED},
                 {-SIGNATURE_WINDOW_US - 1, ERR_UNAUTHENTICATED}};
    for (size_t i = 0; i < 5; i++) {
        struct err err = ERR_INIT;
        assert_int_equal(signature_check_grafana(grafana_key, grafana_hex, grafana_time, body,
                                                 grafana_at + cases[i].off_us, &err),
                         cases[i].want);
    }
}

static void test_any_changed_part_is_refused(void **state)
{
    (void)state;
    struct str body = read_file(TEST_DATA "/grafana/firing.json");
    struct str cut = str_slice(body, 0, body.n - 1);
    struct err err = ERR_INIT;
    struct str times[] = {STR(""), STR("1772619613"), STR(" 1772619612"), STR("-1"),
                          STR("999999999999999999")};
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(
            signature_check_grafana(grafana_key, grafana_hex, times[i], body, grafana_at, &err),
            ERR_UNAUTHENTICATED);
    }
    assert_int_equal(
        signature_check_grafana(grafana_key, grafana_hex, grafana_time, cut, grafana_at, &err),
        ERR_UNAUTHENTICATED);
    assert_int_equal(
        signature_check_grafana(STR("other"), grafana_hex, grafana_time, body, grafana_at, &err),
        ERR_UNAUTHENTICATED);
    assert_int_equal(
        signature_check_grafana(STR(""), grafana_hex, grafana_time, body, grafana_at, &err),
        ERR_UNAUTHENTICATED);
    assert_int_equal(
        signature_check_grafana(grafana_key, STR(""), grafana_time, body, grafana_at, &err),
        ERR_UNAUTHENTICATED);
    assert_string_equal(err_user(&err), "the request's signature is missing or wrong");
}

/* The example in Slack's documentation. */
static void test_slack_requests_are_checked(void **state)
{
    (void)state;
    struct str key = STR("8f742231b10e8888abcd99yyyzzz85a5"), time = STR("1531420618");
    struct str body = STR(
        "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id="
        "G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-"
        "collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%"
        "2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121."
        "803a0bc887a14d10d2c447fce8b6703c");
    struct str hex = STR("v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503");
    int64_t at = INT64_C(1531420618) * US_PER_S;
    struct err err = ERR_INIT;
    assert_int_equal(signature_check_slack(key, hex, time, body, at, &err), OK);
    assert_int_equal(signature_check_slack(key, hex, time, body, at + US_PER_HOUR, &err),
                     ERR_UNAUTHENTICATED);
    assert_int_equal(signature_check_slack(key, hex, time, body, at - US_PER_HOUR, &err),
                     ERR_UNAUTHENTICATED);
    assert_int_equal(signature_check_slack(key, str_slice(hex, 3, hex.n), time, body, at, &err),
                     ERR_UNAUTHENTICATED);
}

static struct str webhook_key(const char *whsec)
{
    struct err err = ERR_INIT;
    struct str key = STR_EMPTY;
    assert_int_equal(webhook_key_parse(&arena, str_from(whsec), &key, &err), OK);
    return key;
}

static void test_standard_webhooks_vector(void **state)
{
    (void)state;
    struct str key = webhook_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    struct str id = STR("msg_p5jXN8AQM9LWM0D4loKWxJek"), body = STR("{\"test\": 2432232314}");
    struct str signature = webhook_sign(&arena, &key, 1, id, 1614265330, body);
    assert_true(str_eq(signature, STR("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")));
    struct err err = ERR_INIT;
    int64_t at = INT64_C(1614265330) * US_PER_S;
    struct str time = STR("1614265330");
    assert_int_equal(webhook_check(&key, 1, id, time, signature, body, at, &err), OK);
    assert_int_equal(webhook_check(&key, 1, id, time, STR("v1a,x"), body, at, &err),
                     ERR_UNAUTHENTICATED);
    assert_int_equal(webhook_check(&key, 1, STR("msg.1"), time, signature, body, at, &err),
                     ERR_UNAUTHENTICATED);
    assert_int_equal(webhook_check(&key, 0, id, time, signature, body, at, &err),
                     ERR_UNAUTHENTICATED);
}

static void test_rotation_signs_with_both_keys_and_either_is_enough(void **state)
{
    (void)state;
    struct str keys[] = {webhook_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
                         webhook_key("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX")};
    struct str id = STR("msg_1"), body = STR("{}"), time = STR("100");
    struct str both = webhook_sign(&arena, keys, 2, id, 100, body);
    struct err err = ERR_INIT;
    assert_int_equal(webhook_check(&keys[0], 1, id, time, both, body, 100 * US_PER_S, &err), OK);
    assert_int_equal(webhook_check(&keys[1], 1, id, time, both, body, 100 * US_PER_S, &err), OK);
    struct str old = webhook_sign(&arena, &keys[1], 1, id, 100, body);
    assert_int_equal(webhook_check(keys, 2, id, time, old, body, 100 * US_PER_S, &err), OK);
    assert_int_equal(webhook_check(&keys[0], 1, id, time, old, body, 100 * US_PER_S, &err),
                     ERR_UNAUTHENTICATED);
}

static void test_bad_webhook_secrets_are_refused_without_showing_them(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_",
                                      "whsec_QUJD", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS!"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct err err = ERR_INIT;
        struct str key;
        assert_int_equal(webhook_key_parse(&arena, str_from(bad[i]), &key, &err), ERR_INVALID);
        assert_null(strstr(err.detail, "MfKQ"));
    }
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_hmac_matches_rfc_4231),
        TEST(test_a_body_without_timestamp_is_as_grafana_signs_it),
        TEST(test_grafana_with_timestamp_is_accepted_in_the_window_only),
        TEST(test_any_changed_part_is_refused),
        TEST(test_slack_requests_are_checked),
        TEST(test_standard_webhooks_vector),
        TEST(test_rotation_signs_with_both_keys_and_either_is_enough),
        TEST(test_bad_webhook_secrets_are_refused_without_showing_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
