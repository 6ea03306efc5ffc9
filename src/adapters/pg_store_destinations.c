/* The store's destinations, and the summaries that cover pages during a storm. */
#include "adapters/pg_store_rows.h"

#include "domain/message.h"

static struct str address_of(const struct destination_key *key)
{
    return key->address.p ? key->address : STR_EMPTY;
}

static enum status read_destinations(const struct pg_rows *rows, struct arena *arena,
                                     struct destination **ret, struct err *err)
{
    int channel = pg_column(rows, "channel"), address = pg_column(rows, "address");
    int tokens = pg_column(rows, "tokens"), tokens_at = pg_column(rows, "tokens_at");
    int until = pg_column(rows, "storm_until"), summary = pg_column(rows, "storm_id");
    int paused = pg_column(rows, "paused_until");
    struct destination *v = ARENA_ARRAY(arena, struct destination, rows->n);
    for (size_t i = 0; i < rows->n; i++) {
        v[i] = (struct destination){.key = {.address = pg_str(rows, i, address)},
                                    .storm = {.tokens = pg_f64(rows, i, tokens),
                                              .tokens_at = pg_at(rows, i, tokens_at),
                                              .until_at = pg_at(rows, i, until)},
                                    .summary = pg_i64(rows, i, summary),
                                    .paused_until = pg_at(rows, i, paused)};
        if (READ_WORD(channel_kind, pg_str(rows, i, channel), &v[i].key.channel, err) != OK) {
            return err->code;
        }
    }
    *ret = v;
    return OK;
}

enum status store_destinations_lock(struct store *store, struct arena *arena,
                                    const struct destination_key *keys, size_t n,
                                    struct destination **ret, size_t *ret_n, struct err *err)
{
    struct pg_rows rows;
    struct str *text = ARENA_ARRAY(arena, struct str, 2 * n);
    for (size_t i = 0; i < n; i++) {
        text[i] = str_from(channel_kind_name(keys[i].channel));
        text[n + i] = address_of(&keys[i]);
    }
    struct pg_param params[] = {pg_text_array(arena, text, n), pg_text_array(arena, text + n, n)};
    if (pg_exec(store->pg, arena, "destinations_lock", params, 2, &rows, err) != OK) {
        return err->code;
    }
    if (rows.n < n) { /* some are new; keys may repeat */
        if (pg_exec(store->pg, arena, "destinations_add", params, 2, NULL, err) != OK ||
            pg_exec(store->pg, arena, "destinations_lock", params, 2, &rows, err) != OK) {
            return err->code;
        }
    }
    *ret_n = rows.n;
    return read_destinations(&rows, arena, ret, err);
}

enum status store_destinations_write(struct store *store, struct arena *arena,
                                     const struct destination *v, size_t n, struct err *err)
{
    struct str *text = ARENA_ARRAY(arena, struct str, 2 * n);
    double *tokens = ARENA_ARRAY(arena, double, n);
    int64_t *times = ARENA_ARRAY(arena, int64_t, 3 * n), *ids = ARENA_ARRAY(arena, int64_t, n);
    for (size_t i = 0; i < n; i++) {
        text[i] = str_from(channel_kind_name(v[i].key.channel));
        text[n + i] = address_of(&v[i].key);
        tokens[i] = v[i].storm.tokens;
        times[i] = v[i].storm.tokens_at;
        times[n + i] = v[i].storm.until_at;
        ids[i] = v[i].summary;
        times[2 * n + i] = v[i].paused_until;
    }
    struct pg_param params[] = {
        pg_text_array(arena, text, n),          pg_text_array(arena, text + n, n),
        pg_float_array(arena, tokens, n, NULL), pg_time_array(arena, times, n),
        pg_time_array(arena, times + n, n),     pg_int_array(arena, ids, n, NULL),
        pg_time_array(arena, times + 2 * n, n),
    };
    return n > 0 ? pg_exec(store->pg, arena, "destinations_write", params, 7, NULL, err) : OK;
}

enum status store_storm_open(struct store *store, struct arena *arena, const struct delivery *page,
                             int64_t now_at, int64_t *ret_id, struct err *err)
{
    struct pg_rows rows;
    struct pg_param params[] = {pg_int(page->id), pg_time(now_at),
                                pg_int4(notice_priority(NOTICE_STORM, STR_EMPTY))};
    if (pg_exec(store->pg, arena, "storm_open", params, 3, &rows, err) != OK) {
        return err->code;
    }
    CHECK(rows.n == 1);
    *ret_id = pg_i64(&rows, 0, pg_column(&rows, "id"));
    return OK;
}

enum status store_storms_touch(struct store *store, struct arena *arena, const int64_t *ids,
                               size_t n, struct err *err)
{
    struct pg_param params[] = {pg_int_array(arena, ids, n, NULL)};
    return n > 0 ? pg_exec(store->pg, arena, "storms_touch", params, 1, NULL, err) : OK;
}

static enum status count_storm(struct store *store, struct arena *arena, int64_t id,
                               struct storm_view *view, struct err *err)
{
    struct pg_rows rows;
    struct pg_param params[] = {pg_int(id)};
    if (pg_exec(store->pg, arena, "storm_counts", params, 1, &rows, err) != OK) {
        return err->code;
    }
    int word = pg_column(&rows, "status"), urgent = pg_column(&rows, "is_urgent");
    int n = pg_column(&rows, "incidents");
    for (size_t i = 0; i < rows.n; i++) {
        enum incident_state state;
        int64_t incidents = pg_i64(&rows, i, n);
        if (READ_WORD(incident_state, pg_str(&rows, i, word), &state, err) != OK) {
            return err->code;
        }
        view->total += incidents;
        view->open += state == INCIDENT_OPEN ? incidents : 0;
        view->acknowledged += state == INCIDENT_ACKNOWLEDGED ? incidents : 0;
        view->resolved += state == INCIDENT_RESOLVED ? incidents : 0;
        view->urgent += state == INCIDENT_OPEN && pg_bool(&rows, i, urgent) ? incidents : 0;
    }
    return OK;
}

enum status store_storm_view(struct store *store, struct arena *arena, int64_t id,
                             struct storm_view *ret, struct err *err)
{
    struct pg_rows rows;
    struct pg_param params[] = {pg_int(id), pg_int(STORM_ITEMS_MAX)};
    *ret = (struct storm_view){0};
    if (count_storm(store, arena, id, ret, err) != OK ||
        pg_exec(store->pg, arena, "storm_items", params, 2, &rows, err) != OK) {
        return err->code;
    }
    int number = pg_column(&rows, "number"), title = pg_column(&rows, "title");
    int severity = pg_column(&rows, "severity"), status = pg_column(&rows, "status");
    int at = pg_column(&rows, "created_at");
    for (size_t i = 0; i < rows.n; i++) {
        ret->items[ret->n_items++] = (struct storm_item){.number = pg_i64(&rows, i, number),
                                                         .title = pg_str(&rows, i, title),
                                                         .severity = pg_str(&rows, i, severity),
                                                         .state = pg_str(&rows, i, status),
                                                         .opened_at = pg_at(&rows, i, at)};
    }
    return OK;
}

enum status store_storm_open_incidents(struct store *store, struct arena *arena, int64_t id,
                                       size_t max, struct told_cycle **ret, size_t *ret_n,
                                       struct err *err)
{
    struct pg_rows rows;
    struct pg_param params[] = {pg_int(id), pg_int((int64_t)max)};
    if (pg_exec(store->pg, arena, "storm_incidents", params, 2, &rows, err) != OK) {
        return err->code;
    }
    int id_column = pg_column(&rows, "id"), cycle = pg_column(&rows, "cycle");
    struct told_cycle *v = ARENA_ARRAY(arena, struct told_cycle, rows.n);
    for (size_t i = 0; i < rows.n; i++) {
        v[i] = (struct told_cycle){pg_uuid(&rows, i, id_column), pg_i32(&rows, i, cycle)};
    }
    *ret = v;
    *ret_n = rows.n;
    return OK;
}
