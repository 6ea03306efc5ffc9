#include "formats/base64.h"
#include "formats/form.h"
#include "formats/hex.h"
#include "formats/percent.h"

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

static void assert_str(struct str got, const char *want)
{
    if (!str_eq(got, str_from(want))) {
        fail_msg("\"%.*s\" is not \"%s\"", STR_ARG(got), want);
    }
}

static void test_hex_is_exact(void **state)
{
    (void)state;
    uint8_t b[3];
    assert_str(hex_encode(&arena, (struct str){"\0\xff\x1a", 3}), "00ff1a");
    assert_true(hex_decode(STR("00fF1A"), b, 3));
    assert_memory_equal(b, "\0\xff\x1a", 3);
    assert_false(hex_decode(STR("00ff1"), b, 3));
    assert_false(hex_decode(STR("00ff1a0"), b, 3));
    assert_false(hex_decode(STR("00fg1a"), b, 3));
    assert_false(hex_decode(STR("0x0000"), b, 3));
    assert_false(hex_decode(STR("00@@1a"), b, 3));
}

static void test_base64_has_one_text_per_value(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"", ""},        {"f", "Zg=="},        {"fo", "Zm8="},
        {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"\xfb\xff\xfe", "+//+"}};
    struct str s;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
        assert_str(base64_encode(&arena, str_from(pairs[i][0])), pairs[i][1]);
        assert_true(base64_decode(&arena, str_from(pairs[i][1]), &s));
        assert_str(s, pairs[i][0]);
    }
    static const char *const bad[] = {
        "Zg",     "Zg=",  "Zg===", "Zh==", "Zm9=",     " Zm9v", "Zm9v ",
        "Zm\n9v", "Zm9-", "Z",     "=",    "Zg==Zg==", "Zm9v="};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        if (base64_decode(&arena, str_from(bad[i]), &s)) {
            fail_msg("took %s", bad[i]);
        }
    }
}

/* libsodium alone takes some bytes above 0x7f for letters. */
static void test_no_byte_outside_the_alphabet_is_decoded(void **state)
{
    (void)state;
    size_t n_taken = 0;
    for (int c = 0; c < 256; c++) {
        char text[] = {(char)c, 'A', 'A', 'A'};
        struct str s;
        n_taken += base64_decode(&arena, (struct str){text, 4}, &s);
        n_taken += base64url_decode(&arena, (struct str){text, 4}, &s);
    }
    assert_int_equal(n_taken, 128);
}

static void test_base64url_has_no_padding(void **state)
{
    (void)state;
    struct str s;
    assert_str(base64url_encode(&arena, STR("\xfb\xff\xfe!")), "-__-IQ");
    assert_true(base64url_decode(&arena, STR("-__-IQ"), &s));
    assert_str(s, "\xfb\xff\xfe!");
    assert_false(base64url_decode(&arena, STR("-__-IQ=="), &s));
    assert_false(base64url_decode(&arena, STR("-__-IR"), &s));
    assert_false(base64url_decode(&arena, STR("+//+"), &s));
    assert_false(base64url_decode(&arena, STR("AAAAA"), &s));
}

static void test_percent_encoding_round_trips(void **state)
{
    (void)state;
    char all[256];
    struct str s;
    for (int i = 0; i < 256; i++) {
        all[i] = (char)i;
    }
    percent_encode(&out, (struct str){all, 256});
    assert_true(percent_decode(&arena, strbuf_str(&out), &s));
    assert_int_equal(s.n, 256);
    assert_memory_equal(s.p, all, 256);
    strbuf_clear(&out);
    percent_encode(&out, STR("a b/ж?~"));
    assert_string_equal(out.p, "a%20b%2F%D0%B6%3F~");
    assert_true(percent_decode(&arena, STR("a+b%2f"), &s));
    assert_str(s, "a+b/");
    assert_false(percent_decode(&arena, STR("%"), &s));
    assert_false(percent_decode(&arena, STR("%2"), &s));
    assert_false(percent_decode(&arena, STR("%2g"), &s));
}

static void test_forms_are_read_in_order(void **state)
{
    (void)state;
    struct form form;
    struct err err = ERR_INIT;
    struct str s;
    assert_int_equal(form_parse(&arena, STR("a=1&b=x+y%26&&c&a=2&=z&d=e=f"), 8, &form, &err), OK);
    assert_int_equal(form.n, 6);
    assert_true(form_get(&form, STR("a"), &s));
    assert_str(s, "1");
    assert_true(form_get(&form, STR("b"), &s));
    assert_str(s, "x y&");
    assert_true(form_get(&form, STR("c"), &s));
    assert_str(s, "");
    assert_true(form_get(&form, STR(""), &s));
    assert_str(s, "z");
    assert_true(form_get(&form, STR("d"), &s));
    assert_str(s, "e=f");
    assert_false(form_get(&form, STR("x"), &s));
    assert_int_equal(form_parse(&arena, STR(""), 8, &form, &err), OK);
    assert_int_equal(form.n, 0);
}

static void test_bad_forms_are_refused(void **state)
{
    (void)state;
    struct form form;
    static const char *const bad[] = {"a=%", "a=%zz", "%=1", "a=%ff", "a=%00", "a=%c3"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct err err = ERR_INIT;
        assert_int_equal(form_parse(&arena, str_from(bad[i]), 8, &form, &err), ERR_SYNTAX);
    }
    struct err err = ERR_INIT;
    assert_int_equal(form_parse(&arena, STR("a&b&c"), 2, &form, &err), ERR_TOO_LARGE);
}

static void test_forms_are_written(void **state)
{
    (void)state;
    form_add(&out, STR("a"), STR("1 2"));
    form_add(&out, STR("b&"), STR("="));
    assert_string_equal(out.p, "a=1%202&b%26=%3D");
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_hex_is_exact),
        TEST(test_base64_has_one_text_per_value),
        TEST(test_no_byte_outside_the_alphabet_is_decoded),
        TEST(test_base64url_has_no_padding),
        TEST(test_percent_encoding_round_trips),
        TEST(test_forms_are_read_in_order),
        TEST(test_bad_forms_are_refused),
        TEST(test_forms_are_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
