#pragma once
/* gotime — points in time and lengths of time as Go's package `time` has them.
 *
 * A point is seconds and nanoseconds since 1970 and the zone it is shown in; the zone changes what
 * is printed, not when it was. Lengths are nanoseconds in an int64_t. What would leave the range of
 * some 280,000 years stops at its end. Formats: gotime_format.h. No clock in here.
 * Layer: formats. Pure. Any thread. */
#include "base/calendar.h"
#include "base/err.h"
#include "formats/tz.h"

#define GOTIME_NS_PER_S INT64_C(1000000000)

enum gotime_zone_kind { GOTIME_UTC, GOTIME_LOCAL, GOTIME_FIXED, GOTIME_NAMED };

struct gotime_zone {
    enum gotime_zone_kind kind;
    struct str name;     /* of a fixed one often empty; of LOCAL, if empty, "Local" */
    int32_t offset;      /* FIXED: seconds east of UTC */
    const struct tz *tz; /* NAMED, LOCAL; NULL: UTC */
};

struct gotime {
    int64_t s;
    int32_t ns; /* 0–999999999 */
    const struct gotime_zone *zone;
};

extern const struct gotime_zone gotime_utc;
/* Year 1, January 1st, UTC: what Go calls the zero time. */
extern const struct gotime gotime_zero;

struct gotime_civil {
    struct calendar_date date;
    int hour, minute, second;
    int weekday;  /* 0 Sunday … */
    int year_day; /* 1–366 */
};

/* Seconds east of UTC; *ret_name (may be NULL) is the abbreviation, possibly empty. */
int32_t gotime_offset(const struct gotime *, struct str *ret_name);
struct gotime_civil gotime_civil(const struct gotime *);
/* Values out of range carry over (month 13 is January of the next year). A wall time that does not
 * exist or exists twice is taken as Go takes it. */
struct gotime gotime_make(int64_t year, int64_t month, int64_t day, int64_t seconds_of_day,
                          int32_t ns, const struct gotime_zone *);
struct gotime gotime_from_at(int64_t at, const struct gotime_zone *);
/* "2026-03-04T10:15:30.123456789Z", as JSON has it. An offset that is `local`'s at that time gives
 * a local time. A fixed zone is put in the arena. False if the text is no such time. */
bool gotime_read(struct arena *, struct str text, const struct gotime_zone *local,
                 struct gotime *ret);

int gotime_cmp(const struct gotime *, const struct gotime *);
bool gotime_is_zero(const struct gotime *);
struct gotime gotime_add(struct gotime, int64_t ns);
/* a - b, at most what an int64_t holds. */
int64_t gotime_sub(const struct gotime *a, const struct gotime *b);
/* Down to, or to the nearest, multiple of `unit` since year 1; units below 1 change nothing. */
struct gotime gotime_truncate(struct gotime, int64_t unit);
struct gotime gotime_round(struct gotime, int64_t unit);

/* Toward zero, and to the nearest (halves away from it). */
int64_t goduration_truncate(int64_t ns, int64_t unit);
int64_t goduration_round(int64_t ns, int64_t unit);
/* "1h30m15.5s" */
void goduration_add_text(struct strbuf *, int64_t ns);
