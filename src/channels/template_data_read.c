/* The data as JSON: values are made by their types, as Go's encoding/json does it. */
#include "base/vec.h"
#include "channels/template_data.h"
#include "channels/template_types.h"
#include "formats/json_scan.h"
#include "formats/json_view.h"
#include "formats/template/gotime_format.h"
#include "formats/template/types.h"

struct reader {
    struct arena *arena;
    const struct gotime_zone *local;
    struct err *err;
    struct str path;   /* of the field, "alerts.labels" */
    const char *owner; /* the struct it is in */
};

static enum status read_value(struct reader *, const struct value_type *, struct json_view,
                              struct value *ret);

/* "Data" of "template.Data" */
static const char *short_name(const char *name)
{
    struct str s = str_from(name);
    size_t dot = str_find(s, '.', 0);
    return dot == SIZE_MAX ? name : name + dot + 1;
}

static enum status mismatch(struct reader *r, const struct value_type *type, struct json_view view)
{
    static const char *const kinds[] = {"null", "bool", "number", "string", "array", "object"};
    const char *kind = kinds[json_view_kind(view)];
    if (!r->owner) {
        return err_set(r->err, ERR_INVALID, "json: cannot unmarshal %s into Go value of type %s",
                       kind, type->name);
    }
    return err_set(r->err, ERR_INVALID,
                   "json: cannot unmarshal %s into Go struct field %s.%.*s of type %s", kind,
                   r->owner, STR_ARG(r->path), type->name);
}

static enum status read_time(struct reader *r, struct json_view view, struct value *ret)
{
    struct gotime *t = ARENA_NEW(r->arena, struct gotime);
    struct str text;
    struct strbuf why;
    *ret = (struct value){.type = &type_time, .time = t};
    if (!json_view_string(r->arena, view, &text)) {
        return err_set(r->err, ERR_INVALID, "Time.UnmarshalJSON: input is not a JSON string");
    }
    if (gotime_read(r->arena, text, r->local, t)) {
        return OK;
    }
    strbuf_init(&why, r->arena, 4096);
    if (gotime_parse(r->arena, STR("2006-01-02T15:04:05Z07:00"), text, t, &why)) {
        strbuf_printf(&why, "parsing time \"%.*s\": not strictly RFC 3339", STR_ARG(text));
    }
    return err_set(r->err, ERR_INVALID, "%s", why.p);
}

/* As many values as Go's decoder would have made room for: templates can slice up to there. */
static size_t grown(size_t n)
{
    size_t cap = n > 0 ? 1 : 0;
    while (cap < n && cap < 256) {
        cap *= 2;
    }
    return cap > n ? cap : n;
}

static enum status read_list(struct reader *r, const struct value_type *type, struct json_view view,
                             struct value *ret)
{
    VEC(struct value) items = {0};
    struct json_array array = json_view_array(view);
    struct json_view item;
    if (json_view_kind(view) != JSON_KIND_ARRAY) {
        return mismatch(r, type, view);
    }
    while (json_array_next(&array, &item)) {
        struct value value;
        if (read_value(r, type->elem, item, &value) != OK) {
            return r->err->code;
        }
        VEC_PUSH(r->arena, &items, value);
    }
    size_t n = items.n;
    while (items.n < grown(n)) {
        struct value zero;
        if (read_value(r, type->elem, (struct json_view){0}, &zero) != OK) {
            return r->err->code;
        }
        VEC_PUSH(r->arena, &items, zero);
    }
    *ret = value_list(type, items.v, n);
    ret->list.cap = (uint32_t)items.n;
    return OK;
}

static enum status read_map(struct reader *r, const struct value_type *type, struct json_view view,
                            struct value *ret)
{
    VEC(struct value_entry) entries = {0};
    struct json_object object = json_view_object(r->arena, view);
    struct json_view member;
    struct str key;
    if (json_view_kind(view) != JSON_KIND_OBJECT) {
        return mismatch(r, type, view);
    }
    while (json_object_next(&object, &key, &member)) {
        struct value_entry entry = {.key = key};
        if (read_value(r, type->elem, member, &entry.value) != OK) {
            return r->err->code;
        }
        VEC_PUSH(r->arena, &entries, entry);
    }
    *ret = value_map(r->arena, type, entries.v, entries.n);
    return OK;
}

/* Go prefers a key written exactly so, and takes any case. */
static size_t find_field(const struct value_type *type, struct str key)
{
    for (size_t i = 0; i < type->n_fields; i++) {
        if (str_eq(key, str_from(type->fields[i].json))) {
            return i;
        }
    }
    for (size_t i = 0; i < type->n_fields; i++) {
        if (str_eq_nocase(key, str_from(type->fields[i].json))) {
            return i;
        }
    }
    return SIZE_MAX;
}

static enum status read_struct(struct reader *r, const struct value_type *type,
                               struct json_view view, struct value *ret)
{
    struct value *fields = ARENA_ARRAY(r->arena, struct value, type->n_fields);
    struct json_object object = json_view_object(r->arena, view);
    struct json_view member;
    struct str key, outer_path = r->path;
    const char *outer = r->owner;
    enum json_kind kind = json_view_kind(view);
    if (kind != JSON_KIND_OBJECT && kind != JSON_KIND_NULL) {
        return mismatch(r, type, view);
    }
    for (size_t i = 0; i < type->n_fields; i++) {
        if (read_value(r, type->fields[i].type, (struct json_view){0}, &fields[i]) != OK) {
            return r->err->code;
        }
    }
    r->owner = short_name(type->name);
    while (json_object_next(&object, &key, &member)) {
        size_t i = find_field(type, key);
        if (i == SIZE_MAX || json_view_kind(member) == JSON_KIND_NULL) {
            continue;
        }
        r->path = outer_path.n > 0
                      ? str_printf(r->arena, "%.*s.%s", STR_ARG(outer_path), type->fields[i].json)
                      : str_from(type->fields[i].json);
        if (read_value(r, type->fields[i].type, member, &fields[i]) != OK) {
            return r->err->code;
        }
    }
    r->owner = outer;
    r->path = outer_path;
    *ret = value_struct(type, fields);
    return OK;
}

/* JSON's null, or no view at all, is the type's zero value. */
static enum status read_value(struct reader *r, const struct value_type *type,
                              struct json_view view, struct value *ret)
{
    bool is_null = json_view_kind(view) == JSON_KIND_NULL;
    *ret = value_zero(type);
    if (type->kind == VALUE_STRUCT) {
        return read_struct(r, type, view, ret);
    }
    if (is_null) {
        return OK;
    }
    switch ((int)type->kind) {
    case VALUE_STRING:
        return json_view_string(r->arena, view, &ret->s) ? OK : mismatch(r, type, view);
    case VALUE_INT:
        return json_view_int(view, &ret->i) ? OK : mismatch(r, type, view);
    case VALUE_FLOAT:
        return json_view_double(view, &ret->f) ? OK : mismatch(r, type, view);
    case VALUE_BOOL:
        return json_view_bool(view, &ret->b) ? OK : mismatch(r, type, view);
    case VALUE_TIME:
        return read_time(r, view, ret);
    case VALUE_LIST:
        return read_list(r, type, view, ret);
    case VALUE_MAP:
        return read_map(r, type, view, ret);
    }
    UNREACHABLE("no field of the data has this kind");
}

enum status template_data_read(struct arena *arena, struct str json,
                               const struct gotime_zone *local, struct value *ret, struct err *err)
{
    struct err unused = ERR_INIT;
    struct reader r = {
        .arena = arena, .local = local, .err = err ? err : &unused, .path = STR_EMPTY};
    if (json_scan(json, NULL, r.err) != OK) {
        return r.err->code;
    }
    return read_value(&r, &template_type_data, json_view_of(json), ret);
}
