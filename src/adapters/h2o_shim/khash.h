#pragma once
/* khash — the layout of the hash table in libh2o's HTTP/2 connection, for reading only.
 *
 * <h2o/http2_internal.h> includes a khash.h that Debian's libh2o-dev does not ship. We only walk
 * the streams of a connection, so only the layout is declared here: open addressing, two flag bits
 * per bucket (empty, deleted), sixteen buckets per flag word. Layer: adapters. Http thread. */
#include <stdint.h>

typedef uint32_t khint_t;
typedef khint_t khiter_t;

#define khash_t(name) struct khash_##name

#define KHASH_MAP_INIT_INT64(name, value_type)                                                     \
    struct khash_##name {                                                                          \
        khint_t n_buckets, size, n_occupied, upper_bound;                                          \
        uint32_t *flags;                                                                           \
        uint64_t *keys;                                                                            \
        value_type *vals;                                                                          \
    };                                                                                             \
    static inline khint_t khash_find_##name(const struct khash_##name *h, uint64_t key)            \
    {                                                                                              \
        khint_t i = 0;                                                                             \
        while (i < h->n_buckets && (!kh_is_used(h, i) || h->keys[i] != key)) {                     \
            i++;                                                                                   \
        }                                                                                          \
        return i;                                                                                  \
    }

#define kh_is_used(h, i) (((h)->flags[(i) >> 4] >> (((i)&15U) << 1) & 3U) == 0)
#define kh_get(name, h, key) khash_find_##name((h), (key))
#define kh_end(h) ((h)->n_buckets)
#define kh_val(h, i) ((h)->vals[i])
