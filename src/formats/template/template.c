#include "formats/template/template.h"

#include "formats/template/eval.h"
#include "formats/template/funcs.h"
#include "formats/template/link.h"
#include "formats/template/template_inner.h"

struct template
{
    const struct body *body;
    struct regex_literals regexes;
    struct link_includes includes;
};

enum status template_error_to_err(const struct template_error *error, struct err *err)
{
    return err_set(err, error->code, "%.*s", STR_ARG(error->text));
}

struct template_error template_error_make(struct arena *arena, enum status code, struct str source,
                                          size_t line, struct str what)
{
    struct str place = line > 0 ? str_printf(arena, "%.*s:%zu", STR_ARG(source), line) : source;
    struct str text = str_printf(arena, "template: %.*s: %.*s", STR_ARG(place), STR_ARG(what));
    return (struct template_error){.code = code,
                                   .text = text,
                                   .what = str_slice(text, text.n - what.n, text.n),
                                   .source = source,
                                   .line = line};
}

struct template_set *template_set_new(struct arena *arena, const struct template_func *funcs,
                                      size_t n)
{
    struct template_set *set = ARENA_NEW(arena, struct template_set);
    struct funcs added = funcs_added(), builtin = funcs_builtin();
    set->arena = arena;
    set->funcs = (struct func_tables){{{funcs, n}, {added.v, added.n}, {builtin.v, builtin.n}}};
    return set;
}

static enum status parse(struct arena *arena, const struct func_tables *funcs, struct str name,
                         struct str text, struct bodies *ret, struct template_error *error)
{
    if (text.n > TEMPLATE_SOURCE_MAX) {
        struct str what = str_printf(arena, "more than %d bytes", TEMPLATE_SOURCE_MAX);
        *error = template_error_make(arena, ERR_TOO_LARGE, name, 0, what);
        return ERR_TOO_LARGE;
    }
    struct source *source = ARENA_NEW(arena, struct source);
    *source = (struct source){str_dup(arena, name), str_dup(arena, text)};
    return parse_source(arena, source, funcs, ret, error);
}

struct body *template_set_find(const struct template_set *set, struct str name)
{
    for (size_t i = 0; i < set->bodies.n; i++) {
        if (str_eq(set->bodies.v[i].name, name)) {
            return &set->bodies.v[i];
        }
    }
    return NULL;
}

enum status template_set_add(struct template_set *set, struct str name, struct str text,
                             struct template_error *error)
{
    struct bodies bodies;
    enum status status = parse(set->arena, &set->funcs, name, text, &bodies, error);
    for (size_t i = 0; status == OK && i < bodies.n; i++) {
        struct body *old = template_set_find(set, bodies.v[i].name);
        if (!old) {
            VEC_PUSH(set->arena, &set->bodies, bodies.v[i]);
        } else if (!node_list_is_empty(bodies.v[i].list)) {
            *old = bodies.v[i];
        }
    }
    return status;
}

/* The bodies of a text, before those of its set. */
struct scope {
    const struct template_set *set;
    struct bodies own;
};

static const struct body *find_in_scope(const void *context, struct str name)
{
    const struct scope *scope = context;
    const struct body *in_set = template_set_find(scope->set, name);
    for (size_t i = 0; i < scope->own.n; i++) {
        const struct body *body = &scope->own.v[i];
        if (str_eq(body->name, name) && (!in_set || !node_list_is_empty(body->list))) {
            return body;
        }
    }
    return in_set;
}

enum status template_compile(const struct template_set *set, struct arena *arena, struct str text,
                             enum template_mode mode, const struct template **ret,
                             struct template_error *error)
{
    struct scope scope = {.set = set};
    enum status status = parse(arena, &set->funcs, STR_EMPTY, text, &scope.own, error);
    if (status != OK) {
        return status;
    }
    struct body root = {.name = STR_EMPTY, .list = scope.own.own};
    struct link_names names = {find_in_scope, &scope};
    struct template *template = ARENA_NEW(arena, struct template);
    template->body = mode == TEMPLATE_HTML ? link_html(arena, &root, names, error)
                                           : link_text(arena, &root, names);
    if (!template->body) {
        return error->code;
    }
    template->includes = link_includes(arena, template->body, names);
    template->regexes = link_regexes(arena, template->body, template->includes);
    *ret = template;
    return OK;
}

enum status template_check(const struct template_set *set, const struct template *template,
                           struct arena *arena, struct template_error *error)
{
    return template_check_list(set, template->body->list, template->includes, arena, error);
}

enum status template_render(const struct template *template, const struct value *data,
                            const struct template_env *env, struct arena *arena, struct strbuf *out,
                            struct template_error *error)
{
    const struct eval_program program = {template->body, template->regexes, template->includes};
    return eval_program(&program, data, env, arena, out, error);
}
