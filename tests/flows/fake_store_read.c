/* The fake store: incidents and alerts, loaded and locked; what the API reads. */
#include "fake_store.h"

#include <stdlib.h>
#include <string.h>

/* As the adapter gives it: the plan is not loaded. Text stays the database's: it is never changed
 * in place and lives longer than any batch. */
static void add_incident(struct arena *arena, const struct incident *in, struct incident **v,
                         size_t *n, size_t max)
{
    if (!*v) {
        *v = ARENA_ARRAY(arena, struct incident, max);
    }
    CHECK(*n < max);
    (*v)[(*n)++] = *in;
}

enum status store_groups_lock(struct store *store, struct arena *arena,
                              const uint8_t (*keys)[GROUP_KEY_BYTES], size_t n,
                              struct incident **ret, size_t *ret_n, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    CHECK(db->owner == store);
    *ret = NULL;
    *ret_n = 0;
    if (!fake_call(store, "groups_lock", &status, err)) {
        return status;
    }
    for (size_t k = 0; k < n; k++) {
        const struct incident *newest = NULL;
        for (size_t i = 0; i < db->t.incidents.n; i++) { /* in order of their numbers */
            bool goes_on = newest && newest->state != INCIDENT_RESOLVED;
            if (!goes_on && memcmp(db->t.incidents.v[i].group_key, keys[k], GROUP_KEY_BYTES) == 0) {
                newest = &db->t.incidents.v[i];
            }
        }
        if (newest) {
            add_incident(arena, newest, ret, ret_n, n);
        }
    }
    return OK;
}

enum status store_alerts_known(struct store *store, struct arena *arena,
                               const struct alert_key *keys, size_t n, struct alert_known **ret,
                               size_t *ret_n, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    VEC(struct alert_known) found = {0};
    if (!fake_call(store, "alerts_known", &status, err)) {
        return status;
    }
    for (size_t k = 0; k < n; k++) {
        for (size_t i = 0; i < db->t.alerts.n; i++) {
            const struct alert_row *row = &db->t.alerts.v[i];
            if (uuid_eq(row->incident, keys[k].incident) &&
                row->alert.fingerprint == keys[k].fingerprint) {
                struct alert_known known = {.key = keys[k],
                                            .state = {.status = row->alert.status,
                                                      .starts_at = row->alert.starts_at,
                                                      .ends_at = row->alert.ends_at,
                                                      .content_hash = row->content_hash}};
                VEC_PUSH(arena, &found, known);
            }
        }
    }
    *ret = found.v;
    *ret_n = found.n;
    return OK;
}

static int64_t due_at(const struct incident *in)
{
    int64_t wake_at = in->wake_at == AT_NONE ? INT64_MAX : in->wake_at;
    int64_t silent_at = in->silent_at == AT_NONE ? INT64_MAX : in->silent_at;
    return wake_at < silent_at ? wake_at : silent_at;
}

static int by_wake(const void *a, const void *b)
{
    int64_t x = due_at(a), y = due_at(b);
    return (x > y) - (x < y);
}

enum status store_incidents_due(struct store *store, struct arena *arena, size_t max,
                                struct incident **ret, size_t *ret_n, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    VEC(struct incident) due = {0};
    CHECK(db->owner == store);
    if (!fake_call(store, "incidents_due", &status, err)) {
        return status;
    }
    for (size_t i = 0; i < db->t.incidents.n; i++) {
        const struct incident *in = &db->t.incidents.v[i];
        if (in->state != INCIDENT_RESOLVED && due_at(in) <= db->clock_at) {
            VEC_PUSH(arena, &due, *in);
        }
    }
    if (due.n == 0) {
        fake_idle(store);
    } else {
        qsort(due.v, due.n, sizeof(*due.v), by_wake);
    }
    *ret = due.v;
    *ret_n = due.n < max ? due.n : max;
    return OK;
}

static int by_id(const void *a, const void *b)
{
    return memcmp(((const struct incident *)a)->id.b, ((const struct incident *)b)->id.b, 16);
}

enum status store_incidents_lock(struct store *store, struct arena *arena, const struct uuid *ids,
                                 size_t n, struct incident **ret, size_t *ret_n, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    CHECK(db->owner == store);
    *ret = NULL;
    *ret_n = 0;
    if (!fake_call(store, "incidents_lock", &status, err)) {
        return status;
    }
    for (size_t i = 0; i < db->t.incidents.n; i++) {
        bool is_asked = false;
        for (size_t k = 0; k < n; k++) {
            is_asked |= uuid_eq(db->t.incidents.v[i].id, ids[k]);
        }
        if (is_asked) {
            add_incident(arena, &db->t.incidents.v[i], ret, ret_n, n);
        }
    }
    if (*ret_n > 0) {
        qsort(*ret, *ret_n, sizeof(**ret), by_id);
    }
    return OK;
}

static enum status find_incident(struct store *store, const char *call, struct uuid id,
                                 struct incident *ret, struct err *err)
{
    enum status status;
    if (!fake_call(store, call, &status, err)) {
        return status;
    }
    const struct incident *found = fake_incident(store->db, id);
    if (!found) {
        return err_set(err, ERR_NOT_FOUND, "no such incident");
    }
    *ret = *found;
    return OK;
}

enum status store_incident_lock(struct store *store, struct arena *arena, struct uuid id,
                                struct incident *ret, struct err *err)
{
    (void)arena;
    CHECK(store->db->owner == store);
    return find_incident(store, "incident_lock", id, ret, err);
}

enum status store_incident(struct store *store, struct arena *arena, struct uuid id,
                           struct incident *ret, struct err *err)
{
    (void)arena;
    return find_incident(store, "incident", id, ret, err);
}

enum status store_incident_has_merged(struct store *store, struct arena *arena, int64_t number,
                                      bool *ret, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    (void)arena;
    if (!fake_call(store, "incident_has_merged", &status, err)) {
        return status;
    }
    *ret = false;
    for (size_t i = 0; i < db->t.incidents.n; i++) {
        const struct incident *in = &db->t.incidents.v[i];
        *ret |= in->merged_into == number && in->state != INCIDENT_RESOLVED;
    }
    return OK;
}

enum status store_incident_by_number(struct store *store, struct arena *arena, int64_t number,
                                     struct incident *ret, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    (void)arena;
    if (!fake_call(store, "incident_by_number", &status, err)) {
        return status;
    }
    for (size_t i = 0; i < db->t.incidents.n; i++) {
        if (db->t.incidents.v[i].number == number) {
            *ret = db->t.incidents.v[i];
            return OK;
        }
    }
    return err_set(err, ERR_NOT_FOUND, "no such incident");
}

enum status store_incidents_list(struct store *store, struct arena *arena,
                                 const struct incident_filter *filter, struct incident **ret,
                                 size_t *ret_n, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    VEC(struct incident) found = {0};
    if (!fake_call(store, "incidents_list", &status, err)) {
        return status;
    }
    for (size_t i = db->t.incidents.n; i-- > 0 && found.n < filter->limit;) {
        const struct incident *in = &db->t.incidents.v[i];
        if ((!filter->has_state || in->state == filter->state) &&
            (filter->before_number == 0 || in->number < filter->before_number) &&
            (filter->around_at == 0 || in->state != INCIDENT_RESOLVED ||
             in->resolved_at >= filter->around_at)) {
            VEC_PUSH(arena, &found, *in);
        }
    }
    *ret = found.v;
    *ret_n = found.n;
    return OK;
}

enum status store_told(struct store *store, struct arena *arena, const struct uuid *incidents,
                       size_t n, struct told_row **ret, size_t *ret_n, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    VEC(struct told_row) found = {0};
    if (!fake_call(store, "told", &status, err)) {
        return status;
    }
    for (size_t i = 0; i < db->t.conversations.n; i++) {
        const struct conversation_write *c = &db->t.conversations.v[i].c;
        const struct incident *in = fake_incident(db, c->incident);
        bool is_asked = false;
        for (size_t k = 0; k < n; k++) {
            is_asked |= uuid_eq(c->incident, incidents[k]);
        }
        if (is_asked && in->cycle == c->cycle) {
            struct told_row row = {c->incident, {c->contact, c->label, false}, c->ref, c->told_seq};
            VEC_PUSH(arena, &found, row);
        }
    }
    *ret = found.v;
    *ret_n = found.n;
    return OK;
}

/* The incidents that are asked for come in no order here: the callers do not mind. */
enum status store_severities_set(struct store *store, struct arena *arena,
                                 const struct uuid *incidents, size_t n, struct uuid **ret,
                                 size_t *ret_n, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    VEC(struct uuid) found = {0};
    if (!fake_call(store, "severities_set", &status, err)) {
        return status;
    }
    for (size_t k = 0; k < n; k++) {
        bool is_set = false;
        for (size_t i = 0; i < db->t.events.n; i++) {
            const struct timeline_row *row = &db->t.events.v[i];
            bool is_of_cycle = uuid_eq(row->incident, incidents[k]) &&
                               row->cycle == fake_incident(db, incidents[k])->cycle;
            is_set |= is_of_cycle && row->entry.kind == EVENT_CHANGED &&
                      !str_starts_with(row->entry.actor, STR("source:")) &&
                      str_eq(row->entry.facts[1].value, STR("severity"));
        }
        if (is_set) {
            VEC_PUSH(arena, &found, incidents[k]);
        }
    }
    *ret = found.v;
    *ret_n = found.n;
    return OK;
}

enum status store_alerts(struct store *store, struct arena *arena, struct uuid incident, size_t max,
                         struct alert **ret, size_t *ret_n, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    VEC(struct alert) found = {0};
    if (!fake_call(store, "alerts", &status, err)) {
        return status;
    }
    found.v = ARENA_ARRAY(arena, struct alert, max);
    found.cap = max;
    for (int wanted = ALERT_FIRING; wanted <= ALERT_RESOLVED; wanted++) {
        for (size_t i = 0; i < db->t.alerts.n && found.n < max; i++) {
            const struct alert_row *row = &db->t.alerts.v[i];
            if (uuid_eq(row->incident, incident) && (int)row->alert.status == wanted) {
                VEC_PUSH(arena, &found, row->alert);
            }
        }
    }
    *ret = found.v;
    *ret_n = found.n;
    return OK;
}

enum status store_timeline(struct store *store, struct arena *arena, struct uuid incident,
                           size_t max, struct event_row **ret, size_t *ret_n, struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    VEC(struct event_row) found = {0};
    if (!fake_call(store, "timeline", &status, err)) {
        return status;
    }
    for (size_t i = 0; i < db->t.events.n; i++) {
        const struct timeline_row *row = &db->t.events.v[i];
        if (uuid_eq(row->incident, incident)) {
            struct event_row event = {.seq = row->entry.seq,
                                      .at = row->at,
                                      .kind = str_from(event_kind_name(row->entry.kind)),
                                      .actor = row->entry.actor,
                                      .facts = STR("{}")};
            VEC_PUSH(arena, &found, event);
        }
    }
    *ret_n = found.n < max ? found.n : max;
    *ret = found.n > 0 ? found.v + (found.n - *ret_n) : NULL;
    return OK;
}

enum status store_overrides(struct store *store, struct arena *arena, int64_t from_at,
                            int64_t until_at, struct override_row **ret, size_t *ret_n,
                            struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    VEC(struct override_row) found = {0};
    if (!fake_call(store, "overrides", &status, err)) {
        return status;
    }
    for (size_t i = 0; i < db->t.overrides.n; i++) {
        const struct override_row *row = &db->t.overrides.v[i];
        if (row->from_at < until_at && row->to_at > from_at) {
            VEC_PUSH(arena, &found, *row);
        }
    }
    *ret = found.v;
    *ret_n = found.n;
    return OK;
}

enum status store_silences(struct store *store, struct arena *arena, int64_t from_at,
                           int64_t until_at, struct silence_row **ret, size_t *ret_n,
                           struct err *err)
{
    enum status status;
    struct fake_database *db = store->db;
    VEC(struct silence_row) found = {0};
    if (!fake_call(store, "silences", &status, err)) {
        return status;
    }
    for (size_t i = 0; i < db->t.silences.n; i++) {
        const struct silence_row *row = &db->t.silences.v[i];
        if (row->starts_at < until_at && row->ends_at > from_at) {
            VEC_PUSH(arena, &found, *row);
        }
    }
    *ret = found.v;
    *ret_n = found.n;
    return OK;
}
