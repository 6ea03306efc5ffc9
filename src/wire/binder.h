#pragma once
/* binder — the state of one routes_parse: what was found, what is wrong, what is built.
 * Layer: wire, private to routes_*.c and schema*.c. */
#include "base/vec.h"
#include "formats/yaml_tree.h"
#include "wire/routes_file.h"

struct routes_text {
    struct routes_source source;
    size_t index; /* among the files given */
};

/* A named thing of a section, before it is bound. */
struct entry {
    const struct routes_text *file;
    struct str name;
    const struct yaml_node *key;  /* to point at the name */
    const struct yaml_node *node; /* NULL: absent */
    bool is_used;
};

struct entries {
    struct entry *v;
    size_t n, cap;
};

/* The top of all files together. */
struct sections {
    struct entry external_url, timezone, language, catch_all, route, channels;
    struct entries sources, users, teams, schedules, actions, receivers;
};

struct binder {
    struct arena *arena;
    const struct routes_env *env;
    const struct routes_text *file; /* of the node at hand */
    struct settings *settings;
    struct sections sections;
    VEC(struct routes_problem) problems;
    size_t n_errors, n_warnings;
    VEC(struct str) literals; /* secrets that stood in the file: no report may show them */
    unsigned told_once;       /* bits of warnings that are given once */
    bool is_tree_only;        /* routes_parse_tree: what is not the tree is left unread */
};

/* `hint` may be STR_EMPTY. */
void bind_error(struct binder *, const struct yaml_node *, struct str hint, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
void bind_warning(struct binder *, const struct yaml_node *, struct str hint, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
/* With the place given by a parser. */
void bind_problem_at(struct binder *, struct yaml_problem at, struct str text);

/* Blackens the literal secrets in everything that was reported. */
void bind_hide_literals(struct binder *);

/* "routes/x.yml:12:3" of a node of the current file. */
struct str bind_where(struct binder *, const struct yaml_node *);

/* The entry of that name, marked as used; NULL after an error that says `what` "name" does not
 * exist and suggests the nearest. */
struct entry *bind_reference(struct binder *, struct entries *, const char *what,
                             const struct yaml_node *at, struct str name);

/* `did you mean "x"?` for the nearest of the names, empty if none is near. */
struct str bind_suggestion(struct arena *, struct str word, const struct str *names, size_t n);

/* Readers; false after an error. `what` names the value: "timeout". */
bool bind_text(struct binder *, const struct yaml_node *, const char *what, struct str *ret);
bool bind_duration(struct binder *, const struct yaml_node *, const char *what, int64_t *ret_us);
bool bind_bool(struct binder *, const struct yaml_node *, const char *what, bool *ret);
bool bind_secret(struct binder *, const struct yaml_node *, const char *what, bool may_be_literal,
                 const struct secret **ret);
/* One, or a list of at most SECRETS_MAX. */
bool bind_secrets(struct binder *, const struct yaml_node *, const char *what, struct secrets *);
/* A list, or a scalar as a list of one. */
struct node_list {
    const struct yaml_node *const *v;
    size_t n;
};
bool bind_list(struct binder *, const struct yaml_node *, const char *what, struct node_list *ret);

/* Sections, in the order in which they need each other. Each file's schema is beside its code. */
void bind_channels(struct binder *);
void bind_sources(struct binder *);
void bind_people(struct binder *);
void bind_actions(struct binder *);
void bind_receivers(struct binder *);
/* Only their names. */
void bind_receiver_names(struct binder *);
void bind_routes(struct binder *);
/* A notify step's targets or the like need a channel that is there. */
bool bind_channel_is_ready(struct binder *, enum channel_kind, const struct yaml_node *at);
/* A plan's steps; in routes_steps.c. */
struct plan bind_escalation(struct binder *, const struct yaml_node *list);
struct plan bind_short_plan(struct binder *, const struct yaml_node *notify,
                            const struct yaml_node *via);
/* Matchers from `matchers:` or `if:` (text or list). */
bool bind_matchers(struct binder *, const struct yaml_node *, struct matcher *v, size_t *n);
