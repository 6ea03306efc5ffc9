/* What can be found out about a set without running it. */
#include "formats/template/goquote.h"
#include "formats/template/link.h"
#include "formats/template/template_inner.h"

struct check {
    const struct template_set *set;
    struct arena *arena;
    struct link_includes includes;       /* of a text; in a set every name is looked for */
    struct template_error *first, *last; /* no last: nothing is wrong yet */
};

static void add(struct check *check, struct template_error error)
{
    struct template_error *place =
        check->last ? ARENA_NEW(check->arena, struct template_error) : check->first;
    *place = error;
    if (check->last) {
        check->last->more = place;
    }
    check->last = place;
}

/* Bodies have the mistakes of those that they call. */
static bool is_known(const struct check *check, const struct template_error *error)
{
    const struct template_error *other = check->last ? check->first : NULL;
    while (other && !str_eq(other->text, error->text)) {
        other = other->more;
    }
    return other;
}

static void complain(struct check *check, const struct node *node, struct str what)
{
    add(check,
        template_error_make(check->arena, ERR_INVALID, node->source->name, node->line, what));
}

static void want_name(struct check *check, const struct node *node, struct str wanted)
{
    bool is_there = template_set_find(check->set, wanted) != NULL;
    for (size_t i = 0; i < check->includes.n && !is_there; i++) {
        is_there = str_eq(check->includes.v[i].name, wanted);
    }
    if (!is_there) {
        struct strbuf name;
        strbuf_init(&name, check->arena, wanted.n * 4 + 8);
        goquote_add(&name, wanted, false);
        complain(check, node, str_printf(check->arena, "template %s not defined", name.p));
    }
}

static void look_at_node(void *context, const struct node *node)
{
    struct check *check = context;
    const struct node *include = node->kind == NODE_COMMAND ? link_include_literal(node) : NULL;
    const struct node *regex = node->kind == NODE_COMMAND ? link_regex_literal(node) : NULL;
    if (regex) {
        const struct regex_search *unused;
        struct err err = ERR_INIT;
        if (regex_search_compile(check->arena, regex->string.value, &unused, &err) != OK) {
            complain(check, regex, str_dup(check->arena, str_from(err.detail)));
        }
    } else if (include) {
        want_name(check, include, include->string.value);
    } else if (node->kind == NODE_TEMPLATE && !node->template.target) {
        want_name(check, node, node->template.name);
    }
}

static const struct body *find(const void *context, struct str name)
{
    return template_set_find(context, name);
}

enum status template_check_list(const struct template_set *set, const struct node_list *list,
                                struct link_includes includes, struct arena *arena,
                                struct template_error *error)
{
    struct check check = {.set = set, .arena = arena, .includes = includes, .first = error};
    node_walk(list, look_at_node, &check);
    return check.last ? ERR_INVALID : OK;
}

enum status template_set_check(const struct template_set *set, struct arena *arena,
                               enum template_mode mode, struct template_error *error)
{
    struct check check = {.set = set, .arena = arena, .first = error};
    struct link_names names = {find, set};
    for (size_t i = 0; i < set->bodies.n; i++) {
        node_walk(set->bodies.v[i].list, look_at_node, &check);
    }
    bool is_html = mode == TEMPLATE_HTML && !check.last;
    for (size_t i = 0; i < set->bodies.n && is_html; i++) {
        struct template_error unsafe;
        if (!link_html(arena, &set->bodies.v[i], names, &unsafe) && !is_known(&check, &unsafe)) {
            add(&check, unsafe);
        }
    }
    return check.last ? ERR_INVALID : OK;
}
