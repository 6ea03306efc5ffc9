#include "app/cli/feed_url.h"

#include "app/state_folder.h"
#include "flows/duty_feed.h"

#include <stdio.h>

static int print_path(const struct secret *master, struct str base, const char *schedule,
                      const char *user)
{
    struct arena arena;
    arena_init(&arena);
    while (str_ends_with(base, STR("/"))) {
        base.n--;
    }
    struct str path = feed_path(&arena, master, schedule ? STR("schedule") : STR("user"),
                                str_from(schedule ? schedule : user));
    printf("%.*s%.*s\n", STR_ARG(base), STR_ARG(path));
    arena_release(&arena);
    return CLI_OK;
}

static int from_config(const struct cli_command *command, const char *path, const char *schedule,
                       const char *user)
{
    struct process_settings settings = {0};
    struct problems problems;
    struct arena arena;
    int code = CLI_FAILED;
    arena_init(&arena);
    arena_init(&settings.arena);
    problems_init(&problems, &arena);
    if (!settings_file_read(path, &settings, &problems)) {
        fputs(problems.text.p, stderr);
    } else if (settings.secret_key.n == 0) {
        fprintf(stderr, "alertify %s: %s has no secret_key\n", command->name, path);
    } else {
        code = print_path(settings.secret_key.v[0], settings.external_url, schedule, user);
    }
    process_settings_free(&settings);
    arena_release(&arena);
    return code;
}

static int from_state(const struct cli_command *command, const char *state, const char *schedule,
                      const char *user)
{
    struct arena arena;
    struct secret *master;
    struct str base = STR_EMPTY;
    struct err err = ERR_INIT;
    int code;
    arena_init(&arena);
    if (state_absolute(&arena, state, &state, &err) != OK ||
        state_secret_key(&arena, state, &master, &err) != OK) {
        code = cli_failed(command, &err);
    } else {
        struct err unused = ERR_INIT;
        (void)!state_read(&arena, state, "url", &base, &unused); /* not running: only the path */
        code = print_path(master, base, schedule, user);
        secret_free(master);
    }
    arena_release(&arena);
    return code;
}

int feed_url_print(const struct cli_command *command, const struct database_choice *choice,
                   const char *schedule, const char *user)
{
    if ((schedule != NULL) == (user != NULL)) {
        return cli_usage(command, "a feed is of one --schedule or of one --user");
    }
    if (choice->config) {
        return from_config(command, choice->config, schedule, user);
    }
    return from_state(command, choice->state ? choice->state : STATE_FOLDER_DEFAULT, schedule,
                      user);
}
