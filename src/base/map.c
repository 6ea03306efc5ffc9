#include "base/map.h"

struct map_slot {
    struct str key;
    uint64_t hash;
    void *value; /* NULL: free */
};

static uint64_t map_seed = 0x9e3779b97f4a7c15ULL;

void map_seed_all(uint64_t seed)
{
    map_seed = seed;
}

/* FNV-1a over a secret start with a final mix: enough against blind collision lists. */
static uint64_t hash_key(struct str key)
{
    uint64_t h = map_seed;
    for (size_t i = 0; i < key.n; i++) {
        h = (h ^ (unsigned char)key.p[i]) * 1099511628211ULL;
    }
    h ^= h >> 32;
    h *= 0xd6e8feb86659fd93ULL;
    return h ^ (h >> 32);
}

void map_init(struct map *m, struct arena *a)
{
    *m = (struct map){.arena = a};
}

static struct map_slot *find(const struct map *m, struct str key, uint64_t hash)
{
    for (size_t i = hash & (m->cap - 1);; i = (i + 1) & (m->cap - 1)) {
        struct map_slot *slot = &m->slots[i];
        if (!slot->value || (slot->hash == hash && str_eq(slot->key, key))) {
            return slot;
        }
    }
}

static void grow(struct map *m)
{
    struct map old = *m;
    m->cap = old.cap ? old.cap * 2 : 16;
    m->slots = ARENA_ARRAY(m->arena, struct map_slot, m->cap);
    for (size_t i = 0; i < old.cap; i++) {
        if (old.slots[i].value) {
            *find(m, old.slots[i].key, old.slots[i].hash) = old.slots[i];
        }
    }
}

void *map_get(const struct map *m, struct str key)
{
    return m->cap ? find(m, key, hash_key(key))->value : NULL;
}

void *map_add(struct map *m, struct str key, void *value)
{
    CHECK(value);
    if ((m->n + 1) * 4 > m->cap * 3) {
        grow(m);
    }
    uint64_t hash = hash_key(key);
    struct map_slot *slot = find(m, key, hash);
    if (!slot->value) {
        *slot = (struct map_slot){.key = key, .hash = hash, .value = value};
        m->n++;
    }
    return slot->value;
}
