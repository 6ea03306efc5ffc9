#include "base/monotonic.h"
#include "base/time_units.h"
#include "formats/regex.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

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

static const struct regex *compile(const char *pattern)
{
    struct err err = ERR_INIT;
    const struct regex *re = NULL;
    if (regex_compile(&arena, str_from(pattern), &re, &err) != OK) {
        fail_msg("%s", err.detail);
    }
    return re;
}

static bool matches(const char *pattern, const char *subject)
{
    bool gave_up = false;
    bool is_match =
        regex_matches(compile(pattern), regex_scratch_new(&arena), str_from(subject), &gave_up);
    assert_false(gave_up);
    return is_match;
}

static void test_patterns_match_as_in_go(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *subject;
        bool want;
    } cases[] = {
        {"api", "api", true},
        {"api", "api2", false},
        {"api", "xapi", false},
        {"api.*", "api2", true},
        {"a|b", "b", true},
        {"a|b", "ab", false},
        {"a|ab", "ab", true},
        {"", "", true},
        {"", "x", false},
        {".*", "", true},
        {".+", "", false},
        {"a|", "", true},
        {"x.y", "x\ny", false},
        {"(?s)x.y", "x\ny", true},
        {"(?s:x.)y", "x\ny", true},
        {".", "ж", true},
        {"..", "ж", false},
        {"ж+", "жжж", true},
        {"a$", "a\n", false},
        {"^a$", "a", true},
        {"a^b", "ab", false},
        {"(?i)warn", "WARN", true},
        {"(?i)ПРИВЕТ", "привет", true},
        {"a(?i)b|c", "C", true},
        {"(?:a(?i)b)c", "aBC", false},
        {"(?i)a(?-i)b", "AB", false},
        {"(?m)a$\n^b", "a\nb", true},
        {"a$\nb", "a\nb", false},
        {"(?m)a\n^", "a\n", true},
        {"\\d+", "123", true},
        {"\\d", "٣", false},
        {"\\w+", "a_1", true},
        {"\\w", "é", false},
        {"\\s", "\v", false},
        {"\\s", "\t", true},
        {"\\S", "\v", true},
        {"[\\s]", "\v", false},
        {"[\\S]", "\v", true},
        {"[^\\S]", "\v", false},
        {"\\v", "\v", true},
        {"\\v", "\n", false},
        {"\\a\\f\\n\\r\\t", "\a\f\n\r\t", true},
        {"\\x41\\x{436}", "Aж", true},
        {"\\101\\0", "A", false},
        {"\\101", "A", true},
        {"\\12", "\n", true},
        {"\\_\\-\\.", "_-.", true},
        {"\\.", "x", false},
        {"\\Qa.b\\E.", "a.bx", true},
        {"\\Qa.b", "a.b", true},
        {"\\Qa.b", "axb", false},
        {"\\Qab\\E*", "abbb", true},
        {"\\pL+", "жa", true},
        {"\\p{Greek}", "α", true},
        {"\\p{^Greek}", "α", false},
        {"\\PN", "1", false},
        {"[[:alpha:]]+", "ab", true},
        {"[[:^digit:]]", "1", false},
        {"[]a]+", "]a", true},
        {"[^]a]", "]", false},
        {"[a-c-e]+", "b-e", true},
        {"[\\d-z]+", "1-z", true},
        {"[a-]+", "a-", true},
        {"[[a]+", "[a", true},
        {"[&&~~]+", "&~", true},
        {"[\\x41-C]", "B", true},
        {"[^a]", "\n", true},
        {"[.]", "x", false},
        {"[\\]\\\\]+", "]\\", true},
        {"a{2,3}", "aaaa", false},
        {"a{2,}", "aaaa", true},
        {"a{2}", "aa", true},
        {"a{,2}", "a{,2}", true},
        {"{", "{", true},
        {"a{x", "a{x", true},
        {"a}b]", "a}b]", true},
        {"a*?b", "aab", true},
        {"(?U)a*b", "aab", true},
        {"(a)(b)", "ab", true},
        {"(?P<x>a)(?<y>b)", "ab", true},
        {"^*a", "a", true},
        {"\\b*a", "a", true},
        {"(?:)", "", true},
        {"\\bab\\b", "ab", true},
        {"\\Aab\\z", "ab", true},
        {" #x", " #x", true},
        {"()", "", true},
        {"api-(v1|v2)\\.example\\.com", "api-v2.example.com", true},
        {"(?i)", "", true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        if (matches(cases[i].pattern, cases[i].subject) != cases[i].want) {
            fail_msg("/%s/ and \"%s\"", cases[i].pattern, cases[i].subject);
        }
    }
}

static void test_what_go_refuses_is_refused_with_a_reason(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *what;
    } cases[] = {
        {"(a)\\1", "back-references"},
        {"(?P<x>a)(?P=x)", "back-references"},
        {"(?<x>a)\\k<x>", "back-references"},
        {"a(?=b)", "lookahead"},
        {"a(?!b)", "lookahead"},
        {"(?<=a)b", "lookbehind"},
        {"(?<!a)b", "lookbehind"},
        {"(?>a)", "atomic"},
        {"a++", "possessive"},
        {"a*+", "possessive"},
        {"a?+", "possessive"},
        {"a{2}+", "possessive"},
        {"a**", "nested"},
        {"a*??", "nested"},
        {"a{2}{3}", "nested"},
        {"(?R)", "recursion"},
        {"(a)(?1)", "recursion"},
        {"(?P>x)", "recursion"},
        {"(?&x)", "recursion"},
        {"(?+1)", "recursion"},
        {"(?-1)", "recursion"},
        {"(a)?(?(1)b|c)", "conditionals"},
        {"\\C", "\\C is not"},
        {"(?C1)", "callouts"},
        {"(*FAIL)", "nothing to repeat"},
        {"(*UTF8)a", "nothing to repeat"},
        {"(?#c)", "comments"},
        {"(?|a|b)", "branch"},
        {"(", "missing )"},
        {")", "unexpected )"},
        {"a)b", "unexpected )"},
        {"[a", "missing ]"},
        {"[]", "missing ]"},
        {"[^]", "missing ]"},
        {"[b-a]", "wrong way"},
        {"[a-\\d]", "unknown escape"},
        {"*a", "nothing"},
        {"a|*", "nothing"},
        {"(+)", "nothing"},
        {"{2}", "nothing"},
        {"(?i)*", "nothing"},
        {"a{1001}", "repeat count"},
        {"a{3,2}", "repeat count"},
        {"a{99999999999}", "repeat count"},
        {"\\", "at the end"},
        {"a\\", "at the end"},
        {"\\K", "unknown escape"},
        {"\\Z", "unknown escape"},
        {"\\G", "unknown escape"},
        {"\\R", "unknown escape"},
        {"\\X", "unknown escape"},
        {"\\h", "unknown escape"},
        {"\\N", "unknown escape"},
        {"\\E", "unknown escape"},
        {"\\8", "unknown escape"},
        {"\\u0041", "unknown escape"},
        {"\\ж", "unknown escape"},
        {"[\\b]", "unknown escape"},
        {"\\g1", "unknown escape"},
        {"\\x4", "\\x escape"},
        {"\\x{110000}", "\\x escape"},
        {"\\x{}", "\\x escape"},
        {"[[:foo:]]", "class name"},
        {"[[:<:]]", "class name"},
        {"\\p{Xan}", "class name"},
        {"\\p{bidi_class:L}", "class name"},
        {"\\p{Klingon}", "expression"},
        {"(?z)a", "unknown group"},
        {"(?i-)a", "unknown group"},
        {"(?P<a", "group name"},
        {"(?P<a b>c)", "group name"},
        {"\\p{L", "without }"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct err err = ERR_INIT;
        const struct regex *re = NULL;
        enum status status = regex_compile(&arena, str_from(cases[i].pattern), &re, &err);
        if (status != ERR_INVALID || !strstr(err.detail, cases[i].what)) {
            fail_msg("/%s/ gave \"%s\", not \"%s\"", cases[i].pattern, err.detail, cases[i].what);
        }
    }
}

static void test_errors_name_the_character(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    const struct regex *re;
    assert_int_equal(regex_compile(&arena, STR("жж(?=x)"), &re, &err), ERR_INVALID);
    assert_string_equal(err.detail,
                        "regular expression \"жж(?=x)\": lookahead is not supported (character 3)");
}

static void test_size_and_depth_are_bounded(void **state)
{
    (void)state;
    static char big[REGEX_PATTERN_MAX + 1];
    struct err err = ERR_INIT;
    const struct regex *re;
    memset(big, '(', sizeof(big));
    assert_int_equal(regex_compile(&arena, (struct str){big, sizeof(big)}, &re, &err), ERR_INVALID);
    err = ERR_INIT;
    assert_int_equal(regex_compile(&arena, (struct str){big, 4000}, &re, &err), ERR_INVALID);
    assert_non_null(strstr(err.detail, "nested too deep"));
    err = ERR_INIT;
    assert_int_equal(regex_compile(&arena, STR("((a{1000}){1000}){1000}"), &re, &err), ERR_INVALID);
    err = ERR_INIT;
    assert_int_equal(regex_compile(&arena, STR("a\xff"), &re, &err), ERR_INVALID);
}

static void test_literals_and_alternations_become_a_set(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *want;
    } cases[] = {
        {"api", "api"},
        {"b|a|b", "a,b"},
        {"(web|api)", "api,web"},
        {"(?:web|api)", "api,web"},
        {"^(web|api)$", "api,web"},
        {"^api$", "api"},
        {"a\\.b|c\\|d", "a.b,c|d"},
        {"", ""},
        {"a|", ",a"},
        {"жук|lion-1", "lion-1,жук"},
        {"\\$", "$"},
        {"a.b", NULL},
        {"a|b+", NULL},
        {"(a)(b)", NULL},
        {"(?i)a", NULL},
        {"a\\d", NULL},
        {"(a)|(b)", NULL},
        {"[ab]", NULL},
        {"a$b", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        size_t n;
        const struct str *words = regex_literals(compile(cases[i].pattern), &n);
        if (!cases[i].want) {
            if (words) {
                fail_msg("/%s/ is no set", cases[i].pattern);
            }
            continue;
        }
        struct strbuf all;
        strbuf_init(&all, &arena, 200);
        for (size_t k = 0; words && k < n; k++) {
            strbuf_add(&all, k ? STR(",") : STR_EMPTY);
            strbuf_add(&all, words[k]);
        }
        assert_non_null(words);
        assert_string_equal(all.p, cases[i].want);
    }
}

/* What is a set must mean the same as what PCRE2 would have answered. */
static void test_sets_agree_with_the_engine(void **state)
{
    (void)state;
    static const char *const patterns[] = {"b|a|b", "^(web|api)$", "a|",
                                           "^a|b$", "\\$|a\\.b",   "(?:)"};
    static const char *const subjects[] = {"",  "a",   "b",   "ab",  "web", "api", "webapi",
                                           "$", "a.b", "axb", "a\n", "^a",  "b$"};
    for (size_t p = 0; p < sizeof(patterns) / sizeof(*patterns); p++) {
        char engine[64] = "[x]{0}(?:";
        strncat(engine, patterns[p], 40);
        strncat(engine, ")", 2);
        size_t n;
        assert_non_null(regex_literals(compile(patterns[p]), &n));
        assert_null(regex_literals(compile(engine), &n));
        for (size_t s = 0; s < sizeof(subjects) / sizeof(*subjects); s++) {
            if (matches(patterns[p], subjects[s]) != matches(engine, subjects[s])) {
                fail_msg("/%s/ and \"%s\"", patterns[p], subjects[s]);
            }
        }
    }
}

static void test_catastrophic_patterns_give_up_quickly(void **state)
{
    (void)state;
    static const char *const patterns[] = {"(a+)+[bc]", "(a|a)*[bc]", "(a|aa)+[bc]", "(.*)*x",
                                           "(a*)*(a*)*b"};
    char subject[2001];
    memset(subject, 'a', 2000);
    subject[2000] = '!';
    for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++) {
        const struct regex *re = compile(patterns[i]);
        struct regex_scratch *scratch = regex_scratch_new(&arena);
        bool gave_up = false;
        int64_t start = monotonic_us();
        for (int k = 0; k < 10; k++) {
            assert_false(regex_matches(re, scratch, (struct str){subject, 2001}, &gave_up));
        }
        int64_t each_us = (monotonic_us() - start) / 10;
        if (each_us > 50 * US_PER_MS) {
            fail_msg("/%s/ took %ld us", patterns[i], (long)each_us);
        }
        if (i < 3) {
            assert_true(gave_up);
        }
    }
}

static void test_broken_utf8_matches_nothing(void **state)
{
    (void)state;
    bool gave_up = false;
    struct regex_scratch *scratch = regex_scratch_new(&arena);
    assert_false(regex_matches(compile(".*"), scratch, STR("a\xff"), &gave_up));
    assert_false(regex_matches(compile("(?s).*"), scratch, STR("\xff"), &gave_up));
    assert_true(regex_matches(compile(".*"), scratch, (struct str){NULL, 0}, &gave_up));
    assert_true(regex_matches(compile("a.b"), scratch, (struct str){"a\0b", 3}, &gave_up));
    assert_false(gave_up);
}

static void *match_many(void *ptr)
{
    const struct regex *re = ptr;
    struct arena own;
    arena_init(&own);
    struct regex_scratch *scratch = regex_scratch_new(&own);
    size_t n = 0;
    for (int i = 0; i < 20000; i++) {
        n += regex_matches(re, scratch, i % 2 ? STR("web-17.prod") : STR("db-17.prod"), NULL);
    }
    arena_release(&own);
    return (void *)n;
}

static void test_one_regex_serves_many_threads(void **state)
{
    (void)state;
    const struct regex *re = compile("web-\\d+\\.(prod|stage)");
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, match_many, (void *)re), 0);
    }
    for (int i = 0; i < 4; i++) {
        void *n;
        pthread_join(threads[i], &n);
        assert_int_equal((size_t)n, 10000);
    }
}

/* --- prefixes ----------------------------------------------------------------------------- */

static void test_prefixes_are_read_off_patterns(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *want; /* joined by spaces; "" for unknown */
    } cases[] = {
        {"dev.*", "dev"},
        {"dev.*|test|sandbox-[0-9]+", "dev test sandbox-"},
        {"^(?:Fraud.*|Chargeback.*)$", "Fraud Chargeback"},
        {"(Suspicious|Audit|Falco).*", "Suspicious Audit Falco"},
        {"eu-(north|south)-[12]", "eu-north- eu-south-"},
        {"postgres(ql)?|mysql", "postgres mysql"},
        {"10\\.1\\.\\d+", "10.1."},
        {"ab+c", "ab"},
        {"abc?d", "ab"},
        {"ab{2}", "a"},
        {"ab.*|a.*", "a"},
        {"[]|(].*|x.*", ""},
        {"x[]|(]+|y[[:alpha:]|]+", "x y"},
        {"ab[c[:]|[d]", ""}, /* unreadable: "[:" names nothing here */
        {"ab[A-[:alpha:]|y]", ""},
        {"é+", "é"},
        {"aé*", "a"},
        {".*foo", ""},
        {"a.*|.*b", ""},
        {"a*b", ""},
        {"(?i)abc.*", ""},
        {"x(?i:abc).*", ""},
        {"\\Qa.b\\E.*", ""},
        {"a|b", ""}, /* literals instead */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t n;
        const struct str *v = regex_prefixes(compile(cases[i].pattern), &n);
        struct strbuf got;
        strbuf_init(&got, &arena, 1000);
        for (size_t k = 0; k < n; k++) {
            strbuf_printf(&got, "%s%.*s", k ? " " : "", STR_ARG(v[k]));
        }
        if (!str_eq(strbuf_str(&got), str_from(cases[i].want))) {
            fail_msg("%s: \"%s\", not \"%s\"", cases[i].pattern, got.p, cases[i].want);
        }
    }
}

static void test_needles_are_read_off_patterns(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *want;
    } cases[] = {
        {".*-canary", "-canary"},
        {".*(a|bcd|[)]).*xy+z", "xy"},
        {".*abc?d", "ab"},
        {"[abc]*db\\.x[^]x]+", "db.x"},
        {".{2,3}ab{2}c+de", "de"},
        {".+ab\\d12+", "ab"},
        {".*é+abc", "abc"},
        {".*a|b.*", ""},
        {"(?i).*abc", ""},
        {".*\\x41bc", ""},
        {".*\\p{Greek}", ""},
        {".*a{b}", ""},
        {".*", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str got = regex_needle(compile(cases[i].pattern));
        if (!str_eq(got, str_from(cases[i].want))) {
            fail_msg("%s: \"%.*s\", not \"%s\"", cases[i].pattern, STR_ARG(got), cases[i].want);
        }
    }
}

static size_t roll(uint64_t *seed, size_t below)
{
    *seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return (size_t)(*seed >> 33) % below;
}

/* Random patterns from pieces that matter, random subjects of the same letters. */
static void test_every_match_has_its_prefix_and_its_needle(void **state)
{
    (void)state;
    static const char *const pieces[] = {"a",  "b",   "ab",  "é",   "|",     "|",   "(",   ")",
                                         ".*", ".+",  "?",   "*",   "+",     "^",   "$",   "[ab]",
                                         "()", "(?:", "\\.", "{2}", "[^a|]", "\\n", "\\w", ".*"};
    static const char *const letters[] = {"a", "b", "a", "b", "é", ".", "\n", "c"};
    uint64_t seed = 7;
    struct regex_scratch *scratch = regex_scratch_new(&arena);
    size_t n_matches = 0, n_known = 0;
    for (int round = 0; round < 60000; round++) {
        struct strbuf pattern;
        strbuf_init(&pattern, &arena, 200);
        strbuf_add(&pattern, str_from(pieces[roll(&seed, 8)]));
        for (size_t n = 1 + roll(&seed, 7); n > 0; n--) {
            strbuf_add(&pattern, str_from(pieces[roll(&seed, sizeof(pieces) / sizeof(pieces[0]))]));
        }
        const struct regex *re;
        size_t n;
        if (regex_compile(&arena, strbuf_str(&pattern), &re, NULL) != OK) {
            continue;
        }
        const struct str *prefixes = regex_prefixes(re, &n);
        struct str needle = regex_needle(re);
        n_known += prefixes != NULL && needle.n > 0;
        for (int k = 0; k < 20 && (prefixes || needle.n > 0); k++) {
            struct strbuf subject;
            strbuf_init(&subject, &arena, 100);
            for (size_t m = roll(&seed, 7); m > 0; m--) {
                strbuf_add(&subject, str_from(letters[roll(&seed, 8)]));
            }
            bool is_begun = !prefixes;
            for (size_t i = 0; i < n; i++) {
                is_begun |= str_starts_with(strbuf_str(&subject), prefixes[i]);
            }
            if (regex_matches(re, scratch, strbuf_str(&subject), NULL)) {
                n_matches++;
                if (!is_begun || !str_contains(strbuf_str(&subject), needle)) {
                    fail_msg("%s matches %s", pattern.p, subject.p);
                }
            }
        }
    }
    assert_true(n_known > 500);
    assert_true(n_matches > 1000);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_patterns_match_as_in_go),
        TEST(test_what_go_refuses_is_refused_with_a_reason),
        TEST(test_errors_name_the_character),
        TEST(test_size_and_depth_are_bounded),
        TEST(test_literals_and_alternations_become_a_set),
        TEST(test_sets_agree_with_the_engine),
        TEST(test_catastrophic_patterns_give_up_quickly),
        TEST(test_broken_utf8_matches_nothing),
        TEST(test_one_regex_serves_many_threads),
        TEST(test_prefixes_are_read_off_patterns),
        TEST(test_needles_are_read_off_patterns),
        TEST(test_every_match_has_its_prefix_and_its_needle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
