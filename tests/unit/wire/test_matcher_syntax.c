#include "wire/matcher_syntax.h"

#include "data_file.h"
#include "formats/json_scan.h"
#include "formats/json_view.h"

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

/* "default-route" is amtool's word for a route without matchers. */
static struct str answer(enum matcher_dialect dialect, struct str text)
{
    struct matchers matchers;
    struct err err = ERR_INIT;
    if (matchers_parse(&arena, dialect, text, &matchers, &err) != OK) {
        assert_true(err.detail[0] != '\0');
        return str_printf(&arena, "error: %s", err.detail);
    }
    if (matchers.n == 0) {
        return STR("default-route");
    }
    /* The file separates columns by tabs, so a tab in an answer is written \t there. */
    struct strbuf out;
    struct str rest = matchers_format(&arena, matchers);
    strbuf_init(&out, &arena, 4096);
    while (rest.p) {
        strbuf_add(&out, str_cut(&rest, '\t'));
        strbuf_add(&out, rest.p ? STR("\\t") : STR_EMPTY);
    }
    return strbuf_str(&out);
}

static bool is_error(struct str text)
{
    return str_starts_with(text, STR("error: "));
}

static void test_the_three_parsers_agree_with_amtool(void **state)
{
    (void)state;
    struct str rest = read_data(&arena, "routing/matchers.tsv");
    str_cut(&rest, '\n');
    size_t lines = 0, wrong = 0;
    while (rest.p) {
        struct str line = str_cut(&rest, '\n');
        if (line.n == 0) {
            continue;
        }
        struct str input = str_cut(&line, '\t'), text;
        assert_int_equal(json_scan(input, NULL, NULL), OK);
        assert_true(json_view_string(&arena, json_view_of(input), &text));
        lines++;
        for (int dialect = 0; dialect < matcher_dialect_COUNT; dialect++) {
            struct str want = str_cut(&line, '\t');
            struct str got = answer((enum matcher_dialect)dialect, text);
            /* The sentences are ours; that it is refused is Alertmanager's. */
            if (is_error(want) ? !is_error(got) : !str_eq(got, want)) {
                print_message("%.*s as %s: %.*s, not %.*s\n", STR_ARG(input),
                              matcher_dialect_name((enum matcher_dialect)dialect), STR_ARG(got),
                              STR_ARG(want));
                wrong++;
            }
        }
    }
    assert_int_equal(wrong, 0);
    assert_int_equal(lines, 90);
}

static bool matches(const char *text, const char *name, const char *value)
{
    struct matchers matchers;
    struct label label = {str_from(name), str_from(value)};
    assert_int_equal(matchers_parse(&arena, MATCHER_FALLBACK, str_from(text), &matchers, NULL), OK);
    return matchers_match(matchers, labels_make(&arena, &label, 1));
}

static void test_regular_expressions_are_anchored(void **state)
{
    (void)state;
    assert_true(matches("a=~\"b.*\"", "a", "bcd"));
    assert_false(matches("a=~\"b.*\"", "a", "abcd"));
    assert_true(matches("a!~\"b\"", "a", "bb"));
    assert_false(matches("a=~\"x.y\"", "a", "x\ny"));
}

static void test_a_missing_label_is_the_empty_string(void **state)
{
    (void)state;
    assert_true(matches("b=\"\"", "a", "x"));
    assert_true(matches("b!=\"x\"", "a", "x"));
    assert_true(matches("b=~\".*\"", "a", "x"));
    assert_false(matches("b=~\".+\"", "a", "x"));
    assert_true(matches("b!~\".+\"", "a", "x"));
}

static void test_too_many_matchers_are_refused(void **state)
{
    (void)state;
    struct strbuf text;
    struct matchers matchers;
    struct err err = ERR_INIT;
    strbuf_init(&text, &arena, 1000);
    for (int i = 0; i <= MATCHERS_MAX; i++) {
        strbuf_add(&text, STR("a=1,"));
    }
    assert_int_equal(matchers_parse(&arena, MATCHER_FALLBACK, strbuf_str(&text), &matchers, &err),
                     ERR_INVALID);
}

/* Printing and reading again changes nothing, whatever the name and value. */
static void test_the_canonical_form_reads_back(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "a=b",
        "\"a b\"=~\"x\\ty\\x01\"",
        "a=\"line\\nnext \\\"q\\\" \\\\\"",
        "\"\\\"\"!~\"\\n\"",
        "{x!=\"\",\"y z\"=\"\xc3\xa9\"}",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct str once = answer(MATCHER_UTF8, str_from(texts[i]));
        assert_false(is_error(once));
        assert_true(str_eq(answer(MATCHER_UTF8, once), once));
    }
}

/* What amtool takes as a label argument, and how it reads it. */
static void test_one_matcher_is_read_as_a_word_of_a_command_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want; /* NULL: refused */
    } cases[] = {
        {"a=1", "{a=\"1\"}"},
        {"a=\"1\"", "{a=\"1\"}"},
        {"a=", "{a=\"\"}"},
        {"a=1,b=2", "{a=\"1,b=2\"}"},
        {"a=1,", "{a=\"1,\"}"},
        {"a=1}", "{a=\"1}\"}"},
        {"a=x y", "{a=\"x y\"}"},
        {"\"a b\"=\"1\"", "{\"a b\"=\"1\"}"},
        {"a.b=1", "{a.b=\"1\"}"},
        {"a!~\"x|y\"", "{a!~\"x|y\"}"},
        {"{a=1}", NULL},
        {" {a=1}", NULL},
        {"{a=1", NULL},
        {"a=\"1\",b=\"2\"", NULL},
        {"", NULL},
        {"{}", NULL},
        {"a", NULL},
        {"=1", NULL},
        {"a=~\"(\"", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct matcher one;
        struct err err = ERR_INIT;
        enum status status =
            matcher_parse_one(&arena, MATCHER_FALLBACK, str_from(cases[i].text), &one, &err);
        assert_int_equal(status == OK, cases[i].want != NULL);
        if (status == OK) {
            struct str got = matchers_format(&arena, (struct matchers){&one, 1});
            assert_string_equal(got.p, cases[i].want);
        } else {
            assert_true(err.detail[0] != '\0');
        }
    }
}

static void *match_often(void *ptr)
{
    const struct matchers *matchers = ptr;
    size_t hits = 0;
    for (int i = 0; i < 1000; i++) {
        struct arena own;
        arena_init(&own);
        struct label label = {STR("a"), str_printf(&own, "web-%d", i)};
        hits += matchers_match(*matchers, labels_make(&own, &label, 1));
        arena_release(&own);
    }
    return (void *)(uintptr_t)hits;
}

static void test_threads_share_patterns(void **state)
{
    (void)state;
    struct matchers matchers;
    pthread_t threads[3];
    assert_int_equal(
        matchers_parse(&arena, MATCHER_FALLBACK, STR("a=~\"web-[0-9]*7\""), &matchers, NULL), OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, match_often, &matchers), 0);
    }
    for (int i = 0; i < 3; i++) {
        void *hits;
        assert_int_equal(pthread_join(threads[i], &hits), 0);
        assert_int_equal((uintptr_t)hits, 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        T(test_the_three_parsers_agree_with_amtool),
        T(test_regular_expressions_are_anchored),
        T(test_a_missing_label_is_the_empty_string),
        T(test_too_many_matchers_are_refused),
        T(test_the_canonical_form_reads_back),
        T(test_threads_share_patterns),
        T(test_one_matcher_is_read_as_a_word_of_a_command_line),
        T(test_threads_share_patterns),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
