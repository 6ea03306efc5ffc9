#include "formats/template/gojson.h"
#include "template_test.h"

#include <math.h>

static struct str json_of(struct value value)
{
    struct strbuf out, why;
    strbuf_init(&out, &test_arena, 64 * 1024);
    strbuf_init(&why, &test_arena, 1024);
    return gojson_add(&out, &value, &why) ? strbuf_str(&out) : strbuf_str(&why);
}

static void test_scalars(void **state)
{
    (void)state;
    assert_str_is(json_of(VALUE_NONE), "null");
    assert_str_is(json_of(value_bool(true)), "true");
    assert_str_is(json_of(value_int(-42)), "-42");
    assert_str_is(json_of((struct value){.type = &type_uint8, .u = 200}), "200");
    assert_str_is(json_of((struct value){.type = &type_duration, .i = 1500}), "1500");
    assert_str_is(json_of((struct value){.type = &type_html, .s = STR("<b>")}),
                  "\"\\u003cb\\u003e\"");
    assert_str_is(json_of((struct value){.type = &type_zone, .zone = &gotime_utc}), "{}");
    struct value complex = {.type = &type_complex, .complex_parts = {1, 2}};
    assert_str_is(json_of(complex), "json: unsupported type: complex128");
}

static void test_strings_are_escaped_as_go_does(void **state)
{
    (void)state;
    assert_str_is(json_of(value_str(STR("a\"b\\c\b\f\n\r\t\x01\x7f"))),
                  "\"a\\\"b\\\\c\\b\\f\\n\\r\\t\\u0001\x7f\"");
    assert_str_is(json_of(value_str(STR("<a href='x'>&</a>"))),
                  "\"\\u003ca href='x'\\u003e\\u0026\\u003c/a\\u003e\"");
    assert_str_is(json_of(value_str(STR("é €\xe2\x80\xa8\xe2\x80\xa9 \xff \xed\xa0\x80"))),
                  "\"é €\\u2028\\u2029 \\ufffd \\ufffd\\ufffd\\ufffd\"");
    assert_str_is(json_of(value_str(STR("\xef\xbf\xbd"))), "\"\xef\xbf\xbd\"");
}

static void test_floats_are_written_as_javascript_does(void **state)
{
    (void)state;
    static const struct {
        double number;
        const char *want;
    } cases[] = {
        {0, "0"},
        {-0.0, "-0"},
        {1, "1"},
        {2.5, "2.5"},
        {1e20, "100000000000000000000"},
        {1e21, "1e+21"},
        {1e-6, "0.000001"},
        {1e-7, "1e-7"},
        {1.5e-9, "1.5e-9"},
        {1e-10, "1e-10"},
        {-1e-7, "-1e-7"},
        {123456.789, "123456.789"},
        {NAN, "json: unsupported value: NaN"},
        {INFINITY, "json: unsupported value: +Inf"},
        {-INFINITY, "json: unsupported value: -Inf"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        assert_str_is(json_of(value_float(cases[i].number)), cases[i].want);
    }
}

static void test_composites(void **state)
{
    (void)state;
    struct value world = world_make();
    assert_str_is(json_of(world.fields[4]), "[\"one\",\"two\",\"\\u003cthree\\u003e\"]");
    assert_str_is(json_of(world.fields[5]), "null");
    assert_str_is(json_of(value_list(&type_strings, NULL, 0)), "[]");
    assert_str_is(json_of(world.fields[6]), "{\"a.b\":\"dotted\",\"empty\":\"\",\"team\":\"web\"}");
    assert_str_is(json_of((struct value){.type = &type_any_map}), "null");
    assert_str_is(json_of(world.fields[7]), "{}");
    assert_str_is(json_of(world.fields[10]), "{\"Key\":\"a\",\"Value\":\"1\"}");
    struct value byte[2] = {{.type = &type_uint8, .u = 'h'}, {.type = &type_uint8, .u = 'i'}};
    assert_str_is(json_of(value_list(&type_bytes, byte, 2)), "\"aGk=\"");
    struct value any[2] = {VALUE_NONE, value_float(NAN)};
    assert_str_is(json_of(value_list(&type_anys, any, 1)), "[null]");
    assert_str_is(json_of(value_list(&type_anys, any, 2)), "json: unsupported value: NaN");
}

static void test_fields_without_a_key_are_left_out(void **state)
{
    (void)state;
    static const struct value_field fields[] = {
        {.name = {"Shown", 5}, .json = "shown", .type = &type_int},
        {.name = {"Hidden", 6}, .type = &type_int},
    };
    static const struct value_type type = {
        .name = "test.Partly", .kind = VALUE_STRUCT, .fields = fields, .n_fields = 2};
    struct value values[2] = {value_int(1), value_int(2)};
    assert_str_is(json_of(value_struct(&type, values)), "{\"shown\":1}");
}

static void test_times(void **state)
{
    (void)state;
    struct gotime east = world_when;
    east.zone = &world_east;
    assert_str_is(json_of((struct value){.type = &type_time, .time = &world_when}),
                  "\"2026-03-04T10:15:30.123456789Z\"");
    assert_str_is(json_of((struct value){.type = &type_time, .time = &east}),
                  "\"2026-03-04T11:15:30.123456789+01:00\"");
    assert_str_is(json_of((struct value){.type = &type_time, .time = &gotime_zero}),
                  "\"0001-01-01T00:00:00Z\"");
    struct gotime far = gotime_make(10000, 1, 1, 0, 0, &gotime_utc);
    assert_str_is(json_of((struct value){.type = &type_time, .time = &far}),
                  "json: error calling MarshalJSON for type time.Time: Time.MarshalJSON: "
                  "year outside of range [0,9999]");
}

static void test_nesting_is_bounded(void **state)
{
    (void)state;
    struct value nested = value_list(&type_anys, NULL, 0);
    for (int i = 0; i < 1000; i++) {
        struct value *item = ARENA_NEW(&test_arena, struct value);
        *item = nested;
        nested = value_list(&type_anys, item, 1);
    }
    struct strbuf out, why;
    strbuf_init(&out, &test_arena, 64 * 1024);
    strbuf_init(&why, &test_arena, 1024);
    assert_false(gojson_add(&out, &nested, &why));
    assert_true(why.n > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scalars),
        cmocka_unit_test(test_strings_are_escaped_as_go_does),
        cmocka_unit_test(test_floats_are_written_as_javascript_does),
        cmocka_unit_test(test_composites),
        cmocka_unit_test(test_fields_without_a_key_are_left_out),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_nesting_is_bounded),
    };
    return RUN_TEMPLATE_TESTS(tests);
}
