#pragma once
/* parse_inner — what the parser of statements and that of expressions share.
 * Layer: formats. Only for parse*.c. */
#include "base/vec.h"
#include "formats/template/lex.h"
#include "formats/template/parse.h"

enum { PARSE_BACK_MAX = 3 };

struct parser {
    struct arena *arena;
    const struct source *source;
    const struct func_tables *funcs;
    struct lexer lexer;
    struct token back[PARSE_BACK_MAX]; /* the last one comes next */
    size_t n_back;
    size_t line;        /* of the token that was read last, for complaints */
    size_t action_line; /* 0: outside actions */
    VEC(struct str) variables;
    VEC(struct body) bodies;
    int range_depth;
    int depth;
    struct template_error *error; /* the first complaint */
    struct template_error *last;  /* the last one, NULL: there is none */
    size_t n_complaints;
    bool has_failed;
};

/* The source is wrong, but the rest of it can be read: what else is wrong is told as well. */
void parse_complain(struct parser *, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The rest cannot be read. Return NULL for `return parse_fail(…)`. */
void *parse_fail(struct parser *, const char *fmt, ...) PRINTF_LIKE(2, 3);
void *parse_unexpected(struct parser *, const struct token *, const char *context);

struct token parse_next(struct parser *);
struct token parse_next_word(struct parser *); /* without spaces */
struct token parse_peek(struct parser *);
struct token parse_peek_word(struct parser *);
void parse_back(struct parser *, struct token);

struct node *parse_node(struct parser *, enum node_kind, const struct token *at);
/* One level deeper; false, and a complaint, if that is too deep. */
bool parse_enter(struct parser *);

/* A pipe up to the closing token, which is read. NULL: it failed. */
const struct node *parse_pipe(struct parser *, const char *context, enum token_kind end);
