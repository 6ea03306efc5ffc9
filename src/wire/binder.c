#include "wire/binder.h"

#include "base/secret.h"
#include "formats/duration.h"
#include "wire/schema.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

ENUM_DEFINE(problem_severity, PROBLEM_SEVERITIES)

enum { TEXT_MAX = 600, WORD_MAX = 64 };

/* --- problems ----------------------------------------------------------------------------- */

static void add_problem(struct binder *b, enum problem_severity severity, struct yaml_problem at,
                        struct str text, struct str hint)
{
    *(severity == PROBLEM_ERROR ? &b->n_errors : &b->n_warnings) += 1;
    if (b->problems.n == ROUTES_PROBLEMS_MAX) {
        return;
    }
    struct str excerpt = yaml_excerpt(b->arena, b->file->source.text, at.line, at.col, at.len);
    struct routes_problem problem = {
        .severity = severity,
        .file_at = b->file->index,
        .file = b->file->source.name,
        .line = at.line,
        .col = at.col,
        .len = at.len,
        .text = text,
        .hint = hint,
        .shown =
            str_printf(b->arena, "%.*s:%u:%u: %s: %.*s\n%.*s%s%.*s", STR_ARG(b->file->source.name),
                       at.line, at.col, problem_severity_name(severity), STR_ARG(text),
                       STR_ARG(excerpt), hint.n ? " " : "", STR_ARG(hint)),
    };
    VEC_PUSH(b->arena, &b->problems, problem);
}

static struct str format(struct binder *b, const char *fmt, va_list args)
    __attribute__((format(printf, 2, 0)));

static struct str format(struct binder *b, const char *fmt, va_list args)
{
    char text[TEXT_MAX];
    int n = vsnprintf(text, sizeof(text), fmt, args);
    CHECK(n >= 0);
    struct str whole = {text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1};
    return str_dup(b->arena, str_clip_utf8(whole, TEXT_MAX - 4));
}

void bind_error(struct binder *b, const struct yaml_node *node, struct str hint, const char *fmt,
                ...)
{
    va_list args;
    va_start(args, fmt);
    struct str text = format(b, fmt, args);
    va_end(args);
    add_problem(b, PROBLEM_ERROR, yaml_problem_at(node), text, hint);
}

void bind_warning(struct binder *b, const struct yaml_node *node, struct str hint, const char *fmt,
                  ...)
{
    va_list args;
    va_start(args, fmt);
    struct str text = format(b, fmt, args);
    va_end(args);
    add_problem(b, PROBLEM_WARNING, yaml_problem_at(node), text, hint);
}

void bind_problem_at(struct binder *b, struct yaml_problem at, struct str text)
{
    add_problem(b, PROBLEM_ERROR, at, text, STR_EMPTY);
}

void bind_hide_literals(struct binder *b)
{
    for (size_t i = 0; i < b->problems.n; i++) {
        struct str *shown = &b->problems.v[i].shown;
        char *copy = str_c(b->arena, *shown), *end = copy + shown->n;
        for (size_t k = 0; k < b->literals.n; k++) {
            struct str secret = b->literals.v[k];
            char *at = copy;
            while ((at = memmem(at, (size_t)(end - at), secret.p, secret.n)) != NULL) {
                memset(at, '*', secret.n);
            }
        }
        shown->p = copy;
    }
}

struct str bind_where(struct binder *b, const struct yaml_node *node)
{
    return str_from(yaml_where(b->arena, b->file->source.name, node));
}

/* --- names -------------------------------------------------------------------------------- */

/* Levenshtein over bytes, swaps of neighbours not counted as one. Words are short: WORD_MAX. */
static size_t edit_distance(struct str a, struct str b)
{
    size_t row[WORD_MAX + 1];
    if (a.n > WORD_MAX || b.n > WORD_MAX) {
        return WORD_MAX;
    }
    for (size_t j = 0; j <= b.n; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a.n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            size_t replaced = diagonal + (a.p[i - 1] != b.p[j - 1]);
            size_t shorter = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = replaced < shorter ? replaced : shorter;
        }
    }
    return row[b.n];
}

/* Index of the nearest name that could be meant, or n. */
static size_t find_near(struct str word, const struct str *names, size_t n)
{
    size_t best = SIZE_MAX, at = 0;
    for (size_t i = 0; i < n; i++) {
        size_t distance = edit_distance(word, names[i]);
        if (distance < best) {
            best = distance;
            at = i;
        }
    }
    size_t limit = word.n < 4 ? 1 : word.n < 8 ? 2 : 3;
    return best <= limit ? at : n;
}

struct str bind_suggestion(struct arena *arena, struct str word, const struct str *names, size_t n)
{
    size_t near = find_near(word, names, n);
    return near < n ? str_printf(arena, "did you mean \"%.*s\"?", STR_ARG(names[near])) : STR_EMPTY;
}

struct entry *bind_reference(struct binder *b, struct entries *entries, const char *what,
                             const struct yaml_node *at, struct str name)
{
    struct str *names = ARENA_ARRAY(b->arena, struct str, entries->n);
    for (size_t i = 0; i < entries->n; i++) {
        if (str_eq(entries->v[i].name, name)) {
            entries->v[i].is_used = true;
            return &entries->v[i];
        }
        names[i] = entries->v[i].name;
    }
    size_t near = find_near(name, names, entries->n);
    struct str hint = STR_EMPTY;
    if (near < entries->n) {
        const struct entry *meant = &entries->v[near];
        struct str place = meant->file == b->file
                               ? STR("line ")
                               : str_printf(b->arena, "%.*s:", STR_ARG(meant->file->source.name));
        hint = str_printf(b->arena, "did you mean \"%.*s\" (%.*s%u)?", STR_ARG(meant->name),
                          STR_ARG(place), meant->key->line);
    }
    bind_error(b, at, hint, "%s \"%.*s\" does not exist", what, STR_ARG(name));
    return NULL;
}

/* --- readers ------------------------------------------------------------------------------ */

bool bind_text(struct binder *b, const struct yaml_node *node, const char *what, struct str *ret)
{
    if (node->kind != YAML_SCALAR || node->tag.n > 0) {
        bind_error(b, node, STR_EMPTY, "%s must be a text", what);
        return false;
    }
    if (yaml_is_null(node) || node->text.n == 0) {
        bind_error(b, node, STR_EMPTY, "%s is empty", what);
        return false;
    }
    if (str_find(node->text, '\0', 0) != SIZE_MAX) {
        bind_error(b, node, STR_EMPTY, "%s has a NUL character in it", what);
        return false;
    }
    *ret = node->text;
    return true;
}

bool bind_duration(struct binder *b, const struct yaml_node *node, const char *what,
                   int64_t *ret_us)
{
    struct str text;
    struct err err = ERR_INIT;
    if (!bind_text(b, node, what, &text)) {
        return false;
    }
    if (duration_parse(text, ret_us, &err) != OK) {
        bind_error(b, node, STR_EMPTY, "%s: %s", what, err.detail);
        return false;
    }
    return true;
}

bool bind_bool(struct binder *b, const struct yaml_node *node, const char *what, bool *ret)
{
    if (!yaml_bool(node, ret)) {
        bind_error(b, node, STR("write true or false"), "%s must be true or false", what);
        return false;
    }
    return true;
}

static bool fetch_secret(struct binder *b, const struct yaml_node *node, const char *what,
                         struct str *ret)
{
    struct err err = ERR_INIT;
    if (str_eq(node->tag, STR("!env"))) {
        if (b->env && b->env->env && b->env->env(b->env->arg, node->text, ret)) {
            return true;
        }
        bind_error(b, node, STR("set it where alertify is started"),
                   "%s: environment variable %.*s is not set", what, STR_ARG(node->text));
        return false;
    }
    if (!str_eq(node->tag, STR("!file"))) {
        bind_error(b, node, STR("use !env NAME or !file PATH"), "%s: %.*s is not supported yet",
                   what, STR_ARG(node->tag));
        return false;
    }
    if (!b->env || !b->env->file) {
        err_set(&err, ERR_NOT_FOUND, "files cannot be read here");
    } else if (b->env->file(b->env->arg, node->text, ret, &err) == OK) {
        return true;
    }
    bind_error(b, node, STR_EMPTY, "%s: cannot read %.*s: %s", what, STR_ARG(node->text),
               err.detail);
    return false;
}

static void free_secret(void *secret)
{
    secret_free(secret);
}

bool bind_secret(struct binder *b, const struct yaml_node *node, const char *what,
                 bool may_be_literal, const struct secret **ret)
{
    struct str text;
    if (node->kind != YAML_SCALAR || (node->tag.n == 0 && !may_be_literal)) {
        bind_error(b, node, STR("write !env NAME or !file PATH"),
                   "%s is a secret and must not stand in the file itself", what);
        if (node->kind == YAML_SCALAR && node->text.n > 2) {
            VEC_PUSH(b->arena, &b->literals, node->text);
        }
        return false;
    }
    if (node->tag.n == 0 ? !bind_text(b, node, what, &text) : !fetch_secret(b, node, what, &text)) {
        return false;
    }
    struct secret *secret = secret_new(text);
    arena_defer(b->arena, free_secret, secret);
    if (secret_len(secret) == 0) {
        bind_error(b, node, STR_EMPTY, "%s is empty", what);
        return false;
    }
    *ret = secret;
    return true;
}

void bind_open_secret(struct binder *b, const struct yaml_node *node, const char *what,
                      const struct secret **ret)
{
    if (node->kind == YAML_SCALAR && node->tag.n == 0) {
        if (node->text.n > 2) {
            VEC_PUSH(b->arena, &b->literals, node->text);
        }
        bind_warning(b, node, STR("write !env NAME or !file PATH"), "%s is a secret in clear text",
                     what);
    }
    (void)bind_secret(b, node, what, true, ret);
}

void bind_file_secret(struct binder *b, const struct yaml_node *node, const char *what,
                      const struct secret **ret)
{
    struct yaml_node as_file = *node;
    struct str path;
    if (bind_text(b, node, what, &path)) {
        as_file.tag = STR("!file");
        (void)bind_secret(b, &as_file, what, false, ret);
    }
}

bool bind_secrets(struct binder *b, const struct yaml_node *node, const char *what,
                  struct secrets *ret)
{
    struct node_list list;
    struct secrets secrets = {0};
    if (!bind_list(b, node, what, &list)) {
        return false;
    }
    if (list.n == 0 || list.n > SECRETS_MAX) {
        bind_error(b, node, STR("the current one, and the next while it is being changed"),
                   "%s needs one secret or two", what);
        return false;
    }
    for (size_t i = 0; i < list.n; i++) {
        if (!bind_secret(b, list.v[i], what, false, &secrets.v[secrets.n])) {
            return false;
        }
        secrets.n++;
    }
    *ret = secrets;
    return true;
}

bool bind_list(struct binder *b, const struct yaml_node *node, const char *what,
               struct node_list *ret)
{
    switch (node->kind) {
    case YAML_SEQ:
        *ret = (struct node_list){node->items, node->n};
        return true;
    case YAML_SCALAR: {
        const struct yaml_node **one = ARENA_NEW(b->arena, const struct yaml_node *);
        *one = node;
        *ret = (struct node_list){one, 1};
        return true;
    }
    case YAML_MAP:
    case yaml_kind_COUNT:
        break;
    }
    bind_error(b, node, STR_EMPTY, "%s must be a list", what);
    return false;
}

void bind_words(struct binder *b, const struct yaml_node *node, const char *what,
                const struct str **ret, size_t *ret_n)
{
    struct node_list list;
    if (!bind_list(b, node, what, &list)) {
        return;
    }
    struct str *v = ARENA_ARRAY(b->arena, struct str, list.n);
    *ret_n = 0;
    for (size_t i = 0; i < list.n; i++) {
        *ret_n += bind_text(b, list.v[i], what, &v[*ret_n]);
    }
    *ret = v;
}
