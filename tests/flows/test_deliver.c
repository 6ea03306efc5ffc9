/* deliver: the outbox, claim by claim. */
#include "fixture.h"

#include <string.h>

#include "cmocka_all.h"

static struct world w;

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

static struct transfer_reply http_reply(int status, struct str body, int64_t retry_after_us)
{
    return (struct transfer_reply){.end = TRANSFER_REPLIED,
                                   .status = status,
                                   .body = body,
                                   .retry_after_us = retry_after_us,
                                   .detail = STR_EMPTY};
}

static struct transfer_reply broken(enum transfer_end how)
{
    return (struct transfer_reply){.end = how, .body = STR_EMPTY, .detail = STR("reset")};
}

static size_t sent_to(const char *where)
{
    return fake_transfers_count(&w.transfers, str_from(where));
}

static const struct delivery_row *delivery(size_t i)
{
    assert_true(i < w.db.t.deliveries.n);
    return &w.db.t.deliveries.v[i];
}

static void fire(const char *severity)
{
    world_alert(&w, str_printf(&w.arena, "alertname=A,severity=%s", severity).p, "firing", 0);
    world_settle(&w);
}

static void test_an_attempt_is_on_the_timeline_before_the_request_leaves(void **state)
{
    (void)state;
    fire("page");
    assert_int_equal(world_events(&w, 1, EVENT_ATTEMPT), 1);
    assert_int_equal(world_events(&w, 1, EVENT_DELIVERED), 1);
    assert_int_equal(delivery(0)->state, DELIVERY_SENT);
    assert_int_equal(delivery(0)->d.fence, 1);
    assert_int_equal(delivery(0)->d.attempts, 1);
    assert_int_equal(w.db.t.conversations.n, 1);
    assert_true(str_contains(w.transfers.requests.v[0].body, STR("alerts.example.org/a/")));
}

static void test_a_page_for_an_acknowledged_incident_is_superseded(void **state)
{
    (void)state;
    world_alert(&w, "alertname=A,severity=page", "firing", 0);
    world_process(&w);
    world_acknowledge(&w, 1);
    world_settle(&w);
    assert_int_equal(delivery(0)->state, DELIVERY_SUPERSEDED);
    assert_int_equal(w.transfers.requests.n, 0);
    assert_int_equal(world_events(&w, 1, EVENT_DELIVERY_SUPERSEDED), 1);
}

static void test_old_news_of_a_status_is_superseded(void **state)
{
    (void)state;
    fire("page");
    world_acknowledge(&w, 1);
    world_alert(&w, "alertname=A,severity=page", "resolved", 60 * US_PER_S);
    world_process(&w);
    world_settle(&w);
    assert_int_equal(world_deliveries(&w, NOTICE_ACKNOWLEDGED, DELIVERY_SUPERSEDED), 1);
    assert_int_equal(world_deliveries(&w, NOTICE_RESOLVED, DELIVERY_SENT), 1);
}

static void test_a_temporary_failure_is_tried_again_after_what_the_peer_asked(void **state)
{
    (void)state;
    fake_transfers_script(&w.transfers, STR("/anna"), http_reply(429, STR_EMPTY, 20 * US_PER_S));
    fire("page");
    assert_int_equal(delivery(0)->state, DELIVERY_READY);
    assert_int_equal(delivery(0)->due_at, w.db.clock_at + 20 * US_PER_S);
    world_advance(&w, 20 * US_PER_S - 1);
    assert_int_equal(sent_to("/anna"), 1);
    world_advance(&w, 1);
    assert_int_equal(sent_to("/anna"), 2);
    assert_int_equal(delivery(0)->state, DELIVERY_SENT);
    assert_int_equal(world_events(&w, 1, EVENT_DELIVERY_RETRIED), 1);
}

static void test_a_page_moves_on_after_three_temporary_failures(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        fake_transfers_script(&w.transfers, STR("/anna"), http_reply(503, STR_EMPTY, 0));
    }
    fire("page");
    for (int i = 0; i < 30; i++) {
        world_advance(&w, US_PER_S);
    }
    assert_int_equal(sent_to("/anna"), 3);
    assert_int_equal(sent_to("anna@example.org"), 1);
    assert_int_equal(delivery(0)->state, DELIVERY_SENT);
    assert_int_equal(delivery(0)->d.contact.channel, CHANNEL_EMAIL);
}

static void test_a_permanent_failure_goes_to_the_next_contact_at_once(void **state)
{
    (void)state;
    fake_transfers_script(&w.transfers, STR("/anna"), http_reply(404, STR_EMPTY, 0));
    fire("page");
    assert_int_equal(sent_to("/anna"), 1);
    assert_int_equal(sent_to("anna@example.org"), 1);
    assert_int_equal(delivery(0)->state, DELIVERY_SENT);
    assert_str_is(delivery(0)->d.contact.user, "anna");
}

static void test_a_delivery_without_a_further_contact_fails(void **state)
{
    (void)state;
    fake_transfers_script(&w.transfers, STR("/anna"), http_reply(410, STR_EMPTY, 0));
    fake_transfers_script(&w.transfers, STR("smtps"), http_reply(550, STR("no such user"), 0));
    fire("page");
    assert_int_equal(delivery(0)->state, DELIVERY_FAILED);
    assert_int_equal(world_events(&w, 1, EVENT_DELIVERY_FAILED), 1);
    world_advance(&w, 60 * US_PER_S);
    assert_int_equal(w.transfers.requests.n, 2);
}

static void test_an_unknown_outcome_is_repeated_and_says_so(void **state)
{
    (void)state;
    fake_transfers_script(&w.transfers, STR("/anna"), broken(TRANSFER_BROKEN));
    fire("page");
    assert_int_equal(delivery(0)->state, DELIVERY_READY);
    world_advance(&w, 60 * US_PER_S);
    assert_int_equal(sent_to("/anna"), 2);
    assert_true(str_contains(w.transfers.requests.v[1].body, STR("repeat")));
    assert_false(str_eq(w.transfers.requests.v[0].body, w.transfers.requests.v[1].body));
}

static void test_a_doubt_outlives_an_attempt_that_surely_failed(void **state)
{
    (void)state;
    fake_transfers_script(&w.transfers, STR("/anna"), broken(TRANSFER_BROKEN));
    fake_transfers_script(&w.transfers, STR("/anna"), broken(TRANSFER_NOT_SENT));
    fire("page");
    world_advance(&w, 10 * US_PER_S);
    world_advance(&w, 10 * US_PER_S);
    assert_int_equal(sent_to("/anna"), 3);
    assert_true(str_contains(w.transfers.requests.v[2].body, STR("repeat")));
}

/* The second page of the same step, as an escalation that starts again makes it. */
static void queue_a_newer_page(void)
{
    struct delivery_row again = w.db.t.deliveries.v[0];
    again.d.id = ++w.db.next_delivery;
    again.d.dedupe_key = STR("page/e9/r1/s0");
    again.d.attempts = 0;
    again.d.fence = 0;
    again.state = DELIVERY_READY;
    again.due_at = w.db.clock_at;
    again.has_outcome = false;
    VEC_PUSH(&w.db.arena, &w.db.t.deliveries, again);
}

static void test_a_page_whose_end_is_unknown_does_not_come_behind_a_newer_one(void **state)
{
    (void)state;
    fake_transfers_script(&w.transfers, STR("/anna"), broken(TRANSFER_BROKEN));
    fake_transfers_script(&w.transfers, STR("/anna"), http_reply(503, STR_EMPTY, 0));
    fire("page");
    assert_int_equal(delivery(0)->state, DELIVERY_READY);
    queue_a_newer_page();
    for (int i = 0; i < 40; i++) {
        world_advance(&w, US_PER_S / 2);
    }
    assert_int_equal(sent_to("/anna"), 3); /* the newer one twice: the second try is taken */
    assert_int_equal(delivery(0)->d.attempts, 1);
    assert_int_equal(delivery(0)->state, DELIVERY_SUPERSEDED);
    assert_int_equal(delivery(1)->state, DELIVERY_SENT);
    assert_str_is(world_fact(&w, EVENT_DELIVERY_SUPERSEDED, "reason"), "a newer page");
}

static void test_a_request_that_never_left_is_no_possible_repeat(void **state)
{
    (void)state;
    fake_transfers_script(&w.transfers, STR("/anna"), broken(TRANSFER_NOT_SENT));
    fire("page");
    struct delivery d;
    struct err err = ERR_INIT;
    assert_int_equal(store_delivery(&w.store, &w.arena, 1, &d, &err), OK);
    assert_false(d.may_be_repeated);
    world_advance(&w, 60 * US_PER_S);
    assert_int_equal(delivery(0)->state, DELIVERY_SENT);
}

static void test_a_chat_that_moved_is_followed_at_once(void **state)
{
    (void)state;
    fake_transfers_script(&w.transfers, STR("telegram"),
                          http_reply(400,
                                     STR("{\"ok\":false,\"error_code\":400,\"description\":\"Bad "
                                         "Request: group chat was upgraded to a supergroup chat\","
                                         "\"parameters\":{\"migrate_to_chat_id\":-1007}}"),
                                     0));
    fire("bot");
    assert_int_equal(sent_to("telegram"), 2);
    assert_true(str_contains(w.transfers.requests.v[2].body, STR("-1007")));
    assert_int_equal(world_deliveries(&w, NOTICE_PAGE, DELIVERY_SENT), 2);
    assert_str_is(delivery(1)->d.contact.address, "-1007");
}

static void test_a_chat_that_moves_for_ever_fails_in_the_end(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        fake_transfers_script(&w.transfers, STR("telegram"),
                              http_reply(400,
                                         STR("{\"ok\":false,\"error_code\":400,\"description\":"
                                             "\"Bad Request: moved\",\"parameters\":"
                                             "{\"migrate_to_chat_id\":-1007}}"),
                                         0));
    }
    fire("bot");
    assert_int_equal(delivery(1)->state, DELIVERY_FAILED);
    assert_true(sent_to("telegram") <= 20);
}

static void test_a_message_is_edited_and_posted_anew_when_it_cannot_be(void **state)
{
    (void)state;
    fire("bot");
    assert_int_equal(sent_to("slack.com/api/chat.postMessage"), 1);
    fake_transfers_script(
        &w.transfers, STR("slack"),
        http_reply(200, STR("{\"ok\":false,\"error\":\"message_not_found\"}"), 0));
    world_acknowledge(&w, 1);
    world_settle(&w);
    assert_int_equal(sent_to("slack.com/api/chat.update"), 1);
    assert_int_equal(sent_to("slack.com/api/chat.postMessage"), 2);
    assert_int_equal(world_deliveries(&w, NOTICE_ACKNOWLEDGED, DELIVERY_SENT), 2);
}

static void acknowledge_once(void *arg)
{
    (void)arg;
    w.transfers.meanwhile = NULL;
    world_acknowledge(&w, 1);
}

static void test_an_ack_while_a_page_is_on_its_way_is_told_there_too(void **state)
{
    (void)state;
    world_alert(&w, "alertname=A,severity=page", "firing", 0);
    world_process(&w);
    w.transfers.meanwhile = acknowledge_once;
    world_settle(&w);
    assert_int_equal(world_deliveries(&w, NOTICE_PAGE, DELIVERY_SENT), 1);
    assert_int_equal(world_deliveries(&w, NOTICE_ACKNOWLEDGED, DELIVERY_SENT), 1);
    assert_int_equal(sent_to("/anna"), 2);
}

static void resolve_once(void *arg)
{
    (void)arg;
    w.transfers.meanwhile = NULL;
    world_alert(&w, "alertname=A,severity=hold", "resolved", 60 * US_PER_S);
    struct store other;
    fake_store_init(&other, &w.db, (struct uuid){{2}});
    atomic_store(&w.deps.is_draining, false);
    flow_process(&w.deps, &other);
}

static void test_a_receiver_that_sends_no_resolve_does_not_catch_up_on_one(void **state)
{
    (void)state;
    world_alert(&w, "alertname=A,severity=hold", "firing", 0);
    world_process(&w);
    world_clock(&w, 30 * US_PER_S);
    w.transfers.meanwhile = resolve_once;
    world_settle(&w);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_RESOLVED);
    assert_int_equal(sent_to("/anna"), 1);
}

/* The claim is committed but we never learn it; the incident ends before the deadline. */
static void may_have_arrived(const char *severity, int64_t after_us)
{
    world_alert(&w, str_printf(&w.arena, "alertname=A,severity=%s", severity).p, "firing", 0);
    world_process(&w);
    world_clock(&w, after_us);
    world_escalate(&w);
    /* begin, pages_uncovered; begin, due, destinations, lock, outrun, told, run_newest, alerts,
     * destinations, write, deliveries, conversations, commit */
    w.db.fault = (struct fake_fault){w.db.calls + 15, ERR_UNKNOWN_OUTCOME, true};
    world_deliver(&w);
    assert_string_equal(w.db.failed_call, "commit");
    world_alert(&w, str_printf(&w.arena, "alertname=A,severity=%s", severity).p, "resolved",
                60 * US_PER_S);
    world_settle(&w);
    world_advance(&w, 11 * US_PER_S);
    assert_int_equal(world_deliveries(&w, NOTICE_PAGE, DELIVERY_SUPERSEDED), 1);
}

static void test_who_may_have_been_paged_hears_of_the_end(void **state)
{
    (void)state;
    may_have_arrived("page", 0);
    assert_int_equal(world_deliveries(&w, NOTICE_RESOLVED, DELIVERY_SENT), 1);
}

static void test_but_not_where_the_receiver_keeps_quiet_about_it(void **state)
{
    (void)state;
    may_have_arrived("hold", 30 * US_PER_S);
    assert_int_equal(w.transfers.requests.n, 0);
}

static void test_nor_where_one_of_its_places_does(void **state)
{
    (void)state;
    world_configure(&w, world_routes_edited(&w, routes_basic, "    notify: [webhook:ops]\n",
                                            "    slack_configs: [{ channel: '#am' }]\n"));
    may_have_arrived("other", 0);
    assert_int_equal(world_deliveries(&w, NOTICE_RESOLVED, DELIVERY_SENT), 0);
}

static void take_over(void *arg)
{
    (void)arg;
    w.transfers.meanwhile = NULL;
    world_clock(&w, 11 * US_PER_S); /* our deadline passes while the peer thinks */
    struct store other;
    struct deps *deps = &w.deps;
    struct transfers second;
    fake_transfers_init(&second, &w.db.clock_at);
    fake_store_init(&other, &w.db, (struct uuid){{2}});
    deps->transfers = &second;
    atomic_store(&deps->is_draining, false);
    flow_deliver(deps, &other);
    assert_int_equal(second.requests.n, 1);
    assert_true(str_contains(second.requests.v[0].body, STR("repeat")));
    fake_transfers_release(&second);
    deps->transfers = &w.transfers;
    atomic_store(&deps->is_draining, true);
}

static void test_a_sender_that_missed_its_deadline_writes_nothing(void **state)
{
    (void)state;
    world_alert(&w, "alertname=A,severity=page", "firing", 0);
    world_process(&w);
    fake_transfers_script(&w.transfers, STR("/anna"), http_reply(404, STR_EMPTY, 0));
    w.transfers.meanwhile = take_over;
    world_settle(&w);
    assert_int_equal(delivery(0)->state, DELIVERY_SENT); /* the second sender's word */
    assert_int_equal(delivery(0)->d.fence, 2);
    assert_int_equal(delivery(0)->d.contact.channel, CHANNEL_WEBHOOK);
}

/* The incident ends while the first sender is away: nobody sends, but that one is late all the
 * same. */
static void resolve_and_drop(void *arg)
{
    (void)arg;
    w.transfers.meanwhile = NULL;
    world_clock(&w, 11 * US_PER_S);
    assert_int_equal(world_acknowledge(&w, 1), TRANSITION_CHANGED);
    struct store other;
    struct transfers second;
    fake_transfers_init(&second, &w.db.clock_at);
    fake_store_init(&other, &w.db, (struct uuid){{2}});
    w.deps.transfers = &second;
    atomic_store(&w.deps.is_draining, false);
    flow_deliver(&w.deps, &other);
    assert_int_equal(delivery(0)->state, DELIVERY_SUPERSEDED);
    fake_transfers_release(&second);
    w.deps.transfers = &w.transfers;
    atomic_store(&w.deps.is_draining, true);
}

static void test_a_dropped_delivery_stays_dropped_whatever_its_sender_says(void **state)
{
    (void)state;
    world_alert(&w, "alertname=A,severity=page", "firing", 0);
    world_process(&w);
    fake_transfers_script(&w.transfers, STR("/anna"), http_reply(503, STR_EMPTY, 0));
    w.transfers.meanwhile = resolve_and_drop;
    world_settle(&w);
    assert_int_equal(delivery(0)->state, DELIVERY_SUPERSEDED);
    assert_int_equal(delivery(0)->d.fence, 2);
}

static void test_an_outcome_that_was_recorded_already_is_not_written_again(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    size_t written;
    fire("page");
    struct delivery_write again = {.id = 1,
                                   .fence = delivery(0)->d.fence,
                                   .state = DELIVERY_READY,
                                   .has_outcome = true,
                                   .outcome = OUTCOME_TEMP,
                                   .contact = delivery(0)->d.contact,
                                   .contacts_text = STR("[]")};
    int64_t now_at;
    assert_int_equal(store_begin(&w.store, &now_at, &err), OK);
    assert_int_equal(store_deliveries_write(&w.store, &w.arena, &again, 1, &written, &err), OK);
    assert_int_equal(store_commit(&w.store, &err), OK);
    assert_int_equal(written, 0);
    assert_int_equal(delivery(0)->state, DELIVERY_SENT);
}

static void test_each_contact_hears_in_order(void **state)
{
    (void)state;
    fire("page");
    fake_transfers_script(&w.transfers, STR("/anna"), http_reply(503, STR_EMPTY, 9 * US_PER_S));
    world_acknowledge(&w, 1);
    world_settle(&w); /* the news of the ack waits 9 s */
    struct addressee to = {STR("Anna"), &delivery(0)->d.contact, 1};
    struct decision d;
    struct incident in = *world_incident(&w, 1);
    struct err err = ERR_INIT;
    int64_t now_at;
    assert_int_equal(store_begin(&w.store, &now_at, &err), OK);
    decision_init(&d, &w.arena, &in, now_at);
    decision_note(&d, STR("token:ci"), STR("a note"), to, STR("k"));
    const struct decision *list[] = {&d};
    struct changes changes = {.now_at = now_at, .decisions = list, .n_decisions = 1};
    assert_int_equal(store_write(&w.store, &w.arena, &changes, &err), OK);
    assert_int_equal(store_commit(&w.store, &err), OK);
    world_deliver(&w);
    assert_int_equal(world_deliveries(&w, NOTICE_NOTE, DELIVERY_READY), 1);
    world_advance(&w, 9 * US_PER_S);
    assert_int_equal(world_deliveries(&w, NOTICE_ACKNOWLEDGED, DELIVERY_SENT), 1);
    assert_int_equal(world_deliveries(&w, NOTICE_NOTE, DELIVERY_SENT), 1);
    size_t n = w.transfers.requests.n;
    assert_true(str_contains(w.transfers.requests.v[n - 1].body, STR("a note")));
}

/* News of the cycle before could not be told yet: the page does not wait for it. */
static void test_what_waits_does_not_hold_up_a_page(void **state)
{
    (void)state;
    fire("page");
    fake_transfers_script(&w.transfers, STR("/anna"), http_reply(503, STR_EMPTY, 0));
    world_alert(&w, "alertname=A,severity=page", "resolved", US_PER_MIN);
    world_settle(&w);
    assert_int_equal(world_deliveries(&w, NOTICE_RESOLVED, DELIVERY_READY), 1);
    world_alert(&w, "alertname=A,severity=page", "firing", 2 * US_PER_MIN);
    world_settle(&w);
    assert_int_equal(world_deliveries(&w, NOTICE_PAGE, DELIVERY_SENT), 2);
    assert_int_equal(sent_to("/anna"), 3);
}

static void test_a_resolve_is_told_to_everyone_who_was_paged_and_to_nobody_else(void **state)
{
    (void)state;
    fire("page");
    world_alert(&w, "alertname=A,severity=page", "resolved", 60 * US_PER_S);
    world_settle(&w);
    assert_int_equal(sent_to("/anna"), 2);
    assert_int_equal(sent_to("/boris"), 0);
}

static void test_a_page_names_what_a_script_has_tried(void **state)
{
    (void)state;
    w.runner.code = 3;
    w.runner.output = STR("disk is full\n");
    world_alert(&w, "alertname=A,severity=fix,unit=db", "firing", 0);
    world_settle(&w);
    assert_true(str_contains(w.transfers.requests.v[0].body, STR("exit status 3")));
    assert_true(str_contains(w.transfers.requests.v[0].body, STR("disk is full")));
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_an_attempt_is_on_the_timeline_before_the_request_leaves),
        T(test_a_page_for_an_acknowledged_incident_is_superseded),
        T(test_old_news_of_a_status_is_superseded),
        T(test_a_temporary_failure_is_tried_again_after_what_the_peer_asked),
        T(test_a_page_moves_on_after_three_temporary_failures),
        T(test_a_permanent_failure_goes_to_the_next_contact_at_once),
        T(test_a_delivery_without_a_further_contact_fails),
        T(test_an_unknown_outcome_is_repeated_and_says_so),
        T(test_a_doubt_outlives_an_attempt_that_surely_failed),
        T(test_a_page_whose_end_is_unknown_does_not_come_behind_a_newer_one),
        T(test_a_request_that_never_left_is_no_possible_repeat),
        T(test_a_chat_that_moved_is_followed_at_once),
        T(test_a_chat_that_moves_for_ever_fails_in_the_end),
        T(test_a_message_is_edited_and_posted_anew_when_it_cannot_be),
        T(test_an_ack_while_a_page_is_on_its_way_is_told_there_too),
        T(test_a_receiver_that_sends_no_resolve_does_not_catch_up_on_one),
        T(test_who_may_have_been_paged_hears_of_the_end),
        T(test_but_not_where_the_receiver_keeps_quiet_about_it),
        T(test_nor_where_one_of_its_places_does),
        T(test_a_sender_that_missed_its_deadline_writes_nothing),
        T(test_a_dropped_delivery_stays_dropped_whatever_its_sender_says),
        T(test_an_outcome_that_was_recorded_already_is_not_written_again),
        T(test_each_contact_hears_in_order),
        T(test_what_waits_does_not_hold_up_a_page),
        T(test_a_resolve_is_told_to_everyone_who_was_paged_and_to_nobody_else),
        T(test_a_page_names_what_a_script_has_tried),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
