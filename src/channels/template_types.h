#pragma once
/* template_types — the types of template_data and the order of their fields.
 * Layer: channels. Constant. */
#include "channels/template_data.h"

enum {
    DATA_RECEIVER,
    DATA_STATUS,
    DATA_ALERTS,
    DATA_REASON,
    DATA_GROUP_LABELS,
    DATA_COMMON_LABELS,
    DATA_COMMON_ANNOTATIONS,
    DATA_ROUTE_LABELS,
    DATA_EXTERNAL_URL,
    DATA_INCIDENT,
    DATA_TARGET,
    DATA_DIFF,
    DATA_FIELDS
};

enum {
    ALERT_STATUS,
    ALERT_LABELS,
    ALERT_ANNOTATIONS,
    ALERT_STARTS_AT,
    ALERT_ENDS_AT,
    ALERT_GENERATOR_URL,
    ALERT_FINGERPRINT,
    ALERT_FIELDS
};

enum {
    INCIDENT_NUMBER,
    INCIDENT_STATE,
    INCIDENT_SEVERITY,
    INCIDENT_SERVICE,
    INCIDENT_TITLE,
    INCIDENT_OPENED,
    INCIDENT_ACKED_BY,
    INCIDENT_STEP,
    INCIDENT_ROUND,
    INCIDENT_LINKS,
    INCIDENT_FIELDS
};

enum { LINKS_FIELDS = 8, TARGET_FIELDS = 3, DIFF_FIELDS = 2 };

/* []template.Alert: what Firing and Resolved give. */
extern const struct value_type template_type_alert_list, template_type_incident,
    template_type_links, template_type_target, template_type_diff;
