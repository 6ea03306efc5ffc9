/* The functions that Alertmanager adds to Go's. */
#include "template_test.h"

#define AT(what) "template: :1:3: executing \"\" at " what

static void test_case_and_space(void **state)
{
    (void)state;
    static const struct render_case cases[] = {
        {"{{ toUpper \"aßö1\" }} {{ toLower \"ÄİΣ\" }}", "AßÖ1 äiσ"},
        {"{{ title \"hello wORLD o'neil-smith 3rd\" }}", "Hello World O'neil-Smith 3Rd"},
        {"[{{ trimSpace \"\\u00a0\\t a b \\n\\u2003\" }}]{{ \" x \" | trimSpace }}", "[a b]x"},
    };
    CHECK_RENDERS(cases, TEMPLATE_TEXT);
}

static void test_expressions(void **state)
{
    (void)state;
    static const struct render_case cases[] = {
        {"{{ match \"^O\" .Name }}{{ match \"z\" .Name }}{{ .Name | match \"(?i)reilly\" }}",
         "truefalsetrue"},
        {"{{ reReplaceAll \"(.*):(.*)\" \"$2/${1}\" \"web-1:9100\" }}", "9100/web-1"},
        {"{{ reReplaceAll \"(?P<n>a)\" \"<$n$$${n}x$1x>\" \"ba\" }}", "b<a$ax>"},
        {"{{ reReplaceAll \"x*\" \"-\" \"abc\" }}", "-a-b-c-"},
        {"{{ range .Words }}{{ reReplaceAll \"[eo]\" \"_\" . }} {{ end }}", "_n_ tw_ <thr__> "},
        {"{{ range .Words }}{{ match . \"one\" }} {{ end }}", "true false false "},
    };
    CHECK_RENDERS(cases, TEMPLATE_TEXT);
    static const struct render_case failures[] = {
        {"{{ match \"[a\" \"x\" }}", AT("<match \"[a\" \"x\">: error calling match: error parsing "
                                        "regexp: missing closing ]: `[a`")},
        {"{{ reReplaceAll \"(\" \"\" \"x\" }}",
         AT("<reReplaceAll \"(\" \"\" \"x\">: error calling reReplaceAll: regexp: Compile(`(`): "
            "error parsing regexp: missing closing ): `(`")},
        {"{{ match (print \"(\" .Count) \"x\" }}",
         AT("<match (print \"(\" .Count) \"x\">: error calling match: error parsing regexp: "
            "missing "
            "closing ): `(42`")},
    };
    CHECK_FAILS(failures, TEMPLATE_TEXT);
}

static void test_lists_and_maps(void **state)
{
    (void)state;
    static const struct render_case cases[] = {
        {"{{ join \", \" .Words }}|{{ .Words | join \"\" }}|{{ join \",\" .None }}",
         "one, two, <three>|onetwo<three>|"},
        {"{{ stringSlice \"a\" \"b\" | join \"-\" }}{{ stringSlice }}{{ len (stringSlice) }}",
         "a-b[]0"},
        {"{{ list 1 \"a\" nil }}{{ list }}{{ append (list 1) 2 3 }}{{ append (list) }}",
         "[1 a <nil>][][1 2 3][]"},
        {"{{ $l := list 1 }}{{ $m := append $l 2 }}{{ $n := append $l 3 }}{{ $l }}{{ $m }}{{ $n }}",
         "[1][1 2][1 3]"},
        {"{{ $d := dict \"b\" 1 \"a\" (list 2) }}{{ $d }}{{ $d.b }}{{ index $d.a 0 }}{{ $d.c }}",
         "map[a:[2] b:1]12<no value>"},
        {"{{ range $k, $v := dict \"x\" 1 \"a\" 2 }}{{ $k }}{{ $v }}{{ end }}", "a2x1"},
        {"{{ define \"t\" }}{{ .name }}:{{ .count }}{{ end }}"
         "{{ template \"t\" (dict \"name\" .Name \"count\" .Count) }}",
         "O'Reilly & <Söhne>:42"},
        {"{{ dict \"a\" 1 \"a\" 2 }}", "map[a:2]"},
    };
    CHECK_RENDERS(cases, TEMPLATE_TEXT);
    static const struct render_case failures[] = {
        {"{{ dict \"a\" }}",
         AT("<dict \"a\">: error calling dict: dict requires an even number of arguments")},
        {"{{ dict 1 2 }}", AT("<dict 1 2>: error calling dict: dict keys must be strings")},
        {"{{ append .Words 1 }}",
         "template: :1:10: executing \"\" at <.Words>: wrong type for value; expected []interface "
         "{}; got []string"},
        {"{{ join \",\" .Name }}",
         "template: :1:12: executing \"\" at <.Name>: wrong type for value; expected []string; got "
         "string"},
        {"{{ join \",\" (list \"a\") }}",
         "template: :1:18: executing \"\" at <\"a\">: wrong type for value; expected "
         "[]string; got []interface {}"},
    };
    CHECK_FAILS(failures, TEMPLATE_TEXT);
}

static void test_json_base64_and_urls(void **state)
{
    (void)state;
    static const struct render_case cases[] = {
        {"{{ toJson .Name }}{{ toJson nil }}{{ .Words | toJson }}",
         "\"O'Reilly \\u0026 \\u003cSöhne\\u003e\"null[\"one\",\"two\",\"\\u003cthree\\u003e\"]"},
        {"{{ toJson (dict \"b\" 1 \"a\" (list 1.5 true .Long)) }}",
         "{\"a\":[1.5,true,5415000000000],\"b\":1}"},
        {"{{ toJson .When }}{{ toJson .Items }}{{ toJson .None }}",
         "\"2026-03-04T10:15:30.123456789Z\"[{\"Key\":\"a\",\"Value\":\"1\"},"
         "{\"Key\":\"b\",\"Value\":\"2\"}]null"},
        {"{{ urlUnescape \"a+b%2Fc%C3%A9\" }}", "a b/cé"},
        {"{{ base64encode \"a?>é\" }}|{{ base64encode \"\" }}|{{ base64encode \"ab\" }}",
         "YT8-w6k=||YWI="},
        {"{{ base64decode \"YT8-w6k=\" }}|{{ base64decode \"YW\\nI=\" }}", "a?>é|ab"},
    };
    CHECK_RENDERS(cases, TEMPLATE_TEXT);
    static const struct render_case failures[] = {
        {"{{ urlUnescape \"%zz\" }}", AT("<urlUnescape \"%zz\">: error calling urlUnescape: "
                                         "invalid URL escape \"%zz\"")},
        {"{{ urlUnescape \"a%\" }}",
         AT("<urlUnescape \"a%\">: error calling urlUnescape: invalid URL escape \"%\"")},
        {"{{ base64decode \"a\" }}", AT("<base64decode \"a\">: error calling base64decode: illegal "
                                        "base64 data at input byte 0")},
        {"{{ base64decode \"YW+=\" }}", AT("<base64decode \"YW+=\">: error calling base64decode: "
                                           "illegal base64 data at input byte 2")},
        {"{{ base64decode \"YWI=x\" }}", AT("<base64decode \"YWI=x\">: error calling base64decode: "
                                            "illegal base64 data at input byte 4")},
    };
    CHECK_FAILS(failures, TEMPLATE_TEXT);
}

static void test_times(void **state)
{
    (void)state;
    static const struct render_case cases[] = {
        {"{{ .When | date \"2006-01-02 15:04\" }}", "2026-03-04 10:15"},
        {"{{ .When | tz \"Test/East\" | date \"15:04 MST -0700\" }}", "11:15 EAST +0100"},
        {"{{ .When | tz \"UTC\" }} {{ (tz \"\" .When).Location }} {{ (tz \"Local\" .When).Hour }}",
         "2026-03-04 10:15:30.123456789 +0000 UTC UTC 10"},
        {"{{ since .When }} {{ since .When | humanizeDuration }}", "59m59.876543211s 59m 59s"},
        {"{{ now.Format \"15:04:05\" }} {{ (now.Sub .When).Round 1000000000 }}", "11:15:30 1h0m0s"},
        {"{{ toDate \"2006-01-02\" \"2026-01-31\" }} {{ (toDate \"2006\" \"x\").IsZero }}",
         "2026-01-31 00:00:00 +0000 UTC true"},
        {"{{ (mustToDate \"02 Jan 06\" \"31 Jan 26\").Weekday }}", "Saturday"},
    };
    CHECK_RENDERS(cases, TEMPLATE_TEXT);
    static const struct render_case failures[] = {
        {"{{ tz \"No/Where\" .When }}", AT("<tz \"No/Where\" .When>: error calling tz: unknown "
                                           "time zone No/Where")},
        {"{{ tz \"../x\" .When }}",
         AT("<tz \"../x\" .When>: error calling tz: time: invalid location name")},
        {"{{ .When | tz \"UTC\" \"x\" }}",
         "template: :1:11: executing \"\" at <tz>: wrong number of args for tz: want 2 got 3"},
        {"{{ .When | date \"2006\" | tz \"UTC\" }}",
         "template: :1:28: executing \"\" at <\"UTC\">: wrong type for value; expected "
         "time.Time; got string"},
        {"{{ mustToDate \"2006\" \"x\" }}",
         AT("<mustToDate \"2006\" \"x\">: error calling mustToDate: parsing time \"x\" as "
            "\"2006\": cannot parse \"x\" as \"2006\"")},
        {"{{ date \"2006\" 0 }}",
         "template: :1:15: executing \"\" at <0>: can't handle 0 for arg of "
         "type time.Time"},
    };
    CHECK_FAILS(failures, TEMPLATE_TEXT);
}

static void test_lengths_for_people(void **state)
{
    (void)state;
    static const struct render_case cases[] = {
        {"0", "0s"},
        {"1", "1s"},
        {"60", "1m 0s"},
        {"3600", "1h 0m 0s"},
        {"86400", "1d 0h 0m 0s"},
        {"(print 90000)", "1d 1h 0m 0s"},
        {"-183845.0", "-2d 3h 4m 5s"},
        {"899.99", "14m 59s"},
        {"0.1", "100ms"},
        {"0.0001", "100us"},
        {"0.12345", "123.5ms"},
        {"60.1", "1m 0s"},
        {"1.2345", "1.234s"},
        {"12.345", "12.35s"},
        {"59.999", "60s"},
        {"-0.5", "-500ms"},
        {"-1", "-1s"},
        {"1e-9", "1ns"},
        {"\"1.5\"", "1.5s"},
        {"\"NaN\"", "NaN"},
        {"\"+Inf\"", "+Inf"},
        {".Long", "1h 30m 15s"},
        {".Count", "42s"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct str text = str_printf(&test_arena, "{{ humanizeDuration %s }}", cases[i].text);
        assert_true(is_rendered(text.p, TEMPLATE_TEXT, true, cases[i].want));
    }
    static const struct render_case failures[] = {
        {"{{ humanizeDuration \"5m\" }}",
         AT("<humanizeDuration \"5m\">: error calling humanizeDuration: strconv.ParseFloat: "
            "parsing \"5m\": invalid syntax")},
        {"{{ humanizeDuration \"1e999\" }}",
         AT("<humanizeDuration \"1e999\">: error calling humanizeDuration: strconv.ParseFloat: "
            "parsing \"1e999\": value out of range")},
        {"{{ humanizeDuration true }}",
         AT("<humanizeDuration true>: error calling humanizeDuration: can't convert bool to "
            "float")},
        {"{{ humanizeDuration nil }}",
         AT("<humanizeDuration nil>: error calling humanizeDuration: can't convert <nil> to "
            "float")},
    };
    CHECK_FAILS(failures, TEMPLATE_TEXT);
}

static void test_methods_of_times(void **state)
{
    (void)state;
    static const struct render_case cases[] = {
        {"{{ .When.Year }} {{ .When.Month }} {{ .When.Day }} {{ .When.Hour }} {{ .When.Minute }} "
         "{{ .When.Second }} {{ .When.Nanosecond }} {{ .When.YearDay }} {{ .When.Weekday }}",
         "2026 March 4 10 15 30 123456789 63 Wednesday"},
        {"{{ .When.Unix }} {{ .When.UnixMilli }} {{ .When.UnixMicro }} {{ .When.UnixNano }}",
         "1772619330 1772619330123 1772619330123456 1772619330123456789"},
        {"{{ .When.AddDate 0 1 1 }} {{ .When.IsZero }} {{ .When.IsDST }}",
         "2026-04-05 10:15:30.123456789 +0000 UTC false false"},
        {"{{ .When.Truncate 60000000000 | date \"15:04:05\" }} {{ .When.Round 60000000000 | date "
         "\"15:04:05\" }}",
         "10:15:00 10:16:00"},
        {"{{ $l := .When.Add 1 }}{{ $l.After .When }} {{ $l.Before .When }} {{ $l.Equal .When }} "
         "{{ $l.Compare .When }} {{ $l.Sub .When }}",
         "true false false 1 1ns"},
        {"{{ .When.In (tz \"Test/East\" .When).Location }}",
         "2026-03-04 11:15:30.123456789 +0100 EAST"},
        {"{{ .When.String | len }} {{ .When.GoString }}",
         "39 time.Date(2026, time.March, 4, 10, 15, 30, 123456789, time.UTC)"},
        {"{{ printf \"%s\" .When.MarshalJSON }} {{ printf \"%s\" .When.MarshalText }}",
         "\"2026-03-04T10:15:30.123456789Z\" 2026-03-04T10:15:30.123456789Z"},
        {"{{ printf \"%s\" (.When.AppendText nil) }} {{ .When.MarshalBinary | .When.AppendBinary | "
         "len "
         "}} {{ \"06\" | .When.AppendFormat .When.MarshalText | printf \"%s\" }}",
         "2026-03-04T10:15:30.123456789Z 30 2026-03-04T10:15:30.123456789Z26"},
        {"{{ printf \"%x\" .When.MarshalBinary }}", "010000000ee139fd42075bcd15ffff"},
        {"{{ .Long.Hours }} {{ .Long.Seconds }} {{ .Long.Milliseconds }} {{ .Long.Microseconds }} "
         "{{ .Long.Nanoseconds }} {{ .Long.Abs }}",
         "1.5041666666666667 5415 5415000 5415000000 5415000000000 1h30m15s"},
        {"{{ .Long.Truncate 60000000000 }} {{ .Long.Round 60000000000 }}", "1h30m0s 1h30m0s"},
        {"{{ printf \"%.1f\" .Long.Hours }} {{ printf \"%d\" .Long }} {{ printf \"%T\" .Long }}",
         "1.5 5415000000000 time.Duration"},
        {"{{ .When.Month.String }} {{ printf \"%02d\" .When.Month }} {{ eq .When.Month 3 }}",
         "March 03 true"},
    };
    CHECK_RENDERS(cases, TEMPLATE_TEXT);
    static const struct render_case failures[] = {
        {"{{ .When.In nil }}", "template: :1:8: executing \"\" at <.When.In>: error calling In: "
                               "time: missing Location in call to Time.In"},
        {"{{ (.When.AddDate 8000 0 0).MarshalText }}",
         "template: :1:27: executing \"\" at <(.When.AddDate 8000 0 0).MarshalText>: error calling "
         "MarshalText: Time.MarshalText: year outside of range [0,9999]"},
        {"{{ .When.ISOWeek }}", "template: :1:8: executing \"\" at <.When.ISOWeek>: invalid "
                                "function signature for ISOWeek: second return value should be "
                                "error; is int"},
        {"{{ .When.wall }}", "template: :1:8: executing \"\" at <.When.wall>: wall is an "
                             "unexported field of struct type time.Time"},
        {"{{ .When.Nope }}", "template: :1:8: executing \"\" at <.When.Nope>: can't evaluate field "
                             "Nope in type time.Time"},
    };
    CHECK_FAILS(failures, TEMPLATE_TEXT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_case_and_space),
        cmocka_unit_test(test_expressions),
        cmocka_unit_test(test_lists_and_maps),
        cmocka_unit_test(test_json_base64_and_urls),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_lengths_for_people),
        cmocka_unit_test(test_methods_of_times),
    };
    return RUN_TEMPLATE_TESTS(tests);
}
