#include "base/map.h"

#include "cmocka_all.h"

#include <string.h>

static void test_every_key_is_found_through_all_growth(void **state)
{
    (void)state;
    struct arena a;
    struct map m;
    arena_init(&a);
    map_init(&m, &a);
    assert_null(map_get(&m, STR("absent")));
    for (int i = 0; i < 5000; i++) {
        struct str key = str_printf(&a, "key-%d", i);
        int *value = ARENA_NEW(&a, int);
        *value = i;
        assert_ptr_equal(map_add(&m, key, value), value);
    }
    assert_int_equal(m.n, 5000);
    for (int i = 0; i < 5000; i++) {
        const int *value = map_get(&m, str_printf(&a, "key-%d", i));
        assert_non_null(value);
        assert_int_equal(*value, i);
    }
    assert_null(map_get(&m, STR("key-5000")));
    arena_release(&a);
}

static void test_the_first_value_of_a_key_stays(void **state)
{
    (void)state;
    struct arena a;
    struct map m;
    int one = 1, two = 2;
    arena_init(&a);
    map_init(&m, &a);
    map_add(&m, STR("k"), &one);
    assert_ptr_equal(map_add(&m, STR("k"), &two), &one);
    assert_ptr_equal(map_get(&m, STR("k")), &one);
    assert_int_equal(m.n, 1);
    arena_release(&a);
}

static void test_empty_and_binary_keys_are_keys(void **state)
{
    (void)state;
    struct arena a;
    struct map m;
    int one = 1, two = 2, three = 3;
    arena_init(&a);
    map_init(&m, &a);
    map_add(&m, (struct str){NULL, 0}, &one);
    map_add(&m, STR("a\0b"), &two);
    map_add(&m, STR("a\0c"), &three);
    assert_ptr_equal(map_get(&m, STR("")), &one);
    assert_ptr_equal(map_get(&m, STR("a\0b")), &two);
    assert_ptr_equal(map_get(&m, STR("a\0c")), &three);
    arena_release(&a);
}

static void test_a_new_seed_finds_the_keys_of_new_maps(void **state)
{
    (void)state;
    struct arena a;
    struct map m;
    int one = 1;
    arena_init(&a);
    map_seed_all(UINT64_C(0x1234567890abcdef));
    map_init(&m, &a);
    map_add(&m, STR("k"), &one);
    assert_ptr_equal(map_get(&m, STR("k")), &one);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_key_is_found_through_all_growth),
        cmocka_unit_test(test_the_first_value_of_a_key_stays),
        cmocka_unit_test(test_empty_and_binary_keys_are_keys),
        cmocka_unit_test(test_a_new_seed_finds_the_keys_of_new_maps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
