#include "base/str.h"

#include "cmocka_all.h"

#include <string.h>

static const struct str none = {NULL, 0};
static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static void test_text_without_storage_is_empty_everywhere(void **state)
{
    (void)state;
    assert_true(str_eq(none, STR("")));
    assert_true(str_eq_nocase(none, STR("")));
    assert_int_equal(str_cmp(none, STR("")), 0);
    assert_true(str_starts_with(none, none));
    assert_true(str_ends_with(none, none));
    assert_true(str_contains(none, none));
    assert_false(str_contains(none, STR("a")));
    assert_int_equal(str_trim(none).n, 0);
    assert_int_equal(str_slice(none, 0, 5).n, 0);
    assert_true(str_find(none, 'a', 0) == SIZE_MAX);
    assert_true(str_is_utf8(none));
    assert_int_equal(str_from(NULL).n, 0);
    assert_string_equal(str_c(&arena, none), "");
}

static void test_equality_looks_behind_a_nul(void **state)
{
    (void)state;
    assert_false(str_eq(STR("a\0b"), STR("a\0c")));
    assert_false(str_eq_nocase(STR("a\0b"), STR("a\0c")));
    assert_true(str_eq_nocase(STR("Content-TYPE"), STR("content-type")));
    assert_false(str_eq_nocase(STR("[@"), STR("{`")));
}

static void test_order_is_by_bytes_then_by_length(void **state)
{
    (void)state;
    assert_true(str_cmp(STR("a"), STR("b")) < 0);
    assert_true(str_cmp(STR("a"), STR("ab")) < 0);
    assert_true(str_cmp(STR("\xff"), STR("a")) > 0);
    assert_int_equal(str_cmp(STR("ab"), STR("ab")), 0);
}

static void test_prefix_suffix_and_part_are_found(void **state)
{
    (void)state;
    assert_true(str_starts_with(STR("alertify"), STR("alert")));
    assert_false(str_starts_with(STR("al"), STR("alert")));
    assert_true(str_ends_with(STR("alertify"), STR("ify")));
    assert_false(str_ends_with(STR("fy"), STR("ify")));
    assert_true(str_contains(STR("a\0b"), STR("\0b")));
    assert_int_equal(str_find(STR("a.b.c"), '.', 2), 3);
    assert_true(str_find(STR("a.b"), '.', 9) == SIZE_MAX);
}

static void test_trim_takes_white_space_from_both_ends_only(void **state)
{
    (void)state;
    assert_str_is(str_trim(STR(" \t\r\n a b \v\f")), "a b");
    assert_str_is(str_trim(STR(" \t ")), "");
}

static void test_a_slice_is_clamped(void **state)
{
    (void)state;
    assert_str_is(str_slice(STR("abc"), 1, 99), "bc");
    assert_str_is(str_slice(STR("abc"), 5, 2), "");
    assert_str_is(str_slice(STR("abc"), 0, 0), "");
}

static void test_cut_visits_every_part_with_empty_ones(void **state)
{
    (void)state;
    struct str rest = STR("a,,b,");
    static const char *const expected[] = {"a", "", "b", ""};
    size_t n = 0;
    while (rest.p) {
        assert_true(n < 4);
        assert_str_is(str_cut(&rest, ','), expected[n]);
        n++;
    }
    assert_int_equal(n, 4);
}

static void test_copies_do_not_follow_the_original(void **state)
{
    (void)state;
    char text[] = "abc";
    struct str copy = str_dup(&arena, str_from(text));
    text[0] = 'x';
    assert_str_is(copy, "abc");
    assert_str_is(str_printf(&arena, "%s-%d", "n", 7), "n-7");
}

static void test_numbers_are_digits_only_and_fit(void **state)
{
    (void)state;
    uint64_t value = 42;
    assert_true(str_to_u64(STR("999999999999999999"), &value));
    assert_int_equal(value, 999999999999999999);
    static const char *const bad[] = {"", "-1", "+1", " 1", "1 ", "0x1", "1000000000000000000"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        value = 42;
        assert_false(str_to_u64(str_from(bad[i]), &value));
        assert_int_equal(value, 42);
    }
}

static void test_utf8_is_judged_by_the_rfc(void **state)
{
    (void)state;
    static const struct str good[] = {
        {"", 0},
        {"\0", 1},
        {"é", 2},
        {"€", 3},
        {"🔥", 4},
        {"\xf4\x8f\xbf\xbf", 4},
        {"\x7f", 1},
        {"\xed\x9f\xbf", 3},
        {"\xee\x80\x80", 3},
    };
    static const struct str bad[] = {
        {"\x80", 1},
        {"\xc0\xaf", 2},
        {"\xc1\xbf", 2},
        {"\xe0\x9f\xbf", 3},
        {"\xed\xa0\x80", 3},
        {"\xe2\x82", 2},
        {"\xf0\x8f\xbf\xbf", 4},
        {"\xf4\x90\x80\x80", 4},
        {"\xf5", 1},
        {"\xf0\x9f\x94", 3},
        {"a\xff", 2},
        {"\xe2\x28\xa1", 3},
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        assert_true(str_is_utf8(good[i]));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        assert_false(str_is_utf8(bad[i]));
    }
}

static void test_clipping_never_splits_a_character(void **state)
{
    (void)state;
    struct str s = STR("aé€🔥b");
    for (size_t max = 0; max <= s.n + 1; max++) {
        struct str clipped = str_clip_utf8(s, max);
        assert_true(clipped.n <= max);
        assert_true(str_is_utf8(clipped));
        assert_true(max >= s.n || max - clipped.n < 4);
    }
    assert_str_is(str_clip_utf8(s, 3), "aé");
}

static void test_clipping_what_is_not_utf8_keeps_most_of_it(void **state)
{
    (void)state;
    char text[100];
    memset(text, 0x80, sizeof(text));
    assert_int_equal(str_clip_utf8((struct str){text, 100}, 50).n, 50);
}

static void test_a_buffer_grows_up_to_its_maximum(void **state)
{
    (void)state;
    struct strbuf b;
    strbuf_init(&b, &arena, 1000);
    for (int i = 0; i < 1000; i++) {
        strbuf_add_char(&b, (char)('a' + i % 26));
    }
    assert_false(b.is_full);
    assert_int_equal(strbuf_str(&b).n, 1000);
    assert_int_equal(b.p[1000], '\0');
    assert_int_equal(b.p[999], 'a' + 999 % 26);
    strbuf_add_char(&b, 'x');
    assert_true(b.is_full);
    assert_int_equal(b.n, 1000);
}

static void test_a_full_buffer_takes_nothing_more_and_stays_utf8(void **state)
{
    (void)state;
    struct strbuf b;
    strbuf_init(&b, &arena, 5);
    strbuf_add(&b, STR("abc€"));
    assert_true(b.is_full);
    strbuf_add(&b, STR("d"));
    assert_str_is(strbuf_str(&b), "abc");
    strbuf_clear(&b);
    assert_false(b.is_full);
    strbuf_add(&b, STR("d"));
    assert_str_is(strbuf_str(&b), "d");
}

static void test_a_buffer_may_take_its_own_text(void **state)
{
    (void)state;
    struct strbuf b;
    strbuf_init(&b, &arena, 4096);
    strbuf_add(&b, STR("0123456789abcdef"));
    for (int i = 0; i < 6; i++) {
        strbuf_add(&b, strbuf_str(&b));
    }
    assert_int_equal(b.n, 1024);
    assert_memory_equal(b.p + 1008, "0123456789abcdef", 17);
}

static void test_printing_works_for_short_and_long_text(void **state)
{
    (void)state;
    struct strbuf b;
    strbuf_init(&b, &arena, 2000);
    strbuf_printf(&b, "%s", "");
    assert_str_is(strbuf_str(&b), "");
    for (int width = 510; width <= 514; width++) {
        strbuf_clear(&b);
        strbuf_printf(&b, "%*d|", width, 7);
        assert_int_equal(b.n, width + 1);
        assert_int_equal(b.p[width - 1], '7');
        assert_int_equal(b.p[width], '|');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_without_storage_is_empty_everywhere),
        cmocka_unit_test(test_equality_looks_behind_a_nul),
        cmocka_unit_test(test_order_is_by_bytes_then_by_length),
        cmocka_unit_test(test_prefix_suffix_and_part_are_found),
        cmocka_unit_test(test_trim_takes_white_space_from_both_ends_only),
        cmocka_unit_test(test_a_slice_is_clamped),
        cmocka_unit_test(test_cut_visits_every_part_with_empty_ones),
        cmocka_unit_test(test_copies_do_not_follow_the_original),
        cmocka_unit_test(test_numbers_are_digits_only_and_fit),
        cmocka_unit_test(test_utf8_is_judged_by_the_rfc),
        cmocka_unit_test(test_clipping_never_splits_a_character),
        cmocka_unit_test(test_clipping_what_is_not_utf8_keeps_most_of_it),
        cmocka_unit_test(test_a_buffer_grows_up_to_its_maximum),
        cmocka_unit_test(test_a_full_buffer_takes_nothing_more_and_stays_utf8),
        cmocka_unit_test(test_a_buffer_may_take_its_own_text),
        cmocka_unit_test(test_printing_works_for_short_and_long_text),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
