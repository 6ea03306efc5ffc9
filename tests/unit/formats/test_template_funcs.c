/* The functions that Go's templates bring. */
#include "template_test.h"

#define AT(what) "template: :1:3: executing \"\" at " what

static void test_logic(void **state)
{
    (void)state;
    static const struct render_case cases[] = {
        {"{{ and 1 2 }}{{ and 0 2 }}{{ and 1 \"\" 3 }}{{ and 1 }}|", "201|"},
        {"{{ and 1 \"\" }}|{{ or 0 \"\" }}|{{ or 0 .None }}|{{ or 0 2 3 }}", "||[]|2"},
        {"{{ not 0 }}{{ not \"a\" }}{{ not nil }}{{ not .None }}", "truefalsetruetrue"},
        {"{{ if and (gt .Count 1) (lt .Count 100) }}in{{ end }}", "in"},
        {"{{ or nil nil }}{{ and nil }}", "<no value><no value>"},
    };
    CHECK_RENDERS(cases, TEMPLATE_TEXT);
}

static void test_comparison(void **state)
{
    (void)state;
    static const struct render_case cases[] = {
        {"{{ eq 1 1 }}{{ eq 1 2 }}{{ eq 1 2 1 }}{{ ne 1 2 }}", "truefalsetruetrue"},
        {"{{ eq \"a\" \"a\" }}{{ eq 1.5 1.5 }}{{ eq true false }}", "truetruefalse"},
        {"{{ lt 1 2 }}{{ le 2 2 }}{{ gt 1 2 }}{{ ge 2 2 }}", "truetruefalsetrue"},
        {"{{ lt \"10\" \"9\" }}{{ lt 1.5 2.5 }}{{ gt \"b\" \"a\" }}", "truetruetrue"},
        {"{{ eq .Name (print .Name) }}{{ eq .Count 42 }}", "truetrue"},
        {"{{ eq nil nil }}{{ eq .Any.x nil }}{{ eq .None nil }}{{ ne .Count nil }}",
         "truetruetruetrue"},
        {"{{ eq .Item .Item }}{{ eq .Item (index .Items 1) }}", "truefalse"},
        {"{{ eq .When .When }}{{ eq .Long .Long }}{{ lt .Long .Long }}", "truetruefalse"},
        {"{{ eq (index .Name 0) 79 }}{{ lt (index .Name 0) 80 }}{{ gt 80 (index .Name 0) }}",
         "truetruetrue"},
        {"{{ eq 1i 1i }}{{ eq (len .Words) 3 }}", "truetrue"},
        {"{{ eq .Long 5415000000000 }}", "true"},
        {"{{ eq (safeHtml \"a\") \"a\" }}", "true"},
    };
    CHECK_RENDERS(cases, TEMPLATE_TEXT);
    static const struct render_case failures[] = {
        {"{{ eq 1 \"1\" }}", AT("<eq 1 \"1\">: error calling eq: incompatible types for "
                                "comparison: int and string")},
        {"{{ lt 1 2.5 }}", AT("<lt 1 2.5>: error calling lt: incompatible types for comparison: "
                              "int and float64")},
        {"{{ eq 1 }}", AT("<eq 1>: error calling eq: missing argument for comparison")},
        {"{{ eq }}", AT("<eq>: wrong number of args for eq: want at least 1 got 0")},
        {"{{ ne 1 }}", AT("<ne>: wrong number of args for ne: want 2 got 1")},
        {"{{ eq .Words .Words }}", AT("<eq .Words .Words>: error calling eq: non-comparable type "
                                      "[one two <three>]: []string")},
        {"{{ eq .Map .Map }}", AT("<eq .Map .Map>: error calling eq: non-comparable type "
                                  "map[a.b:dotted empty: team:web]: map[string]string")},
        {"{{ lt true false }}",
         AT("<lt true false>: error calling lt: invalid type for comparison")},
        {"{{ lt 1 nil }}", AT("<lt 1 nil>: error calling lt: invalid type for comparison")},
        {"{{ gt .None 0 }}", AT("<gt .None 0>: error calling gt: invalid type for comparison")},
        {"{{ eq .Words 1 }}", AT("<eq .Words 1>: error calling eq: incompatible types for "
                                 "comparison: []string and int")},
    };
    CHECK_FAILS(failures, TEMPLATE_TEXT);
}

static void test_len_index_and_slice(void **state)
{
    (void)state;
    static const struct render_case cases[] = {
        {"{{ len .Words }}{{ len .Map }}{{ len \"é\" }}{{ len .None }}", "3320"},
        {"{{ index .Words 0 }}{{ index .Words 2 }}", "one<three>"},
        {"{{ index .Map \"team\" }}{{ index .Map \"none\" }}|", "web|"},
        {"{{ index .Items 0 | printf \"%v\" }}{{ index .Words }}", "{a 1}[one two <three>]"},
        {"{{ index .Name 0 }}{{ index (list (list 1 2)) 0 1 }}", "792"},
        {"{{ slice .Name 0 3 }}|{{ slice .Name 2 }}|{{ slice .Words 1 2 }}|{{ slice .Words }}",
         "O'R|Reilly & <Söhne>|[two]|[one two <three>]"},
        {"{{ slice .Words 0 1 2 | len }}{{ slice .None 0 0 }}", "1[]"},
        {"{{ slice \"é\" 0 1 | printf \"%q\" }}", "\"\\xc3\""},
    };
    CHECK_RENDERS(cases, TEMPLATE_TEXT);
    static const struct render_case failures[] = {
        {"{{ index .Words -1 }}",
         AT("<index .Words -1>: error calling index: index out of range: -1")},
        {"{{ index .Words 9 }}",
         AT("<index .Words 9>: error calling index: index out of range: 9")},
        {"{{ index .Words \"a\" }}", AT("<index .Words \"a\">: error calling index: cannot index "
                                        "slice/array with type string")},
        {"{{ index .Words nil }}", AT("<index .Words nil>: error calling index: cannot index "
                                      "slice/array with nil")},
        {"{{ index .Map 1 }}",
         AT("<index .Map 1>: error calling index: value has type int; should be string")},
        {"{{ index .Map nil }}", AT("<index .Map nil>: error calling index: value is nil; should "
                                    "be of type string")},
        {"{{ index .Count 1 }}",
         AT("<index .Count 1>: error calling index: can't index item of type int")},
        {"{{ index .Item \"Key\" }}",
         AT("<index .Item \"Key\">: error calling index: can't index item of type test.Item")},
        {"{{ index nil }}", AT("<index nil>: error calling index: index of untyped nil")},
        {"{{ index .Any.x 1 }}", AT("<index .Any.x 1>: error calling index: index of untyped nil")},
        {"{{ slice .Name 99 }}",
         AT("<slice .Name 99>: error calling slice: index out of range: 99")},
        {"{{ slice .Name 3 2 }}",
         AT("<slice .Name 3 2>: error calling slice: invalid slice index: 3 > 2")},
        {"{{ slice .Name 1 2 3 }}",
         AT("<slice .Name 1 2 3>: error calling slice: cannot 3-index slice a string")},
        {"{{ slice .Map 1 }}",
         AT("<slice .Map 1>: error calling slice: can't slice item of type map[string]string")},
        {"{{ slice nil }}", AT("<slice nil>: error calling slice: slice of untyped nil")},
        {"{{ slice .Words 1 2 3 4 }}",
         AT("<slice .Words 1 2 3 4>: error calling slice: too many slice indexes: 4")},
    };
    CHECK_FAILS(failures, TEMPLATE_TEXT);
}

static void test_printing(void **state)
{
    (void)state;
    static const struct render_case cases[] = {
        {"{{ print \"a\" 1 2 \"b\" }}{{ print }}{{ print nil }}", "a1 2b<nil>"},
        {"{{ println \"a\" 1 }}{{ println }}", "a 1\n\n"},
        {"{{ printf \"%5.1f|%-5s|%05d|%q|%v|%t\" 2.25 \"ab\" 42 \"x\" .Words true }}",
         "  2.2|ab   |00042|\"x\"|[one two <three>]|true"},
        {"{{ printf \"%d %s\" 1 }}{{ printf \"%d\" \"x\" }}{{ printf \"x\" 1 }}",
         "1 %!s(MISSING)%!d(string=x)x%!(EXTRA int=1)"},
        {"{{ printf \"%%\" }}{{ printf \"%T %T %T\" .Map .When nil }}",
         "%map[string]string time.Time <nil>"},
        {"{{ printf \"%v %+v %#v\" .Item .Item .Item }}",
         "{a 1} {Key:a Value:1} test.Item{Key:\"a\", Value:\"1\"}"},
        {"{{ 1000000.0 }} {{ 999999.0 }} {{ 1e21 }} {{ 0.00001 }} {{ 1e-4 }} {{ 1e20 }}",
         "1e+06 999999 1e+21 1e-05 0.0001 1e+20"},
    };
    CHECK_RENDERS(cases, TEMPLATE_TEXT);
    static const struct render_case failures[] = {
        {"{{ printf }}", AT("<printf>: wrong number of args for printf: want at least 1 got 0")},
        {"{{ printf 1 }}", "template: :1:10: executing \"\" at <1>: expected string; found 1"},
    };
    CHECK_FAILS(failures, TEMPLATE_TEXT);
}

static void test_escapers(void **state)
{
    (void)state;
    static const struct render_case cases[] = {
        {"{{ html .Name }}", "O&#39;Reilly &amp; &lt;Söhne&gt;"},
        {"{{ html \"a\" 1 2 }}{{ html \"\\x00\\xff\" }}{{ html nil }}",
         "a1 2\xef\xbf\xbd\xff&lt;no value&gt;"},
        {"{{ js .Name }}", "O\\'Reilly \\u0026 \\u003CSöhne\\u003E"},
        {"{{ js \"a\\nb\\\\=\\u2028\\x7f\" }}", "a\\u000Ab\\\\\\u003D\\u2028\x7f"},
        {"{{ urlquery .Name }}", "O%27Reilly+%26+%3CS%C3%B6hne%3E"},
        {"{{ urlquery \"a b\" \"c/d?\" 1 2 }}{{ urlquery \"-_.~\" }}", "a+bc%2Fd%3F1+2-_.~"},
        {"{{ urlquery .Count }}{{ html .Words }}", "42[one two &lt;three&gt;]"},
    };
    CHECK_RENDERS(cases, TEMPLATE_TEXT);
}

static void test_call_has_nothing_to_call(void **state)
{
    (void)state;
    static const struct render_case failures[] = {
        {"{{ call .Count }}", AT("<call .Count>: error calling call: non-function .Count of type "
                                 "int")},
        {"{{ call nil }}", AT("<call nil>: error calling call: call of nil")},
    };
    CHECK_FAILS(failures, TEMPLATE_TEXT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_logic),
        cmocka_unit_test(test_comparison),
        cmocka_unit_test(test_len_index_and_slice),
        cmocka_unit_test(test_printing),
        cmocka_unit_test(test_escapers),
        cmocka_unit_test(test_call_has_nothing_to_call),
    };
    return RUN_TEMPLATE_TESTS(tests);
}
