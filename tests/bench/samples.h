#pragma once
/* samples — durations of one run, and what the benchmarks print about them.
 * Owner: the caller; grows until the process ends. One thread. */
#include "base/check.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct samples {
    int64_t *v; /* microseconds */
    size_t n, capacity;
};

static inline void samples_add(struct samples *s, int64_t us)
{
    if (s->n == s->capacity) {
        s->capacity = s->capacity ? 2 * s->capacity : 65536;
        s->v = realloc(s->v, s->capacity * sizeof(*s->v));
        CHECK(s->v);
    }
    s->v[s->n++] = us;
}

static inline int samples_compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Of sorted samples; permille 500 is the median. */
static inline int64_t samples_at(const struct samples *s, unsigned permille)
{
    size_t i = s->n * permille / 1000;
    return s->n == 0 ? 0 : s->v[i < s->n ? i : s->n - 1];
}

/* Sorts, and prints the members of a JSON object: "p50_us":…,"p99_us":…,"max_us":… */
static inline void samples_print(struct samples *s)
{
    if (s->n > 0) {
        qsort(s->v, s->n, sizeof(*s->v), samples_compare);
    }
    printf("\"p50_us\":%lld,\"p99_us\":%lld,\"max_us\":%lld", (long long)samples_at(s, 500),
           (long long)samples_at(s, 990), (long long)samples_at(s, 1000));
}
