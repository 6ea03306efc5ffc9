/* heartbeats: beats by HTTP and by alerts, misses, and every call of the store failing in between.
 */
#include "flows/heartbeats.h"

#include "fixture.h"
#include "flows/clock_watch.h"

#include <stdio.h>
#include <string.h>

#include "cmocka_all.h"

static const char routes[] =
    "sources: { am: { type: alertmanager, auth: { bearer: !env TOKEN } } }\n"
    "channels: { webhooks: { ops: { url: 'https://hooks.example.org/ops' } } }\n"
    "heartbeats:\n"
    "  job: { every: 10m, grace: 1m, auth: { bearer: !env TOKEN }, labels: { team: ops } }\n"
    "  dog: { every: 5m, matchers: ['alertname=\"Watchdog\"'] }\n"
    "route: { receiver: all, group_by: [heartbeat] }\n"
    "receivers: [{ name: all, notify: ['webhook:ops'] }]\n";

static struct world w;
static struct heartbeat_watch watch;

static int set_up(void **state)
{
    (void)state;
    world_start(&w, routes);
    watch = (struct heartbeat_watch){0};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_end(&w);
    return 0;
}

static enum status look(void)
{
    struct err err = ERR_INIT;
    return heartbeats_watch(&watch, &w.deps, &w.store, &w.arena, 0, &err);
}

static const struct heartbeat_state *state_of(const char *name)
{
    for (size_t i = 0; i < w.db.t.heartbeats.n; i++) {
        if (str_eq(w.db.t.heartbeats.v[i].state.name, str_from(name))) {
            return &w.db.t.heartbeats.v[i].state;
        }
    }
    return NULL;
}

static int beat(enum http_method method, const char *authorization)
{
    return world_http(&w, method, "/v1/heartbeats/job", authorization, "").status;
}

static const char token[] = "Bearer t0p-s3cret";

static void test_a_beat_needs_its_credential_and_a_method_that_acts(void **state)
{
    (void)state;
    assert_int_equal(look(), OK);
    assert_int_equal(beat(HTTP_GET, NULL), 401);
    assert_int_equal(beat(HTTP_POST, "Bearer wrong"), 401);
    assert_int_equal(beat(HTTP_HEAD, token), 405);
    assert_int_equal(state_of("job")->beat_at, AT_NONE);
    assert_int_equal(beat(HTTP_GET, token), 200);
    assert_int_equal(state_of("job")->beat_at, w.db.clock_at);
    world_clock(&w, US_PER_MIN);
    assert_int_equal(beat(HTTP_POST, token), 200);
    assert_int_equal(state_of("job")->beat_at, w.db.clock_at);
    assert_int_equal(world_http(&w, HTTP_GET, "/v1/heartbeats/dog", token, "").status,
                     401); /* alerts only */
}

static struct incident *incident_of(const char *name)
{
    struct incident *in = NULL;
    for (size_t i = 1; i <= w.db.t.incidents.n; i++) {
        struct incident *one = world_incident(&w, i);
        bool is_its = str_eq(labels_get(one->group_labels, STR("heartbeat")), str_from(name));
        in = is_its ? one : in;
    }
    return in;
}

static void test_a_missed_one_opens_an_incident_that_the_next_beat_ends(void **state)
{
    (void)state;
    assert_int_equal(beat(HTTP_GET, token), 200);
    world_clock(&w, 11 * US_PER_MIN);
    assert_int_equal(look(), OK);
    assert_int_equal(look(), OK); /* is said once */
    world_settle(&w);
    struct incident *in = incident_of("job");
    assert_non_null(in);
    assert_int_equal(in->state, INCIDENT_OPEN);
    assert_int_equal(in->firing, 1);
    assert_int_equal(beat(HTTP_POST, token), 200);
    world_settle(&w);
    assert_int_equal(fake_incident(&w.db, in->id)->state, INCIDENT_RESOLVED);
}

static void test_an_alert_that_feeds_one_opens_nothing(void **state)
{
    (void)state;
    world_alert(&w, "alertname=Watchdog", "firing", 0);
    world_process(&w);
    assert_int_equal(w.db.t.incidents.n, 0);
    assert_int_equal(state_of("dog")->beat_at, w.db.clock_at);
    world_clock(&w, US_PER_MIN);
    world_alert(&w, "alertname=Watchdog", "resolved", 0);
    world_process(&w);
    assert_int_equal(w.db.t.incidents.n, 0);
    assert_int_equal(state_of("dog")->beat_at, w.db.clock_at - US_PER_MIN);
}

static void test_what_waits_in_the_ledger_may_be_a_beat(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    assert_int_equal(look(), OK);
    world_clock(&w, 7 * US_PER_MIN);
    assert_int_equal(heartbeats_watch(&watch, &w.deps, &w.store, &w.arena, 2 * US_PER_MIN, &err),
                     OK);
    assert_int_equal(state_of("dog")->missed_at, AT_NONE);
    assert_int_equal(look(), OK);
    assert_int_not_equal(state_of("dog")->missed_at, AT_NONE);
}

static enum status look_at_clock(struct clock_watch *clock)
{
    struct err err = ERR_INIT;
    return clock_watch_look(clock, &w.deps, &w.store, &w.arena, &err);
}

/* Measured by this machine's clock, which runs. */
static bool is_about(int64_t at, int64_t wanted_at)
{
    return at <= wanted_at && at > wanted_at - 5 * US_PER_S;
}

static void test_a_step_of_the_clock_excuses_all_of_them_once(void **state)
{
    (void)state;
    struct clock_watch clocks[2] = {0}; /* two replicas */
    assert_int_equal(look(), OK);
    assert_int_equal(beat(HTTP_GET, token), 200);
    int64_t beat_at = state_of("job")->beat_at;
    assert_int_equal(look_at_clock(&clocks[0]), OK);
    assert_int_equal(look_at_clock(&clocks[1]), OK);
    w.db.clock_at += US_PER_HOUR;
    assert_int_equal(look(), OK); /* before anybody has seen the step */
    assert_int_equal(state_of("job")->missed_at, AT_NONE);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(look_at_clock(&clocks[i % 2]), OK);
        assert_int_equal(look(), OK);
    }
    assert_true(is_about(w.db.t.skipped_us, US_PER_HOUR));
    assert_true(is_about(state_of("job")->not_before_at, beat_at + 11 * US_PER_MIN + US_PER_HOUR));
    assert_int_equal(state_of("job")->missed_at, AT_NONE);
    assert_int_equal(state_of("dog")->missed_at, AT_NONE);
    world_clock(&w, 11 * US_PER_MIN);
    assert_int_equal(look(), OK);
    assert_int_not_equal(state_of("job")->missed_at, AT_NONE);
}

static void test_who_has_come_since_the_step_is_not_excused(void **state)
{
    (void)state;
    struct clock_watch clock = {0};
    assert_int_equal(look_at_clock(&clock), OK);
    w.db.clock_at += US_PER_HOUR;
    assert_int_equal(beat(HTTP_GET, token), 200);
    assert_int_equal(look_at_clock(&clock), OK);
    assert_int_equal(state_of("job")->not_before_at, AT_NONE);
}

/* Whichever call fails, with whatever outcome: the step counts once. */
static void test_a_step_counts_once_whatever_fails(void **state)
{
    (void)state;
    static const struct fake_fault faults[] = {{.status = ERR_UNAVAILABLE},
                                               {.status = ERR_UNKNOWN_OUTCOME},
                                               {.status = ERR_UNKNOWN_OUTCOME, .is_applied = true}};
    for (size_t f = 0; f < 3; f++) {
        bool has_failed = true;
        for (int64_t n = 1; has_failed; n++) {
            struct clock_watch clock = {0};
            tear_down(NULL);
            set_up(NULL);
            assert_int_equal(beat(HTTP_GET, token), 200);
            int64_t beat_at = state_of("job")->beat_at;
            assert_int_equal(look_at_clock(&clock), OK);
            w.db.clock_at += US_PER_HOUR;
            w.db.fault = faults[f];
            w.db.fault.at = w.db.calls + n;
            (void)look_at_clock(&clock);
            has_failed = w.db.has_failed;
            w.db.fault.at = 0;
            assert_int_equal(look(), OK);
            assert_int_equal(look_at_clock(&clock), OK);
            assert_true(is_about(w.db.t.skipped_us, US_PER_HOUR));
            assert_true(
                is_about(state_of("job")->not_before_at, beat_at + 11 * US_PER_MIN + US_PER_HOUR));
        }
    }
}

static const char routes_without[] =
    "sources: { am: { type: alertmanager, auth: { bearer: !env TOKEN } } }\n"
    "channels: { webhooks: { ops: { url: 'https://hooks.example.org/ops' } } }\n"
    "route: { receiver: all, group_by: [heartbeat] }\n"
    "receivers: [{ name: all, notify: ['webhook:ops'] }]\n";

static void test_one_that_left_the_files_starts_anew_when_it_is_back(void **state)
{
    (void)state;
    assert_int_equal(beat(HTTP_GET, token), 200);
    assert_int_equal(look(), OK);
    world_clock(&w, 10 * US_PER_MIN);
    world_configure(&w, routes_without);
    assert_int_equal(look(), OK);
    world_clock(&w, 2 * US_PER_MIN); /* away for a moment, and due in it */
    world_configure(&w, routes);
    assert_int_equal(look(), OK);
    assert_int_equal(state_of("job")->missed_at, AT_NONE);
    assert_int_equal(state_of("job")->beat_at, AT_NONE);
    assert_int_equal(state_of("job")->since_at, w.db.clock_at);
    world_clock(&w, 11 * US_PER_MIN);
    assert_int_equal(look(), OK);
    assert_int_not_equal(state_of("job")->missed_at, AT_NONE);
}

static void test_a_beat_may_be_faster_than_the_watch(void **state)
{
    (void)state;
    assert_int_equal(beat(HTTP_GET, token), 200);
    world_configure(&w, routes_without);
    assert_int_equal(look(), OK);
    world_clock(&w, US_PER_HOUR);
    world_configure(&w, routes);
    assert_int_equal(beat(HTTP_GET, token), 200);
    assert_int_equal(look(), OK);
    assert_int_equal(state_of("job")->since_at, w.db.clock_at);
    assert_int_equal(state_of("job")->missed_at, AT_NONE);
}

static const struct fact *fact_of(const struct incident *in, enum event_kind kind, const char *name)
{
    for (size_t i = 0; i < w.db.t.events.n; i++) {
        const struct timeline_row *row = &w.db.t.events.v[i];
        for (size_t k = 0; k < row->entry.n_facts; k++) {
            if (uuid_eq(row->incident, in->id) && row->entry.kind == kind &&
                strcmp(row->entry.facts[k].name, name) == 0) {
                return &row->entry.facts[k];
            }
        }
    }
    return NULL;
}

/* Whichever call of the store fails. */
static void test_the_incident_of_one_that_left_the_files_ends(void **state)
{
    (void)state;
    bool has_failed = true;
    for (int64_t n = 1; has_failed; n++) {
        tear_down(NULL);
        set_up(NULL);
        assert_int_equal(beat(HTTP_GET, token), 200);
        world_clock(&w, 12 * US_PER_MIN);
        assert_int_equal(look(), OK);
        world_settle(&w);
        struct incident *in = incident_of("job");
        assert_non_null(in);
        world_configure(&w, routes_without);
        w.db.is_config_old = true; /* the others have newer files, which have it */
        assert_int_equal(look(), OK);
        world_settle(&w);
        assert_int_equal(fake_incident(&w.db, in->id)->state, INCIDENT_OPEN);
        w.db.is_config_old = false;
        size_t before = w.db.t.intake.n;
        w.db.fault = (struct fake_fault){.at = w.db.calls + n, .status = ERR_UNAVAILABLE};
        (void)look();
        has_failed = w.db.has_failed;
        w.db.fault.at = 0;
        assert_int_equal(look(), OK);
        assert_int_equal(look(), OK);
        assert_int_equal(w.db.t.intake.n - before, 1);
        world_settle(&w);
        assert_int_equal(fake_incident(&w.db, in->id)->state, INCIDENT_RESOLVED);
        const struct fact *reason = fact_of(in, EVENT_RESOLVED, "reason");
        assert_non_null(reason);
        assert_true(str_eq(reason->value, STR("no longer configured")));
    }
}

/* Whichever call of the store fails, with whatever outcome: what is noted as missed or back is in
 * the ledger, once, and the other way round. */
static void test_a_failure_leaves_nothing_half_said(void **state)
{
    (void)state;
    static const struct fake_fault faults[] = {{.status = ERR_UNAVAILABLE},
                                               {.status = ERR_UNKNOWN_OUTCOME},
                                               {.status = ERR_UNKNOWN_OUTCOME, .is_applied = true}};
    for (size_t f = 0; f < 3; f++) {
        bool has_failed = true;
        for (int64_t n = 1; has_failed; n++) {
            tear_down(NULL);
            set_up(NULL);
            assert_int_equal(look(), OK);
            assert_int_equal(beat(HTTP_GET, token), 200);
            world_clock(&w, 11 * US_PER_MIN);
            size_t before = w.db.t.intake.n;
            w.db.fault = faults[f];
            w.db.fault.at = w.db.calls + n;
            (void)look();
            has_failed = w.db.has_failed;
            w.db.fault.at = 0;
            assert_int_equal(w.db.t.intake.n - before, state_of("job")->missed_at != AT_NONE);
            assert_int_equal(look(), OK);
            assert_int_equal(w.db.t.intake.n - before, 1);
            w.db.has_failed = false;
            w.db.fault.at = w.db.calls + n;
            int status = beat(HTTP_GET, token);
            assert_true(status == 200 || status == 503);
            has_failed |= w.db.has_failed;
            assert_int_equal(w.db.t.intake.n - before,
                             state_of("job")->missed_at != AT_NONE ? 1 : 2);
            w.db.fault.at = 0;
            world_clock(&w, 2 * US_PER_S);
            assert_int_equal(beat(HTTP_GET, token), 200);
            assert_int_equal(w.db.t.intake.n - before, 2);
            assert_int_equal(state_of("job")->missed_at, AT_NONE);
        }
    }
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_a_beat_needs_its_credential_and_a_method_that_acts),
        T(test_a_missed_one_opens_an_incident_that_the_next_beat_ends),
        T(test_an_alert_that_feeds_one_opens_nothing),
        T(test_what_waits_in_the_ledger_may_be_a_beat),
        T(test_a_failure_leaves_nothing_half_said),
        T(test_a_step_of_the_clock_excuses_all_of_them_once),
        T(test_who_has_come_since_the_step_is_not_excused),
        T(test_a_step_counts_once_whatever_fails),
        T(test_one_that_left_the_files_starts_anew_when_it_is_back),
        T(test_a_beat_may_be_faster_than_the_watch),
        T(test_the_incident_of_one_that_left_the_files_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
