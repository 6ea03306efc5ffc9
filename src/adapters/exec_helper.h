#pragma once
/* exec_helper — the small process that forks supervisors, because forking a big one is slow and a
 * threaded one dangerous. Layer: adapters. */
#include "adapters/process_runner.h"

/* In the forked helper. Serves until the other end of `socket` is closed. */
_Noreturn void exec_helper_main(const struct runner_settings *, int socket);
