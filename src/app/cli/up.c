/* up — everything on this machine at once, for trying it out.
 *
 *   1 words      options, the port
 *   2 prepare    exec helper, signals
 *   3 database   a private PostgreSQL in the state folder, migrated
 *   4 routes     ./routes, or the sample in the state folder
 *   5 serve      on loopback
 *   6 tell       where to point Alertmanager, how to fire a test page, how to stop
 *   7 run        until Ctrl-C; then drain, and stop PostgreSQL */
#include "adapters/embedded_pg.h"
#include "adapters/pg_migrate.h"
#include "app/app.h"
#include "app/cli/cli.h"
#include "app/state_folder.h"
#include "app/state_place.h"
#include "app/test_alert.h"
#include "base/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PORT_DEFAULT = 8080 };

struct up {
    const struct cli_command *command;
    const char *state, *routes;
    long port;
    bool is_demo, is_default_state;
    struct process_settings settings;
    struct listen_settings listen;
    struct str route_folder;
    struct app *app;
    struct embedded_pg *database;
    bool is_restarting_database;
};

/* ---- 1 words --------------------------------------------------------------------------------- */

/* Finds out before anything is started. 0 becomes a port that is free now. */
static enum status probe_port(long *port, struct err *err)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)*port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(address);
    int yes = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(fd >= 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    enum status status = OK;
    if (bind(fd, (struct sockaddr *)&address, n) != 0) {
        status = errno == EADDRINUSE
                     ? err_set(err, ERR_CONFLICT,
                               "port %ld of 127.0.0.1 is taken by another program; choose one with "
                               "--port N (0: any free one)",
                               *port)
                     : err_set(err, ERR_IO, "port %ld: %s", *port, strerror(errno));
    } else {
        CHECK(getsockname(fd, (struct sockaddr *)&address, &n) == 0);
        *port = ntohs(address.sin_port);
    }
    close(fd);
    return status;
}

static void fill_settings(struct up *up)
{
    struct process_settings *s = &up->settings;
    struct problems problems;
    problems_init(&problems, &s->arena);
    process_settings_default(s, &problems);
    struct strbuf address, url;
    strbuf_init(&address, &s->arena, 64);
    strbuf_printf(&address, "127.0.0.1:%ld", up->port);
    strbuf_init(&url, &s->arena, 64);
    strbuf_printf(&url, "http://127.0.0.1:%ld", up->port);
    up->listen.address = strbuf_str(&address);
    CHECK(listen_address_parse(&s->arena, &up->listen));
    s->listen = (struct setting_list){&up->listen, 1};
    s->external_url = strbuf_str(&url);
    s->actions.is_own_allowed = true; /* it is a trial: the user's own scripts are welcome */
    s->log.level = LOG_NOTICE;        /* leave the terminal to the pages */
}

/* ---- 3 database, 4 routes -------------------------------------------------------------------- */

static enum status start_database(struct up *up, struct err *err)
{
    struct process_settings *s = &up->settings;
    const struct embedded_pg_settings embedded = {.state_dir = up->state};
    printf("starting a private PostgreSQL in %s …\n", up->state);
    fflush(stdout);
    enum status status = embedded_pg_start(&embedded, &up->database, err);
    if (status == ERR_CONFLICT) {
        return err_wrap(err, "another `alertify up` is running on this state folder");
    }
    if (status != OK) {
        return status;
    }
    s->database.conninfo = str_from(embedded_pg_conninfo(up->database));
    struct pg_settings pg = {.conninfo = s->database.conninfo.p};
    struct pg_migrate_result migrated;
    if (pg_migrate(&pg, migration_catalogue, &migrated, err) != OK) {
        return err_wrap(err, "migrating");
    }
    if (state_write(&s->arena, up->state, "conninfo", s->database.conninfo, err) != OK ||
        state_write(&s->arena, up->state, "url", s->external_url, err) != OK) {
        return err->code;
    }
    return state_secret_key(&s->arena, up->state, &s->secret_key.v[0], err);
}

static enum status choose_routes(struct up *up, struct err *err)
{
    struct process_settings *s = &up->settings;
    const char *folder = up->routes;
    if (!folder && access("routes", R_OK | X_OK) == 0) {
        folder = "routes";
    }
    if (!folder && state_sample_routes(&s->arena, up->state, &folder, err) != OK) {
        return err->code;
    }
    up->route_folder = str_from(folder);
    s->secret_key.n = 1;
    s->routes = (struct setting_texts){&up->route_folder, 1};
    s->is_watching = true;
    return OK;
}

/* ---- 6 tell ---------------------------------------------------------------------------------- */

static void tell(const struct up *up)
{
    const char *url = up->settings.external_url.p;
    printf("\nalertify is up: %s\n\n"
           "Point Alertmanager at it (alertmanager.yml):\n\n"
           "    receivers:\n"
           "      - name: alertify\n"
           "        webhook_configs:\n"
           "          - url: %s/v1/webhooks/alertmanager/dev\n"
           "            send_resolved: true\n\n",
           url, url);
    printf(
        "Fire a test page:\n\n"
        "    %s page%s%s\n"
        "    curl -H 'Content-Type: application/json' %s/v1/webhooks/alertmanager/dev \\\n"
        "         -d '{\"version\":\"4\",\"status\":\"firing\",\"alerts\":[{\"status\":\"firing\","
        "\"labels\":{\"alertname\":\"TestPage\",\"severity\":\"critical\"}}]}'\n\n",
        program_invocation_name, up->is_default_state ? "" : " --state ",
        up->is_default_state ? "" : up->state, url);
    printf("Routing files: %.*s (read again: kill -HUP %d)\n"
           "Data:          %s (kept; the next `alertify up` finds them)\n"
           "Stop:          Ctrl-C\n",
           STR_ARG(up->route_folder), (int)getpid(), up->state);
    if (geteuid() == 0) {
        puts(
            "Note: you are root. That is fine for a trial; in production run alertify as a user of "
            "its own (deploy/systemd).");
    }
    fflush(stdout);
}

static void demonstrate(struct up *up)
{
    struct arena arena;
    arena_init(&arena);
    struct err err = ERR_INIT;
    struct str receipt;
    const struct test_alert alert = {
        .name = STR("DemoPage"), .severity = STR("critical"), .source = STR("dev")};
    puts("\nDemo: firing one alert at our own intake; the page with its link appears below.");
    fflush(stdout);
    if (test_alert_fire(&arena, up->settings.external_url, &alert, &receipt, &err) != OK) {
        LOG(LOG_ERROR, "the demo alert was not taken", KV_ERR(&err));
    }
    arena_release(&arena);
}

/* ---- 7 run ----------------------------------------------------------------------------------- */

static void look_after_database(void *arg)
{
    struct up *up = arg;
    struct err err = ERR_INIT;
    bool is_revived = false;
    enum status status = embedded_pg_revive(up->database, &is_revived, &err);
    if (status != OK && !up->is_restarting_database) {
        LOG(LOG_ERROR, "the private PostgreSQL does not start again; trying on", KV_ERR(&err));
    } else if (is_revived) {
        LOG(LOG_WARNING, "the private PostgreSQL was gone and runs again");
    }
    up->is_restarting_database = status != OK;
}

static enum status start(struct up *up, struct err *err)
{
    const struct app_options options = {.log_name = "up"};
    fill_settings(up);
    if (state_absolute(&up->settings.arena, up->state, &up->state, err) != OK ||
        state_place(&up->settings.arena, up->state, up->is_default_state, &up->state, err) != OK ||
        app_prepare(&up->settings, &options, &up->app, err) != OK ||
        start_database(up, err) != OK || choose_routes(up, err) != OK ||
        app_start(up->app, err) != OK) {
        return err->code;
    }
    return OK;
}

/* Whatever was started ends here, in the reverse order. */
static int finish(struct up *up, int code)
{
    struct err err = ERR_INIT;
    bool is_complete = !up->app || app_drain(up->app);
    if (is_complete && up->app) {
        app_free(up->app);
    }
    if (up->database && embedded_pg_stop(up->database, &err) != OK) {
        code = cli_failed(up->command, &err);
    }
    if (code == CLI_OK) {
        printf("stopped; the data are in %s\n", up->state);
        fflush(stdout);
    }
    if (!is_complete) {
        _exit(code); /* threads still use what would be freed now */
    }
    secret_free(up->settings.secret_key.v[0]);
    process_settings_free(&up->settings);
    return code;
}

static int run(struct up *up)
{
    struct err err = ERR_INIT;
    if (start(up, &err) != OK) {
        return finish(up, cli_failed(up->command, &err));
    }
    tell(up);
    if (up->is_demo) {
        demonstrate(up);
    }
    app_run(up->app, look_after_database, up);
    return finish(up, CLI_OK);
}

int cli_up(const struct cli_command *command, int argc, char **argv)
{
    struct up up = {.command = command, .state = STATE_FOLDER_DEFAULT, .port = PORT_DEFAULT};
    const char *port = NULL;
    const struct cli_option options[] = {
        {"state", "DIR", "where the data are kept (default " STATE_FOLDER_DEFAULT ")", &up.state,
         NULL},
        {"port", "N", "of 127.0.0.1 (default 8080; 0: any free one)", &port, NULL},
        {"routes", "DIR", "routing files (default ./routes, else a sample in the state folder)",
         &up.routes, NULL},
        {"demo", NULL, "also fire one alert and show its page here", NULL, &up.is_demo},
        {0},
    };
    int code = cli_options(command, options, &argc, argv, 0, 0);
    if (code != CLI_GO) {
        return code;
    }
    if (port && !cli_number(port, 0, UINT16_MAX, &up.port)) {
        return cli_usage(command, "--port is a number up to 65535, not \"%s\"", port);
    }
    up.is_default_state = strcmp(up.state, STATE_FOLDER_DEFAULT) == 0;
    struct err err = ERR_INIT;
    if (probe_port(&up.port, &err) != OK) {
        return cli_failed(command, &err);
    }
    arena_init(&up.settings.arena);
    return run(&up);
}
