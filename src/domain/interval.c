#include "domain/interval.h"

static bool is_in(struct ranges ranges, int value)
{
    for (size_t i = 0; i < ranges.n; i++) {
        if (ranges.v[i].from <= value && value <= ranges.v[i].to) {
            return true;
        }
    }
    return !ranges.v;
}

static bool is_time_in(struct ranges times, int minute)
{
    for (size_t i = 0; i < times.n; i++) {
        if (times.v[i].from <= minute && minute < times.v[i].to) {
            return true;
        }
    }
    return !times.v;
}

/* A range that begins behind the month's end never matches; one that ends there is cut. */
static bool is_day_in(struct ranges days, struct calendar_date date)
{
    int last = calendar_month_days(date.year, date.month);
    for (size_t i = 0; i < days.n; i++) {
        int from = days.v[i].from < 0 ? last + days.v[i].from + 1 : days.v[i].from;
        int to = days.v[i].to < 0 ? last + days.v[i].to + 1 : days.v[i].to;
        if (from <= last && from <= date.day && date.day <= to) {
            return true;
        }
    }
    return !days.v;
}

bool interval_spec_contains(const struct interval_spec *spec, int64_t at)
{
    struct calendar_time t = spec->zone->civil_of(spec->zone, at);
    return is_time_in(spec->times, t.hour * 60 + t.minute) &&
           is_day_in(spec->days_of_month, t.date) && is_in(spec->weekdays, t.weekday) &&
           is_in(spec->months, t.date.month) && is_in(spec->years, t.date.year);
}

bool interval_contains(const struct interval *interval, int64_t at)
{
    for (size_t i = 0; i < interval->n_specs; i++) {
        if (interval_spec_contains(&interval->specs[i], at)) {
            return true;
        }
    }
    return false;
}

/* --- edges ---------------------------------------------------------------------------------- */

struct edges {
    struct instants *found;
    struct arena *arena;
    size_t max;
    int64_t from_at, until_at;
};

static bool add(struct edges *e, int64_t at, int64_t low_at, int64_t high_at)
{
    if (at < low_at || at >= high_at || at <= e->from_at || at >= e->until_at) {
        return true;
    }
    if (e->found->n >= e->max) {
        return false;
    }
    VEC_PUSH(e->arena, e->found, at);
    return true;
}

/* Days change at midnight, times at their ends. Between two changes of the zone the wall clock is
 * plain arithmetic. */
static bool add_stretch(struct edges *e, const struct interval_spec *spec, int64_t low_at,
                        int64_t high_at)
{
    int64_t offset = zone_wall_of(spec->zone, low_at) - low_at;
    int64_t day = low_at + offset;
    day -= (day % US_PER_DAY + US_PER_DAY) % US_PER_DAY;
    for (; day - offset < high_at; day += US_PER_DAY) {
        bool has_room = add(e, day - offset, low_at, high_at);
        for (size_t i = 0; has_room && i < spec->times.n; i++) {
            int64_t from = day + spec->times.v[i].from * US_PER_MIN;
            int64_t to = day + spec->times.v[i].to * US_PER_MIN;
            has_room =
                add(e, from - offset, low_at, high_at) && add(e, to - offset, low_at, high_at);
        }
        if (!has_room) {
            return false;
        }
    }
    return true;
}

static bool add_spec(struct edges *e, const struct interval_spec *spec)
{
    int64_t low_at = e->from_at;
    while (low_at < e->until_at) {
        int64_t change_at = spec->zone->next_change(spec->zone, low_at);
        int64_t high_at = change_at == AT_NONE || change_at > e->until_at ? e->until_at : change_at;
        if (!add(e, low_at, low_at, high_at) || !add_stretch(e, spec, low_at, high_at)) {
            return false;
        }
        low_at = high_at;
    }
    return true;
}

bool interval_add_edges(const struct interval *interval, int64_t from_at, int64_t until_at,
                        size_t max, struct instants *found, struct arena *arena)
{
    struct edges e = {found, arena, max, from_at, until_at};
    for (size_t i = 0; i < interval->n_specs; i++) {
        if (!add_spec(&e, &interval->specs[i])) {
            return false;
        }
    }
    return true;
}
