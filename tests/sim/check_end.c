/* What is overdue, and what has to have come right when faults are long over. */
#include "base/time_units.h"
#include "sim/check.h"
#include "sim/sometimes.h"
#include "sim/source.h"

#include <stdio.h>

/* After a fault a server process may hold its locks for 10 s, and a send lasts 10 s at most. */
#define AFTER_FAULTS_US (25 * US_PER_S)
#define PAGE_US (15 * US_PER_S)
/* What waited there goes out so long after the end of a pause. */
#define REOPENED_US (3 * US_PER_S)
/* What passes between two looks at the clock, and stands still when nobody looks. */
#define CLOCK_LOST_US (10 * US_PER_S)
/* While nothing was ever wrong. */
#define UNDISTURBED_US (2 * US_PER_S)

/* A step of the clock excuses heartbeats once, whoever sees it. */
static void check_skips(const struct row_change *changes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct clock_row *clock = changes[i].now;
        CHECK_THAT(CLOCK,
                   changes[i].row->table != TABLE_CLOCK ||
                       clock->skipped_us <= world.clock_forward_us,
                   "%.1f s were noted as skipped, the clock stepped by %.1f s",
                   (double)clock->skipped_us / 1e6, (double)world.clock_forward_us / 1e6);
    }
}

void check_commit(const struct session *s, const struct row_change *changes, size_t n)
{
    check_rows(s, changes, n);
    check_turns(changes, n);
    check_merges(changes, n);
    check_silences(changes, n);
    check_severities(changes, n);
    check_skips(changes, n);
}

/* ---- what is due ----------------------------------------------------------------------------- */

/* An earlier message to the same place is on its way, or was until now, and goes first. */
static bool must_wait(const struct delivery_row *d, int64_t since)
{
    FOR_ROWS(TABLE_DELIVERY, row)
    {
        const struct delivery_row *e = row_committed(row);
        /* One that is tried again later holds up all but pages; one that was never due does not. */
        bool is_idle =
            e && e->state == DELIVERY_READY &&
            (d->d.kind == NOTICE_PAGE || (e->due_at > database_clock() && e->d.attempts == 0));
        if (e && !is_idle && e->d.id < d->d.id && uuid_eq(e->d.incident, d->d.incident) &&
            e->d.contact.channel == d->d.contact.channel &&
            str_eq(e->d.contact.address, d->d.contact.address) &&
            (e->state == DELIVERY_READY || e->state == DELIVERY_SENDING ||
             (e->sent_at != AT_NONE && e->sent_at > since) ||
             e->written_us > sim_now() - 2 * US_PER_S)) {
            return true;
        }
    }
    return false;
}

/* A page that is taken in spite of a pause ends it. */
static bool has_just_taken_a_page(const struct contact *to)
{
    FOR_ROWS(TABLE_DELIVERY, row)
    {
        const struct delivery_row *e = row_committed(row);
        if (e && e->d.kind == NOTICE_PAGE && e->state == DELIVERY_SENT &&
            e->written_us > sim_now() - REOPENED_US && e->d.contact.channel == to->channel &&
            str_eq(e->d.contact.address, to->address)) {
            return true;
        }
    }
    return false;
}

/* The provider asked for a pause there, which what is not a page keeps. */
static bool is_paused(const struct delivery_row *d, int64_t since)
{
    if (d->d.kind != NOTICE_PAGE && has_just_taken_a_page(&d->d.contact)) {
        return true;
    }
    FOR_ROWS(TABLE_DESTINATION, row)
    {
        const struct destination *to = row_committed(row);
        if (to && to->paused_until != AT_NONE && to->paused_until > since &&
            to->key.channel == d->d.contact.channel &&
            str_eq(to->key.address, d->d.contact.address)) {
            return d->d.kind != NOTICE_PAGE;
        }
    }
    return false;
}

static void check_one_delivery(const struct delivery_row *d, int64_t since)
{
    /* Nothing goes before a page but what is being sent, and that takes no longer than this. */
    int64_t page_since = database_clock() - PAGE_US;
    since = d->d.kind == NOTICE_PAGE && page_since > since ? page_since : since;
    if (d->state == DELIVERY_READY && d->due_at <= since) {
        CHECK_THAT(I4, must_wait(d, since) || is_paused(d, since),
                   "delivery %lld (%s) is due since %.1f s", (long long)d->d.id,
                   notice_kind_name(d->d.kind), (double)(database_clock() - d->due_at) / 1e6);
    }
    CHECK_THAT(I4, d->state != DELIVERY_SENDING || d->deadline_at > since,
               "delivery %lld is being sent, %.1f s behind its deadline", (long long)d->d.id,
               (double)(database_clock() - d->deadline_at) / 1e6);
}

/* Who was to hear of a page by a summary hears of it: the summary is delivered, or tried again (and
 * then it is due like everything else), or the page is on its own. */
static void check_covered(const struct delivery_row *page)
{
    const struct row *row = row_of_delivery(page->covered_by);
    const struct delivery_row *summary = row ? row_committed(row) : NULL;
    int64_t patience = world.is_disturbed ? AFTER_FAULTS_US : UNDISTURBED_US;
    CHECK_THAT(COVERED, summary, "delivery %lld: no summary names it", (long long)page->d.id);
    if (summary && summary->state == DELIVERY_FAILED) {
        int64_t since =
            summary->written_us > page->written_us ? summary->written_us : page->written_us;
        since = world.well_since > since ? world.well_since : since;
        CHECK_THAT(COVERED, sim_now() - since < patience,
                   "delivery %lld: the summary that names it failed %.1f s ago",
                   (long long)page->d.id, (double)(sim_now() - summary->written_us) / 1e6);
    }
}

/* Nothing may be due since before `since` (database time). */
static void check_nothing_due(int64_t since)
{
    FOR_ROWS(TABLE_QUEUE, row)
    {
        const struct queue_row *q = row_committed(row);
        if (!q) {
            continue;
        }
        FOR_ROWS(TABLE_INTAKE, r)
        {
            const struct intake_row *intake = row_committed(r);
            CHECK_THAT(I4, !intake || intake->row.id != q->id || intake->row.received_at > since,
                       "ledger row %lld is not processed", (long long)q->id);
        }
    }
    FOR_ROWS(TABLE_INCIDENT, row)
    {
        const struct incident *in = row_committed(row);
        bool is_due =
            in && in->state != INCIDENT_RESOLVED && in->wake_at != AT_NONE && in->wake_at <= since;
        CHECK_THAT(I4, !is_due, "#%lld should have gone on %.1f s ago", (long long)in->number,
                   (double)(database_clock() - in->wake_at) / 1e6);
    }
    FOR_ROWS(TABLE_DELIVERY, row)
    {
        const struct delivery_row *d = row_committed(row);
        if (d && (d->state == DELIVERY_READY || d->state == DELIVERY_SENDING)) {
            check_one_delivery(d, since);
        } else if (d && d->state == DELIVERY_COVERED) {
            check_covered(d);
        }
    }
    check_merges_followed(since);
    check_silences_over(since);
    FOR_ROWS(TABLE_RUN, row)
    {
        const struct run_row *r = row_committed(row);
        CHECK_THAT(I4, !r || r->run.state != RUN_STATE_REQUESTED || r->run.requested_at > since,
                   "a script was asked for and does not start");
        CHECK_THAT(
            I4, !r || r->run.state != RUN_STATE_STARTED || r->deadline_at + 40 * US_PER_S > since,
            "nobody knows what became of a script");
    }
}

static void check_clock(void)
{
    int64_t now_at = database_clock(), highest = world.clock_highest;
    CHECK_THAT(CLOCK, highest == AT_NONE || now_at >= highest - CLOCK_LOST_US,
               "alertify's clock went back by %.1f s", (double)(highest - now_at) / 1e6);
    world.clock_highest = highest == AT_NONE || now_at > highest ? now_at : highest;
}

void check_overdue(void)
{
    int64_t patience = world.is_disturbed ? AFTER_FAULTS_US : UNDISTURBED_US;
    if (world.well_since != AT_NONE && sim_now() - world.well_since >= patience) {
        check_clock();
        check_nothing_due(database_clock() - patience);
    }
}

/* ---- at the end ------------------------------------------------------------------------------ */

static bool is_of(const struct labels *labels, const struct source_group *g, int instance)
{
    char text[8] = {'i', (char)('0' + instance), 0};
    return str_eq(labels_get(*labels, STR("alertname")), str_from(g->name)) &&
           (instance < 0 || str_eq(labels_get(*labels, STR("instance")), str_from(text)));
}

static bool is_closed_by_hand(const struct incident *in)
{
    return in->state == INCIDENT_RESOLVED && !str_starts_with(in->resolved_by, STR("source:")) &&
           !str_eq(in->resolved_by, STR("alertify"));
}

/* What the sources said last is what alertify knows. */
static void check_alert(const struct source_group *g, int instance)
{
    const struct source_alert *a = &g->alerts[instance];
    bool is_known = false;
    if (a->starts_at == AT_NONE) {
        return;
    }
    FOR_ROWS(TABLE_ALERT, row)
    {
        const struct alert_row *r = row_committed(row);
        if (!r || !is_of(&r->alert.labels, g, instance)) {
            continue;
        }
        const struct incident *in = row_committed(row_of_incident(r->incident));
        bool fires = r->alert.status == ALERT_FIRING;
        /* Known limit: a late copy that a new configuration leads to another receiver opens an
         * incident there, where nobody knows that the alert has ended. */
        bool is_excused = world.has_reloaded && check_late_firing(a->group) > 0;
        /* Not in a resolved one either: a person may open it again. */
        CHECK_THAT(I1, a->is_firing || !fires || is_excused, "%s/i%d is over, in #%lld it fires",
                   g->name, instance, (long long)in->number);
        is_known |= fires && (in->state != INCIDENT_RESOLVED || is_closed_by_hand(in));
    }
    CHECK_THAT(I1, !a->is_firing || is_known, "%s/i%d fires, no incident knows", g->name, instance);
}

/* Silence closes what still fires; the next repeat opens it again. */
static int silences(const struct incident *in)
{
    int n = 0;
    FOR_ROWS(TABLE_EVENT, row)
    {
        const struct event_saved *e = row_committed(row);
        n += e && uuid_eq(e->incident, in->id) && e->entry.kind == EVENT_RESOLVED &&
             str_eq(e->entry.actor, STR(DECISION_SILENCE));
    }
    return n;
}

/* How often a person has opened it again; of that cycle, or of any (0). */
static int reopened_by_hand(const struct incident *in, int cycle)
{
    int n = 0;
    FOR_ROWS(TABLE_EVENT, row)
    {
        const struct event_saved *e = row_committed(row);
        n += e && uuid_eq(e->incident, in->id) && e->entry.kind == EVENT_REOPENED &&
             (cycle == 0 || e->cycle == cycle) && !str_starts_with(e->entry.actor, STR("source:"));
    }
    return n;
}

static void check_cycles(const struct incident *in)
{
    size_t n;
    const struct source_group *groups = source_groups(&n);
    CHECK_THAT(COUNTS,
               in->state == INCIDENT_RESOLVED || in->firing > 0 || in->flapping_at != AT_NONE ||
                   reopened_by_hand(in, in->cycle) > 0,
               "#%lld is %s and nothing fires", (long long)in->number,
               incident_state_name(in->state));
    for (size_t i = 0; i < n; i++) {
        if (is_of(&in->group_labels, &groups[i], -1)) {
            CHECK_THAT(I3,
                       in->cycle <= groups[i].periods + check_disorder((int)i) + silences(in) +
                                        reopened_by_hand(in, 0),
                       "#%lld is in cycle %d, its alerts began to fire %d times",
                       (long long)in->number, in->cycle, groups[i].periods);
        }
    }
}

/* Who was paged in the last cycle was told what became of it, or is about to be. */
static void check_told(const struct incident *in, const struct delivery_row *page)
{
    enum notice_kind news = in->state == INCIDENT_RESOLVED ? NOTICE_RESOLVED : NOTICE_ACKNOWLEDGED;
    bool is_told = false;
    FOR_ROWS(TABLE_DELIVERY, row)
    {
        const struct delivery_row *d = row_committed(row);
        is_told |= d && uuid_eq(d->d.incident, in->id) && d->d.cycle == in->cycle &&
                   d->d.kind == news && d->d.state_seq == in->state_seq &&
                   d->d.contact.channel == page->d.contact.channel &&
                   str_eq(d->d.contact.address, page->d.contact.address) &&
                   d->state != DELIVERY_SUPERSEDED;
    }
    CHECK_THAT(TOLD, is_told, "#%lld is %s, and %s:%.*s was paged and not told",
               (long long)in->number, incident_state_name(in->state),
               channel_kind_name(page->d.contact.channel), STR_ARG(page->d.contact.address));
}

static void check_pages(void)
{
    FOR_ROWS(TABLE_DELIVERY, row)
    {
        const struct delivery_row *d = row_committed(row);
        if (!d || d->d.kind != NOTICE_PAGE || d->state != DELIVERY_SENT) {
            continue;
        }
        const struct incident *in = row_committed(row_of_incident(d->d.incident));
        bool is_spared = in->state == INCIDENT_RESOLVED && str_eq(in->receiver, STR("hold"));
        if (in->cycle == d->d.cycle && in->state != INCIDENT_OPEN && !is_spared) {
            check_told(in, d);
        }
    }
}

void check_end(void)
{
    size_t n;
    const struct source_group *groups = source_groups(&n);
    check_nothing_due(database_clock() - AFTER_FAULTS_US);
    CHECK_THAT(I13, sources_are_quiet(), "a webhook is not accepted 60 s after the last fault");
    for (size_t i = 0; i < n; i++) {
        for (int a = 0; a < groups[i].n_alerts; a++) {
            check_alert(&groups[i], a);
        }
    }
    FOR_ROWS(TABLE_INCIDENT, row)
    {
        const struct incident *in = row_committed(row);
        if (in) {
            check_cycles(in);
        }
    }
    check_pages();
    check_severities_paged();
}
