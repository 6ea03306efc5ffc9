#include "wire/payload.h"

#include "formats/json_scan.h"
#include "wire/payload_kinds.h"

#include <string.h>

ENUM_DEFINE(payload_kind, PAYLOAD_KINDS)

/* What the top of a body tells about its sender. */
struct marks {
    bool has_alerts;   /* an array of objects */
    bool has_envelope; /* a key of Alertmanager's around it */
    bool has_org;
    bool has_title;
    bool has_rule_id, has_matches;
    struct str version;
};

struct str payload_text(struct arena *arena, struct json_view value)
{
    struct str text;
    if (json_view_string(arena, value, &text)) {
        return text;
    }
    return json_view_kind(value) == JSON_KIND_NULL ? STR_EMPTY : value.text;
}

/* Undoes Go's regexp.QuoteMeta: `team\.ops \(x\)`. */
static struct str unquote_receiver(struct arena *arena, struct str quoted)
{
    if (str_find(quoted, '\\', 0) == SIZE_MAX) {
        return quoted;
    }
    char *out = arena_alloc(arena, quoted.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < quoted.n; i++) {
        bool is_escape = quoted.p[i] == '\\' && i + 1 < quoted.n &&
                         memchr("\\.+*?()|[]{}^$", quoted.p[i + 1], 14) != NULL;
        i += is_escape;
        out[n++] = quoted.p[i];
    }
    return (struct str){out, n};
}

static enum status read_member(struct json_pull *pull, struct str key, struct marks *marks,
                               struct payload *payload, struct err *err)
{
    if (str_eq(key, STR("alerts"))) {
        if (json_pull_kind(pull) == JSON_KIND_ARRAY) {
            return payload_read_alerts(pull, payload, &marks->has_alerts, err);
        }
        marks->has_alerts = false;
        json_pull_value(pull);
    } else if (str_eq(key, STR("groupKey"))) {
        marks->has_envelope |= json_pull_string(pull, &payload->group_key);
    } else if (str_eq(key, STR("receiver"))) {
        marks->has_envelope |= json_pull_string(pull, &payload->receiver);
    } else if (str_eq(key, STR("version"))) {
        marks->has_envelope |= json_pull_string(pull, &marks->version);
    } else if (str_eq(key, STR("externalURL"))) {
        json_pull_string(pull, &payload->external_url);
    } else if (str_eq(key, STR("truncatedAlerts"))) {
        (void)json_view_int(json_pull_value(pull), &payload->truncated);
    } else if (str_eq(key, STR("status"))) {
        struct str word = STR_EMPTY;
        json_pull_string(pull, &word);
        payload->status = str_eq(word, STR("resolved")) ? ALERT_RESOLVED : ALERT_FIRING;
    } else {
        marks->has_org |= str_eq(key, STR("orgId"));
        marks->has_title |= str_eq(key, STR("title"));
        marks->has_rule_id |= str_eq(key, STR("ruleId"));
        marks->has_matches |= str_eq(key, STR("evalMatches"));
        json_pull_value(pull);
    }
    return OK;
}

static enum payload_kind tell_kind(const struct marks *marks, enum source_type hint)
{
    if (marks->has_alerts && (marks->has_envelope || marks->has_org)) {
        if (marks->has_org || str_eq(marks->version, STR("1"))) {
            return PAYLOAD_GRAFANA;
        }
        if (str_eq(marks->version, STR("4"))) {
            return PAYLOAD_ALERTMANAGER;
        }
        return hint == SOURCE_GRAFANA || marks->has_title ? PAYLOAD_GRAFANA : PAYLOAD_ALERTMANAGER;
    }
    return marks->has_rule_id && marks->has_matches ? PAYLOAD_GRAFANA_LEGACY : PAYLOAD_CUSTOM;
}

/* The readers keep what was sent; only Grafana's is to be believed. */
static void settle_fingerprints(struct payload *payload, struct alert *alerts)
{
    for (size_t i = 0; i < payload->n_alerts; i++) {
        if (payload->kind == PAYLOAD_ALERTMANAGER || alerts[i].fingerprint == 0) {
            alerts[i].fingerprint = labels_fingerprint(alerts[i].labels);
        }
    }
}

enum status payload_parse(struct arena *arena, enum source_type hint, struct str source_name,
                          struct str body, struct payload *ret, struct err *err)
{
    enum status status = json_scan(body, NULL, err);
    if (status != OK) {
        return status;
    }
    struct payload payload = {
        .group_key = STR_EMPTY, .receiver = STR_EMPTY, .external_url = STR_EMPTY};
    struct marks marks = {.version = STR_EMPTY};
    struct json_pull pull = json_pull_of(arena, body);
    if (json_pull_enter_object(&pull)) {
        struct str key;
        while (json_pull_key(&pull, &key)) {
            status = read_member(&pull, key, &marks, &payload, err);
            if (status != OK) {
                return status;
            }
        }
    }
    payload.kind = tell_kind(&marks, hint);
    switch (payload.kind) {
    case PAYLOAD_ALERTMANAGER:
    case PAYLOAD_GRAFANA:
        payload.receiver = unquote_receiver(arena, payload.receiver);
        settle_fingerprints(&payload, (struct alert *)payload.alerts);
        break;
    case PAYLOAD_GRAFANA_LEGACY:
        payload_read_legacy(arena, json_view_of(body), &payload);
        break;
    case PAYLOAD_CUSTOM:
    case payload_kind_COUNT:
        payload_read_custom(arena, source_name, json_view_of(body), &payload);
        break;
    }
    *ret = payload;
    return OK;
}
