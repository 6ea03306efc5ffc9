#include "base/arena.h"

#include "base/check.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_SIZE = 32 * 1024 };

/* Under ASan whatever was not handed out is off limits and blocks are set apart, so that running
 * over the end of one is reported although its neighbour is ours too. */
#if defined(__SANITIZE_ADDRESS__)
#define HAS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ASAN 1
#endif
#endif
#ifdef HAS_ASAN
#include <sanitizer/asan_interface.h>
enum { RED_ZONE = 16 };
#else
#define ASAN_POISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
enum { RED_ZONE = 0 };
#endif

struct arena_chunk {
    struct arena_chunk *next;
    size_t size;
    size_t used;
    alignas(max_align_t) unsigned char data[];
};

struct arena_cleanup {
    struct arena_cleanup *next;
    void (*fn)(void *);
    void *ptr;
};

void arena_init(struct arena *a)
{
    *a = (struct arena){0};
}

static void run_cleanups(struct arena *a)
{
    while (a->cleanup) {
        struct arena_cleanup *c = a->cleanup;
        a->cleanup = c->next;
        c->fn(c->ptr);
    }
}

static void drop_chunk(struct arena_chunk *c)
{
    ASAN_UNPOISON_MEMORY_REGION(c->data, c->size);
    free(c);
}

void arena_release(struct arena *a)
{
    run_cleanups(a);
    while (a->chunk) {
        struct arena_chunk *next = a->chunk->next;
        drop_chunk(a->chunk);
        a->chunk = next;
    }
    a->used = 0;
}

void arena_clear(struct arena *a)
{
    run_cleanups(a);
    struct arena_chunk *kept = NULL;
    while (a->chunk) {
        struct arena_chunk *next = a->chunk->next;
        if (!kept && a->chunk->size == CHUNK_SIZE) {
            kept = a->chunk;
        } else {
            drop_chunk(a->chunk);
        }
        a->chunk = next;
    }
    if (kept) {
        kept->next = NULL;
        kept->used = 0;
        ASAN_POISON_MEMORY_REGION(kept->data, kept->size);
    }
    a->chunk = kept;
    a->used = 0;
}

static struct arena_chunk *chunk_new(size_t size)
{
    struct arena_chunk *c = malloc(sizeof(*c) + size);
    if (!c) {
        fprintf(stderr, "alertify: out of memory (%zu bytes)\n", size);
        abort();
    }
    c->next = NULL;
    c->size = size;
    c->used = 0;
    return c;
}

void arena_init_sized(struct arena *a, size_t first)
{
    CHECK(first <= SIZE_MAX / 2);
    const size_t align = alignof(max_align_t);
    *a = (struct arena){.chunk = chunk_new((first + align - 1) & ~(align - 1))};
}

static struct arena_chunk *add_chunk(struct arena *a, size_t need)
{
    struct arena_chunk *c = chunk_new(need > CHUNK_SIZE ? need : CHUNK_SIZE);
    /* A big block goes behind the current chunk, so that the rest of that chunk stays in use. */
    if (a->chunk && need > CHUNK_SIZE / 4) {
        c->next = a->chunk->next;
        a->chunk->next = c;
    } else {
        c->next = a->chunk;
        a->chunk = c;
    }
    return c;
}

void *arena_alloc(struct arena *a, size_t size)
{
    const size_t align = alignof(max_align_t);
    CHECK(size <= SIZE_MAX / 2);
    size_t need = (size + align - 1) & ~(align - 1);
    if (need == 0) {
        need = align;
    }
    a->used += need;
    need += RED_ZONE;
    struct arena_chunk *c = a->chunk;
    if (!c || c->size - c->used < need) {
        c = add_chunk(a, need);
    }
    void *p = c->data + c->used;
    c->used += need;
    ASAN_POISON_MEMORY_REGION(p, need);
    ASAN_UNPOISON_MEMORY_REGION(p, size);
    return memset(p, 0, size);
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
    size_t total;
    CHECK(!__builtin_mul_overflow(n, size, &total));
    return arena_alloc(a, total);
}

char *arena_dup(struct arena *a, const void *p, size_t n)
{
    char *copy = arena_alloc(a, n + 1);
    if (n > 0) {
        memcpy(copy, p, n);
    }
    return copy;
}

void arena_defer(struct arena *a, void (*fn)(void *), void *ptr)
{
    struct arena_cleanup *c = ARENA_NEW(a, struct arena_cleanup);
    *c = (struct arena_cleanup){.next = a->cleanup, .fn = fn, .ptr = ptr};
    a->cleanup = c;
}
