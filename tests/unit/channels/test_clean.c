#include "channels/clean.h"
#include "unit/channels/sample.h"

static int start(void **state)
{
    struct arena *a = malloc(sizeof(*a));
    arena_init(a);
    *state = a;
    return 0;
}

static int stop(void **state)
{
    arena_release(*state);
    free(*state);
    return 0;
}

static void check(struct arena *a, const char *in, size_t max, const char *want)
{
    struct str got = clean_line(a, str_from(in), max);
    if (!str_eq(got, str_from(want))) {
        fail_msg("“%s” → “%.*s”, not “%s”", in, STR_ARG(got), want);
    }
}

static void test_control_characters_become_one_space(void **state)
{
    check(*state, "a\r\nBcc: b\t\tc\x01\x1b\x7f", 99, "a Bcc: b c");
    check(*state, "  a  \n", 99, "a");
    check(*state,
          "a\xc2\x85\xe2\x80\xa8"
          "b",
          99, "a b");
}

static void test_invisible_and_direction_characters_vanish(void **state)
{
    check(*state,
          "a\xe2\x80\xae"
          "b\xe2\x80\x8b"
          "c\xe2\x81\xa6"
          "d\xef\xbb\xbf"
          "e",
          99, "abcde");
    check(*state,
          "a\xef\xb7\x90"
          "b\xef\xbf\xbe"
          "c\xf0\x9f\xbf\xbf"
          "d\xef\xbf\xbd",
          99, "abcd\xef\xbf\xbd"); /* no characters; but U+FFFD stays */
    check(*state, "тест Ünï 日本 😀", 99, "тест Ünï 日本 😀");
}

static void test_bad_utf8_becomes_replacement_characters(void **state)
{
    check(*state,
          "a\xff"
          "b\xc3",
          99, "a�b�");
    check(*state, "\xed\xa0\x80", 99, "���"); /* a surrogate */
    check(*state, "\xf0\x9f\x98", 99, "���");
}

static void test_a_cut_shows_and_counts_utf16_units(void **state)
{
    check(*state, "abcdef", 6, "abcdef");
    check(*state, "abcdefg", 6, "abcde…");
    check(*state, "😀😀😀", 6, "😀😀😀");
    check(*state, "😀😀😀", 5, "😀😀…");
    check(*state, "😀😀😀", 4, "😀…");
    check(*state, "abc", 0, "");
    check(*state, "abc", 1, "…");
    assert_int_equal(clean_len(STR("a😀…")), 4);
}

static void test_blocks_keep_their_lines(void **state)
{
    struct str got = clean_block(*state, STR("\na\r\nb\n\n\n\nc\td\r"), 99);
    assert_true(str_eq(got, STR("a\nb\n\nc d")));
}

static void check_text(struct arena *a, const char *in, size_t max, const char *want)
{
    struct str got = clean_text(a, str_from(in), max);
    if (!str_eq(got, str_from(want))) {
        fail_msg("“%s” → “%.*s”, not “%s”", in, STR_ARG(got), want);
    }
}

static void test_what_is_for_terminals_vanishes(void **state)
{
    check(*state, "\x1b[1;31mError\x1b[0m: \x1b[2K\x1b[?25lx", 99, "Error: x");
    check(*state, "a\x1b[", 99, "a [");
    check(*state, "a\x1b[1;\x01", 99, "a [1;");
    check(*state, "a\x1b]0;title", 99, "a ]0;title");
    check_text(*state, " 10%\r 20%\r\nok\r", 99, " 10%\n 20%\nok\n");
    check(*state, " 10%\r 20%\r\nok\r", 99, "10% 20% ok");
}

static void test_text_keeps_its_layout(void **state)
{
    check_text(*state, "  a  b \n\n\n c ", 99, "  a  b \n\n\n c ");
    check_text(*state, "\ta\x1b[0m\r\nb\xe2\x80\xae", 99, " a\nb");
    check_text(*state, "a\xff", 99, "a\xef\xbf\xbd");
    check_text(*state, "", 99, "");
    check_text(*state, "abcdef", 6, "abcdef");
    check_text(*state, "abcdef", 5, "abcd…");
    check_text(*state, "ab  cdef", 5, "ab…");
    check_text(*state, "абвгд", 4, "абв…");
    check_text(*state, "a😀b", 3, "a…");
    check_text(*state, "abc", 0, "");
}

/* The quick way through plain text and the careful one agree wherever they meet. */
static void test_every_cut_of_mixed_text_is_the_same(void **state)
{
    static const char in[] = " a  bü cd \n\n\n e\x01 f  g😀h i\xe2\x80\x8bj k ";
    static const struct {
        struct str (*clean)(struct arena *, struct str, size_t);
        const char *whole;
    } cases[] = {{clean_line, "a bü cd e f g😀h ij k"},
                 {clean_block, "a bü cd \n\n e f g😀h ij k"},
                 {clean_text, " a  bü cd \n\n\n e  f  g😀h ij k "}};
    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        struct str whole = cases[k].clean(*state, str_from(in), 99);
        assert_true(str_eq(whole, str_from(cases[k].whole)));
        for (size_t max = 0; max <= clean_len(whole) + 1; max++) {
            struct str cut = cases[k].clean(*state, str_from(in), max);
            assert_true(clean_len(cut) <= max && str_is_utf8(cut));
            struct str head = cut;
            if (str_ends_with(cut, STR("…"))) {
                head = str_slice(cut, 0, cut.n - 3);
                /* not more than a character of two units and spaces are lost */
                assert_true(str_starts_with(str_trim(whole), str_trim(head)));
            } else {
                assert_true(cut.n == 0 || str_eq(str_trim(cut), str_trim(whole)));
            }
        }
    }
}

static void test_escaping_is_never_cut_inside_an_entity(void **state)
{
    for (size_t max = 0; max < 40; max++) {
        struct str got = clean_escape_clip(*state, STR("a&b<c>d&&&&&&&&"), max);
        assert_true(clean_len(got) <= max);
        for (size_t at = str_find(got, '&', 0); at != SIZE_MAX; at = str_find(got, '&', at + 1)) {
            assert_true(str_find(got, ';', at) != SIZE_MAX);
        }
    }
    struct strbuf b;
    strbuf_init(&b, *state, 99);
    clean_escape(&b, STR("<\"&\">"), true);
    assert_string_equal(b.p, "&lt;&quot;&amp;&quot;&gt;");
}

static void test_only_web_addresses_are_links(void **state)
{
    (void)state;
    assert_true(clean_is_url(STR("https://a.example/x?y=1&z=2#3")));
    const char *bad[] = {
        "javascript:alert(1)", "https://", "https://a b",       "https://a\"b", "https://a|b",
        "https://a>b",         "ftp://a",  "https://ü.example", "//a",          ""};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(clean_is_url(str_from(bad[i])));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_control_characters_become_one_space),
        cmocka_unit_test(test_invisible_and_direction_characters_vanish),
        cmocka_unit_test(test_bad_utf8_becomes_replacement_characters),
        cmocka_unit_test(test_a_cut_shows_and_counts_utf16_units),
        cmocka_unit_test(test_blocks_keep_their_lines),
        cmocka_unit_test(test_what_is_for_terminals_vanishes),
        cmocka_unit_test(test_text_keeps_its_layout),
        cmocka_unit_test(test_every_cut_of_mixed_text_is_the_same),
        cmocka_unit_test(test_escaping_is_never_cut_inside_an_entity),
        cmocka_unit_test(test_only_web_addresses_are_links),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
