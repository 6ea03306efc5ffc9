#include "app/cli/cli.h"
#include "app/routes_load.h"
#include "app/settings_file.h"
#include "formats/yaml_tree.h"

#include <stdio.h>

/* The warnings go to standard error: what is printed is a file. */
static int import_file(const struct cli_command *command, struct arena *arena, struct str path)
{
    struct problems problems;
    struct routes_result result;
    struct routes_source file = {.name = path};
    struct routes_loaded loaded;
    struct err err = ERR_INIT;
    int code = CLI_OK;
    problems_init(&problems, arena);
    bool is_clean =
        routes_load(arena, (struct setting_texts){&path, 1}, &problems, &result, &loaded);
    fputs(problems.text.p, stderr);
    if (!is_clean) {
        fprintf(stderr, "%.*s; nothing was written\n", STR_ARG(problems_count(&problems)));
        return CLI_FAILED;
    }
    enum status status = file_read(arena, path.p, YAML_BYTES_MAX, &file.text, &err);
    if (status == OK) {
        struct str text = routes_import(arena, &file, result.settings);
        fwrite(text.p, 1, text.n, stdout);
    } else {
        code = cli_failed(command, &err);
    }
    routes_release(&result);
    return code;
}

int cli_import(const struct cli_command *command, int argc, char **argv)
{
    static const struct cli_option options[] = {{0}};
    int code = cli_options(command, options, &argc, argv, 2, 2);
    if (code != CLI_GO) {
        return code;
    }
    if (!str_eq(str_from(argv[0]), STR("alertmanager"))) {
        return cli_usage(command, "\"%s\" is not known; write alertmanager", argv[0]);
    }
    struct arena arena;
    arena_init(&arena);
    code = import_file(command, &arena, str_from(argv[1]));
    arena_release(&arena);
    return code;
}
