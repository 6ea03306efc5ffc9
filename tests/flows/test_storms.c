/* Many pages at once, and peers that ask to wait: nothing is dropped, nothing is sent too early. */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

#include "cmocka_all.h"

static const char routes[] =
    "sources: { am: { type: alertmanager, auth: { bearer: !env TOKEN } } }\n"
    "channels:\n"
    "  slack: { bot_token: !env SLACK }\n"
    "  webhooks: { ops: { url: 'https://hooks.example.org/ops' } }\n"
    "users:\n"
    "  anna: { slack: U045EF6GH, webhook: ops }\n"
    "route:\n"
    "  receiver: slack\n"
    "  group_by: [alertname]\n"
    "  routes:\n"
    "    - { matchers: ['team=\"hook\"'], receiver: hook }\n"
    "    - { matchers: ['team=\"anna\"'], receiver: anna }\n"
    "receivers:\n"
    "  - { name: slack, notify: ['slack:#alerts'] }\n"
    "  - { name: hook, notify: ['webhook:ops'] }\n"
    "  - { name: anna, notify: ['user:anna'] }\n";

static struct world w;

static int set_up(void **state)
{
    (void)state;
    world_start(&w, routes);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_end(&w);
    return 0;
}

/* n incidents at once. */
static void fire(int n, const char *prefix, const char *more)
{
    for (int i = 0; i < n; i++) {
        world_alert(&w, str_printf(&w.arena, "alertname=%s%d,%s", prefix, i, more).p, "firing", 0);
    }
    world_process(&w);
}

static void pass(int seconds)
{
    for (int i = 0; i < seconds; i++) {
        world_advance(&w, US_PER_S);
    }
}

static size_t in_state(enum notice_kind kind, enum delivery_state state)
{
    return world_deliveries(&w, kind, state);
}

static const struct fake_request *last_request(const char *part)
{
    for (size_t i = w.transfers.requests.n; i-- > 0;) {
        if (str_contains(w.transfers.requests.v[i].url, str_from(part))) {
            return &w.transfers.requests.v[i];
        }
    }
    return NULL;
}

static void test_a_hundred_pages_are_fifteen_and_a_summary(void **state)
{
    (void)state;
    fire(100, "A", "severity=warning");
    pass(5);
    assert_int_equal(in_state(NOTICE_PAGE, DELIVERY_SENT), 15);
    assert_int_equal(in_state(NOTICE_PAGE, DELIVERY_COVERED), 85);
    assert_int_equal(in_state(NOTICE_STORM, DELIVERY_SENT) + in_state(NOTICE_STORM, DELIVERY_READY),
                     1);
    pass(20); /* an edition that names all of them */
    const struct fake_request *edit = last_request("chat.update");
    assert_non_null(edit);
    assert_true(str_contains(edit->body, STR("85 incidents, open: 85, urgent: 0")));
    assert_true(str_contains(edit->body, STR("Acknowledge all")));
    size_t named = 0;
    for (size_t i = 0; i < w.db.t.incidents.n; i++) {
        named += world_events(&w, i + 1, EVENT_DELIVERY_COVERED);
    }
    assert_int_equal(named, 85); /* each timeline says which summary */
}

static void test_urgent_ones_are_paged_during_a_storm(void **state)
{
    (void)state;
    fire(100, "A", "severity=warning");
    pass(10);
    fire(1, "B", "severity=critical");
    pass(1);
    const struct fake_request *page = last_request("chat.postMessage");
    assert_true(str_contains(page->body, STR("B0")));
}

static void test_urgent_ones_go_first(void **state)
{
    (void)state;
    fire(30, "A", "severity=warning");
    fire(3, "B", "severity=critical");
    world_deliver(&w);
    for (size_t i = 0; i < 3; i++) {
        assert_true(str_contains(w.transfers.requests.v[i].body, STR("CRITICAL: B")));
    }
}

static void test_another_destination_is_not_concerned(void **state)
{
    (void)state;
    fire(100, "A", "severity=warning");
    fire(3, "B", "team=hook");
    world_settle(&w);
    assert_int_equal(fake_transfers_count(&w.transfers, STR("/ops")), 3);
}

/* The link in the newest edition, as a browser has it. */
static const char *storm_path(void)
{
    struct str body = last_request("slack.com")->body;
    size_t at = 0;
    while (at < body.n && !str_starts_with(str_slice(body, at, body.n), STR("https://fallback"))) {
        at++;
    }
    struct str url = str_slice(body, at, str_find(body, '"', at));
    size_t path = url.n;
    while (!str_starts_with(str_slice(url, path - 1, url.n), STR("/a/"))) {
        path--;
    }
    return str_c(&w.arena, str_slice(url, path - 1, url.n));
}

static struct fake_answer press(const char *path, struct fake_answer page)
{
    size_t at = 0;
    const struct str mark = STR("name=\"nonce\" value=\"");
    while (!str_starts_with(str_slice(page.body, at, page.body.n), mark)) {
        at++;
    }
    struct str nonce = str_slice(page.body, at + mark.n, str_find(page.body, '"', at + mark.n));
    return world_http(&w, HTTP_POST, path, NULL,
                      str_printf(&w.arena, "nonce=%.*s", STR_ARG(nonce)).p);
}

static size_t in_incident_state(enum incident_state state)
{
    size_t n = 0;
    for (size_t i = 0; i < w.db.t.incidents.n; i++) {
        n += w.db.t.incidents.v[i].state == state;
    }
    return n;
}

static void test_one_button_takes_all_that_the_summary_names(void **state)
{
    (void)state;
    fire(60, "A", "severity=warning");
    pass(20);
    const char *path = storm_path();
    struct fake_answer page = world_http(&w, HTTP_GET, path, NULL, "");
    assert_int_equal(page.status, 200);
    assert_true(str_contains(page.body, STR("45 incidents at once")));
    assert_int_equal(in_incident_state(INCIDENT_ACKNOWLEDGED), 0); /* a GET does nothing */
    struct fake_answer done = press(path, page);
    assert_int_equal(done.status, 200);
    assert_true(str_contains(done.body, STR("None of them is open any more")));
    assert_int_equal(in_incident_state(INCIDENT_ACKNOWLEDGED), 45);
    assert_int_equal(in_incident_state(INCIDENT_OPEN), 15); /* those have messages of their own */
    pass(20);
    assert_true(str_contains(last_request("chat.update")->body,
                             STR("45 incidents, none is open any more")));
}

/* Between the look at the summary and the acknowledgement the first incident begins a new cycle. */
static void reopen_first(void *arg, const char *call)
{
    (void)arg;
    if (strcmp(call, "begin") == 0) {
        w.db.on_call = NULL;
        w.db.t.incidents.v[0].cycle++;
    }
}

static void test_the_button_does_not_take_a_cycle_that_nobody_has_seen(void **state)
{
    (void)state;
    fire(60, "A", "severity=warning");
    pass(20);
    const char *path = storm_path();
    struct fake_answer page = world_http(&w, HTTP_GET, path, NULL, "");
    w.db.on_call = reopen_first;
    assert_int_equal(press(path, page).status, 200);
    assert_int_equal(w.db.t.incidents.v[0].state, INCIDENT_OPEN);
    assert_int_equal(in_incident_state(INCIDENT_ACKNOWLEDGED), 44);
}

static void test_a_post_without_a_rendered_page_does_nothing(void **state)
{
    (void)state;
    fire(60, "A", "severity=warning");
    pass(20);
    assert_int_equal(world_http(&w, HTTP_POST, storm_path(), NULL, "nonce=x").status, 403);
    assert_int_equal(in_incident_state(INCIDENT_ACKNOWLEDGED), 0);
}

static void test_what_is_resolved_is_told_by_an_edition_not_by_85_messages(void **state)
{
    (void)state;
    fire(100, "A", "severity=warning");
    pass(20);
    size_t before = w.transfers.requests.n;
    for (int i = 0; i < 100; i++) {
        world_alert(&w, str_printf(&w.arena, "alertname=A%d,severity=warning", i).p, "resolved",
                    US_PER_MIN);
    }
    world_settle(&w);
    pass(60);
    assert_true(w.transfers.requests.n - before <= 15 + 5); /* the sent ones, and some editions */
    assert_true(str_contains(last_request("chat.update")->body, STR("resolved: 85")));
}

static struct transfer_reply wait_30(void)
{
    return (struct transfer_reply){.end = TRANSFER_REPLIED,
                                   .status = 429,
                                   .body = STR_EMPTY,
                                   .retry_after_us = 30 * US_PER_S,
                                   .detail = STR_EMPTY};
}

/* Acceptance criterion 13. */
static void test_a_provider_that_asks_to_wait_is_left_alone_and_nobody_is_forgotten(void **state)
{
    (void)state;
    for (int i = 0; i < 10 * 30; i++) { /* five minutes, more often than it is asked */
        fake_transfers_script(&w.transfers, STR("slack.com"), wait_30());
    }
    fire(1, "First", "severity=warning");
    world_settle(&w);
    int64_t refused_at = w.db.clock_at;
    fire(490, "A", "severity=warning");
    fire(10, "Z", "severity=critical");
    fire(5, "H", "team=hook");
    for (int i = 0; i < 300; i++) {
        size_t before = w.transfers.requests.n;
        world_advance(&w, US_PER_S);
        for (size_t k = before; k < w.transfers.requests.n; k++) {
            if (str_contains(w.transfers.requests.v[k].url, STR("slack.com"))) {
                assert_true(w.db.clock_at - refused_at >= 30 * US_PER_S);
                refused_at = w.db.clock_at;
            }
        }
        if (i == 0) {
            assert_int_equal(fake_transfers_count(&w.transfers, STR("/ops")), 5);
        }
    }
    for (size_t i = 0; i < w.transfers.script.n; i++) {
        w.transfers.script.v[i].is_used = true; /* it has recovered */
    }
    size_t before = w.transfers.requests.n;
    pass(60);
    size_t posted = in_state(NOTICE_PAGE, DELIVERY_SENT), named = 0;
    named = in_state(NOTICE_PAGE, DELIVERY_COVERED);
    assert_int_equal(posted + named, 506);
    assert_int_equal(in_state(NOTICE_PAGE, DELIVERY_READY), 0);
    size_t urgent = 0;
    for (size_t i = before, k = 0; i < w.transfers.requests.n && k < 12; i++, k++) {
        urgent += str_contains(w.transfers.requests.v[i].body, STR("CRITICAL: Z"));
    }
    assert_true(urgent >= 9); /* behind the one that found out */
}

static void test_a_page_that_would_wait_long_takes_the_next_way(void **state)
{
    (void)state;
    fake_transfers_script(&w.transfers, STR("slack.com"), wait_30());
    fire(1, "First", "severity=warning"); /* makes Slack ask to wait */
    world_settle(&w);
    fire(1, "A", "team=anna");
    world_settle(&w);
    assert_int_equal(fake_transfers_count(&w.transfers, STR("/ops")), 1);
    assert_int_equal(world_events(&w, 2, EVENT_DELIVERY_HELD), 1);
    assert_str_is(world_fact(&w, EVENT_DELIVERY_HELD, "next"), "webhook");
}

static void test_a_storm_is_over_when_it_is_calm(void **state)
{
    (void)state;
    fire(100, "A", "severity=warning");
    pass(90);
    size_t sent = in_state(NOTICE_PAGE, DELIVERY_SENT);
    fire(1, "B", "severity=warning");
    world_settle(&w);
    assert_int_equal(in_state(NOTICE_PAGE, DELIVERY_SENT), sent + 1);
    fire(100, "C", "severity=warning");
    pass(20);
    assert_int_equal(in_state(NOTICE_STORM, DELIVERY_SENT), 2); /* the next storm has its own */
}

static void test_a_trickle_behind_a_storm_is_paged(void **state)
{
    (void)state;
    fire(100, "A", "severity=warning");
    for (int i = 0; i < 4; i++) { /* the last one comes after two minutes */
        pass(40);
        fire(1, str_printf(&w.arena, "B%d", i).p, "severity=warning");
    }
    pass(1);
    assert_true(str_contains(last_request("chat.postMessage")->body, STR("B30")));
    assert_int_equal(in_state(NOTICE_STORM, DELIVERY_SENT) + in_state(NOTICE_STORM, DELIVERY_READY),
                     1);
}

static void test_a_newer_page_outruns_one_that_was_not_sent(void **state)
{
    (void)state;
    fire(1, "A", "severity=warning");
    struct delivery_row again = w.db.t.deliveries.v[0];
    again.d.id = ++w.db.next_delivery;
    again.d.dedupe_key = STR("page/c1/r2/s0");
    again.d.round = 2;
    VEC_PUSH(&w.db.arena, &w.db.t.deliveries, again);
    world_settle(&w);
    assert_int_equal(in_state(NOTICE_PAGE, DELIVERY_SENT), 1);
    assert_int_equal(w.db.t.deliveries.v[0].state, DELIVERY_SUPERSEDED);
    assert_str_is(world_fact(&w, EVENT_DELIVERY_SUPERSEDED, "reason"), "a newer page");
}

/* Each has links of their own. */
static void test_two_people_at_one_address_both_hear_of_it(void **state)
{
    (void)state;
    fire(1, "A", "severity=warning");
    struct delivery_row other = w.db.t.deliveries.v[0];
    w.db.t.deliveries.v[0].d.contact.user = STR("anna");
    other.d.contact.user = STR("boris");
    other.d.id = ++w.db.next_delivery;
    other.d.dedupe_key = STR("page/c1/r1/s0/boris");
    VEC_PUSH(&w.db.arena, &w.db.t.deliveries, other);
    world_settle(&w);
    assert_int_equal(in_state(NOTICE_PAGE, DELIVERY_SENT), 2);
}

/* ---- a summary that is given up -------------------------------------------------------------- */

static struct transfer_reply gone(void)
{
    return (struct transfer_reply){.end = TRANSFER_REPLIED,
                                   .status = 200,
                                   .body = STR("{\"ok\":false,\"error\":\"channel_not_found\"}"),
                                   .detail = STR_EMPTY};
}

/* So many pages go to Slack one by one, the others are covered, and the summary has no channel. */
static void lose_summary(int n, const char *more)
{
    fire(15, "A", more);
    pass(2);
    fire(n, "B", more);
    fake_transfers_script(&w.transfers, STR("slack.com"), gone());
}

static void test_pages_of_a_lost_summary_take_the_next_way(void **state)
{
    (void)state;
    lose_summary(85, "team=anna,severity=warning");
    pass(5);
    assert_true(in_state(NOTICE_STORM, DELIVERY_FAILED) > 0);
    assert_int_equal(in_state(NOTICE_PAGE, DELIVERY_READY), 0);
    assert_int_equal(in_state(NOTICE_PAGE, DELIVERY_FAILED), 0);
    /* The webhook has a storm of its own. */
    assert_int_equal(in_state(NOTICE_PAGE, DELIVERY_SENT), 15 + 15);
    assert_int_equal(in_state(NOTICE_PAGE, DELIVERY_COVERED), 70);
    assert_true(
        str_contains(world_fact(&w, EVENT_DELIVERY_RETRIED, "reason"),
                     STR("the summary that names it was given up: 200 OK: channel_not_found")));
    assert_str_is(world_fact(&w, EVENT_DELIVERY_RETRIED, "next"), "webhook");
    pass(65);
    assert_true(str_contains(last_request("/ops")->body, STR("\"total\":70")));
}

static size_t most_pages, pages_now;

/* How many pages a transaction has taken at most. */
static void count_pages(void *arg, const char *call)
{
    size_t failed = in_state(NOTICE_PAGE, DELIVERY_FAILED);
    (void)arg;
    if (strcmp(call, "pages_uncovered") == 0) {
        most_pages = failed - pages_now > most_pages ? failed - pages_now : most_pages;
        pages_now = failed;
    }
}

static void test_without_another_way_they_fail_and_say_so(void **state)
{
    (void)state;
    most_pages = pages_now = 0;
    for (int i = 0; i < 40; i++) { /* every new summary, too */
        fake_transfers_script(&w.transfers, STR("chat.postMessage"), gone());
    }
    fire(500, "A", "severity=warning");
    w.db.on_call = count_pages;
    pass(10);
    assert_int_equal(in_state(NOTICE_PAGE, DELIVERY_COVERED), 0);
    assert_int_equal(in_state(NOTICE_PAGE, DELIVERY_FAILED), 500);
    assert_true(most_pages > 0 && most_pages <= 250);
    for (size_t i = 1; i <= 500; i++) {
        assert_true(world_events(&w, i, EVENT_DELIVERY_FAILED) > 0);
    }
}

/* Our replica dies right behind the record of the failure. */
static void test_another_replica_goes_on_with_a_lost_summary(void **state)
{
    (void)state;
    fire(40, "A", "team=anna,severity=warning");
    pass(2);
    assert_int_equal(in_state(NOTICE_PAGE, DELIVERY_COVERED), 25);
    for (size_t i = 0; i < w.db.t.deliveries.n; i++) {
        struct delivery_row *row = &w.db.t.deliveries.v[i];
        row->state = row->d.kind == NOTICE_STORM ? DELIVERY_FAILED : row->state;
    }
    world_deliver(&w);
    pass(2);
    assert_int_equal(fake_transfers_count(&w.transfers, STR("/ops")), 15 + 1);
}

static void test_what_is_taken_meanwhile_is_not_paged_when_its_summary_is_lost(void **state)
{
    (void)state;
    fire(40, "A", "team=anna,severity=warning");
    pass(2); /* the summary is made, and sent */
    for (size_t i = 0; i < w.db.t.deliveries.n; i++) {
        struct delivery_row *row = &w.db.t.deliveries.v[i];
        if (row->d.kind == NOTICE_STORM) {
            row->state = DELIVERY_READY;
            row->due_at = w.db.clock_at + 3 * US_PER_S;
        }
    }
    for (size_t i = 1; i <= 40; i++) {
        assert_int_equal(world_acknowledge(&w, i), TRANSITION_CHANGED);
    }
    size_t covered = in_state(NOTICE_PAGE, DELIVERY_COVERED);
    assert_int_equal(covered, 25);
    for (int i = 0; i < 40; i++) {
        fake_transfers_script(&w.transfers, STR("slack.com"), gone());
    }
    pass(10);
    assert_int_equal(in_state(NOTICE_STORM, DELIVERY_FAILED), 1);
    assert_int_equal(in_state(NOTICE_PAGE, DELIVERY_COVERED), 0);
    assert_int_equal(in_state(NOTICE_PAGE, DELIVERY_SUPERSEDED), covered);
    assert_int_equal(fake_transfers_count(&w.transfers, STR("/ops")), 0);
}

/* Each edition has its own attempts: a long storm is not given up at the first 500. */
static void test_the_editions_of_a_summary_do_not_use_up_its_attempts(void **state)
{
    (void)state;
    fire(40, "A", "severity=warning");
    for (int i = 0; i < 20; i++) {
        pass(20);
        world_acknowledge(&w, (size_t)(1 + i));
    }
    struct transfer_reply away = gone();
    away.status = 503;
    away.body = STR_EMPTY;
    fire(1, "B", "severity=warning"); /* another edition */
    for (int i = 0; i < 400; i++) {
        fake_transfers_script(&w.transfers, STR("chat."), away);
    }
    pass(20);
    for (size_t i = 0; i < w.transfers.script.n; i++) {
        w.transfers.script.v[i].is_used = true; /* it has recovered */
    }
    pass(90);
    assert_int_equal(in_state(NOTICE_STORM, DELIVERY_FAILED), 0);
    assert_int_equal(in_state(NOTICE_STORM, DELIVERY_SENT), 1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_a_hundred_pages_are_fifteen_and_a_summary),
        T(test_urgent_ones_are_paged_during_a_storm),
        T(test_urgent_ones_go_first),
        T(test_another_destination_is_not_concerned),
        T(test_one_button_takes_all_that_the_summary_names),
        T(test_the_button_does_not_take_a_cycle_that_nobody_has_seen),
        T(test_a_post_without_a_rendered_page_does_nothing),
        T(test_what_is_resolved_is_told_by_an_edition_not_by_85_messages),
        T(test_a_provider_that_asks_to_wait_is_left_alone_and_nobody_is_forgotten),
        T(test_a_page_that_would_wait_long_takes_the_next_way),
        T(test_a_storm_is_over_when_it_is_calm),
        T(test_a_trickle_behind_a_storm_is_paged),
        T(test_a_newer_page_outruns_one_that_was_not_sent),
        T(test_two_people_at_one_address_both_hear_of_it),
        T(test_pages_of_a_lost_summary_take_the_next_way),
        T(test_without_another_way_they_fail_and_say_so),
        T(test_another_replica_goes_on_with_a_lost_summary),
        T(test_what_is_taken_meanwhile_is_not_paged_when_its_summary_is_lost),
        T(test_the_editions_of_a_summary_do_not_use_up_its_attempts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
