#include "formats/anchor.h"

#include "cmocka_all.h"

#include <string.h>

static struct arena arena;

static int arena_up(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int arena_down(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static struct anchor_key key_of(const char *secret)
{
    struct anchor_key key;
    struct err err = ERR_INIT;
    assert_int_equal(anchor_key_derive(str_from(secret), &key, &err), OK);
    return key;
}

static struct anchor sample(const struct anchor_key *key)
{
    struct anchor a = {.number = 17, .at = 1795219200123456, .heads = 42, .root = {1, 2, 3}};
    anchor_sign(&a, key);
    return a;
}

static void test_a_line_reads_back_and_its_signature_holds(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct anchor back;
    struct anchor_key key = key_of("0123456789abcdef0123456789abcdef");
    struct anchor a = sample(&key);
    struct str line = anchor_format(&arena, &a);
    assert_true(line.n < ANCHOR_LINE_MAX);
    assert_true(
        str_starts_with(line, STR("alertify-anchor-v1 17 2026-11-21T00:00:00.123456Z 42 ")));
    assert_int_equal(anchor_parse(str_printf(&arena, "%.*s\n", STR_ARG(line)), &back, &err), OK);
    assert_true(back.number == a.number && back.at == a.at && back.heads == a.heads);
    assert_memory_equal(back.root, a.root, sizeof(a.root));
    assert_true(anchor_is_signed(&back) && anchor_is_by(&back, &key));
}

static void test_a_change_of_any_digit_is_no_anchor_or_breaks_the_signature(void **state)
{
    (void)state;
    struct anchor_key key = key_of("0123456789abcdef0123456789abcdef");
    struct anchor a = sample(&key), back;
    struct str line = anchor_format(&arena, &a);
    for (size_t i = 0; i < line.n; i++) {
        struct err err = ERR_INIT;
        char *copy = arena_dup(&arena, line.p, line.n);
        copy[i] = copy[i] == '7' ? '8' : '7';
        if (anchor_parse((struct str){copy, line.n}, &back, &err) == OK) {
            assert_false(anchor_is_signed(&back));
        }
    }
    for (size_t n = 0; n < line.n; n++) {
        struct err err = ERR_INIT;
        assert_int_equal(anchor_parse((struct str){line.p, n}, &back, &err), ERR_SYNTAX);
    }
}

static void test_keys_follow_from_the_secret(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct anchor_key a = key_of("0123456789abcdef0123456789abcdef"), none;
    struct anchor_key same = key_of("0123456789abcdef0123456789abcdef");
    struct anchor_key other = key_of("0123456789abcdef0123456789abcdeg");
    struct anchor anchor = sample(&a);
    assert_memory_equal(&a, &same, sizeof(a));
    assert_false(anchor_is_by(&anchor, &other));
    assert_int_equal(anchor_key_derive(STR("too short"), &none, &err), ERR_INVALID);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, arena_up, arena_down)
    const struct CMUnitTest tests[] = {
        T(test_a_line_reads_back_and_its_signature_holds),
        T(test_a_change_of_any_digit_is_no_anchor_or_breaks_the_signature),
        T(test_keys_follow_from_the_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
