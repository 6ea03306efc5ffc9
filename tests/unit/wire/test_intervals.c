/* Time intervals as they are written, asked about moments. */
#include "wire/routes_file.h"

#include "base/calendar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static int64_t at(const char *text) /* "2026-01-05 09:00", UTC */
{
    struct calendar_time t = {0};
    int *const parts[] = {&t.date.year, &t.date.month, &t.date.day, &t.hour, &t.minute};
    static const size_t starts[] = {0, 5, 8, 11, 14, 17};
    for (size_t i = 0; i < 5; i++) {
        uint64_t value = 0;
        assert_true(
            str_to_u64((struct str){text + starts[i], starts[i + 1] - starts[i] - 1}, &value));
        *parts[i] = (int)value;
    }
    return calendar_to_at(&t);
}

struct sample {
    const char *spec; /* one entry of time_intervals */
    const char *in, *out;
};

static void check(const struct sample *sample)
{
    struct arena arena;
    struct routes_result result;
    arena_init(&arena);
    struct routes_source file = {
        .name = STR("a.yml"),
        .text = str_printf(&arena,
                           "time_intervals: [{ name: i, time_intervals: [%s] }]\n"
                           "route: { receiver: r, routes: [{ mute_time_intervals: [i] }] }\n"
                           "receivers: [{ name: r, notify: [console] }]\n",
                           sample->spec)};
    if (routes_parse(&file, 1, NULL, &result) != OK || result.n_problems > 0) {
        fail_msg("%.*s", STR_ARG(routes_report(&result)));
    }
    const struct interval *interval = settings_interval(result.settings, STR("i"));
    if (sample->in && !interval_contains(interval, at(sample->in))) {
        fail_msg("%s is not in %s", sample->in, sample->spec);
    }
    if (sample->out && interval_contains(interval, at(sample->out))) {
        fail_msg("%s is in %s", sample->out, sample->spec);
    }
    routes_release(&result);
    arena_release(&arena);
}

static void test_every_field_means_what_alertmanager_says(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"{}", "2026-01-05 09:00", NULL},
        {"{ times: [{ start_time: '09:00', end_time: '17:00' }] }", "2026-01-05 09:00",
         "2026-01-05 17:00"},
        {"{ times: [{ start_time: '22:00', end_time: '24:00' }] }", "2026-01-05 23:59",
         "2026-01-06 00:00"},
        {"{ times: [] }", NULL, "2026-01-05 09:00"},
        {"{ times: ~, weekdays: null }", "2026-01-05 09:00", NULL},
        {"{ weekdays: ['monday:friday'] }", "2026-01-09 12:00", "2026-01-10 12:00"},
        {"{ weekdays: ['MonDay', sunday] }", "2026-01-04 12:00", "2026-01-06 12:00"},
        {"{ weekdays: ['sunday:tuesday'] }", "2026-01-04 12:00", "2026-01-07 12:00"},
        {"{ days_of_month: [1, '10:12'] }", "2026-01-12 12:00", "2026-01-13 12:00"},
        {"{ days_of_month: ['-1'] }", "2028-02-29 12:00", "2028-02-28 12:00"},
        {"{ days_of_month: ['-3:-1'] }", "2026-04-28 12:00", "2026-04-27 12:00"},
        {"{ days_of_month: ['20:-1'] }", "2026-02-28 12:00", "2026-02-19 12:00"},
        {"{ months: [january, 3, 'May:August'] }", "2026-08-31 12:00", "2026-04-01 12:00"},
        {"{ months: ['13'] }", NULL, "2026-12-01 12:00"},
        {"{ years: [2024, '2026:2027'] }", "2027-12-31 23:59", "2025-06-01 12:00"},
        {"{ years: ['2026'], months: [1], days_of_month: [5], weekdays: [monday] }",
         "2026-01-05 00:00", "2026-02-05 00:00"},
        {"{ months: [1] }, { months: [3] }", "2026-03-01 12:00", "2026-02-01 12:00"},
        {"{ location: UTC, months: [1] }", "2026-01-01 12:00", "2026-02-01 12:00"},
    };
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        check(&samples[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_field_means_what_alertmanager_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
