/* Silences: what they keep quiet pages nobody, and is not forgotten when they are over. */
#include "base/time_units.h"
#include "sim/check.h"
#include "sim/sometimes.h"
#include "wire/matcher_syntax.h"

#include <string.h>

/* Who has read the silences before one was made may page for so long: a transaction, and a lock
 * that it waits for. */
#define READ_BEFORE_US (12 * US_PER_S)
/* When all that is muted is looked at, and a little. */
#define LOOK_US (4 * US_PER_S)

static bool fits(const struct silence_row *silence, struct labels labels)
{
    struct arena arena;
    struct matchers matchers;
    world_memory_begin();
    arena_init_sized(&arena, 1024);
    CHECK(matchers_parse(&arena, MATCHER_FALLBACK, silence->matchers, &matchers, NULL) == OK);
    bool is_fit = matchers_match(matchers, labels);
    arena_release(&arena);
    world_memory_end();
    return is_fit;
}

/* Is one kept quiet by any silence that lasts from then to then, and was made before that? */
static bool is_covered(struct labels labels, int64_t from_at, int64_t until_at, int64_t made_us)
{
    FOR_ROWS(TABLE_SILENCE, row)
    {
        const struct silence_saved *s = row_committed(row);
        if (s && s->silence.starts_at <= from_at && s->silence.ends_at > until_at &&
            s->written_us <= made_us && fits(&s->silence, labels)) {
            return true;
        }
    }
    return false;
}

/* Has one been, at any time since then? */
static bool was_covered(struct labels labels, int64_t since)
{
    FOR_ROWS(TABLE_SILENCE, row)
    {
        const struct silence_saved *s = row_committed(row);
        if (s && s->silence.ends_at > since && fits(&s->silence, labels)) {
            return true;
        }
    }
    return false;
}

static bool is_silenced(const struct incident *in)
{
    return str_starts_with(in->muted_by, STR("silence "));
}

/* ---- while it lasts -------------------------------------------------------------------------- */

static void check_notified(const struct incident *in, const struct event_saved *e)
{
    bool is_loud = false;
    FOR_ROWS(TABLE_ALERT, row)
    {
        const struct alert_row *a = row_committed(row);
        if (a && uuid_eq(a->incident, in->id) && a->alert.status == ALERT_FIRING) {
            is_loud |= !is_covered(a->alert.labels, e->at - READ_BEFORE_US, database_clock(),
                                   sim_now() - READ_BEFORE_US);
        }
    }
    CHECK_THAT(SILENCE, is_loud || in->firing == 0 || check_clock_has_jumped(),
               "#%lld: all of it is silenced, and a step notifies", (long long)in->number);
}

static bool is_wished(const struct timeline_entry *e)
{
    return e->kind == EVENT_UNMUTED && e->n_facts > 1 && strcmp(e->facts[1].name, "reason") == 0;
}

/* The escalation was moved by a person, and that is what was due. */
static bool is_moved_by_hand(const struct incident *in)
{
    FOR_ROWS(TABLE_EVENT, row)
    {
        const struct event_saved *e = row_committed(row);
        if (e && uuid_eq(e->incident, in->id) && e->entry.seq == in->restart_seq) {
            return in->state == INCIDENT_OPEN && e->entry.kind == EVENT_ESCALATED &&
                   in->wake_at <= e->at;
        }
    }
    return false;
}

/* Then it has to come of it, and only then. */
static void check_wish(const struct incident *old, const struct timeline_entry *e)
{
    bool is_moved = old && is_moved_by_hand(old);
    CHECK_THAT(SILENCE, !is_moved || e->kind != EVENT_MUTED,
               "#%lld: a person has asked for a step, and it is muted", (long long)old->number);
    CHECK_THAT(SILENCE, is_moved || !is_wished(e),
               "#%lld pages in spite of a silence, nobody has asked for that",
               (long long)(old ? old->number : 0));
}

static void check_incident(const struct incident *old, const struct incident *in,
                           const struct row_change *changes, size_t n)
{
    bool is_paged = false, is_asked = false;
    for (int64_t seq = (old ? old->seq : 0) + 1; seq <= in->seq; seq++) {
        const struct event_saved *e = event_of(changes, n, in->id, seq);
        is_asked |= e && is_wished(&e->entry);
        if (e && (e->entry.kind == EVENT_MUTED || is_wished(&e->entry))) {
            check_wish(old, &e->entry);
        }
        if (e && e->entry.kind == EVENT_NOTIFIED && str_eq(e->entry.actor, STR("alertify"))) {
            is_paged = true;
            if (is_asked) {
                SOMETIMES(PAGED_IN_SPITE_OF_SILENCE);
            } else {
                check_notified(in, e);
            }
        }
        if (e && e->entry.kind == EVENT_MUTED && is_silenced(in)) {
            SOMETIMES(SILENCED);
        }
    }
    if (old && is_silenced(old) && in->state == INCIDENT_RESOLVED) {
        SOMETIMES(RESOLVED_IN_SILENCE);
    }
    if (old && is_silenced(old) && in->state == INCIDENT_OPEN && is_paged) {
        SOMETIMES(SILENCE_OVER);
    }
}

void check_silences(const struct row_change *changes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (changes[i].row->table == TABLE_INCIDENT && changes[i].now) {
            check_incident(changes[i].old, changes[i].now, changes, n);
        }
    }
}

/* ---- when it is over ------------------------------------------------------------------------- */

/* Which alert keeps which others quiet, see config.c. */
static bool is_inhibiting(struct labels labels)
{
    return str_eq(labels_get(labels, STR("alertname")), STR("S1"));
}

/* It waits for something else: another alert, or until it has settled. */
static bool waits_for_more(const struct incident *in)
{
    bool may_be_inhibited = str_eq(labels_get(in->group_labels, STR("alertname")), STR("S2"));
    return may_be_inhibited || in->flapping_at != AT_NONE;
}

/* Has an alert that keeps others quiet fired since then, in what was not over? */
static bool has_inhibited_since(int64_t since)
{
    FOR_ROWS(TABLE_ALERT, row)
    {
        const struct alert_row *a = row_committed(row);
        const struct incident *in = a && is_inhibiting(a->alert.labels)
                                        ? row_committed(row_of_incident(a->incident))
                                        : NULL;
        bool fires = in && in->state != INCIDENT_RESOLVED && a->alert.status == ALERT_FIRING;
        if (fires || (in && in->updated_at > since)) {
            return true;
        }
    }
    return false;
}

/* It keeps nobody quiet any more, and what it kept quiet is on its way. */
static void check_inhibitions_over(int64_t since)
{
    int64_t soon = database_clock() + US_PER_S;
    if (has_inhibited_since(since)) {
        return;
    }
    FOR_ROWS(TABLE_ALERT, row)
    {
        const struct alert_row *a = row_committed(row);
        const struct incident *in = a && a->alert.status == ALERT_FIRING
                                        ? row_committed(row_of_incident(a->incident))
                                        : NULL;
        bool waits = in && in->state == INCIDENT_OPEN && in->wake_at > soon &&
                     in->flapping_at == AT_NONE && in->updated_at < since &&
                     str_starts_with(in->muted_by, STR("alert "));
        CHECK_THAT(SILENCE, !waits || was_covered(a->alert.labels, since),
                   "#%lld waits %.1f s more for the end of an alert that is over",
                   (long long)in->number, (double)(in->wake_at - database_clock()) / 1e6);
    }
}

void check_silences_over(int64_t since)
{
    check_inhibitions_over(since - LOOK_US);
    int64_t soon = database_clock() + US_PER_S;
    since -= LOOK_US;
    FOR_ROWS(TABLE_INCIDENT, row)
    {
        const struct incident *in = row_committed(row);
        if (!in || in->state != INCIDENT_OPEN || !is_silenced(in) || in->wake_at <= soon ||
            waits_for_more(in)) {
            continue;
        }
        FOR_ROWS(TABLE_ALERT, a_row)
        {
            const struct alert_row *a = row_committed(a_row);
            bool fires = a && uuid_eq(a->incident, in->id) && a->alert.status == ALERT_FIRING;
            CHECK_THAT(SILENCE, !fires || was_covered(a->alert.labels, since),
                       "#%lld waits %.1f s more for a silence that is over", (long long)in->number,
                       (double)(in->wake_at - database_clock()) / 1e6);
        }
    }
}
