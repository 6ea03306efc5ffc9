#pragma once
/* app — puts the server together, runs it, and takes it apart in order.
 *
 *     app_prepare    before anything else: process limits, exec helper, signals
 *     (up: start the private PostgreSQL, migrate)
 *     app_start      schema check, routing files, one store and one thread per flow, listeners
 *     app_run        signals, until SIGTERM or SIGINT
 *     app_drain      listeners → answers → ledger → flows; at most settings.drain_us
 *     app_free
 *
 * SIGHUP reads the routing files and the certificates again. A second SIGINT during the drain ends
 * the process at once: nothing that was acknowledged depends on the drain. The threads are
 * described in docs/threading.md. Layer: app. Thread: main. */
#include "app/settings_file.h"

struct app;

struct app_options {
    bool is_hardened;     /* no core dumps, not to be traced by its own user */
    const char *log_name; /* "serve", "up" */
};

/* Must be called while the process has one thread. `settings` stays the caller's; its database part
 * is read by app_start only. */
MUST_CHECK enum status app_prepare(const struct process_settings *, const struct app_options *,
                                   struct app **ret, struct err *);
/* Waits for a database that is away. What is wrong with the routing files goes to standard error.
 * A stop signal during that wait is ERR_UNAVAILABLE. After an error call app_drain and app_free as
 * after success. */
MUST_CHECK enum status app_start(struct app *, struct err *);
/* `tick` (may be NULL) is called about every second on the main thread. */
void app_run(struct app *, void (*tick)(void *arg), void *arg);
/* False: something did not end in time (it was logged) and app_free must not be called. */
bool app_drain(struct app *);
void app_free(struct app *);

/* A stop signal has come, maybe already during app_start. */
bool app_is_stopping(const struct app *);
/* The port that listener i really has. */
uint16_t app_port(const struct app *, size_t i);
