/* The store's incidents and alerts: lock, load, list. */
#include "adapters/pg_store_rows.h"
#include "wire/alert_text.h"

#include <string.h>

enum { STRAYS_MAX = 1000000 };

enum status store_groups_lock(struct store *store, struct arena *arena,
                              const uint8_t (*keys)[GROUP_KEY_BYTES], size_t n,
                              struct incident **ret, size_t *ret_n, struct err *err)
{
    struct str *text = ARENA_ARRAY(arena, struct str, n);
    for (size_t i = 0; i < n; i++) {
        text[i] = (struct str){(const char *)keys[i], GROUP_KEY_BYTES};
    }
    struct pg_param params[] = {pg_binary_array(arena, text, n)};
    return store_read_incidents(store, arena, "groups_lock", params, 1, ret, ret_n, err);
}

enum status store_alerts_known(struct store *store, struct arena *arena,
                               const struct alert_key *keys, size_t n, struct alert_known **ret,
                               size_t *ret_n, struct err *err)
{
    struct pg_rows rows;
    struct uuid *incident = ARENA_ARRAY(arena, struct uuid, n);
    int64_t *fingerprint = ARENA_ARRAY(arena, int64_t, n);
    for (size_t i = 0; i < n; i++) {
        incident[i] = keys[i].incident;
        fingerprint[i] = (int64_t)keys[i].fingerprint;
    }
    struct pg_param params[] = {pg_id_array(arena, incident, n, NULL),
                                pg_int_array(arena, fingerprint, n, NULL)};
    if (pg_exec(store->pg, arena, "alerts_known", params, 2, &rows, err) != OK) {
        return err->code;
    }
    int id = pg_column(&rows, "incident_id"), print = pg_column(&rows, "fingerprint");
    int word = pg_column(&rows, "status"), starts = pg_column(&rows, "starts_at");
    int ends = pg_column(&rows, "ends_at"), hash = pg_column(&rows, "content_hash");
    struct alert_known *known = ARENA_ARRAY(arena, struct alert_known, rows.n);
    for (size_t i = 0; i < rows.n; i++) {
        known[i] =
            (struct alert_known){.key = {pg_uuid(&rows, i, id), (uint64_t)pg_i64(&rows, i, print)},
                                 .state = {.starts_at = pg_at(&rows, i, starts),
                                           .ends_at = pg_at(&rows, i, ends),
                                           .content_hash = (uint64_t)pg_i64(&rows, i, hash)}};
        if (READ_WORD(alert_status, pg_str(&rows, i, word), &known[i].state.status, err) != OK) {
            return err->code;
        }
    }
    *ret = known;
    *ret_n = rows.n;
    return OK;
}

enum status store_strays(struct store *store, struct arena *arena, const uint64_t *fingerprints,
                         size_t n, int64_t resolved_since, struct stray_row **ret, size_t *ret_n,
                         struct err *err)
{
    struct pg_rows rows;
    struct pg_param params[] = {pg_int_array(arena, (const int64_t *)fingerprints, n, NULL),
                                pg_time(resolved_since), pg_int(STRAYS_MAX)};
    if (pg_exec(store->pg, arena, "strays_load", params, 3, &rows, err) != OK) {
        return err->code;
    }
    int fingerprint = pg_column(&rows, "fingerprint"), key = pg_column(&rows, "group_key");
    struct stray_row *v = ARENA_ARRAY(arena, struct stray_row, rows.n);
    for (size_t i = 0; i < rows.n; i++) {
        v[i].fingerprint = (uint64_t)pg_i64(&rows, i, fingerprint);
        memcpy(v[i].group_key, pg_bytes(&rows, i, key).p, GROUP_KEY_BYTES);
    }
    *ret = v;
    *ret_n = rows.n;
    return OK;
}

enum status store_incidents_due(struct store *store, struct arena *arena, size_t max,
                                struct incident **ret, size_t *ret_n, struct err *err)
{
    struct pg_param params[] = {pg_int((int64_t)max)};
    return store_read_incidents(store, arena, "incidents_due", params, 1, ret, ret_n, err);
}

enum status store_incidents_lock(struct store *store, struct arena *arena, const struct uuid *ids,
                                 size_t n, struct incident **ret, size_t *ret_n, struct err *err)
{
    struct pg_param params[] = {pg_id_array(arena, ids, n, NULL)};
    return store_read_incidents(store, arena, "incidents_lock", params, 1, ret, ret_n, err);
}

enum status store_incident_lock(struct store *store, struct arena *arena, struct uuid id,
                                struct incident *ret, struct err *err)
{
    return store_read_incident(store, arena, "incidents_lock", pg_id_array(arena, &id, 1, NULL),
                               ret, err);
}

enum status store_incident(struct store *store, struct arena *arena, struct uuid id,
                           struct incident *ret, struct err *err)
{
    return store_read_incident(store, arena, "incident_load", pg_id(id), ret, err);
}

enum status store_incident_by_number(struct store *store, struct arena *arena, int64_t number,
                                     struct incident *ret, struct err *err)
{
    return store_read_incident(store, arena, "incident_by_number", pg_int(number), ret, err);
}

enum status store_incident_has_merged(struct store *store, struct arena *arena, int64_t number,
                                      bool *ret, struct err *err)
{
    struct pg_rows rows;
    struct pg_param params[] = {pg_int(number)};
    if (pg_exec(store->pg, arena, "incident_has_merged", params, 1, &rows, err) != OK) {
        return err->code;
    }
    *ret = pg_bool(&rows, 0, pg_column(&rows, "is_so"));
    return OK;
}

enum status store_incidents_list(struct store *store, struct arena *arena,
                                 const struct incident_filter *filter, struct incident **ret,
                                 size_t *ret_n, struct err *err)
{
    struct str state =
        filter->has_state ? str_from(incident_state_name(filter->state)) : (struct str){NULL, 0};
    struct pg_param params[] = {pg_text(state), pg_int(filter->before_number),
                                pg_int((int64_t)filter->limit),
                                pg_time(filter->around_at > 0 ? filter->around_at : AT_NONE)};
    bool is_live = filter->has_state && filter->state != INCIDENT_RESOLVED;
    return store_read_incidents(store, arena, is_live ? "incidents_list_live" : "incidents_list",
                                params, 4, ret, ret_n, err);
}

enum status store_told(struct store *store, struct arena *arena, const struct uuid *incidents,
                       size_t n, struct told_row **ret, size_t *ret_n, struct err *err)
{
    struct pg_rows rows;
    struct pg_param params[] = {pg_id_array(arena, incidents, n, NULL)};
    if (pg_exec(store->pg, arena, "told_load", params, 1, &rows, err) != OK) {
        return err->code;
    }
    struct told_row *told = ARENA_ARRAY(arena, struct told_row, rows.n);
    int id = pg_column(&rows, "incident_id"), channel = pg_column(&rows, "channel");
    int address = pg_column(&rows, "address"), user = pg_column(&rows, "username");
    int language = pg_column(&rows, "language"), label = pg_column(&rows, "label");
    int ref = pg_column(&rows, "ref"), seq = pg_column(&rows, "told_seq");
    for (size_t i = 0; i < rows.n; i++) {
        told[i] = (struct told_row){.incident = pg_uuid(&rows, i, id),
                                    .told = {.contact = {.address = pg_str(&rows, i, address),
                                                         .user = pg_str(&rows, i, user),
                                                         .language = pg_str(&rows, i, language)},
                                             .label = pg_str(&rows, i, label)},
                                    .ref = pg_str(&rows, i, ref),
                                    .told_seq = pg_i64(&rows, i, seq)};
        if (READ_WORD(channel_kind, pg_str(&rows, i, channel), &told[i].told.contact.channel,
                      err) != OK) {
            return err->code;
        }
    }
    *ret = told;
    *ret_n = rows.n;
    return OK;
}

enum status store_severities_set(struct store *store, struct arena *arena,
                                 const struct uuid *incidents, size_t n, struct uuid **ret,
                                 size_t *ret_n, struct err *err)
{
    struct pg_rows rows;
    struct pg_param params[] = {pg_id_array(arena, incidents, n, NULL)};
    if (pg_exec(store->pg, arena, "severities_set", params, 1, &rows, err) != OK) {
        return err->code;
    }
    int id = pg_column(&rows, "id");
    *ret = ARENA_ARRAY(arena, struct uuid, rows.n);
    for (size_t i = 0; i < rows.n; i++) {
        (*ret)[i] = pg_uuid(&rows, i, id);
    }
    *ret_n = rows.n;
    return OK;
}

enum status store_alerts(struct store *store, struct arena *arena, struct uuid incident, size_t max,
                         struct alert **ret, size_t *ret_n, struct err *err)
{
    struct pg_rows rows;
    struct pg_param params[] = {pg_id(incident), pg_int((int64_t)max)};
    if (pg_exec(store->pg, arena, "alerts_load", params, 2, &rows, err) != OK) {
        return err->code;
    }
    struct alert *v = ARENA_ARRAY(arena, struct alert, rows.n);
    int print = pg_column(&rows, "fingerprint"), word = pg_column(&rows, "status");
    int starts = pg_column(&rows, "starts_at"), ends = pg_column(&rows, "ends_at");
    int labels = pg_column(&rows, "labels"), annotations = pg_column(&rows, "annotations");
    int generator = pg_column(&rows, "generator"), changed = pg_column(&rows, "changed_seq");
    for (size_t i = 0; i < rows.n; i++) {
        v[i].fingerprint = (uint64_t)pg_i64(&rows, i, print);
        v[i].starts_at = pg_at(&rows, i, starts);
        v[i].ends_at = pg_at(&rows, i, ends);
        v[i].generator_url = pg_str(&rows, i, generator);
        v[i].changed_seq = pg_i64(&rows, i, changed);
        if (READ_WORD(alert_status, pg_str(&rows, i, word), &v[i].status, err) != OK ||
            labels_parse_json(arena, pg_str(&rows, i, labels), &v[i].labels, err) != OK ||
            labels_parse_json(arena, pg_str(&rows, i, annotations), &v[i].annotations, err) != OK) {
            return err_wrap(err, "alert");
        }
    }
    *ret = v;
    *ret_n = rows.n;
    return OK;
}

enum status store_timeline(struct store *store, struct arena *arena, struct uuid incident,
                           size_t max, struct event_row **ret, size_t *ret_n, struct err *err)
{
    struct pg_rows rows;
    struct pg_param params[] = {pg_id(incident), pg_int((int64_t)max)};
    if (pg_exec(store->pg, arena, "timeline_load", params, 2, &rows, err) != OK) {
        return err->code;
    }
    struct event_row *v = ARENA_ARRAY(arena, struct event_row, rows.n);
    int seq = pg_column(&rows, "seq"), at = pg_column(&rows, "at"), kind = pg_column(&rows, "kind");
    int actor = pg_column(&rows, "actor"), facts = pg_column(&rows, "facts");
    for (size_t i = 0; i < rows.n; i++) {
        v[i] = (struct event_row){.seq = pg_i64(&rows, i, seq),
                                  .at = pg_at(&rows, i, at),
                                  .kind = pg_str(&rows, i, kind),
                                  .actor = pg_str(&rows, i, actor),
                                  .facts = pg_str(&rows, i, facts)};
    }
    *ret = v;
    *ret_n = rows.n;
    return OK;
}

enum { FIRING_MAX = 200000 };

enum status store_alerts_firing(struct store *store, struct arena *arena, struct labels **ret,
                                size_t *ret_n, struct err *err)
{
    struct pg_rows rows;
    struct pg_param params[] = {pg_int(FIRING_MAX)};
    if (pg_exec(store->pg, arena, "alerts_firing", params, 1, &rows, err) != OK) {
        return err->code;
    }
    int column = pg_column(&rows, "labels");
    struct labels *labels = ARENA_ARRAY(arena, struct labels, rows.n);
    for (size_t i = 0; i < rows.n; i++) {
        if (labels_parse_json(arena, pg_str(&rows, i, column), &labels[i], err) != OK) {
            return err_wrap(err, "alert.labels");
        }
    }
    *ret = labels;
    *ret_n = rows.n;
    return OK;
}
