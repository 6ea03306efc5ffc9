#include "app/cli/config_plan.h"
#include "app/cli/config_rollback.h"
#include "app/cli/database.h"
#include "app/state_folder.h"
#include "flows/incident_json.h"
#include "formats/rfc3339.h"

#include <stdio.h>
#include <string.h>

enum { HISTORY_MAX = 1000, ANSWER_MAX = 16 << 20, HASH_SHOWN = 12, HASH_LEAST = 4 };

struct call {
    const struct cli_command *command;
    struct store *store;
    struct arena *arena;
    const char *words[2]; /* behind the verb: hashes, or a path */
    int n_words;
    bool is_json;
    struct rollback_wish rollback;
    struct plan_wish plan;
};

static void print_json(struct arena *arena, const struct config_row *rows, size_t n)
{
    struct strbuf out;
    struct json_writer json;
    strbuf_init(&out, arena, ANSWER_MAX);
    json_begin(&json, &out);
    json_begin_array(&json);
    for (size_t i = 0; i < n; i++) {
        json_begin_object(&json);
        json_put_str(&json, "hash", rows[i].hash);
        json_put_time(&json, "loaded_at", rows[i].loaded_at);
        json_put_str(&json, "loaded_by", rows[i].loaded_by);
        json_put_int(&json, "bytes", rows[i].bytes);
        json_put_int(&json, "incidents", rows[i].incidents);
        json_put_bool(&json, "is_current", i == 0);
        json_end_object(&json);
    }
    json_end_array(&json);
    json_end(&json);
    printf("%.*s\n", STR_ARG(strbuf_str(&out)));
}

static int history(struct call *c)
{
    struct config_row *rows;
    size_t n;
    struct err err = ERR_INIT;
    if (store_config_list(c->store, c->arena, HISTORY_MAX, &rows, &n, &err) != OK) {
        return cli_failed(c->command, &err);
    }
    if (c->is_json) {
        print_json(c->arena, rows, n);
        return CLI_OK;
    }
    printf("  %-12s  %-20s  %9s  %s\n", "hash", "loaded", "incidents", "by");
    for (size_t i = 0; i < n; i++) {
        char at[RFC3339_TEXT_MAX];
        struct str hash = str_slice(rows[i].hash, 0, HASH_SHOWN);
        printf("%s %.*s  %-20s  %9lld  %.*s\n", i == 0 ? "*" : " ", STR_ARG(hash),
               rfc3339_format(rows[i].loaded_at, RFC3339_S, at), (long long)rows[i].incidents,
               STR_ARG(rows[i].loaded_by));
    }
    return CLI_OK;
}

static int load(struct call *c, struct str prefix, struct config_row *ret)
{
    struct err err = ERR_INIT;
    return store_config_load(c->store, c->arena, prefix, ret, &err) == OK
               ? CLI_GO
               : cli_failed(c->command, &err);
}

static int show(struct call *c)
{
    struct config_row row;
    int code = load(c, str_from(c->words[0]), &row);
    if (code == CLI_GO) {
        fwrite(row.source.p, 1, row.source.n, stdout);
        code = CLI_OK;
    }
    return code;
}

/* Without hashes: the one before, and the one in force. With one: that, and the one in force. */
static int diff(struct call *c)
{
    struct config_row *rows, before, after;
    size_t n;
    struct err err = ERR_INIT;
    if (store_config_list(c->store, c->arena, 2, &rows, &n, &err) != OK) {
        return cli_failed(c->command, &err);
    }
    if (n < 2 && c->n_words == 0) {
        puts("there was only one configuration yet");
        return CLI_OK;
    }
    struct str from = c->n_words > 0 ? str_from(c->words[0]) : rows[1].hash;
    struct str to = c->n_words > 1 ? str_from(c->words[1]) : n > 0 ? rows[0].hash : from;
    int code = load(c, from, &before);
    if (code == CLI_GO) {
        code = load(c, to, &after);
    }
    if (code == CLI_GO) {
        if (!config_print_diff(c->arena, &before, &after)) {
            puts("no difference");
        }
        code = CLI_OK;
    }
    return code;
}

static int rollback(struct call *c)
{
    struct config_row row;
    int code = load(c, str_from(c->words[0]), &row);
    return code == CLI_GO ? config_rollback(c->command, &row, &c->rollback) : code;
}

static int plan(struct call *c)
{
    c->plan.is_json = c->is_json;
    return config_plan(c->command, c->store, c->words[0], &c->plan);
}

static const struct verb {
    const char *name;
    int least, most; /* words behind it */
    bool is_path;    /* they are paths, not hashes */
    int (*run)(struct call *);
} verbs[] = {
    {"history", 0, 0, false, history},   {"show", 1, 1, false, show}, {"diff", 0, 2, false, diff},
    {"rollback", 1, 1, false, rollback}, {"plan", 1, 1, true, plan},  {0},
};

static bool is_hash(const char *text)
{
    size_t n = strspn(text, "0123456789abcdef");
    return text[n] == '\0' && n >= HASH_LEAST && n <= HASH_HEX;
}

static int check_words(const struct cli_command *command, int argc, char **argv,
                       const struct verb **ret)
{
    const struct verb *verb = verbs;
    while (verb->name && strcmp(verb->name, argv[0]) != 0) {
        verb++;
    }
    if (!verb->name) {
        return cli_usage(command, "there is no \"config %s\"", argv[0]);
    }
    if (argc - 1 < verb->least) {
        return verb->is_path
                   ? cli_usage(command, "which files? Name a routing file or folder")
                   : cli_usage(command, "which one? Its hash is in: alertify config history");
    }
    if (argc - 1 > verb->most) {
        return cli_usage(command, "\"%s\" is one too many", argv[1 + verb->most]);
    }
    for (int i = 1; i < argc; i++) {
        if (!verb->is_path && !is_hash(argv[i])) {
            return cli_usage(command, "\"%s\" is not a hash, nor %d or more letters of one",
                             argv[i], HASH_LEAST);
        }
    }
    *ret = verb;
    return CLI_GO;
}

int cli_config(const struct cli_command *command, int argc, char **argv)
{
    struct database_choice choice = {0};
    struct database database;
    struct call call = {.command = command};
    const struct verb *verb = NULL;
    const struct cli_option options[] = {
        {"json", NULL, "history, plan: as JSON", NULL, &call.is_json},
        {"to", "FOLDER|FILE", "rollback: write there (default: where the files were read)",
         &call.rollback.to, NULL},
        {"yes", NULL, "rollback: write; without it the change is only shown", NULL,
         &call.rollback.is_sure},
        {"since", "LENGTH|TIME", "plan: replay webhooks from then on (default: 30d)",
         &call.plan.since, NULL},
        {"until", "TIME", "plan: and until then (default: now)", &call.plan.until, NULL},
        {"against", "FILE", "plan: compare with these files instead of what is in force",
         &call.plan.against, NULL},
        {"pages", NULL, "plan: list every page of the new configuration", NULL,
         &call.plan.shows_pages},
        {"fail-on", "WORDS",
         "plan: exit with 1 on any of lost,unrouted,nobody,more=PERCENT,any (comma separated)",
         &call.plan.fail_on, NULL},
        DATABASE_OPTIONS(choice),
        {0},
    };
    int code = cli_options(command, options, &argc, argv, 1, 3);
    if (code == CLI_GO) {
        code = check_words(command, argc, argv, &verb);
    }
    if (code != CLI_GO) {
        return code;
    }
    for (int i = 1; i < argc; i++) {
        call.words[call.n_words++] = argv[i];
    }
    code = database_open(command, &choice, &database);
    if (code == CLI_GO) {
        struct err err = ERR_INIT;
        call.arena = &database.arena;
        if (database_store(&database, &call.store, &err) != OK) {
            code = cli_failed(command, &err);
        } else {
            code = verb->run(&call);
            store_close(call.store);
        }
    }
    database_close(&database);
    return code;
}
