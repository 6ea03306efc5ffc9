#include "formats/template/value.h"
#include "template_test.h"

static void test_maps_are_sorted_and_keep_the_last_of_equal_keys(void **state)
{
    (void)state;
    struct value_entry v[] = {
        {STR("b"), value_int(1)}, {STR("a"), value_int(2)}, {STR("b"), value_int(3)}};
    struct value map = value_map(&test_arena, &type_any_map, v, 3);
    assert_int_equal(map.map.n, 2);
    assert_str_is(map.map.v[0].key, "a");
    assert_int_equal(value_map_get(&map, STR("b"))->i, 3);
    assert_null(value_map_get(&map, STR("c")));
    assert_null(value_map_get(&map, STR_EMPTY));
}

static void test_what_is_true(void **state)
{
    (void)state;
    struct value world = world_make(), nothing = VALUE_NONE;
    const struct value falses[] = {
        nothing,
        {.type = &type_any},
        value_bool(false),
        value_int(0),
        value_float(0),
        value_float(-0.0),
        value_str(STR_EMPTY),
        value_list(&type_strings, NULL, 0),
        world.fields[5],
        world.fields[7],
        {.type = &type_zone},
        {.type = &type_duration},
        {.type = &type_complex},
    };
    const struct value trues[] = {
        value_bool(true),
        value_int(-1),
        value_float(0.1),
        value_str(STR("false")),
        world.fields[4],
        world.fields[6],
        {.type = &type_time, .time = &gotime_zero},
        world,
        {.type = &type_zone, .zone = &gotime_utc},
        {.type = &type_complex, .complex_parts = {0, 1}},
    };
    for (size_t i = 0; i < sizeof(falses) / sizeof(*falses); i++) {
        assert_false(value_truth(&falses[i]));
    }
    for (size_t i = 0; i < sizeof(trues) / sizeof(*trues); i++) {
        assert_true(value_truth(&trues[i]));
    }
}

static void test_what_is_nil(void **state)
{
    (void)state;
    struct value world = world_make(), nothing = VALUE_NONE;
    struct value empty = value_list(&type_strings, NULL, 0), zero = value_int(0);
    assert_true(value_is_nil(&nothing));
    assert_true(value_is_nil(&world.fields[5]));
    assert_false(value_is_nil(&empty));
    assert_false(value_is_nil(&world.fields[7]));
    assert_false(value_is_nil(&zero));
    assert_string_equal(value_type_name(&nothing), "<nil>");
}

static void test_zero_values(void **state)
{
    (void)state;
    struct value time = value_zero(&type_time), text = value_zero(&type_string);
    struct value any = value_zero(&type_any), list = value_zero(&type_strings);
    assert_true(gotime_is_zero(time.time));
    assert_int_equal(text.s.n, 0);
    assert_true(value_is_nil(&any) && value_is_nil(&list));
}

static void test_which_types_fit_without_a_conversion(void **state)
{
    (void)state;
    static const struct value_type named = {
        .name = "test.Words", .kind = VALUE_LIST, .elem = &type_string, .under = &type_strings};
    static const struct value_type other = {
        .name = "test.Other", .kind = VALUE_LIST, .elem = &type_string, .under = &type_strings};
    assert_true(value_type_fits(&type_strings, &type_any));
    assert_true(value_type_fits(&named, &type_strings));
    assert_true(value_type_fits(&type_strings, &named));
    assert_false(value_type_fits(&named, &other));
    assert_false(value_type_fits(&type_html, &type_string));
    assert_false(value_type_fits(&type_int, &type_duration));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_maps_are_sorted_and_keep_the_last_of_equal_keys),
        cmocka_unit_test(test_what_is_true),
        cmocka_unit_test(test_what_is_nil),
        cmocka_unit_test(test_zero_values),
        cmocka_unit_test(test_which_types_fit_without_a_conversion),
    };
    return RUN_TEMPLATE_TESTS(tests);
}
