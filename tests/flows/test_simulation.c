/* What an alert would do, told by the engine's own decisions under a clock that jumps. */
#include "flows/simulation.h"

#include "base/vec.h"
#include "wire/routes_file.h"

#include <string.h>

#include "cmocka_all.h"

#define HEAD                                                                                       \
    "sources: { dev: { type: alertmanager, auth: none } }\n"                                       \
    "channels: { console: {} }\n"                                                                  \
    "users: { anna: { name: Anna, console: true }, bob: { name: Bob, console: true }, ghost: { "   \
    "name: Ghost } }\n"                                                                            \
    "schedules:\n"                                                                                 \
    "  primary:\n"                                                                                 \
    "    layers: [{ rotation: daily, handoff: '00:00', from: 1970-01-01, users: [anna, bob] }]\n"

/* 1970-01-11 00:00 UTC: an even day, Anna's. */
#define AT (10 * US_PER_DAY)

static struct arena arena;
static struct routes_result routes;
static struct simulation found;

static void play(const char *text, const char *name, const char *value, int64_t at)
{
    const struct routes_source file = {.name = STR("r.yml"), .text = str_from(text)};
    const struct routes_env env = {0};
    const struct label label = {str_from(name), str_from(value)};
    if (routes_parse(&file, 1, &env, &routes) != OK) {
        fail_msg("%s", routes_report(&routes).p);
    }
    found = simulate(routes.settings, labels_make(&arena, &label, 1), at, &arena);
}

static void assert_lines(size_t at, const char *const *lines)
{
    assert_true(at < found.n);
    for (size_t i = 0; i < found.v[at].n_entries; i++) {
        struct str line = simulation_line(&arena, &found.v[at].entries[i]);
        assert_non_null(lines[i]);
        assert_string_equal(line.p, lines[i]);
    }
    assert_null(lines[found.v[at].n_entries]);
}

#define LINES(at, ...) assert_lines(at, (const char *const[]){__VA_ARGS__, NULL})

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    routes_release(&routes);
    arena_release(&arena);
    return 0;
}

static void test_a_step_pages_who_is_on_call_when_it_comes(void **state)
{
    (void)state;
    play(HEAD "route: { receiver: r }\n"
              "receivers:\n"
              "  - { name: r, hold: 90s, escalation: [{ notify: ['schedule:primary'] }, "
              "{ wait: 24h }, { notify: ['schedule:primary'] }] }\n",
         "a", "b", AT);
    LINES(0, "+0:00 hold 1m30s", "+1:30 page Anna (primary) by console", "+1:30 wait 1d",
          "+24:01:30 page Bob (primary) by console", "+24:01:30 end");
}

static void test_a_step_in_turn_pages_the_first_and_says_who_follows(void **state)
{
    (void)state;
    play(HEAD "teams: { ops: { members: [ghost, anna, bob] } }\n"
              "route: { receiver: r }\n"
              "receivers:\n"
              "  - name: r\n"
              "    escalation: [{ notify: ['team:ops'], round_robin: true }, { wait: 5m }, "
              "{ repeat: 1 }]\n",
         "a", "b", AT);
    LINES(0,
          "+0:00 page in turn Anna by console (then Bob; passed over Ghost (no way to reach "
          "them))",
          "+0:00 wait 5m", "+5:00 round 2 of 2", "+5:00 page in turn Bob by console (then Anna)",
          "+5:00 wait 5m", "+10:00 end");
}

static void test_a_step_in_turn_that_reaches_nobody_says_why(void **state)
{
    (void)state;
    play("sources: { dev: { type: alertmanager, auth: none } }\n"
         "channels: { console: {} }\n"
         "users:\n"
         "  kim: { name: Kim, console: true, quiet: { severity: [info] } }\n"
         "  lee: { name: Lee, console: true, quiet: { severity: [info] } }\n"
         "route: { receiver: r }\n"
         "receivers:\n"
         "  - name: r\n"
         "    escalation: [{ notify: [user:kim, user:lee], round_robin: true }, { wait: 5m }, "
         "{ notify: [console] }]\n",
         "severity", "info", AT);
    LINES(0, "+0:00 skip step 1, nobody reachable (passed over Kim (quiet time), Lee (quiet time))",
          "+0:00 page console", "+0:00 end");
}

static void test_rounds_end_with_the_catch_all(void **state)
{
    (void)state;
    play(HEAD
         "catch_all: rest\n"
         "route: { receiver: r, routes: [{ matchers: ['x=\"y\"'], receiver: rest }] }\n"
         "receivers:\n"
         "  - { name: r, escalation: [{ notify: ['user:bob'] }, { wait: 5m }, { repeat: 1 }] }\n"
         "  - { name: rest, notify: [console] }\n",
         "a", "b", AT);
    LINES(0, "+0:00 page Bob by console", "+0:00 wait 5m", "+5:00 round 2 of 2",
          "+5:00 page Bob by console", "+5:00 wait 5m", "+10:00 catch-all console", "+10:00 end");
}

static void test_branches_say_which_way_and_why(void **state)
{
    (void)state;
    static const char text[] =
        HEAD "route: { receiver: r }\n"
             "receivers:\n"
             "  - name: r\n"
             "    severity: { page: critical }\n"
             "    escalation:\n"
             "      - notify: [user:ghost]\n"
             "      - wait: 5m\n"
             "      - { if: [severity:critical, nobody_reachable], then: [{ notify: [console] }], "
             "else: [{ notify: [user:anna] }] }\n";
    play(text, "severity", "page", AT);
    LINES(0, "+0:00 skip step 1, nobody reachable",
          "+0:00 if severity:critical and nobody_reachable, yes", "+0:00 page console",
          "+0:00 end");
    assert_string_equal(found.v[0].severity.p, "critical");
    routes_release(&routes);
    play(text, "severity", "info", AT);
    LINES(0, "+0:00 skip step 1, nobody reachable",
          "+0:00 if severity:critical and nobody_reachable, no", "+0:00 page Anna by console",
          "+0:00 end");
}

static void test_every_receiver_has_its_own_timeline_and_equal_groups_share_one(void **state)
{
    (void)state;
    play(HEAD "route:\n"
              "  receiver: rest\n"
              "  routes:\n"
              "    - { matchers: ['a=\"b\"'], receiver: quiet, continue: true }\n"
              "    - { matchers: ['a=~\"b|c\"'], receiver: quiet, continue: true }\n"
              "    - { matchers: ['a!=\"\"'], receiver: rest }\n"
              "receivers: [{ name: quiet }, { name: rest, notify: [console] }]\n",
         "a", "b", AT);
    assert_int_equal(found.n, 2);
    LINES(0, "+0:00 end, this receiver tells nobody");
    LINES(1, "+0:00 page console", "+0:00 end");
}

static void test_a_muted_alert_pages_when_the_interval_ends(void **state)
{
    (void)state;
    play(HEAD "time_intervals: [{ name: nights, time_intervals: [{ times: [{ start_time: '00:00', "
              "end_time: '08:00' }] }] }]\n"
              "route: { receiver: r, routes: [{ matchers: ['a=\"b\"'], mute_time_intervals: "
              "[nights] }] }\n"
              "receivers: [{ name: r, notify: [console] }]\n",
         "a", "b", AT);
    LINES(0, "+0:00 muted by interval nights", "+8:00:00 not muted any more",
          "+8:00:00 page console", "+8:00:00 end");
}

static void test_what_does_not_end_is_cut(void **state)
{
    (void)state;
    play(HEAD "time_intervals: [{ name: always, time_intervals: [{ times: [{ start_time: '00:00', "
              "end_time: '24:00' }] }] }]\n"
              "route: { receiver: r, routes: [{ matchers: ['a=\"b\"'], mute_time_intervals: "
              "[always] }] }\n"
              "receivers: [{ name: r, notify: [console] }]\n",
         "a", "b", AT);
    assert_int_equal(found.v[0].n_entries, 2);
    assert_int_equal(found.v[0].entries[1].kind, SIMULATION_CUT);
    routes_release(&routes);
    play(HEAD
         "route: { receiver: r }\n"
         "receivers: [{ name: r, escalation: [{ notify: [console] }, { notify: [user:anna] }, "
         "{ notify: [user:bob] }, { notify: [user:ghost] }, { notify: [user:ghost] }, { notify: "
         "[user:ghost] }, { notify: [user:ghost] }, { notify: [user:ghost] }, { notify: "
         "[user:ghost] }, { notify: [user:ghost] }, { wait: 1m }, { repeat: 100 }] }]\n",
         "a", "b", AT);
    assert_int_equal(found.v[0].n_entries, SIMULATION_ENTRIES_MAX);
    assert_int_equal(found.v[0].entries[SIMULATION_ENTRIES_MAX - 1].kind, SIMULATION_CUT);
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_a_step_pages_who_is_on_call_when_it_comes),
        T(test_a_step_in_turn_pages_the_first_and_says_who_follows),
        T(test_a_step_in_turn_that_reaches_nobody_says_why),
        T(test_rounds_end_with_the_catch_all),
        T(test_branches_say_which_way_and_why),
        T(test_every_receiver_has_its_own_timeline_and_equal_groups_share_one),
        T(test_a_muted_alert_pages_when_the_interval_ends),
        T(test_what_does_not_end_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
