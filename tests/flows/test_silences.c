/* Silences: who makes them, what they keep quiet, and what happens at their end. */
#include "fixture.h"

#include <string.h>

#include "cmocka_all.h"

static const char routes[] =
    "sources: { prom: { type: alertmanager, auth: { bearer: !env PROM_TOKEN } } }\n"
    "channels: { webhooks: { ops: { url: 'https://hooks.example.org/ops' } } }\n"
    "time_intervals:\n"
    "  - { name: sundays, time_intervals: [{ weekdays: [sunday] }] }\n"
    "route: { receiver: ops, group_by: [alertname] }\n"
    "receivers:\n"
    "  - { name: ops, escalation: [{ notify: ['webhook:ops'] }, { wait: 5m }, { repeat: 5 }] }\n";

static struct world w;
static const char *token;

static int set_up(void **state)
{
    (void)state;
    world_start(&w, routes);
    token = world_token(&w, ROLE_ENGINEER);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_end(&w);
    return 0;
}

static size_t pages(void)
{
    return fake_transfers_count(&w.transfers, STR("/ops"));
}

static struct fake_answer add(const char *body)
{
    return world_http(&w, HTTP_POST, "/silences", token, body);
}

static struct fake_answer end_first(void)
{
    char id[UUID_TEXT + 1];
    uuid_format(w.db.t.silences.v[0].id, id);
    const char *path = str_printf(&w.arena, "/silences/%s", id).p;
    return world_http(&w, HTTP_DELETE, path, token, "");
}

#define DISK "{\"matchers\": [\"alertname=~\\\"Disk.*\\\"\"], \"comment\": \"new disks\", "

static void test_a_silenced_alert_opens_and_pages_at_the_end_of_the_silence(void **state)
{
    (void)state;
    assert_int_equal(add(DISK "\"for\": \"1h\"}").status, 201);
    world_alert(&w, "alertname=DiskFull", "firing", 0);
    world_alert(&w, "alertname=Cpu", "firing", 0);
    world_settle(&w);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_OPEN);
    assert_int_equal(pages(), 1); /* the other one */
    assert_true(str_ends_with(world_fact(&w, EVENT_MUTED, "by"), STR("(new disks)")));
    assert_int_equal(world_acknowledge(&w, 2), TRANSITION_CHANGED);
    world_settle(&w);
    size_t before = pages();
    world_advance(&w, US_PER_HOUR - US_PER_S);
    assert_int_equal(pages(), before);
    world_advance(&w, 5 * US_PER_S);
    assert_int_equal(pages(), before + 1);
    assert_int_equal(world_events(&w, 1, EVENT_UNMUTED), 1);
}

static void test_what_resolves_in_a_silence_closes_without_a_page(void **state)
{
    (void)state;
    assert_int_equal(add(DISK "\"for\": \"1h\"}").status, 201);
    world_alert(&w, "alertname=DiskFull", "firing", 0);
    world_settle(&w);
    world_alert(&w, "alertname=DiskFull", "resolved", US_PER_MIN);
    world_settle(&w);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_RESOLVED);
    world_advance(&w, 2 * US_PER_HOUR);
    assert_int_equal(w.transfers.requests.n, 0);
}

/* Whoever escalates by hand means it; the timers behind that wait. */
static void test_who_escalates_by_hand_pages_in_spite_of_a_silence(void **state)
{
    (void)state;
    assert_int_equal(add(DISK "\"for\": \"10h\"}").status, 201);
    world_alert(&w, "alertname=DiskFull", "firing", 0);
    world_settle(&w);
    assert_int_equal(pages(), 0);
    const char *path = "/incidents/1/escalate";
    assert_int_equal(world_http(&w, HTTP_POST, path, token, "{\"step\": 1}").status, 200);
    world_settle(&w);
    assert_int_equal(pages(), 1);
    assert_str_is(world_fact(&w, EVENT_UNMUTED, "reason"), "a person has asked for this step");
    assert_true(str_starts_with(world_fact(&w, EVENT_UNMUTED, "was"), STR("silence ")));
    world_advance(&w, 5 * US_PER_MIN);
    assert_int_equal(pages(), 1);
    assert_int_equal(world_events(&w, 1, EVENT_MUTED), 2);
    world_advance(&w, US_PER_HOUR);
    assert_int_equal(pages(), 1);
    assert_int_equal(world_events(&w, 1, EVENT_UNMUTED), 1);
    assert_int_equal(world_http(&w, HTTP_POST, path, token, "{\"step\": 1}").status, 200);
    world_settle(&w);
    assert_int_equal(pages(), 2);
}

static void test_who_asks_for_a_wait_in_a_silence_asks_for_no_page(void **state)
{
    (void)state;
    assert_int_equal(add(DISK "\"for\": \"10h\"}").status, 201);
    world_alert(&w, "alertname=DiskFull", "firing", 0);
    world_settle(&w);
    const char *path = "/incidents/1/escalate";
    assert_int_equal(world_http(&w, HTTP_POST, path, token, "{\"step\": 2}").status, 200);
    world_settle(&w);
    world_advance(&w, 10 * US_PER_MIN);
    assert_int_equal(pages(), 0);
    assert_int_equal(world_events(&w, 1, EVENT_MUTED), 2);
}

static void test_a_silence_that_is_ended_pages_at_once(void **state)
{
    (void)state;
    assert_int_equal(add(DISK "\"for\": \"10h\"}").status, 201);
    world_alert(&w, "alertname=DiskFull", "firing", 0);
    world_settle(&w);
    assert_int_equal(pages(), 0);
    assert_int_equal(end_first().status, 200);
    world_clock(&w, US_PER_S);
    world_escalate(&w);
    world_settle(&w);
    assert_int_equal(pages(), 1);
    assert_int_equal(end_first().status, 404);
}

static void test_a_silence_stops_an_escalation_that_runs(void **state)
{
    (void)state;
    world_alert(&w, "alertname=DiskFull", "firing", 0);
    world_settle(&w);
    assert_int_equal(pages(), 1);
    assert_int_equal(add(DISK "\"for\": \"1h\"}").status, 201);
    world_advance(&w, 30 * US_PER_MIN);
    assert_int_equal(pages(), 1);
    world_advance(&w, 31 * US_PER_MIN);
    assert_true(pages() > 1);
}

static void test_any_of_several_silences_that_ends_pages(void **state)
{
    (void)state;
    assert_int_equal(
        add("{\"matchers\": [\"host=\\\"b\\\"\"], \"comment\": \"x\", \"for\": \"8h\"}").status,
        201);
    assert_int_equal(
        add("{\"matchers\": [\"host=\\\"a\\\"\"], \"comment\": \"x\", \"for\": \"9h\"}").status,
        201);
    world_alert(&w, "alertname=DiskFull,host=a", "firing", 0);
    world_alert(&w, "alertname=DiskFull,host=b", "firing", 0);
    world_advance(&w, US_PER_MIN);
    assert_int_equal(pages(), 0);
    assert_int_equal(end_first().status, 200); /* the incident names the other one */
    world_clock(&w, US_PER_S);
    world_escalate(&w);
    world_settle(&w);
    assert_int_equal(pages(), 1);
}

static void test_a_reminder_that_nobody_answers_waits_for_the_silence(void **state)
{
    (void)state;
    world_alert(&w, "alertname=DiskFull", "firing", 0);
    world_settle(&w);
    assert_int_equal(
        world_http(&w, HTTP_POST, "/incidents/1/snooze", token, "{\"for\": \"30m\"}").status, 200);
    assert_int_equal(add(DISK "\"for\": \"1h\"}").status, 201);
    world_advance(&w, US_PER_MIN);
    size_t before = pages();
    world_advance(&w, 30 * US_PER_MIN); /* it is over */
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_OPEN);
    assert_int_equal(pages(), before);
    world_advance(&w, 29 * US_PER_MIN + 5 * US_PER_S);
    assert_int_equal(pages(), before + 1);
}

static void test_a_part_that_fires_anew_is_not_taken_for_all(void **state)
{
    (void)state;
    world_alert(&w, "alertname=DiskFull,host=a", "firing", 0);
    world_settle(&w);
    assert_int_equal(world_http(&w, HTTP_POST, "/incidents/1/resolve", token, "{}").status, 200);
    world_settle(&w);
    assert_int_equal(add(DISK "\"for\": \"1h\"}").status, 201);
    size_t before = pages();
    world_alert(&w, "alertname=DiskFull,host=b", "firing", 0); /* a fires, too */
    world_advance(&w, US_PER_MIN);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_OPEN);
    assert_int_equal(pages(), before);
}

static void test_one_alert_that_is_not_silenced_pages(void **state)
{
    (void)state;
    assert_int_equal(
        add("{\"matchers\": [\"host=\\\"a\\\"\"], \"comment\": \"x\", \"for\": \"1h\"}").status,
        201);
    world_alert(&w, "alertname=DiskFull,host=a", "firing", 0);
    world_settle(&w);
    assert_int_equal(pages(), 0);
    world_alert(&w, "alertname=DiskFull,host=a,disk=sda", "firing", 0);
    world_settle(&w);
    world_advance(&w, US_PER_S);
    assert_int_equal(pages(), 0);
    world_alert(&w, "alertname=DiskFull,host=b", "firing", 0);
    world_settle(&w);
    world_advance(&w, US_PER_S);
    assert_int_equal(pages(), 1);
}

static void test_a_window_begins_later_and_recurs(void **state)
{
    (void)state; /* the world begins on a Saturday, at 00:00 UTC */
    assert_int_equal(add(DISK "\"for\": \"20d\", \"during\": \"sundays\"}").status, 201);
    assert_int_equal(add("{\"matchers\": \"alertname=Cpu\", \"comment\": \"x\", \"starts_at\": "
                         "\"2026-11-21T01:00:00Z\", \"for\": \"1h\"}")
                         .status,
                     201);
    world_alert(&w, "alertname=DiskFull", "firing", 0);
    world_alert(&w, "alertname=Cpu", "firing", 0);
    world_settle(&w);
    assert_int_equal(pages(), 2);
    world_advance(&w, US_PER_HOUR + US_PER_MIN);
    assert_str_is(world_incident(&w, 1)->muted_by, "");
    assert_true(world_incident(&w, 2)->muted_by.n > 0);
    world_advance(&w, 24 * US_PER_HOUR); /* Sunday */
    world_alert(&w, "alertname=DiskSlow", "firing", 25 * US_PER_HOUR);
    world_settle(&w);
    assert_true(world_incident(&w, 3)->muted_by.n > 0);
    size_t before = pages();
    for (int i = 0; i < 23 * 60; i++) {
        world_advance(&w, US_PER_MIN);
    }
    assert_true(pages() > before); /* Monday */
}

static void test_mistakes_are_told(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{}",
        "{\"matchers\": [], \"comment\": \"x\", \"for\": \"1h\"}",
        "{\"matchers\": [\"a=~\\\".*\\\"\"], \"comment\": \"x\", \"for\": \"1h\"}",
        "{\"matchers\": [\"a!=\\\"b\\\"\"], \"comment\": \"x\", \"for\": \"1h\"}",
        "{\"matchers\": [\"a=~\\\"(\\\"\"], \"comment\": \"x\", \"for\": \"1h\"}",
        "{\"matchers\": [1], \"comment\": \"x\", \"for\": \"1h\"}",
        DISK "\"for\": \"0s\"}",
        DISK "\"for\": \"2y\"}",
        DISK "\"ends_at\": \"2026-11-20T00:00:00Z\"}",
        DISK "\"for\": \"1h\", \"ends_at\": \"2026-11-22T00:00:00Z\"}",
        DISK "\"for\": \"1h\", \"during\": \"mondays\"}",
        "{\"matchers\": [\"a=b\"], \"comment\": \" \", \"for\": \"1h\"}",
    };
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct fake_answer answer = add(bodies[i]);
        if (answer.status != 422) {
            fail_msg("%s: %d %.*s", bodies[i], answer.status, STR_ARG(answer.body));
        }
    }
    assert_int_equal(w.db.t.silences.n, 0);
    token = world_token(&w, ROLE_USER);
    assert_int_equal(add(DISK "\"for\": \"1h\"}").status, 403);
    assert_int_equal(world_http(&w, HTTP_GET, "/silences", token, "").status, 200);
}

static void test_more_than_are_read_are_refused(void **state)
{
    (void)state;
    for (int i = 0; i < SILENCES_MAX; i++) {
        assert_int_equal(add(DISK "\"for\": \"1h\"}").status, 201);
    }
    struct fake_answer answer = add(DISK "\"for\": \"1h\"}");
    assert_int_equal(answer.status, 409);
    assert_true(str_contains(answer.body, STR("1000 silences already")));
    world_advance(&w, 2 * US_PER_HOUR);
    assert_int_equal(add(DISK "\"for\": \"1h\"}").status, 201);
}

static void test_the_list_has_what_is_in_force_and_to_come(void **state)
{
    (void)state;
    assert_int_equal(add(DISK "\"for\": \"1h\"}").status, 201);
    world_advance(&w, 2 * US_PER_HOUR);
    assert_int_equal(add(DISK "\"for\": \"1h\", \"starts_at\": \"2026-11-22T00:00:00Z\"}").status,
                     201);
    struct fake_answer list = world_http(&w, HTTP_GET, "/silences", token, "");
    assert_true(str_contains(list.body, STR("\"state\":\"pending\"")));
    assert_false(str_contains(list.body, STR("\"state\":\"expired\"")));
    assert_true(str_contains(list.body, STR("\"matchers\":\"{alertname=~\\\"Disk.*\\\"}\"")));
    list = world_http(&w, HTTP_GET, "/silences?expired=true", token, "");
    assert_true(str_contains(list.body, STR("\"state\":\"expired\"")));
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_a_silenced_alert_opens_and_pages_at_the_end_of_the_silence),
        T(test_what_resolves_in_a_silence_closes_without_a_page),
        T(test_who_escalates_by_hand_pages_in_spite_of_a_silence),
        T(test_who_asks_for_a_wait_in_a_silence_asks_for_no_page),
        T(test_a_silence_that_is_ended_pages_at_once),
        T(test_a_silence_stops_an_escalation_that_runs),
        T(test_any_of_several_silences_that_ends_pages),
        T(test_a_reminder_that_nobody_answers_waits_for_the_silence),
        T(test_a_part_that_fires_anew_is_not_taken_for_all),
        T(test_one_alert_that_is_not_silenced_pages),
        T(test_a_window_begins_later_and_recurs),
        T(test_mistakes_are_told),
        T(test_more_than_are_read_are_refused),
        T(test_the_list_has_what_is_in_force_and_to_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
