#pragma once
/* alert_body — bodies as Alertmanager posts them, and the same alerts for Alertmanager's own API.
 *
 * Alert number n always has the same labels, so a range of numbers is a set of alerts that can be
 * sent to both, or again. About 800 bytes per alert: three make the 2.5 KB of a usual webhook.
 * Pure but for the caller's buffer. */
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum alert_shape {
    SHAPE_WEBHOOK, /* what Alertmanager sends (version 4) */
    SHAPE_API,     /* what Alertmanager takes at /api/v2/alerts */
};

struct alert_set {
    enum alert_shape shape;
    const char *run;   /* tells the alerts of one run from those of another */
    unsigned per_body; /* all of one group */
    uint64_t groups;   /* bodies go round these groups */
    uint64_t keys;     /* so many different alerts, then the same again; 0: all are new */
    const char *starts_at;
};

/* Appends one alert. `sent_us` > 0 goes into a label. */
static inline void alert_put(struct strbuf *out, const struct alert_set *set, uint64_t n,
                             int64_t sent_us)
{
    bool is_webhook = set->shape == SHAPE_WEBHOOK;
    uint64_t group = n / set->per_body % set->groups;
    strbuf_printf(out, "{%s\"labels\":{\"alertname\":\"WorkerQueueBacklog\",\"cluster\":\"eu-1\",",
                  is_webhook ? "\"status\":\"firing\"," : "");
    strbuf_printf(out,
                  "\"container\":\"worker\",\"instance\":\"10.%u.%u.%u:9100\","
                  "\"job\":\"kubernetes-pods\",\"namespace\":\"payments\","
                  "\"pod\":\"worker-%08llx\",\"run\":\"%s\",",
                  (unsigned)(n >> 16 & 255), (unsigned)(n >> 8 & 255), (unsigned)(n & 255),
                  (unsigned long long)n, set->run);
    if (sent_us > 0) {
        strbuf_printf(out, "\"sent_us\":\"%lld\",", (long long)sent_us);
    }
    strbuf_printf(out, "\"service\":\"svc-%s-%llu\",\"severity\":\"critical\"},", set->run,
                  (unsigned long long)group);
    strbuf_printf(
        out,
        "\"annotations\":{\"description\":\"Queue of worker-%08llx has held more than 500 "
        "jobs for ten minutes; customers wait for their receipts.\","
        "\"runbook_url\":\"https://runbooks.example.org/payments/worker-queue-backlog\","
        "\"summary\":\"Worker %llu falls behind\"},\"startsAt\":\"%s\",",
        (unsigned long long)n, (unsigned long long)n, set->starts_at);
    if (is_webhook) {
        strbuf_printf(out, "\"endsAt\":\"0001-01-01T00:00:00Z\",\"fingerprint\":\"%016llx\",",
                      (unsigned long long)n);
    }
    strbuf_printf(out, "\"generatorURL\":\"http://prometheus.example.org:9090/graph?g0.expr="
                       "queue_length+%%3E+500&g0.tab=1\"}");
}

/* The body with alerts number n, n + 1, …; n counts bodies × per_body. */
static inline void alert_body_put(struct strbuf *out, const struct alert_set *set, uint64_t n,
                                  int64_t sent_us)
{
    n = set->keys ? n % set->keys : n;
    if (set->shape == SHAPE_WEBHOOK) {
        strbuf_printf(out,
                      "{\"receiver\":\"alertify\",\"status\":\"firing\",\"version\":\"4\","
                      "\"externalURL\":\"http://alertmanager.example.org:9093\","
                      "\"truncatedAlerts\":0,\"groupLabels\":{\"alertname\":"
                      "\"WorkerQueueBacklog\"},\"commonLabels\":{},\"commonAnnotations\":{},"
                      "\"groupKey\":\"{}:{alertname=\\\"WorkerQueueBacklog\\\"}\",\"alerts\":");
    }
    for (unsigned i = 0; i < set->per_body; i++) {
        strbuf_add_char(out, i == 0 ? '[' : ',');
        alert_put(out, set, n + i, sent_us);
    }
    strbuf_add_char(out, ']');
    if (set->shape == SHAPE_WEBHOOK) {
        strbuf_add_char(out, '}');
    }
}
