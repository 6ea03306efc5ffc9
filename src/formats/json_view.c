#include "formats/json_view.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Every loop checks the end, so that unscanned text cannot lead outside; grammar is not checked. */

static const char *skip_space(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) {
        p++;
    }
    return p;
}

/* At the opening quote; returns behind the closing one. */
static const char *skip_string(const char *p, const char *end)
{
    const char *from = ++p;
    while (p < end) {
        const char *quote = memchr(p, '"', (size_t)(end - p));
        if (!quote) {
            return end;
        }
        size_t slashes = 0;
        while (quote - slashes > from && quote[-1 - (ptrdiff_t)slashes] == '\\') {
            slashes++;
        }
        p = quote + 1;
        if (slashes % 2 == 0) {
            return p;
        }
    }
    return end;
}

static const char *skip_nested(const char *p, const char *end)
{
    size_t depth = 0;
    while (p < end) {
        switch (*p) {
        case '"':
            p = skip_string(p, end);
            continue;
        case '{':
        case '[':
            depth++;
            break;
        case '}':
        case ']':
            if (--depth == 0) {
                return p + 1;
            }
            break;
        default:
            break;
        }
        p++;
    }
    return end;
}

static const char *skip_value(const char *p, const char *end)
{
    if (p >= end) {
        return end;
    }
    if (*p == '"') {
        return skip_string(p, end);
    }
    if (*p == '{' || *p == '[') {
        return skip_nested(p, end);
    }
    while (p < end && *p != ',' && *p != '}' && *p != ']' && *p > ' ') {
        p++;
    }
    return p;
}

struct json_view json_view_of(struct str body)
{
    if (body.n == 0) {
        return (struct json_view){STR_EMPTY};
    }
    const char *end = body.p + body.n;
    const char *p = skip_space(body.p, end);
    return (struct json_view){{p, (size_t)(skip_value(p, end) - p)}};
}

enum json_kind json_view_kind(struct json_view view)
{
    switch (view.text.n ? view.text.p[0] : 'n') {
    case '{':
        return JSON_KIND_OBJECT;
    case '[':
        return JSON_KIND_ARRAY;
    case '"':
        return JSON_KIND_STRING;
    case 't':
    case 'f':
        return JSON_KIND_BOOL;
    case 'n':
        return JSON_KIND_NULL;
    default:
        return JSON_KIND_NUMBER;
    }
}

const char *json_kind_name(enum json_kind kind)
{
    static const char *const names[] = {
        [JSON_KIND_NULL] = "null",       [JSON_KIND_BOOL] = "true or false",
        [JSON_KIND_NUMBER] = "a number", [JSON_KIND_STRING] = "a string",
        [JSON_KIND_ARRAY] = "an array",  [JSON_KIND_OBJECT] = "an object",
    };
    CHECK((unsigned)kind <= JSON_KIND_OBJECT);
    return names[kind];
}

/* --- cursors ------------------------------------------------------------------------------ */

static bool string_of(struct arena *arena, struct str quoted, struct str *ret);

/* The inside of "{…}" or "[…]"; nothing for other kinds. */
static struct str inside(struct json_view view, enum json_kind kind)
{
    if (json_view_kind(view) != kind || view.text.n < 2) {
        return STR_EMPTY;
    }
    return str_slice(view.text, 1, view.text.n - 1);
}

struct json_object json_view_object(struct arena *arena, struct json_view view)
{
    struct str s = inside(view, JSON_KIND_OBJECT);
    return (struct json_object){arena, s.p, s.p + s.n};
}

struct json_array json_view_array(struct json_view view)
{
    struct str s = inside(view, JSON_KIND_ARRAY);
    return (struct json_array){s.p, s.p + s.n};
}

/* The value at p and the way to what follows its comma. Always advances. */
static const char *take_value(const char *p, const char *end, struct json_view *ret)
{
    p = skip_space(p, end);
    const char *behind = skip_value(p, end);
    *ret = (struct json_view){{p, (size_t)(behind - p)}};
    behind = skip_space(behind, end);
    return behind < end ? behind + 1 : end;
}

bool json_object_next(struct json_object *object, struct str *ret_key, struct json_view *ret_value)
{
    const char *p = skip_space(object->p, object->end);
    if (p >= object->end || *p != '"') {
        object->p = object->end;
        return false;
    }
    const char *behind = skip_string(p, object->end);
    if (!string_of(object->arena, (struct str){p, (size_t)(behind - p)}, ret_key)) {
        return false;
    }
    p = skip_space(behind, object->end);
    if (p < object->end) {
        p++; /* the colon */
    }
    object->p = take_value(p, object->end, ret_value);
    return true;
}

bool json_array_next(struct json_array *array, struct json_view *ret_value)
{
    array->p = skip_space(array->p, array->end);
    if (array->p >= array->end) {
        return false;
    }
    array->p = take_value(array->p, array->end, ret_value);
    return true;
}

bool json_view_member(struct arena *arena, struct json_view view, struct str key,
                      struct json_view *ret)
{
    struct json_object object = json_view_object(arena, view);
    struct str name;
    struct json_view value;
    bool is_found = false;
    while (json_object_next(&object, &name, &value)) {
        if (str_eq(name, key)) {
            *ret = value;
            is_found = true;
        }
    }
    return is_found;
}

/* --- scalars ------------------------------------------------------------------------------ */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 0;
}

/* The code unit of "\uXXXX" at p, or -1. */
static int32_t code_unit(const char *p, const char *end)
{
    if (end - p < 6 || p[0] != '\\' || p[1] != 'u') {
        return -1;
    }
    return hex_digit(p[2]) << 12 | hex_digit(p[3]) << 8 | hex_digit(p[4]) << 4 | hex_digit(p[5]);
}

static char *put_utf8(char *out, uint32_t c)
{
    if (c < 0x80) {
        *out++ = (char)c;
    } else if (c < 0x800) {
        *out++ = (char)(0xc0 | c >> 6);
        *out++ = (char)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        *out++ = (char)(0xe0 | c >> 12);
        *out++ = (char)(0x80 | (c >> 6 & 0x3f));
        *out++ = (char)(0x80 | (c & 0x3f));
    } else {
        *out++ = (char)(0xf0 | c >> 18);
        *out++ = (char)(0x80 | (c >> 12 & 0x3f));
        *out++ = (char)(0x80 | (c >> 6 & 0x3f));
        *out++ = (char)(0x80 | (c & 0x3f));
    }
    return out;
}

/* "\uXXXX" with its second half if it is a pair. Never longer than what it replaces. */
static const char *put_unicode(const char *p, const char *end, char **out)
{
    int32_t unit = code_unit(p, end);
    if (unit < 0) {
        return end;
    }
    p += 6;
    uint32_t c = (uint32_t)unit;
    if (c >= 0xd800 && c < 0xdc00) {
        int32_t low = code_unit(p, end);
        if (low >= 0xdc00 && low < 0xe000) {
            c = 0x10000 + ((c - 0xd800) << 10) + ((uint32_t)low - 0xdc00);
            p += 6;
        }
    }
    if (c == 0 || (c >= 0xd800 && c < 0xe000)) {
        c = 0xfffd;
    }
    *out = put_utf8(*out, c);
    return p;
}

static struct str unescape(struct arena *arena, struct str s)
{
    char *start = arena_alloc(arena, s.n + 1);
    char *out = start;
    const char *p = s.p, *end = s.p + s.n;
    while (p < end) {
        if (*p != '\\') {
            *out++ = *p++;
        } else if (end - p >= 2 && p[1] == 'u') {
            p = put_unicode(p, end, &out);
        } else if (end - p >= 2) {
            static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
            const char *hit = memchr(from, p[1], 5);
            *out++ = hit ? to[hit - from] : p[1];
            p += 2;
        } else {
            break;
        }
    }
    return (struct str){start, (size_t)(out - start)};
}

static bool string_of(struct arena *arena, struct str quoted, struct str *ret)
{
    if (quoted.n < 2 || quoted.p[0] != '"') {
        return false;
    }
    struct str s = str_slice(quoted, 1, quoted.n - 1);
    *ret = s.n && memchr(s.p, '\\', s.n) ? unescape(arena, s) : s;
    return true;
}

bool json_view_string(struct arena *arena, struct json_view view, struct str *ret)
{
    return string_of(arena, view.text, ret);
}

bool json_view_bool(struct json_view view, bool *ret)
{
    if (json_view_kind(view) != JSON_KIND_BOOL) {
        return false;
    }
    *ret = view.text.p[0] == 't';
    return true;
}

bool json_view_int(struct json_view view, int64_t *ret)
{
    struct str s = view.text;
    bool is_negative = s.n > 0 && s.p[0] == '-';
    if (is_negative) {
        s = str_slice(s, 1, s.n);
    }
    if (s.n == 0 || s.n > 19) {
        return false;
    }
    uint64_t value = 0; /* 19 digits fit */
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') {
            return false;
        }
        value = value * 10 + (uint64_t)(s.p[i] - '0');
    }
    if (value > (uint64_t)INT64_MAX + is_negative) {
        return false;
    }
    *ret = is_negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

bool json_view_double(struct json_view view, double *ret)
{
    char text[301];
    if (json_view_kind(view) != JSON_KIND_NUMBER || view.text.n >= sizeof(text)) {
        return false;
    }
    memcpy(text, view.text.p, view.text.n);
    text[view.text.n] = '\0';
    char *end;
    double value = strtod(text, &end);
    if (end != text + view.text.n || !isfinite(value)) {
        return false;
    }
    *ret = value;
    return true;
}
