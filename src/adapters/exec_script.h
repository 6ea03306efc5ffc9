#pragma once
/* exec_script — the script's file and the process that becomes it.
 * Layer: adapters, helper processes only (single-threaded). */
#include "adapters/process_runner.h"

/* Opens the file for execution. ERR_INVALID unless `path` is absolute without "." or "..", no part
 * of it is a symbolic link, the file is regular, executable, not set-user-id, and it and all
 * folders above belong to root (or to us, if allowed) and are not writable by others (folders: or
 * sticky). The reason names the path's part. */
MUST_CHECK enum status script_open(const char *path, bool is_own_allowed, int *ret_fd,
                                   struct err *);

struct script_start {
    int file, input, output, failure; /* descriptors; failure: gets errno if exec fails */
    char *const *argv, *const *envp;
    int64_t timeout_us;
    const struct runner_settings *settings;
};

/* In the forked child: limits, identity, descriptors, exec. Never returns. */
_Noreturn void script_exec(const struct script_start *);
