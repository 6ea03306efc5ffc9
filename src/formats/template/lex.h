#pragma once
/* lex — a template's text cut into tokens: plain text, and what stands between {{ and }}.
 *
 * Trim markers ("{{- ", " -}}") and comments are dealt with here; nobody else sees them.
 * Layer: formats. One thread at a time. Tokens borrow from the input. */
#include "base/enum_names.h"

/* The keywords come last. */
#define TOKEN_KINDS(X)                                                                             \
    X(TOKEN_ERROR, "error") /* text: what is wrong */                                              \
    X(TOKEN_EOF, "EOF")                                                                            \
    X(TOKEN_TEXT, "text")                                                                          \
    X(TOKEN_LEFT_DELIM, "{{")                                                                      \
    X(TOKEN_RIGHT_DELIM, "}}")                                                                     \
    X(TOKEN_LEFT_PAREN, "(")                                                                       \
    X(TOKEN_RIGHT_PAREN, ")")                                                                      \
    X(TOKEN_SPACE, "space")                                                                        \
    X(TOKEN_PIPE, "|")                                                                             \
    X(TOKEN_DECLARE, ":=")                                                                         \
    X(TOKEN_ASSIGN, "=")                                                                           \
    X(TOKEN_CHAR, "character") /* any other printable ASCII one */                                 \
    X(TOKEN_BOOL, "bool")                                                                          \
    X(TOKEN_NUMBER, "number")                                                                      \
    X(TOKEN_COMPLEX, "complex number")                                                             \
    X(TOKEN_CHAR_CONSTANT, "character constant")                                                   \
    X(TOKEN_STRING, "string")                                                                      \
    X(TOKEN_RAW_STRING, "raw string")                                                              \
    X(TOKEN_FIELD, "field") /* ".name" */                                                          \
    X(TOKEN_IDENTIFIER, "identifier")                                                              \
    X(TOKEN_VARIABLE, "variable") /* "$" or "$name" */                                             \
    X(TOKEN_DOT, ".")                                                                              \
    X(TOKEN_BLOCK, "block")                                                                        \
    X(TOKEN_BREAK, "break")                                                                        \
    X(TOKEN_CONTINUE, "continue")                                                                  \
    X(TOKEN_DEFINE, "define")                                                                      \
    X(TOKEN_ELSE, "else")                                                                          \
    X(TOKEN_END, "end")                                                                            \
    X(TOKEN_IF, "if")                                                                              \
    X(TOKEN_NIL, "nil")                                                                            \
    X(TOKEN_RANGE, "range")                                                                        \
    X(TOKEN_TEMPLATE, "template")                                                                  \
    X(TOKEN_WITH, "with")
ENUM_DECLARE(token_kind, TOKEN_KINDS)

struct token {
    enum token_kind kind;
    size_t pos;  /* of its first byte */
    size_t line; /* there, from 1 */
    struct str text;
};

struct lexer {
    struct arena *arena; /* for what is wrong */
    struct str input;
    size_t start, at;        /* of the token, and behind what was read of it */
    size_t line, start_line; /* at those places */
    int parens;              /* open */
    bool is_inside;          /* between {{ and }} */
};

void lex_init(struct lexer *, struct arena *, struct str input);
/* After TOKEN_ERROR and TOKEN_EOF there is only TOKEN_EOF. */
struct token lex_next(struct lexer *);
/* The token as messages show it. */
struct str token_shown(struct arena *, const struct token *);
