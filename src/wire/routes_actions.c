/* `actions:` — which scripts may run, with what arguments. */
#include "wire/pattern_text.h"
#include "wire/schema.h"

struct parameter_draft {
    struct str from, pattern;
};

struct action_draft {
    struct str file, approve;
    const struct yaml_node *parameters;
    int64_t timeout_us;
};

static const struct field parameter_fields[] = {
    {.key = "from",
     .type = FIELD_TEXT,
     .shape = "label:NAME, value:TEXT or caller",
     .offset = offsetof(struct parameter_draft, from),
     .is_required = true,
     .help = "A label of the alert, a fixed value, or given by whoever calls the API."},
    {.key = "pattern",
     .type = FIELD_TEXT,
     .shape = "regular expression",
     .offset = offsetof(struct parameter_draft, pattern),
     .is_required = true,
     .help = "The whole value must match, or the script does not run."},
};
static SCHEMA_DEFINE(schema_parameter, "parameter", parameter_fields);

static const struct field action_fields[] = {
    {.key = "file",
     .type = FIELD_TEXT,
     .shape = "absolute path",
     .offset = offsetof(struct action_draft, file),
     .is_required = true,
     .help = "The program to run."},
    {.key = "parameters",
     .type = FIELD_NODE,
     .shape = "map of names",
     .offset = offsetof(struct action_draft, parameters),
     .schema = &schema_parameter,
     .help = "Its arguments, in this order; a value never starts with a dash."},
    {.key = "timeout",
     .type = FIELD_DURATION,
     .offset = offsetof(struct action_draft, timeout_us),
     .fallback = "60s",
     .min = US_PER_S,
     .max = US_PER_HOUR,
     .help = "It is stopped after this."},
    {.key = "cooldown", .type = FIELD_LATER, .help = "Not again within this time."},
    {.key = "approve",
     .type = FIELD_TEXT,
     .shape = "none",
     .offset = offsetof(struct action_draft, approve),
     .fallback = "none",
     .help = "How many people have to agree; only none for now."},
};
SCHEMA_DEFINE(schema_action, "action", action_fields);

enum { PARAMETERS_MAX = 50 };

static void bind_origin(struct binder *b, const struct yaml_node *node, struct str from,
                        struct parameter *parameter)
{
    struct str rest = from, word = str_cut(&rest, ':');
    bool is_known = parameter_source_from_name(word, &parameter->from);
    bool has_value = rest.p && rest.n > 0;
    parameter->value = has_value ? rest : STR_EMPTY;
    if (!is_known || has_value != (parameter->from != PARAMETER_CALLER)) {
        bind_error(b, node, STR("write label:NAME, value:TEXT or caller"),
                   "from \"%.*s\" is not understood", STR_ARG(from));
    }
}

static void bind_parameter(struct binder *b, const struct yaml_pair *pair,
                           struct parameter *parameter)
{
    struct parameter_draft draft = {0};
    struct err err = ERR_INIT;
    const struct yaml_node *from = yaml_get(pair->value, STR("from"));
    const struct yaml_node *pattern = yaml_get(pair->value, STR("pattern"));
    parameter->name = pair->key->text;
    if (!schema_bind(b, &schema_parameter, pair->value, &draft) || !from || !pattern ||
        !draft.from.n || !draft.pattern.n) {
        return;
    }
    bind_origin(b, from, draft.from, parameter);
    parameter->pattern_text = draft.pattern;
    if (pattern_compile(b->arena, draft.pattern, &parameter->pattern, &err) != OK) {
        bind_error(b, pattern, STR_EMPTY, "%s", err.detail);
    } else if (parameter->from == PARAMETER_VALUE &&
               (!parameter->pattern->matches(parameter->pattern, parameter->value) ||
                str_starts_with(parameter->value, STR("-")))) {
        bind_error(b, from, STR("change one of them"),
                   "value \"%.*s\" does not match its pattern, or starts with a dash",
                   STR_ARG(parameter->value));
    }
}

static void bind_parameters(struct binder *b, const struct yaml_node *node, struct action *action)
{
    if (node->kind != YAML_MAP) {
        bind_error(b, node, STR("write parameters: { name: { from: …, pattern: … } }"),
                   "parameters must be a map");
        return;
    }
    if (node->n > PARAMETERS_MAX) {
        bind_error(b, node, STR_EMPTY, "more than %d parameters", PARAMETERS_MAX);
        return;
    }
    struct parameter *parameters = ARENA_ARRAY(b->arena, struct parameter, node->n);
    for (size_t i = 0; i < node->n; i++) {
        bind_parameter(b, &node->pairs[i], &parameters[i]);
    }
    action->parameters = parameters;
    action->n_parameters = node->n;
}

static void bind_action(struct binder *b, const struct entry *entry, struct action *action)
{
    struct action_draft draft = {0};
    *action =
        (struct action){.name = entry->name, .where = bind_where(b, entry->key), .file = STR_EMPTY};
    if (!schema_bind(b, &schema_action, entry->node, &draft)) {
        return;
    }
    if (draft.file.n && draft.file.p[0] != '/') {
        bind_error(b, yaml_get(entry->node, STR("file")), STR("begin with /"),
                   "file \"%.*s\" is not an absolute path", STR_ARG(draft.file));
    }
    if (draft.approve.n && !str_eq(draft.approve, STR("none"))) {
        bind_error(b, yaml_get(entry->node, STR("approve")), STR("write none for now"),
                   "approvals are not supported yet");
    }
    if (draft.parameters) {
        bind_parameters(b, draft.parameters, action);
    }
    action->file = draft.file;
    action->timeout_us = draft.timeout_us;
}

void bind_actions(struct binder *b)
{
    const struct entries *entries = &b->sections.actions;
    struct action *actions = ARENA_ARRAY(b->arena, struct action, entries->n);
    for (size_t i = 0; i < entries->n; i++) {
        b->file = entries->v[i].file;
        bind_action(b, &entries->v[i], &actions[i]);
    }
    b->settings->actions = actions;
    b->settings->n_actions = entries->n;
}
