#include "domain/inhibit.h"

#include "base/digest.h"

enum { KEY_BYTES = 16 };

/* Firing alerts of one rule with the same values. */
struct inhibit_source {
    struct labels any;       /* one that matches the source side */
    struct labels one_sided; /* one that does not match the target side, too */
    int64_t n_any, n_one_sided;
};

void inhibitor_init(struct inhibitor *in, struct arena *arena, const struct inhibit_rule *rules,
                    size_t n)
{
    *in = (struct inhibitor){.arena = arena, .rules = rules, .n_rules = n};
    in->sources = ARENA_ARRAY(arena, struct map, n);
    for (size_t i = 0; i < n; i++) {
        map_init(&in->sources[i], arena);
    }
}

static struct str values_key(const struct inhibit_rule *rule, struct labels labels,
                             uint8_t key[KEY_BYTES])
{
    struct digest digest;
    digest_init(&digest, KEY_BYTES);
    for (size_t i = 0; i < rule->n_equal; i++) {
        digest_add(&digest, labels_get(labels, rule->equal[i]));
    }
    digest_end(&digest, key);
    return (struct str){(const char *)key, KEY_BYTES};
}

void inhibitor_add(struct inhibitor *in, struct labels labels)
{
    for (size_t i = 0; i < in->n_rules; i++) {
        const struct inhibit_rule *rule = &in->rules[i];
        uint8_t bytes[KEY_BYTES];
        if (!matchers_match(rule->source, labels)) {
            continue;
        }
        struct str key = values_key(rule, labels, bytes);
        struct inhibit_source *source = map_get(&in->sources[i], key);
        if (!source) {
            source = ARENA_NEW(in->arena, struct inhibit_source);
            map_add(&in->sources[i], str_dup(in->arena, key), source);
        }
        source->any = source->n_any == 0 ? labels : source->any;
        source->n_any++;
        if (!matchers_match(rule->target, labels)) {
            source->one_sided = source->n_one_sided == 0 ? labels : source->one_sided;
            source->n_one_sided++;
        }
    }
}

bool inhibitor_remove(struct inhibitor *in, struct labels labels)
{
    bool is_source = false;
    for (size_t i = 0; i < in->n_rules; i++) {
        const struct inhibit_rule *rule = &in->rules[i];
        uint8_t bytes[KEY_BYTES];
        if (!matchers_match(rule->source, labels)) {
            continue;
        }
        struct inhibit_source *source = map_get(&in->sources[i], values_key(rule, labels, bytes));
        CHECK(source && source->n_any > 0);
        source->n_any--;
        source->n_one_sided -= !matchers_match(rule->target, labels);
        is_source = true;
    }
    return is_source;
}

const struct inhibit_rule *inhibitor_find(const struct inhibitor *in, struct labels target,
                                          struct labels *ret_source)
{
    for (size_t i = 0; i < in->n_rules; i++) {
        const struct inhibit_rule *rule = &in->rules[i];
        uint8_t bytes[KEY_BYTES];
        if (!matchers_match(rule->target, target)) {
            continue;
        }
        const struct inhibit_source *source =
            map_get(&in->sources[i], values_key(rule, target, bytes));
        bool is_two_sided = matchers_match(rule->source, target);
        if (source && (is_two_sided ? source->n_one_sided : source->n_any) > 0) {
            *ret_source = is_two_sided ? source->one_sided : source->any;
            return rule;
        }
    }
    return NULL;
}
