/* A JSON Schema for editors, from the tables that read routing files. It is laxer than the reader:
 * what it refuses is wrong, what it takes may still be (names that do not exist, for example). */
#include "formats/json_write.h"
#include "wire/schema.h"

enum { SCHEMA_TEXT_MAX = 1 << 20 };

static void put_schema(struct json_writer *json, const struct schema *schema);

/* YAML has no quotes where people leave them out: 5 and true are texts, too. */
static void put_type(struct json_writer *json, const char *type)
{
    if (type) {
        json_put_str(json, "type", str_from(type));
        return;
    }
    json_key(json, STR("type"));
    json_begin_array(json);
    json_add_str(json, STR("string"));
    json_add_str(json, STR("number"));
    json_add_str(json, STR("boolean"));
    json_end_array(json);
}

static void put_items(struct json_writer *json, const struct field *field, const char *ref)
{
    put_type(json, "array");
    json_key(json, STR("items"));
    if (ref) {
        json_begin_object(json);
        json_put_str(json, "$ref", str_from(ref));
        json_end_object(json);
    } else {
        put_schema(json, field->schema);
    }
}

/* Trees: the table of their nodes cannot hold itself. */
static const char *ref_of(const struct field *field)
{
    struct str key = str_from(field->key);
    if (field->schema == &schema_step || str_eq(key, STR("then")) || str_eq(key, STR("else"))) {
        return "#/$defs/step";
    }
    return str_eq(key, STR("routes")) ? "#/$defs/route" : NULL;
}

static void put_node(struct json_writer *json, const struct field *field)
{
    const char *ref = ref_of(field);
    bool is_list = field->shape && str_starts_with(str_from(field->shape), STR("list"));
    if (ref || (field->schema && is_list)) {
        put_items(json, field, ref);
    } else if (field->shape && str_eq(str_from(field->shape), STR("true or false"))) {
        put_type(json, "boolean");
    } else if (field->schema == &schema_route) {
        json_put_str(json, "$ref", STR("#/$defs/route"));
    } else if (field->schema) {
        json_key(json, STR("anyOf"));
        json_begin_array(json);
        put_schema(json, field->schema);
        json_begin_object(json);
        put_type(json, "null");
        json_end_object(json);
        json_end_array(json);
    }
}

static void put_range(struct json_writer *json, const struct field *field)
{
    put_type(json, "integer");
    if (field->min != 0 || field->max != 0) {
        json_put_int(json, "minimum", field->min);
        json_put_int(json, "maximum", field->max);
    }
}

static void put_value(struct json_writer *json, const struct field *field)
{
    switch (field->type) {
    case FIELD_TEXT:
    case FIELD_SECRET:
    case FIELD_SECRET_URL:
    case FIELD_SECRET_OPEN:
    case FIELD_SECRET_FILE:
        put_type(json, NULL);
        return;
    case FIELD_DURATION:
        put_type(json, NULL);
        json_put_str(json, "pattern", STR("^([0-9]+(y|w|d|h|ms|m|s))+$|^0$"));
        return;
    case FIELD_BOOL:
        put_type(json, "boolean");
        return;
    case FIELD_COUNT:
        put_range(json, field);
        return;
    case FIELD_MAP:
    case FIELD_NODE:
    case FIELD_ENTRY:
        put_node(json, field);
        return;
    case FIELD_NAMED:
        json_key(json, STR("type"));
        json_begin_array(json);
        json_add_str(json, STR("object"));
        json_add_str(json, STR("null"));
        json_end_array(json);
        json_key(json, STR("additionalProperties"));
        put_schema(json, field->schema);
        return;
    case FIELD_LISTED:
        put_items(json, field, NULL);
        return;
    case FIELD_SECRETS:
    case FIELD_LATER:
    case FIELD_IGNORED:
        return;
    case field_type_COUNT:
        break;
    }
    UNREACHABLE("field type");
}

static void put_field(struct json_writer *json, const struct field *field)
{
    json_key(json, str_from(field->key));
    json_begin_object(json);
    json_put_str(json, "description", str_from(field->help));
    if (field->fallback) {
        json_put_str(json, "default", str_from(field->fallback));
    }
    put_value(json, field);
    json_end_object(json);
}

static void put_required(struct json_writer *json, const struct schema *schema)
{
    bool is_first = true;
    for (size_t i = 0; i < schema->n; i++) {
        if (schema->fields[i].is_required) {
            if (is_first) {
                json_key(json, STR("required"));
                json_begin_array(json);
            }
            is_first = false;
            json_add_str(json, str_from(schema->fields[i].key));
        }
    }
    if (!is_first) {
        json_end_array(json);
    }
}

static void put_members(struct json_writer *json, const struct schema *schema)
{
    put_type(json, "object");
    put_required(json, schema);
    json_key(json, STR("properties"));
    json_begin_object(json);
    for (size_t i = 0; i < schema->n; i++) {
        if (schema->fields[i].type != FIELD_LATER) {
            put_field(json, &schema->fields[i]);
        }
    }
    json_end_object(json);
    json_put_bool(json, "additionalProperties", schema->is_foreign);
}

static void put_schema(struct json_writer *json, const struct schema *schema)
{
    json_begin_object(json);
    put_members(json, schema);
    json_end_object(json);
}

struct str routes_json_schema(struct arena *arena)
{
    struct strbuf out;
    struct json_writer json;
    strbuf_init(&out, arena, SCHEMA_TEXT_MAX);
    json_begin(&json, &out);
    json_begin_object(&json);
    json_put_str(&json, "$schema", STR("http://json-schema.org/draft-07/schema#"));
    json_put_str(&json, "title", STR("alertify routing file"));
    put_members(&json, &schema_top);
    json_key(&json, STR("$defs"));
    json_begin_object(&json);
    json_key(&json, STR("route"));
    put_schema(&json, &schema_route);
    json_key(&json, STR("step"));
    put_schema(&json, &schema_step);
    json_end_object(&json);
    json_end_object(&json);
    json_end(&json);
    strbuf_add_char(&out, '\n');
    CHECK(!out.is_full);
    return strbuf_str(&out);
}
