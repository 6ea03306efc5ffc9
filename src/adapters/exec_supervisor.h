#pragma once
/* exec_supervisor — one process per run: starts the script, watches it, ends all of it, reports.
 * Layer: adapters, helper processes only (single-threaded). */
#include "adapters/process_runner.h"
#include "adapters/runner_wire.h"

struct supervision {
    const struct runner_settings *settings;
    struct wire_request request;
    int texts, input; /* descriptors that came with the request */
    int socket;       /* reports go here */
    int life;         /* reads end of file when the helper is gone */
};

/* In the forked supervisor. Reports WIRE_REFUSED, or WIRE_STARTED and later WIRE_ENDED. */
_Noreturn void supervise(const struct supervision *);
