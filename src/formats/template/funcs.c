#include "formats/template/funcs.h"

#include "formats/template/types.h"

#define FUNC(name_, in_, is_variadic_, run_)                                                       \
    {                                                                                              \
        .name = {name_, sizeof(name_) - 1}, .in = (in_), .n_in = sizeof(in_) / sizeof(*(in_)),     \
        .is_variadic = (is_variadic_), .run = (run_)                                               \
    }

typedef const struct value_type *const signature;

static signature values[] = {&type_value, &type_value};
static signature a_value[] = {&type_value};
static signature anys[] = {&type_any};
static signature strings[] = {&type_string};
static signature a_string[] = {&type_string};
static signature two_strings[] = {&type_string, &type_string};
static signature three_strings[] = {&type_string, &type_string, &type_string};
static signature string_and_anys[] = {&type_string, &type_any};
static signature string_and_strings[] = {&type_string, &type_strings};
static signature list_and_anys[] = {&type_anys, &type_any};
static signature string_and_time[] = {&type_string, &type_time};
static signature a_time[] = {&type_time};

static const struct template_func builtins[] = {
    FUNC("and", values, true, func_and),       FUNC("or", values, true, func_or),
    FUNC("not", a_value, false, func_not),     FUNC("eq", values, true, func_eq),
    FUNC("ne", values, false, func_ne),        FUNC("lt", values, false, func_lt),
    FUNC("le", values, false, func_le),        FUNC("gt", values, false, func_gt),
    FUNC("ge", values, false, func_ge),        FUNC("len", a_value, false, func_len),
    FUNC("index", values, true, func_index),   FUNC("slice", values, true, func_slice),
    FUNC("print", anys, true, func_print),     FUNC("printf", string_and_anys, true, func_printf),
    FUNC("println", anys, true, func_println), FUNC("html", anys, true, func_html),
    FUNC("js", anys, true, func_js),           FUNC("urlquery", anys, true, func_urlquery),
    FUNC("call", values, true, func_call),
};

static const struct template_func added[] = {
    FUNC("toUpper", a_string, false, func_to_upper),
    FUNC("toLower", a_string, false, func_to_lower),
    FUNC("title", a_string, false, func_title),
    FUNC("trimSpace", a_string, false, func_trim_space),
    FUNC("join", string_and_strings, false, func_join),
    FUNC("match", two_strings, false, func_match),
    FUNC("reReplaceAll", three_strings, false, func_replace),
    FUNC("safeHtml", a_string, false, func_safe_html),
    FUNC("safeUrl", a_string, false, func_safe_url),
    FUNC("stringSlice", strings, true, func_string_slice),
    FUNC("date", string_and_time, false, func_date),
    FUNC("tz", string_and_time, false, func_tz),
    {.name = {"now", 3}, .run = func_now},
    FUNC("since", a_time, false, func_since),
    FUNC("humanizeDuration", anys, false, func_humanize_duration),
    FUNC("toJson", anys, false, func_to_json),
    FUNC("urlUnescape", a_string, false, func_url_unescape),
    FUNC("list", anys, true, func_list),
    FUNC("append", list_and_anys, true, func_append),
    FUNC("dict", anys, true, func_dict),
    FUNC("toDate", two_strings, false, func_to_date),
    FUNC("mustToDate", two_strings, false, func_must_to_date),
    FUNC("base64encode", a_string, false, func_base64_encode),
    FUNC("base64decode", a_string, false, func_base64_decode),
};

struct funcs funcs_builtin(void)
{
    return (struct funcs){builtins, sizeof(builtins) / sizeof(*builtins)};
}

struct funcs funcs_added(void)
{
    return (struct funcs){added, sizeof(added) / sizeof(*added)};
}

bool func_and(struct template_call *call)
{
    (void)call;
    UNREACHABLE("`and` is evaluated by whoever calls it");
}

bool func_or(struct template_call *call)
{
    (void)call;
    UNREACHABLE("`or` is evaluated by whoever calls it");
}

bool func_include(struct template_call *call)
{
    (void)call;
    UNREACHABLE("`include` is evaluated by whoever calls it");
}

bool func_call(struct template_call *call)
{
    (void)call;
    UNREACHABLE("`call` is evaluated by whoever calls it");
}
