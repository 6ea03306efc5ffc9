#include "channels/mime.h"
#include "formats/base64.h"
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

static struct transfer_request request_of(struct arena *a, const struct message *m, bool is_plain)
{
    struct channel_settings settings = sample_settings(a);
    return sample_build(&settings, m, is_plain, a);
}

/* What SMTP and every reader need: ASCII, CRLF only, short lines, no line that begins with a dot.
 * Message ids cannot be folded, so their lines may be longer. */
static void check_wire(struct str mail)
{
    assert_true(str_ends_with(mail, STR("\r\n")));
    for (struct str rest = str_slice(mail, 0, mail.n - 1); rest.p;) {
        struct str line = str_cut(&rest, '\n');
        assert_true(line.n > 0 && line.p[line.n - 1] == '\r');
        line.n--;
        assert_in_range(line.n, 0, str_contains(line, STR("<inc-")) ? 200 : 78);
        assert_false(str_starts_with(line, STR(".")));
        for (size_t i = 0; i < line.n; i++) {
            assert_in_range((unsigned char)line.p[i], 0x20, 0x7e);
        }
    }
}

static void test_a_page_is_a_mail_with_all_its_headers(void **state)
{
    struct message m = sample_message(*state, CHANNEL_EMAIL, "anna@example.org");
    struct transfer_request r = request_of(*state, &m, false);
    assert_int_equal(r.kind, TRANSFER_SMTP);
    assert_true(str_eq(r.mail_to, STR("anna@example.org")));
    assert_true(str_eq(r.mail_from, STR("alertify@example.org")));
    check_wire(r.body);
    ASSERT_HAS(r.body, "Date: Sat, 21 Nov 2026 01:52:00 +0000\r\n"
                       "From: \"Alertify\"\r\n <alertify@example.org>\r\n"
                       "To: <anna@example.org>\r\n"
                       "Subject: [#42] critical: Disk almost full on db1\r\n"
                       "Message-ID: <inc-0199c0de-0000-7000-8000-000000000042."
                       "0199c0de-0000-7000-8000-00000000d001@example.org>\r\n");
    ASSERT_HAS(r.body, "References: <inc-0199c0de-0000-7000-8000-000000000042.0@example.org>\r\n");
    ASSERT_HAS(r.body, "Auto-Submitted: auto-generated\r\n");
    ASSERT_HAS(r.body, "boundary=\"=_0199c0de-0000-7000-8000-00000000d001\"");
    ASSERT_HAS_NOT(r.body, "CANARY");
    struct transfer_request again = request_of(*state, &m, false);
    assert_true(str_eq(r.body, again.body)); /* a retry is the same mail */
}

static void test_plain_is_one_part(void **state)
{
    struct message m = sample_message(*state, CHANNEL_EMAIL, "anna@example.org");
    struct transfer_request r = request_of(*state, &m, true);
    check_wire(r.body);
    ASSERT_HAS_NOT(r.body, "multipart");
    ASSERT_HAS(r.body, "Content-Type: text/plain; charset=UTF-8\r\n");
}

static void test_hostile_text_makes_no_headers_and_no_markup(void **state)
{
    for (int kind = 0; kind < notice_kind_COUNT; kind++) {
        struct message m = sample_hostile(*state, CHANNEL_EMAIL, "anna@example.org");
        m.kind = (enum notice_kind)kind;
        m.id = STR("a\r\nBcc: <evil@example.org>");
        m.earlier_ref = STR("x");
        struct transfer_request r = request_of(*state, &m, false);
        check_wire(r.body);
        const char *body = strstr(r.body.p, "\r\n\r\n"), *html = strstr(r.body.p, "text/html");
        assert_non_null(body);
        assert_non_null(html);
        ASSERT_HAS_NOT(str_slice(r.body, 0, (size_t)(body - r.body.p)), "\nBcc");
        ASSERT_HAS_NOT(str_from(html), "<script");
        ASSERT_HAS_NOT(r.body, "javascript:");
        assert_true(r.body.n < 128 * 1024);
    }
}

/* Readers decode word by word: each must be text of its own. Returns how many there are. */
static size_t check_encoded_words(struct arena *a, struct str mail)
{
    size_t n = 0;
    struct str mark = STR("=?UTF-8?B?");
    for (size_t i = 0; i + mark.n < mail.n; i++) {
        if (!str_starts_with(str_slice(mail, i, mail.n), mark)) {
            continue;
        }
        size_t end = str_find(mail, '?', i + mark.n);
        struct str bytes;
        assert_true(base64_decode(a, str_slice(mail, i + mark.n, end), &bytes));
        assert_true(str_is_utf8(bytes));
        assert_true(end + 2 - i <= 75);
        n++;
    }
    return n;
}

static void test_headers_are_encoded_at_character_boundaries_and_folded(void **state)
{
    struct mime_mail mail = {
        .from_name = STR("Дежурный \"бот\""),
        .from_address = STR("a@b.org"),
        .to = STR("c@d.org"),
        .subject = STR("😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀 конец очень длинной темы письма"),
        .message_id = STR("x@b.org"),
        .root_id = STR_EMPTY,
        .date_at = 0,
        .boundary = STR("b"),
        .text = STR(".dot\ntrailing space \n\nlong ................................................"
                    "............................................................ end\n.\n"),
        .html = STR_EMPTY,
    };
    struct str text = mime_write(*state, &mail);
    check_wire(text);
    assert_true(check_encoded_words(*state, text) >= 4);
    ASSERT_HAS(text, "Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n");
    ASSERT_HAS(text, "\r\n=2Edot\r\ntrailing space=20\r\n\r\nlong ");
    ASSERT_HAS_NOT(text, "In-Reply-To");
    mail.subject = STR("seventy-eight characters are not enough for this rather long subject of a "
                       "mail that goes on and on");
    mail.from_name = STR("A \"quoted\" \\ name");
    text = mime_write(*state, &mail);
    check_wire(text);
    ASSERT_HAS(text, "From: \"A \\\"quoted\\\" \\\\ name\"\r\n <a@b.org>\r\n");
    ASSERT_HAS(text, "Subject: seventy-eight characters are not enough for this rather long\r\n "
                     "subject of a mail that goes on and on\r\n");
    mail.subject = STR("=?UTF-8?Q?fake?=");
    ASSERT_HAS_NOT(mime_write(*state, &mail), "=?UTF-8?Q?fake?=");
}

static void test_only_plain_ascii_addresses_are_taken(void **state)
{
    (void)state;
    const char *good[] = {"a@b", "a.b+c@x-y.example.org", "!#$%&'*+/=?^_`{|}~-@b.org"};
    const char *bad[] = {"",      "a",       "@b",   "a@",      "a b@c",
                         "a@b c", "<a@b>",   "a@b>", "a\r\n@b", "a@b\r\nRCPT TO:<x@y>",
                         "a@b@c", ".a@b",    "a.@b", "a..b@c",  "a@-b",
                         "a@b-",  "a@b..c",  "a@.b", "\"a\"@b", "a@[1.2.3.4]",
                         "ä@b",   "a@ü.org", "-a@b", "a,b@c",   "a@b,c",
                         "a;b@c", "a@b_c"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(mime_is_address(str_from(good[i])));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (mime_is_address(str_from(bad[i]))) {
            fail_msg("taken: %s", bad[i]);
        }
    }
    assert_false(mime_is_address((struct str){"a\0b@c", 5}));
}

static void test_a_bad_recipient_or_sender_is_refused(void **state)
{
    struct channel_settings settings = sample_settings(*state);
    struct message m = sample_message(*state, CHANNEL_EMAIL, "a@b\r\nRCPT TO:<x@y>");
    assert_true(sample_is_refused(&settings, &m, *state));
    m.to.address = STR("a@b.org");
    settings.email.from_address = STR("x");
    assert_true(sample_is_refused(&settings, &m, *state));
    settings = sample_settings(*state);
    settings.has_email = false;
    assert_true(sample_is_refused(&settings, &m, *state));
}

static void test_every_reply_code_is_understood(void **state)
{
    static const struct {
        int code;
        enum outcome_kind kind;
        enum outcome_scope scope;
    } cases[] = {
        {250, OUTCOME_OK, 0},
        {421, OUTCOME_TEMP, 0},
        {450, OUTCOME_TEMP, 0},
        {451, OUTCOME_TEMP, 0},
        {452, OUTCOME_TEMP, 0},
        {454, OUTCOME_TEMP, 0},
        {500, OUTCOME_PERM, SCOPE_DESTINATION},
        {530, OUTCOME_PERM, SCOPE_CREDENTIAL},
        {534, OUTCOME_PERM, SCOPE_CREDENTIAL},
        {535, OUTCOME_PERM, SCOPE_CREDENTIAL},
        {538, OUTCOME_PERM, SCOPE_CREDENTIAL},
        {550, OUTCOME_PERM, SCOPE_DESTINATION},
        {551, OUTCOME_PERM, SCOPE_DESTINATION},
        {552, OUTCOME_PERM, SCOPE_PAYLOAD}, /* once more */
        {553, OUTCOME_PERM, SCOPE_DESTINATION},
        {554, OUTCOME_PERM, SCOPE_PAYLOAD},
        {0, OUTCOME_UNKNOWN, 0},
    };
    struct message m = sample_message(*state, CHANNEL_EMAIL, "a@b.org");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct outcome o = sample_classify(&m, cases[i].code, "", *state);
        if (o.kind != cases[i].kind || (o.kind == OUTCOME_PERM && o.scope != cases[i].scope)) {
            fail_msg("%d: %s/%s", cases[i].code, outcome_kind_name(o.kind),
                     outcome_scope_name(o.scope));
        }
    }
    struct transfer_reply reply = {
        .end = TRANSFER_BROKEN, .detail = STR("lost\r\nafter dot"), .body = STR_EMPTY};
    struct outcome o;
    channel_email.classify(&m, &reply, *state, &o);
    assert_int_equal(o.kind, OUTCOME_UNKNOWN);
    ASSERT_HAS(o.reason, "lost after dot");
    reply.end = TRANSFER_NOT_SENT;
    channel_email.classify(&m, &reply, *state, &o);
    assert_int_equal(o.kind, OUTCOME_TEMP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_page_is_a_mail_with_all_its_headers),
        cmocka_unit_test(test_plain_is_one_part),
        cmocka_unit_test(test_hostile_text_makes_no_headers_and_no_markup),
        cmocka_unit_test(test_headers_are_encoded_at_character_boundaries_and_folded),
        cmocka_unit_test(test_only_plain_ascii_addresses_are_taken),
        cmocka_unit_test(test_a_bad_recipient_or_sender_is_refused),
        cmocka_unit_test(test_every_reply_code_is_understood),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
