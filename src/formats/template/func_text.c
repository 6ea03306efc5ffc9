/* Text in, text out. */
#include "formats/template/funcs.h"
#include "formats/template/gofmt.h"
#include "formats/template/gojson.h"
#include "formats/template/goquote.h"
#include "formats/template/regex_cache.h"
#include "formats/template/template.h"
#include "formats/template/types.h"
#include "formats/unicode.h"

bool func_print(struct template_call *call)
{
    struct strbuf *out = call_text(call);
    gofmt_print(out, call->args, call->n);
    return call_return_text(call, out);
}

bool func_printf(struct template_call *call)
{
    struct strbuf *out = call_text(call);
    gofmt_printf(out, call->args[0].s, call->args + 1, call->n - 1);
    return call_return_text(call, out);
}

bool func_println(struct template_call *call)
{
    struct strbuf *out = call_text(call);
    gofmt_println(out, call->args, call->n);
    return call_return_text(call, out);
}

bool func_to_upper(struct template_call *call)
{
    struct strbuf *out = call_text(call);
    unicode_upper(out, call->args[0].s);
    return call_return_text(call, out);
}

bool func_to_lower(struct template_call *call)
{
    struct strbuf *out = call_text(call);
    unicode_lower(out, call->args[0].s);
    return call_return_text(call, out);
}

bool func_title(struct template_call *call)
{
    struct strbuf *out = call_text(call);
    unicode_title(out, call->args[0].s);
    return call_return_text(call, out);
}

bool func_trim_space(struct template_call *call)
{
    return call_return(call, value_str(unicode_trim(call->args[0].s)));
}

/* The expression, from the template or the cache, or new; and leave to look through the subject. */
static enum status get_regex(struct template_call *call, struct str subject,
                             const struct regex_search **ret, struct err *err)
{
    struct str pattern = call->args[0].s;
    if (subject.n > REGEX_SEARCH_SUBJECT_MAX) {
        call_fail(call, "the text is longer than %d bytes", REGEX_SEARCH_SUBJECT_MAX);
        return ERR_TOO_LARGE;
    }
    *ret = regex_cache_find(call->regexes, pattern);
    if (!*ret && (!call_spend(call, REGEX_COMPILE_COST) ||
                  regex_cache_add(call->regexes, pattern, ret, err) != OK)) {
        return ERR_INVALID;
    }
    return call_spend(call, regex_search_cost(*ret, subject.n)) ? OK : ERR_TOO_LARGE;
}

bool func_match(struct template_call *call)
{
    const struct regex_search *re;
    struct err err = ERR_INIT;
    if (get_regex(call, call->args[1].s, &re, &err) != OK) {
        return err.detail[0] ? call_fail(call, "%s", err.detail) : false;
    }
    return call_return(call, value_bool(regex_search_matches(re, call->args[1].s)));
}

/* Go's function gives up on a bad expression instead of returning an error, and says so. */
static bool bad_expression(struct template_call *call, const struct err *err)
{
    struct str pattern = call->args[0].s;
    struct strbuf quoted;
    strbuf_init(&quoted, call->arena, pattern.n * 4 + 8);
    if (goquote_is_raw(pattern)) {
        strbuf_add_char(&quoted, '`');
        strbuf_add(&quoted, pattern);
        strbuf_add_char(&quoted, '`');
    } else {
        goquote_add(&quoted, pattern, false);
    }
    return call_fail(call, "regexp: Compile(%.*s): %s", STR_ARG(strbuf_str(&quoted)), err->detail);
}

bool func_replace(struct template_call *call)
{
    const struct regex_search *re;
    struct err err = ERR_INIT;
    if (get_regex(call, call->args[2].s, &re, &err) != OK) {
        return err.detail[0] ? bad_expression(call, &err) : false;
    }
    struct strbuf *out = call_text(call);
    size_t left = call->env->limits.steps - *call->steps, work = left;
    bool is_done = regex_search_replace(re, call->args[2].s, call->args[1].s, &work, out);
    return call_spend(call, left - work + (is_done ? 0 : left)) && call_return_text(call, out);
}

static bool return_marked(struct template_call *call, const struct value_type *type)
{
    return call_return(call, (struct value){.type = type, .s = call->args[0].s});
}

bool func_safe_html(struct template_call *call)
{
    return return_marked(call, &type_html);
}

bool func_safe_url(struct template_call *call)
{
    return return_marked(call, &type_url);
}

bool func_to_json(struct template_call *call)
{
    struct strbuf *out = call_text(call), why;
    strbuf_init(&why, call->arena, 1024);
    if (!gojson_add(out, &call->args[0], &why)) {
        return call_fail(call, "%s", why.p);
    }
    return call_return_text(call, out);
}
