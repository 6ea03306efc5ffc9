#include "base/time_units.h"
#include "template_test.h"

static struct str formatted(struct gotime t, const char *layout)
{
    struct strbuf out;
    strbuf_init(&out, &test_arena, 4096);
    gotime_format(&out, &t, str_from(layout));
    return strbuf_str(&out);
}

static struct gotime read_time(const char *text)
{
    struct gotime t;
    if (!gotime_read(&test_arena, str_from(text), &gotime_utc, &t)) {
        fail_msg("%s", text);
    }
    return t;
}

static struct str shown(struct gotime t)
{
    struct strbuf out;
    strbuf_init(&out, &test_arena, 4096);
    gotime_add_text(&out, &t);
    return strbuf_str(&out);
}

static void test_json_times_are_read_and_shown(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"2026-03-04T10:15:30.123456789Z", "2026-03-04 10:15:30.123456789 +0000 UTC"},
        {"2026-03-04T11:15:30+01:00", "2026-03-04 11:15:30 +0100 +0100"},
        {"2026-12-31T23:59:59.5-05:45", "2026-12-31 23:59:59.5 -0545 -0545"},
        {"0001-01-01T00:00:00Z", "0001-01-01 00:00:00 +0000 UTC"},
        {"2024-02-29T00:00:00Z", "2024-02-29 00:00:00 +0000 UTC"},
        {"9999-12-31T23:59:59Z", "9999-12-31 23:59:59 +0000 UTC"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        assert_str_is(shown(read_time(cases[i].text)), cases[i].want);
    }
    static const char *const bad[] = {"",
                                      "2026-03-04",
                                      "2026-02-29T00:00:00Z",
                                      "2026-03-04T24:00:00Z",
                                      "2026-03-04T10:15:60Z",
                                      "2026-03-04t10:15:30Z",
                                      "2026-03-04T10:15:30",
                                      "2026-03-04T10:15:30.Z",
                                      "2026-03-04T10:15:30+24:00",
                                      "2026-03-04T10:15:30Zx"};
    struct gotime t;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        assert_false(gotime_read(&test_arena, str_from(bad[i]), &gotime_utc, &t));
    }
}

static void test_layouts_follow_go(void **state)
{
    (void)state;
    struct gotime t = world_when;
    struct gotime early = read_time("2026-01-05T03:04:05.006Z");
    early.zone = &world_east;
    static const struct {
        const char *layout, *want, *want_early;
    } cases[] = {
        {"2006-01-02 15:04:05", "2026-03-04 10:15:30", "2026-01-05 04:04:05"},
        {"Mon Jan _2 3:04:05.000 PM 2006 -0700", "Wed Mar  4 10:15:30.123 AM 2026 +0000",
         "Mon Jan  5 4:04:05.006 AM 2026 +0100"},
        {"Monday, January 2 2006 at 03pm", "Wednesday, March 4 2026 at 10am",
         "Monday, January 5 2026 at 04am"},
        {"02 Jan 06 15:04 MST", "04 Mar 26 10:15 UTC", "05 Jan 26 04:04 +0100"},
        {"2006-01-02T15:04:05.999999999Z07:00", "2026-03-04T10:15:30.123456789Z",
         "2026-01-05T04:04:05.006+01:00"},
        {"002|__2|.00|,000|.999|.000000000000", "063| 63|.12|,123|.123|.123456789",
         "005|  5|.00|,006|.006|.006000000"},
        {"Z0700 Z07 -07 -07:00:00 -070000 Z07:00:00", "Z Z +00 +00:00:00 +000000 Z",
         "+0100 +01 +01 +01:00:00 +010000 +01:00:00"},
        {"Janet Month _2006 20066 1 01 2 02 4 5 6", "Janet Month _2026 20266 3 03 4 04 15 30 6",
         "Janet Month _2026 20266 1 01 5 05 4 5 6"},
        {"no time", "no time", "no time"},
        {"", "", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        assert_str_is(formatted(t, cases[i].layout), cases[i].want);
        assert_str_is(formatted(early, cases[i].layout), cases[i].want_early);
    }
    assert_str_is(formatted(gotime_zero, "2006-01-02 Monday"), "0001-01-01 Monday");
    assert_str_is(formatted(gotime_zero, "15:4:5 06"), "00:0:0 01");
    assert_str_is(formatted(gotime_make(-44, 3, 15, 0, 0, &gotime_utc), "2006 06"), "-0044 44");
    assert_str_is(formatted(gotime_make(12345, 3, 15, 0, 0, &gotime_utc), "2006 06"), "12345 45");
    assert_str_is(formatted(read_time("2026-01-05T12:00:00Z"), "3PM 3pm"), "12PM 12pm");
    assert_str_is(formatted(read_time("2026-01-05T00:30:00Z"), "3:04PM"), "12:30AM");
}

static void test_source_form(void **state)
{
    (void)state;
    struct strbuf out;
    struct gotime t = world_when;
    strbuf_init(&out, &test_arena, 4096);
    gotime_add_source(&out, &t);
    t.zone = &world_east;
    gotime_add_source(&out, &t);
    assert_str_is(strbuf_str(&out),
                  "time.Date(2026, time.March, 4, 10, 15, 30, 123456789, time.UTC)"
                  "time.Date(2026, time.March, 4, 11, 15, 30, 123456789, time.Location(\"\"))");
}

static void test_arithmetic_carries_over(void **state)
{
    (void)state;
    assert_str_is(shown(gotime_make(2026, 13, 32, 90000, 0, &gotime_utc)),
                  "2027-02-02 01:00:00 +0000 UTC");
    assert_str_is(shown(gotime_make(2026, 1, 0, 0, 0, &gotime_utc)),
                  "2025-12-31 00:00:00 +0000 UTC");
    struct gotime t = gotime_add(world_when, -INT64_C(123456790));
    assert_str_is(shown(t), "2026-03-04 10:15:29.999999999 +0000 UTC");
    assert_int_equal(gotime_sub(&world_when, &t), 123456790);
    assert_int_equal(gotime_sub(&gotime_zero, &t), INT64_MIN);
    assert_int_equal(gotime_sub(&t, &gotime_zero), INT64_MAX);
    assert_str_is(shown(gotime_truncate(world_when, 3600 * GOTIME_NS_PER_S)),
                  "2026-03-04 10:00:00 +0000 UTC");
    assert_str_is(shown(gotime_round(world_when, 86400 * GOTIME_NS_PER_S)),
                  "2026-03-04 00:00:00 +0000 UTC");
    assert_str_is(shown(gotime_round(world_when, 1000000000)), "2026-03-04 10:15:30 +0000 UTC");
    assert_true(gotime_is_zero(&gotime_zero) && !gotime_is_zero(&t));
    assert_true(gotime_cmp(&t, &world_when) < 0 && gotime_cmp(&t, &t) == 0);
}

static void test_what_is_too_far_away_stops_at_the_end(void **state)
{
    (void)state;
    struct gotime far = gotime_make(INT64_MAX, INT64_MAX, INT64_MAX, 0, 0, &gotime_utc);
    assert_true(gotime_civil(&far).date.year > 280000);
    far = gotime_add(gotime_make(INT64_MIN, INT64_MIN, INT64_MIN, 0, 0, &gotime_utc), INT64_MIN);
    assert_true(gotime_civil(&far).date.year < -280000);
    assert_int_equal(gotime_from_at(INT64_C(-1), &gotime_utc).ns, 999999000);
}

static void test_lengths_are_shown_as_go_shows_them(void **state)
{
    (void)state;
    static const struct {
        int64_t ns;
        const char *want;
    } cases[] = {
        {0, "0s"},
        {1, "1ns"},
        {1100, "1.1µs"},
        {2200000, "2.2ms"},
        {-2200000, "-2.2ms"},
        {3300000000, "3.3s"},
        {60 * GOTIME_NS_PER_S, "1m0s"},
        {245 * GOTIME_NS_PER_S + 1000000, "4m5.001s"},
        {3600 * GOTIME_NS_PER_S, "1h0m0s"},
        {5415 * GOTIME_NS_PER_S, "1h30m15s"},
        {90057 * GOTIME_NS_PER_S + 150000000, "25h0m57.15s"},
        {INT64_MAX, "2562047h47m16.854775807s"},
        {INT64_MIN, "-2562047h47m16.854775808s"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct strbuf out;
        strbuf_init(&out, &test_arena, 64);
        goduration_add_text(&out, cases[i].ns);
        assert_str_is(strbuf_str(&out), cases[i].want);
    }
    assert_int_equal(goduration_round(1500, 1000), 2000);
    assert_int_equal(goduration_round(-1500, 1000), -2000);
    assert_int_equal(goduration_round(1499, 1000), 1000);
    assert_int_equal(goduration_round(INT64_MAX, 1000), INT64_MAX);
    assert_int_equal(goduration_round(INT64_MIN, 1000), INT64_MIN);
    assert_int_equal(goduration_round(7, 0), 7);
    assert_int_equal(goduration_truncate(-1500, 1000), -1000);
}

static struct str parsed(const char *layout, const char *text)
{
    struct gotime t;
    struct strbuf why;
    strbuf_init(&why, &test_arena, 4096);
    return gotime_parse(&test_arena, str_from(layout), str_from(text), &t, &why) ? shown(t)
                                                                                 : strbuf_str(&why);
}

static void test_texts_are_parsed_by_layout(void **state)
{
    (void)state;
    static const struct {
        const char *layout, *text, *want;
    } cases[] = {
        {"2006-01-02", "2024-03-15", "2024-03-15 00:00:00 +0000 UTC"},
        {"2006-01-02 15:04:05", "2024-03-15 1:02:03.25", "2024-03-15 01:02:03.25 +0000 UTC"},
        {"Jan _2 2006 3:04PM", "mar  5 2024 12:30AM", "2024-03-05 00:30:00 +0000 UTC"},
        {"Monday, 02 January 06", "friday, 15 March 68", "2068-03-15 00:00:00 +0000 UTC"},
        {"02-01-06", "15-03-69", "1969-03-15 00:00:00 +0000 UTC"},
        {"2006 002", "2024 060", "2024-02-29 00:00:00 +0000 UTC"},
        {"2006-01-02T15:04:05Z07:00", "2024-03-15T10:00:00+02:00",
         "2024-03-15 10:00:00 +0200 +0200"},
        {"2006-01-02T15:04:05Z07:00", "2024-03-15T10:00:00Z", "2024-03-15 10:00:00 +0000 UTC"},
        {"15:04 -0700", "10:00 -0330", "0000-01-01 10:00:00 -0330 -0330"},
        {"15:04 MST", "10:00 CEST", "0000-01-01 10:00:00 +0000 CEST"},
        {"15:04 MST", "10:00 UTC", "0000-01-01 10:00:00 +0000 UTC"},
        {"15:04:05.000", "10:00:01.123", "0000-01-01 10:00:01.123 +0000 UTC"},
        {"15:04:05,999", "10:00:01", "0000-01-01 10:00:01 +0000 UTC"},
        {"3 pm", "11 pm", "0000-01-01 23:00:00 +0000 UTC"},
        {"2006-01-02", "not-a-date",
         "parsing time \"not-a-date\" as \"2006-01-02\": cannot parse "
         "\"not-a-date\" as \"2006\""},
        {"2006-01-02", "2024-13-01", "parsing time \"2024-13-01\": month out of range"},
        {"2006-01-02", "2023-02-29", "parsing time \"2023-02-29\": day out of range"},
        {"2006-01-02", "2024-03-15x", "parsing time \"2024-03-15x\": extra text: \"x\""},
        {"15:04", "25:00", "parsing time \"25:00\": hour out of range"},
        {"15:04", "10:60", "parsing time \"10:60\": minute out of range"},
        {"01/02", "1/2", "parsing time \"1/2\" as \"01/02\": cannot parse \"1/2\" as \"01\""},
        {"2006 002", "2023 366", "parsing time \"2023 366\": day-of-year out of range"},
        {"MST", "xyz", "parsing time \"xyz\" as \"MST\": cannot parse \"xyz\" as \"MST\""},
        {"2006", "20é",
         "parsing time \"20\\xc3\\xa9\" as \"2006\": cannot parse "
         "\"20\\xc3\\xa9\" as \"2006\""},
        {"a 15", "b 1", "parsing time \"b 1\" as \"a 15\": cannot parse \"b 1\" as \"a \""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct str got = parsed(cases[i].layout, cases[i].text);
        if (!str_eq(got, str_from(cases[i].want))) {
            fail_msg("%s as %s: %.*s", cases[i].text, cases[i].layout, STR_ARG(got));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_times_are_read_and_shown),
        cmocka_unit_test(test_layouts_follow_go),
        cmocka_unit_test(test_source_form),
        cmocka_unit_test(test_arithmetic_carries_over),
        cmocka_unit_test(test_what_is_too_far_away_stops_at_the_end),
        cmocka_unit_test(test_lengths_are_shown_as_go_shows_them),
        cmocka_unit_test(test_texts_are_parsed_by_layout),
    };
    return RUN_TEMPLATE_TESTS(tests);
}
