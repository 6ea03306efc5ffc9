#pragma once
/* route_index_parts — what a route index is made of. Layer: domain, private to route_index*.c. */
#include "base/vec.h"
#include "domain/route_index.h"
#include "domain/route_table.h"

/* Children of one node, ascending. */
struct route_positions {
    uint32_t *v;
    size_t n, cap;
};

struct route_prefix {
    struct str text;
    const struct route_prefix *shorter; /* the longest other one that `text` begins with */
    struct route_positions children;
};

/* Expressions with a text in the middle are filed under a piece of it of one of these lengths. */
enum { GRAM_SHORT = 3, GRAM_LONG = 6, GRAM_KINDS = 2 };

/* The children of one node that are filed under one label. */
struct route_group {
    uint32_t id;
    uint32_t name;                       /* number of the label's name */
    struct route_positions present;      /* whatever its value */
    struct route_positions missing;      /* without it */
    VEC(struct route_prefix *) prefixes; /* sorted by text */
    bool has_grams[GRAM_KINDS];          /* short, long */
    bool is_linked;                      /* building: the prefixes are sorted and linked */
};

/* A condition that the key of the route does not settle. */
struct route_check {
    const struct matcher *matcher;
    uint32_t name; /* number of the label's name */
    uint32_t memo; /* 1 + place of the expression's answer; 0: used once */
};

struct route_node {
    const struct route *route;
    uint32_t id;
    const struct route_check *checks; /* cheap ones first */
    size_t n_checks;
    const struct route_node *children; /* as route->children */
    struct route_positions always;
    VEC(const struct route_group *) missing; /* the groups with `missing` */
    bool has_groups;
};

/* An expression on a label. */
struct route_pattern {
    uint32_t n_uses, memo;
};

struct route_index {
    struct route_node root;
    struct route_table names;  /* 0, name → uint32_t: its number */
    struct route_table groups; /* node, name → struct route_group */
    struct route_table values; /* group, value → struct route_positions */
    struct route_table grams;  /* group, piece of a value → struct route_positions */
    uint32_t n_names, n_nodes, n_groups, n_memos;
};
