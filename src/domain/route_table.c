#include "domain/route_table.h"

#include <string.h>

struct route_table_slot {
    struct str text;
    uint64_t hash;
    uint32_t owner;
    void *value; /* NULL: free */
};

static uint64_t mix(uint64_t h)
{
    h ^= h >> 32;
    h *= 0xd6e8feb86659fd93ULL;
    return h ^ (h >> 29);
}

uint64_t route_text_hash(struct str text)
{
    uint64_t h = 0x9e3779b97f4a7c15ULL ^ text.n, word;
    size_t at = 0;
    for (; at + sizeof(word) <= text.n; at += sizeof(word)) {
        memcpy(&word, text.p + at, sizeof(word));
        h = mix(h ^ word);
    }
    word = 0;
    if (at < text.n) {
        memcpy(&word, text.p + at, text.n - at);
    }
    return mix(h ^ word);
}

static struct route_table_slot *find(const struct route_table *t, uint32_t owner, struct str text,
                                     uint64_t hash)
{
    for (size_t i = hash & (t->cap - 1);; i = (i + 1) & (t->cap - 1)) {
        struct route_table_slot *slot = &t->slots[i];
        if (!slot->value ||
            (slot->hash == hash && slot->owner == owner && str_eq(slot->text, text))) {
            return slot;
        }
    }
}

static uint64_t key_hash(uint32_t owner, uint64_t text_hash)
{
    return mix(text_hash + owner * 0xff51afd7ed558ccdULL);
}

static void grow(struct route_table *t)
{
    struct route_table old = *t;
    t->cap = old.cap ? old.cap * 2 : 64;
    t->slots = ARENA_ARRAY(t->arena, struct route_table_slot, t->cap);
    for (size_t i = 0; i < old.cap; i++) {
        const struct route_table_slot *slot = &old.slots[i];
        if (slot->value) {
            *find(t, slot->owner, slot->text, slot->hash) = *slot;
        }
    }
}

void *route_table_get(const struct route_table *t, uint32_t owner, struct str text, uint64_t hash)
{
    return t->cap ? find(t, owner, text, key_hash(owner, hash))->value : NULL;
}

void **route_table_at(struct route_table *t, uint32_t owner, struct str text)
{
    if ((t->n + 1) * 2 > t->cap) {
        grow(t);
    }
    uint64_t hash = key_hash(owner, route_text_hash(text));
    struct route_table_slot *slot = find(t, owner, text, hash);
    if (!slot->value) {
        slot->text = text;
        slot->hash = hash;
        slot->owner = owner;
        t->n++;
    }
    return &slot->value;
}
