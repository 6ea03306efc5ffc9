#include "app/cli/template_preview.h"

#include "app/cli/incident_named.h"
#include "app/cli/preview.h"
#include "app/routes_load.h"
#include "flows/incident_message.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { PAGE_BYTES_MAX = 256 * 1024 };

struct preview {
    const struct cli_command *command;
    const struct preview_wish *wish;
    struct arena arena;
    struct routes_result routes; /* no settings: what is built in */
    struct message message;
    enum channel_kind channel;
    bool is_web;
};

/* --- what it is about ------------------------------------------------------------------------- */

static int load_file(struct preview *p)
{
    struct problems problems;
    struct str path = str_from(p->wish->file);
    problems_init(&problems, &p->arena);
    if (!routes_load_blind(&p->arena, (struct setting_texts){&path, 1}, &problems, &p->routes)) {
        fputs(problems.text.p, stderr);
        return CLI_FAILED;
    }
    return CLI_GO;
}

/* The files that were in force when it opened. */
static void load_past(struct preview *p, const struct config_row *config)
{
    struct problems problems;
    problems_init(&problems, &p->arena);
    if (!routes_load_stored(&p->arena, config->source, &problems, &p->routes)) {
        p->routes = (struct routes_result){0};
        fputs("its configuration does not load today: this is with the built-in templates\n",
              stderr);
    }
}

static enum status load_incident(struct preview *p, struct store *store, struct err *err)
{
    static const struct settings none = {.external_url = {"", 0}};
    struct incident incident;
    struct config_row config;
    struct alert *alerts;
    size_t n;
    int64_t now_at;
    if (store_begin(store, &now_at, err) != OK) {
        return err->code;
    }
    store_rollback(store);
    if (incident_named(store, &p->arena, p->wish->incident, &incident, &config, err) != OK ||
        store_alerts(store, &p->arena, incident.id, MESSAGE_ALERTS_MAX, &alerts, &n, err) != OK) {
        return err->code;
    }
    if (!p->wish->file) {
        load_past(p, &config);
    }
    p->message = incident_message(&p->arena, p->routes.settings ? p->routes.settings : &none,
                                  &incident, now_at);
    p->message.alerts = (struct alerts){alerts, n};
    p->message.kind = incident.state == INCIDENT_RESOLVED       ? NOTICE_RESOLVED
                      : incident.state == INCIDENT_ACKNOWLEDGED ? NOTICE_ACKNOWLEDGED
                                                                : NOTICE_PAGE;
    return OK;
}

static int read_incident(struct preview *p)
{
    struct database database;
    struct err err = ERR_INIT;
    struct store *store;
    int code = incident_name_check(p->command, p->wish->incident);
    if (code != CLI_GO) {
        return code;
    }
    code = database_open(p->command, &p->wish->choice, &database);
    if (code == CLI_GO && database_store(&database, &store, &err) != OK) {
        code = cli_failed(p->command, &err);
    } else if (code == CLI_GO) {
        enum status status = load_incident(p, store, &err);
        store_close(store);
        if (status == ERR_NOT_FOUND) {
            fprintf(stderr, "alertify %s: there is no incident %s\n", p->command->name,
                    p->wish->incident);
            code = CLI_FAILED;
        } else if (status != OK) {
            code = cli_failed(p->command, &err);
        }
    }
    database_close(&database);
    return code;
}

static int gather(struct preview *p)
{
    struct timespec now;
    int code = p->wish->file ? load_file(p) : CLI_GO;
    if (code == CLI_GO && p->wish->incident) {
        return read_incident(p);
    }
    clock_gettime(CLOCK_REALTIME, &now);
    p->message = preview_sample(&p->arena, now.tv_sec * US_PER_S);
    if (p->routes.settings) {
        p->message.external_url = p->routes.settings->external_url;
    }
    return code;
}

/* --- what it looks like ----------------------------------------------------------------------- */

static bool is_short(void *arg, struct str text, struct str *ret_why)
{
    (void)arg, (void)ret_why;
    return text.n <= PAGE_BYTES_MAX;
}

static bool write_html(struct preview *p, struct str html)
{
    FILE *file = fopen(p->wish->html, "w");
    bool is_well = file && fwrite(html.p, 1, html.n, file) == html.n;
    is_well = file && fclose(file) == 0 && is_well;
    if (!is_well) {
        fprintf(stderr, "alertify template: %s: %s\n", p->wish->html, strerror(errno));
    }
    return is_well;
}

static struct str html_of(struct preview *p, struct speech *speech)
{
    static const struct template_page page = {.nonce = {"preview", 7}, .whom = {"you", 3}};
    static const struct template_page shown = {.nonce = {"", 0}};
    speech->page = p->message.ack_url.n > 0 ? &page : &shown;
    return speech_say(speech, p->is_web ? PART_PAGE : PART_EMAIL_HTML, is_short, NULL);
}

static int show(struct preview *p)
{
    const struct message_templates *templates =
        p->routes.settings ? p->routes.settings->channels.templates : NULL;
    struct channel_settings settings = preview_settings(&p->arena, templates);
    struct speech speech;
    struct transfer_request request = {.body = STR_EMPTY};
    struct err err = ERR_INIT;
    bool is_well = true;
    speech_init(&speech, templates, &p->message, &p->arena);
    if (p->is_web) {
        request.body = html_of(p, &speech);
    } else if (channel_of(p->channel)->build(&settings, &speech, false, &request, &err) != OK) {
        return cli_failed(p->command, &err);
    }
    if (p->wish->html) {
        struct speech again;
        speech_init(&again, templates, &p->message, &p->arena);
        is_well = write_html(p, p->is_web ? request.body : html_of(p, &again));
    } else {
        fwrite(request.body.p, 1, request.body.n, stdout);
        fputs(str_ends_with(request.body, STR("\n")) ? "" : "\n", stdout);
    }
    if (speech.complaint.n > 0) {
        fprintf(stderr, "alertify template: %.*s\n  the built-in template was used instead\n",
                STR_ARG(speech.complaint));
    }
    return is_well && speech.complaint.n == 0 ? CLI_OK : CLI_FAILED;
}

/* --- the command ------------------------------------------------------------------------------ */

static int choose(struct preview *p)
{
    struct str channel = str_from(p->wish->channel);
    enum notice_kind kind;
    p->is_web = str_eq(channel, STR("web"));
    if (!p->is_web && !channel_kind_from_name(channel, &p->channel)) {
        return cli_usage(p->command,
                         "--channel is slack, telegram, email, webhook, console or web");
    }
    if (p->wish->html && !p->is_web && p->channel != CHANNEL_EMAIL) {
        return cli_usage(p->command, "--html is for email and web");
    }
    if (p->wish->kind && !notice_kind_from_name(str_from(p->wish->kind), &kind)) {
        return cli_usage(p->command, "there is no kind of message called \"%s\"", p->wish->kind);
    }
    return CLI_GO;
}

static int adjust(struct preview *p)
{
    const struct preview_wish *wish = p->wish;
    struct str receiver = str_from(wish->receiver);
    if (wish->receiver &&
        (!p->routes.settings || !settings_receiver(p->routes.settings, receiver))) {
        return cli_usage(p->command, "there is no receiver \"%s\"%s", wish->receiver,
                         wish->file ? " in that file" : "; which file? --config.file FILE");
    }
    if (wish->receiver) {
        p->message.receiver = receiver;
    }
    if (wish->kind) {
        CHECK(notice_kind_from_name(str_from(wish->kind), &p->message.kind));
    }
    p->message.to.language = wish->language ? str_from(wish->language) : STR("en");
    preview_address(&p->message, p->channel);
    preview_links(&p->arena, &p->message);
    return CLI_GO;
}

int template_preview(const struct cli_command *command, const struct preview_wish *wish)
{
    struct preview p = {.command = command, .wish = wish};
    int code = choose(&p);
    if (code != CLI_GO) {
        return code;
    }
    arena_init(&p.arena);
    code = gather(&p);
    if (code == CLI_GO) {
        code = adjust(&p);
    }
    if (code == CLI_GO) {
        code = show(&p);
    }
    if (p.routes.settings) {
        routes_release(&p.routes);
    }
    arena_release(&p.arena);
    return code;
}
