/* The reference of a routing file's keys, from the tables that read it. */
#include "wire/schema.h"

enum { DOCS_MAX = 1 << 20 };

static const char *status_of(const struct field *field)
{
    return field->type == FIELD_LATER     ? "not supported yet"
           : field->type == FIELD_IGNORED ? "no effect"
           : field->is_required           ? "required"
                                          : "";
}

static void describe_field(struct strbuf *out, const struct field *field)
{
    bool is_there = field->type != FIELD_LATER && field->type != FIELD_IGNORED;
    bool is_map = field->type == FIELD_NODE && field->schema;
    const char *shape = field->shape ? field->shape
                        : is_map     ? field_type_name(FIELD_MAP)
                                     : field_type_name(field->type);
    strbuf_printf(out, "| `%s` | %s | %s%s%s | %s |\n", field->key, is_there ? shape : "",
                  field->fallback ? "`" : "", field->fallback ? field->fallback : status_of(field),
                  field->fallback ? "`" : "", field->help);
}

static void describe(struct strbuf *out, const struct schema *schema, const char *path)
{
    strbuf_printf(out, "\n## %s\n\n| key | value | default | meaning |\n|---|---|---|---|\n", path);
    for (size_t i = 0; i < schema->n; i++) {
        describe_field(out, &schema->fields[i]);
    }
    for (size_t i = 0; i < schema->n; i++) {
        const struct field *field = &schema->fields[i];
        if (field->schema) {
            struct str below = str_printf(
                out->arena, "%s%s%s%s", schema == &schema_top ? "" : path,
                schema == &schema_top ? "" : ".", field->key,
                field->type == FIELD_NAMED || field->type == FIELD_LISTED ? ".NAME" : "");
            describe(out, field->schema, below.p);
        }
    }
}

struct str routes_describe(struct arena *arena)
{
    struct strbuf out;
    strbuf_init(&out, arena, DOCS_MAX);
    strbuf_add(&out, STR("# Routing files\n\n"
                         "Written by the tests from the tables that read these files; do not edit "
                         "it by hand.\nDurations are Prometheus's: `30s`, `5m`, `1h30m`, `2d`. "
                         "Secrets are `!env NAME` or `!file PATH`, never literal.\n"
                         "Several files are one configuration: their maps and lists join.\n"));
    describe(&out, &schema_top, "The top");
    return strbuf_str(&out);
}

static void list_defaults(struct strbuf *out, const struct schema *schema, const char *path)
{
    for (size_t i = 0; i < schema->n; i++) {
        const struct field *field = &schema->fields[i];
        bool is_named = field->type == FIELD_NAMED || field->type == FIELD_LISTED;
        struct str at = str_printf(out->arena, "%s%s%s%s", path, path[0] ? "." : "", field->key,
                                   is_named ? ".NAME" : "");
        if (field->fallback) {
            strbuf_printf(out, "%.*s: %s\n", STR_ARG(at), field->fallback);
        }
        if (field->schema) {
            list_defaults(out, field->schema, at.p);
        }
    }
}

struct str routes_defaults(struct arena *arena)
{
    struct strbuf out;
    strbuf_init(&out, arena, DOCS_MAX);
    list_defaults(&out, &schema_top, "");
    return strbuf_str(&out);
}
