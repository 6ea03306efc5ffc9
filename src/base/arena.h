#pragma once
/* arena — memory for one unit of work (a request, a batch, a delivery, a configuration).
 *
 * Everything built for the unit lives in its arena and dies with it; nothing is freed singly.
 * Foreign handles (PGresult, json_t, CURL, fds) are tied to it with arena_defer on the line after
 * they are obtained; they are released last-in first-out.
 * Out of memory aborts: inputs are bounded instead (style: 3.4).
 * Layer: base. Owner: whoever called arena_init. One thread at a time.
 *
 *     struct arena a;
 *     arena_init(&a);
 *     struct alert *alert = ARENA_NEW(&a, struct alert);
 *     arena_release(&a);
 */
#include <stddef.h>

struct arena_chunk;
struct arena_cleanup;

struct arena {
    struct arena_chunk *chunk;     /* newest first */
    struct arena_cleanup *cleanup; /* newest first */
    size_t used;                   /* bytes handed out, for limits and tests */
};

void arena_init(struct arena *);

/* As arena_init, with a first chunk of about that many bytes instead of the usual 32 KiB: for units
 * of work that are many and whose size is known (an exchange). */
void arena_init_sized(struct arena *, size_t first);

/* Runs the deferred releases, then frees all memory. The arena may be used again. */
void arena_release(struct arena *);

/* As arena_release, but keeps one chunk for the next unit of work (hot loops). */
void arena_clear(struct arena *);

/* Zeroed memory aligned for any type; never NULL; size 0 gives a unique address. */
void *arena_alloc(struct arena *, size_t size);

/* Zeroed array; aborts when n * size overflows. */
void *arena_array(struct arena *, size_t n, size_t size);

/* A copy of n bytes followed by a NUL (not counted). p may be NULL when n is 0. */
char *arena_dup(struct arena *, const void *p, size_t n);

/* Calls fn(ptr) when the arena is released or cleared. */
void arena_defer(struct arena *, void (*fn)(void *), void *ptr);

#define ARENA_NEW(a, T) ((T *)arena_alloc((a), sizeof(T)))
#define ARENA_ARRAY(a, T, n) ((T *)arena_array((a), (n), sizeof(T)))
