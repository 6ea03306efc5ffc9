/* Contexts are inferred as Go's html/template does: each body is escaped for the context it is
 * called in, under the assumption that it ends where it began; if it calls itself and the
 * assumption was wrong, once more for where it ended. Changes are collected and made only when all
 * is well, as some bodies are looked at only to see where they end. */
#include "base/vec.h"
#include "formats/template/goquote.h"
#include "formats/template/html_edit.h"
#include "formats/template/link.h"

struct output {
    struct str name; /* of an escaped body */
    struct html_context context;
};

/* The contexts at breaks and continues of a range. */
struct jumps {
    struct jumps *outer;
    VEC(struct html_context) breaks, continues;
};

struct escaper {
    struct arena *arena;
    struct link_names names;
    VEC(struct output) outputs; /* of equal names the last counts */
    VEC(struct body *) bodies;
    VEC(struct str) called;
    VEC(struct html_edit) edits;
    size_t first_called; /* since the body that is being looked at began */
    struct jumps *jumps;
    int depth;
    size_t steps; /* loops in loops are looked at again and again */
};

enum { ESCAPE_DEPTH_MAX = 1000, ESCAPE_STEPS_MAX = 500000, BYTES_A_STEP = 64 };

static struct html_context escape_list(struct escaper *, struct html_context,
                                       const struct node_list *);

static void push_edit(struct escaper *e, struct html_edit edit)
{
    if (edit.node) {
        VEC_PUSH(e->arena, &e->edits, edit);
    }
}

static struct html_context escape_text(struct escaper *e, struct html_context c, struct node *node)
{
    struct html_edit edit = {0};
    c = html_edit_text(e->arena, c, node, &edit);
    push_edit(e, edit);
    return c;
}

static struct html_context escape_action(struct escaper *e, struct html_context c,
                                         struct node *node)
{
    struct html_edit edit = {0};
    c = html_edit_action(e->arena, c, node, &edit);
    push_edit(e, edit);
    return c;
}

/* --- branches ------------------------------------------------------------------------------- */

/* The context behind two branches; an error if they do not agree. */
static struct html_context join(struct escaper *e, struct html_context a, struct html_context b,
                                const struct node *node, const char *name)
{
    if (a.state == HTML_ERROR || b.state == HTML_DEAD) {
        return a;
    }
    if (b.state == HTML_ERROR || a.state == HTML_DEAD) {
        return b;
    }
    struct html_context c = a;
    c.url_part = b.url_part;
    if (html_context_eq(c, b)) {
        if (a.url_part != b.url_part) {
            c.url_part = HTML_URL_UNKNOWN;
        }
        return c;
    }
    struct html_context x = html_context_nudge(a), y = html_context_nudge(b);
    if (!html_context_eq(x, a) || !html_context_eq(y, b)) {
        struct html_context nudged = join(e, x, y, node, name);
        if (nudged.state != HTML_ERROR) {
            return nudged;
        }
    }
    struct strbuf text;
    strbuf_init(&text, e->arena, 4096);
    strbuf_printf(&text, "{{%s}} branches end in different contexts: ", name);
    html_context_add(&text, a);
    strbuf_add(&text, STR(", "));
    html_context_add(&text, b);
    return html_context_error(e->arena, node, "%s", text.p);
}

static void blame(struct escaper *e, struct html_context c, size_t line, const char *where)
{
    c.error->line = line;
    c.error->text = str_printf(e->arena, "%s: %.*s", where, STR_ARG(c.error->text));
}

/* Breaks and continues lead back to the start of the loop, which may then end. */
static struct html_context join_jumps(struct escaper *e, struct html_context c,
                                      const struct jumps *jumps)
{
    for (size_t i = 0; i < jumps->breaks.n + jumps->continues.n; i++) {
        bool is_break = i < jumps->breaks.n;
        struct html_context jump =
            is_break ? jumps->breaks.v[i] : jumps->continues.v[i - jumps->breaks.n];
        c = join(e, c, jump, jump.node, "range");
        if (c.state == HTML_ERROR) {
            blame(e, c, jump.node->line,
                  is_break ? "at range loop break" : "at range loop continue");
            return c;
        }
    }
    return c;
}

/* Where the list ends, without changing anything. */
static struct html_context look_through(struct escaper *e, struct html_context c,
                                        const struct node_list *list)
{
    struct escaper before = *e;
    e->first_called = e->called.n;
    c = escape_list(e, c, list);
    e->outputs.n = before.outputs.n;
    e->bodies.n = before.bodies.n;
    e->called.n = before.called.n;
    e->edits.n = before.edits.n;
    e->first_called = before.first_called;
    return c;
}

/* The body of a range runs once, and again from where it ended. */
static struct html_context escape_loop(struct escaper *e, struct html_context c,
                                       const struct node *node)
{
    struct jumps first = {.outer = e->jumps}, again = {.outer = e->jumps};
    struct jumps *outer = e->jumps;
    e->jumps = &first;
    c = escape_list(e, c, node->branch.list);
    if (c.state != HTML_ERROR) {
        c = join_jumps(e, c, &first);
    }
    e->jumps = outer;
    if (c.state == HTML_ERROR) {
        return c;
    }
    e->jumps = &again;
    struct html_context next = look_through(e, c, node->branch.list);
    e->jumps = outer;
    c = join(e, c, next, node, "range");
    if (c.state == HTML_ERROR) {
        blame(e, c, node->line, "on range loop re-entry");
        return c;
    }
    return join_jumps(e, c, &again);
}

static struct html_context escape_branch(struct escaper *e, struct html_context c,
                                         const struct node *node)
{
    struct html_context taken =
        node->kind == NODE_RANGE ? escape_loop(e, c, node) : escape_list(e, c, node->branch.list);
    if (node->kind == NODE_RANGE && taken.state == HTML_ERROR) {
        return taken;
    }
    struct html_context other =
        node->branch.otherwise ? escape_list(e, c, node->branch.otherwise) : c;
    return join(e, taken, other, node, node_kind_name(node->kind));
}

/* --- calls ---------------------------------------------------------------------------------- */

/* The name of a body for a context: the plain name between tags. */
static struct str mangle(struct escaper *e, struct str name, struct html_context c)
{
    if (c.state == HTML_TEXT) {
        return name;
    }
    struct strbuf out;
    strbuf_init(&out, e->arena, name.n + 256);
    strbuf_add(&out, name);
    strbuf_printf(&out, "$htmltemplate_%s", html_state_name(c.state));
    if (c.delim != HTML_DELIM_NONE) {
        strbuf_printf(&out, "_%s", html_delim_name(c.delim));
    }
    if (c.url_part != HTML_URL_NONE) {
        strbuf_printf(&out, "_%s", html_url_part_name(c.url_part));
    }
    if (c.attr != HTML_ATTR_PLAIN) {
        strbuf_printf(&out, "_%s", html_attr_name(c.attr));
    }
    if (c.element != HTML_ELEMENT_NONE) {
        strbuf_printf(&out, "_%s", html_element_name(c.element));
    }
    return strbuf_str(&out);
}

static struct body *find_copy(const struct escaper *e, struct str mangled)
{
    for (size_t i = 0; i < e->bodies.n; i++) {
        if (str_eq(e->bodies.v[i]->name, mangled)) {
            return e->bodies.v[i];
        }
    }
    return NULL;
}

static bool find_output(const struct escaper *e, struct str mangled, struct html_context *ret)
{
    for (size_t i = e->outputs.n; i-- > 0;) {
        if (str_eq(e->outputs.v[i].name, mangled)) {
            *ret = e->outputs.v[i].context;
            return true;
        }
    }
    return false;
}

static bool was_called(const struct escaper *e, struct str mangled)
{
    for (size_t i = e->first_called; i < e->called.n; i++) {
        if (str_eq(e->called.v[i], mangled)) {
            return true;
        }
    }
    return false;
}

/* Escapes the body, assuming that it ends in `c` when it calls itself. False: it did not, and
 * nothing of it counts. */
static bool try_body(struct escaper *e, struct html_context c, const struct body *body,
                     struct html_context *ret)
{
    struct output assumed = {body->name, c};
    VEC_PUSH(e->arena, &e->outputs, assumed);
    struct escaper before = *e;
    e->first_called = e->called.n;
    *ret = escape_list(e, c, body->list);
    bool is_well =
        ret->state != HTML_ERROR && (!was_called(e, body->name) || html_context_eq(c, *ret));
    e->first_called = before.first_called;
    if (!is_well) {
        e->outputs.n = before.outputs.n;
        e->bodies.n = before.bodies.n;
        e->called.n = before.called.n;
        e->edits.n = before.edits.n;
    }
    return is_well;
}

static struct html_context escape_body(struct escaper *e, struct html_context c,
                                       const struct body *body)
{
    struct html_context end, again;
    if (try_body(e, c, body, &end)) {
        return end;
    }
    if (try_body(e, end, body, &again)) {
        return again;
    }
    if (end.state == HTML_ERROR) {
        return end;
    }
    return html_context_error(e->arena, body->list->n > 0 ? body->list->v[0] : NULL,
                              "cannot compute output context for template %.*s",
                              STR_ARG(body->name));
}

static struct html_context no_such_template(struct escaper *e, const struct node *node)
{
    struct strbuf name;
    strbuf_init(&name, e->arena, node->template.name.n * 4 + 8);
    goquote_add(&name, node->template.name, false);
    return html_context_error(e->arena, node, "no such template %s", name.p);
}

static struct html_context escape_call(struct escaper *e, struct html_context c, struct node *node)
{
    struct str mangled = mangle(e, node->template.name, c);
    struct html_context end;
    VEC_PUSH(e->arena, &e->called, mangled);
    push_edit(e, (struct html_edit){.node = node, .target = mangled});
    if (find_output(e, mangled, &end)) {
        return end;
    }
    struct body *copy = find_copy(e, mangled);
    if (!copy) {
        const struct body *body = e->names.find(e->names.context, node->template.name);
        if (!body) {
            return no_such_template(e, node);
        }
        copy = ARENA_NEW(e->arena, struct body);
        *copy = (struct body){mangled, body->source, link_copy(e->arena, body->list)};
        VEC_PUSH(e->arena, &e->bodies, copy);
    }
    return escape_body(e, c, copy);
}

static struct html_context escape_jump(struct escaper *e, struct html_context c,
                                       const struct node *node)
{
    c.node = node;
    if (node->kind == NODE_BREAK) {
        VEC_PUSH(e->arena, &e->jumps->breaks, c);
    } else {
        VEC_PUSH(e->arena, &e->jumps->continues, c);
    }
    return (struct html_context){.state = HTML_DEAD};
}

static struct html_context escape_statement(struct escaper *e, struct html_context c,
                                            struct node *node)
{
    switch ((int)node->kind) {
    case NODE_TEXT:
        e->steps += node->text.n / BYTES_A_STEP;
        return escape_text(e, c, node);
    case NODE_ACTION:
        return escape_action(e, c, node);
    case NODE_IF:
    case NODE_WITH:
    case NODE_RANGE:
        return escape_branch(e, c, node);
    case NODE_TEMPLATE:
        return escape_call(e, c, node);
    case NODE_BREAK:
    case NODE_CONTINUE:
        return escape_jump(e, c, node);
    }
    UNREACHABLE("not a statement");
}

static struct html_context escape_list(struct escaper *e, struct html_context c,
                                       const struct node_list *list)
{
    e->depth++;
    for (size_t i = 0; i < list->n && c.state != HTML_DEAD; i++) {
        struct node *node = (struct node *)list->v[i]; /* a copy of ours */
        if (++e->steps > ESCAPE_STEPS_MAX || e->depth > ESCAPE_DEPTH_MAX) {
            c = html_context_error(e->arena, node, "too much is nested to be made safe for HTML");
            break;
        }
        c = escape_statement(e, c, node);
    }
    e->depth--;
    return c;
}

/* --- making the changes --------------------------------------------------------------------- */

static void make_edits(struct escaper *e)
{
    for (size_t i = 0; i < e->edits.n; i++) {
        const struct html_edit *edit = &e->edits.v[i];
        if (edit->node->kind == NODE_TEMPLATE) {
            edit->node->template.target = find_copy(e, edit->target);
            edit->node->template.name = edit->target;
        } else {
            html_edit_make(e->arena, edit);
        }
    }
}

static const struct body *fail(struct escaper *e, const struct html_error *why,
                               struct template_error *error)
{
    struct strbuf text;
    strbuf_init(&text, e->arena, why->text.n + 4096);
    strbuf_add(&text, STR("html/template:"));
    if (why->node) {
        node_add_place(&text, why->node);
        strbuf_add_char(&text, ':');
    } else if (why->line > 0) {
        strbuf_printf(&text, ":%zu:", why->line);
    }
    strbuf_add_char(&text, ' ');
    strbuf_add(&text, why->text);
    *error = (struct template_error){.code = ERR_INVALID,
                                     .text = strbuf_str(&text),
                                     .what = why->text,
                                     .source = why->node ? why->node->source->name : STR_EMPTY,
                                     .line = why->node ? why->node->line : why->line};
    return NULL;
}

const struct body *link_html(struct arena *arena, const struct body *root, struct link_names names,
                             struct template_error *error)
{
    struct escaper e = {.arena = arena, .names = names};
    struct html_context begin = {.state = HTML_TEXT};
    struct body *copy = ARENA_NEW(arena, struct body);
    *copy = *root;
    copy->list = link_copy(arena, root->list);
    VEC_PUSH(arena, &e.bodies, copy);
    VEC_PUSH(arena, &e.called, copy->name);
    struct html_context end = escape_body(&e, begin, copy);
    if (end.state != HTML_ERROR && end.state != HTML_TEXT) {
        struct strbuf text;
        strbuf_init(&text, arena, 1024);
        strbuf_add(&text, STR("ends in a non-text context: "));
        html_context_add(&text, end);
        end = html_context_error(arena, NULL, "%s", text.p);
    }
    if (end.state == HTML_ERROR) {
        return fail(&e, end.error, error);
    }
    make_edits(&e);
    return copy;
}
