#include "sim/memory.h"

#include "base/check.h"

#include <stdalign.h>
#include <string.h>

struct block {
    alignas(16) struct block *next;
    struct block *prev;
    struct machine *owner; /* NULL: the simulation's own */
    size_t size;
};

struct arena world_arena;
static int world_depth;

void *__real_malloc(size_t);
void __real_free(void *);
void *__wrap_malloc(size_t);
void *__wrap_calloc(size_t, size_t);
void __wrap_free(void *);
void *__wrap_realloc(void *, size_t);

static void *hand_out(struct block *b, size_t size)
{
    if (!b) {
        return NULL;
    }
    struct machine *owner = world_depth > 0 ? NULL : machine_current();
    b->size = size;
    b->owner = owner;
    b->prev = NULL;
    b->next = NULL;
    if (owner) {
        b->next = owner->blocks;
        if (b->next) {
            b->next->prev = b;
        }
        owner->blocks = b;
    }
    return b + 1;
}

void *__wrap_malloc(size_t size)
{
    return hand_out(__real_malloc(sizeof(struct block) + size), size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    void *p = __wrap_malloc(n * size);
    return p ? memset(p, 0, n * size) : NULL;
}

void __wrap_free(void *p)
{
    if (!p) {
        return;
    }
    struct block *b = (struct block *)p - 1;
    if (b->prev) {
        b->prev->next = b->next;
    } else if (b->owner) {
        b->owner->blocks = b->next;
    }
    if (b->next) {
        b->next->prev = b->prev;
    }
    __real_free(b);
}

void *__wrap_realloc(void *p, size_t size)
{
    void *q = __wrap_malloc(size);
    if (p && q) {
        size_t old = ((struct block *)p - 1)->size;
        memcpy(q, p, old < size ? old : size);
        __wrap_free(p);
    }
    return q;
}

void memory_lose(struct machine *m)
{
    while (m->blocks) {
        struct block *next = m->blocks->next;
        __real_free(m->blocks);
        m->blocks = next;
    }
}

/* ---- the world's ----------------------------------------------------------------------------- */

void world_memory_begin(void)
{
    world_depth++;
}

void world_memory_end(void)
{
    CHECK(world_depth > 0);
    world_depth--;
}

void world_memory_reset(void)
{
    world_memory_begin();
    arena_clear(&world_arena);
    world_memory_end();
}

void *world_alloc(size_t size)
{
    world_memory_begin();
    void *p = arena_alloc(&world_arena, size);
    world_memory_end();
    return p;
}

struct str world_str(struct str s)
{
    if (s.n == 0) {
        return STR_EMPTY;
    }
    world_memory_begin();
    struct str copy = str_dup(&world_arena, s);
    world_memory_end();
    return copy;
}
