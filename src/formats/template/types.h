#pragma once
/* types — Go's own types, as templates know them. Layer: formats. Constant. */
#include "formats/template/value.h"

extern const struct value_type type_any; /* "interface {}" */
extern const struct value_type
    type_value; /* "reflect.Value": a parameter that takes what it gets */
extern const struct value_type type_bool, type_int, type_int64, type_uint8, type_float,
    type_complex, type_string;
/* Strings that a template vouches for: they pass where they are harmless. */
extern const struct value_type type_html, type_url;
extern const struct value_type type_strings; /* []string */
extern const struct value_type type_anys;    /* []interface {} */
extern const struct value_type type_any_map; /* map[string]interface {} */
extern const struct value_type type_bytes;   /* []uint8 */
/* Their methods: time_methods.c. */
extern const struct value_type type_time, type_duration, type_month, type_weekday, type_zone;
