#pragma once
/* template_data — what message templates are about: Alertmanager's data model, and ours beside it.
 *
 * The dot is a Data with the fields, types and methods that Alertmanager's templates have
 * (.Receiver, .Status, .Alerts.Firing, .CommonLabels.SortedPairs, …), so that its templates run
 * unchanged. What we add — .Incident, .Target, .Diff — is reached by name but is no part of the
 * whole when that is printed or made JSON.
 * Layer: channels. Pure but for the arena, which must outlive the value. Any thread.
 *
 *     size_t n;
 *     const struct template_func *funcs = template_data_funcs(&n);
 *     struct template_set *set = template_set_new(arena, funcs, n);
 *     …
 *     struct value data = template_data_make(arena, &input);
 *     env.data = &data;
 *     MUST: template_render(template, &data, &env, arena, &out, &error) == OK
 */
#include "domain/alert.h"
#include "formats/template/template.h"

/* All URLs; empty: there is none. */
struct template_links {
    struct str ack, resolve, snooze, open, runbook, dashboard, graph, silence;
};

struct template_incident {
    int64_t number;
    struct str state, severity, service, title;
    int64_t opened_at;
    struct str acked_by; /* empty: nobody did */
    int step, round;     /* 1-based */
    struct template_links links;
};

struct template_alerts {
    const struct alert *v;
    size_t n;
};

struct template_input {
    struct str receiver, status; /* "firing" or "resolved" */
    struct str reason;           /* why this message is sent */
    struct str external_url;
    struct template_alerts alerts;
    struct labels group_labels, route_labels;
    struct template_incident incident;
    struct {
        struct str user, language, channel;
    } target;
    struct {
        struct template_alerts fired, resolved; /* since the last message */
    } diff;
};

/* Text in the value is borrowed from the input. Labels and annotations that all alerts share are
 * found here. Times are UTC; one that is not known is Go's zero time. */
struct value template_data_make(struct arena *, const struct template_input *);

/* From the body of an Alertmanager webhook, or what amtool takes as --template.data; our own fields
 * as "incident", "target" and "diff". Unknown keys are ignored. ERR_SYNTAX or ERR_INVALID. */
MUST_CHECK enum status template_data_read(struct arena *, struct str json,
                                          const struct gotime_zone *local, struct value *ret,
                                          struct err *);

/* Functions that know the data: routeLabels. They need env.data to be the Data. */
const struct template_func *template_data_funcs(size_t *ret_n);

/* The types, for those who make values themselves. */
extern const struct value_type template_type_data, template_type_alerts, template_type_alert,
    template_type_kv;
