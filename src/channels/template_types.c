#include "channels/template_types.h"

#include "formats/template/types.h"

#define FIELD(name_, json_, type_)                                                                 \
    {                                                                                              \
        .name = {name_, sizeof(name_) - 1}, .json = json_, .type = type_                           \
    }
#define HIDDEN(name_, json_, type_)                                                                \
    {                                                                                              \
        .name = {name_, sizeof(name_) - 1}, .json = json_, .type = type_, .is_hidden = true        \
    }
#define COUNT(v) (sizeof(v) / sizeof(*(v)))

static const struct value_type *const a_string[] = {&type_string};
static const struct value_type *const strings[] = {&type_strings};

/* --- lists of strings ----------------------------------------------------------------------- */

static bool strings_join(struct template_call *call)
{
    struct strbuf *out = call_text(call);
    for (size_t i = 0; i < call->self->list.n && !out->is_full; i++) {
        strbuf_add(out, i > 0 ? call->args[0].s : STR_EMPTY);
        strbuf_add(out, call->self->list.v[i].s);
    }
    return call_return_text(call, out);
}

static const struct template_func strings_methods[] = {METHOD_OF("Join", a_string, strings_join)};

/* Go 1's []string and what 0.34 made of it in one: the old name, the new method. */
static const struct value_type type_names = {
    .name = "[]string",
    .kind = VALUE_LIST,
    .elem = &type_string,
    .under = &type_strings,
    .methods = strings_methods,
    .n_methods = COUNT(strings_methods),
};

/* --- pairs ---------------------------------------------------------------------------------- */

static const struct value_field pair_fields[] = {FIELD("Name", "Name", &type_string),
                                                 FIELD("Value", "Value", &type_string)};
static const struct value_type type_pair = {.name = "template.Pair",
                                            .kind = VALUE_STRUCT,
                                            .fields = pair_fields,
                                            .n_fields = COUNT(pair_fields)};

static bool return_column(struct template_call *call, const struct value *pairs, size_t column)
{
    size_t n = pairs->list.n;
    struct value *v = ARENA_ARRAY(call->arena, struct value, n);
    for (size_t i = 0; i < n; i++) {
        v[i] = pairs->list.v[i].fields[column];
    }
    return call_return(call, value_list(&type_names, v, n));
}

static bool pairs_names(struct template_call *call)
{
    return return_column(call, call->self, 0);
}

static bool pairs_values(struct template_call *call)
{
    return return_column(call, call->self, 1);
}

static void add_pair(struct strbuf *out, bool is_first, struct str name, struct str value)
{
    strbuf_add(out, is_first ? STR_EMPTY : STR(", "));
    strbuf_add(out, name);
    strbuf_add_char(out, '=');
    strbuf_add(out, value);
}

static void add_pairs_text(struct strbuf *out, const struct value *pairs)
{
    for (size_t i = 0; i < pairs->list.n; i++) {
        const struct value *pair = pairs->list.v[i].fields;
        add_pair(out, i == 0, pair[0].s, pair[1].s);
    }
}

static bool own_text(struct template_call *call)
{
    struct strbuf *out = call_text(call);
    call->self->type->add_text(out, call->self);
    return call_return_text(call, out);
}

static const struct template_func pairs_methods[] = {
    METHOD("Names", pairs_names), METHOD("Values", pairs_values), METHOD("String", own_text)};
static const struct value_type type_pairs = {
    .name = "template.Pairs",
    .kind = VALUE_LIST,
    .elem = &type_pair,
    .methods = pairs_methods,
    .n_methods = COUNT(pairs_methods),
    .add_text = add_pairs_text,
};

/* --- KV ------------------------------------------------------------------------------------- */

#define ALERTNAME STR("alertname")

/* The i-th entry in the order that people see: alertname first, then by name. `first` is where
 * alertname is, SIZE_MAX if nowhere. */
static const struct value_entry *sorted_entry(const struct value *kv, size_t first, size_t i)
{
    if (first == SIZE_MAX || i > first) {
        return &kv->map.v[i];
    }
    return &kv->map.v[i == 0 ? first : i - 1];
}

static size_t find_alertname(const struct value *kv)
{
    for (size_t i = 0; i < kv->map.n; i++) {
        if (str_eq(kv->map.v[i].key, ALERTNAME)) {
            return i;
        }
    }
    return SIZE_MAX;
}

static bool kv_sorted_pairs(struct template_call *call)
{
    const struct value *kv = call->self;
    size_t n = kv->map.n, first = find_alertname(kv);
    struct value *pairs = ARENA_ARRAY(call->arena, struct value, n);
    struct value *fields = ARENA_ARRAY(call->arena, struct value, n * 2);
    for (size_t i = 0; i < n; i++) {
        const struct value_entry *entry = sorted_entry(kv, first, i);
        fields[i * 2] = value_str(entry->key);
        fields[i * 2 + 1] = entry->value;
        pairs[i] = value_struct(&type_pair, &fields[i * 2]);
    }
    return call_return(call, value_list(&type_pairs, pairs, n));
}

static bool return_kv_column(struct template_call *call, bool is_name)
{
    const struct value *kv = call->self;
    size_t n = kv->map.n, first = find_alertname(kv);
    struct value *v = ARENA_ARRAY(call->arena, struct value, n);
    for (size_t i = 0; i < n; i++) {
        const struct value_entry *entry = sorted_entry(kv, first, i);
        v[i] = is_name ? value_str(entry->key) : entry->value;
    }
    return call_return(call, value_list(&type_names, v, n));
}

static bool kv_names(struct template_call *call)
{
    return return_kv_column(call, true);
}

static bool kv_values(struct template_call *call)
{
    return return_kv_column(call, false);
}

static bool kv_remove(struct template_call *call)
{
    const struct value *kv = call->self, *names = &call->args[0];
    struct value_entry *kept = ARENA_ARRAY(call->arena, struct value_entry, kv->map.n);
    size_t n = 0;
    for (size_t i = 0; i < kv->map.n; i++) {
        bool is_removed = false;
        for (size_t j = 0; j < names->list.n && !is_removed; j++) {
            is_removed = str_eq(kv->map.v[i].key, names->list.v[j].s);
        }
        if (!is_removed) {
            kept[n++] = kv->map.v[i];
        }
    }
    return call_return(call, value_map(call->arena, &template_type_kv, kept, n));
}

static void add_kv_text(struct strbuf *out, const struct value *kv)
{
    size_t first = find_alertname(kv);
    for (size_t i = 0; i < kv->map.n; i++) {
        const struct value_entry *entry = sorted_entry(kv, first, i);
        add_pair(out, i == 0, entry->key, entry->value.s);
    }
}

static const struct template_func kv_methods[] = {
    METHOD("SortedPairs", kv_sorted_pairs), METHOD_OF("Remove", strings, kv_remove),
    METHOD("Names", kv_names), METHOD("Values", kv_values), METHOD("String", own_text)};
const struct value_type template_type_kv = {
    .name = "template.KV",
    .kind = VALUE_MAP,
    .elem = &type_string,
    .methods = kv_methods,
    .n_methods = COUNT(kv_methods),
    .add_text = add_kv_text,
};

/* --- alerts --------------------------------------------------------------------------------- */

static const struct value_field alert_fields[ALERT_FIELDS] = {
    [ALERT_STATUS] = FIELD("Status", "status", &type_string),
    [ALERT_LABELS] = FIELD("Labels", "labels", &template_type_kv),
    [ALERT_ANNOTATIONS] = FIELD("Annotations", "annotations", &template_type_kv),
    [ALERT_STARTS_AT] = FIELD("StartsAt", "startsAt", &type_time),
    [ALERT_ENDS_AT] = FIELD("EndsAt", "endsAt", &type_time),
    [ALERT_GENERATOR_URL] = FIELD("GeneratorURL", "generatorURL", &type_string),
    [ALERT_FINGERPRINT] = FIELD("Fingerprint", "fingerprint", &type_string),
    [ALERT_WHAT] = HIDDEN("What", "what", &type_string),
    [ALERT_WHERE] = HIDDEN("Where", "where", &type_string),
    [ALERT_FOR] = HIDDEN("For", "for", &type_string),
    /* Grafana's */
    [ALERT_SILENCE_URL] = HIDDEN("SilenceURL", "silenceURL", &type_string),
    [ALERT_DASHBOARD_URL] = HIDDEN("DashboardURL", "dashboardURL", &type_string),
    [ALERT_PANEL_URL] = HIDDEN("PanelURL", "panelURL", &type_string),
    [ALERT_IMAGE_URL] = HIDDEN("ImageURL", "imageURL", &type_string),
    [ALERT_VALUE_STRING] = HIDDEN("ValueString", "valueString", &type_string),
    [ALERT_VALUES] = HIDDEN("Values", "values", &template_type_values),
};
const struct value_type template_type_values = {
    .name = "map[string]float64", .kind = VALUE_MAP, .elem = &type_float};
const struct value_type template_type_alert = {.name = "template.Alert",
                                               .kind = VALUE_STRUCT,
                                               .fields = alert_fields,
                                               .n_fields = ALERT_FIELDS};
const struct value_type template_type_alert_list = {
    .name = "[]template.Alert", .kind = VALUE_LIST, .elem = &template_type_alert};

static bool return_alerts(struct template_call *call, struct str status)
{
    const struct value *alerts = call->self;
    struct value *v = ARENA_ARRAY(call->arena, struct value, alerts->list.n);
    size_t n = 0;
    for (size_t i = 0; i < alerts->list.n; i++) {
        if (str_eq(alerts->list.v[i].fields[ALERT_STATUS].s, status)) {
            v[n++] = alerts->list.v[i];
        }
    }
    return call_return(call, value_list(&template_type_alert_list, v, n));
}

static bool alerts_firing(struct template_call *call)
{
    return return_alerts(call, STR("firing"));
}

static bool alerts_resolved(struct template_call *call)
{
    return return_alerts(call, STR("resolved"));
}

static const struct template_func alerts_methods[] = {METHOD("Firing", alerts_firing),
                                                      METHOD("Resolved", alerts_resolved)};
const struct value_type template_type_alerts = {
    .name = "template.Alerts",
    .kind = VALUE_LIST,
    .elem = &template_type_alert,
    .under = &template_type_alert_list,
    .methods = alerts_methods,
    .n_methods = COUNT(alerts_methods),
};

/* --- ours ----------------------------------------------------------------------------------- */

#define STRUCT_TYPE(variable, name_, fields_, n_)                                                  \
    const struct value_type variable = {                                                           \
        .name = name_, .kind = VALUE_STRUCT, .fields = fields_, .n_fields = n_}
#define LIST_TYPE(variable, name_, elem_)                                                          \
    const struct value_type variable = {.name = name_, .kind = VALUE_LIST, .elem = elem_}

static const struct value_field links_fields[LINKS_FIELDS] = {
    [LINK_ACK] = FIELD("Ack", "ack", &type_string),
    [LINK_RESOLVE] = FIELD("Resolve", "resolve", &type_string),
    [LINK_SNOOZE] = FIELD("Snooze", "snooze", &type_string),
    [LINK_OPEN] = FIELD("Open", "open", &type_string),
    [LINK_RUNBOOK] = FIELD("Runbook", "runbook", &type_string),
    [LINK_DASHBOARD] = FIELD("Dashboard", "dashboard", &type_string),
    [LINK_GRAPH] = FIELD("Graph", "graph", &type_string),
    [LINK_SILENCE] = FIELD("Silence", "silence", &type_string),
};
STRUCT_TYPE(template_type_links, "template.Links", links_fields, LINKS_FIELDS);

static const struct value_field incident_fields[INCIDENT_FIELDS] = {
    [INCIDENT_ID] = FIELD("ID", "id", &type_string),
    [INCIDENT_NUMBER] = FIELD("Number", "number", &type_int),
    [INCIDENT_STATE] = FIELD("State", "state", &type_string),
    [INCIDENT_SEVERITY] = FIELD("Severity", "severity", &type_string),
    [INCIDENT_SERVICE] = FIELD("Service", "service", &type_string),
    [INCIDENT_TITLE] = FIELD("Title", "title", &type_string),
    [INCIDENT_OPENED] = FIELD("Opened", "opened", &type_time),
    [INCIDENT_FOR] = FIELD("For", "for", &type_string),
    [INCIDENT_ACKED] = FIELD("Acked", "acked", &type_time),
    [INCIDENT_ACKED_BY] = FIELD("AckedBy", "ackedBy", &type_string),
    [INCIDENT_RESOLVED_AT] = FIELD("Resolved", "resolved", &type_time),
    [INCIDENT_RESOLVED_BY] = FIELD("ResolvedBy", "resolvedBy", &type_string),
    [INCIDENT_SNOOZED_UNTIL] = FIELD("SnoozedUntil", "snoozedUntil", &type_time),
    [INCIDENT_MERGED_INTO] = FIELD("MergedInto", "mergedInto", &type_int),
    [INCIDENT_CYCLE] = FIELD("Cycle", "cycle", &type_int),
    [INCIDENT_STEP] = FIELD("Step", "step", &type_int),
    [INCIDENT_ROUND] = FIELD("Round", "round", &type_int),
    [INCIDENT_FIRING] = FIELD("Firing", "firing", &type_int),
    [INCIDENT_TOTAL] = FIELD("Total", "total", &type_int),
    [INCIDENT_LINKS] = FIELD("Links", "links", &template_type_links),
};
STRUCT_TYPE(template_type_incident, "template.Incident", incident_fields, INCIDENT_FIELDS);

static const struct value_field target_fields[TO_FIELDS] = {
    [TO_USER] = FIELD("User", "user", &type_string),
    [TO_LANGUAGE] = FIELD("Language", "language", &type_string),
    [TO_CHANNEL] = FIELD("Channel", "channel", &type_string),
    [TO_MENTION] = FIELD("Mention", "mention", &type_html),
};
STRUCT_TYPE(template_type_target, "template.Target", target_fields, TO_FIELDS);

static const struct value_field diff_fields[DIFF_FIELDS] = {
    [DIFF_FIRED] = FIELD("Fired", "fired", &template_type_alert_list),
    [DIFF_RESOLVED] = FIELD("Resolved", "resolved", &template_type_alert_list),
};
STRUCT_TYPE(template_type_diff, "template.Diff", diff_fields, DIFF_FIELDS);

static const struct value_field notice_fields[NOTICE_FIELDS] = {
    [NOTICE_FIELD_KIND] = FIELD("Kind", "kind", &type_string),
    [NOTICE_FIELD_ID] = FIELD("ID", "id", &type_string),
    [NOTICE_FIELD_NOTE] = FIELD("Note", "note", &type_string),
    [NOTICE_FIELD_LATE] = FIELD("Late", "late", &type_string),
    [NOTICE_FIELD_LATE_SECONDS] = FIELD("LateSeconds", "lateSeconds", &type_int),
    [NOTICE_FIELD_IS_REPEAT] = FIELD("IsRepeat", "isRepeat", &type_bool),
    [NOTICE_FIELD_IS_ESCALATION] = FIELD("IsEscalation", "isEscalation", &type_bool),
    [NOTICE_FIELD_IS_REOPENED] = FIELD("IsReopened", "isReopened", &type_bool),
    [NOTICE_FIELD_WANTS_ACK] = FIELD("WantsAck", "wantsAck", &type_bool),
};
STRUCT_TYPE(template_type_notice, "template.Notice", notice_fields, NOTICE_FIELDS);

static const struct value_field item_fields[ITEM_FIELDS] = {
    [ITEM_NUMBER] = FIELD("Number", "number", &type_int),
    [ITEM_TITLE] = FIELD("Title", "title", &type_string),
    [ITEM_SEVERITY] = FIELD("Severity", "severity", &type_string),
    [ITEM_STATE] = FIELD("State", "state", &type_string),
    [ITEM_OPENED] = FIELD("Opened", "opened", &type_time),
    [ITEM_FOR] = FIELD("For", "for", &type_string),
};
STRUCT_TYPE(template_type_item, "template.StormItem", item_fields, ITEM_FIELDS);
LIST_TYPE(template_type_items, "[]template.StormItem", &template_type_item);

static const struct value_field storm_fields[STORM_FIELDS] = {
    [STORM_TOTAL] = FIELD("Total", "total", &type_int),
    [STORM_OPEN] = FIELD("Open", "open", &type_int),
    [STORM_URGENT] = FIELD("Urgent", "urgent", &type_int),
    [STORM_ACKNOWLEDGED] = FIELD("Acknowledged", "acknowledged", &type_int),
    [STORM_RESOLVED] = FIELD("Resolved", "resolved", &type_int),
    [STORM_ITEMS] = FIELD("Items", "items", &template_type_items),
};
STRUCT_TYPE(template_type_storm, "template.Storm", storm_fields, STORM_FIELDS);

static const struct value_field fact_fields[FACT_FIELDS] = {
    [FACT_NAME] = FIELD("Name", "name", &type_string),
    [FACT_VALUE] = FIELD("Value", "value", &type_string),
    [FACT_IS_URL] = FIELD("IsURL", "isURL", &type_bool),
};
STRUCT_TYPE(template_type_fact, "template.Fact", fact_fields, FACT_FIELDS);
LIST_TYPE(template_type_facts, "[]template.Fact", &template_type_fact);

static const struct value_field page_fields[PAGE_FIELDS] = {
    [PAGE_SAID] = FIELD("Said", "said", &type_string),
    [PAGE_NONCE] = FIELD("Nonce", "nonce", &type_string),
    [PAGE_ACTION] = FIELD("Action", "action", &type_string),
    [PAGE_WHOM] = FIELD("Whom", "whom", &type_string),
    [PAGE_IS_EXPIRED] = FIELD("IsExpired", "isExpired", &type_bool),
};
STRUCT_TYPE(template_type_page, "template.Page", page_fields, PAGE_FIELDS);

/* RouteLabels came with 0.34; hidden, so that a whole Data prints as it did before. */
static const struct value_field data_fields[DATA_FIELDS] = {
    [DATA_RECEIVER] = FIELD("Receiver", "receiver", &type_string),
    [DATA_STATUS] = FIELD("Status", "status", &type_string),
    [DATA_ALERTS] = FIELD("Alerts", "alerts", &template_type_alerts),
    [DATA_REASON] = FIELD("NotificationReason", "notification_reason", &type_string),
    [DATA_GROUP_LABELS] = FIELD("GroupLabels", "groupLabels", &template_type_kv),
    [DATA_COMMON_LABELS] = FIELD("CommonLabels", "commonLabels", &template_type_kv),
    [DATA_COMMON_ANNOTATIONS] = FIELD("CommonAnnotations", "commonAnnotations", &template_type_kv),
    [DATA_ROUTE_LABELS] = HIDDEN("RouteLabels", "routeLabels", &template_type_kv),
    [DATA_EXTERNAL_URL] = FIELD("ExternalURL", "externalURL", &type_string),
    [DATA_INCIDENT] = HIDDEN("Incident", "incident", &template_type_incident),
    [DATA_TARGET] = HIDDEN("Target", "target", &template_type_target),
    [DATA_DIFF] = HIDDEN("Diff", "diff", &template_type_diff),
    [DATA_NOTICE] = HIDDEN("Notice", "notice", &template_type_notice),
    [DATA_STORM] = HIDDEN("Storm", "storm", &template_type_storm),
    [DATA_SAY] = HIDDEN("Say", "say", &template_type_kv),
    [DATA_FACTS] = HIDDEN("Facts", "facts", &template_type_facts),
    [DATA_DESCRIPTION] = HIDDEN("Description", "description", &type_string),
    [DATA_SHOWN] = HIDDEN("Shown", "shown", &template_type_alert_list),
    [DATA_MORE] = HIDDEN("More", "more", &type_int),
    [DATA_PAGE] = HIDDEN("Page", "page", &template_type_page),
};
STRUCT_TYPE(template_type_data, "template.Data", data_fields, DATA_FIELDS);
