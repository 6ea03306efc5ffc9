#pragma once
/* runner — remediation scripts, executed by a small helper process that was forked before any
 * thread.
 *
 * No shell, no PATH: an absolute file and an argument list. The script gets a clean environment,
 * the alert as JSON on standard input, its own process group; at the timeout the whole group gets
 * SIGTERM, 5 s later SIGKILL. Output (stdout and stderr together) is capped, head and tail kept.
 * At most `max_concurrent` run at once (default 4); further ones are refused with ERR_UNAVAILABLE.
 * If alertify dies, the helper kills what runs and exits.
 * Layer: ports. Owner: the remediate thread; not thread-safe. */
#include "base/err.h"
#include "base/time_units.h"

struct runner;

struct run_variable {
    struct str name, value;
};

struct run_request {
    uint64_t token;  /* the caller's, unique among running ones; comes back in the result */
    struct str file; /* absolute; must be a regular file, owned by root, not writable by others */
    const struct str *args; /* behind argv[0] */
    size_t n_args;
    const struct run_variable *env; /* added to PATH, LANG, HOME=/ */
    size_t n_env;
    struct str input;   /* standard input */
    int64_t timeout_us; /* 1 s … 1 h */
    size_t output_max;  /* bytes kept; 0: 64 KiB */
};

#define RUN_OUTCOMES(X)                                                                            \
    X(RUN_EXITED, "exited")                                                                        \
    X(RUN_SIGNALED, "signaled")                                                                    \
    X(RUN_TIMED_OUT, "timed_out")                                                                  \
    X(RUN_NOT_STARTED, "not_started")
ENUM_DECLARE(run_outcome, RUN_OUTCOMES)

struct run_result {
    uint64_t token;
    enum run_outcome outcome;
    int code; /* exit status or signal number; errno when not started */
    struct str output;
    bool is_cut;
    int64_t duration_us;
    struct str detail; /* why it did not start; empty otherwise */
};

/* ERR_INVALID: the file or an argument breaks a rule (err says which); nothing was started. */
MUST_CHECK enum status runner_start(struct runner *, const struct run_request *, struct err *);
/* Waits up to timeout_us for a script to end. OK with ret->token set; ERR_TIMEOUT if none did;
 * ERR_IO if the helper is gone. Strings live in the arena. */
MUST_CHECK enum status runner_wait(struct runner *, struct arena *, int64_t timeout_us,
                                   struct run_result *ret, struct err *);
/* Any thread: makes a waiting runner_wait return ERR_TIMEOUT at once. */
void runner_wake(struct runner *);
size_t runner_running(const struct runner *);
