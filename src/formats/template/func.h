#pragma once
/* func — functions and methods that templates may call: their signatures, and what a call gets.
 *
 * A parameter has a type, so that a template's mistake is named as Go names it; &type_any and
 * &type_value take everything (the former as an interface, the latter as it is).
 * Layer: formats. Tables are constant; a call belongs to one rendering.
 *
 *     static bool to_upper(struct template_call *call)
 *     {
 *         struct strbuf *out = call_text(call);
 *         unicode_upper(out, call->args[0].s);
 *         return call_return_text(call, out);
 *     }
 *     static const struct value_type *const one_string[] = {&type_string};
 *     … {.name = STR("toUpper"), .in = one_string, .n_in = 1, .run = to_upper}
 */
#include "formats/template/gotime.h"
#include "formats/template/value.h"

struct template_env;
struct template_call;

struct template_func {
    struct str name;
    const struct value_type *const
        *in; /* the last one of a variadic function: of each of the rest */
    size_t n_in;
    bool is_variadic;
    int results;        /* 0 counts as 1; a method with more cannot be called, but is there */
    const char *second; /* of two results: its type */
    bool (*run)(struct template_call *);
};

struct template_call {
    struct arena *arena;            /* for what the call makes */
    const struct template_env *env; /* clock and zones */
    struct regex_cache *regexes;    /* of this rendering */
    size_t *steps;                  /* of this rendering, so far */
    const struct value *self;       /* of a method */
    const struct value *args;       /* checked against the signature */
    size_t n;
    struct value ret;
    struct strbuf text; /* call_text; also: why, when run says false */
};

/* False, for `return call_fail(…)`: the template stops with "error calling NAME: …". */
bool call_fail(struct template_call *, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Counts work that is more than looking at the arguments once. False, and a failure: it would be
 * too much. */
bool call_spend(struct template_call *, size_t steps);
/* An empty buffer for a text that the call makes. */
struct strbuf *call_text(struct template_call *);
/* `return call_return_text(call, out)`: the text as a string, or the failure that it is too long.
 */
bool call_return_text(struct template_call *, const struct strbuf *);
/* True, for `return call_return(…)`. */
bool call_return(struct template_call *, struct value);
bool call_return_time(struct template_call *, struct gotime);
bool call_return_duration(struct template_call *, int64_t ns);
bool call_return_int64(struct template_call *, int64_t);
/* Of equal names the first. NULL: there is none. */
const struct template_func *func_find(const struct template_func *, size_t n, struct str name);

/* Rows of a table of methods: without arguments; with those of a signature; with more results than
 * a template can take, which cannot be called but are there. */
#define METHOD(name_, run_)                                                                        \
    {                                                                                              \
        .name = {name_, sizeof(name_) - 1}, .run = (run_)                                          \
    }
#define METHOD_OF(name_, in_, run_)                                                                \
    {                                                                                              \
        .name = {name_, sizeof(name_) - 1}, .in = (in_), .n_in = sizeof(in_) / sizeof(*(in_)),     \
        .run = (run_)                                                                              \
    }
#define METHOD_OUT(name_, n_, second_)                                                             \
    {                                                                                              \
        .name = {name_, sizeof(name_) - 1}, .results = (n_), .second = (second_)                   \
    }
