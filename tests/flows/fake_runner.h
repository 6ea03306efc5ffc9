#pragma once
/* fake_runner — the runner port without processes: starts are kept, ends are scripted. A started
 * script ends at the next runner_wait. */
#include "base/vec.h"
#include "ports/runner.h"

struct fake_start {
    struct run_request request; /* text copied; env left out */
    bool has_ended;
};

struct runner {
    struct arena arena;
    VEC(struct fake_start) starts; /* all, in order */
    enum run_outcome outcome;      /* of all scripts, from now on */
    int code;
    struct str output;
    bool is_refusing; /* runner_start fails with ERR_INVALID */
    bool is_gone;     /* the helper process has died: runner_wait fails with ERR_IO */
    bool never_ends;
    size_t running;
    /* runner_wait found nothing that runs. */
    void (*on_idle)(void *arg);
    void *on_idle_arg;
};

void fake_runner_init(struct runner *);
void fake_runner_release(struct runner *);
