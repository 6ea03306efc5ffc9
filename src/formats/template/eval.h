#pragma once
/* eval — runs a linked body. Layer: formats. One thread a call. */
#include "formats/template/node.h"
#include "formats/template/regex_cache.h"
#include "formats/template/template.h"

/* As template_render. */
MUST_CHECK enum status eval_body(const struct body *, struct regex_literals,
                                 const struct value *data, const struct template_env *,
                                 struct arena *, struct strbuf *out, struct template_error *);
