/* alertify why — what happened to an incident, entry by entry, and for what reason; or why a person
 * was, or was not, paged at a moment. */
#include "app/cli/database.h"
#include "app/cli/incident_named.h"
#include "app/cli/terminal.h"
#include "app/cli/why_person.h"
#include "app/cli/why_text.h"
#include "app/state_folder.h"
#include "flows/incident_json.h"
#include "formats/rfc3339.h"

#include <stdio.h>

enum { EVENTS_MAX = 10000, ANSWER_MAX = 64 << 20, LINE_MAX_BYTES = 1 << 20, HASH_SHOWN = 12 };

struct story {
    struct incident incident;
    struct config_row config; /* no hash: not known any more */
    struct event_row *events;
    size_t n_events;
};

static enum status load(struct store *store, struct arena *arena, const char *name,
                        struct story *story, struct err *err)
{
    if (incident_named(store, arena, name, &story->incident, &story->config, err) != OK) {
        return err->code;
    }
    return store_timeline(store, arena, story->incident.id, EVENTS_MAX, &story->events,
                          &story->n_events, err);
}

static void print_json(struct arena *arena, const struct story *story)
{
    struct strbuf out;
    struct json_writer json;
    strbuf_init(&out, arena, ANSWER_MAX);
    json_begin(&json, &out);
    json_begin_object(&json);
    json_key(&json, STR("incident"));
    json_begin_object(&json);
    incident_json_members(&json, &story->incident);
    json_end_object(&json);
    json_put_str(&json, "config", story->incident.config_hash);
    json_key(&json, STR("timeline"));
    json_begin_array(&json);
    for (size_t i = 0; i < story->n_events; i++) {
        const struct event_row *event = &story->events[i];
        json_begin_object(&json);
        json_put_int(&json, "seq", event->seq);
        json_put_time(&json, "at", event->at);
        json_put_str(&json, "kind", event->kind);
        json_put_str(&json, "actor", event->actor);
        json_put_raw(&json, "facts", event->facts);
        json_put_str(&json, "text", why_text(arena, event));
        json_end_object(&json);
    }
    json_end_array(&json);
    json_end_object(&json);
    json_end(&json);
    printf("%.*s\n", STR_ARG(strbuf_str(&out)));
}

static void print_clean(struct arena *arena, struct str text)
{
    struct str line = terminal_clean(arena, text, false);
    printf("%.*s\n", STR_ARG(line));
}

static void print_head(struct arena *arena, const struct incident *incident)
{
    struct strbuf line;
    strbuf_init(&line, arena, LINE_MAX_BYTES);
    strbuf_printf(&line, "incident %lld: %.*s", (long long)incident->number,
                  STR_ARG(incident->title));
    print_clean(arena, strbuf_str(&line));
    strbuf_clear(&line);
    strbuf_printf(&line, "  %s; severity %.*s; receiver %.*s; cycle %d; %lld of %lld alerts firing",
                  incident_state_name(incident->state), STR_ARG(incident->severity),
                  STR_ARG(incident->receiver), incident->cycle, (long long)incident->firing,
                  (long long)incident->total);
    print_clean(arena, strbuf_str(&line));
    strbuf_clear(&line);
    for (size_t i = 0; i < incident->group_labels.n; i++) {
        const struct label *label = &incident->group_labels.v[i];
        strbuf_printf(&line, "%s%.*s=\"%.*s\"", i ? ", " : "  grouped by: ", STR_ARG(label->name),
                      STR_ARG(label->value));
    }
    if (incident->group_labels.n > 0) {
        print_clean(arena, strbuf_str(&line));
    }
}

static void print_story(struct arena *arena, const struct story *story)
{
    const struct incident *incident = &story->incident;
    char at[RFC3339_TEXT_MAX], loaded[RFC3339_TEXT_MAX];
    print_head(arena, incident);
    printf("  configuration %.*s", STR_ARG(str_slice(incident->config_hash, 0, HASH_SHOWN)));
    if (story->config.hash.n > 0) {
        printf(", loaded %s by %.*s", rfc3339_format(story->config.loaded_at, RFC3339_S, loaded),
               STR_ARG(story->config.loaded_by));
    }
    printf("\n\n");
    for (size_t i = 0; i < story->n_events; i++) {
        int64_t since_s = (story->events[i].at - story->events[0].at) / US_PER_S;
        printf("%s %+7llds  ", rfc3339_format(story->events[i].at, RFC3339_S, at),
               (long long)since_s);
        print_clean(arena, why_text(arena, &story->events[i]));
    }
    if (incident->state == INCIDENT_OPEN && incident->wake_at != AT_NONE) {
        printf("\nthe escalation goes on at %s\n",
               rfc3339_format(incident->wake_at, RFC3339_S, at));
    }
}

static int tell(const struct cli_command *command, struct store *store, const char *name,
                bool is_json)
{
    struct arena arena;
    struct story story;
    struct err err = ERR_INIT;
    int code = CLI_OK;
    arena_init(&arena);
    enum status status = load(store, &arena, name, &story, &err);
    if (status == ERR_NOT_FOUND) {
        fprintf(stderr, "alertify %s: there is no incident %s\n", command->name, name);
        code = CLI_FAILED;
    } else if (status != OK) {
        code = cli_failed(command, &err);
    } else if (is_json) {
        print_json(&arena, &story);
    } else {
        print_story(&arena, &story);
    }
    arena_release(&arena);
    return code;
}

int cli_why(const struct cli_command *command, int argc, char **argv)
{
    struct database_choice choice = {0};
    struct database database;
    struct person_wish wish = {0};
    const struct cli_option options[] = {
        {"user", "ID", "instead of an incident: why this person was, or was not, paged", &wish.user,
         NULL},
        {"at", "TIME", "with --user: at this moment (default: now)", &wish.at, NULL},
        {"json", NULL, "as JSON", NULL, &wish.is_json},
        DATABASE_OPTIONS(choice),
        {0},
    };
    int code = cli_options(command, options, &argc, argv, 0, 1);
    if (code != CLI_GO) {
        return code;
    }
    if ((argc == 1) == (wish.user != NULL) || (wish.at && !wish.user)) {
        return cli_usage(command, "name an incident, or --user ID with or without --at TIME");
    }
    code = argc == 1 ? incident_name_check(command, argv[0]) : CLI_GO;
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
            code = wish.user ? why_person(command, store, &wish)
                             : tell(command, store, argv[0], wish.is_json);
            store_close(store);
        }
    }
    database_close(&database);
    return code;
}
