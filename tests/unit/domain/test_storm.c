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

/* `n` pages, one every `every_us` from `at` on. Returns how many were sent by themselves. */
static int trickle(struct storm_state *state, int n, int64_t every_us, bool is_reserved, int64_t at)
{
    int sent = 0;
    for (int i = 0; i < n; i++) {
        sent += send(state, 1, is_reserved, at + i * every_us);
    }
    return sent;
}

static void test_a_storm_is_over_when_nothing_has_come(void **state)
{
    (void)state;
    struct storm_state s = STORM_STATE_INIT;
    send(&s, 500, false, T0);
    assert_true(storm_is_on(&s, T0 + US_PER_MIN - 1));
    assert_false(storm_is_on(&s, T0 + US_PER_MIN));
    assert_int_equal(send(&s, 100, false, T0 + US_PER_MIN), 15);
}

static void test_a_trickle_behind_a_burst_does_not_keep_it_up(void **state)
{
    (void)state;
    struct storm_state s = STORM_STATE_INIT;
    send(&s, 500, false, T0);
    /* Every half minute one more: those of the first minute are covered, every later one is sent.
     */
    assert_int_equal(trickle(&s, 2, 30 * US_PER_S, false, T0 + 30 * US_PER_S), 0);
    assert_int_equal(trickle(&s, 100, 30 * US_PER_S, false, T0 + 90 * US_PER_S), 100);
}

static void test_a_storm_ends_the_sooner_the_fewer_come(void **state)
{
    (void)state;
    struct storm_state s = STORM_STATE_INIT;
    send(&s, 500, false, T0);
    /* Half of what may: it takes twice `within`, then all of them are sent. */
    int64_t every = 6 * US_PER_S;
    assert_int_equal(trickle(&s, 18, every, false, T0 + every), 0);
    assert_int_equal(trickle(&s, 100, every, false, T0 + 19 * every), 100);
}

static void test_a_storm_goes_on_as_long_as_too_many_come(void **state)
{
    (void)state;
    struct storm_state s = STORM_STATE_INIT;
    send(&s, 500, false, T0);
    assert_int_equal(trickle(&s, 1000, 2 * US_PER_S, false, T0 + US_PER_S), 0);
    /* However long it was, its end is no further away. */
    int64_t last_at = T0 + US_PER_S + 999 * 2 * US_PER_S;
    assert_false(storm_is_on(&s, last_at + US_PER_MIN));
}

static void test_the_bucket_is_full_when_a_storm_is_over(void **state)
{
    (void)state;
    struct storm_state s = STORM_STATE_INIT;
    send(&s, 500, false, T0);
    /* Urgent ones are sent during the storm: they put off its end, too. */
    assert_int_equal(trickle(&s, 10, 6 * US_PER_S, true, T0 + US_PER_S), 10);
    int64_t at = T0 + US_PER_S;
    while (storm_is_on(&s, at)) {
        at += US_PER_S;
    }
    assert_int_equal(at, T0 + (61 + 9 * 3) * US_PER_S);
    assert_int_equal(send(&s, 100, false, at), 15);
}

static void test_a_clock_that_goes_back_does_not_make_a_storm_long(void **state)
{
    (void)state;
    struct storm_state s = STORM_STATE_INIT;
    send(&s, 500, false, T0);
    assert_int_equal(send(&s, 1, false, T0 - US_PER_HOUR), 0);
    assert_false(storm_is_on(&s, T0 - US_PER_HOUR + US_PER_MIN));
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
        cmocka_unit_test(test_a_storm_is_over_when_nothing_has_come),
        cmocka_unit_test(test_a_trickle_behind_a_burst_does_not_keep_it_up),
        cmocka_unit_test(test_a_storm_ends_the_sooner_the_fewer_come),
        cmocka_unit_test(test_a_storm_goes_on_as_long_as_too_many_come),
        cmocka_unit_test(test_the_bucket_is_full_when_a_storm_is_over),
        cmocka_unit_test(test_a_clock_that_goes_back_does_not_make_a_storm_long),
        cmocka_unit_test(test_urgent_ones_come_as_fast_as_the_bucket_fills),
        cmocka_unit_test(test_a_clock_that_goes_back_gives_nothing),
        cmocka_unit_test(test_without_a_limit_there_is_no_storm),
        cmocka_unit_test(test_first_pages_of_what_is_urgent_are_reserved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
