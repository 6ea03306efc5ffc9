/* The API's actions: fire a test, send a note, run a script, look up a receipt, reload. */
#include "base/entropy.h"
#include "flows/api_body.h"
#include "flows/incident_json.h"
#include "flows/respond.h"
#include "flows/routes.h"
#include "formats/rfc3339.h"

enum { ANSWER_MAX = 64 * 1024, NOTE_MAX = 4000 };

static struct uuid new_id(const struct deps *deps)
{
    uint8_t random[10];
    entropy_fill(random, sizeof(random));
    return uuid_v7(deps_now(deps), random);
}

static struct str or_default(struct str s, struct str otherwise)
{
    return s.n ? s : otherwise;
}

/* An Alertmanager body, so that a test takes the way of every alert: ledger, routing, escalation.
 */
static struct str test_body(struct query *q, struct str service, struct str severity,
                            struct str name, struct str summary)
{
    struct strbuf out;
    struct json_writer json;
    char at[RFC3339_TEXT_MAX];
    rfc3339_format(deps_now(q->deps), RFC3339_MS, at);
    strbuf_init(&out, q->arena, ANSWER_MAX);
    json_begin(&json, &out);
    json_begin_object(&json);
    json_put_str(&json, "version", STR("4"));
    json_put_str(&json, "status", STR("firing"));
    json_put_str(&json, "receiver", STR("test"));
    json_key(&json, STR("alerts"));
    json_begin_array(&json);
    json_begin_object(&json);
    json_put_str(&json, "status", STR("firing"));
    json_key(&json, STR("labels"));
    json_begin_object(&json);
    json_put_str(&json, "alertname", name);
    json_put_str(&json, "service", service);
    json_put_str(&json, "severity", severity);
    json_put_str(&json, "test_id",
                 str_printf(q->arena, "%016llx", (unsigned long long)entropy_u64()));
    json_end_object(&json);
    json_key(&json, STR("annotations"));
    json_begin_object(&json);
    json_put_str(&json, "summary", summary);
    json_end_object(&json);
    json_put_str(&json, "startsAt", str_from(at));
    json_put_str(&json, "endsAt", STR("0001-01-01T00:00:00Z"));
    json_end_object(&json);
    json_end_array(&json);
    json_end_object(&json);
    json_end(&json);
    return strbuf_str(&out);
}

enum status api_incident_test(struct query *q, struct err *err)
{
    struct json_view body;
    struct str service, severity, name, summary;
    char receipt[UUID_TEXT + 1];
    if (api_body(q, &body, err) != OK) {
        return err->code;
    }
    if (!api_text(q, body, "service", &service) || !api_text(q, body, "severity", &severity) ||
        !api_text(q, body, "alertname", &name) || !api_text(q, body, "summary", &summary)) {
        return api_bad(err, "service, severity, alertname and summary are strings");
    }
    struct ledger_entry entry = {
        .receipt = new_id(q->deps),
        .source = STR("test"),
        .peer = exchange_request(q->exchange)->peer,
        .body = test_body(q, or_default(service, STR("alertify-test")),
                          or_default(severity, STR("critical")), or_default(name, STR("TestAlert")),
                          or_default(summary, STR("Test of the paging, fired by hand"))),
        .quarantine = STR_EMPTY};
    if (store_ledger_append(q->store, &entry, 1, err) != OK) {
        return err->code;
    }
    mailbox_nudge(q->deps->process);
    uuid_format(entry.receipt, receipt);
    query_answer_json(q, 202,
                      str_printf(q->arena, "{\"status\":\"fired\",\"receipt\":\"%s\"}\n", receipt));
    return OK;
}

enum status api_notify(struct query *q, struct err *err)
{
    struct json_view body;
    struct str channel, text;
    struct uuid id;
    struct addressees to;
    struct decision decision;
    struct told *told;
    size_t n;
    char key[UUID_TEXT + 1];
    if (api_body(q, &body, err) != OK || api_incident_of(q, body, "incident_id", &id, err) != OK) {
        return err->code;
    }
    if (!api_text(q, body, "channel", &channel) || !api_text(q, body, "message", &text) ||
        channel.n == 0 || text.n == 0 || text.n > NOTE_MAX) {
        return api_bad(err, "channel and message (at most 4000 bytes) are required strings");
    }
    const struct snapshot *snapshot = configuration_ref(q->deps->configuration);
    enum status status = api_addressees(q, snapshot->settings, "channel", channel, &to, err);
    if (status == OK) {
        status = respond_load(q->deps, q->store, q->arena, id, &decision, &told, &n, err);
    }
    if (status == OK) {
        uuid_format(new_id(q->deps), key);
        for (size_t i = 0; i < to.n; i++) {
            decision_note(&decision, q->actor, text, to.v[i],
                          str_printf(q->arena, "%s/%zu", key, i));
        }
        status = respond_commit(q->deps, q->store, q->arena, &decision, err);
    }
    configuration_unref(snapshot);
    if (status == OK) {
        query_answer_json(q, 202, STR("{\"status\":\"queued\"}\n"));
    }
    return status;
}

/* The values a caller gives, checked against what the action declares. */
static enum status parameters_of(struct query *q, struct json_view body,
                                 const struct action *action, struct str *ret, struct err *err)
{
    struct json_view given, value;
    struct str key, text;
    *ret = STR("{}");
    if (!json_view_member(q->arena, body, STR("parameters"), &given)) {
        return OK;
    }
    if (json_view_kind(given) != JSON_KIND_OBJECT) {
        return api_bad(err, "parameters is an object of strings");
    }
    struct json_object members = json_view_object(q->arena, given);
    while (json_object_next(&members, &key, &value)) {
        const struct parameter *found = NULL;
        for (size_t i = 0; i < action->n_parameters; i++) {
            const struct parameter *p = &action->parameters[i];
            found = p->from == PARAMETER_CALLER && str_eq(p->name, key) ? p : found;
        }
        if (!found) {
            err_set_user(err, "the action takes no parameter \"%.*s\" from a caller", STR_ARG(key));
            return err_set(err, ERR_INVALID, "unknown parameter");
        }
        if (!json_view_string(q->arena, value, &text) ||
            (found->pattern && !found->pattern->matches(found->pattern, text))) {
            err_set_user(err, "parameter \"%.*s\" must match %.*s", STR_ARG(key),
                         STR_ARG(found->pattern_text));
            return err_set(err, ERR_INVALID, "parameter does not match");
        }
    }
    *ret = given.text;
    return OK;
}

static enum status queue_run(struct query *q, struct uuid incident, struct str action,
                             struct str parameters, struct uuid run_id, struct err *err)
{
    struct decision decision;
    struct told *told;
    size_t n;
    char id[UUID_TEXT + 1];
    uuid_format(run_id, id);
    struct run_intent run = {.id = run_id,
                             .action = action,
                             .actor = q->actor,
                             .dedupe_key = str_printf(q->arena, "api/%s", id),
                             .parameters = parameters};
    if (respond_load(q->deps, q->store, q->arena, incident, &decision, &told, &n, err) != OK) {
        return err->code;
    }
    decision_run(&decision, q->actor, run);
    return respond_commit(q->deps, q->store, q->arena, &decision, err);
}

enum { RUN_WAIT_STEPS = 60 };
#define RUN_WAIT_STEP_US (250 * US_PER_MS)

/* Waits a while for the run to end, so that the answer can show its output. */
static enum status await_run(struct query *q, struct uuid id, struct run *ret, struct err *err)
{
    struct mailbox *nothing = mailbox_new(1, 1);
    enum status status = OK;
    for (int i = 0; i < RUN_WAIT_STEPS && status == OK; i++) {
        void *none;
        status = store_run(q->store, q->arena, id, ret, err);
        if (status == OK && ret->state != RUN_STATE_REQUESTED && ret->state != RUN_STATE_STARTED) {
            break;
        }
        mailbox_take(nothing, &none, 1, RUN_WAIT_STEP_US);
    }
    mailbox_free(nothing);
    return status;
}

static void answer_run(struct query *q, const struct run *run)
{
    struct strbuf out;
    struct json_writer json;
    char id[UUID_TEXT + 1];
    bool has_ended = run->state != RUN_STATE_REQUESTED && run->state != RUN_STATE_STARTED;
    bool is_executed = has_ended && run->state != RUN_STATE_NOT_STARTED;
    strbuf_init(&out, q->arena, 1024 * 1024);
    json_begin(&json, &out);
    json_begin_object(&json);
    json_put_str(&json, "status",
                 is_executed ? STR("executed")
                 : has_ended ? STR("refused")
                             : STR("running"));
    json_put_str(&json, "logs", run->output);
    json_put_str(&json, "run_id", str_from(uuid_format(run->id, id)));
    json_put_str(&json, "state", str_from(run_state_name(run->state)));
    json_put_int(&json, "code", run->code);
    json_end_object(&json);
    json_end(&json);
    query_answer_json(q, has_ended ? 200 : 202, strbuf_str(&out));
}

enum status api_run_script(struct query *q, struct err *err)
{
    struct json_view body;
    struct str name, parameters = STR_EMPTY;
    struct uuid incident, id = new_id(q->deps);
    struct run run;
    if (api_body(q, &body, err) != OK ||
        api_incident_of(q, body, "incident_id", &incident, err) != OK) {
        return err->code;
    }
    if (!api_text(q, body, "script_name", &name) || name.n == 0) {
        return api_bad(err, "script_name is required");
    }
    if (!q->deps->runner) {
        err_set_user(err, "scripts are switched off on this server");
        return err_set(err, ERR_FORBIDDEN, "no runner");
    }
    const struct snapshot *snapshot = configuration_ref(q->deps->configuration);
    const struct action *action = settings_action(snapshot->settings, name);
    enum status status;
    if (!action) {
        err_set_user(err, "there is no action \"%.*s\"; only configured ones run", STR_ARG(name));
        status = err_set(err, ERR_NOT_FOUND, "no such action");
    } else {
        status = parameters_of(q, body, action, &parameters, err);
    }
    configuration_unref(snapshot);
    if (status == OK) {
        status = queue_run(q, incident, name, parameters, id, err);
    }
    if (status == OK) {
        status = await_run(q, id, &run, err);
    }
    if (status == OK) {
        answer_run(q, &run);
    }
    return status;
}

enum status api_receipt_get(struct query *q, struct err *err)
{
    struct uuid id;
    struct receipt_state state;
    struct strbuf out;
    struct json_writer json;
    if (!uuid_parse(q->parameter, &id)) {
        err_set_user(err, "a receipt is a uuid");
        return err_set(err, ERR_NOT_FOUND, "not a uuid");
    }
    if (store_receipt(q->store, q->arena, id, &state, err) != OK) {
        return err->code;
    }
    strbuf_init(&out, q->arena, ANSWER_MAX);
    json_begin(&json, &out);
    json_begin_object(&json);
    json_put_str(&json, "receipt", q->parameter);
    json_put_str(&json, "state", state.state);
    json_put_str(&json, "source", state.source);
    json_put_str(&json, "reason", state.reason);
    json_put_time(&json, "received_at", state.received_at);
    json_end_object(&json);
    json_end(&json);
    query_answer_json(q, 200, strbuf_str(&out));
    return OK;
}

enum status api_reload(struct query *q, struct err *err)
{
    enum status status = q->deps->reload(q->deps->reload_arg, q->actor, err);
    if (status == OK) {
        query_answer_json(q, 200, STR("{\"status\":\"reloaded\"}\n"));
    } else {
        err_set_user(err, "not reloaded, the old configuration stays: %s: %s", err->where,
                     err->detail);
    }
    return status;
}
