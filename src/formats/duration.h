#pragma once
/* duration — lengths as Prometheus and Alertmanager write them: "1h30m", "15s", "1y2w3d4h5m6s7ms".
 *
 * Units y (365 d), w (7 d), d, h, m, s, ms, in that order, each at most once, whole numbers; or
 * "0". No sign, fraction or space. What does not fit Go's time.Duration (about 292 years) is
 * refused, so that what Alertmanager refuses is refused here too.
 * Layer: formats. Pure. Any thread. Unit: microseconds. */
#include "base/err.h"

enum { DURATION_TEXT_MAX = 64 };

/* ERR_SYNTAX (with what is wrong) or ERR_INVALID (too long). */
enum status duration_parse(struct str text, int64_t *ret_us, struct err *) MUST_CHECK;

/* The canonical form, as Prometheus prints it ("1h30m", "1w", "0s"): y and w only when nothing
 * remains, because "1w1d" reads worse than "8d". Cut to whole milliseconds; a negative length gets
 * a
 * "-" and is not parseable. Writes a NUL-terminated text and returns out. */
char *duration_format(int64_t us, char out[DURATION_TEXT_MAX]);

/* For people: the two largest units, "2h 5m", "3d", "45s", "120ms"; rounded down; 0 is "0s". A
 * negative length is shown as its amount. */
char *duration_format_human(int64_t us, char out[DURATION_TEXT_MAX]);
