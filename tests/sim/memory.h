#pragma once
/* memory — what the flows allocate belongs to their machine, so that a crash can take it all.
 *
 * The linker redirects malloc, calloc and free of the program's own code here (--wrap). */
#include "base/str.h"
#include "base/vec.h"
#include "sim/scheduler.h"

/* What lives as long as one simulated world, whoever asks for it. */
void world_memory_reset(void);
void *world_alloc(size_t size); /* zeroed */
struct str world_str(struct str);
/* Between the two, allocations belong to no machine. No task may wait meanwhile. */
void world_memory_begin(void);
void world_memory_end(void);
extern struct arena world_arena;
#define WORLD_PUSH(vec, item)                                                                      \
    do {                                                                                           \
        world_memory_begin();                                                                      \
        VEC_PUSH(&world_arena, vec, item);                                                         \
        world_memory_end();                                                                        \
    } while (0)

/* Frees everything that tasks of the machine have allocated and not freed. */
void memory_lose(struct machine *);
