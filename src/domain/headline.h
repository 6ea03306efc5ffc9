#pragma once
/* headline — the texts of an incident: what is broken, where, how bad. Title and service are chosen
 * once, when it opens, so that the title people search for does not change under them; how bad it
 * is may change (severity.h). Layer: domain. Pure. */
#include "domain/alert.h"
#include "domain/incident.h"

/* title: the alert's `summary` annotation, else its name and what its group has in common.
 * service: label service, app, job, or namespace. severity: that of the alert. Each is at most 300
 * bytes of UTF-8 on one line. */
void incident_describe(struct incident *, const struct alert *first, struct arena *);
/* Label severity, "none" without one; on one line. */
struct str alert_severity(const struct alert *, struct arena *);
