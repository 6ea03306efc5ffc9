#include "wire/payload.h"

#include "data_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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

static struct payload parse_as(struct str body, enum source_type hint)
{
    struct payload payload;
    struct err err = ERR_INIT;
    enum status status = payload_parse(&arena, hint, STR("prod"), body, &payload, &err);
    if (status != OK) {
        fail_msg("%s: %s", err.where, err.detail);
    }
    return payload;
}

static struct payload parse_text(const char *text)
{
    return parse_as(str_from(text), SOURCE_ALERTMANAGER);
}

static struct payload parse_file(const char *name)
{
    return parse_as(read_data(&arena, name), SOURCE_ALERTMANAGER);
}

static void assert_str(struct str got, const char *want)
{
    if (!str_eq(got, str_from(want))) {
        fail_msg("\"%.*s\" is not \"%s\"", STR_ARG(got), want);
    }
}

static void assert_label(struct labels labels, const char *name, const char *want)
{
    assert_str(labels_get(labels, str_from(name)), want);
}

static size_t count(const struct payload *payload, enum alert_status status)
{
    size_t n = 0;
    for (size_t i = 0; i < payload->n_alerts; i++) {
        n += payload->alerts[i].status == status;
    }
    return n;
}

/* The n-th `"fingerprint":"…"` of a body, found without our reader. */
static uint64_t sent_fingerprint(struct str body, size_t n)
{
    const char *at = body.p;
    for (size_t i = 0; i <= n; i++) {
        at = strstr(at, "\"fingerprint\":\"");
        assert_non_null(at);
        at += strlen("\"fingerprint\":\"");
    }
    return strtoull(at, NULL, 16);
}

static struct str next_cell(struct str *line)
{
    return str_trim(str_cut(line, '|'));
}

/* README.md beside the captures says what each one is. */
static void test_every_alertmanager_capture_is_read_as_documented(void **state)
{
    (void)state;
    struct str rest = read_data(&arena, "alertmanager/README.md");
    size_t files = 0;
    while (rest.p) {
        struct str line = str_cut(&rest, '\n');
        if (!str_starts_with(line, STR("| ")) || !str_contains(line, STR(".json |"))) {
            continue;
        }
        next_cell(&line);
        struct str name = next_cell(&line), status = next_cell(&line);
        struct str counts = next_cell(&line), truncated = next_cell(&line);
        if (str_eq(status, STR("-"))) {
            continue;
        }
        struct str body =
            read_data(&arena, str_printf(&arena, "alertmanager/%.*s", STR_ARG(name)).p);
        struct payload payload = parse_as(body, SOURCE_GRAFANA);
        files++;
        assert_int_equal(payload.kind, PAYLOAD_ALERTMANAGER);
        assert_str(status, alert_status_name(payload.status));
        assert_str(counts, str_printf(&arena, "%zu/%zu", count(&payload, ALERT_FIRING),
                                      count(&payload, ALERT_RESOLVED))
                               .p);
        assert_str(truncated, str_printf(&arena, "%d", (int)payload.truncated).p);
        for (size_t i = 0; i < payload.n_alerts; i++) {
            const struct alert *alert = &payload.alerts[i];
            assert_true(alert->fingerprint == sent_fingerprint(body, i));
            assert_true(alert->starts_at > 0);
            assert_int_equal(alert->ends_at == AT_NONE, alert->status == ALERT_FIRING);
        }
    }
    assert_int_equal(files, 40);
}

static void test_an_alertmanager_body_keeps_its_texts_and_times(void **state)
{
    (void)state;
    struct payload payload = parse_file("alertmanager/resolved_single.json");
    const struct alert *alert = &payload.alerts[0];
    assert_label(alert->labels, "alertname", "InstanceDown");
    assert_label(alert->labels, "instance", "web-01.example.org:9100");
    assert_label(alert->annotations, "summary", "Instance web-01.example.org:9100 down");
    assert_int_equal(alert->annotations.n, 3);
    assert_str(alert->generator_url,
               "http://prometheus.example.org:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1");
    assert_str(payload.group_key, "{}/{scn=\"single\"}:{alertname=\"InstanceDown\"}");
    assert_str(payload.external_url, "http://alertmanager.example.org:9093");
    assert_true(alert->ends_at > alert->starts_at);
}

static void test_the_receiver_is_shown_without_regexp_escapes(void **state)
{
    (void)state;
    assert_str(parse_file("alertmanager/auth_basic.json").receiver, "team.ops+auth (primary)");
}

static void test_utf8_label_names_and_values_survive(void **state)
{
    (void)state;
    struct payload payload = parse_file("alertmanager/v033_utf8_labels.json");
    bool has_wide_name = false;
    for (size_t i = 0; i < payload.alerts[0].labels.n; i++) {
        struct str name = payload.alerts[0].labels.v[i].name;
        has_wide_name |= name.n && (unsigned char)name.p[0] >= 0x80;
    }
    assert_true(has_wide_name);
}

static void test_every_grafana_body_is_told_from_alertmanagers(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t firing, resolved;
    } files[] = {
        {"firing", 1, 0}, {"resolved", 0, 1}, {"multi_alert", 3, 1},
        {"nodata", 1, 0}, {"error", 1, 0},    {"image_and_values", 2, 0},
    };
    for (size_t f = 0; f < sizeof(files) / sizeof(files[0]); f++) {
        struct str body = read_data(&arena, str_printf(&arena, "grafana/%s.json", files[f].name).p);
        struct payload payload = parse_as(body, SOURCE_ALERTMANAGER);
        assert_int_equal(payload.kind, PAYLOAD_GRAFANA);
        assert_int_equal(count(&payload, ALERT_FIRING), files[f].firing);
        assert_int_equal(count(&payload, ALERT_RESOLVED), files[f].resolved);
        for (size_t i = 0; i < payload.n_alerts; i++) {
            /* Grafana hashes labels that it does not show. */
            assert_true(payload.alerts[i].fingerprint == sent_fingerprint(body, i));
            assert_true(payload.alerts[i].fingerprint !=
                        labels_fingerprint(payload.alerts[i].labels));
        }
    }
}

static void test_grafanas_links_and_values_become_annotations(void **state)
{
    (void)state;
    struct payload payload = parse_file("grafana/image_and_values.json");
    struct labels kept = payload.alerts[0].annotations;
    assert_label(kept, "__values__", "{\"A\":0.9731,\"B\":1610612736,\"C\":1}");
    assert_true(str_starts_with(labels_get(kept, STR("__value_string__")), STR("[ var='A'")));
    assert_true(str_starts_with(labels_get(kept, STR("__silence_url__")),
                                STR("https://grafana.example.org/alerting/silence/new")));
    assert_true(str_ends_with(labels_get(kept, STR("__panel_url__")), STR("&viewPanel=70")));
    assert_true(labels_get(kept, STR("__dashboard_url__")).n > 0);
    assert_true(labels_get(kept, STR("__image_url__")).n > 0);
    assert_label(kept, "__rule_uid__", "bdk0w7f2yqk8wd");
    assert_label(kept, "summary", "/var/lib/postgresql on db-0 is filling up");
}

static void test_no_data_and_error_keep_the_rules_name(void **state)
{
    (void)state;
    struct payload no_data = parse_file("grafana/nodata.json");
    assert_label(no_data.alerts[0].labels, "alertname", "DatasourceNoData");
    assert_label(no_data.alerts[0].labels, "rulename", "Queue depth");
    assert_label(no_data.alerts[0].annotations, "__values__", "");
    /* 11:00:20+01:00 */
    assert_int_equal(no_data.alerts[0].starts_at, INT64_C(1772618420) * US_PER_S);
    struct payload error = parse_file("grafana/error.json");
    assert_label(error.alerts[0].labels, "rulename", "Checkout latency");
}

static void test_a_legacy_ok_resolves_what_alerting_opened(void **state)
{
    (void)state;
    struct payload fires = parse_file("grafana/legacy_v7_alerting.json");
    struct payload silent = parse_file("grafana/legacy_v7_no_data.json");
    struct payload over = parse_file("grafana/legacy_v7_ok.json");
    assert_int_equal(fires.kind, PAYLOAD_GRAFANA_LEGACY);
    assert_int_equal(fires.alerts[0].status, ALERT_FIRING);
    assert_int_equal(silent.alerts[0].status, ALERT_FIRING);
    assert_int_equal(over.alerts[0].status, ALERT_RESOLVED);
    assert_true(fires.alerts[0].fingerprint == over.alerts[0].fingerprint);
    assert_true(fires.alerts[0].fingerprint == silent.alerts[0].fingerprint);
    assert_label(fires.alerts[0].labels, "alertname", "API latency alert");
    assert_label(fires.alerts[0].labels, "rule_id", "23");
    assert_label(fires.alerts[0].labels, "team", "api");
    assert_label(fires.alerts[0].annotations, "__value_string__", "web-01=97.41, web-02=101");
    assert_label(silent.alerts[0].annotations, "grafana_state_reason", "NoData");
    assert_true(fires.alerts[0].starts_at == AT_NONE);
}

static void test_a_legacy_tag_cannot_pose_as_the_rule(void **state)
{
    (void)state;
    struct payload p = parse_text("{\"ruleId\":5,\"evalMatches\":[],\"orgId\":1,\"state\":\"ok\","
                                  "\"tags\":{\"rule_id\":\"9\",\"x\":7}}");
    assert_label(p.alerts[0].labels, "rule_id", "5");
    assert_label(p.alerts[0].labels, "x", "7");
}

static void test_a_pending_legacy_rule_is_no_alert_yet(void **state)
{
    (void)state;
    struct payload p =
        parse_text("{\"ruleId\":5,\"evalMatches\":[],\"orgId\":1,\"state\":\"pending\"}");
    assert_int_equal(p.kind, PAYLOAD_GRAFANA_LEGACY);
    assert_int_equal(p.n_alerts, 0);
}

static void test_an_unknown_payload_is_shown_to_somebody(void **state)
{
    (void)state;
    struct str body = read_data(&arena, "grafana/custom_payload.json");
    struct payload p = parse_as(body, SOURCE_GRAFANA);
    assert_int_equal(p.kind, PAYLOAD_CUSTOM);
    assert_int_equal(p.n_alerts, 1);
    assert_int_equal(p.alerts[0].status, ALERT_FIRING);
    assert_label(p.alerts[0].labels, "alertname", "UnmappedPayload");
    assert_label(p.alerts[0].labels, "source", "prod");
    assert_label(p.alerts[0].labels, "severity", "critical");
    assert_true(str_eq(labels_get(p.alerts[0].annotations, STR("raw")), body));
    assert_int_equal(parse_file("alertmanager/v033_custom_payload.json").kind, PAYLOAD_CUSTOM);
    assert_int_equal(parse_text("[1,2]").kind, PAYLOAD_CUSTOM);
    assert_int_equal(parse_text("\"hello\"").kind, PAYLOAD_CUSTOM);
    assert_int_equal(parse_text("{\"version\":\"4\",\"alerts\":null}").kind, PAYLOAD_CUSTOM);
    assert_int_equal(parse_text("{\"version\":\"4\",\"alerts\":[7]}").kind, PAYLOAD_CUSTOM);
}

static void test_the_raw_text_of_a_big_unknown_payload_is_cut(void **state)
{
    (void)state;
    struct strbuf body;
    strbuf_init(&body, &arena, 10000);
    strbuf_add(&body, STR("[\"x"));
    for (int i = 0; i < 3000; i++) {
        strbuf_add(&body, STR("\xc3\xa9"));
    }
    strbuf_add(&body, STR("\"]"));
    struct payload p = parse_as(strbuf_str(&body), SOURCE_ALERTMANAGER);
    struct str raw = labels_get(p.alerts[0].annotations, STR("raw"));
    assert_int_equal(raw.n, PAYLOAD_RAW_MAX - 1);
    assert_true(str_is_utf8(raw));
}

static void test_odd_but_readable_bodies_do_not_fail(void **state)
{
    (void)state;
    struct payload p = parse_text(
        " { \"alerts\" : [ {\"labels\":{\"a\":1,\"b\":true,\"c\":null,\"d\":[1],\"a\":\"two\"},"
        "\"annotations\":null,\"extra\":{\"x\":[]},\"startsAt\":\"soon\",\"status\":7} , {} ],"
        "\"groupKey\":\"k\\u00e9\", \"version\":\"4\",\"truncatedAlerts\":\"no\",\"new\":[{}]} ");
    assert_int_equal(p.kind, PAYLOAD_ALERTMANAGER);
    assert_int_equal(p.n_alerts, 2);
    assert_label(p.alerts[0].labels, "a", "two");
    assert_label(p.alerts[0].labels, "b", "true");
    assert_label(p.alerts[0].labels, "d", "[1]");
    assert_int_equal(p.alerts[0].labels.n, 3);
    assert_int_equal(p.alerts[0].status, ALERT_FIRING);
    assert_true(p.alerts[0].starts_at == AT_NONE);
    assert_int_equal(p.alerts[1].labels.n, 0);
    assert_str(p.group_key, "k\xc3\xa9");
}

static void test_without_a_version_the_hint_decides(void **state)
{
    (void)state;
    struct str body = STR("{\"alerts\":[{\"labels\":{\"a\":\"b\"},"
                          "\"fingerprint\":\"00000000000000ff\"}],\"groupKey\":\"k\"}");
    struct payload p = parse_as(body, SOURCE_GRAFANA);
    assert_int_equal(p.kind, PAYLOAD_GRAFANA);
    assert_true(p.alerts[0].fingerprint == 255);
    p = parse_as(body, SOURCE_ALERTMANAGER);
    assert_int_equal(p.kind, PAYLOAD_ALERTMANAGER);
    assert_true(p.alerts[0].fingerprint == labels_fingerprint(p.alerts[0].labels));
}

static void test_a_grafana_alert_without_fingerprint_gets_one(void **state)
{
    (void)state;
    struct payload p = parse_text("{\"orgId\":1,\"alerts\":[{\"labels\":{\"a\":\"b\"}}]}");
    assert_int_equal(p.kind, PAYLOAD_GRAFANA);
    assert_true(p.alerts[0].fingerprint == labels_fingerprint(p.alerts[0].labels));
}

static void test_broken_json_is_a_syntax_error(void **state)
{
    (void)state;
    static const char *const bodies[] = {"", "{", "{\"alerts\":[{]}", "nope", "{} {}", "\xff"};
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct payload p;
        struct err err = ERR_INIT;
        assert_int_equal(
            payload_parse(&arena, SOURCE_ALERTMANAGER, STR("prod"), str_from(bodies[i]), &p, &err),
            ERR_SYNTAX);
        assert_true(err.detail[0] != '\0');
    }
}

/* A body of `alerts` alerts with `labels` labels each. */
static struct str make_body(size_t alerts, size_t labels)
{
    struct strbuf body;
    strbuf_init(&body, &arena, 32u << 20);
    strbuf_add(&body, STR("{\"version\":\"4\",\"alerts\":["));
    for (size_t i = 0; i < alerts; i++) {
        strbuf_add(&body, i ? STR(",{\"labels\":{") : STR("{\"labels\":{"));
        for (size_t n = 0; n < labels; n++) {
            strbuf_printf(&body, "%s\"l%zu\":\"v\"", n ? "," : "", n);
        }
        strbuf_add(&body, STR("}}"));
    }
    strbuf_add(&body, STR("]}"));
    return strbuf_str(&body);
}

static void test_limits_on_alerts_and_labels_hold(void **state)
{
    (void)state;
    struct payload p;
    struct err err = ERR_INIT;
    assert_int_equal(parse_as(make_body(PAYLOAD_ALERTS_MAX, 1), SOURCE_GRAFANA).n_alerts,
                     PAYLOAD_ALERTS_MAX);
    assert_int_equal(parse_as(make_body(1, PAYLOAD_LABELS_MAX), SOURCE_GRAFANA).alerts[0].labels.n,
                     PAYLOAD_LABELS_MAX);
    assert_int_equal(payload_parse(&arena, SOURCE_GRAFANA, STR("s"),
                                   make_body(PAYLOAD_ALERTS_MAX + 1, 1), &p, &err),
                     ERR_TOO_LARGE);
    err = ERR_INIT;
    assert_int_equal(payload_parse(&arena, SOURCE_GRAFANA, STR("s"),
                                   make_body(1, PAYLOAD_LABELS_MAX + 1), &p, &err),
                     ERR_TOO_LARGE);
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Not a verdict on speed (machines and sanitizers differ), only against something quadratic. */
static void test_many_alerts_are_read_in_little_time(void **state)
{
    (void)state;
    struct str one = read_data(&arena, "alertmanager/firing_many.json");
    size_t alerts = 0;
    double start = seconds(), used = 0;
    for (int i = 0; i < 200; i++) {
        struct arena batch;
        struct payload p;
        arena_init(&batch);
        assert_int_equal(payload_parse(&batch, SOURCE_ALERTMANAGER, STR("prod"), one, &p, NULL),
                         OK);
        alerts += p.n_alerts;
        arena_release(&batch);
    }
    used = seconds() - start;
    print_message("%.2f us per alert of %zu bytes\n", used * 1e6 / (double)alerts,
                  one.n * 200 / alerts);
    assert_true(used < 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        T(test_every_alertmanager_capture_is_read_as_documented),
        T(test_an_alertmanager_body_keeps_its_texts_and_times),
        T(test_the_receiver_is_shown_without_regexp_escapes),
        T(test_utf8_label_names_and_values_survive),
        T(test_every_grafana_body_is_told_from_alertmanagers),
        T(test_grafanas_links_and_values_become_annotations),
        T(test_no_data_and_error_keep_the_rules_name),
        T(test_a_legacy_ok_resolves_what_alerting_opened),
        T(test_a_legacy_tag_cannot_pose_as_the_rule),
        T(test_a_pending_legacy_rule_is_no_alert_yet),
        T(test_an_unknown_payload_is_shown_to_somebody),
        T(test_the_raw_text_of_a_big_unknown_payload_is_cut),
        T(test_odd_but_readable_bodies_do_not_fail),
        T(test_without_a_version_the_hint_decides),
        T(test_a_grafana_alert_without_fingerprint_gets_one),
        T(test_broken_json_is_a_syntax_error),
        T(test_limits_on_alerts_and_labels_hold),
        T(test_many_alerts_are_read_in_little_time),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
