#pragma once
/* route — the routing tree and its walk, with Alertmanager's semantics (dispatch/route.go):
 * depth first; a node is the result only if none of its children match; the first matching child
 * without `continue` ends the walk among its siblings. Layer: domain. Immutable. */
#include "domain/interval.h"
#include "domain/receiver.h"

struct intervals {
    const struct interval *const *v;
    size_t n;
};

struct route {
    struct str where; /* "routes/alertify.yml:52:7" */
    const struct receiver *receiver;
    struct matchers matchers;
    bool continues;
    struct intervals mute, active; /* never inherited */
    int64_t hold_us;               /* group_wait, inherited; for receivers without a hold */
    bool groups_by_all;            /* group_by: ['...'] */
    const struct str *group_by;    /* sorted, unique */
    size_t n_group_by;
    const struct route *children;
    size_t n_children;
};

struct route_hits {
    const struct route **v;
    size_t n;
};

/* Every node that takes the alert, in order; at least the root (it has no matchers). */
struct route_hits route_match(const struct route *root, struct labels, struct arena *);
/* The labels that make alerts of this node one incident. */
struct labels route_group_labels(const struct route *, struct labels, struct arena *);
