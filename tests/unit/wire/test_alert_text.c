#include "wire/alert_text.h"

#include "dice.h"

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

static struct labels make(const char *const *pairs, size_t n)
{
    struct label *v = ARENA_ARRAY(&arena, struct label, n);
    for (size_t i = 0; i < n; i++) {
        v[i] = (struct label){str_from(pairs[2 * i]), str_from(pairs[2 * i + 1])};
    }
    return labels_make(&arena, v, n);
}

static void test_labels_are_a_json_object_in_order(void **state)
{
    (void)state;
    const char *const pairs[] = {"b", "2", "a", "say \"hi\"\n\\", "\xd1\x8f", "\xf0\x9f\x99\x82"};
    struct str text = labels_format_json(&arena, make(pairs, 3));
    assert_true(str_eq(text, STR("{\"a\":\"say \\\"hi\\\"\\n\\\\\",\"b\":\"2\","
                                 "\"\xd1\x8f\":\"\xf0\x9f\x99\x82\"}")));
    assert_true(str_eq(labels_format_json(&arena, (struct labels){0}), STR("{}")));
}

static void test_bytes_that_are_not_utf8_cannot_break_the_json(void **state)
{
    (void)state;
    const char *const pairs[] = {"a", "\xff\x01\xff"};
    struct str text = labels_format_json(&arena, make(pairs, 1));
    assert_true(str_eq(text, STR("{\"a\":\"\xef\xbf\xbd\\u0001\xef\xbf\xbd\"}")));
}

static void test_any_labels_read_back_equal(void **state)
{
    (void)state;
    static const char *const words[] = {
        "a", "alertname", "\x01", "\"", "\\", "\n\t", "\xd1\x8f", "x\x7fy", "/", "\xe2\x80\xa8", "",
    };
    struct dice dice = {3};
    for (int turn = 0; turn < 500; turn++) {
        const char *pairs[20];
        size_t n = dice_roll(&dice, 10);
        for (size_t i = 0; i < 2 * n; i++) {
            pairs[i] = words[dice_roll(&dice, sizeof(words) / sizeof(words[0]))];
        }
        struct labels labels = make(pairs, n), back;
        struct err err = ERR_INIT;
        struct str text = labels_format_json(&arena, labels);
        if (labels_parse_json(&arena, text, &back, &err) != OK) {
            fail_msg("%s %.*s", err.detail, STR_ARG(text));
        }
        assert_true(labels_equal(labels, back));
    }
}

static void test_what_a_database_may_hold_is_read(void **state)
{
    (void)state;
    struct labels labels;
    assert_int_equal(
        labels_parse_json(&arena, STR("{\"a\": 1, \"b\": null, \"c\": \"x\"}"), &labels, NULL), OK);
    assert_int_equal(labels.n, 2);
    assert_true(str_eq(labels_get(labels, STR("a")), STR("1")));
    assert_int_equal(labels_parse_json(&arena, STR("[]"), &labels, NULL), ERR_INVALID);
    assert_int_equal(labels_parse_json(&arena, STR("{\"a\""), &labels, NULL), ERR_SYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        T(test_labels_are_a_json_object_in_order),
        T(test_bytes_that_are_not_utf8_cannot_break_the_json),
        T(test_any_labels_read_back_equal),
        T(test_what_a_database_may_hold_is_read),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
