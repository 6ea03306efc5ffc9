/* query — API reads and people's actions, on threads that may block on the database.
 *
 *   1 take     one request
 *   2 prove    bearer token → role, compared with the route's row; links prove themselves
 *   3 handle   the route's handler answers, or returns an error
 *   4 answer   the error, and a row in the access log for what was refused */
#include "base/digest.h"
#include "base/log.h"
#include "base/metrics.h"
#include "flows/flows.h"
#include "flows/routes.h"
#include "formats/percent.h"

#include <string.h>

static struct metric queries_total = METRIC_COUNTER(
    "alertify_api_requests_total", "API requests by path and result.", "path", "result");

void query_answer_json(struct query *q, int status, struct str body)
{
    exchange_answer(q->exchange, &(struct exchange_reply){.status = status,
                                                          .content_type = STR("application/json"),
                                                          .body = body});
}

static enum role role_needed(enum route_access access)
{
    switch (access) {
    case ACCESS_USER:
    case ACCESS_FEED:
        return ROLE_USER;
    case ACCESS_ENGINEER:
        return ROLE_ENGINEER;
    case ACCESS_ADMIN:
    case ACCESS_SOURCE: /* never on a query thread: deny */
        return ROLE_ADMIN;
    case ACCESS_OPEN:
    case ACCESS_LINK:
    case ACCESS_HEARTBEAT: /* proven on the http thread */
        return ROLE_NONE;
    }
    UNREACHABLE("route access");
}

/* The same text for a missing, malformed, unknown, expired and revoked token. */
static enum status unauthenticated(struct err *err)
{
    err_set_user(err, "a valid bearer token is required");
    return err_set(err, ERR_UNAUTHENTICATED, "no valid bearer token");
}

static enum status prove(struct query *q, enum route_access access, struct err *err)
{
    enum role needed = role_needed(access);
    struct str given = exchange_header(q->exchange, STR("authorization"));
    struct api_token token;
    uint8_t hash[API_TOKEN_HASH];
    struct digest digest;
    if (needed == ROLE_NONE) {
        return OK;
    }
    if (access == ACCESS_FEED && feed_is_open(q)) {
        q->actor = STR("feed");
        return OK;
    }
    struct str scheme = given.p ? str_cut(&given, ' ') : STR_EMPTY;
    if (!str_eq_nocase(scheme, STR("bearer")) || !given.p) {
        return unauthenticated(err);
    }
    digest_init(&digest, sizeof(hash));
    digest_add(&digest, str_trim(given));
    digest_end(&digest, hash);
    enum status status = store_token_find(q->store, q->arena, hash, &token, err);
    if (status == ERR_NOT_FOUND) {
        *err = ERR_INIT;
        return unauthenticated(err);
    }
    if (status != OK) {
        return status;
    }
    q->role = token.role;
    q->actor = str_printf(q->arena, "token:%.*s", STR_ARG(token.name));
    if (token.role < needed) {
        err_set_user(err, "this needs the role %s", role_name(needed));
        return err_set(err, ERR_FORBIDDEN, "role %s is not enough", role_name(token.role));
    }
    return OK;
}

static void log_refusal(struct query *q, const struct err *cause, const char *path)
{
    struct err err = ERR_INIT;
    bool is_refusal = cause->code == ERR_UNAUTHENTICATED || cause->code == ERR_FORBIDDEN;
    if (is_refusal &&
        store_access_log(q->store, q->actor, exchange_request(q->exchange)->peer, str_from(path),
                         str_from(status_name(cause->code)), str_from(cause->detail), &err) != OK) {
        LOG(LOG_ERROR, "refusal not logged", KV_ERR(&err));
    }
}

static void handle(struct query *q)
{
    struct err err = ERR_INIT;
    const struct exchange_request *request = exchange_request(q->exchange);
    bool is_path_known;
    const struct api_route *route =
        route_find(request->method, request->path, &q->parameter, &is_path_known);
    CHECK(route && route->handler);
    percent_decode(q->arena, q->parameter, &q->parameter);
    enum status status = prove(q, route->access, &err);
    if (status == OK) {
        status = route->handler(q, &err);
    }
    metric_add(&queries_total, 1, str_from(route->path), str_from(status_name(status)));
    if (status != OK) {
        log_refusal(q, &err, route->path);
        if (status_http(status) >= 500) {
            LOG(LOG_ERROR, "request failed", KV_C("path", route->path), KV_ERR(&err));
        }
        exchange_answer_error(q->exchange, &err);
    }
}

void flow_query(struct deps *deps, struct store *store)
{
    struct arena arena;
    arena_init(&arena);
    for (;;) {
        void *item;
        if (mailbox_take(deps->queries, &item, 1, US_PER_S) == 0) {
            if (mailbox_is_closed(deps->queries)) {
                break;
            }
            continue;
        }
        struct query query = {.deps = deps,
                              .store = store,
                              .arena = &arena,
                              .exchange = item,
                              .actor = STR("nobody")};
        handle(&query);
        arena_clear(&arena);
    }
    arena_release(&arena);
}
