#include "formats/template/parse.h"

#include "formats/template/goquote.h"
#include "formats/template/parse_inner.h"

#include <stdarg.h>
#include <stdio.h>

static struct node *parse_statement(struct parser *);
static struct node *parse_control(struct parser *, enum node_kind);

/* --- tokens and complaints ------------------------------------------------------------------ */

static void PRINTF_LIKE(2, 0) record(struct parser *p, const char *fmt, va_list args)
{
    enum { COMPLAINTS_MAX = 50 };
    if (p->has_failed || p->n_complaints == COMPLAINTS_MAX) {
        return;
    }
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    CHECK(n >= 0);
    char *what = arena_alloc(p->arena, (size_t)n + 1);
    vsnprintf(what, (size_t)n + 1, fmt, again);
    va_end(again);
    struct template_error *error = p->last ? ARENA_NEW(p->arena, struct template_error) : p->error;
    *error = template_error_make(p->arena, ERR_SYNTAX, p->source->name, p->line,
                                 (struct str){what, (size_t)n});
    if (p->last) {
        p->last->more = error;
    }
    p->last = error;
    p->n_complaints++;
}

void parse_complain(struct parser *p, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    record(p, fmt, args);
    va_end(args);
}

void *parse_fail(struct parser *p, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    record(p, fmt, args);
    va_end(args);
    p->has_failed = true;
    return NULL;
}

static bool ends_with_action(const struct token *token)
{
    return str_ends_with(token->text, STR(" action"));
}

void *parse_unexpected(struct parser *p, const struct token *token, const char *context)
{
    struct str shown = token_shown(p->arena, token);
    if (token->kind != TOKEN_ERROR) {
        return parse_fail(p, "unexpected %.*s in %s", STR_ARG(shown), context);
    }
    if (p->action_line == 0 || p->action_line == token->line) {
        return parse_fail(p, "%.*s", STR_ARG(shown));
    }
    return parse_fail(p, "%.*s%s started at %.*s:%zu", STR_ARG(shown),
                      ends_with_action(token) ? "" : " in action", STR_ARG(p->source->name),
                      p->action_line);
}

struct token parse_next(struct parser *p)
{
    if (p->n_back > 0) {
        return p->back[--p->n_back];
    }
    struct token token = lex_next(&p->lexer);
    p->line = token.line;
    return token;
}

void parse_back(struct parser *p, struct token token)
{
    CHECK(p->n_back < PARSE_BACK_MAX);
    p->back[p->n_back++] = token;
}

struct token parse_next_word(struct parser *p)
{
    struct token token;
    do {
        token = parse_next(p);
    } while (token.kind == TOKEN_SPACE);
    return token;
}

struct token parse_peek(struct parser *p)
{
    struct token token = parse_next(p);
    parse_back(p, token);
    return token;
}

struct token parse_peek_word(struct parser *p)
{
    struct token token = parse_next_word(p);
    parse_back(p, token);
    return token;
}

static bool expect(struct parser *p, enum token_kind kind, const char *context)
{
    struct token token = parse_next_word(p);
    if (token.kind != kind) {
        parse_unexpected(p, &token, context);
        return false;
    }
    return true;
}

struct node *parse_node(struct parser *p, enum node_kind kind, const struct token *at)
{
    struct node *node = ARENA_NEW(p->arena, struct node);
    node->kind = kind;
    node->pos = at->pos;
    node->line = at->line;
    node->source = p->source;
    return node;
}

bool parse_enter(struct parser *p)
{
    if (p->depth == TEMPLATE_DEPTH_MAX) {
        parse_fail(p, "max expression depth exceeded");
        p->last->code = ERR_TOO_LARGE;
        return false;
    }
    p->depth++;
    return true;
}

/* --- bodies --------------------------------------------------------------------------------- */

static void add_body(struct parser *p, struct str name, const struct node_list *list)
{
    struct body body = {name, p->source, list};
    for (size_t i = 0; i < p->bodies.n; i++) {
        struct body *other = &p->bodies.v[i];
        if (!str_eq(other->name, name)) {
            continue;
        }
        if (node_list_is_empty(other->list)) {
            *other = body;
        } else if (!node_list_is_empty(list)) {
            struct strbuf quoted;
            strbuf_init(&quoted, p->arena, name.n * 4 + 8);
            goquote_add(&quoted, name, false);
            parse_complain(p, "template: multiple definition of template %s", quoted.p);
        }
        return;
    }
    VEC_PUSH(p->arena, &p->bodies, body);
}

/* Statements up to {{ end }} or {{ else }}, which goes to *ret_end. NULL: it failed. */
static const struct node_list *parse_list(struct parser *p, struct node **ret_end)
{
    VEC(const struct node *) nodes = {0};
    if (!parse_enter(p)) {
        return NULL;
    }
    while (parse_peek_word(p).kind != TOKEN_EOF) {
        struct node *node = parse_statement(p);
        if (!node) {
            return NULL;
        }
        if (node->kind == NODE_END || node->kind == NODE_ELSE) {
            struct node_list *list = ARENA_NEW(p->arena, struct node_list);
            *list = (struct node_list){nodes.v, nodes.n};
            *ret_end = node;
            p->depth--;
            return list;
        }
        VEC_PUSH(p->arena, &nodes, node);
    }
    return parse_fail(p, "unexpected EOF");
}

/* A list up to its {{ end }}, with variables of its own: the body of a define or a block. The line
 * of complaints goes on from where it was, as in Go, whose parser is another one inside. */
static const struct node_list *parse_own_list(struct parser *p, const char *context)
{
    struct node *end;
    size_t n_variables = p->variables.n;
    int range_depth = p->range_depth;
    struct str *variables = p->variables.v;
    p->variables.v = NULL;
    p->variables.n = p->variables.cap = 0;
    VEC_PUSH(p->arena, &p->variables, STR("$"));
    p->range_depth = 0;
    const struct node_list *list = parse_list(p, &end);
    if (list && end->kind != NODE_END) {
        list = parse_fail(p, "unexpected {{%s}} in %s", node_kind_name(end->kind), context);
    }
    p->variables.v = variables;
    p->variables.n = p->variables.cap = n_variables;
    p->range_depth = range_depth;
    return list;
}

static bool read_name(struct parser *p, const struct token *token, const char *context,
                      struct str *ret)
{
    if (token->kind != TOKEN_STRING && token->kind != TOKEN_RAW_STRING) {
        parse_unexpected(p, token, context);
        return false;
    }
    if (!goquote_read(p->arena, token->text, ret)) {
        parse_fail(p, "invalid syntax");
        return false;
    }
    return true;
}

/* Behind {{ define. */
static bool parse_define(struct parser *p)
{
    static const char context[] = "define clause";
    struct token token = parse_next_word(p);
    struct str name;
    if (!read_name(p, &token, context, &name) || !expect(p, TOKEN_RIGHT_DELIM, context)) {
        return false;
    }
    const struct node_list *list = parse_own_list(p, context);
    if (list) {
        add_body(p, name, list);
    }
    return list;
}

/* --- statements ----------------------------------------------------------------------------- */

static struct node *parse_action(struct parser *p)
{
    struct token at = parse_peek_word(p);
    struct node *node = parse_node(p, NODE_ACTION, &at);
    node->branch.pipe = parse_pipe(p, "command", TOKEN_RIGHT_DELIM);
    return node->branch.pipe ? node : NULL;
}

static struct node *parse_jump(struct parser *p, enum node_kind kind, const struct token *at)
{
    const char *name = node_kind_name(kind);
    if (!expect(p, TOKEN_RIGHT_DELIM, kind == NODE_BREAK ? "{{break}}" : "{{continue}}")) {
        return NULL;
    }
    if (p->range_depth == 0) {
        parse_complain(p, "{{%s}} outside {{range}}", name);
    }
    return parse_node(p, kind, at);
}

static struct node *parse_end(struct parser *p)
{
    struct token token = parse_peek_word(p);
    return expect(p, TOKEN_RIGHT_DELIM, "end") ? parse_node(p, NODE_END, &token) : NULL;
}

/* "else if" and "else with" leave the second word for parse_control. */
static struct node *parse_else(struct parser *p)
{
    struct token token = parse_peek_word(p);
    if (token.kind == TOKEN_IF || token.kind == TOKEN_WITH) {
        return parse_node(p, NODE_ELSE, &token);
    }
    return expect(p, TOKEN_RIGHT_DELIM, "else") ? parse_node(p, NODE_ELSE, &token) : NULL;
}

static struct node *parse_template(struct parser *p)
{
    static const char context[] = "template clause";
    struct token token = parse_next_word(p);
    struct node *node = parse_node(p, NODE_TEMPLATE, &token);
    if (!read_name(p, &token, context, &node->template.name)) {
        return NULL;
    }
    struct token next = parse_next_word(p);
    if (next.kind == TOKEN_RIGHT_DELIM) {
        return node;
    }
    parse_back(p, next);
    node->template.pipe = parse_pipe(p, context, TOKEN_RIGHT_DELIM);
    return node->template.pipe ? node : NULL;
}

static struct node *parse_block(struct parser *p)
{
    static const char context[] = "block clause";
    struct token token = parse_next_word(p);
    struct node *node = parse_node(p, NODE_TEMPLATE, &token);
    if (!read_name(p, &token, context, &node->template.name)) {
        return NULL;
    }
    node->template.pipe = parse_pipe(p, context, TOKEN_RIGHT_DELIM);
    if (!node->template.pipe) {
        return NULL;
    }
    const struct node_list *list = parse_own_list(p, context);
    if (list) {
        add_body(p, node->template.name, list);
    }
    return list ? node : NULL;
}

/* What follows {{ else }}: a list, or for "else if" and "else with" one more statement, whose
 * {{ end }} ends both. */
static const struct node_list *parse_otherwise(struct parser *p, enum node_kind kind)
{
    enum token_kind again = kind == NODE_IF ? TOKEN_IF : TOKEN_WITH;
    struct node *end;
    if (kind != NODE_RANGE && parse_peek(p).kind == again) {
        parse_next(p);
        if (!parse_enter(p)) {
            return NULL;
        }
        const struct node **inner = ARENA_NEW(p->arena, const struct node *);
        *inner = parse_control(p, kind);
        struct node_list *list = ARENA_NEW(p->arena, struct node_list);
        *list = (struct node_list){inner, 1};
        p->depth--;
        return *inner ? list : NULL;
    }
    const struct node_list *list = parse_list(p, &end);
    if (list && end->kind != NODE_END) {
        return parse_fail(p, "expected end; found {{%s}}", node_kind_name(end->kind));
    }
    return list;
}

/* Behind "if", "range" or "with". */
static struct node *parse_control(struct parser *p, enum node_kind kind)
{
    size_t n_variables = p->variables.n;
    struct node *end;
    const struct node *pipe = parse_pipe(p, node_kind_name(kind), TOKEN_RIGHT_DELIM);
    if (!pipe) {
        return NULL;
    }
    struct token at = {.pos = pipe->pos, .line = pipe->line};
    struct node *node = parse_node(p, kind, &at);
    node->branch.pipe = pipe;
    p->range_depth += kind == NODE_RANGE ? 1 : 0;
    node->branch.list = parse_list(p, &end);
    p->range_depth -= kind == NODE_RANGE ? 1 : 0;
    if (!node->branch.list) {
        return NULL;
    }
    if (end->kind == NODE_ELSE) {
        node->branch.otherwise = parse_otherwise(p, kind);
    }
    p->variables.n = n_variables;
    return p->has_failed ? NULL : node;
}

static struct node *parse_inside(struct parser *p)
{
    struct token token = parse_next_word(p);
    switch ((int)token.kind) {
    case TOKEN_BLOCK:
        return parse_block(p);
    case TOKEN_BREAK:
        return parse_jump(p, NODE_BREAK, &token);
    case TOKEN_CONTINUE:
        return parse_jump(p, NODE_CONTINUE, &token);
    case TOKEN_ELSE:
        return parse_else(p);
    case TOKEN_END:
        return parse_end(p);
    case TOKEN_IF:
        return parse_control(p, NODE_IF);
    case TOKEN_RANGE:
        return parse_control(p, NODE_RANGE);
    case TOKEN_WITH:
        return parse_control(p, NODE_WITH);
    case TOKEN_TEMPLATE:
        return parse_template(p);
    }
    parse_back(p, token);
    return parse_action(p);
}

static struct node *parse_statement(struct parser *p)
{
    struct token token = parse_next_word(p);
    if (token.kind == TOKEN_TEXT) {
        struct node *node = parse_node(p, NODE_TEXT, &token);
        node->text = token.text;
        return node;
    }
    if (token.kind != TOKEN_LEFT_DELIM) {
        return parse_unexpected(p, &token, "input");
    }
    p->action_line = token.line;
    struct node *node = parse_inside(p);
    p->action_line = 0;
    return node;
}

/* --- the source ----------------------------------------------------------------------------- */

/* A statement or a define, which may stand only here. */
static bool parse_top(struct parser *p, struct node **ret)
{
    struct token token = parse_next(p);
    *ret = NULL;
    if (token.kind == TOKEN_LEFT_DELIM) {
        struct token word = parse_next_word(p);
        if (word.kind == TOKEN_DEFINE) {
            return parse_define(p);
        }
        parse_back(p, word);
    }
    parse_back(p, token);
    *ret = parse_statement(p);
    if (*ret && ((*ret)->kind == NODE_END || (*ret)->kind == NODE_ELSE)) {
        parse_fail(p, "unexpected {{%s}}", node_kind_name((*ret)->kind));
    }
    return !p->has_failed;
}

enum status parse_source(struct arena *arena, const struct source *source,
                         const struct func_tables *funcs, struct bodies *ret,
                         struct template_error *error)
{
    struct parser p = {.arena = arena, .source = source, .funcs = funcs, .error = error, .line = 1};
    VEC(const struct node *) nodes = {0};
    lex_init(&p.lexer, arena, source->text);
    VEC_PUSH(arena, &p.variables, STR("$"));
    while (parse_peek(&p).kind != TOKEN_EOF) {
        struct node *node;
        if (!parse_top(&p, &node)) {
            return error->code;
        }
        if (node) {
            VEC_PUSH(arena, &nodes, node);
        }
    }
    struct node_list *list = ARENA_NEW(arena, struct node_list);
    *list = (struct node_list){nodes.v, nodes.n};
    add_body(&p, source->name, list);
    if (p.last) {
        return error->code;
    }
    *ret = (struct bodies){p.bodies.v, p.bodies.n, list};
    return OK;
}
