#include "app/cli/database.h"

#include "adapters/pg_migrate.h"
#include "app/secret_source.h"
#include "app/state_folder.h"
#include "app/state_place.h"

#include <stdio.h>
#include <unistd.h>

static int open_config(const struct cli_command *command, const char *path, struct database *d)
{
    struct problems problems;
    problems_init(&problems, &d->arena);
    if (!settings_file_read(path, &d->settings, &problems)) {
        fputs(problems.text.p, stderr);
        struct str count = problems_count(&problems);
        fprintf(stderr, "alertify %s: %.*s\n", command->name, STR_ARG(count));
        return CLI_FAILED;
    }
    d->pg.conninfo = d->settings.database.conninfo.p;
    d->pg.password = d->settings.database.password;
    for (size_t i = 0; i < d->settings.secret_key.n; i++) {
        d->masters[d->n_masters++] = d->settings.secret_key.v[i];
    }
    return CLI_GO;
}

static void free_secret(void *secret)
{
    secret_free(secret);
}

/* Few commands need it, so nothing is said when it is not there. */
static void read_secret(const char *state, struct database *d)
{
    struct err err = ERR_INIT;
    struct secret *secret;
    const char *warning;
    if (secret_from_file(&d->arena, str_from(state), STR("secret_key"), &secret, &warning, &err) ==
        OK) {
        arena_defer(&d->arena, free_secret, secret);
        d->masters[d->n_masters++] = secret;
    }
}

static int open_state(const struct cli_command *command, const char *state, struct database *d)
{
    struct err err = ERR_INIT;
    struct str conninfo;
    if (state_absolute(&d->arena, state, &state, &err) != OK ||
        state_place(&d->arena, state, false, &state, &err) != OK) {
        return cli_failed(command, &err);
    }
    if (access(state_path(&d->arena, state, "pg"), F_OK) != 0) {
        fprintf(stderr,
                "alertify %s: there is no database in %s; name one with --config, --database or "
                "--state, or make one with: alertify up\n",
                command->name, state);
        return CLI_FAILED;
    }
    read_secret(state, d);
    struct embedded_pg_settings embedded = {.state_dir = state};
    enum status status = embedded_pg_start(&embedded, &d->embedded, &err);
    if (status == OK) {
        d->pg.conninfo = embedded_pg_conninfo(d->embedded);
        return CLI_GO;
    }
    d->embedded = NULL;
    if (status == ERR_CONFLICT) { /* `alertify up` is running: use its server */
        err = ERR_INIT;
        if (state_read(&d->arena, state, "conninfo", &conninfo, &err) == OK) {
            d->pg.conninfo = conninfo.p;
            return CLI_GO;
        }
    }
    return cli_failed(command, &err);
}

int database_open(const struct cli_command *command, const struct database_choice *choice,
                  struct database *d)
{
    *d = (struct database){0};
    arena_init(&d->arena);
    arena_init(&d->settings.arena);
    int given = (choice->config != NULL) + (choice->conninfo != NULL) + (choice->state != NULL);
    if (given > 1) {
        return cli_usage(command, "only one of --config, --database and --state can be meant");
    }
    if (choice->config) {
        return open_config(command, choice->config, d);
    }
    if (choice->conninfo) {
        d->pg.conninfo = choice->conninfo;
        return CLI_GO;
    }
    return open_state(command, choice->state ? choice->state : STATE_FOLDER_DEFAULT, d);
}

void database_close(struct database *d)
{
    struct err err = ERR_INIT;
    if (d->embedded && embedded_pg_stop(d->embedded, &err) != OK) {
        fprintf(stderr, "alertify: stopping the private database: %s\n", err.detail);
    }
    process_settings_free(&d->settings);
    arena_release(&d->arena);
}

enum status database_store(const struct database *d, struct store **ret, struct err *err)
{
    enum pg_schema schema = PG_SCHEMA_OK;
    struct uuid nobody = {{0}};
    if (store_open(&d->pg, nobody, ret, err) != OK) {
        return err->code;
    }
    struct pg *pg = store_pg(*ret);
    enum status status = pg_ensure(pg, err);
    if (status == OK) {
        status = pg_schema_check(pg, migration_catalogue, &schema, err);
    }
    if (status == OK && schema != PG_SCHEMA_OK && schema != PG_SCHEMA_NEWER_COMPATIBLE) {
        status = err_set(err, ERR_CONFLICT, "the database's schema is %s for this alertify%s",
                         schema == PG_SCHEMA_TOO_OLD ? "too old" : "too new",
                         schema == PG_SCHEMA_TOO_OLD ? "; run: alertify migrate" : "");
    }
    if (status != OK) {
        store_close(*ret);
        *ret = NULL;
    }
    return status;
}
