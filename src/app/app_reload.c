/* app_reload — the configuration is swapped whole: read, check, make it the one in force, save it;
 * on any error the old one stays. */
#include "app/app_inner.h"
#include "app/routes_load.h"
#include "base/metrics.h"

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
    struct str source;
    bool is_clean = routes_load(arena, app->settings->routes, &problems, &result, &source);
    show(&problems);
    if (!is_clean) {
        *err = problems.first;
        err_set_user(err, "%s: %s", err->where, err->detail);
        return err->code;
    }
    struct snapshot *snapshot = configuration_prepare(app->deps.configuration, &result, source);
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
    }
    metric_set(&last_successful, status == OK ? 1 : 0);
    metric_add(&reloads, 1, str_from(status_name(status)));
    arena_release(&arena);
    return status;
}
