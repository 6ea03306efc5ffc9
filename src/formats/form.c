#include "formats/form.h"

#include "base/vec.h"
#include "formats/percent.h"

#include <string.h>

static bool decode(struct arena *arena, struct str text, struct str *ret)
{
    if (text.n > 0 && memchr(text.p, '+', text.n)) {
        char *spaced = arena_dup(arena, text.p, text.n);
        for (size_t i = 0; i < text.n; i++) {
            if (spaced[i] == '+') {
                spaced[i] = ' ';
            }
        }
        text.p = spaced;
    }
    return percent_decode(arena, text, ret) && str_is_utf8(*ret) &&
           (ret->n == 0 || !memchr(ret->p, 0, ret->n));
}

enum status form_parse(struct arena *arena, struct str body, size_t max_fields, struct form *ret,
                       struct err *err)
{
    VEC(struct form_field) fields = {0};
    struct str rest = body;
    while (rest.p) {
        struct str part = str_cut(&rest, '&');
        if (part.n == 0) {
            continue;
        }
        if (fields.n == max_fields) {
            return err_set(err, ERR_TOO_LARGE, "form has more than %zu fields", max_fields);
        }
        struct form_field field;
        struct str value = part, name = str_cut(&value, '=');
        if (!decode(arena, name, &field.name) ||
            !decode(arena, value.p ? value : STR_EMPTY, &field.value)) {
            return err_set(err, ERR_SYNTAX, "form field %zu is not valid encoded text",
                           fields.n + 1);
        }
        VEC_PUSH(arena, &fields, field);
    }
    *ret = (struct form){fields.v, fields.n};
    return OK;
}

bool form_get(const struct form *form, struct str name, struct str *ret)
{
    for (size_t i = 0; i < form->n; i++) {
        if (str_eq(form->fields[i].name, name)) {
            *ret = form->fields[i].value;
            return true;
        }
    }
    return false;
}

void form_add(struct strbuf *out, struct str name, struct str value)
{
    if (out->n > 0) {
        strbuf_add_char(out, '&');
    }
    percent_encode(out, name);
    strbuf_add_char(out, '=');
    percent_encode(out, value);
}
