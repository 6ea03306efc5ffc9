/* The expressions: pipes of commands, commands of operands. */
#include "formats/template/goquote.h"
#include "formats/template/number.h"
#include "formats/template/parse_inner.h"

#include <string.h>

typedef VEC(struct str) name_vec;

static struct str shown(struct parser *p, struct str text)
{
    struct strbuf quoted;
    strbuf_init(&quoted, p->arena, text.n * 4 + 8);
    goquote_add(&quoted, text, false);
    return strbuf_str(&quoted);
}

/* --- operands ------------------------------------------------------------------------------- */

static const struct template_func *find_func(const struct parser *p, struct str name)
{
    for (size_t i = 0; i < sizeof(p->funcs->tables) / sizeof(*p->funcs->tables); i++) {
        const struct template_func *func =
            func_find(p->funcs->tables[i].v, p->funcs->tables[i].n, name);
        if (func) {
            return func;
        }
    }
    return NULL;
}

static struct node *parse_identifier(struct parser *p, const struct token *token)
{
    struct node *node = parse_node(p, NODE_IDENTIFIER, token);
    node->identifier.text = token->text;
    node->identifier.func = find_func(p, token->text);
    if (!node->identifier.func) {
        struct str name = shown(p, token->text);
        parse_complain(p, "function %.*s not defined", STR_ARG(name));
    }
    return node;
}

static struct node_names one_name(struct parser *p, struct str name)
{
    struct str *v = ARENA_NEW(p->arena, struct str);
    *v = name;
    return (struct node_names){v, 1};
}

static struct node *parse_variable(struct parser *p, const struct token *token)
{
    bool is_known = false;
    for (size_t i = 0; i < p->variables.n && !is_known; i++) {
        is_known = str_eq(p->variables.v[i], token->text);
    }
    if (!is_known) {
        struct str name = shown(p, token->text);
        parse_complain(p, "undefined variable %.*s", STR_ARG(name));
    }
    struct node *node = parse_node(p, NODE_VARIABLE, token);
    node->names = one_name(p, token->text);
    return node;
}

static struct node *parse_constant(struct parser *p, const struct token *token)
{
    struct node *node = parse_node(p, NODE_NUMBER, token);
    struct str why;
    node->number.text = token->text;
    if (!number_read(p->arena, token, &node->number.number, &why)) {
        parse_complain(p, "%.*s", STR_ARG(why));
        return node;
    }
    number_ideal(&node->number.number, token->text, &node->number.ideal);
    return node;
}

static struct node *parse_string(struct parser *p, const struct token *token)
{
    struct node *node = parse_node(p, NODE_STRING, token);
    node->string.text = token->text;
    if (!goquote_read(p->arena, token->text, &node->string.value)) {
        parse_complain(p, "invalid syntax");
    }
    return node;
}

/* NULL: there is no term here (the token is put back), or it failed. */
static struct node *parse_term(struct parser *p)
{
    struct token token = parse_next_word(p);
    struct node *node = NULL;
    switch ((int)token.kind) {
    case TOKEN_IDENTIFIER:
        return parse_identifier(p, &token);
    case TOKEN_DOT:
        return parse_node(p, NODE_DOT, &token);
    case TOKEN_NIL:
        return parse_node(p, NODE_NIL, &token);
    case TOKEN_VARIABLE:
        return parse_variable(p, &token);
    case TOKEN_FIELD:
        node = parse_node(p, NODE_FIELD, &token);
        node->names = one_name(p, str_slice(token.text, 1, token.text.n));
        return node;
    case TOKEN_BOOL:
        node = parse_node(p, NODE_BOOL, &token);
        node->is_true = str_eq(token.text, STR("true"));
        return node;
    case TOKEN_NUMBER:
    case TOKEN_COMPLEX:
    case TOKEN_CHAR_CONSTANT:
        return parse_constant(p, &token);
    case TOKEN_LEFT_PAREN:
        if (parse_enter(p)) {
            node = (struct node *)parse_pipe(p, "parenthesized pipeline", TOKEN_RIGHT_PAREN);
            p->depth--;
        }
        return node;
    case TOKEN_STRING:
    case TOKEN_RAW_STRING:
        return parse_string(p, &token);
    }
    parse_back(p, token);
    return NULL;
}

static struct node_names join_names(struct parser *p, struct node_names first, name_vec *more)
{
    struct str *v = ARENA_ARRAY(p->arena, struct str, first.n + more->n);
    for (size_t i = 0; i < first.n + more->n; i++) {
        v[i] = i < first.n ? first.v[i] : more->v[i - first.n];
    }
    return (struct node_names){v, first.n + more->n};
}

/* A term and the fields right behind it. */
static struct node *parse_operand(struct parser *p)
{
    struct node *term = parse_term(p);
    struct token at = term ? parse_peek(p) : (struct token){0};
    if (!term || at.kind != TOKEN_FIELD) {
        return term;
    }
    name_vec names = {0};
    while (parse_peek(p).kind == TOKEN_FIELD) {
        struct str field = parse_next(p).text;
        VEC_PUSH(p->arena, &names, str_slice(field, 1, field.n));
    }
    struct node *node;
    switch ((int)term->kind) {
    case NODE_FIELD:
    case NODE_VARIABLE:
        node = parse_node(p, term->kind, &at);
        node->names = join_names(p, term->names, &names);
        return node;
    case NODE_BOOL:
    case NODE_STRING:
    case NODE_NUMBER:
    case NODE_NIL:
    case NODE_DOT: {
        struct strbuf text;
        strbuf_init(&text, p->arena, p->source->text.n + 64);
        node_add(&text, term);
        struct str quoted = shown(p, strbuf_str(&text));
        return parse_fail(p, "unexpected . after term %.*s", STR_ARG(quoted));
    }
    }
    node = parse_node(p, NODE_CHAIN, &at);
    node->chain.node = term;
    node->chain.names = (struct node_names){names.v, names.n};
    return node;
}

/* --- commands and pipes --------------------------------------------------------------------- */

/* Operands up to a "|", which is read, or the end of the pipe, which is not. */
static struct node *parse_command(struct parser *p)
{
    struct token at = parse_peek_word(p);
    struct node *node = parse_node(p, NODE_COMMAND, &at);
    VEC(const struct node *) operands = {0};
    for (;;) {
        parse_peek_word(p);
        struct node *operand = parse_operand(p);
        if (p->has_failed) {
            return NULL;
        }
        if (operand) {
            VEC_PUSH(p->arena, &operands, operand);
        }
        struct token token = parse_next(p);
        if (token.kind == TOKEN_SPACE) {
            continue;
        }
        if (token.kind == TOKEN_RIGHT_DELIM || token.kind == TOKEN_RIGHT_PAREN) {
            parse_back(p, token);
        } else if (token.kind != TOKEN_PIPE) {
            return parse_unexpected(p, &token, "operand");
        }
        break;
    }
    if (operands.n == 0) {
        return parse_fail(p, "empty command");
    }
    node->command = (struct node_list){operands.v, operands.n};
    return node;
}

/* Only the first command of a pipe may be something that cannot be called. */
static bool are_commands_well(struct parser *p, const struct node *pipe, const char *context)
{
    if (pipe->pipe.n_commands == 0) {
        parse_fail(p, "missing value for %s", context);
    }
    for (size_t i = 1; i < pipe->pipe.n_commands; i++) {
        enum node_kind kind = pipe->pipe.commands[i]->command.v[0]->kind;
        if (kind == NODE_BOOL || kind == NODE_DOT || kind == NODE_NIL || kind == NODE_NUMBER ||
            kind == NODE_STRING) {
            parse_fail(p, "non executable command in pipeline stage %zu", i + 1);
            break;
        }
    }
    return !p->has_failed;
}

struct pipe_decls {
    VEC(const struct node *) v;
    bool is_assign;
};

/* One "$x" of "$x :=", "$x =" or "$i, $x :=". *ret_again: a comma was read and one more may come.
 */
static bool parse_decl(struct parser *p, const char *context, struct pipe_decls *decls,
                       bool *ret_again)
{
    *ret_again = false;
    if (parse_peek_word(p).kind != TOKEN_VARIABLE) {
        return true;
    }
    struct token variable = parse_next_word(p), after = parse_next(p);
    struct token next = after.kind == TOKEN_SPACE ? parse_next_word(p) : after;
    bool is_comma = next.kind == TOKEN_CHAR && str_eq(next.text, STR(","));
    if (next.kind != TOKEN_ASSIGN && next.kind != TOKEN_DECLARE && !is_comma) {
        parse_back(p, next); /* it was an operand */
        if (after.kind == TOKEN_SPACE) {
            parse_back(p, after);
        }
        parse_back(p, variable);
        return true;
    }
    struct node *node = parse_node(p, NODE_VARIABLE, &variable);
    node->names = one_name(p, variable.text);
    VEC_PUSH(p->arena, &decls->v, node);
    VEC_PUSH(p->arena, &p->variables, variable.text);
    if (!is_comma) {
        decls->is_assign = next.kind == TOKEN_ASSIGN;
        return true;
    }
    if (strcmp(context, "range") == 0 && decls->v.n < 2) {
        enum token_kind kind = parse_peek_word(p).kind;
        *ret_again =
            kind == TOKEN_VARIABLE || kind == TOKEN_RIGHT_DELIM || kind == TOKEN_RIGHT_PAREN;
        return *ret_again || parse_fail(p, "range can only initialize variables");
    }
    parse_fail(p, "too many declarations in %s", context);
    return false;
}

static bool starts_operand(enum token_kind kind)
{
    switch ((int)kind) {
    case TOKEN_BOOL:
    case TOKEN_CHAR_CONSTANT:
    case TOKEN_COMPLEX:
    case TOKEN_DOT:
    case TOKEN_FIELD:
    case TOKEN_IDENTIFIER:
    case TOKEN_NUMBER:
    case TOKEN_NIL:
    case TOKEN_RAW_STRING:
    case TOKEN_STRING:
    case TOKEN_VARIABLE:
    case TOKEN_LEFT_PAREN:
        return true;
    }
    return false;
}

const struct node *parse_pipe(struct parser *p, const char *context, enum token_kind end)
{
    struct token at = parse_peek_word(p);
    struct node *pipe = parse_node(p, NODE_PIPE, &at);
    struct pipe_decls decls = {0};
    VEC(const struct node *) commands = {0};
    bool is_again = true;
    while (is_again) {
        if (!parse_decl(p, context, &decls, &is_again)) {
            return NULL;
        }
    }
    for (;;) {
        struct token token = parse_next_word(p);
        if (token.kind == end) {
            break;
        }
        if (!starts_operand(token.kind)) {
            return parse_unexpected(p, &token, context);
        }
        parse_back(p, token);
        struct node *command = parse_command(p);
        if (!command) {
            return NULL;
        }
        VEC_PUSH(p->arena, &commands, command);
    }
    pipe->pipe.decls = decls.v.v;
    pipe->pipe.n_decls = decls.v.n;
    pipe->pipe.is_assign = decls.is_assign;
    pipe->pipe.commands = commands.v;
    pipe->pipe.n_commands = commands.n;
    return are_commands_well(p, pipe, context) ? pipe : NULL;
}
