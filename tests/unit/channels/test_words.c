#include "channels/words.h"
#include "unit/channels/sample.h"

static int start(void **state)
{
    struct arena *a = malloc(sizeof(*a));
    arena_init(a);
    *state = a;
    return 0;
}

static int stop(void **state)
{
    arena_release(*state);
    free(*state);
    return 0;
}

static const char english[] = "day: d\nhour: h\nminute: min\nsecond: s\nmore: and %d more\n"
                              "by: \"%s at %s\"\npercent: 100%\n";

static struct words parse(struct arena *a, const char *name, const char *text,
                          const struct words *base)
{
    struct words words;
    struct err err = ERR_INIT;
    if (words_parse(a, str_from(name), str_from(text), base, &words, &err) != OK) {
        fail_msg("%s: %s", err.where, err.detail);
    }
    return words;
}

static void test_a_file_is_known_by_its_name(void **state)
{
    (void)state;
    struct str language;
    assert_true(words_is_file(STR("words.de.yml"), &language));
    assert_true(str_eq(language, STR("de")));
    assert_true(words_is_file(STR("words.pt-BR.yml"), &language));
    assert_true(str_eq(language, STR("pt-BR")));
    static const char *const others[] = {
        "words.yml",       "words..yml",           "words.d.yml",   "words.DE.yml",
        "words.de.yaml",   "mywords.de.yml",       "words.d/e.yml", "words.de.yml.bak",
        "words.de_AT.yml", "words.abcdefghijk.yml"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (words_is_file(str_from(others[i]), &language)) {
            fail_msg("%s", others[i]);
        }
    }
}

static void test_what_a_file_leaves_out_is_that_of_its_base(void **state)
{
    struct words en = parse(*state, "words.en.yml", english, NULL);
    struct words de = parse(*state, "words.de.yml", "day: T\n", &en);
    assert_true(str_eq(de.language, STR("de")));
    assert_true(str_eq(words_get(&de, "day"), STR("T")));
    assert_true(str_eq(words_get(&de, "hour"), STR("h")));
    assert_int_equal(words_get(&de, "nope").n, 0);
    assert_true(str_eq(words_get(&en, "day"), STR("d")));
    de = parse(*state, "words.de.yml", "{}", &de);
    assert_true(str_eq(words_get(&de, "day"), STR("T")));
}

static void test_what_is_filled_in_must_fit(void **state)
{
    struct words en = parse(*state, "words.en.yml", english, NULL);
    struct words de = parse(*state, "words.de.yml", "more: noch %d\nby: '%s um %s'\n", &en);
    const struct value two[] = {value_str(STR("Anna %d")), value_str(STR("9"))};
    const struct value number = value_int(3);
    assert_true(str_eq(words_printf(*state, &de, "more", &number, 1), STR("noch 3")));
    assert_true(str_eq(words_printf(*state, &de, "by", two, 2), STR("Anna %d um 9")));
    static const char *const wrong[] = {"more: noch\n",
                                        "more: noch %s\n",
                                        "more: '%d %d'\n",
                                        "by: '%s'\n",
                                        "by: '%d um %s'\n",
                                        "more: '%*d'\n",
                                        "more: 'noch %[2]d'\n",
                                        "day: '%n'\n",
                                        "nope: x\n",
                                        "day: [x]\n",
                                        "- x\n",
                                        "day: {x: y}\n"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct words words;
        struct err err = ERR_INIT;
        if (words_parse(*state, STR("words.de.yml"), str_from(wrong[i]), &en, &words, &err) == OK) {
            fail_msg("taken: %s", wrong[i]);
        }
        ASSERT_HAS(str_from(err.where), "words.de.yml:1:");
    }
}

static void test_lengths_have_two_units_at_most(void **state)
{
    struct words en = parse(*state, "words.en.yml", english, NULL);
    static const struct {
        int64_t seconds;
        const char *want;
    } cases[] = {{-5, "0 s"},
                 {0, "0 s"},
                 {59, "59 s"},
                 {60, "1 min"},
                 {119, "1 min"},
                 {3600, "1 h"},
                 {3660, "1 h 1 min"},
                 {86399, "23 h 59 min"},
                 {86400, "1 d"},
                 {90000, "1 d 1 h"},
                 {86400 * 400 + 3599, "400 d"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str got = words_duration(*state, &en, cases[i].seconds * US_PER_S);
        if (!str_eq(got, str_from(cases[i].want))) {
            fail_msg("%lld s: %.*s", (long long)cases[i].seconds, STR_ARG(got));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_file_is_known_by_its_name),
        cmocka_unit_test(test_what_a_file_leaves_out_is_that_of_its_base),
        cmocka_unit_test(test_what_is_filled_in_must_fit),
        cmocka_unit_test(test_lengths_have_two_units_at_most),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
