#include "domain/severity.h"

#include "domain_test.h"

static void test_words_are_in_order(void **state)
{
    (void)state;
    static const char *const rising[] = {"none", "info", "bananas", "warning", "error", "critical"};
    for (size_t i = 1; i < sizeof(rising) / sizeof(rising[0]); i++) {
        assert_true(severity_rank(str_from(rising[i - 1])) < severity_rank(str_from(rising[i])));
    }
    assert_int_equal(severity_rank(STR_EMPTY), severity_rank(STR("none")));
    assert_int_equal(severity_rank(STR("WARN")), severity_rank(STR("warning")));
    assert_int_equal(severity_rank(STR("P1")), severity_rank(STR("critical")));
    assert_true(severity_rank(STR("p2")) > severity_rank(STR("p3")));
    assert_true(severity_rank(STR("sev3")) > severity_rank(STR("sev4")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {T(test_words_are_in_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
