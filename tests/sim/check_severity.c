/* Severity: as bad as the worst that fires, or as a person says; and who is left in peace for less
 * is paged for it. */
#include "domain/severity.h"

#include "sim/check.h"
#include "sim/sometimes.h"

#include <string.h>

static bool sets_severity(const struct timeline_entry *e)
{
    return e->kind == EVENT_CHANGED && str_eq(fact_of(e, "what"), STR("severity"));
}

static bool is_by_source(const struct timeline_entry *e)
{
    return str_starts_with(e->actor, STR("source:"));
}

/* The last time that somebody set it, in any cycle; NULL: nobody has. */
static const struct event_saved *set_by_hand(struct uuid incident)
{
    const struct event_saved *best = NULL;
    FOR_ROWS(TABLE_EVENT, row)
    {
        const struct event_saved *e = row_committed(row);
        if (e && uuid_eq(e->incident, incident) && sets_severity(&e->entry) &&
            !is_by_source(&e->entry) && (!best || e->entry.seq > best->entry.seq)) {
            best = e;
        }
    }
    return best;
}

static void check_incident(const struct incident *in)
{
    const struct event_saved *by_hand = set_by_hand(in->id);
    if (by_hand && by_hand->cycle == in->cycle) {
        SOMETIMES(SEVERITY_SET_BY_HAND);
        CHECK_THAT(SEVERITY, str_eq(in->severity, fact_of(&by_hand->entry, "is")),
                   "#%lld: a person said %.*s, it is %.*s", (long long)in->number,
                   STR_ARG(fact_of(&by_hand->entry, "is")), STR_ARG(in->severity));
        return;
    }
    FOR_ROWS(TABLE_ALERT, row)
    {
        const struct alert_row *a = row_committed(row);
        bool fires = a && uuid_eq(a->incident, in->id) && a->alert.status == ALERT_FIRING;
        /* Closed by hand and opened again, nobody knows of what has fired all the time. */
        if (fires && !by_hand) {
            struct str severity = labels_get(a->alert.labels, STR("severity"));
            CHECK_THAT(SEVERITY, severity_rank(severity) <= severity_rank(in->severity),
                       "#%lld is %.*s, and an alert of it is %.*s", (long long)in->number,
                       STR_ARG(in->severity), STR_ARG(severity));
        }
    }
}

void check_severities(const struct row_change *changes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct incident *in = changes[i].row->table == TABLE_INCIDENT ? changes[i].now : NULL;
        const struct event_saved *e = changes[i].row->table == TABLE_EVENT ? changes[i].now : NULL;
        if (in && in->state != INCIDENT_RESOLVED) {
            check_incident(in);
        }
        if (e && sets_severity(&e->entry) && is_by_source(&e->entry)) {
            SOMETIMES(SEVERITY_RAISED);
        }
        if (e && check_severity_moves(&e->entry)) {
            SOMETIMES(SEVERITY_RAISED_AND_PAGED);
        }
    }
}

bool check_severity_moves(const struct timeline_entry *e)
{
    return sets_severity(e) && fact_of(e, "step").n > 0;
}

/* ---- when all has come to rest --------------------------------------------------------------- */

static bool is_moved_by_hand(const struct incident *in)
{
    FOR_ROWS(TABLE_EVENT, row)
    {
        const struct event_saved *e = row_committed(row);
        if (e && uuid_eq(e->incident, in->id) && e->cycle == in->cycle &&
            (e->entry.kind == EVENT_ESCALATED || e->entry.kind == EVENT_REASSIGNED)) {
            return true;
        }
    }
    return false;
}

static bool is_carla_paged(const struct incident *in)
{
    FOR_ROWS(TABLE_DELIVERY, row)
    {
        const struct delivery_row *d = row_committed(row);
        if (d && uuid_eq(d->d.incident, in->id) && d->d.cycle == in->cycle &&
            d->d.kind == NOTICE_PAGE && str_eq(d->d.contact.user, STR("carla"))) {
            return true;
        }
    }
    return false;
}

/* The receiver `rest` pages her first, and leaves her in peace for what is `info`. */
void check_severities_paged(void)
{
    FOR_ROWS(TABLE_INCIDENT, row)
    {
        const struct incident *in = row_committed(row);
        if (in && in->state == INCIDENT_OPEN && in->wake_at == AT_NONE && in->merged_into == 0 &&
            str_eq(in->receiver, STR("rest")) && !str_eq(in->severity, STR("info")) &&
            !set_by_hand(in->id) && !is_moved_by_hand(in)) {
            CHECK_THAT(SEVERITY, is_carla_paged(in), "#%lld is %.*s, and Carla is not paged",
                       (long long)in->number, STR_ARG(in->severity));
        }
    }
}
