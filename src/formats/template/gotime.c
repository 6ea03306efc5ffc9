#include "formats/template/gotime.h"

#include "base/time_units.h"

enum { DAY_S = 86400 };
static const int64_t year_one_s = INT64_C(62135596800); /* from 0001-01-01 to 1970-01-01 */
static const int64_t range_s = INT64_C(9000000000000);  /* microseconds of it fit an int64_t */

const struct gotime_zone gotime_utc = {.kind = GOTIME_UTC};
const struct gotime gotime_zero = {.s = INT64_C(-62135596800), .zone = &gotime_utc};

static int64_t clamp_s(__int128 s)
{
    return s > range_s ? range_s : s < -range_s ? -range_s : (int64_t)s;
}

static int32_t zone_offset(const struct gotime_zone *zone, int64_t s, struct str *ret_name)
{
    const char *abbrev = "UTC";
    int32_t offset = 0;
    if (zone->kind == GOTIME_FIXED) {
        *ret_name = zone->name;
        return zone->offset;
    }
    if (zone->kind != GOTIME_UTC && zone->tz) {
        offset = tz_offset(zone->tz, s * US_PER_S, NULL, &abbrev);
    }
    *ret_name = str_from(abbrev);
    return offset;
}

int32_t gotime_offset(const struct gotime *t, struct str *ret_name)
{
    struct str unused;
    return zone_offset(t->zone, t->s, ret_name ? ret_name : &unused);
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

struct gotime_civil gotime_civil(const struct gotime *t)
{
    int64_t wall = t->s + gotime_offset(t, NULL);
    int64_t days = floor_div(wall, DAY_S);
    int rest = (int)(wall - days * DAY_S);
    struct calendar_date date = calendar_from_days(days);
    struct calendar_date new_year = {date.year, 1, 1};
    return (struct gotime_civil){
        .date = date,
        .hour = rest / 3600,
        .minute = rest / 60 % 60,
        .second = rest % 60,
        .weekday = calendar_weekday(days),
        .year_day = (int)(days - calendar_to_days(new_year)) + 1,
    };
}

struct gotime gotime_make(int64_t year, int64_t month, int64_t day, int64_t seconds_of_day,
                          int32_t ns, const struct gotime_zone *zone)
{
    enum { FAR = 300000 }; /* years; beyond it everything is the end of the range */
    int64_t far_months = (int64_t)FAR * 12, far_days = (int64_t)FAR * 366;
    month = month > far_months ? far_months : month < -far_months ? -far_months : month;
    day = day > far_days ? far_days : day < -far_days ? -far_days : day;
    year = year > FAR ? FAR : year < -FAR ? -FAR : year;
    year += floor_div(month - 1, 12);
    struct calendar_date date = {(int)year, (int)(month - 1 - floor_div(month - 1, 12) * 12) + 1,
                                 1};
    int64_t wall = clamp_s((__int128)(calendar_to_days(date) + day - 1) * DAY_S + seconds_of_day);
    struct str unused;
    /* Go: the offset at the wall time read as UTC decides, and if it leads out of its own period,
     * the offset there. */
    int32_t offset = zone_offset(zone, wall, &unused);
    if (offset != 0) {
        offset = zone_offset(zone, clamp_s((__int128)wall - offset), &unused);
    }
    return (struct gotime){clamp_s((__int128)wall - offset), ns, zone};
}

struct gotime gotime_from_at(int64_t at, const struct gotime_zone *zone)
{
    int64_t s = floor_div(at, US_PER_S);
    return (struct gotime){clamp_s(s), (int32_t)(at - s * US_PER_S) * 1000, zone};
}

/* --- reading -------------------------------------------------------------------------------- */

/* Exactly n digits. */
static bool take_number(struct str *rest, size_t n, int *ret)
{
    uint64_t number;
    if (rest->n < n || !str_to_u64(str_slice(*rest, 0, n), &number)) {
        return false;
    }
    *rest = str_slice(*rest, n, rest->n);
    *ret = (int)number;
    return true;
}

static bool take_char(struct str *rest, char c)
{
    if (rest->n == 0 || rest->p[0] != c) {
        return false;
    }
    *rest = str_slice(*rest, 1, rest->n);
    return true;
}

/* Digits behind the ninth count for nothing. */
static bool take_fraction(struct str *rest, int32_t *ret_ns)
{
    *ret_ns = 0;
    if (!take_char(rest, '.')) {
        return true;
    }
    int digit, n = 0;
    for (int32_t scale = 100000000; take_number(rest, 1, &digit); scale /= 10, n++) {
        *ret_ns += digit * scale;
    }
    return n > 0;
}

static bool take_offset(struct str *rest, bool *ret_is_utc, int32_t *ret)
{
    int hours, minutes;
    *ret = 0;
    *ret_is_utc = take_char(rest, 'Z');
    if (*ret_is_utc) {
        return true;
    }
    bool is_west = rest->n > 0 && rest->p[0] == '-';
    if ((!take_char(rest, '-') && !take_char(rest, '+')) || !take_number(rest, 2, &hours) ||
        !take_char(rest, ':') || !take_number(rest, 2, &minutes) || hours > 23 || minutes > 59) {
        return false;
    }
    *ret = (hours * 60 + minutes) * 60 * (is_west ? -1 : 1);
    return true;
}

bool gotime_read(struct arena *arena, struct str text, const struct gotime_zone *local,
                 struct gotime *ret)
{
    struct calendar_date date;
    int hour, minute, second;
    int32_t ns, offset;
    bool is_utc;
    if (!take_number(&text, 4, &date.year) || !take_char(&text, '-') ||
        !take_number(&text, 2, &date.month) || !take_char(&text, '-') ||
        !take_number(&text, 2, &date.day) || !take_char(&text, 'T') ||
        !take_number(&text, 2, &hour) || !take_char(&text, ':') ||
        !take_number(&text, 2, &minute) || !take_char(&text, ':') ||
        !take_number(&text, 2, &second) || !take_fraction(&text, &ns) ||
        !take_offset(&text, &is_utc, &offset) || text.n > 0 || !calendar_date_exists(date) ||
        hour > 23 || minute > 59 || second > 59) {
        return false;
    }
    struct gotime t = gotime_make(date.year, date.month, date.day,
                                  hour * 3600 + minute * 60 + second, ns, &gotime_utc);
    struct str unused;
    t.s -= offset;
    if (!is_utc && zone_offset(local, t.s, &unused) == offset) {
        t.zone = local;
    } else if (!is_utc) {
        struct gotime_zone *zone = ARENA_NEW(arena, struct gotime_zone);
        *zone = (struct gotime_zone){.kind = GOTIME_FIXED, .name = STR_EMPTY, .offset = offset};
        t.zone = zone;
    }
    *ret = t;
    return true;
}

/* --- arithmetic ----------------------------------------------------------------------------- */

int gotime_cmp(const struct gotime *a, const struct gotime *b)
{
    return a->s != b->s ? (a->s < b->s ? -1 : 1) : a->ns != b->ns ? (a->ns < b->ns ? -1 : 1) : 0;
}

bool gotime_is_zero(const struct gotime *t)
{
    return gotime_cmp(t, &gotime_zero) == 0;
}

static __int128 to_ns(const struct gotime *t)
{
    return (__int128)(t->s + year_one_s) * GOTIME_NS_PER_S + t->ns;
}

struct gotime gotime_add(struct gotime t, int64_t ns)
{
    int64_t s = floor_div(ns, GOTIME_NS_PER_S);
    int64_t rest = ns - s * GOTIME_NS_PER_S + t.ns;
    t.s = clamp_s((__int128)t.s + s + rest / GOTIME_NS_PER_S);
    t.ns = (int32_t)(rest % GOTIME_NS_PER_S);
    return t;
}

int64_t gotime_sub(const struct gotime *a, const struct gotime *b)
{
    __int128 difference = to_ns(a) - to_ns(b);
    return difference > INT64_MAX   ? INT64_MAX
           : difference < INT64_MIN ? INT64_MIN
                                    : (int64_t)difference;
}

static int64_t beyond(const struct gotime *t, int64_t unit)
{
    int64_t rest = (int64_t)(to_ns(t) % unit);
    return rest < 0 ? rest + unit : rest;
}

struct gotime gotime_truncate(struct gotime t, int64_t unit)
{
    return unit <= 0 ? t : gotime_add(t, -beyond(&t, unit));
}

struct gotime gotime_round(struct gotime t, int64_t unit)
{
    if (unit <= 0) {
        return t;
    }
    int64_t rest = beyond(&t, unit);
    return gotime_add(t, rest < unit - rest ? -rest : unit - rest);
}

int64_t goduration_truncate(int64_t ns, int64_t unit)
{
    return unit <= 0 ? ns : ns - ns % unit;
}

int64_t goduration_round(int64_t ns, int64_t unit)
{
    if (unit <= 0) {
        return ns;
    }
    int64_t rest = ns % unit, nearest;
    int64_t amount = rest < 0 ? -rest : rest;
    if (amount < unit - amount) {
        return ns - rest;
    }
    if (__builtin_add_overflow(ns - rest, ns < 0 ? -unit : unit, &nearest)) {
        return ns < 0 ? INT64_MIN : INT64_MAX;
    }
    return nearest;
}

/* "1.5", without zeros at the end; `unit` is a power of ten. */
static void add_decimal(struct strbuf *out, uint64_t ns, uint64_t unit)
{
    strbuf_printf(out, "%llu", (unsigned long long)(ns / unit));
    uint64_t rest = ns % unit;
    if (rest > 0) {
        strbuf_add_char(out, '.');
        for (; rest > 0; rest %= unit) {
            unit /= 10;
            strbuf_add_char(out, (char)('0' + rest / unit));
        }
    }
}

void goduration_add_text(struct strbuf *out, int64_t ns)
{
    uint64_t amount = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;
    if (ns < 0) {
        strbuf_add_char(out, '-');
    }
    if (amount == 0) {
        strbuf_add(out, STR("0s"));
    } else if (amount < 1000) {
        strbuf_printf(out, "%dns", (int)amount);
    } else if (amount < 1000000) {
        add_decimal(out, amount, 1000);
        strbuf_add(out, STR("µs"));
    } else if (amount < GOTIME_NS_PER_S) {
        add_decimal(out, amount, 1000000);
        strbuf_add(out, STR("ms"));
    } else {
        uint64_t minutes = amount / GOTIME_NS_PER_S / 60;
        if (minutes >= 60) {
            strbuf_printf(out, "%lluh", (unsigned long long)(minutes / 60));
        }
        if (minutes > 0) {
            strbuf_printf(out, "%dm", (int)(minutes % 60));
        }
        add_decimal(out, amount - minutes * 60 * GOTIME_NS_PER_S, GOTIME_NS_PER_S);
        strbuf_add_char(out, 's');
    }
}
