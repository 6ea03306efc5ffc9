#include "domain/schedule.h"

#include "domain/directory.h"
#include "unit/domain/berlin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct user anna = {.id = {"anna", 4}, .name = {"Anna", 4}};
static const struct user bob = {.id = {"bob", 3}, .name = {"Bob", 3}};
static const struct user *const two[] = {&anna, &bob};
static const struct user *const only_bob[] = {&bob};
static const struct overrides no_overrides;
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

/* A Monday, 09:00 */
static struct layer weekly_layer(void)
{
    return (struct layer){.zone = &berlin,
                          .users = two,
                          .n_users = 2,
                          .start_wall = wall(2026, 1, 5, 9, 0),
                          .turn_us = 7 * US_PER_DAY,
                          .until_at = AT_NONE};
}

static struct schedule one_layer(const struct layer *layer)
{
    return (struct schedule){.id = STR("s"), .zone = &berlin, .layers = layer, .n_layers = 1};
}

static void assert_on_call(const struct schedule *s, int64_t at, const struct user *want)
{
    struct duty duty = schedule_on_call(s, no_overrides, at);
    if (duty.user != want) {
        fail_msg("%s is on call", duty.user ? duty.user->id.p : "nobody");
    }
}

static void assert_handoff(const struct schedule *s, int64_t at, const struct user *before,
                           const struct user *after)
{
    assert_on_call(s, at - 1, before);
    assert_on_call(s, at, after);
}

static void test_handoffs_stay_at_nine_when_clocks_change(void **state)
{
    (void)state;
    struct layer layer = weekly_layer();
    struct schedule s = one_layer(&layer);
    assert_handoff(&s, in_berlin(2026, 1, 5, 9, 0), NULL, &anna);
    assert_handoff(&s, wall(2026, 1, 12, 8, 0), &anna, &bob);
    assert_handoff(&s, wall(2026, 3, 30, 7, 0), &bob, &anna);
    assert_handoff(&s, wall(2026, 10, 26, 8, 0), &bob, &anna);
}

static void test_a_handoff_in_the_gap_comes_later_by_the_gap(void **state)
{
    (void)state;
    struct layer layer = weekly_layer();
    layer.turn_us = US_PER_DAY;
    layer.start_wall = wall(2026, 3, 27, 2, 30);
    struct schedule s = one_layer(&layer);
    assert_handoff(&s, wall(2026, 3, 28, 1, 30), &anna, &bob);
    assert_handoff(&s, SUMMER_AT + 30 * US_PER_MIN, &bob, &anna); /* reads 03:30 */
    assert_handoff(&s, wall(2026, 3, 30, 0, 30), &anna, &bob);
}

static void test_a_handoff_in_the_overlap_is_the_first_of_the_two(void **state)
{
    (void)state;
    struct layer layer = weekly_layer();
    layer.turn_us = US_PER_DAY;
    layer.start_wall = wall(2026, 10, 24, 2, 30);
    struct schedule s = one_layer(&layer);
    assert_handoff(&s, WINTER_AT - 30 * US_PER_MIN, &anna, &bob);
    assert_on_call(&s, WINTER_AT + 10 * US_PER_MIN, &bob); /* 02:10 again */
    assert_on_call(&s, WINTER_AT + 30 * US_PER_MIN, &bob); /* 02:30 again */
    assert_handoff(&s, wall(2026, 10, 26, 1, 30), &bob, &anna);
}

static void test_hourly_turns_skip_the_hour_that_is_skipped(void **state)
{
    (void)state;
    struct layer layer = weekly_layer();
    layer.turn_us = US_PER_HOUR;
    layer.start_wall = wall(2026, 3, 29, 0, 0);
    struct schedule s = one_layer(&layer);
    assert_handoff(&s, SUMMER_AT - US_PER_HOUR, &anna, &bob);
    assert_handoff(&s, SUMMER_AT, &bob, &bob); /* 02:00 was nobody's: 03:00 is the fourth turn */
    assert_handoff(&s, SUMMER_AT + US_PER_HOUR, &bob, &anna);
}

static void test_monthly_on_the_31st_is_the_last_day_of_short_months(void **state)
{
    (void)state;
    struct layer layer = weekly_layer();
    layer.is_monthly = true;
    layer.month_day = 31;
    layer.start_wall = wall(2026, 1, 31, 9, 0);
    struct schedule s = one_layer(&layer);
    assert_handoff(&s, in_berlin(2026, 1, 31, 9, 0), NULL, &anna);
    assert_handoff(&s, in_berlin(2026, 2, 28, 9, 0), &anna, &bob);
    assert_handoff(&s, in_berlin(2026, 3, 31, 9, 0), &bob, &anna);
    assert_handoff(&s, in_berlin(2026, 4, 30, 9, 0), &anna, &bob);
    assert_handoff(&s, in_berlin(2028, 2, 29, 9, 0), &anna, &bob);
}

static void test_later_layers_win_where_they_count(void **state)
{
    (void)state;
    const struct range night = {0, 480};
    const struct range sunday = {0, 0};
    const struct interval_spec nights = {.zone = &berlin, .times = {&night, 1}};
    const struct interval_spec sundays = {.zone = &berlin, .weekdays = {&sunday, 1}};
    const struct interval at_night = {.specs = &nights, .n_specs = 1};
    const struct interval on_sunday = {.specs = &sundays, .n_specs = 1};
    const struct interval *const only[] = {&at_night}, *const except[] = {&on_sunday};
    struct layer layers[] = {weekly_layer(), weekly_layer()};
    layers[1].users = only_bob;
    layers[1].n_users = 1;
    layers[1].only = only;
    layers[1].n_only = 1;
    layers[1].except = except;
    layers[1].n_except = 1;
    layers[1].until_at = in_berlin(2026, 1, 17, 4, 0);
    struct schedule s = one_layer(layers);
    s.n_layers = 2;
    assert_handoff(&s, in_berlin(2026, 1, 6, 0, 0), &anna, &bob);
    assert_handoff(&s, in_berlin(2026, 1, 6, 8, 0), &bob, &anna);
    assert_on_call(&s, in_berlin(2026, 1, 11, 3, 0), &anna); /* a Sunday */
    layers[0].users = &two[0];
    layers[0].n_users = 1;
    assert_handoff(&s, in_berlin(2026, 1, 17, 4, 0), &bob, &anna);
}

static void test_the_last_override_wins_and_one_of_run_time_over_all(void **state)
{
    (void)state;
    struct layer layer = weekly_layer();
    layer.users = only_bob;
    layer.n_users = 1;
    const struct override file[] = {
        {STR("s"), &anna, in_berlin(2026, 2, 1, 0, 0), in_berlin(2026, 2, 3, 0, 0), STR("a")},
        {STR("s"), &bob, in_berlin(2026, 2, 2, 0, 0), in_berlin(2026, 2, 2, 12, 0), STR("b")}};
    const struct override extra[] = {
        {STR("other"), &bob, in_berlin(2026, 2, 1, 0, 0), in_berlin(2026, 2, 9, 0, 0), STR("")},
        {STR("s"), &anna, in_berlin(2026, 2, 2, 6, 0), in_berlin(2026, 2, 2, 7, 0), STR("c")}};
    struct schedule s = one_layer(&layer);
    s.overrides = (struct overrides){file, 2};
    assert_handoff(&s, in_berlin(2026, 2, 1, 0, 0), &bob, &anna);
    assert_handoff(&s, in_berlin(2026, 2, 2, 0, 0), &anna, &bob);
    assert_handoff(&s, in_berlin(2026, 2, 2, 12, 0), &bob, &anna);
    assert_handoff(&s, in_berlin(2026, 2, 3, 0, 0), &anna, &bob);
    struct duty duty =
        schedule_on_call(&s, (struct overrides){extra, 2}, in_berlin(2026, 2, 2, 6, 30));
    assert_ptr_equal(duty.user, &anna);
    assert_int_equal(duty.reason, DUTY_OVERRIDE);
    assert_ptr_equal(duty.override, &extra[1]);
}

static void test_shifts_cover_the_time_and_agree_with_every_moment(void **state)
{
    (void)state;
    const struct range night = {120, 180};
    const struct interval_spec nights = {.zone = &berlin, .times = {&night, 1}};
    const struct interval at_night = {.specs = &nights, .n_specs = 1};
    const struct interval *const except[] = {&at_night};
    const struct override swap = {STR("s"), &bob, WINTER_AT - US_PER_DAY, WINTER_AT, STR("")};
    struct layer layer = weekly_layer();
    layer.turn_us = 12 * US_PER_HOUR;
    layer.except = except;
    layer.n_except = 1;
    struct schedule s = one_layer(&layer);
    s.overrides = (struct overrides){&swap, 1};
    const int64_t starts[] = {SUMMER_AT - 3 * US_PER_DAY, WINTER_AT - 3 * US_PER_DAY,
                              wall(2026, 1, 4, 0, 0)};
    for (size_t i = 0; i < 3; i++) {
        int64_t from = starts[i], until = from + 6 * US_PER_DAY;
        struct shifts shifts = schedule_shifts(&s, no_overrides, from, until, &arena);
        assert_true(shifts.v[0].from_at == from && shifts.v[shifts.n - 1].to_at == until);
        for (size_t k = 0; k < shifts.n; k++) {
            const struct shift *shift = &shifts.v[k];
            assert_true(shift->from_at < shift->to_at);
            assert_true(k == 0 || shift->from_at == shifts.v[k - 1].to_at);
            for (int64_t at = shift->from_at; at < shift->to_at; at += 5 * US_PER_MIN) {
                assert_on_call(&s, at, shift->duty.user);
            }
            assert_on_call(&s, shift->to_at - 1, shift->duty.user);
        }
    }
}

static void test_the_same_person_twice_is_two_shifts(void **state)
{
    (void)state;
    struct layer layer = weekly_layer();
    layer.users = only_bob;
    layer.n_users = 1;
    struct schedule s = one_layer(&layer);
    int64_t from = in_berlin(2026, 1, 5, 9, 0);
    struct shifts shifts = schedule_shifts(&s, no_overrides, from, from + 21 * US_PER_DAY, &arena);
    assert_int_equal(shifts.n, 3);
    assert_int_equal(shifts.v[2].duty.turn, 2);
}

static void test_too_many_shifts_are_none_and_said_so(void **state)
{
    (void)state;
    struct layer layer = weekly_layer();
    layer.turn_us = SCHEDULE_TURN_MIN_US;
    struct schedule s = one_layer(&layer);
    int64_t from = in_berlin(2026, 2, 1, 0, 0);
    struct shifts shifts = schedule_shifts(&s, no_overrides, from, from + 365 * US_PER_DAY, &arena);
    assert_true(shifts.is_cut);
    assert_int_equal(shifts.n, 0);
    assert_int_equal(schedule_shifts(&s, no_overrides, from, from, &arena).n, 0);
}

static void test_gaps_are_the_times_without_anybody(void **state)
{
    (void)state;
    const struct range night = {120, 180};
    const struct interval_spec nights = {.zone = &berlin, .times = {&night, 1}};
    const struct interval at_night = {.specs = &nights, .n_specs = 1};
    const struct interval *const except[] = {&at_night};
    struct layer layer = weekly_layer();
    layer.turn_us = SCHEDULE_TURN_MIN_US; /* turns do not matter */
    layer.except = except;
    layer.n_except = 1;
    struct schedule s = one_layer(&layer);
    int64_t from = in_berlin(2026, 3, 27, 0, 0), until = in_berlin(2026, 3, 31, 2, 30);
    struct shifts gaps = schedule_gaps(&s, no_overrides, from, until, 1000, &arena);
    assert_int_equal(gaps.n, 4); /* none in the night without that hour; the last one is cut */
    assert_true(gaps.v[0].from_at == in_berlin(2026, 3, 27, 2, 0));
    assert_true(gaps.v[0].to_at == in_berlin(2026, 3, 27, 3, 0));
    assert_true(gaps.v[3].to_at == until);
    layer.except = NULL;
    layer.n_except = 0;
    assert_int_equal(schedule_gaps(&s, no_overrides, from, until, 1000, &arena).n, 0);
    gaps = schedule_gaps(&s, no_overrides, in_berlin(2026, 1, 1, 0, 0), until, 1000, &arena);
    assert_int_equal(gaps.n, 1); /* before the first hand-off */
    assert_true(gaps.v[0].to_at == in_berlin(2026, 1, 5, 9, 0));
}

static void test_a_schedule_without_users_is_nobody(void **state)
{
    (void)state;
    struct layer layer = weekly_layer();
    layer.n_users = 0;
    struct schedule s = one_layer(&layer);
    assert_on_call(&s, in_berlin(2026, 3, 1, 0, 0), NULL);
    assert_int_equal(schedule_on_call(&s, no_overrides, SUMMER_AT).reason, DUTY_NOBODY);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_handoffs_stay_at_nine_when_clocks_change),
        T(test_a_handoff_in_the_gap_comes_later_by_the_gap),
        T(test_a_handoff_in_the_overlap_is_the_first_of_the_two),
        T(test_hourly_turns_skip_the_hour_that_is_skipped),
        T(test_monthly_on_the_31st_is_the_last_day_of_short_months),
        T(test_later_layers_win_where_they_count),
        T(test_the_last_override_wins_and_one_of_run_time_over_all),
        T(test_shifts_cover_the_time_and_agree_with_every_moment),
        T(test_the_same_person_twice_is_two_shifts),
        T(test_too_many_shifts_are_none_and_said_so),
        T(test_gaps_are_the_times_without_anybody),
        T(test_a_schedule_without_users_is_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
