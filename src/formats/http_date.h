#pragma once
/* http_date — dates in HTTP and mail headers: "Sun, 06 Nov 1994 08:49:37 GMT" (IMF-fixdate).
 *
 * Only the preferred form of RFC 9110; the two obsolete ones are refused. The weekday must be the
 * right one. Also Retry-After, which is a number of seconds or such a date.
 * Layer: formats. Pure. Any thread. */
#include "base/str.h"

enum { HTTP_DATE_TEXT = 29 };

/* False if the text is not an IMF-fixdate. */
bool http_date_parse(struct str text, int64_t *ret_at);
/* Seconds are cut; years outside 0–9999 are clamped. Returns out. */
char *http_date_format(int64_t at, char out[HTTP_DATE_TEXT + 1]);

/* How long to wait from now_at on: seconds ("120") or a date; a date in the past is 0; at most
 * max_us. False if the text is neither. */
bool retry_after_parse(struct str text, int64_t now_at, int64_t max_us, int64_t *ret_us);
