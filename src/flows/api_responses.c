/* The API's POST /incidents/{id}/…: what people do to an incident. */
#include "flows/api_body.h"
#include "flows/incident_json.h"
#include "flows/respond.h"
#include "formats/duration.h"
#include "formats/rfc3339.h"
#include "wire/plan_text.h"

enum { ANSWER_MAX = 256 * 1024, NOTE_MAX = 4000, TITLE_MAX = 300, SEVERITY_MAX = 50 };
#define SNOOZE_MAX_US (30 * US_PER_DAY)

static void answer(struct query *q, const struct responded *done)
{
    struct strbuf out;
    struct json_writer json;
    strbuf_init(&out, q->arena, ANSWER_MAX);
    json_begin(&json, &out);
    json_begin_object(&json);
    incident_json_members(&json, &done->incident);
    json_put_bool(&json, "changed", done->transition == TRANSITION_CHANGED);
    json_end_object(&json);
    json_end(&json);
    query_answer_json(q, 200, strbuf_str(&out));
}

static enum status act(struct query *q, struct uuid incident, struct response response,
                       struct err *err)
{
    struct responded done;
    response.actor = q->actor;
    response.through = STR("api");
    if (respond(q->deps, q->store, q->arena, incident, &response, 0, NULL,
                exchange_request(q->exchange)->peer, &done, err) != OK) {
        return err->code;
    }
    if (done.transition == TRANSITION_REFUSED) {
        err_set_user(err, "%.*s", STR_ARG(done.obstacle));
        return err_set(err, ERR_CONFLICT, "refused in this state");
    }
    answer(q, &done);
    return OK;
}

/* Without anything in the body. */
static enum status act_plainly(struct query *q, enum response_kind kind, struct err *err)
{
    struct incident incident;
    return api_incident(q, &incident, err) != OK
               ? err->code
               : act(q, incident.id, (struct response){.kind = kind}, err);
}

enum status api_incident_acknowledge(struct query *q, struct err *err)
{
    return act_plainly(q, RESPONSE_ACKNOWLEDGE, err);
}

enum status api_incident_unacknowledge(struct query *q, struct err *err)
{
    return act_plainly(q, RESPONSE_UNACKNOWLEDGE, err);
}

enum status api_incident_resolve(struct query *q, struct err *err)
{
    return act_plainly(q, RESPONSE_RESOLVE, err);
}

enum status api_incident_reopen(struct query *q, struct err *err)
{
    return act_plainly(q, RESPONSE_REOPEN, err);
}

/* --- until when ------------------------------------------------------------------------------- */

static enum status until_of(struct query *q, struct json_view body, int64_t *ret, struct err *err)
{
    struct str until, length;
    int64_t now_at = deps_now(q->deps), us;
    if (!api_text(q, body, "until", &until) || !api_text(q, body, "for", &length) ||
        (until.n > 0) == (length.n > 0)) {
        return api_bad(err, "either until (\"2026-11-21T08:00:00Z\") or for (\"1h30m\") is wanted");
    }
    if (until.n > 0 && rfc3339_parse(until, ret, NULL) != OK) {
        return api_bad(err, "until is a time such as 2026-11-21T08:00:00Z");
    }
    if (length.n > 0) {
        if (duration_parse(length, &us, NULL) != OK) {
            return api_bad(err, "for is a length of time such as 1h30m");
        }
        *ret = now_at + us;
    }
    return *ret > now_at && *ret - now_at <= SNOOZE_MAX_US
               ? OK
               : api_bad(err, "it must end later than now, and within 30 days");
}

enum status api_incident_snooze(struct query *q, struct err *err)
{
    struct json_view body;
    struct incident incident;
    struct response response = {.kind = RESPONSE_SNOOZE};
    char text[RFC3339_TEXT_MAX];
    if (api_incident(q, &incident, err) != OK || api_body(q, &body, err) != OK ||
        until_of(q, body, &response.until_at, err) != OK) {
        return err->code;
    }
    response.text = str_dup(q->arena, str_from(rfc3339_format(response.until_at, RFC3339_S, text)));
    return act(q, incident.id, response, err);
}

/* --- where it goes on ------------------------------------------------------------------------- */

enum status api_incident_escalate(struct query *q, struct err *err)
{
    struct json_view body, value;
    struct incident incident;
    struct str text;
    struct plan plan;
    int64_t step;
    if (api_incident(q, &incident, err) != OK || api_body(q, &body, err) != OK ||
        store_plan(q->store, q->arena, incident.plan_hash, &text, err) != OK ||
        plan_parse(q->arena, text, &plan, err) != OK) {
        return err->code;
    }
    if (!json_view_member(q->arena, body, STR("step"), &value) || !json_view_int(value, &step) ||
        step < 1 || (uint64_t)step > plan.n_steps) {
        err_set_user(err, "step is a number from 1 to %zu", plan.n_steps);
        return err_set(err, ERR_INVALID, "no such step");
    }
    return act(q, incident.id, (struct response){.kind = RESPONSE_ESCALATE, .step = (int)step - 1},
               err);
}

/* --- somebody else ---------------------------------------------------------------------------- */

static enum status ask(struct query *q, enum response_kind kind, struct err *err)
{
    struct json_view body;
    struct incident incident;
    struct str to;
    struct response response = {.kind = kind};
    if (api_incident(q, &incident, err) != OK || api_body(q, &body, err) != OK) {
        return err->code;
    }
    if (!api_text(q, body, "to", &to) || to.n == 0 ||
        !api_text(q, body, "message", &response.text) || response.text.n > NOTE_MAX) {
        return api_bad(err, "to (\"user:anna\", \"slack:#ops\") is required, message (at most 4000 "
                            "bytes) is not");
    }
    const struct snapshot *snapshot = configuration_ref(q->deps->configuration);
    enum status status = api_addressees(q, snapshot->settings, "to", to, &response.to, err);
    if (status == OK) {
        status = act(q, incident.id, response, err);
    }
    configuration_unref(snapshot);
    return status;
}

enum status api_incident_reassign(struct query *q, struct err *err)
{
    return ask(q, RESPONSE_REASSIGN, err);
}

enum status api_incident_add_responder(struct query *q, struct err *err)
{
    return ask(q, RESPONSE_ADD_RESPONDER, err);
}

/* --- together with another one ---------------------------------------------------------------- */

enum status api_incident_merge(struct query *q, struct err *err)
{
    struct json_view body;
    struct incident incident;
    struct response response = {.kind = RESPONSE_MERGE};
    if (api_incident(q, &incident, err) != OK || api_body(q, &body, err) != OK ||
        api_incident_of(q, body, "into", &response.root, err) != OK) {
        return err->code;
    }
    return act(q, incident.id, response, err);
}

enum status api_incident_unmerge(struct query *q, struct err *err)
{
    struct incident incident, root;
    if (api_incident(q, &incident, err) != OK) {
        return err->code;
    }
    root = incident; /* not merged: says so */
    if (incident.merged_into != 0 &&
        store_incident_by_number(q->store, q->arena, incident.merged_into, &root, err) != OK) {
        return err->code;
    }
    return act(q, incident.id, (struct response){.kind = RESPONSE_UNMERGE, .root = root.id}, err);
}

/* --- words ------------------------------------------------------------------------------------ */

static enum status say(struct query *q, enum response_kind kind, const char *key, size_t max,
                       struct err *err)
{
    struct json_view body;
    struct incident incident;
    struct response response = {.kind = kind};
    if (api_incident(q, &incident, err) != OK || api_body(q, &body, err) != OK) {
        return err->code;
    }
    if (!api_text(q, body, key, &response.text) || str_trim(response.text).n == 0 ||
        response.text.n > max) {
        err_set_user(err, "%s (a string of at most %zu bytes) is required", key, max);
        return err_set(err, ERR_INVALID, "no %s", key);
    }
    return act(q, incident.id, response, err);
}

enum status api_incident_note(struct query *q, struct err *err)
{
    return say(q, RESPONSE_NOTE, "text", NOTE_MAX, err);
}

enum status api_incident_set_title(struct query *q, struct err *err)
{
    return say(q, RESPONSE_SET_TITLE, "title", TITLE_MAX, err);
}

enum status api_incident_set_severity(struct query *q, struct err *err)
{
    return say(q, RESPONSE_SET_SEVERITY, "severity", SEVERITY_MAX, err);
}
