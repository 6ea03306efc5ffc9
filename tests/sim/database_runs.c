/* Script runs: claimed, started, ended, orphaned. */
#include "sim/database_copy.h"
#include "sim/sometimes.h"

#include "base/time_units.h"

#include <stdlib.h>

static struct row *row_of_run(struct uuid id)
{
    FOR_ROWS(TABLE_RUN, row)
    {
        const struct run_row *r = row->is_written && row->next ? row->next : row->now;
        if (r && uuid_eq(r->run.id, id)) {
            return row;
        }
    }
    return NULL;
}

static int by_time(const void *a, const void *b)
{
    const struct row *const *x = a, *const *y = b;
    const struct run_row *p = (*x)->is_written ? (*x)->next : (*x)->now;
    const struct run_row *q = (*y)->is_written ? (*y)->next : (*y)->now;
    return p->run.requested_at < q->run.requested_at   ? -1
           : p->run.requested_at > q->run.requested_at ? 1
                                                       : 0;
}

static bool is_presence_free(struct uuid replica)
{
    for (const struct session *s = db.sessions; s; s = s->next) {
        if (s->holds_presence && !s->is_dead && uuid_eq(s->replica, replica)) {
            return false;
        }
    }
    return true;
}

/* Started by a replica whose presence lock is free and that was not seen lately, or long overdue.
 */
static bool is_orphan(const struct session *s, const struct run_row *r, int64_t now_at)
{
    const struct replica_row *owner = NULL;
    if (r->run.state != RUN_STATE_STARTED) {
        return false;
    }
    if (r->deadline_at < now_at - 30 * US_PER_S) {
        return true;
    }
    FOR_ROWS(TABLE_REPLICA, row)
    {
        const struct replica_row *p = row_seen(s, row);
        owner = p && uuid_eq(p->id, r->owner) ? p : owner;
    }
    return !uuid_eq(r->owner, s->replica) &&
           (!owner || (owner->seen_at < now_at - 6 * US_PER_S && is_presence_free(r->owner)));
}

static enum status take_runs(struct store *store, struct arena *arena, size_t max, bool orphans,
                             struct run **ret, size_t *ret_n, struct err *err)
{
    struct call c;
    rows_vec rows = {0};
    VEC(struct run) runs = {0};
    if (call_begin(&c, store, false, err) != OK) {
        return err->code;
    }
    FOR_ROWS(TABLE_RUN, row)
    {
        const struct run_row *r = row_seen(c.session, row);
        if (r && (orphans ? is_orphan(c.session, r, database_clock())
                          : r->run.state == RUN_STATE_REQUESTED)) {
            VEC_PUSH(arena, &rows, row);
        }
    }
    if (rows.n > 1) {
        qsort(rows.v, rows.n, sizeof(*rows.v), by_time);
    }
    for (size_t i = 0; i < rows.n && runs.n < max; i++) {
        if (row_try_lock(c.session, rows.v[i])) {
            const struct run_row *r = row_seen(c.session, rows.v[i]);
            VEC_PUSH(arena, &runs, r->run);
        }
    }
    *ret = runs.v;
    *ret_n = runs.n;
    return call_end(&c, err);
}

enum status store_runs_requested(struct store *store, struct arena *arena, size_t max,
                                 struct run **ret, size_t *ret_n, struct err *err)
{
    return take_runs(store, arena, max, false, ret, ret_n, err);
}

enum status store_runs_orphaned(struct store *store, struct arena *arena, size_t max,
                                struct run **ret, size_t *ret_n, struct err *err)
{
    return take_runs(store, arena, max, true, ret, ret_n, err);
}

static bool fits(const struct run_row *r, const struct run *wanted)
{
    bool may_start = r && r->run.state == RUN_STATE_REQUESTED;
    bool may_end = may_start || (r && r->run.state == RUN_STATE_STARTED);
    return r && r->run.fence == wanted->fence &&
           (wanted->state == RUN_STATE_STARTED ? may_start : may_end);
}

enum status store_run_write(struct store *store, struct arena *arena, const struct run *run,
                            struct uuid owner, int64_t deadline_at, struct err *err)
{
    struct call c;
    (void)arena;
    if (call_begin(&c, store, !store->in_tx, err) != OK) {
        return err->code;
    }
    struct row *row = row_of_run(run->id);
    bool is_fit = row && fits(row_seen(c.session, row), run);
    if (is_fit && row_lock(&c, row, err) != OK) {
        return err->code;
    }
    is_fit = is_fit && fits(row_seen(c.session, row), run);
    if (is_fit) {
        struct run_row *r = row_write(c.session, row);
        r->run.state = run->state;
        if (run->state == RUN_STATE_STARTED) {
            r->run.fence++;
            r->run.started_at = database_clock();
            r->owner = owner;
            r->deadline_at = deadline_at;
        } else {
            r->run.ended_at = database_clock();
            r->run.code = run->code;
            r->run.output = world_str(run->output);
        }
    }
    if (call_end(&c, err) != OK) {
        return err->code;
    }
    return is_fit ? OK : err_set(err, ERR_STALE_FENCE, "the run was taken over");
}

enum status store_run_newest(struct store *store, struct arena *arena, struct uuid incident,
                             int cycle, struct run *ret, struct err *err)
{
    struct call c;
    const struct run_row *newest = NULL;
    (void)arena;
    if (call_begin(&c, store, false, err) != OK) {
        return err->code;
    }
    FOR_ROWS(TABLE_RUN, row)
    {
        const struct run_row *r = row_seen(c.session, row);
        if (r && r->cycle == cycle && r->run.ended_at != AT_NONE &&
            uuid_eq(r->run.incident, incident) &&
            (!newest || r->run.ended_at > newest->run.ended_at)) {
            newest = r;
        }
    }
    if (newest) {
        *ret = newest->run;
    }
    if (call_end(&c, err) != OK) {
        return err->code;
    }
    return newest ? OK : err_set(err, ERR_NOT_FOUND, "no such run");
}

enum status store_run(struct store *store, struct arena *arena, struct uuid id, struct run *ret,
                      struct err *err)
{
    struct call c;
    (void)arena;
    if (call_begin(&c, store, false, err) != OK) {
        return err->code;
    }
    const struct row *row = row_of_run(id);
    const struct run_row *r = row ? row_seen(c.session, row) : NULL;
    if (r) {
        *ret = r->run;
    }
    if (call_end(&c, err) != OK) {
        return err->code;
    }
    return r ? OK : err_set(err, ERR_NOT_FOUND, "no such run");
}
