#include "ports/runner.h"

ENUM_DEFINE(run_outcome, RUN_OUTCOMES)
