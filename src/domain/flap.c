#include "domain/flap.h"

bool flap_note_open(struct incident *incident, const struct flap_policy *policy, int64_t now_at)
{
    size_t kept = 0;
    for (size_t i = 0; i < incident->n_opens; i++) {
        if (now_at - incident->opens[i] < policy->within_us) {
            incident->opens[kept++] = incident->opens[i];
        }
    }
    if (kept == FLAP_CYCLES_MAX) { /* more than any policy counts */
        kept--;
        for (size_t i = 0; i < kept; i++) {
            incident->opens[i] = incident->opens[i + 1];
        }
    }
    incident->n_opens = kept;
    if (policy->cycles == 0) {
        return false;
    }
    incident->opens[incident->n_opens++] = now_at;
    return incident->n_opens >= (size_t)policy->cycles;
}

void flap_forget(struct incident *incident)
{
    incident->n_opens = 0;
    incident->flapping_at = AT_NONE;
}
