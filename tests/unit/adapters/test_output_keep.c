#include "adapters/output_keep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct str keep(struct arena *arena, size_t max, size_t total, size_t step, bool *is_cut)
{
    struct output_keep kept;
    output_keep_init(&kept, arena, max);
    char *all = arena_alloc(arena, total + 1);
    for (size_t i = 0; i < total; i++) {
        all[i] = (char)('a' + i % 26);
    }
    for (size_t at = 0; at < total; at += step) {
        output_keep_add(&kept, all + at, total - at < step ? total - at : step);
    }
    struct str text = output_keep_text(&kept, arena, is_cut);
    if (!*is_cut) {
        assert_true(str_eq(text, (struct str){all, total}));
    }
    return text;
}

static void test_short_output_is_kept_whole(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    bool is_cut = true;
    for (size_t total = 0; total <= 1000 - 64; total += 36) {
        assert_int_equal(keep(&arena, 1000, total, 7, &is_cut).n, total);
        assert_false(is_cut);
    }
    arena_release(&arena);
}

static void test_long_output_keeps_head_and_tail_and_says_how_much_is_missing(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    static const size_t steps[] = {1, 7, 470, 5000, 100000};
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        bool is_cut = false;
        struct str text = keep(&arena, 1000, 100000, steps[i], &is_cut);
        assert_true(is_cut);
        assert_true(text.n <= 1000);
        assert_true(str_starts_with(text, STR("abcdefghijklmnopqrstuvwxyzabc")));
        assert_int_equal(text.p[text.n - 1], 'a' + 99999 % 26);
        assert_int_equal(text.p[text.n - 468], 'a' + (100000 - 468) % 26);
        assert_true(str_contains(text, STR("\n… 99064 bytes left out …\n")));
    }
    arena_release(&arena);
}

static void test_cut_does_not_split_a_character(void **state)
{
    (void)state;
    static const char *const texts[] = {"ы", "→", "🔥", "aы", "a→", "ab🔥"};
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        for (size_t max = 256; max < 264; max++) {
            struct output_keep kept;
            output_keep_init(&kept, &arena, max);
            for (int n = 0; n < 400; n++) {
                output_keep_add(&kept, texts[i], strlen(texts[i]));
            }
            bool is_cut = false;
            assert_true(str_is_utf8(output_keep_text(&kept, &arena, &is_cut)));
            assert_true(is_cut);
        }
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_short_output_is_kept_whole),
        cmocka_unit_test(test_long_output_keeps_head_and_tail_and_says_how_much_is_missing),
        cmocka_unit_test(test_cut_does_not_split_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
