/* The API's incidents: list, one, its timeline. */
#include "flows/api_body.h"
#include "flows/incident_json.h"
#include "flows/routes.h"
#include "formats/form.h"

enum { LIST_DEFAULT = 100, LIST_MAX = 500, EVENTS_MAX = 1000, ALERTS_MAX = 500 };
enum { ANSWER_MAX = 16 * 1024 * 1024 };

static enum status bad_query(struct err *err, const char *what)
{
    err_set_user(err, "%s", what);
    return err_set(err, ERR_INVALID, "%s", what);
}

static enum status read_filter(struct query *q, struct incident_filter *filter, struct err *err)
{
    struct form form;
    *filter = (struct incident_filter){.limit = LIST_DEFAULT};
    if (form_parse(q->arena, exchange_request(q->exchange)->query, 20, &form, err) != OK) {
        return bad_query(err, "the query string is not readable");
    }
    for (size_t i = 0; i < form.n; i++) {
        struct str name = form.fields[i].name, value = form.fields[i].value;
        uint64_t number = 0;
        if (str_eq(name, STR("status"))) {
            filter->has_state = true;
            if (!incident_state_from_name(value, &filter->state)) {
                return bad_query(err, "status is one of open, acknowledged, resolved");
            }
        } else if (str_eq(name, STR("limit"))) {
            if (!str_to_u64(value, &number) || number < 1 || number > LIST_MAX) {
                return bad_query(err, "limit is a number from 1 to 500");
            }
            filter->limit = number;
        } else if (str_eq(name, STR("before"))) {
            if (!str_to_u64(value, &number) || number < 1) {
                return bad_query(err, "before is the number of an incident");
            }
            filter->before_number = (int64_t)number;
        } else {
            return bad_query(err, "known parameters: status, limit, before");
        }
    }
    return OK;
}

enum status api_incidents_list(struct query *q, struct err *err)
{
    struct incident_filter filter;
    struct incident *incidents;
    size_t n;
    struct strbuf out;
    struct json_writer json;
    if (read_filter(q, &filter, err) != OK ||
        store_incidents_list(q->store, q->arena, &filter, &incidents, &n, err) != OK) {
        return err->code;
    }
    strbuf_init(&out, q->arena, ANSWER_MAX);
    json_begin(&json, &out);
    json_begin_array(&json);
    for (size_t i = 0; i < n; i++) {
        json_begin_object(&json);
        incident_json_members(&json, &incidents[i]);
        json_end_object(&json);
    }
    json_end_array(&json);
    json_end(&json);
    query_answer_json(q, 200, strbuf_str(&out));
    return OK;
}

enum status api_incident_get(struct query *q, struct err *err)
{
    struct incident incident;
    struct alert *alerts;
    size_t n;
    if (api_incident(q, &incident, err) != OK ||
        store_alerts(q->store, q->arena, incident.id, ALERTS_MAX, &alerts, &n, err) != OK) {
        return err->code;
    }
    query_answer_json(q, 200, incident_json_with_alerts(q->arena, &incident, alerts, n));
    return OK;
}

enum status api_incident_timeline(struct query *q, struct err *err)
{
    struct incident incident;
    struct event_row *events;
    size_t n;
    struct strbuf out;
    struct json_writer json;
    if (api_incident(q, &incident, err) != OK ||
        store_timeline(q->store, q->arena, incident.id, EVENTS_MAX, &events, &n, err) != OK) {
        return err->code;
    }
    strbuf_init(&out, q->arena, ANSWER_MAX);
    json_begin(&json, &out);
    json_begin_array(&json);
    for (size_t i = 0; i < n; i++) {
        json_begin_object(&json);
        json_put_int(&json, "seq", events[i].seq);
        json_put_time(&json, "at", events[i].at);
        json_put_str(&json, "kind", events[i].kind);
        json_put_str(&json, "actor", events[i].actor);
        json_put_raw(&json, "facts", events[i].facts);
        json_end_object(&json);
    }
    json_end_array(&json);
    json_end(&json);
    query_answer_json(q, 200, strbuf_str(&out));
    return OK;
}
