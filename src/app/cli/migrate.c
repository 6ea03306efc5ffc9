#include "adapters/pg_migrate.h"
#include "app/cli/database.h"
#include "app/state_folder.h"

#include <stdio.h>

int cli_migrate(const struct cli_command *command, int argc, char **argv)
{
    struct database_choice choice = {0};
    const struct cli_option options[] = {DATABASE_OPTIONS(choice), {0}};
    int code = cli_options(command, options, &argc, argv, 0, 0);
    if (code != CLI_GO) {
        return code;
    }
    struct database database;
    code = database_open(command, &choice, &database);
    if (code == CLI_GO) {
        struct pg_migrate_result result;
        struct err err = ERR_INIT;
        if (pg_migrate(&database.pg, migration_catalogue, &result, &err) != OK) {
            code = cli_failed(command, &err);
        } else if (result.from == result.to) {
            printf("the schema is up to date (version %d)\n", result.to);
            code = CLI_OK;
        } else {
            printf("the schema was at version %d and is at %d now\n", result.from, result.to);
            code = CLI_OK;
        }
    }
    database_close(&database);
    return code;
}
