#include "formats/template/eval_inner.h"
#include "formats/template/gofmt.h"
#include "formats/template/goquote.h"
#include "formats/template/html_filters.h"
#include "formats/template/types.h"

#include <stdarg.h>
#include <stdio.h>

ENUM_DEFINE(frame_kind, FRAME_KINDS)

enum { INCLUDE_DEPTH_MAX = 20 }; /* these nest on the C stack */

/* --- errors and limits ---------------------------------------------------------------------- */

static bool PRINTF_LIKE(3, 0)
    record(struct eval *e, enum status code, const char *fmt, va_list args)
{
    enum { MESSAGE_MAX = 4 << 20 };
    struct strbuf text;
    strbuf_init(&text, e->arena, MESSAGE_MAX);
    strbuf_add(&text, STR("template: "));
    node_add_place(&text, e->node);
    strbuf_add(&text, STR(": "));
    size_t place_n = text.n;
    strbuf_add(&text, STR("executing "));
    goquote_add(&text, e->body->name, false);
    strbuf_add(&text, STR(" at <"));
    node_add(&text, e->node);
    strbuf_add(&text, STR(">: "));
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    CHECK(n >= 0);
    char *what = arena_alloc(e->arena, (size_t)n + 1);
    vsnprintf(what, (size_t)n + 1, fmt, again);
    va_end(again);
    strbuf_add(&text, (struct str){what, (size_t)n});
    *e->error = (struct template_error){.code = code,
                                        .text = strbuf_str(&text),
                                        .what = str_slice(strbuf_str(&text), place_n, text.n),
                                        .source = e->node->source->name,
                                        .line = e->node->line};
    return false;
}

bool eval_fail(struct eval *e, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    record(e, ERR_INVALID, fmt, args);
    va_end(args);
    return false;
}

bool eval_exceed(struct eval *e, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    record(e, ERR_TOO_LARGE, fmt, args);
    va_end(args);
    return false;
}

bool eval_step(struct eval *e, size_t n)
{
    const struct template_limits *limits = &e->env->limits;
    e->steps += n;
    if (e->steps > limits->steps) {
        return eval_exceed(e, "more than %zu steps", limits->steps);
    }
    if (e->arena->used - e->memory_before > limits->memory) {
        return eval_exceed(e, "values of more than %zu bytes", limits->memory);
    }
    return true;
}

struct str eval_shown(struct eval *e, const struct node *node)
{
    struct strbuf text;
    strbuf_init(&text, e->arena, node->source->text.n * 2 + 256);
    node_add(&text, node);
    return strbuf_str(&text);
}

/* --- variables ------------------------------------------------------------------------------ */

void eval_push(struct eval *e, struct str name, struct value value)
{
    struct variable variable = {name, value};
    VEC_PUSH(e->arena, &e->variables, variable);
}

struct variable *eval_find(struct eval *e, struct str name)
{
    for (size_t i = e->variables.n; i-- > e->first_variable;) {
        if (str_eq(e->variables.v[i].name, name)) {
            return &e->variables.v[i];
        }
    }
    eval_fail(e, "undefined variable: %.*s", STR_ARG(name));
    return NULL;
}

/* --- frames --------------------------------------------------------------------------------- */

static struct frame *push_frame(struct eval *e, enum frame_kind kind, const struct node_list *list,
                                const struct value *dot, size_t n_variables)
{
    struct frame *frame = e->spare;
    if (frame) {
        e->spare = frame->below;
    } else {
        frame = ARENA_NEW(e->arena, struct frame);
    }
    frame->below = e->top;
    frame->kind = kind;
    frame->list = list;
    frame->at = 0;
    frame->dot = *dot;
    frame->n_variables = n_variables;
    e->top = frame;
    return frame;
}

static void pop_frame(struct eval *e)
{
    struct frame *frame = e->top;
    e->variables.n = frame->n_variables;
    if (frame->kind == FRAME_CALL) {
        e->body = frame->body;
        e->first_variable = frame->first_variable;
        e->depth--;
    }
    e->top = frame->below;
    frame->below = e->spare;
    e->spare = frame;
}

/* --- range ---------------------------------------------------------------------------------- */

static bool set_range_variables(struct eval *e, const struct frame *f, const struct value *key,
                                const struct value *item)
{
    const struct node *pipe = f->range->branch.pipe;
    size_t n = pipe->pipe.n_decls;
    if (!pipe->pipe.is_assign) {
        if (n > 0) {
            e->variables.v[e->variables.n - 1].value = *item;
        }
        if (n > 1) {
            e->variables.v[e->variables.n - 2].value = *key;
        }
        return true;
    }
    for (size_t i = 0; i < n; i++) {
        struct variable *variable = eval_find(e, pipe->pipe.decls[i]->names.v[0]);
        if (!variable) {
            return false;
        }
        variable->value = n > 1 && i == 0 ? *key : *item;
    }
    return true;
}

/* The next item of the top frame, which is a range; or its end. */
static bool next_item(struct eval *e)
{
    struct frame *f = e->top;
    struct value key = VALUE_NONE, item;
    if (f->index == f->count) {
        pop_frame(e);
        return true;
    }
    size_t i = f->index++;
    if (f->over.type->kind == VALUE_LIST) {
        key = value_int((int64_t)i);
        item = f->over.list.v[i];
    } else if (f->over.type->kind == VALUE_MAP) {
        key = value_str(f->over.map.v[i].key);
        item = f->over.map.v[i].value;
    } else {
        item = (struct value){.type = f->over.type, .u = i};
    }
    e->variables.n = f->n_own_variables;
    f->at = 0;
    f->dot = item;
    return set_range_variables(e, f, &key, &item);
}

static bool count_items(struct eval *e, const struct node *node, const struct value *over,
                        size_t *ret)
{
    enum value_kind kind = value_kind(over);
    *ret = 0;
    if (kind == VALUE_LIST) {
        *ret = over->list.n;
    } else if (kind == VALUE_MAP) {
        *ret = over->map.n;
    } else if (kind == VALUE_INT || kind == VALUE_UINT) {
        if (node->branch.pipe->pipe.n_decls > 1) {
            struct strbuf text;
            strbuf_init(&text, e->arena, 256);
            gofmt_value(&text, over);
            return eval_fail(e, "can't use %s to iterate over more than one variable", text.p);
        }
        *ret = kind == VALUE_INT && over->i < 0 ? 0 : (size_t)over->u;
    } else if (kind != VALUE_NOTHING && kind != VALUE_ANY) {
        struct strbuf text;
        strbuf_init(&text, e->arena, e->env->limits.text);
        gofmt_value(&text, over);
        return eval_fail(e, "range can't iterate over %.*s", STR_ARG(strbuf_str(&text)));
    }
    return true;
}

static bool run_range(struct eval *e, const struct value *dot, const struct node *node)
{
    size_t n_variables = e->variables.n, count;
    struct value over;
    if (!eval_pipe(e, dot, node->branch.pipe, &over) || !count_items(e, node, &over, &count)) {
        return false;
    }
    if (count == 0) {
        if (node->branch.otherwise) { /* it sees the variables, with what was to be ranged over */
            push_frame(e, FRAME_RANGE_ELSE, node->branch.otherwise, dot, n_variables);
        } else {
            e->variables.n = n_variables;
        }
        return true;
    }
    struct frame *frame = push_frame(e, FRAME_RANGE, node->branch.list, dot, n_variables);
    frame->range = node;
    frame->over = over;
    frame->index = 0;
    frame->count = count;
    frame->n_own_variables = e->variables.n;
    return next_item(e);
}

/* In the else of a range, which has to be inside of another one, a break leaves only the else: so
 * it is in Go. */
static bool jump(struct eval *e, enum node_kind kind)
{
    bool is_break = kind == NODE_BREAK;
    while (e->top->kind != FRAME_RANGE && (e->top->kind != FRAME_RANGE_ELSE || !is_break)) {
        pop_frame(e);
    }
    if (kind == NODE_CONTINUE) {
        return next_item(e);
    }
    pop_frame(e);
    return true;
}

/* --- other statements ----------------------------------------------------------------------- */

static bool run_branch(struct eval *e, const struct value *dot, const struct node *node)
{
    size_t n_variables = e->variables.n;
    struct value value;
    if (!eval_pipe(e, dot, node->branch.pipe, &value)) {
        return false;
    }
    if (value_truth(&value)) {
        push_frame(e, FRAME_BRANCH, node->branch.list, node->kind == NODE_WITH ? &value : dot,
                   n_variables);
    } else if (node->branch.otherwise) {
        push_frame(e, FRAME_BRANCH, node->branch.otherwise, dot, n_variables);
    } else {
        e->variables.n = n_variables;
    }
    return true;
}

static bool run_template(struct eval *e, const struct value *dot, const struct node *node)
{
    const struct body *body = node->template.target;
    struct value data;
    if (!body) {
        struct strbuf name;
        strbuf_init(&name, e->arena, node->template.name.n * 4 + 8);
        goquote_add(&name, node->template.name, false);
        return eval_fail(e, "template %s not defined", name.p);
    }
    if (e->depth == TEMPLATE_CALL_DEPTH_MAX) {
        return eval_fail(e, "exceeded maximum template depth (%d)", TEMPLATE_CALL_DEPTH_MAX);
    }
    if (!eval_pipe(e, dot, node->template.pipe, &data)) {
        return false;
    }
    struct frame *frame = push_frame(e, FRAME_CALL, body->list, &data, e->variables.n);
    frame->body = e->body;
    frame->first_variable = e->first_variable;
    e->depth++;
    e->body = body;
    e->first_variable = e->variables.n;
    eval_push(e, STR("$"), data);
    return true;
}

static bool run_action(struct eval *e, const struct value *dot, const struct node *node)
{
    const struct node *pipe = node->branch.pipe;
    struct value value;
    if (!eval_pipe(e, dot, pipe, &value)) {
        return false;
    }
    if (pipe->pipe.n_decls > 0) {
        return true;
    }
    e->node = node;
    if (e->writer) {
        e->writer->value(e->writer, e->out, &value);
    } else if (pipe->pipe.n_escapers > 0) {
        html_filters_apply(e->out, &value, pipe->pipe.escapers, pipe->pipe.n_escapers);
    } else if (!value.type) {
        strbuf_add(e->out, STR("<no value>"));
    } else {
        gofmt_value(e->out, &value);
    }
    return true;
}

static void run_text(struct eval *e, const struct node *node)
{
    if (e->writer) {
        e->writer->text(e->writer, e->out, node->text);
    } else {
        strbuf_add(e->out, node->text);
    }
}

static bool run_statement(struct eval *e, const struct value *dot, const struct node *node)
{
    e->node = node;
    switch ((int)node->kind) {
    case NODE_TEXT:
        run_text(e, node);
        return true;
    case NODE_ACTION:
        return run_action(e, dot, node);
    case NODE_IF:
    case NODE_WITH:
        return run_branch(e, dot, node);
    case NODE_RANGE:
        return run_range(e, dot, node);
    case NODE_TEMPLATE:
        return run_template(e, dot, node);
    case NODE_BREAK:
    case NODE_CONTINUE:
        return jump(e, node->kind);
    }
    UNREACHABLE("not a statement");
}

static bool run(struct eval *e)
{
    while (e->top) {
        struct frame *f = e->top;
        if (f->at < f->list->n) {
            const struct node *node = f->list->v[f->at++];
            struct value dot = f->dot; /* the frame may be used again meanwhile */
            if (!run_statement(e, &dot, node) || !eval_step(e, 1)) {
                return false;
            }
            if (e->out->is_full) {
                return eval_exceed(e, "the output is longer than %zu bytes", e->out->max);
            }
        } else if (f->kind == FRAME_RANGE) {
            if (!next_item(e) || !eval_step(e, 1)) {
                return false;
            }
        } else {
            pop_frame(e);
        }
    }
    return true;
}

static const struct body *find_include(const struct eval *e, struct str name)
{
    for (size_t i = 0; i < e->program->includes.n; i++) {
        if (str_eq(e->program->includes.v[i].name, name)) {
            return e->program->includes.v[i].body;
        }
    }
    return NULL;
}

bool eval_include(struct eval *e, const struct value *args, struct value *ret)
{
    const struct body *body = find_include(e, args[0].s);
    struct eval outer = *e;
    struct strbuf text;
    if (!body || e->includes == INCLUDE_DEPTH_MAX) {
        return body ? eval_exceed(e, "more than %d includes in each other", INCLUDE_DEPTH_MAX)
                    : eval_fail(e, "error calling include: template \"%.*s\" not defined",
                                STR_ARG(args[0].s));
    }
    strbuf_init(&text, e->arena, e->env->limits.text);
    e->out = &text;
    e->writer = NULL;
    e->includes++;
    e->top = NULL;
    e->body = body;
    e->first_variable = e->variables.n;
    eval_push(e, STR("$"), args[1]);
    push_frame(e, FRAME_BRANCH, body->list, &args[1], outer.variables.n);
    if (!run(e)) {
        return false;
    }
    e->out = outer.out;
    e->writer = outer.writer;
    e->includes = outer.includes;
    e->top = outer.top;
    e->body = outer.body;
    e->node = outer.node;
    e->first_variable = outer.first_variable;
    *ret = value_str(strbuf_str(&text));
    return true;
}

enum status eval_program(const struct eval_program *program, const struct value *data,
                         const struct template_env *env, struct arena *arena, struct strbuf *out,
                         struct template_error *error)
{
    const struct body *body = program->body;
    struct eval e = {.env = env,
                     .program = program,
                     .arena = arena,
                     .out = out,
                     .writer = env->writer,
                     .error = error,
                     .body = body,
                     .memory_before = arena->used,
                     .regexes = {.literals = program->regexes}};
    eval_push(&e, STR("$"), *data);
    push_frame(&e, FRAME_BRANCH, body->list, data, 0);
    bool is_well = run(&e);
    regex_cache_release(&e.regexes);
    return is_well ? OK : error->code;
}
