#include "domain_test.h"

#define NOW INT64_C(1000000000)

static struct told told[] = {
    {{CHANNEL_SLACK, {"U1", 2}, {"anna", 4}, {"en", 2}}, {"Anna", 4}, false},
    {{CHANNEL_SLACK, {"#ops", 4}, {"", 0}, {"en", 2}}, {"slack:#ops", 10}, false},
};

static struct alert_changes changes(enum alert_news news, int64_t n, int64_t firing)
{
    struct alert_changes c = {.firing = firing, .total = 5, .source = STR("source:am")};
    c.by_news[news] = n;
    return c;
}

static struct incident incident_in(enum incident_state state)
{
    return (struct incident){.state = state,
                             .cycle = 1,
                             .seq = 10,
                             .state_seq = 4,
                             .receiver = STR("page"),
                             .firing = 1,
                             .total = 1,
                             .round = 1,
                             .step = 1,
                             .wake_at = state == INCIDENT_OPEN ? NOW + 5 : AT_NONE,
                             .acked_at = AT_NONE,
                             .flapping_at = AT_NONE,
                             .snoozed_until = AT_NONE,
                             .resolved_at = state == INCIDENT_RESOLVED ? NOW - 5 : AT_NONE};
}

static struct decision begin(enum incident_state state)
{
    struct decision d;
    struct incident in = incident_in(state);
    decision_init(&d, &arena, &in, NOW);
    return d;
}

static size_t events_of(const struct decision *d, enum event_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < d->events.n; i++) {
        n += d->events.v[i].kind == kind;
    }
    return n;
}

static size_t intents_of(const struct decision *d, enum notice_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < d->intents.n; i++) {
        n += d->intents.v[i].kind == kind;
    }
    return n;
}

static void test_the_first_fire_opens_cycle_one(void **state)
{
    (void)state;
    struct decision d;
    decision_init(&d, &arena, NULL, NOW);
    struct alert_changes c = changes(NEWS_NEW, 2, 2);
    decision_alerts(&d, &c, &(struct cycle_rules){.hold_us = 0}, NULL, 0);
    assert_true(d.is_new);
    assert_int_equal(d.incident.state, INCIDENT_OPEN);
    assert_int_equal(d.incident.cycle, 1);
    assert_int_equal(d.incident.seq, 1);
    assert_int_equal(d.incident.state_seq, 1);
    assert_int_equal(d.incident.wake_at, NOW);
    assert_int_equal(d.incident.opened_at, NOW);
    assert_int_equal(events_of(&d, EVENT_OPENED), 1);
}

static void test_a_hold_delays_the_first_page(void **state)
{
    (void)state;
    struct decision d;
    decision_init(&d, &arena, NULL, NOW);
    struct alert_changes c = changes(NEWS_NEW, 1, 1);
    decision_alerts(&d, &c, &(struct cycle_rules){.hold_us = 30 * US_PER_S}, NULL, 0);
    assert_int_equal(d.incident.wake_at, NOW + 30 * US_PER_S);
}

static void test_stale_news_decide_nothing(void **state)
{
    (void)state;
    struct decision d;
    decision_init(&d, &arena, NULL, NOW);
    struct alert_changes c = changes(NEWS_STALE, 3, 0);
    decision_alerts(&d, &c, &(struct cycle_rules){.hold_us = 0}, NULL, 0);
    assert_int_equal(d.events.n, 0);
    assert_int_equal(d.incident.state, INCIDENT_RESOLVED);
    assert_int_equal(d.incident.cycle, 0);
}

static void test_a_repeat_does_not_reopen_what_a_person_closed(void **state)
{
    (void)state;
    struct decision d = begin(INCIDENT_RESOLVED);
    struct alert_changes c = changes(NEWS_REPEATED, 1, 1);
    decision_alerts(&d, &c, &(struct cycle_rules){.hold_us = 0}, told, 2);
    assert_int_equal(d.incident.state, INCIDENT_RESOLVED);
    assert_int_equal(d.events.n, 0);
}

static void test_a_refire_reopens_as_a_new_cycle(void **state)
{
    (void)state;
    struct decision d = begin(INCIDENT_RESOLVED);
    d.incident.acked_by = STR("user:anna");
    d.incident.acked_at = NOW - 9;
    d.incident.ack_seq = 5;
    d.incident.was_reached = true;
    d.incident.step = 3;
    d.incident.round = 2;
    struct alert_changes c = changes(NEWS_REFIRED, 1, 1);
    decision_alerts(&d, &c, &(struct cycle_rules){.hold_us = 0}, told, 2);
    assert_int_equal(d.incident.state, INCIDENT_OPEN);
    assert_int_equal(d.incident.cycle, 2);
    assert_int_equal(events_of(&d, EVENT_REOPENED), 1);
    assert_int_equal(d.incident.step, 0);
    assert_int_equal(d.incident.round, 1);
    assert_int_equal(d.incident.ack_seq, 0);
    assert_int_equal(d.incident.acked_at, AT_NONE);
    assert_int_equal(d.incident.resolved_at, AT_NONE);
    assert_false(d.incident.was_reached);
    assert_int_equal(d.intents.n, 0);
}

static void test_more_alerts_of_an_open_incident_are_noted_and_page_nobody(void **state)
{
    (void)state;
    struct decision d = begin(INCIDENT_OPEN);
    struct alert_changes c = changes(NEWS_NEW, 1, 2);
    decision_alerts(&d, &c, &(struct cycle_rules){.hold_us = 0}, told, 2);
    assert_int_equal(events_of(&d, EVENT_ALERTS_CHANGED), 1);
    assert_int_equal(intents_of(&d, NOTICE_PAGE), 0);
    assert_int_equal(d.incident.wake_at, NOW + 5);
    assert_int_equal(d.incident.state_seq, 4);
}

static void test_the_last_resolve_closes_and_tells_everyone_who_was_told(void **state)
{
    (void)state;
    struct decision d = begin(INCIDENT_ACKNOWLEDGED);
    struct alert_changes c = changes(NEWS_RESOLVED, 1, 0);
    decision_alerts(&d, &c, &(struct cycle_rules){.hold_us = 0}, told, 2);
    assert_int_equal(d.incident.state, INCIDENT_RESOLVED);
    assert_int_equal(d.incident.resolved_at, NOW);
    assert_int_equal(d.incident.wake_at, AT_NONE);
    assert_int_equal(d.intents.n, 2);
    assert_int_equal(d.intents.v[0].kind, NOTICE_RESOLVED);
    assert_false(str_eq(d.intents.v[0].dedupe_key, d.intents.v[1].dedupe_key));
}

static void test_a_partial_resolve_closes_nothing(void **state)
{
    (void)state;
    struct decision d = begin(INCIDENT_OPEN);
    struct alert_changes c = changes(NEWS_RESOLVED, 1, 1);
    decision_alerts(&d, &c, &(struct cycle_rules){.hold_us = 0}, told, 2);
    assert_int_equal(d.incident.state, INCIDENT_OPEN);
    assert_int_equal(intents_of(&d, NOTICE_UPDATE), d.intents.n);
}

static void test_changes_are_told_where_messages_can_be_edited(void **state)
{
    (void)state;
    struct told everywhere[channel_kind_COUNT];
    for (int i = 0; i < channel_kind_COUNT; i++) {
        everywhere[i] = told[0];
        everywhere[i].contact.channel = (enum channel_kind)i;
    }
    struct decision d = begin(INCIDENT_OPEN);
    struct alert_changes c = changes(NEWS_NEW, 1, 2);
    decision_alerts(&d, &c, &(struct cycle_rules){.hold_us = 0}, everywhere, channel_kind_COUNT);
    assert_int_equal(d.intents.n, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct intent *intent = &d.intents.v[i];
        assert_int_equal(intent->kind, NOTICE_UPDATE);
        assert_true(intent->to.contacts[0].channel == CHANNEL_SLACK ||
                    intent->to.contacts[0].channel == CHANNEL_TELEGRAM);
        assert_int_equal(intent->delay_us, UPDATE_DELAY_US);
    }
    /* What changes again before the edit is due is in it already: the same key, no second one. */
    struct str key = str_dup(&arena, d.intents.v[0].dedupe_key);
    d = begin(INCIDENT_OPEN);
    d.now_at = NOW - NOW % UPDATE_DELAY_US + UPDATE_DELAY_US - 1;
    decision_alerts(&d, &c, &(struct cycle_rules){.hold_us = 0}, everywhere, channel_kind_COUNT);
    assert_true(str_eq(d.intents.v[0].dedupe_key, key));
    d = begin(INCIDENT_OPEN);
    d.now_at = NOW - NOW % UPDATE_DELAY_US + UPDATE_DELAY_US;
    decision_alerts(&d, &c, &(struct cycle_rules){.hold_us = 0}, everywhere, channel_kind_COUNT);
    assert_false(str_eq(d.intents.v[0].dedupe_key, key));
}

static void test_a_resolve_and_a_fire_in_one_decision_tell_only_the_fire(void **state)
{
    (void)state;
    struct decision d = begin(INCIDENT_OPEN);
    struct alert_changes over = changes(NEWS_RESOLVED, 1, 0);
    struct alert_changes again = changes(NEWS_REFIRED, 1, 1);
    decision_alerts(&d, &over, &(struct cycle_rules){.hold_us = 0}, told, 2);
    decision_alerts(&d, &again, &(struct cycle_rules){.hold_us = 0}, told, 2);
    assert_int_equal(d.incident.state, INCIDENT_OPEN);
    assert_int_equal(d.incident.cycle, 2);
    assert_int_equal(d.intents.n, 0);
    assert_int_equal(d.events.n, 2);
}

static void test_an_acknowledgement_stops_the_escalation_and_tells_everyone_once(void **state)
{
    (void)state;
    struct decision d = begin(INCIDENT_OPEN);
    d.incident.held_by_run = (struct uuid){{1}};
    assert_int_equal(decision_acknowledge(&d, STR("user:anna"), STR("link"), told, 2),
                     TRANSITION_CHANGED);
    assert_int_equal(d.incident.wake_at, d.now_at); /* the escalate flow sees to reminders */
    assert_true(uuid_eq(d.incident.held_by_run, (struct uuid){0}));
    assert_int_equal(d.incident.ack_seq, 11);
    assert_int_equal(d.incident.state_seq, 11);
    assert_str_is(d.incident.acked_by, "user:anna");
    assert_int_equal(d.intents.n, 2);
    assert_int_equal(decision_acknowledge(&d, STR("user:boris"), STR("link"), told, 2),
                     TRANSITION_SAME);
    assert_int_equal(d.intents.n, 2);
    assert_int_equal(d.events.n, 1);
    assert_str_is(d.incident.acked_by, "user:anna");
}

static void test_a_late_acknowledgement_is_recorded_and_changes_nothing(void **state)
{
    (void)state;
    struct decision d = begin(INCIDENT_RESOLVED);
    assert_int_equal(decision_acknowledge(&d, STR("user:anna"), STR("link"), told, 2),
                     TRANSITION_REFUSED);
    assert_int_equal(events_of(&d, EVENT_LATE_ACTION), 1);
    assert_int_equal(d.incident.state, INCIDENT_RESOLVED);
    assert_int_equal(d.incident.state_seq, 4);
    assert_int_equal(d.intents.n, 0);
}

static void test_a_person_resolves_once(void **state)
{
    (void)state;
    struct decision d = begin(INCIDENT_OPEN);
    assert_int_equal(decision_resolve(&d, STR("user:anna"), STR("api"), told, 1),
                     TRANSITION_CHANGED);
    assert_str_is(d.incident.resolved_by, "user:anna");
    assert_int_equal(decision_resolve(&d, STR("user:boris"), STR("api"), told, 1), TRANSITION_SAME);
    assert_int_equal(d.intents.n, 1);
    assert_int_equal(d.events.n, 1);
}

static void end_run(struct decision *d, struct uuid run, bool is_success)
{
    struct run_end end = {.id = run,
                          .action = STR("fix"),
                          .kind = EVENT_RUN_FINISHED,
                          .is_success = is_success,
                          .summary = STR("exit status"),
                          .output = STR_EMPTY,
                          .text = STR("text")};
    decision_run_ended(d, &end, told, 2);
}

static void test_a_failed_script_lets_the_page_it_held_go_at_once(void **state)
{
    (void)state;
    struct decision d = begin(INCIDENT_OPEN);
    d.incident.held_by_run = (struct uuid){{7}};
    end_run(&d, (struct uuid){{7}}, false);
    assert_int_equal(d.incident.wake_at, NOW);
    assert_int_equal(d.intents.n, 2);
    assert_int_equal(d.intents.v[0].kind, NOTICE_RESULT);
}

static void test_a_script_that_succeeded_lets_its_hold_run_out(void **state)
{
    (void)state;
    struct decision d = begin(INCIDENT_OPEN);
    d.incident.held_by_run = (struct uuid){{7}};
    end_run(&d, (struct uuid){{7}}, true);
    assert_int_equal(d.incident.wake_at, NOW + 5);
}

static void test_a_script_that_held_nothing_moves_nothing(void **state)
{
    (void)state;
    struct decision d = begin(INCIDENT_OPEN);
    d.incident.held_by_run = (struct uuid){{8}};
    end_run(&d, (struct uuid){{7}}, false);
    assert_int_equal(d.incident.wake_at, NOW + 5);
    assert_true(uuid_eq(d.incident.held_by_run, (struct uuid){{8}}));
}

static void test_a_failed_script_wakes_no_acknowledged_incident(void **state)
{
    (void)state;
    struct decision d = begin(INCIDENT_ACKNOWLEDGED);
    d.incident.held_by_run = (struct uuid){{7}};
    end_run(&d, (struct uuid){{7}}, false);
    assert_int_equal(d.incident.wake_at, AT_NONE);
}

static void test_a_page_is_wanted_only_while_its_cycle_is_open(void **state)
{
    (void)state;
    struct incident in = incident_in(INCIDENT_OPEN);
    assert_true(notice_is_wanted(&in, NOTICE_PAGE, 1, in.state_seq));
    assert_false(notice_is_wanted(&in, NOTICE_PAGE, 2, in.state_seq));
    assert_false(notice_is_wanted(&in, NOTICE_PAGE, 1, in.state_seq - 1)); /* given back since */
    in.merged_into = 7;
    assert_false(notice_is_wanted(&in, NOTICE_PAGE, 1, in.state_seq));
    in.merged_into = 0;
    in.state = INCIDENT_ACKNOWLEDGED;
    assert_false(notice_is_wanted(&in, NOTICE_PAGE, 1, in.state_seq));
}

static void test_news_of_a_status_is_wanted_while_it_is_the_newest(void **state)
{
    (void)state;
    struct incident in = incident_in(INCIDENT_RESOLVED);
    assert_true(notice_is_wanted(&in, NOTICE_RESOLVED, 1, 4));
    assert_false(notice_is_wanted(&in, NOTICE_ACKNOWLEDGED, 1, 3));
    assert_true(notice_is_wanted(&in, NOTICE_RESULT, 1, 1));
    assert_true(notice_is_wanted(&in, NOTICE_NOTE, 1, 1));
}

static void test_catching_up_tells_the_same_as_the_change_did(void **state)
{
    (void)state;
    struct decision first = begin(INCIDENT_OPEN), later;
    decision_acknowledge(&first, STR("user:anna"), STR("link"), told, 1);
    decision_init(&later, &arena, &first.incident, NOW + 1);
    decision_catch_up(&later, &told[0]);
    assert_int_equal(later.intents.n, 1);
    assert_int_equal(later.intents.v[0].kind, NOTICE_ACKNOWLEDGED);
    /* the same key: whoever was told already is not told again */
    assert_true(str_eq(later.intents.v[0].dedupe_key, first.intents.v[0].dedupe_key));
}

static void test_there_is_nothing_to_catch_up_while_it_is_open(void **state)
{
    (void)state;
    struct decision d = begin(INCIDENT_OPEN);
    decision_catch_up(&d, &told[0]);
    assert_int_equal(d.intents.n, 0);
}

static void test_a_note_goes_to_its_addressee_and_changes_no_state(void **state)
{
    (void)state;
    struct decision d = begin(INCIDENT_ACKNOWLEDGED);
    struct addressee to = {STR("Anna"), &told[0].contact, 1};
    decision_note(&d, STR("token:ci"), STR("hello"), to, STR("k"));
    assert_int_equal(d.intents.n, 1);
    assert_str_is(d.intents.v[0].note, "hello");
    assert_int_equal(d.incident.state_seq, 4);
    assert_int_equal(d.incident.seq, 11);
}

static void test_entries_take_the_next_numbers_without_gaps(void **state)
{
    (void)state;
    struct decision d = begin(INCIDENT_OPEN);
    for (int64_t i = 1; i <= 100; i++) {
        assert_int_equal(decision_event(&d, EVENT_NOTE, STR("x"))->seq, 10 + i);
    }
    assert_int_equal(d.incident.seq, 110);
    assert_int_equal(d.incident.updated_at, NOW);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_the_first_fire_opens_cycle_one),
        T(test_a_hold_delays_the_first_page),
        T(test_stale_news_decide_nothing),
        T(test_a_repeat_does_not_reopen_what_a_person_closed),
        T(test_a_refire_reopens_as_a_new_cycle),
        T(test_more_alerts_of_an_open_incident_are_noted_and_page_nobody),
        T(test_the_last_resolve_closes_and_tells_everyone_who_was_told),
        T(test_a_partial_resolve_closes_nothing),
        T(test_changes_are_told_where_messages_can_be_edited),
        T(test_a_resolve_and_a_fire_in_one_decision_tell_only_the_fire),
        T(test_an_acknowledgement_stops_the_escalation_and_tells_everyone_once),
        T(test_a_late_acknowledgement_is_recorded_and_changes_nothing),
        T(test_a_person_resolves_once),
        T(test_a_failed_script_lets_the_page_it_held_go_at_once),
        T(test_a_script_that_succeeded_lets_its_hold_run_out),
        T(test_a_script_that_held_nothing_moves_nothing),
        T(test_a_failed_script_wakes_no_acknowledged_incident),
        T(test_a_page_is_wanted_only_while_its_cycle_is_open),
        T(test_news_of_a_status_is_wanted_while_it_is_the_newest),
        T(test_catching_up_tells_the_same_as_the_change_did),
        T(test_there_is_nothing_to_catch_up_while_it_is_open),
        T(test_a_note_goes_to_its_addressee_and_changes_no_state),
        T(test_entries_take_the_next_numbers_without_gaps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
