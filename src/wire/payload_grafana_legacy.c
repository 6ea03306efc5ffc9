/* The webhook of Grafana's old dashboard alerting (up to version 8): one rule, no fingerprint, no
 * times. Old versions wrote rule_url and image_url. */
#include "base/vec.h"
#include "wire/payload_kinds.h"

enum { MATCHES_SHOWN = 20, VALUES_TEXT_MAX = 4096 };

struct legacy {
    struct str rule_name, rule_id, org_id, dashboard_id, panel_id;
    struct str rule_url, image_url, message, title, state;
    struct json_view tags, matches;
};

static void read_members(struct arena *arena, struct json_view root, struct legacy *ret)
{
    const struct {
        const char *key;
        struct str *text;
    } texts[] = {
        {"ruleName", &ret->rule_name},  {"ruleId", &ret->rule_id},
        {"orgId", &ret->org_id},        {"dashboardId", &ret->dashboard_id},
        {"panelId", &ret->panel_id},    {"ruleUrl", &ret->rule_url},
        {"rule_url", &ret->rule_url},   {"imageUrl", &ret->image_url},
        {"image_url", &ret->image_url}, {"message", &ret->message},
        {"title", &ret->title},         {"state", &ret->state},
    };
    struct json_object members = json_view_object(arena, root);
    struct str key;
    struct json_view value;
    while (json_object_next(&members, &key, &value)) {
        if (str_eq(key, STR("tags"))) {
            ret->tags = value;
        } else if (str_eq(key, STR("evalMatches"))) {
            ret->matches = value;
        }
        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
            if (str_eq(key, str_from(texts[i].key))) {
                *texts[i].text = payload_text(arena, value);
            }
        }
    }
}

/* "web-01=97.41, web-02=101" */
static struct str format_matches(struct arena *arena, struct json_view matches)
{
    struct strbuf out;
    struct json_array items = json_view_array(matches);
    struct json_view item, member;
    strbuf_init(&out, arena, VALUES_TEXT_MAX);
    for (size_t i = 0; i < MATCHES_SHOWN && json_array_next(&items, &item); i++) {
        strbuf_add(&out, i > 0 ? STR(", ") : STR_EMPTY);
        if (json_view_member(arena, item, STR("metric"), &member)) {
            strbuf_add(&out, payload_text(arena, member));
        }
        if (json_view_member(arena, item, STR("value"), &member)) {
            strbuf_add(&out, STR("="));
            strbuf_add(&out, member.text);
        }
    }
    return str_clip_utf8(strbuf_str(&out), VALUES_TEXT_MAX - 4);
}

/* The rule's own names are last, so that no tag can stand in for them. */
static struct labels make_labels(struct arena *arena, const struct legacy *legacy)
{
    VEC(struct label) labels = {0};
    struct json_object tags = json_view_object(arena, legacy->tags);
    struct str key;
    struct json_view value;
    while (labels.n < PAYLOAD_LABELS_MAX - 5 && json_object_next(&tags, &key, &value)) {
        struct label tag = {key, payload_text(arena, value)};
        VEC_PUSH(arena, &labels, tag);
    }
    const struct label own[] = {
        {STR("alertname"), legacy->rule_name}, {STR("org_id"), legacy->org_id},
        {STR("rule_id"), legacy->rule_id},     {STR("dashboard_id"), legacy->dashboard_id},
        {STR("panel_id"), legacy->panel_id},
    };
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        VEC_PUSH(arena, &labels, own[i]);
    }
    return labels_make(arena, labels.v, labels.n);
}

static struct labels make_annotations(struct arena *arena, const struct legacy *legacy)
{
    struct str reason = str_eq(legacy->state, STR("no_data"))  ? STR("NoData")
                        : str_eq(legacy->state, STR("paused")) ? STR("Paused")
                                                               : STR_EMPTY;
    const struct label all[] = {
        {STR("summary"), legacy->title},
        {STR("description"), legacy->message},
        {STR("__image_url__"), legacy->image_url},
        {STR("__value_string__"), format_matches(arena, legacy->matches)},
        {STR("grafana_state_reason"), reason},
    };
    return labels_make(arena, all, sizeof(all) / sizeof(all[0]));
}

void payload_read_legacy(struct arena *arena, struct json_view root, struct payload *ret)
{
    struct legacy legacy = {
        .rule_name = STR_EMPTY,
        .rule_id = STR_EMPTY,
        .org_id = STR_EMPTY,
        .dashboard_id = STR_EMPTY,
        .panel_id = STR_EMPTY,
        .rule_url = STR_EMPTY,
        .image_url = STR_EMPTY,
        .message = STR_EMPTY,
        .title = STR_EMPTY,
        .state = STR_EMPTY,
    };
    read_members(arena, root, &legacy);
    bool is_over = str_eq(legacy.state, STR("ok")) || str_eq(legacy.state, STR("paused"));
    const struct label identity[] = {
        {STR("org_id"), legacy.org_id},
        {STR("rule_id"), legacy.rule_id},
    };
    struct alert *alert = ARENA_NEW(arena, struct alert);
    *alert = (struct alert){
        .labels = make_labels(arena, &legacy),
        .annotations = make_annotations(arena, &legacy),
        .status = is_over ? ALERT_RESOLVED : ALERT_FIRING,
        .starts_at = AT_NONE,
        .ends_at = AT_NONE,
        .generator_url = legacy.rule_url,
        .fingerprint = labels_fingerprint(labels_make(arena, identity, 2)),
    };
    ret->alerts = alert;
    ret->n_alerts = str_eq(legacy.state, STR("pending")) ? 0 : 1;
    ret->status = alert->status;
}
