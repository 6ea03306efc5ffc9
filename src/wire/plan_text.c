#include "wire/plan_text.h"

#include "base/vec.h"
#include "formats/json_scan.h"
#include "formats/json_view.h"
#include "formats/json_write.h"
#include "wire/matcher_syntax.h"
#include "wire/target_text.h"

enum { PLAN_TEXT_MAX = 4 << 20, N_TIMES = 3 };
static const char *const time_keys[N_TIMES] = {"remind_us", "unack_us", "silence_us"};

static void write_notify(struct json_writer *json, struct arena *arena, const struct step *step)
{
    json_key(json, STR("targets"));
    json_begin_array(json);
    for (size_t i = 0; i < step->n_targets; i++) {
        json_add_str(json, target_format(arena, &step->targets[i]));
    }
    json_end_array(json);
    json_key(json, STR("via"));
    json_begin_array(json);
    for (size_t i = 0; i < step->n_via; i++) {
        json_add_str(json, str_from(channel_kind_name(step->via[i])));
    }
    json_end_array(json);
    if (step->is_in_turn) {
        json_put_bool(json, "in_turn", true);
    }
}

static void write_matchers(struct json_writer *json, struct matchers matchers)
{
    json_begin_array(json);
    for (size_t i = 0; i < matchers.n; i++) {
        const struct matcher *m = &matchers.v[i];
        json_begin_array(json);
        json_add_str(json, m->name);
        json_add_str(json, str_from(matcher_op_name(m->op)));
        json_add_str(json, m->value);
        json_end_array(json);
    }
    json_end_array(json);
}

static void write_run(struct json_writer *json, const struct step *step)
{
    json_put_str(json, "action", step->action);
    json_put_int(json, "us", step->wait_us);
    json_key(json, STR("only_if"));
    write_matchers(json, step->only_if);
}

static void write_condition(struct json_writer *json, const struct condition *c)
{
    json_begin_object(json);
    json_put_str(json, "is", str_from(condition_kind_name(c->kind)));
    switch (c->kind) {
    case CONDITION_MATCHES:
        json_key(json, STR("matchers"));
        write_matchers(json, c->matchers);
        break;
    case CONDITION_SEVERITY:
    case CONDITION_DURING:
        json_put_str(json, "name", c->name);
        break;
    case CONDITION_ROUND:
        json_put_int(json, c->is_from ? "from" : "round", c->round);
        break;
    case CONDITION_NOBODY:
        break;
    case condition_kind_COUNT:
        UNREACHABLE("condition kind");
    }
    json_end_object(json);
}

static void write_if(struct json_writer *json, const struct step *step)
{
    json_key(json, STR("conditions"));
    json_begin_array(json);
    for (size_t i = 0; i < step->n_conditions; i++) {
        write_condition(json, &step->conditions[i]);
    }
    json_end_array(json);
    json_put_int(json, "target", step->target);
}

static void write_step(struct json_writer *json, struct arena *arena, const struct step *step)
{
    json_begin_object(json);
    json_put_str(json, "do", str_from(step_kind_name(step->kind)));
    json_put_str(json, "where", step->where);
    switch (step->kind) {
    case STEP_NOTIFY:
        write_notify(json, arena, step);
        break;
    case STEP_WAIT:
        json_put_int(json, "us", step->wait_us);
        break;
    case STEP_RUN:
        write_run(json, step);
        break;
    case STEP_REPEAT:
        json_put_int(json, "times", step->repeat);
        break;
    case STEP_RESOLVE:
        break;
    case STEP_IF:
        write_if(json, step);
        break;
    case STEP_JUMP:
        json_put_int(json, "target", step->target);
        break;
    case step_kind_COUNT:
        UNREACHABLE("step kind");
    }
    json_end_object(json);
}

/* What is not set is not written: a plan without them keeps its hash. */
static void write_times(struct json_writer *json, const struct plan *plan)
{
    const int64_t us[] = {plan->remind_us, plan->unack_us, plan->silence_us};
    for (size_t i = 0; i < N_TIMES; i++) {
        if (us[i] > 0) {
            json_put_int(json, time_keys[i], us[i]);
        }
    }
}

struct str plan_format(struct arena *arena, const struct plan *plan)
{
    struct strbuf out;
    struct json_writer json;
    strbuf_init(&out, arena, PLAN_TEXT_MAX);
    json_begin(&json, &out);
    json_begin_object(&json);
    write_times(&json, plan);
    json_key(&json, STR("steps"));
    json_begin_array(&json);
    for (size_t i = 0; i < plan->n_steps; i++) {
        write_step(&json, arena, &plan->steps[i]);
    }
    json_end_array(&json);
    json_end_object(&json);
    json_end(&json);
    CHECK(!out.is_full); /* routes files are smaller */
    return strbuf_str(&out);
}

/* --- reading ------------------------------------------------------------------------------ */

static enum status read_targets(struct arena *arena, struct json_view list, struct step *step,
                                struct err *err)
{
    VEC(struct target) targets = {0};
    struct json_array items = json_view_array(list);
    struct json_view item;
    while (json_array_next(&items, &item)) {
        struct target target;
        struct str text;
        if (targets.n == TARGETS_MAX || !json_view_string(arena, item, &text)) {
            return err_set(err, ERR_INVALID, "targets are not readable");
        }
        enum status status = target_parse(text, &target, err);
        if (status != OK) {
            return status;
        }
        VEC_PUSH(arena, &targets, target);
    }
    step->targets = targets.v;
    step->n_targets = targets.n;
    return OK;
}

static enum status read_via(struct arena *arena, struct json_view list, struct step *step,
                            struct err *err)
{
    struct json_array items = json_view_array(list);
    struct json_view item;
    while (json_array_next(&items, &item)) {
        struct str name = STR_EMPTY;
        (void)json_view_string(arena, item, &name);
        if (step->n_via == channel_kind_COUNT ||
            !channel_kind_from_name(name, &step->via[step->n_via])) {
            return err_set(err, ERR_INVALID, "unknown channel \"%.*s\"", STR_ARG(name));
        }
        step->n_via++;
    }
    return OK;
}

static enum status read_matcher(struct arena *arena, struct json_view item, struct matcher *ret,
                                struct err *err)
{
    struct json_array parts = json_view_array(item);
    struct json_view part;
    struct str text[3];
    enum matcher_op op;
    size_t n = 0;
    while (n < 3 && json_array_next(&parts, &part) && json_view_string(arena, part, &text[n])) {
        n++;
    }
    if (n < 3 || !matcher_op_from_name(text[1], &op)) {
        return err_set(err, ERR_INVALID, "a condition is not readable");
    }
    return matcher_make(arena, op, text[0], text[2], ret, err);
}

static enum status read_matchers(struct arena *arena, struct json_view list, struct matchers *ret,
                                 struct err *err)
{
    VEC(struct matcher) matchers = {0};
    struct json_array items = json_view_array(list);
    struct json_view item;
    while (json_array_next(&items, &item)) {
        struct matcher matcher;
        enum status status = read_matcher(arena, item, &matcher, err);
        if (status != OK) {
            return status;
        }
        VEC_PUSH(arena, &matchers, matcher);
    }
    *ret = matchers_sort(arena, matchers.v, matchers.n);
    return OK;
}

static enum status read_condition(struct arena *arena, struct json_view view, struct condition *ret,
                                  struct err *err)
{
    struct json_object members = json_view_object(arena, view);
    struct str key, kind = STR_EMPTY;
    struct json_view value;
    int64_t number = 0;
    enum status status = OK;
    *ret = (struct condition){.name = STR_EMPTY};
    while (status == OK && json_object_next(&members, &key, &value)) {
        if (str_eq(key, STR("is"))) {
            (void)json_view_string(arena, value, &kind);
        } else if (str_eq(key, STR("matchers"))) {
            status = read_matchers(arena, value, &ret->matchers, err);
        } else if (str_eq(key, STR("name"))) {
            (void)json_view_string(arena, value, &ret->name);
        } else if (json_view_int(value, &number)) {
            ret->round = number < 1 ? 1 : number > REPEAT_MAX ? REPEAT_MAX : (int)number;
            ret->is_from = str_eq(key, STR("from"));
        }
    }
    if (status == OK && !condition_kind_from_name(kind, &ret->kind)) {
        status = err_set(err, ERR_INVALID, "unknown condition \"%.*s\"", STR_ARG(kind));
    }
    return status;
}

static enum status read_conditions(struct arena *arena, struct json_view list, struct step *step,
                                   struct err *err)
{
    VEC(struct condition) conditions = {0};
    struct json_array items = json_view_array(list);
    struct json_view item;
    while (json_array_next(&items, &item)) {
        struct condition condition;
        enum status status = conditions.n == CONDITIONS_MAX
                                 ? err_set(err, ERR_INVALID, "too many conditions")
                                 : read_condition(arena, item, &condition, err);
        if (status != OK) {
            return status;
        }
        VEC_PUSH(arena, &conditions, condition);
    }
    step->conditions = conditions.v;
    step->n_conditions = conditions.n;
    return OK;
}

static enum status read_member(struct arena *arena, struct str key, struct json_view value,
                               struct step *step, struct err *err)
{
    int64_t number = 0;
    if (str_eq(key, STR("targets"))) {
        return read_targets(arena, value, step, err);
    }
    if (str_eq(key, STR("via"))) {
        return read_via(arena, value, step, err);
    }
    if (str_eq(key, STR("only_if"))) {
        return read_matchers(arena, value, &step->only_if, err);
    }
    if (str_eq(key, STR("conditions"))) {
        return read_conditions(arena, value, step, err);
    }
    if (str_eq(key, STR("in_turn"))) {
        (void)json_view_bool(value, &step->is_in_turn);
    } else if (str_eq(key, STR("where"))) {
        (void)json_view_string(arena, value, &step->where);
    } else if (str_eq(key, STR("action"))) {
        (void)json_view_string(arena, value, &step->action);
    } else if (str_eq(key, STR("us")) && json_view_int(value, &number)) {
        step->wait_us = number;
    } else if (str_eq(key, STR("target")) && json_view_int(value, &number)) {
        step->target = number < 0 || number > STEPS_MAX ? -1 : (int)number;
    } else if (str_eq(key, STR("times")) && json_view_int(value, &number)) {
        step->repeat = number < 0 ? 0 : number > REPEAT_MAX ? REPEAT_MAX : (int)number;
    }
    return OK;
}

static enum status read_step(struct arena *arena, struct json_view view, struct step *ret,
                             struct err *err)
{
    struct json_object members = json_view_object(arena, view);
    struct str key, kind = STR_EMPTY;
    struct json_view value;
    struct step step = {.where = STR_EMPTY, .action = STR_EMPTY};
    enum status status = OK;
    while (status == OK && json_object_next(&members, &key, &value)) {
        if (str_eq(key, STR("do"))) {
            (void)json_view_string(arena, value, &kind);
        } else {
            status = read_member(arena, key, value, &step, err);
        }
    }
    if (status == OK && !step_kind_from_name(kind, &step.kind)) {
        status = err_set(err, ERR_INVALID, "unknown kind of step \"%.*s\"", STR_ARG(kind));
    }
    if (status == OK && step.wait_us < 0) {
        status = err_set(err, ERR_INVALID, "a wait is negative");
    }
    if (status == OK) {
        *ret = step;
    }
    return status;
}

static void read_times(struct arena *arena, struct json_view root, struct plan *plan)
{
    int64_t *const us[] = {&plan->remind_us, &plan->unack_us, &plan->silence_us};
    for (size_t i = 0; i < N_TIMES; i++) {
        struct json_view value;
        int64_t number;
        if (json_view_member(arena, root, str_from(time_keys[i]), &value) &&
            json_view_int(value, &number) && number > 0) {
            *us[i] = number;
        }
    }
}

/* A branch that leads back would never end. */
static enum status check_targets(const struct plan *plan, struct err *err)
{
    for (size_t i = 0; i < plan->n_steps; i++) {
        const struct step *step = &plan->steps[i];
        bool leads = step->kind == STEP_IF || step->kind == STEP_JUMP;
        if (leads && (step->target <= (int)i || step->target > (int)plan->n_steps)) {
            return err_set(err, ERR_INVALID, "stored plan: step %zu leads nowhere", i + 1);
        }
    }
    return OK;
}

enum status plan_parse(struct arena *arena, struct str text, struct plan *ret, struct err *err)
{
    enum status status = json_scan(text, NULL, err);
    VEC(struct step) steps = {0};
    struct json_view list, item;
    struct json_view root = json_view_of(status == OK ? str_dup(arena, text) : STR_EMPTY);
    if (status == OK && !json_view_member(arena, root, STR("steps"), &list)) {
        status = err_set(err, ERR_INVALID, "no steps");
    }
    if (status != OK) {
        return err_wrap(err, "stored plan");
    }
    struct json_array items = json_view_array(list);
    while (json_array_next(&items, &item)) {
        struct step step;
        status = steps.n == STEPS_MAX ? err_set(err, ERR_INVALID, "too many steps")
                                      : read_step(arena, item, &step, err);
        if (status != OK) {
            return err_wrap(err, "stored plan");
        }
        VEC_PUSH(arena, &steps, step);
    }
    *ret = (struct plan){.steps = steps.v, .n_steps = steps.n};
    read_times(arena, root, ret);
    return check_targets(ret, err);
}
