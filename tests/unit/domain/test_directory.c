#include "domain_test.h"

#define HOUR US_PER_HOUR

static const struct contact anna_ways[] = {
    {CHANNEL_SLACK, {"U1", 2}, {"anna", 4}, {"en", 2}},
    {CHANNEL_EMAIL, {"a@x", 3}, {"anna", 4}, {"en", 2}},
};
static const struct contact boris_ways[] = {{CHANNEL_SLACK, {"U2", 2}, {"boris", 5}, {"ru", 2}}};
static const struct user people[] = {
    {.id = {"anna", 4}, .name = {"Anna", 4}, .contacts = anna_ways, .n_contacts = 2},
    {.id = {"boris", 5}, .name = {"Boris", 5}, .contacts = boris_ways, .n_contacts = 1},
    {.id = {"mute", 4}, .name = {"Mute", 4}},
};
static const struct user *const everyone[] = {&people[0], &people[1], &people[2]};
static const struct team teams[] = {{{"ops", 3}, everyone, 3}};
static const struct layer duty_layer = {.zone = &zone_utc,
                                        .users = everyone,
                                        .n_users = 2,
                                        .start_wall = 1000 * US_PER_MIN,
                                        .turn_us = HOUR,
                                        .until_at = AT_NONE};
static const struct schedule schedules[] = {
    {.id = {"duty", 4}, .zone = &zone_utc, .layers = &duty_layer, .n_layers = 1},
    {.id = {"void", 4}, .zone = &zone_utc},
};
static const struct directory directory = {.users = people,
                                           .n_users = 3,
                                           .teams = teams,
                                           .n_teams = 1,
                                           .schedules = schedules,
                                           .n_schedules = 2,
                                           .language = {"ru", 2}};

static struct addressees resolve(const struct target *targets, size_t n, int64_t now_at)
{
    struct step step = {.kind = STEP_NOTIFY, .targets = targets, .n_targets = n};
    return directory_resolve(&directory, &step, (struct overrides){0}, STR_EMPTY, now_at, &arena);
}

static void test_a_person_is_reached_by_all_ways_in_their_order(void **state)
{
    (void)state;
    struct target t[] = {{.kind = TARGET_USER, .name = STR("anna")}};
    struct addressees to = resolve(t, 1, 0);
    assert_int_equal(to.n, 1);
    assert_str_is(to.v[0].label, "Anna");
    assert_int_equal(to.v[0].n_contacts, 2);
    assert_int_equal(to.v[0].contacts[0].channel, CHANNEL_SLACK);
}

static void test_a_person_is_not_told_in_their_quiet_time(void **state)
{
    (void)state;
    static const struct str mild[] = {{"info", 4}, {"warning", 7}};
    const struct range monday = {1, 1};
    const struct interval_spec spec = {.zone = &zone_utc, .weekdays = {&monday, 1}};
    const struct interval mondays = {.name = STR("mondays"), .specs = &spec, .n_specs = 1};
    const struct interval *const during[] = {&mondays};
    const struct user user = {.quiet = {mild, 2, during, 1}};
    int64_t at = 4 * US_PER_DAY + HOUR; /* Monday, 1970-01-05 */
    assert_true(user_is_quiet(&user, STR("Warning"), at));
    assert_false(user_is_quiet(&user, STR("critical"), at));
    assert_false(user_is_quiet(&user, STR("warning"), at + US_PER_DAY));
    const struct user always = {.quiet = {mild, 2, NULL, 0}};
    assert_true(user_is_quiet(&always, STR("info"), at + US_PER_DAY));
    const struct user never = {.quiet = {0}};
    assert_false(user_is_quiet(&never, STR("info"), at));
}

static void test_quiet_people_are_left_out_and_named(void **state)
{
    (void)state;
    static const struct str mild = {"info", 4};
    struct user some[] = {people[0], people[1]};
    some[1].quiet = (struct quiet){&mild, 1, NULL, 0};
    struct directory d = {.users = some, .n_users = 2, .language = STR("en")};
    struct target t[] = {{.kind = TARGET_USER, .name = STR("anna")},
                         {.kind = TARGET_USER, .name = STR("boris")}};
    struct step step = {.kind = STEP_NOTIFY, .targets = t, .n_targets = 2};
    struct addressees to =
        directory_resolve(&d, &step, (struct overrides){0}, STR("info"), 0, &arena);
    assert_int_equal(to.n, 1);
    assert_str_is(to.quiet, "Boris");
    to = directory_resolve(&d, &step, (struct overrides){0}, STR("critical"), 0, &arena);
    assert_int_equal(to.n, 2);
    assert_int_equal(to.quiet.n, 0);
    to = directory_resolve(&d, &step, (struct overrides){0}, STR_EMPTY, 0, &arena);
    assert_int_equal(to.n, 2); /* the catch-all does not ask */
}

static void test_via_chooses_and_orders_the_ways(void **state)
{
    (void)state;
    struct target t[] = {{.kind = TARGET_USER, .name = STR("anna")},
                         {.kind = TARGET_USER, .name = STR("boris")}};
    struct step step = {.targets = t, .n_targets = 2, .via = {CHANNEL_EMAIL}, .n_via = 1};
    struct addressees to =
        directory_resolve(&directory, &step, (struct overrides){0}, STR_EMPTY, 0, &arena);
    assert_int_equal(to.n, 1); /* Boris has no mail */
    assert_int_equal(to.v[0].n_contacts, 1);
    assert_int_equal(to.v[0].contacts[0].channel, CHANNEL_EMAIL);
    step.via[1] = CHANNEL_SLACK;
    step.n_via = 2;
    to = directory_resolve(&directory, &step, (struct overrides){0}, STR_EMPTY, 0, &arena);
    assert_int_equal(to.n, 2);
    assert_int_equal(to.v[0].contacts[1].channel, CHANNEL_SLACK);
}

static void test_each_person_is_told_once_and_the_unreachable_are_left_out(void **state)
{
    (void)state;
    struct target t[] = {{.kind = TARGET_USER, .name = STR("anna")},
                         {.kind = TARGET_TEAM, .name = STR("ops")},
                         {.kind = TARGET_SCHEDULE, .name = STR("duty")}};
    struct addressees to = resolve(t, 3, 1000);
    assert_int_equal(to.n, 2);
    assert_str_is(to.v[1].label, "Boris");
}

static void test_each_place_is_told_once_and_speaks_the_files_language(void **state)
{
    (void)state;
    struct target t[] = {{.kind = TARGET_SLACK, .name = STR("#ops")},
                         {.kind = TARGET_SLACK, .name = STR("#ops")},
                         {.kind = TARGET_TELEGRAM, .name = STR("#ops")},
                         {.kind = TARGET_EMAIL, .name = STR("e@x")},
                         {.kind = TARGET_WEBHOOK, .name = STR("hook")},
                         {.kind = TARGET_CONSOLE, .name = STR_EMPTY}};
    struct addressees to = resolve(t, 6, 0);
    assert_int_equal(to.n, 5);
    assert_str_is(to.v[0].label, "slack:#ops");
    assert_str_is(to.v[0].contacts[0].language, "ru");
    assert_str_is(to.v[4].label, "console");
}

static void test_names_that_do_not_exist_reach_nobody(void **state)
{
    (void)state;
    struct target t[] = {{.kind = TARGET_USER, .name = STR("x")},
                         {.kind = TARGET_TEAM, .name = STR("x")},
                         {.kind = TARGET_SCHEDULE, .name = STR("x")},
                         {.kind = TARGET_USER, .name = STR("mute")}};
    assert_int_equal(resolve(t, 4, 0).n, 0);
}

static void test_turns_change_exactly_at_the_handoff(void **state)
{
    (void)state;
    const struct schedule *s = directory_schedule(&directory, STR("duty"));
    struct overrides none = {0};
    int64_t start_at = 1000 * US_PER_MIN;
    assert_null(schedule_on_call(s, none, start_at - 1).user);
    assert_ptr_equal(schedule_on_call(s, none, start_at).user, &people[0]);
    assert_ptr_equal(schedule_on_call(s, none, start_at + HOUR - 1).user, &people[0]);
    assert_ptr_equal(schedule_on_call(s, none, start_at + HOUR).user, &people[1]);
    assert_ptr_equal(schedule_on_call(s, none, start_at + 2 * HOUR).user, &people[0]);
    assert_ptr_equal(schedule_on_call(s, none, start_at + 100001 * HOUR).user, &people[1]);
}

static void test_a_schedule_without_people_reaches_nobody(void **state)
{
    (void)state;
    assert_null(
        schedule_on_call(directory_schedule(&directory, STR("void")), (struct overrides){0}, 5)
            .user);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_a_person_is_reached_by_all_ways_in_their_order),
        T(test_a_person_is_not_told_in_their_quiet_time),
        T(test_quiet_people_are_left_out_and_named),
        T(test_via_chooses_and_orders_the_ways),
        T(test_each_person_is_told_once_and_the_unreachable_are_left_out),
        T(test_each_place_is_told_once_and_speaks_the_files_language),
        T(test_names_that_do_not_exist_reach_nobody),
        T(test_turns_change_exactly_at_the_handoff),
        T(test_a_schedule_without_people_reaches_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
