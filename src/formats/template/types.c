#include "formats/template/types.h"

const struct value_type type_any = {.name = "interface {}", .kind = VALUE_ANY};
const struct value_type type_value = {.name = "reflect.Value", .kind = VALUE_ANY};
const struct value_type type_bool = {.name = "bool", .kind = VALUE_BOOL};
const struct value_type type_int = {.name = "int", .kind = VALUE_INT};
const struct value_type type_int64 = {.name = "int64", .kind = VALUE_INT};
const struct value_type type_uint8 = {.name = "uint8", .kind = VALUE_UINT};
const struct value_type type_float = {.name = "float64", .kind = VALUE_FLOAT};
const struct value_type type_complex = {.name = "complex128", .kind = VALUE_COMPLEX};
const struct value_type type_string = {.name = "string", .kind = VALUE_STRING};
const struct value_type type_html = {.name = "template.HTML", .kind = VALUE_STRING};
const struct value_type type_url = {.name = "template.URL", .kind = VALUE_STRING};
const struct value_type type_strings = {
    .name = "[]string", .kind = VALUE_LIST, .elem = &type_string};
const struct value_type type_anys = {
    .name = "[]interface {}", .kind = VALUE_LIST, .elem = &type_any};
const struct value_type type_any_map = {
    .name = "map[string]interface {}", .kind = VALUE_MAP, .elem = &type_any};
const struct value_type type_bytes = {.name = "[]uint8", .kind = VALUE_LIST, .elem = &type_uint8};
