#pragma once
/* template — Go's text/template, and of html/template what messages need.
 *
 * A set is a pile of sources (files) whose `define`s may call one another; a template is one text
 * compiled against a set, ready to run. Names are looked up as Alertmanager does: a later file
 * replaces what an earlier one defined, a body of white space replaces nothing, and the text itself
 * may define more. HTML templates know where in the document each action stands and escape what it
 * writes accordingly; places that this engine does not vouch for (scripts) are refused.
 * All of it is bounded: steps, bytes of output and of values, nesting.
 * Texts of errors are Go's, with `template: NAME:LINE:COLUMN: …` in front.
 *
 * Layer: formats. Owner: the arena given. Sets that are complete and templates never change: any
 * thread, at the same time. No clock, no files: the environment brings them.
 *
 *     struct template_set *set = template_set_new(arena, NULL, 0);
 *     MUST: template_set_add(set, STR("my.tmpl"), text, &error) == OK
 *     MUST: template_compile(set, arena, STR("{{ template \"my.title\" . }}"), TEMPLATE_TEXT,
 *                            &template, &error) == OK
 *     strbuf_init(&out, scratch, 64 * 1024);
 *     if (template_render(template, data, &env, scratch, &out, &error) == OK) …
 */
#include "formats/template/func.h"
#include "formats/template/gotime.h"

enum template_mode { TEMPLATE_TEXT, TEMPLATE_HTML };

enum {
    TEMPLATE_SOURCE_MAX = 1 << 20,    /* bytes of one source or text */
    TEMPLATE_DEPTH_MAX = 500,         /* control structures and parentheses inside each other */
    TEMPLATE_CALL_DEPTH_MAX = 100000, /* {{ template }} in {{ template }}, as in Go */
};

struct template_limits {
    size_t steps;  /* nodes looked at in one rendering */
    size_t text;   /* bytes of one string that a function makes */
    size_t memory; /* bytes of all that a rendering makes, its output apart */
};
#define TEMPLATE_LIMITS_DEFAULT                                                                    \
    ((struct template_limits){.steps = 1000000, .text = 1 << 20, .memory = 64 << 20})

/* Who writes the output when it is more than text: a syntax that values may not break out of. Both
 * add to `out`: a text of the template itself, and what an action gives. */
struct template_writer {
    void (*text)(struct template_writer *, struct strbuf *out, struct str);
    void (*value)(struct template_writer *, struct strbuf *out, const struct value *);
};

/* What a template may know of the world. */
struct template_env {
    struct gotime now;
    const struct gotime_zone *local; /* what Go calls Local; &gotime_utc will do */
    /* The zone of a name such as "Europe/Prague", NULL if there is none. May be NULL. */
    const struct gotime_zone *(*find_zone)(void *context, struct str name);
    void *context;
    const void *data;               /* for functions that the caller added */
    struct template_writer *writer; /* of one rendering; NULL: everything as it is */
    struct template_limits limits;
};

/* What is wrong, in Go's words, in the arena: longer than an err could hold, because it quotes the
 * expression. */
struct template_error {
    enum status code;
    struct str text;                   /* "template: my.tmpl:3: unclosed action" */
    struct str what;                   /* the part of it behind the place */
    struct str source;                 /* the name; empty: the text itself, or none in particular */
    size_t line;                       /* in the source; 0: none in particular */
    const struct template_error *more; /* what else is wrong, found at the same time */
};
/* As an err, cut to its size. */
enum status template_error_to_err(const struct template_error *, struct err *);

struct template_set;
struct template;

/* More functions than Go's and Alertmanager's; the table is borrowed. Of equal names these win. */
struct template_set *template_set_new(struct arena *, const struct template_func *, size_t n);
/* Name and text are copied. ERR_SYNTAX, ERR_INVALID or ERR_TOO_LARGE; the set is then as before. */
MUST_CHECK enum status template_set_add(struct template_set *, struct str name, struct str text,
                                        struct template_error *);
/* Looks for what is wrong though every source could be read: calls of names that nobody defines,
 * expressions spelled out that are none; as HTML, bodies that cannot be made safe by themselves.
 * ERR_INVALID. */
MUST_CHECK enum status template_set_check(const struct template_set *, struct arena *,
                                          enum template_mode, struct template_error *);
/* The same of a text that was compiled against the set. */
MUST_CHECK enum status template_check(const struct template_set *, const struct template *,
                                      struct arena *, struct template_error *);
/* Compiles a text against a set as it is now; the template lives in the arena, which must not
 * outlive the set's. ERR_SYNTAX, ERR_INVALID or ERR_TOO_LARGE. */
MUST_CHECK enum status template_compile(const struct template_set *, struct arena *,
                                        struct str text, enum template_mode,
                                        const struct template **ret, struct template_error *);
/* Runs it: `data` is the dot. Values that are made live in the arena, as do the error's words.
 * ERR_INVALID: it failed, out holds what came before. ERR_TOO_LARGE: a limit was reached, or out is
 * full. */
MUST_CHECK enum status template_render(const struct template *, const struct value *data,
                                       const struct template_env *, struct arena *,
                                       struct strbuf *out, struct template_error *);
