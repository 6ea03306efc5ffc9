#pragma once
/* zone — a time zone as the domain sees it: wall clock ↔ instant.
 *
 * The data come from elsewhere (wire, from TZif files) as a `struct zone` with functions, so that
 * the domain needs no file format. A wall time that clocks skip is moved forward by the gap's
 * length (RFC 5545), one that they repeat is its first occurrence.
 * Layer: domain. Immutable; any thread. */
#include "base/calendar.h"
#include "base/str.h"
#include "base/time_units.h"

/* First member of whatever implements it. */
struct zone {
    struct str name; /* "Europe/London" */
    struct calendar_time (*civil_of)(const struct zone *, int64_t at);
    int64_t (*at_of)(const struct zone *, const struct calendar_time *);
    /* The first instant after `at` at which the offset may change; AT_NONE: never. */
    int64_t (*next_change)(const struct zone *, int64_t at);
};

extern const struct zone zone_utc;

/* The wall clock as microseconds, as if it were UTC: for arithmetic on wall times. */
int64_t zone_wall_of(const struct zone *, int64_t at);
int64_t zone_at_of_wall(const struct zone *, int64_t wall);
