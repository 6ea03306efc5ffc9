#pragma once
/* interval — Alertmanager's time intervals: named sets of wall-clock times.
 *
 * A named interval contains an instant if any of its specs does; a spec does if each of its fields
 * that is given does; a field does if any of its ranges does. All is read off the wall clock of the
 * spec's zone: an hour that clocks repeat counts twice, one that they skip never comes.
 * Layer: domain. Pure; immutable, part of a snapshot. */
#include "base/vec.h"
#include "domain/zone.h"

/* Both ends belong to it, except the end of a time of day. */
struct range {
    int from, to;
};

/* v == NULL: not given, anything will do. Given and empty: nothing will. */
struct ranges {
    const struct range *v;
    size_t n;
};

struct interval_spec {
    const struct zone *zone;
    struct ranges times;         /* minutes after midnight, 0 … 1440, `to` excluded */
    struct ranges weekdays;      /* 0 Sunday … 6 Saturday */
    struct ranges days_of_month; /* 1 … 31, or -31 … -1 counted from the month's end */
    struct ranges months;        /* 1 … 12 */
    struct ranges years;
};

struct interval {
    struct str name;
    const struct interval_spec *specs;
    size_t n_specs;
};

bool interval_spec_contains(const struct interval_spec *, int64_t at);
bool interval_contains(const struct interval *, int64_t at);

/* Instants in no order. */
struct instants {
    int64_t *v;
    size_t n, cap;
};

/* Adds every instant in (from_at, until_at) at which the answer may change (and some at which it
 * does not), at most max in all. False when that was too few. */
bool interval_add_edges(const struct interval *, int64_t from_at, int64_t until_at, size_t max,
                        struct instants *, struct arena *);
