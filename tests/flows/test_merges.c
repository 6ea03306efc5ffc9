/* Incidents that are one trouble, through the API and all flows. */
#include "fixture.h"

#include "domain/merge.h"

#include <string.h>

#include "cmocka_all.h"

static struct world w;
static const char *token;

#define A "alertname=A,severity=page"
#define B "alertname=B,severity=page"
#define C "alertname=C,severity=page"

static int set_up(void **state)
{
    (void)state;
    world_start(&w, routes_basic);
    token = world_token(&w, ROLE_ENGINEER);
    world_alert(&w, A, "firing", 0);
    world_alert(&w, B, "firing", 0);
    world_alert(&w, C, "firing", 0);
    world_settle(&w);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_end(&w);
    return 0;
}

static struct fake_answer post(int number, const char *what, const char *body)
{
    const char *path = str_printf(&w.arena, "/incidents/%d/%s", number, what).p;
    struct fake_answer answer = world_http(&w, HTTP_POST, path, token, body);
    world_settle(&w);
    return answer;
}

static void merge(int number, int into)
{
    const char *body = str_printf(&w.arena, "{\"into\": %d}", into).p;
    assert_int_equal(post(number, "merge", body).status, 200);
    assert_int_equal(world_incident(&w, (size_t)number)->merged_into, into);
}

/* Pages of that incident that were sent, or are still to be. */
static size_t pages_of(size_t nth)
{
    size_t n = 0;
    for (size_t i = 0; i < w.db.t.deliveries.n; i++) {
        const struct delivery_row *d = &w.db.t.deliveries.v[i];
        n += d->d.kind == NOTICE_PAGE && d->state != DELIVERY_SUPERSEDED &&
             uuid_eq(d->d.incident, world_incident(&w, nth)->id);
    }
    return n;
}

static void refused(int number, const char *what, const char *body, const char *why)
{
    struct fake_answer answer = post(number, what, body);
    assert_int_equal(answer.status, 409);
    assert_true(str_contains(answer.body, str_from(why)));
}

static void test_what_is_merged_pages_nobody_while_its_root_lasts(void **state)
{
    (void)state;
    size_t before = pages_of(2);
    merge(2, 1);
    world_advance(&w, 20 * US_PER_MIN);
    assert_int_equal(pages_of(2), before);
    assert_true(pages_of(1) > before); /* the root goes on */
    assert_int_equal(world_incident(&w, 2)->state, INCIDENT_OPEN);
    assert_str_is(world_fact(&w, EVENT_MERGED, "through"), "api");
    assert_int_equal(world_events(&w, 1, EVENT_MERGED), 1); /* the root's timeline says so, too */
    assert_int_equal(world_events(&w, 2, EVENT_MERGED), 1);
    assert_true(str_contains(post(2, "merge", "{\"into\": 1}").body, STR("\"changed\":false")));
    assert_int_equal(world_events(&w, 1, EVENT_MERGED), 1);
}

static void test_a_page_that_waits_is_dropped_with_the_reason(void **state)
{
    (void)state;
    world_alert(&w, "alertname=D,severity=page", "firing", 0);
    world_process(&w); /* queued, and not sent yet */
    world_escalate(&w);
    assert_int_equal(
        world_respond(&w, 4,
                      (struct response){.kind = RESPONSE_MERGE, .root = world_incident(&w, 1)->id}),
        TRANSITION_CHANGED);
    world_settle(&w);
    assert_int_equal(pages_of(4), 0);
    assert_int_equal(world_deliveries(&w, NOTICE_PAGE, DELIVERY_SUPERSEDED), 1);
    assert_str_is(world_fact(&w, EVENT_DELIVERY_SUPERSEDED, "reason"), "merged into #1");
}

static void test_a_person_resolves_all_of_them(void **state)
{
    (void)state;
    merge(2, 1);
    merge(3, 1);
    assert_int_equal(post(1, "resolve", "").status, 200);
    for (size_t i = 1; i <= 3; i++) {
        assert_int_equal(world_incident(&w, i)->state, INCIDENT_RESOLVED);
    }
    assert_str_is(world_incident(&w, 3)->resolved_by, "token:engineer");
    assert_str_is(world_fact(&w, EVENT_RESOLVED, "through"), "the end of #1");
}

static void test_what_still_fires_when_the_root_clears_escalates_from_the_start(void **state)
{
    (void)state;
    world_advance(&w, 6 * US_PER_MIN); /* Boris has been paged, too */
    merge(2, 1);
    size_t before = pages_of(2);
    world_alert(&w, A, "resolved", 7 * US_PER_MIN);
    world_settle(&w); /* at once, not at the next look */
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_RESOLVED);
    assert_int_equal(world_incident(&w, 2)->state, INCIDENT_OPEN);
    assert_int_equal(world_incident(&w, 2)->merged_into, 0);
    assert_int_equal(pages_of(2), before + 1);
    assert_str_is(world_fact(&w, EVENT_NOTIFIED, "to"), "Anna Ivanova");
    assert_str_is(world_fact(&w, EVENT_UNMERGED, "reason"), "that one has ended, this one has not");
    world_advance(&w, 5 * US_PER_MIN);
    assert_int_equal(pages_of(2), before + 2);
}

static void test_what_nobody_woke_looks_by_itself(void **state)
{
    (void)state;
    merge(2, 1);
    world_alert(&w, A, "resolved", US_PER_MIN);
    world_process(&w);
    world_incident(&w, 2)->wake_at = w.db.clock_at + MERGE_LOOK_US; /* as if somebody held it */
    world_settle(&w);
    assert_int_equal(world_incident(&w, 2)->merged_into, 1);
    world_advance(&w, MERGE_LOOK_US);
    assert_int_equal(world_incident(&w, 2)->merged_into, 0);
}

static void test_what_is_taken_out_escalates_from_the_start(void **state)
{
    (void)state;
    merge(2, 1);
    size_t before = pages_of(2);
    assert_int_equal(post(2, "unmerge", "").status, 200);
    assert_int_equal(pages_of(2), before + 1);
    assert_int_equal(world_events(&w, 1, EVENT_UNMERGED), 1);
    assert_int_equal(world_events(&w, 2, EVENT_UNMERGED), 1);
    assert_true(str_contains(post(2, "unmerge", "").body, STR("\"changed\":false")));
    merge(2, 3); /* and into another one */
}

static void test_a_new_cycle_is_a_trouble_of_its_own(void **state)
{
    (void)state;
    merge(2, 1);
    world_alert(&w, B, "resolved", US_PER_MIN);
    world_settle(&w);
    assert_int_equal(world_incident(&w, 2)->state, INCIDENT_RESOLVED);
    size_t before = pages_of(2);
    world_alert(&w, B, "firing", 2 * US_PER_MIN);
    world_settle(&w);
    assert_int_equal(world_incident(&w, 2)->merged_into, 0);
    assert_int_equal(pages_of(2), before + 1);
}

static void test_an_acknowledgement_stays_one(void **state)
{
    (void)state;
    assert_int_equal(world_acknowledge(&w, 2), TRANSITION_CHANGED);
    merge(2, 1);
    assert_int_equal(world_incident(&w, 2)->state, INCIDENT_ACKNOWLEDGED);
    size_t before = pages_of(2);
    assert_int_equal(post(2, "unmerge", "").status, 200);
    assert_int_equal(world_incident(&w, 2)->state, INCIDENT_ACKNOWLEDGED);
    assert_int_equal(pages_of(2), before);
}

static void test_a_snooze_ends_when_the_root_has(void **state)
{
    (void)state;
    merge(2, 1);
    assert_int_equal(post(2, "snooze", "{\"for\": \"10m\"}").status, 200);
    world_advance(&w, 30 * US_PER_MIN);
    assert_int_equal(world_incident(&w, 2)->state, INCIDENT_ACKNOWLEDGED);
    size_t before = pages_of(2);
    assert_int_equal(post(2, "unmerge", "").status, 200);
    assert_int_equal(world_incident(&w, 2)->state, INCIDENT_OPEN);
    assert_int_equal(pages_of(2), before + 1);
}

static void test_whoever_is_asked_for_help_is_not_paged_by_what_is_merged(void **state)
{
    (void)state;
    merge(2, 1);
    size_t before = pages_of(2);
    assert_int_equal(post(2, "responders", "{\"to\": \"webhook:ops\"}").status, 200);
    assert_int_equal(world_deliveries(&w, NOTICE_NOTE, DELIVERY_SENT), 1);
    assert_int_equal(pages_of(2), before);
    refused(2, "escalate", "{\"step\": 1}", "the incident is merged into #1");
    refused(2, "reassign", "{\"to\": \"user:boris\"}", "the incident is merged into #1");
    assert_int_equal(world_events(&w, 2, EVENT_LATE_ACTION), 0);
}

static void test_there_are_no_chains_no_circles_and_no_ends(void **state)
{
    (void)state;
    refused(1, "merge", "{\"into\": 1}", "#1 cannot be merged into itself");
    merge(2, 1);
    refused(1, "merge", "{\"into\": 2}", "#2 is merged into #1 itself: merge into that one");
    refused(3, "merge", "{\"into\": 2}", "#2 is merged into #1 itself: merge into that one");
    refused(2, "merge", "{\"into\": 3}", "#2 is merged into #1: take it out first");
    refused(1, "merge", "{\"into\": 3}", "others are merged into #1: take them out first");
    assert_int_equal(post(3, "resolve", "").status, 200);
    refused(1, "merge", "{\"into\": 3}", "#3 is resolved");
    refused(3, "merge", "{\"into\": 1}", "#3 is resolved");
    refused(3, "unmerge", "", "the incident is resolved");
    assert_int_equal(post(1, "merge", "{\"into\": 99}").status, 404);
    assert_int_equal(
        post(1, "merge", "{\"into\": \"0199c0de-0000-7000-8000-000000000042\"}").status, 404);
    assert_int_equal(post(1, "merge", "{\"into\": \"soon\"}").status, 422);
    assert_int_equal(post(1, "merge", "").status, 422);
    assert_int_equal(world_events(&w, 1, EVENT_MERGED), 1);
}

static void test_what_flaps_settles_first(void **state)
{
    (void)state;
    for (int i = 1; i <= 3; i++) {
        world_alert(&w, B, "resolved", (2 * i - 1) * US_PER_S);
        world_settle(&w);
        world_clock(&w, US_PER_S);
        world_alert(&w, B, "firing", 2 * i * US_PER_S);
        world_settle(&w);
        world_clock(&w, US_PER_S);
    }
    assert_true(world_incident(&w, 2)->flapping_at != AT_NONE);
    merge(2, 1);
    assert_int_equal(world_incident(&w, 2)->flapping_at, AT_NONE);
    assert_int_equal(world_events(&w, 2, EVENT_SETTLED), 1);
}

static void test_what_flaps_and_is_quiet_is_over(void **state)
{
    (void)state;
    for (int i = 1; i <= 3; i++) {
        world_alert(&w, B, "firing", 2 * i * US_PER_S);
        world_settle(&w);
        world_clock(&w, US_PER_S);
        world_alert(&w, B, "resolved", (2 * i + 1) * US_PER_S);
        world_settle(&w);
        world_clock(&w, US_PER_S);
    }
    assert_true(world_incident(&w, 2)->flapping_at != AT_NONE);
    assert_int_equal(world_incident(&w, 2)->firing, 0);
    assert_int_equal(post(2, "merge", "{\"into\": 1}").status, 200);
    assert_int_equal(world_incident(&w, 2)->state, INCIDENT_RESOLVED);
    assert_int_equal(world_incident(&w, 2)->merged_into, 0);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_what_is_merged_pages_nobody_while_its_root_lasts),
        T(test_a_page_that_waits_is_dropped_with_the_reason),
        T(test_a_person_resolves_all_of_them),
        T(test_what_still_fires_when_the_root_clears_escalates_from_the_start),
        T(test_what_nobody_woke_looks_by_itself),
        T(test_what_is_taken_out_escalates_from_the_start),
        T(test_a_new_cycle_is_a_trouble_of_its_own),
        T(test_an_acknowledgement_stays_one),
        T(test_a_snooze_ends_when_the_root_has),
        T(test_whoever_is_asked_for_help_is_not_paged_by_what_is_merged),
        T(test_there_are_no_chains_no_circles_and_no_ends),
        T(test_what_flaps_settles_first),
        T(test_what_flaps_and_is_quiet_is_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
