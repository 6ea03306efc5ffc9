#include "base/thread_arena.h"

#include "base/check.h"

#include <pthread.h>
#include <stdlib.h>

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void release(void *arena)
{
    arena_release(arena);
    free(arena);
}

static void make_key(void)
{
    CHECK(pthread_key_create(&key, release) == 0);
}

struct arena *thread_arena(void)
{
    CHECK(pthread_once(&once, make_key) == 0);
    struct arena *arena = pthread_getspecific(key);
    if (!arena) {
        arena = malloc(sizeof(*arena));
        CHECK(arena);
        arena_init(arena);
        CHECK(pthread_setspecific(key, arena) == 0);
    }
    return arena;
}
