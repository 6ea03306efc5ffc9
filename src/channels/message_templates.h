#pragma once
/* message_templates — every template that messages and pages are made of, compiled, in every
 * language there are words for.
 *
 * Built into the binary are the files of templates/; files of the admin come on top: of equal names
 * the later definition counts, and a file named as a built-in one replaces it whole. A receiver may
 * have texts of its own for some parts. Built once with a configuration, together with which it
 * lives and dies.
 * Layer: channels. Owner: the arena. Immutable; any thread.
 *
 *     struct template_problems problems;
 *     templates = message_templates_new(arena, &(struct message_templates_input){…}, &problems);
 *     if (problems.n > 0) … they are said, and nothing of it is used …
 */
#include "channels/words.h"
#include "domain/receiver.h"
#include "formats/template/template.h"

struct template_file {
    struct str name; /* without folders: "telegram.tmpl", "words.de.yml" */
    struct str path; /* as problems call it */
    struct str text;
};

struct template_problem {
    struct str where; /* "templates/my.tmpl:12", or a place in the routing files */
    struct str what;
};

enum { TEMPLATE_PROBLEMS_MAX = 50 };

struct template_problems {
    struct template_problem v[TEMPLATE_PROBLEMS_MAX];
    size_t n;
};

struct message_templates_input {
    const struct template_file *files; /* in the order in which they count */
    size_t n_files;
    const struct receiver *receivers;
    size_t n_receivers;
    struct str zone; /* to show times in; empty: UTC */
    /* The zone of a name, NULL if there is none; any thread. NULL: only UTC is known. */
    const struct gotime_zone *(*find_zone)(void *context, struct str name);
    void *context;
};

struct message_templates;

/* Never NULL; with problems it is complete but for what they are about. */
const struct message_templates *message_templates_new(struct arena *,
                                                      const struct message_templates_input *,
                                                      struct template_problems *ret);
/* Those that are built in, with times in UTC. */
const struct message_templates *message_templates_builtin(void);

/* In the language, or English. Never NULL. */
const struct words *message_templates_words(const struct message_templates *, struct str language);
/* The receiver's own, or the usual one; NULL: there is none. *ret_is_own may be NULL. */
const struct template *message_templates_find(const struct message_templates *, enum template_part,
                                              struct str receiver, bool *ret_is_own);
/* Is anything the admin's own: then alerts beyond the listed ones may matter. */
bool message_templates_is_own(const struct message_templates *);
/* A rendering's world: the time is that of the message. */
struct template_env message_templates_env(const struct message_templates *, int64_t now_at);
