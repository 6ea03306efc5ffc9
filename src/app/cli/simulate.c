/* alertify simulate — who is told of an alert with these labels, when and by what, until its
 * escalation ends; from the routing files alone. */
#include "app/cli/cli.h"
#include "app/cli/preview.h"
#include "app/cli/terminal.h"
#include "app/cli/words.h"
#include "app/routes_load.h"
#include "flows/simulation.h"
#include "formats/json_write.h"
#include "formats/rfc3339.h"
#include "wire/matcher_syntax.h"
#include "wire/zone_text.h"

#include <limits.h>
#include <stdio.h>
#include <time.h>

enum { OUTPUT_MAX = 64 << 20 };

struct request {
    const struct cli_command *command;
    const char *file, *at_text;
    bool as_json;
    struct arena arena;
    const struct settings *settings;
    struct labels labels;
    int64_t at;
    struct strbuf out;
};

static int64_t machine_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * US_PER_S;
}

/* --- the message ---------------------------------------------------------------------------- */

/* What the one who is told first reads; NULL: nobody is told. */
static struct str first_words(struct request *r, const struct simulated_incident *incident)
{
    struct alert alert = {.labels = r->labels,
                          .status = ALERT_FIRING,
                          .starts_at = r->at,
                          .ends_at = AT_NONE,
                          .generator_url = STR_EMPTY};
    struct message m = {.kind = NOTICE_PAGE,
                        .id = STR("1"),
                        .incident_number = 1,
                        .incident_id = STR_EMPTY,
                        .title = incident->title,
                        .severity = incident->severity,
                        .service = labels_get(r->labels, STR("service")),
                        .state = STR("open"),
                        .receiver = incident->receiver->name,
                        .group_labels = incident->group,
                        .cycle = 1,
                        .round = 1,
                        .step = 1,
                        .firing = 1,
                        .total = 1,
                        .opened_at = r->at,
                        .now_at = r->at + incident->told_after_us,
                        .acked_at = AT_NONE,
                        .snoozed_until = AT_NONE,
                        .resolved_at = AT_NONE,
                        .alerts = {&alert, 1},
                        .external_url = r->settings->external_url};
    struct speech speech;
    if (!incident->first) {
        return (struct str){NULL, 0};
    }
    m.to = *incident->first;
    preview_links(&r->arena, &m);
    speech_init(&speech, r->settings->channels.templates, &m, &r->arena);
    struct str words = preview_words(&speech);
    if (speech.complaint.n > 0) {
        fprintf(stderr, "alertify simulate: %.*s\n", STR_ARG(speech.complaint));
    }
    return words;
}

/* --- for people ----------------------------------------------------------------------------- */

static void print_when(struct request *r)
{
    const struct zone *zone = r->settings->zone;
    struct calendar_time t = zone->civil_of(zone, r->at);
    char offset[ZONE_OFFSET_TEXT];
    strbuf_printf(&r->out, "at %04d-%02d-%02d %02d:%02d:%02d %s\n", t.date.year, t.date.month,
                  t.date.day, t.hour, t.minute, t.second, zone_format_offset(zone, r->at, offset));
}

static void print_incident(struct request *r, const struct simulated_incident *incident)
{
    struct str matchers = incident->route->matchers.n > 0
                              ? matchers_format(&r->arena, incident->route->matchers)
                              : STR("default-route");
    strbuf_printf(&r->out, "\nroute %.*s → receiver %.*s", STR_ARG(matchers),
                  STR_ARG(incident->receiver->name));
    for (size_t i = 0; i < incident->group.n; i++) {
        const struct label *label = &incident->group.v[i];
        strbuf_printf(&r->out, "%s%.*s=%.*s", i > 0 ? " " : " (group ", STR_ARG(label->name),
                      STR_ARG(label->value));
    }
    strbuf_printf(&r->out, "%s\ntitle \"%.*s\", severity %.*s\n", incident->group.n > 0 ? ")" : "",
                  STR_ARG(incident->title), STR_ARG(incident->severity));
    for (size_t i = 0; i < incident->n_entries; i++) {
        strbuf_add(&r->out, simulation_line(&r->arena, &incident->entries[i]));
        strbuf_add_char(&r->out, '\n');
    }
    struct str words = first_words(r, incident);
    if (words.p) {
        strbuf_printf(&r->out, "the first message, by %s:\n",
                      channel_kind_name(incident->first->channel));
    }
    while (words.p) {
        struct str line = terminal_clean(&r->arena, str_cut(&words, '\n'), false);
        strbuf_printf(&r->out, line.n > 0 ? "  | %.*s\n" : "  |%.*s\n", STR_ARG(line));
    }
}

/* --- for programs --------------------------------------------------------------------------- */

static void put_time(struct json_writer *json, const char *key, int64_t at)
{
    char text[RFC3339_TEXT_MAX];
    json_put_str(json, key, str_from(rfc3339_format(at, RFC3339_S, text)));
}

static void add_entry(struct request *r, struct json_writer *w,
                      const struct simulation_entry *entry)
{
    json_begin_object(w);
    json_put_int(w, "offset_s", entry->offset_us / US_PER_S);
    put_time(w, "at", r->at + entry->offset_us);
    json_put_str(w, "kind", str_from(simulation_kind_name(entry->kind)));
    json_put_str(w, "text", entry->text);
    if (entry->where.n > 0) {
        json_put_str(w, "where", entry->where);
    }
    json_end_object(w);
}

static void add_incident(struct request *r, struct json_writer *w,
                         const struct simulated_incident *incident)
{
    json_begin_object(w);
    json_put_str(w, "receiver", incident->receiver->name);
    json_put_str(w, "matchers", matchers_format(&r->arena, incident->route->matchers));
    json_put_str(w, "where", incident->route->where);
    json_key(w, STR("group"));
    json_begin_object(w);
    for (size_t i = 0; i < incident->group.n; i++) {
        json_key(w, incident->group.v[i].name);
        json_add_str(w, incident->group.v[i].value);
    }
    json_end_object(w);
    json_put_str(w, "title", incident->title);
    json_put_str(w, "severity", incident->severity);
    json_key(w, STR("timeline"));
    json_begin_array(w);
    for (size_t i = 0; i < incident->n_entries; i++) {
        add_entry(r, w, &incident->entries[i]);
    }
    json_end_array(w);
    struct str words = first_words(r, incident);
    if (words.p) {
        json_key(w, STR("message"));
        json_begin_object(w);
        json_put_str(w, "channel", str_from(channel_kind_name(incident->first->channel)));
        json_put_str(w, "language", incident->first->language);
        json_put_str(w, "text", words);
        json_end_object(w);
    }
    json_end_object(w);
}

static void add_answer(struct request *r, struct simulation simulation)
{
    struct json_writer w;
    json_begin(&w, &r->out);
    json_begin_object(&w);
    put_time(&w, "at", r->at);
    json_key(&w, STR("incidents"));
    json_begin_array(&w);
    for (size_t i = 0; i < simulation.n; i++) {
        add_incident(r, &w, &simulation.v[i]);
    }
    json_end_array(&w);
    json_end_object(&w);
    json_end(&w);
    strbuf_add_char(&r->out, '\n');
}

/* --- the command ---------------------------------------------------------------------------- */

static int answer(struct request *r, int n, char **words)
{
    struct str why;
    if (!words_to_labels(&r->arena, n, words, &r->labels, &why)) {
        fprintf(stderr, "alertify simulate: failed to parse labels: %.*s\n", STR_ARG(why));
        return CLI_FAILED;
    }
    if (!words_to_time(r->at_text, r->settings->zone, machine_now(), &r->at)) {
        fprintf(stderr, "alertify simulate: " WORDS_TIME_HELP "file's zone\n");
        return CLI_FAILED;
    }
    struct simulation simulation = simulate(r->settings, r->labels, r->at, &r->arena);
    if (r->as_json) {
        add_answer(r, simulation);
    } else {
        print_when(r);
        for (size_t i = 0; i < simulation.n; i++) {
            print_incident(r, &simulation.v[i]);
        }
    }
    fwrite(r->out.p, 1, r->out.n, stdout);
    return CLI_OK;
}

static int run(struct request *r, int n, char **words)
{
    struct problems problems;
    struct routes_result result;
    struct str path = str_from(r->file);
    problems_init(&problems, &r->arena);
    strbuf_init(&r->out, &r->arena, OUTPUT_MAX);
    if (!routes_load_blind(&r->arena, (struct setting_texts){&path, 1}, &problems, &result)) {
        fputs(problems.text.p, stderr);
        return CLI_FAILED;
    }
    r->settings = result.settings;
    int code = answer(r, n, words);
    routes_release(&result);
    return code;
}

int cli_simulate(const struct cli_command *command, int argc, char **argv)
{
    struct request r = {.command = command};
    const struct cli_option options[] = {
        {"config.file", "FILE", "routing file or folder", &r.file, NULL},
        {"at", "TIME", "when the alert comes (default: now)", &r.at_text, NULL},
        {"json", NULL, "the answer as JSON", NULL, &r.as_json},
        {0},
    };
    int code = cli_options(command, options, &argc, argv, 0, INT_MAX);
    if (code != CLI_GO) {
        return code;
    }
    if (!r.file) {
        return cli_usage(command, "which file? --config.file FILE");
    }
    arena_init(&r.arena);
    code = run(&r, argc, argv);
    arena_release(&r.arena);
    return code;
}
