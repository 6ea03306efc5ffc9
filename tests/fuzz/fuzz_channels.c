/* Any text in any place of a message, any reply: requests stay valid, nothing crashes.
 * Input: kind, flags, status, then text; the text is title, label, note and reply at once. */
#include "channels/channel.h"
#include "channels/clean.h"

#include <jansson.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct message message_of(struct arena *a, struct str text, unsigned kind, unsigned flags)
{
    struct label *label = ARENA_NEW(a, struct label);
    *label = (struct label){text, text};
    struct message m = {
        .kind = (enum notice_kind)(kind % notice_kind_COUNT),
        .to = {.user = STR_EMPTY, .language = flags & 1 ? STR("ru") : STR("en")},
        .earlier_ref = flags & 2   ? STR("1 1")
                       : flags & 4 ? text
                                   : STR_EMPTY,
        .id = text.n > 0 ? text : STR("1"), /* ours, never empty */
        .incident_id = text,
        .title = text,
        .severity = text,
        .service = text,
        .state = text,
        .receiver = text,
        .now_at = (int64_t)flags * US_PER_DAY,
        .opened_at = flags & 8 ? AT_NONE : 0,
        .acked_at = AT_NONE,
        .resolved_at = AT_NONE,
        .acked_by = text,
        .resolved_by = text,
        .note = text,
        .ack_url = text,
        .open_url = text,
        .to_name = text,
    };
    struct alert *alerts = ARENA_ARRAY(a, struct alert, MESSAGE_ALERTS_LISTED);
    m.alerts = (struct alerts){alerts, flags & 16 ? 1 : MESSAGE_ALERTS_LISTED};
    for (size_t i = 0; i < m.alerts.n; i++) {
        alerts[i] = (struct alert){.labels = {label, 1},
                                   .annotations = {label, 1},
                                   .starts_at = 0,
                                   .ends_at = AT_NONE,
                                   .generator_url = text};
    }
    return m;
}

static void check_request(const struct transfer_request *r)
{
    CHECK(str_is_utf8(r->body));
    if (r->kind == TRANSFER_HTTP) {
        json_t *json = json_loadb(r->body.p, r->body.n, JSON_REJECT_DUPLICATES, NULL);
        CHECK(json);
        json_decref(json);
    }
    for (size_t i = 0; i < r->n_headers; i++) {
        CHECK(str_find(r->headers[i].value, '\n', 0) == SIZE_MAX);
        CHECK(str_find(r->headers[i].value, '\r', 0) == SIZE_MAX);
    }
    for (size_t i = 0; r->kind == TRANSFER_SMTP && i < r->body.n; i++) {
        unsigned char c = (unsigned char)r->body.p[i];
        CHECK((c >= 0x20 && c < 0x7f) || c == '\r' || c == '\n');
    }
}

static void try_channel(const struct channel_settings *settings, struct message *m, bool is_plain,
                        const struct transfer_reply *reply, struct arena *a)
{
    struct transfer_request request;
    struct outcome outcome;
    struct err err = ERR_INIT;
    struct speech speech;
    speech_init(&speech, NULL, m, a);
    if (channel_of(m->to.channel)->build(settings, &speech, is_plain, &request, &err) == OK) {
        check_request(&request);
    }
    channel_of(m->to.channel)->classify(m, reply, a, &outcome);
    CHECK(str_is_utf8(outcome.reason) && outcome.reason.n < 1024);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const addresses[channel_kind_COUNT] = {"", "U1A", "-100:4", "a@b.org", "w"};
    if (size < 3) {
        return 0;
    }
    struct arena a;
    arena_init(&a);
    struct str text = {(const char *)data + 3, size - 3};
    struct message m = message_of(&a, text, data[0], data[1]);
    struct secret *secret = secret_new(STR("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
    struct webhook_settings webhook = {STR("w"), secret, {{secret}, 1}, STR_EMPTY};
    struct channel_settings settings = {
        .has_slack = true,
        .has_telegram = true,
        .has_email = true,
        .slack = {.bot_token = secret, .api_url = STR_EMPTY},
        .telegram = {.bot_token = secret, .api_url = STR_EMPTY},
        .email = {.from_name = text, .from_address = STR("a@b.org"), .domain = text},
        .webhooks = &webhook,
        .n_webhooks = 1};
    struct transfer_reply reply = {
        .end = TRANSFER_REPLIED, .status = 100 + data[2] * 2, .body = text, .detail = text};
    for (int kind = 0; kind < channel_kind_COUNT; kind++) {
        m.to.channel = (enum channel_kind)kind;
        m.to.address = data[1] & 32 ? text : str_from(addresses[kind]);
        try_channel(&settings, &m, data[1] & 64, &reply, &a);
    }
    arena_release(&a);
    secret_free(secret);
    return 0;
}
