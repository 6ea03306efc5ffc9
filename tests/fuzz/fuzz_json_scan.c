/* What the scan accepts, the view reads fully and consistently; what it refuses, the view survives.
 * What the view read is written again and must be accepted again. */
#include "formats/json_scan.h"
#include "formats/json_view.h"
#include "formats/json_write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void copy(struct arena *arena, struct json_view view, struct json_writer *w, unsigned depth)
{
    CHECK(depth <= JSON_DEPTH_USUAL);
    struct str s = STR_EMPTY;
    struct json_view value;
    struct json_object object = json_view_object(arena, view);
    struct json_array array = json_view_array(view);
    bool b = false;
    switch (json_view_kind(view)) {
    case JSON_KIND_OBJECT:
        json_begin_object(w);
        while (json_object_next(&object, &s, &value)) {
            CHECK(str_is_utf8(s));
            json_key(w, s);
            copy(arena, value, w, depth + 1);
        }
        json_end_object(w);
        break;
    case JSON_KIND_ARRAY:
        json_begin_array(w);
        while (json_array_next(&array, &value)) {
            copy(arena, value, w, depth + 1);
        }
        json_end_array(w);
        break;
    case JSON_KIND_STRING:
        CHECK(json_view_string(arena, view, &s) && str_is_utf8(s));
        json_add_str(w, s);
        break;
    case JSON_KIND_BOOL:
        CHECK(json_view_bool(view, &b));
        json_add_bool(w, b);
        break;
    case JSON_KIND_NUMBER:
        json_add_raw(w, view.text);
        break;
    case JSON_KIND_NULL:
        json_add_null(w);
        break;
    }
}

static void read_loosely(struct arena *arena, struct json_view view, unsigned depth)
{
    struct str s;
    struct json_view value;
    struct json_object object = json_view_object(arena, view);
    struct json_array array = json_view_array(view);
    int64_t n;
    double d;
    (void)json_view_string(arena, view, &s);
    (void)json_view_int(view, &n);
    (void)json_view_double(view, &d);
    while (depth < 4 && json_object_next(&object, &s, &value)) {
        read_loosely(arena, value, depth + 1);
    }
    while (depth < 4 && json_array_next(&array, &value)) {
        read_loosely(arena, value, depth + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    arena_init(&arena);
    struct str body = {(const char *)data, size};
    struct err err = ERR_INIT;
    read_loosely(&arena, json_view_of(body), 0);
    if (json_scan(body, NULL, &err) == OK) {
        struct strbuf out;
        struct json_writer w;
        strbuf_init(&out, &arena, size * 8 + 64);
        json_begin(&w, &out);
        copy(&arena, json_view_of(body), &w, 0);
        json_end(&w);
        CHECK(!out.is_full);
        CHECK(json_scan(strbuf_str(&out), NULL, &err) == OK);
    }
    arena_release(&arena);
    return 0;
}
