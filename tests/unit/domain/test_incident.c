#include "domain_test.h"

struct cell {
    enum incident_state from;
    enum incident_event event;
    enum transition kind;
    enum incident_state to;
};

/* Every state and every event. */
static const struct cell table[] = {
    {INCIDENT_OPEN, INCIDENT_FIRE, TRANSITION_SAME, INCIDENT_OPEN},
    {INCIDENT_OPEN, INCIDENT_CLEAR, TRANSITION_CHANGED, INCIDENT_RESOLVED},
    {INCIDENT_OPEN, INCIDENT_ACKNOWLEDGE, TRANSITION_CHANGED, INCIDENT_ACKNOWLEDGED},
    {INCIDENT_OPEN, INCIDENT_UNACKNOWLEDGE, TRANSITION_SAME, INCIDENT_OPEN},
    {INCIDENT_OPEN, INCIDENT_RESOLVE, TRANSITION_CHANGED, INCIDENT_RESOLVED},
    {INCIDENT_ACKNOWLEDGED, INCIDENT_FIRE, TRANSITION_SAME, INCIDENT_ACKNOWLEDGED},
    {INCIDENT_ACKNOWLEDGED, INCIDENT_CLEAR, TRANSITION_CHANGED, INCIDENT_RESOLVED},
    {INCIDENT_ACKNOWLEDGED, INCIDENT_ACKNOWLEDGE, TRANSITION_SAME, INCIDENT_ACKNOWLEDGED},
    {INCIDENT_ACKNOWLEDGED, INCIDENT_UNACKNOWLEDGE, TRANSITION_CHANGED, INCIDENT_OPEN},
    {INCIDENT_ACKNOWLEDGED, INCIDENT_RESOLVE, TRANSITION_CHANGED, INCIDENT_RESOLVED},
    {INCIDENT_RESOLVED, INCIDENT_FIRE, TRANSITION_CHANGED, INCIDENT_OPEN},
    {INCIDENT_RESOLVED, INCIDENT_CLEAR, TRANSITION_SAME, INCIDENT_RESOLVED},
    {INCIDENT_RESOLVED, INCIDENT_ACKNOWLEDGE, TRANSITION_REFUSED, INCIDENT_RESOLVED},
    {INCIDENT_RESOLVED, INCIDENT_UNACKNOWLEDGE, TRANSITION_REFUSED, INCIDENT_RESOLVED},
    {INCIDENT_RESOLVED, INCIDENT_RESOLVE, TRANSITION_SAME, INCIDENT_RESOLVED},
};

static void test_every_event_in_every_state_does_what_the_table_says(void **state)
{
    (void)state;
    assert_int_equal(sizeof(table) / sizeof(table[0]), incident_state_COUNT * incident_event_COUNT);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct incident in = {.state = table[i].from, .cycle = 3};
        assert_int_equal(incident_transition(&in, table[i].event), table[i].kind);
        assert_int_equal(in.state, table[i].to);
    }
}

static void test_only_leaving_resolved_begins_a_new_cycle(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct incident in = {.state = table[i].from, .cycle = 3};
        incident_transition(&in, table[i].event);
        bool begins = table[i].from == INCIDENT_RESOLVED && table[i].to == INCIDENT_OPEN;
        assert_int_equal(in.cycle, begins ? 4 : 3);
    }
}

static void test_a_resolved_incident_takes_alerts_for_an_hour(void **state)
{
    (void)state;
    struct incident in = {.state = INCIDENT_RESOLVED, .resolved_at = 1000};
    assert_true(incident_takes_alerts(&in, 1000));
    assert_true(incident_takes_alerts(&in, 1000 + INCIDENT_REOPEN_US));
    assert_false(incident_takes_alerts(&in, 1001 + INCIDENT_REOPEN_US));
    in.state = INCIDENT_ACKNOWLEDGED;
    assert_true(incident_takes_alerts(&in, 1001 + INCIDENT_REOPEN_US));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_every_event_in_every_state_does_what_the_table_says),
        T(test_only_leaving_resolved_begins_a_new_cycle),
        T(test_a_resolved_incident_takes_alerts_for_an_hour),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
