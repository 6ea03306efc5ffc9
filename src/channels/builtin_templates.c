#include "channels/builtin_templates.h"

enum status builtin_templates_add(struct template_set *set, struct template_error *error)
{
    enum status status = OK;
    for (const struct embedded_file *file = builtin_templates; status == OK && file->name; file++) {
        struct str text = {file->text, file->len};
        status = template_set_add(set, str_from(file->name), text, error);
    }
    return status;
}
