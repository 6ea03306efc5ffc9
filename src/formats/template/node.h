#pragma once
/* node — the syntax tree of a template.
 *
 * Statements stand in lists; an expression is a pipe of commands, a command a list of operands.
 * Layer: formats. Owner: the arena it was parsed into. Constant once parsed. */
#include "formats/template/func.h"

#define NODE_KINDS(X)                                                                              \
    X(NODE_TEXT, "text")                                                                           \
    X(NODE_ACTION, "action")                                                                       \
    X(NODE_IF, "if")                                                                               \
    X(NODE_RANGE, "range")                                                                         \
    X(NODE_WITH, "with")                                                                           \
    X(NODE_TEMPLATE, "template")                                                                   \
    X(NODE_BREAK, "break")                                                                         \
    X(NODE_CONTINUE, "continue")                                                                   \
    X(NODE_END, "end")   /* only while parsing */                                                  \
    X(NODE_ELSE, "else") /* likewise */                                                            \
    X(NODE_PIPE, "pipe")                                                                           \
    X(NODE_COMMAND, "command")                                                                     \
    X(NODE_BOOL, "bool")                                                                           \
    X(NODE_NUMBER, "number")                                                                       \
    X(NODE_STRING, "string")                                                                       \
    X(NODE_NIL, "nil")                                                                             \
    X(NODE_DOT, "dot")                                                                             \
    X(NODE_FIELD, "field")       /* .a.b */                                                        \
    X(NODE_VARIABLE, "variable") /* $x.a.b */                                                      \
    X(NODE_CHAIN, "chain")       /* (…).a.b */                                                   \
    X(NODE_IDENTIFIER, "identifier")
ENUM_DECLARE(node_kind, NODE_KINDS)

struct source {
    struct str name; /* for messages */
    struct str text;
};

struct node_list {
    const struct node *const *v;
    size_t n;
};

struct node_names {
    const struct str *v;
    size_t n;
};

/* A number means whatever its place asks for, if it can be that exactly. */
struct number {
    bool is_int, is_uint, is_float, is_complex;
    int64_t i;
    uint64_t u;
    double f;
    double complex_parts[2];
};

/* What html/template puts behind the pipes it rewrites; html_filters.h. */
enum { NODE_ESCAPERS_MAX = 3 };

struct node {
    enum node_kind kind;
    size_t pos, line;
    const struct source *source;
    union {
        struct str text; /* TEXT; NUMBER, STRING: as written; IDENTIFIER: the name */
        struct {
            const struct node *pipe;
            const struct node_list *list, *otherwise; /* IF, RANGE, WITH; otherwise may be NULL */
        } branch;                                     /* ACTION: only the pipe */
        struct {
            struct str name;
            const struct node *pipe;   /* may be NULL */
            const struct body *target; /* linked; NULL: not defined */
        } template;
        struct {
            const struct node *const *decls; /* VARIABLE nodes */
            size_t n_decls;
            bool is_assign;
            const struct node *const *commands;
            size_t n_commands;
            unsigned char escapers[NODE_ESCAPERS_MAX];
            unsigned char n_escapers;
        } pipe;
        struct node_list command;
        bool is_true;
        struct {
            struct str text;
            struct number number;
            struct value ideal; /* where nothing is asked for; nothing: it overflows an int */
        } number;
        struct {
            struct str text, value;
        } string;
        struct node_names names; /* FIELD; VARIABLE, with the "$" */
        struct {
            const struct node *node;
            struct node_names names;
        } chain;
        struct {
            struct str text;
            const struct template_func *func;
        } identifier;
    };
};

/* What a define defines, or the text of a source itself. */
struct body {
    struct str name;
    const struct source *source;
    const struct node_list *list;
};

/* The node as Go's messages quote it. */
void node_add(struct strbuf *out, const struct node *);
void node_list_add(struct strbuf *out, const struct node_list *);
/* Calls visit for every node, those that contain others first. */
void node_walk(const struct node_list *, void (*visit)(void *context, const struct node *),
               void *context);
/* Nothing but white space. */
bool node_list_is_empty(const struct node_list *);
/* "NAME:LINE:COLUMN" of the node; the column counts bytes from 0. */
void node_add_place(struct strbuf *out, const struct node *);
