/* Times and lengths of time. */
#include "formats/template/funcs.h"
#include "formats/template/gofloat.h"
#include "formats/template/gofmt.h"
#include "formats/template/goquote.h"
#include "formats/template/gotime_format.h"
#include "formats/template/template.h"
#include "formats/template/types.h"

#include <math.h>

bool func_date(struct template_call *call)
{
    struct strbuf *out = call_text(call);
    gotime_format(out, call->args[1].time, call->args[0].s);
    return call_return_text(call, out);
}

bool func_tz(struct template_call *call)
{
    struct str name = call->args[0].s;
    struct gotime t = *call->args[1].time;
    if (name.n == 0 || str_eq(name, STR("UTC"))) {
        t.zone = &gotime_utc;
        return call_return_time(call, t);
    }
    if (str_eq(name, STR("Local"))) {
        t.zone = call->env->local;
        return call_return_time(call, t);
    }
    if (str_contains(name, STR("..")) || name.p[0] == '/' || name.p[0] == '\\') {
        return call_fail(call, "time: invalid location name");
    }
    t.zone = call->env->find_zone ? call->env->find_zone(call->env->context, name) : NULL;
    return t.zone ? call_return_time(call, t)
                  : call_fail(call, "unknown time zone %.*s", STR_ARG(name));
}

bool func_now(struct template_call *call)
{
    struct gotime t = call->env->now;
    t.zone = call->env->local;
    return call_return_time(call, t);
}

bool func_since(struct template_call *call)
{
    int64_t ns = gotime_sub(&call->env->now, call->args[0].time);
    return call_return_duration(call, ns);
}

bool func_to_date(struct template_call *call)
{
    struct gotime t;
    struct strbuf why;
    strbuf_init(&why, call->arena, 4096);
    bool is_read = gotime_parse(call->arena, call->args[0].s, call->args[1].s, &t, &why);
    return call_return_time(call, is_read ? t : gotime_zero);
}

bool func_must_to_date(struct template_call *call)
{
    struct gotime t;
    struct strbuf why;
    strbuf_init(&why, call->arena, call->env->limits.text);
    if (!gotime_parse(call->arena, call->args[0].s, call->args[1].s, &t, &why)) {
        return call_fail(call, "%.*s", STR_ARG(strbuf_str(&why)));
    }
    return call_return_time(call, t);
}

/* --- humanizeDuration ----------------------------------------------------------------------- */

static bool read_seconds(struct template_call *call, struct str text, double *ret)
{
    bool is_large;
    bool is_number = gofloat_read(text, ret, &is_large);
    if (is_number && !is_large) {
        return true;
    }
    struct strbuf quoted;
    strbuf_init(&quoted, call->arena, text.n * 4 + 8);
    goquote_add(&quoted, text, false);
    return call_fail(call, "strconv.ParseFloat: parsing %.*s: %s", STR_ARG(strbuf_str(&quoted)),
                     is_number ? "value out of range" : "invalid syntax");
}

static bool take_seconds(struct template_call *call, double *ret)
{
    const struct value *arg = &call->args[0];
    const struct value_type *type = arg->type;
    if (type == &type_string) {
        return read_seconds(call, arg->s, ret);
    }
    if (type == &type_float) {
        *ret = arg->f;
    } else if (type == &type_int || type == &type_int64) {
        *ret = (double)arg->i;
    } else if (type == &type_duration) {
        int64_t whole = arg->i / GOTIME_NS_PER_S;
        *ret = (double)whole + (double)(arg->i % GOTIME_NS_PER_S) / (double)GOTIME_NS_PER_S;
    } else {
        bool is_nothing = value_is_nil(arg) && (!type || type == &type_any);
        return call_fail(call, "can't convert %s to float", is_nothing ? "<nil>" : type->name);
    }
    return true;
}

static void add_short(struct strbuf *out, double number)
{
    struct value value = value_float(number);
    gofmt_printf(out, STR("%.4g"), &value, 1);
}

/* "1d 2h 3m 4s"; below a minute four significant digits. */
static void add_large(struct strbuf *out, double seconds)
{
    if (seconds < 0) {
        strbuf_add_char(out, '-');
        seconds = -seconds;
    }
    int64_t s = seconds < 0x1p63 ? (int64_t)seconds : INT64_MIN; /* what amd64 makes of it */
    long long days = s / 86400, hours = s / 3600 % 24, minutes = s / 60 % 60;
    if (days != 0) {
        strbuf_printf(out, "%lldd ", days);
    }
    if (days != 0 || hours != 0) {
        strbuf_printf(out, "%lldh ", hours);
    }
    if (days != 0 || hours != 0 || minutes != 0) {
        strbuf_printf(out, "%lldm %llds", minutes, (long long)(s % 60));
        return;
    }
    add_short(out, seconds);
    strbuf_add_char(out, 's');
}

static void add_small(struct strbuf *out, double seconds)
{
    static const char prefixes[] = "munpfazy";
    char prefix = '\0';
    for (size_t i = 0; prefixes[i] != '\0' && fabs(seconds) < 1; i++) {
        prefix = prefixes[i];
        seconds *= 1000;
    }
    add_short(out, seconds);
    if (prefix) {
        strbuf_add_char(out, prefix);
    }
    strbuf_add_char(out, 's');
}

bool func_humanize_duration(struct template_call *call)
{
    double seconds;
    if (!take_seconds(call, &seconds)) {
        return false;
    }
    struct strbuf *out = call_text(call);
    if (isnan(seconds) || isinf(seconds)) {
        add_short(out, seconds);
    } else if (seconds == 0) {
        add_short(out, seconds);
        strbuf_add_char(out, 's');
    } else if (fabs(seconds) >= 1) {
        add_large(out, seconds);
    } else {
        add_small(out, seconds);
    }
    return call_return_text(call, out);
}
