#include "base/uuid.h"

#include "base/time_units.h"
#include "cmocka_all.h"

#include <string.h>

static void test_version_7_carries_time_version_and_variant(void **state)
{
    (void)state;
    static const uint8_t random[10] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    char text[UUID_TEXT + 1];
    /* RFC 9562, A.6: 2022-02-22 14:22:22 -05:00 is 017f22e279b0. */
    struct uuid id = uuid_v7(INT64_C(0x017f22e279b0) * US_PER_MS + 999, random);
    assert_string_equal(uuid_format(id, text), "017f22e2-79b0-7fff-bfff-ffffffffffff");
}

static void test_later_ids_sort_behind_earlier_ones(void **state)
{
    (void)state;
    static const uint8_t high[10] = {0xff, 0xff}, low[10] = {0};
    struct uuid before = uuid_v7(1000 * US_PER_MS, high), after = uuid_v7(1001 * US_PER_MS, low);
    assert_true(memcmp(before.b, after.b, 16) < 0);
    assert_false(uuid_eq(before, after));
}

static void test_text_in_either_case_is_read_back(void **state)
{
    (void)state;
    struct uuid a, b;
    char text[UUID_TEXT + 1];
    assert_true(uuid_parse(STR("0123abcd-4567-89AB-CDEF-fedcba987654"), &a));
    assert_true(uuid_parse(STR("0123ABCD-4567-89ab-cdef-FEDCBA987654"), &b));
    assert_true(uuid_eq(a, b));
    assert_string_equal(uuid_format(a, text), "0123abcd-4567-89ab-cdef-fedcba987654");
}

static void test_anything_else_is_refused_and_leaves_the_result_alone(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "0123abcd-4567-89ab-cdef-fedcba98765",
        "0123abcd-4567-89ab-cdef-fedcba9876543",
        "0123abcd4567-89ab-cdef-fedcba98765400",
        "0123abcd-4567-89ab-cdef-fedcba98765g",
        "{123abcd-4567-89ab-cdef-fedcba98765}",
        "0123abcd-4567-89ab-cdef-fedcba98765\x01",
        "0123abcd+4567-89ab-cdef-fedcba987654",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct uuid id = {{1}};
        assert_false(uuid_parse(str_from(bad[i]), &id));
        assert_int_equal(id.b[0], 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_version_7_carries_time_version_and_variant),
        cmocka_unit_test(test_later_ids_sort_behind_earlier_ones),
        cmocka_unit_test(test_text_in_either_case_is_read_back),
        cmocka_unit_test(test_anything_else_is_refused_and_leaves_the_result_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
