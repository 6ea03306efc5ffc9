#include "app/cli/incident_named.h"

#include <limits.h>

int incident_name_check(const struct cli_command *command, const char *name)
{
    struct uuid id;
    long number;
    return cli_number(name, 1, LONG_MAX, &number) || uuid_parse(str_from(name), &id)
               ? CLI_GO
               : cli_usage(command, "\"%s\" is neither the number nor the id of an incident", name);
}

enum status incident_named(struct store *store, struct arena *arena, const char *name,
                           struct incident *ret, struct config_row *ret_config, struct err *err)
{
    struct uuid id;
    long number = 0;
    bool is_number = cli_number(name, 1, LONG_MAX, &number);
    CHECK(is_number || uuid_parse(str_from(name), &id));
    enum status status = is_number ? store_incident_by_number(store, arena, number, ret, err)
                                   : store_incident(store, arena, id, ret, err);
    if (status != OK) {
        return status;
    }
    status = store_config_load(store, arena, ret->config_hash, ret_config, err);
    if (status == ERR_NOT_FOUND) {
        *err = ERR_INIT;
        *ret_config = (struct config_row){.hash = STR_EMPTY, .source = STR_EMPTY};
        return OK;
    }
    return status;
}
