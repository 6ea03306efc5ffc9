#pragma once
/* store_silences — silences as they are kept; part of the store port (ports/store.h).
 * Layer: ports. As ports/store.h. */
#include "ports/store.h"

enum { SILENCES_MAX = 1000 }; /* in force or to come; also what one list has */

struct silence_row {
    struct uuid id;
    struct str matchers; /* {a="b",c=~"d"} */
    int64_t starts_at, ends_at;
    struct str during; /* a time interval of the routing files, or empty */
    struct str comment, created_by, ended_by;
};

/* starts_at AT_NONE: now. ERR_CONFLICT: there are too many. */
MUST_CHECK enum status store_silence_add(struct store *, const struct silence_row *, struct err *);
/* Those that are in force at some time within [from_at, until_at), by their end. */
MUST_CHECK enum status store_silences(struct store *, struct arena *, int64_t from_at,
                                      int64_t until_at, struct silence_row **ret, size_t *ret_n,
                                      struct err *);
/* Ends it now; what it kept quiet is looked at within a second (store_muted). ERR_NOT_FOUND: there
 * is none that goes on. */
MUST_CHECK enum status store_silence_end(struct store *, struct uuid, struct str by, struct err *);
