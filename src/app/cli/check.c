#include "app/cli/cli.h"
#include "app/routes_load.h"
#include "app/secret_source.h"
#include "base/vec.h"

#include <stdio.h>

int cli_check(const struct cli_command *command, int argc, char **argv)
{
    bool shows_defaults = false;
    const struct cli_option options[] = {
        {.name = "show-defaults",
         .help = "print what holds where the files say nothing",
         .flag = &shows_defaults},
        {0},
    };
    int code = cli_options(command, options, &argc, argv, 1, ROUTES_FILES_MAX);
    if (code != CLI_GO) {
        return code;
    }
    struct arena arena;
    arena_init(&arena);
    struct problems problems;
    problems_init(&problems, &arena);
    if (shows_defaults) {
        struct str defaults = routes_defaults(&arena);
        fwrite(defaults.p, 1, defaults.n, stdout);
    }
    VEC(struct str) paths = {0};
    for (int i = 0; i < argc; i++) {
        VEC_PUSH(&arena, &paths, str_from(argv[i]));
    }
    struct routes_result result;
    struct routes_loaded loaded;
    bool is_clean =
        routes_load(&arena, (struct setting_texts){paths.v, paths.n}, &problems, &result, &loaded);
    fputs(problems.text.p, stdout);
    struct str count = problems_count(&problems);
    if (is_clean) {
        printf("%.*s; %zu receivers, %zu sources\n", STR_ARG(count), result.settings->n_receivers,
               result.settings->n_sources);
        routes_release(&result);
    } else {
        printf("%.*s; nothing was changed\n", STR_ARG(count));
    }
    arena_release(&arena);
    return is_clean ? CLI_OK : CLI_FAILED;
}
