/* escalate: due incidents take their next steps. */
#include "fixture.h"
#include "flows/self_alert.h"

#include <string.h>

#include "cmocka_all.h"

static struct world w;

static int set_up(void **state)
{
    (void)state;
    world_start(&w, routes_basic);
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

static void test_the_next_step_comes_when_its_wait_is_over_and_not_before(void **state)
{
    (void)state;
    world_alert(&w, "alertname=A,severity=page", "firing", 0);
    world_settle(&w);
    assert_int_equal(pages_to("/anna"), 1);
    world_advance(&w, 5 * US_PER_MIN - 1);
    assert_int_equal(pages_to("/boris"), 0);
    world_advance(&w, 1);
    assert_int_equal(pages_to("/boris"), 1);
    assert_int_equal(world_incident(&w, 1)->wake_at, w.db.clock_at + 10 * US_PER_MIN);
}

static void test_an_unanswered_escalation_repeats_and_ends_with_the_catch_all(void **state)
{
    (void)state;
    world_alert(&w, "alertname=A,severity=page", "firing", 0);
    world_settle(&w);
    for (int i = 0; i < 8; i++) {
        world_advance(&w, 5 * US_PER_MIN);
    }
    assert_int_equal(pages_to("/anna"), 2);
    assert_int_equal(pages_to("/boris"), 2);
    assert_int_equal(pages_to("/ops"), 1);
    assert_int_equal(world_events(&w, 1, EVENT_REPEATED), 1);
    assert_int_equal(world_events(&w, 1, EVENT_CATCH_ALL), 1);
    assert_int_equal(world_events(&w, 1, EVENT_ESCALATION_ENDED), 1);
    assert_int_equal(world_incident(&w, 1)->wake_at, AT_NONE);
    world_advance(&w, US_PER_DAY);
    assert_int_equal(w.transfers.requests.n, 5);
}

static void test_an_acknowledgement_stops_it(void **state)
{
    (void)state;
    world_alert(&w, "alertname=A,severity=page", "firing", 0);
    world_settle(&w);
    assert_int_equal(world_acknowledge(&w, 1), TRANSITION_CHANGED);
    world_advance(&w, US_PER_HOUR);
    assert_int_equal(pages_to("/boris"), 0);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_ACKNOWLEDGED);
    assert_int_equal(world_deliveries(&w, NOTICE_ACKNOWLEDGED, DELIVERY_SENT), 1);
}

static void test_an_escalation_that_reaches_nobody_goes_to_the_catch_all_at_once(void **state)
{
    (void)state;
    world_alert(&w, "alertname=A,severity=empty", "firing", 0);
    world_settle(&w);
    assert_int_equal(pages_to("/ops"), 1);
    assert_int_equal(world_events(&w, 1, EVENT_STEP_SKIPPED), 2);
    assert_str_is(world_fact(&w, EVENT_ESCALATION_ENDED, "told_before_catch_all"), "no");
}

static struct str self_news(int64_t now_us)
{
    struct str news =
        self_alerts_news(w.deps.self_alerts, &w.arena, STR("r"), w.db.clock_at, now_us);
    self_alerts_told(w.deps.self_alerts, now_us);
    return news;
}

/* Nobody has to load the files anew for it. */
static void test_that_nobody_was_reached_is_over_half_an_hour_later(void **state)
{
    (void)state;
    int64_t us = US_PER_S;
    (void)self_news(us);
    self_alert_raise(w.deps.self_alerts, SELF_NOBODY, STR("incident \"x\""));
    assert_true(str_contains(self_news(us), STR("\"firing\",\"labels\"")));
    us += 20 * US_PER_MIN;
    self_alert_raise(w.deps.self_alerts, SELF_NOBODY, STR("incident \"x\"")); /* once more */
    (void)self_news(us);
    us += 29 * US_PER_MIN;
    (void)self_news(us);
    assert_true(self_alert_is_raised(w.deps.self_alerts, SELF_NOBODY));
    us += US_PER_MIN;
    assert_true(str_contains(self_news(us), STR("\"resolved\",\"labels\"")));
    assert_false(self_alert_is_raised(w.deps.self_alerts, SELF_NOBODY));
    assert_int_equal(self_news(us + US_PER_HOUR).n, 0);
}

static void test_alertify_says_so_when_nobody_at_all_is_reached(void **state)
{
    (void)state;
    world_configure(&w, "sources: { am: { type: alertmanager, auth: none } }\n"
                        "users: { nobody: { name: Unreachable } }\n"
                        "route: { receiver: r, group_by: ['...'] }\n"
                        "receivers: [{ name: r, notify: ['user:nobody'] }]\n");
    world_alert(&w, "alertname=A,service=alertify", "firing", 0);
    world_settle(&w);
    assert_int_equal(world_events(&w, 1, EVENT_NOBODY_REACHED), 1);
    assert_false(self_alert_is_raised(w.deps.self_alerts, SELF_NOBODY)); /* no circles */
    world_alert(&w, "alertname=B,service=db", "firing", 0);
    world_settle(&w);
    assert_true(self_alert_is_raised(w.deps.self_alerts, SELF_NOBODY));
}

#define IN_TURN                                                                                    \
    "sources: { am: { type: alertmanager, auth: none } }\n"                                        \
    "channels: { webhooks: { anna: { url: 'https://x.example.org/anna' }, boris: { url: "          \
    "'https://x.example.org/boris' }, chen: { url: 'https://x.example.org/chen' } } }\n"           \
    "route: { receiver: r, group_by: ['...'] }\n"                                                  \
    "receivers: [{ name: r, storm: { pages: 0 }, escalation: [{ notify: ['webhook:anna', "         \
    "'webhook:boris', 'webhook:chen'], round_robin: true }, { wait: 5m }, { repeat: 1 }] }]\n"

static void test_incidents_page_in_turn(void **state)
{
    (void)state;
    world_configure(&w, IN_TURN);
    world_alert(&w, "alertname=A", "firing", 0);
    world_settle(&w);
    assert_int_equal(pages_to("/anna"), 1);
    assert_int_equal(w.transfers.requests.n, 1);
    world_alert(&w, "alertname=B", "firing", 0);
    world_alert(&w, "alertname=C", "firing", 0);
    world_settle(&w);
    assert_int_equal(pages_to("/boris"), 1);
    assert_int_equal(pages_to("/chen"), 1);
    assert_int_equal(w.transfers.requests.n, 3);
    world_advance(&w, 5 * US_PER_MIN); /* the second round: behind whom each has paged */
    assert_int_equal(pages_to("/anna"), 2);
    assert_int_equal(pages_to("/boris"), 2);
    assert_int_equal(pages_to("/chen"), 2);
    assert_int_equal(w.db.t.turns.v[0].taken, 3);
}

static void test_a_turn_is_given_back_when_its_page_is_not_written(void **state)
{
    (void)state;
    world_configure(&w, IN_TURN);
    world_alert(&w, "alertname=A", "firing", 0);
    world_process(&w);
    assert_int_equal(w.db.t.turns.n, 0); /* what processes alerts takes none */
    w.db.fault = (struct fake_fault){.at = w.db.calls + 8,
                                     .status = ERR_UNAVAILABLE}; /* the look before it has two */
    world_escalate(&w);
    assert_string_equal(w.db.failed_call, "write");
    world_settle(&w);
    assert_int_equal(w.db.t.turns.v[0].taken, 1);
    assert_int_equal(pages_to("/anna"), 1);
    assert_int_equal(w.transfers.requests.n, 1);
}

static void test_a_running_incident_keeps_the_plan_it_was_opened_under(void **state)
{
    (void)state;
    struct routes_result result;
    struct err err = ERR_INIT;
    struct routes_source file = {
        .name = STR("r.yml"),
        .text = STR("sources: { am: { type: alertmanager, auth: none } }\n"
                    "channels: { webhooks: { boris: { url: 'https://x.example.org/"
                    "boris' }, new: { url: 'https://x.example.org/new' } } }\n"
                    "users: { boris: { webhook: boris } }\n"
                    "route: { receiver: page }\n"
                    "receivers: [ { name: page, notify: [webhook:new] } ]\n"
                    "catch_all: page\n")};
    const struct routes_env where = {0};
    world_alert(&w, "alertname=A,severity=page", "firing", 0);
    world_settle(&w);
    assert_int_equal(routes_parse(&file, 1, &where, &result), OK);
    struct snapshot *snapshot = configuration_prepare(w.deps.configuration, &result, file.text);
    assert_int_equal(flow_configuration_save(&w.store, snapshot, STR("test"), &err), OK);
    configuration_swap(w.deps.configuration, snapshot);
    world_advance(&w, 5 * US_PER_MIN);
    assert_int_equal(pages_to("/boris"), 1);
    assert_int_equal(pages_to("/new"), 0);
}

static void test_an_unreadable_plan_is_replaced_by_the_configuration_in_force(void **state)
{
    (void)state;
    world_alert(&w, "alertname=A,severity=page", "firing", 0);
    world_settle(&w);
    for (size_t i = 0; i < w.db.t.plans.n; i++) {
        w.db.t.plans.v[i].body = STR("{\"steps\":[{\"do\":\"dance\"}]}");
    }
    world_advance(&w, 5 * US_PER_MIN);
    assert_int_equal(pages_to("/boris"), 1);
}

static void test_a_failed_load_of_a_plan_is_tried_again(void **state)
{
    (void)state;
    world_alert(&w, "alertname=A,severity=page", "firing", 0);
    world_settle(&w);
    world_clock(&w, 5 * US_PER_MIN);
    w.db.fault = (struct fake_fault){.at = w.db.calls + 6, .status = ERR_UNAVAILABLE};
    world_escalate(&w);
    assert_string_equal(w.db.failed_call, "plan");
    world_settle(&w);
    assert_int_equal(pages_to("/boris"), 1);
}

static void test_many_due_incidents_are_all_taken(void **state)
{
    (void)state;
    for (int i = 0; i < 450; i++) {
        world_alert(&w, str_printf(&w.arena, "alertname=A%d,severity=page", i).p, "firing", 0);
    }
    world_settle(&w);
    assert_int_equal(w.db.t.incidents.n, 450);
    world_advance(&w, 5 * US_PER_MIN);
    for (int i = 0; i < 60; i++) {
        world_advance(&w, US_PER_S); /* there is not room for all of them at once */
    }
    /* Each of them was sent, or a summary names it. */
    assert_int_equal(world_deliveries(&w, NOTICE_PAGE, DELIVERY_SENT) +
                         world_deliveries(&w, NOTICE_PAGE, DELIVERY_COVERED),
                     2 * 450);
    assert_int_equal(world_deliveries(&w, NOTICE_STORM, DELIVERY_SENT), 2);
}

/* Fails the first two writes for good: that of the batch, then that of its first incident alone. */
static void spoil_two_writes(void *arg, const char *call)
{
    int *left = arg;
    if (strcmp(call, "write") == 0 && *left > 0) {
        (*left)--;
        w.db.fault = (struct fake_fault){.at = w.db.calls, .status = ERR_INTERNAL};
        w.db.has_failed = false;
    }
}

static void test_an_incident_that_spoils_its_batch_is_put_off_and_the_others_go_on(void **state)
{
    (void)state;
    int left = 2;
    world_alert(&w, "alertname=A,severity=page", "firing", 0);
    world_alert(&w, "alertname=B,severity=page", "firing", 0);
    world_settle(&w);
    world_clock(&w, 5 * US_PER_MIN);
    w.db.on_call = spoil_two_writes;
    w.db.on_call_arg = &left;
    world_settle(&w);
    assert_int_equal(left, 0);
    assert_int_equal(pages_to("/boris"), 1);
    assert_int_equal(world_incident(&w, 1)->wake_at, w.db.clock_at + US_PER_MIN);
    world_advance(&w, US_PER_MIN);
    assert_int_equal(pages_to("/boris"), 2);
}

/* Every write of a batch is in a conflict, until one incident is looked at to be put off. */
struct stuck {
    int conflicts;
    bool is_put_off;
};

static void conflict_for_ever(void *arg, const char *call)
{
    struct stuck *stuck = arg;
    stuck->is_put_off |= strcmp(call, "incident_lock") == 0;
    if (strcmp(call, "write") == 0 && !stuck->is_put_off && stuck->conflicts < 60) {
        stuck->conflicts++;
        w.db.fault = (struct fake_fault){.at = w.db.calls, .status = ERR_CONFLICT};
        w.db.has_failed = false;
    }
}

static void test_a_conflict_that_stays_does_not_hold_up_the_others(void **state)
{
    (void)state;
    struct stuck stuck = {0};
    world_alert(&w, "alertname=A,severity=page", "firing", 0);
    world_alert(&w, "alertname=B,severity=page", "firing", 0);
    world_settle(&w);
    world_clock(&w, 5 * US_PER_MIN);
    w.db.on_call = conflict_for_ever;
    w.db.on_call_arg = &stuck;
    world_settle(&w);
    assert_true(stuck.is_put_off);
    assert_int_equal(stuck.conflicts, 2 * 11); /* those of the batch, then those of one alone */
    assert_int_equal(pages_to("/boris"), 1);
    assert_int_equal(world_incident(&w, 1)->wake_at, w.db.clock_at + US_PER_MIN);
    world_advance(&w, US_PER_MIN);
    assert_int_equal(pages_to("/boris"), 2);
}

static void test_a_conflict_that_passes_puts_nothing_off(void **state)
{
    (void)state;
    struct stuck stuck = {.conflicts = 60 - 10};
    world_alert(&w, "alertname=A,severity=page", "firing", 0);
    world_settle(&w);
    world_clock(&w, 5 * US_PER_MIN);
    w.db.on_call = conflict_for_ever;
    w.db.on_call_arg = &stuck;
    world_settle(&w);
    assert_false(stuck.is_put_off);
    assert_int_equal(pages_to("/boris"), 1);
}

static void test_a_script_holds_the_page_until_it_ends(void **state)
{
    (void)state;
    world_alert(&w, "alertname=A,severity=fix,unit=db", "firing", 0);
    world_process(&w);
    assert_int_equal(world_incident(&w, 1)->wake_at, WORLD_START_AT + 2 * US_PER_MIN);
    assert_int_equal(w.db.t.runs.n, 1);
    assert_int_equal(w.db.t.deliveries.n, 0);
    w.runner.code = 1; /* it fails: the page goes out at once */
    world_settle(&w);
    assert_int_equal(pages_to("/anna"), 1);
    assert_int_equal(w.db.clock_at, WORLD_START_AT);
}

static void test_a_script_that_succeeds_lets_its_hold_run_out(void **state)
{
    (void)state;
    world_alert(&w, "alertname=A,severity=fix,unit=db", "firing", 0);
    world_settle(&w);
    assert_int_equal(pages_to("/anna"), 0);
    world_advance(&w, 2 * US_PER_MIN - 1);
    assert_int_equal(pages_to("/anna"), 0);
    world_advance(&w, 1);
    assert_int_equal(pages_to("/anna"), 1);
}

static void test_a_script_whose_condition_does_not_hold_is_skipped(void **state)
{
    (void)state;
    world_alert(&w, "alertname=A,severity=fix", "firing", 0);
    world_settle(&w);
    assert_int_equal(w.db.t.runs.n, 0);
    assert_int_equal(world_events(&w, 1, EVENT_RUN_SKIPPED), 1);
    assert_int_equal(pages_to("/anna"), 1);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_the_next_step_comes_when_its_wait_is_over_and_not_before),
        T(test_an_unanswered_escalation_repeats_and_ends_with_the_catch_all),
        T(test_an_acknowledgement_stops_it),
        T(test_an_escalation_that_reaches_nobody_goes_to_the_catch_all_at_once),
        T(test_that_nobody_was_reached_is_over_half_an_hour_later),
        T(test_alertify_says_so_when_nobody_at_all_is_reached),
        T(test_incidents_page_in_turn),
        T(test_a_turn_is_given_back_when_its_page_is_not_written),
        T(test_a_running_incident_keeps_the_plan_it_was_opened_under),
        T(test_an_unreadable_plan_is_replaced_by_the_configuration_in_force),
        T(test_a_failed_load_of_a_plan_is_tried_again),
        T(test_many_due_incidents_are_all_taken),
        T(test_an_incident_that_spoils_its_batch_is_put_off_and_the_others_go_on),
        T(test_a_conflict_that_stays_does_not_hold_up_the_others),
        T(test_a_conflict_that_passes_puts_nothing_off),
        T(test_a_script_holds_the_page_until_it_ends),
        T(test_a_script_that_succeeds_lets_its_hold_run_out),
        T(test_a_script_whose_condition_does_not_hold_is_skipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
