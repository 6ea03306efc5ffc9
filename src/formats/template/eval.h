#pragma once
/* eval — runs a linked body. Layer: formats. One thread a call. */
#include "formats/template/link.h"

struct eval_program {
    const struct body *body;
    struct regex_literals regexes;
    struct link_includes includes;
};

/* As template_render. */
MUST_CHECK enum status eval_program(const struct eval_program *, const struct value *data,
                                    const struct template_env *, struct arena *, struct strbuf *out,
                                    struct template_error *);
