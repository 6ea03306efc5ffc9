#include "channels/message_templates.h"
#include "channels/template_data.h"
#include "cmocka_all.h"
#include "domain/labels.h"

#include <string.h>

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

static struct labels labels_of(const char *const *pairs)
{
    struct label v[16];
    size_t n = 0;
    for (; pairs[2 * n]; n++) {
        v[n] = (struct label){str_from(pairs[2 * n]), str_from(pairs[2 * n + 1])};
    }
    return labels_make(&arena, v, n);
}
#define LABELS(...) labels_of((const char *const[]){__VA_ARGS__, NULL})

static struct str render(const char *text, const struct value *data)
{
    size_t n;
    const struct template_func *funcs = template_data_funcs(&n);
    const struct template *template;
    struct template_error error = {0};
    struct template_env env = {
        .now = gotime_zero, .local = &gotime_utc, .data = data, .limits = TEMPLATE_LIMITS_DEFAULT};
    struct strbuf out;
    strbuf_init(&out, &arena, 64 * 1024);
    if (template_compile(template_set_new(&arena, funcs, n), &arena, str_from(text), TEMPLATE_TEXT,
                         &template, &error) != OK ||
        template_render(template, data, &env, &arena, &out, &error) != OK) {
        return error.text;
    }
    return strbuf_str(&out);
}

static struct value make_data(void)
{
    struct alert *alerts = ARENA_ARRAY(&arena, struct alert, 2);
    alerts[0] = (struct alert){
        .labels = LABELS("severity", "critical", "alertname", "Down", "instance", "a:9100"),
        .annotations = LABELS("summary", "It is down"),
        .status = ALERT_FIRING,
        .starts_at = INT64_C(1772619330) * US_PER_S,
        .ends_at = AT_NONE,
        .generator_url = STR("http://prom/graph"),
        .fingerprint = UINT64_C(0x1234),
    };
    alerts[1] = (struct alert){
        .labels = LABELS("severity", "critical", "alertname", "Down", "instance", "b:9100"),
        .annotations = LABELS("summary", "It is down", "x", "y"),
        .status = ALERT_RESOLVED,
        .starts_at = INT64_C(1772619330) * US_PER_S,
        .ends_at = INT64_C(1772619390) * US_PER_S,
        .generator_url = STR_EMPTY,
        .fingerprint = UINT64_C(0xabcdef0123456789),
    };
    static const char *const links[] = {"runbook_url", "http://wiki", NULL};
    alerts[0].annotations =
        labels_of((const char *const[]){"summary", "It is down", links[0], links[1], NULL});
    const struct message message = {
        .kind = NOTICE_PAGE,
        .to = {.channel = CHANNEL_SLACK, .language = STR("de")},
        .to_name = STR("eva"),
        .receiver = STR("dba"),
        .external_url = STR("http://am"),
        .alerts = {alerts, 2},
        .fired = {alerts, 1},
        .resolved = {alerts + 1, 1},
        .firing = 1,
        .total = 2,
        .group_labels = LABELS("alertname", "Down"),
        .incident_number = 42,
        .state = STR("open"),
        .severity = STR("critical"),
        .service = STR("db"),
        .title = STR("Down"),
        .opened_at = INT64_C(1772619330) * US_PER_S,
        .now_at = INT64_C(1772619450) * US_PER_S,
        .acked_at = AT_NONE,
        .snoozed_until = AT_NONE,
        .resolved_at = AT_NONE,
        .acked_by = STR("eva"),
        .step = 2,
        .round = 3,
        .cycle = 1,
        .ack_url = STR("http://x/a"),
        .open_url = STR("http://x/i"),
    };
    const struct template_view view = {
        .words = message_templates_words(message_templates_builtin(), STR("de")),
        .zone = &gotime_utc,
        .limits = text_limits_open};
    return template_data_make(&arena, &message, &view);
}

struct data_case {
    const char *text, *want;
};

static void check(const struct data_case *cases, size_t n, const struct value *data)
{
    size_t wrong = 0;
    for (size_t i = 0; i < n; i++) {
        struct str got = render(cases[i].text, data);
        if (!str_eq(got, str_from(cases[i].want))) {
            print_error("%s\n   got: %.*s\n  want: %s\n", cases[i].text, STR_ARG(got),
                        cases[i].want);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}
#define CHECK_ALL(cases, data) check((cases), sizeof(cases) / sizeof(*(cases)), (data))

static void test_what_alertmanager_has(void **state)
{
    (void)state;
    struct value data = make_data();
    static const struct data_case cases[] = {
        {"{{ .Receiver }} {{ .Status }} {{ .ExternalURL }} {{ .NotificationReason }}",
         "dba firing http://am page"},
        {"{{ len .Alerts }} {{ len .Alerts.Firing }} {{ len .Alerts.Resolved }}", "2 1 1"},
        {"{{ range .Alerts }}{{ .Status }} {{ .Labels.instance }} {{ .Fingerprint }};{{ end }}",
         "firing a:9100 0000000000001234;resolved b:9100 abcdef0123456789;"},
        {"{{ (index .Alerts 0).StartsAt }} {{ (index .Alerts 0).EndsAt.IsZero }} {{ (index .Alerts "
         "1).EndsAt.Sub (index .Alerts 1).StartsAt }}",
         "2026-03-04 10:15:30 +0000 UTC true 1m0s"},
        {"{{ .CommonLabels }} | {{ .CommonAnnotations }} | {{ .GroupLabels }}",
         "alertname=Down, severity=critical | summary=It is down | alertname=Down"},
        {"{{ range (index .Alerts 0).Labels.SortedPairs }}{{ .Name }}={{ .Value }} {{ end }}",
         "alertname=Down instance=a:9100 severity=critical "},
        {"{{ range $k, $v := (index .Alerts 0).Labels }}{{ $k }} {{ end }}",
         "alertname instance severity "},
        {"{{ .CommonLabels.Names }} {{ .CommonLabels.Values | join \",\" }} "
         "{{ .CommonLabels.SortedPairs.Names.Join \"+\" }}",
         "[alertname severity] Down,critical alertname+severity"},
        {"{{ .CommonLabels.Remove .GroupLabels.Names }} {{ .CommonLabels.Remove (stringSlice "
         "\"severity\") }}",
         "severity=critical alertname=Down"},
        {"{{ .CommonLabels.SortedPairs }} {{ index .CommonLabels \"none\" }}|{{ .GroupLabels.none "
         "}}|",
         "alertname=Down, severity=critical ||"},
        {"{{ routeLabels \"team\" }}{{ routeLabels \"none\" }}{{ .RouteLabels }}", ""},
        {"{{ printf \"%T %T %T %T %T\" . .Alerts .Alerts.Firing .CommonLabels "
         ".CommonLabels.SortedPairs }}",
         "template.Data template.Alerts []template.Alert template.KV template.Pairs"},
        {"{{ printf \"%d\" .GroupLabels }}", "map[%!d(string=alertname):%!d(string=Down)]"},
        {"{{ if .Alerts.Firing }}y{{ end }}{{ if .Alerts.Firing.Nope }}{{ end }}",
         "template: :1:46: executing \"\" at <.Alerts.Firing.Nope>: can't evaluate field Nope in "
         "type []template.Alert"},
        {"{{ .GroupKey }}", "template: :1:3: executing \"\" at <.GroupKey>: can't evaluate field "
                            "GroupKey in type template.Data"},
        {"{{ .GroupLabels | toJson }}{{ (index .Alerts 1) | toJson }}",
         "{\"alertname\":\"Down\"}{\"status\":\"resolved\",\"labels\":{\"alertname\":\"Down\","
         "\"instance\":\"b:9100\",\"severity\":\"critical\"},\"annotations\":{\"summary\":\"It is "
         "down\",\"x\":\"y\"},\"startsAt\":\"2026-03-04T10:15:30Z\",\"endsAt\":\"2026-03-04T10:16:"
         "30Z\",\"generatorURL\":\"\",\"fingerprint\":\"abcdef0123456789\"}"},
    };
    CHECK_ALL(cases, &data);
}

static void test_what_we_add(void **state)
{
    (void)state;
    struct value data = make_data();
    static const struct data_case cases[] = {
        {"{{ with .Incident }}{{ .Number }} {{ .State }} {{ .Severity }} {{ .Service }} {{ .Title "
         "}} {{ .Opened.Year }} {{ .AckedBy }} {{ .Step }}/{{ .Round }}{{ end }}",
         "42 open critical db Down 2026 eva 2/3"},
        {"{{ with .Incident.Links }}{{ .Ack }} {{ .Runbook }} [{{ .Snooze }}]{{ end }}",
         "http://x/a http://wiki []"},
        {"{{ .Target.User }} {{ .Target.Language }} {{ .Target.Channel }}", "eva de slack"},
        {"{{ range .Diff.Fired }}+{{ .Labels.instance }}{{ end }}{{ range .Diff.Resolved }}-{{ "
         ".Labels.instance }}{{ end }}",
         "+a:9100-b:9100"},
    };
    CHECK_ALL(cases, &data);
    /* The whole is what Alertmanager's whole is. */
    struct str whole = render("{{ . }} {{ toJson . }}", &data);
    assert_false(str_contains(whole, STR("http://x/a")));
    assert_false(str_contains(whole, STR("incident")));
}

static struct str read_error(const char *json)
{
    struct value data;
    struct err err = ERR_INIT;
    assert_int_not_equal(template_data_read(&arena, str_from(json), &gotime_utc, &data, &err), OK);
    return str_dup(&arena, str_from(err.detail));
}

static void test_webhook_bodies_are_read(void **state)
{
    (void)state;
    struct value data;
    struct err err = ERR_INIT;
    const char *json =
        "{\"version\":\"4\",\"RECEIVER\":\"r\",\"status\":\"firing\",\"groupLabels\":null,"
        "\"alerts\":[{\"status\":\"firing\",\"labels\":{\"a\":\"1\"},\"startsAt\":"
        "\"2026-03-04T10:15:30+01:00\"}],\"incident\":{\"number\":7,\"links\":{\"ack\":\"u\"}},"
        "\"target\":{\"user\":\"eva\"}}";
    assert_int_equal(template_data_read(&arena, str_from(json), &gotime_utc, &data, &err), OK);
    static const struct data_case cases[] = {
        {"{{ .Receiver }} {{ .Status }} {{ len .GroupLabels }} {{ .Incident.Number }} {{ "
         ".Incident.Links.Ack }} {{ .Target.User }}",
         "r firing 0 7 u eva"},
        {"{{ range .Alerts }}{{ .Labels.a }} {{ .StartsAt }} {{ .EndsAt.IsZero }}{{ end }}",
         "1 2026-03-04 10:15:30 +0100 +0100 true"},
        {"{{ toJson .GroupLabels }}", "null"},
    };
    CHECK_ALL(cases, &data);
    assert_str_is(read_error("[]"), "json: cannot unmarshal array into Go value of type "
                                    "template.Data");
    assert_str_is(read_error("{\"status\":1}"), "json: cannot unmarshal number into Go struct "
                                                "field Data.status of type string");
    assert_str_is(read_error("{\"alerts\":[{\"labels\":{\"a\":1}}]}"),
                  "json: cannot unmarshal number into Go struct field Alert.alerts.labels of type "
                  "string");
    assert_true(str_contains(read_error("{\"alerts\":[{\"startsAt\":\"x\"}]}"),
                             STR("parsing time \"x\" as \"2006-01-02T15:04:05Z07:00\"")));
    assert_true(read_error("{").n > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_alertmanager_has),
        cmocka_unit_test(test_what_we_add),
        cmocka_unit_test(test_webhook_bodies_are_read),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
