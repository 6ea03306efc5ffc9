#include "domain/route.h"

#include "base/vec.h"

struct walk {
    struct arena *arena;
    struct labels labels;
    VEC(const struct route *) hits;
};

static bool visit(struct walk *walk, const struct route *node)
{
    if (!matchers_match(node->matchers, walk->labels)) {
        return false;
    }
    bool is_taken_below = false;
    for (size_t i = 0; i < node->n_children; i++) {
        if (visit(walk, &node->children[i])) {
            is_taken_below = true;
            if (!node->children[i].continues) {
                break;
            }
        }
    }
    if (!is_taken_below) {
        VEC_PUSH(walk->arena, &walk->hits, node);
    }
    return true;
}

struct route_hits route_match(const struct route *root, struct labels labels, struct arena *arena)
{
    struct walk walk = {.arena = arena, .labels = labels};
    visit(&walk, root);
    return (struct route_hits){walk.hits.v, walk.hits.n};
}

struct labels route_group_labels(const struct route *route, struct labels labels,
                                 struct arena *arena)
{
    return route->groups_by_all ? labels
                                : labels_pick(arena, labels, route->group_by, route->n_group_by);
}
