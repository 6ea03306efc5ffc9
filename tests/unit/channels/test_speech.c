#include "channels/builtin_templates.h"
#include "channels/speech.h"
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

static struct str text_of(struct arena *a, const struct message *m)
{
    struct speech speech;
    speech_init(&speech, NULL, m, a);
    return speech_plain(&speech, 20000);
}

static struct str part_of(struct arena *a, const struct message_templates *templates,
                          const struct message *m, enum template_part part, struct str *ret_why)
{
    struct speech speech;
    speech_init(&speech, templates, m, a);
    struct str text = speech_say(&speech, part, NULL, NULL);
    *ret_why = speech.complaint;
    return text;
}

static void check(struct str got, const char *want)
{
    if (!str_eq(got, str_from(want))) {
        fail_msg("got:\n%.*s\nwant:\n%s", STR_ARG(got), want);
    }
}

static void test_a_page_says_what_how_bad_since_when_and_what_to_press(void **state)
{
    struct message m = sample_message(*state, CHANNEL_CONSOLE, "");
    check(text_of(*state, &m), "🔴 CRITICAL: Disk almost full on db1 — firing for 12 min\n"
                               "Acknowledge: https://alertify.example/a/TOKEN\n"
                               "Service: payments\n"
                               "Since: 2026-11-21 01:40 UTC\n"
                               "Alerts: 1 of 1 firing\n"
                               "Incident: #42\n"
                               "Runbook: https://wiki.example/disk?a=1&b=2\n"
                               "It grows by 1% an hour.\n"
                               "• Disk 91% full on /var — instance=db1:9100, device=sda (12 min)\n"
                               "Open: https://alertify.example/incidents/42");
}

static void test_russian_is_spoken_to_russian_speakers(void **state)
{
    struct message m = sample_message(*state, CHANNEL_CONSOLE, "");
    m.to.language = STR("ru-RU");
    m.step = 2;
    m.total = 3;
    check(text_of(*state, &m), "🔴 CRITICAL: Disk almost full on db1 — горит 12 мин\n"
                               "Принять: https://alertify.example/a/TOKEN\n"
                               "Сервис: payments\n"
                               "Начало: 2026-11-21 01:40 UTC\n"
                               "Алерты: горит 1 из 3\n"
                               "Инцидент: #42\n"
                               "Эскалация: шаг 2, круг 1\n"
                               "Инструкция: https://wiki.example/disk?a=1&b=2\n"
                               "It grows by 1% an hour.\n"
                               "• Disk 91% full on /var — instance=db1:9100, device=sda (12 мин)\n"
                               "и ещё 2\n"
                               "Открыть: https://alertify.example/incidents/42");
}

static void test_after_the_acknowledgement_there_is_nothing_to_press(void **state)
{
    struct message m = sample_message(*state, CHANNEL_CONSOLE, "");
    m.kind = NOTICE_ACKNOWLEDGED;
    m.acked_by = STR("Anna Ivanova");
    m.acked_at = m.now_at;
    struct str text = text_of(*state, &m);
    ASSERT_HAS(text, "🟡 Acknowledged: Disk almost full on db1 — firing for 12 min\n"
                     "Acknowledged by Anna Ivanova at 2026-11-21 01:52 UTC\n");
    ASSERT_HAS_NOT(text, "TOKEN");
    m.kind = NOTICE_PAGE; /* a page that was overtaken */
    ASSERT_HAS_NOT(text_of(*state, &m), "TOKEN");
}

static void test_a_resolve_says_how_long_it_lasted(void **state)
{
    struct message m = sample_message(*state, CHANNEL_CONSOLE, "");
    m.kind = NOTICE_RESOLVED;
    m.resolved_at = m.opened_at + 3 * US_PER_HOUR + 5 * US_PER_MIN;
    m.now_at = m.resolved_at + US_PER_DAY;
    struct str text = text_of(*state, &m);
    ASSERT_HAS(text, "🟢 Resolved: Disk almost full on db1 — lasted 3 h 5 min\n");
    ASSERT_HAS(text, "Resolved at 2026-11-21 04:45 UTC\n");
    ASSERT_HAS_NOT(text, "TOKEN");
}

static void test_what_a_script_said_is_shown_with_its_lines(void **state)
{
    struct message m = sample_message(*state, CHANNEL_CONSOLE, "");
    m.kind = NOTICE_RESULT;
    m.note = STR("restart-db ended with 0\nok\r\ndone\x1b[0m");
    ASSERT_HAS(text_of(*state, &m), "restart-db ended with 0\nok\ndone\n");
}

static void test_hostile_text_is_harmless_and_bounded(void **state)
{
    for (int kind = 0; kind < notice_kind_COUNT; kind++) {
        struct message m = sample_hostile(*state, CHANNEL_CONSOLE, "");
        m.kind = (enum notice_kind)kind;
        struct str text = text_of(*state, &m);
        sample_assert_clean(text);
        assert_true(text.n < 32 * 1024);
        ASSERT_HAS_NOT(text, "javascript:");
        if (kind == NOTICE_PAGE) {
            ASSERT_HAS(text, "and 490 more");
            ASSERT_HAS(text, "This may be a repeat");
            ASSERT_HAS(text, " — firing for 12 min\n"); /* the title gave way */
        }
    }
}

static void test_durations_are_short(void **state)
{
    static const struct {
        int64_t us;
        const char *en, *ru;
    } cases[] = {
        {-5, "0 s", "0 с"},
        {59 * US_PER_S, "59 s", "59 с"},
        {60 * US_PER_S, "1 min", "1 мин"},
        {US_PER_HOUR - 1, "59 min", "59 мин"},
        {2 * US_PER_HOUR, "2 h", "2 ч"},
        {25 * US_PER_HOUR + 59 * US_PER_MIN, "1 d 1 h", "1 д 1 ч"},
        {3 * US_PER_DAY, "3 d", "3 д"},
    };
    const struct message_templates *builtin = message_templates_builtin();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check(words_duration(*state, message_templates_words(builtin, STR("en")), cases[i].us),
              cases[i].en);
        check(words_duration(*state, message_templates_words(builtin, STR("ru")), cases[i].us),
              cases[i].ru);
    }
}

static void test_the_subject_stays_the_same_over_an_incidents_life(void **state)
{
    struct message m = sample_message(*state, CHANNEL_EMAIL, "a@b.org");
    struct str why, first = part_of(*state, NULL, &m, PART_EMAIL_SUBJECT, &why);
    check(first, "[#42] critical: Disk almost full on db1");
    m.kind = NOTICE_RESOLVED;
    m.resolved_at = m.now_at;
    m.firing = 0;
    assert_true(str_eq(first, part_of(*state, NULL, &m, PART_EMAIL_SUBJECT, &why)));
}

static void test_an_update_says_what_changed(void **state)
{
    struct message m = sample_message(*state, CHANNEL_SLACK, "C1");
    m.kind = NOTICE_UPDATE;
    m.firing = 17;
    m.total = 40;
    m.fired = m.alerts;
    struct str text = text_of(*state, &m);
    ASSERT_HAS(text, "🔴 CRITICAL: Disk almost full on db1 — firing for 12 min\n");
    ASSERT_HAS(text, "since the last message: 1 fired, 0 resolved\n");
    ASSERT_HAS(text, "Alerts: 17 of 40 firing\n");
    ASSERT_HAS(text, "and 39 more\n");
}

static void test_a_reopened_incident_says_so(void **state)
{
    struct message m = sample_message(*state, CHANNEL_CONSOLE, "");
    m.cycle = 2;
    ASSERT_HAS(text_of(*state, &m), "🔴 AGAIN CRITICAL: Disk almost full on db1");
    m.to.language = STR("ru");
    ASSERT_HAS(text_of(*state, &m), "🔴 СНОВА CRITICAL: Disk almost full on db1");
}

static void test_what_asks_for_somebody_says_how_bad_it_is(void **state)
{
    struct message m = sample_message(*state, CHANNEL_CONSOLE, "");
    m.kind = NOTICE_REMINDER;
    struct str text = text_of(*state, &m);
    ASSERT_HAS(text, "⏰ Still firing, acknowledged: CRITICAL: Disk almost full on db1 — firing");
    ASSERT_HAS_NOT(text, "Severity");
    m.kind = NOTICE_FLAPPING;
    ASSERT_HAS(text_of(*state, &m), "🔁 Comes and goes: CRITICAL: Disk almost full on db1 — firing");
    m.kind = NOTICE_PAGE;
    m.severity = STR("none"); /* what an incident has if no alert says */
    ASSERT_HAS(text_of(*state, &m), "🔵 Disk almost full on db1 — firing for 12 min\n");
    struct str why;
    check(part_of(*state, NULL, &m, PART_EMAIL_SUBJECT, &why), "[#42] Disk almost full on db1");
}

static void test_a_page_about_what_is_over_says_how_long_it_lasted(void **state)
{
    struct message m = sample_message(*state, CHANNEL_CONSOLE, "");
    struct str why;
    m.state = STR("resolved");
    m.acked_at = m.opened_at;
    m.resolved_at = m.opened_at + 5 * US_PER_MIN;
    struct str page = part_of(*state, NULL, &m, PART_PAGE, &why);
    ASSERT_HAS(page, "<h1>🟢 Disk almost full on db1</h1>");
    ASSERT_HAS(page, "critical · lasted 5 min</p>");
}

static void test_an_alert_of_which_nothing_is_known_has_a_line(void **state)
{
    struct message m = sample_message(*state, CHANNEL_CONSOLE, "");
    static const struct alert alert = {.status = ALERT_FIRING, .starts_at = AT_NONE};
    m.alerts.v = &alert;
    ASSERT_HAS(text_of(*state, &m), "• an alert without labels\n");
}

/* ---- files of the admin's own ---------------------------------------------------------------- */

static const struct message_templates *build(struct arena *a, const struct template_file *files,
                                             size_t n, const struct message_text *own,
                                             struct template_problems *ret)
{
    struct receiver *receiver = ARENA_NEW(a, struct receiver);
    *receiver = (struct receiver){.name = STR("dba"), .messages = own, .n_messages = own ? 1 : 0};
    const struct message_templates_input input = {
        .files = files, .n_files = n, .receivers = receiver, .n_receivers = 1, .zone = STR_EMPTY};
    return message_templates_new(a, &input, ret);
}
#define FILE_(name_, text_)                                                                        \
    {                                                                                              \
        .name = {name_, sizeof(name_) - 1}, .path = {"t/" name_, sizeof("t/" name_) - 1},          \
        .text = {                                                                                  \
            text_,                                                                                 \
            sizeof(text_) - 1                                                                      \
        }                                                                                          \
    }

static void test_a_definition_of_ones_own_changes_every_channel(void **state)
{
    static const struct template_file files[] = {
        FILE_("my.tmpl", "{{ define \"alertify.headline\" }}!! {{ .Incident.Title }}{{ end }}")};
    struct template_problems problems;
    const struct message_templates *t = build(*state, files, 1, NULL, &problems);
    struct message m = sample_message(*state, CHANNEL_CONSOLE, "");
    struct str why;
    assert_int_equal(problems.n, 0);
    ASSERT_HAS(part_of(*state, t, &m, PART_CONSOLE, &why), "!! Disk almost full on db1\n");
    ASSERT_HAS(part_of(*state, t, &m, PART_SLACK_TEXT, &why), "!! Disk almost full on db1");
    ASSERT_HAS(part_of(*state, t, &m, PART_TELEGRAM, &why), "<b>!! Disk almost full on db1</b>");
    ASSERT_HAS(part_of(*state, t, &m, PART_EMAIL_HTML, &why),
               "<h1>!! Disk almost full on db1</h1>");
}

static void test_words_of_ones_own_and_a_new_language(void **state)
{
    static const struct template_file files[] = {
        FILE_("words.ru.yml", "ack_button: Беру\n"),
        FILE_("words.de.yml", "firing_for: brennt seit\nminute: Min.\nservice: Dienst\n")};
    struct template_problems problems;
    const struct message_templates *t = build(*state, files, 2, NULL, &problems);
    struct message m = sample_message(*state, CHANNEL_CONSOLE, "");
    struct str why;
    assert_int_equal(problems.n, 0);
    m.to.language = STR("ru");
    ASSERT_HAS(part_of(*state, t, &m, PART_CONSOLE, &why), "горит 12 мин\nБеру: https");
    m.to.language = STR("de");
    struct str text = part_of(*state, t, &m, PART_CONSOLE, &why);
    ASSERT_HAS(text, "brennt seit 12 Min.\nAcknowledge: https"); /* the rest is English */
    ASSERT_HAS(text, "Dienst: payments\n");
}

static void test_mistakes_in_files_are_told_with_their_place(void **state)
{
    static const struct {
        struct template_file file;
        const char *where, *what;
    } cases[] = {
        {FILE_("a.tmpl", "{{ define \"x\" }}\n{{ if }}{{ end }}{{ end }}"), "t/a.tmpl:2",
         "missing value for if"},
        {FILE_("a.tmpl", "\n\n{{ define \"x\" }}{{ nope 1 }}{{ end }}"), "t/a.tmpl:3",
         "function \"nope\" not defined"},
        {FILE_("a.tmpl", "{{ define \"x\" }}{{ template \"y\" . }}{{ end }}"), "t/a.tmpl:1",
         "template \"y\" not defined"},
        {FILE_("a.tmpl", "{{ define \"x\" }}{{ include \"y\" . }}{{ end }}"), "t/a.tmpl:1",
         "template \"y\" not defined"},
        {FILE_("a.tmpl", "{{ define \"telegram.html\" }}<script>{{ .Status }}</script>{{ end }}"),
         "t/a.tmpl:1", "script"},
        {FILE_("words.de.yml", "servise: Dienst\n"), "t/words.de.yml:1:1",
         "there is no word \"servise\""},
        {FILE_("words.de.yml", "more: und mehr\n"), "t/words.de.yml:1:7",
         "what is filled in must be as in \"and %d more\""},
        {FILE_("words.de.yml", "more: [1]\n"), "t/words.de.yml:1:7", "must be a text"},
        {FILE_("words.de.yml", "more: {\n"), "t/words.de.yml:", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct template_problems problems;
        (void)build(*state, &cases[i].file, 1, NULL, &problems);
        if (problems.n == 0) {
            fail_msg("case %zu: no problem", i);
        }
        ASSERT_HAS(problems.v[0].where, cases[i].where);
        ASSERT_HAS(problems.v[0].what, cases[i].what);
    }
}

static void test_a_template_that_fails_stops_no_message(void **state)
{
    static const struct template_file files[] = {
        FILE_("my.tmpl", "{{ define \"alertify.headline\" }}\n{{ index .Alerts 5 }}{{ end }}")};
    struct template_problems problems;
    const struct message_templates *t = build(*state, files, 1, NULL, &problems);
    struct message m = sample_message(*state, CHANNEL_CONSOLE, "");
    struct str why, text = part_of(*state, t, &m, PART_CONSOLE, &why);
    assert_int_equal(problems.n, 0);
    ASSERT_HAS(text, "🔴 CRITICAL: Disk almost full on db1");
    ASSERT_HAS(why, "console.text: template: my.tmpl:2:");
    ASSERT_HAS(why, "index out of range: 5");
}

static void test_a_receivers_own_text_is_only_its_own(void **state)
{
    static const struct message_text own = {
        .part = PART_CONSOLE,
        .text = {"[{{ .Status }}] {{ .CommonLabels.device }}", 42},
        .where = {"r.yml:9:5", 9}};
    struct template_problems problems;
    const struct message_templates *t = build(*state, NULL, 0, &own, &problems);
    struct message m = sample_message(*state, CHANNEL_CONSOLE, "");
    struct str why;
    assert_int_equal(problems.n, 0);
    check(part_of(*state, t, &m, PART_CONSOLE, &why), "[firing] sda");
    m.receiver = STR("other");
    ASSERT_HAS(part_of(*state, t, &m, PART_CONSOLE, &why), "🔴 CRITICAL");
}

/* ---- what is built in ------------------------------------------------------------------------ */

static struct str words_file(const char *name)
{
    for (const struct embedded_file *file = builtin_templates; file->name; file++) {
        if (strcmp(file->name, name) == 0) {
            return (struct str){file->text, file->len};
        }
    }
    fail_msg("no %s", name);
    return STR_EMPTY;
}

static void test_every_language_has_every_word(void **state)
{
    struct words en, ru, rebuilt;
    struct err err = ERR_INIT;
    assert_int_equal(
        words_parse(*state, STR("words.en.yml"), words_file("words.en.yml"), NULL, &en, &err), OK);
    assert_int_equal(
        words_parse(*state, STR("words.ru.yml"), words_file("words.ru.yml"), NULL, &ru, &err), OK);
    assert_int_equal(
        words_parse(*state, STR("words.ru.yml"), words_file("words.ru.yml"), &en, &rebuilt, &err),
        OK); /* what is filled in is the same */
    for (size_t i = 0; i < en.kv.map.n; i++) {
        assert_true(str_eq(en.kv.map.v[i].key, ru.kv.map.v[i].key));
    }
    assert_int_equal(en.kv.map.n, ru.kv.map.n);
}

static void test_every_word_that_a_template_says_is_there(void **state)
{
    const struct words *en = message_templates_words(message_templates_builtin(), STR("en"));
    size_t said = 0;
    for (const struct embedded_file *file = builtin_templates; file->name; file++) {
        struct str rest = {file->text, file->len};
        while (str_contains(rest, STR(".Say."))) {
            size_t at = 0, n = 0;
            while (!str_starts_with(str_slice(rest, at, rest.n), STR(".Say."))) {
                at++;
            }
            rest = str_slice(rest, at + 5, rest.n);
            while (n < rest.n && (rest.p[n] == '_' || (rest.p[n] >= 'a' && rest.p[n] <= 'z'))) {
                n++;
            }
            struct str key = str_dup(*state, str_slice(rest, 0, n));
            if (words_get(en, key.p).n == 0) {
                fail_msg("%s says %s", file->name, key.p);
            }
            said++;
        }
    }
    assert_true(said > 30);
}

int main(void)
{
#define T(name) cmocka_unit_test(name)
    const struct CMUnitTest tests[] = {
        T(test_a_page_says_what_how_bad_since_when_and_what_to_press),
        T(test_russian_is_spoken_to_russian_speakers),
        T(test_after_the_acknowledgement_there_is_nothing_to_press),
        T(test_a_resolve_says_how_long_it_lasted),
        T(test_what_a_script_said_is_shown_with_its_lines),
        T(test_hostile_text_is_harmless_and_bounded),
        T(test_durations_are_short),
        T(test_the_subject_stays_the_same_over_an_incidents_life),
        T(test_an_update_says_what_changed),
        T(test_a_reopened_incident_says_so),
        T(test_what_asks_for_somebody_says_how_bad_it_is),
        T(test_a_page_about_what_is_over_says_how_long_it_lasted),
        T(test_an_alert_of_which_nothing_is_known_has_a_line),
        T(test_a_definition_of_ones_own_changes_every_channel),
        T(test_words_of_ones_own_and_a_new_language),
        T(test_mistakes_in_files_are_told_with_their_place),
        T(test_a_template_that_fails_stops_no_message),
        T(test_a_receivers_own_text_is_only_its_own),
        T(test_every_language_has_every_word),
        T(test_every_word_that_a_template_says_is_there),
    };
#undef T
    return cmocka_run_group_tests(tests, start, stop);
}
