#include "channels/clean.h"
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

static json_t *payload(struct arena *a, const struct message *m, bool is_plain, struct str *ret_url)
{
    struct channel_settings settings = sample_settings(a);
    struct transfer_request request = sample_build(&settings, m, is_plain, a);
    *ret_url = request.url;
    return sample_json(request.body);
}

static size_t text_len(const json_t *object, const char *name)
{
    const json_t *text = json_object_get(object, name);
    assert_true(json_is_string(text));
    return clean_len((struct str){json_string_value(text), json_string_length(text)});
}

/* Every limit of the blocks we use. Returns the characters of all texts. */
static size_t check_text(const json_t *object, size_t max, bool is_plain_only)
{
    const char *type = sample_member(object, "type");
    assert_true(strcmp(type, "plain_text") == 0 || (!is_plain_only && strcmp(type, "mrkdwn") == 0));
    size_t n = text_len(object, "text");
    assert_in_range(n, 1, max);
    sample_assert_clean(str_from(sample_member(object, "text")));
    return n;
}

static size_t check_actions(const json_t *elements)
{
    size_t sum = 0, i, j;
    json_t *button, *other;
    assert_in_range(json_array_size(elements), 1, 25);
    json_array_foreach(elements, i, button)
    {
        assert_string_equal(sample_member(button, "type"), "button");
        assert_in_range(text_len(button, "action_id"), 1, 255);
        assert_in_range(text_len(button, "url"), 1, 3000);
        sum += check_text(json_object_get(button, "text"), 75, true) + text_len(button, "url");
        json_array_foreach(elements, j, other)
        {
            if (i != j) {
                assert_string_not_equal(sample_member(button, "action_id"),
                                        sample_member(other, "action_id"));
            }
        }
    }
    return sum;
}

static void check_blocks(const json_t *blocks)
{
    size_t sum = 0, i, j;
    json_t *block, *element;
    assert_in_range(json_array_size(blocks), 1, 50);
    json_array_foreach(blocks, i, block)
    {
        const char *type = sample_member(block, "type");
        const json_t *elements = json_object_get(block, "elements");
        if (strcmp(type, "header") == 0) {
            sum += check_text(json_object_get(block, "text"), 150, true);
        } else if (strcmp(type, "section") == 0) {
            sum += check_text(json_object_get(block, "text"), 3000, false);
        } else if (strcmp(type, "context") == 0) {
            assert_in_range(json_array_size(elements), 1, 10);
            json_array_foreach(elements, j, element)
            {
                sum += check_text(element, 3000, false);
            }
        } else {
            assert_string_equal(type, "actions");
            sum += check_actions(elements);
        }
    }
    assert_in_range(sum, 1, 13200);
}

static void test_a_page_is_posted_with_its_buttons(void **state)
{
    struct message m = sample_message(*state, CHANNEL_SLACK, "#alerts");
    struct channel_settings settings = sample_settings(*state);
    struct transfer_request request = sample_build(&settings, &m, false, *state);
    assert_true(str_eq(request.url, STR("https://slack.com/api/chat.postMessage")));
    assert_true(str_eq(request.headers[0].value, STR("application/json; charset=utf-8")));
    assert_true(str_eq(request.headers[1].value, STR("Bearer xoxb-CANARY")));
    ASSERT_HAS_NOT(request.body, "CANARY");
    json_t *json = sample_json(request.body);
    assert_string_equal(sample_member(json, "channel"), "#alerts");
    assert_true(json_is_false(json_object_get(json, "unfurl_links")));
    assert_true(json_is_false(json_object_get(json, "unfurl_media")));
    assert_string_equal(sample_member(json, "text"),
                        "🔴 CRITICAL: Disk almost full on db1 — firing for 12 min");
    check_blocks(json_object_get(json, "blocks"));
    ASSERT_HAS(request.body, "\"url\":\"https://alertify.example/a/TOKEN\"");
    ASSERT_HAS(request.body, "<https://wiki.example/disk?a=1&amp;b=2|Runbook>");
    json_decref(json);
}

static void test_an_acknowledgement_edits_the_page_and_takes_the_button_away(void **state)
{
    struct message m = sample_message(*state, CHANNEL_SLACK, "U045EF");
    m.kind = NOTICE_ACKNOWLEDGED;
    m.acked_at = m.now_at;
    m.acked_by = STR("Anna <@U1>");
    m.earlier_ref = STR("D123 1503435956.000247");
    struct str url;
    json_t *json = payload(*state, &m, false, &url);
    assert_true(str_eq(url, STR("https://slack.com/api/chat.update")));
    assert_string_equal(sample_member(json, "channel"), "D123");
    assert_string_equal(sample_member(json, "ts"), "1503435956.000247");
    assert_string_equal(sample_member(json, "parse"), "none");
    char *text = json_dumps(json, 0);
    ASSERT_HAS(str_from(text), "Acknowledged by Anna &lt;@U1&gt; at 2026-11-21 01:52 UTC");
    ASSERT_HAS_NOT(str_from(text), "TOKEN");
    ASSERT_HAS_NOT(str_from(text), "unfurl");
    free(text);
    json_decref(json);
}

static void test_a_repeated_page_is_a_new_message(void **state)
{
    struct message m = sample_message(*state, CHANNEL_SLACK, "#alerts");
    m.earlier_ref = STR("C123 1503435956.000247");
    m.round = 2;
    struct str url;
    json_t *json = payload(*state, &m, false, &url);
    assert_true(str_ends_with(url, STR("/chat.postMessage")));
    assert_string_equal(sample_member(json, "channel"), "#alerts");
    assert_null(json_object_get(json, "thread_ts"));
    json_decref(json);
}

static void test_results_and_notes_go_into_the_thread(void **state)
{
    struct message m = sample_message(*state, CHANNEL_SLACK, "#alerts");
    m.earlier_ref = STR("C123 1503435956.000247");
    m.note = STR("ended with 0");
    for (enum notice_kind kind = NOTICE_RESULT; kind <= NOTICE_NOTE; kind++) {
        m.kind = kind;
        struct str url;
        json_t *json = payload(*state, &m, false, &url);
        assert_true(str_ends_with(url, STR("/chat.postMessage")));
        assert_string_equal(sample_member(json, "thread_ts"), "1503435956.000247");
        assert_string_equal(sample_member(json, "channel"), "C123");
        json_decref(json);
        struct outcome outcome =
            sample_classify(&m, 200, "{\"ok\":true,\"channel\":\"C123\",\"ts\":\"9.9\"}", *state);
        assert_true(str_eq(outcome.ref, m.earlier_ref));
    }
}

static void test_a_person_is_mentioned(void **state)
{
    struct message m = sample_message(*state, CHANNEL_SLACK, "U045EF");
    struct str url;
    json_t *json = payload(*state, &m, false, &url);
    char *text = json_dumps(json, 0);
    ASSERT_HAS(str_from(text), "<@U045EF>");
    assert_string_equal(sample_member(json, "channel"), "U045EF");
    free(text);
    json_decref(json);
}

static void test_a_webhook_posts_without_token_or_channel(void **state)
{
    struct message m = sample_message(*state, CHANNEL_SLACK, "#alerts");
    m.kind = NOTICE_RESOLVED;
    m.earlier_ref = STR("C1 1.1");
    struct channel_settings settings = sample_settings(*state);
    settings.slack.bot_token = NULL;
    settings.slack.webhook_url = sample_secret(*state, "https://hooks.slack.com/services/T/B/X");
    struct transfer_request request = sample_build(&settings, &m, false, *state);
    assert_true(str_eq(request.url, STR("https://hooks.slack.com/services/T/B/X")));
    assert_int_equal(request.n_headers, 1);
    json_t *json = sample_json(request.body);
    assert_null(json_object_get(json, "channel"));
    assert_null(json_object_get(json, "ts"));
    check_blocks(json_object_get(json, "blocks"));
    json_decref(json);
}

static void test_hostile_messages_keep_every_limit(void **state)
{
    for (int kind = 0; kind < notice_kind_COUNT; kind++) {
        for (int plain = 0; plain < 2; plain++) {
            struct message m = sample_hostile(*state, CHANNEL_SLACK, "#alerts");
            m.kind = (enum notice_kind)kind;
            struct str url;
            json_t *json = payload(*state, &m, plain, &url);
            struct str text = str_from(sample_member(json, "text"));
            sample_assert_clean(text);
            assert_in_range(clean_len(text), 1, 4000);
            assert_true(str_find(text, '<', 0) == SIZE_MAX);
            if (!plain) {
                check_blocks(json_object_get(json, "blocks"));
            } else {
                assert_null(json_object_get(json, "blocks"));
            }
            char *all = json_dumps(json, 0);
            ASSERT_HAS_NOT(str_from(all), "<!channel>");
            ASSERT_HAS_NOT(str_from(all), "<@U123>");
            ASSERT_HAS_NOT(str_from(all), "<script>");
            ASSERT_HAS_NOT(str_from(all), "javascript:");
            free(all);
            json_decref(json);
        }
    }
}

/* Three of them are longer than one text may be; & is longer still as an entity. */
static void test_long_links_do_not_cost_the_blocks(void **state)
{
    struct strbuf url, wide;
    struct message m = sample_message(*state, CHANNEL_SLACK, "#alerts");
    struct alert alert = m.alerts.v[0];
    strbuf_init(&url, *state, 2000);
    strbuf_init(&wide, *state, 1000);
    strbuf_add(&url, STR("https://wiki.example/"));
    strbuf_add(&wide, STR("https://wiki.example/?"));
    while (url.n < 1990) {
        strbuf_add_char(&url, 'x');
    }
    while (wide.n < 990) {
        strbuf_add_char(&wide, '&');
    }
    const char *const annotations[] = {"runbook_url",
                                       strbuf_str(&url).p,
                                       "dashboard_url",
                                       strbuf_str(&url).p,
                                       "__silence_url__",
                                       strbuf_str(&wide).p,
                                       NULL};
    alert.annotations = sample_labels(*state, annotations);
    alert.generator_url = strbuf_str(&url);
    m.alerts.v = &alert;
    struct str ignored;
    json_t *json = payload(*state, &m, false, &ignored);
    check_blocks(json_object_get(json, "blocks"));
    char *all = json_dumps(json, 0);
    ASSERT_HAS(str_from(all), "|Runbook>");
    ASSERT_HAS(str_from(all), "|Dashboard>");
    ASSERT_HAS(str_from(all), "|Graph>");
    ASSERT_HAS_NOT(str_from(all), "Silence");
    free(all);
    json_decref(json);
}

static void test_the_plain_fallback_still_has_the_link(void **state)
{
    struct message m = sample_hostile(*state, CHANNEL_SLACK, "#alerts");
    struct str url;
    json_t *json = payload(*state, &m, true, &url);
    ASSERT_HAS(str_from(sample_member(json, "text")), "https://alertify.example/a/TOKEN\n");
    ASSERT_HAS(str_from(sample_member(json, "text")), "https://alertify.example/incidents/42");
    json_decref(json);
}

static void test_what_can_never_be_sent_is_refused(void **state)
{
    struct channel_settings settings = sample_settings(*state);
    struct message m = sample_message(*state, CHANNEL_SLACK, "");
    assert_true(sample_is_refused(&settings, &m, *state));
    m.to.address = STR("#a\r\nb");
    assert_true(sample_is_refused(&settings, &m, *state));
    m.to.address = STR("#ok");
    settings.slack.bot_token = NULL;
    assert_true(sample_is_refused(&settings, &m, *state));
}

struct word_case {
    const char *words; /* separated by spaces */
    enum outcome_kind kind;
    enum outcome_scope scope;
};

static void check_words(struct arena *a, const struct word_case *c, int status, const char *format)
{
    struct message m = sample_message(a, CHANNEL_SLACK, "#alerts");
    for (struct str rest = str_from(c->words); rest.p;) {
        struct str word = str_cut(&rest, ' ');
        char body[200];
        const char *before = format[0] == 'j' ? "{\"ok\":false,\"error\":\"" : "";
        snprintf(body, sizeof(body), "%s%.*s%s", before, STR_ARG(word), *before ? "\"}" : "");
        struct outcome outcome = sample_classify(&m, status, body, a);
        if (outcome.kind != c->kind || (c->kind == OUTCOME_PERM && outcome.scope != c->scope)) {
            fail_msg("%.*s: %s/%s", STR_ARG(word), outcome_kind_name(outcome.kind),
                     outcome_scope_name(outcome.scope));
        }
        ASSERT_HAS(outcome.reason, str_c(a, word));
    }
}

static void test_every_word_of_the_api_is_understood(void **state)
{
    static const struct word_case cases[] = {
        {"channel_not_found not_in_channel is_archived is_inactive restricted_action "
         "restricted_action_read_only_channel cannot_reply_to_message user_not_found cannot_dm_bot "
         "messages_tab_disabled posting_to_channel_denied ekm_access_denied message_limit_exceeded",
         OUTCOME_PERM, SCOPE_DESTINATION},
        {"invalid_auth not_authed account_inactive token_revoked token_expired missing_scope "
         "not_allowed_token_type no_permission team_access_not_granted org_login_required "
         "access_denied accesslimited two_factor_setup_required",
         OUTCOME_PERM, SCOPE_CREDENTIAL},
        {"invalid_blocks invalid_blocks_format msg_blocks_too_long msg_too_long no_text "
         "too_many_attachments invalid_arguments metadata_too_large markdown_text_conflict",
         OUTCOME_PERM, SCOPE_PAYLOAD},
        {"message_not_found cant_update_message edit_window_closed block_mismatch", OUTCOME_PERM,
         SCOPE_EDIT},
        {"ratelimited rate_limited service_unavailable request_timeout team_added_to_org "
         "update_failed external_channel_migrating never_heard_of",
         OUTCOME_TEMP, 0},
        {"internal_error fatal_error", OUTCOME_UNKNOWN, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check_words(*state, &cases[i], 200, "json");
    }
}

static void test_every_word_of_a_webhook_is_understood(void **state)
{
    static const struct {
        int status;
        struct word_case words;
    } cases[] = {
        {400, {"invalid_payload no_text", OUTCOME_PERM, SCOPE_PAYLOAD}},
        {400, {"user_not_found", OUTCOME_PERM, SCOPE_DESTINATION}},
        {403, {"action_prohibited", OUTCOME_PERM, SCOPE_DESTINATION}},
        {403, {"invalid_token", OUTCOME_PERM, SCOPE_CREDENTIAL}},
        {404, {"channel_not_found", OUTCOME_PERM, SCOPE_DESTINATION}},
        {404, {"no_service no_active_hooks no_team", OUTCOME_PERM, SCOPE_CREDENTIAL}},
        {410, {"channel_is_archived", OUTCOME_PERM, SCOPE_DESTINATION}},
        {500, {"rollup_error something_new", OUTCOME_TEMP, 0}},
        {404, {"something_new", OUTCOME_PERM, SCOPE_DESTINATION}},
        {302, {"found", OUTCOME_PERM, SCOPE_DESTINATION}},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check_words(*state, &cases[i].words, cases[i].status, "text");
    }
}

static void test_replies_are_read_with_suspicion(void **state)
{
    struct message m = sample_message(*state, CHANNEL_SLACK, "#alerts");
    struct outcome o =
        sample_classify(&m, 200, "{\"ok\":true,\"channel\":\"C1\",\"ts\":\"1.2\"}", *state);
    assert_int_equal(o.kind, OUTCOME_OK);
    assert_true(str_eq(o.ref, STR("C1 1.2")));
    assert_int_equal(sample_classify(&m, 200, "ok", *state).kind, OUTCOME_OK);
    assert_int_equal(sample_classify(&m, 200, "<html>log in</html>", *state).kind, OUTCOME_UNKNOWN);
    assert_int_equal(sample_classify(&m, 200, "[]", *state).kind, OUTCOME_UNKNOWN);
    o = sample_classify(&m, 429, "{\"ok\":false,\"error\":\"ratelimited\"}", *state);
    assert_int_equal(o.kind, OUTCOME_TEMP);
    assert_int_equal(o.hint_us, 30 * US_PER_S);
    assert_int_equal(sample_classify(&m, 503, "", *state).kind, OUTCOME_TEMP);
    struct transfer_reply reply = {
        .end = TRANSFER_NOT_SENT, .detail = STR("refused"), .body = STR_EMPTY};
    channel_slack.classify(&m, &reply, *state, &o);
    assert_int_equal(o.kind, OUTCOME_TEMP);
    reply.end = TRANSFER_BROKEN;
    channel_slack.classify(&m, &reply, *state, &o);
    assert_int_equal(o.kind, OUTCOME_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_page_is_posted_with_its_buttons),
        cmocka_unit_test(test_an_acknowledgement_edits_the_page_and_takes_the_button_away),
        cmocka_unit_test(test_a_repeated_page_is_a_new_message),
        cmocka_unit_test(test_results_and_notes_go_into_the_thread),
        cmocka_unit_test(test_a_person_is_mentioned),
        cmocka_unit_test(test_a_webhook_posts_without_token_or_channel),
        cmocka_unit_test(test_hostile_messages_keep_every_limit),
        cmocka_unit_test(test_long_links_do_not_cost_the_blocks),
        cmocka_unit_test(test_the_plain_fallback_still_has_the_link),
        cmocka_unit_test(test_what_can_never_be_sent_is_refused),
        cmocka_unit_test(test_every_word_of_the_api_is_understood),
        cmocka_unit_test(test_every_word_of_a_webhook_is_understood),
        cmocka_unit_test(test_replies_are_read_with_suspicion),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
