#include "app/cli/cli.h"
#include "app/state_folder.h"
#include "app/test_alert.h"

#include <stdio.h>

int cli_page(const struct cli_command *command, int argc, char **argv)
{
    const char *severity = "critical", *name = "TestPage", *source = "dev";
    const char *state = STATE_FOLDER_DEFAULT, *url = NULL;
    const struct cli_option options[] = {
        {"severity", "S", "the label severity (default critical)", &severity, NULL},
        {"name", "N", "the label alertname (default TestPage)", &name, NULL},
        {"source", "NAME", "post as this source; it must not ask for a password (default dev)",
         &source, NULL},
        {"url", "URL", "where the server is (default: what `alertify up` wrote down)", &url, NULL},
        {"state", "DIR", "the folder of `alertify up` (default " STATE_FOLDER_DEFAULT ")", &state,
         NULL},
        {0},
    };
    int code = cli_options(command, options, &argc, argv, 0, 0);
    if (code != CLI_GO) {
        return code;
    }
    struct arena arena;
    arena_init(&arena);
    struct err err = ERR_INIT;
    struct str base = str_from(url), receipt;
    const struct test_alert alert = {
        .name = str_from(name), .severity = str_from(severity), .source = str_from(source)};
    code = CLI_FAILED;
    if (!url && state_read(&arena, state, "url", &base, &err) != OK) {
        fprintf(stderr,
                "alertify page: no server was started in %s; name it with --url or --state\n",
                state);
    } else if (test_alert_fire(&arena, base, &alert, &receipt, &err) != OK) {
        cli_failed(command, &err);
    } else {
        printf("fired %s (%s); the server has it: %.*s\n", name, severity, STR_ARG(receipt));
        code = CLI_OK;
    }
    arena_release(&arena);
    return code;
}
