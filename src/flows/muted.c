#include "flows/muted.h"

#include "base/monotonic.h"
#include "ports/store_muted.h"

enum { ALERTS_MAX = 20000 }; /* of one look; more than one incident can have and be muted */

/* Whatever keeps it quiet by now is for the escalation to say. */
static bool is_free(const struct muting *m, const struct muted_incident *one, int64_t now_at,
                    struct arena *arena)
{
    struct mute_verdict verdict = mute_check(m->snapshot->settings, &m->inhibitor, m->silences,
                                             &one->incident, one->alerts, one->n, now_at, arena);
    return verdict.by.n == 0;
}

/* Where the next look goes on: the last one may be cut, unless it is all there is. */
static struct uuid next_after(const struct muted_incident *v, size_t n)
{
    size_t alerts = 0;
    for (size_t i = 0; i < n; i++) {
        alerts += v[i].n;
    }
    return alerts < ALERTS_MAX ? (struct uuid){0} : v[n > 1 ? n - 2 : 0].incident.id;
}

static enum status wake_free(struct store *store, const struct muting *muting,
                             const struct muted_incident *v, size_t n, int64_t now_at,
                             struct arena *arena, struct err *err)
{
    VEC(struct uuid) ids = {0};
    for (size_t i = 0; i < n; i++) {
        bool is_whole = (int64_t)v[i].n >= v[i].incident.firing;
        if (is_whole && is_free(muting, &v[i], now_at, arena)) {
            VEC_PUSH(arena, &ids, v[i].incident.id);
        }
    }
    return ids.n > 0 ? store_muted_wake(store, arena, ids.v, ids.n, err) : OK;
}

static enum status look(struct muted_watch *watch, struct store *store, struct muting *muting,
                        struct arena *arena, struct err *err)
{
    struct muted_incident *v;
    int64_t now_at;
    size_t n;
    if (store_begin(store, &now_at, err) != OK ||
        store_muted(store, arena, watch->after, ALERTS_MAX, &v, &n, err) != OK) {
        return err->code;
    }
    if (n == 0) {
        store_rollback(store);
        watch->after = (struct uuid){0};
        return OK;
    }
    if (muting_refresh(muting, store, now_at, err) != OK ||
        wake_free(store, muting, v, n, now_at, arena, err) != OK ||
        store_commit(store, err) != OK) {
        return err->code;
    }
    watch->after = next_after(v, n);
    return OK;
}

enum status muted_look(struct muted_watch *watch, struct store *store, struct muting *muting,
                       struct arena *arena, struct err *err)
{
    int64_t now_us = monotonic_us();
    if (watch->looked_us != 0 && now_us - watch->looked_us < MUTE_LOOK_US) {
        return OK;
    }
    watch->looked_us = now_us;
    if (look(watch, store, muting, arena, err) != OK) {
        store_rollback(store);
        return err->code;
    }
    return OK;
}
