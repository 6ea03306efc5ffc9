/* time.Duration and the small types of Go's package time, with their methods. */
#include "formats/template/func.h"
#include "formats/template/gotime_format.h"
#include "formats/template/gotime_layout.h"
#include "formats/template/types.h"

static const struct value_type *const a_duration[] = {&type_duration};

static void add_duration_text(struct strbuf *out, const struct value *value)
{
    goduration_add_text(out, value->i);
}

static bool add_own_text(struct template_call *call)
{
    struct strbuf *out = call_text(call);
    call->self->type->add_text(out, call->self);
    return call_return_text(call, out);
}

/* Whole units and the rest apart, or large lengths would lose their fraction. */
static bool return_units(struct template_call *call, int64_t unit)
{
    int64_t whole = call->self->i / unit, rest = call->self->i % unit;
    return call_return(call, value_float((double)whole + (double)rest / (double)unit));
}

static bool duration_hours(struct template_call *call)
{
    return return_units(call, 3600 * GOTIME_NS_PER_S);
}

static bool duration_minutes(struct template_call *call)
{
    return return_units(call, 60 * GOTIME_NS_PER_S);
}

static bool duration_seconds(struct template_call *call)
{
    return return_units(call, GOTIME_NS_PER_S);
}

static bool duration_milliseconds(struct template_call *call)
{
    return call_return_int64(call, call->self->i / 1000000);
}

static bool duration_microseconds(struct template_call *call)
{
    return call_return_int64(call, call->self->i / 1000);
}

static bool duration_nanoseconds(struct template_call *call)
{
    return call_return_int64(call, call->self->i);
}

static bool duration_round(struct template_call *call)
{
    return call_return_duration(call, goduration_round(call->self->i, call->args[0].i));
}

static bool duration_truncate(struct template_call *call)
{
    return call_return_duration(call, goduration_truncate(call->self->i, call->args[0].i));
}

static bool duration_abs(struct template_call *call)
{
    int64_t ns = call->self->i;
    return call_return_duration(call, ns >= 0 ? ns : ns == INT64_MIN ? INT64_MAX : -ns);
}

static const struct template_func duration_methods[] = {
    METHOD("Abs", duration_abs),
    METHOD("Hours", duration_hours),
    METHOD("Microseconds", duration_microseconds),
    METHOD("Milliseconds", duration_milliseconds),
    METHOD("Minutes", duration_minutes),
    METHOD("Nanoseconds", duration_nanoseconds),
    METHOD_OF("Round", a_duration, duration_round),
    METHOD("Seconds", duration_seconds),
    METHOD("String", add_own_text),
    METHOD_OF("Truncate", a_duration, duration_truncate),
};

/* --- the rest ------------------------------------------------------------------------------- */

static void add_month_text(struct strbuf *out, const struct value *value)
{
    if (value->i >= 1 && value->i <= 12) {
        strbuf_add(out, str_from(layout_months[value->i - 1]));
    } else {
        strbuf_printf(out, "%%!Month(%llu)", (unsigned long long)value->u);
    }
}

static void add_weekday_text(struct strbuf *out, const struct value *value)
{
    if (value->i >= 0 && value->i < 7) {
        strbuf_add(out, str_from(layout_weekdays[value->i]));
    } else {
        strbuf_printf(out, "%%!Weekday(%llu)", (unsigned long long)value->u);
    }
}

static void add_zone_text(struct strbuf *out, const struct value *value)
{
    strbuf_add(out, value->zone ? gotime_zone_name(value->zone) : STR("UTC"));
}

static const struct template_func own_text[] = {METHOD("String", add_own_text)};

const struct value_type type_duration = {
    .name = "time.Duration",
    .kind = VALUE_INT,
    .methods = duration_methods,
    .n_methods = sizeof(duration_methods) / sizeof(*duration_methods),
    .add_text = add_duration_text,
};
const struct value_type type_month = {
    .name = "time.Month",
    .kind = VALUE_INT,
    .methods = own_text,
    .n_methods = 1,
    .add_text = add_month_text,
};
const struct value_type type_weekday = {
    .name = "time.Weekday",
    .kind = VALUE_INT,
    .methods = own_text,
    .n_methods = 1,
    .add_text = add_weekday_text,
};
const struct value_type type_zone = {
    .name = "*time.Location",
    .kind = VALUE_ZONE,
    .methods = own_text,
    .n_methods = 1,
    .add_text = add_zone_text,
};
