#pragma once
/* app_inner — the server's parts, for app.c and its neighbours only. Layer: app. */
#include "adapters/http_server.h"
#include "adapters/pg_store.h"
#include "app/app.h"
#include "app/routes_watch.h"
#include "base/log.h"
#include "flows/flows.h"
#include "formats/anchor.h"

#include <pthread.h>

enum { APP_FLOWS = 9 };

struct flow_thread {
    const char *name;
    void (*run)(struct deps *, struct store *);
    struct deps *deps;
    struct store *store;
    pthread_t thread;
    bool is_started, is_joined;
};

struct app {
    const struct process_settings *settings;
    struct app_options options;
    struct arena arena;
    const char *application_name; /* as pg_stat_activity shows our sessions */
    struct deps deps;
    struct anchor_key anchor_key;
    struct flow_thread flows[APP_FLOWS];
    struct http_server *http;
    struct routes_watch watch; /* under `reloading` */
    bool is_stopping;          /* a stop signal came before app_run */
    pthread_mutex_t reloading; /* one at a time: SIGHUP on main, POST /-/reload on a query thread */
};

/* How stores connect. */
struct pg_settings app_database(const struct app *);
/* Reads all routing files; makes them the configuration in force and saves it, or changes nothing.
 * Any thread. err: the first problem. Signature as deps.reload; arg: struct app. */
enum status app_reload(void *app, struct str by, struct err *);
/* At start. Files that are refused must not keep a restarted server from paging: then the newest
 * configuration of the database is in force again, as long as it loads. */
enum status app_load_first(struct app *, struct err *);
/* Loads files that have changed, if the settings say so. Main thread. */
void app_watch(struct app *);
