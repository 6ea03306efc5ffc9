/* The outbox: what is due, new states under their fence, conversations. */
#include "sim/check.h"
#include "sim/database_copy.h"
#include "sim/sometimes.h"

#include "base/time_units.h"

#include <stdlib.h>
#include <string.h>

static bool same_place(const struct delivery *a, const struct delivery *b)
{
    return a->contact.channel == b->contact.channel &&
           str_eq(a->contact.address, b->contact.address);
}

/* An earlier message to the same place is still on its way. */
static bool has_predecessor(const struct session *s, const struct delivery_row *d)
{
    FOR_ROWS(TABLE_DELIVERY, row)
    {
        const struct delivery_row *e = row_seen(s, row);
        if (!e || e->d.id >= d->d.id || !uuid_eq(e->d.incident, d->d.incident) ||
            !same_place(&e->d, &d->d) ||
            (e->state != DELIVERY_READY && e->state != DELIVERY_SENDING) ||
            e->d.kind == NOTICE_STORM || d->d.kind == NOTICE_STORM) {
            continue;
        }
        const struct incident *in = incident_seen(s, e->d.incident);
        bool steps_aside = e->state == DELIVERY_READY &&
                           (d->d.kind == NOTICE_PAGE || e->d.kind == NOTICE_UPDATE ||
                            (e->d.kind == NOTICE_PAGE && in->state != INCIDENT_OPEN));
        if (!steps_aside) {
            return true;
        }
    }
    return false;
}

/* Is there a newer page to that contact which was sent, or (`waiting`) is on its way? */
static bool has_newer(const struct session *s, const struct delivery_row *d, bool waiting)
{
    FOR_ROWS(TABLE_DELIVERY, row)
    {
        const struct delivery_row *e = row_seen(s, row);
        if (e && e->d.id > d->d.id && uuid_eq(e->d.incident, d->d.incident) &&
            e->d.cycle == d->d.cycle && same_place(&e->d, &d->d) &&
            str_eq(e->d.contact.user, d->d.contact.user) && e->d.kind == NOTICE_PAGE &&
            (e->state == DELIVERY_SENT ||
             (waiting && (e->state == DELIVERY_READY || e->state == DELIVERY_SENDING)))) {
            return d->d.kind == NOTICE_PAGE;
        }
    }
    return false;
}

static bool is_due(const struct delivery_row *d, int64_t now_at)
{
    return (d->state == DELIVERY_READY && d->due_at <= now_at) ||
           (d->state == DELIVERY_SENDING && d->deadline_at < now_at);
}

/* A row with what the session sees of it. */
struct due {
    struct row *row;
    const struct delivery_row *d;
};
typedef VEC(struct due) due_vec;

/* Which part of the query finds it: one of three priorities, or those that were being sent. */
static int part_of(const struct delivery_row *d)
{
    return d->state == DELIVERY_SENDING ? 3 : d->priority;
}

static int compare_parts(const void *a, const void *b)
{
    const struct delivery_row *p = ((const struct due *)a)->d, *q = ((const struct due *)b)->d;
    if (part_of(p) != part_of(q)) {
        return part_of(p) - part_of(q);
    }
    if (part_of(p) == 3) {
        return p->deadline_at < q->deadline_at ? -1 : p->deadline_at > q->deadline_at;
    }
    int sign = part_of(p) < 2 ? -1 : 1; /* pages: the newest first */
    if (p->due_at != q->due_at) {
        return p->due_at < q->due_at ? -sign : sign;
    }
    return p->d.id < q->d.id ? -sign : sign;
}

static int compare_order(const void *a, const void *b)
{
    const struct delivery_row *p = ((const struct due *)a)->d, *q = ((const struct due *)b)->d;
    if (p->priority != q->priority) {
        return p->priority - q->priority;
    }
    int sign = p->priority < 2 ? -1 : 1;
    if (p->due_at != q->due_at) {
        return p->due_at < q->due_at ? -sign : sign;
    }
    return p->d.id < q->d.id ? -1 : p->d.id > q->d.id;
}

/* At most max of each part of each channel; of what is no page, those that may go. */
static void cut(const struct session *s, due_vec *rows, const size_t max[channel_kind_COUNT])
{
    size_t taken[channel_kind_COUNT][4] = {{0}}, n = 0;
    for (size_t i = 0; i < rows->n; i++) {
        const struct delivery_row *d = rows->v[i].d;
        if (part_of(d) == 2 && has_predecessor(s, d)) {
            continue;
        }
        if (taken[d->d.contact.channel][part_of(d)]++ < max[d->d.contact.channel]) {
            rows->v[n++] = rows->v[i];
        }
    }
    rows->n = n;
}

static struct delivery delivery_of(const struct delivery_row *row)
{
    struct delivery d = row->d;
    d.may_be_repeated =
        (row->has_outcome && row->outcome == OUTCOME_UNKNOWN) || row->state == DELIVERY_SENDING;
    return d;
}

enum status store_pages_outrun(struct store *store, struct arena *arena, struct delivery *v,
                               size_t n, struct err *err)
{
    struct call c;
    (void)arena;
    if (call_begin(&c, store, false, err) != OK) {
        return err->code;
    }
    for (size_t i = 0; i < n; i++) {
        const struct row *row = row_of_delivery(v[i].id);
        const struct delivery_row *d = row ? row_seen(c.session, row) : NULL;
        v[i].is_outrun = d && has_newer(c.session, d, true);
        v[i].is_replaced = d && has_newer(c.session, d, false);
    }
    return call_end(&c, err);
}

static void lock_due(struct session *s, struct arena *arena, due_vec *due, size_t all,
                     struct delivery **ret, size_t *ret_n)
{
    VEC(struct delivery) found = {0};
    for (size_t i = 0; i < due->n && found.n < all; i++) {
        const struct delivery_row *d = due->v[i].d;
        if (!has_predecessor(s, d) && row_try_lock(s, due->v[i].row)) {
            struct delivery one = delivery_of(d);
            VEC_PUSH(arena, &found, one);
        }
    }
    *ret = found.v;
    *ret_n = found.n;
}

enum status store_deliveries_due(struct store *store, struct arena *arena,
                                 const size_t max[channel_kind_COUNT], struct delivery **ret,
                                 size_t *ret_n, struct err *err)
{
    struct call c;
    due_vec due = {0};
    size_t all = 0;
    if (call_begin(&c, store, false, err) != OK) {
        return err->code;
    }
    int64_t now_at = database_clock();
    FOR_ROWS(TABLE_DELIVERY, row)
    {
        struct due one = {row, row_seen(c.session, row)};
        if (one.d && is_due(one.d, now_at)) {
            VEC_PUSH(arena, &due, one);
        }
    }
    for (int i = 0; i < channel_kind_COUNT; i++) {
        all += max[i];
    }
    if (due.n > 1) {
        qsort(due.v, due.n, sizeof(*due.v), compare_parts);
    }
    cut(c.session, &due, max);
    if (due.n > 1) {
        qsort(due.v, due.n, sizeof(*due.v), compare_order);
    }
    lock_due(c.session, arena, &due, all, ret, ret_n);
    return call_end(&c, err);
}

enum status store_delivery(struct store *store, struct arena *arena, int64_t id,
                           struct delivery *ret, struct err *err)
{
    struct call c;
    (void)arena;
    if (call_begin(&c, store, false, err) != OK) {
        return err->code;
    }
    struct row *row = row_of_delivery(id);
    const struct delivery_row *d = row ? row_seen(c.session, row) : NULL;
    if (d) {
        *ret = delivery_of(d);
    }
    if (call_end(&c, err) != OK) {
        return err->code;
    }
    return d ? OK : err_set(err, ERR_NOT_FOUND, "no such delivery");
}

/* ---- writing --------------------------------------------------------------------------------- */

static void set_delivery(struct session *s, struct delivery_row *d, const struct delivery_write *w)
{
    bool ends_attempt = d->state == DELIVERY_SENDING && !w->has_outcome;
    d->d.fence += w->state == DELIVERY_SENDING || ends_attempt;
    d->outcomes += w->has_outcome;
    if (w->has_outcome || ends_attempt) {
        d->has_outcome = true;
        d->outcome = ends_attempt ? OUTCOME_UNKNOWN : w->outcome;
    }
    d->state = w->state;
    d->written_us = sim_now();
    d->owner = w->state == DELIVERY_SENDING ? s->replica : (struct uuid){0};
    d->deadline_at = w->state == DELIVERY_SENDING ? w->deadline_at : AT_NONE;
    if (w->state == DELIVERY_READY) {
        d->due_at = w->due_at;
    }
    d->d.attempts = w->attempts;
    d->reason = kept(d->reason, w->reason);
    d->d.contact = kept_contact(d->d.contact, w->contact);
    d->d.contacts_text = kept(d->d.contacts_text, w->contacts_text);
    d->d.is_plain = w->is_plain;
    d->covered_by = w->state == DELIVERY_COVERED ? w->covered_by : 0;
    if (w->ref.n > 0) {
        d->d.ref = kept(d->d.ref, w->ref);
    }
    d->sent_at = w->state == DELIVERY_SENT ? database_clock() : AT_NONE;
}

static bool fits(const struct delivery_row *d, const struct delivery_write *w)
{
    return d && d->d.fence == w->fence && (!w->has_outcome || d->state == DELIVERY_SENDING);
}

enum status store_deliveries_write(struct store *store, struct arena *arena,
                                   const struct delivery_write *v, size_t n, size_t *ret_written,
                                   struct err *err)
{
    struct call c;
    (void)arena;
    *ret_written = 0;
    if (n == 0) {
        return OK;
    }
    if (call_begin(&c, store, false, err) != OK) {
        return err->code;
    }
    for (size_t i = 0; i < n; i++) {
        struct row *row = row_of_delivery(v[i].id);
        const struct delivery_row *seen = row ? row_seen(c.session, row) : NULL;
        if (!fits(seen, &v[i])) {
            SOMETIMES(FENCE_STALE);
            continue;
        }
        if (row_lock(&c, row, err) != OK) {
            return err->code;
        }
        seen = row_seen(c.session, row);
        if (!fits(seen, &v[i])) {
            SOMETIMES(FENCE_STALE);
            continue;
        }
        set_delivery(c.session, row_write(c.session, row), &v[i]);
        ++*ret_written;
    }
    return call_end(&c, err);
}

static struct row *row_of_conversation(const struct conversation_write *w)
{
    FOR_ROWS(TABLE_CONVERSATION, row)
    {
        const struct conversation_row *v = row->is_written && row->next ? row->next : row->now;
        if (v && v->cycle == w->cycle && uuid_eq(v->told.incident, w->incident) &&
            v->told.told.contact.channel == w->contact.channel &&
            str_eq(v->told.told.contact.address, w->contact.address)) {
            return row;
        }
    }
    return NULL;
}

enum status store_conversations_write(struct store *store, struct arena *arena,
                                      const struct conversation_write *v, size_t n, struct err *err)
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
        struct row *row = row_of_conversation(&v[i]);
        if (row && row_lock(&c, row, err) != OK) {
            return err->code;
        }
        bool is_new = !row || !row_seen(c.session, row);
        struct conversation_row *to =
            row_write(c.session, row ? row : row_new(c.session, TABLE_CONVERSATION));
        if (is_new) {
            to->told.incident = v[i].incident;
            to->told.told.contact = kept_contact((struct contact){0}, v[i].contact);
            to->told.told.label = world_str(v[i].label);
            to->told.ref = STR_EMPTY;
            to->cycle = v[i].cycle;
        }
        to->told.ref = v[i].ref.n > 0 ? kept(to->told.ref, v[i].ref) : to->told.ref;
        to->told_seq = v[i].told_seq > to->told_seq ? v[i].told_seq : to->told_seq;
    }
    return call_end(&c, err);
}
