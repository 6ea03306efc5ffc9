#pragma once
/* template_test — renders templates over a small world of values, for the engine's tests. */
#include "cmocka_all.h"
#include "formats/template/gotime_format.h"
#include "formats/template/template.h"
#include "formats/template/types.h"

#include <string.h>

static struct arena test_arena;

static inline int test_set_up(void **state)
{
    (void)state;
    arena_init(&test_arena);
    return 0;
}

static inline int test_tear_down(void **state)
{
    (void)state;
    arena_release(&test_arena);
    return 0;
}

/* --- the world: .Name .Count .Ratio .Yes .Words .None .Map .Any .When .Long .Item .Items ------ */

#define WORLD_FIELD(name_, type_)                                                                  \
    {                                                                                              \
        .name = {name_, sizeof(name_) - 1}, .json = name_, .type = type_                           \
    }

static const struct value_type world_map = {
    .name = "map[string]string", .kind = VALUE_MAP, .elem = &type_string};
static const struct value_field item_fields[] = {WORLD_FIELD("Key", &type_string),
                                                 WORLD_FIELD("Value", &type_string)};
static const struct value_type world_item = {
    .name = "test.Item", .kind = VALUE_STRUCT, .fields = item_fields, .n_fields = 2};
static const struct value_type world_items = {
    .name = "[]test.Item", .kind = VALUE_LIST, .elem = &world_item};
static const struct value_field world_fields[] = {
    WORLD_FIELD("Name", &type_string),   WORLD_FIELD("Count", &type_int),
    WORLD_FIELD("Ratio", &type_float),   WORLD_FIELD("Yes", &type_bool),
    WORLD_FIELD("Words", &type_strings), WORLD_FIELD("None", &type_strings),
    WORLD_FIELD("Map", &world_map),      WORLD_FIELD("Any", &type_any_map),
    WORLD_FIELD("When", &type_time),     WORLD_FIELD("Long", &type_duration),
    WORLD_FIELD("Item", &world_item),    WORLD_FIELD("Items", &world_items),
};
static const struct value_type world_type = {.name = "test.World",
                                             .kind = VALUE_STRUCT,
                                             .fields = world_fields,
                                             .n_fields =
                                                 sizeof(world_fields) / sizeof(*world_fields)};

/* 2026-03-04 10:15:30.123456789 UTC, a Wednesday */
static const struct gotime world_when = {1772619330, 123456789, &gotime_utc};
static const struct gotime_zone world_east = {
    .kind = GOTIME_FIXED, .name = {"", 0}, .offset = 3600};

static inline struct value world_item_of(const char *key, const char *text)
{
    struct value *fields = ARENA_ARRAY(&test_arena, struct value, 2);
    fields[0] = value_str(str_from(key));
    fields[1] = value_str(str_from(text));
    return value_struct(&world_item, fields);
}

static inline struct value world_make(void)
{
    struct value *fields = ARENA_ARRAY(&test_arena, struct value, world_type.n_fields);
    struct value *words = ARENA_ARRAY(&test_arena, struct value, 3);
    struct value *items = ARENA_ARRAY(&test_arena, struct value, 2);
    struct value_entry *map = ARENA_ARRAY(&test_arena, struct value_entry, 3);
    words[0] = value_str(STR("one"));
    words[1] = value_str(STR("two"));
    words[2] = value_str(STR("<three>"));
    items[0] = world_item_of("a", "1");
    items[1] = world_item_of("b", "2");
    map[0] = (struct value_entry){STR("team"), value_str(STR("web"))};
    map[1] = (struct value_entry){STR("a.b"), value_str(STR("dotted"))};
    map[2] = (struct value_entry){STR("empty"), value_str(STR(""))};
    fields[0] = value_str(STR("O'Reilly & <Söhne>"));
    fields[1] = value_int(42);
    fields[2] = value_float(2.5);
    fields[3] = value_bool(true);
    fields[4] = value_list(&type_strings, words, 3);
    fields[5] = (struct value){.type = &type_strings};
    fields[6] = value_map(&test_arena, &world_map, map, 3);
    fields[7] = value_map(&test_arena, &type_any_map, NULL, 0);
    fields[8] = (struct value){.type = &type_time, .time = &world_when};
    fields[9] = (struct value){.type = &type_duration, .i = INT64_C(5415000000000)};
    fields[10] = items[0];
    fields[11] = value_list(&world_items, items, 2);
    return value_struct(&world_type, fields);
}

/* --- rendering ------------------------------------------------------------------------------ */

struct rendered {
    enum status status;
    struct str text; /* the output, or what is wrong */
};

/* "Test/East" is all there is. */
static inline const struct gotime_zone *world_find_zone(void *context, struct str name)
{
    static const struct gotime_zone east = {
        .kind = GOTIME_FIXED, .name = {"EAST", 4}, .offset = 3600};
    (void)context;
    return str_eq(name, STR("Test/East")) ? &east : NULL;
}

/* An hour after .When. */
static inline struct template_env world_env(void)
{
    return (struct template_env){.now = {world_when.s + 3600, 0, &gotime_utc},
                                 .local = &gotime_utc,
                                 .find_zone = world_find_zone,
                                 .limits = TEMPLATE_LIMITS_DEFAULT};
}

static inline struct rendered render_set(const struct template_set *set, const char *text,
                                         enum template_mode mode, const struct value *data,
                                         const struct template_env *env)
{
    const struct template *template;
    struct template_error error = {0};
    struct strbuf out;
    strbuf_init(&out, &test_arena, 256 * 1024);
    enum status status =
        template_compile(set, &test_arena, str_from(text), mode, &template, &error);
    if (status == OK) {
        status = template_render(template, data, env, &test_arena, &out, &error);
    }
    return (struct rendered){status, status == OK ? strbuf_str(&out) : error.text};
}

static inline struct rendered render(const char *text, enum template_mode mode)
{
    struct value data = world_make();
    struct template_env env = world_env();
    return render_set(template_set_new(&test_arena, NULL, 0), text, mode, &data, &env);
}

static inline bool is_rendered(const char *text, enum template_mode mode, bool is_well,
                               const char *want)
{
    struct rendered got = render(text, mode);
    bool is_same = (got.status == OK) == is_well && str_eq(got.text, str_from(want));
    if (!is_same) {
        print_error("%s\n   got: %.*s\n  want: %s\n", text, STR_ARG(got.text), want);
    }
    return is_same;
}

struct render_case {
    const char *text, *want;
};

/* All that are wrong are shown. */
static inline void check_renders(const struct render_case *cases, size_t n, enum template_mode mode,
                                 bool is_well)
{
    size_t wrong = 0;
    for (size_t i = 0; i < n; i++) {
        wrong += !is_rendered(cases[i].text, mode, is_well, cases[i].want);
    }
    assert_int_equal(wrong, 0);
}

#define CHECK_RENDERS(cases, mode)                                                                 \
    check_renders((cases), sizeof(cases) / sizeof(*(cases)), (mode), true)
/* The wanted text is what is wrong. */
#define CHECK_FAILS(cases, mode)                                                                   \
    check_renders((cases), sizeof(cases) / sizeof(*(cases)), (mode), false)

#define RUN_TEMPLATE_TESTS(tests) cmocka_run_group_tests((tests), test_set_up, test_tear_down)
