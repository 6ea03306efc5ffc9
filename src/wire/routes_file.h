#pragma once
/* routes_file — routing files (YAML) as one struct settings, or a list of everything wrong in them.
 *
 * Every file is read to a tree, the trees are merged (maps and lists join; a name defined twice is
 * refused with both places), then a declarative schema (wire/schema.h) binds them. All problems are
 * collected, with the source line and what to do about it; settings exist only without errors, so a
 * half-applied configuration is impossible. Keys of the language that are not implemented yet are
 * errors that say so: a routing file never does less than it says.
 * Wire does no I/O: the caller reads the files and answers `!env NAME` and `!file PATH`.
 * Layer: wire. Any thread. The result is read-only afterwards and owns all it points to.
 *
 *     struct routes_result result;
 *     if (routes_parse(files, n, &env, &result) != OK) {
 *         struct str report = routes_report(&result);   // "a.yml:3:5: error: …"
 *     }
 *     routes_release(&result);
 */
#include "base/err.h"
#include "domain/settings.h"

enum { ROUTES_PROBLEMS_MAX = 50, ROUTES_HASH_HEX = 64 };

struct routes_source {
    struct str name; /* as problems call it: "routes/alertify.yml" */
    struct str text;
    bool is_template; /* not a routing file: one that `templates:` means */
};

/* Where secrets come from. The answers are copied at once. */
struct routes_env {
    void *arg;
    bool (*env)(void *arg, struct str name, struct str *ret);
    enum status (*file)(void *arg, struct str path, struct str *ret, struct err *);
    /* The TZif file of a zone, "Europe/London"; asked once per zone. NULL: only UTC is known. */
    enum status (*zone)(void *arg, struct str name, struct str *ret, struct err *);
    /* The files that an entry of `templates:` of a routing file means; they are copied. Not asked
     * if there are templates among the files given. NULL: nothing is found. */
    enum status (*templates)(void *arg, struct str file, struct str glob,
                             const struct routes_source **ret, size_t *ret_n, struct err *);
    int64_t now_at; /* for warnings about the next weeks; 0: not known, no such warnings */
};

#define PROBLEM_SEVERITIES(X)                                                                      \
    X(PROBLEM_ERROR, "error")                                                                      \
    X(PROBLEM_WARNING, "warning")
ENUM_DECLARE(problem_severity, PROBLEM_SEVERITIES)

struct routes_problem {
    enum problem_severity severity;
    size_t file_at; /* index of the file among those given */
    struct str file;
    unsigned line, col, len; /* 1-based, characters */
    struct str text;         /* one sentence */
    struct str hint;         /* what to do, or empty */
    struct str shown;        /* the whole of it, with the source line underlined */
};

struct routes_result {
    struct arena arena;
    const struct settings *settings;       /* NULL when there is an error */
    const struct routes_problem *problems; /* in the order of the files and lines */
    size_t n_problems;                     /* kept, at most ROUTES_PROBLEMS_MAX */
    size_t n_errors, n_warnings;           /* found */
    const struct routes_source *templates; /* of `templates:`, in the order in which they count */
    size_t n_templates;
    char hash[ROUTES_HASH_HEX + 1]; /* BLAKE2b-256 of all texts in order (base/digest.h) */
};

/* OK, or ERR_INVALID when there is an error. Initialises *ret in either case. */
MUST_CHECK enum status routes_parse(const struct routes_source *files, size_t n,
                                    const struct routes_env *, struct routes_result *ret);
/* Only the routing tree and the names of the receivers, for tools that need no more: no secret is
 * looked for, and other sections (Alertmanager's, too) are left unread. The settings have `root`,
 * `receivers` and `catch_all`. */
MUST_CHECK enum status routes_parse_tree(const struct routes_source *files, size_t n,
                                         struct routes_result *ret);
/* Every problem as compilers show them, and a last line that counts them; empty without any. */
struct str routes_report(struct routes_result *);
void routes_release(struct routes_result *);
/* Messages say what these say (channels/message_templates.h), which live in the result's arena. */
void routes_set_templates(struct routes_result *, const struct message_templates *);
/* The JSON Schema of routing files, for editors. */
struct str routes_json_schema(struct arena *);
/* The same configuration in alertify's own words: a file that Alertmanager reads, too, without its
 * `global` and receiver blocks. `settings` are what the file became. Secrets are not in it: they
 * are read from the environment, whose names its first lines list. */
struct str routes_import(struct arena *, const struct routes_source *, const struct settings *);
/* What holds where nothing is written: "receivers.NAME.hold: 0s", a line each. */
struct str routes_defaults(struct arena *);
/* The reference of all keys as Markdown, from the schema itself. */
struct str routes_describe(struct arena *);
