#pragma once
/* rfc3339 — points in time as text: "2026-03-04T10:33:32.123456Z".
 *
 * Read with 1–9 or no fractional digits (cut to microseconds) and any offset. Go's zero time,
 * 0001-01-01T00:00:00Z, means "none" in the payloads of Alertmanager and Grafana: it is AT_NONE
 * here, in both directions. A leap second (:60) is the first second of the next minute.
 * Layer: formats. Pure. Any thread. */
#include "base/err.h"

enum { RFC3339_TEXT_MAX = 32 };
enum rfc3339_digits { RFC3339_S, RFC3339_MS, RFC3339_US };

/* ERR_SYNTAX if the text is not RFC 3339 or names a day that does not exist. */
enum status rfc3339_parse(struct str text, int64_t *ret_at, struct err *) MUST_CHECK;

/* UTC, with "Z"; smaller units are cut. Years outside 0000–9999 are clamped. Returns out. */
char *rfc3339_format(int64_t at, enum rfc3339_digits, char out[RFC3339_TEXT_MAX]);
