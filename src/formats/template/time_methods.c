/* time.Time and its methods. */
#include "formats/template/func.h"
#include "formats/template/gotime_format.h"
#include "formats/template/template.h"
#include "formats/template/types.h"

static const struct value_type *const a_string[] = {&type_string};
static const struct value_type *const a_time[] = {&type_time};
static const struct value_type *const a_zone[] = {&type_zone};
static const struct value_type *const a_duration[] = {&type_duration};
static const struct value_type *const some_bytes[] = {&type_bytes};
static const struct value_type *const three_ints[] = {&type_int, &type_int, &type_int};
static const struct value_type *const bytes_and_string[] = {&type_bytes, &type_string};

static bool return_bytes(struct template_call *call, struct str bytes)
{
    struct value *v = ARENA_ARRAY(call->arena, struct value, bytes.n);
    for (size_t i = 0; i < bytes.n; i++) {
        v[i] = (struct value){.type = &type_uint8, .u = (unsigned char)bytes.p[i]};
    }
    return call_return(call, value_list(&type_bytes, v, bytes.n));
}

/* --- time.Time ------------------------------------------------------------------------------ */

static bool time_add(struct template_call *call)
{
    return call_return_time(call, gotime_add(*call->self->time, call->args[0].i));
}

static bool time_add_date(struct template_call *call)
{
    const struct gotime *t = call->self->time;
    struct gotime_civil c = gotime_civil(t);
    int64_t year, month, day;
    if (__builtin_add_overflow(c.date.year, call->args[0].i, &year) ||
        __builtin_add_overflow(c.date.month, call->args[1].i, &month) ||
        __builtin_add_overflow(c.date.day, call->args[2].i, &day)) {
        return call_fail(call, "a date too far away");
    }
    return call_return_time(
        call,
        gotime_make(year, month, day, c.hour * 3600 + c.minute * 60 + c.second, t->ns, t->zone));
}

static bool time_sub(struct template_call *call)
{
    return call_return_duration(call, gotime_sub(call->self->time, call->args[0].time));
}

static bool time_after(struct template_call *call)
{
    return call_return(call, value_bool(gotime_cmp(call->self->time, call->args[0].time) > 0));
}

static bool time_before(struct template_call *call)
{
    return call_return(call, value_bool(gotime_cmp(call->self->time, call->args[0].time) < 0));
}

static bool time_equal(struct template_call *call)
{
    return call_return(call, value_bool(gotime_cmp(call->self->time, call->args[0].time) == 0));
}

static bool time_compare(struct template_call *call)
{
    return call_return(call, value_int(gotime_cmp(call->self->time, call->args[0].time)));
}

static bool time_is_zero(struct template_call *call)
{
    return call_return(call, value_bool(gotime_is_zero(call->self->time)));
}

static bool time_truncate(struct template_call *call)
{
    return call_return_time(call, gotime_truncate(*call->self->time, call->args[0].i));
}

static bool time_round(struct template_call *call)
{
    return call_return_time(call, gotime_round(*call->self->time, call->args[0].i));
}

static bool in_zone(struct template_call *call, const struct gotime_zone *zone)
{
    struct gotime t = *call->self->time;
    t.zone = zone;
    return call_return_time(call, t);
}

static bool time_in(struct template_call *call)
{
    const struct gotime_zone *zone = call->args[0].zone;
    return zone ? in_zone(call, zone)
                : call_fail(call, "time: missing Location in call to Time.In");
}

static bool time_utc(struct template_call *call)
{
    return in_zone(call, &gotime_utc);
}

static bool time_local(struct template_call *call)
{
    return in_zone(call, call->env->local);
}

static bool time_location(struct template_call *call)
{
    struct value zone = {.type = &type_zone, .zone = call->self->time->zone};
    return call_return(call, zone);
}

static bool time_is_dst(struct template_call *call)
{
    const struct gotime *t = call->self->time;
    bool is_dst = false;
    if (t->zone->tz && (t->zone->kind == GOTIME_NAMED || t->zone->kind == GOTIME_LOCAL)) {
        tz_offset(t->zone->tz, t->s * 1000000, &is_dst, NULL);
    }
    return call_return(call, value_bool(is_dst));
}

static bool time_format(struct template_call *call)
{
    struct strbuf *out = call_text(call);
    gotime_format(out, call->self->time, call->args[0].s);
    return call_return_text(call, out);
}

/* A text that begins with the bytes of the first argument. */
static struct strbuf *call_text_behind(struct template_call *call)
{
    struct strbuf *out = call_text(call);
    for (size_t i = 0; i < call->args[0].list.n; i++) {
        strbuf_add_char(out, (char)call->args[0].list.v[i].u);
    }
    return out;
}

static bool return_text_as_bytes(struct template_call *call, const struct strbuf *out)
{
    return !out->is_full ? return_bytes(call, strbuf_str(out)) : call_return_text(call, out);
}

static bool time_append_format(struct template_call *call)
{
    struct strbuf *out = call_text_behind(call);
    gotime_format(out, call->self->time, call->args[1].s);
    return return_text_as_bytes(call, out);
}

static bool time_string(struct template_call *call)
{
    struct strbuf *out = call_text(call);
    gotime_add_text(out, call->self->time);
    return call_return_text(call, out);
}

static bool time_go_string(struct template_call *call)
{
    struct strbuf *out = call_text(call);
    gotime_add_source(out, call->self->time);
    return call_return_text(call, out);
}

/* RFC 3339 has four digits for the year. */
static bool return_rfc3339(struct template_call *call, struct strbuf *out, const char *method,
                           bool is_quoted)
{
    int year = gotime_civil(call->self->time).date.year;
    if (year < 0 || year > 9999) {
        return call_fail(call, "Time.%s: year outside of range [0,9999]", method);
    }
    strbuf_add(out, is_quoted ? STR("\"") : STR_EMPTY);
    gotime_format(out, call->self->time, STR("2006-01-02T15:04:05.999999999Z07:00"));
    strbuf_add(out, is_quoted ? STR("\"") : STR_EMPTY);
    return return_text_as_bytes(call, out);
}

static bool time_marshal_text(struct template_call *call)
{
    return return_rfc3339(call, call_text(call), "MarshalText", false);
}

static bool time_marshal_json(struct template_call *call)
{
    return return_rfc3339(call, call_text(call), "MarshalJSON", true);
}

static bool time_append_text(struct template_call *call)
{
    return return_rfc3339(call, call_text_behind(call), "AppendText", false);
}

/* Version, seconds since year 1, nanoseconds, minutes east of UTC or -1. */
static void add_binary(struct strbuf *out, const struct gotime *t)
{
    int32_t minutes = t->zone->kind == GOTIME_UTC ? -1 : gotime_offset(t, NULL) / 60;
    uint64_t s = (uint64_t)(t->s - gotime_zero.s);
    char bytes[15] = {1};
    for (int i = 0; i < 8; i++) {
        bytes[1 + i] = (char)(s >> (56 - 8 * i));
    }
    for (int i = 0; i < 4; i++) {
        bytes[9 + i] = (char)((uint32_t)t->ns >> (24 - 8 * i));
    }
    bytes[13] = (char)((uint32_t)minutes >> 8);
    bytes[14] = (char)minutes;
    strbuf_add(out, (struct str){bytes, sizeof(bytes)});
}

static bool time_marshal_binary(struct template_call *call)
{
    struct strbuf *out = call_text(call);
    add_binary(out, call->self->time);
    return return_text_as_bytes(call, out);
}

static bool time_append_binary(struct template_call *call)
{
    struct strbuf *out = call_text_behind(call);
    add_binary(out, call->self->time);
    return return_text_as_bytes(call, out);
}

static bool time_unix(struct template_call *call)
{
    return call_return_int64(call, call->self->time->s);
}

static bool unix_in(struct template_call *call, int64_t per_second)
{
    const struct gotime *t = call->self->time;
    __int128 all = (__int128)t->s * per_second + t->ns / (GOTIME_NS_PER_S / per_second);
    return call_return_int64(call, (int64_t)all); /* wraps, as in Go */
}

static bool time_unix_milli(struct template_call *call)
{
    return unix_in(call, 1000);
}

static bool time_unix_micro(struct template_call *call)
{
    return unix_in(call, 1000000);
}

static bool time_unix_nano(struct template_call *call)
{
    return unix_in(call, GOTIME_NS_PER_S);
}

static bool time_year(struct template_call *call)
{
    return call_return(call, value_int(gotime_civil(call->self->time).date.year));
}

static bool time_month(struct template_call *call)
{
    int month = gotime_civil(call->self->time).date.month;
    return call_return(call, (struct value){.type = &type_month, .i = month});
}

static bool time_day(struct template_call *call)
{
    return call_return(call, value_int(gotime_civil(call->self->time).date.day));
}

static bool time_hour(struct template_call *call)
{
    return call_return(call, value_int(gotime_civil(call->self->time).hour));
}

static bool time_minute(struct template_call *call)
{
    return call_return(call, value_int(gotime_civil(call->self->time).minute));
}

static bool time_second(struct template_call *call)
{
    return call_return(call, value_int(gotime_civil(call->self->time).second));
}

static bool time_nanosecond(struct template_call *call)
{
    return call_return(call, value_int(call->self->time->ns));
}

static bool time_weekday(struct template_call *call)
{
    int weekday = gotime_civil(call->self->time).weekday;
    return call_return(call, (struct value){.type = &type_weekday, .i = weekday});
}

static bool time_year_day(struct template_call *call)
{
    return call_return(call, value_int(gotime_civil(call->self->time).year_day));
}

static const struct template_func time_methods[] = {
    METHOD_OF("Format", a_string, time_format),
    METHOD_OF("Add", a_duration, time_add),
    METHOD_OF("Sub", a_time, time_sub),
    METHOD("Local", time_local),
    METHOD("UTC", time_utc),
    METHOD("Unix", time_unix),
    METHOD("IsZero", time_is_zero),
    METHOD_OF("After", a_time, time_after),
    METHOD_OF("Before", a_time, time_before),
    METHOD_OF("Equal", a_time, time_equal),
    METHOD_OF("Compare", a_time, time_compare),
    METHOD_OF("AddDate", three_ints, time_add_date),
    METHOD_OF("AppendBinary", some_bytes, time_append_binary),
    METHOD_OF("AppendText", some_bytes, time_append_text),
    METHOD_OF("AppendFormat", bytes_and_string, time_append_format),
    METHOD_OUT("Clock", 3, NULL),
    METHOD_OUT("Date", 3, NULL),
    METHOD("Day", time_day),
    METHOD("GoString", time_go_string),
    METHOD("GobEncode", time_marshal_binary),
    METHOD("Hour", time_hour),
    METHOD_OUT("ISOWeek", 2, "int"),
    METHOD_OF("In", a_zone, time_in),
    METHOD("IsDST", time_is_dst),
    METHOD("Location", time_location),
    METHOD("MarshalBinary", time_marshal_binary),
    METHOD("MarshalJSON", time_marshal_json),
    METHOD("MarshalText", time_marshal_text),
    METHOD("Minute", time_minute),
    METHOD("Month", time_month),
    METHOD("Nanosecond", time_nanosecond),
    METHOD_OF("Round", a_duration, time_round),
    METHOD("Second", time_second),
    METHOD("String", time_string),
    METHOD_OF("Truncate", a_duration, time_truncate),
    METHOD("UnixMicro", time_unix_micro),
    METHOD("UnixMilli", time_unix_milli),
    METHOD("UnixNano", time_unix_nano),
    METHOD("Weekday", time_weekday),
    METHOD("Year", time_year),
    METHOD("YearDay", time_year_day),
    METHOD_OUT("Zone", 2, "int"),
    METHOD_OUT("ZoneBounds", 2, "time.Time"),
};

static void add_time_text(struct strbuf *out, const struct value *value)
{
    gotime_add_text(out, value->time);
}

static void add_time_source(struct strbuf *out, const struct value *value)
{
    gotime_add_source(out, value->time);
}

const struct value_type type_time = {
    .name = "time.Time",
    .kind = VALUE_TIME,
    .methods = time_methods,
    .n_methods = sizeof(time_methods) / sizeof(*time_methods),
    .add_text = add_time_text,
    .add_source = add_time_source,
};
