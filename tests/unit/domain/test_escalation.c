#include "domain_test.h"

#define NOW INT64_C(1000000000)
#define MIN US_PER_MIN

static const struct contact anna_ways[] = {{CHANNEL_SLACK, {"U1", 2}, {"anna", 4}, {"en", 2}}};
static const struct user people[] = {
    {.id = {"anna", 4}, .name = {"Anna", 4}, .contacts = anna_ways, .n_contacts = 1},
};
static const struct target to_anna[] = {{.kind = TARGET_USER, .name = {"anna", 4}}};
static const struct target to_place[] = {{.kind = TARGET_SLACK, .name = {"#ops", 4}}};
static const struct target to_nobody[] = {{.kind = TARGET_USER, .name = {"ghost", 5}}};
static const struct target to_last[] = {{.kind = TARGET_EMAIL, .name = {"all@x", 5}}};
static const struct step last_steps[] = {{.kind = STEP_NOTIFY, .targets = to_last, .n_targets = 1}};
static const struct receiver catch_all = {.name = {"rest", 4}, .plan = {last_steps, 1}};
static const struct matcher is_db[] = {{MATCHER_EQ, {"unit", 4}, {"db", 2}, NULL}};

#define NOTIFY(who)                                                                                \
    {                                                                                              \
        .kind = STEP_NOTIFY, .targets = (who), .n_targets = 1                                      \
    }
#define WAIT(us)                                                                                   \
    {                                                                                              \
        .kind = STEP_WAIT, .wait_us = (us)                                                         \
    }
#define REPEAT(n)                                                                                  \
    {                                                                                              \
        .kind = STEP_REPEAT, .repeat = (n)                                                         \
    }
#define RUN(hold)                                                                                  \
    {                                                                                              \
        .kind = STEP_RUN, .action = {"fix", 3}, .wait_us = (hold)                                  \
    }

static struct uuid next_id(void *arg)
{
    uint8_t *n = arg;
    return (struct uuid){{++*n}};
}

static struct decision escalate_at(struct incident in, const struct step *steps, size_t n,
                                   int64_t now_at, const char *labels)
{
    static const struct settings settings = {.directory = {.users = people, .n_users = 1},
                                             .catch_all = &catch_all};
    struct decision d;
    struct labels *of = ARENA_NEW(&arena, struct labels);
    uint8_t ids = 0;
    *of = labels_of(labels);
    struct escalation_world world = {.settings = &settings,
                                     .alert_labels = of,
                                     .n_alert_labels = 1,
                                     .new_id = next_id,
                                     .new_id_arg = &ids};
    in.plan = (struct plan){.steps = steps, .n_steps = n};
    decision_init(&d, &arena, &in, now_at);
    decision_escalate(&d, &world);
    return d;
}

static struct incident opened(void)
{
    return (struct incident){.state = INCIDENT_OPEN,
                             .cycle = 1,
                             .round = 1,
                             .wake_at = NOW,
                             .silent_at = AT_NONE,
                             .flapping_at = AT_NONE,
                             .snoozed_until = AT_NONE,
                             .reminded_at = AT_NONE,
                             .receiver = STR("page")};
}

#define ESCALATE(steps) escalate_at(opened(), steps, sizeof(steps) / sizeof(steps[0]), NOW, "")

static size_t events_of(const struct decision *d, enum event_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < d->events.n; i++) {
        n += d->events.v[i].kind == kind;
    }
    return n;
}

static void test_steps_run_until_the_first_wait(void **state)
{
    (void)state;
    const struct step steps[] = {NOTIFY(to_anna), NOTIFY(to_place), WAIT(5 * MIN), NOTIFY(to_anna)};
    struct decision d = ESCALATE(steps);
    assert_int_equal(d.intents.n, 2);
    assert_int_equal(d.incident.step, 3);
    assert_int_equal(d.incident.wake_at, NOW + 5 * MIN);
    assert_true(d.incident.was_reached);
}

static void test_nothing_happens_before_its_time_or_when_it_is_not_open(void **state)
{
    (void)state;
    const struct step steps[] = {NOTIFY(to_anna)};
    struct incident in = opened();
    in.wake_at = NOW + 1;
    assert_int_equal(escalate_at(in, steps, 1, NOW, "").events.n, 0);
    in.wake_at = AT_NONE;
    assert_int_equal(escalate_at(in, steps, 1, NOW, "").events.n, 0);
    in.wake_at = NOW;
    in.state = INCIDENT_ACKNOWLEDGED;
    assert_int_equal(escalate_at(in, steps, 1, NOW, "").events.n, 0);
}

static void test_an_empty_step_is_skipped_together_with_its_wait(void **state)
{
    (void)state;
    const struct step steps[] = {NOTIFY(to_nobody), WAIT(5 * MIN), NOTIFY(to_anna), WAIT(MIN)};
    struct decision d = ESCALATE(steps);
    assert_int_equal(events_of(&d, EVENT_STEP_SKIPPED), 1);
    assert_int_equal(d.intents.n, 1);
    assert_int_equal(d.incident.wake_at, NOW + MIN);
}

static void test_a_wait_that_follows_a_page_and_an_empty_step_is_kept(void **state)
{
    (void)state;
    const struct step steps[] = {NOTIFY(to_anna), NOTIFY(to_nobody), WAIT(5 * MIN), REPEAT(100)};
    struct decision d = ESCALATE(steps);
    assert_int_equal(d.intents.n, 1);
    assert_int_equal(d.incident.wake_at, NOW + 5 * MIN);
}

static void test_repeat_runs_the_rounds_and_then_ends(void **state)
{
    (void)state;
    const struct step steps[] = {NOTIFY(to_anna), WAIT(MIN), REPEAT(2)};
    struct incident in = opened();
    size_t pages = 0, rounds = 0;
    while (in.wake_at != AT_NONE) {
        struct decision d = escalate_at(in, steps, 3, in.wake_at, "");
        for (size_t i = 0; i < d.intents.n; i++) {
            pages += str_eq(d.intents.v[i].to.label, STR("Anna"));
        }
        in = d.incident;
        assert_true(++rounds < 10);
    }
    assert_int_equal(pages, 3);
    assert_int_equal(in.round, 3);
}

static void test_every_round_has_its_own_keys(void **state)
{
    (void)state;
    const struct step steps[] = {NOTIFY(to_anna), WAIT(MIN), REPEAT(2)};
    struct decision first = ESCALATE(steps);
    struct decision second = escalate_at(first.incident, steps, 3, NOW + MIN, "");
    assert_false(str_eq(first.intents.v[0].dedupe_key, second.intents.v[0].dedupe_key));
    struct incident again = opened();
    again.cycle = 2;
    struct decision other = escalate_at(again, steps, 3, NOW, "");
    assert_false(str_eq(first.intents.v[0].dedupe_key, other.intents.v[0].dedupe_key));
}

static void test_the_catch_all_is_told_when_nobody_answered(void **state)
{
    (void)state;
    const struct step steps[] = {NOTIFY(to_anna), WAIT(MIN)};
    struct decision first = ESCALATE(steps);
    struct decision d = escalate_at(first.incident, steps, 2, NOW + MIN, "");
    assert_int_equal(d.intents.n, 1);
    assert_str_is(d.intents.v[0].to.label, "email:all@x");
    assert_int_equal(events_of(&d, EVENT_CATCH_ALL), 1);
    assert_int_equal(events_of(&d, EVENT_ESCALATION_ENDED), 1);
    assert_int_equal(d.incident.wake_at, AT_NONE);
}

static void test_a_plan_without_a_wait_does_not_tell_the_catch_all_as_well(void **state)
{
    (void)state;
    const struct step steps[] = {NOTIFY(to_place)};
    struct decision d = ESCALATE(steps);
    assert_int_equal(d.intents.n, 1);
    assert_int_equal(events_of(&d, EVENT_CATCH_ALL), 0);
    assert_int_equal(events_of(&d, EVENT_ESCALATION_ENDED), 1);
}

static void test_the_catch_all_itself_is_not_told_twice(void **state)
{
    (void)state;
    struct incident in = opened();
    in.receiver = STR("rest");
    struct decision d = escalate_at(in, last_steps, 1, NOW, "");
    assert_int_equal(d.intents.n, 1);
    assert_int_equal(events_of(&d, EVENT_CATCH_ALL), 0);
}

static void test_when_all_steps_are_empty_the_catch_all_is_told_at_once(void **state)
{
    (void)state;
    const struct step steps[] = {NOTIFY(to_nobody), WAIT(MIN), REPEAT(100)};
    struct decision d = ESCALATE(steps);
    assert_int_equal(d.intents.n, 1);
    assert_str_is(d.intents.v[0].to.label, "email:all@x");
    assert_int_equal(d.incident.wake_at, AT_NONE);
}

static void test_when_the_catch_all_is_empty_too_nobody_was_reached(void **state)
{
    (void)state;
    const struct step steps[] = {NOTIFY(to_nobody), WAIT(MIN)};
    struct incident in = opened();
    in.receiver = STR("rest"); /* the catch-all is this one */
    struct decision d = escalate_at(in, steps, 2, NOW, "");
    assert_int_equal(d.intents.n, 0);
    assert_int_equal(events_of(&d, EVENT_NOBODY_REACHED), 1);
    assert_false(d.incident.was_reached);
}

static void test_a_receiver_without_steps_ends_in_silence(void **state)
{
    (void)state;
    struct decision d = escalate_at(opened(), NULL, 0, NOW, "");
    assert_int_equal(d.events.n, 0);
    assert_int_equal(d.incident.wake_at, AT_NONE);
}

static void test_a_script_holds_the_next_step_for_its_result(void **state)
{
    (void)state;
    const struct step steps[] = {RUN(2 * MIN), NOTIFY(to_anna)};
    struct decision d = ESCALATE(steps);
    assert_int_equal(d.runs.n, 1);
    assert_int_equal(d.intents.n, 0);
    assert_int_equal(d.incident.wake_at, NOW + 2 * MIN);
    assert_true(uuid_eq(d.incident.held_by_run, d.runs.v[0].id));
    struct decision later = escalate_at(d.incident, steps, 2, NOW + 2 * MIN, "");
    assert_int_equal(later.intents.n >= 1, 1);
    assert_true(uuid_eq(later.incident.held_by_run, (struct uuid){0}));
}

static void test_a_script_without_a_hold_delays_nothing(void **state)
{
    (void)state;
    const struct step steps[] = {RUN(0), NOTIFY(to_anna), WAIT(MIN)};
    struct decision d = ESCALATE(steps);
    assert_int_equal(d.runs.n, 1);
    assert_int_equal(d.intents.n, 1);
}

static void test_a_script_runs_only_when_an_alert_matches(void **state)
{
    (void)state;
    struct step steps[] = {RUN(MIN), NOTIFY(to_anna), WAIT(MIN)};
    steps[0].only_if = (struct matchers){is_db, 1};
    struct decision no = escalate_at(opened(), steps, 3, NOW, "unit=web");
    assert_int_equal(no.runs.n, 0);
    assert_int_equal(no.intents.n, 1);
    assert_int_equal(events_of(&no, EVENT_RUN_SKIPPED), 1);
    struct decision yes = escalate_at(opened(), steps, 3, NOW, "unit=db");
    assert_int_equal(yes.runs.n, 1);
}

static void test_equal_inputs_give_equal_decisions(void **state)
{
    (void)state;
    const struct step steps[] = {RUN(0), NOTIFY(to_anna), NOTIFY(to_nobody), NOTIFY(to_place)};
    struct decision a = ESCALATE(steps), b = ESCALATE(steps);
    assert_int_equal(a.events.n, b.events.n);
    for (size_t i = 0; i < a.events.n; i++) {
        const struct timeline_entry *x = &a.events.v[i], *y = &b.events.v[i];
        assert_true(x->kind == y->kind && x->seq == y->seq && x->n_facts == y->n_facts);
        for (size_t k = 0; k < x->n_facts; k++) {
            assert_true(str_eq(x->facts[k].value, y->facts[k].value));
        }
    }
    assert_int_equal(a.intents.n, b.intents.n);
    for (size_t i = 0; i < a.intents.n; i++) {
        assert_true(str_eq(a.intents.v[i].dedupe_key, b.intents.v[i].dedupe_key));
    }
    assert_true(uuid_eq(a.runs.v[0].id, b.runs.v[0].id));
    assert_int_equal(a.incident.wake_at, b.incident.wake_at);
}

static void test_the_largest_plan_that_waits_for_nothing_still_ends(void **state)
{
    (void)state;
    struct step steps[STEPS_MAX];
    for (size_t i = 0; i < STEPS_MAX; i++) {
        steps[i] = (struct step)NOTIFY(to_nobody);
    }
    steps[STEPS_MAX - 1] = (struct step)REPEAT(REPEAT_MAX);
    struct decision d = escalate_at(opened(), steps, STEPS_MAX, NOW, "");
    assert_int_equal(d.incident.wake_at, AT_NONE);
    assert_int_equal(events_of(&d, EVENT_STEP_SKIPPED), (STEPS_MAX - 1) * (REPEAT_MAX + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_steps_run_until_the_first_wait),
        T(test_nothing_happens_before_its_time_or_when_it_is_not_open),
        T(test_an_empty_step_is_skipped_together_with_its_wait),
        T(test_a_wait_that_follows_a_page_and_an_empty_step_is_kept),
        T(test_repeat_runs_the_rounds_and_then_ends),
        T(test_every_round_has_its_own_keys),
        T(test_the_catch_all_is_told_when_nobody_answered),
        T(test_a_plan_without_a_wait_does_not_tell_the_catch_all_as_well),
        T(test_the_catch_all_itself_is_not_told_twice),
        T(test_when_all_steps_are_empty_the_catch_all_is_told_at_once),
        T(test_when_the_catch_all_is_empty_too_nobody_was_reached),
        T(test_a_receiver_without_steps_ends_in_silence),
        T(test_a_script_holds_the_next_step_for_its_result),
        T(test_a_script_without_a_hold_delays_nothing),
        T(test_a_script_runs_only_when_an_alert_matches),
        T(test_equal_inputs_give_equal_decisions),
        T(test_the_largest_plan_that_waits_for_nothing_still_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
