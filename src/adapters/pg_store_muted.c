/* The store's incidents that wait for the end of other alerts. */
#include "adapters/pg_store_rows.h"
#include "ports/store_muted.h"
#include "wire/alert_text.h"

struct columns {
    int id, receiver, group_labels, firing, labels;
};

static enum status read_incident(struct arena *arena, const struct pg_rows *rows, size_t i,
                                 const struct columns *c, struct muted_incident *ret,
                                 struct err *err)
{
    *ret = (struct muted_incident){.incident = {.id = pg_uuid(rows, i, c->id),
                                                .receiver = pg_str(rows, i, c->receiver),
                                                .firing = pg_i64(rows, i, c->firing)}};
    if (labels_parse_json(arena, pg_str(rows, i, c->group_labels), &ret->incident.group_labels,
                          err) != OK) {
        return err_wrap(err, "incident.group_labels");
    }
    return OK;
}

/* One row per alert; those of one incident stand together. */
enum status store_muted(struct store *store, struct arena *arena, struct uuid after,
                        size_t max_alerts, struct muted_incident **ret, size_t *ret_n,
                        struct err *err)
{
    struct pg_rows rows;
    struct pg_param params[] = {pg_id(after), pg_int((int64_t)max_alerts)};
    if (pg_exec(store->pg, arena, "muted_load", params, 2, &rows, err) != OK) {
        return err->code;
    }
    const struct columns c = {pg_column(&rows, "id"), pg_column(&rows, "receiver"),
                              pg_column(&rows, "group_labels"), pg_column(&rows, "firing"),
                              pg_column(&rows, "labels")};
    struct muted_incident *v = ARENA_ARRAY(arena, struct muted_incident, rows.n);
    struct labels *labels = ARENA_ARRAY(arena, struct labels, rows.n);
    size_t n = 0;
    for (size_t i = 0; i < rows.n; i++) {
        if (n == 0 || !uuid_eq(v[n - 1].incident.id, pg_uuid(&rows, i, c.id))) {
            if (read_incident(arena, &rows, i, &c, &v[n], err) != OK) {
                return err->code;
            }
            v[n++].alerts = &labels[i];
        }
        if (labels_parse_json(arena, pg_str(&rows, i, c.labels), &labels[i], err) != OK) {
            return err_wrap(err, "alert.labels");
        }
        v[n - 1].n++;
    }
    *ret = v;
    *ret_n = n;
    return OK;
}

enum status store_muted_wake(struct store *store, struct arena *arena, const struct uuid *ids,
                             size_t n, struct err *err)
{
    struct pg_rows rows;
    struct pg_param params[] = {pg_id_array(arena, ids, n, NULL)};
    return pg_exec(store->pg, arena, "muted_wake", params, 1, &rows, err);
}
