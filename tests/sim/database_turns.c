/* Turns of steps that page one of their people at a time, and whom they paged last. */
#include "sim/database_copy.h"
#include "sim/sometimes.h"

#include <stdlib.h>
#include <string.h>

static struct row *row_of_turn(struct str receiver, int step)
{
    FOR_ROWS(TABLE_TURN, row)
    {
        const struct turn_row *t = row->is_written && row->next ? row->next : row->now;
        if (t && t->step == step && str_eq(t->receiver, receiver)) {
            return row;
        }
    }
    return NULL;
}

static int by_key(const void *a, const void *b)
{
    const struct turns_take *const *x = a, *const *y = b;
    int by = str_cmp((*x)->receiver, (*y)->receiver);
    return by ? by : (*x)->step - (*y)->step;
}

static void take(struct session *s, struct row *row, struct turns_take *wanted)
{
    const struct turn_row *before = row ? row_seen(s, row) : NULL;
    wanted->first = before ? before->taken : 0;
    if (before && !uuid_eq(before->by, s->replica)) {
        SOMETIMES(TURN_BEHIND_ANOTHER_REPLICA);
    }
    struct turn_row *t = row_write(s, row ? row : row_new(s, TABLE_TURN));
    *t = (struct turn_row){.receiver = kept(t->receiver, wanted->receiver),
                           .step = wanted->step,
                           .taken = wanted->first + wanted->n,
                           .by = s->replica};
}

enum status store_turns_take(struct store *store, struct arena *arena, struct turns_take *takes,
                             size_t n, struct err *err)
{
    struct call c;
    struct turns_take **sorted = ARENA_ARRAY(arena, struct turns_take *, n);
    for (size_t i = 0; i < n; i++) {
        sorted[i] = &takes[i];
    }
    qsort(sorted, n, sizeof(struct turns_take *), by_key);
    if (call_begin(&c, store, !store->in_tx, err) != OK) {
        return err->code;
    }
    for (size_t i = 0; i < n; i++) {
        struct row *row = row_of_turn(sorted[i]->receiver, sorted[i]->step);
        if (row && row->locker && row->locker != c.session) {
            SOMETIMES(TURN_AWAITED);
        }
        if (row && row_lock(&c, row, err) != OK) {
            return err->code;
        }
        take(c.session, row, sorted[i]);
    }
    return call_end(&c, err);
}

static int by_step(const void *a, const void *b)
{
    const struct asked_row *x = a, *y = b;
    int by = memcmp(x->incident.b, y->incident.b, sizeof(x->incident.b));
    return by ? by : x->asked.step - y->asked.step;
}

static bool is_wanted(const struct session *s, const struct delivery_row *d,
                      const struct uuid *incidents, size_t n)
{
    const struct incident *in = d ? incident_seen(s, d->d.incident) : NULL;
    bool is_page = in && in->cycle == d->d.cycle && d->d.kind == NOTICE_PAGE && d->d.step >= 0 &&
                   str_starts_with(d->d.dedupe_key, STR("page/"));
    for (size_t i = 0; is_page && i < n; i++) {
        if (uuid_eq(incidents[i], in->id)) {
            return true;
        }
    }
    return false;
}

enum status store_asked(struct store *store, struct arena *arena, const struct uuid *incidents,
                        size_t n, struct asked_row **ret, size_t *ret_n, struct err *err)
{
    struct call c;
    VEC(struct asked_row) asked = {0};
    VEC(int64_t) ids = {0};
    if (call_begin(&c, store, false, err) != OK) {
        return err->code;
    }
    FOR_ROWS(TABLE_DELIVERY, row)
    {
        const struct delivery_row *d = row_seen(c.session, row);
        size_t at = 0;
        if (!is_wanted(c.session, d, incidents, n)) {
            continue;
        }
        while (at < asked.n && !(asked.v[at].asked.step == d->d.step &&
                                 uuid_eq(asked.v[at].incident, d->d.incident))) {
            at++;
        }
        struct asked_row one = {d->d.incident, {d->d.step, d->d.contact}};
        if (at == asked.n) {
            VEC_PUSH(arena, &asked, one);
            VEC_PUSH(arena, &ids, d->d.id);
        } else if (d->d.id > ids.v[at]) {
            asked.v[at] = one;
            ids.v[at] = d->d.id;
        }
    }
    if (asked.n > 1) {
        qsort(asked.v, asked.n, sizeof(*asked.v), by_step);
    }
    *ret = asked.v;
    *ret_n = asked.n;
    return call_end(&c, err);
}
