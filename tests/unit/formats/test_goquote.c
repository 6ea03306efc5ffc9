#include "formats/template/goquote.h"
#include "template_test.h"

static struct str quoted(struct str text, bool is_ascii)
{
    struct strbuf out;
    strbuf_init(&out, &test_arena, 4096);
    goquote_add(&out, text, is_ascii);
    return strbuf_str(&out);
}

static void test_text_is_quoted_as_go_quotes_it(void **state)
{
    (void)state;
    assert_str_is(quoted(STR("a\"b\\c"), false), "\"a\\\"b\\\\c\"");
    assert_str_is(quoted(STR("\a\b\f\n\r\t\v\0\x1b\x7f"), false),
                  "\"\\a\\b\\f\\n\\r\\t\\v\\x00\\x1b\\x7f\"");
    assert_str_is(quoted(STR("žluť 日本 🔥 it's"), false), "\"žluť 日本 🔥 it's\"");
    assert_str_is(quoted(STR("é\xf0\x9f\x94\xa5"), true), "\"\\u00e9\\U0001f525\"");
    assert_str_is(quoted(STR("\xff\xc2\xa0\xe2\x80\x8b"), false), "\"\\xff\\u00a0\\u200b\"");
}

static void test_characters_are_quoted(void **state)
{
    (void)state;
    struct strbuf out;
    strbuf_init(&out, &test_arena, 256);
    goquote_add_rune(&out, 'x', false);
    goquote_add_rune(&out, '\'', false);
    goquote_add_rune(&out, '"', false);
    goquote_add_rune(&out, 0xe9, true);
    goquote_add_rune(&out, 0xd800, false);
    assert_str_is(strbuf_str(&out), "'x''\\'''\"''\\u00e9''\xef\xbf\xbd'");
}

static void test_what_fits_between_backquotes(void **state)
{
    (void)state;
    assert_true(goquote_is_raw(STR("a\"b\\n\té")));
    assert_false(goquote_is_raw(STR("a`b")) || goquote_is_raw(STR("a\nb")) ||
                 goquote_is_raw(STR("\xff")) || goquote_is_raw(STR("\xef\xbb\xbf")));
}

static void test_literals_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *literal, *want;
    } good[] = {
        {"\"\"", ""},
        {"\"a\\\"b\\\\\"", "a\"b\\"},
        {"\"\\x41\\101\\u0041\\U00000041\"", "AAAA"},
        {"\"\\a\\b\\f\\n\\r\\t\\v\"", "\a\b\f\n\r\t\v"},
        {"\"žluť\"", "žluť"},
        {"\"\\xff\"", "\xff"},
        {"`a\\n\"b\"\r\n`", "a\\n\"b\"\n"},
    };
    static const char *const bad[] = {"\"\\q\"",     "\"\\'\"",         "\"\\x4\"", "\"\\400\"",
                                      "\"\\ud800\"", "\"\\U00110000\"", "\"\\8\"",  "\"\\u12\""};
    struct str text;
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        assert_true(goquote_read(&test_arena, str_from(good[i].literal), &text));
        assert_str_is(text, good[i].want);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        assert_false(goquote_read(&test_arena, str_from(bad[i]), &text));
    }
}

static void test_character_literals_are_read(void **state)
{
    (void)state;
    uint32_t rune;
    bool is_single;
    assert_true(goquote_read_rune(STR("'a'"), &rune, &is_single) && is_single && rune == 'a');
    assert_true(goquote_read_rune(STR("'\\''"), &rune, &is_single) && is_single && rune == '\'');
    assert_true(goquote_read_rune(STR("'日'"), &rune, &is_single) && is_single && rune == 0x65e5);
    assert_true(goquote_read_rune(STR("'ab'"), &rune, &is_single) && !is_single);
    assert_false(goquote_read_rune(STR("''"), &rune, &is_single));
    assert_false(goquote_read_rune(STR("'\\\"'"), &rune, &is_single));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_is_quoted_as_go_quotes_it),
        cmocka_unit_test(test_characters_are_quoted),
        cmocka_unit_test(test_what_fits_between_backquotes),
        cmocka_unit_test(test_literals_are_read),
        cmocka_unit_test(test_character_literals_are_read),
    };
    return RUN_TEMPLATE_TESTS(tests);
}
