#include "formats/template/func.h"

#include "formats/template/template.h"
#include "formats/template/types.h"

#include <stdarg.h>
#include <stdio.h>

bool call_fail(struct template_call *call, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    CHECK(n >= 0);
    char *text = arena_alloc(call->arena, (size_t)n + 1);
    va_start(args, fmt);
    vsnprintf(text, (size_t)n + 1, fmt, args);
    va_end(args);
    strbuf_add(call_text(call), (struct str){text, (size_t)n});
    return false;
}

bool call_spend(struct template_call *call, size_t steps)
{
    *call->steps += steps;
    return *call->steps <= call->env->limits.steps || call_fail(call, "it is too much work");
}

struct strbuf *call_text(struct template_call *call)
{
    strbuf_init(&call->text, call->arena, call->env->limits.text);
    return &call->text;
}

bool call_return_text(struct template_call *call, const struct strbuf *out)
{
    if (out->is_full) {
        return call_fail(call, "the result is longer than %zu bytes", out->max);
    }
    call->ret = value_str(strbuf_str(out));
    return true;
}

bool call_return(struct template_call *call, struct value value)
{
    call->ret = value;
    return true;
}

bool call_return_time(struct template_call *call, struct gotime t)
{
    struct gotime *copy = ARENA_NEW(call->arena, struct gotime);
    *copy = t;
    return call_return(call, (struct value){.type = &type_time, .time = copy});
}

bool call_return_duration(struct template_call *call, int64_t ns)
{
    return call_return(call, (struct value){.type = &type_duration, .i = ns});
}

bool call_return_int64(struct template_call *call, int64_t i)
{
    return call_return(call, (struct value){.type = &type_int64, .i = i});
}

const struct template_func *func_find(const struct template_func *funcs, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(funcs[i].name, name)) {
            return &funcs[i];
        }
    }
    return NULL;
}
