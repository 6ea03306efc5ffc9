/* clock_watch: what is due does not wait for a clock that went back. */
#include "flows/clock_watch.h"

#include "base/monotonic.h"
#include "cmocka_all.h"
#include "fixture.h"
#include "flows/self_alert.h"

static struct world w;
static struct clock_watch watch;

static int set_up(void **state)
{
    (void)state;
    world_start(&w, routes_basic);
    watch = (struct clock_watch){0};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_end(&w);
    return 0;
}

static void look(void)
{
    struct err err = ERR_INIT;
    assert_int_equal(clock_watch_look(&watch, &w.deps, &w.store, &w.arena, &err), OK);
}

static bool is_near(int64_t a, int64_t b)
{
    return a - b < US_PER_S && b - a < US_PER_S;
}

static void test_deps_know_both_clocks(void **state)
{
    (void)state;
    look();
    assert_true(is_near(deps_now(&w.deps), w.db.clock_at));
    assert_int_equal(deps_clock_ahead(&w.deps), 0);
    assert_false(self_alert_is_raised(w.deps.self_alerts, SELF_CLOCK));
}

static void test_a_step_back_is_held(void **state)
{
    (void)state;
    look();
    int64_t before_at = w.db.clock_at;
    w.db.clock_at -= US_PER_HOUR;
    look();
    assert_true(w.db.clock_at >= before_at);
    assert_true(is_near(deps_now(&w.deps), before_at));
    assert_true(is_near(deps_server_now(&w.deps), before_at - US_PER_HOUR));
    assert_true(is_near(deps_clock_ahead(&w.deps), US_PER_HOUR));
    assert_true(self_alert_is_raised(w.deps.self_alerts, SELF_CLOCK));
}

static void test_it_is_said_once_and_ends(void **state)
{
    (void)state;
    look();
    w.db.clock_at -= US_PER_HOUR;
    look();
    look();
    int64_t held_at = w.db.clock_at;
    assert_true(is_near(deps_clock_ahead(&w.deps), US_PER_HOUR)); /* not held again */
    w.db.clock_ahead_us = 0;                                      /* it has caught up */
    look();
    assert_int_equal(w.db.clock_at, held_at);
    assert_false(self_alert_is_raised(w.deps.self_alerts, SELF_CLOCK));
}

static void test_small_steps_are_followed(void **state)
{
    (void)state;
    look();
    w.db.clock_at -= US_PER_S / 2;
    look();
    assert_int_equal(w.db.clock_ahead_us, 0);
}

static void test_a_step_forward_is_followed(void **state)
{
    (void)state;
    look();
    w.db.clock_at += US_PER_HOUR;
    look();
    assert_int_equal(w.db.clock_ahead_us, 0);
    assert_true(is_near(deps_now(&w.deps), w.db.clock_at));
}

static void test_people_hear_of_a_step_forward_once(void **state)
{
    (void)state;
    struct clock_watch other = {0}; /* of another replica; both have the same self alerts here */
    struct err err = ERR_INIT;
    look();
    assert_int_equal(clock_watch_look(&other, &w.deps, &w.store, &w.arena, &err), OK);
    w.db.clock_at += 20 * US_PER_S;
    look();
    assert_false(self_alert_is_raised(w.deps.self_alerts, SELF_STEP)); /* too little */
    w.db.clock_at += 40 * US_PER_S;
    look();
    assert_true(self_alert_is_raised(w.deps.self_alerts, SELF_STEP));
    self_alert_clear(w.deps.self_alerts, SELF_STEP);
    assert_int_equal(clock_watch_look(&other, &w.deps, &w.store, &w.arena, &err), OK);
    look();
    assert_false(self_alert_is_raised(w.deps.self_alerts, SELF_STEP));
}

/* As the tests let time pass: somebody has noted it. */
static void test_what_is_noted_already_is_no_step(void **state)
{
    (void)state;
    look();
    w.db.clock_at += US_PER_HOUR;
    w.db.t.skipped_us += US_PER_HOUR;
    look();
    assert_false(self_alert_is_raised(w.deps.self_alerts, SELF_STEP));
    assert_int_equal(w.db.t.skipped_us, US_PER_HOUR);
}

static void test_a_step_forward_is_over_half_an_hour_later(void **state)
{
    (void)state;
    int64_t us = US_PER_S;
    look();
    w.db.clock_at += US_PER_HOUR;
    look();
    (void)self_alerts_news(w.deps.self_alerts, &w.arena, STR("r"), w.db.clock_at, us);
    us += 29 * US_PER_MIN;
    (void)self_alerts_news(w.deps.self_alerts, &w.arena, STR("r"), w.db.clock_at, us);
    assert_true(self_alert_is_raised(w.deps.self_alerts, SELF_STEP));
    us += US_PER_MIN;
    (void)self_alerts_news(w.deps.self_alerts, &w.arena, STR("r"), w.db.clock_at, us);
    assert_false(self_alert_is_raised(w.deps.self_alerts, SELF_STEP));
}

static void test_a_failed_look_forgets_nothing(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    look();
    int64_t before_at = w.db.clock_at;
    w.db.clock_at -= US_PER_HOUR;
    w.db.fault =
        (struct fake_fault){.at = w.db.calls + 2, .status = ERR_UNAVAILABLE}; /* the hold */
    assert_int_equal(clock_watch_look(&watch, &w.deps, &w.store, &w.arena, &err), ERR_UNAVAILABLE);
    w.db.fault = (struct fake_fault){0};
    look();
    assert_true(w.db.clock_at >= before_at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_deps_know_both_clocks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_step_back_is_held, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_it_is_said_once_and_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_small_steps_are_followed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_step_forward_is_followed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_people_hear_of_a_step_forward_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_noted_already_is_no_step, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_step_forward_is_over_half_an_hour_later, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_failed_look_forgets_nothing, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
