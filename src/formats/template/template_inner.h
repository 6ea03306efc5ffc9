#pragma once
/* template_inner — what template.c and template_check.c know of sets.
 * Layer: formats. Only for template/. */
#include "base/vec.h"
#include "formats/template/link.h"
#include "formats/template/parse.h"

struct template_set {
    struct arena *arena;
    struct func_tables funcs;
    VEC(struct body) bodies; /* names are distinct */
};

/* NULL: there is none. */
struct body *template_set_find(const struct template_set *, struct str name);
/* Looks through the statements of a linked body, whose includes are known. */
enum status template_check_list(const struct template_set *, const struct node_list *,
                                struct link_includes, struct arena *, struct template_error *);
