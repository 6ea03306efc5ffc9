/* alertify silence — alerts that fit some matchers page nobody for some time. */
#include "domain/silence.h"
#include "app/cli/database.h"
#include "app/cli/terminal.h"
#include "app/routes_load.h"
#include "app/state_folder.h"
#include "base/entropy.h"
#include "formats/duration.h"
#include "formats/rfc3339.h"
#include "ports/store_silences.h"
#include "wire/matcher_syntax.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = 64 * 1024 };

struct wish {
    const struct cli_command *command;
    const char *start, *end, *length, *during, *comment;
    bool has_expired;
    struct arena arena;
    struct silence silence; /* to add */
    int64_t length_us;
    struct uuid id;
};

static struct str who(void)
{
    const char *user = getenv("USER");
    return user && user[0] ? str_from(user) : STR("cli");
}

static enum status now_of(struct store *store, int64_t *ret, struct err *err)
{
    if (store_begin(store, ret, err) != OK) {
        return err->code;
    }
    store_rollback(store);
    return OK;
}

/* --- add -------------------------------------------------------------------------------------- */

static int read_matchers(struct wish *w, int argc, char **argv)
{
    struct strbuf text;
    struct err err = ERR_INIT;
    strbuf_init(&text, &w->arena, LINE_MAX_BYTES);
    for (int i = 0; i < argc; i++) {
        strbuf_printf(&text, "%s%s", i > 0 ? "," : "", argv[i]);
    }
    if (argc == 0) {
        return cli_usage(w->command, "which alerts? silence add alertname=DiskFull 'host=~db.*' …");
    }
    return matchers_parse(&w->arena, MATCHER_FALLBACK, strbuf_str(&text), &w->silence.matchers,
                          &err) == OK
               ? CLI_GO
               : cli_usage(w->command, "%s", err.detail);
}

static int read_times(struct wish *w)
{
    w->silence.starts_at = AT_NONE;
    if ((w->end != NULL) == (w->length != NULL)) {
        return cli_usage(w->command, "until when? --for 2h, or --end TIME");
    }
    if ((w->start && rfc3339_parse(str_from(w->start), &w->silence.starts_at, NULL) != OK) ||
        (w->end && rfc3339_parse(str_from(w->end), &w->silence.ends_at, NULL) != OK)) {
        return cli_usage(
            w->command, "--start and --end are times with their offset: 2026-12-31T12:00:00+03:00");
    }
    return !w->length || duration_parse(str_from(w->length), &w->length_us, NULL) == OK
               ? CLI_GO
               : cli_usage(w->command, "--for is a length of time such as 2h");
}

/* What can be wrong with the words, before a database is looked for. */
static int check_add(struct wish *w, int argc, char **argv)
{
    if (!w->comment) {
        return cli_usage(w->command, "why? --comment TEXT");
    }
    w->silence.comment = str_from(w->comment);
    int code = read_times(w);
    return code == CLI_GO ? read_matchers(w, argc, argv) : code;
}

/* A name that nobody knows would keep nothing quiet. */
static int check_during(struct wish *w, struct store *store)
{
    struct config_row *newest, config;
    struct routes_result routes;
    struct problems problems;
    struct err err = ERR_INIT;
    size_t n;
    if (!w->during) {
        return CLI_GO;
    }
    problems_init(&problems, &w->arena);
    if (store_config_list(store, &w->arena, 1, &newest, &n, &err) != OK ||
        (n > 0 && store_config_load(store, &w->arena, newest[0].hash, &config, &err) != OK)) {
        return cli_failed(w->command, &err);
    }
    if (n == 0 || !routes_load_stored(&w->arena, config.source, &problems, &routes)) {
        fprintf(stderr, "alertify %s: no configuration is in force here that could have \"%s\"\n",
                w->command->name, w->during);
        return CLI_FAILED;
    }
    bool is_known = settings_interval(routes.settings, str_from(w->during)) != NULL;
    routes_release(&routes);
    return is_known ? CLI_GO
                    : cli_usage(w->command,
                                "there is no time interval \"%s\" in the routing files in force",
                                w->during);
}

static int add(struct wish *w, struct store *store)
{
    struct err err = ERR_INIT;
    struct silence *s = &w->silence;
    uint8_t random[10];
    char id[UUID_TEXT + 1];
    int64_t now_at;
    if (now_of(store, &now_at, &err) != OK) {
        return cli_failed(w->command, &err);
    }
    s->starts_at = s->starts_at == AT_NONE || s->starts_at < now_at ? now_at : s->starts_at;
    s->ends_at = w->length ? s->starts_at + w->length_us : s->ends_at;
    const char *flaw = silence_flaw(s, now_at);
    int code = flaw ? cli_usage(w->command, "%s", flaw) : check_during(w, store);
    if (code != CLI_GO) {
        return code;
    }
    entropy_fill(random, sizeof(random));
    const struct silence_row row = {.id = uuid_v7(now_at, random),
                                    .matchers = matchers_format(&w->arena, s->matchers),
                                    .starts_at = s->starts_at > now_at ? s->starts_at : AT_NONE,
                                    .ends_at = s->ends_at,
                                    .during = str_from(w->during),
                                    .comment = s->comment,
                                    .created_by = who()};
    if (store_silence_add(store, &row, &err) != OK) {
        return cli_failed(w->command, &err);
    }
    puts(uuid_format(row.id, id));
    return CLI_OK;
}

/* --- list and end ----------------------------------------------------------------------------- */

static int list(struct wish *w, struct store *store)
{
    struct silence_row *rows;
    size_t n;
    int64_t now_at;
    struct err err = ERR_INIT;
    if (now_of(store, &now_at, &err) != OK ||
        store_silences(store, &w->arena, w->has_expired ? now_at - 5 * US_PER_DAY : now_at,
                       INT64_MAX / 4, &rows, &n, &err) != OK) {
        return cli_failed(w->command, &err);
    }
    printf("%-36s  %-8s  %-20s  %-20s  %-12s  %s\n", "id", "state", "from", "to", "by",
           "matchers: comment");
    for (size_t i = 0; i < n; i++) {
        const struct silence_row *row = &rows[i];
        char id[UUID_TEXT + 1], from[RFC3339_TEXT_MAX], to[RFC3339_TEXT_MAX];
        struct str line =
            str_printf(&w->arena, "%-36s  %-8s  %-20s  %-20s  %-12.*s  %.*s%s%.*s: %.*s",
                       uuid_format(row->id, id),
                       row->starts_at > now_at ? "pending"
                       : row->ends_at > now_at ? "active"
                                               : "expired",
                       rfc3339_format(row->starts_at, RFC3339_S, from),
                       rfc3339_format(row->ends_at, RFC3339_S, to), STR_ARG(row->created_by),
                       STR_ARG(row->matchers), row->during.n > 0 ? " during " : "",
                       STR_ARG(row->during), STR_ARG(row->comment));
        line = terminal_clean(&w->arena, line, false);
        printf("%.*s\n", STR_ARG(line));
    }
    return CLI_OK;
}

static int end(struct wish *w, struct store *store)
{
    struct err err = ERR_INIT;
    char id[UUID_TEXT + 1];
    if (store_silence_end(store, w->id, who(), &err) != OK) {
        return cli_failed(w->command, &err);
    }
    printf("silence %s is over\n", uuid_format(w->id, id));
    return CLI_OK;
}

/* --- the command ------------------------------------------------------------------------------ */

static int check_words(struct wish *w, int argc, char **argv)
{
    if (strcmp(argv[0], "add") == 0) {
        return check_add(w, argc - 1, argv + 1);
    }
    if (strcmp(argv[0], "end") == 0) {
        return argc == 2 && uuid_parse(str_from(argv[1]), &w->id)
                   ? CLI_GO
                   : cli_usage(w->command, "which one? Its id is in: alertify silence list");
    }
    if (strcmp(argv[0], "list") != 0) {
        return cli_usage(w->command, "there is no \"silence %s\"", argv[0]);
    }
    return argc == 1 ? CLI_GO : cli_usage(w->command, "\"%s\" is one too many", argv[1]);
}

static int run(struct wish *w, const struct database_choice *choice, const char *verb)
{
    struct database database;
    struct err err = ERR_INIT;
    struct store *store;
    int code = database_open(w->command, choice, &database);
    if (code == CLI_GO && database_store(&database, &store, &err) != OK) {
        code = cli_failed(w->command, &err);
    } else if (code == CLI_GO) {
        code = strcmp(verb, "add") == 0    ? add(w, store)
               : strcmp(verb, "list") == 0 ? list(w, store)
                                           : end(w, store);
        store_close(store);
    }
    database_close(&database);
    return code;
}

int cli_silence(const struct cli_command *command, int argc, char **argv)
{
    struct database_choice choice = {0};
    struct wish wish = {.command = command};
    const struct cli_option options[] = {
        {"for", "LENGTH", "add: for so long, like 2h", &wish.length, NULL},
        {"start", "TIME", "add: since when, like 2026-12-31T12:00:00+03:00 (default: now)",
         &wish.start, NULL},
        {"end", "TIME", "add: until when", &wish.end, NULL},
        {"during", "NAME", "add: only within this time interval of the routing files", &wish.during,
         NULL},
        {"comment", "TEXT", "add: why; timelines show it", &wish.comment, NULL},
        {"expired", NULL, "list: those of the last five days, too", NULL, &wish.has_expired},
        DATABASE_OPTIONS(choice),
        {0},
    };
    int code = cli_options(command, options, &argc, argv, 1, INT_MAX);
    if (code != CLI_GO) {
        return code;
    }
    arena_init(&wish.arena);
    code = check_words(&wish, argc, argv);
    if (code == CLI_GO) {
        code = run(&wish, &choice, argv[0]);
    }
    arena_release(&wish.arena);
    return code;
}
