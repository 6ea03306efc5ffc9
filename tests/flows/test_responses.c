/* What people do besides acknowledging and resolving, through the API and all flows. */
#include "fixture.h"

#include <string.h>

#include "cmocka_all.h"

static struct world w;
static const char *token;

static int set_up(void **state)
{
    (void)state;
    world_start(&w, routes_basic);
    token = world_token(&w, ROLE_ENGINEER);
    world_alert(&w, "alertname=A,severity=page", "firing", 0);
    world_settle(&w);
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

static struct fake_answer post(const char *what, const char *body)
{
    const char *path = str_printf(&w.arena, "/incidents/1/%s", what).p;
    struct fake_answer answer = world_http(&w, HTTP_POST, path, token, body);
    world_settle(&w);
    return answer;
}

static enum incident_state state_now(void)
{
    return world_incident(&w, 1)->state;
}

static void test_what_is_given_back_is_escalated_from_the_beginning(void **state)
{
    (void)state;
    assert_int_equal(world_acknowledge(&w, 1), TRANSITION_CHANGED);
    world_settle(&w);
    assert_int_equal(post("unacknowledge", "").status, 200);
    assert_int_equal(state_now(), INCIDENT_OPEN);
    assert_int_equal(pages_to("/anna"), 2 + 1); /* two pages, and who acknowledged */
    assert_str_is(world_fact(&w, EVENT_UNACKNOWLEDGED, "was"), "user:anna");
    assert_true(str_contains(post("unacknowledge", "").body, STR("\"changed\":false")));
    world_advance(&w, 5 * US_PER_MIN);
    assert_true(pages_to("/boris") >= 1);
}

static void test_a_snooze_is_quiet_until_its_end_and_pages_then(void **state)
{
    (void)state;
    assert_int_equal(post("snooze", "{\"for\": \"1h\"}").status, 200);
    assert_int_equal(state_now(), INCIDENT_ACKNOWLEDGED);
    size_t before = w.transfers.requests.n;
    world_advance(&w, US_PER_HOUR - US_PER_S);
    assert_int_equal(w.transfers.requests.n, before);
    world_advance(&w, 2 * US_PER_S);
    assert_int_equal(state_now(), INCIDENT_OPEN);
    assert_int_equal(w.transfers.requests.n, before + 1);
    assert_str_is(world_fact(&w, EVENT_UNACKNOWLEDGED, "reason"), "it was put off until now");
    assert_int_equal(world_incident(&w, 1)->snoozed_until, AT_NONE);
    world_advance(&w, 5 * US_PER_MIN);
    assert_true(pages_to("/boris") >= 1);
}

static void test_a_snooze_that_resolves_meanwhile_pages_nobody(void **state)
{
    (void)state;
    assert_int_equal(post("snooze", "{\"for\": \"1h\"}").status, 200);
    world_alert(&w, "alertname=A,severity=page", "resolved", US_PER_MIN);
    world_settle(&w);
    assert_int_equal(state_now(), INCIDENT_RESOLVED);
    size_t before = w.transfers.requests.n;
    world_advance(&w, 2 * US_PER_HOUR);
    assert_int_equal(w.transfers.requests.n, before);
}

static void test_an_acknowledgement_ends_a_snooze(void **state)
{
    (void)state;
    assert_int_equal(post("snooze", "{\"for\": \"1h\"}").status, 200);
    assert_int_equal(world_acknowledge(&w, 1), TRANSITION_CHANGED);
    world_advance(&w, US_PER_DAY);
    assert_int_equal(state_now(), INCIDENT_ACKNOWLEDGED);
    assert_int_equal(pages_to("/boris"), 0);
}

static void test_a_snooze_wants_one_end_that_is_to_come(void **state)
{
    (void)state;
    static const char *const bodies[] = {"",
                                         "{\"for\": \"1h\", \"until\": \"2026-11-21T08:00:00Z\"}",
                                         "{\"for\": \"soon\"}",
                                         "{\"until\": \"2026-11-20T08:00:00Z\"}",
                                         "{\"until\": \"tomorrow\"}",
                                         "{\"for\": \"60d\"}",
                                         "{\"for\": 3}",
                                         "[]"};
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        assert_int_equal(post("snooze", bodies[i]).status, 422);
    }
    assert_int_equal(state_now(), INCIDENT_OPEN);
    assert_int_equal(post("snooze", "{\"until\": \"2026-11-21T08:00:00Z\"}").status, 200);
    assert_str_is(world_fact(&w, EVENT_SNOOZED, "until"), "2026-11-21T08:00:00Z");
}

static void test_an_escalation_goes_on_at_the_step_that_is_named_and_again(void **state)
{
    (void)state;
    assert_int_equal(post("escalate", "{\"step\": 3}").status, 200); /* notify, wait, notify */
    assert_int_equal(pages_to("/boris"), 1);
    assert_int_equal(post("escalate", "{\"step\": 1}").status, 200);
    assert_int_equal(pages_to("/anna"), 2);
    assert_int_equal(world_acknowledge(&w, 1), TRANSITION_CHANGED);
    world_settle(&w);
    size_t before = pages_to("/boris");
    assert_int_equal(post("escalate", "{\"step\": 3}").status, 200);
    assert_int_equal(state_now(), INCIDENT_OPEN);
    assert_int_equal(pages_to("/boris"), before + 1);
    static const char *const bodies[] = {"", "{\"step\": 0}", "{\"step\": 99}",
                                         "{\"step\": \"1\"}"};
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct fake_answer answer = post("escalate", bodies[i]);
        assert_int_equal(answer.status, 422);
        assert_true(str_contains(answer.body, STR("step is a number from 1 to ")));
    }
}

static void test_who_it_is_reassigned_to_has_ten_minutes(void **state)
{
    (void)state;
    assert_int_equal(world_acknowledge(&w, 1), TRANSITION_CHANGED);
    world_settle(&w);
    size_t before = pages_to("/boris"), anna = pages_to("/anna");
    assert_int_equal(post("reassign", "{\"to\": \"user:boris\"}").status, 200);
    assert_int_equal(state_now(), INCIDENT_OPEN);
    assert_int_equal(pages_to("/boris"), before + 1);
    assert_str_is(world_fact(&w, EVENT_REASSIGNED, "to"), "Boris");
    world_advance(&w, REASSIGN_WAIT_US - 1);
    assert_int_equal(pages_to("/boris"), before + 1);
    assert_int_equal(pages_to("/anna"), anna);
    world_advance(&w, 1);
    assert_int_equal(pages_to("/boris"), before + 2); /* the escalation goes on where it was */
    assert_int_equal(post("reassign", "{\"to\": \"user:nobody\"}").status, 422);
    assert_int_equal(post("reassign", "{\"to\": \"moon\"}").status, 422);
    assert_int_equal(post("reassign", "{}").status, 422);
}

static void test_a_responder_is_told_beside_the_others(void **state)
{
    (void)state;
    int64_t wake_at = world_incident(&w, 1)->wake_at;
    assert_int_equal(post("responders", "{\"to\": \"user:boris\"}").status, 200);
    assert_int_equal(pages_to("/boris"), 1);
    assert_int_equal(world_incident(&w, 1)->wake_at, wake_at);
    assert_int_equal(world_acknowledge(&w, 1), TRANSITION_CHANGED);
    world_settle(&w);
    assert_int_equal(post("responders", "{\"to\": \"webhook:ops\", \"message\": \"look\"}").status,
                     200);
    assert_int_equal(state_now(), INCIDENT_ACKNOWLEDGED);
    assert_int_equal(pages_to("/ops"), 1);
    assert_int_equal(world_deliveries(&w, NOTICE_NOTE, DELIVERY_SENT), 1);
    assert_str_is(world_fact(&w, EVENT_RESPONDER_ADDED, "text"), "look");
}

static void test_a_team_is_all_of_its_members(void **state)
{
    (void)state;
    size_t anna = pages_to("/anna"), boris = pages_to("/boris");
    assert_int_equal(post("responders", "{\"to\": \"team:both\"}").status, 200);
    assert_int_equal(pages_to("/anna"), anna + 1);
    assert_int_equal(pages_to("/boris"), boris + 1);
    assert_str_is(world_fact(&w, EVENT_RESPONDER_ADDED, "to"), "Anna Ivanova, Boris");
}

static void test_what_is_resolved_can_be_opened_again_and_noted_upon(void **state)
{
    (void)state;
    assert_int_equal(post("resolve", "").status, 200);
    static const char *const refused[][2] = {{"unacknowledge", ""},
                                             {"snooze", "{\"for\": \"1h\"}"},
                                             {"escalate", "{\"step\": 1}"},
                                             {"reassign", "{\"to\": \"user:boris\"}"},
                                             {"responders", "{\"to\": \"user:boris\"}"}};
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        assert_int_equal(post(refused[i][0], refused[i][1]).status, 409);
        assert_int_equal(world_events(&w, 1, EVENT_LATE_ACTION), i + 1);
    }
    assert_int_equal(post("note", "{\"text\": \"it was the cable\"}").status, 200);
    assert_str_is(world_fact(&w, EVENT_NOTE, "text"), "it was the cable");
    size_t before = pages_to("/anna");
    assert_int_equal(post("reopen", "").status, 200);
    assert_int_equal(state_now(), INCIDENT_OPEN);
    assert_int_equal(world_incident(&w, 1)->cycle, 2);
    assert_int_equal(pages_to("/anna"), before + 1);
    assert_true(str_contains(post("reopen", "").body, STR("\"changed\":false")));
}

/* What fired when a person resolved it goes elsewhere since. */
static void test_what_is_opened_again_knows_what_has_ended_meanwhile(void **state)
{
    (void)state;
    assert_int_equal(post("resolve", "").status, 200);
    world_configure(&w, world_routes_renamed(&w));
    world_alert(&w, "alertname=A,severity=page", "resolved", US_PER_MIN);
    world_settle(&w);
    assert_int_equal(world_incident(&w, 1)->firing, 0);
    assert_int_equal(post("reopen", "").status, 200);
    assert_int_equal(world_incident(&w, 1)->firing, 0);
}

static void test_what_is_opened_again_hears_of_its_end_wherever_it_goes(void **state)
{
    (void)state;
    assert_int_equal(post("resolve", "").status, 200);
    world_configure(&w, world_routes_renamed(&w));
    world_alert(&w, "alertname=A,severity=page", "firing", 0);
    world_settle(&w);
    assert_int_equal(w.db.t.incidents.n, 2);
    assert_int_equal(post("reopen", "").status, 200);
    assert_int_equal(world_incident(&w, 1)->firing, 1);
    world_alert(&w, "alertname=A,severity=page", "resolved", US_PER_MIN);
    world_settle(&w);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_RESOLVED);
    assert_int_equal(world_incident(&w, 2)->state, INCIDENT_RESOLVED);
}

/* A new cycle runs under today's configuration, with an alert that went there under another. */
static void test_a_new_cycle_hears_of_what_fires_in_it_from_earlier(void **state)
{
    (void)state;
    world_alert(&w, "alertname=A,severity=page,host=b", "firing", 0);
    world_settle(&w);
    assert_int_equal(post("resolve", "").status, 200);
    world_configure(&w, world_routes_edited(&w, routes_basic, "  routes:\n",
                                            "  routes:\n    - { matchers: ['host=\"b\"'], "
                                            "receiver: rest }\n"));
    world_alert(&w, "alertname=A,severity=page,host=c", "firing", 0);
    world_settle(&w);
    assert_int_equal(state_now(), INCIDENT_OPEN);
    assert_int_equal(world_incident(&w, 1)->firing, 3);
    world_alert(&w, "alertname=A,severity=page,host=b", "resolved", US_PER_MIN);
    world_settle(&w);
    assert_int_equal(world_incident(&w, 1)->firing, 2);
}

/* The group has a newer one by then, which has ended, too: there its alerts go. */
static void test_only_the_newest_of_a_group_can_be_opened_again(void **state)
{
    (void)state;
    assert_int_equal(post("resolve", "").status, 200);
    world_advance(&w, 2 * US_PER_HOUR);
    world_alert(&w, "alertname=A,severity=page", "firing", 2 * US_PER_HOUR);
    world_settle(&w);
    assert_int_equal(w.db.t.incidents.n, 2);
    assert_int_equal(world_http(&w, HTTP_POST, "/incidents/2/resolve", token, "").status, 200);
    struct fake_answer answer = post("reopen", "");
    assert_int_equal(answer.status, 409);
    assert_true(str_contains(answer.body, STR("its group has a newer incident, #2")));
    assert_int_equal(state_now(), INCIDENT_RESOLVED);
    assert_int_equal(world_events(&w, 1, EVENT_LATE_ACTION), 1);
    assert_int_equal(world_http(&w, HTTP_POST, "/incidents/2/reopen", token, "").status, 200);
    assert_int_equal(world_incident(&w, 2)->cycle, 2);
}

/* For more than an hour it has not heard of its alerts: who fires says so again. */
static void test_what_is_opened_again_late_does_not_know_what_fires(void **state)
{
    (void)state;
    assert_int_equal(post("resolve", "").status, 200);
    world_advance(&w, 2 * US_PER_HOUR);
    assert_int_equal(post("reopen", "").status, 200);
    assert_int_equal(world_incident(&w, 1)->firing, 0);
    assert_int_equal(world_incident(&w, 1)->total, 1);
    world_alert(&w, "alertname=A,severity=page", "firing", 0);
    world_settle(&w);
    assert_int_equal(w.db.t.incidents.n, 1);
    assert_int_equal(world_incident(&w, 1)->firing, 1);
    assert_int_equal(world_incident(&w, 1)->total, 1);
    world_alert(&w, "alertname=A,severity=page", "resolved", 3 * US_PER_HOUR);
    world_settle(&w);
    assert_int_equal(state_now(), INCIDENT_RESOLVED);
}

static void test_title_and_severity_can_be_set(void **state)
{
    (void)state;
    assert_int_equal(post("title", "{\"title\": \"Cable cut\"}").status, 200);
    assert_int_equal(post("severity", "{\"severity\": \"warning\"}").status, 200);
    assert_str_is(world_incident(&w, 1)->title, "Cable cut");
    assert_str_is(world_incident(&w, 1)->severity, "warning");
    assert_str_is(world_fact(&w, EVENT_CHANGED, "is"), "warning");
    assert_int_equal(post("title", "{\"title\": \"  \"}").status, 422);
    assert_int_equal(post("severity", "{}").status, 422);
    world_alert(&w, "alertname=A,severity=page,x=y", "firing", US_PER_S);
    world_settle(&w);
    assert_str_is(world_incident(&w, 1)->title, "Cable cut");
}

static void test_a_user_may_look_but_not_act(void **state)
{
    (void)state;
    token = world_token(&w, ROLE_USER);
    static const char *const ways[] = {"unacknowledge", "snooze",     "escalate",
                                       "reassign",      "responders", "reopen",
                                       "note",          "title",      "severity"};
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        assert_int_equal(post(ways[i], "{}").status, 403);
    }
}

/* `resolve: { notice: false }` of the receiver. */
static void test_nobody_is_told_of_the_end_where_that_is_not_wanted(void **state)
{
    (void)state;
    world_alert(&w, "alertname=B,severity=hold", "firing", 0);
    world_settle(&w);
    world_advance(&w, 30 * US_PER_S);
    size_t before = pages_to("/anna");
    assert_int_equal(before, 2);
    struct response resolve = {
        .kind = RESPONSE_RESOLVE, .actor = STR("user:boris"), .through = STR("link")};
    assert_int_equal(world_respond(&w, 2, resolve), TRANSITION_CHANGED);
    world_settle(&w);
    assert_int_equal(world_incident(&w, 2)->state, INCIDENT_RESOLVED);
    assert_int_equal(world_events(&w, 2, EVENT_RESOLVED), 1);
    assert_int_equal(world_deliveries(&w, NOTICE_RESOLVED, DELIVERY_SENT), 0);
    assert_int_equal(pages_to("/anna"), before);
    assert_int_equal(world_respond(&w, 1, resolve), TRANSITION_CHANGED);
    world_settle(&w);
    assert_int_equal(world_deliveries(&w, NOTICE_RESOLVED, DELIVERY_SENT), 1);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_what_is_given_back_is_escalated_from_the_beginning),
        T(test_a_snooze_is_quiet_until_its_end_and_pages_then),
        T(test_a_snooze_that_resolves_meanwhile_pages_nobody),
        T(test_an_acknowledgement_ends_a_snooze),
        T(test_a_snooze_wants_one_end_that_is_to_come),
        T(test_an_escalation_goes_on_at_the_step_that_is_named_and_again),
        T(test_who_it_is_reassigned_to_has_ten_minutes),
        T(test_a_responder_is_told_beside_the_others),
        T(test_a_team_is_all_of_its_members),
        T(test_what_is_resolved_can_be_opened_again_and_noted_upon),
        T(test_what_is_opened_again_knows_what_has_ended_meanwhile),
        T(test_what_is_opened_again_hears_of_its_end_wherever_it_goes),
        T(test_a_new_cycle_hears_of_what_fires_in_it_from_earlier),
        T(test_only_the_newest_of_a_group_can_be_opened_again),
        T(test_what_is_opened_again_late_does_not_know_what_fires),
        T(test_title_and_severity_can_be_set),
        T(test_a_user_may_look_but_not_act),
        T(test_nobody_is_told_of_the_end_where_that_is_not_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
