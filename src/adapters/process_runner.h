#pragma once
/* process_runner — ports/runner.h with a helper process and one supervisor process per script.
 *
 *     alertify ──socket── helper (forked before any thread; does nothing but fork)
 *                            └── supervisor (one per run: checks the file, starts, limits, kills)
 *                                   └── the script, in its own session, and what it starts
 *
 * What is guaranteed:
 *   - the file that was checked is the file that runs (it is executed by descriptor); it and every
 *     folder above it belong to root (or, if allowed, to us), and no link is followed;
 *   - when the main process ends or the time is over, every descendant is killed, also those that
 *     changed session or were orphaned, because the supervisor adopts orphans (subreaper);
 *   - when alertify, the helper or a supervisor dies, the same happens.
 * What is not: a descendant that forks in new sessions faster than /proc can be read may outrun
 * the killer for its 2 s (run_as with processes_max bounds it); one stuck in the kernel cannot be
 * killed; work handed to another service (systemd, docker, cron) is not a descendant; if helper and
 * supervisor are killed in the same moment, only the script's main process dies. A script that runs
 * as our own user could kill us: set run_as.
 * A script with a #! line sees itself as /dev/fd/3, so it must name its neighbours absolutely, and
 * the user it runs as must be able to read it. No network, file system or system call filter yet.
 * Layer: adapters. Owner: app (fork, free), then the remediate thread. */
#include "ports/runner.h"

#include <sys/types.h>

struct runner_settings {
    size_t max_concurrent; /* 0: 4; at most 32 */
    bool is_own_allowed;   /* files of our own user may run, too: development and tests */
    bool has_run_as;       /* drop to this user; only when started as root */
    uid_t run_as_uid;
    gid_t run_as_gid;
    uint64_t memory_max;    /* address space per process, bytes; 0: 1 GiB */
    uint64_t file_max;      /* largest file a script may write, bytes; 0: 64 MiB */
    uint32_t processes_max; /* of the script's user, unless root; 0: 256 */
    int64_t term_grace_us;  /* between SIGTERM and SIGKILL; 0: 5 s */
};

/* Forks the helper. Call before any thread exists, from the thread that lives longest: the helper
 * dies with it. ERR_IO if the system refuses, ERR_INVALID for settings that cannot work. */
MUST_CHECK enum status runner_fork(const struct runner_settings *, struct runner **ret,
                                   struct err *);
/* Kills what runs, ends the helper and waits for it. */
void runner_free(struct runner *);
/* For tests and diagnostics. */
pid_t runner_helper_pid(const struct runner *);
