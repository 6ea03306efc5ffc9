#include "formats/template/node.h"

#include "formats/template/goquote.h"
#include "formats/unicode.h"

ENUM_DEFINE(node_kind, NODE_KINDS)

static void add_names(struct strbuf *out, const struct node_names *names, bool is_dot_first)
{
    for (size_t i = 0; i < names->n; i++) {
        if (i > 0 || is_dot_first) {
            strbuf_add_char(out, '.');
        }
        strbuf_add(out, names->v[i]);
    }
}

static void add_pipe(struct strbuf *out, const struct node *pipe)
{
    for (size_t i = 0; i < pipe->pipe.n_decls; i++) {
        strbuf_add(out, i > 0 ? STR(", ") : STR_EMPTY);
        node_add(out, pipe->pipe.decls[i]);
    }
    if (pipe->pipe.n_decls > 0) {
        strbuf_add(out, pipe->pipe.is_assign ? STR(" = ") : STR(" := "));
    }
    for (size_t i = 0; i < pipe->pipe.n_commands; i++) {
        strbuf_add(out, i > 0 ? STR(" | ") : STR_EMPTY);
        node_add(out, pipe->pipe.commands[i]);
    }
}

/* Pipes inside other expressions stand in parentheses. */
static void add_operand(struct strbuf *out, const struct node *node)
{
    bool is_pipe = node->kind == NODE_PIPE;
    strbuf_add(out, is_pipe ? STR("(") : STR_EMPTY);
    node_add(out, node);
    strbuf_add(out, is_pipe ? STR(")") : STR_EMPTY);
}

static void add_branch(struct strbuf *out, const struct node *node)
{
    strbuf_printf(out, "{{%s ", node_kind_name(node->kind));
    add_pipe(out, node->branch.pipe);
    strbuf_add(out, STR("}}"));
    node_list_add(out, node->branch.list);
    if (node->branch.otherwise) {
        strbuf_add(out, STR("{{else}}"));
        node_list_add(out, node->branch.otherwise);
    }
    strbuf_add(out, STR("{{end}}"));
}

static void add_template(struct strbuf *out, const struct node *node)
{
    strbuf_add(out, STR("{{template "));
    goquote_add(out, node->template.name, false);
    if (node->template.pipe) {
        strbuf_add_char(out, ' ');
        add_pipe(out, node->template.pipe);
    }
    strbuf_add(out, STR("}}"));
}

static void add_command(struct strbuf *out, const struct node *command)
{
    for (size_t i = 0; i < command->command.n; i++) {
        strbuf_add(out, i > 0 ? STR(" ") : STR_EMPTY);
        add_operand(out, command->command.v[i]);
    }
}

void node_add(struct strbuf *out, const struct node *node)
{
    switch (node->kind) {
    case NODE_TEXT:
        strbuf_add(out, node->text);
        break;
    case NODE_ACTION:
        strbuf_add(out, STR("{{"));
        add_pipe(out, node->branch.pipe);
        strbuf_add(out, STR("}}"));
        break;
    case NODE_IF:
    case NODE_RANGE:
    case NODE_WITH:
        add_branch(out, node);
        break;
    case NODE_TEMPLATE:
        add_template(out, node);
        break;
    case NODE_BREAK:
    case NODE_CONTINUE:
    case NODE_END:
    case NODE_ELSE:
        strbuf_printf(out, "{{%s}}", node_kind_name(node->kind));
        break;
    case NODE_PIPE:
        add_pipe(out, node);
        break;
    case NODE_COMMAND:
        add_command(out, node);
        break;
    case NODE_BOOL:
        strbuf_add(out, node->is_true ? STR("true") : STR("false"));
        break;
    case NODE_NUMBER:
        strbuf_add(out, node->number.text);
        break;
    case NODE_STRING:
        strbuf_add(out, node->string.text);
        break;
    case NODE_NIL:
        strbuf_add(out, STR("nil"));
        break;
    case NODE_DOT:
        strbuf_add_char(out, '.');
        break;
    case NODE_FIELD:
    case NODE_VARIABLE:
        add_names(out, &node->names, node->kind == NODE_FIELD);
        break;
    case NODE_CHAIN:
        add_operand(out, node->chain.node);
        add_names(out, &node->chain.names, true);
        break;
    case NODE_IDENTIFIER:
        strbuf_add(out, node->identifier.text);
        break;
    case node_kind_COUNT:
        UNREACHABLE("not a kind of node");
    }
}

void node_list_add(struct strbuf *out, const struct node_list *list)
{
    for (size_t i = 0; i < list->n && !out->is_full; i++) {
        node_add(out, list->v[i]);
    }
}

static void walk(const struct node *node, void (*visit)(void *, const struct node *), void *context)
{
    visit(context, node);
    switch ((int)node->kind) {
    case NODE_ACTION:
        walk(node->branch.pipe, visit, context);
        break;
    case NODE_IF:
    case NODE_RANGE:
    case NODE_WITH:
        walk(node->branch.pipe, visit, context);
        node_walk(node->branch.list, visit, context);
        if (node->branch.otherwise) {
            node_walk(node->branch.otherwise, visit, context);
        }
        break;
    case NODE_TEMPLATE:
        if (node->template.pipe) {
            walk(node->template.pipe, visit, context);
        }
        break;
    case NODE_PIPE:
        for (size_t i = 0; i < node->pipe.n_commands; i++) {
            walk(node->pipe.commands[i], visit, context);
        }
        break;
    case NODE_COMMAND:
        node_walk(&node->command, visit, context);
        break;
    case NODE_CHAIN:
        walk(node->chain.node, visit, context);
        break;
    }
}

void node_walk(const struct node_list *list, void (*visit)(void *, const struct node *),
               void *context)
{
    for (size_t i = 0; i < list->n; i++) {
        walk(list->v[i], visit, context);
    }
}

bool node_list_is_empty(const struct node_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        if (list->v[i]->kind != NODE_TEXT || unicode_trim(list->v[i]->text).n > 0) {
            return false;
        }
    }
    return true;
}

void node_add_place(struct strbuf *out, const struct node *node)
{
    size_t line = 1, line_start = 0;
    for (size_t i = 0; i < node->pos; i++) {
        if (node->source->text.p[i] == '\n') {
            line++;
            line_start = i + 1;
        }
    }
    strbuf_add(out, node->source->name);
    strbuf_printf(out, ":%zu:%zu", line, node->pos - line_start);
}
