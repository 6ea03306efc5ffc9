/* Incidents that are merged into another one: they keep still, and are not forgotten. */
#include "domain/merge.h"
#include "sim/check.h"
#include "sim/sometimes.h"

#include <string.h>

/* "#12" */
static int64_t number_in(struct str s)
{
    uint64_t n = 0;
    return s.n > 1 && str_to_u64(str_slice(s, 1, s.n), &n) ? (int64_t)n : 0;
}

static const struct incident *numbered(int64_t number)
{
    FOR_ROWS(TABLE_INCIDENT, row)
    {
        const struct incident *in = row_committed(row);
        if (in && in->number == number) {
            return in;
        }
    }
    return NULL;
}

static bool disturbs(const struct timeline_entry *e)
{
    bool is_page = e->kind == EVENT_ATTEMPT && str_eq(fact_of(e, "what"), STR("page"));
    return is_page || e->kind == EVENT_NOTIFIED || e->kind == EVENT_REMINDED ||
           e->kind == EVENT_CATCH_ALL || e->kind == EVENT_RUN_REQUESTED;
}

/* Into which one it is merged behind that entry. */
static int64_t walk(const struct incident *in, const struct timeline_entry *e, int64_t merged)
{
    bool is_ours = str_eq(e->actor, STR("alertify"));
    if (e->kind == EVENT_MERGED && fact_of(e, "into").n > 0) {
        CHECK_THAT(MERGES, merged == 0, "#%lld is merged twice", (long long)in->number);
        SOMETIMES(MERGED);
        return number_in(fact_of(e, "into"));
    }
    if (e->kind == EVENT_UNMERGED && fact_of(e, "from").n > 0) {
        CHECK_THAT(MERGES, merged == number_in(fact_of(e, "from")),
                   "#%lld is taken out of where it is not", (long long)in->number);
        if (is_ours) {
            SOMETIMES(ROOT_ENDED);
        } else {
            SOMETIMES(UNMERGED);
        }
        return 0;
    }
    if (e->kind == EVENT_OPENED || e->kind == EVENT_REOPENED) {
        return 0;
    }
    if (e->kind == EVENT_RESOLVED && merged != 0 &&
        str_starts_with(fact_of(e, "through"), STR("the end of"))) {
        SOMETIMES(RESOLVED_WITH_ROOT);
    }
    CHECK_THAT(MERGES, merged == 0 || !disturbs(e), "#%lld is merged, and %s",
               (long long)in->number, event_kind_name(e->kind));
    return merged;
}

static bool has_merged(int64_t number)
{
    FOR_ROWS(TABLE_INCIDENT, row)
    {
        const struct incident *in = row_committed(row);
        if (in && in->merged_into == number && in->state != INCIDENT_RESOLVED) {
            return true;
        }
    }
    return false;
}

static void check_incident(const struct incident *old, const struct incident *in,
                           const struct row_change *changes, size_t n)
{
    int64_t merged = old ? old->merged_into : 0;
    for (int64_t seq = (old ? old->seq : 0) + 1; seq <= in->seq; seq++) {
        const struct event_saved *e = event_of(changes, n, in->id, seq);
        merged = e ? walk(in, &e->entry, merged) : merged;
    }
    CHECK_THAT(MERGES, merged == in->merged_into,
               "#%lld is merged into #%lld, its timeline says #%lld", (long long)in->number,
               (long long)in->merged_into, (long long)merged);
    if (in->merged_into == 0 || in->state == INCIDENT_RESOLVED) {
        return;
    }
    const struct incident *root = numbered(in->merged_into);
    CHECK_THAT(MERGES, in->wake_at != AT_NONE, "#%lld is merged, and does not look for its root",
               (long long)in->number);
    CHECK_THAT(MERGES, root && (root->state == INCIDENT_RESOLVED || root->merged_into == 0),
               "#%lld is merged into #%lld, which is merged, too", (long long)in->number,
               (long long)in->merged_into);
    CHECK_THAT(MERGES, !has_merged(in->number), "#%lld is merged, and others into it",
               (long long)in->number);
}

void check_merges(const struct row_change *changes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (changes[i].row->table == TABLE_INCIDENT && changes[i].now) {
            check_incident(changes[i].old, changes[i].now, changes, n);
        }
    }
}

void check_merges_followed(int64_t since)
{
    FOR_ROWS(TABLE_INCIDENT, row)
    {
        const struct incident *in = row_committed(row);
        if (!in || in->merged_into == 0 || in->state == INCIDENT_RESOLVED) {
            continue;
        }
        const struct incident *root = numbered(in->merged_into);
        CHECK_THAT(
            MERGES,
            root && (root->state != INCIDENT_RESOLVED || root->resolved_at > since - MERGE_LOOK_US),
            "#%lld is merged into #%lld, which has ended, and keeps still", (long long)in->number,
            (long long)in->merged_into);
    }
}
