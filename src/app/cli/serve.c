#include "app/app.h"
#include "app/cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int serve(const struct cli_command *command, const struct process_settings *settings)
{
    struct app *app;
    struct err err = ERR_INIT;
    const struct app_options options = {.is_hardened = true, .log_name = "serve"};
    enum status status = app_prepare(settings, &options, &app, &err);
    if (status == OK) {
        status = app_start(app, &err);
    }
    if (status == OK) {
        app_run(app, NULL, NULL);
    }
    bool is_asked_for = status == OK || app_is_stopping(app);
    int code = is_asked_for ? CLI_OK : cli_failed(command, &err);
    if (!app_drain(app)) {
        _exit(code); /* threads are still using what app_free would free */
    }
    app_free(app);
    return code;
}

int cli_serve(const struct cli_command *command, int argc, char **argv)
{
    const char *config = NULL;
    const struct cli_option options[] = {
        {"config", "FILE", "the settings file; its keys: alertify help settings", &config, NULL},
        {0},
    };
    int code = cli_options(command, options, &argc, argv, 0, 0);
    if (code != CLI_GO) {
        return code;
    }
    if (!config) {
        return cli_usage(command, "--config FILE is needed (or try: alertify up)");
    }
    struct process_settings settings = {0};
    struct problems problems;
    arena_init(&settings.arena);
    problems_init(&problems, &settings.arena);
    bool is_good = settings_file_read(config, &settings, &problems);
    if (problems.text.n) {
        struct str count = problems_count(&problems);
        fprintf(stderr, "%s%.*s\n", problems.text.p, STR_ARG(count));
    }
    code = is_good ? serve(command, &settings) : CLI_FAILED;
    process_settings_free(&settings);
    return code;
}
