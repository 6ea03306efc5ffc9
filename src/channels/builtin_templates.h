#pragma once
/* builtin_templates — the files of templates/, as they were when this binary was built: what
 * Alertmanager's users call by name and redefine.
 * Layer: channels. Constant. */
#include "base/embedded_file.h"
#include "formats/template/template.h"

extern const struct embedded_file builtin_templates[]; /* by name, ended by name == NULL */

/* Before any other file. */
MUST_CHECK enum status builtin_templates_add(struct template_set *, struct template_error *);
