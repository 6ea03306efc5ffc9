/* alertify incidents export — an incident's story as a draft of its post-mortem. */
#include "app/cli/database.h"
#include "app/cli/export.h"
#include "app/cli/incident_named.h"
#include "app/state_folder.h"

#include <stdio.h>
#include <string.h>

enum { EVENTS_MAX = 10000, ALERTS_MAX = 1000, RUNS_MAX = 200 };

static enum status load(struct store *store, struct arena *arena, const char *name,
                        struct export_story *s, struct err *err)
{
    struct event_row *events;
    struct alert *alerts;
    struct run *runs;
    if (incident_named(store, arena, name, &s->incident, &s->config, err) != OK) {
        return err->code;
    }
    struct uuid incident = s->incident.id;
    if (store_timeline(store, arena, incident, EVENTS_MAX, &events, &s->n_events, err) != OK ||
        store_alerts(store, arena, incident, ALERTS_MAX, &alerts, &s->n_alerts, err) != OK ||
        store_runs_of(store, arena, incident, RUNS_MAX, &runs, &s->n_runs, err) != OK) {
        return err->code;
    }
    s->events = events;
    s->alerts = alerts;
    s->runs = runs;
    s->is_cut = s->n_events > 0 && events[0].seq > 1;
    s->facts = postmortem_of(arena, events, s->n_events);
    return OK;
}

static int export(const struct cli_command *command, struct store *store, const char *name,
                  bool is_json)
{
    struct arena arena;
    struct export_story story = {0};
    struct err err = ERR_INIT;
    int code = CLI_OK;
    arena_init(&arena);
    enum status status = load(store, &arena, name, &story, &err);
    if (status == ERR_NOT_FOUND) {
        fprintf(stderr, "alertify %s: there is no incident %s\n", command->name, name);
        code = CLI_FAILED;
    } else if (status != OK) {
        code = cli_failed(command, &err);
    } else {
        struct str text = is_json ? export_json(&arena, &story) : export_markdown(&arena, &story);
        printf("%.*s%s", STR_ARG(text), is_json ? "\n" : "");
    }
    arena_release(&arena);
    return code;
}

int cli_incidents(const struct cli_command *command, int argc, char **argv)
{
    struct database_choice choice = {0};
    struct database database;
    bool is_json = false;
    const struct cli_option options[] = {
        {"json", NULL, "as JSON instead of Markdown", NULL, &is_json},
        DATABASE_OPTIONS(choice),
        {0},
    };
    int code = cli_options(command, options, &argc, argv, 2, 2);
    if (code != CLI_GO) {
        return code;
    }
    if (strcmp(argv[0], "export") != 0) {
        return cli_usage(command, "there is no \"incidents %s\"", argv[0]);
    }
    code = incident_name_check(command, argv[1]);
    if (code != CLI_GO) {
        return code;
    }
    code = database_open(command, &choice, &database);
    if (code == CLI_GO) {
        struct err err = ERR_INIT;
        struct store *store;
        if (database_store(&database, &store, &err) != OK) {
            code = cli_failed(command, &err);
        } else {
            code = export(command, store, argv[1], is_json);
            store_close(store);
        }
    }
    database_close(&database);
    return code;
}
