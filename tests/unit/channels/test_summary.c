#include "channels/phrases.h"
#include "channels/summary.h"
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
    struct summary s = summary_make(a, m, &summary_limits_default);
    return summary_text(a, &s);
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
                               "С: 2026-11-21 01:40 UTC\n"
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
    ASSERT_HAS(text_of(*state, &m), "restart-db ended with 0\nok\ndone [0m\n");
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
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check(phrase_duration(*state, cases[i].us, STR("en")), cases[i].en);
        check(phrase_duration(*state, cases[i].us, STR("ru")), cases[i].ru);
    }
}

static void test_the_subject_stays_the_same_over_an_incidents_life(void **state)
{
    struct message m = sample_message(*state, CHANNEL_EMAIL, "a@b.org");
    struct str first = summary_subject(*state, &m, 160);
    check(first, "[#42] critical: Disk almost full on db1");
    m.kind = NOTICE_RESOLVED;
    m.resolved_at = m.now_at;
    m.firing = 0;
    assert_true(str_eq(first, summary_subject(*state, &m, 160)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_page_says_what_how_bad_since_when_and_what_to_press),
        cmocka_unit_test(test_russian_is_spoken_to_russian_speakers),
        cmocka_unit_test(test_after_the_acknowledgement_there_is_nothing_to_press),
        cmocka_unit_test(test_a_resolve_says_how_long_it_lasted),
        cmocka_unit_test(test_what_a_script_said_is_shown_with_its_lines),
        cmocka_unit_test(test_hostile_text_is_harmless_and_bounded),
        cmocka_unit_test(test_durations_are_short),
        cmocka_unit_test(test_the_subject_stays_the_same_over_an_incidents_life),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
