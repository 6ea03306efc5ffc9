#pragma once
/* html_edit — what has to be changed in a piece of a template so that it is safe in HTML: comments
 * go, a "<" that begins nothing becomes text, and actions get filters for where they stand.
 *
 * An edit is only planned at first, as some pieces are looked at just to see where they end.
 * Layer: formats. Pure but for the arena. One thread a compilation. */
#include "formats/template/html_context.h"

struct html_edit {
    struct node *node;
    struct str text;                          /* TEXT */
    unsigned char filters[NODE_ESCAPERS_MAX]; /* ACTION */
    unsigned char n_filters;
    struct str target; /* TEMPLATE: the name of the body for its context */
};

/* Where the text ends. *ret->node stays NULL if it may stay as it is. */
struct html_context html_edit_text(struct arena *, struct html_context, struct node *,
                                   struct html_edit *ret);
/* The context behind the action, an error if it must not stand there. *ret->node stays NULL if it
 * writes nothing. */
struct html_context html_edit_action(struct arena *, struct html_context, struct node *,
                                     struct html_edit *ret);
/* Makes the change, except of a TEMPLATE. */
void html_edit_make(struct arena *, const struct html_edit *);
