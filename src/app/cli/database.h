#pragma once
/* database — which database a command means: --config FILE, --database CONNINFO, or --state DIR of
 * `alertify up` (the default). When that server is not running, its PostgreSQL is started for the
 * time of the command. Layer: app. Main thread. */
#include "adapters/embedded_pg.h"
#include "adapters/pg_store.h"
#include "app/cli/cli.h"
#include "app/settings_file.h"

struct database_choice {
    const char *config, *conninfo, *state; /* at most one is set */
};

struct database {
    struct process_settings settings; /* owns the password */
    struct arena arena;
    struct embedded_pg *embedded; /* NULL unless started for the command */
    struct pg_settings pg;
    /* The installation's secrets, the one in use first; none with --database. */
    const struct secret *masters[SETTING_SECRETS_MAX];
    size_t n_masters;
};

/* The three rows for a command's option table. */
#define DATABASE_OPTIONS(choice)                                                                   \
    {"config", "FILE", "the server's settings file", &(choice).config, NULL},                      \
        {"database", "CONNINFO", "a PostgreSQL, as libpq writes it", &(choice).conninfo, NULL},    \
    {                                                                                              \
        "state", "DIR", "the folder of `alertify up` (default " STATE_FOLDER_DEFAULT ")",          \
            &(choice).state, NULL                                                                  \
    }

/* CLI_GO, or the exit code; what is wrong was printed. Always call database_close. */
int database_open(const struct cli_command *, const struct database_choice *, struct database *);
void database_close(struct database *);
/* A store on it, whose schema is the right one. The caller closes it. */
MUST_CHECK enum status database_store(const struct database *, struct store **ret, struct err *);
