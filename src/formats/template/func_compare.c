/* not, eq and its relatives. */
#include "formats/template/funcs.h"
#include "formats/template/gofmt.h"
#include "formats/template/gotime.h"
#include "formats/template/types.h"

/* What can be compared with what: kinds that hold the same sort of thing. */
enum basic {
    BASIC_NONE,
    BASIC_BOOL,
    BASIC_COMPLEX,
    BASIC_INT,
    BASIC_UINT,
    BASIC_FLOAT,
    BASIC_STRING
};

static enum basic basic_of(const struct value *value)
{
    switch (value_kind(value)) {
    case VALUE_BOOL:
        return BASIC_BOOL;
    case VALUE_INT:
        return BASIC_INT;
    case VALUE_UINT:
        return BASIC_UINT;
    case VALUE_FLOAT:
        return BASIC_FLOAT;
    case VALUE_COMPLEX:
        return BASIC_COMPLEX;
    case VALUE_STRING:
        return BASIC_STRING;
    case VALUE_NOTHING:
    case VALUE_ANY:
    case VALUE_LIST:
    case VALUE_MAP:
    case VALUE_STRUCT:
    case VALUE_TIME:
    case VALUE_ZONE:
    case value_kind_COUNT:
        break;
    }
    return BASIC_NONE;
}

static bool is_nothing(const struct value *value)
{
    return value_kind(value) == VALUE_NOTHING || value_kind(value) == VALUE_ANY;
}

bool func_not(struct template_call *call)
{
    return call_return(call, value_bool(!value_truth(&call->args[0])));
}

/* --- eq ------------------------------------------------------------------------------------- */

static bool same_zone(const struct gotime_zone *a, const struct gotime_zone *b)
{
    return a == b || (a->kind == b->kind && a->kind != GOTIME_NAMED && a->offset == b->offset &&
                      a->name.n == 0 && b->name.n == 0);
}

/* Of one kind, and Go could compare them. */
static bool equal_composites(const struct value *a, const struct value *b)
{
    if (a->type != b->type) {
        return false;
    }
    if (a->type->kind == VALUE_ZONE) {
        return a->zone == b->zone;
    }
    if (a->type->kind == VALUE_TIME) {
        return gotime_cmp(a->time, b->time) == 0 && same_zone(a->time->zone, b->time->zone);
    }
    for (size_t i = 0; i < a->type->n_fields; i++) {
        const struct value *x = &a->fields[i], *y = &b->fields[i];
        if (x->type != y->type || !str_eq(x->s, y->s)) {
            return false;
        }
    }
    return true;
}

/* A struct of nothing but strings; others with lists or maps in them Go refuses. */
static bool is_comparable(const struct value_type *type)
{
    for (size_t i = 0; i < type->n_fields; i++) {
        if (type->fields[i].type->kind != VALUE_STRING) {
            return false;
        }
    }
    return type->kind == VALUE_TIME || type->kind == VALUE_ZONE || type->kind == VALUE_STRUCT;
}

static struct str shown(struct template_call *call, const struct value *value)
{
    struct strbuf out;
    strbuf_init(&out, call->arena, 1 << 20);
    gofmt_printf(&out, STR("%s"), value, 1);
    return strbuf_str(&out);
}

static enum value_kind go_kind(const struct value *value)
{
    enum value_kind kind = value_kind(value);
    return kind == VALUE_TIME ? VALUE_STRUCT : kind == VALUE_ANY ? VALUE_NOTHING : kind;
}

static bool compare_composites(struct template_call *call, const struct value *a,
                               const struct value *b, bool *ret)
{
    if (go_kind(a) != go_kind(b) && !is_nothing(a) && !is_nothing(b)) {
        struct str x = shown(call, a), y = shown(call, b);
        return call_fail(call, "non-comparable types %.*s: %s, %s: %.*s", STR_ARG(x),
                         value_type_name(a), value_type_name(b), STR_ARG(y));
    }
    if (value_is_nil(a) || value_is_nil(b)) {
        *ret = value_is_nil(a) == value_is_nil(b);
        return true;
    }
    if (!is_comparable(b->type)) {
        struct str y = shown(call, b);
        return call_fail(call, "non-comparable type %.*s: %s", STR_ARG(y), b->type->name);
    }
    *ret = equal_composites(a, b);
    return true;
}

static bool incompatible(struct template_call *call, const struct value *a, const struct value *b)
{
    return call_fail(call, "incompatible types for comparison: %s and %s", value_type_name(a),
                     value_type_name(b));
}

static bool equal(struct template_call *call, const struct value *a, const struct value *b,
                  bool *ret)
{
    enum basic x = basic_of(a), y = basic_of(b);
    if (x != y) {
        bool are_integers =
            (x == BASIC_INT && y == BASIC_UINT) || (x == BASIC_UINT && y == BASIC_INT);
        *ret = are_integers && a->u == b->u && (x == BASIC_INT ? a->i : b->i) >= 0;
        return are_integers || is_nothing(a) || is_nothing(b) || incompatible(call, a, b);
    }
    switch (x) {
    case BASIC_NONE:
        return compare_composites(call, a, b, ret);
    case BASIC_BOOL:
        *ret = a->b == b->b;
        break;
    case BASIC_COMPLEX:
        *ret = a->complex_parts[0] == b->complex_parts[0] &&
               a->complex_parts[1] == b->complex_parts[1];
        break;
    case BASIC_INT:
    case BASIC_UINT:
        *ret = a->u == b->u;
        break;
    case BASIC_FLOAT:
        *ret = a->f == b->f;
        break;
    case BASIC_STRING:
        *ret = str_eq(a->s, b->s);
        break;
    }
    return true;
}

bool func_eq(struct template_call *call)
{
    bool is_equal = false;
    if (call->n < 2) {
        return call_fail(call, "missing argument for comparison");
    }
    for (size_t i = 1; i < call->n && !is_equal; i++) {
        if (!equal(call, &call->args[0], &call->args[i], &is_equal)) {
            return false;
        }
    }
    return call_return(call, value_bool(is_equal));
}

bool func_ne(struct template_call *call)
{
    bool is_equal = false;
    return equal(call, &call->args[0], &call->args[1], &is_equal) &&
           call_return(call, value_bool(!is_equal));
}

/* --- order ---------------------------------------------------------------------------------- */

static bool less(struct template_call *call, bool *ret)
{
    const struct value *a = &call->args[0], *b = &call->args[1];
    enum basic x = basic_of(a), y = basic_of(b);
    if (x == BASIC_NONE || y == BASIC_NONE) {
        return call_fail(call, "invalid type for comparison");
    }
    if (x == BASIC_INT && y == BASIC_UINT) {
        *ret = a->i < 0 || a->u < b->u;
        return true;
    }
    if (x == BASIC_UINT && y == BASIC_INT) {
        *ret = b->i >= 0 && a->u < b->u;
        return true;
    }
    if (x != y) {
        return incompatible(call, a, b);
    }
    switch (x) {
    case BASIC_NONE:
    case BASIC_BOOL:
    case BASIC_COMPLEX:
        return call_fail(call, "invalid type for comparison");
    case BASIC_INT:
        *ret = a->i < b->i;
        break;
    case BASIC_UINT:
        *ret = a->u < b->u;
        break;
    case BASIC_FLOAT:
        *ret = a->f < b->f;
        break;
    case BASIC_STRING:
        *ret = str_cmp(a->s, b->s) < 0;
        break;
    }
    return true;
}

static bool less_or_equal(struct template_call *call, bool *ret)
{
    return less(call, ret) && (*ret || equal(call, &call->args[0], &call->args[1], ret));
}

bool func_lt(struct template_call *call)
{
    bool is_less;
    return less(call, &is_less) && call_return(call, value_bool(is_less));
}

bool func_le(struct template_call *call)
{
    bool is_less;
    return less_or_equal(call, &is_less) && call_return(call, value_bool(is_less));
}

bool func_gt(struct template_call *call)
{
    bool is_less;
    return less_or_equal(call, &is_less) && call_return(call, value_bool(!is_less));
}

bool func_ge(struct template_call *call)
{
    bool is_less;
    return less(call, &is_less) && call_return(call, value_bool(!is_less));
}
