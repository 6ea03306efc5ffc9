#pragma once
/* pg_child — runs PostgreSQL's programs, as an unprivileged user when we are root.
 *
 * Not for remediation scripts (ports/runner.h). The child gets its own session, so that neither the
 * terminal's Ctrl-C nor its hang-up reaches it: alertify drains first and then stops the server. It
 * inherits no descriptor but 0–2 and no environment but PATH and LANG.
 * Layer: adapters. Thread: main, before other threads start.
 */
#include "base/err.h"

#include <sys/types.h>

struct pg_user {
    char name[64];
    uid_t uid;
    gid_t gid;
};

/* The user by name, or by uid when name is NULL. False when there is no passwd entry. */
bool pg_user_find(const char *name, uid_t uid, struct pg_user *ret);

/* Starts argv (argv[0] looked up in PATH) as `user`; output goes to fd. ERR_IO: fork failed. A
 * program that cannot be executed exits with 127. */
MUST_CHECK enum status pg_child_start(const char *const *argv, const struct pg_user *user, int fd,
                                      pid_t *ret, struct err *);

/* Runs argv to its end; *ret_output is the end of what it wrote (at most 4 KiB), trimmed.
 * ERR_INTERNAL: it failed; the detail quotes the last line. ERR_TIMEOUT: killed after 60 s. */
MUST_CHECK enum status pg_child_run(struct arena *, const char *const *argv,
                                    const struct pg_user *user, struct str *ret_output,
                                    struct err *);
