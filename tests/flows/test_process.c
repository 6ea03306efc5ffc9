/* process: ledger rows become incidents and first pages. */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

#include "base/monotonic.h"
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

static size_t waiting(void)
{
    size_t n = 0;
    for (size_t i = 0; i < w.db.t.intake.n; i++) {
        n += w.db.t.intake.v[i].is_waiting;
    }
    return n;
}

static size_t quarantined(void)
{
    size_t n = 0;
    for (size_t i = 0; i < w.db.t.intake.n; i++) {
        n += w.db.t.intake.v[i].quarantine.n > 0;
    }
    return n;
}

static void test_a_firing_alert_opens_an_incident_and_pages(void **state)
{
    (void)state;
    world_alert(&w, "alertname=Down,severity=page,job=node", "firing", 0);
    world_process(&w);
    struct incident *in = world_incident(&w, 1);
    assert_int_equal(in->state, INCIDENT_OPEN);
    assert_str_is(in->title, "Down");
    assert_str_is(in->severity, "page");
    assert_str_is(in->service, "node");
    assert_str_is(in->receiver, "page");
    assert_int_equal(in->firing, 1);
    assert_int_equal(in->wake_at, WORLD_START_AT + 5 * US_PER_MIN);
    assert_int_equal(world_deliveries(&w, NOTICE_PAGE, DELIVERY_READY), 1);
    assert_int_equal(waiting(), 0);
    assert_true(w.transfers.wakes > 0);
}

static void test_a_resolve_reaches_the_incident_of_an_earlier_configuration(void **state)
{
    (void)state;
    world_alert(&w, "alertname=Down,severity=page", "firing", 0);
    world_settle(&w);
    world_configure(&w, world_routes_renamed(&w));
    world_alert(&w, "alertname=Down,severity=page", "resolved", US_PER_MIN);
    world_settle(&w);
    assert_int_equal(w.db.t.incidents.n, 1);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_RESOLVED);
    assert_int_equal(world_deliveries(&w, NOTICE_RESOLVED, DELIVERY_SENT), 1);
}

static void test_a_repeat_opens_where_the_new_routing_leads_and_changes_nothing_there(void **state)
{
    (void)state;
    world_alert(&w, "alertname=Down,severity=page", "firing", 0);
    world_settle(&w);
    world_configure(&w, world_routes_renamed(&w));
    world_alert(&w, "alertname=Down,severity=page", "firing", 0);
    world_settle(&w);
    assert_int_equal(w.db.t.incidents.n, 2);
    assert_str_is(world_incident(&w, 2)->receiver, "pager");
    assert_int_equal(world_incident(&w, 1)->firing, 1);
    assert_int_equal(world_events(&w, 1, EVENT_ALERTS_CHANGED), 0);
    world_alert(&w, "alertname=Down,severity=page", "resolved", US_PER_MIN);
    world_settle(&w);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_RESOLVED);
    assert_int_equal(world_incident(&w, 2)->state, INCIDENT_RESOLVED);
    world_alert(&w, "alertname=Down,severity=page", "firing", 2 * US_PER_MIN);
    world_settle(&w);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_RESOLVED);
    assert_int_equal(world_incident(&w, 2)->cycle, 2);
}

static void test_what_is_over_keeps_the_configuration_it_ran_under(void **state)
{
    (void)state;
    world_alert(&w, "alertname=Down,severity=page", "firing", 0);
    world_settle(&w);
    assert_int_equal(world_acknowledge(&w, 1), TRANSITION_CHANGED);
    world_alert(&w, "alertname=Down,severity=page", "resolved", US_PER_MIN);
    world_settle(&w);
    struct str before = world_incident(&w, 1)->config_hash;
    world_configure(&w, str_printf(&w.arena, "# edited\n%s", routes_basic).p);
    world_alert(&w, "alertname=Down,severity=page", "firing", 0); /* a late copy */
    world_settle(&w);
    assert_true(str_eq(world_incident(&w, 1)->config_hash, before));
    world_alert(&w, "alertname=Down,severity=page", "firing", 2 * US_PER_MIN);
    world_settle(&w);
    assert_int_equal(world_incident(&w, 1)->cycle, 2);
    assert_false(str_eq(world_incident(&w, 1)->config_hash, before));
}

static void lose_the_lead(void *arg, const char *call)
{
    (void)arg;
    if (strcmp(call, "begin") == 0) {
        w.store.is_leading = false; /* the connection is a new one */
    }
}

static void test_who_does_not_lead_any_more_processes_nothing(void **state)
{
    (void)state;
    world_alert(&w, "alertname=Down,severity=page", "firing", 0);
    w.db.on_call = lose_the_lead;
    world_process(&w);
    assert_int_equal(w.db.t.incidents.n, 0);
    w.db.on_call = NULL;
    w.store.is_leading = true;
    world_settle(&w);
    assert_int_equal(w.db.t.incidents.n, 1);
}

static void test_a_stray_alone_opens_nothing_that_is_over(void **state)
{
    (void)state;
    world_alert(&w, "alertname=Down,severity=page", "firing", 0);
    world_settle(&w);
    world_configure(&w, world_routes_renamed(&w));
    assert_int_equal(world_acknowledge(&w, 1), TRANSITION_CHANGED);
    world_alert(&w, "alertname=Down,severity=page", "resolved", US_PER_MIN);
    world_alert(&w, "alertname=Down,severity=page", "firing", 2 * US_PER_MIN);
    world_settle(&w);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_RESOLVED);
    assert_int_equal(world_incident(&w, 1)->cycle, 1);
    assert_str_is(world_incident(&w, 2)->receiver, "pager");
}

static void test_every_capture_of_alertmanager_is_taken(void **state)
{
    (void)state;
    static const char *const files[] = {
        "auth_basic",         "auth_bearer",         "empty_annotations", "firing_many",
        "firing_many_joined", "firing_single",       "group_by_empty",    "ha_pair_a",
        "long_values",        "nested_route",        "no_alertname",      "partial_firing",
        "quotes_newlines",    "repeat_first",        "truncated",         "unicode",
        "v033_firing_single", "v033_custom_payload", "v033_utf8_labels",  "v033_new_alerts"};
    char name[100];
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        snprintf(name, sizeof(name), "alertmanager/%s.json", files[i]);
        world_post_file(&w, name);
    }
    world_settle(&w);
    assert_int_equal(quarantined(), 0);
    assert_true(w.db.t.incidents.n >= 10);
}

static void test_twenty_five_alerts_of_one_group_are_one_incident(void **state)
{
    (void)state;
    world_post_file(&w, "alertmanager/firing_many.json");
    world_settle(&w);
    assert_int_equal(w.db.t.incidents.n, 1);
    assert_int_equal(world_incident(&w, 1)->firing, 25);
    world_post_file(&w, "alertmanager/firing_many_joined.json");
    world_settle(&w);
    assert_int_equal(w.db.t.incidents.n, 1);
    assert_int_equal(world_incident(&w, 1)->firing, 26);
    assert_int_equal(world_events(&w, 1, EVENT_ALERTS_CHANGED), 1);
    assert_int_equal(world_deliveries(&w, NOTICE_PAGE, DELIVERY_SENT), 1);
}

static void test_an_ha_pair_makes_one_incident_and_one_page(void **state)
{
    (void)state;
    world_post_file(&w, "alertmanager/ha_pair_a.json");
    world_post_file(&w, "alertmanager/ha_pair_b.json");
    world_settle(&w);
    world_post_file(&w, "alertmanager/ha_pair_b.json");
    world_settle(&w);
    assert_int_equal(w.db.t.incidents.n, 1);
    assert_int_equal(world_incident(&w, 1)->firing, 1);
    assert_int_equal(world_deliveries(&w, NOTICE_PAGE, DELIVERY_SENT), 1);
    world_post_file(&w, "alertmanager/ha_pair_resolved_a.json");
    world_post_file(&w, "alertmanager/ha_pair_resolved_b.json");
    world_settle(&w);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_RESOLVED);
    assert_int_equal(world_events(&w, 1, EVENT_RESOLVED), 1);
    assert_int_equal(world_deliveries(&w, NOTICE_RESOLVED, DELIVERY_SENT), 1);
    /* A late firing of the pair's other half starts before the resolve: stale. */
    world_post_file(&w, "alertmanager/ha_pair_a.json");
    world_settle(&w);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_RESOLVED);
    assert_int_equal(world_deliveries(&w, NOTICE_PAGE, DELIVERY_SENT), 1);
}

static void test_a_byte_identical_repeat_changes_nothing(void **state)
{
    (void)state;
    world_post_file(&w, "alertmanager/repeat_first.json");
    world_settle(&w);
    int64_t seq = world_incident(&w, 1)->seq;
    world_post_file(&w, "alertmanager/repeat_second.json");
    world_settle(&w);
    assert_int_equal(world_incident(&w, 1)->seq, seq);
    assert_int_equal(w.db.t.alerts.n, 1);
}

static void test_a_partial_resolve_keeps_the_incident_open(void **state)
{
    (void)state;
    world_post_file(&w, "alertmanager/partial_firing.json");
    world_settle(&w);
    world_post_file(&w, "alertmanager/partial_resolve.json");
    world_settle(&w);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_OPEN);
    assert_int_equal(world_incident(&w, 1)->firing, 2);
    assert_int_equal(world_incident(&w, 1)->total, 4);
    world_post_file(&w, "alertmanager/full_resolve.json");
    world_settle(&w);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_RESOLVED);
    assert_int_equal(world_incident(&w, 1)->firing, 0);
}

static void test_a_refire_is_a_new_cycle_of_the_same_incident(void **state)
{
    (void)state;
    world_post_file(&w, "alertmanager/refire_1_firing.json");
    world_settle(&w);
    world_post_file(&w, "alertmanager/refire_2_resolved.json");
    world_settle(&w);
    world_post_file(&w, "alertmanager/refire_3_firing.json");
    world_settle(&w);
    assert_int_equal(w.db.t.incidents.n, 1);
    assert_int_equal(world_incident(&w, 1)->cycle, 2);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_OPEN);
    assert_int_equal(world_deliveries(&w, NOTICE_PAGE, DELIVERY_SENT), 2);
    assert_int_equal(world_deliveries(&w, NOTICE_RESOLVED, DELIVERY_SENT), 1);
}

static void test_fire_resolve_fire_in_one_batch_pages_for_the_last_only(void **state)
{
    (void)state;
    world_post_file(&w, "alertmanager/refire_1_firing.json");
    world_post_file(&w, "alertmanager/refire_2_resolved.json");
    world_post_file(&w, "alertmanager/refire_3_firing.json");
    world_settle(&w);
    assert_int_equal(world_incident(&w, 1)->cycle, 2);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_OPEN);
    assert_int_equal(world_deliveries(&w, NOTICE_PAGE, DELIVERY_SENT), 1);
}

static void test_resolve_and_fire_in_one_batch_tell_nobody_that_it_is_over(void **state)
{
    (void)state;
    world_post_file(&w, "alertmanager/refire_1_firing.json");
    world_settle(&w);
    world_post_file(&w, "alertmanager/refire_2_resolved.json");
    world_post_file(&w, "alertmanager/refire_3_firing.json");
    world_settle(&w);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_OPEN);
    assert_int_equal(world_deliveries(&w, NOTICE_RESOLVED, DELIVERY_SENT), 0);
    assert_int_equal(world_deliveries(&w, NOTICE_PAGE, DELIVERY_SENT), 2);
}

static void test_a_cycle_within_one_batch_is_not_told_to_those_of_the_one_before(void **state)
{
    (void)state;
    world_alert(&w, "alertname=A,severity=page", "firing", 0);
    world_settle(&w);
    world_clock(&w, 60 * US_PER_S);
    world_alert(&w, "alertname=A,severity=page", "resolved", 60 * US_PER_S);
    world_settle(&w);
    assert_int_equal(world_deliveries(&w, NOTICE_RESOLVED, DELIVERY_SENT), 1);
    world_clock(&w, 60 * US_PER_S);
    world_alert(&w, "alertname=A,severity=page", "firing", 110 * US_PER_S);
    world_alert(&w, "alertname=A,severity=page", "resolved", 120 * US_PER_S);
    world_settle(&w);
    assert_int_equal(world_incident(&w, 1)->cycle, 2);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_RESOLVED);
    assert_int_equal(world_deliveries(&w, NOTICE_RESOLVED, DELIVERY_SENT), 1);
    assert_int_equal(world_deliveries(&w, NOTICE_PAGE, DELIVERY_SENT), 1);
}

/* The news of the first end is not the newest any more, and is not sent: they hear of the second.
 */
static void test_who_has_not_heard_of_the_end_hears_of_that_of_the_next_cycle(void **state)
{
    (void)state;
    world_alert(&w, "alertname=A,severity=page", "firing", 0);
    world_settle(&w);
    world_clock(&w, 60 * US_PER_S);
    world_alert(&w, "alertname=A,severity=page", "resolved", 60 * US_PER_S);
    world_process(&w);
    world_alert(&w, "alertname=A,severity=page", "firing", 61 * US_PER_S);
    world_alert(&w, "alertname=A,severity=page", "resolved", 62 * US_PER_S);
    world_settle(&w);
    assert_int_equal(world_incident(&w, 1)->cycle, 2);
    assert_int_equal(world_deliveries(&w, NOTICE_RESOLVED, DELIVERY_SUPERSEDED), 1);
    assert_int_equal(world_deliveries(&w, NOTICE_RESOLVED, DELIVERY_SENT), 1);
}

static void test_a_later_fire_within_the_hour_reopens_and_after_it_opens_anew(void **state)
{
    (void)state;
    world_alert(&w, "alertname=A,severity=page", "firing", 0);
    world_settle(&w);
    world_clock(&w, 60 * US_PER_S);
    world_alert(&w, "alertname=A,severity=page", "resolved", 60 * US_PER_S);
    world_settle(&w);
    world_clock(&w, INCIDENT_REOPEN_US);
    world_alert(&w, "alertname=A,severity=page", "firing", 61 * US_PER_MIN);
    world_settle(&w);
    assert_int_equal(world_incident(&w, 1)->cycle, 2);
    world_alert(&w, "alertname=A,severity=page", "resolved", 62 * US_PER_MIN);
    world_settle(&w);
    world_clock(&w, INCIDENT_REOPEN_US + 1);
    world_alert(&w, "alertname=A,severity=page", "firing", 200 * US_PER_MIN);
    world_settle(&w);
    assert_int_equal(w.db.t.incidents.n, 2);
    assert_int_equal(world_incident(&w, 2)->cycle, 1);
}

static void test_a_resolve_of_nothing_makes_no_incident(void **state)
{
    (void)state;
    world_post_file(&w, "alertmanager/resolved_single.json");
    world_settle(&w);
    assert_int_equal(w.db.t.incidents.n, 0);
    assert_int_equal(w.db.t.alerts.n, 0);
}

static void test_an_unreadable_body_is_quarantined_and_does_not_stop_others(void **state)
{
    (void)state;
    world_post(&w, STR("{\"alerts\":[{\"labels\":"));
    world_alert(&w, "alertname=A,severity=page", "firing", 0);
    world_settle(&w);
    assert_int_equal(quarantined(), 1);
    assert_true(w.db.t.intake.v[0].quarantine.n > 0);
    assert_int_equal(w.db.t.incidents.n, 1);
}

static void test_unknown_json_becomes_an_incident_that_shows_it(void **state)
{
    (void)state;
    world_post(&w, STR("{\"something\":\"else\"}"));
    world_settle(&w);
    assert_int_equal(w.db.t.incidents.n, 1);
    assert_int_equal(world_deliveries(&w, NOTICE_PAGE, DELIVERY_SENT), 1);
}

static void test_grafana_fires_and_resolves(void **state)
{
    (void)state;
    world_post_file(&w, "grafana/firing.json");
    world_settle(&w);
    assert_true(w.db.t.incidents.n >= 1);
    world_post_file(&w, "grafana/legacy_v7_alerting.json");
    world_settle(&w);
    size_t n = w.db.t.incidents.n;
    world_post_file(&w, "grafana/legacy_v7_ok.json");
    world_settle(&w);
    assert_int_equal(w.db.t.incidents.n, n);
    assert_int_equal(world_incident(&w, n)->state, INCIDENT_RESOLVED);
}

/* The row that cannot be written: every batch that holds it fails. */
static void fail_for_poison(void *arg, const char *call)
{
    (void)arg;
    size_t n = 0;
    bool has_poison = false;
    for (size_t i = 0; i < w.db.t.intake.n; i++) {
        const struct intake_row *row = &w.db.t.intake.v[i];
        n += row->is_waiting;
        has_poison |= row->is_waiting && str_contains(row->entry.body, STR("Poison"));
    }
    if (strcmp(call, "groups_lock") == 0 && has_poison && n > 0) {
        w.db.fault = (struct fake_fault){.at = w.db.calls, .status = ERR_INTERNAL};
    }
}

static void test_a_row_that_alone_makes_a_batch_fail_is_isolated(void **state)
{
    (void)state;
    world_alert(&w, "alertname=Before,severity=page", "firing", 0);
    world_process(&w);
    world_alert(&w, "alertname=Poison,severity=page", "firing", 0);
    world_alert(&w, "alertname=After,severity=page", "firing", 0);
    w.db.on_call = fail_for_poison;
    world_process(&w);
    assert_int_equal(waiting(), 0);
    assert_int_equal(quarantined(), 1);
    assert_true(w.db.t.intake.v[1].quarantine.n > 0);
    assert_int_equal(w.db.t.incidents.n, 2);
}

static void test_a_second_alert_at_the_due_time_does_not_end_the_escalation(void **state)
{
    (void)state;
    world_alert(&w, "alertname=A,severity=page,i=1", "firing", 0);
    world_settle(&w);
    world_clock(&w, 5 * US_PER_MIN);
    world_alert(&w, "alertname=A,severity=page,i=2", "firing", 300 * US_PER_S);
    world_process(&w); /* before the escalate flow gets at it */
    assert_int_equal(world_incident(&w, 1)->wake_at, WORLD_START_AT + 5 * US_PER_MIN);
    world_settle(&w);
    assert_int_equal(fake_transfers_count(&w.transfers, STR("/boris")), 1);
}

static void test_a_hold_pages_only_what_still_fires(void **state)
{
    (void)state;
    world_alert(&w, "alertname=Short,severity=hold", "firing", 0);
    world_alert(&w, "alertname=Long,severity=hold", "firing", 0);
    world_settle(&w);
    assert_int_equal(w.transfers.requests.n, 0);
    world_clock(&w, 29 * US_PER_S);
    world_alert(&w, "alertname=Short,severity=hold", "resolved", 29 * US_PER_S);
    world_settle(&w);
    world_advance(&w, US_PER_S);
    assert_int_equal(world_deliveries(&w, NOTICE_PAGE, DELIVERY_SENT), 1);
    assert_int_equal(world_deliveries(&w, NOTICE_RESOLVED, DELIVERY_SENT), 0);
}

static void test_a_receiver_without_steps_stores_and_tells_nobody(void **state)
{
    (void)state;
    world_alert(&w, "alertname=A,severity=quiet", "firing", 0);
    world_settle(&w);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_OPEN);
    assert_int_equal(world_incident(&w, 1)->wake_at, AT_NONE);
    assert_int_equal(w.db.t.deliveries.n, 0);
}

static void test_a_replica_that_does_not_lead_leaves_the_ledger_alone(void **state)
{
    (void)state;
    w.store.is_leading = false;
    world_alert(&w, "alertname=A,severity=page", "firing", 0);
    world_process(&w);
    assert_int_equal(waiting(), 1);
    w.store.is_leading = true;
    world_process(&w);
    assert_int_equal(waiting(), 0);
}

static int fails_left;

static void refuse_ledger(void *arg, const char *call)
{
    (void)arg;
    if (strcmp(call, "begin") == 0) {
        if (fails_left-- == 0) {
            atomic_store(&w.deps.is_draining, true);
        }
        w.db.fault = (struct fake_fault){.at = w.db.calls, .status = ERR_FORBIDDEN};
    }
}

/* Refused three times: in between it waits for the mailbox. */
static void test_a_database_that_refuses_is_asked_with_pauses(void **state)
{
    (void)state;
    world_alert(&w, "alertname=A,severity=page", "firing", 0);
    mailbox_free(w.deps.process);
    w.deps.process = mailbox_new(1, 1);
    fails_left = 2;
    w.db.on_call = refuse_ledger;
    int64_t started_us = monotonic_us();
    world_process(&w);
    assert_true(monotonic_us() - started_us > 300 * US_PER_MS);
    assert_int_equal(waiting(), 1);
    w.db.on_call = NULL;
    w.db.fault = (struct fake_fault){0};
}

/* Alertmanager and Grafana may say when it will end. */
static void test_what_is_said_to_end_in_an_hour_may_fire_again_before(void **state)
{
    (void)state;
    world_alert(&w, "alertname=A,severity=page", "firing", 0);
    world_settle(&w);
    world_alert(&w, "alertname=A,severity=page", "resolved", US_PER_HOUR);
    world_settle(&w);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_RESOLVED);
    assert_int_equal(w.db.t.alerts.v[0].alert.ends_at, w.db.clock_at);
    world_clock(&w, US_PER_MIN);
    world_alert(&w, "alertname=A,severity=page", "firing", 0); /* a late copy */
    world_settle(&w);
    assert_int_equal(world_incident(&w, 1)->cycle, 1);
    world_alert(&w, "alertname=A,severity=page", "firing", US_PER_MIN);
    world_settle(&w);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_OPEN);
    assert_int_equal(world_incident(&w, 1)->cycle, 2);
    assert_int_equal(world_deliveries(&w, NOTICE_PAGE, DELIVERY_SENT), 2);
}

static void test_a_start_in_the_far_future_does_not_keep_the_end_out(void **state)
{
    (void)state;
    world_alert(&w, "alertname=A,severity=page", "firing", 5 * US_PER_HOUR);
    world_settle(&w);
    world_clock(&w, US_PER_MIN);
    world_alert(&w, "alertname=A,severity=page", "resolved", US_PER_MIN);
    world_settle(&w);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_RESOLVED);
    world_clock(&w, US_PER_MIN);
    world_alert(&w, "alertname=A,severity=page", "firing", 2 * US_PER_MIN);
    world_settle(&w);
    assert_int_equal(world_incident(&w, 1)->cycle, 2);
}

/* The first 22 writes are in a conflict: eleven of the batch, eleven of its first row alone. */
static void conflict_often(void *arg, const char *call)
{
    int *left = arg;
    if (strcmp(call, "write") == 0 && *left > 0) {
        (*left)--;
        w.db.fault = (struct fake_fault){.at = w.db.calls, .status = ERR_CONFLICT};
        w.db.has_failed = false;
    }
}

static void test_a_row_whose_conflict_stays_is_quarantined_and_the_others_go_on(void **state)
{
    (void)state;
    int left = 22;
    world_alert(&w, "alertname=A,severity=page", "firing", 0);
    world_alert(&w, "alertname=B,severity=page", "firing", 0);
    w.db.on_call = conflict_often;
    w.db.on_call_arg = &left;
    world_process(&w);
    assert_int_equal(left, 0);
    assert_true(w.db.t.intake.v[0].quarantine.n > 0);
    assert_int_equal(w.db.t.intake.v[1].quarantine.n, 0);
    assert_int_equal(w.db.t.incidents.n, 1);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_a_firing_alert_opens_an_incident_and_pages),
        T(test_a_resolve_reaches_the_incident_of_an_earlier_configuration),
        T(test_a_repeat_opens_where_the_new_routing_leads_and_changes_nothing_there),
        T(test_what_is_over_keeps_the_configuration_it_ran_under),
        T(test_who_does_not_lead_any_more_processes_nothing),
        T(test_a_stray_alone_opens_nothing_that_is_over),
        T(test_every_capture_of_alertmanager_is_taken),
        T(test_twenty_five_alerts_of_one_group_are_one_incident),
        T(test_an_ha_pair_makes_one_incident_and_one_page),
        T(test_a_byte_identical_repeat_changes_nothing),
        T(test_a_partial_resolve_keeps_the_incident_open),
        T(test_a_refire_is_a_new_cycle_of_the_same_incident),
        T(test_fire_resolve_fire_in_one_batch_pages_for_the_last_only),
        T(test_resolve_and_fire_in_one_batch_tell_nobody_that_it_is_over),
        T(test_a_cycle_within_one_batch_is_not_told_to_those_of_the_one_before),
        T(test_who_has_not_heard_of_the_end_hears_of_that_of_the_next_cycle),
        T(test_a_later_fire_within_the_hour_reopens_and_after_it_opens_anew),
        T(test_a_resolve_of_nothing_makes_no_incident),
        T(test_an_unreadable_body_is_quarantined_and_does_not_stop_others),
        T(test_unknown_json_becomes_an_incident_that_shows_it),
        T(test_grafana_fires_and_resolves),
        T(test_a_row_that_alone_makes_a_batch_fail_is_isolated),
        T(test_a_second_alert_at_the_due_time_does_not_end_the_escalation),
        T(test_a_hold_pages_only_what_still_fires),
        T(test_a_receiver_without_steps_stores_and_tells_nobody),
        T(test_a_replica_that_does_not_lead_leaves_the_ledger_alone),
        T(test_a_database_that_refuses_is_asked_with_pauses),
        T(test_what_is_said_to_end_in_an_hour_may_fire_again_before),
        T(test_a_start_in_the_far_future_does_not_keep_the_end_out),
        T(test_a_row_whose_conflict_stays_is_quarantined_and_the_others_go_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
