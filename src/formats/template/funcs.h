#pragma once
/* funcs — the functions of templates: Go's own, and those that Alertmanager adds (0.34).
 * Layer: formats. Constant tables. */
#include "formats/template/func.h"

struct funcs {
    const struct template_func *v;
    size_t n;
};

/* Go's. */
struct funcs funcs_builtin(void);
/* Alertmanager's: text, lists, times. */
struct funcs funcs_added(void);

/* Evaluated where they are called (eval_call.c), because they do not look at all their arguments or
 * say so themselves; these only mark them in the table. */
bool func_and(struct template_call *);
bool func_or(struct template_call *);
bool func_call(struct template_call *);
/* `include NAME DOT`, for callers that want it: what a template of the set writes, as a text. */
bool func_include(struct template_call *);

/* The rest, by file. func_compare.c */
bool func_not(struct template_call *);
bool func_eq(struct template_call *);
bool func_ne(struct template_call *);
bool func_lt(struct template_call *);
bool func_le(struct template_call *);
bool func_gt(struct template_call *);
bool func_ge(struct template_call *);
/* func_list.c */
bool func_len(struct template_call *);
bool func_index(struct template_call *);
bool func_slice(struct template_call *);
bool func_join(struct template_call *);
bool func_string_slice(struct template_call *);
bool func_list(struct template_call *);
bool func_append(struct template_call *);
bool func_dict(struct template_call *);
/* func_text.c */
bool func_print(struct template_call *);
bool func_printf(struct template_call *);
bool func_println(struct template_call *);
bool func_to_upper(struct template_call *);
bool func_to_lower(struct template_call *);
bool func_title(struct template_call *);
bool func_trim_space(struct template_call *);
bool func_match(struct template_call *);
bool func_replace(struct template_call *);
bool func_safe_html(struct template_call *);
bool func_safe_url(struct template_call *);
bool func_to_json(struct template_call *);
/* func_escape.c */
bool func_html(struct template_call *);
bool func_js(struct template_call *);
bool func_urlquery(struct template_call *);
bool func_url_unescape(struct template_call *);
bool func_base64_encode(struct template_call *);
bool func_base64_decode(struct template_call *);
/* func_time.c */
bool func_date(struct template_call *);
bool func_tz(struct template_call *);
bool func_now(struct template_call *);
bool func_since(struct template_call *);
bool func_humanize_duration(struct template_call *);
bool func_to_date(struct template_call *);
bool func_must_to_date(struct template_call *);
