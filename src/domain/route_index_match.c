/* The walk over candidates only. */
#include "domain/route_index_parts.h"

/* A label of the set whose name occurs in the tree. */
struct seen {
    struct label label;
    uint64_t name_hash, value_hash;
};

/* What is left of one list of candidates. */
struct cursor {
    const uint32_t *at, *end;
};

/* The answer of an expression that several routes use. */
enum { ANSWER_NO = 1, ANSWER_YES };

struct walk {
    const struct route_index *index;
    struct arena *arena;
    struct seen *seen;
    size_t n_seen;
    struct str *values; /* by number of the name; empty: missing */
    uint8_t *answers;   /* NULL until the first is needed */
    VEC(struct cursor) cursors;
    VEC(const struct route *) hits;
};

static void look_at_labels(struct walk *w, struct labels labels)
{
    w->seen = ARENA_ARRAY(w->arena, struct seen, labels.n);
    w->values = ARENA_ARRAY(w->arena, struct str, w->index->n_names);
    for (size_t i = 0; i < labels.n; i++) {
        const struct label *label = &labels.v[i];
        uint64_t hash = route_text_hash(label->name);
        const uint32_t *number = route_table_get(&w->index->names, 0, label->name, hash);
        if (number && label->value.n > 0) {
            w->values[*number] = label->value;
            w->seen[w->n_seen++] = (struct seen){*label, hash, route_text_hash(label->value)};
        }
    }
}

/* --- candidates ------------------------------------------------------------------------------ */

static void add_cursor(struct walk *w, const struct route_positions *list)
{
    if (list && list->n > 0) {
        struct cursor cursor = {list->v, list->v + list->n};
        VEC_PUSH(w->arena, &w->cursors, cursor);
    }
}

/* Every prefix of the value is the last one that is not after it, or one that it begins with. */
static void add_prefixes(struct walk *w, const struct route_group *group, struct str value)
{
    size_t low = 0, high = group->prefixes.n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_cmp(group->prefixes.v[middle]->text, value) <= 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    const struct route_prefix *prefix = low > 0 ? group->prefixes.v[low - 1] : NULL;
    for (; prefix; prefix = prefix->shorter) {
        if (str_starts_with(value, prefix->text)) {
            add_cursor(w, &prefix->children);
        }
    }
}

/* Lists of the pieces of a value; a piece that comes twice counts once. */
static void add_grams(struct walk *w, const struct route_group *group, struct str value)
{
    static const size_t lengths[GRAM_KINDS] = {GRAM_SHORT, GRAM_LONG};
    size_t base = w->cursors.n;
    for (size_t kind = 0; kind < GRAM_KINDS; kind++) {
        size_t n = lengths[kind];
        for (size_t at = 0; group->has_grams[kind] && at + n <= value.n; at++) {
            struct str gram = {value.p + at, n};
            const struct route_positions *list =
                route_table_get(&w->index->grams, group->id, gram, route_text_hash(gram));
            bool is_new = list;
            for (size_t i = base; is_new && i < w->cursors.n; i++) {
                is_new = w->cursors.v[i].at != list->v;
            }
            if (is_new) {
                add_cursor(w, list);
            }
        }
    }
}

static void add_cursors(struct walk *w, const struct route_node *node)
{
    add_cursor(w, &node->always);
    for (size_t i = 0; i < node->missing.n; i++) {
        if (w->values[node->missing.v[i]->name].n == 0) {
            add_cursor(w, &node->missing.v[i]->missing);
        }
    }
    for (size_t i = 0; node->has_groups && i < w->n_seen; i++) {
        const struct seen *seen = &w->seen[i];
        const struct route_group *group =
            route_table_get(&w->index->groups, node->id, seen->label.name, seen->name_hash);
        if (group) {
            add_cursor(w, route_table_get(&w->index->values, group->id, seen->label.value,
                                          seen->value_hash));
            add_cursor(w, &group->present);
            add_prefixes(w, group, seen->label.value);
            add_grams(w, group, seen->label.value);
        }
    }
}

/* The lowest position of all lists from `base` on; no position is in two of them. */
static bool next_candidate(struct walk *w, size_t base, uint32_t *ret)
{
    struct cursor *lowest = NULL;
    for (size_t i = base; i < w->cursors.n; i++) {
        struct cursor *cursor = &w->cursors.v[i];
        if (cursor->at < cursor->end && (!lowest || *cursor->at < *lowest->at)) {
            lowest = cursor;
        }
    }
    if (lowest) {
        *ret = *lowest->at++;
    }
    return lowest;
}

/* --- the walk -------------------------------------------------------------------------------- */

static bool expression_matches(struct walk *w, const struct route_check *check, struct str value)
{
    const struct pattern *pattern = check->matcher->pattern;
    if (check->memo == 0) {
        return pattern->matches(pattern, value);
    }
    if (!w->answers) {
        w->answers = ARENA_ARRAY(w->arena, uint8_t, w->index->n_memos);
    }
    uint8_t *answer = &w->answers[check->memo - 1];
    if (*answer == 0) {
        *answer = pattern->matches(pattern, value) ? ANSWER_YES : ANSWER_NO;
    }
    return *answer == ANSWER_YES;
}

static bool check_holds(struct walk *w, const struct route_check *check)
{
    struct str value = w->values[check->name];
    switch (check->matcher->op) {
    case MATCHER_EQ:
        return str_eq(value, check->matcher->value);
    case MATCHER_NE:
        return !str_eq(value, check->matcher->value);
    case MATCHER_RE:
        return expression_matches(w, check, value);
    case MATCHER_NRE:
        return !expression_matches(w, check, value);
    case matcher_op_COUNT:
        break;
    }
    UNREACHABLE("matcher operator");
}

static bool checks_hold(struct walk *w, const struct route_node *node)
{
    for (size_t i = 0; i < node->n_checks; i++) {
        if (!check_holds(w, &node->checks[i])) {
            return false;
        }
    }
    return true;
}

/* The node's own matchers hold. */
static void take(struct walk *w, const struct route_node *node)
{
    bool is_taken_below = false;
    size_t base = w->cursors.n;
    uint32_t position;
    add_cursors(w, node);
    while (next_candidate(w, base, &position)) {
        const struct route_node *child = &node->children[position];
        if (checks_hold(w, child)) {
            take(w, child);
            is_taken_below = true;
            if (!child->route->continues) {
                break;
            }
        }
    }
    w->cursors.n = base;
    if (!is_taken_below) {
        VEC_PUSH(w->arena, &w->hits, node->route);
    }
}

struct route_hits route_index_match(const struct route_index *index, struct labels labels,
                                    struct arena *arena)
{
    struct walk walk = {.index = index, .arena = arena};
    look_at_labels(&walk, labels);
    if (checks_hold(&walk, &index->root)) {
        take(&walk, &index->root);
    }
    return (struct route_hits){walk.hits.v, walk.hits.n};
}
