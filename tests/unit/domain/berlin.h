/* A zone with one hour of summer time between two instants each year that the tests care about. */
#pragma once
#include "domain/zone.h"

/* 2026-03-29 01:00 UTC … 2026-10-25 01:00 UTC: +2 h, else +1 h */
#define SUMMER_AT (INT64_C(1774746000) * US_PER_S)
#define WINTER_AT (INT64_C(1792890000) * US_PER_S)

static inline int64_t berlin_offset(int64_t at)
{
    return (at >= SUMMER_AT && at < WINTER_AT ? 2 : 1) * US_PER_HOUR;
}

static inline struct calendar_time berlin_civil_of(const struct zone *zone, int64_t at)
{
    (void)zone;
    return calendar_from_at(at + berlin_offset(at));
}

static inline int64_t berlin_at_of(const struct zone *zone, const struct calendar_time *t)
{
    (void)zone;
    int64_t wall = calendar_to_at(t);
    bool is_gap = wall >= SUMMER_AT + US_PER_HOUR && wall < SUMMER_AT + 2 * US_PER_HOUR;
    int64_t summer = wall - 2 * US_PER_HOUR;
    return !is_gap && summer >= SUMMER_AT && summer < WINTER_AT ? summer : wall - US_PER_HOUR;
}

static inline int64_t berlin_next_change(const struct zone *zone, int64_t at)
{
    (void)zone;
    return at < SUMMER_AT ? SUMMER_AT : at < WINTER_AT ? WINTER_AT : AT_NONE;
}

static const struct zone berlin = {
    {"Berlin", 6}, berlin_civil_of, berlin_at_of, berlin_next_change};

static inline int64_t wall(int year, int month, int day, int hour, int minute)
{
    return calendar_to_at(
        &(struct calendar_time){.date = {year, month, day}, .hour = hour, .minute = minute});
}

static inline int64_t in_berlin(int year, int month, int day, int hour, int minute)
{
    return zone_at_of_wall(&berlin, wall(year, month, day, hour, minute));
}
