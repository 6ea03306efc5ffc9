#pragma once
/* labels — a set of name/value pairs, sorted by name, names unique, no empty value.
 *
 * A missing label and an empty value are the same thing (Prometheus' data model), so empty values
 * are dropped when the set is made. Annotations use the same type.
 * Layer: domain. Values; memory is the arena's. */
#include "base/str.h"

struct label {
    struct str name, value;
};

struct labels {
    const struct label *v;
    size_t n;
};

/* Sorts and de-duplicates (the last of equal names wins, as in JSON). Copies the array, borrows the
 * text. */
struct labels labels_make(struct arena *, const struct label *v, size_t n);
/* "" if absent. */
struct str labels_get(struct labels, struct str name);
bool labels_equal(struct labels, struct labels);
/* 64-bit FNV-1a over name 0xFF value 0xFF…: Alertmanager's fingerprint (prometheus/common
 * model/signature.go), stable across senders and restarts. */
uint64_t labels_fingerprint(struct labels);
/* Those whose name is in names, in order. */
struct labels labels_pick(struct arena *, struct labels, const struct str *names, size_t n);
/* Deep copy. */
struct labels labels_dup(struct arena *, struct labels);
