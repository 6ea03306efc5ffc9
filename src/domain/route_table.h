#pragma once
/* route_table — (owner, text) to pointer, for the route index: one table serves all nodes of a
 * tree, and the hash of a text is computed once for many owners.
 * Not seeded: only configuration is inserted. Layer: domain, private to route_index*.c. */
#include "base/str.h"

struct route_table_slot;

struct route_table {
    struct arena *arena;
    struct route_table_slot *slots;
    size_t n, cap; /* cap: power of two, or 0 */
};

uint64_t route_text_hash(struct str text);
/* NULL if absent. `hash` is the text's. */
void *route_table_get(const struct route_table *, uint32_t owner, struct str text, uint64_t hash);
/* The place of the value, NULL when the key is new: the caller must fill it before the next call.
 */
void **route_table_at(struct route_table *, uint32_t owner, struct str text);
