#pragma once
/* fixture — a whole alertify on fake ports, in one thread: every flow is run by hand, returns when
 * there is nothing left to do, and time moves only when a test says so.
 *
 *     world_start(&w, routes_basic);
 *     world_alert(&w, "alertname=Down,severity=page", "firing", 0);
 *     world_settle(&w);                       // ledger → incident → page → sent
 *     world_advance(&w, 5 * US_PER_MIN);      // and settles again
 *     world_end(&w);                          // checks the invariants, too
 */
#include "domain/response.h"
#include "fake_exchange.h"
#include "fake_runner.h"
#include "fake_store.h"
#include "fake_transfer.h"
#include "flows/flows.h"
#include "flows/links.h"

/* 2026-11-21 00:00:00 UTC, a Saturday */
#define WORLD_START_AT INT64_C(1795219200000000)

struct world {
    struct arena arena;
    struct fake_database db;
    struct store store;
    struct transfers transfers;
    struct runner runner;
    struct deps deps;
    struct secret *master;
};

/* Two users with webhooks, a team, a script; receivers page, hold, fix, quiet, bot, rest. */
extern const char routes_basic[];

void world_start(struct world *, const char *routes);
/* Other routes from now on, as after a reload. */
void world_configure(struct world *, const char *routes);
/* Routes with every `what` replaced; it has to be in there. */
const char *world_routes_edited(struct world *, const char *routes, const char *what,
                                const char *with);
/* routes_basic with the receiver `page` under another name. */
const char *world_routes_renamed(struct world *);
/* Checks the invariants, then frees. */
void world_end(struct world *);

/* Each runs one flow until it finds nothing to do. */
void world_process(struct world *);
void world_escalate(struct world *);
void world_deliver(struct world *);
void world_remediate(struct world *);
void world_ledger(struct world *); /* what is in deps.ledger */
void world_queries(struct world *);
/* All of them, until nothing is due. */
void world_settle(struct world *);
bool world_is_settled(struct world *);
void world_advance(struct world *, int64_t us);
/* Moves time only. */
void world_clock(struct world *, int64_t us);

/* Into the ledger, as committed. Repeats on failure, as a sender does. */
void world_post(struct world *, struct str body);
void world_post_file(struct world *, const char *name);
/* One alert; labels as "name=value,name=value"; starts at the world's start + at. */
void world_alert(struct world *, const char *labels, const char *status, int64_t at);

/* One HTTP request through flow_request, the ledger and the query flow. */
struct fake_answer world_http(struct world *, enum http_method, const char *path,
                              const char *authorization, const char *body);
/* A token of that role; returns "Bearer …". */
const char *world_token(struct world *, enum role);

/* The nth incident, from 1, in the order of their making. */
struct incident *world_incident(struct world *, size_t nth);
size_t world_events(const struct world *, size_t nth, enum event_kind);
size_t world_deliveries(const struct world *, enum notice_kind, enum delivery_state);
/* The last event of that kind; its fact, or empty. */
struct str world_fact(const struct world *, enum event_kind, const char *name);
enum transition world_respond(struct world *, size_t nth, struct response);
enum transition world_acknowledge(struct world *, size_t nth);

/* What holds after any history (docs/architecture.md, invariants): timelines without gaps, no
 * attempt behind an acknowledgement in its cycle, pages of a closed cycle never sent later. */
void world_check(const struct world *);
