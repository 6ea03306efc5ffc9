#pragma once
/* routes — the one table of HTTP paths: who may do what. What is not in it does not exist; a row
 * without a role is open by design and says why. Layer: flows; private to the request flow. */
#include "flows/deps.h"

/* How a request proves who it is. */
enum route_access {
    ACCESS_OPEN,      /* nothing: health, the inert page of a link */
    ACCESS_SOURCE,    /* a webhook source's own credential; checked on the http thread */
    ACCESS_HEARTBEAT, /* the heartbeat's own credential; checked on the http thread */
    ACCESS_LINK,      /* the signed token in the path */
    ACCESS_FEED,      /* the secret token of a calendar, or as ACCESS_USER */
    ACCESS_USER,      /* bearer token with at least this role */
    ACCESS_ENGINEER,
    ACCESS_ADMIN,
};

/* One request on a query thread. */
struct query {
    struct deps *deps;
    struct store *store;
    struct arena *arena;
    struct exchange *exchange;
    struct str parameter; /* what `*` matched in the path, percent-decoded */
    struct str actor;     /* "token:ci", "user:anna"; for the timeline */
    enum role role;
};

/* Answers the exchange, or returns an error that the flow answers. */
typedef enum status (*query_handler)(struct query *, struct err *);

struct api_route {
    enum http_method method;
    const char *path; /* segments; `*` matches one */
    enum route_access access;
    query_handler handler; /* NULL: answered on the http thread (see request.c) */
    size_t body_max;       /* 0: no body */
};

extern const struct api_route api_routes[];
extern const size_t n_api_routes;

/* The row, or NULL. *ret_is_path_known: some other method has this path. */
const struct api_route *route_find(enum http_method, struct str path, struct str *ret_parameter,
                                   bool *ret_is_path_known);

/* Handlers, by file. */
enum status api_incidents_list(struct query *, struct err *); /* api_incidents.c */
enum status api_incident_get(struct query *, struct err *);
enum status api_incident_timeline(struct query *, struct err *);
enum status api_incident_acknowledge(struct query *, struct err *); /* api_responses.c */
enum status api_incident_unacknowledge(struct query *, struct err *);
enum status api_incident_snooze(struct query *, struct err *);
enum status api_incident_escalate(struct query *, struct err *);
enum status api_incident_reassign(struct query *, struct err *);
enum status api_incident_add_responder(struct query *, struct err *);
enum status api_incident_resolve(struct query *, struct err *);
enum status api_incident_reopen(struct query *, struct err *);
enum status api_incident_merge(struct query *, struct err *);
enum status api_incident_unmerge(struct query *, struct err *);
enum status api_incident_note(struct query *, struct err *);
enum status api_incident_set_title(struct query *, struct err *);
enum status api_incident_set_severity(struct query *, struct err *);
enum status api_silences_list(struct query *, struct err *); /* api_silences.c */
enum status api_silence_add(struct query *, struct err *);
enum status api_silence_end(struct query *, struct err *);
enum status api_incident_test(struct query *, struct err *); /* api_actions.c */
enum status api_notify(struct query *, struct err *);
enum status api_run_script(struct query *, struct err *);
enum status api_receipt_get(struct query *, struct err *);
enum status api_reload(struct query *, struct err *);
enum status link_show(struct query *, struct err *); /* action_page.c */
enum status link_act(struct query *, struct err *);

enum status api_duty_feed(struct query *, struct err *); /* api_schedules.c */

/* The request carries the right token of its calendar. */
bool feed_is_open(struct query *);

enum status api_heartbeat(struct query *, struct err *); /* heartbeats.c */

/* Answers with JSON. */
void query_answer_json(struct query *, int status, struct str body);
