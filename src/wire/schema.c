#include "wire/schema.h"

#include "formats/duration.h"

ENUM_DEFINE(field_type, FIELD_TYPES)

static const struct field *find_field(const struct schema *schema, struct str key)
{
    for (size_t i = 0; i < schema->n; i++) {
        if (str_eq(key, str_from(schema->fields[i].key))) {
            return &schema->fields[i];
        }
    }
    return NULL;
}

static void report_unknown(struct binder *b, const struct schema *schema,
                           const struct yaml_node *key)
{
    struct str names[64];
    size_t n = 0;
    for (size_t i = 0; i < schema->n && n < 64; i++) {
        names[n++] = str_from(schema->fields[i].key);
    }
    if (schema->is_foreign) {
        bind_warning(b, key, STR_EMPTY, "\"%.*s\" in %s has no effect", STR_ARG(key->text),
                     schema->name);
        return;
    }
    bind_error(b, key, bind_suggestion(b->arena, key->text, names, n), "unknown key \"%.*s\" in %s",
               STR_ARG(key->text), schema->name);
}

/* --- values ------------------------------------------------------------------------------- */

static void check_range(struct binder *b, const struct field *field, const struct yaml_node *node,
                        int64_t value)
{
    char low[DURATION_TEXT_MAX], high[DURATION_TEXT_MAX];
    if ((field->min == 0 && field->max == 0) || (value >= field->min && value <= field->max)) {
        return;
    }
    if (field->type == FIELD_DURATION) {
        bind_error(b, node, STR_EMPTY, "%s must be between %s and %s", field->key,
                   duration_format(field->min, low), duration_format(field->max, high));
    } else {
        bind_error(b, node, STR_EMPTY, "%s must be between %lld and %lld", field->key,
                   (long long)field->min, (long long)field->max);
    }
}

static void bind_count(struct binder *b, const struct field *field, const struct yaml_node *node,
                       int *ret)
{
    uint64_t value;
    if (node->kind != YAML_SCALAR || node->tag.n || !str_to_u64(node->text, &value)) {
        bind_error(b, node, STR_EMPTY, "%s must be a number", field->key);
        return;
    }
    *ret = value > INT32_MAX ? INT32_MAX : (int)value;
    check_range(b, field, node, (int64_t)value);
}

static void add_entry(struct binder *b, const struct field *field, struct entries *entries,
                      struct entry entry)
{
    for (size_t i = 0; i < entries->n; i++) {
        const struct entry *first = &entries->v[i];
        if (str_eq(first->name, entry.name)) {
            bind_error(b, entry.key, STR("rename one of them"),
                       "%s \"%.*s\" is already defined at %.*s:%u", field->schema->name,
                       STR_ARG(entry.name), STR_ARG(first->file->source.name), first->key->line);
            return;
        }
    }
    VEC_PUSH(b->arena, entries, entry);
}

static void collect_named(struct binder *b, const struct field *field, const struct yaml_node *node,
                          struct entries *entries)
{
    if (node->kind != YAML_MAP && !yaml_is_null(node)) {
        bind_error(b, node, STR_EMPTY, "%s must be a map: each %s under its name", field->key,
                   field->schema->name);
        return;
    }
    for (size_t i = 0; node->kind == YAML_MAP && i < node->n; i++) {
        struct str name;
        if (bind_text(b, node->pairs[i].key, "the name", &name)) {
            add_entry(
                b, field, entries,
                (struct entry){b->file, name, node->pairs[i].key, node->pairs[i].value, false});
        }
    }
}

static void collect_listed(struct binder *b, const struct field *field,
                           const struct yaml_node *node, struct entries *entries)
{
    if (node->kind != YAML_SEQ && !yaml_is_null(node)) {
        bind_error(b, node, STR_EMPTY, "%s must be a list", field->key);
        return;
    }
    for (size_t i = 0; node->kind == YAML_SEQ && i < node->n; i++) {
        const struct yaml_node *name = yaml_get(node->items[i], STR("name"));
        struct str text;
        if (!name) {
            bind_error(b, node->items[i], STR("add name: …"), "%s %zu has no name",
                       field->schema->name, i + 1);
        } else if (bind_text(b, name, "the name", &text)) {
            add_entry(b, field, entries,
                      (struct entry){b->file, text, name, node->items[i], false});
        }
    }
}

static void bind_once(struct binder *b, const struct field *field, const struct yaml_node *key,
                      const struct yaml_node *node, struct entry *ret)
{
    if (ret->node) {
        bind_error(b, key, STR("keep one"), "%s is already set at %.*s:%u", field->key,
                   STR_ARG(ret->file->source.name), ret->key->line);
        return;
    }
    *ret = (struct entry){b->file, key->text, key, node, false};
}

static void bind_value(struct binder *b, const struct field *field, const struct yaml_pair *pair,
                       void *at)
{
    const struct yaml_node *node = pair->value;
    switch (field->type) {
    case FIELD_TEXT:
        (void)bind_text(b, node, field->key, at);
        return;
    case FIELD_DURATION:
        if (bind_duration(b, node, field->key, at)) {
            check_range(b, field, node, *(int64_t *)at);
        }
        return;
    case FIELD_BOOL:
        (void)bind_bool(b, node, field->key, at);
        return;
    case FIELD_COUNT:
        bind_count(b, field, node, at);
        return;
    case FIELD_SECRET:
    case FIELD_SECRET_URL:
        (void)bind_secret(b, node, field->key, field->type == FIELD_SECRET_URL, at);
        return;
    case FIELD_SECRET_OPEN:
        bind_open_secret(b, node, field->key, at);
        return;
    case FIELD_SECRET_FILE:
        bind_file_secret(b, node, field->key, at);
        return;
    case FIELD_SECRETS:
        (void)bind_secrets(b, node, field->key, at);
        return;
    case FIELD_MAP:
        (void)schema_bind(b, field->schema, node, at);
        return;
    case FIELD_NODE:
        *(const struct yaml_node **)at = node;
        return;
    case FIELD_ENTRY:
        bind_once(b, field, pair->key, node, at);
        return;
    case FIELD_NAMED:
        collect_named(b, field, node, at);
        return;
    case FIELD_LISTED:
        collect_listed(b, field, node, at);
        return;
    case FIELD_LATER:
        if (!b->is_tree_only) {
            bind_error(b, pair->key, STR("remove it for now"), "\"%s\" is not supported yet",
                       field->key);
        }
        return;
    case FIELD_IGNORED:
        bind_warning(b, pair->key, STR_EMPTY, "\"%s\" has no effect: %s", field->key, field->help);
        return;
    case field_type_COUNT:
        break;
    }
    UNREACHABLE("field type");
}

/* --- maps --------------------------------------------------------------------------------- */

static void set_default(const struct field *field, void *at)
{
    struct str text = str_from(field->fallback);
    uint64_t count = 0;
    if (field->type == FIELD_TEXT) {
        *(struct str *)at = text;
    } else if (field->type == FIELD_DURATION && field->fallback) {
        CHECK(duration_parse(text, at, NULL) == OK);
    } else if (field->type == FIELD_BOOL && field->fallback) {
        *(bool *)at = str_eq(text, STR("true"));
    } else if (field->type == FIELD_COUNT && field->fallback) {
        CHECK(str_to_u64(text, &count));
        *(int *)at = (int)count;
    }
}

bool schema_bind(struct binder *b, const struct schema *schema, const struct yaml_node *node,
                 void *target)
{
    bool is_map = node->kind == YAML_MAP, is_empty = yaml_is_null(node);
    for (size_t i = 0; i < schema->n; i++) {
        const struct field *field = &schema->fields[i];
        set_default(field, (char *)target + field->offset);
        if (field->is_required && (is_map || is_empty) &&
            !(is_map && yaml_get(node, str_from(field->key)))) {
            bind_error(b, node, str_printf(b->arena, "add %s: …", field->key), "%s needs \"%s\"",
                       schema->name, field->key);
        }
    }
    if (!is_map && !is_empty) {
        bind_error(b, node, STR_EMPTY, "%s must be a map of keys and values", schema->name);
        return false;
    }
    for (size_t i = 0; is_map && i < node->n; i++) {
        const struct field *field = find_field(schema, node->pairs[i].key->text);
        if (field) {
            bind_value(b, field, &node->pairs[i], (char *)target + field->offset);
        } else {
            report_unknown(b, schema, node->pairs[i].key);
        }
    }
    return true;
}
