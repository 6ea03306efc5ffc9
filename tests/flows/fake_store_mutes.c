/* The fake store: what fires, for inhibition and after a change of the configuration. */
#include "fake_store.h"

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
