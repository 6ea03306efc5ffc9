#pragma once
/* decision_parts — what the files of decisions share. Layer: domain; private to them. */
#include "domain/decision.h"

/* "Anna, Boris" */
struct str addressee_labels(struct arena *, struct addressees);
/* Everyone who can be shown it by an edit, `delay_us` from now; the same key only once. */
void decision_tell_update(struct decision *, struct str key, int64_t delay_us, const struct told *,
                          size_t n_told);
void decision_tell_acknowledged(struct decision *, const struct told *, size_t n_told);
/* Something is done to an incident that is past it: kept on the timeline, changes nothing. */
void decision_note_late(struct decision *, struct str actor, const char *wish, struct str through);
/* By alerts, not by a person. */
struct timeline_entry *decision_change_severity(struct decision *, struct str actor, struct str to);
/* When one that flaps and is quiet just now has settled: no alert will tell that it is over, so
 * whoever takes it keeps that time. AT_NONE: it does not flap, or fires. */
int64_t decision_settles_at(const struct decision *);
/* No step, reminder or wait of it goes on. */
void decision_stop_escalation(struct decision *);
/* It was acknowledged and is open: from the first step on, now. `fact` says why. */
void decision_start_again(struct decision *, struct str actor, const char *fact, struct str value);
/* The state has just become open. */
void decision_open_cycle(struct decision *, const struct alert_changes *,
                         const struct cycle_rules *, const struct told *, size_t n_told);
