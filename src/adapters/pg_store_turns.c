/* Whose turn it is in steps that page one of their people at a time. */
#include "adapters/pg_store_rows.h"

enum status store_asked(struct store *store, struct arena *arena, const struct uuid *incidents,
                        size_t n, struct asked_row **ret, size_t *ret_n, struct err *err)
{
    struct pg_rows rows;
    struct pg_param params[] = {pg_id_array(arena, incidents, n, NULL)};
    if (pg_exec(store->pg, arena, "asked_load", params, 1, &rows, err) != OK) {
        return err->code;
    }
    struct asked_row *v = ARENA_ARRAY(arena, struct asked_row, rows.n);
    int id = pg_column(&rows, "incident_id"), step = pg_column(&rows, "step");
    int channel = pg_column(&rows, "channel"), address = pg_column(&rows, "address");
    int user = pg_column(&rows, "username");
    for (size_t i = 0; i < rows.n; i++) {
        struct contact contact = {.address = pg_str(&rows, i, address),
                                  .user = pg_str(&rows, i, user),
                                  .language = STR_EMPTY};
        if (READ_WORD(channel_kind, pg_str(&rows, i, channel), &contact.channel, err) != OK) {
            return err->code;
        }
        v[i] = (struct asked_row){pg_uuid(&rows, i, id), {pg_i32(&rows, i, step), contact}};
    }
    *ret = v;
    *ret_n = rows.n;
    return OK;
}

static struct turns_take *take_of(struct turns_take *takes, size_t n, struct str receiver, int step)
{
    for (size_t i = 0; i < n; i++) {
        if (takes[i].step == step && str_eq(takes[i].receiver, receiver)) {
            return &takes[i];
        }
    }
    UNREACHABLE("turns of a step that were not asked for");
}

enum status store_turns_take(struct store *store, struct arena *arena, struct turns_take *takes,
                             size_t n, struct err *err)
{
    struct pg_rows rows;
    struct str *receivers = ARENA_ARRAY(arena, struct str, n);
    int32_t *steps = ARENA_ARRAY(arena, int32_t, n);
    int64_t *turns = ARENA_ARRAY(arena, int64_t, n);
    for (size_t i = 0; i < n; i++) {
        receivers[i] = takes[i].receiver;
        steps[i] = takes[i].step;
        turns[i] = takes[i].n;
    }
    struct pg_param params[] = {pg_text_array(arena, receivers, n),
                                pg_int4_array(arena, steps, n, NULL),
                                pg_int_array(arena, turns, n, NULL)};
    if (pg_exec(store->pg, arena, "turns_take", params, 3, &rows, err) != OK) {
        return err->code;
    }
    CHECK(rows.n == n);
    int receiver = pg_column(&rows, "receiver"), step = pg_column(&rows, "step");
    int taken = pg_column(&rows, "taken");
    for (size_t i = 0; i < rows.n; i++) {
        struct turns_take *take =
            take_of(takes, n, pg_str(&rows, i, receiver), pg_i32(&rows, i, step));
        take->first = pg_i64(&rows, i, taken) - take->n;
    }
    return OK;
}
