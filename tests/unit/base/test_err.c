#include "base/err.h"

#include "cmocka_all.h"
#include "unit/base/aborting.h"

#include <string.h>

static void test_every_code_has_a_name_and_a_sane_http_status(void **state)
{
    (void)state;
    for (unsigned code = 0; code < status_COUNT; code++) {
        assert_true(strlen(status_name((enum status)code)) > 0);
        assert_in_range(status_http((enum status)code), 200, 599);
        /* A sender that gets 4xx gives up, so what a retry may cure must not be one of those. */
        if (status_is_retryable((enum status)code)) {
            assert_true(status_http((enum status)code) >= 429);
        }
    }
    assert_int_equal(status_http(OK), 200);
}

static void test_the_first_error_wins(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    assert_int_equal(err_at(&err, ERR_SYNTAX, "a.yml:1:2", "line %d", 1), ERR_SYNTAX);
    assert_int_equal(err_set(&err, ERR_IO, "second"), ERR_IO);
    assert_int_equal(err.code, ERR_SYNTAX);
    assert_string_equal(err.where, "a.yml:1:2");
    assert_string_equal(err.detail, "line 1");
}

static void test_a_missing_error_object_is_accepted(void **state)
{
    (void)state;
    assert_int_equal(err_set(NULL, ERR_IO, "x"), ERR_IO);
    err_set_user(NULL, "x");
    assert_int_equal(err_wrap(NULL, "x"), ERR_INTERNAL);
}

static void test_wrapping_puts_the_context_in_front(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    err_set(&err, ERR_IO, "no such file");
    assert_int_equal(err_wrap(&err, "loading routes"), ERR_IO);
    err_wrap(&err, "reload");
    assert_string_equal(err.detail, "reload: loading routes: no such file");
}

static void test_text_that_is_cut_stays_utf8(void **state)
{
    (void)state;
    char text[2048];
    for (size_t shift = 0; shift < 4; shift++) {
        memset(text, 'a', shift);
        for (size_t i = shift; i + 4 < sizeof(text); i += 4) {
            memcpy(text + i, "🔥", 5);
        }
        struct err err = ERR_INIT;
        err_at(&err, ERR_INVALID, text, "%s", text);
        err_set_user(&err, "%s", text);
        assert_true(str_is_utf8(str_from(err.where)));
        assert_true(str_is_utf8(str_from(err.detail)));
        assert_true(str_is_utf8(str_from(err.user)));
        assert_true(strlen(err.detail) > sizeof(err.detail) - 5);
        err_wrap(&err, "é");
        assert_true(str_is_utf8(str_from(err.detail)));
    }
}

static void test_callers_over_http_see_only_what_is_meant_for_them(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    err_set(&err, ERR_FORBIDDEN, "host db-7 said no");
    assert_string_equal(err_user(&err), "forbidden");
    err_set_user(&err, "ask %s", "your admin");
    assert_string_equal(err_user(&err), "ask your admin");
}

static void set_ok(void)
{
    struct err err = ERR_INIT;
    (void)err_set(&err, OK, "not an error");
}

static void wrap_nothing(void)
{
    struct err err = ERR_INIT;
    (void)err_wrap(&err, "x");
}

static void test_recording_success_as_an_error_is_a_bug(void **state)
{
    (void)state;
    assert_true(aborts(set_ok));
    assert_true(aborts(wrap_nothing));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_code_has_a_name_and_a_sane_http_status),
        cmocka_unit_test(test_the_first_error_wins),
        cmocka_unit_test(test_a_missing_error_object_is_accepted),
        cmocka_unit_test(test_wrapping_puts_the_context_in_front),
        cmocka_unit_test(test_text_that_is_cut_stays_utf8),
        cmocka_unit_test(test_callers_over_http_see_only_what_is_meant_for_them),
        cmocka_unit_test(test_recording_success_as_an_error_is_a_bug),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
