/* `inhibit_rules:` — which firing alerts keep others quiet, Alertmanager's keys. */
#include "wire/matcher_syntax.h"
#include "wire/schema.h"

enum { RULES_MAX = 1000, EQUAL_MAX = 50 };

struct rule_draft {
    struct str name;
    struct match_nodes source, target;
    const struct yaml_node *equal;
};

static const struct field rule_fields[] = {
    {.key = "name",
     .type = FIELD_TEXT,
     .offset = offsetof(struct rule_draft, name),
     .help = "What the timeline calls the rule; default: its place in the file."},
    {.key = "source_matchers",
     .type = FIELD_NODE,
     .shape = "list of matchers",
     .offset = offsetof(struct rule_draft, source.matchers),
     .help = "Firing alerts that fit keep others quiet."},
    {.key = "target_matchers",
     .type = FIELD_NODE,
     .shape = "list of matchers",
     .offset = offsetof(struct rule_draft, target.matchers),
     .help = "Alerts that fit are kept quiet: their incident opens, its pages wait."},
    {.key = "source_match",
     .type = FIELD_NODE,
     .shape = "map of labels",
     .offset = offsetof(struct rule_draft, source.match),
     .help = "Older spelling."},
    {.key = "source_match_re",
     .type = FIELD_NODE,
     .shape = "map of labels",
     .offset = offsetof(struct rule_draft, source.match_re),
     .help = "Older spelling."},
    {.key = "target_match",
     .type = FIELD_NODE,
     .shape = "map of labels",
     .offset = offsetof(struct rule_draft, target.match),
     .help = "Older spelling."},
    {.key = "target_match_re",
     .type = FIELD_NODE,
     .shape = "map of labels",
     .offset = offsetof(struct rule_draft, target.match_re),
     .help = "Older spelling."},
    {.key = "equal",
     .type = FIELD_NODE,
     .shape = "list of labels",
     .offset = offsetof(struct rule_draft, equal),
     .help = "Labels in which both must agree; a missing one is empty."},
};
SCHEMA_DEFINE(schema_inhibit, "inhibit rule", rule_fields);

static void bind_equal(struct binder *b, const struct yaml_node *node, struct inhibit_rule *rule)
{
    struct node_list list;
    if (!bind_list(b, node, "equal", &list)) {
        return;
    }
    if (list.n > EQUAL_MAX) {
        bind_error(b, node, STR_EMPTY, "equal has at most %d labels", EQUAL_MAX);
        return;
    }
    struct str *names = ARENA_ARRAY(b->arena, struct str, list.n);
    for (size_t i = 0; i < list.n; i++) {
        rule->n_equal += bind_text(b, list.v[i], "a label", &names[rule->n_equal]);
    }
    rule->equal = names;
}

static void bind_rule(struct binder *b, const struct yaml_node *node, struct inhibit_rule *rule)
{
    struct rule_draft draft = {.name = STR_EMPTY};
    *rule = (struct inhibit_rule){.name = STR_EMPTY, .where = bind_where(b, node)};
    if (!schema_bind(b, &schema_inhibit, node, &draft)) {
        return;
    }
    rule->name = draft.name.n ? draft.name : STR_EMPTY;
    rule->source = bind_all_matchers(b, &draft.source);
    rule->target = bind_all_matchers(b, &draft.target);
    if (rule->source.n == 0 || rule->target.n == 0) {
        bool is_source = rule->source.n == 0;
        bind_warning(b, node, is_source ? STR("add source_matchers:") : STR("add target_matchers:"),
                     is_source ? "every firing alert keeps the targets quiet"
                               : "the sources keep every alert quiet");
    }
    if (draft.equal) {
        bind_equal(b, draft.equal, rule);
    }
}

void bind_inhibit_rules(struct binder *b)
{
    const struct entry *section = &b->sections.inhibit_rules;
    if (!section->node || yaml_is_null(section->node)) {
        return;
    }
    b->file = section->file;
    if (section->node->kind != YAML_SEQ) {
        bind_error(b, section->node, STR_EMPTY, "inhibit_rules must be a list");
        return;
    }
    if (section->node->n > RULES_MAX) {
        bind_error(b, section->node, STR_EMPTY, "more than %d inhibit rules", RULES_MAX);
        return;
    }
    struct inhibit_rule *rules = ARENA_ARRAY(b->arena, struct inhibit_rule, section->node->n);
    for (size_t i = 0; i < section->node->n; i++) {
        bind_rule(b, section->node->items[i], &rules[i]);
    }
    b->settings->inhibit_rules = rules;
    b->settings->n_inhibit_rules = section->node->n;
    b->settings->has_mutes |= section->node->n > 0;
}
