#include "domain/storm.h"

#include "cmocka_all.h"

#define T0 INT64_C(1000000000000)

static const struct storm_policy policy = {.pages = 20, .within_us = US_PER_MIN, .reserve = 5};

/* How many of n are sent at that time. */
static int send(struct storm_state *state, int n, bool is_reserved, int64_t at)
{
    int sent = 0;
    for (int i = 0; i < n; i++) {
        sent += storm_admit(&policy, state, is_reserved, at);
    }
    return sent;
}

static void test_a_few_pages_are_sent_one_by_one(void **state)
{
    (void)state;
    struct storm_state s = STORM_STATE_INIT;
    assert_int_equal(send(&s, 15, false, T0), 15);
    assert_false(storm_is_on(&s, T0));
}

static void test_many_are_a_storm_that_keeps_room_for_urgent_ones(void **state)
{
    (void)state;
    struct storm_state s = STORM_STATE_INIT;
    assert_int_equal(send(&s, 500, false, T0), 15);
    assert_true(storm_is_on(&s, T0));
    assert_int_equal(send(&s, 500, true, T0), 5);
}

static void test_in_a_storm_nothing_else_is_sent_until_it_is_calm(void **state)
{
    (void)state;
    struct storm_state s = STORM_STATE_INIT;
    send(&s, 500, false, T0);
    /* Every half minute one more: the bucket is full again, but the storm goes on. */
    for (int i = 1; i <= 10; i++) {
        assert_int_equal(send(&s, 1, false, T0 + i * 30 * US_PER_S), 0);
    }
    assert_int_equal(send(&s, 1, true, T0 + 301 * US_PER_S), 1);
    int64_t calm_at = T0 + 300 * US_PER_S + US_PER_MIN;
    assert_false(storm_is_on(&s, calm_at));
    assert_int_equal(send(&s, 100, false, calm_at), 15);
}

static void test_urgent_ones_come_as_fast_as_the_bucket_fills(void **state)
{
    (void)state;
    struct storm_state s = STORM_STATE_INIT;
    assert_int_equal(send(&s, 100, true, T0), 20);
    assert_int_equal(send(&s, 100, true, T0 + 3 * US_PER_S), 1);
    assert_int_equal(send(&s, 100, true, T0 + 33 * US_PER_S), 10);
}

static void test_a_clock_that_goes_back_gives_nothing(void **state)
{
    (void)state;
    struct storm_state s = STORM_STATE_INIT;
    send(&s, 100, true, T0);
    assert_int_equal(send(&s, 1, true, T0 - US_PER_HOUR), 0);
}

static void test_without_a_limit_there_is_no_storm(void **state)
{
    (void)state;
    const struct storm_policy never = {.pages = 0};
    struct storm_state s = STORM_STATE_INIT;
    for (int i = 0; i < 1000; i++) {
        assert_true(storm_admit(&never, &s, false, T0));
    }
}

static void test_first_pages_of_what_is_urgent_are_reserved(void **state)
{
    (void)state;
    static const struct str words[] = {{"sev0", 4}};
    const struct storm_policy own = {.pages = 1, .severities = words, .n_severities = 1};
    assert_true(storm_is_reserved(&policy, STR("Critical"), true));
    assert_false(storm_is_reserved(&policy, STR("critical"), false));
    assert_false(storm_is_reserved(&policy, STR("warning"), true));
    assert_true(storm_is_reserved(&own, STR("SEV0"), true));
    assert_false(storm_is_reserved(&own, STR("critical"), true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_few_pages_are_sent_one_by_one),
        cmocka_unit_test(test_many_are_a_storm_that_keeps_room_for_urgent_ones),
        cmocka_unit_test(test_in_a_storm_nothing_else_is_sent_until_it_is_calm),
        cmocka_unit_test(test_urgent_ones_come_as_fast_as_the_bucket_fills),
        cmocka_unit_test(test_a_clock_that_goes_back_gives_nothing),
        cmocka_unit_test(test_without_a_limit_there_is_no_storm),
        cmocka_unit_test(test_first_pages_of_what_is_urgent_are_reserved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
