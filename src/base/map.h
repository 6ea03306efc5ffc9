#pragma once
/* map — text to pointer, in an arena. Insertion only; the first value of a key stays.
 *
 * Keys are borrowed and must live as long as the map. Seeded against chosen collisions
 * (map_seed_all), because keys may be hostile labels. Layer: base. One thread at a time. */
#include "base/str.h"

struct map_slot;

struct map {
    struct arena *arena;
    struct map_slot *slots;
    size_t n;
    size_t cap; /* power of two, or 0 */
};

void map_init(struct map *, struct arena *);
/* NULL if absent. Values are never NULL. */
void *map_get(const struct map *, struct str key);
/* Returns the value that is in the map afterwards: the older one if the key was there. */
void *map_add(struct map *, struct str key, void *value);
/* Once, at start, before any thread: the seed of all maps. */
void map_seed_all(uint64_t seed);
