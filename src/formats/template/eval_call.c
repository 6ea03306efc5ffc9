/* Calls of functions and methods: arguments are evaluated for the type that is asked for. */
#include "formats/template/eval_inner.h"
#include "formats/template/funcs.h"
#include "formats/template/goquote.h"
#include "formats/template/types.h"

enum { ARGS_ON_STACK = 8, BYTES_A_STEP = 256 };

static const struct node_list no_args = {NULL, 0};

/* --- arguments ------------------------------------------------------------------------------ */

static bool can_be_nil(const struct value_type *type)
{
    return type->kind == VALUE_ANY || type->kind == VALUE_LIST || type->kind == VALUE_MAP ||
           type->kind == VALUE_ZONE;
}

static struct value nil_of(const struct value_type *type)
{
    return type == &type_value ? VALUE_NONE : value_zero(type);
}

static bool check_type(struct eval *e, const struct value_type *type, struct value *value)
{
    if (!type || type == &type_value) {
        return true;
    }
    if (!value->type) {
        *value = nil_of(type);
        return can_be_nil(type) || eval_fail(e, "invalid value; expected %s", type->name);
    }
    return value_type_fits(value->type, type) ||
           eval_fail(e, "wrong type for value; expected %s; got %s", type->name, value->type->name);
}

static bool not_found(struct eval *e, const char *expected, const struct node *node)
{
    struct str shown = eval_shown(e, node);
    return eval_fail(e, "expected %s; found %.*s", expected, STR_ARG(shown));
}

static bool literal_of_any(struct eval *e, const struct node *node, struct value *ret)
{
    if (node->kind == NODE_BOOL) {
        *ret = value_bool(node->is_true);
    } else if (node->kind == NODE_STRING) {
        *ret = value_str(node->string.value);
    } else {
        *ret = node->number.ideal;
        return ret->type || eval_fail(e, "%.*s overflows int", STR_ARG(node->number.text));
    }
    return true;
}

/* A literal takes the type that is asked for, if it can exactly. */
static bool literal(struct eval *e, const struct value_type *type, const struct node *node,
                    struct value *ret)
{
    bool is_number = node->kind == NODE_NUMBER;
    *ret = (struct value){.type = type};
    switch (type->kind) {
    case VALUE_ANY:
        return literal_of_any(e, node, ret);
    case VALUE_BOOL:
        ret->b = node->is_true;
        return node->kind == NODE_BOOL || not_found(e, "bool", node);
    case VALUE_INT:
        ret->i = is_number ? node->number.number.i : 0;
        return (is_number && node->number.number.is_int) || not_found(e, "integer", node);
    case VALUE_FLOAT:
        ret->f = is_number ? node->number.number.f : 0;
        return (is_number && node->number.number.is_float) || not_found(e, "float", node);
    case VALUE_STRING:
        ret->s = node->kind == NODE_STRING ? node->string.value : STR_EMPTY;
        return node->kind == NODE_STRING || not_found(e, "string", node);
    case VALUE_NOTHING:
    case VALUE_UINT:
    case VALUE_COMPLEX:
    case VALUE_LIST:
    case VALUE_MAP:
    case VALUE_STRUCT:
    case VALUE_TIME:
    case VALUE_ZONE:
    case value_kind_COUNT:
        break;
    }
    struct str shown = eval_shown(e, node);
    return eval_fail(e, "can't handle %.*s for arg of type %s", STR_ARG(shown), type->name);
}

bool eval_arg(struct eval *e, const struct value *dot, const struct value_type *type,
              const struct node *node, struct value *ret)
{
    bool is_well = true;
    e->node = node;
    switch ((int)node->kind) {
    case NODE_DOT:
        *ret = *dot;
        break;
    case NODE_NIL:
        *ret = nil_of(type);
        return can_be_nil(type) || eval_fail(e, "cannot assign nil to %s", type->name);
    case NODE_FIELD:
        is_well = eval_field_node(e, dot, node, no_args, NULL, ret);
        break;
    case NODE_VARIABLE:
        is_well = eval_variable(e, dot, node, no_args, NULL, ret);
        break;
    case NODE_PIPE:
        is_well = eval_pipe(e, dot, node, ret);
        break;
    case NODE_IDENTIFIER:
        is_well = eval_function(e, dot, node, node, no_args, NULL, ret);
        break;
    case NODE_CHAIN:
        is_well = eval_chain(e, dot, node, no_args, NULL, ret);
        break;
    default:
        return literal(e, type, node, ret);
    }
    return is_well && check_type(e, type, ret);
}

/* --- calls ---------------------------------------------------------------------------------- */

static const struct value_type *parameter(const struct template_func *func, size_t i)
{
    return func->in[i < func->n_in ? i : func->n_in - 1];
}

static bool check_count(struct eval *e, const struct template_func *func, size_t n_args, size_t n)
{
    if (func->is_variadic) {
        return n >= func->n_in - 1 ||
               eval_fail(e, "wrong number of args for %.*s: want at least %zu got %zu",
                         STR_ARG(func->name), func->n_in - 1, n_args);
    }
    return n == func->n_in || eval_fail(e, "wrong number of args for %.*s: want %zu got %zu",
                                        STR_ARG(func->name), func->n_in, n);
}

/* `and` and `or` look no further than they must. */
static bool eval_logic(struct eval *e, const struct value *dot, bool is_or, struct node_list args,
                       const struct value *final, struct value *ret)
{
    for (size_t i = 0; i < args.n; i++) {
        if (!eval_arg(e, dot, &type_value, args.v[i], ret)) {
            return false;
        }
        if (value_truth(ret) == is_or) {
            return true;
        }
    }
    if (final) {
        *ret = *final;
    }
    return true;
}

/* No value here is a function. */
static bool eval_call_of_value(struct eval *e, const struct node_list args,
                               const struct value *callee)
{
    if (!callee->type || callee->type == &type_any) {
        return eval_fail(e, "error calling call: call of nil");
    }
    struct str name = args.n > 0 ? eval_shown(e, args.v[0])
                      : callee->type->kind == VALUE_STRING
                          ? callee->s
                          : str_printf(e->arena, "<%s Value>", callee->type->name);
    return eval_fail(e, "error calling call: non-function %.*s of type %s", STR_ARG(name),
                     callee->type->name);
}

static bool run_call(struct eval *e, const struct eval_callee *callee, const struct value *args,
                     size_t n, struct value *ret)
{
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++) {
        bytes += value_kind(&args[i]) == VALUE_STRING ? args[i].s.n : 0;
    }
    if (!eval_step(e, 1 + bytes / BYTES_A_STEP)) {
        return false;
    }
    struct template_call call = {.arena = e->arena,
                                 .env = e->env,
                                 .regexes = &e->regexes,
                                 .steps = &e->steps,
                                 .self = callee->self,
                                 .args = args,
                                 .n = n};
    if (!callee->func->run(&call)) {
        e->node = callee->node;
        if (!eval_step(e, 0)) {
            return false;
        }
        return eval_fail(e, "error calling %.*s: %.*s", STR_ARG(callee->func->name),
                         STR_ARG(strbuf_str(&call.text)));
    }
    *ret = call.ret;
    return true;
}

bool eval_call(struct eval *e, const struct value *dot, const struct eval_callee *callee,
               struct node_list args, const struct value *final, struct value *ret)
{
    const struct template_func *func = callee->func;
    if (args.n > 0) {
        args = (struct node_list){args.v + 1, args.n - 1};
    }
    size_t n = args.n + (final ? 1 : 0);
    if (!check_count(e, func, args.n, n)) {
        return false;
    }
    if (func->results == 2) {
        return eval_fail(e,
                         "invalid function signature for %.*s: second return value should be "
                         "error; is %s",
                         STR_ARG(func->name), func->second);
    }
    if (func->results > 2) {
        return eval_fail(e, "function %.*s has %d return values; should be 1 or 2",
                         STR_ARG(func->name), func->results);
    }
    if (func->run == func_and || func->run == func_or) {
        return eval_logic(e, dot, func->run == func_or, args, final, ret);
    }
    struct value on_stack[ARGS_ON_STACK];
    struct value *v = n <= ARGS_ON_STACK ? on_stack : ARENA_ARRAY(e->arena, struct value, n);
    for (size_t i = 0; i < args.n; i++) {
        if (!eval_arg(e, dot, parameter(func, i), args.v[i], &v[i])) {
            return false;
        }
    }
    if (final) {
        v[n - 1] = *final;
        if (!check_type(e, parameter(func, n - 1), &v[n - 1])) {
            return false;
        }
    }
    if (func->run == func_include) {
        e->node = callee->node;
        return eval_include(e, v, ret);
    }
    if (func->run == func_call) {
        e->node = callee->node;
        return eval_call_of_value(e, args, &v[0]);
    }
    return run_call(e, callee, v, n, ret);
}
