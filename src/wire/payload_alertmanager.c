/* Alerts of Alertmanager's webhook (version 4) and of Grafana's unified one, which has the same
 * members and some more. */
#include "base/vec.h"
#include "formats/rfc3339.h"
#include "wire/payload_kinds.h"

/* Names and values on their way into a set. */
struct pairs {
    struct label v[PAYLOAD_LABELS_MAX];
    size_t n;
};

static enum status add_pair(struct pairs *pairs, struct str name, struct str value, struct err *err)
{
    if (pairs->n == PAYLOAD_LABELS_MAX) {
        return err_set(err, ERR_TOO_LARGE, "an alert has more than %d labels or annotations",
                       PAYLOAD_LABELS_MAX);
    }
    pairs->v[pairs->n++] = (struct label){name, value};
    return OK;
}

static enum status read_pairs(struct json_pull *pull, struct pairs *pairs, struct err *err)
{
    if (!json_pull_enter_object(pull)) {
        return OK;
    }
    enum status status = OK;
    struct str name, value;
    while (status == OK && json_pull_key(pull, &name)) {
        if (json_pull_kind(pull) == JSON_KIND_STRING) {
            json_pull_string(pull, &value);
        } else {
            value = payload_text(pull->arena, json_pull_value(pull));
        }
        status = add_pair(pairs, name, value, err);
    }
    return status;
}

static int64_t read_time(struct json_pull *pull)
{
    struct str text;
    int64_t at;
    return json_pull_string(pull, &text) && rfc3339_parse(text, &at, NULL) == OK ? at : AT_NONE;
}

/* 16 hexadecimal digits; 0 for anything else. */
static uint64_t read_fingerprint(struct json_pull *pull)
{
    struct str text;
    uint64_t value = 0;
    if (!json_pull_string(pull, &text) || text.n != 16) {
        return 0;
    }
    for (size_t i = 0; i < 16; i++) {
        char c = text.p[i];
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                                                : 16;
        if (digit > 15) {
            return 0;
        }
        value = value << 4 | digit;
    }
    return value;
}

static enum status read_other(struct json_pull *pull, struct str key, struct pairs *annotations,
                              struct err *err)
{
    struct str name = payload_grafana_annotation(key);
    struct json_view value = json_pull_value(pull);
    return name.n ? add_pair(annotations, name, payload_text(pull->arena, value), err) : OK;
}

static enum status read_alert(struct json_pull *pull, struct alert *alert, struct pairs *labels,
                              struct pairs *annotations, struct err *err)
{
    enum status status = OK;
    struct str key;
    labels->n = annotations->n = 0;
    *alert = (struct alert){.starts_at = AT_NONE, .ends_at = AT_NONE, .generator_url = STR_EMPTY};
    while (status == OK && json_pull_key(pull, &key)) {
        if (str_eq(key, STR("labels"))) {
            labels->n = 0;
            status = read_pairs(pull, labels, err);
        } else if (str_eq(key, STR("annotations"))) {
            status = read_pairs(pull, annotations, err);
        } else if (str_eq(key, STR("status"))) {
            struct str word = STR_EMPTY;
            json_pull_string(pull, &word);
            alert->status = str_eq(word, STR("resolved")) ? ALERT_RESOLVED : ALERT_FIRING;
        } else if (str_eq(key, STR("startsAt"))) {
            alert->starts_at = read_time(pull);
        } else if (str_eq(key, STR("endsAt"))) {
            alert->ends_at = read_time(pull);
        } else if (str_eq(key, STR("generatorURL"))) {
            json_pull_string(pull, &alert->generator_url);
        } else if (str_eq(key, STR("fingerprint"))) {
            alert->fingerprint = read_fingerprint(pull);
        } else {
            status = read_other(pull, key, annotations, err);
        }
    }
    if (alert->status == ALERT_FIRING) {
        alert->ends_at = AT_NONE; /* Prometheus sends a time in the future */
    }
    return status;
}

enum status payload_read_alerts(struct json_pull *pull, struct payload *ret, bool *ret_is_readable,
                                struct err *err)
{
    VEC(struct alert) alerts = {0};
    struct pairs labels, annotations;
    struct alert alert;
    bool is_readable = true;
    json_pull_enter_array(pull);
    while (json_pull_item(pull)) {
        if (!json_pull_enter_object(pull)) {
            is_readable = false;
            continue;
        }
        enum status status = read_alert(pull, &alert, &labels, &annotations, err);
        if (status != OK) {
            return status;
        }
        if (alerts.n == PAYLOAD_ALERTS_MAX) {
            return err_set(err, ERR_TOO_LARGE, "more than %d alerts in one body",
                           PAYLOAD_ALERTS_MAX);
        }
        alert.labels = labels_make(pull->arena, labels.v, labels.n);
        alert.annotations = labels_make(pull->arena, annotations.v, annotations.n);
        VEC_PUSH(pull->arena, &alerts, alert);
    }
    *ret_is_readable = is_readable;
    ret->alerts = alerts.v;
    ret->n_alerts = alerts.n;
    return OK;
}
