/* Calls that the model leaves out: nobody in the simulation reads lists, timelines or receipts, and
 * they change nothing. Who adds a caller adds the model, and its place in the conformance test. */
#include "sim/database.h"

enum status store_incident_by_number(struct store *store, struct arena *arena, int64_t number,
                                     struct incident *ret, struct err *err)
{
    (void)store, (void)arena, (void)number, (void)ret, (void)err;
    UNREACHABLE("not modelled");
}

enum status store_receipt(struct store *store, struct arena *arena, struct uuid receipt,
                          struct receipt_state *ret, struct err *err)
{
    (void)store, (void)arena, (void)receipt, (void)ret, (void)err;
    UNREACHABLE("not modelled");
}

enum status store_timeline(struct store *store, struct arena *arena, struct uuid incident,
                           size_t max, struct event_row **ret, size_t *ret_n, struct err *err)
{
    (void)store, (void)arena, (void)incident, (void)max, (void)ret, (void)ret_n, (void)err;
    UNREACHABLE("not modelled");
}

enum status store_incidents_list(struct store *store, struct arena *arena,
                                 const struct incident_filter *filter, struct incident **ret,
                                 size_t *ret_n, struct err *err)
{
    (void)store, (void)arena, (void)filter, (void)ret, (void)ret_n, (void)err;
    UNREACHABLE("not modelled");
}
