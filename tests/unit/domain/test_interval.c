#include "domain/interval.h"

#include "unit/domain/berlin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define R(...)                                                                                     \
    {                                                                                              \
        (const struct range[]){__VA_ARGS__},                                                       \
            sizeof((struct range[]){__VA_ARGS__}) / sizeof(struct range)                           \
    }

struct sample {
    const char *what;
    struct interval_spec spec;
    int64_t at;
    bool is_in;
};

static void assert_samples(const struct sample *samples, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct interval_spec spec = samples[i].spec;
        spec.zone = spec.zone ? spec.zone : &zone_utc;
        struct interval interval = {.specs = &spec, .n_specs = 1};
        if (interval_contains(&interval, samples[i].at) != samples[i].is_in) {
            fail_msg("%s (row %zu)", samples[i].what, i);
        }
    }
}
#define ASSERT_SAMPLES(table) assert_samples(table, sizeof(table) / sizeof((table)[0]))

static void test_times_start_inclusive_and_end_exclusive(void **state)
{
    (void)state;
    const struct sample table[] = {
        {"before", {.times = R({540, 1020})}, wall(2026, 1, 5, 8, 59), false},
        {"start", {.times = R({540, 1020})}, wall(2026, 1, 5, 9, 0), true},
        {"last minute", {.times = R({540, 1020})}, wall(2026, 1, 5, 16, 59), true},
        {"end", {.times = R({540, 1020})}, wall(2026, 1, 5, 17, 0), false},
        {"24:00 is the whole day", {.times = R({0, 1440})}, wall(2026, 1, 5, 23, 59), true},
        {"any of them", {.times = R({0, 480}, {1320, 1440})}, wall(2026, 1, 5, 22, 0), true},
        {"none of them", {.times = R({0, 480}, {1320, 1440})}, wall(2026, 1, 5, 12, 0), false},
        {"an empty list is never",
         {.times = {(const struct range[]){{0, 0}}, 0}},
         wall(2026, 1, 5, 12, 0),
         false},
        {"nothing given is always", {.times = {0}}, wall(2026, 1, 5, 12, 0), true},
    };
    ASSERT_SAMPLES(table);
}

static void test_weekdays_months_and_years_are_inclusive(void **state)
{
    (void)state;
    const struct sample table[] = {
        {"monday", {.weekdays = R({1, 5})}, wall(2026, 1, 5, 0, 0), true},
        {"friday", {.weekdays = R({1, 5})}, wall(2026, 1, 9, 23, 59), true},
        {"saturday", {.weekdays = R({1, 5})}, wall(2026, 1, 10, 0, 0), false},
        {"sunday is 0", {.weekdays = R({0, 0})}, wall(2026, 1, 11, 12, 0), true},
        {"may", {.months = R({5, 8})}, wall(2026, 5, 1, 0, 0), true},
        {"august", {.months = R({5, 8})}, wall(2026, 8, 31, 23, 59), true},
        {"september", {.months = R({5, 8})}, wall(2026, 9, 1, 0, 0), false},
        {"month 13 is never", {.months = R({13, 13})}, wall(2026, 12, 1, 0, 0), false},
        {"year", {.years = R({2026, 2027})}, wall(2027, 12, 31, 23, 59), true},
        {"year after", {.years = R({2026, 2027})}, wall(2028, 1, 1, 0, 0), false},
        {"all fields must agree",
         {.years = R({2026, 2026}), .months = R({2, 2})},
         wall(2026, 3, 1, 0, 0),
         false},
    };
    ASSERT_SAMPLES(table);
}

static void test_days_of_month_may_count_from_the_end(void **state)
{
    (void)state;
    const struct sample table[] = {
        {"first", {.days_of_month = R({1, 5})}, wall(2026, 2, 1, 0, 0), true},
        {"fifth", {.days_of_month = R({1, 5})}, wall(2026, 2, 5, 23, 59), true},
        {"sixth", {.days_of_month = R({1, 5})}, wall(2026, 2, 6, 0, 0), false},
        {"last of 28", {.days_of_month = R({-1, -1})}, wall(2026, 2, 28, 0, 0), true},
        {"last of 29", {.days_of_month = R({-1, -1})}, wall(2028, 2, 28, 0, 0), false},
        {"third from the end", {.days_of_month = R({-3, -1})}, wall(2026, 4, 28, 0, 0), true},
        {"fourth from the end", {.days_of_month = R({-3, -1})}, wall(2026, 4, 27, 0, 0), false},
        {"the end is cut", {.days_of_month = R({28, 31})}, wall(2026, 2, 28, 0, 0), true},
        {"the 31st never comes", {.days_of_month = R({31, 31})}, wall(2026, 2, 28, 0, 0), false},
        {"day 30 to last, in February",
         {.days_of_month = R({30, -1})},
         wall(2026, 2, 28, 0, 0),
         false},
        {"begins before the month", {.days_of_month = R({-31, -28})}, wall(2026, 2, 1, 0, 0), true},
        {"before the month, end too",
         {.days_of_month = R({-31, -30})},
         wall(2026, 2, 1, 0, 0),
         false},
        {"middle to end", {.days_of_month = R({15, -1})}, wall(2026, 2, 20, 0, 0), true},
    };
    ASSERT_SAMPLES(table);
}

static void test_the_wall_clock_of_the_location_counts(void **state)
{
    (void)state;
    const struct interval_spec night = {.zone = &berlin, .times = R({120, 180})}; /* 02:00–03:00 */
    const struct sample table[] = {
        {"winter", night, wall(2026, 1, 5, 1, 30), true},
        {"summer", night, wall(2026, 7, 5, 0, 30), true},
        {"summer, an hour later", night, wall(2026, 7, 5, 1, 0), false},
        {"skipped by clocks: before", night, SUMMER_AT - 1, false},
        {"skipped by clocks: after", night, SUMMER_AT, false},
        {"repeated by clocks: first", night, WINTER_AT - 1, true},
        {"repeated by clocks: second", night, WINTER_AT + US_PER_MIN, true},
        {"weekday there, not here",
         {.zone = &berlin, .weekdays = R({1, 1})},
         wall(2026, 1, 4, 23, 30),
         true},
    };
    ASSERT_SAMPLES(table);
}

static void test_any_entry_is_enough_and_none_is_never(void **state)
{
    (void)state;
    const struct interval_spec specs[] = {{.zone = &zone_utc, .months = R({1, 1})},
                                          {.zone = &zone_utc, .months = R({3, 3})}};
    const struct interval two = {.specs = specs, .n_specs = 2}, none = {0};
    assert_true(interval_contains(&two, wall(2026, 3, 3, 0, 0)));
    assert_false(interval_contains(&two, wall(2026, 2, 3, 0, 0)));
    assert_false(interval_contains(&none, wall(2026, 2, 3, 0, 0)));
}

static int by_time(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return left < right ? -1 : left > right;
}

/* Wherever the answer changes from one minute to the next, there is an edge. */
static void test_no_change_is_missing_from_the_edges(void **state)
{
    (void)state;
    const struct interval_spec specs[] = {
        {.zone = &berlin, .times = R({120, 150}, {1320, 1440}), .weekdays = R({0, 2})},
        {.zone = &zone_utc, .days_of_month = R({-2, -1})}};
    const struct interval interval = {.specs = specs, .n_specs = 2};
    const int64_t starts[] = {wall(2026, 3, 25, 7, 7), wall(2026, 10, 20, 0, 0)};
    for (size_t i = 0; i < 2; i++) {
        struct arena arena;
        struct instants edges = {0};
        int64_t from = starts[i], until = from + 14 * US_PER_DAY;
        arena_init(&arena);
        assert_true(interval_add_edges(&interval, from, until, 10000, &edges, &arena));
        qsort(edges.v, edges.n, sizeof(*edges.v), by_time);
        size_t changes = 0;
        for (int64_t at = from + US_PER_MIN; at < until; at += US_PER_MIN) {
            if (interval_contains(&interval, at) != interval_contains(&interval, at - US_PER_MIN)) {
                assert_non_null(bsearch(&at, edges.v, edges.n, sizeof(at), by_time));
                changes++;
            }
        }
        assert_true(changes > 10);
        struct instants few = {0};
        assert_false(interval_add_edges(&interval, from, until, 5, &few, &arena));
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times_start_inclusive_and_end_exclusive),
        cmocka_unit_test(test_weekdays_months_and_years_are_inclusive),
        cmocka_unit_test(test_days_of_month_may_count_from_the_end),
        cmocka_unit_test(test_the_wall_clock_of_the_location_counts),
        cmocka_unit_test(test_any_entry_is_enough_and_none_is_never),
        cmocka_unit_test(test_no_change_is_missing_from_the_edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
