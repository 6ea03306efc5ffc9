#include "formats/tz.h"

#include "base/time_units.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

/* --- making files ------------------------------------------------------------------------- */

struct change {
    int64_t t;
    uint8_t type;
};
struct type {
    int32_t offset;
    uint8_t is_dst, name;
};
struct file {
    char version;
    const struct change *changes;
    uint32_t n_changes;
    const struct type *types;
    uint32_t n_types;
    const char *names; /* each ended by '|' */
    uint32_t leaps;
    const char *footer;
};

static void put_be(struct strbuf *b, uint64_t value, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--) {
        strbuf_add_char(b, (char)(value >> (8 * i)));
    }
}

static void put_block(struct strbuf *b, const struct file *f, int time_bytes, bool is_full)
{
    uint32_t names = (uint32_t)strlen(f->names);
    strbuf_add(b, STR("TZif"));
    strbuf_add_char(b, f->version);
    for (int i = 0; i < 15; i++) {
        strbuf_add_char(b, '\0');
    }
    put_be(b, 0, 4);
    put_be(b, 0, 4);
    put_be(b, f->leaps, 4);
    put_be(b, is_full ? f->n_changes : 0, 4);
    put_be(b, is_full ? f->n_types : 1, 4);
    put_be(b, is_full ? names : 1, 4);
    if (!is_full) { /* the stub that slim files have for version 1 */
        put_be(b, 0, 4);
        put_be(b, 0, 3);
        return;
    }
    for (uint32_t i = 0; i < f->n_changes; i++) {
        put_be(b, (uint64_t)f->changes[i].t, time_bytes);
    }
    for (uint32_t i = 0; i < f->n_changes; i++) {
        strbuf_add_char(b, (char)f->changes[i].type);
    }
    for (uint32_t i = 0; i < f->n_types; i++) {
        put_be(b, (uint32_t)f->types[i].offset, 4);
        strbuf_add_char(b, (char)f->types[i].is_dst);
        strbuf_add_char(b, (char)f->types[i].name);
    }
    for (uint32_t i = 0; i < names; i++) {
        strbuf_add_char(b, f->names[i] == '|' ? '\0' : f->names[i]);
    }
}

static struct str make_file(const struct file *f)
{
    struct strbuf b;
    strbuf_init(&b, &arena, 1 << 20);
    if (f->version == '\0') {
        put_block(&b, f, 4, true);
    } else {
        put_block(&b, f, 8, false);
        put_block(&b, f, 8, true);
        strbuf_printf(&b, "\n%s\n", f->footer);
    }
    return strbuf_str(&b);
}

static const struct type utc_type = {0, 0, 0};

/* A slim file without a table: all is in its rule. */
static const struct tz *rule_zone(const char *footer)
{
    const struct tz *zone = NULL;
    struct err err = ERR_INIT;
    struct file f = {
        .version = '3', .types = &utc_type, .n_types = 1, .names = "UTC|", .footer = footer};
    if (tz_parse(&arena, make_file(&f), &zone, &err) != OK) {
        fail_msg("%s: %s", footer, err.detail);
    }
    return zone;
}

static int64_t utc(int year, int month, int day, int hour, int minute)
{
    return calendar_to_at(
        &(struct calendar_time){.date = {year, month, day}, .hour = hour, .minute = minute});
}

static struct calendar_time wall(int year, int month, int day, int hour, int minute)
{
    return (struct calendar_time){
        .date = {year, month, day}, .hour = hour, .minute = minute, .second = 7, .us = 5};
}

static void assert_offset(const struct tz *z, int64_t at, int32_t want, bool want_dst,
                          const char *want_abbrev)
{
    bool is_dst;
    const char *abbrev;
    assert_int_equal(tz_offset(z, at, &is_dst, &abbrev), want);
    assert_int_equal(is_dst, want_dst);
    assert_string_equal(abbrev, want_abbrev);
}

/* --- rules -------------------------------------------------------------------------------- */

static void test_the_rule_changes_at_the_very_second(void **state)
{
    (void)state;
    const struct tz *berlin = rule_zone("CET-1CEST,M3.5.0,M10.5.0/3");
    assert_offset(berlin, utc(2027, 3, 28, 1, 0) - 1, 3600, false, "CET");
    assert_offset(berlin, utc(2027, 3, 28, 1, 0), 7200, true, "CEST");
    assert_offset(berlin, utc(2027, 10, 31, 1, 0) - 1, 7200, true, "CEST");
    assert_offset(berlin, utc(2027, 10, 31, 1, 0), 3600, false, "CET");
    assert_offset(berlin, utc(2400, 7, 1, 0, 0), 7200, true, "CEST");
}

static void test_summer_may_span_the_new_year(void **state)
{
    (void)state;
    const struct tz *z = rule_zone("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0");
    assert_offset(z, utc(2026, 1, 1, 0, 0), 39600, true, "+11");
    assert_offset(z, utc(2026, 7, 1, 0, 0), 37800, false, "+1030");
    assert_offset(z, utc(2026, 12, 31, 23, 59), 39600, true, "+11");
}

static void test_summer_may_be_behind_standard_time(void **state)
{
    (void)state;
    const struct tz *dublin = rule_zone("IST-1GMT0,M10.5.0,M3.5.0/1");
    assert_offset(dublin, utc(2026, 7, 1, 0, 0), 3600, false, "IST");
    assert_offset(dublin, utc(2026, 1, 1, 0, 0), 0, true, "GMT");
    assert_offset(dublin, utc(2026, 3, 29, 1, 0), 3600, false, "IST");
}

static void test_rule_times_may_be_negative_or_beyond_a_day(void **state)
{
    (void)state;
    const struct tz *nuuk = rule_zone("<-02>2<-01>,M3.5.0/-1,M10.5.0/0");
    assert_offset(nuuk, utc(2026, 3, 29, 1, 0) - 1, -7200, false, "-02");
    assert_offset(nuuk, utc(2026, 3, 29, 1, 0), -3600, true, "-01");
    const struct tz *jerusalem = rule_zone("IST-2IDT,M3.4.4/26,M10.5.0");
    assert_offset(jerusalem, utc(2026, 3, 27, 0, 0) - 1, 7200, false, "IST");
    assert_offset(jerusalem, utc(2026, 3, 27, 0, 0), 10800, true, "IDT");
}

static void test_days_are_counted_with_and_without_leap_days(void **state)
{
    (void)state;
    const struct tz *julian = rule_zone("AAA0BBB,J60/0,J300/0"); /* always March 1st */
    assert_offset(julian, utc(2024, 3, 1, 0, 0) - 1, 0, false, "AAA");
    assert_offset(julian, utc(2024, 3, 1, 0, 0), 3600, true, "BBB");
    assert_offset(julian, utc(2025, 3, 1, 0, 0) - 1, 0, false, "AAA");
    assert_offset(julian, utc(2025, 3, 1, 0, 0), 3600, true, "BBB");
    const struct tz *counted = rule_zone("AAA0BBB,59/0,300/0"); /* the 60th day of the year */
    assert_offset(counted, utc(2024, 2, 29, 0, 0), 3600, true, "BBB");
    assert_offset(counted, utc(2025, 3, 1, 0, 0), 3600, true, "BBB");
    assert_offset(counted, utc(2025, 3, 1, 0, 0) - 1, 0, false, "AAA");
}

static void test_summer_may_last_all_year(void **state)
{
    (void)state;
    const struct tz *z = rule_zone("EST5EDT,0/0,J365/25");
    for (int month = 1; month <= 12; month++) {
        assert_offset(z, utc(2028, month, 1, 5, 0) - 1, -14400, true, "EDT");
        assert_offset(z, utc(2028, month, 1, 5, 0), -14400, true, "EDT");
    }
}

static void test_a_bad_rule_is_refused(void **state)
{
    (void)state;
    static const char *const rules[] = {"C-1",
                                        "CET",
                                        "CET-1CEST",
                                        "CET-1CEST,M13.5.0,M10.5.0",
                                        "CET-1CEST,M3.6.0,M10.5.0",
                                        "CET-1CEST,M3.5.7,M10.5.0",
                                        "CET-1CEST,J0,J5",
                                        "CET-1CEST,J366,J5",
                                        "CET-1CEST,366,5",
                                        "CET-1CEST,M3.5.0/168,M10.5.0",
                                        "CET-25",
                                        "<CET-1",
                                        "CET-1x",
                                        "CET-1CEST,M3.5.0",
                                        "ABCDEFGHIJKLMNOPQ-1"};
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        const struct tz *zone;
        struct file f = {
            .version = '2', .types = &utc_type, .n_types = 1, .names = "UTC|", .footer = rules[i]};
        if (tz_parse(&arena, make_file(&f), &zone, NULL) == OK) {
            fail_msg("%s was taken", rules[i]);
        }
    }
}

/* --- the table ---------------------------------------------------------------------------- */

static const struct change table[] = {{1000, 1}, {5000, 2}, {100000, 1}};
static const struct type types[] = {{-75, 0, 0}, {3600, 0, 4}, {7200, 1, 8}};

static void test_the_table_comes_before_the_rule(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        const struct tz *z;
        struct err err = ERR_INIT;
        struct file f = {i ? '2' : '\0', table, 3, types, 3, "LMT|AAA|BBB|", 0, "CCC-5"};
        assert_int_equal(tz_parse(&arena, make_file(&f), &z, &err), OK);
        assert_offset(z, INT64_MIN + 1, -75, false, "LMT");
        assert_offset(z, 1000 * US_PER_S - 1, -75, false, "LMT");
        assert_offset(z, 1000 * US_PER_S, 3600, false, "AAA");
        assert_offset(z, 99999 * US_PER_S, 7200, true, "BBB");
        assert_offset(z, 100000 * US_PER_S, i ? 18000 : 3600, false, i ? "CCC" : "AAA");
        assert_int_equal(tz_next_change(z, 0), 1000 * US_PER_S);
        assert_int_equal(tz_next_change(z, 1000 * US_PER_S), 5000 * US_PER_S);
        assert_true(tz_next_change(z, 100000 * US_PER_S) == AT_NONE);
    }
}

static void assert_refused(struct str bytes, enum status want)
{
    const struct tz *z;
    struct err err = ERR_INIT;
    assert_int_equal(tz_parse(&arena, bytes, &z, &err), want);
    assert_true(err.detail[0] != '\0');
}

static void test_what_is_not_a_zone_is_refused(void **state)
{
    (void)state;
    static const struct change disordered[] = {{5, 0}, {5, 0}}, unknown[] = {{5, 9}};
    static const struct type far = {100000, 0, 0}, nameless = {0, 0, 200};
    const struct file good = {'2', table, 3, types, 3, "LMT|AAA|BBB|", 0, "CCC-5"};
    struct str bytes = make_file(&good);
    for (size_t n = 0; n < bytes.n; n++) {
        assert_refused(str_slice(bytes, 0, n), ERR_SYNTAX);
    }
    struct file f = good;
    f.changes = disordered;
    f.n_changes = 2;
    assert_refused(make_file(&f), ERR_SYNTAX);
    f.changes = unknown;
    f.n_changes = 1;
    assert_refused(make_file(&f), ERR_SYNTAX);
    f = (struct file){'2', NULL, 0, &far, 1, "UTC|", 0, ""};
    assert_refused(make_file(&f), ERR_SYNTAX);
    f.types = &nameless;
    assert_refused(make_file(&f), ERR_SYNTAX);
    char *big = arena_alloc(&arena, TZ_BYTES_MAX + 1);
    assert_refused((struct str){big, TZ_BYTES_MAX + 1}, ERR_TOO_LARGE);
    assert_refused(STR("hello, this is a text that is long enough for a header"), ERR_SYNTAX);
}

static void test_a_zone_that_counts_leap_seconds_is_refused(void **state)
{
    (void)state;
    const struct file f = {'\0', table, 3, types, 3, "LMT|AAA|BBB|123456781234", 1, ""};
    assert_refused(make_file(&f), ERR_INVALID);
}

/* --- wall times --------------------------------------------------------------------------- */

static void assert_at(const struct tz *z, struct calendar_time t, enum tz_policy policy,
                      int64_t want)
{
    int64_t at = tz_at(z, &t, policy);
    assert_int_equal(at - 7 * US_PER_S - 5, want);
}

static void test_a_wall_time_in_a_gap_moves_forward_by_the_gap(void **state)
{
    (void)state;
    const struct tz *berlin = rule_zone("CET-1CEST,M3.5.0,M10.5.0/3");
    for (int policy = TZ_FIRST; policy <= TZ_SECOND; policy++) {
        assert_at(berlin, wall(2027, 3, 28, 2, 30), (enum tz_policy)policy,
                  utc(2027, 3, 28, 1, 30));
        assert_at(berlin, wall(2027, 3, 28, 1, 59), (enum tz_policy)policy,
                  utc(2027, 3, 28, 0, 59));
        assert_at(berlin, wall(2027, 3, 28, 3, 0), (enum tz_policy)policy, utc(2027, 3, 28, 1, 0));
    }
    struct calendar_time t = wall(2027, 3, 28, 2, 30);
    t = tz_local(berlin, tz_at(berlin, &t, TZ_FIRST));
    assert_int_equal(t.hour, 3);
    assert_int_equal(t.minute, 30);
}

static void test_a_wall_time_in_an_overlap_is_the_first_or_the_second(void **state)
{
    (void)state;
    const struct tz *berlin = rule_zone("CET-1CEST,M3.5.0,M10.5.0/3");
    assert_at(berlin, wall(2027, 10, 31, 2, 30), TZ_FIRST, utc(2027, 10, 31, 0, 30));
    assert_at(berlin, wall(2027, 10, 31, 2, 30), TZ_SECOND, utc(2027, 10, 31, 1, 30));
    assert_at(berlin, wall(2027, 10, 31, 3, 0), TZ_FIRST, utc(2027, 10, 31, 2, 0));
    const struct tz *howe = rule_zone("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"); /* half an hour */
    assert_at(howe, wall(2026, 4, 5, 1, 45), TZ_FIRST, utc(2026, 4, 4, 14, 45));
    assert_at(howe, wall(2026, 4, 5, 1, 45), TZ_SECOND, utc(2026, 4, 4, 15, 15));
    assert_at(howe, wall(2026, 10, 4, 2, 15), TZ_FIRST, utc(2026, 10, 3, 15, 45));
}

static void test_a_day_that_never_was_moves_forward_by_a_day(void **state)
{
    (void)state;
    /* Apia left out December 30th, 2011. */
    static const struct change skip[] = {{1325239200, 1}};
    static const struct type two[] = {{-36000, 1, 0}, {50400, 1, 4}};
    const struct tz *z;
    const struct file f = {'2', skip, 1, two, 2, "-10|+14|", 0, ""};
    assert_int_equal(tz_parse(&arena, make_file(&f), &z, NULL), OK);
    assert_at(z, wall(2011, 12, 29, 23, 0), TZ_FIRST, utc(2011, 12, 30, 9, 0));
    assert_at(z, wall(2011, 12, 30, 12, 0), TZ_FIRST, utc(2011, 12, 30, 22, 0));
    assert_at(z, wall(2011, 12, 31, 0, 0), TZ_FIRST, utc(2011, 12, 30, 10, 0));
}

static void test_every_instant_is_found_again(void **state)
{
    (void)state;
    const struct tz *z = rule_zone("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0");
    for (int64_t at = utc(2026, 1, 1, 0, 0); at < utc(2028, 1, 1, 0, 0); at += 17 * US_PER_MIN) {
        struct calendar_time t = tz_local(z, at);
        assert_true(tz_at(z, &t, TZ_FIRST) == at || tz_at(z, &t, TZ_SECOND) == at);
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_the_rule_changes_at_the_very_second),
        T(test_summer_may_span_the_new_year),
        T(test_summer_may_be_behind_standard_time),
        T(test_rule_times_may_be_negative_or_beyond_a_day),
        T(test_days_are_counted_with_and_without_leap_days),
        T(test_summer_may_last_all_year),
        T(test_a_bad_rule_is_refused),
        T(test_the_table_comes_before_the_rule),
        T(test_what_is_not_a_zone_is_refused),
        T(test_a_zone_that_counts_leap_seconds_is_refused),
        T(test_a_wall_time_in_a_gap_moves_forward_by_the_gap),
        T(test_a_wall_time_in_an_overlap_is_the_first_or_the_second),
        T(test_a_day_that_never_was_moves_forward_by_a_day),
        T(test_every_instant_is_found_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
