#pragma once
/* incident_json — an incident as the API and scripts see it. The field names id, service, severity,
 * status and timestamp are a contract (docs/http-api.md); more may be added. Layer: flows. Pure. */
#include "domain/alert.h"
#include "domain/incident.h"
#include "formats/json_write.h"

/* Writes the members of an incident into an object that is open. */
void incident_json_members(struct json_writer *, const struct incident *);
/* {"incident": {…}, "alerts": [{status, labels, annotations, starts_at, …}]} */
struct str incident_json_with_alerts(struct arena *, const struct incident *, const struct alert *,
                                     size_t n);
void alert_json(struct json_writer *, const struct alert *);
/* "key": "2026-…Z", or null for AT_NONE. */
void json_put_time(struct json_writer *, const char *key, int64_t at);
