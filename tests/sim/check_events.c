/* Entries of timelines, for the checks. */
#include "sim/check.h"

#include <string.h>

const struct event_saved *event_of(const struct row_change *changes, size_t n, struct uuid incident,
                                   int64_t seq)
{
    for (size_t i = 0; i < n; i++) {
        const struct event_saved *e = changes[i].row->table == TABLE_EVENT ? changes[i].now : NULL;
        if (e && e->entry.seq == seq && uuid_eq(e->incident, incident)) {
            return e;
        }
    }
    return NULL;
}

struct str fact_of(const struct timeline_entry *e, const char *name)
{
    for (size_t i = 0; i < e->n_facts; i++) {
        if (strcmp(e->facts[i].name, name) == 0) {
            return e->facts[i].value;
        }
    }
    return STR_EMPTY;
}

int64_t fact_number(const struct timeline_entry *e, const char *name)
{
    uint64_t n = 0;
    return str_to_u64(fact_of(e, name), &n) ? (int64_t)n : -1;
}
