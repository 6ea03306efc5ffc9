#pragma once
/* link — the bodies that a text can reach, copied and tied together: every call knows its target.
 *
 * Copied, because the same define means different things in different places: another file may
 * replace what it calls, and in HTML it is escaped for where it is called.
 * Layer: formats. Owner: the arena given. Constant afterwards. */
#include "formats/template/node.h"
#include "formats/template/regex_cache.h"
#include "formats/template/template.h"

/* Who is meant by a name. */
struct link_names {
    const struct body *(*find)(const void *context, struct str name); /* NULL: nobody */
    const void *context;
};

/* For plain text. */
const struct body *link_text(struct arena *, const struct body *root, struct link_names);
/* For HTML (link_html.c). NULL: *error says why it cannot be escaped. */
const struct body *link_html(struct arena *, const struct body *root, struct link_names,
                             struct template_error *error);

/* What the templates write whose names stand in calls of include; linked as plain text. */
struct link_include {
    struct str name;
    const struct body *body;
};
struct link_includes {
    const struct link_include *v;
    size_t n;
};
/* The name in a command that calls include with a literal one; NULL: it does not. */
const struct node *link_include_literal(const struct node *command);
/* Those of the bodies reachable from a linked one, and of each other. A name that nobody defines is
 * left out. */
struct link_includes link_includes(struct arena *, const struct body *linked, struct link_names);

/* The literal of a command that calls match or reReplaceAll with one; NULL: it does not. */
const struct node *link_regex_literal(const struct node *command);
/* The expressions that the bodies reachable from a linked one, or included there, spell out. */
struct regex_literals link_regexes(struct arena *, const struct body *linked, struct link_includes);

/* A deep copy of the statements; expressions are shared. */
const struct node_list *link_copy(struct arena *, const struct node_list *);
