#pragma once
/* incident_message — an incident as messages and pages tell of it.
 * Layer: flows. Pure but for the arena. Any thread. */
#include "domain/incident.h"
#include "domain/message.h"
#include "domain/settings.h"

/* Without what depends on whom it goes to and why: kind, links, alerts and changes are the
 * caller's. People have their names. Everything is copied into the arena. */
struct message incident_message(struct arena *, const struct settings *, const struct incident *,
                                int64_t now_at);
