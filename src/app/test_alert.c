#include "app/test_alert.h"

#include "adapters/curl_client.h"
#include "base/entropy.h"
#include "base/monotonic.h"
#include "formats/json_write.h"
#include "formats/rfc3339.h"

#include <inttypes.h>
#include <time.h>

enum { BODY_MAX = 16 * 1024, ANSWER_TIMEOUT_S = 10 };

struct answer {
    struct arena *arena;
    bool is_there;
    struct transfer_reply reply;
};

static void on_reply(void *arg, const struct transfer_reply *reply)
{
    struct answer *answer = arg;
    answer->is_there = true;
    answer->reply = *reply;
    answer->reply.body = str_dup(answer->arena, reply->body);
    answer->reply.detail = str_dup(answer->arena, reply->detail);
}

static void add_labels(struct json_writer *w, const struct test_alert *alert, struct str service)
{
    json_begin_object(w);
    json_put_str(w, "alertname", alert->name);
    json_put_str(w, "severity", alert->severity);
    json_put_str(w, "service", service);
    json_end_object(w);
}

static void add_annotations(struct json_writer *w)
{
    json_begin_object(w);
    json_put_str(w, "summary", STR("This is a test page: acknowledge it to stop the escalation"));
    json_put_str(w, "description", STR("Fired by hand with `alertify page`."));
    json_end_object(w);
}

/* Alertmanager's webhook, version 4. */
static struct str make_body(struct arena *arena, const struct test_alert *alert, struct str service)
{
    char now[RFC3339_TEXT_MAX];
    struct timespec ts;
    CHECK(clock_gettime(CLOCK_REALTIME, &ts) == 0);
    rfc3339_format((int64_t)ts.tv_sec * US_PER_S + ts.tv_nsec / 1000, RFC3339_MS, now);
    struct strbuf out;
    strbuf_init(&out, arena, BODY_MAX);
    struct json_writer w;
    json_begin(&w, &out);
    json_begin_object(&w);
    json_put_str(&w, "version", STR("4"));
    struct strbuf group;
    strbuf_init(&group, arena, 512);
    strbuf_printf(&group, "{}:{service=\"%.*s\"}", STR_ARG(service));
    json_put_str(&w, "groupKey", strbuf_str(&group));
    json_put_int(&w, "truncatedAlerts", 0);
    json_put_str(&w, "status", STR("firing"));
    json_put_str(&w, "receiver", STR("alertify"));
    json_key(&w, STR("groupLabels"));
    add_labels(&w, alert, service);
    json_key(&w, STR("commonLabels"));
    add_labels(&w, alert, service);
    json_key(&w, STR("commonAnnotations"));
    add_annotations(&w);
    json_put_str(&w, "externalURL", STR("http://localhost/test"));
    json_key(&w, STR("alerts"));
    json_begin_array(&w);
    json_begin_object(&w);
    json_put_str(&w, "status", STR("firing"));
    json_key(&w, STR("labels"));
    add_labels(&w, alert, service);
    json_key(&w, STR("annotations"));
    add_annotations(&w);
    json_put_str(&w, "startsAt", str_from(now));
    json_put_str(&w, "endsAt", STR("0001-01-01T00:00:00Z"));
    json_put_str(&w, "generatorURL", STR(""));
    json_end_object(&w);
    json_end_array(&w);
    json_end_object(&w);
    json_end(&w);
    return strbuf_str(&out);
}

static struct str name_service(struct arena *arena, const struct test_alert *alert)
{
    if (alert->service.n) {
        return alert->service;
    }
    struct strbuf text;
    strbuf_init(&text, arena, 64);
    strbuf_printf(&text, "test-%06" PRIx64, entropy_u64() & 0xffffff);
    return strbuf_str(&text);
}

static enum status post(struct arena *arena, struct str url, struct str body, struct answer *answer,
                        struct err *err)
{
    struct transfers *transfers;
    const struct transfers_settings settings = {0};
    if (transfers_new(&settings, &transfers, err) != OK) {
        return err->code;
    }
    const struct transfer_header json = {STR("Content-Type"), STR("application/json")};
    const struct transfer_request request = {
        .kind = TRANSFER_HTTP,
        .url = url,
        .method = STR("POST"),
        .headers = &json,
        .n_headers = 1,
        .body = body,
        .is_private_allowed = true, /* the server is most often on this machine */
        .timeout_us = ANSWER_TIMEOUT_S * US_PER_S,
    };
    *answer = (struct answer){.arena = arena};
    enum status status = transfer_submit(transfers, &request, on_reply, answer, err);
    int64_t until_us = monotonic_us() + (ANSWER_TIMEOUT_S + 1) * US_PER_S;
    while (status == OK && !answer->is_there && monotonic_us() < until_us) {
        transfers_run(transfers, US_PER_S / 10);
    }
    transfers_free(transfers);
    return status;
}

enum status test_alert_fire(struct arena *arena, struct str url, const struct test_alert *alert,
                            struct str *ret_receipt, struct err *err)
{
    struct strbuf full;
    struct answer answer;
    strbuf_init(&full, arena, 2048);
    strbuf_printf(&full, "%.*s/v1/webhooks/alertmanager/%.*s", STR_ARG(url),
                  STR_ARG(alert->source));
    struct str body = make_body(arena, alert, name_service(arena, alert));
    if (post(arena, strbuf_str(&full), body, &answer, err) != OK) {
        return err->code;
    }
    if (!answer.is_there || answer.reply.end != TRANSFER_REPLIED) {
        return err_set(err, ERR_UNAVAILABLE, "no answer from %.*s: %.*s; is the server running?",
                       STR_ARG(url), STR_ARG(answer.reply.detail));
    }
    if (answer.reply.status < 200 || answer.reply.status > 299) {
        return err_set(err, ERR_INVALID, "%s answered %d: %.*s", full.p, answer.reply.status,
                       STR_ARG(str_slice(answer.reply.body, 0, 300)));
    }
    *ret_receipt = str_trim(answer.reply.body);
    return OK;
}
