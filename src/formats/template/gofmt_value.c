#include "formats/rune.h"
#include "formats/template/gofmt_inner.h"
#include "formats/template/gotime.h"
#include "formats/template/types.h"

#include <string.h>

/* How deep values print: deeper ones cannot be built out of data, but lists of lists can. */
enum { DEPTH_MAX = 200 };

static void add_value(struct gofmt *f, const struct value *, uint32_t verb, int depth);

/* "%!d(string=x)" */
static void add_bad_verb(struct gofmt *f, const struct value *value, uint32_t verb)
{
    bool was_erroring = f->is_erroring;
    f->is_erroring = true;
    strbuf_add(f->out, STR("%!"));
    rune_add(f->out, verb);
    strbuf_add_char(f->out, '(');
    if (value->type && value->type != &type_any) {
        strbuf_add(f->out, str_from(value->type->name));
        strbuf_add_char(f->out, '=');
        add_value(f, value, 'v', 0);
    } else {
        strbuf_add(f->out, STR("<nil>"));
    }
    strbuf_add_char(f->out, ')');
    f->is_erroring = was_erroring;
}

static bool is_one_of(uint32_t verb, const char *verbs)
{
    return verb > 0 && verb < 0x80 && strchr(verbs, (int)verb);
}

static void add_integer(struct gofmt *f, const struct value *value, uint32_t verb)
{
    bool is_signed = value->type->kind == VALUE_INT;
    if (verb == 'v' && f->sharp_v && !is_signed) {
        bool sharp = f->sharp;
        f->sharp = true;
        gofmt_integer(f, value->u, false, 'x');
        f->sharp = sharp;
    } else if (is_one_of(verb, "vdboOxX")) {
        gofmt_integer(f, value->u, is_signed, verb == 'v' ? 'd' : (char)verb);
    } else if (verb == 'c') {
        gofmt_rune(f, value->u);
    } else if (verb == 'q') {
        gofmt_quoted_rune(f, value->u);
    } else if (verb == 'U') {
        gofmt_unicode(f, value->u);
    } else {
        add_bad_verb(f, value, verb);
    }
}

static void add_float(struct gofmt *f, const struct value *value, uint32_t verb)
{
    if (is_one_of(verb, "vbgGxXfFeE")) {
        gofmt_float(f, value->f, (char)verb);
    } else {
        add_bad_verb(f, value, verb);
    }
}

static void add_complex(struct gofmt *f, const struct value *value, uint32_t verb)
{
    if (!is_one_of(verb, "vbgGxXfFeE")) {
        add_bad_verb(f, value, verb);
        return;
    }
    bool plus = f->plus;
    strbuf_add_char(f->out, '(');
    gofmt_float(f, value->complex_parts[0], (char)verb);
    f->plus = true;
    gofmt_float(f, value->complex_parts[1], (char)verb);
    strbuf_add(f->out, STR("i)"));
    f->plus = plus;
}

/* Also what methods make of other values. */
static void add_string(struct gofmt *f, const struct value *value, struct str text, uint32_t verb)
{
    if (verb == 's' || (verb == 'v' && !f->sharp_v)) {
        gofmt_string(f, text);
    } else if (verb == 'q' || verb == 'v') {
        gofmt_quoted(f, text);
    } else if (verb == 'x' || verb == 'X') {
        gofmt_hex(f, text, verb == 'X');
    } else {
        add_bad_verb(f, value, verb);
    }
}

/* --- composites ----------------------------------------------------------------------------- */

static void add_separator(struct gofmt *f, size_t i)
{
    if (i > 0) {
        strbuf_add(f->out, f->sharp_v ? STR(", ") : STR(" "));
    }
}

static struct str bytes_of(struct gofmt *f, const struct value *list)
{
    char *bytes = arena_alloc(f->out->arena, list->list.n);
    for (size_t i = 0; i < list->list.n; i++) {
        bytes[i] = (char)list->list.v[i].u;
    }
    return (struct str){bytes, list->list.n};
}

static void add_list(struct gofmt *f, const struct value *list, uint32_t verb, int depth)
{
    if (list->type->elem == &type_uint8 && is_one_of(verb, "sqxX")) {
        add_string(f, list, bytes_of(f, list), verb);
        return;
    }
    if (f->sharp_v) {
        strbuf_add(f->out, list->type == &type_bytes ? STR("[]byte") : str_from(list->type->name));
        if (!list->list.v) {
            strbuf_add(f->out, STR("(nil)"));
            return;
        }
    }
    strbuf_add_char(f->out, f->sharp_v ? '{' : '[');
    for (size_t i = 0; i < list->list.n && !f->out->is_full; i++) {
        add_separator(f, i);
        add_value(f, &list->list.v[i], verb, depth + 1);
    }
    strbuf_add_char(f->out, f->sharp_v ? '}' : ']');
}

static void add_map(struct gofmt *f, const struct value *map, uint32_t verb, int depth)
{
    strbuf_add(f->out, f->sharp_v ? str_from(map->type->name) : STR("map"));
    if (f->sharp_v && !map->map.v) {
        strbuf_add(f->out, STR("(nil)"));
        return;
    }
    strbuf_add_char(f->out, f->sharp_v ? '{' : '[');
    for (size_t i = 0; i < map->map.n && !f->out->is_full; i++) {
        struct value key = value_str(map->map.v[i].key);
        add_separator(f, i);
        add_value(f, &key, verb, depth + 1);
        strbuf_add_char(f->out, ':');
        add_value(f, &map->map.v[i].value, verb, depth + 1);
    }
    strbuf_add_char(f->out, f->sharp_v ? '}' : ']');
}

static void add_struct(struct gofmt *f, const struct value *value, uint32_t verb, int depth)
{
    size_t shown = 0;
    if (f->sharp_v) {
        strbuf_add(f->out, str_from(value->type->name));
    }
    strbuf_add_char(f->out, '{');
    for (size_t i = 0; i < value->type->n_fields; i++) {
        const struct value_field *field = &value->type->fields[i];
        if (field->is_hidden) {
            continue;
        }
        add_separator(f, shown++);
        if (f->plus_v || f->sharp_v) {
            strbuf_add(f->out, field->name);
            strbuf_add_char(f->out, ':');
        }
        add_value(f, &value->fields[i], verb, depth + 1);
    }
    strbuf_add_char(f->out, '}');
}

/* An address differs from run to run: no verb shows a true one. */
static void add_pointer(struct gofmt *f, const struct value *value, uint32_t verb)
{
    struct value address = {.type = &type_int};
    if (is_one_of(verb, "bodxX")) {
        gofmt_integer(f, address.u, false, (char)verb);
    } else if (verb == 'v') {
        gofmt_pad(f, STR("<nil>"));
    } else {
        add_bad_verb(f, value, verb);
    }
}

/* A time under a verb that does not take its text: Go shows what a time is made of. */
static void add_time_parts(struct gofmt *f, const struct value *value, uint32_t verb)
{
    static const int64_t year_one_s = INT64_C(62135596800);
    const struct gotime *t = value->time;
    static const struct value_type type_uint64 = {.name = "uint64", .kind = VALUE_UINT};
    struct value wall = {.type = &type_uint64, .u = (uint64_t)t->ns};
    struct value ext = {.type = &type_int64, .i = t->s + year_one_s};
    struct value location = {.type = &type_zone};
    strbuf_add_char(f->out, '{');
    add_integer(f, &wall, verb);
    strbuf_add_char(f->out, ' ');
    add_integer(f, &ext, verb);
    strbuf_add_char(f->out, ' ');
    add_pointer(f, &location, verb);
    strbuf_add_char(f->out, '}');
}

static bool add_by_method(struct gofmt *f, const struct value *value, uint32_t verb)
{
    if (f->is_erroring || !value->type) {
        return false;
    }
    struct strbuf text;
    if (f->sharp_v) {
        if (!value->type->add_source) {
            return false;
        }
        strbuf_init(&text, f->out->arena, f->out->max);
        value->type->add_source(&text, value);
        gofmt_string(f, strbuf_str(&text));
        return true;
    }
    if (!value->type->add_text || !is_one_of(verb, "vsxXq")) {
        return false;
    }
    if (verb == 'v' && !f->has_width && !f->has_precision) {
        value->type->add_text(f->out, value);
        return true;
    }
    strbuf_init(&text, f->out->arena, f->out->max);
    value->type->add_text(&text, value);
    add_string(f, value, strbuf_str(&text), verb);
    return true;
}

static void add_value(struct gofmt *f, const struct value *value, uint32_t verb, int depth)
{
    if (depth > DEPTH_MAX || add_by_method(f, value, verb)) {
        return;
    }
    switch (value_kind(value)) {
    case VALUE_NOTHING:
    case VALUE_ANY:
        if (depth == 0 && verb != 'v') {
            add_bad_verb(f, value, verb);
        } else if (depth > 0 && f->sharp_v) {
            strbuf_add(f->out, STR("interface {}(nil)"));
        } else if (depth > 0) {
            strbuf_add(f->out, STR("<nil>"));
        } else {
            gofmt_pad(f, STR("<nil>"));
        }
        break;
    case VALUE_BOOL:
        if (verb == 't' || verb == 'v') {
            gofmt_bool(f, value->b);
        } else {
            add_bad_verb(f, value, verb);
        }
        break;
    case VALUE_INT:
    case VALUE_UINT:
        add_integer(f, value, verb);
        break;
    case VALUE_FLOAT:
        add_float(f, value, verb);
        break;
    case VALUE_COMPLEX:
        add_complex(f, value, verb);
        break;
    case VALUE_STRING:
        add_string(f, value, value->s, verb);
        break;
    case VALUE_LIST:
        add_list(f, value, verb, depth);
        break;
    case VALUE_MAP:
        add_map(f, value, verb, depth);
        break;
    case VALUE_STRUCT:
        add_struct(f, value, verb, depth);
        break;
    case VALUE_TIME:
        add_time_parts(f, value, verb);
        break;
    case VALUE_ZONE:
        add_pointer(f, value, verb);
        break;
    case value_kind_COUNT:
        UNREACHABLE("not a kind");
    }
}

/* Addresses differ from run to run; this one at least does not. */
static void add_address(struct gofmt *f, const struct value *value)
{
    enum value_kind kind = value_kind(value);
    if (kind == VALUE_LIST || kind == VALUE_MAP || kind == VALUE_ZONE) {
        bool sharp = f->sharp;
        f->sharp = !sharp;
        gofmt_integer(f, value_is_nil(value) ? 0 : UINT64_C(0xc000000000), false, 'x');
        f->sharp = sharp;
    } else {
        add_bad_verb(f, value, 'p');
    }
}

void gofmt_arg(struct gofmt *f, const struct value *value, uint32_t verb)
{
    if (verb == 'T') {
        if (value->type && value->type != &type_any) {
            gofmt_string(f, str_from(value->type->name));
        } else {
            gofmt_pad(f, STR("<nil>"));
        }
    } else if (verb == 'p') {
        add_address(f, value);
    } else if (verb == 'w' && value->type != &type_bytes) { /* of bytes each one complains */
        add_bad_verb(f, value, verb);
    } else {
        add_value(f, value, verb, 0);
    }
}
