#pragma once
/* sample_routes — the routing files of routes/ as they were when this binary was built.
 * Layer: app. Constant. */
#include "base/embedded_file.h"

extern const struct embedded_file sample_routes[]; /* by name, ended by name == NULL */
