#include "domain/receiver.h"

ENUM_DEFINE(target_kind, TARGET_KINDS)
ENUM_DEFINE(channel_kind, CHANNELS)
ENUM_DEFINE(step_kind, STEP_KINDS)
ENUM_DEFINE(condition_kind, CONDITION_KINDS)

struct str receiver_severity(const struct receiver *receiver, struct str severity)
{
    for (size_t i = 0; i < receiver->n_severities; i++) {
        if (str_eq_nocase(receiver->severities[i].from, severity)) {
            return receiver->severities[i].to;
        }
    }
    return severity;
}
