/* webhook — the incident as JSON, signed as Standard Webhooks 1.0 (docs/webhook-payload.md). */
#include "channels/channel.h"
#include "channels/clean.h"
#include "channels/json_body.h"
#include "channels/verdict.h"
#include "formats/signature.h"

enum { PAYLOAD_MAX_BYTES = 64 * 1024 }; /* receivers are asked for 20 kB, which is usual */

struct payload {
    struct arena *arena;
    struct str compact; /* of the last try */
};

static bool is_taken(void *arg, struct str text, struct str *ret_why)
{
    struct payload *payload = arg;
    json_error_t error;
    json_t *json = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &error);
    if (!json) {
        *ret_why = STR("what it gives is not JSON");
        return false;
    }
    payload->compact = json_body_write(payload->arena, json);
    return payload->compact.n <= PAYLOAD_MAX_BYTES;
}

/* The words that need no template, as JSON. */
static struct str plain_payload(struct speech *speech)
{
    const struct message *m = speech->message;
    json_t *payload = json_pack("{s:s, s:I, s:o}", "kind", notice_kind_name(m->kind), "incident",
                                (json_int_t)m->incident_number, "text",
                                json_body_text(speech_plain(speech, PAYLOAD_MAX_BYTES / 8)));
    return json_body_write(speech->arena, payload);
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
    int64_t timestamp_s = (m->now_at - m->clock_ahead_us) / US_PER_S;
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

static enum status build(const struct channel_settings *settings, struct speech *speech,
                         bool is_plain, struct transfer_request *ret, struct err *err)
{
    const struct message *message = speech->message;
    struct arena *a = speech->arena;
    const struct webhook_settings *webhook = settings_webhook(settings, message->to.address);
    if (!webhook || !webhook->url) {
        return err_set(err, ERR_INVALID, "no webhook has this name");
    }
    struct payload payload = {a, STR_EMPTY};
    bool is_well = !is_plain && speech_say(speech, PART_WEBHOOK, is_taken, &payload).p;
    *ret = (struct transfer_request){
        .kind = TRANSFER_HTTP,
        .url = str_dup(a, secret_reveal(webhook->url)),
        .method = STR("POST"),
        .body = is_well ? payload.compact : plain_payload(speech),
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
