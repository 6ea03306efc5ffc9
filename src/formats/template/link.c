#include "formats/template/link.h"

#include "base/vec.h"
#include "formats/template/funcs.h"

/* --- copying -------------------------------------------------------------------------------- */

static const struct node *copy_node(struct arena *arena, const struct node *node)
{
    struct node *copy = ARENA_NEW(arena, struct node);
    *copy = *node;
    if (node->kind == NODE_IF || node->kind == NODE_RANGE || node->kind == NODE_WITH) {
        copy->branch.list = link_copy(arena, node->branch.list);
        if (node->branch.otherwise) {
            copy->branch.otherwise = link_copy(arena, node->branch.otherwise);
        }
    }
    return copy;
}

const struct node_list *link_copy(struct arena *arena, const struct node_list *list)
{
    const struct node **v = ARENA_ARRAY(arena, const struct node *, list->n);
    for (size_t i = 0; i < list->n; i++) {
        v[i] = copy_node(arena, list->v[i]);
    }
    struct node_list *copy = ARENA_NEW(arena, struct node_list);
    *copy = (struct node_list){v, list->n};
    return copy;
}

/* --- plain text ----------------------------------------------------------------------------- */

struct linker {
    struct arena *arena;
    struct link_names names;
    VEC(struct body *) bodies; /* linked, or about to be */
};

static const struct body *target(struct linker *l, struct str name)
{
    for (size_t i = 0; i < l->bodies.n; i++) {
        if (str_eq(l->bodies.v[i]->name, name)) {
            return l->bodies.v[i];
        }
    }
    const struct body *found = l->names.find(l->names.context, name);
    if (!found) {
        return NULL;
    }
    struct body *copy = ARENA_NEW(l->arena, struct body);
    *copy = *found;
    copy->list = link_copy(l->arena, found->list);
    VEC_PUSH(l->arena, &l->bodies, copy);
    return copy;
}

static void tie(struct linker *l, const struct node_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        struct node *node = (struct node *)list->v[i]; /* a copy of ours */
        if (node->kind == NODE_TEMPLATE) {
            node->template.target = target(l, node->template.name);
        } else if (node->kind == NODE_IF || node->kind == NODE_RANGE || node->kind == NODE_WITH) {
            tie(l, node->branch.list);
            if (node->branch.otherwise) {
                tie(l, node->branch.otherwise);
            }
        }
    }
}

const struct body *link_text(struct arena *arena, const struct body *root, struct link_names names)
{
    struct linker l = {.arena = arena, .names = names};
    struct body *copy = ARENA_NEW(arena, struct body);
    *copy = *root;
    copy->list = link_copy(arena, root->list);
    VEC_PUSH(arena, &l.bodies, copy);
    for (size_t i = 0; i < l.bodies.n; i++) { /* grows meanwhile */
        tie(&l, l.bodies.v[i]->list);
    }
    return copy;
}

/* --- includes ------------------------------------------------------------------------------- */

const struct node *link_include_literal(const struct node *command)
{
    if (command->command.n < 2) {
        return NULL;
    }
    const struct node *first = command->command.v[0], *name = command->command.v[1];
    bool is_include = first->kind == NODE_IDENTIFIER &&
                      first->identifier.func->run == func_include && name->kind == NODE_STRING;
    return is_include ? name : NULL;
}

struct include_search {
    struct arena *arena;
    VEC(struct str) names;
    VEC(const struct body *) seen;
};

static void look_for_include(void *context, const struct node *node)
{
    struct include_search *s = context;
    if (node->kind == NODE_TEMPLATE && node->template.target) {
        for (size_t i = 0; i < s->seen.n; i++) {
            if (s->seen.v[i] == node->template.target) {
                return;
            }
        }
        VEC_PUSH(s->arena, &s->seen, node->template.target);
        return;
    }
    const struct node *name = node->kind == NODE_COMMAND ? link_include_literal(node) : NULL;
    bool is_new = name != NULL;
    for (size_t i = 0; is_new && i < s->names.n; i++) {
        is_new = !str_eq(s->names.v[i], name->string.value);
    }
    if (is_new) {
        VEC_PUSH(s->arena, &s->names, name->string.value);
    }
}

struct link_includes link_includes(struct arena *arena, const struct body *linked,
                                   struct link_names names)
{
    struct include_search s = {.arena = arena};
    VEC(struct link_include) found = {0};
    size_t next_name = 0;
    VEC_PUSH(arena, &s.seen, linked);
    for (size_t i = 0; i < s.seen.n; i++) { /* both grow meanwhile */
        node_walk(s.seen.v[i]->list, look_for_include, &s);
        for (; next_name < s.names.n; next_name++) {
            const struct body *body = names.find(names.context, s.names.v[next_name]);
            if (body) {
                struct link_include include = {s.names.v[next_name], link_text(arena, body, names)};
                VEC_PUSH(arena, &found, include);
                VEC_PUSH(arena, &s.seen, include.body);
            }
        }
    }
    return (struct link_includes){found.v, found.n};
}

/* --- expressions that are spelled out ------------------------------------------------------- */

const struct node *link_regex_literal(const struct node *command)
{
    struct node_list args = command->command;
    const struct node *first = args.v[0];
    bool takes_regex =
        first->kind == NODE_IDENTIFIER &&
        (first->identifier.func->run == func_match || first->identifier.func->run == func_replace);
    return takes_regex && args.n > 1 && args.v[1]->kind == NODE_STRING ? args.v[1] : NULL;
}

struct regex_search_for {
    struct arena *arena;
    VEC(struct regex_literal) found;
    VEC(const struct body *) seen;
};

static void look_at_body(struct regex_search_for *s, const struct body *body)
{
    for (size_t i = 0; i < s->seen.n; i++) {
        if (s->seen.v[i] == body) {
            return;
        }
    }
    VEC_PUSH(s->arena, &s->seen, body);
}

static void look_at_node(void *context, const struct node *node)
{
    struct regex_search_for *s = context;
    const struct node *text = node->kind == NODE_COMMAND ? link_regex_literal(node) : NULL;
    if (text) {
        struct regex_literal literal = {.pattern = text->string.value};
        /* A bad one is an error when it is used, as in Go. */
        if (regex_search_compile(s->arena, literal.pattern, &literal.re, NULL) == OK) {
            VEC_PUSH(s->arena, &s->found, literal);
        }
    } else if (node->kind == NODE_TEMPLATE && node->template.target) {
        look_at_body(s, node->template.target);
    }
}

struct regex_literals link_regexes(struct arena *arena, const struct body *linked,
                                   struct link_includes includes)
{
    struct regex_search_for s = {.arena = arena};
    VEC_PUSH(arena, &s.seen, linked);
    for (size_t i = 0; i < includes.n; i++) {
        VEC_PUSH(arena, &s.seen, includes.v[i].body);
    }
    for (size_t i = 0; i < s.seen.n; i++) { /* grows meanwhile */
        node_walk(s.seen.v[i]->list, look_at_node, &s);
    }
    return (struct regex_literals){s.found.v, s.found.n};
}
