/* The configuration's hash, text and plans become known to the database. */
#include "flows/flows.h"

enum status flow_configuration_save(struct store *store, const struct snapshot *snapshot,
                                    struct str by, struct err *err)
{
    struct arena arena;
    arena_init(&arena);
    struct plan_row *plans = ARENA_ARRAY(&arena, struct plan_row, snapshot->n_plans);
    size_t n = 0;
    for (size_t i = 0; i < snapshot->n_plans; i++) {
        bool is_known = false;
        for (size_t k = 0; k < n && !is_known; k++) {
            is_known = str_eq(plans[k].hash, snapshot->plans[i].hash);
        }
        if (!is_known) {
            plans[n++] = (struct plan_row){snapshot->plans[i].hash, snapshot->plans[i].text};
        }
    }
    enum status status =
        store_config_save(store, &arena, snapshot->hash, snapshot->source, by, plans, n, err);
    arena_release(&arena);
    return status;
}
