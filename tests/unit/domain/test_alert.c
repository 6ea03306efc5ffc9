#include "domain/alert.h"
#include "domain_test.h"

static struct alert fired(int64_t starts_at)
{
    return (struct alert){.status = ALERT_FIRING, .starts_at = starts_at, .ends_at = AT_NONE};
}

static struct alert resolved(int64_t starts_at)
{
    return (struct alert){.status = ALERT_RESOLVED, .starts_at = starts_at, .ends_at = 500};
}

static const struct alert_state known_firing = {ALERT_FIRING, 100, AT_NONE, 1};
static const struct alert_state known_resolved = {ALERT_RESOLVED, 100, 200, 1};

static void test_an_unknown_firing_alert_is_new(void **state)
{
    (void)state;
    struct alert a = fired(100);
    assert_int_equal(alert_compare(&a, NULL), NEWS_NEW);
}

static void test_a_resolve_of_nothing_is_stale(void **state)
{
    (void)state;
    struct alert a = resolved(100);
    assert_int_equal(alert_compare(&a, NULL), NEWS_STALE);
}

static void test_firing_again_while_firing_is_a_repeat_whatever_its_start(void **state)
{
    (void)state;
    int64_t starts[] = {1, 100, 101, AT_NONE};
    for (size_t i = 0; i < 4; i++) {
        struct alert a = fired(starts[i]);
        assert_int_equal(alert_compare(&a, &known_firing), NEWS_REPEATED);
    }
}

static void test_a_resolve_closes_the_open_period_whatever_its_start(void **state)
{
    (void)state;
    struct alert a = resolved(7);
    assert_int_equal(alert_compare(&a, &known_firing), NEWS_RESOLVED);
}

/* A second Alertmanager was late with the end of the period before. */
static void test_a_resolve_from_before_the_open_period_is_stale(void **state)
{
    (void)state;
    struct alert before = resolved(7), at = resolved(7), unknown = resolved(7);
    before.ends_at = known_firing.starts_at - 1;
    at.ends_at = known_firing.starts_at;
    unknown.ends_at = AT_NONE;
    assert_int_equal(alert_compare(&before, &known_firing), NEWS_STALE);
    assert_int_equal(alert_compare(&at, &known_firing), NEWS_RESOLVED);
    assert_int_equal(alert_compare(&unknown, &known_firing), NEWS_RESOLVED);
}

static void test_a_second_resolve_is_stale(void **state)
{
    (void)state;
    struct alert a = resolved(100);
    assert_int_equal(alert_compare(&a, &known_resolved), NEWS_STALE);
}

static void test_a_firing_from_before_the_resolve_is_stale(void **state)
{
    (void)state;
    struct alert before = fired(100), at = fired(200);
    assert_int_equal(alert_compare(&before, &known_resolved), NEWS_STALE);
    assert_int_equal(alert_compare(&at, &known_resolved), NEWS_STALE);
}

static void test_a_firing_from_after_the_resolve_is_a_refire(void **state)
{
    (void)state;
    struct alert after = fired(201), unknown = fired(AT_NONE);
    assert_int_equal(alert_compare(&after, &known_resolved), NEWS_REFIRED);
    assert_int_equal(alert_compare(&unknown, &known_resolved), NEWS_REFIRED);
}

static void test_what_is_said_to_end_later_has_ended_when_it_was_heard_of(void **state)
{
    (void)state;
    struct alert ahead = resolved(100), unknown = resolved(100), past = resolved(100);
    unknown.ends_at = AT_NONE;
    alert_heard(&ahead, 300);
    alert_heard(&unknown, 300);
    alert_heard(&past, 900);
    assert_int_equal(ahead.ends_at, 300);
    assert_int_equal(ahead.ahead_us, 200);
    assert_int_equal(unknown.ends_at, 300);
    assert_int_equal(past.ends_at, 500);
    alert_heard(&ahead, 900); /* it stays so */
    assert_int_equal(ahead.ends_at, 300);
    assert_int_equal(ahead.ahead_us, 200);
}

/* Its news come from before they happen; in its own order. */
static void test_a_source_whose_clock_is_ahead_is_understood(void **state)
{
    (void)state;
    struct alert end = resolved(450), copy = fired(450);
    struct alert_state fires = {ALERT_FIRING, 451, AT_NONE, 1};
    alert_heard(&end, 300);
    assert_int_equal(end.ends_at, 450);
    assert_int_equal(alert_compare(&end, &fires), NEWS_RESOLVED);
    struct alert_state over = {ALERT_RESOLVED, 450, end.ends_at, 1};
    alert_heard(&copy, 310);
    assert_int_equal(alert_compare(&copy, &over), NEWS_STALE);
    fires.starts_at = 501;
    assert_int_equal(alert_compare(&end, &fires), NEWS_STALE);
}

static void test_a_start_in_the_far_future_is_when_it_was_heard_of(void **state)
{
    (void)state;
    struct alert a = fired(300 + ALERT_AHEAD_MAX_US + 1), b = fired(300 + ALERT_AHEAD_MAX_US);
    struct alert none = fired(AT_NONE);
    alert_heard(&a, 300);
    alert_heard(&b, 300);
    alert_heard(&none, 300);
    assert_int_equal(a.starts_at, 300);
    assert_int_equal(b.starts_at, 300 + ALERT_AHEAD_MAX_US);
    assert_int_equal(none.starts_at, AT_NONE);
    assert_int_equal(a.ends_at, AT_NONE);
}

static void test_the_content_hash_sees_every_field(void **state)
{
    (void)state;
    struct alert a = fired(100), b;
    a.labels = labels_of("a=1");
    a.annotations = labels_of("summary=x");
    a.generator_url = STR("http://x");
    uint64_t h = alert_content_hash(&a);
    b = a;
    assert_int_equal(alert_content_hash(&b), h);
    b.labels = labels_of("a=2");
    assert_int_not_equal(alert_content_hash(&b), h);
    b = a;
    b.annotations = labels_of("summary=y");
    assert_int_not_equal(alert_content_hash(&b), h);
    b = a;
    b.generator_url = STR("http://y");
    assert_int_not_equal(alert_content_hash(&b), h);
    b = a;
    b.status = ALERT_RESOLVED;
    assert_int_not_equal(alert_content_hash(&b), h);
    b = a;
    b.starts_at = 101;
    assert_int_not_equal(alert_content_hash(&b), h);
    b = a;
    b.ends_at = 1;
    assert_int_not_equal(alert_content_hash(&b), h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_an_unknown_firing_alert_is_new),
        T(test_a_resolve_of_nothing_is_stale),
        T(test_firing_again_while_firing_is_a_repeat_whatever_its_start),
        T(test_a_resolve_closes_the_open_period_whatever_its_start),
        T(test_a_resolve_from_before_the_open_period_is_stale),
        T(test_a_second_resolve_is_stale),
        T(test_a_firing_from_before_the_resolve_is_stale),
        T(test_a_firing_from_after_the_resolve_is_a_refire),
        T(test_what_is_said_to_end_later_has_ended_when_it_was_heard_of),
        T(test_a_source_whose_clock_is_ahead_is_understood),
        T(test_a_start_in_the_far_future_is_when_it_was_heard_of),
        T(test_the_content_hash_sees_every_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
