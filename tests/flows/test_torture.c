/* Every scenario again and again, each time with another call of the store or another transfer
 * failing, until a run meets no failure any more. Whatever fails: no ledger row is lost, each alert
 * ends in its incident once, nobody is paged twice without a reason, nothing is stuck, timelines
 * have no gaps (world_end checks the last). */
#include "fixture.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cmocka_all.h"

static struct world w;
static struct {
    const char *scenario, *fault;
    int64_t at;
} now; /* what runs: told when it fails */

struct fault_kind {
    const char *name;
    enum status status;
    bool is_applied;
};

static const struct fault_kind fault_kinds[] = {
    {"unavailable", ERR_UNAVAILABLE, false},
    {"timeout", ERR_TIMEOUT, false},
    {"conflict", ERR_CONFLICT, false},
    {"unknown, not applied", ERR_UNKNOWN_OUTCOME, false},
    {"unknown, applied", ERR_UNKNOWN_OUTCOME, true},
};

struct scenario {
    const char *name;
    void (*play)(void);
    void (*check)(void);
    size_t pages; /* deliveries of kind page, all sent in the end */
};

/* ---- what holds in the end ------------------------------------------------------------------- */

static void check_ledger(void)
{
    for (size_t i = 0; i < w.db.t.intake.n; i++) {
        assert_false(w.db.t.intake.v[i].is_waiting);
        assert_int_equal(w.db.t.intake.v[i].quarantine.n, 0);
    }
}

/* Sent as often as it has attempts; a copy that may be a second one says so. */
static void check_pages(const struct scenario *s, bool may_repeat)
{
    size_t pages = 0, copies = 0, marked = 0;
    for (size_t i = 0; i < w.db.t.deliveries.n; i++) {
        const struct delivery_row *row = &w.db.t.deliveries.v[i];
        assert_true(row->state == DELIVERY_SENT || row->state == DELIVERY_SUPERSEDED);
        pages += row->d.kind == NOTICE_PAGE;
    }
    for (size_t i = 0; i < w.transfers.requests.n; i++) {
        struct str body = w.transfers.requests.v[i].body;
        bool is_page = str_contains(body, STR("\"kind\":\"page\""));
        bool is_marked = str_contains(body, STR("\"possible_repeat\":true"));
        copies += is_page;
        marked += is_page && is_marked;
    }
    assert_int_equal(pages, s->pages);
    assert_true(copies <= pages + (may_repeat ? 1 : 0));
    assert_true(marked <= (may_repeat ? 1u : 0u));
    if (copies > pages) {
        assert_int_equal(marked, 1);
    }
}

/* ---- scenarios ------------------------------------------------------------------------------- */

/* Long enough for a missed deadline to be noticed. */
static void settle_down(void)
{
    world_settle(&w);
    for (int i = 0; i < 3; i++) {
        world_advance(&w, 12 * US_PER_S);
    }
}

static void play_unanswered(void)
{
    world_alert(&w, "alertname=A,severity=page,i=1", "firing", 0);
    world_alert(&w, "alertname=A,severity=page,i=2", "firing", 0);
    world_settle(&w);
    for (int i = 0; i < 8; i++) {
        world_advance(&w, 5 * US_PER_MIN);
    }
    settle_down();
}

static void check_unanswered(void)
{
    assert_int_equal(w.db.t.incidents.n, 1);
    assert_int_equal(world_incident(&w, 1)->firing, 2);
    assert_int_equal(world_events(&w, 1, EVENT_ESCALATION_ENDED), 1);
    assert_int_equal(world_events(&w, 1, EVENT_REPEATED), 1);
    assert_int_equal(world_events(&w, 1, EVENT_CATCH_ALL), 1);
    assert_int_equal(world_deliveries(&w, NOTICE_PAGE, DELIVERY_SENT), 5);
}

static void play_resolve(void)
{
    world_alert(&w, "alertname=A,severity=page", "firing", 0);
    settle_down();
    world_alert(&w, "alertname=A,severity=page", "resolved", 60 * US_PER_S);
    settle_down();
}

static void check_resolve(void)
{
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_RESOLVED);
    assert_int_equal(world_events(&w, 1, EVENT_RESOLVED), 1);
    assert_int_equal(world_deliveries(&w, NOTICE_PAGE, DELIVERY_SENT), 1);
    assert_int_equal(world_deliveries(&w, NOTICE_RESOLVED, DELIVERY_SENT), 1);
}

static void play_acknowledge(void)
{
    world_alert(&w, "alertname=A,severity=page", "firing", 0);
    world_settle(&w);
    world_acknowledge(&w, 1);
    settle_down();
    world_advance(&w, US_PER_HOUR);
}

static void check_acknowledge(void)
{
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_ACKNOWLEDGED);
    assert_int_equal(world_events(&w, 1, EVENT_ACKNOWLEDGED), 1);
    assert_int_equal(fake_transfers_count(&w.transfers, STR("/boris")), 0);
    /* Who was paged, or may have been, hears of it once. */
    size_t told = world_deliveries(&w, NOTICE_ACKNOWLEDGED, DELIVERY_SENT);
    assert_true(told <= 1 && told >= world_deliveries(&w, NOTICE_PAGE, DELIVERY_SENT));
}

static void play_flapping(void)
{
    world_post_file(&w, "alertmanager/refire_1_firing.json");
    settle_down();
    world_post_file(&w, "alertmanager/refire_1_firing.json"); /* an HA pair's other half */
    world_post_file(&w, "alertmanager/refire_2_resolved.json");
    settle_down();
    world_post_file(&w, "alertmanager/refire_3_firing.json");
    settle_down();
}

static void check_flapping(void)
{
    assert_int_equal(w.db.t.incidents.n, 1);
    assert_int_equal(w.db.t.alerts.n, 1);
    assert_int_equal(world_incident(&w, 1)->cycle, 2);
    assert_int_equal(world_incident(&w, 1)->state, INCIDENT_OPEN);
    assert_int_equal(world_deliveries(&w, NOTICE_PAGE, DELIVERY_SENT), 2);
}

static void play_script(void)
{
    w.runner.code = 1;
    world_alert(&w, "alertname=A,severity=fix,unit=db", "firing", 0);
    world_settle(&w);
    world_advance(&w, 2 * US_PER_MIN);
    world_clock(&w, US_PER_MIN);
    world_remediate(&w); /* looks for orphans */
    settle_down();
}

static void check_script(void)
{
    assert_int_equal(w.db.t.runs.n, 1);
    assert_true(w.runner.starts.n <= 1); /* at most once */
    assert_true(w.db.t.runs.v[0].run.ended_at != AT_NONE);
    assert_int_equal(fake_transfers_count(&w.transfers, STR("/anna")) >= 1, 1);
    assert_int_equal(
        world_events(&w, 1, EVENT_RUN_FINISHED) + world_events(&w, 1, EVENT_RUN_UNKNOWN), 1);
}

static void play_intake(void)
{
    struct fake_answer answer = {.status = 503};
    for (int tries = 0; answer.status != 200; tries++) {
        assert_true(tries < 3);
        answer = world_http(&w, HTTP_POST, "/v1/webhooks/alertmanager/am", "Bearer t0p-s3cret",
                            "{\"version\":\"4\",\"status\":\"firing\",\"receiver\":\"x\","
                            "\"alerts\":[{\"status\":\"firing\",\"labels\":{\"alertname\":\"A\","
                            "\"severity\":\"page\"},\"annotations\":{},\"startsAt\":"
                            "\"2026-11-21T00:00:00Z\",\"endsAt\":\"0001-01-01T00:00:00Z\"}]}");
        assert_true(answer.status == 200 || answer.status == 503);
        /* Never 2xx before the commit. */
        assert_true(answer.status != 200 || w.db.t.intake.n >= 1);
    }
    settle_down();
}

static void check_intake(void)
{
    assert_true(w.db.t.intake.n >= 1);
    assert_int_equal(w.db.t.incidents.n, 1);
    assert_int_equal(world_incident(&w, 1)->total, 1);
}

static void acknowledge_once(void *arg)
{
    (void)arg;
    w.transfers.meanwhile = NULL;
    if (!w.db.owner) {
        world_acknowledge(&w, 1);
    }
}

static void play_ack_while_sending(void)
{
    world_alert(&w, "alertname=A,severity=page", "firing", 0);
    world_process(&w);
    w.transfers.meanwhile = acknowledge_once;
    settle_down();
}

static void play_worse(void)
{
    world_alert(&w, "alertname=A,severity=info", "firing", 0);
    settle_down();
    world_alert(&w, "alertname=A,severity=warning", "firing", 60 * US_PER_S);
    settle_down();
}

static void check_worse(void)
{
    assert_int_equal(w.db.t.incidents.n, 1);
    assert_str_is(world_incident(&w, 1)->severity, "warning");
    assert_int_equal(world_events(&w, 1, EVENT_CHANGED), 1);
}

static const struct scenario scenarios[] = {
    {"unanswered", play_unanswered, check_unanswered, 5},
    {"resolve", play_resolve, check_resolve, 1},
    {"acknowledge", play_acknowledge, check_acknowledge, 1},
    {"flapping", play_flapping, check_flapping, 2},
    {"script", play_script, check_script, 1},
    {"intake", play_intake, check_intake, 1},
    {"worse", play_worse, check_worse, 1},
    {"ack while sending", play_ack_while_sending, check_acknowledge, 1},
};

/* ---- the rack -------------------------------------------------------------------------------- */

static void run_once(const struct scenario *s, bool may_repeat)
{
    s->play();
    s->check();
    check_ledger();
    check_pages(s, may_repeat);
}

static void torture_store(const struct scenario *s)
{
    int64_t runs = 0;
    for (size_t k = 0; k < sizeof(fault_kinds) / sizeof(fault_kinds[0]); k++) {
        const struct fault_kind *kind = &fault_kinds[k];
        bool has_failed = true;
        for (int64_t at = 1; has_failed; at++, runs++) {
            world_start(&w, routes_basic);
            w.db.fault = (struct fake_fault){at, kind->status, kind->is_applied};
            now.scenario = s->name;
            now.fault = kind->name;
            now.at = at;
            run_once(s, kind->status == ERR_UNKNOWN_OUTCOME);
            has_failed = w.db.has_failed;
            w.db.fault = (struct fake_fault){0};
            world_end(&w);
        }
    }
    print_message("%s: %lld histories\n", s->name, (long long)runs);
}

static void torture_transfers(const struct scenario *s)
{
    static const struct transfer_reply failures[] = {
        {.end = TRANSFER_NOT_SENT, .body = {"", 0}, .detail = {"refused", 7}},
        {.end = TRANSFER_BROKEN, .body = {"", 0}, .detail = {"reset", 5}},
        {.end = TRANSFER_REPLIED, .status = 500, .body = {"", 0}, .detail = {"", 0}},
    };
    for (size_t k = 0; k < sizeof(failures) / sizeof(failures[0]); k++) {
        bool has_failed = true;
        for (int64_t at = 1; has_failed; at++) {
            world_start(&w, routes_basic);
            w.transfers.fail_at = at;
            w.transfers.fail_with = failures[k];
            now.scenario = s->name;
            now.fault = failures[k].detail.p;
            now.at = at;
            s->play();
            has_failed = w.transfers.has_failed;
            check_ledger();
            if (s->check != check_acknowledge) {
                s->check();
            }
            world_end(&w);
        }
    }
}

/* The failed history can be run again from this line. */
static int tell(void **state)
{
    (void)state;
    print_message("last: %s, %s, number %lld (%s)\n", now.scenario, now.fault, (long long)now.at,
                  w.db.failed_call ? w.db.failed_call : "no call");
    return 0;
}

/* ---- storms: many failures in one history ---------------------------------------------------- */

enum { STORM_HISTORIES = 120, STORM_ONE_IN = 12 };

static uint64_t storm;

static uint64_t next_random(void) /* xorshift64: the seed tells the whole history */
{
    storm ^= storm << 13;
    storm ^= storm >> 7;
    storm ^= storm << 17;
    return storm;
}

static void strike_sometimes(void *arg, const char *call)
{
    (void)arg;
    bool is_sender = strcmp(call, "ledger_append") == 0; /* the world gives up after three */
    if (!is_sender && next_random() % STORM_ONE_IN == 0) {
        const struct fault_kind *kind =
            &fault_kinds[next_random() % (sizeof(fault_kinds) / sizeof(fault_kinds[0]))];
        w.db.fault = (struct fake_fault){w.db.calls, kind->status, kind->is_applied};
        w.db.has_failed = false;
    }
}

static void check_copies(void)
{
    size_t copies = 0, marked = 0, pages = 0;
    for (size_t i = 0; i < w.db.t.deliveries.n; i++) {
        pages += w.db.t.deliveries.v[i].d.kind == NOTICE_PAGE;
    }
    for (size_t i = 0; i < w.transfers.requests.n; i++) {
        struct str body = w.transfers.requests.v[i].body;
        bool is_page = str_contains(body, STR("\"kind\":\"page\""));
        copies += is_page;
        marked += is_page && str_contains(body, STR("\"possible_repeat\":true"));
    }
    assert_true(copies <= pages + marked);
}

static void test_storms_lose_nothing_and_leave_nothing_stuck(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= STORM_HISTORIES; seed++) {
        now.scenario = "storm";
        now.fault = "seed";
        now.at = (int64_t)seed;
        storm = seed * 0x9e3779b97f4a7c15ULL;
        world_start(&w, routes_basic);
        w.db.on_call = strike_sometimes;
        play_unanswered();
        w.db.on_call = NULL;
        w.db.fault = (struct fake_fault){0};
        settle_down();
        check_ledger();
        check_unanswered();
        check_copies();
        world_end(&w);
    }
}

static const struct scenario *scenario(void **state)
{
    return *state;
}

static void test_any_call_of_the_store_may_fail(void **state)
{
    torture_store(scenario(state));
}

static void test_any_transfer_may_fail(void **state)
{
    torture_transfers(scenario(state));
}

int main(void)
{
    struct CMUnitTest tests[2 * sizeof(scenarios) / sizeof(scenarios[0]) + 1];
    size_t n = 0;
    log_setup(LOG_ERROR, LOG_LOGFMT, open("/dev/null", O_WRONLY | O_CLOEXEC));
    for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
        void *which = (void *)(uintptr_t)&scenarios[i];
        tests[n++] = (struct CMUnitTest){.name = scenarios[i].name,
                                         .test_func = test_any_call_of_the_store_may_fail,
                                         .teardown_func = tell,
                                         .initial_state = which};
        tests[n++] = (struct CMUnitTest){.name = scenarios[i].name,
                                         .test_func = test_any_transfer_may_fail,
                                         .teardown_func = tell,
                                         .initial_state = which};
    }
    tests[n++] = (struct CMUnitTest){.name = "storms",
                                     .test_func = test_storms_lose_nothing_and_leave_nothing_stuck,
                                     .teardown_func = tell};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
