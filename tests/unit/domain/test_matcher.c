#include "domain_test.h"

/* An expression that matches texts beginning with "web". */
static bool starts_with_web(const struct pattern *p, struct str text)
{
    (void)p;
    return str_starts_with(text, STR("web"));
}

static bool is_empty(const struct pattern *p, struct str text)
{
    (void)p;
    return text.n == 0;
}

static const struct pattern web = {starts_with_web}, empty = {is_empty};

static bool matches(enum matcher_op op, const char *value, const struct pattern *p,
                    const char *labels)
{
    struct matcher m = {op, STR("a"), str_from(value), p};
    return matcher_matches(&m, labels_of(labels));
}

static void test_equal_and_not_equal_compare_whole_values(void **state)
{
    (void)state;
    assert_true(matches(MATCHER_EQ, "1", NULL, "a=1"));
    assert_false(matches(MATCHER_EQ, "1", NULL, "a=12"));
    assert_true(matches(MATCHER_NE, "1", NULL, "a=2"));
    assert_false(matches(MATCHER_NE, "1", NULL, "a=1"));
}

static void test_expressions_ask_their_pattern(void **state)
{
    (void)state;
    assert_true(matches(MATCHER_RE, "web.*", &web, "a=web-1"));
    assert_false(matches(MATCHER_RE, "web.*", &web, "a=db-1"));
    assert_false(matches(MATCHER_NRE, "web.*", &web, "a=web-1"));
    assert_true(matches(MATCHER_NRE, "web.*", &web, "a=db-1"));
}

static void test_a_missing_label_is_the_empty_text_for_every_operator(void **state)
{
    (void)state;
    assert_true(matches(MATCHER_EQ, "", NULL, "b=1"));
    assert_true(matches(MATCHER_NE, "x", NULL, "b=1"));
    assert_true(matches(MATCHER_RE, "", &empty, "b=1"));
    assert_false(matches(MATCHER_NRE, "", &empty, "b=1"));
}

static void test_all_matchers_must_match_and_none_matches_everything(void **state)
{
    (void)state;
    struct matcher both[] = {{MATCHER_EQ, STR("a"), STR("1"), NULL},
                             {MATCHER_EQ, STR("b"), STR("2"), NULL}};
    assert_true(matchers_match((struct matchers){both, 2}, labels_of("a=1,b=2")));
    assert_false(matchers_match((struct matchers){both, 2}, labels_of("a=1,b=3")));
    assert_true(matchers_match((struct matchers){NULL, 0}, labels_of("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_equal_and_not_equal_compare_whole_values),
        T(test_expressions_ask_their_pattern),
        T(test_a_missing_label_is_the_empty_text_for_every_operator),
        T(test_all_matchers_must_match_and_none_matches_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
