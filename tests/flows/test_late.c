/* A page that comes late says so, and the timeline says where the time went. */
#include "fixture.h"

#include <string.h>

#include "cmocka_all.h"

static struct world w;

#define A "alertname=A,severity=page"

static int set_up(void **state)
{
    (void)state;
    world_start(&w, routes_basic);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_end(&w);
    return 0;
}

/* How late the newest message to that address says it is. */
static bool says(const char *who, int seconds)
{
    struct str want = str_printf(&w.arena, "\"late_s\":%d,", seconds);
    for (size_t i = w.transfers.requests.n; i-- > 0;) {
        if (str_contains(w.transfers.requests.v[i].url, str_from(who))) {
            return str_contains(w.transfers.requests.v[i].body, want);
        }
    }
    return false;
}

static void test_a_page_in_time_says_nothing(void **state)
{
    (void)state;
    world_alert(&w, A, "firing", 0);
    world_clock(&w, 59 * US_PER_S);
    world_settle(&w);
    assert_true(says("/anna", 0));
    assert_int_equal(world_fact(&w, EVENT_OPENED, "late_s").n, 0);
    assert_int_equal(world_fact(&w, EVENT_NOTIFIED, "late_s").n, 0);
}

static void test_what_waited_in_the_ledger(void **state)
{
    (void)state;
    world_alert(&w, A, "firing", 0);
    world_clock(&w, 10 * US_PER_MIN);
    world_settle(&w);
    assert_true(says("/anna", 600));
    assert_str_is(world_fact(&w, EVENT_OPENED, "late_s"), "600");
    assert_str_is(world_fact(&w, EVENT_NOTIFIED, "late_s"), "600");
    world_advance(&w, 5 * US_PER_MIN); /* the next step is in time again */
    assert_true(says("/boris", 0));
}

static void test_a_hold_counts_from_when_it_is_known(void **state)
{
    (void)state;
    world_alert(&w, "alertname=H,severity=hold", "firing", 0);
    world_clock(&w, 10 * US_PER_MIN);
    world_process(&w);
    assert_true(world_incident(&w, 1)->wake_at > w.db.clock_at);
    assert_str_is(world_fact(&w, EVENT_OPENED, "late_s"), "600");
}

static void test_a_step_that_came_late(void **state)
{
    (void)state;
    world_alert(&w, A, "firing", 0);
    world_settle(&w);
    world_clock(&w, 12 * US_PER_MIN);
    world_settle(&w);
    assert_true(says("/boris", 7 * 60));
    assert_str_is(world_fact(&w, EVENT_NOTIFIED, "late_s"), "420");
}

static void test_what_waited_in_the_outbox(void **state)
{
    (void)state;
    world_alert(&w, A, "firing", 0);
    world_process(&w);
    world_escalate(&w);
    world_clock(&w, 2 * US_PER_MIN);
    world_settle(&w);
    assert_true(says("/anna", 120));
    assert_int_equal(world_fact(&w, EVENT_NOTIFIED, "late_s").n, 0); /* it was queued in time */
}

static void test_a_provider_that_was_away(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++) {
        fake_transfers_script(&w.transfers, STR("/ops"),
                              (struct transfer_reply){.status = 503, .body = STR_EMPTY});
    }
    world_alert(&w, "alertname=Z", "firing", 0); /* receiver rest: one way */
    world_settle(&w);
    for (int i = 0; i < 60 && world_deliveries(&w, NOTICE_PAGE, DELIVERY_SENT) == 0; i++) {
        world_advance(&w, 10 * US_PER_S);
    }
    assert_int_equal(world_deliveries(&w, NOTICE_PAGE, DELIVERY_SENT), 1);
    int64_t late_s = (w.db.clock_at - WORLD_START_AT) / US_PER_S;
    assert_true(late_s >= 60);
    assert_false(says("/ops", 0));
}

static void test_only_pages_say_it(void **state)
{
    (void)state;
    world_alert(&w, A, "firing", 0);
    world_settle(&w);
    assert_int_equal(world_acknowledge(&w, 1), TRANSITION_CHANGED);
    world_clock(&w, 5 * US_PER_MIN);
    world_settle(&w);
    assert_true(says("/anna", 0));
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_a_page_in_time_says_nothing),
        T(test_what_waited_in_the_ledger),
        T(test_a_hold_counts_from_when_it_is_known),
        T(test_a_step_that_came_late),
        T(test_what_waited_in_the_outbox),
        T(test_a_provider_that_was_away),
        T(test_only_pages_say_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
