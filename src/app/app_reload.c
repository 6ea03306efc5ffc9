/* app_reload — the configuration is swapped whole: read, check, make it the one in force, save it;
 * on any error the old one stays. */
#include "app/app_inner.h"
#include "app/routes_load.h"
#include "base/metrics.h"
#include "flows/self_alert.h"

#include <stdio.h>

static struct metric last_successful =
    METRIC_GAUGE("alertify_config_last_reload_successful",
                 "1 when the routing files in force are the ones on disk as last read.", NULL);
static struct metric config_hash = METRIC_GAUGE(
    "alertify_config_hash", "The first 48 bits of the hash of the routing files in force.", NULL);
static struct metric reloads = METRIC_COUNTER("alertify_config_reloads_total",
                                              "Attempts to read the routing files.", "result");

/* A number fits a gauge, and is equal on replicas with equal files. */
static double hash_number(struct str hash)
{
    uint64_t value = 0;
    for (size_t i = 0; i < 12 && i < hash.n; i++) {
        char c = hash.p[i];
        value = value * 16 + (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return (double)value;
}

/* Before it is put in force: incidents refer to its plans. */
static enum status save(struct app *app, const struct snapshot *snapshot, struct str by,
                        struct err *err)
{
    struct store *store;
    struct pg_settings database = app_database(app);
    if (store_open(&database, app->deps.replica, &store, err) != OK) {
        return err->code;
    }
    enum status status = flow_configuration_save(store, snapshot, by, err);
    store_close(store);
    return status;
}

static void announce(struct app *app, struct str by)
{
    const struct snapshot *snapshot = configuration_ref(app->deps.configuration);
    metric_set(&config_hash, hash_number(snapshot->hash));
    LOG(LOG_NOTICE, "routing files loaded", KV_STR("by", by),
        KV_STR("hash", str_slice(snapshot->hash, 0, 12)),
        KV_INT("receivers", snapshot->settings->n_receivers),
        KV_INT("sources", snapshot->settings->n_sources));
    configuration_unref(snapshot);
}

/* For whoever reads the log of a server: the whole report, as `alertify check` prints it. */
static void show(const struct problems *problems)
{
    if (problems->text.n) {
        struct str count = problems_count(problems);
        fprintf(stderr, "%.*s%.*s\n", STR_ARG(strbuf_str(&problems->text)), STR_ARG(count));
    }
}

static enum status reload(struct app *app, struct arena *arena, struct str by, struct err *err)
{
    struct problems problems;
    problems_init(&problems, arena);
    struct routes_result result;
    struct routes_loaded loaded;
    routes_watch_take(&app->watch, app->settings->routes);
    bool is_clean = routes_load(arena, app->settings->routes, &problems, &result, &loaded);
    routes_watch_take_templates(&app->watch, &loaded.templates);
    show(&problems);
    if (!is_clean) {
        *err = problems.first;
        err_set_user(err, "%s: %s", err->where, err->detail);
        return err->code;
    }
    struct snapshot *snapshot =
        configuration_prepare(app->deps.configuration, &result, loaded.source);
    if (save(app, snapshot, by, err) != OK) {
        configuration_unref(snapshot);
        return err_wrap(err, "saving the configuration");
    }
    configuration_swap(app->deps.configuration, snapshot);
    announce(app, by);
    return OK;
}

enum status app_reload(void *arg, struct str by, struct err *err)
{
    struct app *app = arg;
    struct arena arena;
    arena_init(&arena);
    pthread_mutex_lock(&app->reloading);
    enum status status = reload(app, &arena, by, err);
    pthread_mutex_unlock(&app->reloading);
    if (status != OK) {
        LOG(LOG_ERROR, "the routing files were not loaded; what is in force stays", KV_ERR(err));
        self_alert_raise(app->deps.self_alerts, SELF_CONFIG,
                         str_printf(&arena, "%s: %s", err->where, err->detail));
    } else {
        self_alert_clear(app->deps.self_alerts, SELF_CONFIG);
        self_alert_clear(app->deps.self_alerts, SELF_TEMPLATE); /* it may have been mended */
        self_alert_clear(app->deps.self_alerts, SELF_NOBODY);
    }
    mailbox_nudge(app->deps.status);
    metric_set(&last_successful, status == OK ? 1 : 0);
    metric_add(&reloads, 1, str_from(status_name(status)));
    arena_release(&arena);
    return status;
}

/* ---- at start -------------------------------------------------------------------------------- */

static enum status newest(struct app *app, struct arena *arena, struct config_row *ret,
                          struct err *err)
{
    struct store *store;
    struct config_row *rows;
    size_t n;
    struct pg_settings database = app_database(app);
    if (store_open(&database, app->deps.replica, &store, err) != OK) {
        return err->code;
    }
    enum status status = store_config_list(store, arena, 1, &rows, &n, err);
    if (status == OK && n == 0) {
        status = err_set(err, ERR_NOT_FOUND, "there is none in the database");
    }
    if (status == OK) {
        status = store_config_load(store, arena, rows[0].hash, ret, err);
    }
    store_close(store);
    return status;
}

static enum status load_newest(struct app *app, struct arena *arena, struct err *err)
{
    struct config_row row;
    struct problems problems;
    struct routes_result result;
    struct routes_source *files;
    size_t n;
    if (newest(app, arena, &row, err) != OK) {
        return err->code;
    }
    problems_init(&problems, arena);
    routes_split(arena, row.source, &files, &n);
    struct str folder = routes_folder(arena, app->settings->routes);
    if (!routes_load_texts(arena, folder, files, n, &problems, &result)) {
        show(&problems);
        *err = problems.first;
        return err->code;
    }
    configuration_swap(app->deps.configuration,
                       configuration_prepare(app->deps.configuration, &result, row.source));
    announce(app, STR("start, from the database"));
    return OK;
}

enum status app_load_first(struct app *app, struct err *err)
{
    struct arena arena;
    struct err second = ERR_INIT;
    enum status status = app_reload(app, STR("start"), err);
    if (status == OK || status_is_retryable(status)) {
        return status;
    }
    arena_init(&arena);
    if (load_newest(app, &arena, &second) == OK) {
        LOG(LOG_ERROR, "serving with the last good configuration", KV_ERR(err));
        *err = ERR_INIT;
        status = OK;
    } else {
        LOG(LOG_ERROR, "there is no other configuration to serve with", KV_ERR(&second));
    }
    arena_release(&arena);
    return status;
}

/* ---- while it runs --------------------------------------------------------------------------- */

void app_watch(struct app *app)
{
    struct err err = ERR_INIT;
    if (!app->settings->is_watching) {
        return;
    }
    pthread_mutex_lock(&app->reloading);
    bool is_due = routes_watch_look(&app->watch, app->settings->routes);
    pthread_mutex_unlock(&app->reloading);
    if (is_due) {
        (void)app_reload(app, STR("watch"), &err); /* it has logged */
    }
}
