/* The fake store: what fires, for inhibition. */
#include "fake_store.h"

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
