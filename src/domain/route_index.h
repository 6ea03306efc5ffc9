#pragma once
/* route_index — the routing tree prepared so that matching does not grow with the routes that
 * cannot match. The answer is that of route_match (domain/route.h), which stays the reference.
 *
 * Among the children of a node each is filed under its most selective condition: the values of a
 * label (equality; an expression that is an alternation of literals), what a label begins with (an
 * expression with literal prefixes), a piece of what it contains (an expression with a literal text
 * elsewhere), that the label is there at all (other expressions, != ""), that it is missing (= ""),
 * or under nothing (what an alert without the label may match, too). For a label set only the
 * candidates are looked at, in the order of the tree, so that `continue` means what it means in the
 * plain walk; an expression used by several routes is run once per label set.
 * Layer: domain. Owner: the arena given, which must not outlive the routes. Immutable, any thread.
 *
 *     const struct route_index *index = route_index_new(arena, &settings->root);
 *     struct route_hits hits = route_index_match(index, alert->labels, batch_arena);
 */
#include "domain/route.h"

struct route_index;

const struct route_index *route_index_new(struct arena *, const struct route *root);
/* As route_match. Takes a few KiB of the arena. */
struct route_hits route_index_match(const struct route_index *, struct labels, struct arena *);
