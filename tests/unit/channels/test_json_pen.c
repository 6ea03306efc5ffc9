#include "channels/json_pen.h"
#include "formats/template/types.h"
#include "unit/channels/sample.h"

static int start(void **state)
{
    struct arena *a = malloc(sizeof(*a));
    arena_init(a);
    *state = a;
    return 0;
}

static int stop(void **state)
{
    arena_release(*state);
    free(*state);
    return 0;
}

enum { MOST = 4096 };

/* Text and one value in turns, as a template writes them: "@" stands for the value. */
static struct str written(struct arena *a, struct template_writer *writer, const char *text,
                          struct value value)
{
    struct strbuf out;
    struct str rest = str_from(text);
    strbuf_init(&out, a, MOST);
    while (rest.p) {
        writer->text(writer, &out, str_cut(&rest, '@'));
        if (rest.p) {
            writer->value(writer, &out, &value);
        }
    }
    return strbuf_str(&out);
}

static void check(struct arena *a, bool is_slack, const char *text, struct value value,
                  const char *want)
{
    struct json_pen pen;
    json_pen_init(&pen, a, is_slack);
    struct str got = written(a, &pen.writer, text, value);
    if (!str_eq(got, str_from(want))) {
        fail_msg("%s\n got %.*s\nwant %s", text, STR_ARG(got), want);
    }
}

static struct value text_value(const char *text)
{
    return value_str(str_from(text));
}

static void test_in_a_string_a_value_is_a_piece_of_it(void **state)
{
    check(*state, false, "{\"a\": \"x @ y\"}", text_value("\"}, \\ \n\t\x01"),
          "{\"a\": \"x \\\"}, \\\\ \\n\\u0009\\u0001 y\"}");
    check(*state, false, "[\"@\", \"\\\"@\"]", text_value("b"), "[\"b\", \"\\\"b\"]");
    check(*state, false, "[\"\\\\\", @]", text_value("b"), "[\"\\\\\", \"b\"]");
    check(*state, false, "{\"a@\": 1}", text_value("\""), "{\"a\\\"\": 1}");
    check(*state, false, "\"@\"", value_int(-7), "\"-7\"");
    check(*state, false, "\"@\"", (struct value){0}, "\"\"");
}

static void test_elsewhere_a_value_is_json_of_its_own(void **state)
{
    static const struct value list[] = {{.type = &type_int, .i = 1}, {.type = &type_int, .i = 2}};
    static const struct value_type ints = {.name = "[]int", .kind = VALUE_LIST, .elem = &type_int};
    check(*state, false, "{\"a\": @}", text_value("x\"y"), "{\"a\": \"x\\\"y\"}");
    check(*state, false, "[@, @]", value_int(7), "[7, 7]");
    check(*state, false, "@", value_bool(true), "true");
    check(*state, false, "@", (struct value){0}, "null");
    check(*state, false, "@", value_list(&ints, list, 2), "[1,2]");
}

static void test_line_ends_of_the_template_are_escaped_in_strings_only(void **state)
{
    check(*state, false, "[\n\"a\nb@\nc\"\n]", text_value("\n"), "[\n\"a\\nb\\n\\nc\"\n]");
}

/* In Slack's messages what stands under "text" has entities, too. */
static void test_slacks_texts_are_escaped_for_slack(void **state)
{
    struct value hostile = text_value("<!channel> & \"x\"");
    struct value vouched = {.type = &type_html, .s = STR("<@U1>")};
    check(*state, true, "{\"text\": \"@\"}", hostile,
          "{\"text\": \"&lt;!channel&gt; &amp; \\\"x\\\"\"}");
    check(*state, true, "{\"type\": \"@\"}", hostile, "{\"type\": \"<!channel> & \\\"x\\\"\"}");
    check(*state, true, "{\"text\": {\"type\": \"@\", \"text\" : \"@\"}}", text_value("<"),
          "{\"text\": {\"type\": \"<\", \"text\" : \"&lt;\"}}");
    check(*state, true, "{\"text\": \"x\", \"url\": \"@\"}", text_value("a&b"),
          "{\"text\": \"x\", \"url\": \"a&b\"}");
    check(*state, true, "{\"text\": \"@\"}", vouched, "{\"text\": \"<@U1>\"}");
    check(*state, true, "{\"a text\": \"@\"}", text_value("<"), "{\"a text\": \"<\"}");
    check(*state, true, "{\"text\": \": \\\"@\"}", text_value("<"), "{\"text\": \": \\\"&lt;\"}");
    check(*state, false, "{\"text\": \"@\"}", text_value("<"), "{\"text\": \"<\"}");
}

static void test_mrkdwn_is_escaped_unless_vouched_for(void **state)
{
    struct template_writer writer = mrkdwn_writer;
    struct value vouched = {.type = &type_html, .s = STR("<@U1>")};
    assert_true(str_eq(written(*state, &writer, "<x|@>\n", text_value("<&>\"")),
                       STR("<x|&lt;&amp;&gt;\">\n")));
    assert_true(str_eq(written(*state, &writer, "@!", vouched), STR("<@U1>!")));
    assert_true(str_eq(written(*state, &writer, "@", value_int(1)), STR("1")));
    assert_true(str_eq(written(*state, &writer, "[@]", (struct value){0}), STR("[]")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_a_string_a_value_is_a_piece_of_it),
        cmocka_unit_test(test_elsewhere_a_value_is_json_of_its_own),
        cmocka_unit_test(test_line_ends_of_the_template_are_escaped_in_strings_only),
        cmocka_unit_test(test_slacks_texts_are_escaped_for_slack),
        cmocka_unit_test(test_mrkdwn_is_escaped_unless_vouched_for),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
