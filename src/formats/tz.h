#pragma once
/* tz — one time zone, read from a TZif file (RFC 8536, versions 1–3, fat or slim).
 *
 * Exact for every instant: the table of the file, then its POSIX footer
 * ("CET-1CEST,M3.5.0,M10.5.0/3", with Jn, n and Mm.w.d days and times from -167 to 167 hours) for
 * ever after. Nothing here reads a file or the environment: the caller brings the bytes. Files with
 * leap seconds ("right/…") are refused, because points in time here do not count them.
 *
 * Layer: formats. Owner: the arena. Immutable, so any thread.
 *
 *     const struct tz *zone;
 *     enum status status = tz_parse(arena, bytes, &zone, err);
 *     struct calendar_time t = tz_local(zone, now_at);
 */
#include "base/calendar.h"
#include "base/err.h"

enum { TZ_BYTES_MAX = 256 * 1024 };

struct tz;

/* What to do with a wall time that does not name exactly one instant.
 *   gap      (clocks go forward): the wall time is moved forward by the gap's length, as RFC 5545
 *            says: 02:30 in an hour that is skipped is the instant that reads 03:30.
 *   overlap  (clocks go back): the first or the second of the two instants, as asked. */
enum tz_policy { TZ_FIRST, TZ_SECOND };

/* The bytes may go away afterwards. ERR_TOO_LARGE, ERR_SYNTAX or ERR_INVALID. */
MUST_CHECK enum status tz_parse(struct arena *, struct str bytes, const struct tz **ret,
                                struct err *);

/* Seconds east of UTC at an instant; the other two may be NULL. */
int32_t tz_offset(const struct tz *, int64_t at, bool *ret_is_dst, const char **ret_abbrev);

/* The wall clock at an instant, and back. `weekday` is ignored by tz_at. */
struct calendar_time tz_local(const struct tz *, int64_t at);
int64_t tz_at(const struct tz *, const struct calendar_time *, enum tz_policy);

/* The first instant after `at` at which the zone's offset or name may change; AT_NONE: never. */
int64_t tz_next_change(const struct tz *, int64_t at);
