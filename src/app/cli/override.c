/* alertify override — somebody else is on call for some time; kept in the database. */
#include "app/cli/database.h"
#include "app/state_folder.h"
#include "formats/rfc3339.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct wish {
    const char *schedule, *user, *from, *to, *reason;
    struct override_row row;
    long id;
};

static struct str who(void)
{
    const char *user = getenv("USER");
    return user && user[0] ? str_from(user) : STR("cli");
}

static int add(const struct cli_command *command, const struct wish *wish, struct store *store)
{
    struct arena arena;
    struct err err = ERR_INIT;
    int64_t id;
    arena_init(&arena);
    enum status status = store_override_add(store, &arena, &wish->row, who(), &id, &err);
    arena_release(&arena);
    if (status != OK) {
        return cli_failed(command, &err);
    }
    printf("override %lld: %s has %s from %s to %s\n", (long long)id, wish->user, wish->schedule,
           wish->from, wish->to);
    return CLI_OK;
}

static int list(const struct cli_command *command, struct store *store)
{
    struct arena arena;
    struct err err = ERR_INIT;
    struct override_row *rows;
    size_t n;
    int64_t now_at;
    int code = CLI_OK;
    arena_init(&arena);
    if (store_begin(store, &now_at, &err) != OK ||
        store_overrides(store, &arena, now_at, INT64_MAX / 4, &rows, &n, &err) != OK) {
        code = cli_failed(command, &err);
        n = 0;
    } else {
        printf("%-6s %-20s %-16s %-21s %-21s %s\n", "id", "schedule", "user", "from", "to",
               "reason");
    }
    store_rollback(store);
    for (size_t i = 0; i < n; i++) {
        char from[RFC3339_TEXT_MAX], to[RFC3339_TEXT_MAX];
        printf("%-6lld %-20.*s %-16.*s %-21s %-21s %.*s\n", (long long)rows[i].id,
               STR_ARG(rows[i].schedule), STR_ARG(rows[i].user),
               rfc3339_format(rows[i].from_at, RFC3339_S, from),
               rfc3339_format(rows[i].to_at, RFC3339_S, to), STR_ARG(rows[i].reason));
    }
    arena_release(&arena);
    return code;
}

static int remove_one(const struct cli_command *command, const struct wish *wish,
                      struct store *store)
{
    struct err err = ERR_INIT;
    if (store_override_remove(store, wish->id, who(), &err) != OK) {
        return cli_failed(command, &err);
    }
    printf("override %ld is removed\n", wish->id);
    return CLI_OK;
}

static int check_add(const struct cli_command *command, struct wish *wish)
{
    if (!wish->schedule || !wish->user || !wish->from || !wish->to) {
        return cli_usage(command, "add needs --schedule, --user, --from and --to");
    }
    wish->row = (struct override_row){.schedule = str_from(wish->schedule),
                                      .user = str_from(wish->user),
                                      .reason = str_from(wish->reason)};
    if (rfc3339_parse(str_from(wish->from), &wish->row.from_at, NULL) != OK ||
        rfc3339_parse(str_from(wish->to), &wish->row.to_at, NULL) != OK) {
        return cli_usage(command,
                         "--from and --to are times with their offset: 2026-12-31T12:00:00+03:00");
    }
    if (wish->row.to_at <= wish->row.from_at) {
        return cli_usage(command, "--to must be later than --from");
    }
    return CLI_GO;
}

/* Everything that can be wrong with the words, before a database is looked for. */
static int check_words(const struct cli_command *command, int argc, char **argv, struct wish *wish)
{
    bool is_remove = strcmp(argv[0], "remove") == 0, is_add = strcmp(argv[0], "add") == 0;
    if (!is_remove && !is_add && strcmp(argv[0], "list") != 0) {
        return cli_usage(command, "there is no \"override %s\"", argv[0]);
    }
    if (is_remove && (argc < 2 || !cli_number(argv[1], 1, LONG_MAX, &wish->id))) {
        return cli_usage(command, "which one? Its number is in: alertify override list");
    }
    if (!is_remove && argc > 1) {
        return cli_usage(command, "\"%s\" is one too many", argv[1]);
    }
    return is_add ? check_add(command, wish) : CLI_GO;
}

int cli_override(const struct cli_command *command, int argc, char **argv)
{
    struct database_choice choice = {0};
    struct wish wish = {0};
    const struct cli_option options[] = {
        {"schedule", "NAME", "add: of the routing files", &wish.schedule, NULL},
        {"user", "ID", "add: who is on call instead", &wish.user, NULL},
        {"from", "TIME", "add: since when, like 2026-12-31T12:00:00+03:00", &wish.from, NULL},
        {"to", "TIME", "add: until when", &wish.to, NULL},
        {"reason", "TEXT", "add: shown with it", &wish.reason, NULL},
        DATABASE_OPTIONS(choice),
        {0},
    };
    int code = cli_options(command, options, &argc, argv, 1, 2);
    if (code == CLI_GO) {
        code = check_words(command, argc, argv, &wish);
    }
    if (code != CLI_GO) {
        return code;
    }
    struct database database;
    code = database_open(command, &choice, &database);
    if (code == CLI_GO) {
        struct err err = ERR_INIT;
        struct store *store;
        if (database_store(&database, &store, &err) != OK) {
            code = cli_failed(command, &err);
        } else {
            code = strcmp(argv[0], "add") == 0    ? add(command, &wish, store)
                   : strcmp(argv[0], "list") == 0 ? list(command, store)
                                                  : remove_one(command, &wish, store);
            store_close(store);
        }
    }
    database_close(&database);
    return code;
}
