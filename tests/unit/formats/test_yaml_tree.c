#include "base/monotonic.h"
#include "base/time_units.h"
#include "formats/yaml_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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

static const struct yaml_node *parse(const char *text)
{
    struct err err = ERR_INIT;
    const struct yaml_node *root = NULL;
    if (yaml_parse(&arena, STR("t.yml"), str_from(text), &root, &err) != OK) {
        fail_msg("%s: %s", err.where, err.detail);
    }
    return root;
}

static void refused_text(struct str text, enum status code, const char *where, const char *part)
{
    struct err err = ERR_INIT;
    const struct yaml_node *root = NULL;
    struct yaml_problem at = {0};
    assert_int_equal(yaml_parse_marked(&arena, STR("t.yml"), text, &root, &at, &err), code);
    assert_null(root);
    assert_string_equal(err.where, where);
    if (!strstr(err.detail, part)) {
        fail_msg("\"%s\" does not say \"%s\"", err.detail, part);
    }
    assert_true(at.line >= 1 && at.col >= 1 && at.len >= 1);
}

static void refused(const char *text, enum status code, const char *where, const char *part)
{
    refused_text(str_from(text), code, where, part);
}

static void assert_str(struct str got, const char *want)
{
    assert_int_equal(got.n, strlen(want));
    assert_memory_equal(got.p, want, got.n);
}

static void test_nodes_know_kind_text_and_place(void **state)
{
    (void)state;
    const struct yaml_node *root = parse("route:\n  wait: 30s\n  by: [a, 'b']\n  on: no\n");
    assert_int_equal(root->kind, YAML_MAP);
    assert_int_equal(root->n, 1);
    const struct yaml_node *route = yaml_get(root, STR("route"));
    const struct yaml_node *wait = yaml_get(route, STR("wait"));
    assert_str(wait->text, "30s");
    assert_int_equal(wait->line, 2);
    assert_int_equal(wait->col, 9);
    assert_int_equal(wait->end_col, 12);
    assert_true(wait->is_plain);
    const struct yaml_node *by = yaml_get(route, STR("by"));
    assert_int_equal(by->kind, YAML_SEQ);
    assert_int_equal(by->n, 2);
    assert_str(by->items[1]->text, "b");
    assert_false(by->items[1]->is_plain);
    assert_str(yaml_get(route, STR("on"))->text, "no");
    assert_int_equal(yaml_key(route, STR("on"))->line, 4);
    assert_null(yaml_get(route, STR("off")));
    assert_null(yaml_get(wait, STR("x")));
    assert_null(yaml_get(NULL, STR("x")));
    assert_int_equal(root->visits, 11);
    assert_string_equal(yaml_where(&arena, STR("f.yml"), wait), "f.yml:2:9");
}

static void test_columns_count_characters(void **state)
{
    (void)state;
    const struct yaml_node *root = parse("\xef\xbb\xbfимя: Ждать\n");
    assert_int_equal(yaml_get(root, STR("имя"))->col, 6);
    assert_int_equal(root->col, 1);
}

static void test_only_true_and_false_are_booleans(void **state)
{
    (void)state;
    const struct yaml_node *root = parse("[true, false, 'true', yes, True, ~, null, '', ]");
    bool value = false;
    assert_true(yaml_bool(root->items[0], &value) && value);
    assert_true(yaml_bool(root->items[1], &value) && !value);
    for (size_t i = 2; i < root->n; i++) {
        assert_false(yaml_bool(root->items[i], &value));
    }
    assert_true(yaml_is_null(root->items[5]));
    assert_true(yaml_is_null(root->items[6]));
    assert_false(yaml_is_null(root->items[7]));
    assert_true(yaml_is_null(yaml_get(parse("a:\n"), STR("a"))));
}

static void test_an_empty_text_is_an_empty_value(void **state)
{
    (void)state;
    assert_true(yaml_is_null(parse("")));
    assert_true(yaml_is_null(parse("# only a comment\n")));
    assert_true(yaml_is_null(parse("---\n...\n")));
}

static void test_our_tags_are_kept_and_others_refused(void **state)
{
    (void)state;
    const struct yaml_node *root =
        parse("a: !env TOKEN\nb: !file /run/x\nc: !vault k\nd: !sealed z");
    assert_str(yaml_get(root, STR("a"))->tag, "!env");
    assert_str(yaml_get(root, STR("a"))->text, "TOKEN");
    assert_str(yaml_get(root, STR("b"))->tag, "!file");
    assert_str(yaml_get(root, STR("d"))->tag, "!sealed");
    refused("a: !!str x", ERR_INVALID, "t.yml:1:4", "not supported");
    refused("a: !exec x", ERR_INVALID, "t.yml:1:4", "!exec");
    refused("a: ! x", ERR_INVALID, "t.yml:1:4", "not supported");
    refused("a: !env [x]", ERR_INVALID, "t.yml:1:4", "single values");
    refused("!env {a: x}", ERR_INVALID, "t.yml:1:1", "single values");
}

static void test_a_key_given_twice_is_refused_with_both_lines(void **state)
{
    (void)state;
    refused("a: 1\nb: 2\na: 3\n", ERR_INVALID, "t.yml:3:1",
            "\"a\" is given twice (first in line 1)");
    refused("x: {a: 1, 'a': 2}\n", ERR_INVALID, "t.yml:1:11", "twice");
    refused("- &k a\n- {*k : 1, *k : 2}\n", ERR_INVALID, "t.yml:2:12", "twice");
    parse("x: {a: 1}\ny: {a: 2}\n");
}

static void test_what_is_not_strict_is_refused(void **state)
{
    (void)state;
    refused("a: 1\n---\nb: 2\n", ERR_INVALID, "t.yml:2:1", "more than one document");
    refused("a: &x {b: 1}\nc:\n  <<: *x\n", ERR_INVALID, "t.yml:3:3", "merge keys");
    refused("? [a]\n: b\n", ERR_INVALID, "t.yml:1:3", "key must be");
    refused("a: b\n c: d\n", ERR_SYNTAX, "t.yml:2:3", "mapping values are not allowed");
    refused("a: [1, 2\n", ERR_SYNTAX, "t.yml:2:1", "starts at 1:4");
    refused("a:\n\t- x\n", ERR_SYNTAX, "t.yml:2:1", "cannot start any token");
    refused("a: b\nc: \xff\n", ERR_SYNTAX, "t.yml:2:4", "not UTF-8");
    refused("a: \x01\n", ERR_SYNTAX, "t.yml:1:4", "control characters");
    refused_text((struct str){"a: \0b", 5}, ERR_SYNTAX, "t.yml:1:4", "control characters");
    assert_str(yaml_get(parse("'<<': 1"), STR("<<"))->text, "1");
}

static void test_an_alias_is_the_anchored_node(void **state)
{
    (void)state;
    const struct yaml_node *root = parse("a: &x {k: [1, 2]}\nb: *x\nc: [*x, *x]\n");
    assert_ptr_equal(yaml_get(root, STR("a")), yaml_get(root, STR("b")));
    assert_int_equal(root->added, 3 * yaml_get(root, STR("a"))->visits);
    refused("a: *x\n", ERR_INVALID, "t.yml:1:4", "refers to nothing");
    refused("a: &x [*x]\n", ERR_INVALID, "t.yml:1:8", "contain itself");
    refused("a: &x {b: {c: *x}}\n", ERR_INVALID, "t.yml:1:15", "contain itself");
    refused("- &x 1\n- &x 2\n", ERR_INVALID, "t.yml:2:3", "twice");
}

static void test_an_alias_bomb_is_refused(void **state)
{
    (void)state;
    struct strbuf b;
    strbuf_init(&b, &arena, 8192);
    strbuf_add(&b, STR("- &a0 [x,x,x,x,x,x,x,x,x]\n"));
    for (int i = 1; i < 20; i++) {
        strbuf_printf(&b, "- &a%d [", i);
        for (int k = 0; k < 9; k++) {
            strbuf_printf(&b, "*a%d,", i - 1);
        }
        strbuf_add(&b, STR("]\n"));
    }
    refused_text(strbuf_str(&b), ERR_TOO_LARGE, "t.yml:6:12", "aliases expand");
}

/* Aliases must not build what brackets may not: every walker relies on the depth limit. */
static void test_aliases_cannot_nest_deeper_than_brackets(void **state)
{
    (void)state;
    struct strbuf b;
    strbuf_init(&b, &arena, 8192);
    strbuf_add(&b, STR("- &a0 [x]\n"));
    for (int i = 1; i < 70; i++) {
        strbuf_printf(&b, "- &a%d [*a%d]\n", i, i - 1);
    }
    refused_text(strbuf_str(&b), ERR_TOO_LARGE, "t.yml:64:9", "deeper than 64");
}

static void test_depth_64_is_allowed_and_65_is_not(void **state)
{
    (void)state;
    char text[200];
    snprintf(text, sizeof(text), "%.*s%.*s", 64,
             "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", 64,
             "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
    const struct yaml_node *node = parse(text);
    assert_int_equal(node->height, 63);
    char deeper[202];
    snprintf(deeper, sizeof(deeper), "[%s]", text);
    refused(deeper, ERR_TOO_LARGE, "t.yml:1:65", "deeper than 64");
}

static void test_hostile_nesting_is_refused_at_once(void **state)
{
    (void)state;
    static const char *const units[] = {"[", "{", "- ", "? ", "[{", "{? [", "[\n", "[a: "};
    for (size_t u = 0; u < sizeof(units) / sizeof(*units); u++) {
        struct strbuf b;
        strbuf_init(&b, &arena, 110 * 1024);
        while (b.n < 100 * 1024) {
            strbuf_add(&b, str_from(units[u]));
        }
        struct err err = ERR_INIT;
        const struct yaml_node *root;
        int64_t start = monotonic_us();
        assert_int_not_equal(yaml_parse(&arena, STR("t.yml"), strbuf_str(&b), &root, &err), OK);
        int64_t took_us = monotonic_us() - start;
        if (took_us > 200 * US_PER_MS) {
            fail_msg("100 KiB of \"%s\" took %ld ms", units[u], (long)(took_us / US_PER_MS));
        }
    }
}

static void test_size_and_node_limits_hold(void **state)
{
    (void)state;
    struct strbuf b;
    strbuf_init(&b, &arena, YAML_BYTES_MAX + 1);
    strbuf_add(&b, STR("["));
    for (int i = 0; i < YAML_NODES_MAX; i++) {
        strbuf_add(&b, STR("a,"));
    }
    strbuf_add(&b, STR("]"));
    refused_text(strbuf_str(&b), ERR_TOO_LARGE, "t.yml:1:400000", "too many values");
    while (!b.is_full) {
        strbuf_add_char(&b, ' ');
    }
    refused_text(strbuf_str(&b), ERR_TOO_LARGE, "t.yml:1:1", "4 MiB");
}

static void test_excerpt_underlines_the_place(void **state)
{
    (void)state;
    const char *text = "route:\n  receiver: payment\n\tx\r\n";
    assert_str(yaml_excerpt(&arena, str_from(text), 2, 13, 7),
               "    2 |   receiver: payment\n      |             ^~~~~~~");
    assert_str(yaml_excerpt(&arena, str_from(text), 3, 2, 99), "    3 |  x\n      |  ^");
    assert_str(yaml_excerpt(&arena, str_from(text), 9, 1, 1), "    9 | \n      | ^");
    const struct yaml_node *node = yaml_get(yaml_get(parse("a:\n  b: word\n"), STR("a")), STR("b"));
    struct yaml_problem at = yaml_problem_at(node);
    assert_int_equal(at.line, 2);
    assert_int_equal(at.col, 6);
    assert_int_equal(at.len, 4);
}

static void test_excerpt_is_safe_for_any_place_and_text(void **state)
{
    (void)state;
    struct strbuf b;
    strbuf_init(&b, &arena, 4096);
    while (!b.is_full) {
        strbuf_add(&b, STR("ж\x1b\xff-"));
    }
    unsigned odd[] = {0, 1, 2, 119, 121, 500, 4096, 1u << 30, UINT32_MAX};
    for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
        struct str out = yaml_excerpt(&arena, strbuf_str(&b), 1, odd[i], UINT32_MAX);
        assert_true(str_is_utf8(out));
        assert_false(str_contains(out, STR("\x1b")));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nodes_know_kind_text_and_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_columns_count_characters, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_only_true_and_false_are_booleans, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_empty_text_is_an_empty_value, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_our_tags_are_kept_and_others_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_key_given_twice_is_refused_with_both_lines, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_not_strict_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_alias_is_the_anchored_node, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_alias_bomb_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_aliases_cannot_nest_deeper_than_brackets, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_depth_64_is_allowed_and_65_is_not, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hostile_nesting_is_refused_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_size_and_node_limits_hold, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_excerpt_underlines_the_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_excerpt_is_safe_for_any_place_and_text, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
