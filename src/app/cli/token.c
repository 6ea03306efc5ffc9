#include "app/cli/database.h"
#include "app/state_folder.h"
#include "base/digest.h"
#include "base/entropy.h"
#include "formats/base64.h"
#include "formats/rfc3339.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOKEN_RANDOM_BYTES = 32, DAYS_MAX = 3650, DAYS_DEFAULT = 365 };

struct wish {
    const char *role, *name, *days;
};

/* "alr_" and 32 random bytes: long enough that a plain hash protects it at rest. */
static struct str make_token(struct arena *arena)
{
    uint8_t random[TOKEN_RANDOM_BYTES];
    entropy_fill(random, sizeof(random));
    struct str body = base64url_encode(arena, (struct str){(const char *)random, sizeof(random)});
    struct strbuf text;
    strbuf_init(&text, arena, 128);
    strbuf_printf(&text, "alr_%.*s", STR_ARG(body));
    return strbuf_str(&text);
}

static int create(const struct cli_command *command, const struct wish *wish, struct store *store)
{
    enum role role;
    long days = DAYS_DEFAULT;
    CHECK(role_from_name(str_from(wish->role), &role));
    if (wish->days) {
        CHECK(cli_number(wish->days, 0, DAYS_MAX, &days));
    }
    struct arena arena;
    arena_init(&arena);
    struct str token = make_token(&arena);
    uint8_t hash[API_TOKEN_HASH];
    struct digest digest;
    digest_init(&digest, sizeof(hash));
    digest_add(&digest, token);
    digest_end(&digest, hash);
    struct err err = ERR_INIT;
    struct api_token made;
    const char *user = getenv("USER");
    struct str name = str_from(wish->name ? wish->name : user && user[0] ? user : wish->role);
    int code = CLI_OK;
    if (store_token_create(store, &arena, name, role, hash, days * US_PER_DAY, &made, &err) != OK) {
        code = cli_failed(command, &err);
    } else {
        fprintf(stderr, "token %lld for role %s (%.*s); it is shown only now:\n",
                (long long)made.id, wish->role, STR_ARG(made.name));
        printf("%.*s\n", STR_ARG(token));
    }
    arena_release(&arena);
    return code;
}

static int list(const struct cli_command *command, struct store *store)
{
    struct arena arena;
    arena_init(&arena);
    struct err err = ERR_INIT;
    struct api_token *tokens;
    size_t n;
    int code = CLI_OK;
    if (store_token_list(store, &arena, &tokens, &n, &err) != OK) {
        code = cli_failed(command, &err);
        n = 0;
    } else {
        printf("%-6s %-9s %-21s %-21s %-8s %s\n", "id", "role", "created", "expires", "state",
               "name");
    }
    for (size_t i = 0; i < n; i++) {
        char created[RFC3339_TEXT_MAX], expires[RFC3339_TEXT_MAX] = "never";
        rfc3339_format(tokens[i].created_at, RFC3339_S, created);
        if (tokens[i].expires_at != AT_NONE) {
            rfc3339_format(tokens[i].expires_at, RFC3339_S, expires);
        }
        printf("%-6lld %-9s %-21s %-21s %-8s %.*s\n", (long long)tokens[i].id,
               role_name(tokens[i].role), created, expires,
               tokens[i].is_revoked ? "revoked" : "valid", STR_ARG(tokens[i].name));
    }
    arena_release(&arena);
    return code;
}

static int revoke(const struct cli_command *command, const char *id, struct store *store)
{
    long number;
    struct err err = ERR_INIT;
    CHECK(cli_number(id, 1, LONG_MAX, &number));
    if (store_token_revoke(store, number, &err) != OK) {
        if (err.code == ERR_NOT_FOUND) {
            fprintf(stderr, "alertify token: there is no valid token %s\n", id);
            return CLI_FAILED;
        }
        return cli_failed(command, &err);
    }
    printf("token %s is revoked\n", id);
    return CLI_OK;
}

/* Everything that can be wrong with the words, before a database is looked for. */
static int check_words(const struct cli_command *command, int argc, char **argv,
                       const struct wish *wish)
{
    enum role role;
    long number;
    bool is_create = strcmp(argv[0], "create") == 0, is_revoke = strcmp(argv[0], "revoke") == 0;
    if (!is_create && !is_revoke && strcmp(argv[0], "list") != 0) {
        return cli_usage(command, "there is no \"token %s\"", argv[0]);
    }
    if (is_revoke && (argc < 2 || !cli_number(argv[1], 1, LONG_MAX, &number))) {
        return cli_usage(command, "which one? Its number is in: alertify token list");
    }
    if (!is_revoke && argc > 1) {
        return cli_usage(command, "\"%s\" is one too many", argv[1]);
    }
    if (!is_create) {
        return CLI_GO;
    }
    if (!wish->role || !role_from_name(str_from(wish->role), &role) || role == ROLE_NONE) {
        return cli_usage(command, "--role is user, engineer or admin");
    }
    if (wish->days && !cli_number(wish->days, 0, DAYS_MAX, &number)) {
        return cli_usage(command, "--days is a number up to %d; 0: for ever", DAYS_MAX);
    }
    return CLI_GO;
}

int cli_token(const struct cli_command *command, int argc, char **argv)
{
    struct database_choice choice = {0};
    struct wish wish = {0};
    const struct cli_option options[] = {
        {"role", "ROLE", "create: user (read), engineer (act), admin (everything)", &wish.role,
         NULL},
        {"name", "NAME", "create: who or what it is for; shown on timelines", &wish.name, NULL},
        {"days", "N", "create: how long it is valid (default 365; 0: for ever)", &wish.days, NULL},
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
            code = strcmp(argv[0], "create") == 0 ? create(command, &wish, store)
                   : strcmp(argv[0], "list") == 0 ? list(command, store)
                                                  : revoke(command, argv[1], store);
            store_close(store);
        }
    }
    database_close(&database);
    return code;
}
