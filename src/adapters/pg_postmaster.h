#pragma once
/* pg_postmaster — is there a PostgreSQL on this data directory, and what does it say about itself?
 *
 * postmaster.pid alone does not tell: its number may be a zombie's or, in a container that was
 * started anew, another program's. So /proc decides: a live process whose working directory is the
 * data directory. Layer: adapters. Any thread. */
#include <stdbool.h>
#include <sys/types.h>

struct postmaster {
    pid_t pid;
    char socket_dir[108];
};

/* False when no server runs on data_dir. */
bool postmaster_find(const char *data_dir, struct postmaster *ret);
bool postmaster_is_running(pid_t, const char *data_dir);
/* postmaster.pid says "ready" (it answers) or "starting" (perhaps recovering from a crash). */
bool postmaster_is_ready(const char *data_dir);
bool postmaster_is_starting(const char *data_dir);

/* Removes lock files that PostgreSQL would mistake for a live server's: those whose process is a
 * zombie or another program. Only when no process at all works in data_dir: the files are also the
 * guard against a second server beside the orphans of a killed one. */
void postmaster_clear_stale(const char *data_dir, const char *socket_dir);
