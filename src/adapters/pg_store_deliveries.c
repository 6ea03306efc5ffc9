/* The store's outbox: claim, record, conversations. */
#include "adapters/pg_store_rows.h"

static enum status read_deliveries(const struct pg_rows *rows, struct arena *arena,
                                   struct delivery **ret, struct err *err)
{
    int id = pg_column(rows, "id"), incident = pg_column(rows, "incident_id");
    int cycle = pg_column(rows, "cycle"), state_seq = pg_column(rows, "state_seq");
    int kind = pg_column(rows, "kind"), label = pg_column(rows, "label");
    int channel = pg_column(rows, "channel"), address = pg_column(rows, "address");
    int user = pg_column(rows, "username"), language = pg_column(rows, "language");
    int contacts = pg_column(rows, "contacts"), step = pg_column(rows, "step");
    int round = pg_column(rows, "round"), note = pg_column(rows, "note");
    int attempts = pg_column(rows, "attempts"), fence = pg_column(rows, "fence");
    int plain = pg_column(rows, "is_plain"), repeated = pg_column(rows, "may_be_repeated");
    int dedupe = pg_column(rows, "dedupe_key"), ref = pg_column(rows, "ref");
    int wanted = pg_column(rows, "wanted_at");
    struct delivery *v = ARENA_ARRAY(arena, struct delivery, rows->n);
    for (size_t i = 0; i < rows->n; i++) {
        v[i] = (struct delivery){
            .id = pg_i64(rows, i, id),
            .incident = pg_uuid(rows, i, incident),
            .cycle = pg_i32(rows, i, cycle),
            .state_seq = pg_i64(rows, i, state_seq),
            .label = pg_str(rows, i, label),
            .contact = {.address = pg_str(rows, i, address),
                        .user = pg_str(rows, i, user),
                        .language = pg_str(rows, i, language)},
            .contacts_text = pg_str(rows, i, contacts),
            .step = pg_i32(rows, i, step),
            .round = pg_i32(rows, i, round),
            .note = pg_str(rows, i, note),
            .attempts = (unsigned)pg_i32(rows, i, attempts),
            .fence = pg_i64(rows, i, fence),
            .is_plain = pg_bool(rows, i, plain),
            .may_be_repeated = pg_bool(rows, i, repeated),
            .dedupe_key = pg_str(rows, i, dedupe),
            .ref = pg_str(rows, i, ref),
            .wanted_at = pg_at(rows, i, wanted),
        };
        if (READ_WORD(notice_kind, pg_str(rows, i, kind), &v[i].kind, err) != OK ||
            READ_WORD(channel_kind, pg_str(rows, i, channel), &v[i].contact.channel, err) != OK) {
            return err->code;
        }
    }
    *ret = v;
    return OK;
}

enum status store_pages_outrun(struct store *store, struct arena *arena, struct delivery *v,
                               size_t n, struct err *err)
{
    struct pg_rows rows;
    int64_t *ids = ARENA_ARRAY(arena, int64_t, n);
    for (size_t i = 0; i < n; i++) {
        ids[i] = v[i].id;
    }
    struct pg_param params[] = {pg_int_array(arena, ids, n, NULL)};
    if (pg_exec(store->pg, arena, "pages_outrun", params, 1, &rows, err) != OK) {
        return err->code;
    }
    int id = pg_column(&rows, "id"), replaced = pg_column(&rows, "is_replaced");
    for (size_t r = 0; r < rows.n; r++) {
        for (size_t i = 0; i < n; i++) {
            if (v[i].id == pg_i64(&rows, r, id)) {
                v[i].is_outrun = true;
                v[i].is_replaced = pg_bool(&rows, r, replaced);
            }
        }
    }
    return OK;
}

enum status store_deliveries_due(struct store *store, struct arena *arena,
                                 const size_t max[channel_kind_COUNT], struct delivery **ret,
                                 size_t *ret_n, struct err *err)
{
    struct pg_rows rows;
    struct str *channels = ARENA_ARRAY(arena, struct str, channel_kind_COUNT);
    int64_t *limits = ARENA_ARRAY(arena, int64_t, channel_kind_COUNT), all = 0;
    size_t n = 0;
    for (int c = 0; c < channel_kind_COUNT; c++) {
        if (max[c] > 0) {
            channels[n] = str_from(channel_kind_name((enum channel_kind)c));
            limits[n++] = (int64_t)max[c];
            all += (int64_t)max[c];
        }
    }
    struct pg_param params[] = {pg_text_array(arena, channels, n),
                                pg_int_array(arena, limits, n, NULL), pg_int(all)};
    if (pg_exec(store->pg, arena, "deliveries_due", params, 3, &rows, err) != OK) {
        return err->code;
    }
    *ret_n = rows.n;
    return read_deliveries(&rows, arena, ret, err);
}

enum status store_pages_uncovered(struct store *store, struct arena *arena, size_t max,
                                  struct uncovered_page **ret, size_t *ret_n, struct err *err)
{
    struct pg_rows rows;
    struct delivery *pages;
    struct pg_param params[] = {pg_int((int64_t)max)};
    if (pg_exec(store->pg, arena, "pages_uncovered", params, 1, &rows, err) != OK ||
        read_deliveries(&rows, arena, &pages, err) != OK) {
        return err->code;
    }
    int summary = pg_column(&rows, "summary"), why = pg_column(&rows, "why");
    struct uncovered_page *v = ARENA_ARRAY(arena, struct uncovered_page, rows.n);
    for (size_t i = 0; i < rows.n; i++) {
        v[i] = (struct uncovered_page){
            .page = pages[i], .summary = pg_i64(&rows, i, summary), .why = pg_str(&rows, i, why)};
    }
    *ret = v;
    *ret_n = rows.n;
    return OK;
}

enum status store_delivery(struct store *store, struct arena *arena, int64_t id,
                           struct delivery *ret, struct err *err)
{
    struct pg_rows rows;
    struct delivery *found;
    struct pg_param params[] = {pg_int(id)};
    if (pg_exec(store->pg, arena, "delivery_load", params, 1, &rows, err) != OK ||
        read_deliveries(&rows, arena, &found, err) != OK) {
        return err->code;
    }
    if (rows.n == 0) {
        return err_set(err, ERR_NOT_FOUND, "no such delivery");
    }
    *ret = found[0];
    return OK;
}

enum status store_deliveries_write(struct store *store, struct arena *arena,
                                   const struct delivery_write *v, size_t n, size_t *ret_written,
                                   struct err *err)
{
    struct arena *a = arena;
    int64_t *big = ARENA_ARRAY(a, int64_t, 5 * n);
    int32_t *attempts = ARENA_ARRAY(a, int32_t, n);
    struct uuid *owner = ARENA_ARRAY(a, struct uuid, n);
    bool *flags = ARENA_ARRAY(a, bool, 2 * n);
    struct str *text = ARENA_ARRAY(a, struct str, 9 * n);
    for (size_t i = 0; i < n; i++) {
        big[i] = v[i].id;
        big[n + i] = v[i].fence;
        big[2 * n + i] = v[i].state == DELIVERY_SENDING ? v[i].deadline_at : AT_NONE;
        big[3 * n + i] = v[i].state == DELIVERY_READY ? v[i].due_at : AT_NONE;
        big[4 * n + i] = v[i].state == DELIVERY_COVERED ? v[i].covered_by : 0;
        attempts[i] = (int32_t)v[i].attempts;
        owner[i] = store->replica;
        flags[i] = v[i].state != DELIVERY_SENDING; /* owner is null */
        flags[n + i] = v[i].is_plain;
        text[i] = str_from(delivery_state_name(v[i].state));
        text[n + i] =
            v[i].has_outcome ? str_from(outcome_kind_name(v[i].outcome)) : (struct str){NULL, 0};
        text[2 * n + i] = v[i].reason.p ? v[i].reason : STR_EMPTY;
        text[3 * n + i] = str_from(channel_kind_name(v[i].contact.channel));
        text[4 * n + i] = v[i].contact.address.p ? v[i].contact.address : STR_EMPTY;
        text[5 * n + i] = v[i].contacts_text;
        text[6 * n + i] = v[i].contact.user.p ? v[i].contact.user : STR_EMPTY;
        text[7 * n + i] = v[i].contact.language.p ? v[i].contact.language : STR_EMPTY;
        text[8 * n + i] = v[i].ref.p ? v[i].ref : STR_EMPTY;
    }
    struct pg_param params[] = {
        pg_int_array(a, big, n, NULL),
        pg_int_array(a, big + n, n, NULL),
        pg_text_array(a, text, n),
        pg_id_array(a, owner, n, flags),
        pg_time_array(a, big + 2 * n, n),
        pg_time_array(a, big + 3 * n, n),
        pg_int4_array(a, attempts, n, NULL),
        pg_text_array(a, text + n, n),
        pg_text_array(a, text + 2 * n, n),
        pg_text_array(a, text + 3 * n, n),
        pg_text_array(a, text + 4 * n, n),
        pg_text_array(a, text + 5 * n, n),
        pg_flag_array(a, flags + n, n, NULL),
        pg_text_array(a, text + 6 * n, n),
        pg_text_array(a, text + 7 * n, n),
        pg_int_array(a, big + 4 * n, n, NULL),
        pg_text_array(a, text + 8 * n, n),
    };
    struct pg_rows rows = {0};
    *ret_written = 0;
    if (n == 0) {
        return OK;
    }
    enum status status = pg_exec(store->pg, a, "deliveries_write", params,
                                 sizeof(params) / sizeof(params[0]), &rows, err);
    if (status == OK) {
        *ret_written = rows.affected;
    }
    return status;
}

enum status store_conversations_write(struct store *store, struct arena *arena,
                                      const struct conversation_write *v, size_t n, struct err *err)
{
    struct arena *a = arena;
    struct uuid *incident = ARENA_ARRAY(a, struct uuid, n);
    int32_t *cycle = ARENA_ARRAY(a, int32_t, n);
    int64_t *seq = ARENA_ARRAY(a, int64_t, n);
    struct str *text = ARENA_ARRAY(a, struct str, 6 * n);
    for (size_t i = 0; i < n; i++) {
        incident[i] = v[i].incident;
        cycle[i] = v[i].cycle;
        seq[i] = v[i].told_seq;
        text[i] = str_from(channel_kind_name(v[i].contact.channel));
        text[n + i] = v[i].contact.address.p ? v[i].contact.address : STR_EMPTY;
        text[2 * n + i] = v[i].contact.user.p ? v[i].contact.user : STR_EMPTY;
        text[3 * n + i] = v[i].contact.language.p ? v[i].contact.language : STR_EMPTY;
        text[4 * n + i] = v[i].label;
        text[5 * n + i] = v[i].ref.p ? v[i].ref : STR_EMPTY;
    }
    struct pg_param params[] = {
        pg_id_array(a, incident, n, NULL), pg_int4_array(a, cycle, n, NULL),
        pg_text_array(a, text, n),         pg_text_array(a, text + n, n),
        pg_text_array(a, text + 2 * n, n), pg_text_array(a, text + 3 * n, n),
        pg_text_array(a, text + 4 * n, n), pg_text_array(a, text + 5 * n, n),
        pg_int_array(a, seq, n, NULL),
    };
    return n ? pg_exec(store->pg, a, "conversations_write", params,
                       sizeof(params) / sizeof(params[0]), NULL, err)
             : OK;
}
