/* Statements, variables, expressions, and the words in which their mistakes are told. */
#include "template_test.h"

static void test_statements(void **state)
{
    (void)state;
    static const struct render_case cases[] = {
        {"", ""},
        {"plain { } text", "plain { } text"},
        {"{{ .Name }}", "O'Reilly & <Söhne>"},
        {"a {{- .Count -}} \n b", "a42b"},
        {"{{/* nothing */}}", ""},
        {"{{ if .Yes }}y{{ else }}n{{ end }}", "y"},
        {"{{ if .None }}y{{ else if .Words }}w{{ else }}n{{ end }}", "w"},
        {"{{ if not .Yes }}y{{ else if .None }}w{{ else }}n{{ end }}", "n"},
        {"{{ with .Item }}{{ .Key }}{{ end }}{{ .Count }}", "a42"},
        {"{{ with .None }}x{{ else }}{{ .Count }}{{ end }}", "42"},
        {"{{ with .None }}x{{ else with .Item }}{{ .Value }}{{ end }}", "1"},
        {"{{ with $x := .Count }}{{ $x }}{{ . }}{{ end }}", "4242"},
        {"{{ range .Words }}[{{ . }}]{{ end }}", "[one][two][<three>]"},
        {"{{ range $w := .Words }}[{{ $w }}{{ len . }}]{{ end }}", "[one3][two3][<three>7]"},
        {"{{ range $i, $w := .Words }}{{ $i }}{{ $w }} {{ end }}", "0one 1two 2<three> "},
        {"{{ range $k, $v := .Map }}{{ $k }}={{ $v }};{{ end }}", "a.b=dotted;empty=;team=web;"},
        {"{{ range .Map }}<{{ . }}>{{ end }}", "<dotted><><web>"},
        {"{{ range .None }}x{{ else }}none{{ end }}", "none"},
        {"{{ range 3 }}{{ . }}{{ end }}", "012"},
        {"{{ range $i := 3 }}{{ $i }}{{ end }}", "012"},
        {"{{ range 0 }}x{{ else }}none{{ end }}", "none"},
        {"{{ range -1 }}x{{ else }}none{{ end }}", "none"},
        {"{{ range .Count }}{{ if eq . 3 }}{{ break }}{{ end }}{{ . }}{{ end }}", "012"},
        {"{{ range 5 }}{{ if eq . 1 3 }}{{ continue }}{{ end }}{{ . }}{{ end }}", "024"},
        {"{{ range 2 }}{{ range 3 }}{{ if eq . 1 }}{{ break }}{{ end }}{{ . }}{{ end }};{{ end }}",
         "0;0;"},
        {"{{ range 2 }}{{ range 0 }}{{ else }}a{{ break }}b{{ end }}{{ . }}{{ end }}", "a0a1"},
        {"{{ range 2 }}{{ range 0 }}{{ else }}{{ continue }}{{ end }}{{ . }}{{ else }}c{{ end }}",
         ""},
        {"{{ range .Items }}{{ .Key }}{{ $.Count }}{{ end }}", "a42b42"},
        {"{{ range $i, $x := .Items }}{{ if $i }}, {{ end }}{{ $x.Value }}{{ end }}", "1, 2"},
    };
    CHECK_RENDERS(cases, TEMPLATE_TEXT);
}

static void test_variables(void **state)
{
    (void)state;
    static const struct render_case cases[] = {
        {"{{ $x := 1 }}{{ $x }}", "1"},
        {"{{ $x := 1 }}{{ $x = 2 }}{{ $x }}", "2"},
        {"{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ $x }}{{ end }}{{ $x }}", "21"},
        {"{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}", "2"},
        {"{{ $n := 0 }}{{ range .Words }}{{ $n = len . }}{{ end }}{{ $n }}", "7"},
        {"{{ $a := 0 }}{{ $b := 0 }}{{ range $a, $b = .Words }}{{ end }}{{ $a }}{{ $b }}",
         "2<three>"},
        {"{{ $x := 1 }}{{ range $x := .Words }}{{ end }}{{ $x }}", "1"},
        {"{{ if $x := .Count }}{{ $x }}{{ else }}{{ $x }}{{ end }}", "42"},
        {"{{ if $x := .None }}{{ else }}{{ $x }}{{ end }}", "[]"},
        {"{{ $ }}{{ $.Count }}", "{O'Reilly & <Söhne> 42 2.5 true [one two <three>] [] "
                                 "map[a.b:dotted empty: team:web] map[] 2026-03-04 "
                                 "10:15:30.123456789 +0000 UTC 1h30m15s {a 1} [{a 1} {b 2}]}42"},
        {"{{ $item := .Item }}{{ $item.Key }}", "a"},
        {"{{ define \"t\" }}{{ $ }}{{ $x := 2 }}{{ $x }}{{ end }}{{ $x := 1 }}{{ template \"t\" "
         "$x }}{{ $x }}",
         "121"},
        {"{{ range $i, $w := .Words }}{{ $i = 5 }}{{ $i }}{{ end }}", "555"},
        {"{{ $x := \"a\" }}{{ $x = 1 }}{{ printf \"%T\" $x }}", "int"},
    };
    CHECK_RENDERS(cases, TEMPLATE_TEXT);
}

static void test_expressions(void **state)
{
    (void)state;
    static const struct render_case cases[] = {
        {"{{ \"a\\tb\" }}{{ `c\\t` }}{{ 'a' }}", "a\tbc\\t97"},
        {"{{ 1 }} {{ -1 }} {{ 1.5 }} {{ 1e3 }} {{ 0x10 }} {{ 1_000 }} {{ 1+2i }}",
         "1 -1 1.5 1000 16 1000 (1+2i)"},
        {"{{ true }}{{ false }}", "truefalse"},
        {"{{ .Name | len | printf \"%03d\" }}", "019"},
        {"{{ printf \"%d-%s\" .Count \"x\" | printf \"%s-%s\" \"y\" }}", "y-42-x"},
        {"{{ (index .Items 1).Key }}", "b"},
        {"{{ (.Item).Value }}", "1"},
        {"{{ (print .Count | printf \"%s!\") }}", "42!"},
        {"{{ .Map.team }}{{ .Map.none }}|{{ .Any.none }}", "web|<no value>"},
        {"{{ index .Map \"a.b\" }}{{ index .Map \"none\" }}|", "dotted|"},
        {"{{ print nil }}{{ .Any.x | print }}", "<nil><nil>"},
        {"{{ .When.Year }}{{ .When.Format \"-01\" }}", "2026-03"},
        {"{{ .When.Format \"15:04\" | printf \"%s!\" }}", "10:15!"},
        {"{{ \"15:04\" | .When.Format }}", "10:15"},
        {"{{ (.When.Add .Long).Format \"15:04:05\" }}", "11:45:45"},
        {"{{ .When.Add 1000 | printf \"%v\" }}", "2026-03-04 10:15:30.123457789 +0000 UTC"},
        {"{{ .When.Weekday }} {{ .When.Month }} {{ printf \"%d\" .When.Month }}",
         "Wednesday March 3"},
        {"{{ .Long.Hours }} {{ .Long.Minutes }} {{ .Long.Round 3600000000000 }}",
         "1.5041666666666667 90.25 2h0m0s"},
        {"{{ .Long }} {{ .Long.String | len }}", "1h30m15s 8"},
        {"{{ with $x := 1 | print }}{{ $x }}{{ end }}", "1"},
        {"{{ and .Yes .Count }}|{{ or .None .Count }}|{{ and 0 (index .Words 9) }}", "42|42|0"},
        {"{{ or 1 (index .Words 9) }}", "1"},
        {"{{ 3 | and true | or false }}", "3"},
        {"{{ .When.Local.Location }} {{ .When.UTC.Location.String }}", "UTC UTC"},
    };
    CHECK_RENDERS(cases, TEMPLATE_TEXT);
}

#define AT(place, what) "template: :" place ": executing \"\" at " what

static void test_errors_say_where_and_what(void **state)
{
    (void)state;
    static const struct render_case cases[] = {
        {"{{ .Nope }}", AT("1:3", "<.Nope>: can't evaluate field Nope in type test.World")},
        {"\n  {{ .Item.Nope }}",
         AT("2:10", "<.Item.Nope>: can't evaluate field Nope in type test.Item")},
        {"{{ .Words.Nope }}",
         AT("1:9", "<.Words.Nope>: can't evaluate field Nope in type []string")},
        {"{{ .Name.Nope }}", AT("1:8", "<.Name.Nope>: can't evaluate field Nope in type string")},
        {"{{ .Any.x.y }}", AT("1:7", "<.Any.x.y>: nil pointer evaluating interface {}.y")},
        {"{{ .Map.team.x }}", AT("1:7", "<.Map.team.x>: can't evaluate field x in type string")},
        {"{{ range .Words }}{{ .Key }}{{ end }}",
         AT("1:21", "<.Key>: can't evaluate field Key in type string")},
        {"{{ range .Name }}{{ end }}",
         AT("1:9", "<.Name>: range can't iterate over O'Reilly & <Söhne>")},
        {"{{ range .Item }}{{ end }}", AT("1:9", "<.Item>: range can't iterate over {a 1}")},
        {"{{ range $i, $x := 3 }}{{ end }}",
         AT("1:19", "<3>: can't use 3 to iterate over more than one variable")},
        {"{{ .Name 1 }}", AT("1:3", "<.Name>: Name has arguments but cannot be invoked as "
                                    "function")},
        {"{{ .When.Year 1 }}",
         AT("1:8", "<.When.Year>: wrong number of args for Year: want 0 got 1")},
        {"{{ .When.Format }}",
         AT("1:8", "<.When.Format>: wrong number of args for Format: want 1 got 0")},
        {"{{ .When.Format 1 }}", AT("1:16", "<1>: expected string; found 1")},
        {"{{ .When.Format .Count }}",
         AT("1:16", "<.Count>: wrong type for value; expected string; got int")},
        {"{{ .When.Add \"x\" }}", AT("1:13", "<\"x\">: expected integer; found \"x\"")},
        {"{{ .When.Add 1.5 }}", AT("1:13", "<1.5>: expected integer; found 1.5")},
        {"{{ .When.Date }}", "template: :1:8: executing \"\" at <.When.Date>: function Date has 3 "
                             "return values; should be 1 or 2"},
        {"{{ toUpper }}", AT("1:3", "<toUpper>: wrong number of args for toUpper: want 1 got 0")},
        {"{{ toUpper 1 }}", AT("1:11", "<1>: expected string; found 1")},
        {"{{ toUpper .Count }}",
         AT("1:11", "<.Count>: wrong type for value; expected string; got int")},
        {"{{ .Count | toUpper }}",
         AT("1:12", "<toUpper>: wrong type for value; expected string; got int")},
        {"{{ toUpper nil }}", AT("1:11", "<nil>: cannot assign nil to string")},
        {"{{ nil }}", AT("1:3", "<nil>: nil is not a command")},
        {"{{ 9223372036854775808 }}", AT("1:3", "<9223372036854775808>: 9223372036854775808 "
                                                "overflows int")},
        {"{{ 1 2 }}", AT("1:3", "<1>: can't give argument to non-function 1")},
        {"{{ . | .Name }}",
         AT("1:7", "<.Name>: Name has arguments but cannot be invoked as function")},
        {"{{ (.Name) 1 }}", AT("1:3", "<(.Name) 1>: can't give argument to non-function .Name")},
        {"{{ template \"none\" }}", AT("1:12", "<{{template \"none\"}}>: template \"none\" not "
                                               "defined")},
        {"{{ define \"t\" }}\n{{ .Nope }}{{ end }}{{ template \"t\" . }}",
         "template: :2:3: executing \"t\" at <.Nope>: can't evaluate field Nope in type "
         "test.World"},
        {"{{ index .Words 3 }}",
         AT("1:3", "<index .Words 3>: error calling index: reflect: slice index out of range")},
        {"{{ index .Words 4 }}",
         AT("1:3", "<index .Words 4>: error calling index: index out of range: 4")},
        {"{{ slice .Words 2 1 }}",
         AT("1:3", "<slice .Words 2 1>: error calling slice: invalid slice index: 2 > 1")},
        {"{{ $x = 1 }}{{ $x := 1 }}", AT("1:8", "<1>: undefined variable: $x")},
        {"{{ .Map.a.b }}", AT("1:7", "<.Map.a.b>: can't evaluate field b in type string")},
        {"{{ len .Count }}", AT("1:3", "<len .Count>: error calling len: len of type int")},
        {"{{ len nil }}",
         AT("1:3",
            "<len nil>: error calling len: reflect: call of reflect.Value.Type on zero Value")},
        {"{{ .Count.String }}",
         AT("1:9", "<.Count.String>: can't evaluate field String in type int")},
        {"{{ lt .Words 1 }}",
         AT("1:3", "<lt .Words 1>: error calling lt: invalid type for comparison")},
        {"{{ (.Nope) }}", AT("1:4", "<.Nope>: can't evaluate field Nope in type test.World")},
        {"{{ $x := .Item }}{{ $x.Nope }}",
         AT("1:22", "<$x.Nope>: can't evaluate field Nope in type test.Item")},
        {"{{ (index .Items 0).Nope }}",
         AT("1:17", "<0>: can't evaluate field Nope in type test.Item")},
        {"{{ \"x\" | call }}", AT("1:9", "<call>: error calling call: non-function x of type "
                                         "string")},
        {"{{ call }}", AT("1:3", "<call>: wrong number of args for call: want at least 1 got 0")},
    };
    CHECK_FAILS(cases, TEMPLATE_TEXT);
}

static void test_calls_nest_as_deep_as_go_allows(void **state)
{
    (void)state;
    static const struct render_case fine[] = {
        {"{{ define \"t\" }}{{ if . }}{{ template \"t\" (slice . 1) }}.{{ end }}{{ end }}"
         "{{ template \"t\" \"abcd\" }}",
         "...."}};
    CHECK_RENDERS(fine, TEMPLATE_TEXT);
    static const struct render_case endless[] = {
        {"{{ define \"t\" }}{{ template \"t\" }}{{ end }}{{ template \"t\" }}",
         "template: :1:28: executing \"t\" at <{{template \"t\"}}>: exceeded maximum template "
         "depth (100000)"}};
    CHECK_FAILS(endless, TEMPLATE_TEXT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statements),
        cmocka_unit_test(test_variables),
        cmocka_unit_test(test_expressions),
        cmocka_unit_test(test_errors_say_where_and_what),
        cmocka_unit_test(test_calls_nest_as_deep_as_go_allows),
    };
    return RUN_TEMPLATE_TESTS(tests);
}
