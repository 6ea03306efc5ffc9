#include "cmocka_all.h"
#include "formats/rune.h"
#include "formats/unicode.h"

#include <string.h>

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

static struct str mapped(void (*map)(struct strbuf *, struct str), const char *text)
{
    struct strbuf out;
    strbuf_init(&out, &arena, 4096);
    map(&out, str_from(text));
    return strbuf_str(&out);
}

static void test_runes_survive_a_round_trip(void **state)
{
    (void)state;
    static const uint32_t runes[] = {0,      0x7f,   0x80,   0x7ff,   0x800,
                                     0xd7ff, 0xe000, 0xffff, 0x10000, RUNE_MAX};
    for (size_t i = 0; i < sizeof(runes) / sizeof(*runes); i++) {
        struct strbuf out;
        size_t width;
        strbuf_init(&out, &arena, 16);
        rune_add(&out, runes[i]);
        assert_int_equal(rune_decode(strbuf_str(&out), 0, &width), runes[i]);
        assert_int_equal(width, out.n);
    }
}

static void test_each_malformed_byte_is_one_replacement(void **state)
{
    (void)state;
    struct str bad = STR("a\xe2\x82z\xff");
    size_t width;
    assert_int_equal(rune_count(bad), 5);
    assert_int_equal(rune_decode(bad, 1, &width), RUNE_ERROR);
    assert_int_equal(width, 1);
    struct strbuf out;
    strbuf_init(&out, &arena, 16);
    rune_add(&out, 0xd800);
    rune_add(&out, 0x110000);
    assert_str_is(strbuf_str(&out), "\xef\xbf\xbd\xef\xbf\xbd");
    assert_str_is(rune_prefix(STR("žluť"), 2), "žl");
    assert_str_is(rune_prefix(STR("ž"), 9), "ž");
}

static void test_classes(void **state)
{
    (void)state;
    assert_true(unicode_is_letter('z') && unicode_is_letter(0x17e) && unicode_is_letter(0x65e5));
    assert_false(unicode_is_letter('1') || unicode_is_letter('[') || unicode_is_letter(0x20ac));
    assert_true(unicode_is_digit('0') && unicode_is_digit(0x0663));
    assert_false(unicode_is_digit('a') || unicode_is_digit(0xb2));
    assert_true(unicode_is_print(' ') && unicode_is_print(0x1f525) && unicode_is_print(0xa1));
    assert_false(unicode_is_print('\n') || unicode_is_print(0xa0) || unicode_is_print(0x200b) ||
                 unicode_is_print(0xad) || unicode_is_print(RUNE_MAX));
    assert_true(unicode_is_space(0x85) && unicode_is_space(0x3000) && unicode_is_space('\v'));
    assert_false(unicode_is_space(0x200b) || unicode_is_space('x'));
}

static void test_cases_are_mapped_one_to_one(void **state)
{
    (void)state;
    assert_str_is(mapped(unicode_upper, "straße ŉ žluť ǆ ÿ ɐ 日"), "STRAßE ŉ ŽLUŤ Ǆ Ÿ Ɐ 日");
    assert_str_is(mapped(unicode_lower, "ΟΔΟΣ İ ŽLUŤ K Ⴀ Ა"), "οδοσ i žluť k ⴀ ა");
    assert_str_is(mapped(unicode_upper, "\xff"), "\xef\xbf\xbd");
}

static void test_title_case_follows_words(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"wORLD hello", "World Hello"},
        {"o'neil-SMITH", "O'neil-Smith"},
        {"3rd 3rd4TH", "3Rd 3Rd4th"},
        {"a.b a..b a:b a.'b", "A.b A..B A:b A.'B"},
        {"x_y a1b 1a1b don''t", "X_y A1b 1A1b Don''T"},
        {"ΑΣ ΑΣΑ ΑΣ. ΑΣ.Α Σ", "Ας Ασα Ας. Ασ.α Σ"},
        {"ǆABC ŉabc ﬁSH ßtraße", "ǅabc ʼNabc Fish Sstraße"},
        {"aİb İb ⅰⅱ", "Ai̇b İb Ⅰⅱ"},
        {"日本abc abcカdef", "日本Abc AbcカDef"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        assert_str_is(mapped(unicode_title, cases[i].in), cases[i].out);
    }
}

static void test_trim_takes_unicode_space(void **state)
{
    (void)state;
    assert_str_is(unicode_trim(STR("\xc2\xa0 x y\xe2\x80\xa8\n")), "x y");
    assert_str_is(unicode_trim(STR(" \xe3\x80\x80 ")), "");
    assert_str_is(unicode_trim(STR("\x85x\x85")), "\x85x\x85");
    assert_str_is(unicode_trim(STR("")), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runes_survive_a_round_trip),
        cmocka_unit_test(test_each_malformed_byte_is_one_replacement),
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_cases_are_mapped_one_to_one),
        cmocka_unit_test(test_title_case_follows_words),
        cmocka_unit_test(test_trim_takes_unicode_space),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
