#include "cmocka_all.h"
#include "formats/regex_search.h"

#include <string.h>
#include <time.h>

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static const struct regex_search *compiled(const char *pattern)
{
    struct err err = ERR_INIT;
    const struct regex_search *re = NULL;
    if (regex_search_compile(&arena, str_from(pattern), &re, &err) != OK) {
        fail_msg("%s", err.detail);
    }
    return re;
}

static void test_a_match_may_be_anywhere(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *subject;
        bool want;
    } cases[] = {
        {"^web-[0-9]+", "web-01:9100", true},
        {"^Z", "InstanceDown", false},
        {"", "", true},
        {"(?i)DOWN$", "InstanceDown", true},
        {"a.c", "a\nc", false},
        {"(?s)a.c", "a\nc", true},
        {"^b$", "a\nb\nc", false},
        {"(?m)^b$", "a\nb\nc", true},
        {"\\pL+", "žluť", true},
        {"[[:alpha:]]", "ž", false},
        {"(?<n>x)y", "xy", true},
        {"[(?<]", "<", true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        if (regex_search_matches(compiled(cases[i].pattern), str_from(cases[i].subject)) !=
            cases[i].want) {
            fail_msg("%s in %s", cases[i].pattern, cases[i].subject);
        }
    }
}

static void test_what_go_refuses_is_refused_in_its_words(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *want;
    } cases[] = {
        {"[a", "missing closing ]: `[a`"},
        {"(a", "missing closing ): `(a`"},
        {"a)", "unexpected ): `a)`"},
        {"*", "missing argument to repetition operator: `*`"},
        {"a**", "invalid nested repetition operator: `**`"},
        {"a{1001}", "invalid repeat count: `{1001}`"},
        {"(?=a)", "invalid or unsupported Perl syntax: `(?=`"},
        {"\\1", "invalid escape sequence: `\\1`"},
        {"a\\", "trailing backslash at end of expression: ``"},
        {"\\C", "invalid escape sequence: `\\C`"},
        {"[z-a]", "invalid character class range: `z-a`"},
        {"(?P<n", "invalid named capture: `(?P<n`"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct err err = ERR_INIT;
        const struct regex_search *re = NULL;
        assert_int_equal(regex_search_compile(&arena, str_from(cases[i].pattern), &re, &err),
                         ERR_INVALID);
        if (strncmp(err.detail, "error parsing regexp: ", 22) != 0 ||
            strcmp(err.detail + 22, cases[i].want) != 0) {
            fail_msg("%s: %s", cases[i].pattern, err.detail);
        }
    }
}

static void test_replacements_follow_go(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *replacement, *subject, *want;
    } cases[] = {
        {"^([^:]+):(\\d+)$", "$2@${1}", "web-01:9100", "9100@web-01"},
        {"[aeiou]", "", "Instance web-01:9100 down", "Instnc wb-01:9100 dwn"},
        {"a*", "x", "baaac", "xbxcx"},
        {"", "-", "žx", "-ž-x-"},
        {"x*", "-", "", "-"},
        {"(a)(b)?", "<$1|$2>", "ac", "<a|>c"},
        {"(?P<first>\\w+) (\\w+)", "$2 ${first}", "one two", "two one"},
        {"a", "$1x", "a", ""},
        {"(a)", "${1}x", "a", "ax"},
        {"a", "$$", "a", "$"},
        {"a", "$", "a", "$"},
        {"a", "${1", "a", "${1"},
        {"a", "$-", "a", "$-"},
        {"(a)", "$01", "a", ""},
        {"a", "$0$0", "ba", "baa"},
        {"(a)", "$9", "a", ""},
        {"(?<n>a)", "[$n]", "ba", "b[a]"},
        {"^", "> ", "a\nb", "> a\nb"},
        {"(?m)^", "> ", "a\nb", "> a\n> b"},
        {"b|$", "X", "abb", "aXX"},
        {"\\B", "-", "éé", "-é-é-"},
        {"\\Q(?<n>\\E", "x", "(?<n>", "x"},
        {"\\Q\\C\\E", "x", "\\C", "x"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct strbuf out;
        strbuf_init(&out, &arena, 4096);
        size_t work = 1000;
        assert_true(regex_search_replace(compiled(cases[i].pattern), str_from(cases[i].subject),
                                         str_from(cases[i].replacement), &work, &out));
        if (strcmp(out.p, cases[i].want) != 0) {
            fail_msg("%s → %s in \"%s\": \"%s\"", cases[i].pattern, cases[i].replacement,
                     cases[i].subject, out.p);
        }
    }
}

static void test_no_expression_is_slow(void **state)
{
    (void)state;
    static const char *const patterns[] = {"(a+)+b", "(a|a)*b", "(a*)*b", "(.*)*x",
                                           "^(([a-z])+.)+[A-Z]"};
    struct strbuf subject, out;
    strbuf_init(&subject, &arena, 1 << 20);
    strbuf_init(&out, &arena, 1 << 20);
    for (int i = 0; i < 20000; i++) {
        strbuf_add_char(&subject, 'a');
    }
    for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++) {
        clock_t begin = clock();
        (void)regex_search_matches(compiled(patterns[i]), strbuf_str(&subject));
        assert_true(clock() - begin < 2 * CLOCKS_PER_SEC);
    }
}

/* Each "a" of the subject has to look for a "b" up to the end. */
static void test_replacing_stops_when_the_work_is_used_up(void **state)
{
    (void)state;
    struct strbuf subject, out;
    strbuf_init(&subject, &arena, REGEX_SEARCH_SUBJECT_MAX);
    strbuf_init(&out, &arena, 1 << 20);
    while (!subject.is_full) {
        strbuf_add_char(&subject, 'a');
    }
    size_t work = 100000;
    assert_false(
        regex_search_replace(compiled("a.*b|a"), strbuf_str(&subject), STR("x"), &work, &out));
    work = 100;
    strbuf_clear(&out);
    assert_true(regex_search_replace(compiled("a+"), strbuf_str(&subject), STR("x"), &work, &out));
    assert_str_is(strbuf_str(&out), "x");
    assert_true(regex_search_cost(compiled("(a?){1000}"), 1000) >
                20 * regex_search_cost(compiled("a"), 1000));
}

static void test_large_expressions_are_refused(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    const struct regex_search *re;
    assert_int_equal(regex_search_compile(&arena, STR("((a{100}){100}){100}"), &re, &err),
                     ERR_INVALID);
    struct strbuf groups;
    strbuf_init(&groups, &arena, 4096);
    for (int i = 0; i <= REGEX_SEARCH_GROUPS_MAX; i++) {
        strbuf_add(&groups, STR("(a)"));
    }
    assert_int_equal(regex_search_compile(&arena, strbuf_str(&groups), &re, NULL), ERR_INVALID);
    char *longest = arena_alloc(&arena, REGEX_SEARCH_PATTERN_MAX + 1);
    memset(longest, 'a', REGEX_SEARCH_PATTERN_MAX + 1);
    struct str pattern = {longest, REGEX_SEARCH_PATTERN_MAX + 1};
    assert_int_equal(regex_search_compile(&arena, pattern, &re, NULL), ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_match_may_be_anywhere),
        cmocka_unit_test(test_what_go_refuses_is_refused_in_its_words),
        cmocka_unit_test(test_replacements_follow_go),
        cmocka_unit_test(test_no_expression_is_slow),
        cmocka_unit_test(test_replacing_stops_when_the_work_is_used_up),
        cmocka_unit_test(test_large_expressions_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
