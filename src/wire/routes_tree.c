/* `route:` — the routing tree, Alertmanager's keys. */
#include "wire/matcher_syntax.h"
#include "wire/schema.h"

#include <stdlib.h>
#include <string.h>

enum { ROUTES_MAX = 10000, SIBLINGS_COMPARED = 500, GROUP_BY_MAX = 100 };

struct route_draft {
    const struct yaml_node *receiver, *routes, *group_by;
    struct match_nodes own;
    const struct yaml_node *group_wait, *group_interval, *repeat_interval, *mute, *active;
    bool continues;
};

static const struct field route_fields[] = {
    {.key = "receiver",
     .type = FIELD_NODE,
     .shape = "name under receivers",
     .offset = offsetof(struct route_draft, receiver),
     .help = "Who takes the alert; inherited from the parent, required on top."},
    {.key = "matchers",
     .type = FIELD_NODE,
     .shape = "list of matchers",
     .offset = offsetof(struct route_draft, own.matchers),
     .help = "All must match: 'name=\"value\"', also != =~ !~; expressions match whole values; a "
             "missing label is the empty text."},
    {.key = "match",
     .type = FIELD_NODE,
     .shape = "map of labels",
     .offset = offsetof(struct route_draft, own.match),
     .help = "Labels that must be equal (older spelling)."},
    {.key = "match_re",
     .type = FIELD_NODE,
     .shape = "map of labels",
     .offset = offsetof(struct route_draft, own.match_re),
     .help = "Labels that must match expressions (older spelling)."},
    {.key = "continue",
     .type = FIELD_BOOL,
     .offset = offsetof(struct route_draft, continues),
     .fallback = "false",
     .help = "Siblings after this one are tried, too."},
    {.key = "routes",
     .type = FIELD_NODE,
     .shape = "list of routes",
     .offset = offsetof(struct route_draft, routes),
     .help = "Children; this route takes an alert itself only when none of them does."},
    {.key = "group_by",
     .type = FIELD_NODE,
     .shape = "list of labels",
     .offset = offsetof(struct route_draft, group_by),
     .help = "Alerts that agree in these labels become one incident; ['...']: in all labels; []: "
             "all together. Inherited; default: all together."},
    {.key = "group_wait",
     .type = FIELD_NODE,
     .shape = "duration",
     .offset = offsetof(struct route_draft, group_wait),
     .help =
         "Page only if it still fires after this; inherited. A receiver's own hold comes first. "
         "Default: at once."},
    {.key = "group_interval",
     .type = FIELD_NODE,
     .shape = "duration",
     .offset = offsetof(struct route_draft, group_interval),
     .help = "Accepted for Alertmanager's sake; has no effect: changes are shown at once."},
    {.key = "repeat_interval",
     .type = FIELD_NODE,
     .shape = "duration",
     .offset = offsetof(struct route_draft, repeat_interval),
     .help = "Accepted for Alertmanager's sake; has no effect, use wait and repeat steps."},
    {.key = "mute_time_intervals",
     .type = FIELD_NODE,
     .shape = "list of names under time_intervals",
     .offset = offsetof(struct route_draft, mute),
     .help = "During any of them its incidents open, but their pages wait; not inherited."},
    {.key = "active_time_intervals",
     .type = FIELD_NODE,
     .shape = "list of names under time_intervals",
     .offset = offsetof(struct route_draft, active),
     .help = "Outside all of them pages wait; not inherited."},
    {.key = "labels", .type = FIELD_IGNORED, .help = "messages do not show them"},
};
SCHEMA_DEFINE(schema_route, "route", route_fields);

struct tree {
    struct binder *b;
    size_t n_routes;
    bool is_last_broken;                   /* the matchers of the route bound last */
    VEC(const struct yaml_node *) grouped; /* labels of every group_by */
};

/* --- matchers ----------------------------------------------------------------------------- */

static bool add_matchers(struct binder *b, const struct yaml_node *node, struct str text,
                         struct matcher *v, size_t *n)
{
    struct matchers found;
    struct err err = ERR_INIT;
    if (matchers_parse(b->arena, MATCHER_FALLBACK, text, &found, &err) != OK) {
        bool is_form = err.code == ERR_SYNTAX;
        bind_error(b, node, is_form ? STR("write 'name=\"value\"', or with != =~ !~") : STR_EMPTY,
                   "%s", err.detail);
        return false;
    }
    if (*n + found.n > MATCHERS_MAX) {
        bind_error(b, node, STR_EMPTY, "more than %d matchers", MATCHERS_MAX);
        return false;
    }
    if (found.n > 0) {
        memcpy(v + *n, found.v, found.n * sizeof(*v));
    }
    *n += found.n;
    return true;
}

bool bind_matchers(struct binder *b, const struct yaml_node *node, struct matcher *v, size_t *n)
{
    struct node_list list;
    if (!bind_list(b, node, "matchers", &list)) {
        return false;
    }
    bool is_good = true;
    for (size_t i = 0; i < list.n; i++) {
        if (list.v[i]->kind != YAML_SCALAR || list.v[i]->tag.n > 0) {
            bind_error(b, list.v[i], STR("write it in quotes: 'name=\"value\"'"),
                       "a matcher must be a text");
            is_good = false;
        } else {
            is_good &= add_matchers(b, list.v[i], list.v[i]->text, v, n);
        }
    }
    return is_good;
}

/* `match:` and `match_re:`. Empty values are allowed: the label must be missing. */
static void bind_match_map(struct binder *b, const struct yaml_node *node, enum matcher_op op,
                           struct matcher *v, size_t *n)
{
    if (node->kind != YAML_MAP) {
        bind_error(b, node, STR("write match: { name: value }"), "match must be a map of labels");
        return;
    }
    for (size_t i = 0; i < node->n; i++) {
        const struct yaml_node *key = node->pairs[i].key, *value = node->pairs[i].value;
        struct err err = ERR_INIT;
        if (!label_name_is_classic(key->text)) {
            bind_error(b, key, STR("use matchers: for other names"),
                       "\"%.*s\" is not a label name for match", STR_ARG(key->text));
        } else if (value->kind != YAML_SCALAR || value->tag.n > 0) {
            bind_error(b, value, STR_EMPTY, "the value must be a text");
        } else if (*n == MATCHERS_MAX) {
            bind_error(b, key, STR_EMPTY, "more than %d matchers", MATCHERS_MAX);
            return;
        } else if (matcher_make(b->arena, op, key->text, value->text, &v[*n], &err) != OK) {
            bind_error(b, value, STR_EMPTY, "%s", err.detail);
        } else {
            if (op == MATCHER_RE) { /* as Alertmanager prints and sorts it */
                v[*n].value = str_printf(b->arena, "^(?:%.*s)$", STR_ARG(value->text));
            }
            *n += 1;
        }
    }
}

/* --- one route ---------------------------------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static void bind_group_by(struct tree *tree, const struct yaml_node *node, struct route *route)
{
    struct binder *b = tree->b;
    struct node_list list;
    if (!bind_list(b, node, "group_by", &list)) {
        return;
    }
    if (list.n > GROUP_BY_MAX) {
        bind_error(b, node, STR_EMPTY, "group_by has at most %d labels", GROUP_BY_MAX);
        return;
    }
    struct str *names = ARENA_ARRAY(b->arena, struct str, list.n);
    route->n_group_by = 0;
    route->groups_by_all = false;
    for (size_t i = 0; i < list.n; i++) {
        struct str name;
        if (!bind_text(b, list.v[i], "a label", &name)) {
            continue;
        }
        for (size_t k = 0; k < route->n_group_by; k++) {
            if (str_eq(names[k], name)) {
                bind_error(b, list.v[i], STR("remove one"), "label \"%.*s\" is listed twice",
                           STR_ARG(name));
            }
        }
        route->groups_by_all |= str_eq(name, STR("..."));
        names[route->n_group_by++] = name;
        VEC_PUSH(b->arena, &tree->grouped, list.v[i]);
    }
    if (route->groups_by_all && list.n > 1) {
        bind_error(b, node, STR("write group_by: ['...']"),
                   "'...' means all labels and stands "
                   "alone");
    }
    route->n_group_by = route->groups_by_all ? 0 : route->n_group_by;
    qsort(names, route->n_group_by, sizeof(*names), by_text);
    route->group_by = names;
}

/* Told once per key: real files have one on every route. */
static void note_ignored(struct binder *b, const struct yaml_node *map, const char *key,
                         unsigned bit, const char *instead)
{
    const struct yaml_node *node = yaml_get(map, str_from(key));
    int64_t ignored;
    if (node && bind_duration(b, node, key, &ignored) && !(b->told_once & bit)) {
        b->told_once |= bit;
        bind_warning(b, yaml_key(map, str_from(key)), str_from(instead), "%s has no effect", key);
    }
}

static const struct receiver *find_receiver(struct binder *b, const struct yaml_node *node)
{
    struct str name;
    if (!bind_text(b, node, "receiver", &name)) {
        return NULL;
    }
    struct entry *entry = bind_reference(b, &b->sections.receivers, "receiver", node, name);
    return entry ? &b->settings->receivers[entry - b->sections.receivers.v] : NULL;
}

struct matchers bind_all_matchers(struct binder *b, const struct match_nodes *draft)
{
    struct matcher v[MATCHERS_MAX];
    size_t n = 0;
    if (draft->matchers) {
        (void)bind_matchers(b, draft->matchers, v, &n);
    }
    if (draft->match) {
        bind_match_map(b, draft->match, MATCHER_EQ, v, &n);
    }
    if (draft->match_re) {
        bind_match_map(b, draft->match_re, MATCHER_RE, v, &n);
    }
    return matchers_sort(b->arena, v, n);
}

static struct intervals bind_intervals_of(struct binder *b, const struct yaml_node *node,
                                          const char *what)
{
    struct node_list list;
    if (b->is_tree_only || !node || yaml_is_null(node) || !bind_list(b, node, what, &list)) {
        return (struct intervals){0};
    }
    const struct interval **v = ARENA_ARRAY(b->arena, const struct interval *, list.n);
    size_t n = 0;
    for (size_t i = 0; i < list.n; i++) {
        const struct interval *interval = bind_interval_reference(b, list.v[i]);
        if (interval) {
            v[n++] = interval;
        }
    }
    b->settings->has_timed_routes |= n > 0;
    b->settings->has_mutes |= n > 0;
    return (struct intervals){v, n};
}

static bool is_same_matcher(const struct matcher *a, const struct matcher *b)
{
    return a->op == b->op && str_eq(a->name, b->name) && str_eq(a->value, b->value);
}

/* Does everything that `later` takes match `earlier`? Only by equal matchers; both are sorted. */
static bool takes_all_of(const struct route *earlier, const struct route *later)
{
    size_t k = 0;
    for (size_t i = 0; i < earlier->matchers.n; i++) {
        while (k < later->matchers.n &&
               !is_same_matcher(&earlier->matchers.v[i], &later->matchers.v[k])) {
            k++;
        }
        if (k == later->matchers.n) {
            return false;
        }
    }
    return true;
}

static void check_reachable(struct binder *b, const struct yaml_node *const *nodes,
                            const struct route *routes, const bool *is_broken, size_t at)
{
    size_t first = at > SIBLINGS_COMPARED ? at - SIBLINGS_COMPARED : 0;
    for (size_t i = first; i < at; i++) {
        if (!is_broken[i] && !routes[i].continues && takes_all_of(&routes[i], &routes[at])) {
            struct str all =
                routes[i].matchers.n
                    ? str_printf(b->arena, "every alert with %.*s",
                                 STR_ARG(matchers_format(b->arena, routes[i].matchers)))
                    : STR("every alert");
            bind_warning(b, nodes[at], STR("move this one up, or give the other continue: true"),
                         "this route can never match: route %zu (line %u) takes %.*s first", i + 1,
                         nodes[i]->line, STR_ARG(all));
            return;
        }
    }
}

static void bind_route(struct tree *tree, const struct yaml_node *node, const struct route *parent,
                       struct route *route);

static void bind_children(struct tree *tree, const struct yaml_node *list, struct route *route)
{
    struct binder *b = tree->b;
    if (list->kind != YAML_SEQ) {
        bind_error(b, list, STR_EMPTY, "routes must be a list");
        return;
    }
    tree->n_routes += list->n;
    if (tree->n_routes > ROUTES_MAX) {
        bind_error(b, list, STR_EMPTY, "more than %d routes", ROUTES_MAX);
        return;
    }
    struct route *children = ARENA_ARRAY(b->arena, struct route, list->n);
    bool *is_broken = ARENA_ARRAY(b->arena, bool, list->n);
    for (size_t i = 0; i < list->n; i++) {
        bind_route(tree, list->items[i], route, &children[i]);
        is_broken[i] = tree->is_last_broken;
        if (!is_broken[i]) {
            check_reachable(b, list->items, children, is_broken, i);
        }
    }
    route->children = children;
    route->n_children = list->n;
}

static void bind_route(struct tree *tree, const struct yaml_node *node, const struct route *parent,
                       struct route *route)
{
    struct binder *b = tree->b;
    struct route_draft draft = {0};
    *route = (struct route){.where = bind_where(b, node)};
    if (parent) {
        route->receiver = parent->receiver;
        route->hold_us = parent->hold_us;
        route->groups_by_all = parent->groups_by_all;
        route->group_by = parent->group_by;
        route->n_group_by = parent->n_group_by;
    }
    if (!schema_bind(b, &schema_route, node, &draft)) {
        tree->is_last_broken = true;
        return;
    }
    if (draft.receiver) {
        route->receiver = find_receiver(b, draft.receiver);
    }
    size_t n_errors = b->n_errors;
    route->matchers = bind_all_matchers(b, &draft.own);
    bool is_broken = b->n_errors > n_errors;
    route->continues = draft.continues;
    if (draft.group_by) {
        bind_group_by(tree, draft.group_by, route);
    }
    if (draft.group_wait) {
        (void)bind_duration(b, draft.group_wait, "group_wait", &route->hold_us);
    }
    route->mute = bind_intervals_of(b, draft.mute, "mute_time_intervals");
    route->active = bind_intervals_of(b, draft.active, "active_time_intervals");
    note_ignored(b, node, "group_interval", 2, "changes are shown at once");
    note_ignored(b, node, "repeat_interval", 4, "use wait and repeat steps of the receiver");
    if (draft.routes) {
        bind_children(tree, draft.routes, route);
    }
    tree->is_last_broken = is_broken;
}

/* --- labels of group_by ------------------------------------------------------------------- */

struct label_names {
    struct arena *arena;
    VEC(struct str) names;
};

static void know_matchers(struct label_names *known, struct matchers matchers)
{
    for (size_t i = 0; i < matchers.n; i++) {
        VEC_PUSH(known->arena, &known->names, matchers.v[i].name);
    }
}

static void know_route(struct label_names *known, const struct route *route)
{
    know_matchers(known, route->matchers);
    for (size_t i = 0; i < route->n_children; i++) {
        know_route(known, &route->children[i]);
    }
}

static void know_usual(struct label_names *known)
{
    static const char *const usual[] = {
        "alertname", "alertgroup", "app",      "application", "cluster",
        "component", "container",  "device",   "env",         "environment",
        "host",      "hostname",   "instance", "job",         "namespace",
        "node",      "owner",      "pod",      "region",      "service",
        "severity",  "site",       "team",     "tenant",      "zone",
    };
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
        VEC_PUSH(known->arena, &known->names, str_from(usual[i]));
    }
}

/* A label that nothing else speaks of is no mistake by itself; one that looks like a slip is. */
static void check_group_by(struct tree *tree)
{
    struct binder *b = tree->b;
    struct label_names known = {.arena = b->arena};
    know_usual(&known);
    know_route(&known, &b->settings->root);
    for (size_t i = 0; i < b->settings->n_inhibit_rules; i++) {
        know_matchers(&known, b->settings->inhibit_rules[i].source);
        know_matchers(&known, b->settings->inhibit_rules[i].target);
    }
    struct str *alike = ARENA_ARRAY(b->arena, struct str, known.names.n);
    for (size_t i = 0; i < tree->grouped.n; i++) {
        struct str name = tree->grouped.v[i]->text;
        size_t n = 0;
        bool is_known = str_eq(name, STR("..."));
        for (size_t k = 0; k < known.names.n; k++) {
            is_known |= str_eq(known.names.v[k], name);
            if (known.names.v[k].n > 0 && known.names.v[k].p[0] == name.p[0]) {
                alike[n++] = known.names.v[k];
            }
        }
        struct str hint = is_known ? STR_EMPTY : bind_suggestion(b->arena, name, alike, n);
        if (hint.n > 0) {
            bind_warning(b, tree->grouped.v[i], hint, "no matcher speaks of label \"%.*s\"",
                         STR_ARG(name));
        }
    }
}

/* --- the tree ----------------------------------------------------------------------------- */

static void check_root(struct binder *b, const struct yaml_node *node)
{
    static const char *const others[] = {"matchers",
                                         "match",
                                         "match_re",
                                         "continue",
                                         "mute_time_intervals",
                                         "active_time_intervals"};
    if ((node->kind == YAML_MAP || yaml_is_null(node)) && !yaml_get(node, STR("receiver"))) {
        bind_error(b, node, STR("add receiver: NAME"), "the top route needs a receiver");
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        const struct yaml_node *key = yaml_key(node, str_from(others[i]));
        if (key) {
            bind_error(b, key, STR("write it on a child under routes:"),
                       "the top route takes everything: \"%s\" has no place there", others[i]);
        }
    }
}

void bind_routes(struct binder *b)
{
    const struct entry *section = &b->sections.route;
    const struct entry *catch_all = &b->sections.catch_all;
    if (section->node) {
        struct tree tree = {.b = b, .n_routes = 1};
        b->file = section->file;
        check_root(b, section->node);
        bind_route(&tree, section->node, NULL, &b->settings->root);
        check_group_by(&tree);
    }
    if (catch_all->node) {
        b->file = catch_all->file;
        b->settings->catch_all = find_receiver(b, catch_all->node);
    }
}
