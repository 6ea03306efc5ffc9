#pragma once
/* parse — a source into bodies: its text itself, and one for each define and block.
 *
 * Functions are looked up here, so an unknown name is an error of the source; template names and
 * fields are looked up when it runs.
 * Layer: formats. Pure but for the arena. Any thread. */
#include "formats/template/node.h"
#include "formats/template/template.h"

/* "template: SOURCE:LINE: WHAT", without the line if that is 0. */
struct template_error template_error_make(struct arena *, enum status, struct str source,
                                          size_t line, struct str what);

/* Where functions come from, in the order of the search. */
struct func_tables {
    struct {
        const struct template_func *v;
        size_t n;
    } tables[3];
};

struct bodies {
    const struct body *v; /* names are distinct; one is that of the source, for its text */
    size_t n;
    const struct node_list *own; /* the text of the source, also when a define has its name */
};

/* ERR_SYNTAX; ERR_TOO_LARGE if it is nested too deeply. */
MUST_CHECK enum status parse_source(struct arena *, const struct source *,
                                    const struct func_tables *, struct bodies *ret,
                                    struct template_error *);
