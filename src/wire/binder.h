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
    struct entry global, inhibit_rules, templates;
    struct entries sources, users, teams, schedules, actions, receivers, time_intervals, heartbeats;
};

struct binder {
    struct arena *arena;
    const struct routes_env *env;
    const struct routes_text *file; /* of the node at hand */
    struct settings *settings;
    struct sections sections;
    VEC(struct routes_problem) problems;
    size_t n_errors, n_warnings;
    VEC(struct channel_account) accounts; /* settings refer to them once all are there */
    VEC(struct webhook_settings) webhooks;
    const struct alertmanager_global *global; /* NULL: none */
    VEC(const struct zone *) zones;           /* read so far */
    VEC(struct routes_source) templates;      /* the files of `templates:` */
    bool has_template_files;                  /* they were given */
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
/* For foreign files: a literal is taken, warned of and never shown. */
void bind_open_secret(struct binder *, const struct yaml_node *, const char *what,
                      const struct secret **ret);
/* The node is a path. */
void bind_file_secret(struct binder *, const struct yaml_node *, const char *what,
                      const struct secret **ret);
/* One, or a list of at most SECRETS_MAX. */
bool bind_secrets(struct binder *, const struct yaml_node *, const char *what, struct secrets *);
/* A list, or a scalar as a list of one. */
struct node_list {
    const struct yaml_node *const *v;
    size_t n;
};
bool bind_list(struct binder *, const struct yaml_node *, const char *what, struct node_list *ret);
/* A list of texts, or one; what is wrong is left out. `what` names an item: "a severity". */
void bind_words(struct binder *, const struct yaml_node *, const char *what, const struct str **ret,
                size_t *ret_n);

/* Sections, in the order in which they need each other. Each file's schema is beside its code. */
void bind_channels(struct binder *);
void bind_sources(struct binder *);
void bind_heartbeats(struct binder *);
/* How a request proves who it is: a source's `auth`, and a heartbeat's. In routes_sources.c. */
void bind_auth(struct binder *, const struct yaml_node *, struct source *);
struct source bind_new_source(struct str name, struct str where);
/* The name is part of the address that is posted to. */
void bind_path_name(struct binder *, const struct yaml_node *at, const char *what, struct str name);
void bind_templates(struct binder *);
/* Are there words for messages in the language? */
bool bind_has_words(const struct binder *, struct str language);
/* Does a file of templates define a name that begins so? */
bool bind_is_defined(const struct binder *, struct str prefix);
/* `messages:` of a receiver. */
void bind_messages(struct binder *, const struct yaml_node *, struct receiver *);
void bind_times(struct binder *);
void bind_people(struct binder *);
void bind_schedules(struct binder *); /* part of bind_people; in routes_schedules.c */
void bind_actions(struct binder *);
void bind_receivers(struct binder *);
/* Only their names. */
void bind_receiver_names(struct binder *);
void bind_inhibit_rules(struct binder *);
void bind_routes(struct binder *);
/* The three spellings of matchers, AND-ed; in routes_tree.c. */
struct match_nodes {
    const struct yaml_node *matchers, *match, *match_re;
};
struct matchers bind_all_matchers(struct binder *, const struct match_nodes *);
/* Alertmanager's receiver blocks as one notify step; in routes_alertmanager.c. False: there are
 * none in this map. */
bool bind_alertmanager_receiver(struct binder *, const struct yaml_node *, struct receiver *);
void bind_alertmanager_global(struct binder *);
/* "smtp://…" and the sender; reports what is wrong with them. In routes_channels.c. */
bool bind_sender(struct str from, struct email_settings *ret);
/* Makes the accounts and webhooks found so far those of the settings. */
void bind_accounts_done(struct binder *);
/* UTC after an error; in routes_intervals.c, as the next three. */
const struct zone *bind_zone(struct binder *, const struct yaml_node *, const char *what);
/* NULL after an error. */
const struct interval *bind_interval_reference(struct binder *, const struct yaml_node *name);
/* One entry of a time interval where it is used; `zone` unless it names another. */
const struct interval *bind_inline_interval(struct binder *, const struct yaml_node *,
                                            const struct zone *);
/* "monday" in any case; 0 is Sunday. */
bool weekday_parse(struct str word, int *ret);
/* The users of a list, each once unless they may repeat. */
const struct user *const *bind_user_list(struct binder *, const struct yaml_node *,
                                         const char *what, bool may_repeat, size_t *ret_n);
/* A notify step's targets or the like need a channel that is there. */
bool bind_channel_is_ready(struct binder *, enum channel_kind, const struct yaml_node *at);
bool bind_account_is_there(struct binder *, enum channel_kind, struct str name,
                           const struct yaml_node *at);
/* A plan's steps; in routes_steps.c. */
struct plan bind_escalation(struct binder *, const struct yaml_node *list);
/* `resolve.except`; in routes_steps.c. */
void bind_quiet_ends(struct binder *, const struct yaml_node *list, struct receiver *);
/* `notify:`, and what modifies it; NULL where it is absent. */
struct notify_nodes {
    const struct yaml_node *notify, *via, *in_turn;
};
struct plan bind_short_plan(struct binder *, const struct notify_nodes *);
/* What modifies it needs it. */
void bind_check_notify(struct binder *, const struct yaml_node *map, const struct notify_nodes *,
                       struct str hint);
/* The named time interval is there; NULL after an error. In routes_intervals.c. */
const struct interval *bind_interval_named(struct binder *, const struct yaml_node *at,
                                           struct str name);
/* Matchers from `matchers:` or `if:` (text or list). */
bool bind_matchers(struct binder *, const struct yaml_node *, struct matcher *v, size_t *n);
