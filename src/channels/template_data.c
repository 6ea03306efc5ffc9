#include "channels/template_data.h"

#include "channels/clean.h"
#include "channels/template_parts.h"
#include "formats/json_view.h"
#include "formats/template/funcs.h"
#include "formats/template/types.h"

const struct text_limits text_limits_default = {.title = 200,
                                                .value = 300,
                                                .line = 200,
                                                .text = 2000,
                                                .listed = STORM_ITEMS_MAX,
                                                .alerts = MESSAGE_ALERTS_MAX};
const struct text_limits text_limits_open = {.title = 1000,
                                             .value = 5000,
                                             .line = 500,
                                             .text = 20000,
                                             .listed = STORM_ITEMS_MAX,
                                             .alerts = MESSAGE_ALERTS_MAX};

static size_t tighter(size_t n, size_t least)
{
    return n * 2 / 3 > least ? n * 2 / 3 : least;
}

struct text_limits text_limits_tighter(struct text_limits l)
{
    return (struct text_limits){.title = tighter(l.title, 30),
                                .value = tighter(l.value, 20),
                                .line = tighter(l.line, 40),
                                .text = tighter(l.text, 40),
                                .listed = tighter(l.listed, 1),
                                .alerts = tighter(l.alerts, 1)};
}

/* --- texts and times -------------------------------------------------------------------------- */

static struct value defused(const struct pieces *p, struct str text)
{
    return value_str(p->view->defuse ? p->view->defuse(p->arena, text) : text);
}

struct value piece_text(const struct pieces *p, struct str text, size_t max)
{
    return defused(p, clean_text(p->arena, text, max));
}

struct value piece_line(const struct pieces *p, struct str text, size_t max)
{
    return defused(p, clean_line(p->arena, text, max));
}

struct value piece_block(const struct pieces *p, struct str text, size_t max)
{
    return defused(p, clean_block(p->arena, text, max));
}

struct value piece_url(struct str url)
{
    return value_str(clean_is_url(url) ? url : STR_EMPTY);
}

struct value piece_time(const struct pieces *p, int64_t at)
{
    struct gotime *t = ARENA_NEW(p->arena, struct gotime);
    *t = at == AT_NONE ? gotime_zero : gotime_from_at(at, p->view->zone);
    return (struct value){.type = &type_time, .time = t};
}

struct value piece_length(const struct pieces *p, int64_t from_at, int64_t to_at)
{
    int64_t us = from_at == AT_NONE || to_at == AT_NONE ? 0 : to_at - from_at;
    return value_str(us < US_PER_S ? STR_EMPTY : words_duration(p->arena, p->view->words, us));
}

/* Grafana's extras are kept as annotations that cannot be anybody's; here they have fields. */
static bool is_extra(struct str name)
{
    return name.n > 4 && str_starts_with(name, STR("__")) && str_ends_with(name, STR("__"));
}

struct value piece_kv(const struct pieces *p, struct labels labels, size_t max)
{
    struct value_entry *v = ARENA_ARRAY(p->arena, struct value_entry, labels.n);
    size_t n = 0;
    for (size_t i = 0; i < labels.n; i++) {
        if (!is_extra(labels.v[i].name)) {
            struct str name = clean_text(p->arena, labels.v[i].name, p->view->limits.value);
            v[n++] = (struct value_entry){name, piece_text(p, labels.v[i].value, max)};
        }
    }
    return value_map(p->arena, &template_type_kv, v, n);
}

/* --- alerts ----------------------------------------------------------------------------------- */

static struct value values_of(const struct pieces *p, struct str json)
{
    VEC(struct value_entry) entries = {0};
    struct json_object object = json_view_object(p->arena, json_view_of(json));
    struct json_view member;
    struct str key;
    double number;
    while (json.n > 0 && json_object_next(&object, &key, &member)) {
        if (json_view_double(member, &number)) {
            struct value_entry entry = {key, value_float(number)};
            VEC_PUSH(p->arena, &entries, entry);
        }
    }
    return value_map(p->arena, &template_type_values, entries.v, entries.n);
}

/* As printf's %016llx, which is ten times slower. */
static struct value fingerprint_of(const struct pieces *p, uint64_t fingerprint)
{
    enum { DIGITS = 16 };
    char *digits = arena_alloc(p->arena, DIGITS);
    for (size_t i = DIGITS; i-- > 0; fingerprint >>= 4) {
        digits[i] = "0123456789abcdef"[fingerprint & 0xf];
    }
    return value_str((struct str){digits, DIGITS});
}

static void make_alert(const struct pieces *p, const struct alert *alert, struct value *fields)
{
    const struct text_limits *limits = &p->view->limits;
    struct labels extras = alert->annotations;
    fields[ALERT_STATUS] = value_str(str_from(alert_status_name(alert->status)));
    fields[ALERT_LABELS] = piece_kv(p, alert->labels, limits->text);
    fields[ALERT_ANNOTATIONS] = piece_kv(p, alert->annotations, limits->text);
    fields[ALERT_STARTS_AT] = piece_time(p, alert->starts_at);
    fields[ALERT_ENDS_AT] = piece_time(p, alert->ends_at);
    fields[ALERT_GENERATOR_URL] = piece_url(alert->generator_url);
    fields[ALERT_FINGERPRINT] = fingerprint_of(p, alert->fingerprint);
    fields[ALERT_SILENCE_URL] = piece_url(labels_get(extras, STR("__silence_url__")));
    fields[ALERT_DASHBOARD_URL] = piece_url(labels_get(extras, STR("__dashboard_url__")));
    fields[ALERT_PANEL_URL] = piece_url(labels_get(extras, STR("__panel_url__")));
    fields[ALERT_IMAGE_URL] = piece_url(labels_get(extras, STR("__image_url__")));
    fields[ALERT_VALUE_STRING] =
        piece_text(p, labels_get(extras, STR("__value_string__")), limits->text);
    fields[ALERT_VALUES] = values_of(p, labels_get(extras, STR("__values__")));
    piece_alert_line(p, alert, fields);
}

struct value piece_alerts(const struct pieces *p, const struct value_type *type,
                          struct alerts alerts)
{
    struct value *v = ARENA_ARRAY(p->arena, struct value, alerts.n);
    struct value *fields = ARENA_ARRAY(p->arena, struct value, alerts.n * ALERT_FIELDS);
    for (size_t i = 0; i < alerts.n; i++, fields += ALERT_FIELDS) {
        make_alert(p, &alerts.v[i], fields);
        v[i] = value_struct(&template_type_alert, fields);
    }
    return value_list(type, v, alerts.n);
}

/* What all alerts have, with the same value. `field` is ALERT_LABELS or ALERT_ANNOTATIONS. */
static struct value common(const struct pieces *p, const struct value *alerts, int field)
{
    if (alerts->list.n == 0) {
        return value_map(p->arena, &template_type_kv, NULL, 0);
    }
    const struct value *first = &alerts->list.v[0].fields[field];
    struct value_entry *v = ARENA_ARRAY(p->arena, struct value_entry, first->map.n);
    size_t n = 0;
    for (size_t i = 0; i < first->map.n; i++) {
        bool is_common = true;
        for (size_t k = 1; k < alerts->list.n && is_common; k++) {
            const struct value *other =
                value_map_get(&alerts->list.v[k].fields[field], first->map.v[i].key);
            is_common = other && str_eq(other->s, first->map.v[i].value.s);
        }
        if (is_common) {
            v[n++] = first->map.v[i];
        }
    }
    return value_map(p->arena, &template_type_kv, v, n);
}

/* --- the whole -------------------------------------------------------------------------------- */

static bool lists_alerts(enum notice_kind kind)
{
    return kind != NOTICE_NOTE && kind != NOTICE_RESULT && kind != NOTICE_STORM;
}

static void make_list(const struct pieces *p, const struct value *alerts, struct value *fields)
{
    const struct message *m = p->message;
    size_t limit = p->view->limits.listed;
    limit = limit < MESSAGE_ALERTS_LISTED ? limit : MESSAGE_ALERTS_LISTED;
    size_t n = lists_alerts(m->kind) ? alerts->list.n : 0;
    n = n < limit ? n : limit;
    int64_t total = m->total > (int64_t)m->alerts.n ? m->total : (int64_t)m->alerts.n;
    total = lists_alerts(m->kind) ? total : 0;
    if (m->kind == NOTICE_STORM) {
        n = 0;
        total = m->storm.total - (int64_t)(m->storm.n_items < p->view->limits.listed
                                               ? m->storm.n_items
                                               : p->view->limits.listed);
    }
    fields[DATA_SHOWN] = value_list(&template_type_alert_list, alerts->list.v, n);
    fields[DATA_MORE] = value_int(total - (int64_t)n);
}

struct value template_data_make(struct arena *arena, const struct message *m,
                                const struct template_view *view)
{
    const struct pieces pieces = {arena, m, view}, *p = &pieces;
    struct value *fields = ARENA_ARRAY(arena, struct value, DATA_FIELDS);
    bool is_firing = m->kind != NOTICE_RESOLVED && m->firing > 0;
    const struct alerts alerts = {
        m->alerts.v, m->alerts.n < view->limits.alerts ? m->alerts.n : view->limits.alerts};
    fields[DATA_RECEIVER] = piece_text(p, m->receiver, view->limits.value);
    fields[DATA_STATUS] = value_str(is_firing ? STR("firing") : STR("resolved"));
    fields[DATA_ALERTS] = piece_alerts(p, &template_type_alerts, alerts);
    fields[DATA_REASON] = value_str(str_from(notice_kind_name(m->kind)));
    fields[DATA_GROUP_LABELS] = piece_kv(p, m->group_labels, view->limits.value);
    fields[DATA_COMMON_LABELS] = common(p, &fields[DATA_ALERTS], ALERT_LABELS);
    fields[DATA_COMMON_ANNOTATIONS] = common(p, &fields[DATA_ALERTS], ALERT_ANNOTATIONS);
    fields[DATA_ROUTE_LABELS] = value_map(arena, &template_type_kv, NULL, 0);
    fields[DATA_EXTERNAL_URL] = value_str(m->external_url);
    fields[DATA_INCIDENT] = piece_incident(p);
    fields[DATA_TARGET] = piece_target(p);
    fields[DATA_DIFF] = piece_diff(p);
    fields[DATA_NOTICE] = piece_notice(p);
    fields[DATA_STORM] = piece_storm(p);
    fields[DATA_SAY] = view->words->kv;
    fields[DATA_FACTS] = piece_facts(p, &fields[DATA_INCIDENT]);
    fields[DATA_DESCRIPTION] = piece_description(p);
    fields[DATA_PAGE] = piece_page(p);
    make_list(p, &fields[DATA_ALERTS], fields);
    return value_struct(&template_type_data, fields);
}

/* --- functions ------------------------------------------------------------------------------ */

/* As Alertmanager's notifiers see them: the values are ready, not templates any more. */
static bool route_labels(struct template_call *call)
{
    const struct value *data = call->env->data;
    const struct value *found =
        data ? value_map_get(&data->fields[DATA_ROUTE_LABELS], call->args[0].s) : NULL;
    return call_return(call, found ? *found : value_str(STR_EMPTY));
}

const struct template_func *template_data_funcs(size_t *ret_n)
{
    static const struct value_type *const a_string[] = {&type_string};
    static const struct value_type *const name_and_dot[] = {&type_string, &type_value};
    static const struct template_func funcs[] = {
        {.name = {"routeLabels", 11}, .in = a_string, .n_in = 1, .run = route_labels},
        {.name = {"include", 7}, .in = name_and_dot, .n_in = 2, .run = func_include}};
    *ret_n = sizeof(funcs) / sizeof(*funcs);
    return funcs;
}
