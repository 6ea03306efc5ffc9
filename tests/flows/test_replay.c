/* Stored webhooks once more: what is counted, whose deeds are done again to what, and what two
 * replays have to say about a change. */
#include "flows/replay_diff.h"

#include "wire/matcher_syntax.h"

#include <string.h>

#include "cmocka_all.h"

#define HEAD                                                                                       \
    "sources: { dev: { type: alertmanager, auth: none } }\n"                                       \
    "channels: { console: {} }\n"                                                                  \
    "users: { anna: { name: Anna, console: true }, bob: { name: Bob, console: true } }\n"          \
    "catch_all: rest\n"

#define LADDER "escalation: [{ notify: ['user:anna'] }, { wait: 5m }, { notify: ['user:bob'] }]"

#define PLAIN                                                                                      \
    HEAD "route: { receiver: rest, group_by: [alertname], routes: [{ matchers: ['team=\"a\"'], "   \
         "receiver: a }] }\n"                                                                      \
         "receivers: [{ name: a, " LADDER " }, { name: rest, notify: [console] }]\n"
/* The same alerts in a receiver of another name. */
#define RENAMED                                                                                    \
    HEAD "route: { receiver: rest, group_by: [alertname], routes: [{ matchers: ['team=\"a\"'], "   \
         "receiver: b }, { matchers: ['team=\"z\"'], receiver: b }] }\n"                           \
         "receivers: [{ name: b, " LADDER " }, { name: rest, notify: [console] }]\n"
#define SILENT                                                                                     \
    HEAD "route: { receiver: rest, group_by: [alertname] }\n"                                      \
         "receivers: [{ name: rest }]\n"

#define T0 (1000 * US_PER_DAY)

struct side {
    struct configuration *configuration;
    struct snapshot *snapshot;
    struct replay replay;
};

static struct arena arena;
static struct side sides[REPLAY_SIDES];
static int n_sides;

static struct replay *start(const char *text)
{
    const struct routes_source file = {.name = STR("r.yml"), .text = str_from(text)};
    const struct routes_env env = {0};
    struct routes_result routes;
    struct side *side = &sides[n_sides++];
    if (routes_parse(&file, 1, &env, &routes) != OK) {
        fail_msg("%s", routes_report(&routes).p);
    }
    side->configuration = configuration_new();
    side->snapshot = configuration_prepare(side->configuration, &routes, file.text);
    replay_init(&side->replay, &arena, side->snapshot, NULL, 0, T0);
    return &side->replay;
}

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena);
    n_sides = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (int i = 0; i < n_sides; i++) {
        replay_release(&sides[i].replay);
        configuration_unref(sides[i].snapshot);
        configuration_free(sides[i].configuration);
    }
    arena_release(&arena);
    return 0;
}

static struct alert alert_of(const char *name, const char *team, enum alert_status status,
                             int64_t at)
{
    const struct label labels[] = {{STR("alertname"), str_from(name)},
                                   {STR("team"), str_from(team)}};
    struct alert alert = {.labels = labels_make(&arena, labels, 2),
                          .status = status,
                          .starts_at = at,
                          .ends_at = status == ALERT_RESOLVED ? at : AT_NONE};
    alert.fingerprint = labels_fingerprint(alert.labels);
    return alert;
}

static void send(struct replay *r, const char *name, const char *team, enum alert_status status,
                 int64_t at)
{
    const struct alert alert = alert_of(name, team, status, at);
    replay_alerts(r, at, STR("dev"), &alert, 1);
}

static void acknowledge(struct replay *r, const uint8_t *group_key, const char *name,
                        const char *team, int64_t at)
{
    uint64_t fingerprint = alert_of(name, team, ALERT_FIRING, at).fingerprint;
    struct replay_action action = {.at = at,
                                   .actor = STR("user:anna"),
                                   .through = STR("link"),
                                   .fingerprints = &fingerprint,
                                   .n_fingerprints = 1};
    if (group_key) {
        memcpy(action.group_key, group_key, GROUP_KEY_BYTES);
    }
    replay_act(r, &action);
}

/* The key that the alert's incident has under the first configuration. */
static const uint8_t *key_of(const char *name, const char *team)
{
    struct grouping *g = ARENA_NEW(&arena, struct grouping);
    struct alert alert = alert_of(name, team, ALERT_FIRING, T0);
    grouping_init(g, &arena, sides[0].snapshot, T0);
    (void)grouping_add(g, 0, STR("dev"), &alert, T0);
    return g->groups.v[0]->key;
}

static void test_steps_come_when_they_are_due(void **state)
{
    (void)state;
    struct replay *r = start(PLAIN);
    send(r, "Disk", "a", ALERT_FIRING, T0 + US_PER_S);
    replay_until(r, T0 + US_PER_HOUR);
    assert_int_equal(r->pages.n, 2);
    assert_string_equal(replay_page_key(&arena, &r->pages.v[0]).p, "anna");
    assert_string_equal(replay_page_key(&arena, &r->pages.v[1]).p, "bob");
    assert_int_equal(r->pages.v[1].at - r->pages.v[0].at, 5 * US_PER_MIN);
}

static void test_steps_in_turn_page_one_after_the_other(void **state)
{
    (void)state;
    const char *const whom[] = {"anna", "bob", "anna", "bob"};
    struct replay *r =
        start(HEAD "route: { receiver: a, group_by: [alertname] }\n"
                   "receivers: [{ name: a, escalation: [{ notify: ['user:anna', 'user:bob'], "
                   "round_robin: true }, { wait: 5m }, { repeat: 1 }] }, { name: rest }]\n");
    send(r, "One", "a", ALERT_FIRING, T0 + US_PER_S);
    send(r, "Two", "a", ALERT_FIRING, T0 + 2 * US_PER_S);
    send(r, "Three", "a", ALERT_FIRING, T0 + 3 * US_PER_S);
    replay_until(r, T0 + US_PER_HOUR);
    assert_int_equal(r->pages.n, 6); /* in the second round the other one, for each incident */
    assert_string_equal(r->pages.v[3].title.p, "One");
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(replay_page_key(&arena, &r->pages.v[i]).p, whom[i]);
        assert_string_equal(replay_page_key(&arena, &r->pages.v[i + 3]).p, whom[i + 1]);
    }
}

static void test_who_acknowledged_then_does_so_again(void **state)
{
    (void)state;
    struct replay *r = start(PLAIN);
    send(r, "Disk", "a", ALERT_FIRING, T0 + US_PER_S);
    acknowledge(r, key_of("Disk", "a"), "Disk", "a", T0 + US_PER_MIN);
    replay_until(r, T0 + US_PER_HOUR);
    assert_int_equal(r->pages.n, 1);
}

static void test_a_deed_finds_the_alert_in_another_receiver(void **state)
{
    (void)state;
    start(PLAIN);
    struct replay *r = start(RENAMED);
    send(r, "Disk", "a", ALERT_FIRING, T0 + US_PER_S);
    send(r, "Cpu", "a", ALERT_FIRING, T0 + US_PER_S);
    acknowledge(r, key_of("Disk", "a"), "Disk", "a", T0 + US_PER_MIN);
    replay_until(r, T0 + US_PER_HOUR);
    assert_int_equal(r->pages.n, 3);
    assert_string_equal(r->pages.v[2].title.p, "Cpu");
}

static void test_a_deed_for_an_alert_that_is_over_does_nothing(void **state)
{
    (void)state;
    struct replay *r = start(PLAIN);
    send(r, "Disk", "a", ALERT_FIRING, T0);
    send(r, "Disk", "a", ALERT_RESOLVED, T0 + US_PER_S);
    acknowledge(r, NULL, "Disk", "a", T0 + US_PER_MIN);
    acknowledge(r, NULL, "Unheard", "a", T0 + US_PER_MIN);
    send(r, "Disk", "a", ALERT_FIRING, T0 + 2 * US_PER_MIN);
    replay_until(r, T0 + US_PER_HOUR);
    assert_int_equal(r->pages.n, 3); /* the new cycle is open */
}

static void test_what_was_before_is_known_but_not_counted(void **state)
{
    (void)state;
    struct replay *r = start(PLAIN);
    send(r, "Disk", "a", ALERT_FIRING, T0 - US_PER_MIN);
    send(r, "Disk", "a", ALERT_FIRING, T0 + US_PER_MIN); /* a repeat */
    replay_until(r, T0 + US_PER_HOUR);
    assert_int_equal(r->n_bodies, 1);
    assert_int_equal(r->pages.n, 1); /* Bob's, the first was before */
    assert_string_equal(replay_page_key(&arena, &r->pages.v[0]).p, "bob");
    assert_int_equal(r->receivers[0].n_incidents, 0);
}

static void test_a_comparison_names_what_changes(void **state)
{
    (void)state;
    struct replay *a = start(PLAIN), *b = start(RENAMED);
    for (int i = 0; i < 2; i++) {
        struct replay *r = i == 0 ? a : b;
        send(r, "Disk", "a", ALERT_FIRING, T0);
        send(r, "Cpu", "other", ALERT_FIRING, T0 + 1);
        replay_until(r, T0 + US_PER_HOUR);
    }
    struct replay_diff d;
    replay_compare(&d, &arena, a, b);
    assert_int_equal(d.rerouted.n, 1);
    assert_string_equal(d.rerouted.v[0].receivers[REPLAY_OLD].p, "a");
    assert_string_equal(d.rerouted.v[0].receivers[REPLAY_NEW].p, "b");
    assert_int_equal(d.lost.n + d.gained.n + d.unrouted.n, 0);
    assert_int_equal(d.dead_routes.n, 1);
    assert_string_equal(matchers_format(&arena, d.dead_routes.v[0]->route->matchers).p,
                        "{team=\"z\"}");
    assert_int_equal(d.reached.n, 3);
    for (size_t i = 0; i < d.reached.n; i++) {
        assert_int_equal(d.reached.v[i].n[REPLAY_OLD], 1);
        assert_int_equal(d.reached.v[i].n[REPLAY_NEW], 1);
    }
}

static void test_pages_that_get_lost_are_named(void **state)
{
    (void)state;
    struct replay *a = start(PLAIN), *b = start(SILENT);
    send(a, "Disk", "a", ALERT_FIRING, T0);
    send(b, "Disk", "a", ALERT_FIRING, T0);
    struct replay_diff d;
    replay_compare(&d, &arena, a, b);
    assert_int_equal(d.lost.n, 1);
    assert_string_equal(labels_get(d.lost.v[0]->labels, STR("alertname")).p, "Disk");
    replay_compare(&d, &arena, b, a);
    assert_int_equal(d.lost.n, 0);
    assert_int_equal(d.gained.n, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_steps_come_when_they_are_due),
        TEST(test_steps_in_turn_page_one_after_the_other),
        TEST(test_who_acknowledged_then_does_so_again),
        TEST(test_a_deed_finds_the_alert_in_another_receiver),
        TEST(test_a_deed_for_an_alert_that_is_over_does_nothing),
        TEST(test_what_was_before_is_known_but_not_counted),
        TEST(test_a_comparison_names_what_changes),
        TEST(test_pages_that_get_lost_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
