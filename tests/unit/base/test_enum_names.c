#include "base/enum_names.h"

#include "cmocka_all.h"
#include "unit/base/aborting.h"

#include <string.h>

#define COLOURS(X)                                                                                 \
    X(COLOUR_RED, "red")                                                                           \
    X(COLOUR_DARK_BLUE, "dark_blue")
ENUM_DECLARE(colour, COLOURS)
ENUM_DEFINE(colour, COLOURS)

static void test_names_and_values_lead_to_each_other(void **state)
{
    (void)state;
    assert_int_equal(colour_COUNT, 2);
    for (unsigned i = 0; i < colour_COUNT; i++) {
        enum colour back = colour_COUNT;
        assert_true(colour_from_name(str_from(colour_name((enum colour)i)), &back));
        assert_int_equal(back, i);
    }
    assert_string_equal(colour_name(COLOUR_DARK_BLUE), "dark_blue");
}

static void test_an_unknown_name_leaves_the_result_alone(void **state)
{
    (void)state;
    enum colour c = COLOUR_DARK_BLUE;
    assert_false(colour_from_name(STR("Red"), &c));
    assert_false(colour_from_name(STR("re"), &c));
    assert_false(colour_from_name(STR("red\0"), &c));
    assert_false(colour_from_name(STR(""), &c));
    assert_int_equal(c, COLOUR_DARK_BLUE);
}

static void name_a_value_out_of_range(void)
{
    (void)colour_name(colour_COUNT);
}

static void test_naming_a_value_out_of_range_is_a_bug(void **state)
{
    (void)state;
    assert_true(aborts(name_a_value_out_of_range));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_and_values_lead_to_each_other),
        cmocka_unit_test(test_an_unknown_name_leaves_the_result_alone),
        cmocka_unit_test(test_naming_a_value_out_of_range_is_a_bug),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
