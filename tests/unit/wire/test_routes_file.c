#include "wire/routes_file.h"

#include "data_file.h"
#include "wire/alert_text.h"
#include "wire/target_text.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;
static struct routes_result result;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    routes_release(&result);
    arena_release(&arena);
    return 0;
}

/* A world with a few secrets in it. */
static bool fake_env(void *arg, struct str name, struct str *ret)
{
    (void)arg;
    *ret = STR("s3cret");
    return str_eq(name, STR("TOKEN")) || str_eq(name, STR("NEXT_TOKEN"));
}

static enum status fake_file(void *arg, struct str path, struct str *ret, struct err *err)
{
    (void)arg;
    if (!str_eq(path, STR("/run/secrets/key"))) {
        return err_set(err, ERR_NOT_FOUND, "no such file");
    }
    *ret = STR("from-file\n");
    return OK;
}

/* A slim TZif file: version 2, one type, a rule. */
static enum status fake_zone(void *arg, struct str name, struct str *ret, struct err *err)
{
    static const char file[] = "TZif2"
                               "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                               "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4"
                               "\0\0\0\0\0\0UTC\0"
                               "TZif2"
                               "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                               "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4"
                               "\0\0\0\0\0\0UTC\0"
                               "\nCET-1CEST,M3.5.0,M10.5.0/3\n";
    (void)arg;
    if (!str_eq(name, STR("Test/Berlin")) && !str_eq(name, STR("Europe/Prague"))) {
        return err_set(err, ERR_NOT_FOUND, "time zone \"%.*s\" is not there", STR_ARG(name));
    }
    *ret = (struct str){file, sizeof(file) - 1};
    return OK;
}

static const struct routes_env fake_world = {.env = fake_env,
                                             .file = fake_file,
                                             .zone = fake_zone,
                                             .now_at =
                                                 INT64_C(1772323200) * US_PER_S}; /* 2026-03-01 */

static enum status parse_named(struct str name, struct str text)
{
    struct routes_source file = {.name = name, .text = text};
    routes_release(&result);
    return routes_parse(&file, 1, &fake_world, &result);
}

static const struct settings *load(const char *text)
{
    if (parse_named(STR("a.yml"), str_from(text)) != OK || result.n_problems > 0) {
        fail_msg("%.*s", STR_ARG(routes_report(&result)));
    }
    return result.settings;
}

static void assert_str(struct str got, const char *want)
{
    if (!str_eq(got, str_from(want))) {
        fail_msg("\"%.*s\" is not \"%s\"", STR_ARG(got), want);
    }
}

#define TAIL_TELLING(targets)                                                                      \
    "route: { receiver: r }\nreceivers: [{ name: r, notify: ['" targets "'] }]\n"
#define TAIL TAIL_TELLING("console")

/* --- golden cases ------------------------------------------------------------------------- */

static void write_golden(const char *path, struct str text)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(text.p, 1, text.n, f), text.n);
    fclose(f);
}

/* UPDATE_GOLDEN=1 writes what is said now; read the diff before committing it. */
static void assert_golden(const char *path, struct str got)
{
    if (getenv("UPDATE_GOLDEN")) {
        write_golden(path, got);
    }
    struct str want = read_path(&arena, path);
    if (!str_eq(got, want)) {
        fail_msg("%s:\n--- got\n%.*s\n--- want\n%.*s", path, STR_ARG(got), STR_ARG(want));
    }
}

static void test_every_mistake_is_reported_as_documented(void **state)
{
    (void)state;
    struct dirent **names;
    int n = scandir(TEST_DATA "/routes", &names, NULL, alphasort), cases = 0;
    assert_true(n > 0);
    for (int i = 0; i < n; i++) {
        if (names[i]->d_name[0] != '.') {
            const char *dir = names[i]->d_name;
            (void)parse_named(STR("input.yml"),
                              read_data(&arena, str_printf(&arena, "routes/%s/input.yml", dir).p));
            assert_golden(str_printf(&arena, TEST_DATA "/routes/%s/expect.txt", dir).p,
                          routes_report(&result));
            assert_int_equal(result.settings == NULL, result.n_errors > 0);
            cases++;
        }
        free(names[i]);
    }
    free(names);
    assert_true(cases >= 25);
}

static void test_the_reference_of_keys_is_up_to_date(void **state)
{
    (void)state;
    assert_golden(TEST_DATA "/../../docs/configuration.md", routes_describe(&arena));
}

static void test_the_schema_for_editors_is_up_to_date(void **state)
{
    (void)state;
    assert_golden(TEST_DATA "/../../docs/routing.schema.json", routes_json_schema(&arena));
}

/* --- agreement with Alertmanager ---------------------------------------------------------- */

static struct str matched_receivers(struct labels labels)
{
    struct route_hits hits = route_match(&result.settings->root, labels, &arena);
    struct strbuf out;
    strbuf_init(&out, &arena, 4096);
    for (size_t i = 0; i < hits.n; i++) {
        strbuf_add(&out, i ? STR(",") : STR_EMPTY);
        strbuf_add(&out, hits.v[i]->receiver->name);
    }
    return strbuf_str(&out);
}

static void check_cases(const char *cases, size_t expected)
{
    struct str rest = read_data(&arena, cases);
    size_t lines = 0;
    str_cut(&rest, '\n');
    while (rest.p) {
        struct str line = str_cut(&rest, '\n');
        if (line.n == 0) {
            continue;
        }
        struct labels labels;
        struct str id = str_cut(&line, '\t');
        assert_int_equal(labels_parse_json(&arena, str_cut(&line, '\t'), &labels, NULL), OK);
        struct str got = matched_receivers(labels);
        if (!str_eq(got, line)) {
            fail_msg("case %.*s: %.*s, not %.*s", STR_ARG(id), STR_ARG(got), STR_ARG(line));
        }
        lines++;
    }
    assert_int_equal(lines, expected);
}

static bool any_env(void *arg, struct str name, struct str *ret)
{
    (void)arg;
    *ret = STR("https://s3cret.example.org/");
    return name.n > 0;
}

static struct str told_places(const struct settings *settings)
{
    struct strbuf out;
    strbuf_init(&out, &arena, 1 << 20);
    for (size_t i = 0; i < settings->n_receivers; i++) {
        const struct receiver *r = &settings->receivers[i];
        strbuf_printf(&out, "%.*s %d %zu:", STR_ARG(r->name), r->sends_resolve,
                      r->sends_resolve ? r->n_quiet_ends : 0);
        for (size_t k = 0; r->plan.n_steps > 0 && k < r->plan.steps[0].n_targets; k++) {
            strbuf_add_char(&out, ' ');
            strbuf_add(&out, target_format(&arena, &r->plan.steps[0].targets[k]));
        }
        strbuf_add_char(&out, '\n');
    }
    return strbuf_str(&out);
}

/* What `alertify import` prints parses without a warning and tells the same places. */
static void import_again(const char *config)
{
    struct routes_source file = {.name = str_from(config), .text = read_data(&arena, config)};
    struct routes_env env = fake_world;
    struct str told = told_places(result.settings);
    size_t n_intervals = result.settings->n_intervals, n_rules = result.settings->n_inhibit_rules;
    struct routes_source again = {.name = STR("import.yml"),
                                  .text = routes_import(&arena, &file, result.settings)};
    env.env = any_env;
    routes_release(&result);
    if (routes_parse(&again, 1, &env, &result) != OK) {
        fail_msg("%.*s\n%.*s", STR_ARG(again.text), STR_ARG(routes_report(&result)));
    }
    assert_false(str_contains(again.text, STR("_configs")));
    assert_int_equal(result.settings->n_intervals, n_intervals);
    assert_int_equal(result.settings->n_inhibit_rules, n_rules);
    /* All or nothing about the end is written shorter. */
    struct str now = told_places(result.settings);
    struct str a = told, b = now;
    while (a.p && b.p) {
        struct str x = str_cut(&a, '\n'), y = str_cut(&b, '\n');
        str_cut(&x, ':');
        str_cut(&y, ':');
        if (!str_eq(x.p ? x : STR_EMPTY, y.p ? y : STR_EMPTY)) {
            fail_msg("%.*s\nis not\n%.*s", STR_ARG(now), STR_ARG(told));
        }
    }
}

static void check_routing(const char *config, const char *cases, size_t expected)
{
    if (parse_named(str_from(config), read_data(&arena, config)) != OK) {
        fail_msg("%.*s", STR_ARG(routes_report(&result)));
    }
    check_cases(cases, expected);
    import_again(config);
    check_cases(cases, expected);
}

/* `import` copies what is our language already: nothing of it may be lost or bent. */
static void test_every_good_file_survives_an_import(void **state)
{
    (void)state;
    struct dirent **names;
    int n = scandir(TEST_DATA "/routes", &names, NULL, alphasort), cases = 0;
    for (int i = 0; i < n; i++) {
        struct str config = str_printf(&arena, "routes/%s/input.yml", names[i]->d_name);
        bool is_case = names[i]->d_name[0] != '.';
        if (is_case && parse_named(config, read_data(&arena, config.p)) == OK &&
            !str_contains(read_data(&arena, config.p), STR("channels:"))) {
            import_again(config.p);
            cases++;
        }
        free(names[i]);
    }
    free(names);
    assert_true(cases >= 5);
}

static void test_an_imported_file_tells_the_same_places(void **state)
{
    (void)state;
    const char *config = "routes/alertmanager_blocks/input.yml";
    if (parse_named(STR("input.yml"), read_data(&arena, config)) != OK) {
        fail_msg("%.*s", STR_ARG(routes_report(&result)));
    }
    import_again(config);
}

static void test_routing_agrees_with_alertmanager(void **state)
{
    (void)state;
    check_routing("routing/alertmanager.yml", "routing/cases.tsv", 62);
}

static void test_routing_with_utf8_matchers_agrees_with_alertmanager(void **state)
{
    (void)state;
    check_routing("routing/utf8.yml", "routing/utf8_cases.tsv", 22);
}

/* --- what is built ------------------------------------------------------------------------ */

static void test_the_sample_has_no_problem(void **state)
{
    (void)state;
    struct str text = read_path(&arena, TEST_DATA "/../../routes/alertify.yml");
    struct routes_source file = {.name = STR("routes/alertify.yml"), .text = text};
    if (routes_parse(&file, 1, NULL, &result) != OK || result.n_problems > 0) {
        fail_msg("%.*s", STR_ARG(routes_report(&result)));
    }
    assert_true(settings_source(result.settings, STR("dev"))->is_open);
    assert_non_null(result.settings->catch_all);
    assert_int_equal(settings_receiver(result.settings, STR("page-ops"))->plan.n_steps, 5);
}

static void test_sources_know_how_their_senders_prove_themselves(void **state)
{
    (void)state;
    const struct settings *s = load(
        "sources:\n"
        "  prod: { type: alertmanager, auth: { bearer: [!env TOKEN, !env NEXT_TOKEN] } }\n"
        "  graf: { type: grafana, auth: { hmac: !file /run/secrets/key,"
        " timestamp_header: X-Time, client_subject: graf.example.org } }\n"
        "  old: { type: alertmanager, auth: { basic: { username: u, password: !env TOKEN } } }\n"
        "  open: { type: alertmanager, auth: none }\n" TAIL);
    const struct source *prod = settings_source(s, STR("prod"));
    assert_int_equal(prod->bearer.n, 2);
    assert_true(secret_eq(prod->bearer.v[0], STR("s3cret")));
    assert_str(prod->where, "a.yml:2:3");
    const struct source *graf = settings_source(s, STR("graf"));
    assert_int_equal(graf->type, SOURCE_GRAFANA);
    assert_true(secret_eq(graf->hmac.v[0], STR("from-file")));
    assert_str(graf->timestamp_header, "x-time");
    assert_str(graf->hmac_header, "x-grafana-alerting-signature");
    assert_str(graf->client_subject, "graf.example.org");
    assert_str(settings_source(s, STR("old"))->basic_user, "u");
    assert_true(settings_source(s, STR("open"))->is_open);
    assert_false(prod->is_open);
}

static void test_channels_keep_their_settings(void **state)
{
    (void)state;
    const struct settings *s =
        load("channels:\n"
             "  slack: { bot_token: !env TOKEN }\n"
             "  telegram: { bot_token: !env TOKEN }\n"
             "  email: { server: 'smtp://m.example.org:587',"
             " from: 'Alertify <alerts@example.org>' }\n"
             "  webhooks: { tickets: { url: 'https://t.example.org/x', signing: !env TOKEN } }\n"
             "  allow_private_addresses: true\n" TAIL);
    assert_true(s->channels.has_slack && s->channels.has_telegram && s->channels.has_email);
    assert_str(s->channels.slack.api_url, "https://slack.com/api");
    assert_str(s->channels.email.from_name, "Alertify");
    assert_str(s->channels.email.from_address, "alerts@example.org");
    assert_str(s->channels.email.domain, "example.org");
    assert_false(s->channels.email.is_plaintext_allowed);
    assert_true(s->channels.is_private_allowed);
    const struct webhook_settings *hook = settings_webhook(&s->channels, STR("tickets"));
    assert_true(secret_eq(hook->url, STR("https://t.example.org/x")));
    assert_int_equal(hook->signing.n, 1);
}

static void test_people_are_reached_in_the_order_of_the_file(void **state)
{
    (void)state;
    const struct settings *s =
        load("language: ru\n"
             "channels: { slack: { bot_token: !env TOKEN }, telegram: { bot_token: !env TOKEN } }\n"
             "users:\n"
             "  anna: { name: Anna Ivanova, telegram: 123456789, slack: U012AB3CD }\n"
             "  bob: { language: en, console: true }\n"
             "teams: { db: { members: [bob, anna] } }\n" TAIL_TELLING("team:db"));
    const struct user *anna = directory_user(&s->directory, STR("anna"));
    assert_int_equal(anna->n_contacts, 2);
    assert_int_equal(anna->contacts[0].channel, CHANNEL_TELEGRAM);
    assert_str(anna->contacts[0].address, "123456789");
    assert_str(anna->contacts[1].address, "U012AB3CD");
    assert_str(anna->contacts[1].user, "anna");
    assert_str(anna->language, "ru");
    const struct user *bob = directory_user(&s->directory, STR("bob"));
    assert_str(bob->name, "bob");
    assert_str(bob->language, "en");
    const struct team *db = directory_team(&s->directory, STR("db"));
    assert_ptr_equal(db->members[0], bob);
    assert_ptr_equal(db->members[1], anna);
}

static int64_t schedule_start(const char *layer)
{
    const struct settings *s =
        load(str_printf(
                 &arena,
                 "users: { a: { console: true } }\n"
                 "schedules: { p: { layers: [{ users: [a], %s }] } }\n" TAIL_TELLING("schedule:p"),
                 layer)
                 .p);
    return s->directory.schedules[0].layers[0].start_wall / US_PER_S;
}

static void test_a_schedule_starts_with_the_first_handoff(void **state)
{
    (void)state;
    /* 2026-01-05 is a Monday: 1767571200 */
    assert_int_equal(schedule_start("rotation: weekly, handoff: 'monday 09:00', from: 2026-01-05"),
                     1767571200 + 9 * 3600);
    assert_int_equal(schedule_start("rotation: weekly, handoff: 'Sunday 00:30', from: 2026-01-05"),
                     1767571200 + 6 * 86400 + 1800);
    assert_int_equal(schedule_start("rotation: daily, handoff: '09:00', from: '2026-01-05 10:00'"),
                     1767571200 + 86400 + 9 * 3600);
    assert_int_equal(schedule_start("rotation: 12h, from: '2026-01-05 07:15'"),
                     1767571200 + 7 * 3600 + 900);
    assert_int_equal(result.settings->directory.schedules[0].layers[0].turn_us, 12 * US_PER_HOUR);
}

static void test_an_escalation_becomes_steps(void **state)
{
    (void)state;
    const struct settings *s =
        load("channels: { slack: { bot_token: !env TOKEN } }\n"
             "users: { a: { console: true } }\n"
             "actions:\n"
             "  fix: { file: /opt/fix, timeout: 2m, parameters: { unit: { from: 'label:unit',"
             " pattern: '[a-z]+' }, mode: { from: 'value:soft', pattern: 'soft|hard' },"
             " who: { from: caller, pattern: '.*' } } }\n"
             "route: { receiver: r }\n"
             "receivers:\n"
             "  - name: r\n"
             "    hold: 30s\n"
             "    resolve: { notice: false }\n"
             "    escalation:\n"
             "      - { run: fix, if: 'alertname=\"Stuck\"', wait: 2m }\n"
             "      - { notify: ['user:a', 'slack:#ops'], via: [slack, console] }\n"
             "      - wait: 5m\n"
             "      - repeat: 3\n");
    const struct receiver *r = settings_receiver(s, STR("r"));
    assert_true(r->hold_us == 30 * US_PER_S);
    assert_false(r->sends_resolve);
    assert_int_equal(r->plan.n_steps, 4);
    const struct step *steps = r->plan.steps;
    assert_int_equal(steps[0].kind, STEP_RUN);
    assert_str(steps[0].action, "fix");
    assert_true(steps[0].wait_us == 2 * US_PER_MIN);
    assert_int_equal(steps[0].only_if.n, 1);
    assert_int_equal(steps[1].kind, STEP_NOTIFY);
    assert_int_equal(steps[1].n_targets, 2);
    assert_str(steps[1].targets[1].name, "#ops");
    assert_int_equal(steps[1].via[0], CHANNEL_SLACK);
    assert_str(steps[1].where, "a.yml:12:9");
    assert_int_equal(steps[2].kind, STEP_WAIT);
    assert_true(steps[2].wait_us == 5 * US_PER_MIN);
    assert_int_equal(steps[3].kind, STEP_REPEAT);
    assert_int_equal(steps[3].repeat, 3);
    const struct action *fix = settings_action(s, STR("fix"));
    assert_int_equal(fix->n_parameters, 3);
    assert_int_equal(fix->parameters[0].from, PARAMETER_LABEL);
    assert_str(fix->parameters[0].value, "unit");
    assert_str(fix->parameters[1].value, "soft");
    assert_int_equal(fix->parameters[2].from, PARAMETER_CALLER);
    assert_true(fix->timeout_us == 2 * US_PER_MIN);
}

static void test_children_inherit_grouping_and_receiver(void **state)
{
    (void)state;
    const struct settings *s = load("route:\n"
                                    "  receiver: r\n"
                                    "  group_by: [b, a]\n"
                                    "  routes:\n"
                                    "    - { matchers: [x=1], continue: true }\n"
                                    "    - { matchers: [x=2], group_by: ['...'] }\n"
                                    "    - { match: { x: '3', y: '' }, group_by: [] }\n"
                                    "receivers: [{ name: r, notify: console }]\n");
    assert_int_equal(s->root.n_group_by, 2);
    assert_str(s->root.group_by[0], "a");
    const struct route *child = s->root.children;
    assert_int_equal(child[0].n_group_by, 2);
    assert_true(child[0].continues);
    assert_str(child[0].receiver->name, "r");
    assert_true(child[1].groups_by_all);
    assert_int_equal(child[2].n_group_by, 0);
    assert_int_equal(child[2].matchers.n, 2);
}

static void test_several_files_are_one_configuration(void **state)
{
    (void)state;
    const struct routes_source files[] = {
        {.name = STR("a.yml"),
         .text = STR("users: { a: { console: true } }\nroute: { receiver: r }\n")},
        {.name = STR("b.yml"),
         .text = STR("users: { b: { console: true } }\n"
                     "receivers: [{ name: r, notify: ['user:a', 'user:b'] }]\n")},
        {.name = STR("c.yml"), .text = STR("external_url: https://x.example.org/\n")},
    };
    assert_int_equal(routes_parse(files, 3, NULL, &result), OK);
    assert_int_equal(result.settings->directory.n_users, 2);
    assert_str(result.settings->external_url, "https://x.example.org");
    assert_int_equal(strlen(result.hash), ROUTES_HASH_HEX);
}

static void test_a_name_defined_in_two_files_is_refused_with_both_places(void **state)
{
    (void)state;
    const struct routes_source files[] = {
        {.name = STR("a.yml"), .text = STR("users: { a: { console: true } }\n" TAIL)},
        {.name = STR("b.yml"),
         .text = STR("\nusers: { a: { console: true } }\nroute: { receiver: r }\n")},
    };
    assert_int_equal(routes_parse(files, 2, NULL, &result), ERR_INVALID);
    assert_int_equal(result.n_errors, 2);
    assert_str(result.problems[0].file, "b.yml");
    assert_int_equal(result.problems[0].line, 2);
    assert_str(result.problems[0].text, "user \"a\" is already defined at a.yml:1");
    assert_str(result.problems[1].text, "route is already set at a.yml:2");
    assert_null(result.settings);
}

static void test_the_hash_covers_every_file(void **state)
{
    (void)state;
    char first[ROUTES_HASH_HEX + 1];
    load(TAIL);
    memcpy(first, result.hash, sizeof(first));
    load(TAIL "# changed\n");
    assert_string_not_equal(first, result.hash);
    load(TAIL);
    assert_string_equal(first, result.hash);
}

static void test_at_most_fifty_problems_are_kept_and_all_are_counted(void **state)
{
    (void)state;
    struct strbuf text;
    strbuf_init(&text, &arena, 10000);
    for (int i = 0; i < 80; i++) {
        strbuf_printf(&text, "bad%d: 1\n", i);
    }
    assert_int_equal(parse_named(STR("a.yml"), strbuf_str(&text)), ERR_INVALID);
    assert_int_equal(result.n_problems, ROUTES_PROBLEMS_MAX);
    assert_int_equal(result.n_errors, 80);
}

static void test_no_report_shows_a_secret(void **state)
{
    (void)state;
    (void)parse_named(STR("a.yml"),
                      STR("sources: { a: { typ: x, auth: { bearer: hunter2 } } }\n" TAIL));
    assert_true(result.n_errors >= 3);
    assert_true(str_contains(routes_report(&result), STR("bearer: *******")));
    assert_false(str_contains(routes_report(&result), STR("hunter2")));
    (void)parse_named(STR("a.yml"), STR("channels: { webhooks: { w: { url: !env TOKEN } } }\n"
                                        "users: { a: { webhook: nope } }\n" TAIL));
    assert_true(result.n_errors > 0);
    assert_false(str_contains(routes_report(&result), STR("s3cret")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        T(test_every_mistake_is_reported_as_documented),
        T(test_the_reference_of_keys_is_up_to_date),
        T(test_the_schema_for_editors_is_up_to_date),
        T(test_an_imported_file_tells_the_same_places),
        T(test_every_good_file_survives_an_import),
        T(test_routing_agrees_with_alertmanager),
        T(test_routing_with_utf8_matchers_agrees_with_alertmanager),
        T(test_the_sample_has_no_problem),
        T(test_sources_know_how_their_senders_prove_themselves),
        T(test_channels_keep_their_settings),
        T(test_people_are_reached_in_the_order_of_the_file),
        T(test_a_schedule_starts_with_the_first_handoff),
        T(test_an_escalation_becomes_steps),
        T(test_children_inherit_grouping_and_receiver),
        T(test_several_files_are_one_configuration),
        T(test_a_name_defined_in_two_files_is_refused_with_both_places),
        T(test_the_hash_covers_every_file),
        T(test_at_most_fifty_problems_are_kept_and_all_are_counted),
        T(test_no_report_shows_a_secret),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
