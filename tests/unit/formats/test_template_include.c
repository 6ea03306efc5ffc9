/* `include NAME DOT`: what a template writes, as a value. */
#include "unit/formats/template_test.h"

#include "formats/template/funcs.h"

static struct rendered include(const char *file, const char *text, enum template_mode mode,
                               struct template_limits limits)
{
    static const struct value_type *const in[] = {&type_string, &type_value};
    static const struct template_func funcs[] = {
        {.name = {"include", 7}, .in = in, .n_in = 2, .run = func_include}};
    struct template_set *set = template_set_new(&test_arena, funcs, 1);
    struct template_error error = {0};
    struct value data = world_make();
    struct template_env env = world_env();
    env.limits = limits;
    if (template_set_add(set, STR("f.tmpl"), str_from(file), &error) != OK) {
        return (struct rendered){error.code, error.text};
    }
    return render_set(set, text, mode, &data, &env);
}

static void check(const char *file, const char *text, enum template_mode mode, bool is_well,
                  const char *want)
{
    struct rendered got = include(file, text, mode, TEMPLATE_LIMITS_DEFAULT);
    bool is_same =
        (got.status == OK) == is_well &&
        (is_well ? str_eq(got.text, str_from(want)) : str_contains(got.text, str_from(want)));
    if (!is_same) {
        fail_msg("%s\n%s\n   got: %.*s\n  want: %s", file, text, STR_ARG(got.text), want);
    }
}

static void test_what_it_writes_is_a_value(void **state)
{
    (void)state;
    static const char file[] =
        "{{ define \"a\" }}[{{ . }}]{{ end }}{{ define \"none\" }}{{ if false }}x{{ end }}{{ end }}"
        "{{ define \"b\" }}{{ $x := 1 }}{{ range .Words }}{{ include \"a\" . }}{{ end }}{{ $x }}{{ "
        "end }}";
    check(file, "{{ include \"a\" .Count }}", TEMPLATE_TEXT, true, "[42]");
    check(file, "{{ .Count | include \"a\" | len }}", TEMPLATE_TEXT, true, "4");
    check(file, "{{ with include \"none\" . }}no{{ else }}nothing{{ end }}", TEMPLATE_TEXT, true,
          "nothing");
    check(file, "{{ $x := 7 }}{{ include \"b\" . }}{{ $x }}{{ $.Count }}", TEMPLATE_TEXT, true,
          "[one][two][<three>]1742");
    check(file,
          "{{ range .Words }}{{ if eq (include \"a\" .) \"[two]\" }}{{ break }}{{ end }}{{ . }}{{ "
          "end }}",
          TEMPLATE_TEXT, true, "one");
    check(file, "{{ include (print \"a\") .Yes }}{{ template \"a\" 1 }}", TEMPLATE_TEXT, false,
          "not defined");
}

/* A template that only text includes is text, and its result is escaped once, where it stands. */
static void test_in_html_it_is_escaped_where_it_stands(void **state)
{
    (void)state;
    static const char file[] = "{{ define \"a\" }}<{{ . }}>{{ end }}";
    check(file, "<b>{{ include \"a\" \"&\" }}</b>", TEMPLATE_HTML, true, "<b>&lt;&amp;&gt;</b>");
    check(file, "<i title=\"{{ include \"a\" `\"` }}\">", TEMPLATE_HTML, true,
          "<i title=\"&lt;&#34;&gt;\">");
}

static void test_an_unknown_name_is_an_error_where_it_runs(void **state)
{
    (void)state;
    check("", "{{ if false }}{{ include \"nope\" . }}{{ end }}", TEMPLATE_TEXT, true, "");
    check("", "{{ include \"nope\" . }}", TEMPLATE_TEXT, false,
          "error calling include: template \"nope\" not defined");
    check("", "{{ include (print \"no\" \"pe\") . }}", TEMPLATE_TEXT, false,
          "error calling include: template \"nope\" not defined");
    check("", "{{ include 1 . }}", TEMPLATE_TEXT, false, "expected string");
    check("", "{{ include \"x\" }}", TEMPLATE_TEXT, false, "include");
}

static void test_what_includes_itself_ends(void **state)
{
    (void)state;
    check("{{ define \"a\" }}{{ include \"a\" . }}{{ end }}", "{{ include \"a\" . }}",
          TEMPLATE_TEXT, false, "more than 20 includes in each other");
    check("{{ define \"a\" }}{{ template \"b\" . }}{{ end }}{{ define \"b\" }}{{ include \"a\" . "
          "}}{{ end }}",
          "{{ template \"b\" . }}", TEMPLATE_TEXT, false, "more than 20 includes in each other");
}

/* Work and text inside count as outside: 3 to the power of 19 includes are not made. */
static void test_the_limits_are_those_of_the_whole(void **state)
{
    (void)state;
    static const char many[] = "{{ define \"a\" }}{{ if . }}{{ range 3 }}{{ include \"a\" (slice $ "
                               "1) }}{{ end }}{{ end }}{{ end }}";
    struct template_limits limits = {.steps = 5000, .text = 1000, .memory = 1 << 20};
    struct rendered got =
        include(many, "{{ include \"a\" \"0123456789012345678\" }}", TEMPLATE_TEXT, limits);
    assert_int_equal(got.status, ERR_TOO_LARGE);
    got = include("{{ define \"a\" }}{{ range 100 }}0123456789{{ end }}{{ end }}",
                  "{{ len (include \"a\" .) }}", TEMPLATE_TEXT, limits);
    assert_int_equal(got.status, OK);
    assert_true(str_eq(got.text, STR("1000")));
    got = include("{{ define \"a\" }}{{ range 101 }}0123456789{{ end }}{{ end }}",
                  "{{ len (include \"a\" .) }}", TEMPLATE_TEXT, limits);
    assert_int_equal(got.status, ERR_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_it_writes_is_a_value),
        cmocka_unit_test(test_in_html_it_is_escaped_where_it_stands),
        cmocka_unit_test(test_an_unknown_name_is_an_error_where_it_runs),
        cmocka_unit_test(test_what_includes_itself_ends),
        cmocka_unit_test(test_the_limits_are_those_of_the_whole),
    };
    return RUN_TEMPLATE_TESTS(tests);
}
