/* alertify oncall — who is on call, when and why; from the routing files alone, or with the
 * overrides of a database. */
#include "app/cli/columns.h"
#include "app/cli/database.h"
#include "app/cli/feed_url.h"
#include "app/cli/words.h"
#include "app/routes_load.h"
#include "app/state_folder.h"
#include "flows/duty_feed.h"
#include "formats/json_write.h"
#include "formats/rfc3339.h"
#include "wire/zone_text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { OUTPUT_MAX = 64 * 1024 * 1024 };
#define LOOKAHEAD_US (100 * US_PER_DAY)

struct oncall {
    const char *routes, *schedule, *user, *at, *from, *until;
    bool is_json, is_ics;
    struct database_choice database;
    struct arena *arena;
    const struct settings *settings;
    struct overrides overrides;
    int64_t now_at;
    struct strbuf out;
};

static int64_t machine_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * US_PER_S + now.tv_nsec / 1000;
}

/* --- output --------------------------------------------------------------------------------- */

static struct str show_time(struct oncall *o, const struct zone *zone, int64_t at)
{
    struct calendar_time t = zone->civil_of(zone, at);
    char offset[ZONE_OFFSET_TEXT];
    return str_printf(o->arena, "%04d-%02d-%02d %02d:%02d %s", t.date.year, t.date.month,
                      t.date.day, t.hour, t.minute, zone_format_offset(zone, at, offset));
}

static struct str show_reason(struct oncall *o, const struct duty *duty)
{
    switch (duty->reason) {
    case DUTY_NOBODY:
        return STR("no layer counts");
    case DUTY_LAYER:
        return str_printf(o->arena, "layer %zu", duty->layer + 1);
    case DUTY_OVERRIDE:
        return duty->override->reason.n > 0
                   ? str_printf(o->arena, "override \"%.*s\"", STR_ARG(duty->override->reason))
                   : STR("override");
    case duty_reason_COUNT:
        break;
    }
    UNREACHABLE("reason of a duty");
}

static struct str show_user(struct oncall *o, const struct user *user)
{
    return user ? str_printf(o->arena, "%.*s (%.*s)", STR_ARG(user->name), STR_ARG(user->id))
                : STR("nobody");
}

static void put_time(struct json_writer *json, const char *key, int64_t at)
{
    char text[RFC3339_TEXT_MAX];
    json_put_str(json, key, str_from(rfc3339_format(at, RFC3339_S, text)));
}

static void write_json(struct oncall *o, struct json_writer *json, const struct schedule *s,
                       const struct shift *shift)
{
    const struct duty *duty = &shift->duty;
    json_begin_object(json);
    json_put_str(json, "schedule", s->id);
    put_time(json, "from", shift->from_at);
    put_time(json, "until", shift->to_at);
    if (duty->user) {
        json_put_str(json, "user", duty->user->id);
        json_put_str(json, "name", duty->user->name);
    } else {
        json_put_raw(json, "user", STR("null"));
    }
    json_put_str(json, "reason", str_from(duty_reason_name(duty->reason)));
    json_put_str(json, "because", show_reason(o, duty));
    json_end_object(json);
}

/* `is_open`: the shift goes on behind what was asked for. */
static void write_line(struct oncall *o, const struct schedule *s, const struct shift *shift,
                       bool is_moment, bool is_open)
{
    columns_add(&o->out, s->id, 20);
    if (is_moment) {
        columns_add(&o->out, show_user(o, shift->duty.user), 28);
        strbuf_add(&o->out, is_open ? STR("until after ") : STR("until "));
    } else {
        columns_add(&o->out, show_time(o, s->zone, shift->from_at), 0);
    }
    columns_add(&o->out, show_time(o, s->zone, shift->to_at), 0);
    if (!is_moment) {
        columns_add(&o->out, show_user(o, shift->duty.user), 28);
    }
    strbuf_add(&o->out, show_reason(o, &shift->duty));
    strbuf_add_char(&o->out, '\n');
}

/* --- shifts --------------------------------------------------------------------------------- */

static bool write_shifts(struct oncall *o, const struct schedule *s, struct json_writer *json)
{
    int64_t from_at, until_at;
    bool is_moment = !o->from && !o->until;
    if (!words_to_time(is_moment ? o->at : o->from, s->zone, o->now_at, &from_at) ||
        !words_to_time(o->until, s->zone, from_at + LOOKAHEAD_US, &until_at)) {
        fprintf(stderr, "alertify oncall: write times as 2026-12-31T23:10:00Z, or as "
                        "\"2026-12-31 23:10\" of the schedule's zone\n");
        return false;
    }
    struct shifts shifts = schedule_shifts(s, o->overrides, from_at, until_at, o->arena);
    if (shifts.n == 0) {
        fprintf(stderr, "alertify oncall: %.*s: %s\n", STR_ARG(s->id),
                shifts.is_cut ? "too many shifts; ask for a shorter time" : "--until is not later");
        return false;
    }
    for (size_t i = 0; i < (is_moment ? 1 : shifts.n); i++) {
        if (json) {
            write_json(o, json, s, &shifts.v[i]);
        } else {
            write_line(o, s, &shifts.v[i], is_moment, shifts.v[i].to_at == until_at);
        }
    }
    return true;
}

static bool write_all(struct oncall *o, const struct schedule *only)
{
    const struct directory *d = &o->settings->directory;
    struct json_writer json;
    bool is_good = true;
    if (o->is_json) {
        json_begin(&json, &o->out);
        json_begin_array(&json);
    }
    for (size_t i = 0; is_good && i < d->n_schedules; i++) {
        if (!only || only == &d->schedules[i]) {
            is_good = write_shifts(o, &d->schedules[i], o->is_json ? &json : NULL);
        }
    }
    if (o->is_json) {
        json_end_array(&json);
        json_end(&json);
        strbuf_add_char(&o->out, '\n');
    }
    return is_good;
}

static bool write_ics(struct oncall *o, const struct schedule *schedule, const struct user *user)
{
    const struct zone *zone = schedule ? schedule->zone : o->settings->zone;
    struct str text;
    struct duty_feed feed = {.directory = &o->settings->directory,
                             .overrides = o->overrides,
                             .schedule = schedule,
                             .user = user,
                             .stamp_at = o->now_at};
    if (!words_to_time(o->from, zone, o->now_at - FEED_PAST_US, &feed.from_at) ||
        !words_to_time(o->until, zone, o->now_at + FEED_FUTURE_US, &feed.until_at) ||
        !duty_feed_write(o->arena, &feed, &text)) {
        fprintf(stderr, "alertify oncall: this cannot be a calendar\n");
        return false;
    }
    strbuf_add(&o->out, text);
    return true;
}

/* --- the command ---------------------------------------------------------------------------- */

static int answer(const struct cli_command *command, struct oncall *o)
{
    const struct directory *d = &o->settings->directory;
    const struct schedule *schedule =
        o->schedule ? directory_schedule(d, str_from(o->schedule)) : NULL;
    const struct user *user = o->user ? directory_user(d, str_from(o->user)) : NULL;
    if ((o->schedule && !schedule) || (o->user && !user)) {
        fprintf(stderr, "alertify oncall: there is no %s \"%s\"\n",
                schedule || !o->schedule ? "user" : "schedule", schedule ? o->user : o->schedule);
        return CLI_FAILED;
    }
    if (o->is_ics && (schedule != NULL) == (user != NULL)) {
        return cli_usage(command, "a calendar is of one --schedule or of one --user");
    }
    if (!(o->is_ics ? write_ics(o, schedule, user) : write_all(o, schedule))) {
        return CLI_FAILED;
    }
    fwrite(o->out.p, 1, o->out.n, stdout);
    return CLI_OK;
}

/* Only when a database is named: the files alone need none. */
static int load_overrides(const struct cli_command *command, struct oncall *o)
{
    const struct database_choice *choice = &o->database;
    struct database database;
    struct store *store;
    struct override_row *rows;
    size_t n;
    struct err err = ERR_INIT;
    if (!choice->config && !choice->conninfo && !choice->state) {
        return CLI_GO;
    }
    int code = database_open(command, choice, &database);
    if (code == CLI_GO && database_store(&database, &store, &err) != OK) {
        code = cli_failed(command, &err);
    } else if (code == CLI_GO) {
        if (store_overrides(store, o->arena, 0, INT64_MAX / 4, &rows, &n, &err) != OK) {
            code = cli_failed(command, &err);
        } else {
            o->overrides = directory_overrides(&o->settings->directory, rows, n, o->arena);
        }
        store_close(store);
    }
    database_close(&database);
    return code;
}

static int run(const struct cli_command *command, struct oncall *o)
{
    struct problems problems;
    struct routes_result result;
    struct routes_loaded loaded;
    struct str path = str_from(o->routes);
    problems_init(&problems, o->arena);
    if (!routes_load(o->arena, (struct setting_texts){&path, 1}, &problems, &result, &loaded)) {
        fputs(problems.text.p, stderr);
        return CLI_FAILED;
    }
    o->settings = result.settings;
    o->now_at = machine_now();
    strbuf_init(&o->out, o->arena, OUTPUT_MAX);
    int code = load_overrides(command, o);
    if (code == CLI_GO) {
        code = answer(command, o);
    }
    routes_release(&result);
    return code;
}

int cli_oncall(const struct cli_command *command, int argc, char **argv)
{
    struct oncall o = {0};
    const struct cli_option options[] = {
        {"config.file", "FILE", "routing file or folder", &o.routes, NULL},
        {"schedule", "NAME", "only this one (or whose feed)", &o.schedule, NULL},
        {"user", "ID", "with --ics or feed-url: this person's calendar", &o.user, NULL},
        {"at", "TIME", "at this moment (default: now)", &o.at, NULL},
        {"from", "TIME", "all shifts since then …", &o.from, NULL},
        {"until", "TIME", "… and until then", &o.until, NULL},
        {"json", NULL, "as JSON", NULL, &o.is_json},
        {"ics", NULL, "as a calendar (iCalendar)", NULL, &o.is_ics},
        DATABASE_OPTIONS(o.database),
        {0},
    };
    int code = cli_options(command, options, &argc, argv, 0, 1);
    if (code != CLI_GO) {
        return code;
    }
    if (argc == 1 && strcmp(argv[0], "feed-url") == 0) {
        return feed_url_print(command, &o.database, o.schedule, o.user);
    }
    if (argc == 1) {
        return cli_usage(command, "there is no \"oncall %s\"", argv[0]);
    }
    if (!o.routes || (o.at && (o.from || o.until))) {
        return cli_usage(command, o.routes ? "--at is one moment, --from and --until are many"
                                           : "which routing file? --config.file FILE");
    }
    struct arena arena;
    arena_init(&arena);
    o.arena = &arena;
    code = run(command, &o);
    arena_release(&arena);
    return code;
}
