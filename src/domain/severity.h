#pragma once
/* severity — how bad it is, in the words of whoever wrote the alert. An incident is as severe as
 * the worst alert that has fired in its cycle; only a person may say otherwise. Layer: domain.
 * Pure. */
#include "domain/decision.h"

/* Higher is worse; words of any case. A word that is not known here is worse than `info` and less
 * than `warning`: whoever is left in peace for some severities is paged for it. */
int severity_rank(struct str severity);

/* Alerts join a running incident, the worst of which has this severity. If that is worse than it
 * was, the incident has it from now on. Where the escalation would have gone another way with it
 * (somebody was left in peace, a condition asks for a severity, nobody was told at all), it goes
 * back there at once; with the plan of the incident loaded: without it nothing is known to be
 * different. Somebody who is on it is not disturbed. `world`: settings and overrides count. */
void decision_raise_severity(struct decision *, struct str severity, struct str actor,
                             const struct escalation_world *);
