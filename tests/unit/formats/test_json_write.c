#include "formats/json_scan.h"
#include "formats/json_view.h"
#include "formats/json_write.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;
static struct strbuf out;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena);
    strbuf_init(&out, &arena, 4096);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static void test_commas_and_colons_are_automatic(void **state)
{
    (void)state;
    struct json_writer w;
    json_begin(&w, &out);
    json_begin_object(&w);
    json_put_str(&w, "a", STR("x"));
    json_key(&w, STR("b"));
    json_begin_array(&w);
    json_add_int(&w, -1);
    json_begin_object(&w);
    json_end_object(&w);
    json_begin_array(&w);
    json_end_array(&w);
    json_add_null(&w);
    json_add_uint(&w, UINT64_MAX);
    json_end_array(&w);
    json_put_bool(&w, "c", true);
    json_put_int(&w, "d", INT64_MIN);
    json_put_raw(&w, "e", STR("[1,2]"));
    json_end_object(&w);
    json_end(&w);
    assert_string_equal(out.p, "{\"a\":\"x\",\"b\":[-1,{},[],null,18446744073709551615],\"c\":true,"
                               "\"d\":-9223372036854775808,\"e\":[1,2]}");
}

static void test_strings_are_escaped(void **state)
{
    (void)state;
    json_quote(&out, STR("a\"b\\c\n\r\t\b\x01/<é😀\x7f"));
    assert_string_equal(out.p, "\"a\\\"b\\\\c\\n\\r\\t\\u0008\\u0001/<é😀\\u007f\"");
    strbuf_clear(&out);
    json_quote(&out, (struct str){"a\0b", 3});
    assert_string_equal(out.p, "\"a\\u0000b\"");
    strbuf_clear(&out);
    json_quote(&out, (struct str){NULL, 0});
    assert_string_equal(out.p, "\"\"");
}

static void test_bad_utf8_becomes_the_replacement_character(void **state)
{
    (void)state;
    json_quote(&out, STR("a\xff\xc3(\xed\xa0\x80z\xe2\x82"));
    assert_string_equal(out.p, "\"a\xef\xbf\xbd\xef\xbf\xbd("
                               "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\xef\xbf\xbd\xef\xbf\xbd\"");
}

static void test_any_bytes_give_valid_json_that_reads_back(void **state)
{
    (void)state;
    uint64_t random = 1;
    for (int i = 0; i < 5000; i++) {
        char bytes[24];
        for (size_t k = 0; k < sizeof(bytes); k++) {
            random = random * 6364136223846793005ULL + 1442695040888963407ULL;
            bytes[k] = (char)(random >> (random >> 63 ? 50 : 57)); /* half of them ASCII */
        }
        struct str text = {bytes, (size_t)i % sizeof(bytes)}, back;
        struct err err = ERR_INIT;
        strbuf_clear(&out);
        json_quote(&out, text);
        assert_int_equal(json_scan(strbuf_str(&out), NULL, &err), OK);
        assert_true(json_view_string(&arena, json_view_of(strbuf_str(&out)), &back));
        if (str_is_utf8(text) && !memchr(bytes, 0, text.n)) {
            assert_true(str_eq(back, text));
        }
    }
}

static void write_double(double value)
{
    struct json_writer w;
    strbuf_clear(&out);
    json_begin(&w, &out);
    json_add_double(&w, value);
    json_end(&w);
}

static void test_doubles_are_short_and_read_back_the_same(void **state)
{
    (void)state;
    static const double values[] = {0.1, 1.0 / 3, 1e300, -2.5e-9, 0, 5e-324, 123456789.125};
    for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
        double back;
        write_double(values[i]);
        assert_true(json_view_double(json_view_of(strbuf_str(&out)), &back));
        assert_memory_equal(&back, &values[i], sizeof(back));
    }
    write_double(0.1);
    assert_string_equal(out.p, "0.1");
    write_double(3);
    assert_string_equal(out.p, "3");
    write_double((double)NAN);
    assert_string_equal(out.p, "null");
    write_double(-(double)INFINITY);
    assert_string_equal(out.p, "null");
}

static void test_a_full_buffer_is_remembered(void **state)
{
    (void)state;
    struct strbuf small;
    strbuf_init(&small, &arena, 8);
    struct json_writer w;
    json_begin(&w, &small);
    json_begin_object(&w);
    json_put_str(&w, "key", STR("value"));
    json_end_object(&w);
    json_end(&w);
    assert_true(small.is_full);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_commas_and_colons_are_automatic),
        TEST(test_strings_are_escaped),
        TEST(test_bad_utf8_becomes_the_replacement_character),
        TEST(test_any_bytes_give_valid_json_that_reads_back),
        TEST(test_doubles_are_short_and_read_back_the_same),
        TEST(test_a_full_buffer_is_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
