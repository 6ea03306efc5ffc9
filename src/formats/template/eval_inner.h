#pragma once
/* eval_inner — one rendering of a template: its state, and what its parts share.
 *
 * Statements do not nest on the C stack: each list that is being run has a frame, in the arena, so
 * that {{ template }} may nest as deep as Go allows. Expressions do, as deep as they are written.
 * Functions return false when the rendering is over; the error is recorded then.
 * Layer: formats. Only for eval*.c. One thread. */
#include "base/vec.h"
#include "formats/template/eval.h"

#define FRAME_KINDS(X)                                                                             \
    X(FRAME_BRANCH, "branch") /* of if and with, or the whole text */                              \
    X(FRAME_RANGE, "range")                                                                        \
    X(FRAME_RANGE_ELSE, "else of range")                                                           \
    X(FRAME_CALL, "call") /* {{ template }} */
ENUM_DECLARE(frame_kind, FRAME_KINDS)

struct frame {
    struct frame *below;
    enum frame_kind kind;
    const struct node_list *list;
    size_t at; /* the next statement */
    struct value dot;
    size_t n_variables; /* when it is left */
    /* RANGE */
    const struct node *range;
    struct value over;
    size_t index, count;    /* the next item, and all */
    size_t n_own_variables; /* when an item is done */
    /* CALL: what to go back to */
    const struct body *body;
    size_t first_variable;
};

struct variable {
    struct str name;
    struct value value;
};

struct eval {
    const struct template_env *env;
    const struct eval_program *program;
    struct arena *arena;
    struct strbuf *out;
    struct template_writer *writer; /* not of what is included */
    int includes;                   /* inside each other */
    struct template_error *error;
    const struct body *body; /* that is executed */
    const struct node *node; /* that is looked at, for messages */
    struct frame *top, *spare;
    size_t depth; /* of calls */
    VEC(struct variable) variables;
    size_t first_variable; /* of this body */
    size_t steps, memory_before;
    struct regex_cache regexes;
};

/* Records the error, with its place. Returns false. */
bool eval_fail(struct eval *, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* As eval_fail, for limits. */
bool eval_exceed(struct eval *, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Counts steps; false when there were too many, or too much memory was used. */
bool eval_step(struct eval *, size_t n);
/* The node as messages quote it. */
struct str eval_shown(struct eval *, const struct node *);

void eval_push(struct eval *, struct str name, struct value);
/* The last variable of that name; NULL, and an error, if there is none. */
struct variable *eval_find(struct eval *, struct str name);

/* eval.c: what the included template writes, as a text. */
bool eval_include(struct eval *, const struct value *args, struct value *ret);

/* eval_pipe.c. A NULL pipe yields nothing. */
bool eval_pipe(struct eval *, const struct value *dot, const struct node *pipe, struct value *ret);
/* `args` begins with the function's own node, if it has a node; `final` is what the pipe hands
 * over, NULL if nothing. */
bool eval_variable(struct eval *, const struct value *dot, const struct node *,
                   struct node_list args, const struct value *final, struct value *ret);
bool eval_chain(struct eval *, const struct value *dot, const struct node *, struct node_list args,
                const struct value *final, struct value *ret);
bool eval_field_node(struct eval *, const struct value *dot, const struct node *,
                     struct node_list args, const struct value *final, struct value *ret);
bool eval_function(struct eval *, const struct value *dot, const struct node *identifier,
                   const struct node *shown, struct node_list args, const struct value *final,
                   struct value *ret);

/* eval_call.c */
struct eval_callee {
    const struct template_func *func;
    const struct value *self; /* NULL: a function */
    const struct node *node;  /* for errors of the call itself */
};
bool eval_call(struct eval *, const struct value *dot, const struct eval_callee *,
               struct node_list args, const struct value *final, struct value *ret);
/* An operand as an argument of that type; NULL: of any. */
bool eval_arg(struct eval *, const struct value *dot, const struct value_type *,
              const struct node *, struct value *ret);
