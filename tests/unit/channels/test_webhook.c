#include "unit/channels/sample.h"

#include <sodium.h>

static int start(void **state)
{
    struct arena *a = malloc(sizeof(*a));
    arena_init(a);
    *state = a;
    return 0;
}

static int stop(void **state)
{
    arena_release(*state);
    free(*state);
    return 0;
}

static struct str header(const struct transfer_request *r, const char *name)
{
    for (size_t i = 0; i < r->n_headers; i++) {
        if (str_eq_nocase(r->headers[i].name, str_from(name))) {
            return r->headers[i].value;
        }
    }
    return STR_EMPTY;
}

/* Recomputed here by another libsodium interface, with the key as bytes. */
static struct str signature(struct arena *a, const char *base64_key,
                            const struct transfer_request *r)
{
    unsigned char key[64], mac[32];
    char text[64];
    size_t n;
    assert_int_equal(sodium_base642bin(key, sizeof(key), base64_key, strlen(base64_key), NULL, &n,
                                       NULL, sodium_base64_VARIANT_ORIGINAL),
                     0);
    struct str id = header(r, "webhook-id"), timestamp = header(r, "webhook-timestamp");
    struct str text_signed =
        str_printf(a, "%.*s.%.*s.%.*s", STR_ARG(id), STR_ARG(timestamp), STR_ARG(r->body));
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, key, n);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)text_signed.p, text_signed.n);
    crypto_auth_hmacsha256_final(&state, mac);
    sodium_bin2base64(text, sizeof(text), mac, sizeof(mac), sodium_base64_VARIANT_ORIGINAL);
    return str_printf(a, "v1,%s", text);
}

static void test_the_payload_is_signed_for_every_secret(void **state)
{
    struct channel_settings settings = sample_settings(*state);
    struct webhook_settings webhook = settings.webhooks[0];
    webhook.signing.v[1] = sample_secret(*state, "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX");
    webhook.signing.n = 2;
    settings.webhooks = &webhook;
    struct message m = sample_message(*state, CHANNEL_WEBHOOK, "pager");
    struct transfer_request r = sample_build(&settings, &m, false, *state);
    assert_true(str_eq(r.url, STR("https://hooks.example.org/in")));
    assert_true(str_eq(header(&r, "webhook-id"), m.id));
    assert_true(str_eq(header(&r, "webhook-timestamp"), STR("1795225920")));
    struct str first = signature(*state, "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", &r);
    struct str second = signature(*state, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYX", &r);
    struct str both = str_printf(*state, "%.*s %.*s", STR_ARG(first), STR_ARG(second));
    assert_true(str_eq(header(&r, "webhook-signature"), both));
}

static void test_the_payload_is_what_is_documented(void **state)
{
    struct channel_settings settings = sample_settings(*state);
    struct message m = sample_message(*state, CHANNEL_WEBHOOK, "pager");
    struct transfer_request r = sample_build(&settings, &m, false, *state);
    const char *want =
        "{\"version\":1,\"kind\":\"page\",\"delivery_id\":\"0199c0de-0000-7000-8000-00000000d001\","
        "\"possible_repeat\":false,\"late_s\":0,\"incident\":{\"id\":\"0199c0de-0000-7000-8000-"
        "000000000042\","
        "\"number\":42,\"title\":\"Disk almost full on db1\",\"severity\":\"critical\","
        "\"service\":\"payments\",\"status\":\"open\",\"receiver\":\"dba\",\"cycle\":1,\"round\":1,"
        "\"step\":1,"
        "\"opened_at\":\"2026-11-21T01:40:00Z\",\"acknowledged_at\":null,\"acknowledged_by\":\"\","
        "\"snoozed_until\":null,\"merged_into\":null,\"resolved_at\":null,\"resolved_by\":\"\","
        "\"firing\":1,\"total\":1,"
        "\"url\":\"https://alertify.example/incidents/42\","
        "\"ack_url\":\"https://alertify.example/a/TOKEN\","
        "\"resolve_url\":\"https://alertify.example/a/TOKEN-R\","
        "\"snooze_url\":\"https://alertify.example/a/TOKEN-S\"},\"note\":\"\",\"alerts\":["
        "{\"status\":\"firing\",\"labels\":{\"alertname\":\"DiskFull\",\"device\":\"sda\","
        "\"instance\":\"db1:9100\",\"severity\":\"critical\"},\"annotations\":{"
        "\"description\":\"It grows by 1% an hour.\","
        "\"runbook_url\":\"https://wiki.example/disk?a=1&b=2\","
        "\"summary\":\"Disk 91% full on /var\"},\"starts_at\":\"2026-11-21T01:40:00Z\","
        "\"ends_at\":null,\"generator_url\":\"\"}]}";
    assert_string_equal(str_c(*state, r.body), want);
}

static void test_hostile_payloads_are_valid_and_bounded(void **state)
{
    struct channel_settings settings = sample_settings(*state);
    for (int kind = 0; kind < notice_kind_COUNT; kind++) {
        struct message m = sample_hostile(*state, CHANNEL_WEBHOOK, "pager");
        m.kind = (enum notice_kind)kind;
        m.id = STR("a.b\r\nx: y");
        struct transfer_request r = sample_build(&settings, &m, false, *state);
        json_t *json = sample_json(r.body);
        assert_true(r.body.n <= 64 * 1024);
        assert_true(str_eq(header(&r, "webhook-id"), STR("a-b--x:-y")));
        json_t *list = kind == NOTICE_STORM
                           ? json_object_get(json_object_get(json, "storm"), "incidents")
                           : json_object_get(json, "alerts");
        assert_true(json_array_size(list) > 0);
        json_decref(json);
    }
}

static void test_statuses_are_understood(void **state)
{
    static const struct {
        int status;
        enum outcome_kind kind;
    } cases[] = {
        {200, OUTCOME_OK},   {204, OUTCOME_OK},   {301, OUTCOME_PERM}, {307, OUTCOME_PERM},
        {400, OUTCOME_PERM}, {401, OUTCOME_PERM}, {403, OUTCOME_PERM}, {404, OUTCOME_PERM},
        {408, OUTCOME_TEMP}, {410, OUTCOME_PERM}, {425, OUTCOME_TEMP}, {429, OUTCOME_TEMP},
        {500, OUTCOME_TEMP}, {502, OUTCOME_TEMP}, {503, OUTCOME_TEMP}, {504, OUTCOME_TEMP},
    };
    struct message m = sample_message(*state, CHANNEL_WEBHOOK, "pager");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct outcome o = sample_classify(&m, cases[i].status, "secret echo", *state);
        if (o.kind != cases[i].kind || (o.kind == OUTCOME_PERM && o.scope != SCOPE_DESTINATION)) {
            fail_msg("%d: %s", cases[i].status, outcome_kind_name(o.kind));
        }
        assert_int_equal(o.hint_us, cases[i].status == 429 ? 30 * US_PER_S : 0);
        ASSERT_HAS_NOT(o.reason, "echo");
    }
    struct transfer_reply reply = {
        .end = TRANSFER_BROKEN, .detail = STR("reset"), .body = STR_EMPTY};
    struct outcome o;
    channel_webhook.classify(&m, &reply, *state, &o);
    assert_int_equal(o.kind, OUTCOME_UNKNOWN);
    reply.end = TRANSFER_NOT_SENT;
    channel_webhook.classify(&m, &reply, *state, &o);
    assert_int_equal(o.kind, OUTCOME_TEMP);
}

static void test_an_unknown_webhook_or_a_malformed_secret_is_refused(void **state)
{
    struct channel_settings settings = sample_settings(*state);
    struct message m = sample_message(*state, CHANNEL_WEBHOOK, "other");
    assert_true(sample_is_refused(&settings, &m, *state));
    struct webhook_settings webhook = settings.webhooks[0];
    webhook.signing.v[0] = sample_secret(*state, "not a whsec");
    settings.webhooks = &webhook;
    m.to.address = STR("pager");
    assert_true(sample_is_refused(&settings, &m, *state));
}

static void test_the_console_gets_readable_text(void **state)
{
    struct channel_settings settings = {0};
    struct message m = sample_message(*state, CHANNEL_CONSOLE, "");
    struct transfer_request r = sample_build(&settings, &m, false, *state);
    assert_int_equal(r.kind, TRANSFER_CONSOLE);
    assert_true(str_starts_with(r.body, STR("🔴 CRITICAL: Disk almost full on db1 — firing for")));
    assert_true(str_ends_with(r.body, STR("/incidents/42\n\n")));
    m = sample_hostile(*state, CHANNEL_CONSOLE, "");
    sample_assert_clean(sample_build(&settings, &m, false, *state).body);
    assert_int_equal(sample_classify(&m, 0, "", *state).kind, OUTCOME_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_payload_is_signed_for_every_secret),
        cmocka_unit_test(test_the_payload_is_what_is_documented),
        cmocka_unit_test(test_hostile_payloads_are_valid_and_bounded),
        cmocka_unit_test(test_statuses_are_understood),
        cmocka_unit_test(test_an_unknown_webhook_or_a_malformed_secret_is_refused),
        cmocka_unit_test(test_the_console_gets_readable_text),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
