#include "formats/json_pull.h"
#include "formats/json_scan.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

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

static struct json_pull pull_of(const char *text)
{
    struct err err = ERR_INIT;
    assert_int_equal(json_scan(str_from(text), NULL, &err), OK);
    return json_pull_of(&arena, str_from(text));
}

static void assert_str(struct str got, const char *want)
{
    if (!str_eq(got, str_from(want))) {
        fail_msg("\"%.*s\" is not \"%s\"", STR_ARG(got), want);
    }
}

static void test_members_come_in_order_and_nested_ones_can_be_entered(void **state)
{
    (void)state;
    struct json_pull pull =
        pull_of(" { \"a\" : \"x\" , \"b\" : [ 1 , { \"c\" : null } ] , \"d\\n\" : \"\\u00e9]\" } ");
    struct str key, text;
    assert_true(json_pull_enter_object(&pull));
    assert_true(json_pull_key(&pull, &key));
    assert_str(key, "a");
    assert_true(json_pull_string(&pull, &text));
    assert_str(text, "x");
    assert_true(json_pull_key(&pull, &key));
    assert_true(json_pull_enter_array(&pull));
    assert_true(json_pull_item(&pull));
    assert_str(json_pull_value(&pull).text, "1");
    assert_true(json_pull_item(&pull));
    assert_true(json_pull_enter_object(&pull));
    assert_true(json_pull_key(&pull, &key));
    assert_str(key, "c");
    assert_int_equal(json_pull_kind(&pull), JSON_KIND_NULL);
    assert_str(json_pull_value(&pull).text, "null");
    assert_false(json_pull_key(&pull, &key));
    assert_false(json_pull_item(&pull));
    assert_true(json_pull_key(&pull, &key));
    assert_str(key, "d\n");
    assert_true(json_pull_string(&pull, &text));
    assert_str(text, "\xc3\xa9]");
    assert_false(json_pull_key(&pull, &key));
}

static void test_a_value_of_another_kind_is_taken_whole(void **state)
{
    (void)state;
    struct json_pull pull = pull_of("[{\"a\":[\"]\"]},\"s\",7]");
    struct str text = STR("untouched");
    assert_true(json_pull_enter_array(&pull));
    assert_true(json_pull_item(&pull));
    assert_false(json_pull_string(&pull, &text));
    assert_str(text, "untouched");
    assert_true(json_pull_item(&pull));
    assert_false(json_pull_enter_object(&pull));
    assert_true(json_pull_item(&pull));
    assert_false(json_pull_enter_array(&pull));
    assert_false(json_pull_item(&pull));
}

/* Quotes and escapes at every place within the eight bytes that are looked at together. */
static void test_strings_end_where_they_end_at_any_length(void **state)
{
    (void)state;
    for (int n = 0; n < 40; n++) {
        for (int escape = 0; escape < 2; escape++) {
            struct strbuf body;
            strbuf_init(&body, &arena, 200);
            strbuf_add(&body, STR("[\""));
            for (int i = 0; i < n; i++) {
                strbuf_add_char(&body, (char)('a' + i % 26));
            }
            strbuf_add(&body, escape ? STR("\\\"\",\"next\"]") : STR("\",\"next\"]"));
            struct json_pull pull = pull_of(strbuf_str(&body).p);
            struct str text;
            assert_true(json_pull_enter_array(&pull) && json_pull_item(&pull));
            assert_true(json_pull_string(&pull, &text));
            assert_int_equal(text.n, n + escape);
            assert_true(json_pull_item(&pull) && json_pull_string(&pull, &text));
            assert_str(text, "next");
        }
    }
}

/* Not scanned: no promise about the meaning, but it ends (and ASan watches the edges). */
static void test_any_text_comes_to_an_end(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",      "{",        "[", "{\"a", "{\"a\"", "{\"a\":", "[,,,",    "{a:1}",
        "[\"\\", "{\"a\":}", "]", "[}]",  "{]",     "\"\\\\",  "{\"a\"1", "[1 2"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct json_pull pull = json_pull_of(&arena, str_dup(&arena, str_from(texts[i])));
        struct str key;
        int turns = 0;
        if (json_pull_enter_object(&pull)) {
            while (json_pull_key(&pull, &key) && turns++ < 100) {
                json_pull_value(&pull);
            }
        } else if (json_pull_enter_array(&pull)) {
            while (json_pull_item(&pull) && turns++ < 100) {
                json_pull_value(&pull);
            }
        }
        assert_true(turns < 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        T(test_members_come_in_order_and_nested_ones_can_be_entered),
        T(test_a_value_of_another_kind_is_taken_whole),
        T(test_strings_end_where_they_end_at_any_length),
        T(test_any_text_comes_to_an_end),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
