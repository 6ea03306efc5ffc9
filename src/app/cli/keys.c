#include "app/cli/database.h"
#include "app/state_folder.h"

#include <stdio.h>
#include <string.h>

int cli_keys(const struct cli_command *command, int argc, char **argv)
{
    struct database_choice choice = {0};
    const struct cli_option options[] = {DATABASE_OPTIONS(choice), {0}};
    int code = cli_options(command, options, &argc, argv, 1, 1);
    if (code != CLI_GO) {
        return code;
    }
    if (strcmp(argv[0], "rotate") != 0) {
        return cli_usage(command, "there is no \"keys %s\"", argv[0]);
    }
    struct database database;
    code = database_open(command, &choice, &database);
    if (code == CLI_GO) {
        struct err err = ERR_INIT;
        struct store *store = NULL;
        uint8_t kid;
        if (database_store(&database, &store, &err) != OK ||
            store_link_key_rotate(store, &kid, &err) != OK) {
            code = cli_failed(command, &err);
        } else {
            printf("new links are signed with key %u; links of the key before it stay valid, "
                   "older ones do not\n",
                   kid);
            code = CLI_OK;
        }
        if (store) {
            store_close(store);
        }
    }
    database_close(&database);
    return code;
}
