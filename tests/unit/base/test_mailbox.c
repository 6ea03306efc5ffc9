#include "base/mailbox.h"

#include "base/monotonic.h"
#include "base/time_units.h"
#include "cmocka_all.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int items[1000];

static void test_items_come_out_in_order_and_in_batches(void **state)
{
    (void)state;
    struct mailbox *box = mailbox_new(5, 100);
    void *got[10];
    for (int round = 0; round < 7; round++) { /* wraps around the ring */
        for (int i = 0; i < 4; i++) {
            assert_true(mailbox_post(box, &items[i], 1));
        }
        assert_int_equal(mailbox_take(box, got, 3, 0), 3);
        assert_ptr_equal(got[0], &items[0]);
        assert_ptr_equal(got[2], &items[2]);
        assert_int_equal(mailbox_take(box, got, 10, 0), 1);
        assert_ptr_equal(got[0], &items[3]);
    }
    assert_int_equal(mailbox_take(box, got, 10, 0), 0);
    mailbox_free(box);
}

static void test_a_full_box_leaves_the_item_with_the_caller(void **state)
{
    (void)state;
    struct mailbox *box = mailbox_new(3, 100);
    void *got[3];
    assert_true(mailbox_post(box, &items[0], 60));
    assert_false(mailbox_post(box, &items[1], 41));
    assert_true(mailbox_post(box, &items[1], 40));
    assert_int_equal(mailbox_bytes(box), 100);
    assert_true(mailbox_post(box, &items[2], 0));
    assert_false(mailbox_post(box, &items[3], 0));
    assert_int_equal(mailbox_take(box, got, 3, 0), 3);
    assert_int_equal(mailbox_bytes(box), 0);
    assert_int_equal(mailbox_len(box), 0);
    mailbox_free(box);
}

static void test_an_item_above_the_byte_limit_enters_an_empty_box_only(void **state)
{
    (void)state;
    struct mailbox *box = mailbox_new(3, 10);
    void *got[3];
    assert_true(mailbox_post(box, &items[0], 500));
    assert_false(mailbox_post(box, &items[1], 1));
    assert_int_equal(mailbox_take(box, got, 3, 0), 1);
    mailbox_free(box);
}

static void test_a_nudge_is_remembered_until_the_next_take(void **state)
{
    (void)state;
    struct mailbox *box = mailbox_new(3, 10);
    void *got[3];
    mailbox_nudge(box);
    int64_t start = monotonic_us();
    assert_int_equal(mailbox_take(box, got, 3, 30 * US_PER_S), 0);
    assert_true(monotonic_us() - start < 10 * US_PER_S);
    start = monotonic_us();
    assert_int_equal(mailbox_take(box, got, 3, 20 * US_PER_MS), 0);
    assert_true(monotonic_us() - start >= 20 * US_PER_MS);
    mailbox_free(box);
}

static void test_a_closed_box_is_drained_but_takes_nothing(void **state)
{
    (void)state;
    struct mailbox *box = mailbox_new(3, 10);
    void *got[3];
    assert_true(mailbox_post(box, &items[0], 1));
    mailbox_close(box);
    assert_true(mailbox_is_closed(box));
    assert_false(mailbox_post(box, &items[1], 1));
    assert_int_equal(mailbox_take(box, got, 3, INT64_MAX), 1);
    assert_int_equal(mailbox_take(box, got, 3, INT64_MAX), 0);
    mailbox_free(box);
}

static void *nudge_later(void *box)
{
    usleep(20000);
    mailbox_nudge(box);
    return NULL;
}

static void test_waiting_for_ever_ends_with_a_nudge(void **state)
{
    (void)state;
    struct mailbox *box = mailbox_new(3, 10);
    void *got[3];
    pthread_t thread;
    pthread_create(&thread, NULL, nudge_later, box);
    assert_int_equal(mailbox_take(box, got, 3, INT64_MAX), 0);
    pthread_join(thread, NULL);
    mailbox_free(box);
}

enum { POSTERS = 3, TAKERS = 2, EACH = 2000 };

struct counter {
    struct mailbox *box;
    uint64_t sum, n;
};

static void *post_all(void *arg)
{
    for (uintptr_t i = 1; i <= EACH; i++) {
        while (!mailbox_post(arg, (void *)i, i % 7)) { // NOLINT(performance-no-int-to-ptr)
            usleep(50);
        }
    }
    return NULL;
}

static void *take_all(void *arg)
{
    struct counter *c = arg;
    void *got[16];
    for (;;) {
        size_t n = mailbox_take(c->box, got, 16, 5 * US_PER_S);
        for (size_t i = 0; i < n; i++) {
            c->sum += (uintptr_t)got[i];
        }
        c->n += n;
        if (n == 0 && mailbox_is_closed(c->box)) {
            return NULL;
        }
    }
}

static void test_between_threads_nothing_is_lost_or_doubled(void **state)
{
    (void)state;
    struct mailbox *box = mailbox_new(32, 64);
    struct counter counters[TAKERS] = {{.box = box}, {.box = box}};
    pthread_t posters[POSTERS], takers[TAKERS];
    for (size_t i = 0; i < TAKERS; i++) {
        pthread_create(&takers[i], NULL, take_all, &counters[i]);
    }
    for (size_t i = 0; i < POSTERS; i++) {
        pthread_create(&posters[i], NULL, post_all, box);
    }
    for (size_t i = 0; i < POSTERS; i++) {
        pthread_join(posters[i], NULL);
    }
    mailbox_close(box);
    for (size_t i = 0; i < TAKERS; i++) {
        pthread_join(takers[i], NULL);
    }
    assert_int_equal(counters[0].n + counters[1].n, POSTERS * EACH);
    assert_int_equal(counters[0].sum + counters[1].sum, (uint64_t)POSTERS * EACH * (EACH + 1) / 2);
    assert_int_equal(mailbox_bytes(box), 0);
    mailbox_free(box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_items_come_out_in_order_and_in_batches),
        cmocka_unit_test(test_a_full_box_leaves_the_item_with_the_caller),
        cmocka_unit_test(test_an_item_above_the_byte_limit_enters_an_empty_box_only),
        cmocka_unit_test(test_a_nudge_is_remembered_until_the_next_take),
        cmocka_unit_test(test_a_closed_box_is_drained_but_takes_nothing),
        cmocka_unit_test(test_waiting_for_ever_ends_with_a_nudge),
        cmocka_unit_test(test_between_threads_nothing_is_lost_or_doubled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
