#include "channels/slack_content.h"
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

/* "#N" becomes N times "x". */
static struct str expanded(struct arena *a, const char *text)
{
    struct strbuf b;
    strbuf_init(&b, a, 1 << 20);
    for (const char *p = text; *p; p++) {
        if (*p != '#') {
            strbuf_add_char(&b, *p);
            continue;
        }
        char *end;
        for (long n = strtol(p + 1, &end, 10); n > 0; n--) {
            strbuf_add_char(&b, 'x');
        }
        p = end - 1;
    }
    return strbuf_str(&b);
}

static struct str repeated(struct arena *a, size_t n, const char *block)
{
    struct strbuf b;
    strbuf_init(&b, a, 1 << 20);
    for (size_t i = 0; i < n; i++) {
        strbuf_printf(&b, "%s%s", i ? "," : "[", block);
    }
    strbuf_add_char(&b, ']');
    return strbuf_str(&b);
}

#define PLAIN(text) "{\"type\":\"plain_text\",\"text\":\"" text "\"}"
#define MRKDWN(text) "{\"type\":\"mrkdwn\",\"text\":\"" text "\"}"
#define SECTION(text) "{\"type\":\"section\",\"text\":" text "}"
#define HEADER(text) "{\"type\":\"header\",\"text\":" text "}"
#define CONTEXT(elements) "{\"type\":\"context\",\"elements\":[" elements "]}"
#define ACTIONS(elements) "{\"type\":\"actions\",\"elements\":[" elements "]}"
#define BUTTON(more) "{\"type\":\"button\",\"text\":" PLAIN("x") more "}"

static void test_what_slack_takes_is_taken(void **state)
{
    static const char *const cases[] = {
        "[" HEADER(PLAIN("#150")) "]",
        "[" SECTION(PLAIN("#3000")) "," SECTION(MRKDWN("#3000")) "]",
        "[{\"type\":\"section\",\"fields\":[" PLAIN("#2000") "]}]",
        "[" CONTEXT(MRKDWN("x") ",{\"type\":\"image\",\"image_url\":\"x\"}") "]",
        "[" ACTIONS(BUTTON(",\"url\":\"#3000\",\"action_id\":\"#255\"")) "]",
        "[" ACTIONS("{\"type\":\"datepicker\"}") "]",
        "[{\"type\":\"divider\"},{\"type\":\"rich_text\",\"elements\":[]}]",
        " [\n " HEADER(PLAIN("\\u003c\\n\\\"")) " ] \n",
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str why;
        if (!slack_blocks_check(*state, expanded(*state, cases[i]), &why)) {
            fail_msg("%s: %.*s", cases[i], STR_ARG(why));
        }
    }
}

static void test_what_slack_refuses_is_refused_with_the_reason(void **state)
{
    static const char *const cases[][2] = {
        {"", "not JSON"},
        {"{\"a\":1} x", "not JSON"},
        {"[{\"type\":\"divider\",}]", "not JSON"},
        {"[\"a\nb\"]", "not JSON"},
        {"{}", "neither 1 to 50 blocks nor an array"},
        {"[]", "neither 1 to 50 blocks"},
        {"[1]", "no type"},
        {"[{\"type\":7}]", "no type"},
        {"[" HEADER(PLAIN("#151")) "]", "a text that is too long of a block of type \"header\""},
        {"[" HEADER(PLAIN("")) "]", "an empty or missing text of a block of type \"header\""},
        {"[" HEADER(MRKDWN("x")) "]", "a text that is not plain_text"},
        {"[{\"type\":\"header\"}]", "a text that is not plain_text"},
        {"[" SECTION(PLAIN("#3001")) "]", "a text that is too long of a block of type \"section\""},
        {"[" SECTION("\"x\"") "]", "neither plain_text nor mrkdwn"},
        {"[{\"type\":\"section\"}]", "no text, or too many fields,"},
        {"[{\"type\":\"section\",\"fields\":[" PLAIN("#2001") "]}]", "too long"},
        {"[" CONTEXT("") "]", "no elements, or too many, of a block of type \"context\""},
        {"[{\"type\":\"context\"}]", "no elements, or too many,"},
        {"[" CONTEXT(MRKDWN("#3001")) "]", "too long of a block of type \"context\""},
        {"[" ACTIONS("") "]", "no elements, or too many, of a block of type \"actions\""},
        {"[" ACTIONS(BUTTON(",\"url\":\"#3001\"")) "]", "too long of a block of type \"button\""},
        {"[" ACTIONS(BUTTON(",\"url\":\"\"")) "]", "an empty or missing text"},
        {"[" ACTIONS(BUTTON(",\"action_id\":\"#256\"")) "]",
         "too long of a block of type \"button\""},
        {"[" ACTIONS("{\"type\":\"button\"}") "]", "neither plain_text nor mrkdwn"},
        {"[" ACTIONS("{\"type\":\"button\",\"text\":" PLAIN("#76") "}") "]", "too long"},
        {"[" SECTION(PLAIN("#3000")) "," SECTION(PLAIN("#3000")) "," SECTION(
             PLAIN("#3000")) "," SECTION(PLAIN("#3000")) "," SECTION(PLAIN("#1001")) "]",
         "all blocks together are too long"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str why = STR_EMPTY;
        if (slack_blocks_check(*state, expanded(*state, cases[i][0]), &why)) {
            fail_msg("taken: %s", cases[i][0]);
        }
        ASSERT_HAS(why, cases[i][1]);
    }
}

static void test_numbers_are_limited(void **state)
{
    struct str why;
    assert_true(slack_blocks_check(*state, repeated(*state, 50, "{\"type\":\"divider\"}"), &why));
    assert_false(slack_blocks_check(*state, repeated(*state, 51, "{\"type\":\"divider\"}"), &why));
    for (size_t n = 10; n < 12; n++) {
        struct str fields = repeated(*state, n, PLAIN("x")),
                   elements = repeated(*state, n, MRKDWN("x"));
        struct str section =
            str_printf(*state, "[{\"type\":\"section\",\"fields\":%.*s}]", STR_ARG(fields));
        struct str context =
            str_printf(*state, "[{\"type\":\"context\",\"elements\":%.*s}]", STR_ARG(elements));
        assert_true(slack_blocks_check(*state, section, &why) == (n == 10));
        assert_true(slack_blocks_check(*state, context, &why) == (n == 10));
    }
    for (size_t n = 25; n < 27; n++) {
        struct str buttons = repeated(*state, n, BUTTON(""));
        struct str actions =
            str_printf(*state, "[{\"type\":\"actions\",\"elements\":%.*s}]", STR_ARG(buttons));
        assert_true(slack_blocks_check(*state, actions, &why) == (n == 25));
    }
}

/* Blocks go out as the template wrote them, but for the white space between. */
static void test_the_payload_is_json_with_the_templates_blocks(void **state)
{
    struct message m = sample_message(*state, CHANNEL_SLACK, "#alerts");
    struct speech speech;
    m.title = STR("a  \"b\" \\ {c}, [d] : e");
    speech_init(&speech, NULL, &m, *state);
    struct str body = slack_content_write(json_pack("{s:s}", "channel", "C1"), &speech, false);
    json_t *json = sample_json(body);
    const json_t *header =
        json_object_get(json_array_get(json_object_get(json, "blocks"), 0), "text");
    assert_string_equal(sample_member(json, "channel"), "C1");
    assert_string_equal(sample_member(header, "text"),
                        "🔴 CRITICAL: a \"b\" \\ {c}, [d] : e — firing for 12 min");
    ASSERT_HAS(body,
               "{\"type\":\"header\",\"text\":{\"type\":\"plain_text\",\"emoji\":false,\"text\":");
    ASSERT_HAS_NOT(body, "\n");
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_slack_takes_is_taken),
        cmocka_unit_test(test_what_slack_refuses_is_refused_with_the_reason),
        cmocka_unit_test(test_numbers_are_limited),
        cmocka_unit_test(test_the_payload_is_json_with_the_templates_blocks),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
