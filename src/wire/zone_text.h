#pragma once
/* zone_text — a time zone of the domain out of a TZif file's bytes (formats/tz).
 * Layer: wire. The zone lives in the arena, immutable. */
#include "base/err.h"
#include "domain/zone.h"

/* The errors of tz_parse. The bytes may go away. */
MUST_CHECK enum status zone_parse(struct arena *, struct str name, struct str bytes,
                                  const struct zone **ret, struct err *);

/* "+01:00", "-03:30": the offset at an instant, as people write it. */
enum { ZONE_OFFSET_TEXT = 16 };
char *zone_format_offset(const struct zone *, int64_t at, char out[ZONE_OFFSET_TEXT]);

/* "2026-01-05", "2026-01-05 09:00" or "2026-01-05T09:00" as a wall time (microseconds as if it were
 * UTC, see zone_wall_of). *ret_has_clock: a time of day was written. */
bool wall_parse(struct str text, int64_t *ret_wall, bool *ret_has_clock);
/* "09:00" as microseconds after midnight; 24:00 is none. */
bool clock_parse(struct str text, int64_t *ret_us);
