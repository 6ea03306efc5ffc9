/* The fake store: destinations, and the summaries that cover pages during a storm. */
#include "fake_store.h"

#include <stdio.h>
#include <string.h>

static struct destination *destination_of(struct fake_database *db,
                                          const struct destination_key *key)
{
    for (size_t i = 0; i < db->t.destinations.n; i++) {
        struct destination *d = &db->t.destinations.v[i];
        if (d->key.channel == key->channel && str_eq(d->key.address, key->address)) {
            return d;
        }
    }
    return NULL;
}

static struct delivery_row *delivery_of(struct fake_database *db, int64_t id)
{
    for (size_t i = 0; i < db->t.deliveries.n; i++) {
        if (db->t.deliveries.v[i].d.id == id) {
            return &db->t.deliveries.v[i];
        }
    }
    UNREACHABLE("no such delivery");
}

enum status store_destinations_lock(struct store *store, struct arena *arena,
                                    const struct destination_key *keys, size_t n,
                                    struct destination **ret, size_t *ret_n, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    VEC(struct destination) found = {0};
    CHECK(db->owner == store);
    if (!fake_call(store, "destinations_lock", &status, err)) {
        return status;
    }
    for (size_t i = 0; i < n; i++) {
        bool is_there = false;
        for (size_t k = 0; k < found.n; k++) {
            is_there |= found.v[k].key.channel == keys[i].channel &&
                        str_eq(found.v[k].key.address, keys[i].address);
        }
        if (is_there) {
            continue;
        }
        if (!destination_of(db, &keys[i])) {
            struct destination made = {.key = {keys[i].channel, fake_keep(db, keys[i].address)},
                                       .storm = STORM_STATE_INIT,
                                       .paused_until = AT_NONE};
            VEC_PUSH(&db->arena, &db->t.destinations, made);
        }
        struct destination seen = *destination_of(db, &keys[i]);
        bool is_lost = seen.summary && delivery_of(db, seen.summary)->state == DELIVERY_FAILED;
        seen.summary = is_lost ? 0 : seen.summary;
        VEC_PUSH(arena, &found, seen);
    }
    *ret = found.v;
    *ret_n = found.n;
    return OK;
}

enum status store_destinations_write(struct store *store, struct arena *arena,
                                     const struct destination *v, size_t n, struct err *err)
{
    enum status status;
    (void)arena;
    if (!fake_call(store, "destinations_write", &status, err)) {
        return status;
    }
    for (size_t i = 0; i < n; i++) {
        struct destination *row = destination_of(store->db, &v[i].key);
        struct destination_key key = row->key;
        *row = v[i];
        row->key = key;
    }
    return OK;
}

enum status store_storm_open(struct store *store, struct arena *arena, const struct delivery *page,
                             int64_t now_at, int64_t *ret_id, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    char key[40];
    (void)arena;
    if (!fake_call(store, "storm_open", &status, err)) {
        return status;
    }
    struct delivery_row row = *delivery_of(db, page->id);
    size_t earlier = 0;
    for (size_t i = 0; i < db->t.deliveries.n; i++) {
        earlier += db->t.deliveries.v[i].d.kind == NOTICE_STORM &&
                   uuid_eq(db->t.deliveries.v[i].d.incident, page->incident);
    }
    snprintf(key, sizeof(key), "storm/%lld/%zu", (long long)page->id, earlier);
    row.d.id = *ret_id = ++db->next_delivery;
    row.d.kind = NOTICE_STORM;
    row.d.dedupe_key = fake_keep(db, str_from(key));
    row.d.contacts_text = STR("[]");
    row.d.step = -1;
    row.d.attempts = 0;
    row.d.fence = 0;
    row.d.ref = STR_EMPTY;
    row.d.wanted_at = AT_NONE;
    row.state = DELIVERY_READY;
    row.due_at = now_at;
    row.covered_by = 0;
    VEC_PUSH(&db->arena, &db->t.deliveries, row);
    return OK;
}

static void touch(struct fake_database *db, int64_t id)
{
    struct delivery_row *row = delivery_of(db, id);
    bool can_edit =
        row->d.contact.channel == CHANNEL_SLACK || row->d.contact.channel == CHANNEL_TELEGRAM;
    if (row->state == DELIVERY_SENT) {
        int64_t next_at = row->sent_at + (can_edit ? 15 * US_PER_S : US_PER_MIN);
        row->state = DELIVERY_READY;
        row->due_at = next_at > db->clock_at ? next_at : db->clock_at;
    }
}

enum status store_storms_touch(struct store *store, struct arena *arena, const int64_t *ids,
                               size_t n, struct err *err)
{
    enum status status;
    (void)arena;
    if (n == 0) {
        return OK;
    }
    if (!fake_call(store, "storms_touch", &status, err)) {
        return status;
    }
    for (size_t i = 0; i < n; i++) {
        touch(store->db, ids[i]);
    }
    return OK;
}

void fake_touch_storms_of(struct fake_database *db, struct uuid incident)
{
    for (size_t i = 0; i < db->t.deliveries.n; i++) {
        const struct delivery_row *row = &db->t.deliveries.v[i];
        if (uuid_eq(row->d.incident, incident) && row->state == DELIVERY_COVERED) {
            touch(db, row->covered_by);
        }
    }
}

static bool is_listed(const struct storm_view *view, int64_t number)
{
    for (size_t i = 0; i < view->n_items; i++) {
        if (view->items[i].number == number) {
            return true;
        }
    }
    return false;
}

enum status store_storm_view(struct store *store, struct arena *arena, int64_t id,
                             struct storm_view *ret, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    (void)arena;
    if (!fake_call(store, "storm_view", &status, err)) {
        return status;
    }
    *ret = (struct storm_view){0};
    for (size_t i = 0; i < db->t.deliveries.n; i++) {
        const struct delivery_row *row = &db->t.deliveries.v[i];
        const struct incident *in = fake_incident(db, row->d.incident);
        if (row->covered_by != id || is_listed(ret, in->number)) {
            continue;
        }
        ret->total++;
        ret->open += in->state == INCIDENT_OPEN;
        ret->acknowledged += in->state == INCIDENT_ACKNOWLEDGED;
        ret->resolved += in->state == INCIDENT_RESOLVED;
        ret->urgent += in->state == INCIDENT_OPEN && severity_is_urgent(in->severity);
        if (ret->n_items < STORM_ITEMS_MAX) {
            ret->items[ret->n_items++] =
                (struct storm_item){in->number, in->title, in->severity,
                                    str_from(incident_state_name(in->state)), in->opened_at};
        }
    }
    return OK;
}

enum status store_storm_open_incidents(struct store *store, struct arena *arena, int64_t id,
                                       size_t max, struct told_cycle **ret, size_t *ret_n,
                                       struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    VEC(struct told_cycle) found = {0};
    if (!fake_call(store, "storm_open_incidents", &status, err)) {
        return status;
    }
    for (size_t i = 0; i < db->t.deliveries.n && found.n < max; i++) {
        const struct delivery_row *row = &db->t.deliveries.v[i];
        const struct incident *in = fake_incident(db, row->d.incident);
        if (row->covered_by == id && in->state == INCIDENT_OPEN && in->cycle == row->d.cycle) {
            struct told_cycle one = {in->id, in->cycle};
            VEC_PUSH(arena, &found, one);
        }
    }
    *ret = found.v;
    *ret_n = found.n;
    return OK;
}

enum status store_pages_uncovered(struct store *store, struct arena *arena, size_t max,
                                  struct uncovered_page **ret, size_t *ret_n, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    VEC(struct uncovered_page) found = {0};
    CHECK(db->owner == store);
    if (!fake_call(store, "pages_uncovered", &status, err)) {
        return status;
    }
    for (size_t i = 0; i < db->t.deliveries.n && found.n < max; i++) {
        const struct delivery_row *row = &db->t.deliveries.v[i];
        const struct delivery_row *summary =
            row->state == DELIVERY_COVERED ? delivery_of(db, row->covered_by) : NULL;
        if (summary && summary->state == DELIVERY_FAILED) {
            struct uncovered_page one = {row->d, summary->d.id, summary->reason};
            VEC_PUSH(arena, &found, one);
        }
    }
    *ret = found.v;
    *ret_n = found.n;
    return OK;
}
