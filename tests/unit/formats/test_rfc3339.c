#include "base/calendar.h"
#include "base/time_units.h"
#include "formats/http_date.h"
#include "formats/rfc3339.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static int64_t parse(const char *text)
{
    struct err err = ERR_INIT;
    int64_t at = 1;
    if (rfc3339_parse(str_from(text), &at, &err) != OK) {
        fail_msg("%s", err.detail);
    }
    return at;
}

static void test_days_and_dates_agree_over_two_eras(void **state)
{
    (void)state;
    struct calendar_date d = {-1, 1, 1};
    int64_t days = calendar_to_days(d);
    assert_int_equal(calendar_to_days((struct calendar_date){1970, 1, 1}), 0);
    assert_int_equal(calendar_to_days((struct calendar_date){2000, 2, 29}), 11016);
    for (; d.year < 2500; days++) {
        struct calendar_date back = calendar_from_days(days);
        if (back.year != d.year || back.month != d.month || back.day != d.day ||
            calendar_to_days(d) != days || !calendar_date_exists(d)) {
            fail_msg("%d-%d-%d", d.year, d.month, d.day);
        }
        if (++d.day > calendar_month_days(d.year, d.month)) {
            d.day = 1;
            d.month = d.month % 12 + 1;
            d.year += d.month == 1;
        }
    }
}

static void test_weekdays_are_right(void **state)
{
    (void)state;
    assert_int_equal(calendar_weekday(0), 4);
    assert_int_equal(calendar_weekday(-1), 3);
    assert_int_equal(calendar_weekday(calendar_to_days((struct calendar_date){2026, 12, 31})), 4);
    assert_int_equal(calendar_weekday(calendar_to_days((struct calendar_date){1900, 1, 1})), 1);
}

static void test_times_are_read_with_fraction_and_offset(void **state)
{
    (void)state;
    assert_int_equal(parse("1970-01-01T00:00:00Z"), 0);
    assert_int_equal(parse("2026-03-04T10:33:32Z"), INT64_C(1772620412) * US_PER_S);
    assert_int_equal(parse("2026-03-04T10:33:32.5Z"), INT64_C(1772620412500000));
    assert_int_equal(parse("2026-03-04T10:33:32.123456789Z"), INT64_C(1772620412123456));
    assert_int_equal(parse("2026-03-04T16:03:32+05:30"), INT64_C(1772620412) * US_PER_S);
    assert_int_equal(parse("2026-03-04T02:33:32.000-08:00"), INT64_C(1772620412) * US_PER_S);
    assert_int_equal(parse("2026-03-04t10:33:32z"), INT64_C(1772620412) * US_PER_S);
    assert_int_equal(parse("1969-12-31T23:59:59.999999Z"), -1);
    assert_int_equal(parse("2016-12-31T23:59:60Z"), parse("2017-01-01T00:00:00Z"));
    assert_int_equal(parse("2024-02-29T00:00:00Z"), INT64_C(1709164800) * US_PER_S);
}

static void test_go_zero_time_is_none(void **state)
{
    (void)state;
    char text[RFC3339_TEXT_MAX];
    assert_true(parse("0001-01-01T00:00:00Z") == AT_NONE);
    assert_true(parse("0001-01-01T01:00:00+01:00") == AT_NONE);
    assert_true(parse("0001-01-01T00:00:01Z") != AT_NONE);
    assert_string_equal(rfc3339_format(AT_NONE, RFC3339_S, text), "0001-01-01T00:00:00Z");
}

static void test_what_is_not_a_time_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "2026",
        "2026-03-04",
        "2026-03-04T10:33:32",
        "2026-03-04 10:33:32Z",
        "2026-03-04T10:33:32.Z",
        "2026-03-04T10:33:32.1234567890Z",
        "2026-03-04T10:33:32,5Z",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-04-00T00:00:00Z",
        "2026-03-04T24:00:00Z",
        "2026-03-04T10:60:00Z",
        "2026-03-04T10:33:61Z",
        "2026-03-04T10:33:32+24:00",
        "2026-03-04T10:33:32+05:60",
        "2026-03-04T10:33:32+0530",
        "2026-03-04T10:33:32Z ",
        " 2026-03-04T10:33:32Z",
        "26-03-04T10:33:32Z",
        "2026-3-04T10:33:32Z",
        "2026-03-04T10:33Z",
        "+2026-03-04T10:33:32Z",
        "2026-03-04T1a:33:32Z",
        "2026\r03\r04T10:33:32Z",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct err err = ERR_INIT;
        int64_t at = 77;
        if (rfc3339_parse(str_from(bad[i]), &at, &err) != ERR_SYNTAX || at != 77) {
            fail_msg("took %s", bad[i]);
        }
    }
}

static void test_times_are_written_in_utc(void **state)
{
    (void)state;
    char text[RFC3339_TEXT_MAX];
    int64_t at = INT64_C(1772620412123456);
    assert_string_equal(rfc3339_format(at, RFC3339_US, text), "2026-03-04T10:33:32.123456Z");
    assert_int_equal(parse(text), at);
    assert_string_equal(rfc3339_format(at, RFC3339_MS, text), "2026-03-04T10:33:32.123Z");
    assert_string_equal(rfc3339_format(at, RFC3339_S, text), "2026-03-04T10:33:32Z");
    assert_string_equal(rfc3339_format(-1, RFC3339_US, text), "1969-12-31T23:59:59.999999Z");
    assert_string_equal(rfc3339_format(INT64_MAX, RFC3339_US, text), "9999-12-31T23:59:59.999999Z");
    assert_string_equal(rfc3339_format(INT64_MIN + 1, RFC3339_S, text), "0000-01-01T00:00:00Z");
}

static void test_http_dates_are_read_and_written(void **state)
{
    (void)state;
    char text[HTTP_DATE_TEXT + 1];
    int64_t at = 0;
    assert_true(http_date_parse(STR("Sun, 06 Nov 1994 08:49:37 GMT"), &at));
    assert_int_equal(at, INT64_C(784111777) * US_PER_S);
    assert_string_equal(http_date_format(at, text), "Sun, 06 Nov 1994 08:49:37 GMT");
    static const char *const bad[] = {
        "Mon, 06 Nov 1994 08:49:37 GMT",  "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
        "Sun, 31 Feb 1994 08:49:37 GMT",  "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 6 Nov 1994 08:49:37 GMT ",  "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, +6 Nov 1994 08:49:37 GMT",  "",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        assert_false(http_date_parse(str_from(bad[i]), &at));
    }
}

static void test_retry_after_is_seconds_or_a_date(void **state)
{
    (void)state;
    int64_t us = -1, now_at = INT64_C(784111770) * US_PER_S, max_us = US_PER_HOUR;
    assert_true(retry_after_parse(STR(" 30 "), now_at, max_us, &us) && us == 30 * US_PER_S);
    assert_true(retry_after_parse(STR("999999999999999999"), now_at, max_us, &us) && us == max_us);
    assert_true(retry_after_parse(STR("Sun, 06 Nov 1994 08:49:37 GMT"), now_at, max_us, &us));
    assert_int_equal(us, 7 * US_PER_S);
    assert_true(retry_after_parse(STR("Sun, 06 Nov 1994 08:49:00 GMT"), now_at, max_us, &us));
    assert_int_equal(us, 0);
    assert_false(retry_after_parse(STR("-1"), now_at, max_us, &us));
    assert_false(retry_after_parse(STR("soon"), now_at, max_us, &us));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_days_and_dates_agree_over_two_eras),
        cmocka_unit_test(test_weekdays_are_right),
        cmocka_unit_test(test_times_are_read_with_fraction_and_offset),
        cmocka_unit_test(test_go_zero_time_is_none),
        cmocka_unit_test(test_what_is_not_a_time_is_refused),
        cmocka_unit_test(test_times_are_written_in_utc),
        cmocka_unit_test(test_http_dates_are_read_and_written),
        cmocka_unit_test(test_retry_after_is_seconds_or_a_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
