#include "wire/plan_text.h"

#include "base/vec.h"
#include "formats/json_scan.h"
#include "formats/json_view.h"
#include "formats/json_write.h"
#include "wire/matcher_syntax.h"
#include "wire/target_text.h"

enum { PLAN_TEXT_MAX = 4 << 20 };

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
}

static void write_run(struct json_writer *json, const struct step *step)
{
    json_put_str(json, "action", step->action);
    json_put_int(json, "us", step->wait_us);
    json_key(json, STR("only_if"));
    json_begin_array(json);
    for (size_t i = 0; i < step->only_if.n; i++) {
        const struct matcher *m = &step->only_if.v[i];
        json_begin_array(json);
        json_add_str(json, m->name);
        json_add_str(json, str_from(matcher_op_name(m->op)));
        json_add_str(json, m->value);
        json_end_array(json);
    }
    json_end_array(json);
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
    case step_kind_COUNT:
        UNREACHABLE("step kind");
    }
    json_end_object(json);
}

struct str plan_format(struct arena *arena, const struct plan *plan)
{
    struct strbuf out;
    struct json_writer json;
    strbuf_init(&out, arena, PLAN_TEXT_MAX);
    json_begin(&json, &out);
    json_begin_object(&json);
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

static enum status read_condition(struct arena *arena, struct json_view item, struct matcher *ret,
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

static enum status read_only_if(struct arena *arena, struct json_view list, struct step *step,
                                struct err *err)
{
    VEC(struct matcher) matchers = {0};
    struct json_array items = json_view_array(list);
    struct json_view item;
    while (json_array_next(&items, &item)) {
        struct matcher matcher;
        enum status status = read_condition(arena, item, &matcher, err);
        if (status != OK) {
            return status;
        }
        VEC_PUSH(arena, &matchers, matcher);
    }
    step->only_if = matchers_sort(arena, matchers.v, matchers.n);
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
        return read_only_if(arena, value, step, err);
    }
    if (str_eq(key, STR("where"))) {
        (void)json_view_string(arena, value, &step->where);
    } else if (str_eq(key, STR("action"))) {
        (void)json_view_string(arena, value, &step->action);
    } else if (str_eq(key, STR("us")) && json_view_int(value, &number)) {
        step->wait_us = number;
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
    *ret = (struct plan){steps.v, steps.n};
    return OK;
}
