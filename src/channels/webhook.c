/* webhook — the incident as JSON, signed as Standard Webhooks 1.0 (docs/webhook-payload.md). */
#include "channels/channel.h"
#include "channels/clean.h"
#include "channels/json_body.h"
#include "channels/summary.h"
#include "channels/verdict.h"
#include "formats/rfc3339.h"
#include "formats/signature.h"

enum {
    VALUE_MAX = 500,
    TEXT_MAX = 2048,
    PAYLOAD_MAX_BYTES = 64 * 1024, /* receivers are asked for 20 kB, which is usual */
    PAYLOAD_VERSION = 1,
};

static void put_text(json_t *object, struct arena *a, const char *name, struct str text, size_t max)
{
    json_object_set_new(object, name, json_body_text(clean_block(a, text, max)));
}

/* How much of the alerts is shown: all that fits. */
struct detail {
    size_t value, labels, alerts;
};
static const struct detail details[] = {{VALUE_MAX, 64, MESSAGE_ALERTS_MAX},
                                        {200, 30, MESSAGE_ALERTS_MAX},
                                        {60, 10, MESSAGE_ALERTS_MAX},
                                        {60, 10, 3}};

/* RFC 3339, or null. */
static void put_time(json_t *object, const char *name, int64_t at)
{
    char text[RFC3339_TEXT_MAX];
    json_object_set_new(object, name,
                        at == AT_NONE ? json_null()
                                      : json_string(rfc3339_format(at, RFC3339_S, text)));
}

static json_t *labels_object(struct arena *a, struct labels labels, const struct detail *detail)
{
    json_t *object = json_object();
    for (size_t i = 0; i < labels.n && i < detail->labels; i++) {
        struct str name = clean_line(a, labels.v[i].name, detail->value);
        struct str value = clean_block(a, labels.v[i].value, detail->value);
        json_object_set_new(object, str_c(a, name), json_body_text(value));
    }
    return object;
}

static json_t *alert_object(struct arena *a, const struct alert *alert, const struct detail *detail)
{
    json_t *object = json_object();
    json_object_set_new(object, "status", json_string(alert_status_name(alert->status)));
    json_object_set_new(object, "labels", labels_object(a, alert->labels, detail));
    json_object_set_new(object, "annotations", labels_object(a, alert->annotations, detail));
    put_time(object, "starts_at", alert->starts_at);
    put_time(object, "ends_at", alert->ends_at);
    struct str url = clean_is_url(alert->generator_url) ? alert->generator_url : STR_EMPTY;
    put_text(object, a, "generator_url", url, TEXT_MAX);
    return object;
}

static json_t *incident_object(struct arena *a, const struct message *m)
{
    json_t *object = json_object();
    put_text(object, a, "id", m->incident_id, VALUE_MAX);
    json_object_set_new(object, "number", json_integer(m->incident_number));
    put_text(object, a, "title", m->title, VALUE_MAX);
    put_text(object, a, "severity", m->severity, VALUE_MAX);
    put_text(object, a, "service", m->service, VALUE_MAX);
    put_text(object, a, "status", m->state, VALUE_MAX);
    put_text(object, a, "receiver", m->receiver, VALUE_MAX);
    json_object_set_new(object, "round", json_integer(m->round));
    json_object_set_new(object, "step", json_integer(m->step));
    put_time(object, "opened_at", m->opened_at);
    put_time(object, "acknowledged_at", m->acked_at);
    put_text(object, a, "acknowledged_by", m->acked_by, VALUE_MAX);
    put_time(object, "resolved_at", m->resolved_at);
    put_text(object, a, "resolved_by", m->resolved_by, VALUE_MAX);
    json_object_set_new(object, "firing", json_integer(m->firing));
    json_object_set_new(object, "total", json_integer(m->total));
    put_text(object, a, "url", clean_is_url(m->open_url) ? m->open_url : STR_EMPTY, TEXT_MAX);
    bool has_ack = summary_wants_ack(m) && clean_is_url(m->ack_url);
    put_text(object, a, "ack_url", has_ack ? m->ack_url : STR_EMPTY, TEXT_MAX);
    return object;
}

static json_t *storm_object(struct arena *a, const struct message *m)
{
    const struct storm_view *view = &m->storm;
    json_t *object = json_object(), *incidents = json_array();
    json_object_set_new(object, "total", json_integer(view->total));
    json_object_set_new(object, "open", json_integer(view->open));
    json_object_set_new(object, "urgent", json_integer(view->urgent));
    json_object_set_new(object, "acknowledged", json_integer(view->acknowledged));
    json_object_set_new(object, "resolved", json_integer(view->resolved));
    for (size_t i = 0; i < view->n_items; i++) {
        json_t *item = json_object();
        json_object_set_new(item, "number", json_integer(view->items[i].number));
        put_text(item, a, "title", view->items[i].title, VALUE_MAX);
        put_text(item, a, "severity", view->items[i].severity, VALUE_MAX);
        put_text(item, a, "status", view->items[i].state, VALUE_MAX);
        put_time(item, "opened_at", view->items[i].opened_at);
        json_array_append_new(incidents, item);
    }
    json_object_set_new(object, "incidents", incidents);
    put_text(object, a, "ack_url", clean_is_url(m->ack_url) ? m->ack_url : STR_EMPTY, TEXT_MAX);
    return object;
}

static struct str payload_with(struct arena *a, const struct message *m,
                               const struct detail *detail)
{
    json_t *payload = json_object();
    json_object_set_new(payload, "version", json_integer(PAYLOAD_VERSION));
    json_object_set_new(payload, "kind", json_string(notice_kind_name(m->kind)));
    put_text(payload, a, "delivery_id", m->id, VALUE_MAX);
    json_object_set_new(payload, "possible_repeat", json_boolean(m->may_be_repeated));
    if (m->kind == NOTICE_STORM) {
        json_object_set_new(payload, "storm", storm_object(a, m));
        return json_body_write(a, payload);
    }
    json_object_set_new(payload, "incident", incident_object(a, m));
    put_text(payload, a, "note", m->note, TEXT_MAX);
    json_t *alerts = json_array();
    for (size_t i = 0; i < m->n_alerts && i < detail->alerts; i++) {
        json_array_append_new(alerts, alert_object(a, &m->alerts[i], detail));
    }
    json_object_set_new(payload, "alerts", alerts);
    return json_body_write(a, payload);
}

static struct str payload_of(struct arena *a, const struct message *m)
{
    struct str payload = STR_EMPTY;
    for (size_t i = 0; i < sizeof(details) / sizeof(details[0]); i++) {
        payload = payload_with(a, m, &details[i]);
        if (payload.n <= PAYLOAD_MAX_BYTES) {
            break;
        }
    }
    return payload;
}

/* The id may not contain the separator of the signed text. */
static struct str webhook_id(struct arena *a, struct str id)
{
    char *p = arena_dup(a, id.p, id.n);
    for (size_t i = 0; i < id.n; i++) {
        if (p[i] <= ' ' || p[i] >= 0x7f || p[i] == '.') {
            p[i] = '-';
        }
    }
    return (struct str){p, id.n};
}

static enum status sign(const struct webhook_settings *webhook, struct str id, int64_t timestamp_s,
                        struct str body, struct arena *a, struct str *ret, struct err *err)
{
    struct str keys[SECRETS_MAX];
    CHECK(webhook->signing.n <= SECRETS_MAX);
    for (size_t i = 0; i < webhook->signing.n; i++) {
        enum status status =
            webhook_key_parse(a, secret_reveal(webhook->signing.v[i]), &keys[i], err);
        if (status != OK) {
            return ERR_INVALID;
        }
    }
    *ret = webhook_sign(a, keys, webhook->signing.n, id, timestamp_s, body);
    return OK;
}

static enum status add_headers(struct arena *a, const struct webhook_settings *webhook,
                               const struct message *m, struct transfer_request *r, struct err *err)
{
    struct str id = webhook_id(a, m->id);
    int64_t timestamp_s = m->now_at / US_PER_S;
    struct transfer_header *headers = ARENA_ARRAY(a, struct transfer_header, 4);
    size_t n = 0;
    headers[n++] = (struct transfer_header){STR("Content-Type"), STR("application/json")};
    headers[n++] = (struct transfer_header){STR("webhook-id"), id};
    headers[n++] = (struct transfer_header){STR("webhook-timestamp"),
                                            str_printf(a, "%lld", (long long)timestamp_s)};
    if (webhook->signing.n > 0) {
        struct str signatures;
        enum status status = sign(webhook, id, timestamp_s, r->body, a, &signatures, err);
        if (status != OK) {
            return status;
        }
        headers[n++] = (struct transfer_header){STR("webhook-signature"), signatures};
    }
    r->headers = headers;
    r->n_headers = n;
    return OK;
}

static enum status build(const struct channel_settings *settings, const struct message *message,
                         bool is_plain, struct arena *a, struct transfer_request *ret,
                         struct err *err)
{
    (void)is_plain;
    const struct webhook_settings *webhook = settings_webhook(settings, message->to.address);
    if (!webhook || !webhook->url) {
        return err_set(err, ERR_INVALID, "no webhook has this name");
    }
    *ret = (struct transfer_request){
        .kind = TRANSFER_HTTP,
        .url = str_dup(a, secret_reveal(webhook->url)),
        .method = STR("POST"),
        .body = payload_of(a, message),
        .mail_from = STR_EMPTY,
        .mail_to = STR_EMPTY,
        .username = STR_EMPTY,
        .is_private_allowed = settings->is_private_allowed,
        .ca_file = webhook->ca_file,
    };
    return add_headers(a, webhook, message, ret, err);
}

static void classify(const struct message *message, const struct transfer_reply *reply,
                     struct arena *a, struct outcome *ret)
{
    (void)message;
    if (verdict_without_reply(reply, a, ret)) {
        return;
    }
    *ret = verdict_by_http(reply, STR_EMPTY, a);
    ret->scope = SCOPE_DESTINATION; /* each webhook has a credential of its own */
}

const struct channel channel_webhook = {CHANNEL_WEBHOOK, build, classify};
