/* Silences: kept, loaded, ended before their time. */
#include "sim/database_copy.h"
#include "sim/sometimes.h"

#include <stdlib.h>
#include <string.h>

static struct row *row_of_silence(struct uuid id)
{
    FOR_ROWS(TABLE_SILENCE, row)
    {
        const struct silence_saved *s = row->is_written && row->next ? row->next : row->now;
        if (s && uuid_eq(s->silence.id, id)) {
            return row;
        }
    }
    return NULL;
}

enum status store_silence_add(struct store *store, const struct silence_row *row, struct err *err)
{
    struct call c;
    int64_t n = 0, now_at;
    if (call_begin(&c, store, !store->in_tx, err) != OK) {
        return err->code;
    }
    now_at = database_clock();
    FOR_ROWS(TABLE_SILENCE, known)
    {
        const struct silence_saved *s = row_seen(c.session, known);
        n += s && s->silence.ends_at > now_at;
    }
    if (n < SILENCES_MAX) {
        struct silence_saved *s = row_write(c.session, row_new(c.session, TABLE_SILENCE));
        s->written_us = sim_now();
        s->silence = (struct silence_row){
            .id = row->id,
            .matchers = world_str(row->matchers),
            .starts_at = row->starts_at == AT_NONE ? now_at : row->starts_at,
            .ends_at = row->ends_at,
            .during = world_str(row->during),
            .comment = world_str(row->comment),
            .created_by = world_str(row->created_by),
            .ended_by = STR_EMPTY,
        };
    }
    if (call_end(&c, err) != OK) {
        return err->code;
    }
    return n < SILENCES_MAX ? OK : err_set(err, ERR_CONFLICT, "too many silences");
}

static int by_end(const void *a, const void *b)
{
    const struct silence_row *x = a, *y = b;
    int by_id = memcmp(x->id.b, y->id.b, sizeof(x->id.b));
    return x->ends_at < y->ends_at ? -1 : x->ends_at > y->ends_at ? 1 : by_id;
}

enum status store_silences(struct store *store, struct arena *arena, int64_t from_at,
                           int64_t until_at, struct silence_row **ret, size_t *ret_n,
                           struct err *err)
{
    struct call c;
    VEC(struct silence_row) found = {0};
    if (call_begin(&c, store, false, err) != OK) {
        return err->code;
    }
    FOR_ROWS(TABLE_SILENCE, row)
    {
        const struct silence_saved *s = row_seen(c.session, row);
        if (s && s->silence.ends_at > from_at && s->silence.starts_at < until_at) {
            VEC_PUSH(arena, &found, s->silence);
        }
    }
    if (found.n > 1) {
        qsort(found.v, found.n, sizeof(*found.v), by_end);
    }
    *ret = found.v;
    *ret_n = found.n < SILENCES_MAX ? found.n : SILENCES_MAX;
    return call_end(&c, err);
}

/* ---- the end --------------------------------------------------------------------------------- */

static bool goes_on(const struct session *s, const struct row *row)
{
    const struct silence_saved *silence = row ? row_seen(s, row) : NULL;
    return silence && silence->silence.ends_at > database_clock();
}

static void end(struct call *c, struct row *row, struct str by)
{
    int64_t now_at = database_clock();
    struct silence_saved *s = row_write(c->session, row);
    s->silence.ends_at = now_at > s->silence.starts_at ? now_at : s->silence.starts_at + 1;
    s->silence.ended_by = world_str(by);
    s->written_us = sim_now();
}

enum status store_silence_end(struct store *store, struct uuid id, struct str by, struct err *err)
{
    struct call c;
    if (call_begin(&c, store, !store->in_tx, err) != OK) {
        return err->code;
    }
    struct row *row = row_of_silence(id);
    enum status status = goes_on(c.session, row) ? row_lock(&c, row, err) : OK;
    bool is_ended = status == OK && goes_on(c.session, row);
    if (is_ended) {
        end(&c, row, by);
    }
    if (status != OK || call_end(&c, err) != OK) {
        return err->code;
    }
    return is_ended ? OK : err_set(err, ERR_NOT_FOUND, "no such silence");
}
