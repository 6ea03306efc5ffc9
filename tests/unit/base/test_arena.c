#include "base/arena.h"

#include "cmocka_all.h"
#include "unit/base/aborting.h"

#include <stdalign.h>
#include <string.h>

static void test_memory_is_zeroed_and_aligned_for_any_type(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    for (size_t size = 0; size < 200; size++) {
        unsigned char *p = arena_alloc(&a, size);
        assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++) {
            assert_int_equal(p[i], 0);
        }
        memset(p, 0xff, size);
    }
    arena_release(&a);
}

static void test_memory_is_zeroed_again_after_clear(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    memset(arena_alloc(&a, 1000), 0xff, 1000);
    arena_clear(&a);
    const unsigned char *p = arena_alloc(&a, 1000);
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(p[i], 0);
    }
    arena_release(&a);
}

static void test_empty_allocations_have_addresses_of_their_own(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    assert_ptr_not_equal(arena_alloc(&a, 0), arena_alloc(&a, 0));
    arena_release(&a);
}

static void test_blocks_of_every_size_keep_their_content(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 16, 5000, 9000, 32 * 1024, 33000, 100000, 7};
    unsigned char *blocks[64];
    struct arena a;
    arena_init(&a);
    for (size_t i = 0; i < 64; i++) {
        size_t size = sizes[i % 8];
        blocks[i] = arena_alloc(&a, size);
        memset(blocks[i], (int)i + 1, size);
    }
    for (size_t i = 0; i < 64; i++) {
        size_t size = sizes[i % 8];
        assert_int_equal(blocks[i][0], i + 1);
        assert_int_equal(blocks[i][size - 1], i + 1);
    }
    arena_release(&a);
}

static void test_a_big_block_leaves_the_current_chunk_in_use(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    const char *before = arena_alloc(&a, 16);
    arena_alloc(&a, 64 * 1024);
    const char *after = arena_alloc(&a, 16);
    assert_true(after > before && after - before < 4096);
    arena_release(&a);
}

static void test_used_counts_what_was_handed_out(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    arena_alloc(&a, 16);
    arena_alloc(&a, 17);
    assert_int_equal(a.used, 48);
    arena_clear(&a);
    assert_int_equal(a.used, 0);
    arena_release(&a);
}

static char order[8];

static void note(void *letter)
{
    order[strlen(order)] = *(char *)letter;
}

static void test_deferred_releases_run_last_in_first_out_and_once(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    memset(order, 0, sizeof(order));
    arena_defer(&a, note, arena_dup(&a, "a", 1));
    arena_defer(&a, note, arena_dup(&a, "b", 1));
    arena_clear(&a);
    assert_string_equal(order, "ba");
    arena_defer(&a, note, arena_dup(&a, "c", 1));
    arena_release(&a);
    arena_release(&a);
    assert_string_equal(order, "bac");
}

static void test_a_released_arena_may_be_used_again(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    arena_alloc(&a, 100000);
    arena_release(&a);
    assert_string_equal(arena_dup(&a, "again", 5), "again");
    arena_release(&a);
}

static void test_dup_ends_with_a_nul_and_accepts_nothing(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    assert_string_equal(arena_dup(&a, "abcdef", 3), "abc");
    assert_string_equal(arena_dup(&a, NULL, 0), "");
    arena_release(&a);
}

static void overflow_array(void)
{
    struct arena a;
    arena_init(&a);
    arena_array(&a, SIZE_MAX / 2, 3);
}

static void test_an_array_that_overflows_aborts(void **state)
{
    (void)state;
    assert_true(aborts(overflow_array));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_is_zeroed_and_aligned_for_any_type),
        cmocka_unit_test(test_memory_is_zeroed_again_after_clear),
        cmocka_unit_test(test_empty_allocations_have_addresses_of_their_own),
        cmocka_unit_test(test_blocks_of_every_size_keep_their_content),
        cmocka_unit_test(test_a_big_block_leaves_the_current_chunk_in_use),
        cmocka_unit_test(test_used_counts_what_was_handed_out),
        cmocka_unit_test(test_deferred_releases_run_last_in_first_out_and_once),
        cmocka_unit_test(test_a_released_arena_may_be_used_again),
        cmocka_unit_test(test_dup_ends_with_a_nul_and_accepts_nothing),
        cmocka_unit_test(test_an_array_that_overflows_aborts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
