#include "domain/retry.h"

#include "domain_test.h"

static int64_t next(unsigned attempts, enum outcome_kind kind, int64_t hint_us, uint64_t entropy)
{
    struct outcome outcome = {.kind = kind, .hint_us = hint_us};
    return retry_next(&retry_default, attempts, &outcome, 1000, entropy);
}

static void test_what_ended_is_never_tried_again(void **state)
{
    (void)state;
    assert_int_equal(next(1, OUTCOME_OK, 0, 0), RETRY_NEVER);
    assert_int_equal(next(1, OUTCOME_PERM, US_PER_S, 0), RETRY_NEVER);
}

static void test_an_unknown_outcome_is_tried_again(void **state)
{
    (void)state;
    assert_true(next(1, OUTCOME_UNKNOWN, 0, 0) > 1000);
}

static void test_the_wait_is_between_a_quarter_and_all_of_base_times_two_to_the_n(void **state)
{
    (void)state;
    for (unsigned n = 1; n < retry_default.attempts_max; n++) {
        int64_t ceiling = US_PER_S;
        for (unsigned i = 1; i < n; i++) {
            ceiling *= 2;
        }
        ceiling = ceiling > retry_default.cap_us ? retry_default.cap_us : ceiling;
        for (uint64_t e = 0; e < 1000; e++) {
            int64_t wait = next(n, OUTCOME_TEMP, 0, e * 0x9e3779b97f4a7c15ULL) - 1000;
            assert_true(wait >= ceiling / 4 && wait <= ceiling);
        }
    }
}

static void test_the_peers_hint_is_followed_and_later_only_lengthens(void **state)
{
    (void)state;
    assert_int_equal(next(1, OUTCOME_TEMP, US_PER_HOUR, 7), 1000 + US_PER_HOUR);
    assert_int_equal(next(6, OUTCOME_TEMP, US_PER_S, 7), 1000 + US_PER_S);
    assert_int_equal(next(7, OUTCOME_TEMP, 1, 7), next(7, OUTCOME_TEMP, 0, 7));
    assert_int_equal(next(7, OUTCOME_TEMP, US_PER_HOUR, 7), 1000 + US_PER_HOUR);
}

static void test_after_the_last_attempt_it_is_given_up(void **state)
{
    (void)state;
    assert_int_not_equal(next(retry_default.attempts_max - 1, OUTCOME_TEMP, 0, 0), RETRY_NEVER);
    assert_int_equal(next(retry_default.attempts_max, OUTCOME_TEMP, 0, 0), RETRY_NEVER);
    assert_int_equal(next(1000000, OUTCOME_UNKNOWN, 0, 0), RETRY_NEVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_what_ended_is_never_tried_again),
        T(test_an_unknown_outcome_is_tried_again),
        T(test_the_wait_is_between_a_quarter_and_all_of_base_times_two_to_the_n),
        T(test_the_peers_hint_is_followed_and_later_only_lengthens),
        T(test_after_the_last_attempt_it_is_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
