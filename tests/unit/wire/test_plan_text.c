#include "wire/plan_text.h"

#include "dice.h"
#include "wire/matcher_syntax.h"
#include "wire/target_text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct arena arena;
static struct dice dice;

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

static struct str pick(const char *const *from, size_t n)
{
    return str_from(from[dice_roll(&dice, n)]);
}

static struct matchers random_matchers(void)
{
    static const char *const names[] = {"alertname", "team", "a b", "\xd1\x8f", "x\"y"};
    static const char *const values[] = {"", "x", "a|b", "\\\\d+", "line\\nnext", "\xe2\x82\xac"};
    struct matcher v[3];
    size_t n = dice_roll(&dice, 4);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(matcher_make(&arena,
                                      (enum matcher_op)((int)dice_roll(&dice, matcher_op_COUNT)),
                                      pick(names, 5), pick(values, 6), &v[i], NULL),
                         OK);
    }
    return matchers_sort(&arena, v, n);
}

static void add_targets(struct step *step)
{
    static const char *const names[] = {
        "user:anna",           "team:db", "schedule:x:y", "slack:#a \xc3\xa9\"", "telegram:-100123",
        "email:a@example.org", "console", "webhook:w",
    };
    struct target *targets = ARENA_ARRAY(&arena, struct target, 8);
    for (int i = (int)dice_roll(&dice, 8); i >= 0; i--) {
        if (target_parse(pick(names, 8), &targets[step->n_targets], NULL) == OK) {
            step->n_targets++;
        }
    }
    step->targets = targets;
    step->n_via = dice_roll(&dice, channel_kind_COUNT + 1);
    for (size_t i = 0; i < step->n_via; i++) {
        step->via[i] = (enum channel_kind)((i * 2 + 1) % channel_kind_COUNT);
    }
    step->is_in_turn = dice_roll(&dice, 2) == 1;
}

static void add_conditions(struct step *step)
{
    struct condition *v = ARENA_ARRAY(&arena, struct condition, CONDITIONS_MAX);
    step->n_conditions = 1 + dice_roll(&dice, CONDITIONS_MAX);
    for (size_t i = 0; i < step->n_conditions; i++) {
        enum condition_kind kind =
            (enum condition_kind)((int)dice_roll(&dice, condition_kind_COUNT));
        bool has_name = kind == CONDITION_SEVERITY || kind == CONDITION_DURING;
        v[i] = (struct condition){.kind = kind, .name = has_name ? STR("ni \"ghts") : STR_EMPTY};
        if (kind == CONDITION_MATCHES) {
            v[i].matchers = random_matchers();
        } else if (kind == CONDITION_ROUND) {
            v[i].round = 1 + (int)dice_roll(&dice, REPEAT_MAX);
            v[i].is_from = dice_roll(&dice, 2) == 1;
        }
    }
    step->conditions = v;
}

static struct step random_step(void)
{
    struct step step = {.kind = (enum step_kind)((int)dice_roll(&dice, step_kind_COUNT)),
                        .where = str_printf(&arena, "routes/x.yml:%d:%d",
                                            (int)dice_roll(&dice, 9999), (int)dice_roll(&dice, 80)),
                        .action = STR_EMPTY};
    switch (step.kind) {
    case STEP_NOTIFY:
        add_targets(&step);
        break;
    case STEP_WAIT:
        step.wait_us = (int64_t)dice_roll(&dice, 1u << 30) * 1000;
        break;
    case STEP_RUN:
        step.action = STR("restart-worker");
        step.wait_us = (int64_t)dice_roll(&dice, 1u << 30);
        step.only_if = random_matchers();
        break;
    case STEP_REPEAT:
        step.repeat = (int)dice_roll(&dice, REPEAT_MAX + 1);
        break;
    case STEP_IF:
        add_conditions(&step);
        break;
    case STEP_RESOLVE:
    case STEP_JUMP:
    case step_kind_COUNT:
        break;
    }
    return step;
}

static void assert_steps_equal(const struct step *a, const struct step *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_true(str_eq(a->where, b->where));
    assert_true(str_eq(a->action, b->action));
    assert_true(a->wait_us == b->wait_us);
    assert_int_equal(a->repeat, b->repeat);
    assert_int_equal(a->target, b->target);
    assert_int_equal(a->n_conditions, b->n_conditions);
    for (size_t i = 0; i < a->n_conditions; i++) {
        assert_int_equal(a->conditions[i].kind, b->conditions[i].kind);
        assert_true(str_eq(a->conditions[i].name, b->conditions[i].name));
        assert_int_equal(a->conditions[i].round, b->conditions[i].round);
        assert_int_equal(a->conditions[i].is_from, b->conditions[i].is_from);
        assert_int_equal(a->conditions[i].matchers.n, b->conditions[i].matchers.n);
    }
    assert_int_equal(a->n_targets, b->n_targets);
    for (size_t i = 0; i < a->n_targets; i++) {
        assert_int_equal(a->targets[i].kind, b->targets[i].kind);
        assert_true(str_eq(a->targets[i].name, b->targets[i].name));
    }
    assert_int_equal(a->n_via, b->n_via);
    for (size_t i = 0; i < a->n_via; i++) {
        assert_int_equal(a->via[i], b->via[i]);
    }
    assert_int_equal(a->is_in_turn, b->is_in_turn);
    assert_int_equal(a->only_if.n, b->only_if.n);
    for (size_t i = 0; i < a->only_if.n; i++) {
        assert_int_equal(a->only_if.v[i].op, b->only_if.v[i].op);
        assert_true(str_eq(a->only_if.v[i].name, b->only_if.v[i].name));
        assert_true(str_eq(a->only_if.v[i].value, b->only_if.v[i].value));
        assert_int_equal(a->only_if.v[i].pattern != NULL, b->only_if.v[i].pattern != NULL);
    }
}

static void test_any_plan_reads_back_as_it_was_written(void **state)
{
    (void)state;
    dice = (struct dice){7};
    for (int turn = 0; turn < 300; turn++) {
        struct step steps[12];
        struct plan plan = {.steps = steps, .n_steps = dice_roll(&dice, 12)}, back;
        plan.remind_us = (int64_t)dice_roll(&dice, 3) * US_PER_HOUR;
        plan.unack_us = (int64_t)dice_roll(&dice, 3) * US_PER_MIN;
        plan.silence_us = (int64_t)dice_roll(&dice, 3) * US_PER_DAY;
        struct err err = ERR_INIT;
        for (size_t i = 0; i < plan.n_steps; i++) {
            steps[i] = random_step();
            bool leads = steps[i].kind == STEP_IF || steps[i].kind == STEP_JUMP;
            steps[i].target = leads ? (int)(i + 1 + dice_roll(&dice, plan.n_steps - i)) : 0;
        }
        struct str text = plan_format(&arena, &plan);
        if (plan_parse(&arena, text, &back, &err) != OK) {
            fail_msg("%s: %.*s", err.detail, STR_ARG(text));
        }
        assert_int_equal(back.n_steps, plan.n_steps);
        assert_true(back.remind_us == plan.remind_us && back.unack_us == plan.unack_us &&
                    back.silence_us == plan.silence_us);
        for (size_t i = 0; i < plan.n_steps; i++) {
            assert_steps_equal(&plan.steps[i], &back.steps[i]);
        }
        assert_true(str_eq(plan_format(&arena, &back), text));
    }
}

static enum status parse(const char *text)
{
    struct plan plan;
    struct err err = ERR_INIT;
    return plan_parse(&arena, str_from(text), &plan, &err);
}

static void test_a_plan_that_cannot_be_run_whole_is_refused(void **state)
{
    (void)state;
    assert_int_equal(parse("{"), ERR_SYNTAX);
    assert_int_equal(parse("[]"), ERR_INVALID);
    assert_int_equal(parse("{\"steps\":[{\"do\":\"dance\"}]}"), ERR_INVALID);
    assert_int_equal(parse("{\"steps\":[{}]}"), ERR_INVALID);
    assert_int_equal(parse("{\"steps\":[{\"do\":\"wait\",\"us\":-1}]}"), ERR_INVALID);
    assert_int_equal(parse("{\"steps\":[{\"do\":\"notify\",\"targets\":[\"moon:x\"]}]}"),
                     ERR_SYNTAX);
    assert_int_equal(parse("{\"steps\":[{\"do\":\"notify\",\"via\":[\"pigeon\"]}]}"), ERR_INVALID);
    assert_int_equal(parse("{\"steps\":[{\"do\":\"run\",\"only_if\":[[\"a\",\"=~\",\"(\"]]}]}"),
                     ERR_INVALID);
    assert_int_equal(parse("{\"steps\":[{\"do\":\"run\",\"only_if\":[[\"a\"]]}]}"), ERR_INVALID);
    assert_int_equal(parse("{\"steps\":[{\"do\":\"jump\",\"target\":0}]}"), ERR_INVALID);
    assert_int_equal(parse("{\"steps\":[{\"do\":\"jump\",\"target\":2}]}"), ERR_INVALID);
    assert_int_equal(parse("{\"steps\":[{\"do\":\"if\",\"target\":1,\"conditions\":[{\"is\":"
                           "\"moon\"}]}]}"),
                     ERR_INVALID);
}

static void test_keys_of_a_newer_version_are_ignored(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"v\":2,\"steps\":[{\"do\":\"wait\",\"us\":1,\"color\":[]}]}"), OK);
}

static struct str target_error(const char *text)
{
    struct target target;
    struct err err = ERR_INIT;
    assert_int_equal(target_parse(str_from(text), &target, &err), ERR_SYNTAX);
    return str_printf(&arena, "%s", err.detail);
}

static void test_targets_say_how_they_should_look(void **state)
{
    (void)state;
    assert_true(str_contains(target_error("anna"), STR("user:NAME")));
    assert_true(str_contains(target_error("user:"), STR("has to follow \"user:\"")));
    assert_true(str_contains(target_error("console:x"), STR("takes no name")));
    assert_true(str_contains(target_error("telegram:ops"), STR("not a Telegram chat")));
    assert_true(str_contains(target_error("email:ops"), STR("not an email address")));
    assert_true(str_contains(target_error("slack:#a b"), STR("no spaces")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        T(test_any_plan_reads_back_as_it_was_written),
        T(test_a_plan_that_cannot_be_run_whole_is_refused),
        T(test_keys_of_a_newer_version_are_ignored),
        T(test_targets_say_how_they_should_look),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
