#pragma once
/* words — labels and times as people write them on a command line or in a test file.
 * Layer: app. Values live in the arena. */
#include "domain/labels.h"
#include "domain/zone.h"

/* Words as `name=value` or `name="value"`; the last one of a name counts, as in amtool. False:
 * *ret_why says what is wrong. */
bool words_to_labels(struct arena *, int n, char **words, struct labels *ret, struct str *ret_why);
/* RFC 3339, or a wall time of the zone ("2026-12-31 23:10"); no text (NULL): `fallback`. */
bool words_to_time(const char *text, const struct zone *, int64_t fallback, int64_t *ret);
#define WORDS_TIME_HELP "write times as 2026-12-31T23:10:00Z, or as \"2026-12-31 23:10\" of the "
