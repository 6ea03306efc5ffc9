/* Only the tree of a file: an unmodified alertmanager.yml, and what is still refused. */
#include "data_file.h"
#include "domain/route_index.h"
#include "wire/alert_text.h"
#include "wire/matcher_syntax.h"
#include "wire/routes_file.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct arena arena;
static struct routes_result result;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena);
    result = (struct routes_result){0};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    routes_release(&result);
    arena_release(&arena);
    return 0;
}

static enum status read_tree(struct str text)
{
    const struct routes_source file = {.name = STR("a.yml"), .text = text};
    return routes_parse_tree(&file, 1, &result);
}

static struct str receivers_of(struct route_hits hits)
{
    struct strbuf out;
    strbuf_init(&out, &arena, 4096);
    for (size_t i = 0; i < hits.n; i++) {
        strbuf_add(&out, i ? STR(",") : STR_EMPTY);
        strbuf_add(&out, hits.v[i]->receiver->name);
    }
    return strbuf_str(&out);
}

static void check_cases(const char *config, const char *cases, size_t expected)
{
    if (read_tree(read_data(&arena, config)) != OK) {
        fail_msg("%.*s", STR_ARG(routes_report(&result)));
    }
    const struct route_index *index = route_index_new(&arena, &result.settings->root);
    struct str rest = read_data(&arena, cases);
    size_t lines = 0;
    str_cut(&rest, '\n');
    while (rest.p) {
        struct str line = str_cut(&rest, '\n');
        if (line.n == 0) {
            continue;
        }
        struct labels labels;
        struct str id = str_cut(&line, '\t');
        assert_int_equal(labels_parse_json(&arena, str_cut(&line, '\t'), &labels, NULL), OK);
        struct str got = receivers_of(route_index_match(index, labels, &arena));
        if (!str_eq(got, line)) {
            fail_msg("case %.*s: %.*s, not %.*s", STR_ARG(id), STR_ARG(got), STR_ARG(line));
        }
        lines++;
    }
    assert_int_equal(lines, expected);
}

static void test_an_unmodified_alertmanager_file_routes_as_there(void **state)
{
    (void)state;
    check_cases("routing/alertmanager.yml", "routing/cases.tsv", 62);
}

static void test_utf8_routes_as_there(void **state)
{
    (void)state;
    check_cases("routing/utf8.yml", "routing/utf8_cases.tsv", 22);
}

static void test_match_re_has_alertmanagers_value(void **state)
{
    (void)state;
    assert_int_equal(read_tree(STR("route: {receiver: r, routes: [{match_re: {a: x|y}}]}\n"
                                   "receivers: [{name: r}]\n")),
                     OK);
    struct str text = matchers_format(&arena, result.settings->root.children[0].matchers);
    assert_string_equal(text.p, "{a=~\"^(?:x|y)$\"}");
    assert_non_null(result.settings->root.children[0].matchers.v[0].pattern->literals);
}

static void test_what_is_not_the_tree_is_left_unread(void **state)
{
    (void)state;
    assert_int_equal(read_tree(STR("route: {receiver: r, routes: [{mute_time_intervals: [x]}]}\n"
                                   "channels: {slack: {bot_token: !env NOT_SET}}\n"
                                   "inhibit_rules: [{equal: [a]}]\n"
                                   "receivers: [{name: r, slack_configs: [{channel: c}]}]\n")),
                     OK);
    assert_int_equal(result.settings->n_receivers, 1);
}

static void test_mistakes_in_the_tree_are_errors(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "receivers: [{name: r}]\n",
        "route: {}\nreceivers: [{name: r}]\n",
        "route: {receiver: q}\nreceivers: [{name: r}]\n",
        "route: {receiver: r, surprise: 1}\nreceivers: [{name: r}]\n",
        "route: {receiver: r, routes: [{matchers: [x]}]}\nreceivers: [{name: r}]\n",
        "route: {receiver: r}\nreceivers: [{name: r}, {name: r}]\n",
        "route: {receiver: r}\nreceivers: [{name: r}]\nsurprise: 1\n",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(read_tree(str_from(bad[i])), ERR_INVALID);
        assert_null(result.settings);
        routes_release(&result);
    }
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_unmodified_alertmanager_file_routes_as_there),
        TEST(test_utf8_routes_as_there),
        TEST(test_match_re_has_alertmanagers_value),
        TEST(test_what_is_not_the_tree_is_left_unread),
        TEST(test_mistakes_in_the_tree_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
