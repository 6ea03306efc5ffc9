#include "domain/turn.h"

#include "domain_test.h"

#define NOW INT64_C(1000000000)
#define MIN US_PER_MIN

static const struct contact anna_ways[] = {{CHANNEL_SLACK, {"U1", 2}, {"anna", 4}, {"en", 2}}};
static const struct contact boris_ways[] = {{CHANNEL_SLACK, {"U2", 2}, {"boris", 5}, {"en", 2}}};
static const struct contact chen_ways[] = {{CHANNEL_EMAIL, {"c@x", 3}, {"chen", 4}, {"en", 2}}};
static const struct str mild = {"info", 4};
static const struct user people[] = {
    {.id = {"anna", 4}, .name = {"Anna", 4}, .contacts = anna_ways, .n_contacts = 1},
    {.id = {"boris", 5},
     .name = {"Boris", 5},
     .contacts = boris_ways,
     .n_contacts = 1,
     .quiet = {&mild, 1, NULL, 0}},
    {.id = {"chen", 4}, .name = {"Chen", 4}, .contacts = chen_ways, .n_contacts = 1},
    {.id = {"mute", 4}, .name = {"Mute", 4}},
};
static const struct user *const members[] = {&people[0], &people[1], &people[2], &people[3]};
static const struct team teams[] = {{{"crew", 4}, members, 3}, {{"half", 4}, &members[2], 2}};
static const struct schedule schedules[] = {{.id = {"void", 4}, .zone = &zone_utc}};
static const struct target to_crew[] = {{.kind = TARGET_TEAM, .name = {"crew", 4}}};
static const struct target to_half[] = {{.kind = TARGET_TEAM, .name = {"half", 4}}};
static const struct target to_void[] = {{.kind = TARGET_SCHEDULE, .name = {"void", 4}},
                                        {.kind = TARGET_USER, .name = {"mute", 4}},
                                        {.kind = TARGET_USER, .name = {"gone", 4}}};
static const struct target to_mix[] = {{.kind = TARGET_SLACK, .name = {"#ops", 4}},
                                       {.kind = TARGET_USER, .name = {"anna", 4}}};
static const struct target to_last[] = {{.kind = TARGET_EMAIL, .name = {"all@x", 5}},
                                        {.kind = TARGET_USER, .name = {"anna", 4}}};
static const struct step last_steps[] = {
    {.kind = STEP_NOTIFY, .targets = to_last, .n_targets = 2, .is_in_turn = true}};
static const struct receiver catch_all = {.name = {"rest", 4}, .plan = {last_steps, 1}};
static const struct settings settings = {.directory = {.users = people,
                                                       .n_users = 4,
                                                       .teams = teams,
                                                       .n_teams = 2,
                                                       .schedules = schedules,
                                                       .n_schedules = 1},
                                         .catch_all = &catch_all};

#define IN_TURN(who)                                                                               \
    {                                                                                              \
        .kind = STEP_NOTIFY, .targets = (who), .n_targets = sizeof(who) / sizeof((who)[0]),        \
        .is_in_turn = true                                                                         \
    }
static const struct step plain[] = {
    IN_TURN(to_crew), {.kind = STEP_WAIT, .wait_us = 5 * MIN}, {.kind = STEP_REPEAT, .repeat = 2}};

static struct incident opened(const struct step *steps, size_t n)
{
    return (struct incident){.state = INCIDENT_OPEN,
                             .cycle = 1,
                             .round = 1,
                             .wake_at = NOW,
                             .silent_at = AT_NONE,
                             .flapping_at = AT_NONE,
                             .snoozed_until = AT_NONE,
                             .reminded_at = AT_NONE,
                             .receiver = STR("turns"),
                             .severity = STR("critical"),
                             .plan = {.steps = steps, .n_steps = n}};
}

#define OPENED(steps) opened(steps, sizeof(steps) / sizeof((steps)[0]))

static struct decision escalate(const struct incident *in, const asked_vec *asked,
                                const struct turn *turns, size_t n)
{
    struct decision d;
    struct escalation_world world = {.settings = &settings,
                                     .asked = asked ? asked->v : NULL,
                                     .n_asked = asked ? asked->n : 0,
                                     .turns = turns,
                                     .n_turns = n};
    decision_init(&d, &arena, in, in->wake_at);
    decision_escalate(&d, &world);
    return d;
}

static struct str fact_of(const struct decision *d, enum event_kind kind, const char *name)
{
    for (size_t i = 0; i < d->events.n; i++) {
        const struct timeline_entry *e = &d->events.v[i];
        for (size_t k = 0; e->kind == kind && k < e->n_facts; k++) {
            if (strcmp(e->facts[k].name, name) == 0) {
                return e->facts[k].value;
            }
        }
    }
    return STR_EMPTY;
}

#define assert_told(d, whom)                                                                       \
    do {                                                                                           \
        assert_int_equal((d)->intents.n, 1);                                                       \
        assert_str_is((d)->intents.v[0].to.label, whom);                                           \
    } while (0)

static struct candidates candidates_of(const struct target *targets, size_t n, const char *severity)
{
    struct step step = {.kind = STEP_NOTIFY, .targets = targets, .n_targets = n};
    return directory_candidates(&settings.directory, &step, (struct overrides){0},
                                str_from(severity), NOW, &arena);
}

static void test_the_list_has_those_who_cannot_be_reached_and_why(void **state)
{
    (void)state;
    struct candidates list = candidates_of(to_void, 3, "critical");
    assert_int_equal(list.n, 3);
    assert_str_is(list.v[0].to.label, "schedule:void");
    assert_int_equal(list.v[0].reach, REACH_NOBODY);
    assert_int_equal(list.v[1].reach, REACH_NO_WAY);
    assert_str_is(list.v[2].to.label, "user:gone");
    assert_int_equal(list.v[2].reach, REACH_GONE);
    list = candidates_of(to_crew, 1, "info");
    assert_int_equal(list.v[1].reach, REACH_QUIET);
    assert_int_equal(candidates_of(to_crew, 1, "critical").v[1].reach, REACH_OK);
}

static void test_turns_go_round_the_list(void **state)
{
    (void)state;
    struct candidates list = candidates_of(to_crew, 1, "critical");
    for (size_t turn = 0; turn < 9; turn++) {
        struct pick pick = turn_pick(list, turn);
        assert_ptr_equal(pick.one, &list.v[turn % 3]);
        assert_int_equal(turn_passed_over(list, &pick, &arena).n, 0);
    }
}

static void test_the_next_one_is_told_for_who_cannot_be_reached(void **state)
{
    (void)state;
    struct candidates list = candidates_of(to_half, 1, "critical");
    struct pick pick = turn_pick(list, 1);
    assert_str_is(pick.one->to.label, "Chen");
    assert_int_equal(pick.first, 1);
    assert_int_equal(pick.place, 0);
    assert_str_is(turn_passed_over(list, &pick, &arena), "Mute (no way to reach them)");
}

static void test_of_a_list_without_anybody_nobody_is_picked(void **state)
{
    (void)state;
    struct candidates list = candidates_of(to_void, 3, "critical");
    struct pick pick = turn_pick(list, 2);
    assert_null(pick.one);
    assert_str_is(turn_passed_over(list, &pick, &arena),
                  "user:gone (not in the files any more), schedule:void (nobody on call), Mute (no "
                  "way to reach them)");
    assert_null(turn_pick((struct candidates){0}, 7).one);
}

static void test_who_was_asked_is_found_by_person_or_by_place(void **state)
{
    (void)state;
    struct candidates list = candidates_of(to_mix, 2, "critical");
    struct contact elsewhere = anna_ways[0], place = list.v[0].to.contacts[0];
    elsewhere.address = STR("U9"); /* their address was changed meanwhile */
    assert_int_equal(turn_place(list, &elsewhere), 1);
    assert_int_equal(turn_place(list, &place), 0);
    assert_true(turn_place(list, &chen_ways[0]) == SIZE_MAX);
}

static void test_the_step_pages_whose_turn_it_is(void **state)
{
    (void)state;
    const char *const whom[] = {"Anna", "Boris", "Chen", "Anna"};
    struct incident in = OPENED(plain);
    for (int64_t number = 0; number < 4; number++) {
        struct turn turn = {0, number};
        struct decision d = escalate(&in, NULL, &turn, 1);
        assert_told(&d, whom[number]);
        assert_int_equal(d.turns.n, 1);
        assert_int_equal(d.turns.v[0].step, 0);
        assert_int_equal(d.incident.wake_at, NOW + 5 * MIN);
    }
    struct turn third = {0, 2};
    struct decision d = escalate(&in, NULL, &third, 1);
    assert_str_is(fact_of(&d, EVENT_NOTIFIED, "turn"), "3");
    assert_str_is(fact_of(&d, EVENT_NOTIFIED, "place"), "3 of 3");
}

static void test_the_next_round_goes_on_behind_whom_the_step_paged(void **state)
{
    (void)state;
    asked_vec asked = {0};
    struct incident in = OPENED(plain);
    struct turn turn = {0, 1}, other = {0, 4};
    struct decision d = escalate(&in, NULL, &turn, 1);
    assert_told(&d, "Boris");
    asked_note(&arena, &asked, d.intents.v[0].step, &d.intents.v[0].to.contacts[0]);
    in = d.incident;
    in.plan = (struct plan){.steps = plain, .n_steps = 3};
    d = escalate(&in, &asked, &other, 1);
    assert_told(&d, "Chen");
    assert_int_equal(d.turns.n, 0);
    assert_str_is(fact_of(&d, EVENT_NOTIFIED, "after"), "Boris");
}

static void test_who_was_paged_and_left_the_list_costs_a_turn(void **state)
{
    (void)state;
    asked_vec asked = {0};
    struct incident in = OPENED(plain);
    struct contact left = {CHANNEL_SLACK, STR("U7"), STR("left"), STR("en")};
    struct turn turn = {0, 2};
    asked_note(&arena, &asked, 0, &left);
    struct decision d = escalate(&in, &asked, &turn, 1);
    assert_told(&d, "Chen");
    assert_int_equal(d.turns.n, 1);
}

static void test_rounds_without_a_wait_page_one_after_the_other(void **state)
{
    (void)state;
    const struct step steps[] = {IN_TURN(to_crew), {.kind = STEP_REPEAT, .repeat = 3}};
    struct incident in = OPENED(steps);
    struct turn turn = {0, 1};
    struct decision d = escalate(&in, NULL, &turn, 1);
    assert_int_equal(d.turns.n, 1);
    assert_true(d.intents.n >= 4);
    assert_str_is(d.intents.v[0].to.label, "Boris");
    assert_str_is(d.intents.v[1].to.label, "Chen");
    assert_str_is(d.intents.v[2].to.label, "Anna");
    assert_str_is(d.intents.v[3].to.label, "Boris");
}

static void test_in_quiet_time_the_turn_is_passed_on(void **state)
{
    (void)state;
    struct incident in = OPENED(plain);
    struct turn turn = {0, 1};
    in.severity = STR("info");
    struct decision d = escalate(&in, NULL, &turn, 1);
    assert_told(&d, "Chen");
    assert_str_is(fact_of(&d, EVENT_NOTIFIED, "passed_over"), "Boris (quiet time)");
}

static void test_a_step_without_anybody_takes_no_turn_and_no_time(void **state)
{
    (void)state;
    const struct step steps[] = {
        IN_TURN(to_void), {.kind = STEP_WAIT, .wait_us = 5 * MIN}, IN_TURN(to_mix)};
    struct incident in = OPENED(steps);
    struct decision d = escalate(&in, NULL, NULL, 0);
    assert_told(&d, "slack:#ops");
    assert_int_equal(d.turns.n, 1);
    assert_int_equal(d.turns.v[0].step, 2);
    assert_true(str_contains(fact_of(&d, EVENT_STEP_SKIPPED, "passed_over"), STR("Mute")));
}

static void test_when_nobody_is_there_the_catch_all_tells_all_of_its_own(void **state)
{
    (void)state;
    const struct step steps[] = {IN_TURN(to_void), {.kind = STEP_WAIT, .wait_us = 5 * MIN}};
    struct incident in = OPENED(steps);
    struct decision d = escalate(&in, NULL, NULL, 0);
    assert_int_equal(d.intents.n, 2);
    assert_int_equal(d.turns.n, 0);
    assert_str_is(d.intents.v[0].to.label, "email:all@x");
}

/* What flows/turns relies on: it decides, takes the turns, and decides again. */
static void test_which_steps_take_a_turn_does_not_depend_on_its_number(void **state)
{
    (void)state;
    const struct step steps[] = {
        IN_TURN(to_half), IN_TURN(to_void), IN_TURN(to_crew), {.kind = STEP_REPEAT, .repeat = 2}};
    struct incident in = OPENED(steps);
    in.severity = STR("info");
    struct decision first = escalate(&in, NULL, NULL, 0);
    assert_int_equal(first.turns.n, 2);
    for (int64_t number = 0; number < 12; number++) {
        struct turn turns[] = {{0, number}, {2, 11 - number}};
        struct decision d = escalate(&in, NULL, turns, 2);
        assert_int_equal(d.turns.n, 2);
        assert_int_equal(d.turns.v[0].step, first.turns.v[0].step);
        assert_int_equal(d.turns.v[1].step, first.turns.v[1].step);
        assert_int_equal(d.intents.n, first.intents.n);
    }
}

static void test_plans_say_whether_they_take_turns(void **state)
{
    (void)state;
    struct plan plan = {.steps = plain, .n_steps = 3};
    assert_true(plan_takes_turns(&plan));
    plan.steps = &plain[1];
    plan.n_steps = 2;
    assert_false(plan_takes_turns(&plan));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_the_list_has_those_who_cannot_be_reached_and_why),
        T(test_turns_go_round_the_list),
        T(test_the_next_one_is_told_for_who_cannot_be_reached),
        T(test_of_a_list_without_anybody_nobody_is_picked),
        T(test_who_was_asked_is_found_by_person_or_by_place),
        T(test_the_step_pages_whose_turn_it_is),
        T(test_the_next_round_goes_on_behind_whom_the_step_paged),
        T(test_who_was_paged_and_left_the_list_costs_a_turn),
        T(test_rounds_without_a_wait_page_one_after_the_other),
        T(test_in_quiet_time_the_turn_is_passed_on),
        T(test_a_step_without_anybody_takes_no_turn_and_no_time),
        T(test_when_nobody_is_there_the_catch_all_tells_all_of_its_own),
        T(test_which_steps_take_a_turn_does_not_depend_on_its_number),
        T(test_plans_say_whether_they_take_turns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
