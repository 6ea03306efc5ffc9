/* What opens and clears again and again: told of once, paged when it has settled. */
#include "fixture.h"

#include "cmocka_all.h"

static const char routes[] =
    "sources: { am: { type: alertmanager, auth: { bearer: !env TOKEN } } }\n"
    "channels: { webhooks: { ops: { url: 'https://hooks.example.org/ops' } } }\n"
    "route:\n"
    "  receiver: ops\n"
    "  group_by: [alertname]\n"
    "  routes:\n"
    "    - { matchers: ['team=\"always\"'], receiver: always }\n"
    "receivers:\n"
    "  - name: ops\n"
    "    flap: { cycles: 3, within: 10m, settle: 5m }\n"
    "    notify: ['webhook:ops']\n"
    "  - name: always\n"
    "    flap: { cycles: 0 }\n"
    "    notify: ['webhook:ops']\n";

static struct world w;
static int64_t at; /* since the start of the world */

static int set_up(void **state)
{
    (void)state;
    at = 0;
    world_start(&w, routes);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_end(&w);
    return 0;
}

static void pass(int64_t us)
{
    at += us;
    world_advance(&w, us);
}

static void alert(const char *labels, const char *status)
{
    world_alert(&w, labels, status, at);
    world_settle(&w);
}

static size_t sent(enum notice_kind kind)
{
    return world_deliveries(&w, kind, DELIVERY_SENT);
}

/* n times on and off, a minute each. */
static void flap(const char *labels, int n)
{
    for (int i = 0; i < n; i++) {
        alert(labels, "firing");
        pass(30 * US_PER_S);
        alert(labels, "resolved");
        pass(30 * US_PER_S);
    }
}

/* Acceptance criterion 17. */
static void test_six_cycles_in_ten_minutes_are_two_pages_and_one_notice(void **state)
{
    (void)state;
    flap("alertname=Link", 6);
    assert_int_equal(w.db.t.incidents.n, 1);
    assert_int_equal(sent(NOTICE_PAGE), 2);
    assert_int_equal(sent(NOTICE_FLAPPING), 1);
    assert_int_equal(sent(NOTICE_RESOLVED), 2); /* of the two pages */
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_OPEN);
    assert_int_equal(world_incident(&w, 1)->firing, 0);
}

static void test_what_stays_quiet_is_over_and_says_so(void **state)
{
    (void)state;
    flap("alertname=Link", 5);
    pass(4 * US_PER_MIN);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_OPEN);
    pass(2 * US_PER_MIN);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_RESOLVED);
    assert_int_equal(world_events(&w, 1, EVENT_SETTLED), 1);
    assert_int_equal(sent(NOTICE_RESOLVED), 3);
    assert_int_equal(sent(NOTICE_PAGE), 2);
}

static void test_what_goes_on_firing_pages(void **state)
{
    (void)state;
    flap("alertname=Link", 4);
    alert("alertname=Link", "firing");
    pass(4 * US_PER_MIN);
    assert_int_equal(sent(NOTICE_PAGE), 2);
    pass(2 * US_PER_MIN);
    assert_int_equal(sent(NOTICE_PAGE), 3);
    assert_str_is(world_fact(&w, EVENT_SETTLED, "as"), "firing");
    assert_int_equal(world_incident(&w, 1)->flapping_at, AT_NONE);
    alert("alertname=Link", "resolved");
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_RESOLVED);
}

static void test_cycles_far_apart_page_each(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        flap("alertname=Link", 1);
        pass(9 * US_PER_MIN);
    }
    assert_int_equal(sent(NOTICE_PAGE), 4);
    assert_int_equal(sent(NOTICE_FLAPPING), 0);
}

static void test_an_acknowledgement_ends_the_wait_and_the_next_clear_resolves(void **state)
{
    (void)state;
    flap("alertname=Link", 2);
    alert("alertname=Link", "firing");
    assert_int_equal(world_acknowledge(&w, 1), TRANSITION_CHANGED);
    world_settle(&w);
    pass(US_PER_MIN);
    alert("alertname=Link", "resolved");
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_RESOLVED);
    alert("alertname=Link", "firing"); /* still flapping: they know */
    assert_int_equal(sent(NOTICE_FLAPPING), 1);
    assert_int_equal(sent(NOTICE_PAGE), 2);
}

static void test_one_acknowledged_while_it_is_quiet_is_resolved_all_the_same(void **state)
{
    (void)state;
    flap("alertname=Link", 3);
    assert_int_equal(world_incident(&w, 1)->firing, 0);
    assert_int_equal(world_acknowledge(&w, 1), TRANSITION_CHANGED);
    pass(10 * US_PER_MIN);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_RESOLVED);
}

static void snooze(void)
{
    const char *token = world_token(&w, ROLE_ENGINEER);
    assert_int_equal(
        world_http(&w, HTTP_POST, "/incidents/1/snooze", token, "{\"for\": \"8h\"}").status, 200);
    world_settle(&w);
}

static void test_one_put_off_while_it_is_quiet_is_resolved_all_the_same(void **state)
{
    (void)state;
    flap("alertname=Link", 3);
    snooze();
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_ACKNOWLEDGED);
    pass(3 * US_PER_MIN);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_ACKNOWLEDGED);
    pass(3 * US_PER_MIN);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_RESOLVED);
    assert_int_equal(sent(NOTICE_PAGE), 2);
}

static void test_one_put_off_and_then_acknowledged_settles_in_its_time(void **state)
{
    (void)state;
    flap("alertname=Link", 3);
    snooze();
    assert_int_equal(world_acknowledge(&w, 1), TRANSITION_CHANGED);
    pass(US_PER_MIN);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_ACKNOWLEDGED);
    pass(5 * US_PER_MIN);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_RESOLVED);
}

static void test_one_put_off_that_fires_again_is_put_off(void **state)
{
    (void)state;
    flap("alertname=Link", 3);
    snooze();
    alert("alertname=Link", "firing");
    pass(10 * US_PER_MIN);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_ACKNOWLEDGED);
    assert_int_equal(sent(NOTICE_PAGE), 2);
    pass(8 * US_PER_HOUR);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_OPEN);
    assert_int_equal(sent(NOTICE_PAGE), 3);
}

static void test_a_person_may_resolve_it(void **state)
{
    (void)state;
    flap("alertname=Link", 2);
    alert("alertname=Link", "firing");
    const char *token = world_token(&w, ROLE_ENGINEER);
    assert_int_equal(world_http(&w, HTTP_POST, "/incidents/1/resolve", token, "{}").status, 200);
    world_settle(&w);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_RESOLVED);
    pass(10 * US_PER_MIN);
    assert_int_equal(sent(NOTICE_PAGE), 2);
}

static void test_a_receiver_may_want_every_page(void **state)
{
    (void)state;
    flap("alertname=Link,team=always", 5);
    assert_int_equal(sent(NOTICE_PAGE), 5);
    assert_int_equal(sent(NOTICE_FLAPPING), 0);
}

static void test_alerts_that_flap_within_a_firing_group_change_nothing(void **state)
{
    (void)state;
    alert("alertname=Link,host=a", "firing");
    flap("alertname=Link,host=b", 6);
    assert_int_equal(sent(NOTICE_PAGE), 1);
    assert_int_equal(sent(NOTICE_FLAPPING), 0);
    assert_int_equal(world_incident(&w, 1)->firing, 1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_six_cycles_in_ten_minutes_are_two_pages_and_one_notice),
        T(test_what_stays_quiet_is_over_and_says_so),
        T(test_what_goes_on_firing_pages),
        T(test_cycles_far_apart_page_each),
        T(test_an_acknowledgement_ends_the_wait_and_the_next_clear_resolves),
        T(test_one_acknowledged_while_it_is_quiet_is_resolved_all_the_same),
        T(test_one_put_off_while_it_is_quiet_is_resolved_all_the_same),
        T(test_one_put_off_and_then_acknowledged_settles_in_its_time),
        T(test_one_put_off_that_fires_again_is_put_off),
        T(test_a_person_may_resolve_it),
        T(test_a_receiver_may_want_every_page),
        T(test_alerts_that_flap_within_a_firing_group_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
