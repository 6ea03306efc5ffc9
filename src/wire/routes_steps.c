/* The steps of a receiver's `escalation:`. */
#include "wire/matcher_syntax.h"
#include "wire/schema.h"
#include "wire/target_text.h"

struct step_draft {
    const struct yaml_node *notify, *via, *wait, *run, *only_if, *repeat;
};

static const struct field step_fields[] = {
    {.key = "notify",
     .type = FIELD_NODE,
     .shape = "list of targets",
     .offset = offsetof(struct step_draft, notify),
     .help = "Tells user:NAME, team:NAME, schedule:NAME (who is on call), slack:#CHANNEL, "
             "telegram:CHAT, email:ADDRESS, webhook:NAME or console."},
    {.key = "via",
     .type = FIELD_NODE,
     .shape = "list of channels",
     .offset = offsetof(struct step_draft, via),
     .help = "With notify: how people are reached, in this order, the next if one fails; default: "
             "each person's own order."},
    {.key = "wait",
     .type = FIELD_NODE,
     .shape = "duration",
     .offset = offsetof(struct step_draft, wait),
     .help = "Waits before the next step. With run: holds the next step at most this long for the "
             "result."},
    {.key = "run",
     .type = FIELD_NODE,
     .shape = "name under actions",
     .offset = offsetof(struct step_draft, run),
     .help = "Runs an action."},
    {.key = "if",
     .type = FIELD_NODE,
     .shape = "matchers",
     .offset = offsetof(struct step_draft, only_if),
     .help = "With run: only when an alert of the incident matches."},
    {.key = "repeat",
     .type = FIELD_NODE,
     .shape = "1 to 100",
     .offset = offsetof(struct step_draft, repeat),
     .help = "As the last step: starts again from the first, this many times; then the catch-all."},
    {.key = "then", .type = FIELD_LATER, .help = "Branches."},
    {.key = "else", .type = FIELD_LATER, .help = "Branches."},
};
SCHEMA_DEFINE(schema_step, "step", step_fields);

enum { WAIT_MIN_US = 1000000 };

/* --- notify ------------------------------------------------------------------------------- */

static bool is_target_there(struct binder *b, const struct target *target,
                            const struct yaml_node *at)
{
    switch (target->kind) {
    case TARGET_USER:
        return bind_reference(b, &b->sections.users, "user", at, target->name);
    case TARGET_TEAM:
        return bind_reference(b, &b->sections.teams, "team", at, target->name);
    case TARGET_SCHEDULE:
        return bind_reference(b, &b->sections.schedules, "schedule", at, target->name);
    case TARGET_WEBHOOK:
        if (settings_webhook(&b->settings->channels, target->name)) {
            return true;
        }
        bind_error(b, at, STR("define it under channels: webhooks:"),
                   "webhook \"%.*s\" does not exist", STR_ARG(target->name));
        return false;
    case TARGET_SLACK:
        return bind_channel_is_ready(b, CHANNEL_SLACK, at);
    case TARGET_TELEGRAM:
        return bind_channel_is_ready(b, CHANNEL_TELEGRAM, at);
    case TARGET_EMAIL:
        return bind_channel_is_ready(b, CHANNEL_EMAIL, at);
    case TARGET_CONSOLE:
        return true;
    case target_kind_COUNT:
        break;
    }
    UNREACHABLE("target kind");
}

static void bind_targets(struct binder *b, const struct yaml_node *node, struct step *step)
{
    struct node_list list;
    if (!bind_list(b, node, "notify", &list)) {
        return;
    }
    if (list.n == 0 || list.n > TARGETS_MAX) {
        bind_error(b, node, STR_EMPTY, "notify needs 1 to %d targets", TARGETS_MAX);
        return;
    }
    struct target *targets = ARENA_ARRAY(b->arena, struct target, list.n);
    for (size_t i = 0; i < list.n; i++) {
        struct str text;
        struct err err = ERR_INIT;
        struct target *target = &targets[step->n_targets];
        if (!bind_text(b, list.v[i], "a target", &text)) {
            continue;
        }
        if (target_parse(text, target, &err) != OK) {
            bind_error(b, list.v[i], STR_EMPTY, "%s", err.detail);
        } else if (is_target_there(b, target, list.v[i])) {
            step->n_targets++;
        }
    }
    step->targets = targets;
}

static void bind_via(struct binder *b, const struct yaml_node *node, struct step *step)
{
    struct node_list list;
    if (!bind_list(b, node, "via", &list)) {
        return;
    }
    for (size_t i = 0; i < list.n; i++) {
        struct str name;
        enum channel_kind channel;
        if (!bind_text(b, list.v[i], "a channel", &name)) {
            continue;
        }
        if (!channel_kind_from_name(name, &channel)) {
            bind_error(b, list.v[i], STR("write console, slack, telegram, email or webhook"),
                       "channel \"%.*s\" is unknown", STR_ARG(name));
            continue;
        }
        bool is_new = true;
        for (size_t k = 0; k < step->n_via; k++) {
            is_new &= step->via[k] != channel;
        }
        if (!is_new) {
            bind_error(b, list.v[i], STR("remove one"), "channel %.*s is listed twice",
                       STR_ARG(name));
        } else if (bind_channel_is_ready(b, channel, list.v[i])) {
            step->via[step->n_via++] = channel;
        }
    }
}

static void bind_notify(struct binder *b, const struct yaml_node *notify,
                        const struct yaml_node *via, struct step *step)
{
    step->kind = STEP_NOTIFY;
    bind_targets(b, notify, step);
    if (via) {
        bind_via(b, via, step);
    }
}

/* --- the others --------------------------------------------------------------------------- */

static void bind_wait(struct binder *b, const struct yaml_node *node, int64_t *ret_us)
{
    if (bind_duration(b, node, "wait", ret_us) &&
        (*ret_us < WAIT_MIN_US || *ret_us > 30 * US_PER_DAY)) {
        bind_error(b, node, STR_EMPTY, "wait must be between 1s and 30d");
    }
}

static void bind_run(struct binder *b, const struct step_draft *draft, struct step *step)
{
    struct matcher conditions[MATCHERS_MAX];
    size_t n = 0;
    step->kind = STEP_RUN;
    if (bind_text(b, draft->run, "run", &step->action)) {
        (void)bind_reference(b, &b->sections.actions, "action", draft->run, step->action);
    }
    if (draft->wait) {
        bind_wait(b, draft->wait, &step->wait_us);
    }
    if (draft->only_if && bind_matchers(b, draft->only_if, conditions, &n)) {
        step->only_if = matchers_sort(b->arena, conditions, n);
    }
}

static void bind_repeat(struct binder *b, const struct yaml_node *node, struct step *step)
{
    uint64_t times = 0;
    step->kind = STEP_REPEAT;
    if (node->kind != YAML_SCALAR || !str_to_u64(node->text, &times) || times < 1 ||
        times > REPEAT_MAX) {
        bind_error(b, node, STR_EMPTY, "repeat must be a number between 1 and %d", REPEAT_MAX);
        times = 1;
    }
    step->repeat = (int)times;
}

/* A step does one thing; `via`, `if` and run's `wait` only modify it. */
static void bind_step(struct binder *b, const struct yaml_node *node, struct step *step)
{
    struct step_draft draft = {0};
    *step = (struct step){.kind = STEP_NOTIFY, .where = bind_where(b, node), .action = STR_EMPTY};
    if (!schema_bind(b, &schema_step, node, &draft)) {
        return;
    }
    int things = (draft.notify != NULL) + (draft.run != NULL) + (draft.repeat != NULL) +
                 (draft.wait != NULL && !draft.run);
    if (things == 0 && yaml_get(node, STR("then"))) {
        return; /* a branch: said already */
    }
    if (things != 1) {
        bind_error(b, node, STR("write each as a step of its own"),
                   things == 0 ? "a step needs notify, wait, run or repeat"
                               : "a step does one thing only");
        return;
    }
    if (draft.via && !draft.notify) {
        bind_error(b, yaml_key(node, STR("via")), STR_EMPTY, "\"via\" belongs to \"notify\"");
    }
    if (draft.only_if && !draft.run) {
        bind_error(b, yaml_key(node, STR("if")), STR("remove it for now"),
                   "\"if\" is only supported with \"run\" yet");
    }
    if (draft.notify) {
        bind_notify(b, draft.notify, draft.via, step);
    } else if (draft.run) {
        bind_run(b, &draft, step);
    } else if (draft.repeat) {
        bind_repeat(b, draft.repeat, step);
    } else {
        step->kind = STEP_WAIT;
        bind_wait(b, draft.wait, &step->wait_us);
    }
}

/* A repeat that nothing slows down would page without end in no time. */
static void check_repeat(struct binder *b, const struct yaml_node *const *nodes,
                         const struct plan *plan)
{
    bool has_wait = false;
    for (size_t i = 0; i < plan->n_steps; i++) {
        has_wait |= plan->steps[i].kind == STEP_WAIT;
        if (plan->steps[i].kind != STEP_REPEAT) {
            continue;
        }
        if (i + 1 < plan->n_steps) {
            bind_error(b, nodes[i], STR("move it to the end"), "repeat must be the last step");
        } else if (!has_wait) {
            bind_error(b, nodes[i], STR("add - wait: 5m before it"),
                       "repeat needs a wait before it");
        }
    }
}

struct plan bind_escalation(struct binder *b, const struct yaml_node *list)
{
    if (list->kind != YAML_SEQ) {
        bind_error(b, list, STR("write each step on a line that begins with -"),
                   "escalation must be a list of steps");
        return (struct plan){0};
    }
    if (list->n > STEPS_MAX) {
        bind_error(b, list, STR_EMPTY, "an escalation has at most %d steps", STEPS_MAX);
        return (struct plan){0};
    }
    struct step *steps = ARENA_ARRAY(b->arena, struct step, list->n);
    struct plan plan = {steps, list->n};
    for (size_t i = 0; i < list->n; i++) {
        bind_step(b, list->items[i], &steps[i]);
    }
    check_repeat(b, list->items, &plan);
    return plan;
}

struct plan bind_short_plan(struct binder *b, const struct yaml_node *notify,
                            const struct yaml_node *via)
{
    struct step *step = ARENA_NEW(b->arena, struct step);
    *step = (struct step){.where = bind_where(b, notify), .action = STR_EMPTY};
    bind_notify(b, notify, via, step);
    return (struct plan){step, 1};
}
