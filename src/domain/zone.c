#include "domain/zone.h"

static struct calendar_time utc_civil_of(const struct zone *zone, int64_t at)
{
    (void)zone;
    return calendar_from_at(at);
}

static int64_t utc_at_of(const struct zone *zone, const struct calendar_time *t)
{
    (void)zone;
    return calendar_to_at(t);
}

static int64_t utc_next_change(const struct zone *zone, int64_t at)
{
    (void)zone;
    (void)at;
    return AT_NONE;
}

const struct zone zone_utc = {
    {"UTC", 3},
    utc_civil_of,
    utc_at_of,
    utc_next_change,
};

int64_t zone_wall_of(const struct zone *zone, int64_t at)
{
    struct calendar_time t = zone->civil_of(zone, at);
    return calendar_to_at(&t);
}

int64_t zone_at_of_wall(const struct zone *zone, int64_t wall)
{
    struct calendar_time t = calendar_from_at(wall);
    return zone->at_of(zone, &t);
}
