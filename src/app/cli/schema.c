#include "app/cli/cli.h"
#include "wire/routes_file.h"

#include <stdio.h>

int cli_schema(const struct cli_command *command, int argc, char **argv)
{
    static const struct cli_option options[] = {{0}};
    int code = cli_options(command, options, &argc, argv, 0, 0);
    if (code != CLI_GO) {
        return code;
    }
    struct arena arena;
    arena_init(&arena);
    struct str text = routes_json_schema(&arena);
    fwrite(text.p, 1, text.n, stdout);
    arena_release(&arena);
    return CLI_OK;
}
