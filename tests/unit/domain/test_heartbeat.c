#include "domain/heartbeat.h"

#include "domain_test.h"

#define MIN US_PER_MIN

static const struct heartbeat every_5 = {.every_us = 5 * MIN, .grace_us = MIN};

static struct heartbeat_state known_at(int64_t at)
{
    return (struct heartbeat_state){.since_at = at,
                                    .beat_at = AT_NONE,
                                    .not_before_at = AT_NONE,
                                    .missed_at = AT_NONE,
                                    .told_at = AT_NONE};
}

static void test_one_that_never_came_counts_from_when_it_was_known(void **state)
{
    (void)state;
    struct heartbeat_state s = known_at(100 * MIN);
    assert_int_equal(heartbeat_look(&every_5, &s, 106 * MIN - 1), HEARTBEAT_QUIET);
    assert_int_equal(heartbeat_look(&every_5, &s, 106 * MIN), HEARTBEAT_MISSED);
    assert_int_equal(s.missed_at, 106 * MIN);
}

static void test_each_beat_moves_the_end(void **state)
{
    (void)state;
    struct heartbeat_state s = known_at(0);
    for (int64_t at = MIN; at < 100 * MIN; at += 5 * MIN) {
        assert_int_equal(heartbeat_beat(&every_5, &s, at, at), HEARTBEAT_KEPT);
        assert_int_equal(heartbeat_look(&every_5, &s, at + 6 * MIN - 1), HEARTBEAT_QUIET);
    }
}

static void test_a_missed_one_is_said_once_and_again_while_it_lasts(void **state)
{
    (void)state;
    struct heartbeat_state s = known_at(0);
    assert_int_equal(heartbeat_look(&every_5, &s, 6 * MIN), HEARTBEAT_MISSED);
    assert_int_equal(heartbeat_look(&every_5, &s, 6 * MIN), HEARTBEAT_QUIET);
    assert_int_equal(heartbeat_look(&every_5, &s, 16 * MIN - 1), HEARTBEAT_QUIET);
    assert_int_equal(heartbeat_look(&every_5, &s, 16 * MIN), HEARTBEAT_LASTS);
    assert_int_equal(s.missed_at, 6 * MIN);
}

static void test_the_next_beat_ends_it(void **state)
{
    (void)state;
    struct heartbeat_state s = known_at(0);
    assert_int_equal(heartbeat_look(&every_5, &s, 6 * MIN), HEARTBEAT_MISSED);
    assert_int_equal(heartbeat_beat(&every_5, &s, 7 * MIN, 7 * MIN), HEARTBEAT_RECOVERED);
    assert_int_equal(s.missed_at, AT_NONE);
    assert_int_equal(heartbeat_look(&every_5, &s, 13 * MIN - 1), HEARTBEAT_QUIET);
    assert_int_equal(heartbeat_look(&every_5, &s, 13 * MIN), HEARTBEAT_MISSED);
}

static void test_a_beat_that_is_processed_late_counts_when_it_came(void **state)
{
    (void)state;
    struct heartbeat_state s = known_at(0);
    assert_int_equal(heartbeat_look(&every_5, &s, 30 * MIN), HEARTBEAT_MISSED);
    assert_int_equal(heartbeat_beat(&every_5, &s, 10 * MIN, 30 * MIN), HEARTBEAT_KEPT);
    assert_int_equal(s.missed_at, 30 * MIN); /* the one after it is missed as well */
    assert_int_equal(heartbeat_beat(&every_5, &s, 9 * MIN, 30 * MIN), HEARTBEAT_QUIET);
    assert_int_equal(heartbeat_beat(&every_5, &s, 29 * MIN, 30 * MIN), HEARTBEAT_RECOVERED);
}

static void test_a_flood_of_beats_costs_a_write_a_second(void **state)
{
    (void)state;
    struct heartbeat_state s = known_at(0);
    int writes = 0;
    for (int64_t at = MIN; at < MIN + 10 * US_PER_S; at += 1000) {
        writes += heartbeat_beat(&every_5, &s, at, at) != HEARTBEAT_QUIET;
    }
    assert_int_equal(writes, 10);
}

static void test_a_longer_wait_in_the_files_ends_it(void **state)
{
    (void)state;
    const struct heartbeat every_60 = {.every_us = 60 * MIN, .grace_us = MIN};
    struct heartbeat_state s = known_at(0);
    assert_int_equal(heartbeat_look(&every_5, &s, 6 * MIN), HEARTBEAT_MISSED);
    assert_int_equal(heartbeat_look(&every_60, &s, 7 * MIN), HEARTBEAT_RECOVERED);
}

static void test_when_nobody_listened_it_gets_one_more_interval(void **state)
{
    (void)state;
    const struct heartbeat daily = {.every_us = US_PER_DAY, .grace_us = MIN};
    struct heartbeat_state s = known_at(0);
    assert_int_equal(heartbeat_excuse(&every_5, &s, 60 * MIN), HEARTBEAT_KEPT);
    assert_int_equal(heartbeat_look(&every_5, &s, 66 * MIN - 1), HEARTBEAT_QUIET);
    assert_int_equal(heartbeat_look(&every_5, &s, 66 * MIN), HEARTBEAT_MISSED);
    assert_int_equal(heartbeat_excuse(&every_5, &s, 90 * MIN), HEARTBEAT_QUIET);
    s = known_at(0); /* a rare one is not excused for a day */
    assert_int_equal(heartbeat_excuse(&daily, &s, US_PER_DAY), HEARTBEAT_KEPT);
    assert_int_equal(heartbeat_look(&daily, &s, US_PER_DAY + 11 * MIN), HEARTBEAT_MISSED);
    s = known_at(0); /* and one that is not near its end not at all */
    assert_int_equal(heartbeat_excuse(&daily, &s, 60 * MIN), HEARTBEAT_QUIET);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_one_that_never_came_counts_from_when_it_was_known),
        T(test_each_beat_moves_the_end),
        T(test_a_missed_one_is_said_once_and_again_while_it_lasts),
        T(test_the_next_beat_ends_it),
        T(test_a_beat_that_is_processed_late_counts_when_it_came),
        T(test_a_flood_of_beats_costs_a_write_a_second),
        T(test_a_longer_wait_in_the_files_ends_it),
        T(test_when_nobody_listened_it_gets_one_more_interval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
