#include "base/time_units.h"
#include "formats/token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;
static struct token_key keys[2];
static const struct str master = {"0123456789abcdef0123456789abcdef", 32};
static const int64_t now_at = INT64_C(1772619612) * US_PER_S;

static struct action_token token;

static int set_up(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    arena_init(&arena);
    assert_int_equal(token_key_derive(master, 1, &keys[0], &err), OK);
    assert_int_equal(token_key_derive(master, 2, &keys[1], &err), OK);
    token = (struct action_token){.purpose = 7,
                                  .cycle = 0x01020304,
                                  .delivery = UINT64_C(0xfedcba9876543210),
                                  .expires_at = now_at + US_PER_HOUR};
    for (uint8_t i = 0; i < 16; i++) {
        token.incident.b[i] = (uint8_t)(i + 1);
        token.jti[i] = (uint8_t)(200 + i);
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static enum status verify(struct str text, int64_t at, struct action_token *ret, struct err *err)
{
    *err = ERR_INIT;
    return token_verify(keys, 2, text, at, ret, err);
}

static void test_a_signed_token_verifies_with_all_its_fields(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        struct str text = token_sign(&arena, &keys[k], &token);
        struct action_token got = {0};
        struct err err;
        assert_int_equal(text.n, TOKEN_TEXT);
        assert_int_equal(strlen(text.p), TOKEN_TEXT);
        assert_int_equal(verify(text, now_at, &got, &err), OK);
        assert_int_equal(got.purpose, 7);
        assert_true(uuid_eq(got.incident, token.incident));
        assert_int_equal(got.cycle, token.cycle);
        assert_true(got.delivery == token.delivery);
        assert_int_equal(got.expires_at, token.expires_at);
        assert_memory_equal(got.jti, token.jti, TOKEN_JTI);
    }
}

static void test_every_changed_character_is_refused(void **state)
{
    (void)state;
    struct str text = token_sign(&arena, &keys[0], &token);
    for (size_t i = 0; i < text.n; i++) {
        for (size_t c = 0; c < 256; c++) {
            char changed[TOKEN_TEXT];
            memcpy(changed, text.p, TOKEN_TEXT);
            changed[i] = (char)c;
            struct action_token got = {.purpose = 99};
            struct err err;
            enum status status = verify((struct str){changed, TOKEN_TEXT}, now_at, &got, &err);
            if ((char)c != text.p[i] && (status != ERR_FORBIDDEN || got.purpose != 99)) {
                fail_msg("character %zu as 0x%02zx passed", i, c);
            }
        }
    }
}

static void test_other_lengths_are_refused(void **state)
{
    (void)state;
    struct str text = token_sign(&arena, &keys[0], &token);
    struct action_token got;
    struct err err;
    for (size_t n = 0; n < text.n; n++) {
        assert_int_equal(verify(str_slice(text, 0, n), now_at, &got, &err), ERR_FORBIDDEN);
    }
    struct str longer = str_printf(&arena, "%.*sA", STR_ARG(text));
    assert_int_equal(verify(longer, now_at, &got, &err), ERR_FORBIDDEN);
    longer = str_printf(&arena, "%.*s=", STR_ARG(text));
    assert_int_equal(verify(longer, now_at, &got, &err), ERR_FORBIDDEN);
    assert_int_equal(verify((struct str){NULL, 0}, now_at, &got, &err), ERR_FORBIDDEN);
}

static void test_a_token_dies_at_its_expiry(void **state)
{
    (void)state;
    struct str text = token_sign(&arena, &keys[0], &token);
    struct action_token got;
    struct err err;
    assert_int_equal(verify(text, token.expires_at - 1, &got, &err), OK);
    assert_int_equal(verify(text, token.expires_at, &got, &err), ERR_FORBIDDEN);
    assert_string_equal(err.where, "expired");
    assert_int_equal(verify(text, INT64_MAX, &got, &err), ERR_FORBIDDEN);
}

static void test_all_refusals_read_the_same(void **state)
{
    (void)state;
    struct action_token got;
    struct err malformed, unknown, forged, expired;
    struct token_key other;
    struct err err = ERR_INIT;
    assert_int_equal(token_key_derive(master, 9, &other, &err), OK);
    struct str text = token_sign(&arena, &other, &token);
    verify(STR("x"), now_at, &got, &malformed) == OK ? fail() : (void)0;
    verify(text, now_at, &got, &unknown) == OK ? fail() : (void)0;
    other.kid = 1; /* claims to be a key it is not */
    text = token_sign(&arena, &other, &token);
    verify(text, now_at, &got, &forged) == OK ? fail() : (void)0;
    text = token_sign(&arena, &keys[0], &token);
    verify(text, INT64_MAX, &got, &expired) == OK ? fail() : (void)0;
    assert_memory_equal(&malformed, &unknown, sizeof(err));
    assert_memory_equal(&malformed, &forged, sizeof(err));
    assert_string_equal(malformed.detail, expired.detail);
    assert_string_equal(malformed.where, "");
}

static void test_purpose_is_visible_and_signed(void **state)
{
    (void)state;
    struct action_token got;
    struct err err;
    struct str ack = token_sign(&arena, &keys[0], &token);
    token.purpose = 8;
    struct str resolve = token_sign(&arena, &keys[0], &token);
    assert_int_equal(verify(resolve, now_at, &got, &err), OK);
    assert_int_equal(got.purpose, 8);
    /* The purpose of one with the signature of the other. */
    char mixed[TOKEN_TEXT];
    memcpy(mixed, ack.p, TOKEN_TEXT);
    memcpy(mixed, resolve.p, 4);
    assert_int_equal(verify((struct str){mixed, TOKEN_TEXT}, now_at, &got, &err), ERR_FORBIDDEN);
}

static void test_keys_follow_from_secret_and_kid(void **state)
{
    (void)state;
    struct token_key again, other;
    struct err err = ERR_INIT;
    assert_int_equal(token_key_derive(master, 1, &again, &err), OK);
    assert_memory_equal(&again, &keys[0], sizeof(again));
    assert_memory_not_equal(keys[0].public_key, keys[1].public_key, 32);
    assert_int_equal(token_key_derive(STR("0123456789abcdef0123456789abcdeF"), 1, &other, &err),
                     OK);
    assert_memory_not_equal(other.public_key, keys[0].public_key, 32);
    assert_int_equal(token_key_derive(str_slice(master, 0, 31), 1, &other, &err), ERR_INVALID);
    token_key_wipe(&again);
    static const struct token_key zero;
    assert_memory_equal(&again, &zero, sizeof(zero));
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_a_signed_token_verifies_with_all_its_fields),
        TEST(test_every_changed_character_is_refused),
        TEST(test_other_lengths_are_refused),
        TEST(test_a_token_dies_at_its_expiry),
        TEST(test_all_refusals_read_the_same),
        TEST(test_purpose_is_visible_and_signed),
        TEST(test_keys_follow_from_secret_and_kid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
