#pragma once
/* mute — whether an incident's pages wait, and why: a silence, a route's mute or active time
 * intervals, or inhibition. An incident opens and is visible all the same; it pages once one of its
 * firing alerts is not muted any more. Rules of the configuration in force count, also for running
 * incidents. Layer: domain. Pure. */
#include "domain/decision.h"
#include "domain/inhibit.h"
#include "domain/silence.h"

/* How often what is muted is looked at, all of it together (flows/muted.h). */
#define MUTE_LOOK_US US_PER_S

struct mute_verdict {
    struct str by; /* "silence 0199… (deployment)", "interval nights", "alert DiskFull, inhibit rule
                      …"; empty: not muted */
    int64_t until_at;  /* when it looks again for itself */
    bool is_by_alerts; /* nothing but news of alerts can end it */
    bool is_inhibited; /* news of alerts can end it */
};

/* `firing`: all firing alerts of the incident; none of them: not muted. */
struct mute_verdict mute_check(const struct settings *, const struct inhibitor *, struct silences,
                               const struct incident *, const struct labels *firing, size_t n,
                               int64_t now_at, struct arena *);
/* Fills muted_by and muted_until of a world whose alert_labels are the incident's firing alerts.
 * One of which not all alerts are there pages: nobody knows that it is muted. */
void mute_apply(struct escalation_world *, const struct inhibitor *, struct silences,
                const struct incident *, int64_t now_at, struct arena *);
