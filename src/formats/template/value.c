#include "formats/template/value.h"

#include "formats/template/gotime.h"
#include "formats/template/types.h"

#include <string.h>

ENUM_DEFINE(value_kind, VALUE_KINDS)

enum value_kind value_kind(const struct value *value)
{
    return value->type ? value->type->kind : VALUE_NOTHING;
}

const char *value_type_name(const struct value *value)
{
    return value->type ? value->type->name : "<nil>";
}

struct value value_bool(bool b)
{
    return (struct value){.type = &type_bool, .b = b};
}

struct value value_int(int64_t i)
{
    return (struct value){.type = &type_int, .i = i};
}

struct value value_float(double f)
{
    return (struct value){.type = &type_float, .f = f};
}

struct value value_str(struct str s)
{
    return (struct value){.type = &type_string, .s = s};
}

struct value value_list(const struct value_type *type, const struct value *v, size_t n)
{
    static const struct value none;
    CHECK(n <= UINT32_MAX);
    return (struct value){.type = type, .list = {v ? v : &none, (uint32_t)n, (uint32_t)n}};
}

static bool is_sorted(const struct value_entry *v, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (str_cmp(v[i - 1].key, v[i].key) >= 0) {
            return false;
        }
    }
    return true;
}

/* Stable, so that the last of equal keys is the last one written. */
static void merge_sort(struct value_entry *v, struct value_entry *spare, size_t n)
{
    if (n < 2) {
        return;
    }
    size_t half = n / 2, a = 0, b = half;
    merge_sort(v, spare, half);
    merge_sort(v + half, spare, n - half);
    memcpy(spare, v, n * sizeof(*v));
    for (size_t i = 0; i < n; i++) {
        bool is_first = b == n || (a < half && str_cmp(spare[a].key, spare[b].key) <= 0);
        v[i] = spare[is_first ? a++ : b++];
    }
}

struct value value_map(struct arena *arena, const struct value_type *type, struct value_entry *v,
                       size_t n)
{
    static const struct value_entry none;
    if (!is_sorted(v, n)) {
        merge_sort(v, ARENA_ARRAY(arena, struct value_entry, n), n);
        size_t kept = 0;
        for (size_t i = 0; i < n; i++) {
            bool is_again = kept > 0 && str_eq(v[kept - 1].key, v[i].key);
            v[is_again ? kept - 1 : kept] = v[i];
            kept += is_again ? 0 : 1;
        }
        n = kept;
    }
    return (struct value){.type = type, .map = {v ? v : &none, n}};
}

struct value value_struct(const struct value_type *type, const struct value *fields)
{
    return (struct value){.type = type, .fields = fields};
}

struct value value_zero(const struct value_type *type)
{
    struct value zero = {.type = type};
    if (type->kind == VALUE_STRING) {
        zero.s = STR_EMPTY;
    } else if (type->kind == VALUE_TIME) {
        zero.time = &gotime_zero;
    }
    return zero;
}

const struct value *value_map_get(const struct value *map, struct str key)
{
    size_t low = 0, high = map->map.n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_cmp(map->map.v[middle].key, key);
        if (order == 0) {
            return &map->map.v[middle].value;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

bool value_truth(const struct value *value)
{
    switch (value_kind(value)) {
    case VALUE_NOTHING:
    case VALUE_ANY:
        return false;
    case VALUE_BOOL:
        return value->b;
    case VALUE_INT:
        return value->i != 0;
    case VALUE_UINT:
        return value->u != 0;
    case VALUE_FLOAT:
        return value->f != 0;
    case VALUE_COMPLEX:
        return !(value->complex_parts[0] == 0 && value->complex_parts[1] == 0);
    case VALUE_STRING:
        return value->s.n > 0;
    case VALUE_LIST:
        return value->list.n > 0;
    case VALUE_MAP:
        return value->map.n > 0;
    case VALUE_STRUCT:
    case VALUE_TIME:
        return true;
    case VALUE_ZONE:
        return value->zone != NULL;
    case value_kind_COUNT:
        break;
    }
    UNREACHABLE("not a kind");
}

bool value_is_nil(const struct value *value)
{
    enum value_kind kind = value_kind(value);
    return kind == VALUE_NOTHING || kind == VALUE_ANY || (kind == VALUE_LIST && !value->list.v) ||
           (kind == VALUE_MAP && !value->map.v) || (kind == VALUE_ZONE && !value->zone);
}

bool value_type_fits(const struct value_type *from, const struct value_type *to)
{
    if (from == to || to == &type_any || to == &type_value) {
        return true;
    }
    const struct value_type *from_under = from->under ? from->under : from;
    const struct value_type *to_under = to->under ? to->under : to;
    return from_under == to_under && (!from->under || !to->under);
}
