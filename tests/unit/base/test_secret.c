#include "base/secret.h"

#include "cmocka_all.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_one_line_end_of_a_file_is_dropped(void **state)
{
    (void)state;
    static const struct {
        struct str given;
        const char *kept;
    } cases[] = {
        {{"s3cret", 6}, "s3cret"}, {{"s3cret\n", 7}, "s3cret"},   {{"s3cret\r\n", 8}, "s3cret"},
        {{"a\n\n", 3}, "a\n"},     {{"a\r", 2}, "a\r"},           {{"\n", 1}, ""},
        {{NULL, 0}, ""},           {{" spaces ", 8}, " spaces "},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct secret *secret = secret_new(cases[i].given);
        assert_str_is(secret_reveal(secret), cases[i].kept);
        assert_int_equal(secret_len(secret), strlen(cases[i].kept));
        assert_int_equal(secret_reveal(secret).p[secret_len(secret)], '\0');
        secret_free(secret);
    }
}

static void test_comparison_wants_length_and_bytes(void **state)
{
    (void)state;
    struct secret *secret = secret_new(STR("a\0b"));
    assert_true(secret_eq(secret, STR("a\0b")));
    assert_false(secret_eq(secret, STR("a\0c")));
    assert_false(secret_eq(secret, STR("a")));
    assert_false(secret_eq(secret, STR("a\0bb")));
    assert_false(secret_eq(secret, (struct str){NULL, 0}));
    secret_free(secret);
}

static void test_a_secret_lives_until_its_last_owner_lets_go(void **state)
{
    (void)state;
    struct secret *secret = secret_new(STR("x"));
    assert_ptr_equal(secret_ref(secret), secret);
    secret_free(secret);
    assert_true(secret_eq(secret, STR("x")));
    secret_free(secret);
    secret_free(NULL);
    assert_null(secret_ref(NULL));
}

static void test_a_secret_cannot_be_written_to(void **state)
{
    (void)state;
    struct secret *secret = secret_new(STR("x"));
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGSEGV, SIG_DFL);
        close(STDERR_FILENO);
        *(volatile char *)(uintptr_t)secret_reveal(secret).p = 'y';
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    secret_free(secret);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_line_end_of_a_file_is_dropped),
        cmocka_unit_test(test_comparison_wants_length_and_bytes),
        cmocka_unit_test(test_a_secret_lives_until_its_last_owner_lets_go),
        cmocka_unit_test(test_a_secret_cannot_be_written_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
