/* Incidents that something keeps quiet: loaded together, woken. */
#include "sim/database_copy.h"
#include "sim/sometimes.h"

#include "ports/store_muted.h"

#include <stdlib.h>
#include <string.h>

static bool is_muted(const struct incident *in, int64_t now_at)
{
    return in && in->state == INCIDENT_OPEN && in->wake_at != AT_NONE && in->wake_at > now_at &&
           in->muted_by.n > 0;
}

static int by_fingerprint(const void *a, const void *b)
{
    const struct alert_row *const *x = a, *const *y = b;
    int64_t p = (int64_t)(*x)->alert.fingerprint, q = (int64_t)(*y)->alert.fingerprint;
    return p < q ? -1 : p > q;
}

static void add_alerts(const struct session *s, struct arena *arena, struct muted_incident *to,
                       size_t max)
{
    VEC(const struct alert_row *) found = {0};
    FOR_ROWS(TABLE_ALERT, row)
    {
        const struct alert_row *a = row_seen(s, row);
        if (a && a->alert.status == ALERT_FIRING && uuid_eq(a->incident, to->incident.id)) {
            VEC_PUSH(arena, &found, a);
        }
    }
    if (found.n > 1) {
        qsort(found.v, found.n, sizeof(*found.v), by_fingerprint);
    }
    to->alerts = ARENA_ARRAY(arena, struct labels, found.n);
    for (size_t i = 0; i < found.n && i < max; i++) {
        to->alerts[to->n++] = found.v[i]->alert.labels;
    }
}

static int by_id(const void *a, const void *b)
{
    const struct muted_incident *x = a, *y = b;
    return memcmp(x->incident.id.b, y->incident.id.b, sizeof(x->incident.id.b));
}

enum status store_muted(struct store *store, struct arena *arena, struct uuid after,
                        size_t max_alerts, struct muted_incident **ret, size_t *ret_n,
                        struct err *err)
{
    struct call c;
    VEC(struct muted_incident) found = {0};
    if (call_begin(&c, store, false, err) != OK) {
        return err->code;
    }
    int64_t now_at = database_clock();
    FOR_ROWS(TABLE_INCIDENT, row)
    {
        const struct incident *in = row_seen(c.session, row);
        if (is_muted(in, now_at) && memcmp(in->id.b, after.b, sizeof(after.b)) > 0) {
            struct muted_incident one = {.incident = *in};
            VEC_PUSH(arena, &found, one);
        }
    }
    if (found.n > 1) {
        qsort(found.v, found.n, sizeof(*found.v), by_id);
    }
    *ret_n = 0;
    for (size_t i = 0; i < found.n && max_alerts > 0; i++) {
        add_alerts(c.session, arena, &found.v[i], max_alerts);
        max_alerts -= found.v[i].n;
        if (found.v[i].n > 0) {
            found.v[(*ret_n)++] = found.v[i];
        }
    }
    *ret = found.v;
    return call_end(&c, err);
}

enum status store_muted_wake(struct store *store, struct arena *arena, const struct uuid *ids,
                             size_t n, struct err *err)
{
    struct call c;
    (void)arena;
    if (call_begin(&c, store, false, err) != OK) {
        return err->code;
    }
    int64_t now_at = database_clock();
    for (size_t i = 0; i < n; i++) {
        struct row *row = row_of_incident(ids[i]);
        if (!row || !is_muted(row_seen(c.session, row), now_at) || !row_try_lock(c.session, row)) {
            continue;
        }
        if (is_muted(row_seen(c.session, row), now_at)) {
            struct incident *to = row_write(c.session, row);
            to->wake_at = now_at;
            SOMETIMES(MUTED_WOKEN);
        }
    }
    return call_end(&c, err);
}
