#include "domain/receiver.h"

ENUM_DEFINE(target_kind, TARGET_KINDS)
ENUM_DEFINE(channel_kind, CHANNELS)
ENUM_DEFINE(step_kind, STEP_KINDS)
