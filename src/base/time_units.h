#pragma once
/* time_units — one unit for all of alertify: microseconds (PostgreSQL's own resolution).
 *
 * Points in time are named `*_at`: microseconds since 1970-01-01 UTC, int64_t, AT_NONE if absent.
 * Lengths are named `*_us`. Nothing here reads a clock: "now" is always an argument; it comes from
 * alertify.clock() in the database. Layer: base. */
#include <stdint.h>

#define US_PER_MS INT64_C(1000)
#define US_PER_S INT64_C(1000000)
#define US_PER_MIN (60 * US_PER_S)
#define US_PER_HOUR (60 * US_PER_MIN)
#define US_PER_DAY (24 * US_PER_HOUR)

#define AT_NONE INT64_MIN
