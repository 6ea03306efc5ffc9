#include "formats/template/lex.h"
#include "template_test.h"

/* The tokens of a text, as "kind:text" with spaces between; white space in actions as "_". */
static struct str tokens_of(const char *text)
{
    struct lexer lexer;
    struct strbuf out;
    strbuf_init(&out, &test_arena, 4096);
    lex_init(&lexer, &test_arena, str_from(text));
    for (;;) {
        struct token token = lex_next(&lexer);
        if (token.kind == TOKEN_EOF) {
            return strbuf_str(&out);
        }
        strbuf_add(&out, out.n > 0 ? STR(" ") : STR_EMPTY);
        if (token.kind == TOKEN_SPACE) {
            strbuf_add_char(&out, '_');
        } else if (token.kind == TOKEN_LEFT_DELIM || token.kind == TOKEN_RIGHT_DELIM) {
            strbuf_add(&out, token.text);
        } else {
            strbuf_printf(&out, "%s:%.*s", token_kind_name(token.kind), STR_ARG(token.text));
        }
    }
}

static void check_tokens(const struct render_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct str got = tokens_of(cases[i].text);
        if (!str_eq(got, str_from(cases[i].want))) {
            fail_msg("%s: got %.*s, want %s", cases[i].text, STR_ARG(got), cases[i].want);
        }
    }
}
#define CHECK_TOKENS(cases) check_tokens((cases), sizeof(cases) / sizeof(*(cases)))

static void test_text_and_actions(void **state)
{
    (void)state;
    static const struct render_case cases[] = {
        {"", ""},
        {"plain { text }}", "text:plain { text }}"},
        {"a{{.}}b", "text:a {{ .:. }} text:b"},
        {"{{ . }}", "{{ _ .:. _ }}"},
        {"{{}}", "{{ }}"},
        {"{{{", "{{ character:{ error:unclosed action"},
        {"{{.a.b $x.c $}}", "{{ field:.a field:.b _ variable:$x field:.c _ variable:$ }}"},
        {"{{x|y}}", "{{ identifier:x |:| identifier:y }}"},
        {"{{$a:=1}}{{$a =2}}", "{{ variable:$a :=::= number:1 }} {{ variable:$a _ =:= number:2 }}"},
        {"{{$a=2}}", "{{ error:bad character U+003D '='"},
        {"{{(a)}}", "{{ (:( identifier:a ):) }}"},
        {"{{a,b}}", "{{ identifier:a character:, identifier:b }}"},
        {"{{if nil true}}", "{{ if:if _ nil:nil _ bool:true }}"},
        {"{{block define else end range template with break continue}}",
         "{{ block:block _ define:define _ else:else _ end:end _ range:range _ template:template _ "
         "with:with _ break:break _ continue:continue }}"},
        {"{{ \"a\\\"b\" `c\nd` 'e' '\\'' }}",
         "{{ _ string:\"a\\\"b\" _ raw string:`c\nd` _ character constant:'e' _ character "
         "constant:'\\'' _ }}"},
        {"{{1 -2 +3 1.5 .5 1e3 0x1F 0b11 0o17 1_000 1+2i 0x1p-2}}",
         "{{ number:1 _ number:-2 _ number:+3 _ number:1.5 _ number:.5 _ number:1e3 _ number:0x1F "
         "_ number:0b11 _ number:0o17 _ number:1_000 _ complex number:1+2i _ number:0x1p-2 }}"},
        {"{{é_1}}", "{{ identifier:é_1 }}"},
    };
    CHECK_TOKENS(cases);
}

static void test_trim_markers_and_comments(void **state)
{
    (void)state;
    static const struct render_case cases[] = {
        {"a \n\t{{- . -}}\r\n b", "text:a {{ .:. }} text:b"},
        {" {{-1}}", "text:  {{ number:-1 }}"},
        {"a {{- -1 -}} b", "text:a {{ number:-1 }} text:b"},
        {" {{- \"\" }} ", "{{ string:\"\" _ }} text: "},
        {"a {{/* b */}} c", "text:a  text: c"},
        {"a {{- /* b */ -}} c", "text:a text:c"},
        {"{{/* \n}} */}}x", "text:x"},
        {"{{ /* b */}}",
         "{{ _ character:/ character:* _ identifier:b _ character:* character:/ }}"},
        {"{{- }}", "{{ }}"},
        {"{{ -}} x", "{{ }} text:x"},
        {"a {{--}}", "text:a  {{ error:bad number syntax: \"--\""},
    };
    CHECK_TOKENS(cases);
}

static void test_errors(void **state)
{
    (void)state;
    static const struct render_case cases[] = {
        {"{{", "{{ error:unclosed action"},
        {"{{ a", "{{ _ identifier:a error:unclosed action"},
        {"{{(}}", "{{ (:( error:unclosed left paren"},
        {"{{)}}", "{{ error:unexpected right paren"},
        {"{{\"a}}", "{{ error:unterminated quoted string"},
        {"{{\"a\n\"}}", "{{ error:unterminated quoted string"},
        {"{{'a}}", "{{ error:unterminated character constant"},
        {"{{`a}}", "{{ error:unterminated raw quoted string"},
        {"{{:}}", "{{ error:expected :="},
        {"{{/* a", "error:unclosed comment"},
        {"{{/* a */ }}", "error:comment ends before closing delimiter"},
        {"{{3k}}", "{{ error:bad number syntax: \"3k\""},
        {"{{1+2}}", "{{ error:bad number syntax: \"1+2\""},
        {"{{a@b}}", "{{ error:bad character U+0040 '@'"},
        {"{{\x01}}", "{{ error:unrecognized character in action: U+0001"},
        {"{{\xff}}", "{{ error:unrecognized character in action: U+FFFD '\xef\xbf\xbd'"},
        {"{{€}}", "{{ error:unrecognized character in action: U+20AC '€'"},
        {"{{.a#}}", "{{ error:bad character U+0023 '#'"},
    };
    CHECK_TOKENS(cases);
}

static void test_tokens_know_their_place(void **state)
{
    (void)state;
    struct lexer lexer;
    lex_init(&lexer, &test_arena, STR("a\nb{{- `\n` -}}\n\nc"));
    static const struct {
        enum token_kind kind;
        size_t pos, line;
    } want[] = {
        {TOKEN_TEXT, 0, 1},         {TOKEN_LEFT_DELIM, 3, 2}, {TOKEN_RAW_STRING, 7, 2},
        {TOKEN_RIGHT_DELIM, 12, 3}, {TOKEN_TEXT, 16, 5},      {TOKEN_EOF, 17, 5},
    };
    for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
        struct token token = lex_next(&lexer);
        assert_int_equal(token.kind, want[i].kind);
        assert_int_equal(token.pos, want[i].pos);
        assert_int_equal(token.line, want[i].line);
    }
}

static void test_tokens_are_shown_cut(void **state)
{
    (void)state;
    struct token token = {TOKEN_IDENTIFIER, 0, 1, STR("abcdefghijkl")};
    assert_str_is(token_shown(&test_arena, &token), "\"abcdefghij\"...");
    token.kind = TOKEN_WITH;
    token.text = STR("with");
    assert_str_is(token_shown(&test_arena, &token), "<with>");
    token.kind = TOKEN_EOF;
    assert_str_is(token_shown(&test_arena, &token), "EOF");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_and_actions),
        cmocka_unit_test(test_trim_markers_and_comments),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_tokens_know_their_place),
        cmocka_unit_test(test_tokens_are_shown_cut),
    };
    return RUN_TEMPLATE_TESTS(tests);
}
