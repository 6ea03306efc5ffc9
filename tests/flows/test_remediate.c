/* remediate: scripts, at most once. */
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

static void fire(const char *labels)
{
    world_alert(&w, str_printf(&w.arena, "alertname=A,severity=fix,%s", labels).p, "firing", 0);
    world_process(&w);
    assert_int_equal(w.db.t.runs.n, 1);
}

static const struct run *run(void)
{
    return &w.db.t.runs.v[0].run;
}

static void test_a_script_gets_its_arguments_and_the_incident(void **state)
{
    (void)state;
    fire("unit=db");
    world_remediate(&w);
    assert_int_equal(w.runner.starts.n, 1);
    const struct run_request *request = &w.runner.starts.v[0].request;
    assert_str_is(request->file, "/opt/fix");
    assert_int_equal(request->n_args, 2);
    assert_str_is(request->args[0], "db");
    assert_str_is(request->args[1], "soft");
    assert_int_equal(request->timeout_us, US_PER_MIN);
    assert_true(str_contains(request->input, STR("\"unit\":\"db\"")));
    assert_int_equal(run()->state, RUN_STATE_EXITED);
    assert_str_is(run()->output, "done\n");
    assert_int_equal(world_events(&w, 1, EVENT_RUN_STARTED), 1);
    assert_int_equal(world_events(&w, 1, EVENT_RUN_FINISHED), 1);
}

static void refused(const char *labels)
{
    fire(labels);
    world_settle(&w);
    assert_int_equal(w.runner.starts.n, 0);
    assert_int_equal(run()->state, RUN_STATE_NOT_STARTED);
    assert_true(str_contains(run()->output, STR("parameter unit")));
    /* A script that could not run lets the page go at once. */
    assert_int_equal(fake_transfers_count(&w.transfers, STR("/anna")), 1);
}

static void test_a_value_that_does_not_match_never_reaches_the_script(void **state)
{
    (void)state;
    refused("unit=db; rm -rf");
}

static void test_a_value_that_looks_like_an_option_never_reaches_the_script(void **state)
{
    (void)state;
    refused("unit=--all");
}

static void test_a_value_must_match_as_a_whole(void **state)
{
    (void)state;
    refused("unit=db9");
}

static void started_in_database(void *arg, const char *call)
{
    (void)arg, (void)call;
    if (w.runner.starts.n > 0) {
        assert_true(run()->state != RUN_STATE_REQUESTED);
    }
}

static void test_started_is_committed_before_the_script_runs(void **state)
{
    (void)state;
    fire("unit=db");
    w.db.on_call = started_in_database;
    world_remediate(&w);
    w.db.on_call = NULL;
    assert_int_equal(w.runner.starts.n, 1);
}

static void test_a_start_whose_commit_is_unknown_does_not_run(void **state)
{
    (void)state;
    fire("unit=db");
    /* orphans: begin, orphaned; start: begin, requested, incident, alerts, run_write,
     * incident_lock, write, commit */
    w.db.fault = (struct fake_fault){w.db.calls + 10, ERR_UNKNOWN_OUTCOME, true};
    world_remediate(&w);
    assert_string_equal(w.db.failed_call, "commit");
    assert_int_equal(w.runner.starts.n, 0);
    assert_int_equal(run()->state, RUN_STATE_STARTED);
    /* Long past its deadline it counts as unknown, a person is told, and it never runs. */
    world_advance(&w, 2 * US_PER_MIN);
    world_remediate(&w);
    assert_int_equal(run()->state, RUN_STATE_UNKNOWN);
    world_settle(&w);
    assert_int_equal(w.runner.starts.n, 0);
    assert_int_equal(world_events(&w, 1, EVENT_RUN_UNKNOWN), 1);
    assert_true(str_contains(w.transfers.requests.v[0].body, STR("it was not run again")));
}

static void started_elsewhere(void)
{
    struct err err = ERR_INIT;
    struct uuid other = {{2}};
    int64_t now_at;
    assert_int_equal(store_presence(&w.store, other, STR("other"), STR_EMPTY, &err), OK);
    struct run mine = *run();
    mine.state = RUN_STATE_STARTED;
    assert_int_equal(store_begin(&w.store, &now_at, &err), OK);
    assert_int_equal(store_run_write(&w.store, &w.arena, &mine, other, now_at + US_PER_MIN, &err),
                     OK);
    assert_int_equal(store_commit(&w.store, &err), OK);
}

static void test_the_run_of_a_replica_that_died_is_unknown_and_pages_at_once(void **state)
{
    (void)state;
    fire("unit=db");
    started_elsewhere();
    world_remediate(&w);
    assert_int_equal(run()->state, RUN_STATE_STARTED); /* it lives */
    w.db.t.replicas.v[1].is_alive = false;
    world_clock(&w, 7 * US_PER_S);
    world_remediate(&w);
    assert_int_equal(run()->state, RUN_STATE_UNKNOWN);
    world_settle(&w);
    assert_int_equal(w.runner.starts.n, 0);
    assert_int_equal(fake_transfers_count(&w.transfers, STR("/anna")), 1);
}

static void test_a_result_that_cannot_be_recorded_is_kept_and_recorded_later(void **state)
{
    (void)state;
    fire("unit=db");
    /* … 10 calls until it runs, then begin, run_write, … of the result */
    w.db.fault = (struct fake_fault){w.db.calls + 12, ERR_UNAVAILABLE, false};
    atomic_store(&w.deps.is_draining, false);
    world_remediate(&w);
    assert_true(w.db.has_failed);
    assert_int_equal(run()->state, RUN_STATE_EXITED);
    assert_int_equal(w.runner.starts.n, 1);
}

static void test_a_refused_file_is_not_started_and_says_why(void **state)
{
    (void)state;
    w.runner.is_refusing = true;
    fire("unit=db");
    world_remediate(&w);
    assert_int_equal(run()->state, RUN_STATE_NOT_STARTED);
    assert_true(str_contains(run()->output, STR("writable by others")));
}

static void helper_dies(void *arg, const char *call)
{
    (void)arg, (void)call;
    w.runner.is_gone |= w.runner.starts.n > 0;
}

static void test_a_helper_that_dies_leaves_its_scripts_unknown(void **state)
{
    (void)state;
    w.runner.never_ends = true;
    fire("unit=db");
    w.db.on_call = helper_dies;
    world_remediate(&w);
    w.db.on_call = NULL;
    assert_int_equal(run()->state, RUN_STATE_UNKNOWN);
    world_settle(&w);
    assert_int_equal(fake_transfers_count(&w.transfers, STR("/anna")), 1);
}

static void test_output_that_is_not_text_is_made_printable(void **state)
{
    (void)state;
    w.runner.output = STR("a\0b\xff\x1b[31m\n");
    fire("unit=db");
    world_remediate(&w);
    assert_str_is(run()->output, "a?b??[31m\n");
}

static void test_the_result_is_told_to_those_who_were_paged(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct decision d;
    struct incident in;
    int64_t now_at;
    world_alert(&w, "alertname=A,severity=page", "firing", 0);
    world_settle(&w);
    struct run_intent intent = {.id = {{9}},
                                .action = STR("ask"),
                                .actor = STR("token:ci"),
                                .dedupe_key = STR("api/9"),
                                .parameters = STR("{\"who\":\"anna\"}")};
    assert_int_equal(store_begin(&w.store, &now_at, &err), OK);
    assert_int_equal(store_incident_lock(&w.store, &w.arena, world_incident(&w, 1)->id, &in, &err),
                     OK);
    decision_init(&d, &w.arena, &in, now_at);
    decision_run(&d, STR("token:ci"), intent);
    const struct decision *list[] = {&d};
    struct changes changes = {.now_at = now_at, .decisions = list, .n_decisions = 1};
    assert_int_equal(store_write(&w.store, &w.arena, &changes, &err), OK);
    assert_int_equal(store_commit(&w.store, &err), OK);
    world_settle(&w);
    assert_str_is(w.runner.starts.v[0].request.args[0], "anna");
    assert_int_equal(world_deliveries(&w, NOTICE_RESULT, DELIVERY_SENT), 1);
    assert_true(str_contains(w.transfers.requests.v[1].body, STR("exit status 0")));
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_a_script_gets_its_arguments_and_the_incident),
        T(test_a_value_that_does_not_match_never_reaches_the_script),
        T(test_a_value_that_looks_like_an_option_never_reaches_the_script),
        T(test_a_value_must_match_as_a_whole),
        T(test_started_is_committed_before_the_script_runs),
        T(test_a_start_whose_commit_is_unknown_does_not_run),
        T(test_the_run_of_a_replica_that_died_is_unknown_and_pages_at_once),
        T(test_a_result_that_cannot_be_recorded_is_kept_and_recorded_later),
        T(test_a_refused_file_is_not_started_and_says_why),
        T(test_a_helper_that_dies_leaves_its_scripts_unknown),
        T(test_output_that_is_not_text_is_made_printable),
        T(test_the_result_is_told_to_those_who_were_paged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
