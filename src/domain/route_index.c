/* Building the index; route_index_match.c uses it. */
#include "domain/route_index_parts.h"

#include <stdlib.h>

/* Fewer children than these are looked at one by one. */
enum { CHILDREN_MIN = 4, NEEDLE_ENOUGH = 32 };

/* Where a route is filed among its siblings. */
enum key_kind { KEY_ALWAYS, KEY_MISSING, KEY_PRESENT, KEY_GRAM, KEY_PREFIX, KEY_VALUE, KEY_KINDS };

struct key {
    enum key_kind kind;
    const struct matcher *matcher;
    struct str gram; /* GRAM: a piece of the matcher's needle */
    uint64_t cost;   /* a guess at how often it will be a candidate in vain */
};

struct build {
    struct arena *arena;
    struct arena scratch; /* while one node is built */
    struct route_index *index;
    struct route_table patterns; /* name, expression → struct route_pattern */
    struct route_table counts;   /* name and kind, text → size_t: siblings that ask for it */
};

static uint32_t name_number(struct build *b, struct str name)
{
    void **at = route_table_at(&b->index->names, 0, name);
    if (!*at) {
        uint32_t *number = ARENA_NEW(b->arena, uint32_t);
        *number = b->index->n_names++;
        *at = number;
    }
    return *(uint32_t *)*at;
}

/* --- expressions that several routes use ----------------------------------------------------- */

static bool is_expression(const struct matcher *m)
{
    return (m->op == MATCHER_RE || m->op == MATCHER_NRE) && !m->pattern->literals;
}

static struct route_pattern *find_pattern(struct build *b, const struct matcher *m)
{
    void **at = route_table_at(&b->patterns, name_number(b, m->name), m->value);
    if (!*at) {
        *at = ARENA_NEW(b->patterns.arena, struct route_pattern);
    }
    return *at;
}

static void count_patterns(struct build *b, const struct route *route)
{
    for (size_t i = 0; i < route->matchers.n; i++) {
        if (is_expression(&route->matchers.v[i])) {
            find_pattern(b, &route->matchers.v[i])->n_uses++;
        }
    }
    for (size_t i = 0; i < route->n_children; i++) {
        count_patterns(b, &route->children[i]);
    }
}

/* --- the key of a route ---------------------------------------------------------------------- */

static size_t *count_of(struct build *b, uint32_t name, enum key_kind kind, struct str text)
{
    void **at = route_table_at(&b->counts, name * KEY_KINDS + kind, text);
    if (!*at) {
        *at = ARENA_NEW(&b->scratch, size_t);
    }
    return *at;
}

static bool is_match(const struct matcher *m, struct str value)
{
    bool is_found = m->op == MATCHER_EQ || m->op == MATCHER_NE
                        ? str_eq(value, m->value)
                        : m->pattern->matches(m->pattern, value);
    return is_found == (m->op == MATCHER_EQ || m->op == MATCHER_RE);
}

static enum key_kind kind_of(const struct matcher *m)
{
    bool takes_missing = is_match(m, STR_EMPTY);
    if (m->op == MATCHER_EQ) {
        return takes_missing ? KEY_MISSING : KEY_VALUE;
    }
    if (m->op == MATCHER_RE && m->pattern->literals) {
        return KEY_VALUE; /* also "", among others */
    }
    if (takes_missing) {
        return KEY_ALWAYS;
    }
    return m->op == MATCHER_RE && m->pattern->prefixes ? KEY_PREFIX : KEY_PRESENT;
}

/* The texts of a VALUE or PREFIX key. */
static const struct str *texts_of(const struct matcher *m, enum key_kind kind, size_t *ret_n)
{
    if (m->op == MATCHER_EQ) {
        *ret_n = 1;
        return &m->value;
    }
    *ret_n = kind == KEY_PREFIX ? m->pattern->n_prefixes : m->pattern->n_literals;
    return kind == KEY_PREFIX ? m->pattern->prefixes : m->pattern->literals;
}

/* 0 when the expression has no needle that is long enough. */
static size_t gram_length(const struct matcher *m)
{
    size_t n = m->op == MATCHER_RE && !m->pattern->literals ? m->pattern->needle.n : 0;
    return n >= GRAM_LONG ? GRAM_LONG : n >= GRAM_SHORT ? GRAM_SHORT : 0;
}

static size_t n_grams(const struct matcher *m)
{
    size_t length = gram_length(m), n = length > 0 ? m->pattern->needle.n : 0;
    return length == 0 ? 0 : (n < NEEDLE_ENOUGH ? n : NEEDLE_ENOUGH) - length + 1;
}

static struct str gram_at(const struct matcher *m, size_t at)
{
    return str_slice(m->pattern->needle, at, at + gram_length(m));
}

static void count_grams(struct build *b, const struct matcher *m)
{
    for (size_t i = 0; i < n_grams(m); i++) {
        (*count_of(b, name_number(b, m->name), KEY_GRAM, gram_at(m, i)))++;
    }
}

static struct str rarest_gram(struct build *b, const struct matcher *m, size_t *ret_count)
{
    struct str rarest = STR_EMPTY;
    *ret_count = SIZE_MAX;
    for (size_t i = 0; i < n_grams(m); i++) {
        size_t count = *count_of(b, name_number(b, m->name), KEY_GRAM, gram_at(m, i));
        if (count < *ret_count) {
            *ret_count = count;
            rarest = gram_at(m, i);
        }
    }
    return rarest;
}

static void count_keys(struct build *b, const struct route *route)
{
    for (size_t i = 0; i < route->matchers.n; i++) {
        const struct matcher *m = &route->matchers.v[i];
        enum key_kind kind = kind_of(m);
        size_t n = 0;
        const struct str *texts = kind >= KEY_PREFIX ? texts_of(m, kind, &n) : NULL;
        for (size_t k = 0; k < n; k++) {
            (*count_of(b, name_number(b, m->name), kind, texts[k]))++;
        }
        count_grams(b, m);
    }
}

static uint64_t cost_of(struct build *b, const struct matcher *m, enum key_kind kind)
{
    static const uint64_t often = 1 << 30;
    size_t n = 0;
    uint64_t cost = 0;
    switch (kind) {
    case KEY_ALWAYS:
        return 4 * often;
    case KEY_MISSING:
        return 3 * often;
    case KEY_PRESENT: /* != "" can only filter by presence; an expression is run once, too */
        return 2 * often + (m->op == MATCHER_NE);
    case KEY_GRAM:
    case KEY_PREFIX:
    case KEY_VALUE:
    case KEY_KINDS:
        break;
    }
    const struct str *texts = texts_of(m, kind, &n);
    for (size_t i = 0; i < n; i++) {
        cost += *count_of(b, name_number(b, m->name), kind, texts[i]);
        cost += texts[i].n == 0 ? 3 * often : 0;
    }
    return kind == KEY_PREFIX ? 2 * cost + 4 : cost; /* an expression still has to be run */
}

static struct key choose_key(struct build *b, const struct route *route)
{
    struct key best = {.kind = KEY_ALWAYS, .cost = UINT64_MAX};
    for (size_t i = 0; i < route->matchers.n; i++) {
        const struct matcher *m = &route->matchers.v[i];
        enum key_kind kind = kind_of(m);
        uint64_t cost = cost_of(b, m, kind);
        if (cost < best.cost) {
            best = (struct key){kind, kind == KEY_ALWAYS ? NULL : m, STR_EMPTY, cost};
        }
        size_t count;
        struct str gram = rarest_gram(b, m, &count);
        if (gram.n > 0 && 2 * count + 8 < best.cost) { /* pieces of values have to be looked up */
            best = (struct key){KEY_GRAM, m, gram, 2 * count + 8};
        }
    }
    return best;
}

/* --- filing ---------------------------------------------------------------------------------- */

static void add_position(struct build *b, struct route_positions *list, uint32_t position)
{
    VEC_PUSH(b->arena, list, position);
}

static struct route_group *group_of(struct build *b, struct route_node *node, struct str name)
{
    void **at = route_table_at(&b->index->groups, node->id, name);
    if (!*at) {
        struct route_group *group = ARENA_NEW(b->arena, struct route_group);
        group->id = b->index->n_groups++;
        group->name = name_number(b, name);
        node->has_groups = true;
        *at = group;
    }
    return *at;
}

static void file_missing(struct build *b, struct route_node *node, struct route_group *group,
                         uint32_t position)
{
    if (group->missing.n == 0) {
        VEC_PUSH(b->arena, &node->missing, group);
    }
    add_position(b, &group->missing, position);
}

static void file_values(struct build *b, struct route_node *node, struct route_group *group,
                        const struct matcher *m, uint32_t position)
{
    size_t n;
    const struct str *texts = texts_of(m, KEY_VALUE, &n);
    for (size_t i = 0; i < n; i++) {
        if (texts[i].n == 0) {
            file_missing(b, node, group, position);
            continue;
        }
        void **at = route_table_at(&b->index->values, group->id, texts[i]);
        if (!*at) {
            *at = ARENA_NEW(b->arena, struct route_positions);
        }
        add_position(b, *at, position);
    }
}

static void file_gram(struct build *b, struct route_group *group, struct str gram,
                      uint32_t position)
{
    void **at = route_table_at(&b->index->grams, group->id, gram);
    if (!*at) {
        *at = ARENA_NEW(b->arena, struct route_positions);
    }
    add_position(b, *at, position);
    group->has_grams[gram.n == GRAM_LONG] = true;
}

static void file_prefixes(struct build *b, struct route_group *group, struct route_table *prefixes,
                          const struct matcher *m, uint32_t position)
{
    for (size_t i = 0; i < m->pattern->n_prefixes; i++) {
        void **at = route_table_at(prefixes, group->id, m->pattern->prefixes[i]);
        if (!*at) {
            struct route_prefix *made = ARENA_NEW(b->arena, struct route_prefix);
            made->text = m->pattern->prefixes[i];
            *at = made;
            VEC_PUSH(b->arena, &group->prefixes, made);
        }
        struct route_prefix *prefix = *at;
        add_position(b, &prefix->children, position);
    }
}

static int by_prefix(const void *a, const void *b)
{
    const struct route_prefix *const *left = a, *const *right = b;
    return str_cmp((*left)->text, (*right)->text);
}

static void link_prefixes(struct route_group *group)
{
    qsort(group->prefixes.v, group->prefixes.n, sizeof(*group->prefixes.v), by_prefix);
    for (size_t i = 1; i < group->prefixes.n; i++) {
        struct route_prefix *prefix = group->prefixes.v[i];
        const struct route_prefix *shorter = group->prefixes.v[i - 1];
        while (shorter && !str_starts_with(prefix->text, shorter->text)) {
            shorter = shorter->shorter;
        }
        prefix->shorter = shorter;
    }
}

/* --- conditions that remain ------------------------------------------------------------------ */

/* Does the key say all that the matcher says? */
static bool is_settled(const struct key *key, const struct matcher *m)
{
    return m == key->matcher && (key->kind == KEY_VALUE || key->kind == KEY_MISSING ||
                                 (key->kind == KEY_PRESENT && m->op == MATCHER_NE));
}

static unsigned price(const struct matcher *m)
{
    bool is_plain = m->op == MATCHER_EQ || m->op == MATCHER_NE;
    return is_plain ? 0 : is_expression(m) ? 2 : 1;
}

static uint32_t memo_of(struct build *b, const struct matcher *m)
{
    if (!is_expression(m)) {
        return 0;
    }
    struct route_pattern *pattern = find_pattern(b, m);
    if (pattern->n_uses > 1 && pattern->memo == 0) {
        pattern->memo = ++b->index->n_memos;
    }
    return pattern->memo;
}

static void add_checks(struct build *b, struct route_node *node, const struct key *key)
{
    struct matchers matchers = node->route->matchers;
    struct route_check *checks = ARENA_ARRAY(b->arena, struct route_check, matchers.n);
    for (unsigned at_price = 0; at_price <= 2; at_price++) {
        for (size_t i = 0; i < matchers.n; i++) {
            const struct matcher *m = &matchers.v[i];
            if (price(m) == at_price && !is_settled(key, m)) {
                checks[node->n_checks++] =
                    (struct route_check){m, name_number(b, m->name), memo_of(b, m)};
            }
        }
    }
    node->checks = checks;
}

/* --- nodes ----------------------------------------------------------------------------------- */

static void file_child(struct build *b, struct route_node *node, struct route_table *prefixes,
                       const struct key *key, uint32_t position)
{
    struct route_group *group = key->matcher ? group_of(b, node, key->matcher->name) : NULL;
    switch (key->kind) {
    case KEY_ALWAYS:
        add_position(b, &node->always, position);
        return;
    case KEY_MISSING:
        file_missing(b, node, group, position);
        return;
    case KEY_PRESENT:
        add_position(b, &group->present, position);
        return;
    case KEY_GRAM:
        file_gram(b, group, key->gram, position);
        return;
    case KEY_PREFIX:
        file_prefixes(b, group, prefixes, key->matcher, position);
        return;
    case KEY_VALUE:
        file_values(b, node, group, key->matcher, position);
        return;
    case KEY_KINDS:
        break;
    }
    UNREACHABLE("kind of key");
}

/* The keys of all children, in scratch memory. */
static const struct key *choose_keys(struct build *b, const struct route *route)
{
    struct key *keys = ARENA_ARRAY(&b->scratch, struct key, route->n_children);
    b->counts = (struct route_table){.arena = &b->scratch};
    for (size_t i = 0; route->n_children >= CHILDREN_MIN && i < route->n_children; i++) {
        count_keys(b, &route->children[i]);
    }
    for (size_t i = 0; route->n_children >= CHILDREN_MIN && i < route->n_children; i++) {
        keys[i] = choose_key(b, &route->children[i]);
    }
    return keys; /* all zero for a few: KEY_ALWAYS */
}

static void link_all_prefixes(struct build *b, struct route_node *node, const struct key *keys)
{
    for (size_t i = 0; i < node->route->n_children; i++) {
        if (keys[i].kind == KEY_PREFIX) {
            struct route_group *group = group_of(b, node, keys[i].matcher->name);
            if (!group->is_linked) {
                link_prefixes(group);
                group->is_linked = true;
            }
        }
    }
}

static void add_children(struct build *b, struct route_node *node)
{
    const struct route *route = node->route;
    struct route_node *children = ARENA_ARRAY(b->arena, struct route_node, route->n_children);
    const struct key *keys = choose_keys(b, route);
    struct route_table prefixes = {.arena = &b->scratch};
    for (size_t i = 0; i < route->n_children; i++) {
        children[i].route = &route->children[i];
        children[i].id = b->index->n_nodes++;
        add_checks(b, &children[i], &keys[i]);
        file_child(b, node, &prefixes, &keys[i], (uint32_t)i);
    }
    link_all_prefixes(b, node, keys);
    node->children = children;
    arena_clear(&b->scratch); /* before the children need it */
    for (size_t i = 0; i < route->n_children; i++) {
        if (children[i].route->n_children > 0) {
            add_children(b, &children[i]);
        }
    }
}

const struct route_index *route_index_new(struct arena *arena, const struct route *root)
{
    struct arena for_patterns;
    struct build b = {.arena = arena, .index = ARENA_NEW(arena, struct route_index)};
    struct route_index *index = b.index;
    arena_init(&b.scratch);
    arena_init(&for_patterns);
    index->names.arena = index->groups.arena = index->values.arena = index->grams.arena = arena;
    b.patterns.arena = &for_patterns;
    index->root.route = root;
    index->n_nodes = 1;
    count_patterns(&b, root);
    add_checks(&b, &index->root, &(struct key){.kind = KEY_ALWAYS});
    add_children(&b, &index->root);
    arena_release(&for_patterns);
    arena_release(&b.scratch);
    return index;
}
