/* Muted, reminded, silent: what an incident waits for between its pages. */
#include "fixture.h"

#include <string.h>

#include "cmocka_all.h"

static const char routes[] =
    "sources: { prom: { type: alertmanager, auth: { bearer: !env PROM_TOKEN } } }\n"
    "channels: { webhooks: { anna: { url: 'https://hooks.example.org/anna' }, ops: { url: "
    "'https://hooks.example.org/ops' } } }\n"
    "users: { anna: { webhook: anna } }\n"
    "time_intervals:\n"
    "  - { name: nights, time_intervals: [{ times: [{ start_time: '00:00', end_time: '08:00' }] }] "
    "}\n"
    "inhibit_rules:\n"
    "  - { name: down, source_matchers: ['severity=\"critical\"'], target_matchers: "
    "['severity=\"warning\"'], equal: [host] }\n"
    "route:\n"
    "  receiver: ops\n"
    "  group_by: [alertname]\n"
    "  routes:\n"
    "    - { matchers: ['team=\"night\"'], mute_time_intervals: [nights] }\n"
    "    - { matchers: ['team=\"wait\"'], group_wait: 30s }\n"
    "    - { matchers: ['team=\"life\"'], receiver: life }\n"
    "receivers:\n"
    "  - { name: ops, notify: ['webhook:ops'] }\n"
    "  - name: life\n"
    "    remind: 1h\n"
    "    unack: 15m\n"
    "    resolve: { after_silence: 12h }\n"
    "    severity: { page: critical }\n"
    "    escalation:\n"
    "      - { if: severity:critical, then: [{ notify: [user:anna] }], else: [{ notify: "
    "['webhook:ops'] }] }\n";

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

static void test_a_muted_incident_opens_and_pages_when_the_window_ends(void **state)
{
    (void)state;
    world_alert(&w, "alertname=A,team=night", "firing", 0);
    world_settle(&w);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_OPEN);
    assert_int_equal(world_events(&w, 1, EVENT_MUTED), 1);
    assert_str_is(world_fact(&w, EVENT_MUTED, "by"), "interval nights");
    for (int i = 0; i < 479; i++) {
        world_advance(&w, US_PER_MIN);
    }
    assert_int_equal(pages_to("/ops"), 0);
    assert_int_equal(world_events(&w, 1, EVENT_MUTED), 1);
    world_advance(&w, US_PER_MIN);
    assert_int_equal(pages_to("/ops"), 1);
    assert_int_equal(world_events(&w, 1, EVENT_UNMUTED), 1);
}

static void test_what_resolves_while_muted_pages_nobody(void **state)
{
    (void)state;
    world_alert(&w, "alertname=A,team=night", "firing", 0);
    world_settle(&w);
    world_advance(&w, US_PER_HOUR);
    world_alert(&w, "alertname=A,team=night", "resolved", 0);
    world_settle(&w);
    world_advance(&w, 12 * US_PER_HOUR);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_RESOLVED);
    assert_int_equal(w.transfers.requests.n, 0);
}

static void test_a_firing_source_holds_its_target_until_it_resolves(void **state)
{
    (void)state;
    world_alert(&w, "alertname=Down,host=a,severity=critical", "firing", 0);
    world_alert(&w, "alertname=Slow,host=a,severity=warning", "firing", 0);
    world_settle(&w);
    assert_int_equal(pages_to("/ops"), 1);
    assert_int_equal(world_events(&w, 2, EVENT_MUTED), 1);
    assert_true(world_incident(&w, 2)->wake_at >= w.db.clock_at + US_PER_MIN); /* for itself */
    for (int i = 0; i < 30; i++) {
        world_advance(&w, US_PER_MIN);
    }
    assert_int_equal(pages_to("/ops"), 1);
    world_alert(&w, "alertname=Down,host=a,severity=critical", "resolved", 0);
    world_settle(&w);
    world_advance(&w, US_PER_S);
    assert_int_equal(world_events(&w, 2, EVENT_UNMUTED), 1);
    assert_int_equal(world_events(&w, 2, EVENT_NOTIFIED), 1);
}

/* Also when a person ends its source, and when one of several alerts is free. */
static void test_one_alert_that_nothing_holds_any_more_pages(void **state)
{
    (void)state;
    world_alert(&w, "alertname=Down,host=a,severity=critical", "firing", 0);
    world_alert(&w, "alertname=Cut,host=b,severity=critical", "firing", 0);
    world_alert(&w, "alertname=Slow,host=a,severity=warning", "firing", 0);
    world_alert(&w, "alertname=Slow,host=b,severity=warning", "firing", 0);
    world_settle(&w);
    world_advance(&w, 5 * US_PER_S);
    assert_int_equal(world_events(&w, 3, EVENT_NOTIFIED), 0);
    const char *token = world_token(&w, ROLE_ENGINEER);
    assert_int_equal(world_http(&w, HTTP_POST, "/incidents/2/resolve", token, "").status, 200);
    world_settle(&w);
    world_advance(&w, US_PER_S);
    assert_int_equal(world_events(&w, 3, EVENT_UNMUTED), 1);
    assert_int_equal(world_events(&w, 3, EVENT_NOTIFIED), 1);
}

static void test_rules_that_are_gone_hold_nothing(void **state)
{
    (void)state;
    world_alert(&w, "alertname=Down,host=a,severity=critical", "firing", 0);
    world_alert(&w, "alertname=Slow,host=a,severity=warning", "firing", 0);
    world_settle(&w);
    world_advance(&w, 5 * US_PER_S);
    assert_int_equal(world_events(&w, 2, EVENT_NOTIFIED), 0);
    world_configure(&w, world_routes_edited(&w, routes, "equal: [host]", "equal: [team, host]"));
    world_escalate(&w);
    world_settle(&w);
    assert_int_equal(world_events(&w, 2, EVENT_NOTIFIED), 0);
    world_configure(&w, world_routes_edited(&w, routes, "severity=\"critical\"'], target",
                                            "severity=\"fatal\"'], target"));
    world_escalate(&w);
    world_settle(&w);
    assert_int_equal(world_events(&w, 2, EVENT_UNMUTED), 1);
    assert_int_equal(world_events(&w, 2, EVENT_NOTIFIED), 1);
}

static void test_without_any_rule_nothing_is_held(void **state)
{
    (void)state;
    world_alert(&w, "alertname=Down,host=a,severity=critical", "firing", 0);
    world_alert(&w, "alertname=Slow,host=a,severity=warning", "firing", 0);
    world_settle(&w);
    world_advance(&w, 5 * US_PER_S);
    world_configure(&w, world_routes_edited(&w, routes,
                                            "inhibit_rules:\n"
                                            "  - { name: down, source_matchers: "
                                            "['severity=\"critical\"'], target_matchers: "
                                            "['severity=\"warning\"'], equal: [host] }\n",
                                            ""));
    world_escalate(&w);
    world_settle(&w);
    assert_int_equal(world_events(&w, 2, EVENT_NOTIFIED), 1);
}

static void test_a_target_elsewhere_is_not_held(void **state)
{
    (void)state;
    world_alert(&w, "alertname=Down,host=a,severity=critical", "firing", 0);
    world_alert(&w, "alertname=Slow,host=b,severity=warning", "firing", 0);
    world_settle(&w);
    assert_int_equal(pages_to("/ops"), 2);
}

static void test_group_wait_holds_the_first_page(void **state)
{
    (void)state;
    world_alert(&w, "alertname=A,team=wait", "firing", 0);
    world_settle(&w);
    world_advance(&w, 29 * US_PER_S);
    assert_int_equal(pages_to("/ops"), 0);
    world_advance(&w, US_PER_S);
    assert_int_equal(pages_to("/ops"), 1);
}

static void test_an_acknowledged_incident_is_reminded_of_and_escalates_again(void **state)
{
    (void)state;
    world_alert(&w, "alertname=A,team=life,severity=page", "firing", 0);
    world_settle(&w);
    assert_str_is(world_incident(&w, 1)->severity, "critical");
    assert_int_equal(pages_to("/anna"), 1);
    assert_int_equal(world_acknowledge(&w, 1), TRANSITION_CHANGED);
    world_settle(&w);
    world_advance(&w, US_PER_HOUR);
    assert_int_equal(world_deliveries(&w, NOTICE_REMINDER, DELIVERY_SENT), 1);
    world_advance(&w, 15 * US_PER_MIN - US_PER_S);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_ACKNOWLEDGED);
    world_advance(&w, US_PER_S);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_OPEN);
    assert_int_equal(world_deliveries(&w, NOTICE_PAGE, DELIVERY_SENT), 2);
}

static void test_no_news_for_long_resolves_and_says_so(void **state)
{
    (void)state;
    world_alert(&w, "alertname=A,team=life,severity=low", "firing", 0);
    world_settle(&w);
    assert_int_equal(pages_to("/ops"), 1);
    world_advance(&w, 11 * US_PER_HOUR);
    world_alert(&w, "alertname=A,team=life,severity=low", "firing", 0); /* a repeat is news */
    world_settle(&w);
    world_advance(&w, 11 * US_PER_HOUR);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_OPEN);
    world_advance(&w, US_PER_HOUR);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_RESOLVED);
    assert_str_is(world_incident(&w, 1)->resolved_by, "silence");
    assert_int_equal(world_deliveries(&w, NOTICE_RESOLVED, DELIVERY_SENT), 1);
}

/* Opened again by a person, it waits for news as one that a source opens. */
static void test_what_is_opened_again_by_hand_may_fall_silent(void **state)
{
    (void)state;
    world_alert(&w, "alertname=A,team=life,severity=page", "firing", 0);
    world_settle(&w);
    assert_int_equal(world_respond(&w, 1, (struct response){.kind = RESPONSE_RESOLVE}),
                     TRANSITION_CHANGED);
    assert_int_equal(world_incident(&w, 1)->silent_at, AT_NONE);
    world_advance(&w, US_PER_HOUR);
    assert_int_equal(world_respond(&w, 1, (struct response){.kind = RESPONSE_REOPEN}),
                     TRANSITION_CHANGED);
    assert_int_equal(world_incident(&w, 1)->silent_at, w.db.clock_at + 12 * US_PER_HOUR);
    world_advance(&w, 12 * US_PER_HOUR);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_RESOLVED);
    assert_str_is(world_incident(&w, 1)->resolved_by, "silence");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        T(test_a_muted_incident_opens_and_pages_when_the_window_ends),
        T(test_what_resolves_while_muted_pages_nobody),
        T(test_a_firing_source_holds_its_target_until_it_resolves),
        T(test_one_alert_that_nothing_holds_any_more_pages),
        T(test_rules_that_are_gone_hold_nothing),
        T(test_without_any_rule_nothing_is_held),
        T(test_a_target_elsewhere_is_not_held),
        T(test_group_wait_holds_the_first_page),
        T(test_an_acknowledged_incident_is_reminded_of_and_escalates_again),
        T(test_no_news_for_long_resolves_and_says_so),
        T(test_what_is_opened_again_by_hand_may_fall_silent),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
