#include "formats/json_scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static enum status scan(struct str body, struct err *err)
{
    *err = ERR_INIT;
    return json_scan(body, NULL, err);
}

static void test_well_formed_documents_pass(void **state)
{
    (void)state;
    static const char *const valid[] = {
        "0",
        "-0",
        "12",
        "-1.5",
        "1e9",
        "1E+9",
        "1.25e-10",
        "true",
        "false",
        "null",
        "\"\"",
        "\"a\"",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
        "\"\\u00e9\\uD83D\\uDE00\"",
        "\"\\ud800\"",
        "\"\\u0000\"",
        "\"привет 😀\"",
        "\"\x7f\"",
        "[]",
        "{}",
        " [ ] ",
        "\t{ }\r\n",
        "[1]",
        "[1,2]",
        "[ 1 , 2 ]",
        "[[],[[]],{}]",
        "{\"a\":1}",
        "{\"a\":1,\"a\":2}",
        "{\"a\":{\"b\":[null]}}",
        "{ \"a\" : \"b\" , \"c\" : [ ] }",
        "[\"12345678\",\"1234567\",\"123456789\"]",
        "[\"abcdefg\\\"h\"]",
        "\"\xf4\x8f\xbf\xbf\"",
        "[[1],2]",
        "[{\"a\":[]},{\"b\":{}}]",
        "123456789012345678901234567890",
        "{\"\":0}",
    };
    for (size_t i = 0; i < sizeof(valid) / sizeof(*valid); i++) {
        struct err err;
        if (scan(str_from(valid[i]), &err) != OK) {
            fail_msg("refused %s: %s %s", valid[i], err.where, err.detail);
        }
    }
}

static void test_malformed_documents_are_refused_with_the_byte(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned at;
    } invalid[] = {
        {"", 0},
        {" ", 1},
        {"[", 1},
        {"]", 0},
        {"{", 1},
        {"}", 0},
        {"[1", 2},
        {"[1,]", 3},
        {"[,1]", 1},
        {"[1 2]", 3},
        {"[1}", 2},
        {"{\"a\"}", 4},
        {"{\"a\":}", 5},
        {"{\"a\":1,}", 7},
        {"{a:1}", 1},
        {"{1:1}", 1},
        {"{\"a\" 1}", 5},
        {"{\"a\":1]", 6},
        {"{,}", 1},
        {"1 2", 2},
        {"{} []", 3},
        {"01", 1},
        {"-", 1},
        {"-a", 1},
        {"+1", 0},
        {".5", 0},
        {"1.", 2},
        {"1.e5", 2},
        {"1e", 2},
        {"1e+", 3},
        {"0x10", 1},
        {"NaN", 0},
        {"Infinity", 0},
        {"tru", 0},
        {"True", 0},
        {"nul", 0},
        {"truex", 4},
        {"'a'", 0},
        {"\"a", 2},
        {"\"a\\\"", 4},
        {"\"\\", 1},
        {"\"\\x41\"", 1},
        {"\"\\u12\"", 1},
        {"\"\\u12g4\"", 1},
        {"\"\n\"", 1},
        {"\"abcdefg\t\"", 8},
        {"\"\x80\"", 1},
        {"\"\xc0\xaf\"", 1},
        {"\"\xed\xa0\x80\"", 1},
        {"\"\xf5\x80\x80\x80\"", 1},
        {"\"abcdefgh\xe2\x82\"", 9},
        {"\xef\xbb\xbf{}", 0},
        {"// c\n1", 0},
        {"[1] // c", 4},
        {"\v1", 0},
        {"[\"a\":1]", 4},
    };
    for (size_t i = 0; i < sizeof(invalid) / sizeof(*invalid); i++) {
        struct err err;
        char where[32];
        snprintf(where, sizeof(where), "byte %u", invalid[i].at);
        if (scan(str_from(invalid[i].text), &err) != ERR_SYNTAX || strcmp(err.where, where) != 0) {
            fail_msg("%s: %s (want %s): %s", invalid[i].text, err.where, where, err.detail);
        }
    }
}

static void test_a_nul_byte_is_refused_everywhere(void **state)
{
    (void)state;
    struct err err;
    assert_int_equal(scan((struct str){"\0", 1}, &err), ERR_SYNTAX);
    assert_int_equal(scan((struct str){"1\0", 2}, &err), ERR_SYNTAX);
    assert_int_equal(scan((struct str){"\"a\0b\"", 5}, &err), ERR_SYNTAX);
    assert_int_equal(scan((struct str){NULL, 0}, &err), ERR_SYNTAX);
}

static void test_depth_is_limited(void **state)
{
    (void)state;
    char text[2 * JSON_DEPTH_MAX + 4];
    for (unsigned depth = 1; depth <= JSON_DEPTH_MAX; depth = depth < 60 ? depth + 1 : depth + 7) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        struct err err = ERR_INIT;
        struct json_limits enough = {.depth = depth}, less = {.depth = depth - 1};
        struct str body = {text, 2 * depth};
        assert_int_equal(json_scan(body, &enough, &err), OK);
        if (depth > 1) {
            assert_int_equal(json_scan(body, &less, &err), ERR_TOO_LARGE);
        }
    }
    struct err err;
    memset(text, '[', 65);
    memset(text + 65, ']', 65);
    assert_int_equal(scan((struct str){text, 130}, &err), ERR_TOO_LARGE);
    assert_string_equal(err.where, "byte 64");
    assert_int_equal(scan((struct str){text + 1, 128}, &err), OK);
}

/* Kinds of levels are kept in bits: mixed nesting over the word boundary must not mix them up. */
static void test_levels_keep_their_kind(void **state)
{
    (void)state;
    char text[2048];
    for (unsigned seed = 0; seed < 200; seed++) {
        char closers[150];
        size_t n = 0, depth = 0;
        uint64_t random = seed * 0x9e3779b97f4a7c15ULL + 1;
        for (; depth < 150; depth++) {
            random = random * 6364136223846793005ULL + 1442695040888963407ULL;
            bool is_object = random >> 63;
            n += (size_t)snprintf(text + n, sizeof(text) - n, is_object ? "{\"k\":" : "[");
            closers[depth] = is_object ? '}' : ']';
        }
        text[n++] = '1';
        size_t inner = n;
        while (depth > 0) {
            text[n++] = closers[--depth];
        }
        struct err err = ERR_INIT;
        struct json_limits limits = {.depth = 150};
        assert_int_equal(json_scan((struct str){text, n}, &limits, &err), OK);
        size_t at = inner + seed % 150;
        text[at] = text[at] == '}' ? ']' : '}';
        assert_int_equal(json_scan((struct str){text, n}, &limits, &err), ERR_SYNTAX);
    }
}

static void test_tokens_are_limited(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct json_limits limits = {.max_tokens = 5};
    assert_int_equal(json_scan(STR("{\"a\":1,\"b\":2}"), &limits, &err), OK);
    limits.max_tokens = 4;
    assert_int_equal(json_scan(STR("{\"a\":1,\"b\":2}"), &limits, &err), ERR_TOO_LARGE);
    assert_string_equal(err.where, "byte 11");
}

/* A special byte at every place of the eight-byte fast path. */
static void test_every_offset_in_a_string_is_checked(void **state)
{
    (void)state;
    for (size_t at = 0; at < 40; at++) {
        char text[42];
        struct err err;
        memset(text, 'x', sizeof(text));
        text[0] = text[41] = '"';
        assert_int_equal(scan((struct str){text, 42}, &err), OK);
        static const char bad[] = {'"', '\\', 0x1f, 0, (char)0x80, (char)0xff};
        for (size_t b = 0; b < sizeof(bad); b++) {
            text[at + 1] = bad[b];
            if (scan((struct str){text, 42}, &err) != ERR_SYNTAX) {
                fail_msg("byte 0x%02x at %zu passed", (unsigned char)bad[b], at);
            }
        }
        static const char good[] = {' ', 0x7f, '!', '#', '[', ']', '~'};
        for (size_t g = 0; g < sizeof(good); g++) {
            text[at + 1] = good[g];
            assert_int_equal(scan((struct str){text, 42}, &err), OK);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_well_formed_documents_pass),
        cmocka_unit_test(test_malformed_documents_are_refused_with_the_byte),
        cmocka_unit_test(test_a_nul_byte_is_refused_everywhere),
        cmocka_unit_test(test_depth_is_limited),
        cmocka_unit_test(test_levels_keep_their_kind),
        cmocka_unit_test(test_tokens_are_limited),
        cmocka_unit_test(test_every_offset_in_a_string_is_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
