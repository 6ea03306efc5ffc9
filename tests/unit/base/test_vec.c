#include "base/vec.h"

#include "cmocka_all.h"

#include <string.h>

struct point {
    int x, y;
};

static void test_items_stay_in_order_through_growth(void **state)
{
    (void)state;
    struct arena a;
    VEC(struct point) points = {0};
    arena_init(&a);
    for (int i = 0; i < 1000; i++) {
        VEC_PUSH(&a, &points, ((struct point){i, -i}));
    }
    assert_int_equal(points.n, 1000);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(points.v[i].x, i);
        assert_int_equal(points.v[i].y, -i);
    }
    arena_release(&a);
}

static void test_an_item_of_the_vector_may_be_pushed_while_it_grows(void **state)
{
    (void)state;
    struct arena a;
    VEC(int) numbers = {0};
    arena_init(&a);
    VEC_PUSH(&a, &numbers, 7);
    for (int i = 0; i < 100; i++) {
        VEC_PUSH(&a, &numbers, numbers.v[numbers.n - 1]);
    }
    assert_int_equal(numbers.v[100], 7);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_items_stay_in_order_through_growth),
        cmocka_unit_test(test_an_item_of_the_vector_may_be_pushed_while_it_grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
