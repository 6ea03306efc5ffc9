#include "channels/template_data.h"

#include "channels/template_types.h"
#include "formats/template/types.h"

/* --- from C --------------------------------------------------------------------------------- */

static struct value make_time(struct arena *arena, int64_t at)
{
    struct gotime *t = ARENA_NEW(arena, struct gotime);
    *t = at == AT_NONE ? gotime_zero : gotime_from_at(at, &gotime_utc);
    return (struct value){.type = &type_time, .time = t};
}

static struct value make_kv(struct arena *arena, struct labels labels)
{
    struct value_entry *v = ARENA_ARRAY(arena, struct value_entry, labels.n);
    for (size_t i = 0; i < labels.n; i++) {
        v[i] = (struct value_entry){labels.v[i].name, value_str(labels.v[i].value)};
    }
    return value_map(arena, &template_type_kv, v, labels.n);
}

static void make_alert(struct arena *arena, const struct alert *alert, struct value *fields)
{
    fields[ALERT_STATUS] = value_str(str_from(alert_status_name(alert->status)));
    fields[ALERT_LABELS] = make_kv(arena, alert->labels);
    fields[ALERT_ANNOTATIONS] = make_kv(arena, alert->annotations);
    fields[ALERT_STARTS_AT] = make_time(arena, alert->starts_at);
    fields[ALERT_ENDS_AT] = make_time(arena, alert->ends_at);
    fields[ALERT_GENERATOR_URL] = value_str(alert->generator_url);
    fields[ALERT_FINGERPRINT] =
        value_str(str_printf(arena, "%016llx", (unsigned long long)alert->fingerprint));
}

static struct value make_alerts(struct arena *arena, const struct value_type *type,
                                struct template_alerts alerts)
{
    struct value *v = ARENA_ARRAY(arena, struct value, alerts.n);
    struct value *fields = ARENA_ARRAY(arena, struct value, alerts.n * ALERT_FIELDS);
    for (size_t i = 0; i < alerts.n; i++, fields += ALERT_FIELDS) {
        make_alert(arena, &alerts.v[i], fields);
        v[i] = value_struct(&template_type_alert, fields);
    }
    return value_list(type, v, alerts.n);
}

static struct labels labels_of(const struct alert *alert, bool of_annotations)
{
    return of_annotations ? alert->annotations : alert->labels;
}

/* What all alerts have, with the same value. */
static struct value make_common(struct arena *arena, struct template_alerts alerts,
                                bool of_annotations)
{
    struct labels first = {0};
    if (alerts.n > 0) {
        first = labels_of(&alerts.v[0], of_annotations);
    }
    struct value_entry *v = ARENA_ARRAY(arena, struct value_entry, first.n);
    size_t n = 0;
    for (size_t i = 0; i < first.n; i++) {
        bool is_common = true;
        for (size_t j = 1; j < alerts.n && is_common; j++) {
            struct labels other = labels_of(&alerts.v[j], of_annotations);
            is_common = str_eq(labels_get(other, first.v[i].name), first.v[i].value);
        }
        if (is_common) {
            v[n++] = (struct value_entry){first.v[i].name, value_str(first.v[i].value)};
        }
    }
    return value_map(arena, &template_type_kv, v, n);
}

static struct value make_incident(struct arena *arena, const struct template_incident *in)
{
    struct value *links = ARENA_ARRAY(arena, struct value, LINKS_FIELDS);
    const struct str urls[LINKS_FIELDS] = {in->links.ack,   in->links.resolve, in->links.snooze,
                                           in->links.open,  in->links.runbook, in->links.dashboard,
                                           in->links.graph, in->links.silence};
    for (size_t i = 0; i < LINKS_FIELDS; i++) {
        links[i] = value_str(urls[i]);
    }
    struct value *fields = ARENA_ARRAY(arena, struct value, INCIDENT_FIELDS);
    fields[INCIDENT_NUMBER] = value_int(in->number);
    fields[INCIDENT_STATE] = value_str(in->state);
    fields[INCIDENT_SEVERITY] = value_str(in->severity);
    fields[INCIDENT_SERVICE] = value_str(in->service);
    fields[INCIDENT_TITLE] = value_str(in->title);
    fields[INCIDENT_OPENED] = make_time(arena, in->opened_at);
    fields[INCIDENT_ACKED_BY] = value_str(in->acked_by);
    fields[INCIDENT_STEP] = value_int(in->step);
    fields[INCIDENT_ROUND] = value_int(in->round);
    fields[INCIDENT_LINKS] = value_struct(&template_type_links, links);
    return value_struct(&template_type_incident, fields);
}

struct value template_data_make(struct arena *arena, const struct template_input *in)
{
    struct value *target = ARENA_ARRAY(arena, struct value, TARGET_FIELDS);
    target[0] = value_str(in->target.user);
    target[1] = value_str(in->target.language);
    target[2] = value_str(in->target.channel);
    struct value *diff = ARENA_ARRAY(arena, struct value, DIFF_FIELDS);
    diff[0] = make_alerts(arena, &template_type_alert_list, in->diff.fired);
    diff[1] = make_alerts(arena, &template_type_alert_list, in->diff.resolved);
    struct value *fields = ARENA_ARRAY(arena, struct value, DATA_FIELDS);
    fields[DATA_RECEIVER] = value_str(in->receiver);
    fields[DATA_STATUS] = value_str(in->status);
    fields[DATA_ALERTS] = make_alerts(arena, &template_type_alerts, in->alerts);
    fields[DATA_REASON] = value_str(in->reason);
    fields[DATA_GROUP_LABELS] = make_kv(arena, in->group_labels);
    fields[DATA_COMMON_LABELS] = make_common(arena, in->alerts, false);
    fields[DATA_COMMON_ANNOTATIONS] = make_common(arena, in->alerts, true);
    fields[DATA_ROUTE_LABELS] = make_kv(arena, in->route_labels);
    fields[DATA_EXTERNAL_URL] = value_str(in->external_url);
    fields[DATA_INCIDENT] = make_incident(arena, &in->incident);
    fields[DATA_TARGET] = value_struct(&template_type_target, target);
    fields[DATA_DIFF] = value_struct(&template_type_diff, diff);
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
    static const struct template_func funcs[] = {
        {.name = {"routeLabels", 11}, .in = a_string, .n_in = 1, .run = route_labels}};
    *ret_n = sizeof(funcs) / sizeof(*funcs);
    return funcs;
}
