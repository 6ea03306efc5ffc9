#pragma once
/* inhibit — alerts that keep others quiet, with Alertmanager's rules (inhibit/inhibit.go): a target
 * is muted while some firing source has the same values in all `equal` labels (missing is empty).
 * An alert that matches both sides is not muted by one that matches both, too. Sources count even
 * when they are muted themselves. Unlike Alertmanager's index of one source per set of values this
 * one also keeps a source that matches only its side, so no such mute is missed.
 *
 *     inhibitor_init(&in, arena, rules, n);
 *     inhibitor_add(&in, labels);              // every firing alert
 *     inhibitor_find(&in, target, &source)
 *     inhibitor_remove(&in, labels);           // one of those that were added
 *
 * Layer: domain. Pure; one thread at a time. */
#include "base/map.h"
#include "domain/matcher.h"

struct inhibit_rule {
    struct str name; /* or empty */
    struct str where;
    struct matchers source, target;
    const struct str *equal;
    size_t n_equal;
};

struct inhibitor {
    struct arena *arena;
    const struct inhibit_rule *rules;
    size_t n_rules;
    struct map *sources; /* one per rule: values of the equal labels → struct inhibit_source */
};

void inhibitor_init(struct inhibitor *, struct arena *, const struct inhibit_rule *, size_t n);
/* A firing alert. The labels are borrowed; one that is added twice has to be removed twice. */
void inhibitor_add(struct inhibitor *, struct labels);
/* It fires no longer. True: some rule counted it as a source. */
bool inhibitor_remove(struct inhibitor *, struct labels);
/* The first rule that mutes the target, and the alert that does; NULL: none. When several did, the
 * alert may be one of those that were removed meanwhile. */
const struct inhibit_rule *inhibitor_find(const struct inhibitor *, struct labels target,
                                          struct labels *ret_source);
