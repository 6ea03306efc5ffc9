#pragma once
/* process_tree — find and kill every descendant of this process.
 *
 * Works for a subreaper: orphans come back to it as children, so the parent chain in /proc is
 * complete. A whole process group is killed at once, which a fork within it cannot race with.
 * Layer: adapters, helper processes only (single-threaded). */
#include "base/str.h"

#include <sys/types.h>

/* SIGKILLs and reaps all descendants but the `spare` children and what is below those, again and
 * again until none is left or `timeout_us` is over. Returns how many were left. */
size_t process_tree_kill(const pid_t *spare, size_t n_spare, int64_t timeout_us);
