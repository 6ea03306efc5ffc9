/* Any text: the parser ends quickly, and a walk over what it accepts stays in its limits. */
#include "formats/yaml_tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t walk(const struct yaml_node *node, unsigned depth)
{
    CHECK(depth <= YAML_DEPTH_MAX);
    size_t n = 1;
    for (size_t i = 0; i < node->n; i++) {
        if (node->kind == YAML_MAP) {
            CHECK(node->pairs[i].key->kind == YAML_SCALAR);
            CHECK(yaml_get(node, node->pairs[i].key->text) == node->pairs[i].value);
            n += walk(node->pairs[i].key, depth + 1) + walk(node->pairs[i].value, depth + 1);
        } else {
            n += walk(node->items[i], depth + 1);
        }
    }
    CHECK(n == node->visits);
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    arena_init(&arena);
    struct str text = {(const char *)data, size};
    const struct yaml_node *root;
    struct yaml_problem at;
    struct err err = ERR_INIT;
    if (yaml_parse_marked(&arena, STR("fuzz"), text, &root, &at, &err) == OK) {
        CHECK(walk(root, 0) <= YAML_NODES_MAX + YAML_ALIAS_NODES_MAX);
        at = yaml_problem_at(root);
    }
    CHECK(str_is_utf8(yaml_excerpt(&arena, text, at.line, at.col, at.len)));
    arena_release(&arena);
    return 0;
}
