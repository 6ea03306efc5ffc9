#include "base/time_units.h"
#include "formats/duration.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static int64_t parse(const char *text)
{
    struct err err = ERR_INIT;
    int64_t us = -1;
    if (duration_parse(str_from(text), &us, &err) != OK) {
        fail_msg("%s", err.detail);
    }
    return us;
}

static void refused(const char *text, enum status code)
{
    struct err err = ERR_INIT;
    int64_t us = -1;
    if (duration_parse(str_from(text), &us, &err) != code || us != -1) {
        fail_msg("%s: %s", text, err.detail);
    }
}

static void test_every_unit_is_read(void **state)
{
    (void)state;
    assert_int_equal(parse("0"), 0);
    assert_int_equal(parse("0s"), 0);
    assert_int_equal(parse("7ms"), 7 * US_PER_MS);
    assert_int_equal(parse("90s"), 90 * US_PER_S);
    assert_int_equal(parse("1h30m"), 90 * US_PER_MIN);
    assert_int_equal(parse("1w"), 7 * US_PER_DAY);
    assert_int_equal(parse("1y"), 365 * US_PER_DAY);
    assert_int_equal(parse("007s"), 7 * US_PER_S);
    assert_int_equal(parse("1y2w3d4h5m6s7ms"), 382 * US_PER_DAY + 4 * US_PER_HOUR + 5 * US_PER_MIN +
                                                   6 * US_PER_S + 7 * US_PER_MS);
    assert_int_equal(parse("1m1ms"), US_PER_MIN + US_PER_MS);
}

static void test_what_prometheus_refuses_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",     "1",    "s",     "1s ",   " 1s",  "-1s",  "+1s",
                                      "1.5h", "1m1h", "1s1s",  "1S",    "1sec", "1µs",  "1us",
                                      "1ns",  "00",   "1h 5m", "1ms1s", "1mms", "0x1s", "1hs"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        refused(bad[i], ERR_SYNTAX);
    }
}

static void test_lengths_beyond_go_are_refused(void **state)
{
    (void)state;
    assert_int_equal(parse("292y"), 292 * 365 * US_PER_DAY);
    assert_int_equal(parse("9223372036854ms"), INT64_C(9223372036854) * US_PER_MS);
    refused("9223372036855ms", ERR_INVALID);
    refused("293y", ERR_INVALID);
    refused("292y365d", ERR_INVALID);
    refused("99999999999999999999s", ERR_INVALID);
    refused("18446744073709551617s", ERR_INVALID);
}

static void test_canonical_form_is_that_of_prometheus(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"0", "0s"},     {"90s", "1m30s"}, {"24h", "1d"}, {"7d", "1w"},          {"8d", "8d"},
        {"365d", "1y"},  {"366d", "366d"}, {"2y", "2y"},  {"1500ms", "1s500ms"}, {"1w1ms", "7d1ms"},
        {"3600s", "1h"}, {"1y1w", "372d"}, {"60m", "1h"},
    };
    char text[DURATION_TEXT_MAX];
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        int64_t us = parse(cases[i].in);
        assert_string_equal(duration_format(us, text), cases[i].out);
        assert_int_equal(parse(text), us);
    }
    assert_string_equal(duration_format(999, text), "0s");
    assert_string_equal(duration_format(-US_PER_MIN, text), "-1m");
    assert_true(strlen(duration_format(INT64_MIN, text)) < DURATION_TEXT_MAX);
}

static void test_people_get_two_units(void **state)
{
    (void)state;
    static const struct {
        int64_t us;
        const char *want;
    } cases[] = {
        {0, "0s"},
        {999, "0s"},
        {120 * US_PER_MS, "120ms"},
        {45 * US_PER_S + 120 * US_PER_MS, "45s"},
        {125 * US_PER_MIN + 59 * US_PER_S, "2h 5m"},
        {2 * US_PER_HOUR, "2h"},
        {2 * US_PER_HOUR + 5 * US_PER_S, "2h"},
        {3 * US_PER_DAY + 23 * US_PER_HOUR, "3d 23h"},
        {400 * US_PER_DAY, "400d"},
        {-90 * US_PER_S, "1m 30s"},
    };
    char text[DURATION_TEXT_MAX];
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        assert_string_equal(duration_format_human(cases[i].us, text), cases[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_unit_is_read),
        cmocka_unit_test(test_what_prometheus_refuses_is_refused),
        cmocka_unit_test(test_lengths_beyond_go_are_refused),
        cmocka_unit_test(test_canonical_form_is_that_of_prometheus),
        cmocka_unit_test(test_people_get_two_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
