#include "wire/zone_text.h"

#include "formats/tz.h"

#include <stdio.h>
#include <stdlib.h>

struct tz_zone {
    struct zone zone;
    const struct tz *tz;
};

static struct calendar_time civil_of(const struct zone *zone, int64_t at)
{
    return tz_local(((const struct tz_zone *)zone)->tz, at);
}

static int64_t at_of(const struct zone *zone, const struct calendar_time *t)
{
    return tz_at(((const struct tz_zone *)zone)->tz, t, TZ_FIRST);
}

static int64_t next_change(const struct zone *zone, int64_t at)
{
    return tz_next_change(((const struct tz_zone *)zone)->tz, at);
}

enum status zone_parse(struct arena *arena, struct str name, struct str bytes,
                       const struct zone **ret, struct err *err)
{
    struct tz_zone *zone = ARENA_NEW(arena, struct tz_zone);
    if (tz_parse(arena, bytes, &zone->tz, err) != OK) {
        return err_wrap(err, "time zone");
    }
    zone->zone = (struct zone){str_dup(arena, name), civil_of, at_of, next_change};
    *ret = &zone->zone;
    return OK;
}

char *zone_format_offset(const struct zone *zone, int64_t at, char out[ZONE_OFFSET_TEXT])
{
    int minutes = (int)((zone_wall_of(zone, at) - at) / US_PER_MIN);
    snprintf(out, ZONE_OFFSET_TEXT, "%c%02d:%02d", minutes < 0 ? '-' : '+', abs(minutes) / 60 % 100,
             abs(minutes) % 60);
    return out;
}

/* --- wall times ----------------------------------------------------------------------------- */

/* Exactly n digits at the start of *rest. */
static bool take_digits(struct str *rest, size_t n, int *ret)
{
    uint64_t value;
    if (rest->n < n || !str_to_u64(str_slice(*rest, 0, n), &value)) {
        return false;
    }
    *rest = str_slice(*rest, n, rest->n);
    *ret = (int)value;
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

bool clock_parse(struct str text, int64_t *ret_us)
{
    int hour, minute;
    if (!take_digits(&text, 2, &hour) || !take_char(&text, ':') ||
        !take_digits(&text, 2, &minute) || text.n > 0 || hour > 23 || minute > 59) {
        return false;
    }
    *ret_us = hour * US_PER_HOUR + minute * US_PER_MIN;
    return true;
}

bool wall_parse(struct str text, int64_t *ret_wall, bool *ret_has_clock)
{
    struct calendar_date date;
    int64_t clock_us = 0;
    if (!take_digits(&text, 4, &date.year) || !take_char(&text, '-') ||
        !take_digits(&text, 2, &date.month) || !take_char(&text, '-') ||
        !take_digits(&text, 2, &date.day) || !calendar_date_exists(date)) {
        return false;
    }
    *ret_has_clock = text.n > 0;
    if (text.n > 0 &&
        ((!take_char(&text, ' ') && !take_char(&text, 'T')) || !clock_parse(text, &clock_us))) {
        return false;
    }
    *ret_wall = calendar_to_days(date) * US_PER_DAY + clock_us;
    return true;
}
