#include "domain/receiver.h"

ENUM_DEFINE(target_kind, TARGET_KINDS)
ENUM_DEFINE(channel_kind, CHANNELS)
ENUM_DEFINE(step_kind, STEP_KINDS)
ENUM_DEFINE(condition_kind, CONDITION_KINDS)

bool severity_is_urgent(struct str severity)
{
    static const struct str urgent[] = {{"critical", 8}, {"page", 4},  {"emergency", 9},
                                        {"disaster", 8}, {"fatal", 5}, {"high", 4},
                                        {"p1", 2},       {"sev1", 4}};
    for (size_t i = 0; i < sizeof(urgent) / sizeof(urgent[0]); i++) {
        if (str_eq_nocase(urgent[i], severity)) {
            return true;
        }
    }
    return false;
}

struct str receiver_severity(const struct receiver *receiver, struct str severity)
{
    for (size_t i = 0; i < receiver->n_severities; i++) {
        if (str_eq_nocase(receiver->severities[i].from, severity)) {
            return receiver->severities[i].to;
        }
    }
    return severity;
}
