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

/* The literal of a command that calls match or reReplaceAll with one; NULL: it does not. */
const struct node *link_regex_literal(const struct node *command);
/* The expressions that the bodies reachable from a linked one spell out. */
struct regex_literals link_regexes(struct arena *, const struct body *linked);

/* A deep copy of the statements; expressions are shared. */
const struct node_list *link_copy(struct arena *, const struct node_list *);
