/* Sets of sources, compiling, and the limits of rendering. */
#include "template_test.h"

static struct template_set *set_of(const char *const *texts, size_t n)
{
    struct template_set *set = template_set_new(&test_arena, NULL, 0);
    struct template_error error = {0};
    for (size_t i = 0; i < n; i++) {
        struct str name = str_printf(&test_arena, "%zu.tmpl", i);
        if (template_set_add(set, name, str_from(texts[i]), &error) != OK) {
            fail_msg("%.*s", STR_ARG(error.text));
        }
    }
    return set;
}
#define SET_OF(texts) set_of((texts), sizeof(texts) / sizeof(*(texts)))

static struct str run(const struct template_set *set, const char *text, enum template_mode mode)
{
    struct value data = world_make();
    struct template_env env = world_env();
    return render_set(set, text, mode, &data, &env).text;
}

static void test_later_sources_replace_what_earlier_ones_define(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{{ define \"a\" }}first{{ end }}{{ define \"b\" }}[{{ template \"a\" . }}]{{ end }}",
        "ignored {{ define \"a\" }}second{{ end }}",
        "{{ define \"a\" }} \n {{ end }}{{ define \"c\" }} {{ end }}",
        "{{ define \"c\" }}{{/* still nothing */}}{{ end }}",
    };
    struct template_set *set = SET_OF(texts);
    assert_str_is(run(set, "{{ template \"b\" . }}", TEMPLATE_TEXT), "[second]");
    assert_str_is(run(set, "{{ template \"c\" . }}|", TEMPLATE_TEXT), " |");
    assert_str_is(run(set, "{{ define \"a\" }}third{{ end }}{{ template \"b\" . }}", TEMPLATE_TEXT),
                  "[third]");
    assert_str_is(run(set, "{{ define \"a\" }} {{ end }}{{ template \"b\" . }}", TEMPLATE_TEXT),
                  "[second]");
    /* What a text defines is gone with it. */
    assert_str_is(run(set, "{{ template \"b\" . }}", TEMPLATE_TEXT), "[second]");
    assert_str_is(run(set, "{{ block \"new\" .Count }}{{ . }}{{ end }}", TEMPLATE_TEXT), "42");
    assert_str_is(run(set, "{{ block \"a\" .Count }}{{ . }}{{ end }}", TEMPLATE_TEXT), "42");
}

static void test_sources_are_templates_by_their_names(void **state)
{
    (void)state;
    static const char *const texts[] = {"<{{ .Count }}>{{ define \"x\" }}{{ end }}"};
    assert_str_is(run(SET_OF(texts), "{{ template \"0.tmpl\" . }}", TEMPLATE_TEXT), "<42>");
}

static void test_a_bad_source_changes_nothing(void **state)
{
    (void)state;
    static const char *const texts[] = {"{{ define \"a\" }}good{{ end }}"};
    struct template_set *set = SET_OF(texts);
    struct template_error error = {0};
    assert_int_equal(template_set_add(set, STR("bad.tmpl"),
                                      STR("{{ define \"a\" }}x{{ end }}\n\n{{ nope }}"), &error),
                     ERR_SYNTAX);
    assert_str_is(error.text, "template: bad.tmpl:3: function \"nope\" not defined");
    assert_int_equal(error.line, 3);
    assert_str_is(run(set, "{{ template \"a\" }}", TEMPLATE_TEXT), "good");
    char *large = arena_alloc(&test_arena, TEMPLATE_SOURCE_MAX + 1);
    memset(large, 'x', TEMPLATE_SOURCE_MAX + 1);
    assert_int_equal(template_set_add(set, STR("large.tmpl"),
                                      (struct str){large, TEMPLATE_SOURCE_MAX + 1}, &error),
                     ERR_TOO_LARGE);
    assert_str_is(error.text, "template: large.tmpl: more than 1048576 bytes");
}

static void test_errors_name_the_source_they_are_in(void **state)
{
    (void)state;
    static const char *const texts[] = {"{{ define \"a\" }}{{ .x }}{{ end }}",
                                        "{{ define \"b\" }}\n<a onclick='{{ .Count }}'>{{ end }}"};
    struct template_set *set = SET_OF(texts);
    assert_str_is(run(set, "{{ template \"a\" 1 }}", TEMPLATE_TEXT),
                  "template: 0.tmpl:1:19: executing \"a\" at <.x>: can't evaluate field x in type "
                  "int");
    assert_str_is(run(set, "{{ template \"b\" . }}", TEMPLATE_HTML),
                  "html/template:1.tmpl:2:15: {{.Count}} appears in a script, where nothing can be "
                  "inserted");
    struct template_error error = {.code = ERR_INVALID, .text = STR("what is wrong")};
    struct err err = ERR_INIT;
    assert_int_equal(template_error_to_err(&error, &err), ERR_INVALID);
    assert_string_equal(err.detail, "what is wrong");
}

static void test_sets_are_checked_without_running_them(void **state)
{
    (void)state;
    static const char *const good[] = {
        "{{ define \"a\" }}{{ template \"b\" . }}{{ end }}",
        "{{ define \"b\" }}{{ match \"[a-z]\" . }}<p title=\"{{ . }}\">{{ end }}"};
    static const char *const bad[] = {
        "{{ define \"a\" }}{{ template \"c\" . }}{{ end }}",
        "\n{{ define \"b\" }}{{ if (match \"[a\" .) }}{{ end }}\n{{ . | reReplaceAll \"(\" \"\" }}"
        "{{ end }}"};
    static const char *const unsafe[] = {
        "{{ define \"a\" }}<a onclick=\"{{ . }}\">{{ end }}{{ define \"b\" }}{{ template \"a\" . "
        "}}{{ end }}"};
    struct template_error error;
    assert_int_equal(template_set_check(SET_OF(good), &test_arena, TEMPLATE_HTML, &error), OK);
    assert_int_equal(template_set_check(SET_OF(bad), &test_arena, TEMPLATE_HTML, &error),
                     ERR_INVALID);
    assert_str_is(error.text, "template: 0.tmpl:1: template \"c\" not defined");
    assert_str_is(error.more->text,
                  "template: 1.tmpl:2: error parsing regexp: missing closing ]: `[a`");
    assert_str_is(error.more->more->text,
                  "template: 1.tmpl:3: error parsing regexp: missing closing ): `(`");
    assert_null(error.more->more->more);
    assert_int_equal(template_set_check(SET_OF(unsafe), &test_arena, TEMPLATE_TEXT, &error), OK);
    assert_int_equal(template_set_check(SET_OF(unsafe), &test_arena, TEMPLATE_HTML, &error),
                     ERR_INVALID);
    assert_str_is(error.what, "{{.}} appears in a script, where nothing can be inserted");
    assert_str_is(error.source, "0.tmpl");
    assert_null(error.more);
}

static bool shout(struct template_call *call)
{
    struct strbuf *out = call_text(call);
    strbuf_add(out, call->args[0].s);
    strbuf_add_char(out, '!');
    return call_return_text(call, out);
}

static void test_callers_bring_functions(void **state)
{
    (void)state;
    static const struct value_type *const in[] = {&type_string};
    static const struct template_func funcs[] = {
        {.name = {"shout", 5}, .in = in, .n_in = 1, .run = shout},
        {.name = {"toUpper", 7}, .in = in, .n_in = 1, .run = shout},
    };
    struct template_set *set = template_set_new(&test_arena, funcs, 2);
    assert_str_is(run(set, "{{ shout \"a\" }}{{ toUpper \"b\" }}", TEMPLATE_TEXT), "a!b!");
}

/* --- limits --------------------------------------------------------------------------------- */

static struct str run_within(const char *text, struct template_limits limits, size_t out_max,
                             enum status *ret_status)
{
    struct value data = world_make();
    struct template_env env = world_env();
    const struct template *template;
    struct template_error error = {0};
    struct strbuf out;
    env.limits = limits;
    strbuf_init(&out, &test_arena, out_max);
    assert_int_equal(template_compile(template_set_new(&test_arena, NULL, 0), &test_arena,
                                      str_from(text), TEMPLATE_TEXT, &template, &error),
                     OK);
    *ret_status = template_render(template, &data, &env, &test_arena, &out, &error);
    return error.text;
}

static void test_work_and_memory_are_bounded(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct template_limits limits;
        size_t out_max;
        const char *part; /* of the error */
    } cases[] = {
        {"{{ range 1000000000 }}{{ end }}", {1000, 1000, 100000}, 1000, "more than 1000 steps"},
        {"{{ range 1000000000 }}x{{ end }}", TEMPLATE_LIMITS_DEFAULT, 1000, "output"},
        {"{{ printf \"%1000s\" \"\" }}", {1000, 100, 100000}, 10000, "longer than 100 bytes"},
        {"{{ $x := \"x\" }}{{ range 1000 }}{{ $x = print $x $x }}{{ end }}",
         TEMPLATE_LIMITS_DEFAULT, 1000, "longer than 1048576 bytes"},
        {"{{ $x := list 1 }}{{ range 1000 }}{{ $x = list $x $x }}{{ end }}{{ print $x }}",
         TEMPLATE_LIMITS_DEFAULT, 1000, ""},
        {"{{ $l := list 1 }}{{ range 100000 }}{{ $l = append $l 1 }}{{ end }}",
         TEMPLATE_LIMITS_DEFAULT, 1000, "values of more than"},
        {"{{ range 100000 }}{{ match (print \"(a{1,50}){1,10}\" .) \"aaaaaaaaaaaaaaaa\" }}{{ end "
         "}}",
         TEMPLATE_LIMITS_DEFAULT, 10000000, "steps"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        enum status status;
        struct str text = run_within(cases[i].text, cases[i].limits, cases[i].out_max, &status);
        if (status == OK || !str_contains(text, str_from(cases[i].part))) {
            fail_msg("%s: %.*s", cases[i].text, STR_ARG(text));
        }
        arena_clear(&test_arena);
    }
}

static void test_html_that_is_nested_in_itself_is_bounded(void **state)
{
    (void)state;
    struct strbuf text;
    strbuf_init(&text, &test_arena, 64 * 1024);
    for (int i = 0; i < 40; i++) {
        strbuf_add(&text, STR("{{range .}}"));
    }
    for (int i = 0; i < 40; i++) {
        strbuf_add(&text, STR("{{end}}"));
    }
    struct template_set *set = template_set_new(&test_arena, NULL, 0);
    assert_true(str_contains(run(set, text.p, TEMPLATE_HTML),
                             STR("too much is nested to be made safe for HTML")));
}

static void test_one_template_renders_often_and_the_same(void **state)
{
    (void)state;
    struct value data = world_make();
    struct template_env env = world_env();
    const struct template *template;
    struct template_error error = {0};
    struct strbuf out;
    struct arena scratch;
    assert_int_equal(template_compile(template_set_new(&test_arena, NULL, 0), &test_arena,
                                      STR("{{ range .Words }}{{ match \"o\" . }}{{ end }}"),
                                      TEMPLATE_HTML, &template, &error),
                     OK);
    arena_init(&scratch);
    for (int i = 0; i < 3; i++) {
        strbuf_init(&out, &scratch, 1000);
        assert_int_equal(template_render(template, &data, &env, &scratch, &out, &error), OK);
        assert_str_is(strbuf_str(&out), "truetruefalse");
        arena_clear(&scratch);
    }
    arena_release(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_later_sources_replace_what_earlier_ones_define),
        cmocka_unit_test(test_sources_are_templates_by_their_names),
        cmocka_unit_test(test_a_bad_source_changes_nothing),
        cmocka_unit_test(test_errors_name_the_source_they_are_in),
        cmocka_unit_test(test_sets_are_checked_without_running_them),
        cmocka_unit_test(test_callers_bring_functions),
        cmocka_unit_test(test_work_and_memory_are_bounded),
        cmocka_unit_test(test_html_that_is_nested_in_itself_is_bounded),
        cmocka_unit_test(test_one_template_renders_often_and_the_same),
    };
    return RUN_TEMPLATE_TESTS(tests);
}
