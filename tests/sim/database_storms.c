/* Destinations, and the summaries that cover pages. */
#include "sim/database_copy.h"
#include "sim/sometimes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct row *row_of_destination(const struct destination_key *key)
{
    FOR_ROWS(TABLE_DESTINATION, row)
    {
        const struct destination *d = row->is_written && row->next ? row->next : row->now;
        if (d && d->key.channel == key->channel && str_eq(d->key.address, key->address)) {
            return row;
        }
    }
    return NULL;
}

/* A summary that was given up. */
static bool is_lost(const struct session *s, int64_t summary)
{
    const struct row *row = summary > 0 ? row_of_delivery(summary) : NULL;
    const struct delivery_row *d = row ? row_seen(s, row) : NULL;
    return d && d->state == DELIVERY_FAILED;
}

static int compare_keys(const void *a, const void *b)
{
    const struct destination_key *x = a, *y = b;
    int by = strcmp(channel_kind_name(x->channel), channel_kind_name(y->channel));
    return by ? by : str_cmp(x->address, y->address);
}

enum status store_destinations_lock(struct store *store, struct arena *arena,
                                    const struct destination_key *keys, size_t n,
                                    struct destination **ret, size_t *ret_n, struct err *err)
{
    struct call c;
    VEC(struct destination) found = {0};
    struct destination_key *sorted = arena_array(arena, n, sizeof(*sorted));
    memcpy(sorted, keys, n * sizeof(*keys));
    qsort(sorted, n, sizeof(*sorted), compare_keys);
    if (call_begin(&c, store, false, err) != OK) {
        return err->code;
    }
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && compare_keys(&sorted[i - 1], &sorted[i]) == 0) {
            continue;
        }
        struct row *row = row_of_destination(&sorted[i]);
        if (row && row_lock(&c, row, err) != OK) {
            return err->code;
        }
        if (!row || !row_seen(c.session, row)) {
            struct destination *d =
                row_write(c.session, row ? row : row_new(c.session, TABLE_DESTINATION));
            *d = (struct destination){.key = {sorted[i].channel, world_str(sorted[i].address)},
                                      .storm = {.tokens_at = AT_NONE, .until_at = AT_NONE},
                                      .paused_until = AT_NONE};
            row = row_of_destination(&sorted[i]);
        }
        struct destination seen = *(const struct destination *)row_seen(c.session, row);
        seen.summary = is_lost(c.session, seen.summary) ? 0 : seen.summary;
        VEC_PUSH(arena, &found, seen);
    }
    *ret = found.v;
    *ret_n = found.n;
    return call_end(&c, err);
}

enum status store_destinations_write(struct store *store, struct arena *arena,
                                     const struct destination *v, size_t n, struct err *err)
{
    struct call c;
    (void)arena;
    if (n == 0) {
        return OK;
    }
    if (call_begin(&c, store, false, err) != OK) {
        return err->code;
    }
    for (size_t i = 0; i < n; i++) {
        struct row *row = row_of_destination(&v[i].key);
        if (!row || !row_seen(c.session, row)) {
            continue;
        }
        if (row_lock(&c, row, err) != OK) {
            return err->code;
        }
        struct destination *d = row_write(c.session, row);
        d->storm = v[i].storm;
        d->summary = v[i].summary;
        d->paused_until = v[i].paused_until;
    }
    return call_end(&c, err);
}

enum status store_storm_open(struct store *store, struct arena *arena, const struct delivery *page,
                             int64_t now_at, int64_t *ret_id, struct err *err)
{
    struct call c;
    char key[64];
    (void)arena;
    if (call_begin(&c, store, false, err) != OK) {
        return err->code;
    }
    const struct row *of = row_of_delivery(page->id);
    const struct delivery_row *from = of ? row_seen(c.session, of) : NULL;
    CHECK(from);
    size_t earlier = 0;
    FOR_ROWS(TABLE_DELIVERY, row)
    {
        const struct delivery_row *e = row_seen(c.session, row);
        earlier += e && e->d.kind == NOTICE_STORM && uuid_eq(e->d.incident, from->d.incident);
    }
    *ret_id = db.next_delivery++;
    struct delivery_row *d = row_write(c.session, row_new(c.session, TABLE_DELIVERY));
    int n = snprintf(key, sizeof(key), "storm/%lld/%zu", (long long)page->id, earlier);
    *d = *from;
    d->d.id = *ret_id;
    d->d.kind = NOTICE_STORM;
    d->d.dedupe_key = world_str((struct str){key, (size_t)n});
    d->d.contacts_text = STR("[]");
    d->d.step = -1;
    d->d.note = STR_EMPTY;
    d->d.attempts = 0;
    d->d.fence = 0;
    d->d.is_plain = false;
    d->d.ref = STR_EMPTY;
    d->d.wanted_at = AT_NONE;
    d->state = DELIVERY_READY;
    d->due_at = d->created_at = now_at;
    d->deadline_at = d->sent_at = AT_NONE;
    d->has_outcome = false;
    d->priority = notice_priority(NOTICE_STORM, STR_EMPTY);
    d->covered_by = 0;
    d->owner = (struct uuid){0};
    d->reason = STR_EMPTY;
    SOMETIMES(STORM);
    return call_end(&c, err);
}

/* An incident that a summary names, with the most urgent of its pages there. */
struct named {
    const struct incident *incident;
    int priority;
};
typedef VEC(struct named) named_vec;

static void find_named(const struct session *s, struct arena *arena, int64_t summary,
                       named_vec *named)
{
    FOR_ROWS(TABLE_DELIVERY, row)
    {
        const struct delivery_row *d = row_seen(s, row);
        struct named *known = NULL;
        if (!d || d->covered_by != summary) {
            continue;
        }
        for (size_t i = 0; i < named->n; i++) {
            known = uuid_eq(named->v[i].incident->id, d->d.incident) ? &named->v[i] : known;
        }
        if (known) {
            known->priority = d->priority < known->priority ? d->priority : known->priority;
        } else {
            struct named one = {incident_seen(s, d->d.incident), d->priority};
            VEC_PUSH(arena, named, one);
        }
    }
}

static int compare_named(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    int p = x->incident->state == INCIDENT_OPEN       ? 0
            : x->incident->state == INCIDENT_RESOLVED ? 2
                                                      : 1;
    int q = y->incident->state == INCIDENT_OPEN       ? 0
            : y->incident->state == INCIDENT_RESOLVED ? 2
                                                      : 1;
    if (p != q || x->priority != y->priority) {
        return p != q ? p - q : x->priority - y->priority;
    }
    return x->incident->number > y->incident->number ? -1 : 1;
}

enum status store_storm_view(struct store *store, struct arena *arena, int64_t id,
                             struct storm_view *ret, struct err *err)
{
    struct call c;
    named_vec named = {0};
    *ret = (struct storm_view){0};
    if (call_begin(&c, store, false, err) != OK) {
        return err->code;
    }
    find_named(c.session, arena, id, &named);
    if (named.n > 1) {
        qsort(named.v, named.n, sizeof(*named.v), compare_named);
    }
    for (size_t i = 0; i < named.n; i++) {
        const struct incident *in = named.v[i].incident;
        ret->total++;
        ret->open += in->state == INCIDENT_OPEN;
        ret->acknowledged += in->state == INCIDENT_ACKNOWLEDGED;
        ret->resolved += in->state == INCIDENT_RESOLVED;
        ret->urgent += in->state == INCIDENT_OPEN && named.v[i].priority == 0;
        if (i < STORM_ITEMS_MAX) {
            ret->items[ret->n_items++] =
                (struct storm_item){.number = in->number,
                                    .title = in->title,
                                    .severity = in->severity,
                                    .state = str_from(incident_state_name(in->state)),
                                    .opened_at = in->opened_at};
        }
    }
    return call_end(&c, err);
}

static int compare_ids(const void *a, const void *b)
{
    const struct told_cycle *x = a, *y = b;
    return memcmp(x->incident.b, y->incident.b, sizeof(x->incident.b));
}

enum status store_storm_open_incidents(struct store *store, struct arena *arena, int64_t id,
                                       size_t max, struct told_cycle **ret, size_t *ret_n,
                                       struct err *err)
{
    struct call c;
    VEC(struct told_cycle) ids = {0};
    if (call_begin(&c, store, false, err) != OK) {
        return err->code;
    }
    FOR_ROWS(TABLE_DELIVERY, row)
    {
        const struct delivery_row *d = row_seen(c.session, row);
        const struct incident *in =
            d && d->covered_by == id ? incident_seen(c.session, d->d.incident) : NULL;
        if (in && in->cycle == d->d.cycle && in->state == INCIDENT_OPEN) {
            bool is_known = false;
            for (size_t i = 0; i < ids.n; i++) {
                is_known |= uuid_eq(ids.v[i].incident, in->id);
            }
            if (!is_known) {
                struct told_cycle one = {in->id, in->cycle};
                VEC_PUSH(arena, &ids, one);
            }
        }
    }
    if (ids.n > 1) {
        qsort(ids.v, ids.n, sizeof(*ids.v), compare_ids);
    }
    *ret = ids.v;
    *ret_n = ids.n < max ? ids.n : max;
    return call_end(&c, err);
}

/* A page with what the session sees of it. */
struct covered {
    struct row *row;
    const struct delivery_row *page;
};

static int by_summary(const void *a, const void *b)
{
    const struct delivery_row *x = ((const struct covered *)a)->page;
    const struct delivery_row *y = ((const struct covered *)b)->page;
    if (x->covered_by != y->covered_by) {
        return x->covered_by < y->covered_by ? -1 : 1;
    }
    return x->d.id < y->d.id ? -1 : 1;
}

static int by_id(const void *a, const void *b)
{
    const struct uncovered_page *x = a, *y = b;
    return x->page.id < y->page.id ? -1 : 1;
}

enum status store_pages_uncovered(struct store *store, struct arena *arena, size_t max,
                                  struct uncovered_page **ret, size_t *ret_n, struct err *err)
{
    struct call c;
    VEC(struct covered) covered = {0};
    VEC(struct uncovered_page) found = {0};
    if (call_begin(&c, store, false, err) != OK) {
        return err->code;
    }
    FOR_ROWS(TABLE_DELIVERY, row)
    {
        struct covered one = {row, row_seen(c.session, row)};
        if (one.page && one.page->state == DELIVERY_COVERED &&
            is_lost(c.session, one.page->covered_by)) {
            VEC_PUSH(arena, &covered, one);
        }
    }
    if (covered.n > 1) {
        qsort(covered.v, covered.n, sizeof(*covered.v), by_summary);
    }
    for (size_t i = 0; i < covered.n && i < max; i++) {
        const struct delivery_row *page = covered.v[i].page;
        const struct delivery_row *summary = row_seen(c.session, row_of_delivery(page->covered_by));
        if (row_try_lock(c.session, covered.v[i].row)) {
            struct uncovered_page one = {page->d, summary->d.id, summary->reason};
            one.page.may_be_repeated = page->has_outcome && page->outcome == OUTCOME_UNKNOWN;
            VEC_PUSH(arena, &found, one);
        }
    }
    if (found.n > 1) {
        qsort(found.v, found.n, sizeof(*found.v), by_id);
    }
    *ret = found.v;
    *ret_n = found.n;
    return call_end(&c, err);
}
