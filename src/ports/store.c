#include "ports/store.h"

ENUM_DEFINE(delivery_state, DELIVERY_STATES)
ENUM_DEFINE(run_state, RUN_STATES)
ENUM_DEFINE(role, ROLES)
