#include "app/cli/cli.h"
#include "app/settings_file.h"

#include <stdio.h>
#include <string.h>

enum { DESCRIPTION_MAX = 64 * 1024 };

static void print_commands(void)
{
    puts("alertify routes alerts to the people on call.\n\nusage: alertify COMMAND [OPTIONS]\n");
    for (const struct cli_command *c = cli_commands; c->name; c++) {
        printf("  %-9s %s\n", c->name, c->summary);
    }
    puts("\nFirst steps:  alertify up --demo\nExit codes:   0 done, 1 failed, 2 usage");
}

static void print_settings(void)
{
    struct arena arena;
    struct strbuf text;
    arena_init(&arena);
    strbuf_init(&text, &arena, DESCRIPTION_MAX);
    settings_file_describe(&text);
    printf("# Keys of the settings file of `alertify serve --config FILE`. Sizes: 64KiB, 16MiB.\n"
           "# Durations: 500ms, 5s, 1m30s. Secrets: !file PATH or !env NAME.\n%s",
           text.p);
    arena_release(&arena);
}

int cli_help(const struct cli_command *command, int argc, char **argv)
{
    static const struct cli_option options[] = {{0}};
    int code = cli_options(command, options, &argc, argv, 0, 1);
    if (code != CLI_GO) {
        return code;
    }
    if (argc == 0) {
        print_commands();
        return CLI_OK;
    }
    if (strcmp(argv[0], "settings") == 0) {
        print_settings();
        return CLI_OK;
    }
    for (const struct cli_command *c = cli_commands; c->name; c++) {
        if (strcmp(argv[0], c->name) == 0 && c->run != cli_help) {
            char help[] = "--help";
            char *words[] = {argv[0], help, NULL};
            return c->run(c, 2, words);
        }
    }
    return cli_usage(command, "there is no command \"%s\"", argv[0]);
}

int cli_version(const struct cli_command *command, int argc, char **argv)
{
    static const struct cli_option options[] = {{0}};
    int code = cli_options(command, options, &argc, argv, 0, 0);
    if (code == CLI_GO) {
        puts("alertify " ALERTIFY_VERSION);
        code = CLI_OK;
    }
    return code;
}
