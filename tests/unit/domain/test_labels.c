#include "domain_test.h"

static void test_labels_are_sorted_by_name(void **state)
{
    (void)state;
    struct labels l = labels_of("b=2,c=3,a=1");
    assert_int_equal(l.n, 3);
    assert_str_is(l.v[0].name, "a");
    assert_str_is(l.v[1].name, "b");
    assert_str_is(l.v[2].name, "c");
}

static void test_the_last_of_equal_names_wins(void **state)
{
    (void)state;
    struct labels l = labels_of("a=1,b=2,a=3");
    assert_int_equal(l.n, 2);
    assert_str_is(labels_get(l, STR("a")), "3");
}

static void test_an_empty_value_is_no_label(void **state)
{
    (void)state;
    assert_int_equal(labels_of("a=,b=2").n, 1);
    assert_int_equal(labels_of("a=1,a=").n, 0);
}

static void test_a_missing_label_is_the_empty_text(void **state)
{
    (void)state;
    assert_str_is(labels_get(labels_of("a=1"), STR("b")), "");
    assert_str_is(labels_get((struct labels){0}, STR("b")), "");
}

static void test_equality_ignores_the_order_they_came_in(void **state)
{
    (void)state;
    assert_true(labels_equal(labels_of("a=1,b=2"), labels_of("b=2,a=1")));
    assert_false(labels_equal(labels_of("a=1"), labels_of("a=1,b=2")));
    assert_false(labels_equal(labels_of("a=1"), labels_of("a=2")));
    assert_false(labels_equal(labels_of("a=1"), labels_of("b=1")));
}

/* As Alertmanager sent it: tests/data/alertmanager/firing_single.json. */
static void test_the_fingerprint_is_alertmanagers(void **state)
{
    (void)state;
    struct labels l = labels_of("alertname=InstanceDown,instance=web-01.example.org:9100,job=node,"
                                "scn=single,severity=critical");
    assert_int_equal(labels_fingerprint(l), 0x74452982b6e7f7a3ULL);
}

static void test_the_fingerprint_keeps_names_and_values_apart(void **state)
{
    (void)state;
    assert_int_not_equal(labels_fingerprint(labels_of("ab=c")),
                         labels_fingerprint(labels_of("a=bc")));
}

static void test_picking_keeps_only_the_named_ones_in_order(void **state)
{
    (void)state;
    struct str names[] = {STR("c"), STR("a"), STR("x")};
    struct labels l = labels_pick(&arena, labels_of("a=1,b=2,c=3"), names, 3);
    assert_true(labels_equal(l, labels_of("a=1,c=3")));
    assert_int_equal(labels_pick(&arena, labels_of("a=1"), NULL, 0).n, 0);
}

static void test_a_copy_shares_no_text(void **state)
{
    (void)state;
    char text[] = "value";
    struct label one = {STR("a"), {text, 5}};
    struct labels copy = labels_dup(&arena, labels_make(&arena, &one, 1));
    text[0] = 'X';
    assert_str_is(copy.v[0].value, "value");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_labels_are_sorted_by_name),
        T(test_the_last_of_equal_names_wins),
        T(test_an_empty_value_is_no_label),
        T(test_a_missing_label_is_the_empty_text),
        T(test_equality_ignores_the_order_they_came_in),
        T(test_the_fingerprint_is_alertmanagers),
        T(test_the_fingerprint_keeps_names_and_values_apart),
        T(test_picking_keeps_only_the_named_ones_in_order),
        T(test_a_copy_shares_no_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
