#include "formats/template/gofmt.h"
#include "template_test.h"

#include <math.h>

static void check_printf(const char *format, const struct value *args, size_t n, const char *want)
{
    struct strbuf out;
    strbuf_init(&out, &test_arena, 64 * 1024);
    gofmt_printf(&out, str_from(format), args, n);
    if (strcmp(out.p, want) != 0) {
        fail_msg("%s: got \"%s\", want \"%s\"", format, out.p, want);
    }
}

struct printf_case {
    const char *format, *want;
};

static void check_all(const struct printf_case *cases, size_t n, struct value arg)
{
    for (size_t i = 0; i < n; i++) {
        check_printf(cases[i].format, &arg, 1, cases[i].want);
    }
}
#define CHECK_ALL(cases, arg) check_all((cases), sizeof(cases) / sizeof(*(cases)), (arg))

static void test_integers(void **state)
{
    (void)state;
    static const struct printf_case cases[] = {{"%d", "42"},
                                               {"%v", "42"},
                                               {"%5d|", "   42|"},
                                               {"%-5d|", "42   |"},
                                               {"%05d", "00042"},
                                               {"%+d", "+42"},
                                               {"% d", " 42"},
                                               {"%x", "2a"},
                                               {"%X", "2A"},
                                               {"%#x", "0x2a"},
                                               {"%o", "52"},
                                               {"%#o", "052"},
                                               {"%O", "0o52"},
                                               {"%#O", "0o052"},
                                               {"%b", "101010"},
                                               {"%#b", "0b101010"},
                                               {"%c", "*"},
                                               {"%q", "'*'"},
                                               {"%U", "U+002A"},
                                               {"%#U", "U+002A '*'"},
                                               {"%.5d", "00042"},
                                               {"%8.5d", "   00042"},
                                               {"%08.5d", "   00042"},
                                               {"%T", "int"},
                                               {"%#v", "42"},
                                               {"%+v", "42"},
                                               {"%+05d", "+0042"},
                                               {"%-05d|", "42   |"},
                                               {"%s", "%!s(int=42)"},
                                               {"%t", "%!t(int=42)"},
                                               {"%z", "%!z(int=42)"},
                                               {"%f", "%!f(int=42)"},
                                               {"%5z|", "%!z(int=   42)|"},
                                               {"%p", "%!p(int=42)"},
                                               {"%w", "%!w(int=42)"}};
    CHECK_ALL(cases, value_int(42));
    static const struct printf_case negative[] = {{"%d", "-5"},  {"%05d", "-0005"},
                                                  {"%x", "-5"},  {"%b", "-101"},
                                                  {"%+d", "-5"}, {"%c", "\xef\xbf\xbd"}};
    CHECK_ALL(negative, value_int(-5));
    static const struct printf_case zero[] = {
        {"%.0d|", "|"}, {"%5.0d|", "     |"}, {"%05.0d|", "     |"}};
    CHECK_ALL(zero, value_int(0));
    static const struct printf_case least[] = {{"%d", "-9223372036854775808"},
                                               {"%x", "-8000000000000000"}};
    CHECK_ALL(least, value_int(INT64_MIN));
    struct value byte = {.type = &type_uint8, .u = 200};
    static const struct printf_case bytes[] = {
        {"%v", "200"}, {"%#v", "0xc8"}, {"%c", "È"}, {"%T", "uint8"}};
    CHECK_ALL(bytes, byte);
}

static void test_floats(void **state)
{
    (void)state;
    static const struct printf_case cases[] = {
        {"%v", "3.14159"},        {"%.2f", "3.14"},        {"%f", "3.141590"},
        {"%e", "3.141590e+00"},   {"%g", "3.14159"},       {"%8.2f|", "    3.14|"},
        {"%-8.2f|", "3.14    |"}, {"%08.2f", "00003.14"},  {"%+.1f", "+3.1"},
        {"% .1f", " 3.1"},        {"%.0f", "3"},           {"%#.0f", "3."},
        {"%G", "3.14159"},        {"%6.3v|", "  3.14|"},   {"%d", "%!d(float64=3.14159)"},
        {"%T", "float64"},        {"%+08.2f", "+0003.14"}, {"%#g", "3.14159"},
        {"%#.3g", "3.14"},        {"%.3x", "0x1.922p+01"}};
    CHECK_ALL(cases, value_float(3.14159));
    static const struct printf_case sharp[] = {{"%#x", "0x1.0000p+00"}, {"%#X", "0X1.P+00"},
                                               {"%#g", "1.00000"},      {"%#v", "1"},
                                               {"%#e", "1.000000e+00"}, {"%v", "1"}};
    CHECK_ALL(sharp, value_float(1));
    static const struct printf_case infinite[] = {
        {"%v", "+Inf"}, {"%08.2f", "    +Inf"}, {"%d", "%!d(float64=+Inf)"}};
    CHECK_ALL(infinite, value_float(INFINITY));
    static const struct printf_case nan[] = {{"%v", "NaN"}, {"%05f", "  NaN"}, {"%+f", "+NaN"}};
    CHECK_ALL(nan, value_float(NAN));
    struct value complex = {.type = &type_complex, .complex_parts = {1, -2}};
    static const struct printf_case pairs[] = {{"%v", "(1-2i)"},
                                               {"%.1f", "(1.0-2.0i)"},
                                               {"%d", "%!d(complex128=(1-2i))"},
                                               {"%+v", "(1-2i)"}};
    CHECK_ALL(pairs, complex);
}

static void test_strings(void **state)
{
    (void)state;
    static const struct printf_case cases[] = {{"%s", "héllo"},
                                               {"%v", "héllo"},
                                               {"%8s|", "   héllo|"},
                                               {"%-8s|", "héllo   |"},
                                               {"%.2s", "hé"},
                                               {"%8.2s|", "      hé|"},
                                               {"%q", "\"héllo\""},
                                               {"%+q", "\"h\\u00e9llo\""},
                                               {"%#q", "`héllo`"},
                                               {"%x", "68c3a96c6c6f"},
                                               {"%X", "68C3A96C6C6F"},
                                               {"% x", "68 c3 a9 6c 6c 6f"},
                                               {"%#x", "0x68c3a96c6c6f"},
                                               {"%# x", "0x68 0xc3 0xa9 0x6c 0x6c 0x6f"},
                                               {"%.2x", "68c3"},
                                               {"%#v", "\"héllo\""},
                                               {"%d", "%!d(string=héllo)"},
                                               {"%T", "string"},
                                               {"%08s", "000héllo"},
                                               {"%.1q", "\"h\""},
                                               {"%t", "%!t(string=héllo)"},
                                               {"%10q|", "   \"héllo\"|"},
                                               {"%é", "%!é(string=héllo)"}};
    CHECK_ALL(cases, value_str(STR("héllo")));
    static const struct printf_case html[] = {
        {"%v", "x"}, {"%T", "template.HTML"}, {"%d", "%!d(template.HTML=x)"}};
    CHECK_ALL(html, ((struct value){.type = &type_html, .s = STR("x")}));
}

static void test_bools_and_nothing(void **state)
{
    (void)state;
    static const struct printf_case cases[] = {{"%t", "true"},
                                               {"%v", "true"},
                                               {"%6t|", "  true|"},
                                               {"%s", "%!s(bool=true)"},
                                               {"%d", "%!d(bool=true)"}};
    CHECK_ALL(cases, value_bool(true));
    static const struct printf_case nothing[] = {
        {"%v", "<nil>"},     {"%8v|", "   <nil>|"}, {"%T", "<nil>"},     {"%d", "%!d(<nil>)"},
        {"%03.1T", "<nil>"}, {"%s", "%!s(<nil>)"},  {"%p", "%!p(<nil>)"}};
    CHECK_ALL(nothing, VALUE_NONE);
    CHECK_ALL(nothing, (struct value){.type = &type_any});
}

static void test_composites_print_their_parts(void **state)
{
    (void)state;
    struct value world = world_make();
    static const struct printf_case words[] = {
        {"%v", "[one two <three>]"},
        {"%q", "[\"one\" \"two\" \"<three>\"]"},
        {"%5s|", "[  one   two <three>]|"},
        {"%d", "[%!d(string=one) %!d(string=two) %!d(string=<three>)]"},
        {"%#v", "[]string{\"one\", \"two\", \"<three>\"}"},
        {"%x", "[6f6e65 74776f 3c74687265653e]"},
        {"%T", "[]string"},
        {"%p", "0xc000000000"},
        {"%#20p", "          c000000000"},
        {"%w", "%!w([]string=[one two <three>])"}};
    CHECK_ALL(words, world.fields[4]);
    static const struct printf_case none[] = {{"%v", "[]"}, {"%#v", "[]string(nil)"}, {"%d", "[]"}};
    CHECK_ALL(none, world.fields[5]);
    static const struct printf_case map[] = {
        {"%v", "map[a.b:dotted empty: team:web]"},
        {"%q", "map[\"a.b\":\"dotted\" \"empty\":\"\" \"team\":\"web\"]"},
        {"%#v", "map[string]string{\"a.b\":\"dotted\", \"empty\":\"\", \"team\":\"web\"}"}};
    CHECK_ALL(map, world.fields[6]);
    static const struct printf_case item[] = {{"%v", "{a 1}"},
                                              {"%+v", "{Key:a Value:1}"},
                                              {"%#v", "test.Item{Key:\"a\", Value:\"1\"}"},
                                              {"%q", "{\"a\" \"1\"}"}};
    CHECK_ALL(item, world.fields[10]);
    struct value any[2] = {VALUE_NONE, value_int(1)};
    static const struct printf_case anys[] = {
        {"%v", "[<nil> 1]"}, {"%d", "[<nil> 1]"}, {"%#v", "[]interface {}{interface {}(nil), 1}"}};
    CHECK_ALL(anys, value_list(&type_anys, any, 2));
    struct value byte[2] = {{.type = &type_uint8, .u = 'h'}, {.type = &type_uint8, .u = 'i'}};
    static const struct printf_case bytes[] = {{"%s", "hi"},
                                               {"%v", "[104 105]"},
                                               {"%x", "6869"},
                                               {"%q", "\"hi\""},
                                               {"%d", "[104 105]"},
                                               {"%#v", "[]byte{0x68, 0x69}"},
                                               {"%w", "[%!w(uint8=104) %!w(uint8=105)]"}};
    CHECK_ALL(bytes, value_list(&type_bytes, byte, 2));
}

static void test_types_with_a_text_print_it(void **state)
{
    (void)state;
    struct value when = {.type = &type_time, .time = &world_when};
    static const struct printf_case times[] = {
        {"%v", "2026-03-04 10:15:30.123456789 +0000 UTC"},
        {"%s", "2026-03-04 10:15:30.123456789 +0000 UTC"},
        {"%.10s", "2026-03-04"},
        {"%d", "{123456789 63908216130 0}"},
        {"%T", "time.Time"},
        {"%#v", "time.Date(2026, time.March, 4, 10, 15, 30, 123456789, time.UTC)"}};
    CHECK_ALL(times, when);
    struct value length = {.type = &type_duration, .i = INT64_C(5415000000000)};
    static const struct printf_case lengths[] = {
        {"%v", "1h30m15s"},      {"%s", "1h30m15s"},       {"%q", "\"1h30m15s\""},
        {"%d", "5415000000000"}, {"%10v|", "  1h30m15s|"}, {"%#v", "5415000000000"}};
    CHECK_ALL(lengths, length);
    struct value month = {.type = &type_month, .i = 3};
    static const struct printf_case months[] = {
        {"%v", "March"}, {"%d", "3"}, {"%02d", "03"}, {"%x", "4d61726368"}};
    CHECK_ALL(months, month);
}

static void test_mistakes_show_in_the_text(void **state)
{
    (void)state;
    struct value args[] = {value_int(1), value_int(2), value_str(STR("x"))};
    static const struct {
        const char *format;
        size_t n;
        const char *want;
    } cases[] = {
        {"%d %d", 1, "1 %!d(MISSING)"},
        {"%d", 2, "1%!(EXTRA int=2)"},
        {"", 3, "%!(EXTRA int=1, int=2, string=x)"},
        {"%", 0, "%!(NOVERB)"},
        {"%", 1, "%!(NOVERB)%!(EXTRA int=1)"},
        {"%!", 0, "%!!(MISSING)"},
        {"%-+ #0", 0, "%!(NOVERB)"},
        {"%.", 1, "%!.(int=1)"},
        {"%%|%5%|%d%%", 1, "%|%|1%"},
        {"%[2]d %[1]d", 2, "2 1"},
        {"%[3]s", 3, "x"},
        {"%[4]d", 3, "%!d(BADINDEX)"},
        {"%[0]d", 1, "%!d(BADINDEX)"},
        {"%[x]d", 1, "%!d(BADINDEX)"},
        {"%[1", 1, "%!(NOVERB)"},
        {"%[]d", 1, "%!d(BADINDEX)"},
        {"%[1]d %d", 2, "1 2"},
        {"%[2]*[1]d|", 2, " 1|"},
        {"%*d|", 2, "2|"},
        {"%[3]*[1]d", 3, "%!(BADWIDTH)1"},
        {"%.[3]*[1]d", 3, "%!(BADPREC)1"},
        {"%[1]2d", 1, "%!d(BADINDEX)"},
        {"%[1].2d", 1, "%!d(BADINDEX)"},
        {"%100000000d", 1, "%!(NOVERB)%!(EXTRA int=1)"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        check_printf(cases[i].format, args, cases[i].n, cases[i].want);
    }
    struct value widths[] = {value_int(-4), value_int(7)};
    check_printf("%*d|", widths, 2, "7   |");
    check_printf("%.*d|", widths, 2, "%!(BADPREC)7|");
}

static void test_print_puts_spaces_between_what_are_no_strings(void **state)
{
    (void)state;
    struct value args[] = {value_int(1),        value_int(2), value_str(STR("a")),
                           value_str(STR("b")), value_int(3), VALUE_NONE};
    struct strbuf out;
    strbuf_init(&out, &test_arena, 256);
    gofmt_print(&out, args, 6);
    gofmt_println(&out, args, 3);
    assert_str_is(strbuf_str(&out), "1 2ab3 <nil>1 2 a\n");
}

static void test_output_stops_at_its_maximum(void **state)
{
    (void)state;
    struct strbuf out;
    struct value arg = value_int(1);
    strbuf_init(&out, &test_arena, 100);
    gofmt_printf(&out, STR("%1000000d"), &arg, 1);
    assert_true(out.is_full && out.n == 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_floats),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_bools_and_nothing),
        cmocka_unit_test(test_composites_print_their_parts),
        cmocka_unit_test(test_types_with_a_text_print_it),
        cmocka_unit_test(test_mistakes_show_in_the_text),
        cmocka_unit_test(test_print_puts_spaces_between_what_are_no_strings),
        cmocka_unit_test(test_output_stops_at_its_maximum),
    };
    return RUN_TEMPLATE_TESTS(tests);
}
