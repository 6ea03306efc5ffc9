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
    DATA_NOTICE,
    DATA_STORM,
    DATA_SAY,
    DATA_FACTS,
    DATA_DESCRIPTION,
    DATA_SHOWN,
    DATA_MORE,
    DATA_PAGE,
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
    ALERT_WHAT,
    ALERT_WHERE,
    ALERT_FOR,
    ALERT_SILENCE_URL,
    ALERT_DASHBOARD_URL,
    ALERT_PANEL_URL,
    ALERT_IMAGE_URL,
    ALERT_VALUE_STRING,
    ALERT_VALUES,
    ALERT_FIELDS
};

enum {
    INCIDENT_ID,
    INCIDENT_NUMBER,
    INCIDENT_STATE,
    INCIDENT_SEVERITY,
    INCIDENT_SERVICE,
    INCIDENT_TITLE,
    INCIDENT_OPENED,
    INCIDENT_FOR,
    INCIDENT_ACKED,
    INCIDENT_ACKED_BY,
    INCIDENT_RESOLVED_AT,
    INCIDENT_RESOLVED_BY,
    INCIDENT_SNOOZED_UNTIL,
    INCIDENT_MERGED_INTO,
    INCIDENT_CYCLE,
    INCIDENT_STEP,
    INCIDENT_ROUND,
    INCIDENT_FIRING,
    INCIDENT_TOTAL,
    INCIDENT_LINKS,
    INCIDENT_FIELDS
};

enum {
    LINK_ACK,
    LINK_RESOLVE,
    LINK_SNOOZE,
    LINK_OPEN,
    LINK_RUNBOOK,
    LINK_DASHBOARD,
    LINK_GRAPH,
    LINK_SILENCE,
    LINKS_FIELDS
};

enum { TO_USER, TO_LANGUAGE, TO_CHANNEL, TO_MENTION, TO_FIELDS };

enum { DIFF_FIRED, DIFF_RESOLVED, DIFF_FIELDS };

enum {
    NOTICE_FIELD_KIND,
    NOTICE_FIELD_ID,
    NOTICE_FIELD_NOTE,
    NOTICE_FIELD_LATE,
    NOTICE_FIELD_LATE_SECONDS,
    NOTICE_FIELD_IS_REPEAT,
    NOTICE_FIELD_IS_ESCALATION,
    NOTICE_FIELD_IS_REOPENED,
    NOTICE_FIELD_WANTS_ACK,
    NOTICE_FIELDS
};

enum {
    STORM_TOTAL,
    STORM_OPEN,
    STORM_URGENT,
    STORM_ACKNOWLEDGED,
    STORM_RESOLVED,
    STORM_ITEMS,
    STORM_FIELDS
};

enum { ITEM_NUMBER, ITEM_TITLE, ITEM_SEVERITY, ITEM_STATE, ITEM_OPENED, ITEM_FOR, ITEM_FIELDS };

enum { PAGE_SAID, PAGE_NONCE, PAGE_ACTION, PAGE_WHOM, PAGE_IS_EXPIRED, PAGE_FIELDS };

enum { FACT_NAME, FACT_VALUE, FACT_IS_URL, FACT_FIELDS };

/* []template.Alert: what Firing and Resolved give. */
extern const struct value_type template_type_alert_list, template_type_incident,
    template_type_links, template_type_target, template_type_diff, template_type_notice,
    template_type_storm, template_type_item, template_type_items, template_type_fact,
    template_type_facts, template_type_values, template_type_page;
