#pragma once
/* sample — messages and settings for the channels' tests: a plain one, and a hostile one. */
#include "channels/channel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

/* Markup of every syntax, a header, controls, directions, invisible characters, bad UTF-8. */
#define SAMPLE_HOSTILE                                                                             \
    "<script>alert(1)</script> <!channel> <@U123> *b* `c` @here tg://x \"q\" & 10% < 20%\r\n"      \
    "Bcc: evil@example.org\r\n\r\n\x01\x1b[31m \xe2\x80\xae"                                       \
    "drow \xe2\x80\x8b \xff\xc3 Ünïcödé 日本 😀\n.\n"

static inline struct str sample_long(struct arena *a, size_t bytes)
{
    struct strbuf b;
    strbuf_init(&b, a, bytes);
    while (!b.is_full) {
        strbuf_add(&b, STR("<&>😀\"long & wide\" "));
    }
    return strbuf_str(&b);
}

static inline struct labels sample_labels(struct arena *a, const char *const *pairs)
{
    struct label v[16];
    size_t n = 0;
    for (; pairs[2 * n]; n++) {
        v[n] = (struct label){str_from(pairs[2 * n]), str_from(pairs[2 * n + 1])};
    }
    return labels_make(a, v, n);
}

static inline struct message sample_message(struct arena *a, enum channel_kind channel,
                                            const char *address)
{
    struct message m = {
        .kind = NOTICE_PAGE,
        .to = {.channel = channel,
               .address = str_from(address),
               .user = STR_EMPTY,
               .language = STR("en")},
        .earlier_ref = STR_EMPTY,
        .id = STR("0199c0de-0000-7000-8000-00000000d001"),
        .incident_number = 42,
        .incident_id = STR("0199c0de-0000-7000-8000-000000000042"),
        .title = STR("Disk almost full on db1"),
        .severity = STR("critical"),
        .service = STR("payments"),
        .state = STR("open"),
        .receiver = STR("dba"),
        .round = 1,
        .step = 1,
        .firing = 1,
        .total = 1,
        .opened_at = INT64_C(1795225200) * US_PER_S, /* 2026-11-21 01:40:00 UTC */
        .now_at = INT64_C(1795225920) * US_PER_S,    /* 12 minutes later */
        .acked_at = AT_NONE,
        .snoozed_until = AT_NONE,
        .resolved_at = AT_NONE,
        .acked_by = STR_EMPTY,
        .resolved_by = STR_EMPTY,
        .cycle = 1,
        .external_url = STR("https://alertify.example"),
        .to_name = STR("Anna"),
        .note = STR_EMPTY,
        .ack_url = STR("https://alertify.example/a/TOKEN"),
        .resolve_url = STR("https://alertify.example/a/TOKEN-R"),
        .snooze_url = STR("https://alertify.example/a/TOKEN-S"),
        .open_url = STR("https://alertify.example/incidents/42"),
    };
    const char *const labels[] = {"alertname", "DiskFull", "instance", "db1:9100", "device",
                                  "sda",       "severity", "critical", NULL};
    const char *const annotations[] = {"summary",     "Disk 91% full on /var",
                                       "description", "It grows by 1% an hour.",
                                       "runbook_url", "https://wiki.example/disk?a=1&b=2",
                                       NULL};
    struct alert *alert = ARENA_NEW(a, struct alert);
    m.alerts = (struct alerts){alert, 1};
    *alert = (struct alert){.labels = sample_labels(a, labels),
                            .annotations = sample_labels(a, annotations),
                            .status = ALERT_FIRING,
                            .starts_at = m.opened_at,
                            .ends_at = AT_NONE,
                            .generator_url = STR("javascript:alert(1)")};
    return m;
}

/* Ten of 500 alerts, 5,000-character values, hostile text wherever text can be. */
static inline struct message sample_hostile(struct arena *a, enum channel_kind channel,
                                            const char *address)
{
    struct message m = sample_message(a, channel, address);
    struct str hostile = (struct str){SAMPLE_HOSTILE, sizeof(SAMPLE_HOSTILE) - 1};
    struct str huge = sample_long(a, 5000);
    m.title = str_printf(a, "%.*s %.*s", STR_ARG(hostile), STR_ARG(huge));
    m.severity = m.service = m.state = m.receiver = hostile;
    m.acked_by = m.resolved_by = hostile;
    m.note = str_printf(a, "%.*s %.*s", STR_ARG(hostile), STR_ARG(huge));
    m.firing = m.total = 500;
    struct alert *alerts = ARENA_ARRAY(a, struct alert, MESSAGE_ALERTS_LISTED);
    m.alerts = (struct alerts){alerts, MESSAGE_ALERTS_LISTED};
    m.may_be_repeated = true;
    m.round = m.step = 3;
    m.storm = (struct storm_view){
        .total = 5000, .open = 4000, .urgent = 300, .acknowledged = 900, .resolved = 100};
    for (m.storm.n_items = 0; m.storm.n_items < STORM_ITEMS_MAX; m.storm.n_items++) {
        m.storm.items[m.storm.n_items] = (struct storm_item){
            INT64_MAX, m.storm.n_items % 2 ? huge : hostile, hostile, hostile, AT_NONE};
    }
    for (size_t i = 0; i < m.alerts.n; i++) {
        struct label labels[64];
        for (size_t j = 0; j < 64; j++) {
            labels[j] = (struct label){str_printf(a, "l%zu<&\"\n", j), j % 2 ? huge : hostile};
        }
        struct label annotations[] = {{STR("summary"), i % 2 ? hostile : huge},
                                      {STR("description"), huge},
                                      {STR("runbook_url"), STR("javascript:alert(1)")}};
        alerts[i] = (struct alert){.labels = labels_make(a, labels, 64),
                                   .annotations = labels_make(a, annotations, 3),
                                   .status = i < 8 ? ALERT_FIRING : ALERT_RESOLVED,
                                   .starts_at = AT_NONE,
                                   .ends_at = AT_NONE,
                                   .generator_url = hostile};
    }
    return m;
}

static inline void sample_forget(void *secret)
{
    secret_free(secret);
}

static inline const struct secret *sample_secret(struct arena *a, const char *text)
{
    struct secret *secret = secret_new(str_from(text));
    arena_defer(a, sample_forget, secret);
    return secret;
}

static inline struct channel_settings sample_settings(struct arena *a)
{
    struct webhook_settings *webhook = ARENA_NEW(a, struct webhook_settings);
    *webhook = (struct webhook_settings){
        .name = STR("pager"),
        .url = sample_secret(a, "https://hooks.example.org/in"),
        .signing = {{sample_secret(a, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")}, 1},
        .ca_file = STR_EMPTY};
    return (struct channel_settings){
        .has_slack = true,
        .has_telegram = true,
        .has_email = true,
        .slack = {.bot_token = sample_secret(a, "xoxb-CANARY"), .api_url = STR_EMPTY},
        .telegram = {.bot_token = sample_secret(a, "123:CANARY"), .api_url = STR_EMPTY},
        .email = {.server = STR("smtp://mail.example.org:587"),
                  .username = STR("bot"),
                  .password = sample_secret(a, "CANARY"),
                  .from_name = STR("Alertify"),
                  .from_address = STR("alertify@example.org"),
                  .domain = STR_EMPTY,
                  .ca_file = STR_EMPTY},
        .webhooks = webhook,
        .n_webhooks = 1};
}

static inline struct transfer_request sample_build(const struct channel_settings *settings,
                                                   const struct message *m, bool is_plain,
                                                   struct arena *a)
{
    struct transfer_request request = {0};
    struct err err = ERR_INIT;
    struct speech speech;
    speech_init(&speech, settings->templates, m, a);
    enum status status =
        channel_of(m->to.channel)->build(settings, &speech, is_plain, &request, &err);
    if (status != OK) {
        fail_msg("build: %s", err.detail);
    }
    if (speech.complaint.n > 0) {
        fail_msg("%.*s", STR_ARG(speech.complaint));
    }
    return request;
}

static inline bool sample_is_refused(const struct channel_settings *settings,
                                     const struct message *m, struct arena *a)
{
    struct transfer_request request;
    struct err err = ERR_INIT;
    struct speech speech;
    speech_init(&speech, settings->templates, m, a);
    return channel_of(m->to.channel)->build(settings, &speech, false, &request, &err) ==
               ERR_INVALID &&
           err.detail[0] != '\0';
}

static inline struct outcome sample_classify(const struct message *m, int status, const char *body,
                                             struct arena *a)
{
    struct transfer_reply reply = {.end = TRANSFER_REPLIED,
                                   .status = status,
                                   .body = str_from(body),
                                   .retry_after_us = status == 429 ? 30 * US_PER_S : 0,
                                   .detail = STR_EMPTY};
    struct outcome outcome;
    channel_of(m->to.channel)->classify(m, &reply, a, &outcome);
    return outcome;
}

static inline json_t *sample_json(struct str text)
{
    json_error_t error;
    json_t *json = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &error);
    if (!json) {
        fail_msg("not JSON: %s at %d", error.text, error.position);
    }
    return json;
}

static inline const char *sample_member(const json_t *json, const char *name)
{
    const char *text = json_string_value(json_object_get(json, name));
    return text ? text : "";
}

/* No C0 (but LF), no DEL, no bidi override, no zero-width space, valid UTF-8. */
static inline void sample_assert_clean(struct str s)
{
    assert_true(str_is_utf8(s));
    assert_false(str_contains(s, STR("\xe2\x80\xae")));
    assert_false(str_contains(s, STR("\xe2\x80\x8b")));
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if ((c < 0x20 && c != '\n') || c == 0x7f) {
            fail_msg("control %02x at %zu of: %.*s", c, i, STR_ARG(s));
        }
    }
}

#define ASSERT_HAS(text, part)                                                                     \
    do {                                                                                           \
        if (!str_contains((text), str_from(part))) {                                               \
            fail_msg("no “%s” in: %.*s", (part), STR_ARG(text));                                   \
        }                                                                                          \
    } while (0)
#define ASSERT_HAS_NOT(text, part)                                                                 \
    do {                                                                                           \
        if (str_contains((text), str_from(part))) {                                                \
            fail_msg("“%s” in: %.*s", (part), STR_ARG(text));                                      \
        }                                                                                          \
    } while (0)
