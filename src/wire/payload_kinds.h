#pragma once
/* payload_kinds — the readers behind payload_parse, one file each. Layer: wire, private to it. */
#include "formats/json_pull.h"
#include "wire/payload.h"

/* Takes the array of alerts that comes next (Alertmanager's and Grafana's differ only in keys that
 * one of them never sends). *ret_is_readable is false when an item is not an object: then this is
 * not what it seemed to be. */
MUST_CHECK enum status payload_read_alerts(struct json_pull *, struct payload *ret,
                                           bool *ret_is_readable, struct err *);
/* Grafana's annotation name for a key of an alert, or empty. */
struct str payload_grafana_annotation(struct str key);

void payload_read_legacy(struct arena *, struct json_view root, struct payload *ret);
void payload_read_custom(struct arena *, struct str source_name, struct json_view root,
                         struct payload *ret);

/* The value as a label: strings without quotes, null as empty, anything else as it was written. */
struct str payload_text(struct arena *, struct json_view);
