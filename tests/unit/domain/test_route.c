#include "domain_test.h"

static const struct matcher is_a[] = {{MATCHER_EQ, {"t", 1}, {"a", 1}, NULL}};
static const struct matcher is_deep[] = {{MATCHER_EQ, {"d", 1}, {"1", 1}, NULL}};

static const struct receiver root_r = {.name = {"root", 4}}, a_r = {.name = {"a", 1}},
                             deep_r = {.name = {"deep", 4}}, a2_r = {.name = {"a2", 2}};

/* root ─┬─ t=a (continue?) ─ d=1
 *       └─ t=a */
static struct str walk(bool continues, const char *labels)
{
    struct route deep = {.receiver = &deep_r, .matchers = {is_deep, 1}};
    struct route children[] = {
        {.receiver = &a_r,
         .matchers = {is_a, 1},
         .continues = continues,
         .children = &deep,
         .n_children = 1},
        {.receiver = &a2_r, .matchers = {is_a, 1}},
    };
    struct route root = {.receiver = &root_r, .children = children, .n_children = 2};
    struct route_hits hits = route_match(&root, labels_of(labels), &arena);
    struct strbuf out;
    strbuf_init(&out, &arena, 100);
    for (size_t i = 0; i < hits.n; i++) {
        strbuf_add(&out, hits.v[i]->receiver->name);
        strbuf_add_char(&out, ' ');
    }
    return strbuf_str(&out);
}

static void test_without_a_matching_child_the_root_takes_it(void **state)
{
    (void)state;
    assert_str_is(walk(false, "t=b"), "root ");
    assert_str_is(walk(false, ""), "root ");
}

static void test_a_child_wins_over_its_parent(void **state)
{
    (void)state;
    assert_str_is(walk(false, "t=a"), "a ");
}

static void test_the_deepest_match_wins(void **state)
{
    (void)state;
    assert_str_is(walk(false, "t=a,d=1"), "deep ");
}

static void test_the_first_match_ends_the_walk_without_continue(void **state)
{
    (void)state;
    assert_str_is(walk(false, "t=a"), "a ");
    assert_str_is(walk(true, "t=a"), "a a2 ");
}

static void test_continue_of_a_parent_counts_when_its_child_took_it(void **state)
{
    (void)state;
    assert_str_is(walk(true, "t=a,d=1"), "deep a2 ");
}

static void test_group_labels_are_those_named_or_all(void **state)
{
    (void)state;
    struct str names[] = {STR("t")};
    struct route some = {.group_by = names, .n_group_by = 1}, all = {.groups_by_all = true},
                 none = {0};
    struct labels l = labels_of("t=a,d=1");
    assert_true(labels_equal(route_group_labels(&some, l, &arena), labels_of("t=a")));
    assert_true(labels_equal(route_group_labels(&all, l, &arena), l));
    assert_int_equal(route_group_labels(&none, l, &arena).n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_without_a_matching_child_the_root_takes_it),
        T(test_a_child_wins_over_its_parent),
        T(test_the_deepest_match_wins),
        T(test_the_first_match_ends_the_walk_without_continue),
        T(test_continue_of_a_parent_counts_when_its_child_took_it),
        T(test_group_labels_are_those_named_or_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
