#include "domain/labels.h"

#include <string.h>

/* Insertion sort: label sets are small and nearly always sorted by the sender already; stable, so
 * that the last of equal names stays last. */
static void sort(struct label *v, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct label item = v[i];
        size_t at = i;
        while (at > 0 && str_cmp(v[at - 1].name, item.name) > 0) {
            v[at] = v[at - 1];
            at--;
        }
        v[at] = item;
    }
}

struct labels labels_make(struct arena *arena, const struct label *v, size_t n)
{
    struct label *sorted = ARENA_ARRAY(arena, struct label, n);
    if (n > 0) {
        memcpy(sorted, v, n * sizeof(*v));
    }
    sort(sorted, n);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        bool is_overridden = i + 1 < n && str_eq(sorted[i].name, sorted[i + 1].name);
        if (!is_overridden && sorted[i].value.n > 0) {
            sorted[kept++] = sorted[i];
        }
    }
    return (struct labels){sorted, kept};
}

struct str labels_get(struct labels labels, struct str name)
{
    for (size_t i = 0; i < labels.n; i++) {
        if (str_eq(labels.v[i].name, name)) {
            return labels.v[i].value;
        }
    }
    return STR_EMPTY;
}

bool labels_equal(struct labels a, struct labels b)
{
    if (a.n != b.n) {
        return false;
    }
    for (size_t i = 0; i < a.n; i++) {
        if (!str_eq(a.v[i].name, b.v[i].name) || !str_eq(a.v[i].value, b.v[i].value)) {
            return false;
        }
    }
    return true;
}

static uint64_t fnv_add(uint64_t h, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        h = (h ^ (unsigned char)s.p[i]) * 1099511628211ULL;
    }
    return (h ^ 0xff) * 1099511628211ULL;
}

uint64_t labels_fingerprint(struct labels labels)
{
    uint64_t h = 14695981039346656037ULL;
    for (size_t i = 0; i < labels.n; i++) {
        h = fnv_add(h, labels.v[i].name);
        h = fnv_add(h, labels.v[i].value);
    }
    return h;
}

struct labels labels_pick(struct arena *arena, struct labels labels, const struct str *names,
                          size_t n)
{
    struct label *picked = ARENA_ARRAY(arena, struct label, labels.n);
    size_t kept = 0;
    for (size_t i = 0; i < labels.n; i++) {
        for (size_t k = 0; k < n; k++) {
            if (str_eq(labels.v[i].name, names[k])) {
                picked[kept++] = labels.v[i];
                break;
            }
        }
    }
    return (struct labels){picked, kept};
}

struct labels labels_dup(struct arena *arena, struct labels labels)
{
    struct label *copy = ARENA_ARRAY(arena, struct label, labels.n);
    for (size_t i = 0; i < labels.n; i++) {
        copy[i].name = str_dup(arena, labels.v[i].name);
        copy[i].value = str_dup(arena, labels.v[i].value);
    }
    return (struct labels){copy, labels.n};
}
