/* The index against the plain walk, with compiled expressions: the same nodes in the same order. */
#include "dice.h"
#include "domain/route_index.h"
#include "wire/matcher_syntax.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { NAMES = 8, DEPTH_MAX = 4, LABEL_SETS = 12 };

static struct arena arena;
static struct dice dice;

static const char *const names[NAMES] = {"alertname", "env",  "job", "region",
                                         "service",   "team", "a",   "město"};
static const char *const values[] = {
    "critical", "db",     "db-1", "db-12", "web",  "api", "prod",
    "dev",      "dev-eu", "eu-1", "us-2",  "x",    "xy",  "db-1db-1db-12",
    "xyz",      "é",      "éa",   "",      "a\nb", "DB",  "cache",
};
static const char *const patterns[] = {
    "db|web|api",
    "db.*",
    "db-.*|dev.*",
    "(eu|us)-[0-9]+",
    ".+",
    ".*",
    "",
    "db|",
    ".*-1",
    "x(y|yz)?",
    "(?i)db",
    "d.*|x",
    "[a-z]+",
    "é.*",
    "x.*|xy.*",
    "^(?:dev|prod)$",
    "db-1",
    "(db|dev)-?.*",
    "eu.+",
    "[^d].*",
    ".*e.*",
    "a\\nb",
    "(?s)a.b",
    "dev-(eu|us)|db-1.*",
    ".*db-1.*",
    "[^x]*dev-eu",
    ".+yz",
    ".*-12",
    ".*(b|c)ache.*",
    "(?i).*DB",
    ".*critical",
    ".*xyz?.*",
};

#define PICK(list) str_from((list)[dice_roll(&dice, sizeof(list) / sizeof((list)[0]))])

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena);
    dice.state = 0x5eed;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static struct matcher random_matcher(void)
{
    static const enum matcher_op ops[] = {MATCHER_EQ, MATCHER_EQ, MATCHER_EQ, MATCHER_NE,
                                          MATCHER_RE, MATCHER_RE, MATCHER_RE, MATCHER_NRE};
    enum matcher_op op = ops[dice_roll(&dice, 8)];
    bool is_plain = op == MATCHER_EQ || op == MATCHER_NE;
    struct matcher matcher;
    struct str name = PICK(names), value = is_plain ? PICK(values) : PICK(patterns);
    assert_int_equal(matcher_make(&arena, op, name, value, &matcher, NULL), OK);
    return matcher;
}

static struct route random_route(unsigned depth, size_t breadth)
{
    struct route route = {.continues = dice_roll(&dice, 3) == 0};
    struct matcher matchers[3] = {0};
    size_t n = depth == 0 ? 0 : dice_roll(&dice, 16) == 0 ? 0 : 1 + dice_roll(&dice, 3);
    for (size_t i = 0; i < n; i++) {
        matchers[i] = random_matcher();
    }
    route.matchers = matchers_sort(&arena, matchers, n);
    route.n_children = depth == DEPTH_MAX ? 0 : dice_roll(&dice, breadth + 1);
    struct route *children = ARENA_ARRAY(&arena, struct route, route.n_children);
    for (size_t i = 0; i < route.n_children; i++) {
        children[i] = random_route(depth + 1, depth == 0 ? 6 : 3);
    }
    route.children = children;
    return route;
}

static struct labels random_labels(struct arena *to)
{
    struct label v[NAMES + 1];
    size_t n = 0;
    for (size_t i = 0; i < NAMES; i++) {
        if (dice_roll(&dice, 3) > 0) {
            v[n++] = (struct label){str_from(names[i]), PICK(values)};
        }
    }
    v[n++] = (struct label){STR("unknown"), STR("x")};
    return labels_make(to, v, n);
}

static size_t assert_same(const struct route_index *index, const struct route *root,
                          struct labels labels)
{
    struct route_hits want = route_match(root, labels, &arena);
    struct route_hits got = route_index_match(index, labels, &arena);
    assert_int_equal(got.n, want.n);
    for (size_t i = 0; i < want.n; i++) {
        assert_ptr_equal(got.v[i], want.v[i]);
    }
    return want.n;
}

static void compare_trees(int n_trees, size_t breadth)
{
    size_t n_hits = 0, n_sets = 0;
    for (int tree = 0; tree < n_trees; tree++) {
        struct route *root = ARENA_NEW(&arena, struct route);
        *root = random_route(0, breadth);
        const struct route_index *index = route_index_new(&arena, root);
        for (int i = 0; i < LABEL_SETS; i++) {
            n_hits += assert_same(index, root, random_labels(&arena));
            n_sets++;
        }
        n_hits += assert_same(index, root, (struct labels){0});
        arena_clear(&arena);
    }
    assert_true(n_hits > n_sets); /* not only the top of the tree */
}

static void test_small_trees_agree_with_the_plain_walk(void **state)
{
    (void)state;
    compare_trees(2500, 8);
}

static void test_broad_trees_agree_with_the_plain_walk(void **state)
{
    (void)state;
    compare_trees(150, 150);
}

/* --- single properties -------------------------------------------------------------------- */

static struct route child(const char *matchers, bool continues)
{
    struct route route = {.continues = continues};
    assert_int_equal(
        matchers_parse(&arena, MATCHER_FALLBACK, str_from(matchers), &route.matchers, NULL), OK);
    return route;
}

static struct labels label_set(const char *name, const char *value)
{
    struct label label = {str_from(name), str_from(value)};
    return labels_make(&arena, &label, 1);
}

static void assert_hits(const struct route *children, size_t n, struct labels labels,
                        const char *want)
{
    struct route root = {.children = children, .n_children = n};
    struct strbuf got;
    strbuf_init(&got, &arena, 100);
    struct route_hits hits = route_index_match(route_index_new(&arena, &root), labels, &arena);
    for (size_t i = 0; i < hits.n; i++) {
        strbuf_printf(&got, "%zd ", hits.v[i] == &root ? -1 : hits.v[i] - children);
    }
    assert_string_equal(got.p, want);
}

static void test_siblings_of_different_keys_keep_the_order_of_the_tree(void **state)
{
    (void)state;
    const struct route children[] = {
        child("a=~\"x.*\"", true), child("a!=\"y\"", true),   child("a=\"xyz\"", true),
        child("b=\"\"", true),     child("a=~\".+z\"", true), child("a=~\"xyz|q\"", false),
        child("a=\"xyz\"", false),
    };
    assert_hits(children, 7, label_set("a", "xyz"), "0 1 2 3 4 5 ");
    assert_hits(children, 7, label_set("a", "y"), "3 ");
    assert_hits(children, 7, label_set("b", "1"), "1 ");
}

static void test_a_missing_label_is_the_empty_text(void **state)
{
    (void)state;
    const struct route children[] = {
        child("a=\"\"", true),    child("a!=\"\"", true),   child("a=~\"|x\"", true),
        child("a=~\"x*\"", true), child("a!~\".+\"", true), child("a=~\".+\"", true),
        child("a!~\"x|\"", true),
    };
    assert_hits(children, 7, label_set("b", "1"), "0 2 3 4 ");
    assert_hits(children, 7, label_set("a", "x"), "1 2 3 5 ");
    assert_hits(children, 7, label_set("a", "z"), "1 5 6 ");
}

static void test_every_prefix_of_a_value_is_found(void **state)
{
    (void)state;
    const struct route children[] = {
        child("a=~\"d.*\"", true),    child("a=~\"db-1.*\"", true), child("a=~\"db.*\"", true),
        child("a=~\"db-0.*\"", true), child("a=~\"da.*\"", true),   child("a=~\"db-1a.*\"", true),
    };
    assert_hits(children, 6, label_set("a", "db-12"), "0 1 2 ");
    assert_hits(children, 6, label_set("a", "db-1"), "0 1 2 ");
    assert_hits(children, 6, label_set("a", "e"), "-1 ");
}

static void test_what_a_value_contains_is_found_once(void **state)
{
    (void)state;
    const struct route children[] = {
        child("a=~\".*db-1.*\"", true),  child("a=~\".*-db-12.*\"", true),
        child("a=~\"[^a]+-12x\"", true), child("a=~\".*b-1.*\"", true),
        child("a=~\".*db-13.*\"", true), child("a!~\".*db-1.*\"", true),
    };
    assert_hits(children, 6, label_set("a", "db-1"), "0 3 ");
    assert_hits(children, 6, label_set("a", "db-12-db-12-db-12x"), "0 1 2 3 ");
    assert_hits(children, 6, label_set("a", "b-"), "5 ");
}

struct counting {
    struct pattern pattern;
    int n_runs;
};

static bool count_run(const struct pattern *pattern, struct str text)
{
    ((struct counting *)(uintptr_t)pattern)->n_runs += text.n > 0;
    return text.n > 0;
}

static void test_a_shared_expression_is_run_once_per_label_set(void **state)
{
    (void)state;
    struct counting counting = {.pattern.matches = count_run};
    struct matcher matcher = {MATCHER_RE, STR("a"), STR("same"), &counting.pattern};
    struct route children[50] = {0};
    for (size_t i = 0; i < 50; i++) {
        children[i] = (struct route){.continues = true, .matchers = {&matcher, 1}};
    }
    struct route root = {.children = children, .n_children = 50};
    const struct route_index *index = route_index_new(&arena, &root);
    assert_int_equal(route_index_match(index, label_set("a", "1"), &arena).n, 50);
    assert_int_equal(counting.n_runs, 1);
    assert_int_equal(route_index_match(index, label_set("b", "1"), &arena).n, 1);
    assert_int_equal(counting.n_runs, 1);
}

static void test_expressions_of_routes_with_other_values_are_not_run(void **state)
{
    (void)state;
    struct counting counting = {.pattern.matches = count_run};
    struct route children[100] = {0};
    for (size_t i = 0; i < 100; i++) {
        struct matcher both[2] = {
            {MATCHER_RE, STR("a"), str_printf(&arena, "p%zu", i), &counting.pattern},
            {MATCHER_EQ, STR("b"), str_printf(&arena, "%zu", i), NULL},
        };
        children[i].matchers = matchers_sort(&arena, both, 2);
    }
    struct route root = {.children = children, .n_children = 100};
    const struct route_index *index = route_index_new(&arena, &root);
    struct label v[] = {{STR("a"), STR("x")}, {STR("b"), STR("77")}};
    struct route_hits hits = route_index_match(index, labels_make(&arena, v, 2), &arena);
    assert_int_equal(hits.n, 1);
    assert_ptr_equal(hits.v[0], &children[77]);
    assert_int_equal(counting.n_runs, 1);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_small_trees_agree_with_the_plain_walk),
        TEST(test_broad_trees_agree_with_the_plain_walk),
        TEST(test_siblings_of_different_keys_keep_the_order_of_the_tree),
        TEST(test_a_missing_label_is_the_empty_text),
        TEST(test_every_prefix_of_a_value_is_found),
        TEST(test_what_a_value_contains_is_found_once),
        TEST(test_a_shared_expression_is_run_once_per_label_set),
        TEST(test_expressions_of_routes_with_other_values_are_not_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
