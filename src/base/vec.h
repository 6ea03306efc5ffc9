#pragma once
/* vec — a growing array in an arena. Old storage stays in the arena until it ends.
 *
 *     VEC(struct alert) alerts = {0};
 *     VEC_PUSH(arena, &alerts, alert);
 *     for (size_t i = 0; i < alerts.n; i++) use(&alerts.v[i]);
 *
 * Layer: base. */
#include "base/arena.h"

#include <string.h>

#define VEC(T)                                                                                     \
    struct {                                                                                       \
        T *v;                                                                                      \
        size_t n, cap;                                                                             \
    }

#define VEC_PUSH(arena, vec, item)                                                                 \
    do {                                                                                           \
        if ((vec)->n == (vec)->cap) {                                                              \
            (vec)->v = vec_grow((arena), (vec)->v, (vec)->n, &(vec)->cap, sizeof(*(vec)->v));      \
        }                                                                                          \
        (vec)->v[(vec)->n] = (item);                                                               \
        (vec)->n++;                                                                                \
    } while (0)

static inline void *vec_grow(struct arena *a, const void *old, size_t n, size_t *cap, size_t size)
{
    *cap = *cap ? *cap * 2 : 8;
    void *grown = arena_array(a, *cap, size);
    if (n > 0) {
        memcpy(grown, old, n * size);
    }
    return grown;
}
