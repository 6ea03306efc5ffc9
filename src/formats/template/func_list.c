/* Lists and maps: len, index, slice and what makes them. */
#include "formats/template/funcs.h"
#include "formats/template/types.h"

#include <string.h>

bool func_len(struct template_call *call)
{
    const struct value *arg = &call->args[0];
    switch (value_kind(arg)) {
    case VALUE_STRING:
        return call_return(call, value_int((int64_t)arg->s.n));
    case VALUE_LIST:
        return call_return(call, value_int((int64_t)arg->list.n));
    case VALUE_MAP:
        return call_return(call, value_int((int64_t)arg->map.n));
    case VALUE_NOTHING:
        return call_fail(call, "reflect: call of reflect.Value.Type on zero Value");
    case VALUE_ANY:
        return call_fail(call, "len of nil pointer");
    case VALUE_BOOL:
    case VALUE_INT:
    case VALUE_UINT:
    case VALUE_FLOAT:
    case VALUE_COMPLEX:
    case VALUE_STRUCT:
    case VALUE_TIME:
    case VALUE_ZONE:
    case value_kind_COUNT:
        break;
    }
    return call_fail(call, "len of type %s", arg->type->name);
}

static bool is_nothing(const struct value *value)
{
    return value_kind(value) == VALUE_NOTHING || value_kind(value) == VALUE_ANY;
}

/* An integer from 0 to cap. */
static bool take_index(struct template_call *call, const struct value *index, size_t cap,
                       size_t *ret)
{
    if (is_nothing(index)) {
        return call_fail(call, "cannot index slice/array with nil");
    }
    if (index->type->kind != VALUE_INT && index->type->kind != VALUE_UINT) {
        return call_fail(call, "cannot index slice/array with type %s", index->type->name);
    }
    if (index->i < 0 || index->u > cap) {
        return call_fail(call, "index out of range: %lld", (long long)index->i);
    }
    *ret = (size_t)index->u;
    return true;
}

/* --- index ---------------------------------------------------------------------------------- */

static bool index_map(struct template_call *call, const struct value *map, const struct value *key,
                      struct value *ret)
{
    if (is_nothing(key)) {
        return call_fail(call, "value is nil; should be of type string");
    }
    if (key->type != &type_string) {
        return call_fail(call, "value has type %s; should be string", key->type->name);
    }
    const struct value *found = value_map_get(map, key->s);
    *ret = found ? *found : value_zero(map->type->elem);
    return true;
}

static bool index_one(struct template_call *call, const struct value *item,
                      const struct value *index, struct value *ret)
{
    size_t at;
    switch (value_kind(item)) {
    case VALUE_STRING:
        if (!take_index(call, index, item->s.n, &at)) {
            return false;
        }
        if (at == item->s.n) { /* Go's check lets it pass, reflection does not */
            return call_fail(call, "reflect: string index out of range");
        }
        *ret = (struct value){.type = &type_uint8, .u = (unsigned char)item->s.p[at]};
        return true;
    case VALUE_LIST:
        if (!take_index(call, index, item->list.n, &at)) {
            return false;
        }
        if (at == item->list.n) {
            return call_fail(call, "reflect: slice index out of range");
        }
        *ret = item->list.v[at];
        return true;
    case VALUE_MAP:
        return index_map(call, item, index, ret);
    case VALUE_ANY:
        return call_fail(call, "index of nil pointer");
    case VALUE_NOTHING:
    case VALUE_BOOL:
    case VALUE_INT:
    case VALUE_UINT:
    case VALUE_FLOAT:
    case VALUE_COMPLEX:
    case VALUE_STRUCT:
    case VALUE_TIME:
    case VALUE_ZONE:
    case value_kind_COUNT:
        break;
    }
    return call_fail(call, "can't index item of type %s", value_type_name(item));
}

bool func_index(struct template_call *call)
{
    struct value item = call->args[0];
    if (is_nothing(&item)) {
        return call_fail(call, "index of untyped nil");
    }
    for (size_t i = 1; i < call->n; i++) {
        struct value next;
        if (!index_one(call, &item, &call->args[i], &next)) {
            return false;
        }
        item = next;
    }
    return call_return(call, item);
}

/* --- slice ---------------------------------------------------------------------------------- */

static bool take_bounds(struct template_call *call, size_t len, size_t cap, size_t bounds[3])
{
    bounds[0] = 0;
    bounds[1] = len;
    bounds[2] = cap;
    for (size_t i = 1; i < call->n; i++) {
        if (!take_index(call, &call->args[i], cap, &bounds[i - 1])) {
            return false;
        }
    }
    if (bounds[0] > bounds[1]) {
        return call_fail(call, "invalid slice index: %zu > %zu", bounds[0], bounds[1]);
    }
    if (bounds[1] > bounds[2]) {
        return call_fail(call, "invalid slice index: %zu > %zu", bounds[1], bounds[2]);
    }
    return true;
}

bool func_slice(struct template_call *call)
{
    struct value item = call->args[0];
    size_t bounds[3];
    if (is_nothing(&item)) {
        return call_fail(call, "slice of untyped nil");
    }
    if (call->n > 4) {
        return call_fail(call, "too many slice indexes: %zu", call->n - 1);
    }
    if (item.type->kind == VALUE_STRING) {
        if (call->n == 4) {
            return call_fail(call, "cannot 3-index slice a string");
        }
        if (!take_bounds(call, item.s.n, item.s.n, bounds)) {
            return false;
        }
        item.s = str_slice(item.s, bounds[0], bounds[1]);
        return call_return(call, item);
    }
    if (item.type->kind != VALUE_LIST) {
        return call_fail(call, "can't slice item of type %s", item.type->name);
    }
    if (!take_bounds(call, item.list.n, item.list.cap, bounds)) {
        return false;
    }
    item.list.v = item.list.v ? item.list.v + bounds[0] : NULL;
    item.list.n = (uint32_t)(bounds[1] - bounds[0]);
    item.list.cap = (uint32_t)(bounds[2] - bounds[0]);
    return call_return(call, item);
}

/* --- making them ---------------------------------------------------------------------------- */

bool func_join(struct template_call *call)
{
    struct str separator = call->args[0].s;
    const struct value *list = &call->args[1];
    struct strbuf *out = call_text(call);
    for (size_t i = 0; i < list->list.n && !out->is_full; i++) {
        if (i > 0) {
            strbuf_add(out, separator);
        }
        strbuf_add(out, list->list.v[i].s);
    }
    return call_return_text(call, out);
}

static struct value *copy(struct template_call *call, const struct value *v, size_t n, size_t more)
{
    struct value *values = ARENA_ARRAY(call->arena, struct value, n + more);
    if (n > 0) {
        memcpy(values, v, n * sizeof(*v));
    }
    return values;
}

bool func_string_slice(struct template_call *call)
{
    return call_return(call,
                       value_list(&type_strings, copy(call, call->args, call->n, 0), call->n));
}

bool func_list(struct template_call *call)
{
    return call_return(call, value_list(&type_anys, copy(call, call->args, call->n, 0), call->n));
}

bool func_append(struct template_call *call)
{
    const struct value *list = &call->args[0];
    size_t n = list->list.n, more = call->n - 1;
    struct value *values = copy(call, list->list.v, n, more);
    memcpy(values + n, call->args + 1, more * sizeof(*values));
    struct value longer = value_list(&type_anys, values, n + more);
    return call_return(call, more == 0 ? *list : longer);
}

bool func_dict(struct template_call *call)
{
    size_t n = call->n / 2;
    if (call->n % 2 != 0) {
        return call_fail(call, "dict requires an even number of arguments");
    }
    struct value_entry *entries = ARENA_ARRAY(call->arena, struct value_entry, n);
    for (size_t i = 0; i < n; i++) {
        if (call->args[i * 2].type != &type_string) {
            return call_fail(call, "dict keys must be strings");
        }
        entries[i] = (struct value_entry){call->args[i * 2].s, call->args[i * 2 + 1]};
    }
    return call_return(call, value_map(call->arena, &type_any_map, entries, n));
}
