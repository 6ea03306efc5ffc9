#include "app/cli/config_plan.h"

#include "app/cli/plan_report.h"
#include "app/cli/terminal.h"
#include "app/cli/words.h"
#include "app/routes_load.h"
#include "base/vec.h"
#include "formats/duration.h"
#include "formats/rfc3339.h"
#include "wire/payload.h"

#include <limits.h>
#include <stdio.h>

enum { ROWS_MAX = 1000, BYTES_MAX = 8 << 20, ACTIONS_MAX = 1000000, OUTPUT_MAX = 256 << 20 };

#define SINCE_DEFAULT_US (30 * US_PER_DAY)
/* Alerts that fire when the time begins repeat within hours: so long before it they are read, too.
 */
#define RUN_UP_US US_PER_DAY

struct planning {
    const struct cli_command *command;
    struct store *store;
    const struct plan_wish *wish;
    struct arena arena, chunk;
    struct configuration *configuration;
    struct snapshot *snapshots[REPLAY_SIDES];
    struct replay replays[REPLAY_SIDES];
    int64_t from_at, until_at;
    struct action_row *actions;
    size_t n_actions, next_action;
    struct plan_report report;
    VEC(struct str) reasons;
};

/* ---- the two configurations ------------------------------------------------------------------ */

static void take(struct planning *p, enum replay_side side, struct routes_result *result,
                 struct str name)
{
    p->snapshots[side] = configuration_prepare(p->configuration, result, STR_EMPTY);
    p->report.names[side] = name;
}

static int load_files(struct planning *p, enum replay_side side, const char *path)
{
    struct problems problems;
    struct routes_result result;
    struct str name = str_from(path);
    problems_init(&problems, &p->arena);
    if (!routes_load_blind(&p->arena, (struct setting_texts){&name, 1}, &problems, &result)) {
        fputs(problems.text.p, stderr);
        return CLI_FAILED;
    }
    take(p, side, &result, name);
    return CLI_GO;
}

static int load_in_force(struct planning *p)
{
    struct config_row *newest, row;
    size_t n;
    struct err err = ERR_INIT;
    if (store_config_list(p->store, &p->arena, 1, &newest, &n, &err) != OK) {
        return cli_failed(p->command, &err);
    }
    if (n == 0) {
        fprintf(stderr,
                "alertify %s: no configuration was ever in force here; compare with files: "
                "--against FILE\n",
                p->command->name);
        return CLI_FAILED;
    }
    if (store_config_load(p->store, &p->arena, newest[0].hash, &row, &err) != OK) {
        return cli_failed(p->command, &err);
    }
    struct problems problems;
    struct routes_result result;
    char at[RFC3339_TEXT_MAX];
    problems_init(&problems, &p->arena);
    if (!routes_load_stored(&p->arena, row.source, &problems, &result)) {
        fputs(problems.text.p, stderr);
        fprintf(stderr, "alertify %s: the configuration in force does not load here\n",
                p->command->name);
        return CLI_FAILED;
    }
    take(p, REPLAY_OLD, &result,
         str_printf(&p->arena, "%.*s, in force since %s", 12, row.hash.p,
                    rfc3339_format(row.loaded_at, RFC3339_S, at)));
    return CLI_GO;
}

/* ---- which time ------------------------------------------------------------------------------ */

static int choose_time(struct planning *p)
{
    const struct zone *zone = p->snapshots[REPLAY_NEW]->settings->zone;
    struct err err = ERR_INIT;
    int64_t now_at, length_us = SINCE_DEFAULT_US;
    if (store_begin(p->store, &now_at, &err) != OK) {
        return cli_failed(p->command, &err);
    }
    store_rollback(p->store);
    if (!words_to_time(p->wish->until, zone, now_at, &p->until_at)) {
        return cli_usage(p->command, "--until: " WORDS_TIME_HELP "file's zone");
    }
    struct err no_duration = ERR_INIT;
    bool is_duration =
        p->wish->since && duration_parse(str_from(p->wish->since), &length_us, &no_duration) == OK;
    p->from_at = p->until_at - length_us;
    if (p->wish->since && !is_duration && !words_to_time(p->wish->since, zone, 0, &p->from_at)) {
        return cli_usage(p->command, "--since: write 30d, or " WORDS_TIME_HELP "file's zone");
    }
    return p->from_at < p->until_at ? CLI_GO
                                    : cli_usage(p->command, "--since must be before --until");
}

/* ---- replay ---------------------------------------------------------------------------------- */

static void do_actions_until(struct planning *p, int64_t at)
{
    for (; p->next_action < p->n_actions && p->actions[p->next_action].at <= at; p->next_action++) {
        const struct action_row *row = &p->actions[p->next_action];
        struct replay_action action = {.at = row->at,
                                       .is_resolve = row->kind == EVENT_RESOLVED,
                                       .actor = row->actor,
                                       .through = STR("replay"),
                                       .fingerprints = row->fingerprints,
                                       .n_fingerprints = row->n_fingerprints};
        memcpy(action.group_key, row->group_key, GROUP_KEY_BYTES);
        replay_act(&p->replays[REPLAY_OLD], &action);
        replay_act(&p->replays[REPLAY_NEW], &action);
    }
}

static void do_row(struct planning *p, const struct ledger_row *row)
{
    const struct source *source = settings_source(p->snapshots[REPLAY_NEW]->settings, row->source);
    struct payload payload;
    struct err err = ERR_INIT;
    do_actions_until(p, row->received_at);
    if (payload_parse(&p->chunk, source ? source->type : SOURCE_ALERTMANAGER, row->source,
                      row->body, &payload, &err) != OK) {
        p->report.n_unreadable++;
        return;
    }
    for (int side = 0; side < REPLAY_SIDES; side++) {
        struct alert *alerts = ARENA_ARRAY(&p->chunk, struct alert, payload.n_alerts);
        size_t n = 0;
        for (size_t i = 0; i < payload.n_alerts; i++) {
            alerts[n] = payload.alerts[i];
            n += !settings_fed_heartbeat(p->snapshots[side]->settings, alerts[n].labels);
        }
        replay_alerts(&p->replays[side], row->received_at, row->source, alerts, n);
    }
}

static enum status do_ledger(struct planning *p, struct err *err)
{
    int64_t behind = 0;
    bool is_over = false;
    while (!is_over) {
        struct ledger_row *rows;
        size_t n;
        if (store_ledger_since(p->store, &p->chunk, p->from_at - RUN_UP_US, behind, ROWS_MAX,
                               BYTES_MAX, &rows, &n, err) != OK) {
            return err->code;
        }
        is_over = n == 0;
        for (size_t i = 0; i < n && !is_over; i++) {
            is_over = rows[i].received_at > p->until_at;
            behind = rows[i].id;
            if (!is_over) {
                do_row(p, &rows[i]);
            }
        }
        arena_clear(&p->chunk);
    }
    return OK;
}

static enum status replay_all(struct planning *p, struct err *err)
{
    struct override_row *overrides;
    size_t n;
    int64_t begin_at = p->from_at - RUN_UP_US;
    if (store_overrides(p->store, &p->arena, begin_at, p->until_at, &overrides, &n, err) != OK ||
        store_actions_since(p->store, &p->arena, begin_at, ACTIONS_MAX, &p->actions, &p->n_actions,
                            err) != OK) {
        return err->code;
    }
    for (int side = 0; side < REPLAY_SIDES; side++) {
        replay_init(&p->replays[side], &p->arena, p->snapshots[side], overrides, n, p->from_at);
    }
    enum status status = do_ledger(p, err);
    do_actions_until(p, p->until_at);
    for (int side = 0; side < REPLAY_SIDES; side++) {
        replay_until(&p->replays[side], p->until_at);
        replay_release(&p->replays[side]);
    }
    return status;
}

/* ---- what makes it fail ---------------------------------------------------------------------- */

static void fail(struct planning *p, struct str reason)
{
    VEC_PUSH(&p->arena, &p->reasons, reason);
}

static bool has_changed(const struct replay_diff *d)
{
    for (size_t i = 0; i < d->reached.n; i++) {
        if (d->reached.v[i].n[REPLAY_OLD] != d->reached.v[i].n[REPLAY_NEW]) {
            return true;
        }
    }
    return d->rerouted.n > 0 || d->lost.n > 0 || d->gained.n > 0;
}

static void check_growth(struct planning *p, const struct replay_diff *d, uint64_t percent)
{
    uint64_t before = d->side[REPLAY_OLD]->pages.n, after = d->side[REPLAY_NEW]->pages.n;
    if (after * 100 > before * (100 + percent)) {
        fail(p, str_printf(&p->arena, "%zu pages instead of %zu are more than %d %% more",
                           (size_t)after, (size_t)before, (int)percent));
    }
}

static void check_word(struct planning *p, const struct replay_diff *d, struct str word)
{
    uint64_t percent;
    if (str_eq(word, STR("lost")) && d->lost.n > 0) {
        fail(p,
             str_printf(&p->arena, "%zu alerts that paged somebody would page nobody", d->lost.n));
    } else if (str_eq(word, STR("unrouted")) && d->unrouted.n > 0) {
        fail(p, str_printf(&p->arena, "only the top route would take %zu alerts", d->unrouted.n));
    } else if (str_eq(word, STR("nobody")) &&
               d->side[REPLAY_NEW]->n_nobody > d->side[REPLAY_OLD]->n_nobody) {
        fail(p, STR("more escalations would reach nobody"));
    } else if (str_eq(word, STR("any")) && has_changed(d)) {
        fail(p, STR("something changes"));
    } else if (str_starts_with(word, STR("more=")) &&
               str_to_u64(str_slice(word, 5, word.n), &percent)) {
        check_growth(p, d, percent);
    }
}

static bool is_fail_word(struct str word)
{
    uint64_t percent;
    return str_eq(word, STR("lost")) || str_eq(word, STR("unrouted")) ||
           str_eq(word, STR("nobody")) || str_eq(word, STR("any")) ||
           (str_starts_with(word, STR("more=")) &&
            str_to_u64(str_slice(word, 5, word.n), &percent) && percent <= 100000);
}

static int check_wish(const struct cli_command *command, const struct plan_wish *wish)
{
    struct str rest = str_from(wish->fail_on);
    while (wish->fail_on && rest.p) {
        struct str word = str_cut(&rest, ',');
        if (!is_fail_word(word)) {
            return cli_usage(command,
                             "--fail-on: \"%.*s\" is none of lost, unrouted, nobody, more=PERCENT, "
                             "any",
                             STR_ARG(word));
        }
    }
    return CLI_GO;
}

/* ---- the command ----------------------------------------------------------------------------- */

static int report(struct planning *p)
{
    struct replay_diff diff;
    struct strbuf out;
    replay_compare(&diff, &p->arena, &p->replays[REPLAY_OLD], &p->replays[REPLAY_NEW]);
    struct str rest = str_from(p->wish->fail_on);
    while (p->wish->fail_on && rest.p) {
        check_word(p, &diff, str_cut(&rest, ','));
    }
    p->report.diff = &diff;
    p->report.from_at = p->from_at;
    p->report.until_at = p->until_at;
    p->report.shows_pages = p->wish->shows_pages;
    p->report.reasons = p->reasons.v;
    p->report.n_reasons = p->reasons.n;
    strbuf_init(&out, &p->arena, OUTPUT_MAX);
    if (p->wish->is_json) {
        plan_report_json(&p->report, &p->arena, &out);
    } else {
        plan_report_text(&p->report, &p->arena, &out);
    }
    struct str text = strbuf_str(&out);
    text = p->wish->is_json ? text : terminal_clean(&p->arena, text, true);
    fwrite(text.p, 1, text.n, stdout);
    return p->reasons.n > 0 ? CLI_FAILED : CLI_OK;
}

static int run(struct planning *p, const char *path)
{
    struct err err = ERR_INIT;
    int code = load_files(p, REPLAY_NEW, path);
    if (code == CLI_GO) {
        code = p->wish->against ? load_files(p, REPLAY_OLD, p->wish->against) : load_in_force(p);
    }
    if (code == CLI_GO) {
        code = choose_time(p);
    }
    if (code == CLI_GO) {
        code = replay_all(p, &err) == OK ? report(p) : cli_failed(p->command, &err);
    }
    return code;
}

int config_plan(const struct cli_command *command, struct store *store, const char *path,
                const struct plan_wish *wish)
{
    struct planning p = {.command = command, .store = store, .wish = wish};
    int code = check_wish(command, wish);
    if (code != CLI_GO) {
        return code;
    }
    arena_init(&p.arena);
    arena_init(&p.chunk);
    p.configuration = configuration_new();
    code = run(&p, path);
    configuration_unref(p.snapshots[REPLAY_OLD]);
    configuration_unref(p.snapshots[REPLAY_NEW]);
    configuration_free(p.configuration);
    arena_release(&p.chunk);
    arena_release(&p.arena);
    return code;
}
