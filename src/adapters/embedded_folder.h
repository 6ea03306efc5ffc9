#pragma once
/* embedded_folder — the state folder of the private PostgreSQL: lock, user, cluster, access files;
 * private to embedded_pg.c. Layer: adapters. Thread: main. */
#include "adapters/embedded_pg.h"
#include "adapters/pg_binaries.h"

struct embedded_pg {
    struct arena arena;
    const char *state_dir, *data_dir, *run_dir, *log_file, *hba_file, *ident_file, *conninfo;
    struct pg_user user;
    struct pg_binaries binaries;
    int lock_fd;
    pid_t pid;
    bool is_child; /* ours to wait for */
    bool is_adopted;
};

/* ERR_IO at path with the text of errno. */
enum status embedded_folder_error(struct err *, const char *path);

/* Locks the folder, chooses the user and the programs, makes the cluster if there is none, and
 * chooses the socket's folder. Fills user, binaries, lock_fd and run_dir. */
MUST_CHECK enum status embedded_folder_open(struct embedded_pg *,
                                            const struct embedded_pg_settings *, struct err *);

/* Writes pg_hba.conf and pg_ident.conf. */
MUST_CHECK enum status embedded_folder_allow(struct embedded_pg *, struct err *);
