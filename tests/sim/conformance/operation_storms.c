#include "sim/conformance/operation_parts.h"

#include "base/vec.h"

/* ---- destinations, summaries ----------------------------------------------------------------- */

static enum status destinations_lock(struct store *store, struct act *s, struct arena *a,
                                     struct strbuf *out, struct err *err)
{
    uint64_t chance = s->chance;
    if (s->known->n_destinations > 0) { /* once in a transaction, all of them, as the flows do */
        return OK;
    }
    struct destination_key keys[3];
    struct destination *v;
    size_t n, wanted = 1 + draw(&chance, 3);
    for (size_t i = 0; i < wanted; i++) {
        struct contact contact = contact_of(draw(&chance, 3));
        keys[i] = (struct destination_key){contact.channel, contact.address};
    }
    if (store_destinations_lock(store, a, keys, wanted, &v, &n, err) != OK) {
        return err->code;
    }
    for (size_t i = 0; i < n; i++) {
        strbuf_printf(out, " %s:%.*s %.1f %lld %lld", channel_kind_name(v[i].key.channel),
                      STR_ARG(v[i].key.address), v[i].storm.tokens, (long long)v[i].summary,
                      (long long)v[i].paused_until);
        if (s->keeps && s->known->n_destinations < KNOWN_MAX) {
            s->known->destinations[s->known->n_destinations++] = v[i];
        }
    }
    return OK;
}

static enum status destinations_write(struct store *store, struct act *s, struct arena *a,
                                      struct strbuf *out, struct err *err)
{
    uint64_t chance = s->chance;
    (void)out;
    if (s->known->n_destinations == 0) {
        return OK;
    }
    struct destination d = s->known->destinations[draw(&chance, s->known->n_destinations)];
    d.storm.tokens = (double)draw(&chance, 9);
    d.paused_until = draw(&chance, 2) ? s->now_at : AT_NONE;
    return store_destinations_write(store, a, &d, 1, err);
}

static enum status storm(struct store *store, struct act *s, struct arena *a, struct strbuf *out,
                         struct err *err)
{
    uint64_t chance = s->chance;
    int64_t id = s->known->storm ? s->known->storm : 1 + (int64_t)draw(&chance, 8);
    struct storm_view view;
    struct told_cycle *open;
    size_t n;
    if (s->op == OP_STORMS_TOUCH) {
        return store_storms_touch(store, a, &id, 1, err);
    }
    if (s->op == OP_STORM_VIEW) {
        if (store_storm_view(store, a, id, &view, err) == OK) {
            strbuf_printf(out, " %lld: %lld %lld %lld, %zu", (long long)view.total,
                          (long long)view.open, (long long)view.acknowledged,
                          (long long)view.resolved, view.n_items);
        }
        return err->code;
    }
    if (s->op == OP_STORM_INCIDENTS) {
        if (store_storm_open_incidents(store, a, id, 5, &open, &n, err) == OK) {
            strbuf_printf(out, " %zu open", n);
        }
        return err->code;
    }
    if (s->known->n_due == 0 || s->known->n_locked == 0) {
        return OK;
    }
    /* Covers a page that it has claimed, of an incident that it has locked. */
    struct delivery *page = &s->known->due[draw(&chance, s->known->n_due)];
    bool is_ours = false;
    for (size_t i = 0; i < s->known->n_locked; i++) {
        is_ours |= uuid_eq(s->known->locked[i].id, page->incident);
    }
    if (!is_ours || page->kind == NOTICE_STORM || !may_write(s, page->id) ||
        store_storm_open(store, a, page, s->now_at, &id, err) != OK) {
        return err->code;
    }
    struct delivery_write w[2] = {{.id = page->id,
                                   .fence = page->fence,
                                   .state = DELIVERY_COVERED,
                                   .contact = page->contact,
                                   .contacts_text = STR("[]"),
                                   .covered_by = id,
                                   .reason = STR_EMPTY,
                                   .ref = STR_EMPTY}};
    bool is_given_up = draw(&chance, 2) == 0;
    w[1] = (struct delivery_write){.id = id,
                                   .state = DELIVERY_FAILED,
                                   .contact = page->contact,
                                   .contacts_text = STR("[]"),
                                   .reason = STR("gone"),
                                   .ref = STR_EMPTY};
    if (store_deliveries_write(store, a, w, is_given_up ? 2 : 1, &n, err) != OK) {
        return err->code;
    }
    if (s->keeps) {
        s->known->storm = id;
    }
    strbuf_printf(out, " summary %lld covers %zu", (long long)id, n);
    return OK;
}

/* Takes them from where they are, as the flow does. */
static enum status pages_uncovered(struct store *store, struct act *s, struct arena *a,
                                   struct strbuf *out, struct err *err)
{
    uint64_t chance = s->chance;
    struct uncovered_page *v;
    size_t n, written;
    if (store_pages_uncovered(store, a, 1 + draw(&chance, 3), &v, &n, err) != OK) {
        return err->code;
    }
    bool writes_all = draw(&chance, 2);
    VEC(struct delivery_write) writes = {0};
    for (size_t i = 0; i < n; i++) {
        put_delivery(out, &v[i].page);
        strbuf_printf(out, " of %lld: %.*s", (long long)v[i].summary, STR_ARG(v[i].why));
        struct delivery_write w = {.id = v[i].page.id,
                                   .fence = v[i].page.fence,
                                   .state = DELIVERY_READY,
                                   .due_at = s->now_at,
                                   .contact = contact_of(draw(&chance, 3)),
                                   .contacts_text = STR("[]"),
                                   .reason = STR("released"),
                                   .ref = STR_EMPTY};
        if (writes_all && may_write(s, w.id)) {
            VEC_PUSH(a, &writes, w);
        }
    }
    if (store_deliveries_write(store, a, writes.v, writes.n, &written, err) == OK) {
        strbuf_printf(out, " %zu written", written);
    }
    return err->code;
}

enum status operation_storms(struct store *store, struct act *s, struct arena *a,
                             struct strbuf *out, struct err *err)
{
    switch ((int)s->op) {
    case OP_DESTINATIONS_LOCK:
        return destinations_lock(store, s, a, out, err);
    case OP_DESTINATIONS_WRITE:
        return destinations_write(store, s, a, out, err);
    case OP_PAGES_UNCOVERED:
        return pages_uncovered(store, s, a, out, err);
    default:
        return storm(store, s, a, out, err);
    }
}
