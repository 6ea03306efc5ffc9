#pragma once
/* once — what is made at its first use, by whichever thread comes first; the others wait for it.
 * Layer: base. Any thread.
 *
 *     static struct once tables = ONCE_INIT;
 *     once_run(&tables, make_tables); */
#include "base/check.h"

#include <pthread.h>

struct once {
    pthread_once_t state;
};
#define ONCE_INIT                                                                                  \
    {                                                                                              \
        PTHREAD_ONCE_INIT                                                                          \
    }

static inline void once_run(struct once *once, void (*make)(void))
{
    CHECK(pthread_once(&once->state, make) == 0);
}
