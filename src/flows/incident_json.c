#include "flows/incident_json.h"

#include "formats/rfc3339.h"

enum { TEXT_MAX = 4 * 1024 * 1024 };

void json_put_time(struct json_writer *json, const char *key, int64_t at)
{
    char text[RFC3339_TEXT_MAX];
    if (at == AT_NONE) {
        json_key(json, str_from(key));
        json_add_null(json);
    } else {
        json_put_str(json, key, str_from(rfc3339_format(at, RFC3339_MS, text)));
    }
}

static void put_labels(struct json_writer *json, const char *key, struct labels labels)
{
    json_key(json, str_from(key));
    json_begin_object(json);
    for (size_t i = 0; i < labels.n; i++) {
        json_key(json, labels.v[i].name);
        json_add_str(json, labels.v[i].value);
    }
    json_end_object(json);
}

void incident_json_members(struct json_writer *json, const struct incident *in)
{
    char id[UUID_TEXT + 1];
    json_put_str(json, "id", str_from(uuid_format(in->id, id)));
    json_put_int(json, "number", in->number);
    json_put_str(json, "service", in->service);
    json_put_str(json, "severity", in->severity);
    json_put_str(json, "status", str_from(incident_state_name(in->state)));
    json_put_time(json, "timestamp", in->opened_at);
    json_put_str(json, "title", in->title);
    json_put_str(json, "receiver", in->receiver);
    put_labels(json, "group_labels", in->group_labels);
    json_put_int(json, "firing", in->firing);
    json_put_int(json, "total", in->total);
    json_put_int(json, "cycle", in->cycle);
    json_put_int(json, "step", in->step);
    json_put_int(json, "round", in->round);
    json_put_time(json, "next_step_at", in->wake_at);
    json_put_time(json, "updated_at", in->updated_at);
    json_put_time(json, "acknowledged_at", in->acked_at);
    json_put_str(json, "acknowledged_by", in->acked_by);
    json_put_time(json, "snoozed_until", in->snoozed_until);
    if (in->merged_into != 0) {
        json_put_int(json, "merged_into", in->merged_into);
    } else {
        json_key(json, STR("merged_into"));
        json_add_null(json);
    }
    json_put_time(json, "resolved_at", in->resolved_at);
    json_put_str(json, "resolved_by", in->resolved_by);
    json_put_str(json, "config", in->config_hash);
}

void alert_json(struct json_writer *json, const struct alert *alert)
{
    json_begin_object(json);
    json_put_str(json, "status", str_from(alert_status_name(alert->status)));
    put_labels(json, "labels", alert->labels);
    put_labels(json, "annotations", alert->annotations);
    json_put_time(json, "starts_at", alert->starts_at);
    json_put_time(json, "ends_at", alert->ends_at);
    json_put_str(json, "generator_url", alert->generator_url);
    json_end_object(json);
}

struct str incident_json_with_alerts(struct arena *arena, const struct incident *incident,
                                     const struct alert *alerts, size_t n)
{
    struct strbuf out;
    struct json_writer json;
    strbuf_init(&out, arena, TEXT_MAX);
    json_begin(&json, &out);
    json_begin_object(&json);
    json_key(&json, STR("incident"));
    json_begin_object(&json);
    incident_json_members(&json, incident);
    json_end_object(&json);
    json_key(&json, STR("alerts"));
    json_begin_array(&json);
    /* Bounded by leaving alerts out, never by cutting the text: it stays JSON. */
    for (size_t i = 0; i < n && out.n < TEXT_MAX / 2; i++) {
        alert_json(&json, &alerts[i]);
    }
    json_end_array(&json);
    json_end_object(&json);
    json_end(&json);
    return strbuf_str(&out);
}
