/* The fake store: what fires, and what is kept quiet. */
#include "fake_store.h"

#include "ports/store_muted.h"

#include <stdlib.h>
#include <string.h>

enum status store_alerts_firing(struct store *store, struct arena *arena, struct labels **ret,
                                size_t *ret_n, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    VEC(struct labels) found = {0};
    if (!fake_call(store, "alerts_firing", &status, err)) {
        return status;
    }
    for (size_t i = 0; i < db->t.alerts.n; i++) {
        const struct alert_row *row = &db->t.alerts.v[i];
        if (row->alert.status == ALERT_FIRING &&
            fake_incident(db, row->incident)->state != INCIDENT_RESOLVED) {
            VEC_PUSH(arena, &found, row->alert.labels);
        }
    }
    *ret = found.v;
    *ret_n = found.n;
    return OK;
}

static int by_fingerprint(const void *a, const void *b)
{
    const struct stray_row *x = a, *y = b;
    return (x->fingerprint > y->fingerprint) - (x->fingerprint < y->fingerprint);
}

static bool is_among(const uint64_t *v, size_t n, uint64_t wanted)
{
    for (size_t i = 0; i < n; i++) {
        if (v[i] == wanted) {
            return true;
        }
    }
    return false;
}

enum status store_strays(struct store *store, struct arena *arena, const uint64_t *fingerprints,
                         size_t n, int64_t resolved_since, struct stray_row **ret, size_t *ret_n,
                         struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    VEC(struct stray_row) found = {0};
    if (!fake_call(store, "strays", &status, err)) {
        return status;
    }
    for (size_t i = 0; i < db->t.alerts.n; i++) {
        const struct alert_row *row = &db->t.alerts.v[i];
        const struct incident *incident = fake_incident(db, row->incident);
        bool counts =
            incident->state != INCIDENT_RESOLVED || incident->resolved_at >= resolved_since;
        if (counts && row->alert.status == ALERT_FIRING &&
            is_among(fingerprints, n, row->alert.fingerprint)) {
            struct stray_row stray = {.fingerprint = row->alert.fingerprint};
            memcpy(stray.group_key, incident->group_key, GROUP_KEY_BYTES);
            VEC_PUSH(arena, &found, stray);
        }
    }
    if (found.n > 0) {
        qsort(found.v, found.n, sizeof(*found.v), by_fingerprint);
    }
    *ret = found.v;
    *ret_n = found.n;
    return OK;
}

/* ---- what is muted --------------------------------------------------------------------------- */

static bool is_muted(const struct incident *in, int64_t now_at)
{
    return in->state == INCIDENT_OPEN && in->muted_by.n > 0 && in->wake_at > now_at;
}

static void add_alerts(struct fake_database *db, struct arena *arena, struct muted_incident *to,
                       size_t max)
{
    to->alerts = ARENA_ARRAY(arena, struct labels, db->t.alerts.n);
    for (size_t i = 0; i < db->t.alerts.n && to->n < max; i++) {
        const struct alert_row *row = &db->t.alerts.v[i];
        if (uuid_eq(row->incident, to->incident.id) && row->alert.status == ALERT_FIRING) {
            to->alerts[to->n++] = row->alert.labels;
        }
    }
}

static int by_incident(const void *a, const void *b)
{
    const struct muted_incident *x = a, *y = b;
    return memcmp(x->incident.id.b, y->incident.id.b, sizeof(x->incident.id.b));
}

enum status store_muted(struct store *store, struct arena *arena, struct uuid after,
                        size_t max_alerts, struct muted_incident **ret, size_t *ret_n,
                        struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    VEC(struct muted_incident) found = {0};
    if (!fake_call(store, "muted", &status, err)) {
        return status;
    }
    for (size_t i = 0; i < db->t.incidents.n; i++) {
        struct muted_incident one = {.incident = db->t.incidents.v[i]};
        if (is_muted(&one.incident, db->clock_at) &&
            memcmp(one.incident.id.b, after.b, sizeof(after.b)) > 0) {
            VEC_PUSH(arena, &found, one);
        }
    }
    if (found.n > 1) {
        qsort(found.v, found.n, sizeof(*found.v), by_incident);
    }
    *ret_n = 0;
    for (size_t i = 0; i < found.n && max_alerts > 0; i++) {
        add_alerts(db, arena, &found.v[i], max_alerts);
        max_alerts -= found.v[i].n;
        if (found.v[i].n > 0) {
            found.v[(*ret_n)++] = found.v[i];
        }
    }
    *ret = found.v;
    return OK;
}

enum status store_muted_wake(struct store *store, struct arena *arena, const struct uuid *ids,
                             size_t n, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    (void)arena;
    CHECK(db->owner == store);
    if (!fake_call(store, "muted_wake", &status, err)) {
        return status;
    }
    for (size_t i = 0; i < n; i++) {
        struct incident *in = fake_incident(db, ids[i]);
        in->wake_at = is_muted(in, db->clock_at) ? db->clock_at : in->wake_at;
    }
    return OK;
}
