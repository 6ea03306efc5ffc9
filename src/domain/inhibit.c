#include "domain/inhibit.h"

/* Firing alerts of one rule with the same values. */
struct inhibit_source {
    struct labels any;       /* matches the source side */
    struct labels one_sided; /* and not the target side */
    bool has_one_sided;
};

enum { KEY_MAX = 1 << 20 };

void inhibitor_init(struct inhibitor *in, struct arena *arena, const struct inhibit_rule *rules,
                    size_t n)
{
    *in = (struct inhibitor){.arena = arena, .rules = rules, .n_rules = n};
    in->sources = ARENA_ARRAY(arena, struct map, n);
    for (size_t i = 0; i < n; i++) {
        map_init(&in->sources[i], arena);
    }
}

/* Lengths before values: no two lists of values look the same. */
static struct str values_key(struct arena *arena, const struct inhibit_rule *rule,
                             struct labels labels)
{
    struct strbuf key;
    strbuf_init(&key, arena, KEY_MAX);
    for (size_t i = 0; i < rule->n_equal; i++) {
        struct str value = labels_get(labels, rule->equal[i]);
        strbuf_printf(&key, "%zu:", value.n);
        strbuf_add(&key, value);
    }
    return strbuf_str(&key);
}

void inhibitor_add(struct inhibitor *in, struct labels labels)
{
    for (size_t i = 0; i < in->n_rules; i++) {
        const struct inhibit_rule *rule = &in->rules[i];
        if (!matchers_match(rule->source, labels)) {
            continue;
        }
        struct str key = values_key(in->arena, rule, labels);
        struct inhibit_source *source = map_get(&in->sources[i], key);
        if (!source) {
            source = ARENA_NEW(in->arena, struct inhibit_source);
            *source = (struct inhibit_source){.any = labels};
            map_add(&in->sources[i], key, source);
        }
        if (!source->has_one_sided && !matchers_match(rule->target, labels)) {
            source->has_one_sided = true;
            source->one_sided = labels;
        }
    }
}

const struct inhibit_rule *inhibitor_find(const struct inhibitor *in, struct labels target,
                                          struct labels *ret_source)
{
    for (size_t i = 0; i < in->n_rules; i++) {
        const struct inhibit_rule *rule = &in->rules[i];
        if (!matchers_match(rule->target, target)) {
            continue;
        }
        const struct inhibit_source *source =
            map_get(&in->sources[i], values_key(in->arena, rule, target));
        bool is_two_sided = matchers_match(rule->source, target);
        if (source && (!is_two_sided || source->has_one_sided)) {
            *ret_source = is_two_sided ? source->one_sided : source->any;
            return rule;
        }
    }
    return NULL;
}
