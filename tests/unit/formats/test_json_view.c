#include "formats/json_scan.h"
#include "formats/json_view.h"

#include <dirent.h>
#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static struct json_view view(const char *text)
{
    struct err err = ERR_INIT;
    assert_int_equal(json_scan(str_from(text), NULL, &err), OK);
    return json_view_of(str_from(text));
}

static void assert_str(struct str got, const char *want)
{
    if (!str_eq(got, str_from(want))) {
        fail_msg("\"%.*s\" is not \"%s\"", STR_ARG(got), want);
    }
}

static void test_an_object_gives_its_members_in_order(void **state)
{
    (void)state;
    struct json_view root =
        view(" { \"a\" : 1 , \"b\\n\":[1, {\"x\":\"]}\"}], \"a\" : \"\\\\\" } ");
    struct json_object object = json_view_object(&arena, root);
    struct str key;
    struct json_view value;
    assert_true(json_object_next(&object, &key, &value));
    assert_str(key, "a");
    assert_str(value.text, "1");
    assert_true(json_object_next(&object, &key, &value));
    assert_str(key, "b\n");
    assert_str(value.text, "[1, {\"x\":\"]}\"}]");
    assert_true(json_object_next(&object, &key, &value));
    assert_str(key, "a");
    struct str text;
    assert_true(json_view_string(&arena, value, &text));
    assert_str(text, "\\");
    assert_false(json_object_next(&object, &key, &value));
    assert_false(json_object_next(&object, &key, &value));
    assert_true(json_view_member(&arena, root, STR("a"), &value));
    assert_int_equal(json_view_kind(value), JSON_KIND_STRING);
    assert_false(json_view_member(&arena, root, STR("c"), &value));
}

static void test_an_array_gives_its_values_in_order(void **state)
{
    (void)state;
    struct json_array array = json_view_array(view("[ 1, [ ] ,\"x\" , null,true]"));
    static const char *const want[] = {"1", "[ ]", "\"x\"", "null", "true"};
    struct json_view value;
    for (size_t i = 0; i < 5; i++) {
        assert_true(json_array_next(&array, &value));
        assert_str(value.text, want[i]);
    }
    assert_false(json_array_next(&array, &value));
    array = json_view_array(view("[ ]"));
    assert_false(json_array_next(&array, &value));
}

static void test_other_kinds_read_as_nothing(void **state)
{
    (void)state;
    static const char *const all[] = {"null", "true", "1", "\"s\"", "[1]", "{\"a\":1}"};
    for (unsigned i = 0; i < 6; i++) {
        struct json_view v = view(all[i]), value;
        struct json_object object = json_view_object(&arena, v);
        struct json_array array = json_view_array(v);
        struct str s;
        bool b;
        int64_t n;
        double d;
        assert_int_equal(json_view_kind(v), i);
        assert_int_equal(json_object_next(&object, &s, &value), i == JSON_KIND_OBJECT);
        assert_int_equal(json_array_next(&array, &value), i == JSON_KIND_ARRAY);
        assert_int_equal(json_view_string(&arena, v, &s), i == JSON_KIND_STRING);
        assert_int_equal(json_view_bool(v, &b), i == JSON_KIND_BOOL);
        assert_int_equal(json_view_int(v, &n), i == JSON_KIND_NUMBER);
        assert_int_equal(json_view_double(v, &d), i == JSON_KIND_NUMBER);
    }
    assert_string_equal(json_kind_name(JSON_KIND_ARRAY), "an array");
}

static void test_plain_strings_borrow_from_the_body(void **state)
{
    (void)state;
    const char *body = "\"plain\"";
    struct str s;
    assert_true(json_view_string(&arena, view(body), &s));
    assert_ptr_equal(s.p, body + 1);
    assert_int_equal(arena.used, 0);
}

static void test_escapes_become_characters(void **state)
{
    (void)state;
    static const struct {
        const char *json, *want;
    } cases[] = {
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
        {"\"\\u0041\\u00e9\\u20AC\"", "Aé€"},
        {"\"\\ud83d\\ude00!\"", "😀!"},
        {"\"\\ud83d\"", "\xef\xbf\xbd"},
        {"\"\\ud83dx\"", "\xef\xbf\xbdx"},
        {"\"\\ud83d\\u0041\"", "\xef\xbf\xbd"
                               "A"},
        {"\"\\ud83d\\ud83d\\ude00\"", "\xef\xbf\xbd😀"},
        {"\"\\ude00\\ud83d\"", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"\"a\\u0000b\"", "a\xef\xbf\xbd"
                          "b"},
        {"\"\\\\u0041\"", "\\u0041"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct str s;
        assert_true(json_view_string(&arena, view(cases[i].json), &s));
        assert_str(s, cases[i].want);
    }
}

static void test_integers_are_exact_or_refused(void **state)
{
    (void)state;
    int64_t n = 7;
    assert_true(json_view_int(view("9223372036854775807"), &n) && n == INT64_MAX);
    assert_true(json_view_int(view("-9223372036854775808"), &n) && n == INT64_MIN);
    assert_true(json_view_int(view("-0"), &n) && n == 0);
    n = 7;
    assert_false(json_view_int(view("9223372036854775808"), &n));
    assert_false(json_view_int(view("-9223372036854775809"), &n));
    assert_false(json_view_int(view("99999999999999999999"), &n));
    assert_false(json_view_int(view("1.0"), &n));
    assert_false(json_view_int(view("1e3"), &n));
    assert_int_equal(n, 7);
    double d;
    assert_true(json_view_double(view("-1.25e2"), &d) && d < -124.9 && d > -125.1);
    assert_false(json_view_double(view("1e999"), &d));
}

/* --- against jansson ---------------------------------------------------------------------- */

static void compare(json_t *want, struct json_view got);

static size_t count_distinct(struct json_view got)
{
    json_t *seen = json_object();
    struct json_object object = json_view_object(&arena, got);
    struct str key;
    struct json_view value;
    while (json_object_next(&object, &key, &value)) {
        json_object_setn_new_nocheck(seen, key.p, key.n, json_true());
    }
    size_t n = json_object_size(seen);
    json_decref(seen);
    return n;
}

static void compare_object(json_t *want, struct json_view got)
{
    assert_int_equal(json_view_kind(got), JSON_KIND_OBJECT);
    assert_int_equal(json_object_size(want), count_distinct(got));
    const char *key;
    json_t *member;
    json_object_foreach(want, key, member)
    {
        struct json_view value;
        assert_true(json_view_member(&arena, got, str_from(key), &value));
        compare(member, value);
    }
}

static void compare(json_t *want, struct json_view got)
{
    struct str s;
    int64_t n;
    double d;
    bool b;
    switch (json_typeof(want)) {
    case JSON_OBJECT:
        compare_object(want, got);
        break;
    case JSON_ARRAY: {
        struct json_array array = json_view_array(got);
        struct json_view value;
        for (size_t i = 0; i < json_array_size(want); i++) {
            assert_true(json_array_next(&array, &value));
            compare(json_array_get(want, i), value);
        }
        assert_false(json_array_next(&array, &value));
        break;
    }
    case JSON_STRING:
        assert_true(json_view_string(&arena, got, &s));
        assert_int_equal(s.n, json_string_length(want));
        if (s.n) {
            assert_memory_equal(s.p, json_string_value(want), s.n);
        }
        break;
    case JSON_INTEGER:
        assert_true(json_view_int(got, &n) && n == json_integer_value(want));
        break;
    case JSON_REAL:
        assert_true(json_view_double(got, &d) &&
                    memcmp(&d, &(double){json_real_value(want)}, 8) == 0);
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        assert_true(json_view_bool(got, &b) && b == json_is_true(want));
        break;
    case JSON_NULL:
        assert_int_equal(json_view_kind(got), JSON_KIND_NULL);
        break;
    }
}

struct tally {
    size_t accepted, refused;
};

/* jansson refuses four things that are JSON all the same. */
static bool is_known_difference(const json_error_t *error)
{
    enum json_error_code code = json_error_code(error);
    return code == json_error_numeric_overflow || code == json_error_null_character ||
           code == json_error_null_byte_in_key || strstr(error->text, "invalid Unicode");
}

static void check_against_jansson(struct str body, struct tally *tally)
{
    json_error_t error;
    struct err err = ERR_INIT;
    struct json_limits limits = {.depth = JSON_DEPTH_MAX};
    json_t *want = json_loadb(body.p, body.n, JSON_DECODE_ANY, &error);
    enum status status = json_scan(body, &limits, &err);
    if (want && status != OK) {
        fail_msg("refused (%s: %s) what jansson takes: %.*s", err.where, err.detail, STR_ARG(body));
    }
    if (!want && status == OK && !is_known_difference(&error)) {
        fail_msg("took what jansson refuses (%s): %.*s", error.text, STR_ARG(body));
    }
    if (want) {
        compare(want, json_view_of(body));
    }
    tally->accepted += status == OK;
    tally->refused += status != OK;
    json_decref(want);
}

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
    return *state >> 33;
}

/* Cuts, doubles, swaps and overwrites bytes; a few per variant. */
static struct str mutate(struct str body, uint64_t *random)
{
    static const char bytes[] = "{}[]\",:\\0e.-+ ntfu\n\x80\xc3\xed\xa0";
    char *p = arena_alloc(&arena, body.n * 2 + 64);
    memcpy(p, body.p, body.n);
    size_t n = body.n;
    for (uint64_t k = next_random(random) % 3 + 1; k > 0 && n > 1; k--) {
        size_t at = next_random(random) % n;
        size_t len = next_random(random) % 12 % (n - at) + 1;
        switch (next_random(random) % 4) {
        case 0:
            p[at] = bytes[next_random(random) % (sizeof(bytes) - 1)];
            break;
        case 1:
            memmove(p + at, p + at + len, n - at - len);
            n -= len;
            break;
        case 2:
            memmove(p + at + len, p + at, n - at);
            n += len;
            break;
        default:
            p[at] ^= (char)(1 << next_random(random) % 8);
            break;
        }
    }
    return (struct str){p, n};
}

static struct str read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *p = arena_alloc(&arena, 1 << 20);
    size_t n = fread(p, 1, 1 << 20, file);
    fclose(file);
    return (struct str){p, n};
}

static void check_folder(const char *folder, struct tally *tally)
{
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    uint64_t random = 42;
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (!str_ends_with(str_from(entry->d_name), STR(".json"))) {
            continue;
        }
        char path[512];
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        struct str body = read_file(path);
        struct tally whole = {0};
        check_against_jansson(body, &whole);
        assert_int_equal(whole.accepted, 1);
        for (int i = 0; i < 150; i++) {
            check_against_jansson(mutate(body, &random), tally);
        }
        arena_release(&arena);
    }
    closedir(dir);
}

static void test_agrees_with_jansson_on_captures_and_mutants(void **state)
{
    (void)state;
    struct tally tally = {0};
    check_folder(TEST_DATA "/alertmanager", &tally);
    check_folder(TEST_DATA "/grafana", &tally);
    assert_true(tally.accepted > 1000 && tally.refused > 1000);
}

static void test_agrees_with_jansson_on_small_mutants(void **state)
{
    (void)state;
    static const char *const seeds[] = {
        "{\"a\":[1,2.5e-3,true,null,\"\\u00e9\\ud83d\\ude00\"],\"b\":{\"c\":\"\\\"\"}}",
        "[[],{},\"\",0,-1,[[[]]],{\"x\":{\"x\":[false]}}]",
        "[\"\\n\\t\\\\\",\"тест\",1E+5]",
    };
    struct tally tally = {0};
    uint64_t random = 7;
    for (size_t s = 0; s < 3; s++) {
        for (int i = 0; i < 8000; i++) {
            check_against_jansson(mutate(str_from(seeds[s]), &random), &tally);
            arena_release(&arena);
        }
    }
    assert_true(tally.accepted > 1000 && tally.refused > 1000);
}

/* Nothing outside is read, whatever the text (the sanitizer build sees it). */
static void test_unscanned_text_is_safe(void **state)
{
    (void)state;
    static const char *const odd[] = {"{", "{\"", "{\"a", "{\"a\"", "{\"a\":", "{\"a\":\"\\",
                                      "[", "[1",  "\"",   "\"\\u",  "\"\\u12", "{\"\\",
                                      "]", "}",   ",",    ":",      "-",       "{1}"};
    for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
        struct str body = {arena_dup(&arena, odd[i], strlen(odd[i])), strlen(odd[i])};
        struct json_view v = json_view_of(body), value;
        struct json_object object = json_view_object(&arena, v);
        struct json_array array = json_view_array(v);
        struct str s;
        for (int n = 0; json_object_next(&object, &s, &value); n++) {
            assert_true(n < 10);
        }
        for (int n = 0; json_array_next(&array, &value); n++) {
            assert_true(n < 10);
        }
        (void)json_view_string(&arena, v, &s);
    }
    assert_int_equal(json_view_kind(json_view_of(STR(""))), JSON_KIND_NULL);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_an_object_gives_its_members_in_order),
        TEST(test_an_array_gives_its_values_in_order),
        TEST(test_other_kinds_read_as_nothing),
        TEST(test_plain_strings_borrow_from_the_body),
        TEST(test_escapes_become_characters),
        TEST(test_integers_are_exact_or_refused),
        TEST(test_agrees_with_jansson_on_captures_and_mutants),
        TEST(test_agrees_with_jansson_on_small_mutants),
        TEST(test_unscanned_text_is_safe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
