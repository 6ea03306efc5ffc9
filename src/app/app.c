#include "app/app.h"

#include "adapters/curl_client.h"
#include "adapters/pg_migrate.h"
#include "adapters/process_runner.h"
#include "app/app_inner.h"
#include "app/service_notify.h"
#include "base/embedded_file.h"
#include "base/entropy.h"
#include "base/map.h"
#include "base/monotonic.h"
#include "flows/links.h"
#include "flows/self_alert.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { LEDGER_ITEMS_MAX = 65536, QUERY_ITEMS_MAX = 1024, QUERY_BYTES_MAX = 64 << 20 };
enum { DESCRIPTORS_WANTED = 65536 };

/* ---- prepare --------------------------------------------------------------------------------- */

/* Secrets live in this process: nothing of it may reach a disk or another process of its user. */
static void harden(void)
{
    struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < DESCRIPTORS_WANTED) {
        limit.rlim_cur = limit.rlim_max < DESCRIPTORS_WANTED ? limit.rlim_max : DESCRIPTORS_WANTED;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void stop_signals(sigset_t *ret)
{
    sigemptyset(ret);
    sigaddset(ret, SIGTERM);
    sigaddset(ret, SIGINT);
    sigaddset(ret, SIGHUP);
}

/* In all threads, as they are made later: only main takes them, with sigtimedwait. */
static void block_signals(void)
{
    sigset_t set;
    stop_signals(&set);
    CHECK(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
    CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
}

static enum status fork_helper(struct app *app, struct err *err)
{
    const struct action_settings *actions = &app->settings->actions;
    if (!actions->is_enabled) {
        return OK;
    }
    struct runner_settings settings = {
        .max_concurrent = actions->max_concurrent,
        .is_own_allowed = actions->is_own_allowed,
        .has_run_as = actions->has_run_as,
        .run_as_uid = actions->uid,
        .run_as_gid = actions->gid,
        .memory_max = actions->memory_max,
    };
    return runner_fork(&settings, &app->deps.runner, err);
}

static struct uuid make_replica_id(void)
{
    struct timespec now;
    uint8_t random[10];
    CHECK(clock_gettime(CLOCK_REALTIME, &now) == 0);
    entropy_fill(random, sizeof(random));
    return uuid_v7((int64_t)now.tv_sec * US_PER_S + now.tv_nsec / 1000, random);
}

enum status app_prepare(const struct process_settings *settings, const struct app_options *options,
                        struct app **ret, struct err *err)
{
    log_setup((enum log_level)settings->log.level, (enum log_format)settings->log.format,
              STDERR_FILENO);
    struct app *app = calloc(1, sizeof(*app));
    CHECK(app);
    app->settings = settings;
    app->options = *options;
    arena_init(&app->arena);
    app->application_name =
        str_printf(&app->arena, "alertify %.*s", STR_ARG(settings->replica_name)).p;
    CHECK(pthread_mutex_init(&app->reloading, NULL) == 0);
    *ret = app;
    if (fork_helper(app, err) != OK) {
        return err_wrap(err, "starting the exec helper");
    }
    if (options->is_hardened) {
        harden();
    }
    raise_descriptor_limit();
    map_seed_all(entropy_u64());
    block_signals();
    app->deps.replica = make_replica_id();
    return OK;
}

/* ---- start ----------------------------------------------------------------------------------- */

struct pg_settings app_database(const struct app *app)
{
    return (struct pg_settings){
        .conninfo = app->settings->database.conninfo.p,
        .password = app->settings->database.password,
        .application_name = app->application_name,
    };
}

/* OK: serve. ERR_UNAVAILABLE and ERR_TIMEOUT may pass. */
static enum status check_schema(struct pg *pg, struct err *err)
{
    enum pg_schema schema;
    if (pg_ensure(pg, err) != OK || pg_schema_check(pg, migration_catalogue, &schema, err) != OK) {
        return err->code;
    }
    switch (schema) {
    case PG_SCHEMA_OK:
    case PG_SCHEMA_NEWER_COMPATIBLE:
        return OK;
    case PG_SCHEMA_TOO_OLD:
        return err_set(err, ERR_CONFLICT,
                       "the database's schema is older than this alertify; bring it up to date "
                       "with: alertify migrate --config FILE");
    case PG_SCHEMA_TOO_NEW:
        return err_set(err, ERR_CONFLICT,
                       "the database belongs to a newer alertify; update this one");
    case pg_schema_COUNT:
        break;
    }
    CHECK(false);
}

/* Waits a second; false when we are told to stop. */
static bool pause_unless_stopped(struct app *app)
{
    sigset_t set;
    stop_signals(&set);
    int got = sigtimedwait(&set, NULL, &(struct timespec){.tv_sec = 1});
    app->is_stopping |= got == SIGTERM || got == SIGINT;
    return !app->is_stopping;
}

/* A database that is away is no reason to give up: it may come back before anybody looks. */
static enum status wait_for_database(struct app *app, struct err *err)
{
    struct pg *pg;
    struct pg_settings settings = app_database(app);
    if (pg_open(&settings, &pg, err) != OK) {
        return err->code;
    }
    enum status status;
    for (;;) {
        struct err attempt = ERR_INIT;
        status = check_schema(pg, &attempt);
        if (status == OK) {
            break;
        }
        if (!status_is_retryable(status)) {
            *err = attempt;
            break;
        }
        LOG(LOG_WARNING, "waiting for the database", KV_ERR(&attempt));
        if (!pause_unless_stopped(app)) {
            *err = attempt;
            break;
        }
    }
    pg_free(pg);
    return status;
}

static struct str find_external_url(struct app *app)
{
    const struct process_settings *settings = app->settings;
    if (settings->external_url.n) {
        return settings->external_url;
    }
    const struct listen_settings *listen = listen_settings_at(settings, 0);
    bool is_v6 = str_contains(listen->host, STR(":"));
    struct str host = listen->host.n ? listen->host : settings->replica_name;
    struct strbuf url;
    strbuf_init(&url, &app->arena, 512);
    strbuf_printf(&url, "http%s://%s%.*s%s:%u", listen->tls.certificate.n ? "s" : "",
                  is_v6 ? "[" : "", STR_ARG(host), is_v6 ? "]" : "", listen->port);
    if (!listen->is_loopback) {
        LOG(LOG_WARNING, "external_url is not set; links may not work",
            KV_STR("guess", strbuf_str(&url)));
    }
    return strbuf_str(&url);
}

static enum status fill_dead_man(struct app *app, const struct transfers_settings *outbound,
                                 struct err *err)
{
    const struct dead_man_settings *settings = &app->settings->dead_man;
    if (!settings->url) {
        return OK;
    }
    struct str url = secret_reveal(settings->url);
    if (!str_starts_with(url, STR("https://")) && !str_starts_with(url, STR("http://"))) {
        return err_set(err, ERR_INVALID, "dead_man.url is not a web address");
    }
    app->deps.dead_man = (struct dead_man){.url = settings->url,
                                           .every_us = settings->every_us,
                                           .timeout_us = settings->timeout_us,
                                           .is_private_allowed = settings->is_private_allowed};
    return transfers_new(outbound, &app->deps.dead_man.transfers, err);
}

static enum status fill_deps(struct app *app, struct err *err)
{
    const struct process_settings *settings = app->settings;
    struct deps *deps = &app->deps;
    deps->configuration = configuration_new();
    deps->ledger = mailbox_new(LEDGER_ITEMS_MAX, settings->limits.ledger_max);
    deps->queries = mailbox_new(QUERY_ITEMS_MAX, QUERY_BYTES_MAX);
    deps->process = mailbox_new(1, 1);
    deps->escalate = mailbox_new(1, 1);
    deps->status = mailbox_new(1, 1);
    deps->replica_name = settings->replica_name;
    deps->external_url = find_external_url(app);
    const struct secret *masters[SETTING_SECRETS_MAX];
    for (size_t i = 0; i < settings->secret_key.n; i++) {
        masters[i] = settings->secret_key.v[i];
    }
    deps->links = links_new(masters, settings->secret_key.n);
    if (anchor_key_derive(secret_reveal(masters[0]), &app->anchor_key, err) != OK) {
        return err->code;
    }
    deps->anchor_key = &app->anchor_key;
    deps->self_alerts = self_alerts_new();
    deps->is_open_allowed = is_loopback_only(settings);
    deps->schema_known = pg_schema_known(migration_catalogue);
    deps->reload = app_reload;
    deps->reload_arg = app;
    struct transfers_settings outbound = {.ca_bundle =
                                              settings->ca_bundle.n ? settings->ca_bundle.p : NULL};
    if (transfers_new(&outbound, &deps->transfers, err) != OK) {
        return err->code;
    }
    return fill_dead_man(app, &outbound, err);
}

static void *run_flow(void *arg)
{
    struct flow_thread *flow = arg;
    (void)pthread_setname_np(pthread_self(), flow->name);
    flow->run(flow->deps, flow->store);
    return NULL;
}

/* Order matters for the drain: see app_drain. */
static const struct {
    const char *name;
    void (*run)(struct deps *, struct store *);
} flow_table[APP_FLOWS] = {
    {"ledger", flow_ledger},       {"query-1", flow_query},     {"query-2", flow_query},
    {"process", flow_process},     {"escalate", flow_escalate}, {"deliver", flow_deliver},
    {"remediate", flow_remediate}, {"dead-man", flow_dead_man}, {"status", flow_status},
};
enum { FIRST_BY_CLOSE = 0, FIRST_BY_FLAG = 3 };

static enum status start_flows(struct app *app, struct err *err)
{
    struct pg_settings database = app_database(app);
    for (size_t i = 0; i < APP_FLOWS; i++) {
        struct flow_thread *flow = &app->flows[i];
        flow->name = flow_table[i].name;
        flow->run = flow_table[i].run;
        flow->deps = &app->deps;
        if ((flow->run == flow_remediate && !app->deps.runner) ||
            (flow->run == flow_dead_man && !app->deps.dead_man.transfers)) {
            continue;
        }
        if (store_open(&database, app->deps.replica, &flow->store, err) != OK) {
            return err->code;
        }
        int failed = pthread_create(&flow->thread, NULL, run_flow, flow);
        if (failed) {
            return err_set(err, ERR_INTERNAL, "thread %s: %s", flow->name, strerror(failed));
        }
        flow->is_started = true;
    }
    return OK;
}

/* The first request should find the database's clock and the link keys known; if the database went
 * away meanwhile we listen all the same, and /readyz says so. */
static void wait_until_seen(struct app *app)
{
    int64_t until = monotonic_us() + 5 * US_PER_S;
    while (!atomic_load(&app->deps.is_database_ok) && monotonic_us() < until) {
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
}

static const char *path_or_null(struct str path)
{
    return path.n ? path.p : NULL;
}

static enum status start_listening(struct app *app, struct err *err)
{
    const struct process_settings *settings = app->settings;
    struct http_listen listens[LISTENERS_MAX];
    for (size_t i = 0; i < settings->listen.n; i++) {
        const struct listen_settings *l = listen_settings_at(settings, i);
        listens[i] = (struct http_listen){
            .host = l->host.n ? l->host.p : NULL,
            .port = l->port,
            .cert_file = path_or_null(l->tls.certificate),
            .key_file = path_or_null(l->tls.key),
            .client_ca_file = path_or_null(l->tls.client_ca),
            .is_client_cert_required = l->tls.is_client_required,
        };
    }
    const struct limit_settings *limits = &settings->limits;
    struct http_settings http = {
        .listens = listens,
        .n_listens = settings->listen.n,
        .body_max = limits->body_max,
        .buffer_max = limits->buffer_max,
        .header_us = limits->header_us,
        .body_us = limits->body_us,
        .idle_us = limits->idle_us,
        .write_us = limits->write_us,
        .max_connections = limits->max_connections,
        .max_in_flight = limits->max_in_flight,
        .max_in_flight_per_connection = limits->max_in_flight_per_connection,
    };
    return http_server_start(&http, flow_request, &app->deps, &app->http, err);
}

static void log_start(const struct app *app)
{
    for (size_t i = 0; i < app->settings->listen.n; i++) {
        const struct listen_settings *l = listen_settings_at(app->settings, i);
        LOG(LOG_NOTICE, "listening", KV_STR("address", l->address),
            KV_INT("port", app_port(app, i)), KV_BOOL("tls", l->tls.certificate.n > 0));
    }
    LOG(LOG_NOTICE, "started", KV_C("version", ALERTIFY_VERSION), KV_C("as", app->options.log_name),
        KV_STR("replica", app->deps.replica_name), KV_STR("external_url", app->deps.external_url));
    if (app->options.is_hardened && geteuid() == 0 && !app->settings->actions.has_run_as &&
        app->deps.runner) {
        LOG(LOG_WARNING, "running as root, and so do remediation scripts: set actions.run_as, or "
                         "run alertify as a user of its own");
    }
}

enum status app_start(struct app *app, struct err *err)
{
    if (wait_for_database(app, err) != OK) {
        return err_wrap(err, "database");
    }
    if (fill_deps(app, err) != OK || app_load_first(app, err) != OK ||
        start_flows(app, err) != OK) {
        return err->code;
    }
    wait_until_seen(app);
    if (start_listening(app, err) != OK) {
        return err_wrap(err, "listening");
    }
    log_start(app);
    service_notify("READY=1");
    return OK;
}

uint16_t app_port(const struct app *app, size_t i)
{
    return http_server_port(app->http, i);
}

bool app_is_stopping(const struct app *app)
{
    return app->is_stopping;
}

/* ---- run ------------------------------------------------------------------------------------- */

static void reload_all(struct app *app)
{
    struct err err = ERR_INIT;
    service_notify("STATUS=reloading");
    (void)app_reload(app, STR("SIGHUP"), &err); /* it has logged */
    struct err tls = ERR_INIT;
    if (http_server_reload_tls(app->http, &tls) != OK) {
        LOG(LOG_ERROR, "certificates were not reloaded, the old ones stay", KV_ERR(&tls));
    }
    service_notify("STATUS=serving");
}

void app_run(struct app *app, void (*tick)(void *arg), void *arg)
{
    sigset_t set;
    stop_signals(&set);
    while (!app->is_stopping) {
        int got = sigtimedwait(&set, NULL, &(struct timespec){.tv_sec = 1});
        if (got == SIGTERM || got == SIGINT) {
            LOG(LOG_NOTICE, "stopping", KV_C("signal", got == SIGINT ? "SIGINT" : "SIGTERM"));
            break;
        }
        if (got == SIGHUP) {
            reload_all(app);
        } else if (got < 0 && errno != EAGAIN && errno != EINTR) {
            CHECK(false);
        }
        app_watch(app);
        if (tick) {
            tick(arg);
        }
    }
    app->is_stopping = true;
}

/* ---- drain ----------------------------------------------------------------------------------- */

static bool join_until(struct flow_thread *flow, int64_t deadline_us)
{
    if (!flow->is_started || flow->is_joined) {
        return true;
    }
    int64_t left = deadline_us - monotonic_us();
    left = left > 0 ? left : 0;
    struct timespec until;
    CHECK(clock_gettime(CLOCK_MONOTONIC, &until) == 0);
    until.tv_sec += left / US_PER_S;
    until.tv_nsec += (long)(left % US_PER_S) * 1000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
#ifdef __SANITIZE_THREAD__ /* which does not know clockjoin, and would see races behind it */
    flow->is_joined = pthread_join(flow->thread, NULL) == 0;
#else
    flow->is_joined = pthread_clockjoin_np(flow->thread, NULL, CLOCK_MONOTONIC, &until) == 0;
#endif
    if (!flow->is_joined) {
        LOG(LOG_WARNING, "did not end in time; others take over what it holds",
            KV_C("flow", flow->name));
    }
    return flow->is_joined;
}

static bool join_flows(struct app *app, size_t from, size_t to, int64_t deadline_us)
{
    bool are_joined = true;
    for (size_t i = from; i < to; i++) {
        are_joined &= join_until(&app->flows[i], deadline_us);
    }
    return are_joined;
}

/* A second Ctrl-C means: now. */
static void let_interrupt_kill(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    (void)signal(SIGINT, SIG_DFL);
    (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

bool app_drain(struct app *app)
{
    let_interrupt_kill();
    service_notify("STOPPING=1");
    struct deps *deps = &app->deps;
    int64_t deadline_us = monotonic_us() + app->settings->drain_us;
    /* The ledger and the queries still run: what is in flight gets its real answer. */
    if (app->http) {
        http_server_drain(app->http, app->settings->drain_us / 2);
    }
    if (!deps->ledger) {
        return true; /* did not come far */
    }
    mailbox_close(deps->ledger);
    mailbox_close(deps->queries);
    bool are_joined = join_flows(app, FIRST_BY_CLOSE, FIRST_BY_FLAG, deadline_us);
    deps->is_draining = true;
    mailbox_nudge(deps->process);
    mailbox_nudge(deps->escalate);
    if (deps->transfers) {
        transfers_wake(deps->transfers);
    }
    if (deps->dead_man.transfers) {
        transfers_wake(deps->dead_man.transfers);
    }
    if (deps->runner) {
        runner_wake(deps->runner);
    }
    are_joined &= join_flows(app, FIRST_BY_FLAG, APP_FLOWS - 1, deadline_us);
    /* The status thread's store holds the presence lock, and stores are closed after all joins: a
     * replica that still sends must not look dead. */
    mailbox_nudge(deps->status);
    are_joined &= join_flows(app, APP_FLOWS - 1, APP_FLOWS, deadline_us);
    LOG(LOG_NOTICE, "stopped", KV_BOOL("complete", are_joined));
    return are_joined;
}

void app_free(struct app *app)
{
    struct deps *deps = &app->deps;
    for (size_t i = 0; i < APP_FLOWS; i++) {
        if (app->flows[i].store) {
            store_close(app->flows[i].store);
        }
    }
    http_server_free(app->http);
    if (deps->transfers) {
        transfers_free(deps->transfers);
    }
    if (deps->dead_man.transfers) {
        transfers_free(deps->dead_man.transfers);
    }
    if (deps->runner) {
        runner_free(deps->runner);
    }
    struct mailbox *boxes[] = {deps->ledger, deps->queries, deps->process, deps->escalate,
                               deps->status};
    for (size_t i = 0; i < sizeof(boxes) / sizeof(boxes[0]); i++) {
        if (boxes[i]) {
            mailbox_free(boxes[i]);
        }
    }
    links_free(deps->links);
    anchor_key_wipe(&app->anchor_key);
    self_alerts_free(deps->self_alerts);
    configuration_free(deps->configuration);
    pthread_mutex_destroy(&app->reloading);
    arena_release(&app->watch.arena);
    arena_release(&app->arena);
    free(app);
}
