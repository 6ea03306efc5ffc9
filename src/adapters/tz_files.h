#pragma once
/* tz_files — the bytes of a time zone from the machine's tz database.
 *
 * Looked for below $TZDIR, else /usr/share/zoneinfo. Read at every load of the configuration, once
 * per zone: an update of the system's tzdata counts from the next reload on. "Local" is the
 * machine's own zone, /etc/localtime.
 * Layer: adapters. Any thread. */
#include "base/err.h"

/* "Europe/London" → the TZif file's bytes in the arena. A name is letters, digits and `_+-/`, not
 * absolute, without "..". ERR_INVALID (name), ERR_NOT_FOUND, ERR_TOO_LARGE, ERR_IO. */
MUST_CHECK enum status tz_files_read(struct arena *, struct str name, struct str *ret,
                                     struct err *);
