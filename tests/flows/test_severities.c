/* How bad an incident is: the worst that has fired in its cycle, or what a person says. */
#include "fixture.h"

#include "cmocka_all.h"

static const char routes[] =
    "sources: { prom: { type: alertmanager, auth: { bearer: !env PROM_TOKEN } } }\n"
    "channels: { webhooks: { anna: { url: 'https://hooks.example.org/anna' }, ops: { url: "
    "'https://hooks.example.org/ops' }, boris: { url: 'https://hooks.example.org/boris' } } }\n"
    "users:\n"
    "  anna: { webhook: anna, quiet: { severity: [info, warning] } }\n"
    "  boris: { webhook: boris }\n"
    "actions: { fix: { file: /opt/fix, timeout: 1m } }\n"
    "route:\n"
    "  receiver: ops\n"
    "  group_by: [alertname]\n"
    "  routes:\n"
    "    - { matchers: ['team=\"left\"'], receiver: left }\n"
    "    - { matchers: ['team=\"both\"'], receiver: both }\n"
    "    - { matchers: ['team=\"fork\"'], receiver: fork }\n"
    "    - { matchers: ['team=\"held\"'], receiver: left, group_wait: 30s }\n"
    "receivers:\n"
    "  - { name: ops, notify: ['webhook:ops'] }\n"
    "  - name: left\n"
    "    severity: { s1: critical }\n"
    "    escalation:\n"
    "      - notify: [user:anna]\n"
    "      - wait: 10m\n"
    "  - name: both\n"
    "    escalation:\n"
    "      - { run: fix }\n"
    "      - notify: [webhook:ops]\n"
    "      - wait: 10m\n"
    "      - { if: 'team=\"none\"', then: [{ notify: [user:anna] }] }\n"
    "      - { if: 'team=\"both\"', then: [{ notify: [user:anna, user:boris] }], else: [{ notify: "
    "['webhook:ops'] }] }\n"
    "      - wait: 10m\n"
    "  - name: fork\n"
    "    escalation:\n"
    "      - { if: severity:critical, then: [{ notify: [user:boris] }], else: [{ notify: "
    "['webhook:ops'] }] }\n"
    "      - wait: 10m\n";

static struct world w;

static int set_up(void **state)
{
    (void)state;
    world_start(&w, routes);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_end(&w);
    return 0;
}

static size_t pages_to(const char *who)
{
    return fake_transfers_count(&w.transfers, str_from(who));
}

/* Of one incident, at this second. */
static void say(const char *team, const char *severity, const char *status, int at_s)
{
    const char *labels = str_printf(&w.arena, "alertname=A,team=%s,severity=%s", team, severity).p;
    world_alert(&w, labels, status, at_s * US_PER_S);
    world_settle(&w);
}

static void assert_severity(const char *severity)
{
    assert_str_is(world_incident(&w, 1)->severity, severity);
}

static void test_a_worse_alert_raises_and_nothing_lowers_it(void **state)
{
    (void)state;
    say("x", "warning", "firing", 0);
    say("x", "info", "firing", 1);
    assert_severity("warning");
    assert_int_equal(world_events(&w, 1, EVENT_CHANGED), 0);
    say("x", "critical", "firing", 2);
    assert_severity("critical");
    assert_str_is(world_fact(&w, EVENT_CHANGED, "was"), "warning");
    assert_str_is(world_fact(&w, EVENT_CHANGED, "is"), "critical");
    struct timeline_entry *last = NULL;
    for (size_t i = 0; i < w.db.t.events.n; i++) {
        last = w.db.t.events.v[i].entry.kind == EVENT_CHANGED ? &w.db.t.events.v[i].entry : last;
    }
    assert_str_is(last->actor, "source:am");
    say("x", "critical", "resolved", 3);
    say("x", "page", "firing", 4); /* no worse: another word for it */
    assert_severity("critical");
    assert_int_equal(world_events(&w, 1, EVENT_CHANGED), 1);
    assert_int_equal(pages_to("/ops"), 1); /* it is told already */
}

static void test_of_what_comes_together_the_worst_counts(void **state)
{
    (void)state;
    world_alert(&w, "alertname=B,severity=info", "firing", 0);
    world_alert(&w, "alertname=B,severity=high", "firing", 0);
    world_settle(&w);
    assert_severity("high");
}

static void test_who_was_left_in_peace_is_paged_when_it_gets_worse(void **state)
{
    (void)state;
    say("left", "info", "firing", 0);
    assert_int_equal(pages_to("/anna"), 0);
    assert_str_is(world_fact(&w, EVENT_STEP_SKIPPED, "reason"), "nobody reachable");
    say("left", "warning", "firing", 1); /* worse, and quiet time all the same */
    assert_int_equal(pages_to("/anna"), 0);
    assert_severity("warning");
    say("left", "s1", "firing", 2);
    assert_severity("critical"); /* as the receiver calls it */
    assert_int_equal(pages_to("/anna"), 1);
    assert_str_is(world_fact(&w, EVENT_CHANGED, "step"), "1");
}

static void test_it_goes_back_no_further_than_it_has_to(void **state)
{
    (void)state;
    say("both", "info", "firing", 0);
    world_advance(&w, 11 * US_PER_MIN);
    assert_int_equal(pages_to("/boris"), 1);
    size_t ops = pages_to("/ops");
    say("both", "critical", "firing", 700);
    assert_int_equal(pages_to("/anna"), 1);
    assert_int_equal(pages_to("/boris"), 2);
    assert_int_equal(pages_to("/ops"), ops);
    assert_int_equal(world_events(&w, 1, EVENT_RUN_REQUESTED), 1);
    assert_int_equal(world_incident(&w, 1)->wake_at, w.db.clock_at + 10 * US_PER_MIN);
}

static void test_a_condition_on_the_severity_is_asked_again(void **state)
{
    (void)state;
    say("fork", "info", "firing", 0);
    assert_int_equal(pages_to("/ops"), 1);
    say("fork", "critical", "firing", 1);
    assert_int_equal(pages_to("/boris"), 1);
    assert_int_equal(pages_to("/ops"), 1);
}

static void test_a_hold_is_a_hold(void **state)
{
    (void)state;
    say("held", "info", "firing", 0);
    say("held", "critical", "firing", 1);
    assert_int_equal(pages_to("/anna"), 0);
    assert_severity("critical");
    world_advance(&w, 30 * US_PER_S);
    assert_int_equal(pages_to("/anna"), 1);
}

static void test_who_is_on_it_is_not_paged(void **state)
{
    (void)state;
    say("left", "info", "firing", 0);
    assert_int_equal(world_acknowledge(&w, 1), TRANSITION_CHANGED);
    size_t before = pages_to("/anna");
    say("left", "critical", "firing", 1);
    assert_severity("critical");
    assert_int_equal(pages_to("/anna"), before);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_ACKNOWLEDGED);
}

static void test_what_a_person_says_stays_until_the_cycle_ends(void **state)
{
    (void)state;
    say("left", "warning", "firing", 0);
    struct response set = {.kind = RESPONSE_SET_SEVERITY,
                           .actor = STR("user:boris"),
                           .through = STR("api"),
                           .text = STR("info")};
    assert_int_equal(world_respond(&w, 1, set), TRANSITION_CHANGED);
    say("left", "critical", "firing", 1);
    assert_severity("info");
    assert_int_equal(pages_to("/anna"), 0);
    say("left", "critical", "resolved", 2);
    say("left", "warning", "resolved", 2);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_RESOLVED);
    say("left", "warning", "firing", 60);
    assert_severity("warning");
    say("left", "critical", "firing", 61);
    assert_severity("critical");
    assert_int_equal(pages_to("/anna"), 1);
}

static void test_a_new_cycle_is_as_bad_as_what_fires(void **state)
{
    (void)state;
    say("fork", "warning", "firing", 0);
    say("fork", "warning", "resolved", 1);
    say("fork", "critical", "firing", 60);
    assert_severity("critical");
    assert_str_is(world_fact(&w, EVENT_CHANGED, "was"), "warning");
    assert_int_equal(pages_to("/boris"), 1);
    say("fork", "critical", "resolved", 61);
    say("fork", "info", "firing", 2400);
    assert_severity("info");
}

/* Somebody closed it by hand, and the worst of it still fires. */
static void test_a_new_cycle_is_as_bad_as_what_has_not_stopped(void **state)
{
    (void)state;
    say("x", "critical", "firing", 0);
    struct response resolve = {
        .kind = RESPONSE_RESOLVE, .actor = STR("user:boris"), .through = STR("api")};
    assert_int_equal(world_respond(&w, 1, resolve), TRANSITION_CHANGED);
    say("x", "info", "firing", 1);
    assert_int_equal(world_incident(&w, 1)->cycle, 2);
    assert_severity("critical");
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_a_worse_alert_raises_and_nothing_lowers_it),
        T(test_of_what_comes_together_the_worst_counts),
        T(test_who_was_left_in_peace_is_paged_when_it_gets_worse),
        T(test_it_goes_back_no_further_than_it_has_to),
        T(test_a_condition_on_the_severity_is_asked_again),
        T(test_a_hold_is_a_hold),
        T(test_who_is_on_it_is_not_paged),
        T(test_what_a_person_says_stays_until_the_cycle_ends),
        T(test_a_new_cycle_is_as_bad_as_what_fires),
        T(test_a_new_cycle_is_as_bad_as_what_has_not_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
