/* The steps of a receiver's `escalation:`. */
#include "wire/matcher_syntax.h"
#include "wire/schema.h"
#include "wire/target_text.h"

struct step_draft {
    struct notify_nodes notify;
    const struct yaml_node *wait, *run, *only_if, *repeat, *resolve, *then, *otherwise;
};

static const struct field step_fields[] = {
    {.key = "notify",
     .type = FIELD_NODE,
     .shape = "list of targets",
     .offset = offsetof(struct step_draft, notify.notify),
     .help = "Tells user:NAME, team:NAME, schedule:NAME (who is on call), slack:#CHANNEL, "
             "telegram:CHAT, email:ADDRESS, webhook:NAME or console."},
    {.key = "via",
     .type = FIELD_NODE,
     .shape = "list of channels",
     .offset = offsetof(struct step_draft, notify.via),
     .help = "With notify: how people are reached, in this order, the next if one fails; default: "
             "each person's own order."},
    {.key = "round_robin",
     .type = FIELD_NODE,
     .shape = "true or false",
     .offset = offsetof(struct step_draft, notify.in_turn),
     .help =
         "With notify: pages one of them at a time, each incident the next one; a further round "
         "of the same incident goes on behind whom it paged last. Who cannot be reached is "
         "passed over. A team means its members, a schedule who is on call."},
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
     .shape = "condition or list of them",
     .offset = offsetof(struct step_draft, only_if),
     .help = "The step is taken only when all of these hold: matchers (some firing alert fits), "
             "severity:NAME, during:INTERVAL, round:N (round:N+ for later ones, too), "
             "nobody_reachable (the notify step before it found nobody to tell)."},
    {.key = "repeat",
     .type = FIELD_NODE,
     .shape = "1 to 100",
     .offset = offsetof(struct step_draft, repeat),
     .help = "As the last step: starts again from the first, this many times; then the catch-all."},
    {.key = "resolve",
     .type = FIELD_NODE,
     .shape = "true",
     .offset = offsetof(struct step_draft, resolve),
     .help = "Closes the incident; those who were told are told so."},
    {.key = "then",
     .type = FIELD_NODE,
     .shape = "list of steps",
     .offset = offsetof(struct step_draft, then),
     .help = "With if: a branch; the steps to take when the conditions hold."},
    {.key = "else",
     .type = FIELD_NODE,
     .shape = "list of steps",
     .offset = offsetof(struct step_draft, otherwise),
     .help = "With if and then: the steps to take when they do not."},
};
SCHEMA_DEFINE(schema_step, "step", step_fields);

enum { WAIT_MIN_US = 1000000 };

/* --- notify ------------------------------------------------------------------------------- */

static bool is_place_there(struct binder *b, enum channel_kind channel, const struct target *target,
                           const struct yaml_node *at)
{
    return target->account.n ? bind_account_is_there(b, channel, target->account, at)
                             : bind_channel_is_ready(b, channel, at);
}

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
        return is_place_there(b, CHANNEL_SLACK, target, at);
    case TARGET_TELEGRAM:
        return is_place_there(b, CHANNEL_TELEGRAM, target, at);
    case TARGET_EMAIL:
        return is_place_there(b, CHANNEL_EMAIL, target, at);
    case TARGET_CONSOLE:
        return true;
    case target_kind_COUNT:
        break;
    }
    UNREACHABLE("target kind");
}

static void bind_targets(struct binder *b, const struct yaml_node *node, const char *what,
                         struct step *step)
{
    struct node_list list;
    if (!bind_list(b, node, what, &list)) {
        return;
    }
    if (list.n == 0 || list.n > TARGETS_MAX) {
        bind_error(b, node, STR_EMPTY, "%s needs 1 to %d targets", what, TARGETS_MAX);
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

/* Who may take turns: people with a way to reach them, places, and one for each schedule. */
static size_t count_takers(const struct binder *b, const struct step *step)
{
    struct target targets[TARGETS_MAX];
    struct step others = *step;
    size_t n = 0;
    others.targets = targets;
    others.n_targets = 0;
    for (size_t i = 0; i < step->n_targets; i++) {
        if (step->targets[i].kind == TARGET_SCHEDULE) {
            n++;
        } else {
            targets[others.n_targets++] = step->targets[i];
        }
    }
    struct candidates list = directory_candidates(&b->settings->directory, &others,
                                                  (struct overrides){0}, STR_EMPTY, 0, b->arena);
    for (size_t i = 0; i < list.n; i++) {
        n += list.v[i].reach == REACH_OK;
    }
    return n;
}

/* Only when all before it is right: who is unknown has been reported already. */
static void bind_in_turn(struct binder *b, const struct yaml_node *node, struct step *step)
{
    if (bind_bool(b, node, "round_robin", &step->is_in_turn) && step->is_in_turn &&
        b->n_errors == 0 && count_takers(b, step) < 2) {
        bind_error(b, node,
                   STR("name a team or more people (a schedule is one: who is on call), or remove "
                       "round_robin"),
                   "round_robin needs two or more who can be reached and take turns");
    }
}

/* `via` and `round_robin` may be NULL. */
static void bind_notify(struct binder *b, const struct notify_nodes *nodes, struct step *step)
{
    step->kind = STEP_NOTIFY;
    bind_targets(b, nodes->notify, "notify", step);
    if (nodes->via) {
        bind_via(b, nodes->via, step);
    }
    if (nodes->in_turn) {
        bind_in_turn(b, nodes->in_turn, step);
    }
}

void bind_check_notify(struct binder *b, const struct yaml_node *map,
                       const struct notify_nodes *nodes, struct str hint)
{
    if (nodes->via && !nodes->notify) {
        bind_error(b, yaml_key(map, STR("via")), hint, "\"via\" belongs to \"notify\"");
    }
    if (nodes->in_turn && !nodes->notify) {
        bind_error(b, yaml_key(map, STR("round_robin")), hint,
                   "\"round_robin\" belongs to \"notify\"");
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
    step->kind = STEP_RUN;
    if (bind_text(b, draft->run, "run", &step->action)) {
        (void)bind_reference(b, &b->sections.actions, "action", draft->run, step->action);
    }
    if (draft->wait) {
        bind_wait(b, draft->wait, &step->wait_us);
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

static void bind_resolve(struct binder *b, const struct yaml_node *node, struct step *step)
{
    bool is_wanted = false;
    step->kind = STEP_RESOLVE;
    if (bind_bool(b, node, "resolve", &is_wanted) && !is_wanted) {
        bind_error(b, node, STR("leave the step out"), "resolve: false does nothing");
    }
}

/* --- branches ----------------------------------------------------------------------------- */

/* The plan in the making: branches become steps that jump forward. */
struct climb {
    struct binder *b;
    VEC(struct step) steps;
    VEC(const struct yaml_node *) nodes; /* where each came from */
    int depth;
    bool is_full;
};

static void bind_steps(struct climb *climb, const struct yaml_node *list, const char *what);

static size_t add_step(struct climb *climb, const struct yaml_node *node, struct step step)
{
    if (climb->steps.n == STEPS_MAX) {
        if (!climb->is_full) {
            bind_error(climb->b, node, STR_EMPTY,
                       "an escalation has at most %d steps, branches included", STEPS_MAX);
        }
        climb->is_full = true;
        return 0;
    }
    VEC_PUSH(climb->b->arena, &climb->steps, step);
    VEC_PUSH(climb->b->arena, &climb->nodes, node);
    return climb->steps.n - 1;
}

/* "round:2" or "round:2+" */
static void bind_round(struct binder *b, const struct yaml_node *node, struct str text,
                       struct condition *c)
{
    uint64_t round = 0;
    c->kind = CONDITION_ROUND;
    c->is_from = str_ends_with(text, STR("+"));
    text.n -= c->is_from;
    if (!str_to_u64(text, &round) || round < 1 || round > REPEAT_MAX) {
        bind_error(b, node, STR("write round:2, or round:2+ for the second and all later ones"),
                   "a round is a number between 1 and %d", REPEAT_MAX);
        round = 1;
    }
    c->round = (int)round;
}

/* One item of `if:` that is not a matcher; false: it is one. */
static bool bind_own_condition(struct binder *b, const struct yaml_node *node, struct condition *c)
{
    struct str rest = node->text, word = str_cut(&rest, ':');
    *c = (struct condition){.name = STR_EMPTY};
    if (str_eq(node->text, STR("nobody_reachable"))) {
        c->kind = CONDITION_NOBODY;
        return true;
    }
    if (!rest.p) {
        return false;
    }
    if (str_eq(word, STR("round"))) {
        bind_round(b, node, rest, c);
        return true;
    }
    c->kind = str_eq(word, STR("severity")) ? CONDITION_SEVERITY : CONDITION_DURING;
    c->name = rest;
    if (c->kind == CONDITION_DURING && str_eq(word, STR("during"))) {
        (void)bind_interval_named(b, node, rest);
        return true;
    }
    return c->kind == CONDITION_SEVERITY && rest.n > 0;
}

static void bind_conditions(struct binder *b, const struct yaml_node *node, struct step *step)
{
    struct node_list list;
    struct matcher matchers[MATCHERS_MAX];
    size_t n_matchers = 0;
    struct condition *v = ARENA_ARRAY(b->arena, struct condition, CONDITIONS_MAX + 1);
    if (!bind_list(b, node, "if", &list)) {
        return;
    }
    if (list.n == 0 || list.n > CONDITIONS_MAX) {
        bind_error(b, node, STR_EMPTY, "if needs 1 to %d conditions", CONDITIONS_MAX);
        return;
    }
    for (size_t i = 0; i < list.n; i++) {
        bool is_text = list.v[i]->kind == YAML_SCALAR && list.v[i]->tag.n == 0;
        if (is_text && bind_own_condition(b, list.v[i], &v[step->n_conditions])) {
            step->n_conditions++;
        } else {
            (void)bind_matchers(b, list.v[i], matchers, &n_matchers);
        }
    }
    if (n_matchers > 0) {
        struct matchers sorted = matchers_sort(b->arena, matchers, n_matchers);
        v[step->n_conditions++] =
            (struct condition){.kind = CONDITION_MATCHES, .matchers = sorted, .name = STR_EMPTY};
    }
    step->conditions = v;
}

/* Only matchers on a script: it says itself why it did not run. */
static bool is_own_condition_of_run(const struct step_draft *draft, const struct step *condition)
{
    return draft->run && condition->n_conditions == 1 &&
           condition->conditions[0].kind == CONDITION_MATCHES;
}

static bool add_plain(struct climb *climb, const struct yaml_node *node,
                      const struct step_draft *draft, const struct step *condition)
{
    struct binder *b = climb->b;
    struct step step = {.where = bind_where(b, node), .action = STR_EMPTY};
    if (draft->notify.notify) {
        bind_notify(b, &draft->notify, &step);
    } else if (draft->run) {
        bind_run(b, draft, &step);
        if (is_own_condition_of_run(draft, condition)) {
            step.only_if = condition->conditions[0].matchers;
        }
    } else if (draft->repeat) {
        bind_repeat(b, draft->repeat, &step);
    } else if (draft->resolve) {
        bind_resolve(b, draft->resolve, &step);
    } else {
        step.kind = STEP_WAIT;
        bind_wait(b, draft->wait, &step.wait_us);
    }
    add_step(climb, node, step);
    return !climb->is_full;
}

enum { DEPTH_MAX = 10 };

static void add_branch(struct climb *climb, const struct yaml_node *node,
                       const struct step_draft *draft, struct step condition)
{
    struct binder *b = climb->b;
    if (climb->depth == DEPTH_MAX) {
        bind_error(b, node, STR_EMPTY, "branches are nested deeper than %d", DEPTH_MAX);
        return;
    }
    size_t at = add_step(climb, node, condition);
    climb->depth++;
    bind_steps(climb, draft->then, "then");
    if (draft->otherwise && !climb->is_full) {
        struct step jump = {.kind = STEP_JUMP, .where = condition.where, .action = STR_EMPTY};
        size_t over = add_step(climb, node, jump);
        climb->steps.v[at].target = (int)climb->steps.n;
        bind_steps(climb, draft->otherwise, "else");
        climb->steps.v[over].target = (int)climb->steps.n;
    } else {
        climb->steps.v[at].target = (int)climb->steps.n;
    }
    climb->depth--;
}

static bool check_shape(struct binder *b, const struct yaml_node *node,
                        const struct step_draft *draft)
{
    int things = (draft->notify.notify != NULL) + (draft->run != NULL) + (draft->repeat != NULL) +
                 (draft->resolve != NULL) + (draft->wait != NULL && !draft->run);
    if (draft->otherwise && !draft->then) {
        bind_error(b, yaml_key(node, STR("else")), STR("add then: [ … ]"),
                   "\"else\" needs \"if\" and \"then\"");
        return false;
    }
    if (draft->then && !draft->only_if) {
        bind_error(b, yaml_key(node, STR("then")), STR("add if: 'name=\"value\"'"),
                   "\"then\" needs \"if\"");
        return false;
    }
    if (draft->then && things > 0) {
        bind_error(b, node, STR("move it into then:"), "a branch does nothing else itself");
        return false;
    }
    if (!draft->then && things != 1) {
        bind_error(b, node, STR("write each as a step of its own"),
                   things == 0 ? "a step needs notify, wait, run, repeat, resolve or if with then"
                               : "a step does one thing only");
        return false;
    }
    bind_check_notify(b, node, &draft->notify, STR("move it to a step with notify, or remove it"));
    if (draft->repeat && draft->only_if) {
        bind_error(b, yaml_key(node, STR("if")),
                   STR("end with a branch that resolves, or remove it"),
                   "repeat takes no condition");
        return false;
    }
    return true;
}

/* A step does one thing; `via`, `if` and run's `wait` only modify it. */
static void bind_step(struct climb *climb, const struct yaml_node *node)
{
    struct binder *b = climb->b;
    struct step_draft draft = {0};
    struct step condition = {.kind = STEP_IF, .where = bind_where(b, node), .action = STR_EMPTY};
    if (!schema_bind(b, &schema_step, node, &draft) || !check_shape(b, node, &draft)) {
        return;
    }
    if (draft.only_if) {
        bind_conditions(b, draft.only_if, &condition);
    }
    if (draft.then) {
        add_branch(climb, node, &draft, condition);
    } else if (!draft.only_if || is_own_condition_of_run(&draft, &condition)) {
        (void)add_plain(climb, node, &draft, &condition);
    } else {
        size_t at = add_step(climb, node, condition);
        if (add_plain(climb, node, &draft, &condition)) {
            climb->steps.v[at].target = (int)climb->steps.n;
        }
    }
}

static void bind_steps(struct climb *climb, const struct yaml_node *list, const char *what)
{
    if (list->kind != YAML_SEQ) {
        bind_error(climb->b, list, STR("write each step on a line that begins with -"),
                   "%s must be a list of steps", what);
        return;
    }
    for (size_t i = 0; i < list->n && !climb->is_full; i++) {
        bind_step(climb, list->items[i]);
    }
}

/* A repeat that nothing slows down would page without end in no time. A wait inside a branch may
 * not be passed, so only those that are always there count. */
static void check_repeat(struct climb *climb)
{
    bool has_wait = false;
    int branch_end = 0;
    for (size_t i = 0; i < climb->steps.n; i++) {
        const struct step *step = &climb->steps.v[i];
        bool is_conditional = (int)i < branch_end;
        if (step->target > branch_end) {
            branch_end = step->target;
        }
        has_wait |= step->kind == STEP_WAIT && !is_conditional;
        if (step->kind != STEP_REPEAT) {
            continue;
        }
        if (i + 1 < climb->steps.n || is_conditional) {
            bind_error(climb->b, climb->nodes.v[i], STR("move it to the end"),
                       "repeat must be the last step");
        } else if (!has_wait) {
            bind_error(climb->b, climb->nodes.v[i], STR("add - wait: 5m before it"),
                       "repeat needs a wait before it");
        }
    }
}

struct plan bind_escalation(struct binder *b, const struct yaml_node *list)
{
    struct climb climb = {.b = b};
    bind_steps(&climb, list, "escalation");
    check_repeat(&climb);
    return (struct plan){.steps = climb.steps.v, .n_steps = climb.steps.n};
}

struct plan bind_short_plan(struct binder *b, const struct notify_nodes *nodes)
{
    struct step *step = ARENA_NEW(b->arena, struct step);
    *step = (struct step){.where = bind_where(b, nodes->notify), .action = STR_EMPTY};
    bind_notify(b, nodes, step);
    return (struct plan){.steps = step, .n_steps = 1};
}

void bind_quiet_ends(struct binder *b, const struct yaml_node *list, struct receiver *receiver)
{
    struct step step = {.where = bind_where(b, list), .action = STR_EMPTY};
    bind_targets(b, list, "except", &step);
    receiver->quiet_ends = step.targets;
    receiver->n_quiet_ends = step.n_targets;
}
