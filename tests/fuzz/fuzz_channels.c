/* Any text in any place of a message, any reply: requests and pages stay valid, what stands in the
 * text opens no tag and calls nobody, nothing crashes.
 * Input: kind and channel or pages, flags, status, then text; the text is title, label, note and
 * reply at once. */
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
        .snoozed_until = AT_NONE,
        .resolved_at = AT_NONE,
        .acked_by = text,
        .resolved_by = text,
        .note = text,
        .ack_url = text,
        .resolve_url = text,
        .snooze_url = text,
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
    m.group_labels = alerts[0].labels;
    m.fired = m.resolved = (struct alerts){alerts, flags & 16 ? 1 : 2};
    m.firing = m.total = (int64_t)m.alerts.n * 50;
    m.step = m.round = m.cycle = 1 + (int)(flags >> 6);
    m.storm =
        (struct storm_view){.total = 20, .open = flags & 1 ? 20 : 0, .n_items = STORM_ITEMS_MAX};
    for (size_t i = 0; i < STORM_ITEMS_MAX; i++) {
        m.storm.items[i] = (struct storm_item){(int64_t)i, text, text, text, m.opened_at};
    }
    return m;
}

/* No template of ours has these, so they could only be the text's. */
static void check_harmless(struct str html)
{
    CHECK(str_is_utf8(html));
    CHECK(!str_contains(html, STR("<script")) && !str_contains(html, STR("<img")));
    CHECK(!str_contains(html, STR("ZgotmplZ")));
}

static void try_pages(const struct message *m, struct arena *a)
{
    static const enum template_part parts[] = {PART_PAGE, PART_STORM_PAGE, PART_NOTICE_PAGE,
                                               PART_EMAIL_HTML};
    const struct template_page page = {.said = m->title,
                                       .nonce = m->id,
                                       .action = m->service,
                                       .whom = m->to_name,
                                       .is_expired = m->may_be_repeated};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        struct speech speech;
        speech_init(&speech, NULL, m, a);
        speech.page = &page;
        struct str html = speech_say(&speech, parts[i], NULL, NULL);
        CHECK(html.p && speech.complaint.n == 0);
        if (!str_contains(m->title, STR("ZgotmplZ"))) {
            check_harmless(html);
        }
    }
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
        /* The address is the admin's, and stands where it is no text. */
        bool may_have = m->to.channel != CHANNEL_SLACK || str_contains(m->to.address, STR("<!"));
        CHECK(may_have || !str_contains(request.body, STR("<!")));
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
    unsigned channel = data[0] / notice_kind_COUNT % (channel_kind_COUNT + 1);
    if (channel < channel_kind_COUNT) {
        m.to.channel = (enum channel_kind)channel;
        m.to.address = data[1] & 32 ? text : str_from(addresses[channel]);
        try_channel(&settings, &m, data[1] & 64, &reply, &a);
    } else {
        try_pages(&m, &a);
    }
    arena_release(&a);
    secret_free(secret);
    return 0;
}
