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
    ASSERT_HAS_NOT(request.body, "CANARY");
    *ret_url = request.url;
    return sample_json(request.body);
}

/* As the server parses it: only b, i, pre and a, properly nested (we never nest), four entities.
 * Returns the UTF-16 length of what is left. */
static size_t html_units(struct arena *a, struct str html)
{
    static const char *const tokens[] = {"<b>",   "</b>",   "<i>",        "</i>",
                                         "<pre>", "</pre>", "<a href=\"", "</a>"};
    struct strbuf text;
    strbuf_init(&text, a, html.n);
    const char *open = NULL;
    for (size_t i = 0; i < html.n; i++) {
        struct str rest = str_slice(html, i, html.n);
        if (html.p[i] == '<') {
            size_t t = 0;
            while (t < 8 && !str_starts_with(rest, str_from(tokens[t]))) {
                t++;
            }
            assert_in_range(t, 0, 7);
            assert_true(t % 2 == 0 ? open == NULL : open == tokens[t - 1]);
            open = t % 2 == 0 ? tokens[t] : NULL;
            i += strlen(tokens[t]) - 1;
            if (t == 6) {
                size_t end = str_find(html, '"', i + 1);
                assert_true(str_starts_with(str_slice(html, end, html.n), STR("\">")));
                assert_true(str_starts_with(str_slice(html, i + 1, end), STR("https://")));
                i = end + 1;
            }
        } else if (html.p[i] == '&') {
            size_t end = str_find(html, ';', i);
            struct str entity = str_slice(html, i, end + 1);
            assert_true(str_eq(entity, STR("&amp;")) || str_eq(entity, STR("&lt;")) ||
                        str_eq(entity, STR("&gt;")) || str_eq(entity, STR("&quot;")) ||
                        str_eq(entity, STR("&#34;")) || str_eq(entity, STR("&#39;")) ||
                        str_eq(entity, STR("&#43;")));
            strbuf_add_char(&text, '&');
            i = end;
        } else {
            strbuf_add_char(&text, html.p[i]);
        }
    }
    assert_null(open);
    return clean_len(strbuf_str(&text));
}

static void test_a_page_has_html_and_buttons(void **state)
{
    struct message m = sample_message(*state, CHANNEL_TELEGRAM, "-1001234567890:45");
    struct str url;
    json_t *json = payload(*state, &m, false, &url);
    assert_true(str_eq(url, STR("https://api.telegram.org/bot123:CANARY/sendMessage")));
    assert_true(json_integer_value(json_object_get(json, "chat_id")) == -1001234567890);
    assert_int_equal(json_integer_value(json_object_get(json, "message_thread_id")), 45);
    assert_string_equal(sample_member(json, "parse_mode"), "HTML");
    assert_string_equal(sample_member(json, "text"),
                        "<b>🔴 CRITICAL: Disk almost full on db1 — firing for 12 min</b>\n\n"
                        "Service: payments\nSince: 2026-11-21 01:40 UTC\nAlerts: 1 of 1 firing\n"
                        "Incident: #42\n\n"
                        "It grows by 1% an hour.\n\n"
                        "• Disk 91% full on /\xe2\x81\xa0"
                        "var — instance=db1:9100, device=sda (12 min)\n\n"
                        "<a href=\"https://wiki.example/disk?a=1&amp;b=2\">Runbook</a>\n\n"
                        "<i>Press “Acknowledge” to take it.</i>");
    char *markup = json_dumps(json_object_get(json, "reply_markup"), JSON_COMPACT);
    assert_string_equal(markup, "{\"inline_keyboard\":[[{\"text\":\"Acknowledge\",\"url\":"
                                "\"https://alertify.example/a/TOKEN\"},{\"text\":\"Open\",\"url\":"
                                "\"https://alertify.example/incidents/42\"}]]}");
    char *preview = json_dumps(json_object_get(json, "link_preview_options"), JSON_COMPACT);
    assert_string_equal(preview, "{\"is_disabled\":true}");
    free(preview);
    free(markup);
    json_decref(json);
}

static void test_a_resolve_edits_the_page(void **state)
{
    struct message m = sample_message(*state, CHANNEL_TELEGRAM, "@oncall_room");
    m.kind = NOTICE_RESOLVED;
    m.resolved_at = m.now_at;
    m.earlier_ref = STR("777");
    struct str url;
    json_t *json = payload(*state, &m, false, &url);
    assert_true(str_ends_with(url, STR("/editMessageText")));
    assert_string_equal(sample_member(json, "chat_id"), "@oncall_room");
    assert_int_equal(json_integer_value(json_object_get(json, "message_id")), 777);
    ASSERT_HAS_NOT(str_from(sample_member(json, "text")), "Press");
    char *markup = json_dumps(json_object_get(json, "reply_markup"), JSON_COMPACT);
    ASSERT_HAS_NOT(str_from(markup), "TOKEN");
    free(markup);
    json_decref(json);
}

static void test_a_repeated_page_is_a_new_message(void **state)
{
    struct message m = sample_message(*state, CHANNEL_TELEGRAM, "-100123:45");
    m.earlier_ref = STR("777");
    m.round = 2;
    struct str url;
    json_t *json = payload(*state, &m, false, &url);
    assert_true(str_ends_with(url, STR("/sendMessage")));
    assert_null(json_object_get(json, "message_id"));
    assert_null(json_object_get(json, "reply_parameters"));
    assert_int_equal(json_integer_value(json_object_get(json, "message_thread_id")), 45);
    json_decref(json);
}

static void test_a_result_answers_to_the_page(void **state)
{
    struct message m = sample_message(*state, CHANNEL_TELEGRAM, "12345");
    m.kind = NOTICE_RESULT;
    m.note = STR("exit 1 <b>");
    m.earlier_ref = STR("777");
    struct str url;
    json_t *json = payload(*state, &m, false, &url);
    assert_true(str_ends_with(url, STR("/sendMessage")));
    json_t *reply = json_object_get(json, "reply_parameters");
    assert_int_equal(json_integer_value(json_object_get(reply, "message_id")), 777);
    ASSERT_HAS(str_from(sample_member(json, "text")), "<pre>exit 1 &lt;b&gt;</pre>");
    json_decref(json);
    struct outcome o =
        sample_classify(&m, 200, "{\"ok\":true,\"result\":{\"message_id\":9}}", *state);
    assert_true(str_eq(o.ref, STR("777")));
}

static void test_hostile_messages_stay_valid_and_short(void **state)
{
    for (int kind = 0; kind < notice_kind_COUNT; kind++) {
        for (int plain = 0; plain < 2; plain++) {
            struct message m = sample_hostile(*state, CHANNEL_TELEGRAM, "12345");
            m.kind = (enum notice_kind)kind;
            struct str url;
            json_t *json = payload(*state, &m, plain, &url);
            struct str text = str_from(sample_member(json, "text"));
            sample_assert_clean(text);
            size_t units = plain ? clean_len(text) : html_units(*state, text);
            assert_in_range(units, 1, 4096);
            ASSERT_HAS_NOT(text, "@here");
            ASSERT_HAS_NOT(text, "tg://");
            ASSERT_HAS_NOT(text, "javascript:");
            assert_true(plain == (json_object_get(json, "parse_mode") == NULL));
            assert_true(plain == (json_object_get(json, "reply_markup") == NULL));
            if (kind == NOTICE_PAGE) {
                ASSERT_HAS(text, "and 49");
                ASSERT_HAS(text, " — firing for 12 min");
            }
            json_decref(json);
        }
    }
}

/* "·" is the word joiner. */
static void test_what_would_become_live_is_kept_text(void **state)
{
    static const struct {
        const char *in, *want;
    } cases[] = {
        {"@anna (@bob_b) a@b.org _@c", "@·anna (@·bob_b) a@b.org _@c"},
        {"/stop (/stop@bot_b) x=/srv,/opt", "/·stop (/·stop@bot_b) x=/·srv,/·opt"},
        {"/var/log a/b 1/s </b>", "/var/log a/b 1/s </b>"},
        {"tg://x ton://x tonsite://x http://x", "tg:·//x ton:·//x tonsite:·//x http://x"},
        {"https://a.example/-/x?y=/z&u=@v", "https://a.example/-/x?y=/z&u=@v"},
        {"https://a.example,@anna", "https://a.example,@·anna"},
        {"https://localhost/@anna", "https://localhost/@·anna"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct message m = sample_message(*state, CHANNEL_TELEGRAM, "12345");
        struct strbuf want;
        struct str url, title = str_from(cases[i].want);
        m.title = str_from(cases[i].in);
        strbuf_init(&want, *state, 1000);
        strbuf_add(&want, STR("🔴 CRITICAL: "));
        while (title.n > 0) {
            bool is_dot = str_starts_with(title, STR("·"));
            strbuf_add(&want, is_dot ? STR("\xe2\x81\xa0") : str_slice(title, 0, 1));
            title = str_slice(title, is_dot ? 2 : 1, title.n);
        }
        strbuf_add(&want, STR(" — firing"));
        json_t *json = payload(*state, &m, true, &url);
        if (!str_starts_with(str_from(sample_member(json, "text")), strbuf_str(&want))) {
            fail_msg("“%s” → %s", cases[i].in, sample_member(json, "text"));
        }
        json_decref(json);
    }
}

static void test_links_are_words_in_the_plain_fallback(void **state)
{
    struct message m = sample_hostile(*state, CHANNEL_TELEGRAM, "12345");
    m.ack_url = STR("https://alertify.example/a/@TOKEN");
    struct str url;
    json_t *json = payload(*state, &m, true, &url);
    ASSERT_HAS(str_from(sample_member(json, "text")), "https://alertify.example/a/@TOKEN\n");
    json_decref(json);
}

static void test_long_links_tighten_the_rest_and_are_never_cut(void **state)
{
    struct strbuf url;
    strbuf_init(&url, *state, 2000);
    strbuf_add(&url, STR("https://alertify.example/a/"));
    while (url.n < 1900) {
        for (int i = 0; i < 5; i++) {
            strbuf_add(&url, STR("0123456789012345678901"));
        }
        struct message m = sample_hostile(*state, CHANNEL_TELEGRAM, "12345");
        m.ack_url = strbuf_str(&url);
        m.open_url = str_slice(m.ack_url, 0, 60);
        struct str ignored;
        json_t *json = payload(*state, &m, true, &ignored);
        struct str text = str_from(sample_member(json, "text"));
        assert_in_range(clean_len(text), 1, 4096);
        ASSERT_HAS(text, str_printf(*state, "%.*s\n", STR_ARG(m.ack_url)).p);
        json_decref(json);
    }
}

static void test_only_chat_addresses_are_taken(void **state)
{
    struct channel_settings settings = sample_settings(*state);
    const char *bad[] = {"",     "abc",      "@abc", "@a b cdef", "-",   "0",
                         "12x",  "12:",      "12:x", "12:-3",     "1e5", "9999999999999999999",
                         "12:0", "@abcdef\n"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct message m = sample_message(*state, CHANNEL_TELEGRAM, bad[i]);
        if (!sample_is_refused(&settings, &m, *state)) {
            fail_msg("taken: %s", bad[i]);
        }
    }
    settings.has_telegram = false;
    struct message m = sample_message(*state, CHANNEL_TELEGRAM, "12");
    assert_true(sample_is_refused(&settings, &m, *state));
}

static void test_every_error_is_understood(void **state)
{
    static const struct {
        int code;
        const char *description;
        enum outcome_kind kind;
        enum outcome_scope scope;
    } cases[] = {
        {403, "Forbidden: bot was blocked by the user", OUTCOME_PERM, SCOPE_DESTINATION},
        {403, "Forbidden: user is deactivated", OUTCOME_PERM, SCOPE_DESTINATION},
        {403, "Forbidden: bot was kicked from the group chat", OUTCOME_PERM, SCOPE_DESTINATION},
        {403, "Forbidden: bot is not a member of the channel chat", OUTCOME_PERM,
         SCOPE_DESTINATION},
        {403, "Forbidden: the group chat was deleted", OUTCOME_PERM, SCOPE_DESTINATION},
        {403, "Forbidden: bot can't initiate conversation with a user", OUTCOME_PERM,
         SCOPE_DESTINATION},
        {400, "Bad Request: chat not found", OUTCOME_PERM, SCOPE_DESTINATION},
        {400, "Bad Request: message thread not found", OUTCOME_PERM, SCOPE_DESTINATION},
        {400, "Bad Request: have no rights to send a message", OUTCOME_PERM, SCOPE_DESTINATION},
        {401, "Unauthorized", OUTCOME_PERM, SCOPE_CREDENTIAL},
        {404, "Not Found", OUTCOME_PERM, SCOPE_CREDENTIAL},
        {400, "Bad Request: can't parse entities: Unsupported start tag \\\"x\\\" at byte offset 3",
         OUTCOME_PERM, SCOPE_PAYLOAD},
        {400, "Bad Request: message is too long", OUTCOME_PERM, SCOPE_PAYLOAD},
        {400, "Bad Request: message text is empty", OUTCOME_PERM, SCOPE_PAYLOAD},
        {400, "Bad Request: BUTTON_DATA_INVALID", OUTCOME_PERM, SCOPE_PAYLOAD},
        {400, "Bad Request: BUTTON_URL_INVALID", OUTCOME_PERM, SCOPE_PAYLOAD},
        {400, "Bad Request: reply markup is too long", OUTCOME_PERM, SCOPE_PAYLOAD},
        {400, "Bad Request: something new", OUTCOME_PERM, SCOPE_PAYLOAD},
        {400, "Bad Request: message to edit not found", OUTCOME_PERM, SCOPE_EDIT},
        {400, "Bad Request: message can't be edited", OUTCOME_PERM, SCOPE_EDIT},
        {400, "Bad Request: message is not modified: specified new message content is the same",
         OUTCOME_OK, 0},
        {409, "Conflict: terminated by other getUpdates request", OUTCOME_TEMP, 0},
        {429, "Too Many Requests: retry after 7", OUTCOME_TEMP, 0},
        {500, "Internal Server Error", OUTCOME_TEMP, 0},
        {502, "Bad Gateway", OUTCOME_TEMP, 0},
    };
    struct message m = sample_message(*state, CHANNEL_TELEGRAM, "12345");
    m.earlier_ref = STR("777");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char body[400];
        snprintf(body, sizeof(body), "{\"ok\":false,\"error_code\":%d,\"description\":\"%s\"}",
                 cases[i].code, cases[i].description);
        struct outcome o = sample_classify(&m, cases[i].code, body, *state);
        if (o.kind != cases[i].kind || (o.kind == OUTCOME_PERM && o.scope != cases[i].scope)) {
            fail_msg("%s: %s/%s", cases[i].description, outcome_kind_name(o.kind),
                     outcome_scope_name(o.scope));
        }
        if (o.kind == OUTCOME_OK) {
            assert_true(str_eq(o.ref, STR("777")));
        }
    }
}

static void test_waiting_times_and_moves_are_obeyed(void **state)
{
    struct message m = sample_message(*state, CHANNEL_TELEGRAM, "-5");
    struct outcome o =
        sample_classify(&m, 429,
                        "{\"ok\":false,\"error_code\":429,\"description\":\"Too Many "
                        "Requests\",\"parameters\":{\"retry_after\":77}}",
                        *state);
    assert_int_equal(o.hint_us, 77 * US_PER_S);
    o = sample_classify(&m, 429, "", *state);
    assert_int_equal(o.hint_us, 30 * US_PER_S);
    o = sample_classify(
        &m, 400,
        "{\"ok\":false,\"error_code\":400,\"description\":\"Bad Request: group chat "
        "was upgraded to a supergroup chat\",\"parameters\":{\"migrate_to_chat_id\":"
        "-1001234567890123}}",
        *state);
    assert_int_equal(o.kind, OUTCOME_TEMP);
    assert_int_equal(o.hint_us, 0);
    assert_true(str_eq(o.moved_to, STR("-1001234567890123")));
    o = sample_classify(&m, 200, "{\"ok\":true,\"result\":{\"message_id\":9}}", *state);
    assert_int_equal(o.kind, OUTCOME_OK);
    assert_true(str_eq(o.ref, STR("9")));
    assert_int_equal(sample_classify(&m, 200, "<html>", *state).kind, OUTCOME_UNKNOWN);
    assert_int_equal(sample_classify(&m, 502, "<html>", *state).kind, OUTCOME_TEMP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_page_has_html_and_buttons),
        cmocka_unit_test(test_a_resolve_edits_the_page),
        cmocka_unit_test(test_a_repeated_page_is_a_new_message),
        cmocka_unit_test(test_a_result_answers_to_the_page),
        cmocka_unit_test(test_hostile_messages_stay_valid_and_short),
        cmocka_unit_test(test_what_would_become_live_is_kept_text),
        cmocka_unit_test(test_links_are_words_in_the_plain_fallback),
        cmocka_unit_test(test_long_links_tighten_the_rest_and_are_never_cut),
        cmocka_unit_test(test_only_chat_addresses_are_taken),
        cmocka_unit_test(test_every_error_is_understood),
        cmocka_unit_test(test_waiting_times_and_moves_are_obeyed),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
