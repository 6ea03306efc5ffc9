#include "formats/template/funcs.h"
#include "formats/template/number.h"
#include "formats/template/parse.h"
#include "template_test.h"

static enum status parse_text(const char *text, struct bodies *ret, struct template_error *error)
{
    static struct source source;
    struct funcs builtin = funcs_builtin(), added = funcs_added();
    struct func_tables tables = {{{builtin.v, builtin.n}, {added.v, added.n}}};
    source = (struct source){STR("t.tmpl"), str_from(text)};
    return parse_source(&test_arena, &source, &tables, ret, error);
}

/* The tree as text again, or what is wrong. */
static struct str reparsed(const char *text)
{
    struct bodies bodies;
    struct template_error error = {0};
    struct strbuf out;
    strbuf_init(&out, &test_arena, 64 * 1024);
    if (parse_text(text, &bodies, &error) != OK) {
        return error.text;
    }
    node_list_add(&out, bodies.own);
    for (size_t i = 0; i < bodies.n; i++) {
        if (bodies.v[i].list != bodies.own) {
            strbuf_printf(&out, " %.*s=", STR_ARG(bodies.v[i].name));
            node_list_add(&out, bodies.v[i].list);
        }
    }
    return strbuf_str(&out);
}

static void check(const struct render_case *cases, size_t n)
{
    size_t wrong = 0;
    for (size_t i = 0; i < n; i++) {
        struct str got = reparsed(cases[i].text);
        if (!str_eq(got, str_from(cases[i].want))) {
            print_error("%s\n   got: %.*s\n  want: %s\n", cases[i].text, STR_ARG(got),
                        cases[i].want);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}
#define CHECK_ALL(cases) check((cases), sizeof(cases) / sizeof(*(cases)))

static void test_trees_are_shown_as_go_shows_them(void **state)
{
    (void)state;
    static const struct render_case cases[] = {
        {"a{{ .x.y | printf  \"%d\"  1 }}b", "a{{.x.y | printf \"%d\" 1}}b"},
        {"{{ if . }}1{{ else if $ }}2{{ else }}3{{ end }}",
         "{{if .}}1{{else}}{{if $}}2{{else}}3{{end}}{{end}}"},
        {"{{ with $x := .a }}{{ $x.b }}{{ else with .c }}{{ . }}{{ end }}",
         "{{with $x := .a}}{{$x.b}}{{else}}{{with .c}}{{.}}{{end}}{{end}}"},
        {"{{ range $i, $v := . }}{{ break }}{{ continue }}{{ end }}",
         "{{range $i, $v := .}}{{break}}{{continue}}{{end}}"},
        {"{{ range $i , $v := .a }}{{ else }}none{{ end }}",
         "{{range $i, $v := .a}}{{else}}none{{end}}"},
        {"{{ (index . 1).x.y }} {{ len (print 1 | print) }}",
         "{{(index . 1).x.y}} {{len (print 1 | print)}}"},
        {"{{ \"a\".b }}", "template: t.tmpl:1: unexpected . after term \"\\\"a\\\"\""},
        {"{{ template \"x\" . }}{{ template `y` }}", "{{template \"x\" .}}{{template \"y\"}}"},
        {"{{ true }}{{ false }}{{ 0x1F }}{{ 'a' }}{{ `b` }}",
         "{{true}}{{false}}{{0x1F}}{{'a'}}{{`b`}}"},
        {"{{ $a := 1 }}{{ $a = 2 }}{{ $a }}", "{{$a := 1}}{{$a = 2}}{{$a}}"},
        {"{{define \"x\"}}1{{end}}a{{block \"y\" .z}}2{{end}}b", "a{{template \"y\" .z}}b x=1 y=2"},
        {"{{ .a  .b }}", "{{.a .b}}"},
    };
    CHECK_ALL(cases);
}

static void test_errors_are_named_as_go_names_them(void **state)
{
    (void)state;
    static const struct render_case cases[] = {
        {"{{", "template: t.tmpl:1: unclosed action"},
        {"{{ . \n", "template: t.tmpl:2: unclosed action started at t.tmpl:1"},
        {"{{ . \n ^ }}", "template: t.tmpl:2: unexpected \"^\" in operand"},
        {"{{ . \n \"a }}",
         "template: t.tmpl:2: unterminated quoted string in action started at t.tmpl:1"},
        {"\n\n{{ foo }}", "template: t.tmpl:3: function \"foo\" not defined"},
        {"{{ $x }}", "template: t.tmpl:1: undefined variable \"$x\""},
        {"{{ if . }}", "template: t.tmpl:1: unexpected EOF"},
        {"{{ if }}{{ end }}", "template: t.tmpl:1: missing value for if"},
        {"{{ range }}{{ end }}", "template: t.tmpl:1: missing value for range"},
        {"{{ with }}{{ end }}", "template: t.tmpl:1: missing value for with"},
        {"{{ }}", "template: t.tmpl:1: missing value for command"},
        {"{{ end }}", "template: t.tmpl:1: unexpected {{end}}"},
        {"{{ else }}", "template: t.tmpl:1: unexpected {{else}}"},
        {"{{ if . }}{{ else }}{{ else }}{{ end }}",
         "template: t.tmpl:1: expected end; found {{else}}"},
        {"{{ if . }}{{ else . }}{{ end }}", "template: t.tmpl:1: unexpected <.> in else"},
        {"{{ end . }}", "template: t.tmpl:1: unexpected <.> in end"},
        {"{{ break }}", "template: t.tmpl:1: {{break}} outside {{range}}"},
        {"{{ continue }}", "template: t.tmpl:1: {{continue}} outside {{range}}"},
        {"{{ range . }}{{ else }}{{ break }}{{ end }}",
         "template: t.tmpl:1: {{break}} outside {{range}}"},
        {"{{ template }}", "template: t.tmpl:1: unexpected \"}}\" in template clause"},
        {"{{ template x }}", "template: t.tmpl:1: unexpected \"x\" in template clause"},
        {"{{ define }}", "template: t.tmpl:1: unexpected \"}}\" in define clause"},
        {"{{ define \"x\" . }}{{ end }}", "template: t.tmpl:1: unexpected <.> in define clause"},
        {"{{ define \"x\" }}", "template: t.tmpl:1: unexpected EOF"},
        {"{{ define \"x\" }}{{ else }}",
         "template: t.tmpl:1: unexpected {{else}} in define clause"},
        {"{{ if . }}{{ define \"x\" }}{{ end }}{{ end }}",
         "template: t.tmpl:1: unexpected <define> in command"},
        {"{{ define \"x\" }}1{{ end }}\n{{ define \"x\" }}2{{ end }}",
         "template: t.tmpl:2: template: multiple definition of template \"x\""},
        {"{{ block \"x\" }}{{ end }}", "template: t.tmpl:1: missing value for block clause"},
        {"{{ (.a }}", "template: t.tmpl:1: unclosed left paren"},
        {"{{ . | }}", "{{.}}"},
        {"{{ | . }}", "template: t.tmpl:1: unexpected \"|\" in command"},
        {"{{ . | 3 }}", "template: t.tmpl:1: non executable command in pipeline stage 2"},
        {"{{ . | \"x\" | . }}", "template: t.tmpl:1: non executable command in pipeline stage 2"},
        {"{{ . | true }}", "template: t.tmpl:1: non executable command in pipeline stage 2"},
        {"{{ 1 | nil }}", "template: t.tmpl:1: non executable command in pipeline stage 2"},
        {"{{ $a, $b := 1 }}", "template: t.tmpl:1: too many declarations in command"},
        {"{{ if $a, $b := 1 }}{{ end }}", "template: t.tmpl:1: too many declarations in if"},
        {"{{ range $a, $b, $c := 1 }}{{ end }}",
         "template: t.tmpl:1: too many declarations in range"},
        {"{{ range $a, . }}{{ end }}", "template: t.tmpl:1: range can only initialize variables"},
        {"{{ 0x }}", "template: t.tmpl:1: illegal number syntax: \"0x\""},
        {"{{ 09 }}", "template: t.tmpl:1: integer overflow: \"09\""},
        {"{{ 99999999999999999999 }}",
         "template: t.tmpl:1: integer overflow: \"99999999999999999999\""},
        {"{{ 1_ }}", "template: t.tmpl:1: illegal number syntax: \"1_\""},
        {"{{ 1e999+1i }}",
         "template: t.tmpl:1: strconv.ParseFloat: parsing \"1e999\": value out of range"},
        {"{{ 1-0x1i }}",
         "template: t.tmpl:1: strconv.ParseFloat: parsing \"-0x1\": invalid syntax"},
        {"{{ '' }}", "template: t.tmpl:1: invalid syntax"},
        {"{{ 'ab' }}", "template: t.tmpl:1: malformed character constant: 'ab'"},
        {"{{ \"\\q\" }}", "template: t.tmpl:1: invalid syntax"},
        {"{{ .a.b. }}", "template: t.tmpl:1: unexpected <.> in operand"},
        {"{{ 1.a }}", "template: t.tmpl:1: bad number syntax: \"1.a\""},
        {"{{ nil.a }}", "template: t.tmpl:1: unexpected . after term \"nil\""},
        {"{{ true.a }}", "template: t.tmpl:1: unexpected . after term \"true\""},
        {"{{ /* x */ }}", "template: t.tmpl:1: unexpected \"/\" in command"},
        {"{{ if . }}{{ range . }}{{ end }}", "template: t.tmpl:1: unexpected EOF"},
        {"{{ print \"a\"\"b\" }}", "template: t.tmpl:1: unexpected \"\\\"b\\\"\" in operand"},
        {"{{ with $x = 1 }}{{ end }}", "{{with $x = 1}}{{end}}"}, /* when it runs */
        {"{{ else if . }}", "template: t.tmpl:1: unexpected {{else}}"},
    };
    CHECK_ALL(cases);
}

static void test_what_else_is_wrong_is_told(void **state)
{
    (void)state;
    struct bodies bodies;
    struct template_error error;
    assert_int_equal(
        parse_text("{{ foo }}\n{{ $x | bar 09 \"\\q\" }}\n{{ break }}"
                   "{{ define \"a\" }}1{{ end }}\n{{ define \"a\" }}2{{ end }}{{ end }}"
                   "{{ never }}",
                   &bodies, &error),
        ERR_SYNTAX);
    static const char *const want[] = {
        "template: t.tmpl:1: function \"foo\" not defined",
        "template: t.tmpl:2: undefined variable \"$x\"",
        "template: t.tmpl:2: function \"bar\" not defined",
        "template: t.tmpl:2: integer overflow: \"09\"",
        "template: t.tmpl:2: invalid syntax",
        "template: t.tmpl:3: {{break}} outside {{range}}",
        "template: t.tmpl:4: template: multiple definition of template \"a\"",
        "template: t.tmpl:4: unexpected {{end}}",
    };
    const struct template_error *e = &error;
    for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++, e = e->more) {
        assert_str_is(e->text, want[i]);
        assert_str_is(e->source, "t.tmpl");
    }
    assert_null(e);
    assert_str_is(error.what, "function \"foo\" not defined");
    struct strbuf many;
    strbuf_init(&many, &test_arena, 64 * 1024);
    for (int i = 0; i < 1000; i++) {
        strbuf_add(&many, STR("{{ foo }}"));
    }
    assert_int_equal(parse_text(many.p, &bodies, &error), ERR_SYNTAX);
    size_t n = 0;
    for (e = &error; e; e = e->more) {
        n++;
    }
    assert_int_equal(n, 50);
}

static void test_nesting_is_bounded(void **state)
{
    (void)state;
    struct strbuf deep;
    strbuf_init(&deep, &test_arena, 64 * 1024);
    strbuf_add(&deep, STR("{{ "));
    for (int i = 0; i < TEMPLATE_DEPTH_MAX + 1; i++) {
        strbuf_add_char(&deep, '(');
    }
    assert_str_is(reparsed(deep.p), "template: t.tmpl:1: max expression depth exceeded");
    deep.n = 0;
    for (int i = 0; i < TEMPLATE_DEPTH_MAX + 1; i++) {
        strbuf_add(&deep, STR("{{if 1}}"));
    }
    assert_str_is(reparsed(deep.p), "template: t.tmpl:1: max expression depth exceeded");
}

static struct value ideal_of(const char *text, enum token_kind kind)
{
    struct token token = {.kind = kind, .text = str_from(text)};
    struct number number;
    struct str why;
    struct value value;
    assert_true(number_read(&test_arena, &token, &number, &why));
    assert_true(number_ideal(&number, token.text, &value));
    return value;
}

static void test_what_numbers_are_by_themselves(void **state)
{
    (void)state;
    assert_int_equal(ideal_of("42", TOKEN_NUMBER).i, 42);
    assert_int_equal(ideal_of("-0x1F", TOKEN_NUMBER).i, -31);
    assert_int_equal(ideal_of("0b101", TOKEN_NUMBER).i, 5);
    assert_int_equal(ideal_of("0o17", TOKEN_NUMBER).i, 15);
    assert_int_equal(ideal_of("017", TOKEN_NUMBER).i, 15);
    assert_int_equal(ideal_of("1_000", TOKEN_NUMBER).i, 1000);
    assert_int_equal(ideal_of("-9223372036854775808", TOKEN_NUMBER).i, INT64_MIN);
    assert_int_equal(ideal_of("'é'", TOKEN_CHAR_CONSTANT).i, 0xe9);
    assert_ptr_equal(ideal_of("1.0", TOKEN_NUMBER).type, &type_float);
    assert_ptr_equal(ideal_of("1e3", TOKEN_NUMBER).type, &type_float);
    assert_ptr_equal(ideal_of("0x1p-2", TOKEN_NUMBER).type, &type_float);
    assert_ptr_equal(ideal_of("0x1E", TOKEN_NUMBER).type, &type_int);
    assert_ptr_equal(ideal_of("2i", TOKEN_NUMBER).type, &type_complex);
    assert_ptr_equal(ideal_of("1+2i", TOKEN_COMPLEX).type, &type_complex);
    struct token large = {.kind = TOKEN_NUMBER, .text = STR("9223372036854775808")};
    struct number number;
    struct str why;
    struct value value;
    assert_true(number_read(&test_arena, &large, &number, &why));
    assert_true(number.is_uint && !number.is_int);
    assert_false(number_ideal(&number, large.text, &value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trees_are_shown_as_go_shows_them),
        cmocka_unit_test(test_errors_are_named_as_go_names_them),
        cmocka_unit_test(test_what_else_is_wrong_is_told),
        cmocka_unit_test(test_nesting_is_bounded),
        cmocka_unit_test(test_what_numbers_are_by_themselves),
    };
    return RUN_TEMPLATE_TESTS(tests);
}
