#include "app/cli/why_person.h"

#include "app/cli/columns.h"
#include "app/cli/terminal.h"
#include "app/cli/words.h"
#include "app/routes_load.h"
#include "base/vec.h"
#include "flows/incident_json.h"
#include "flows/why_user.h"
#include "formats/rfc3339.h"
#include "wire/plan_text.h"

#include <stdio.h>

enum { INCIDENTS_MAX = 500, EVENTS_MAX = 10000, OUTPUT_MAX = 64 << 20, HASH_SHOWN = 12 };

/* A configuration that some of the incidents were opened under. */
struct past {
    struct str hash;
    struct routes_result result;
    bool is_known; /* it is stored, and loads here */
};

struct told_incident {
    const struct incident *incident;
    const struct past *past;
    struct why_answer answer;
};

struct person {
    const struct cli_command *command;
    struct store *store;
    const struct person_wish *wish;
    struct arena arena;
    const struct user *user;
    int64_t at;
    struct override_row *overrides;
    size_t n_overrides;
    VEC(struct past *) pasts; /* the first one is in force now */
    VEC(struct told_incident) told;
};

/* ---- configurations -------------------------------------------------------------------------- */

static enum status load_past(struct person *p, struct str hash, struct past *past, struct err *err)
{
    struct config_row row;
    struct problems problems;
    past->hash = hash;
    enum status status = store_config_load(p->store, &p->arena, hash, &row, err);
    if (status == ERR_NOT_FOUND) {
        *err = ERR_INIT;
        return OK;
    }
    if (status != OK) {
        return status;
    }
    problems_init(&problems, &p->arena);
    past->is_known = routes_load_stored(&p->arena, row.source, &problems, &past->result);
    return OK;
}

static enum status past_of(struct person *p, struct str hash, const struct past **ret,
                           struct err *err)
{
    for (size_t i = 0; i < p->pasts.n; i++) {
        if (str_eq(p->pasts.v[i]->hash, hash)) {
            *ret = p->pasts.v[i];
            return OK;
        }
    }
    struct past *past = ARENA_NEW(&p->arena, struct past);
    *past = (struct past){0};
    VEC_PUSH(&p->arena, &p->pasts, past);
    *ret = past;
    return load_past(p, hash, past, err);
}

static void release(struct person *p)
{
    for (size_t i = 0; i < p->pasts.n; i++) {
        if (p->pasts.v[i]->is_known) {
            routes_release(&p->pasts.v[i]->result);
        }
    }
    arena_release(&p->arena);
}

/* ---- what was asked -------------------------------------------------------------------------- */

static int load_in_force(struct person *p, const struct past **ret)
{
    struct config_row *newest;
    size_t n;
    struct err err = ERR_INIT;
    if (store_config_list(p->store, &p->arena, 1, &newest, &n, &err) != OK ||
        (n > 0 && past_of(p, newest[0].hash, ret, &err) != OK)) {
        return cli_failed(p->command, &err);
    }
    if (n == 0 || !(*ret)->is_known) {
        fprintf(stderr, "alertify %s: %s\n", p->command->name,
                n == 0 ? "no configuration was ever in force here"
                       : "the configuration in force does not load here; try \"alertify check\"");
        return CLI_FAILED;
    }
    return CLI_GO;
}

static int read_wish(struct person *p, const struct past *in_force)
{
    const struct settings *settings = in_force->result.settings;
    struct err err = ERR_INIT;
    int64_t now_at;
    if (store_begin(p->store, &now_at, &err) != OK) {
        return cli_failed(p->command, &err);
    }
    store_rollback(p->store);
    if (!words_to_time(p->wish->at, settings->zone, now_at, &p->at)) {
        return cli_usage(p->command, "--at: " WORDS_TIME_HELP "file's zone");
    }
    p->user = directory_user(&settings->directory, str_from(p->wish->user));
    if (!p->user) {
        fprintf(stderr,
                "alertify %s: the configuration in force has no user \"%s\"; \"alertify oncall\" "
                "lists who is on call\n",
                p->command->name, p->wish->user);
        return CLI_FAILED;
    }
    return store_overrides(p->store, &p->arena, 0, INT64_MAX / 4, &p->overrides, &p->n_overrides,
                           &err) == OK
               ? CLI_GO
               : cli_failed(p->command, &err);
}

/* ---- incident by incident -------------------------------------------------------------------- */

static enum status plan_of(struct person *p, const struct incident *incident, struct plan *ret,
                           struct err *err)
{
    struct str body;
    *ret = (struct plan){0};
    enum status status = store_plan(p->store, &p->arena, incident->plan_hash, &body, err);
    if (status == OK) {
        status = plan_parse(&p->arena, body, ret, err);
    }
    return status;
}

static enum status tell_incident(struct person *p, const struct incident *incident, struct err *err)
{
    const struct past *past;
    struct event_row *events;
    struct plan plan;
    size_t n;
    if (past_of(p, incident->config_hash, &past, err) != OK ||
        store_timeline(p->store, &p->arena, incident->id, EVENTS_MAX, &events, &n, err) != OK ||
        plan_of(p, incident, &plan, err) != OK) {
        return err->code;
    }
    /* Someone who was not in the files then is judged by those of today. */
    const struct settings *settings = past->is_known ? past->result.settings : NULL;
    const struct user *user = settings ? directory_user(&settings->directory, p->user->id) : NULL;
    if (!user) {
        settings = p->pasts.v[0]->result.settings;
        user = p->user;
    }
    struct why_question question = {
        .incident = incident,
        .events = events,
        .n_events = n,
        .plan = &plan,
        .settings = settings,
        .overrides =
            directory_overrides(&settings->directory, p->overrides, p->n_overrides, &p->arena),
        .user = user,
        .at = p->at,
    };
    struct told_incident told = {incident, past, why_user(&question, &p->arena)};
    if (told.answer.state.n > 0) {
        VEC_PUSH(&p->arena, &p->told, told);
    }
    return OK;
}

static enum status tell_all(struct person *p, struct err *err)
{
    struct incident_filter filter = {.around_at = p->at, .limit = INCIDENTS_MAX};
    struct incident *incidents;
    size_t n;
    enum status status = store_incidents_list(p->store, &p->arena, &filter, &incidents, &n, err);
    for (size_t i = 0; status == OK && i < n; i++) {
        status = tell_incident(p, &incidents[i], err);
    }
    return status;
}

/* ---- text ------------------------------------------------------------------------------------ */

static const struct settings *settings_now(const struct person *p)
{
    return p->pasts.v[0]->result.settings;
}

static void add_duty(struct person *p, struct strbuf *out, const struct schedule *schedule)
{
    struct overrides overrides =
        directory_overrides(&settings_now(p)->directory, p->overrides, p->n_overrides, &p->arena);
    struct duty duty = schedule_on_call(schedule, overrides, p->at);
    strbuf_printf(out, "  %.*s: %.*s%s\n", STR_ARG(schedule->id),
                  STR_ARG(duty.user ? duty.user->name : STR("nobody")),
                  duty.reason == DUTY_OVERRIDE ? " (override)" : "");
}

static void add_incident(struct strbuf *out, const struct told_incident *told)
{
    const struct incident *incident = told->incident;
    strbuf_printf(out, "\nincident %lld: %.*s\n  %.*s; severity %.*s; receiver %.*s\n",
                  (long long)incident->number, STR_ARG(incident->title),
                  STR_ARG(told->answer.since), STR_ARG(incident->severity),
                  STR_ARG(incident->receiver));
    if (!told->past->is_known) {
        strbuf_printf(out, "  (opened under configuration %.*s, which is not stored any more)\n",
                      STR_ARG(str_slice(incident->config_hash, 0, HASH_SHOWN)));
    }
    for (size_t i = 0; i < told->answer.n; i++) {
        const struct why_finding *finding = &told->answer.v[i];
        strbuf_printf(out, "  - %.*s", STR_ARG(finding->text));
        if (finding->where.n > 0) {
            strbuf_printf(out, " [%.*s]", STR_ARG(finding->where));
        }
        strbuf_add_char(out, '\n');
    }
}

static void write_text(struct person *p, struct strbuf *out)
{
    const struct directory *directory = &settings_now(p)->directory;
    strbuf_printf(out, "%.*s (%.*s) at %.*s\n", STR_ARG(p->user->name), STR_ARG(p->user->id),
                  STR_ARG(why_time(&p->arena, settings_now(p)->zone, p->at)));
    if (directory->n_schedules > 0) {
        strbuf_add(out, STR("on call then:\n"));
    }
    for (size_t i = 0; i < directory->n_schedules; i++) {
        add_duty(p, out, &directory->schedules[i]);
    }
    for (size_t i = 0; i < p->told.n; i++) {
        add_incident(out, &p->told.v[i]);
    }
    if (p->told.n == 0) {
        strbuf_add(out, STR("\nno incident was open or acknowledged then\n"));
    }
}

static void write_finding(struct json_writer *json, const struct why_finding *finding)
{
    json_begin_object(json);
    json_put_str(json, "kind", str_from(why_kind_name(finding->kind)));
    if (finding->at != AT_NONE) {
        json_put_time(json, "at", finding->at);
    }
    json_put_str(json, "text", finding->text);
    if (finding->where.n > 0) {
        json_put_str(json, "where", finding->where);
    }
    json_end_object(json);
}

static void write_json(struct person *p, struct strbuf *out)
{
    struct json_writer json;
    json_begin(&json, out);
    json_begin_object(&json);
    json_put_str(&json, "user", p->user->id);
    json_put_time(&json, "at", p->at);
    json_key(&json, STR("incidents"));
    json_begin_array(&json);
    for (size_t i = 0; i < p->told.n; i++) {
        const struct told_incident *told = &p->told.v[i];
        json_begin_object(&json);
        json_put_int(&json, "number", told->incident->number);
        json_put_str(&json, "title", told->incident->title);
        json_put_str(&json, "state", told->answer.state);
        json_put_str(&json, "since", told->answer.since);
        json_key(&json, STR("findings"));
        json_begin_array(&json);
        for (size_t k = 0; k < told->answer.n; k++) {
            write_finding(&json, &told->answer.v[k]);
        }
        json_end_array(&json);
        json_end_object(&json);
    }
    json_end_array(&json);
    json_end_object(&json);
    json_end(&json);
    strbuf_add_char(out, '\n');
}

static int run(struct person *p)
{
    const struct past *in_force;
    struct strbuf out;
    struct err err = ERR_INIT;
    int code = load_in_force(p, &in_force);
    if (code == CLI_GO) {
        code = read_wish(p, in_force);
    }
    if (code != CLI_GO) {
        return code;
    }
    if (tell_all(p, &err) != OK) {
        return cli_failed(p->command, &err);
    }
    strbuf_init(&out, &p->arena, OUTPUT_MAX);
    if (p->wish->is_json) {
        write_json(p, &out);
    } else {
        write_text(p, &out);
    }
    struct str text = strbuf_str(&out);
    text = p->wish->is_json ? text : terminal_clean(&p->arena, text, true);
    fwrite(text.p, 1, text.n, stdout);
    return CLI_OK;
}

int why_person(const struct cli_command *command, struct store *store,
               const struct person_wish *wish)
{
    struct person p = {.command = command, .store = store, .wish = wish};
    arena_init(&p.arena);
    int code = run(&p);
    release(&p);
    return code;
}
