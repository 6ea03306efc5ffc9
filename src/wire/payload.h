#pragma once
/* payload — what a source posted, as alerts.
 *
 * One pass over the body, told apart by content, never by URL or headers:
 *   alertmanager    `alerts` and Alertmanager's keys (also Mimir, Cortex, Grafana Cloud)
 *   grafana         the same with orgId, title or version "1"
 *   grafana_legacy  one dashboard alert of Grafana <= 8: ruleId and evalMatches
 *   custom          any other well-formed JSON: nobody knows what it means, so it is never dropped;
 *                   it becomes one firing alert that shows it to somebody
 * Only malformed JSON and broken limits fail; unknown keys, missing keys, null maps, duplicate keys
 * (the last wins) and label values that are no strings (their JSON text is the value) do not.
 *
 * Identity (alert.fingerprint): Alertmanager's is computed from the labels. Grafana's is the one it
 * sent, because it covers labels that it hides; computed when absent. Legacy: of orgId and ruleId
 * alone, so that `ok` resolves what `alerting` opened.
 * Times: AT_NONE where absent or unreadable. A status that is neither word counts as firing:
 * somebody has to look.
 *
 * Annotations made from what Grafana sends beside them:
 *   __value_string__  __values__ (JSON)  __silence_url__  __dashboard_url__  __panel_url__
 *   __image_url__  __rule_uid__
 * Legacy: labels alertname (the rule's name), org_id, rule_id, dashboard_id, panel_id and the tags;
 * annotations summary (title), description (message), __value_string__, __image_url__,
 * grafana_state_reason (NoData, Paused). alerting, no_data: firing. ok, paused: resolved (a paused
 * rule will never send ok). pending: no alert, it is not firing yet.
 * Custom: labels alertname="UnmappedPayload", source, and severity if the body has that string on
 * top; annotations summary and raw (the first 2 KiB).
 *
 * Layer: wire. Pure. Text borrows from the body where it can: the body must outlive the alerts. */
#include "base/err.h"
#include "domain/alert.h"
#include "domain/settings.h"

enum { PAYLOAD_ALERTS_MAX = 20000, PAYLOAD_LABELS_MAX = 256, PAYLOAD_RAW_MAX = 2048 };

#define PAYLOAD_KINDS(X)                                                                           \
    X(PAYLOAD_ALERTMANAGER, "alertmanager")                                                        \
    X(PAYLOAD_GRAFANA, "grafana")                                                                  \
    X(PAYLOAD_GRAFANA_LEGACY, "grafana_legacy")                                                    \
    X(PAYLOAD_CUSTOM, "custom")
ENUM_DECLARE(payload_kind, PAYLOAD_KINDS)

struct payload {
    enum payload_kind kind;
    const struct alert *alerts; /* in the sender's order */
    size_t n_alerts;
    enum alert_status status; /* of the body as a whole, as sent */
    struct str group_key;     /* the sender's, opaque */
    struct str receiver;      /* the sender's, without its regexp escapes */
    struct str external_url;
    int64_t truncated; /* alerts that the sender left out */
};

/* `hint` decides only where the content does not. ERR_SYNTAX: not JSON. ERR_TOO_LARGE: too deep,
 * more than PAYLOAD_ALERTS_MAX alerts, or PAYLOAD_LABELS_MAX labels or annotations in one. */
MUST_CHECK enum status payload_parse(struct arena *, enum source_type hint, struct str source_name,
                                     struct str body, struct payload *ret, struct err *);
