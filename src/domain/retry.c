#include "domain/retry.h"

const struct retry_policy retry_default = {
    .base_us = US_PER_S, .cap_us = 60 * US_PER_S, .attempts_max = 12};

enum { HINTED_MAX = 6 };

int64_t retry_next(const struct retry_policy *policy, unsigned attempts,
                   const struct outcome *outcome, int64_t now_at, uint64_t entropy)
{
    bool is_final = outcome->kind == OUTCOME_OK || outcome->kind == OUTCOME_PERM;
    if (is_final || attempts >= policy->attempts_max) {
        return RETRY_NEVER;
    }
    if (outcome->hint_us > 0 && attempts <= HINTED_MAX) {
        return now_at + outcome->hint_us;
    }
    int64_t ceiling = policy->base_us;
    for (unsigned i = 1; i < attempts && ceiling < policy->cap_us; i++) {
        ceiling *= 2;
    }
    if (ceiling > policy->cap_us) {
        ceiling = policy->cap_us;
    }
    int64_t least = ceiling / 4;
    int64_t wait = least + (int64_t)(entropy % (uint64_t)(ceiling - least + 1));
    return now_at + (wait > outcome->hint_us ? wait : outcome->hint_us);
}
