#include "cmocka_all.h"
#include "domain/decision.h"

static struct arena arena;
static struct contact anna_contacts[] = {{.channel = CHANNEL_EMAIL,
                                          .address = {"a@x.org", 7},
                                          .user = {"anna", 4},
                                          .language = {"en", 2}}};
static struct user users[] = {{.id = {"anna", 4},
                               .name = {"Anna", 4},
                               .language = {"en", 2},
                               .contacts = anna_contacts,
                               .n_contacts = 1},
                              {.id = {"ghost", 5}, .name = {"Ghost", 5}, .language = {"en", 2}}};
static struct settings settings = {.directory = {.users = users, .n_users = 2}};
static struct target anna = {.kind = TARGET_USER, .name = {"anna", 4}};
static struct target ghost = {.kind = TARGET_USER, .name = {"ghost", 5}};
static struct target console = {.kind = TARGET_CONSOLE, .name = {"", 0}};
static const int64_t t0 = 1000 * US_PER_DAY;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static struct step notify(struct target *target)
{
    return (struct step){.kind = STEP_NOTIFY, .targets = target, .n_targets = 1};
}

static struct incident incident_with(const struct step *steps, size_t n)
{
    return (struct incident){.number = 1,
                             .receiver = STR("r"),
                             .severity = STR("critical"),
                             .state = INCIDENT_OPEN,
                             .cycle = 1,
                             .firing = 1,
                             .total = 1,
                             .round = 1,
                             .wake_at = t0,
                             .silent_at = AT_NONE,
                             .flapping_at = AT_NONE,
                             .snoozed_until = AT_NONE,
                             .reminded_at = AT_NONE,
                             .acked_at = AT_NONE,
                             .resolved_at = AT_NONE,
                             .plan = {.steps = steps, .n_steps = n}};
}

static struct decision escalate(const struct incident *before, int64_t now_at,
                                struct escalation_world world)
{
    struct decision d;
    world.settings = &settings;
    decision_init(&d, &arena, before, now_at);
    decision_escalate(&d, &world);
    return d;
}

static bool has_event(const struct decision *d, enum event_kind kind)
{
    for (size_t i = 0; i < d->events.n; i++) {
        if (d->events.v[i].kind == kind) {
            return true;
        }
    }
    return false;
}

static enum channel_kind only_page(const struct decision *d)
{
    assert_int_equal(d->intents.n, 1);
    return d->intents.v[0].to.contacts[0].channel;
}

/* if CONDITION then email else console */
static struct decision branch_on(struct condition condition, struct incident *ret)
{
    struct step *steps = ARENA_ARRAY(&arena, struct step, 4);
    struct condition *copy = ARENA_NEW(&arena, struct condition);
    *copy = condition;
    steps[0] = (struct step){.kind = STEP_IF, .conditions = copy, .n_conditions = 1, .target = 3};
    steps[1] = notify(&anna);
    steps[2] = (struct step){.kind = STEP_JUMP, .target = 4};
    steps[3] = notify(&console);
    *ret = incident_with(steps, 4);
    return escalate(ret, t0, (struct escalation_world){0});
}

static void test_a_branch_takes_then_or_else_and_says_which(void **state)
{
    (void)state;
    struct incident incident;
    struct condition severity = {.kind = CONDITION_SEVERITY, .name = STR("CRITICAL")};
    struct decision d = branch_on(severity, &incident);
    assert_int_equal(only_page(&d), CHANNEL_EMAIL);
    assert_true(has_event(&d, EVENT_BRANCHED));
    assert_int_equal(d.incident.step, 4);
    severity.name = STR("warning");
    d = branch_on(severity, &incident);
    assert_int_equal(only_page(&d), CHANNEL_CONSOLE);
}

static void test_a_round_condition_counts_rounds(void **state)
{
    (void)state;
    struct incident incident;
    struct condition second = {.kind = CONDITION_ROUND, .round = 2, .is_from = true};
    struct decision d = branch_on(second, &incident);
    assert_int_equal(only_page(&d), CHANNEL_CONSOLE);
    incident.round = 3;
    d = escalate(&incident, t0, (struct escalation_world){0});
    assert_int_equal(only_page(&d), CHANNEL_EMAIL);
}

static void test_nobody_reachable_is_about_the_notify_step_before(void **state)
{
    (void)state;
    struct condition nobody = {.kind = CONDITION_NOBODY};
    struct step steps[] = {
        notify(&ghost),
        {.kind = STEP_WAIT, .wait_us = US_PER_HOUR},
        {.kind = STEP_IF, .conditions = &nobody, .n_conditions = 1, .target = 4},
        notify(&anna),
    };
    struct incident incident = incident_with(steps, 4);
    struct decision d = escalate(&incident, t0, (struct escalation_world){0});
    assert_int_equal(only_page(&d), CHANNEL_EMAIL);
    steps[0] = notify(&console);
    d = escalate(&incident, t0, (struct escalation_world){0});
    assert_int_equal(only_page(&d), CHANNEL_CONSOLE);
    assert_int_equal(d.incident.step, 2);
}

static void test_a_resolve_step_closes_the_incident_and_tells_it(void **state)
{
    (void)state;
    struct step steps[] = {{.kind = STEP_RESOLVE}};
    struct incident incident = incident_with(steps, 1);
    struct told told = {.contact = anna_contacts[0], .label = STR("Anna")};
    struct decision d =
        escalate(&incident, t0, (struct escalation_world){.told = &told, .n_told = 1});
    assert_int_equal(d.incident.state, INCIDENT_RESOLVED);
    assert_int_equal(d.incident.wake_at == AT_NONE, 1);
    assert_int_equal(d.intents.n, 1);
    assert_int_equal(d.intents.v[0].kind, NOTICE_RESOLVED);
}

static void test_a_muted_incident_waits_and_pages_when_the_window_ends(void **state)
{
    (void)state;
    struct step steps[] = {notify(&anna)};
    struct incident incident = incident_with(steps, 1);
    struct escalation_world muted = {.muted_by = STR("interval nights"),
                                     .muted_until = t0 + US_PER_MIN};
    struct decision d = escalate(&incident, t0, muted);
    assert_int_equal(d.intents.n, 0);
    assert_true(has_event(&d, EVENT_MUTED));
    assert_true(d.incident.wake_at == t0 + US_PER_MIN);
    incident = d.incident;
    muted.muted_until = t0 + 2 * US_PER_MIN;
    d = escalate(&incident, t0 + US_PER_MIN, muted);
    assert_int_equal(d.events.n, 0); /* the same reason is told once */
    incident = d.incident;
    d = escalate(&incident, t0 + 2 * US_PER_MIN, (struct escalation_world){0});
    assert_true(has_event(&d, EVENT_UNMUTED));
    assert_int_equal(only_page(&d), CHANNEL_EMAIL);
    assert_int_equal(d.incident.muted_by.n, 0);
}

static struct incident acknowledged(struct step *steps, int64_t remind_us, int64_t unack_us)
{
    struct incident incident = incident_with(steps, 1);
    struct decision d;
    incident.plan.remind_us = remind_us;
    incident.plan.unack_us = unack_us;
    decision_init(&d, &arena, &incident, t0);
    assert_int_equal(decision_acknowledge(&d, STR("user:anna"), STR("link"), NULL, 0),
                     TRANSITION_CHANGED);
    incident = d.incident;
    d = escalate(&incident, t0, (struct escalation_world){0});
    assert_int_equal(d.events.n, 0);
    return d.incident;
}

static void test_without_remind_an_acknowledged_incident_sleeps(void **state)
{
    (void)state;
    struct step steps[] = {notify(&anna)};
    assert_true(acknowledged(steps, 0, 0).wake_at == AT_NONE);
}

static void test_who_acknowledged_is_reminded_and_may_answer(void **state)
{
    (void)state;
    struct step steps[] = {notify(&console)};
    struct incident incident = acknowledged(steps, US_PER_HOUR, 15 * US_PER_MIN);
    assert_true(incident.wake_at == t0 + US_PER_HOUR);
    struct decision d = escalate(&incident, t0 + US_PER_HOUR, (struct escalation_world){0});
    assert_int_equal(only_page(&d), CHANNEL_EMAIL);
    assert_int_equal(d.intents.v[0].kind, NOTICE_REMINDER);
    assert_true(notice_is_wanted(&d.incident, NOTICE_REMINDER, 1, d.incident.state_seq));
    incident = d.incident;
    int64_t later_at = t0 + US_PER_HOUR + US_PER_MIN;
    decision_init(&d, &arena, &incident, later_at);
    assert_int_equal(decision_acknowledge(&d, STR("user:anna"), STR("link"), NULL, 0),
                     TRANSITION_SAME);
    assert_true(has_event(&d, EVENT_ACKNOWLEDGED));
    assert_false(notice_is_wanted(&d.incident, NOTICE_REMINDER, 1, d.incident.state_seq));
    incident = d.incident;
    d = escalate(&incident, later_at, (struct escalation_world){0});
    assert_true(d.incident.wake_at == later_at + US_PER_HOUR);
}

static void test_an_unanswered_reminder_starts_the_escalation_again(void **state)
{
    (void)state;
    struct step steps[] = {notify(&console)};
    struct incident incident = acknowledged(steps, US_PER_HOUR, 15 * US_PER_MIN);
    struct decision d = escalate(&incident, t0 + US_PER_HOUR, (struct escalation_world){0});
    incident = d.incident;
    d = escalate(&incident, t0 + US_PER_HOUR + 15 * US_PER_MIN, (struct escalation_world){0});
    assert_int_equal(d.incident.state, INCIDENT_OPEN);
    assert_true(has_event(&d, EVENT_UNACKNOWLEDGED));
    assert_int_equal(only_page(&d), CHANNEL_CONSOLE);
    assert_true(str_contains(d.intents.v[0].dedupe_key, STR("/a"))); /* not the first page's key */
    assert_true(d.incident.acked_at == AT_NONE);
}

static void test_silence_resolves_and_a_repeat_opens_again(void **state)
{
    (void)state;
    struct step steps[] = {notify(&console)};
    struct incident incident = incident_with(steps, 1);
    struct decision d;
    incident.wake_at = AT_NONE;
    decision_init(&d, &arena, &incident, t0);
    assert_true(decision_heard(&d, US_PER_HOUR));
    assert_false(decision_heard(&d, US_PER_HOUR)); /* nothing to write */
    incident = d.incident;
    d = escalate(&incident, t0 + US_PER_HOUR - 1, (struct escalation_world){0});
    assert_int_equal(d.incident.state, INCIDENT_OPEN);
    d = escalate(&incident, t0 + US_PER_HOUR, (struct escalation_world){0});
    assert_int_equal(d.incident.state, INCIDENT_RESOLVED);
    assert_true(d.incident.silent_at == AT_NONE);
    incident = d.incident;
    struct alert_changes repeat = {.firing = 1, .total = 1, .source = STR("source:x")};
    repeat.by_news[NEWS_REPEATED] = 1;
    decision_init(&d, &arena, &incident, t0 + 2 * US_PER_HOUR);
    decision_alerts(&d, &repeat, &(struct cycle_rules){0}, NULL, 0);
    assert_int_equal(d.incident.state, INCIDENT_OPEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        T(test_a_branch_takes_then_or_else_and_says_which),
        T(test_a_round_condition_counts_rounds),
        T(test_nobody_reachable_is_about_the_notify_step_before),
        T(test_a_resolve_step_closes_the_incident_and_tells_it),
        T(test_a_muted_incident_waits_and_pages_when_the_window_ends),
        T(test_without_remind_an_acknowledged_incident_sleeps),
        T(test_who_acknowledged_is_reminded_and_may_answer),
        T(test_an_unanswered_reminder_starts_the_escalation_again),
        T(test_silence_resolves_and_a_repeat_opens_again),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
