/* For how long a flow tries a batch again that fails. */
#include "flows/patience.h"

#include "cmocka_all.h"

enum { BATCH = 200 };

/* Fails `n` times; the last advice. */
static enum patience_advice fails(struct patience *p, int n, enum status status, size_t loaded)
{
    enum patience_advice advice = PATIENCE_RETRY;
    for (int i = 0; i < n; i++) {
        advice = patience_failed(p, status, loaded);
    }
    return advice;
}

static void test_what_a_retry_heals_is_tried_for_ever(void **state)
{
    (void)state;
    struct patience p = PATIENCE(BATCH);
    assert_int_equal(fails(&p, 1000, ERR_UNAVAILABLE, 3), PATIENCE_RETRY);
    assert_int_equal(fails(&p, 1000, ERR_CONFLICT, 0), PATIENCE_RETRY); /* nothing was loaded */
    assert_int_equal(p.max, BATCH);
}

static void test_the_spoiler_of_a_batch_is_found_and_set_aside(void **state)
{
    (void)state;
    struct patience p = PATIENCE(BATCH);
    assert_int_equal(patience_failed(&p, ERR_INTERNAL, 3), PATIENCE_NARROW);
    assert_int_equal(p.max, 1);
    patience_succeeded(&p);
    assert_int_equal(patience_failed(&p, ERR_INTERNAL, 1), PATIENCE_SET_ASIDE);
    patience_succeeded(&p);
    assert_int_equal(p.max, 1); /* the third is suspected still */
    patience_succeeded(&p);
    assert_int_equal(p.max, BATCH);
}

static void test_a_conflict_is_tried_ten_times_together_and_alone(void **state)
{
    (void)state;
    struct patience p = PATIENCE(BATCH);
    assert_int_equal(fails(&p, 10, ERR_CONFLICT, 3), PATIENCE_RETRY);
    assert_int_equal(fails(&p, 1, ERR_CONFLICT, 3), PATIENCE_NARROW);
    assert_int_equal(fails(&p, 10, ERR_CONFLICT, 1), PATIENCE_RETRY);
    assert_int_equal(fails(&p, 1, ERR_CONFLICT, 1), PATIENCE_SET_ASIDE);
}

static void test_conflicts_count_one_behind_the_other(void **state)
{
    (void)state;
    struct patience p = PATIENCE(BATCH);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(fails(&p, 10, ERR_CONFLICT, 3), PATIENCE_RETRY);
        patience_succeeded(&p);
    }
}

static void test_when_nothing_is_left_all_is_well(void **state)
{
    (void)state;
    struct patience p = PATIENCE(BATCH);
    assert_int_equal(patience_failed(&p, ERR_INTERNAL, 100), PATIENCE_NARROW);
    patience_restore(&p);
    assert_int_equal(p.max, BATCH);
    patience_succeeded(&p);
    assert_int_equal(p.max, BATCH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_retry_heals_is_tried_for_ever),
        cmocka_unit_test(test_the_spoiler_of_a_batch_is_found_and_set_aside),
        cmocka_unit_test(test_a_conflict_is_tried_ten_times_together_and_alone),
        cmocka_unit_test(test_conflicts_count_one_behind_the_other),
        cmocka_unit_test(test_when_nothing_is_left_all_is_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
