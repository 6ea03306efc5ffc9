#include "app/cli/export.h"
#include "app/cli/why_text.h"
#include "flows/incident_json.h"

static void put_seconds(struct json_writer *json, const char *key, int64_t us)
{
    json_key(json, str_from(key));
    if (us < 0) {
        json_add_null(json);
    } else {
        json_add_double(json, (double)us / (double)US_PER_S);
    }
}

static int64_t length(int64_t from, int64_t to)
{
    return to == AT_NONE ? -1 : to - from;
}

static void put_text(struct json_writer *json, const char *key, struct str text)
{
    json_put_str(json, key, text.p ? text : STR_EMPTY);
}

static void put_cycles(struct json_writer *json, const struct postmortem *f)
{
    json_key(json, STR("cycles"));
    json_begin_array(json);
    for (size_t i = 0; i < f->n_cycles; i++) {
        const struct postmortem_cycle *c = &f->cycles[i];
        json_begin_object(json);
        json_put_time(json, "opened_at", c->opened_at);
        put_seconds(json, "told_after_s", length(c->opened_at, c->told_at));
        json_put_time(json, "acknowledged_at", c->acked_at);
        put_seconds(json, "acknowledged_after_s", length(c->opened_at, c->acked_at));
        put_text(json, "acknowledged_by", c->acked_by);
        put_text(json, "acknowledged_through", c->acked_through);
        json_put_bool(json, "acknowledgement_ended", c->is_ack_taken_back);
        json_put_time(json, "resolved_at", c->resolved_at);
        put_seconds(json, "resolved_after_s", length(c->opened_at, c->resolved_at));
        put_text(json, "resolved_by", c->resolved_by);
        put_text(json, "resolved_through", c->resolved_through);
        json_end_object(json);
    }
    json_end_array(json);
    put_seconds(json, "mean_told_s", f->mean_told_us);
    put_seconds(json, "mtta_s", f->mean_ack_us);
    put_seconds(json, "mttr_s", f->mean_resolve_us);
}

static void put_messages(struct json_writer *json, struct arena *arena, const struct postmortem *f)
{
    json_key(json, STR("messages"));
    json_begin_array(json);
    for (size_t i = 0; i < f->n_messages; i++) {
        const struct postmortem_message *m = &f->messages[i];
        json_begin_object(json);
        json_put_time(json, "at", m->at);
        put_text(json, "what", m->what);
        put_text(json, "to", m->to);
        put_text(json, "channel", m->channel);
        json_put_int(json, "attempts", m->attempts);
        json_put_str(json, "end", str_from(postmortem_end_name(m->end)));
        json_put_time(json, "ended_at", m->ended_at);
        put_text(json, "reason", m->reason);
        if (m->cause) {
            json_put_int(json, "because_entry", m->cause->seq);
            json_put_str(json, "because", why_text(arena, m->cause));
        }
        json_end_object(json);
    }
    json_end_array(json);
}

static void put_runs(struct json_writer *json, const struct export_story *s)
{
    char id[UUID_TEXT + 1];
    json_key(json, STR("runs"));
    json_begin_array(json);
    for (size_t i = 0; i < s->n_runs; i++) {
        const struct run *run = &s->runs[i];
        json_begin_object(json);
        json_put_str(json, "id", str_from(uuid_format(run->id, id)));
        json_put_str(json, "action", run->action);
        json_put_str(json, "actor", run->actor);
        json_put_raw(json, "parameters", run->parameters);
        json_put_str(json, "state", str_from(run_state_name(run->state)));
        json_put_int(json, "code", run->code);
        json_put_time(json, "requested_at", run->requested_at);
        json_put_time(json, "started_at", run->started_at);
        json_put_time(json, "ended_at", run->ended_at);
        json_put_str(json, "output", run->output);
        json_end_object(json);
    }
    json_end_array(json);
}

static void put_timeline(struct json_writer *json, struct arena *arena,
                         const struct export_story *s)
{
    json_put_bool(json, "timeline_is_cut", s->is_cut);
    json_key(json, STR("timeline"));
    json_begin_array(json);
    for (size_t i = 0; i < s->n_events; i++) {
        const struct event_row *event = &s->events[i];
        json_begin_object(json);
        json_put_int(json, "seq", event->seq);
        json_put_time(json, "at", event->at);
        json_put_str(json, "kind", event->kind);
        json_put_str(json, "actor", event->actor);
        json_put_raw(json, "facts", event->facts);
        json_put_str(json, "text", why_text(arena, event));
        json_end_object(json);
    }
    json_end_array(json);
}

struct str export_json(struct arena *arena, const struct export_story *s)
{
    struct strbuf out;
    struct json_writer json;
    strbuf_init(&out, arena, EXPORT_TEXT_MAX);
    json_begin(&json, &out);
    json_begin_object(&json);
    json_key(&json, STR("incident"));
    json_begin_object(&json);
    incident_json_members(&json, &s->incident);
    json_end_object(&json);
    put_cycles(&json, &s->facts);
    put_messages(&json, arena, &s->facts);
    put_runs(&json, s);
    json_key(&json, STR("alerts"));
    json_begin_array(&json);
    for (size_t i = 0; i < s->n_alerts; i++) {
        alert_json(&json, &s->alerts[i]);
    }
    json_end_array(&json);
    put_timeline(&json, arena, s);
    json_end_object(&json);
    json_end(&json);
    return strbuf_str(&out);
}
