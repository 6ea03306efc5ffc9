/* The store's proofs: chains of timelines and the anchors that sign them. What is read here may
 * have been written by anybody, so no value is taken to be of the right length or in a sensible
 * range. */
#include "adapters/pg_store_rows.h"
#include "ports/store_audit.h"

#include <string.h>

/* Beyond any timeline; room to count on behind it. */
#define SEQ_MAX (INT64_C(1) << 62)

static int64_t sane(int64_t seq)
{
    return seq < 0 ? 0 : seq > SEQ_MAX ? SEQ_MAX : seq;
}

/* Bytes of another length are no hash: zeros, which nothing ever hashes to. */
static bool read_hash(struct str bytes, uint8_t out[CHAIN_BYTES])
{
    memset(out, 0, CHAIN_BYTES);
    if (bytes.p && bytes.n == CHAIN_BYTES) {
        memcpy(out, bytes.p, CHAIN_BYTES);
        return true;
    }
    return false;
}

static struct str hash_text(const uint8_t *hash)
{
    return (struct str){(const char *)hash, CHAIN_BYTES};
}

enum status store_audit_begin(struct store *store, struct err *err)
{
    return pg_begin_snapshot(store->pg, err);
}

static struct audit_anchor *read_anchors(struct arena *arena, const struct pg_rows *rows)
{
    struct audit_anchor *v = ARENA_ARRAY(arena, struct audit_anchor, rows->n);
    int number = pg_column(rows, "number"), at = pg_column(rows, "at");
    int heads = pg_column(rows, "heads"), previous = pg_column(rows, "previous");
    int root = pg_column(rows, "root"), key = pg_column(rows, "public_key");
    int signature = pg_column(rows, "signature");
    for (size_t i = 0; i < rows->n; i++) {
        v[i] = (struct audit_anchor){.number = pg_i64(rows, i, number),
                                     .at = pg_at(rows, i, at),
                                     .heads = pg_i64(rows, i, heads),
                                     .public_key = pg_bytes(rows, i, key),
                                     .signature = pg_bytes(rows, i, signature)};
        read_hash(pg_bytes(rows, i, previous), v[i].previous);
        read_hash(pg_bytes(rows, i, root), v[i].root);
    }
    return v;
}

enum status store_audit_newest(struct store *store, struct arena *arena, struct audit_anchor *ret,
                               struct err *err)
{
    struct pg_rows rows;
    if (pg_exec(store->pg, arena, "audit_anchor_newest", NULL, 0, &rows, err) != OK) {
        return err->code;
    }
    *ret = rows.n > 0 ? read_anchors(arena, &rows)[0] : (struct audit_anchor){.at = AT_NONE};
    return OK;
}

enum status store_audit_heads_make(struct store *store, struct arena *arena, int64_t anchor,
                                   int64_t since_at, struct err *err)
{
    struct pg_param params[] = {pg_int(anchor), pg_time(since_at)};
    return since_at == AT_NONE
               ? pg_exec(store->pg, arena, "audit_heads_all", params, 1, NULL, err)
               : pg_exec(store->pg, arena, "audit_heads_recent", params, 2, NULL, err);
}

enum status store_audit_anchor_add(struct store *store, struct arena *arena,
                                   const struct audit_anchor *anchor, struct err *err)
{
    struct pg_param params[] = {pg_int(anchor->number),
                                pg_time(anchor->at),
                                pg_int(anchor->heads),
                                pg_binary(hash_text(anchor->previous)),
                                pg_binary(hash_text(anchor->root)),
                                pg_binary(anchor->public_key),
                                pg_binary(anchor->signature)};
    return pg_exec(store->pg, arena, "audit_anchor_add", params, 7, NULL, err);
}

enum status store_audit_anchors(struct store *store, struct arena *arena, int64_t behind,
                                size_t max, struct audit_anchor **ret, size_t *ret_n,
                                struct err *err)
{
    struct pg_rows rows;
    struct pg_param params[] = {pg_int(behind), pg_int((int64_t)max)};
    if (pg_exec(store->pg, arena, "audit_anchors", params, 2, &rows, err) != OK) {
        return err->code;
    }
    *ret = read_anchors(arena, &rows);
    *ret_n = rows.n;
    return OK;
}

static struct chain_head *read_heads(struct arena *arena, const struct pg_rows *rows)
{
    struct chain_head *v = ARENA_ARRAY(arena, struct chain_head, rows->n);
    int anchor = pg_column(rows, "anchor"), incident = pg_column(rows, "incident_id");
    int seq = pg_column(rows, "seq"), hash = pg_column(rows, "hash");
    for (size_t i = 0; i < rows->n; i++) {
        v[i] = (struct chain_head){.incident = pg_uuid(rows, i, incident),
                                   .seq = sane(pg_i64(rows, i, seq)),
                                   .anchor = pg_i64(rows, i, anchor)};
        read_hash(pg_bytes(rows, i, hash), v[i].hash);
    }
    return v;
}

enum status store_audit_anchor_heads(struct store *store, struct arena *arena, int64_t anchor,
                                     struct uuid behind, size_t max, struct chain_head **ret,
                                     size_t *ret_n, struct err *err)
{
    struct pg_rows rows;
    struct pg_param params[] = {pg_int(anchor), pg_id(behind), pg_int((int64_t)max)};
    if (pg_exec(store->pg, arena, "audit_anchor_heads", params, 3, &rows, err) != OK) {
        return err->code;
    }
    *ret = read_heads(arena, &rows);
    *ret_n = rows.n;
    return OK;
}

enum status store_audit_heads_newest(struct store *store, int64_t *ret_anchor, struct err *err)
{
    struct arena arena;
    struct pg_rows rows;
    arena_init(&arena);
    enum status status = pg_exec(store->pg, &arena, "audit_heads_newest", NULL, 0, &rows, err);
    if (status == OK) {
        *ret_anchor = pg_i64(&rows, 0, pg_column(&rows, "anchor"));
    }
    arena_release(&arena);
    return status;
}

enum status store_audit_incidents(struct store *store, struct arena *arena, struct uuid behind,
                                  size_t max, struct audit_incident **ret, size_t *ret_n,
                                  struct err *err)
{
    struct pg_rows rows;
    struct pg_param params[] = {pg_id(behind), pg_int((int64_t)max)};
    if (pg_exec(store->pg, arena, "audit_incidents", params, 2, &rows, err) != OK) {
        return err->code;
    }
    struct audit_incident *v = ARENA_ARRAY(arena, struct audit_incident, rows.n);
    int id = pg_column(&rows, "id"), number = pg_column(&rows, "number");
    int seq = pg_column(&rows, "seq"), from = pg_column(&rows, "chain_from");
    int chain = pg_column(&rows, "chain");
    for (size_t i = 0; i < rows.n; i++) {
        int64_t chain_from = sane(pg_i64(&rows, i, from));
        v[i] = (struct audit_incident){.number = pg_i64(&rows, i, number),
                                       .record = {.id = pg_uuid(&rows, i, id),
                                                  .seq = sane(pg_i64(&rows, i, seq)),
                                                  .chain_from = chain_from > 0 ? chain_from : 1}};
        read_hash(pg_bytes(&rows, i, chain), v[i].record.chain);
    }
    *ret = v;
    *ret_n = rows.n;
    return OK;
}

/* By the stored values, which the rows may not have. */
static void move_place(struct audit_place *place, const struct pg_rows *rows)
{
    if (rows->n > 0) {
        place->incident = pg_uuid(rows, rows->n - 1, pg_column(rows, "incident_id"));
        place->seq = pg_i64(rows, rows->n - 1, pg_column(rows, "seq"));
    }
}

enum status store_audit_rows(struct store *store, struct arena *arena, struct audit_place *place,
                             size_t max, struct chain_row **ret, size_t *ret_n, struct err *err)
{
    struct pg_rows rows;
    struct pg_param params[] = {pg_id(place->incident), pg_int(place->seq), pg_int((int64_t)max)};
    if (pg_exec(store->pg, arena, "audit_rows", params, 3, &rows, err) != OK) {
        return err->code;
    }
    struct chain_row *v = ARENA_ARRAY(arena, struct chain_row, rows.n);
    int incident = pg_column(&rows, "incident_id"), seq = pg_column(&rows, "seq");
    int at = pg_column(&rows, "at"), cycle = pg_column(&rows, "cycle");
    int kind = pg_column(&rows, "kind"), actor = pg_column(&rows, "actor");
    int facts = pg_column(&rows, "facts"), hash = pg_column(&rows, "hash");
    for (size_t i = 0; i < rows.n; i++) {
        v[i].entry = (struct chain_entry){.incident = pg_uuid(&rows, i, incident),
                                          .seq = sane(pg_i64(&rows, i, seq)),
                                          .at = pg_at(&rows, i, at),
                                          .cycle = pg_i32(&rows, i, cycle),
                                          .kind = pg_str(&rows, i, kind),
                                          .actor = pg_str(&rows, i, actor),
                                          .facts = pg_str(&rows, i, facts)};
        v[i].has_hash = read_hash(pg_bytes(&rows, i, hash), v[i].hash);
    }
    move_place(place, &rows);
    *ret = v;
    *ret_n = rows.n;
    return OK;
}

enum status store_audit_heads(struct store *store, struct arena *arena, struct audit_place *place,
                              size_t max, struct chain_head **ret, size_t *ret_n, struct err *err)
{
    struct pg_rows rows;
    struct pg_param params[] = {pg_id(place->incident), pg_int(place->seq), pg_int((int64_t)max)};
    if (pg_exec(store->pg, arena, "audit_heads", params, 3, &rows, err) != OK) {
        return err->code;
    }
    move_place(place, &rows);
    *ret = read_heads(arena, &rows);
    *ret_n = rows.n;
    return OK;
}
