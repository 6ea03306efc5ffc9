/* request — every HTTP request, on the http thread: health and metrics are answered here, webhooks
 * go to intake, everything else to the query threads. Nothing here blocks. */
#include "base/metrics.h"
#include "base/monotonic.h"
#include "flows/flows.h"
#include "flows/heartbeats.h"
#include "flows/intake.h"
#include "flows/routes.h"
#include "flows/self_alert.h"
#include "formats/percent.h"

enum { METRICS_MAX = 4 * 1024 * 1024 };
#define READY_US (10 * US_PER_S)

static void answer(struct exchange *exchange, int status, struct str type, struct str body)
{
    exchange_answer(exchange,
                    &(struct exchange_reply){.status = status, .content_type = type, .body = body});
}

static void answer_error(struct exchange *exchange, enum status code, const char *text)
{
    struct err err = ERR_INIT;
    err_set(&err, code, "%s", text);
    err_set_user(&err, "%s", text);
    exchange_answer_error(exchange, &err);
}

static void answer_metrics(struct exchange *exchange)
{
    struct strbuf out;
    strbuf_init(&out, exchange_arena(exchange), METRICS_MAX);
    metrics_render(&out);
    answer(exchange, 200, STR("text/plain; version=0.0.4; charset=utf-8"), strbuf_str(&out));
}

static void answer_ready(const struct deps *deps, struct exchange *exchange)
{
    bool is_fresh = monotonic_us() - atomic_load(&deps->database_seen_us) < READY_US;
    if (atomic_load(&deps->is_draining)) {
        answer(exchange, 503, STR("text/plain"), STR("draining\n"));
    } else if (atomic_load(&deps->is_superseded)) {
        answer(exchange, 503, STR("text/plain"),
               STR("superseded: a newer alertify has taken over the database; update this one\n"));
    } else if (!atomic_load(&deps->is_database_ok) || !is_fresh) {
        answer(exchange, 503, STR("text/plain"), STR("database: not reachable\n"));
    } else {
        bool is_old = self_alert_is_raised(deps->self_alerts, SELF_CONFIG);
        answer(exchange, 200, STR("text/plain"),
               is_old ? STR("ready\nthe routing files on disk were refused, the last good ones are "
                            "in force\n")
                      : STR("ready\n"));
    }
}

static void answer_here(struct deps *deps, struct exchange *exchange, const struct api_route *route,
                        struct str parameter)
{
    struct str path = str_from(route->path);
    if (route->access == ACCESS_SOURCE) {
        flow_intake(deps, exchange, parameter);
    } else if (str_eq(path, STR("/healthz"))) {
        answer(exchange, 200, STR("text/plain"), STR("ok\n"));
    } else if (str_eq(path, STR("/readyz"))) {
        answer_ready(deps, exchange);
    } else {
        CHECK(str_eq(path, STR("/metrics")));
        answer_metrics(exchange);
    }
}

void flow_request(void *arg, struct exchange *exchange)
{
    struct deps *deps = arg;
    const struct exchange_request *request = exchange_request(exchange);
    struct str parameter = STR_EMPTY;
    bool is_path_known;
    const struct api_route *route =
        route_find(request->method, request->path, &parameter, &is_path_known);
    if (!route) {
        answer_error(exchange, is_path_known ? ERR_METHOD : ERR_NOT_FOUND,
                     is_path_known ? "this path does not take this method" : "no such path");
        return;
    }
    if (!percent_decode(exchange_arena(exchange), parameter, &parameter) ||
        !str_is_utf8(parameter)) {
        answer_error(exchange, ERR_NOT_FOUND, "no such path");
    } else if (route->access == ACCESS_HEARTBEAT &&
               !heartbeat_is_proven(deps, exchange, parameter)) {
        answer_error(exchange, ERR_UNAUTHENTICATED,
                     "this heartbeat does not exist or its credential does not fit");
    } else if (!route->handler) {
        answer_here(deps, exchange, route, parameter);
    } else if (request->body.n > route->body_max) {
        answer_error(exchange, ERR_TOO_LARGE, "the body is too large for this path");
    } else if (!mailbox_post(deps->queries, exchange, request->body.n + 1024)) {
        answer_error(exchange, ERR_UNAVAILABLE, "too busy; please try again");
    }
}
