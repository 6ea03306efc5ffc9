/* Incidents and alerts: lock, load. */
#include "sim/database_copy.h"
#include "sim/sometimes.h"

#include <stdlib.h>
#include <string.h>

typedef VEC(struct incident) incidents_vec;

static void add_incident(struct arena *arena, incidents_vec *to, const struct incident *in)
{
    struct incident copy = *in;
    copy.plan = (struct plan){0}; /* the column is its hash */
    VEC_PUSH(arena, to, copy);
}

static int by_id(const void *a, const void *b)
{
    const struct row *const *x = a, *const *y = b;
    const struct incident *p = (*x)->now ? (*x)->now : (*x)->next,
                          *q = (*y)->now ? (*y)->now : (*y)->next;
    return memcmp(p->id.b, q->id.b, sizeof(p->id.b));
}

/* Locks in the order of ids, as `order by r.id for update` does. */
static enum status lock_in_order(struct call *c, struct arena *arena, struct row **rows, size_t n,
                                 incidents_vec *ret, struct err *err)
{
    if (n > 1) {
        qsort(rows, n, sizeof(*rows), by_id);
    }
    for (size_t i = 0; i < n; i++) {
        if (row_lock(c, rows[i], err) != OK) {
            return err->code;
        }
        const struct incident *in = row_seen(c->session, rows[i]);
        if (in) {
            add_incident(arena, ret, in);
        }
    }
    return OK;
}

static bool is_among(const struct uuid *ids, size_t n, struct uuid id)
{
    for (size_t i = 0; i < n; i++) {
        if (uuid_eq(ids[i], id)) {
            return true;
        }
    }
    return false;
}

enum status store_incidents_lock(struct store *store, struct arena *arena, const struct uuid *ids,
                                 size_t n, struct incident **ret, size_t *ret_n, struct err *err)
{
    struct call c;
    rows_vec rows = {0};
    incidents_vec found = {0};
    if (call_begin(&c, store, false, err) != OK) {
        return err->code;
    }
    FOR_ROWS(TABLE_INCIDENT, row)
    {
        const struct incident *in = row_seen(c.session, row);
        if (in && is_among(ids, n, in->id)) {
            VEC_PUSH(arena, &rows, row);
        }
    }
    if (lock_in_order(&c, arena, rows.v, rows.n, &found, err) != OK) {
        return err->code;
    }
    *ret = found.v;
    *ret_n = found.n;
    return call_end(&c, err);
}

enum status store_incident_lock(struct store *store, struct arena *arena, struct uuid id,
                                struct incident *ret, struct err *err)
{
    struct incident *found;
    size_t n;
    if (store_incidents_lock(store, arena, &id, 1, &found, &n, err) != OK) {
        return err->code;
    }
    if (n == 0) {
        return err_set(err, ERR_NOT_FOUND, "no such incident");
    }
    *ret = found[0];
    return OK;
}

enum status store_incident(struct store *store, struct arena *arena, struct uuid id,
                           struct incident *ret, struct err *err)
{
    struct call c;
    (void)arena;
    if (call_begin(&c, store, false, err) != OK) {
        return err->code;
    }
    const struct incident *in = incident_seen(c.session, id);
    if (in) {
        *ret = *in;
        ret->plan = (struct plan){0};
    }
    if (call_end(&c, err) != OK) {
        return err->code;
    }
    return in ? OK : err_set(err, ERR_NOT_FOUND, "no such incident");
}

enum status store_incident_by_number(struct store *store, struct arena *arena, int64_t number,
                                     struct incident *ret, struct err *err)
{
    struct call c;
    const struct incident *found = NULL;
    (void)arena;
    if (call_begin(&c, store, false, err) != OK) {
        return err->code;
    }
    FOR_ROWS(TABLE_INCIDENT, row)
    {
        const struct incident *in = row_seen(c.session, row);
        found = in && in->number == number ? in : found;
    }
    if (found) {
        *ret = *found;
        ret->plan = (struct plan){0};
    }
    if (call_end(&c, err) != OK) {
        return err->code;
    }
    return found ? OK : err_set(err, ERR_NOT_FOUND, "no such incident");
}

enum status store_incident_has_merged(struct store *store, struct arena *arena, int64_t number,
                                      bool *ret, struct err *err)
{
    struct call c;
    (void)arena;
    if (call_begin(&c, store, false, err) != OK) {
        return err->code;
    }
    *ret = false;
    FOR_ROWS(TABLE_INCIDENT, row)
    {
        const struct incident *in = row_seen(c.session, row);
        *ret |= in && in->merged_into == number && in->state != INCIDENT_RESOLVED;
    }
    return call_end(&c, err);
}

enum status store_groups_lock(struct store *store, struct arena *arena,
                              const uint8_t (*keys)[GROUP_KEY_BYTES], size_t n,
                              struct incident **ret, size_t *ret_n, struct err *err)
{
    struct call c;
    rows_vec rows = {0};
    incidents_vec found = {0};
    if (call_begin(&c, store, false, err) != OK) {
        return err->code;
    }
    for (size_t k = 0; k < n; k++) {
        struct row *newest = NULL;
        int64_t number = 0;
        FOR_ROWS(TABLE_INCIDENT, row)
        {
            const struct incident *in = row_seen(c.session, row);
            bool is_of_group = in && memcmp(in->group_key, keys[k], GROUP_KEY_BYTES) == 0;
            int64_t rank = is_of_group && in->state != INCIDENT_RESOLVED ? INT64_MAX
                           : is_of_group                                 ? in->number
                                                                         : 0;
            if (rank > number) {
                newest = row;
                number = rank;
            }
        }
        if (newest) {
            VEC_PUSH(arena, &rows, newest);
        }
    }
    if (lock_in_order(&c, arena, rows.v, rows.n, &found, err) != OK) {
        return err->code;
    }
    *ret = found.v;
    *ret_n = found.n;
    return call_end(&c, err);
}

/* When it is due next, for whichever reason; AT_NONE: never. */
static int64_t due_at(const struct incident *in)
{
    if (in->wake_at == AT_NONE || in->silent_at == AT_NONE) {
        return in->wake_at == AT_NONE ? in->silent_at : in->wake_at;
    }
    return in->wake_at < in->silent_at ? in->wake_at : in->silent_at;
}

static bool is_due(const struct incident *in, int64_t now_at)
{
    int64_t at = in ? due_at(in) : AT_NONE;
    return at != AT_NONE && at <= now_at && in->state != INCIDENT_RESOLVED;
}

/* A row with what the session sees of it. */
struct due {
    struct row *row;
    const struct incident *in;
};

static int by_due(const void *a, const void *b)
{
    const struct incident *x = ((const struct due *)a)->in, *y = ((const struct due *)b)->in;
    if (due_at(x) != due_at(y)) {
        return due_at(x) < due_at(y) ? -1 : 1;
    }
    return x->number < y->number ? -1 : x->number > y->number;
}

enum status store_incidents_due(struct store *store, struct arena *arena, size_t max,
                                struct incident **ret, size_t *ret_n, struct err *err)
{
    struct call c;
    VEC(struct due) due = {0};
    incidents_vec found = {0};
    if (call_begin(&c, store, false, err) != OK) {
        return err->code;
    }
    int64_t now_at = database_clock();
    FOR_ROWS(TABLE_INCIDENT, row)
    {
        struct due one = {row, row_seen(c.session, row)};
        if (is_due(one.in, now_at)) {
            VEC_PUSH(arena, &due, one);
        }
    }
    if (due.n > 1) {
        qsort(due.v, due.n, sizeof(*due.v), by_due);
    }
    for (size_t i = 0; i < due.n && found.n < max; i++) {
        if (row_try_lock(c.session, due.v[i].row)) {
            add_incident(arena, &found, due.v[i].in);
        }
    }
    *ret = found.v;
    *ret_n = found.n;
    return call_end(&c, err);
}

/* ---- alerts ---------------------------------------------------------------------------------- */

enum status store_alerts_known(struct store *store, struct arena *arena,
                               const struct alert_key *keys, size_t n, struct alert_known **ret,
                               size_t *ret_n, struct err *err)
{
    struct call c;
    VEC(struct alert_known) known = {0};
    if (call_begin(&c, store, false, err) != OK) {
        return err->code;
    }
    for (size_t i = 0; i < n; i++) {
        struct row *row = row_of_alert(keys[i].incident, keys[i].fingerprint);
        const struct alert_row *a = row ? row_seen(c.session, row) : NULL;
        if (a) {
            struct alert_known one = {.key = keys[i],
                                      .state = {.status = a->alert.status,
                                                .starts_at = a->alert.starts_at,
                                                .ends_at = a->alert.ends_at,
                                                .content_hash = a->content_hash}};
            VEC_PUSH(arena, &known, one);
        }
    }
    *ret = known.v;
    *ret_n = known.n;
    return call_end(&c, err);
}

static int compare_alerts(const void *a, const void *b)
{
    const struct alert *x = a, *y = b;
    if (x->status != y->status) {
        return x->status == ALERT_FIRING ? -1 : 1;
    }
    if (x->starts_at != y->starts_at) { /* nulls last */
        return x->starts_at == AT_NONE || (y->starts_at != AT_NONE && x->starts_at > y->starts_at)
                   ? 1
                   : -1;
    }
    int64_t p = (int64_t)x->fingerprint, q = (int64_t)y->fingerprint;
    return p < q ? -1 : p > q;
}

enum status store_alerts(struct store *store, struct arena *arena, struct uuid incident, size_t max,
                         struct alert **ret, size_t *ret_n, struct err *err)
{
    struct call c;
    VEC(struct alert) alerts = {0};
    if (call_begin(&c, store, false, err) != OK) {
        return err->code;
    }
    FOR_ROWS(TABLE_ALERT, row)
    {
        const struct alert_row *a = row_seen(c.session, row);
        if (a && uuid_eq(a->incident, incident)) {
            VEC_PUSH(arena, &alerts, a->alert);
        }
    }
    if (alerts.n > 1) {
        qsort(alerts.v, alerts.n, sizeof(*alerts.v), compare_alerts);
    }
    *ret = alerts.v;
    *ret_n = alerts.n < max ? alerts.n : max;
    return call_end(&c, err);
}

enum status store_alerts_firing(struct store *store, struct arena *arena, struct labels **ret,
                                size_t *ret_n, struct err *err)
{
    struct call c;
    VEC(struct labels) labels = {0};
    if (call_begin(&c, store, false, err) != OK) {
        return err->code;
    }
    FOR_ROWS(TABLE_ALERT, row)
    {
        const struct alert_row *a = row_seen(c.session, row);
        const struct incident *in = a ? incident_seen(c.session, a->incident) : NULL;
        if (in && in->state != INCIDENT_RESOLVED && a->alert.status == ALERT_FIRING) {
            VEC_PUSH(arena, &labels, a->alert.labels);
        }
    }
    *ret = labels.v;
    *ret_n = labels.n;
    return call_end(&c, err);
}

static int compare_strays(const void *a, const void *b)
{
    const struct stray_row *x = a, *y = b;
    int64_t p = (int64_t)x->fingerprint, q = (int64_t)y->fingerprint;
    return p != q ? (p < q ? -1 : 1) : memcmp(x->group_key, y->group_key, GROUP_KEY_BYTES);
}

static bool is_asked_for(const uint64_t *fingerprints, size_t n, uint64_t fingerprint)
{
    for (size_t i = 0; i < n; i++) {
        if (fingerprints[i] == fingerprint) {
            return true;
        }
    }
    return false;
}

/* Opened under another configuration than the one before it, so one of them is not where the
 * routing leads. */
static void note_stray(const struct incident *in, struct str *config_hash)
{
    if (config_hash->p && !str_eq(*config_hash, in->config_hash)) {
        SOMETIMES(STRAY);
    }
    if (in->state == INCIDENT_RESOLVED) {
        SOMETIMES(STRAY_OF_RESOLVED);
    }
    *config_hash = in->config_hash;
}

enum status store_strays(struct store *store, struct arena *arena, const uint64_t *fingerprints,
                         size_t n, int64_t resolved_since, struct stray_row **ret, size_t *ret_n,
                         struct err *err)
{
    struct call c;
    VEC(struct stray_row) strays = {0};
    struct str config_hash = {0};
    if (call_begin(&c, store, false, err) != OK) {
        return err->code;
    }
    FOR_ROWS(TABLE_ALERT, row)
    {
        const struct alert_row *a = row_seen(c.session, row);
        const struct incident *in = a ? incident_seen(c.session, a->incident) : NULL;
        bool counts = in && (in->state != INCIDENT_RESOLVED || in->resolved_at >= resolved_since);
        if (counts && a->alert.status == ALERT_FIRING &&
            is_asked_for(fingerprints, n, a->alert.fingerprint)) {
            struct stray_row stray = {.fingerprint = a->alert.fingerprint};
            memcpy(stray.group_key, in->group_key, GROUP_KEY_BYTES);
            VEC_PUSH(arena, &strays, stray);
            note_stray(in, &config_hash);
        }
    }
    if (strays.n > 1) {
        qsort(strays.v, strays.n, sizeof(*strays.v), compare_strays);
    }
    *ret = strays.v;
    *ret_n = strays.n;
    return call_end(&c, err);
}

/* ---- whom it was told to --------------------------------------------------------------------- */

static int compare_told(const void *a, const void *b)
{
    const struct told_row *x = a, *y = b;
    int by = memcmp(x->incident.b, y->incident.b, sizeof(x->incident.b));
    if (by == 0) {
        by = strcmp(channel_kind_name(x->told.contact.channel),
                    channel_kind_name(y->told.contact.channel));
    }
    return by ? by : str_cmp(x->told.contact.address, y->told.contact.address);
}

enum status store_told(struct store *store, struct arena *arena, const struct uuid *incidents,
                       size_t n, struct told_row **ret, size_t *ret_n, struct err *err)
{
    struct call c;
    VEC(struct told_row) told = {0};
    if (call_begin(&c, store, false, err) != OK) {
        return err->code;
    }
    FOR_ROWS(TABLE_CONVERSATION, row)
    {
        const struct conversation_row *v = row_seen(c.session, row);
        const struct incident *in = v ? incident_seen(c.session, v->told.incident) : NULL;
        if (in && in->cycle == v->cycle && is_among(incidents, n, in->id)) {
            struct told_row one = v->told;
            one.told_seq = v->told_seq;
            VEC_PUSH(arena, &told, one);
        }
    }
    if (told.n > 1) {
        qsort(told.v, told.n, sizeof(*told.v), compare_told);
    }
    *ret = told.v;
    *ret_n = told.n;
    return call_end(&c, err);
}

/* ---- who says how bad it is ------------------------------------------------------------------ */

static bool sets_severity(const struct timeline_entry *e)
{
    for (size_t i = 0; i < e->n_facts; i++) {
        if (strcmp(e->facts[i].name, "what") == 0 && str_eq(e->facts[i].value, STR("severity"))) {
            return e->kind == EVENT_CHANGED && !str_starts_with(e->actor, STR("source:"));
        }
    }
    return false;
}

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct uuid));
}

enum status store_severities_set(struct store *store, struct arena *arena,
                                 const struct uuid *incidents, size_t n, struct uuid **ret,
                                 size_t *ret_n, struct err *err)
{
    struct call c;
    VEC(struct uuid) found = {0};
    if (call_begin(&c, store, false, err) != OK) {
        return err->code;
    }
    FOR_ROWS(TABLE_EVENT, row)
    {
        const struct event_saved *e = row_seen(c.session, row);
        const struct incident *in = e ? incident_seen(c.session, e->incident) : NULL;
        if (in && in->cycle == e->cycle && sets_severity(&e->entry) &&
            is_among(incidents, n, in->id) && !is_among(found.v, found.n, in->id)) {
            VEC_PUSH(arena, &found, in->id);
        }
    }
    if (found.n > 1) {
        qsort(found.v, found.n, sizeof(*found.v), compare_ids);
    }
    *ret = found.v;
    *ret_n = found.n;
    return call_end(&c, err);
}

/* ---- what has happened to it ----------------------------------------------------------------- */

static int compare_events(const void *a, const void *b)
{
    const struct event_row *x = a, *y = b;
    return x->seq < y->seq ? -1 : x->seq > y->seq;
}

/* Without its facts: nobody here reads them. */
enum status store_timeline(struct store *store, struct arena *arena, struct uuid incident,
                           size_t max, struct event_row **ret, size_t *ret_n, struct err *err)
{
    struct call c;
    VEC(struct event_row) found = {0};
    if (call_begin(&c, store, false, err) != OK) {
        return err->code;
    }
    FOR_ROWS(TABLE_EVENT, row)
    {
        const struct event_saved *e = row_seen(c.session, row);
        if (e && uuid_eq(e->incident, incident)) {
            struct event_row one = {.seq = e->entry.seq,
                                    .at = e->at,
                                    .kind = str_from(event_kind_name(e->entry.kind)),
                                    .actor = e->entry.actor,
                                    .facts = STR("{}")};
            VEC_PUSH(arena, &found, one);
        }
    }
    if (found.n > 1) {
        qsort(found.v, found.n, sizeof(*found.v), compare_events);
    }
    *ret_n = found.n < max ? found.n : max;
    *ret = found.n > 0 ? found.v + (found.n - *ret_n) : NULL;
    return call_end(&c, err);
}
