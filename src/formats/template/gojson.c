#include "formats/template/gojson.h"

#include "formats/base64.h"
#include "formats/rune.h"
#include "formats/template/gofloat.h"
#include "formats/template/gotime_format.h"
#include "formats/template/types.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { DEPTH_MAX = 200 };

static bool add_value(struct strbuf *out, const struct value *, int depth, struct strbuf *why);

static bool complain(struct strbuf *why, struct str what, const char *about)
{
    strbuf_add(why, STR("json: "));
    strbuf_add(why, what);
    strbuf_add(why, str_from(about));
    return false;
}

/* --- scalars -------------------------------------------------------------------------------- */

static void add_escape(struct strbuf *out, uint32_t rune)
{
    static const char named[] = "\b\f\n\r\t\"\\", codes[] = "bfnrt\"\\";
    const char *p = rune > 0 && rune < 0x80 ? strchr(named, (int)rune) : NULL;
    if (p) {
        strbuf_add_char(out, '\\');
        strbuf_add_char(out, codes[p - named]);
    } else {
        strbuf_printf(out, "\\u%04x", rune);
    }
}

static void add_string(struct strbuf *out, struct str text)
{
    size_t width, from = 0;
    strbuf_add_char(out, '"');
    for (size_t i = 0; i < text.n; i += width) {
        uint32_t rune = rune_decode(text, i, &width);
        bool is_plain = rune >= 0x20 && !(rune < 0x80 && strchr("\"\\<>&", (int)rune)) &&
                        !(rune == RUNE_ERROR && width == 1) && rune != 0x2028 && rune != 0x2029;
        if (!is_plain) {
            strbuf_add(out, str_slice(text, from, i));
            add_escape(out, rune);
            from = i + width;
        }
    }
    strbuf_add(out, str_slice(text, from, text.n));
    strbuf_add_char(out, '"');
}

/* As JavaScript prints numbers: no exponent from 1e-6 up to 1e21. */
static bool add_float(struct strbuf *out, double number, struct strbuf *why)
{
    if (isnan(number) || isinf(number)) {
        return complain(why, STR("unsupported value: "),
                        isnan(number) ? "NaN"
                        : number > 0  ? "+Inf"
                                      : "-Inf");
    }
    double amount = fabs(number);
    if (amount == 0 || (amount >= 1e-6 && amount < 1e21)) {
        gofloat_add(out, number, 'f', GOFLOAT_SHORTEST);
        return true;
    }
    struct strbuf text;
    strbuf_init(&text, out->arena, 64);
    gofloat_add(&text, number, 'e', GOFLOAT_SHORTEST);
    struct str s = strbuf_str(&text);
    if (s.n >= 4 && memcmp(s.p + s.n - 4, "e-0", 3) == 0) { /* e-09 is written e-9 */
        strbuf_add(out, str_slice(s, 0, s.n - 2));
        strbuf_add(out, str_slice(s, s.n - 1, s.n));
    } else {
        strbuf_add(out, s);
    }
    return true;
}

static bool add_time(struct strbuf *out, const struct gotime *t, struct strbuf *why)
{
    int year = gotime_civil(t).date.year;
    if (year < 0 || year > 9999) {
        return complain(why,
                        STR("error calling MarshalJSON for type time.Time: Time.MarshalJSON: "),
                        "year outside of range [0,9999]");
    }
    strbuf_add_char(out, '"');
    gotime_format(out, t, STR("2006-01-02T15:04:05.999999999Z07:00"));
    strbuf_add_char(out, '"');
    return true;
}

/* --- composites ----------------------------------------------------------------------------- */

static void add_bytes(struct strbuf *out, const struct value *list)
{
    char *bytes = arena_alloc(out->arena, list->list.n);
    for (size_t i = 0; i < list->list.n; i++) {
        bytes[i] = (char)list->list.v[i].u;
    }
    strbuf_add_char(out, '"');
    strbuf_add(out, base64_encode(out->arena, (struct str){bytes, list->list.n}));
    strbuf_add_char(out, '"');
}

static bool add_list(struct strbuf *out, const struct value *list, int depth, struct strbuf *why)
{
    if (!list->list.v) {
        strbuf_add(out, STR("null"));
        return true;
    }
    if (list->type->elem == &type_uint8) {
        add_bytes(out, list);
        return true;
    }
    strbuf_add_char(out, '[');
    for (size_t i = 0; i < list->list.n && !out->is_full; i++) {
        strbuf_add(out, i > 0 ? STR(",") : STR_EMPTY);
        if (!add_value(out, &list->list.v[i], depth + 1, why)) {
            return false;
        }
    }
    strbuf_add_char(out, ']');
    return true;
}

static bool add_map(struct strbuf *out, const struct value *map, int depth, struct strbuf *why)
{
    if (!map->map.v) {
        strbuf_add(out, STR("null"));
        return true;
    }
    strbuf_add_char(out, '{');
    for (size_t i = 0; i < map->map.n && !out->is_full; i++) {
        strbuf_add(out, i > 0 ? STR(",") : STR_EMPTY);
        add_string(out, map->map.v[i].key);
        strbuf_add_char(out, ':');
        if (!add_value(out, &map->map.v[i].value, depth + 1, why)) {
            return false;
        }
    }
    strbuf_add_char(out, '}');
    return true;
}

static bool add_struct(struct strbuf *out, const struct value *value, int depth, struct strbuf *why)
{
    bool is_first = true;
    strbuf_add_char(out, '{');
    for (size_t i = 0; i < value->type->n_fields; i++) {
        const struct value_field *field = &value->type->fields[i];
        if (!field->json || field->is_hidden) {
            continue;
        }
        strbuf_add(out, is_first ? STR_EMPTY : STR(","));
        is_first = false;
        add_string(out, str_from(field->json));
        strbuf_add_char(out, ':');
        if (!add_value(out, &value->fields[i], depth + 1, why)) {
            return false;
        }
    }
    strbuf_add_char(out, '}');
    return true;
}

static bool add_value(struct strbuf *out, const struct value *value, int depth, struct strbuf *why)
{
    if (depth > DEPTH_MAX) {
        return complain(why, STR("unsupported value: "), "nested too deeply");
    }
    switch (value_kind(value)) {
    case VALUE_NOTHING:
    case VALUE_ANY:
        strbuf_add(out, STR("null"));
        return true;
    case VALUE_BOOL:
        strbuf_add(out, value->b ? STR("true") : STR("false"));
        return true;
    case VALUE_INT:
        strbuf_printf(out, "%" PRId64, value->i);
        return true;
    case VALUE_UINT:
        strbuf_printf(out, "%" PRIu64, value->u);
        return true;
    case VALUE_FLOAT:
        return add_float(out, value->f, why);
    case VALUE_COMPLEX:
        return complain(why, STR("unsupported type: "), value->type->name);
    case VALUE_STRING:
        add_string(out, value->s);
        return true;
    case VALUE_LIST:
        return add_list(out, value, depth, why);
    case VALUE_MAP:
        return add_map(out, value, depth, why);
    case VALUE_STRUCT:
        return add_struct(out, value, depth, why);
    case VALUE_TIME:
        return add_time(out, value->time, why);
    case VALUE_ZONE:
        strbuf_add(out, value->zone ? STR("{}") : STR("null"));
        return true;
    case value_kind_COUNT:
        break;
    }
    UNREACHABLE("not a kind");
}

bool gojson_add(struct strbuf *out, const struct value *value, struct strbuf *why)
{
    return add_value(out, value, 0, why);
}
