/* Pipes, commands and operands. */
#include "formats/template/eval_inner.h"
#include "formats/template/types.h"

static const struct node_list no_args = {NULL, 0};

/* --- fields --------------------------------------------------------------------------------- */

static bool has_args(struct node_list args, const struct value *final)
{
    return args.n > 1 || final;
}

static bool is_hidden_field(const struct value *receiver, struct str name)
{
    return receiver->type->kind == VALUE_TIME &&
           (str_eq(name, STR("wall")) || str_eq(name, STR("ext")) || str_eq(name, STR("loc")));
}

static bool get_field(struct eval *e, const struct value *receiver, struct str name, bool is_called,
                      struct value *ret)
{
    const struct value_type *type = receiver->type;
    if (type->kind == VALUE_STRUCT) {
        for (size_t i = 0; i < type->n_fields; i++) {
            if (str_eq(type->fields[i].name, name)) {
                *ret = receiver->fields[i];
                return !is_called ||
                       eval_fail(e, "%.*s has arguments but cannot be invoked as function",
                                 STR_ARG(name));
            }
        }
    } else if (type->kind == VALUE_MAP) {
        const struct value *found = value_map_get(receiver, name);
        *ret = found ? *found : value_zero(type->elem);
        return !is_called || eval_fail(e, "%.*s is not a method but has arguments", STR_ARG(name));
    } else if (is_hidden_field(receiver, name)) {
        return eval_fail(e, "%.*s is an unexported field of struct type %s", STR_ARG(name),
                         type->name);
    }
    return eval_fail(e, "can't evaluate field %.*s in type %s", STR_ARG(name), type->name);
}

/* `node` is the whole field expression. */
static bool eval_field(struct eval *e, const struct value *dot, const struct value *receiver,
                       struct str name, const struct node *node, struct node_list args,
                       const struct value *final, struct value *ret)
{
    if (!receiver->type) {
        *ret = VALUE_NONE;
        return true;
    }
    if (receiver->type == &type_any) {
        return eval_fail(e, "nil pointer evaluating %s.%.*s", type_any.name, STR_ARG(name));
    }
    const struct template_func *method =
        func_find(receiver->type->methods, receiver->type->n_methods, name);
    if (method) {
        struct eval_callee callee = {.func = method, .self = receiver, .node = node};
        return eval_call(e, dot, &callee, args, final, ret);
    }
    return get_field(e, receiver, name, has_args(args, final), ret);
}

/* Along .a.b.c; the last one gets the arguments, if it is a method. */
static bool eval_names(struct eval *e, const struct value *dot, struct value receiver,
                       const struct node *node, struct node_names names, struct node_list args,
                       const struct value *final, struct value *ret)
{
    for (size_t i = 0; i + 1 < names.n; i++) {
        struct value next;
        if (!eval_field(e, dot, &receiver, names.v[i], node, no_args, NULL, &next)) {
            return false;
        }
        receiver = next;
    }
    return eval_field(e, dot, &receiver, names.v[names.n - 1], node, args, final, ret);
}

/* --- operands ------------------------------------------------------------------------------- */

static bool is_no_function(struct eval *e, struct node_list args, const struct value *final)
{
    if (!has_args(args, final)) {
        return true;
    }
    struct str shown = eval_shown(e, args.v[0]);
    return eval_fail(e, "can't give argument to non-function %.*s", STR_ARG(shown));
}

bool eval_field_node(struct eval *e, const struct value *dot, const struct node *node,
                     struct node_list args, const struct value *final, struct value *ret)
{
    e->node = node;
    return eval_names(e, dot, *dot, node, node->names, args, final, ret);
}

bool eval_variable(struct eval *e, const struct value *dot, const struct node *node,
                   struct node_list args, const struct value *final, struct value *ret)
{
    e->node = node;
    const struct variable *variable = eval_find(e, node->names.v[0]);
    if (!variable) {
        return false;
    }
    if (node->names.n == 1) {
        *ret = variable->value;
        return is_no_function(e, args, final);
    }
    struct node_names names = {node->names.v + 1, node->names.n - 1};
    return eval_names(e, dot, variable->value, node, names, args, final, ret);
}

bool eval_chain(struct eval *e, const struct value *dot, const struct node *node,
                struct node_list args, const struct value *final, struct value *ret)
{
    struct value receiver;
    e->node = node;
    return eval_arg(e, dot, NULL, node->chain.node, &receiver) &&
           eval_names(e, dot, receiver, node, node->chain.names, args, final, ret);
}

bool eval_function(struct eval *e, const struct value *dot, const struct node *identifier,
                   const struct node *shown, struct node_list args, const struct value *final,
                   struct value *ret)
{
    struct eval_callee callee = {.func = identifier->identifier.func, .node = shown};
    e->node = identifier;
    return eval_call(e, dot, &callee, args, final, ret);
}

static bool eval_constant(struct eval *e, const struct value *dot, const struct node *node,
                          struct value *ret)
{
    switch ((int)node->kind) {
    case NODE_BOOL:
        *ret = value_bool(node->is_true);
        return true;
    case NODE_DOT:
        *ret = *dot;
        return true;
    case NODE_NIL:
        return eval_fail(e, "nil is not a command");
    case NODE_NUMBER:
        *ret = node->number.ideal;
        return ret->type || eval_fail(e, "%.*s overflows int", STR_ARG(node->number.text));
    case NODE_STRING:
        *ret = value_str(node->string.value);
        return true;
    }
    UNREACHABLE("not an operand");
}

/* --- commands and pipes --------------------------------------------------------------------- */

static bool eval_command(struct eval *e, const struct value *dot, const struct node *command,
                         const struct value *final, struct value *ret)
{
    struct node_list args = command->command;
    const struct node *first = args.v[0];
    if (!eval_step(e, 1)) {
        return false;
    }
    switch ((int)first->kind) {
    case NODE_FIELD:
        return eval_field_node(e, dot, first, args, final, ret);
    case NODE_CHAIN:
        return eval_chain(e, dot, first, args, final, ret);
    case NODE_IDENTIFIER:
        return eval_function(e, dot, first, command, args, final, ret);
    case NODE_PIPE:
        return is_no_function(e, args, final) && eval_pipe(e, dot, first, ret);
    case NODE_VARIABLE:
        return eval_variable(e, dot, first, args, final, ret);
    }
    e->node = first;
    return is_no_function(e, args, final) && eval_constant(e, dot, first, ret);
}

bool eval_pipe(struct eval *e, const struct value *dot, const struct node *pipe, struct value *ret)
{
    struct value value = VALUE_NONE;
    if (!pipe) {
        *ret = value;
        return true;
    }
    e->node = pipe;
    for (size_t i = 0; i < pipe->pipe.n_commands; i++) {
        struct value next;
        if (!eval_command(e, dot, pipe->pipe.commands[i], i > 0 ? &value : NULL, &next)) {
            return false;
        }
        value = next.type == &type_any ? VALUE_NONE : next;
    }
    for (size_t i = 0; i < pipe->pipe.n_decls; i++) {
        struct str name = pipe->pipe.decls[i]->names.v[0];
        if (!pipe->pipe.is_assign) {
            eval_push(e, name, value);
            continue;
        }
        struct variable *variable = eval_find(e, name);
        if (!variable) {
            return false;
        }
        variable->value = value;
    }
    *ret = value;
    return true;
}
