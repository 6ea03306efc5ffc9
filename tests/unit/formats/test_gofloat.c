#include "formats/template/gofloat.h"
#include "template_test.h"

#include <math.h>

static struct str shown(double number, char verb, int precision)
{
    struct strbuf out;
    strbuf_init(&out, &test_arena, 4096);
    gofloat_add(&out, number, verb, precision);
    return strbuf_str(&out);
}

static void test_the_shortest_text_reads_back_the_same(void **state)
{
    (void)state;
    static const struct {
        double number;
        const char *g, *e, *f;
    } cases[] = {
        {0, "0", "0e+00", "0"},
        {-0.0, "-0", "-0e+00", "-0"},
        {1, "1", "1e+00", "1"},
        {0.1, "0.1", "1e-01", "0.1"},
        {100000, "100000", "1e+05", "100000"},
        {1000000, "1e+06", "1e+06", "1000000"},
        {123456789, "1.23456789e+08", "1.23456789e+08", "123456789"},
        {0.0001, "0.0001", "1e-04", "0.0001"},
        {0.00001, "1e-05", "1e-05", "0.00001"},
        {5e-324, "5e-324", "5e-324", NULL},
        {1.7976931348623157e308, "1.7976931348623157e+308", "1.7976931348623157e+308", NULL},
        {1e100, "1e+100", "1e+100", NULL},
        {1e23, "1e+23", "1e+23", "100000000000000000000000"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        assert_str_is(shown(cases[i].number, 'g', GOFLOAT_SHORTEST), cases[i].g);
        assert_str_is(shown(cases[i].number, 'e', GOFLOAT_SHORTEST), cases[i].e);
        if (cases[i].f) {
            assert_str_is(shown(cases[i].number, 'f', GOFLOAT_SHORTEST), cases[i].f);
        }
    }
}

static void test_precision_rounds(void **state)
{
    (void)state;
    assert_str_is(shown(2.5, 'f', 0), "2");
    assert_str_is(shown(3.14159, 'f', 2), "3.14");
    assert_str_is(shown(1234.5678, 'e', 2), "1.23e+03");
    assert_str_is(shown(1234.5678, 'g', 3), "1.23e+03");
    assert_str_is(shown(1234.5678, 'g', 0), "1e+03");
    assert_str_is(shown(1.0, 'g', 10), "1");
    assert_str_is(shown(1e6, 'G', 3), "1E+06");
    assert_int_equal(shown(0.1, 'f', 2000).n, 2002);
}

static void test_hexadecimal_and_binary_forms(void **state)
{
    (void)state;
    assert_str_is(shown(1.5, 'x', GOFLOAT_SHORTEST), "0x1.8p+00");
    assert_str_is(shown(-3.14159, 'X', 1), "-0X1.9P+01");
    assert_str_is(shown(1.9999, 'x', 1), "0x1.0p+01");
    assert_str_is(shown(0, 'x', GOFLOAT_SHORTEST), "0x0p+00");
    assert_str_is(shown(5e-324, 'x', GOFLOAT_SHORTEST), "0x1p-1074");
    assert_str_is(shown(1, 'x', 20), "0x1.00000000000000000000p+00");
    assert_str_is(shown(1, 'b', GOFLOAT_SHORTEST), "4503599627370496p-52");
}

static void test_infinities_and_nan(void **state)
{
    (void)state;
    assert_str_is(shown(INFINITY, 'g', -1), "+Inf");
    assert_str_is(shown(-INFINITY, 'f', 2), "-Inf");
    assert_str_is(shown(NAN, 'e', 3), "NaN");
}

static void test_numbers_are_read_as_go_reads_them(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double want;
    } good[] = {{"1", 1},        {"-1.5", -1.5}, {".5", 0.5},       {"5.", 5},
                {"1e3", 1000},   {"1E-2", 0.01}, {"0x1p4", 16},     {"0x.8p1", 1},
                {"1_000", 1000}, {"+7", 7},      {"inf", INFINITY}, {"-Infinity", -INFINITY},
                {"08", 8}};
    static const char *const bad[] = {"",   "one", "1e",   "0x1", "1.2.3", "5m", " 1", "1 ",
                                      "_1", "1_",  "1__0", "--1", "0x",    ".",  "e5", "+inf5"};
    double number;
    bool is_large;
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        assert_true(gofloat_read(str_from(good[i].text), &number, &is_large));
        assert_true(number == good[i].want && !is_large);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        if (gofloat_read(str_from(bad[i]), &number, &is_large)) {
            fail_msg("%s is a number", bad[i]);
        }
    }
    assert_true(gofloat_read(STR("nan"), &number, &is_large) && isnan(number));
    assert_true(gofloat_read(STR("1e999"), &number, &is_large) && is_large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_shortest_text_reads_back_the_same),
        cmocka_unit_test(test_precision_rounds),
        cmocka_unit_test(test_hexadecimal_and_binary_forms),
        cmocka_unit_test(test_infinities_and_nan),
        cmocka_unit_test(test_numbers_are_read_as_go_reads_them),
    };
    return RUN_TEMPLATE_TESTS(tests);
}
