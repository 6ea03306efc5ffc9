#pragma once
/* retry — when to try a delivery again. Pure: no clock, no randomness of its own. Layer: domain. */
#include "domain/message.h"

#define RETRY_NEVER AT_NONE

struct retry_policy {
    int64_t base_us;       /* first wait; default 1 s */
    int64_t cap_us;        /* longest wait without a hint; default 60 s */
    unsigned attempts_max; /* then give up; default 12 */
};

extern const struct retry_policy retry_default;

/* The time of the next attempt after `attempts` of them, or RETRY_NEVER (after OK, PERM or the last
 * attempt). Full jitter over base·2ⁿ, at least a quarter of it. A peer that says how long is
 * taken at its word for the first attempts, so that the page that asked does not come behind those
 * that waited; later its hint may lengthen the wait, never shorten it. UNKNOWN is tried again: a
 * second copy is better than none. */
int64_t retry_next(const struct retry_policy *, unsigned attempts, const struct outcome *,
                   int64_t now_at, uint64_t entropy);
