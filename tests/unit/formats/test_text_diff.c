#include "base/arena.h"
#include "formats/text_diff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { OUT_MAX = 16 << 20 };

static void expect(const char *before, const char *after, const char *want)
{
    struct arena arena;
    struct strbuf out;
    arena_init(&arena);
    strbuf_init(&out, &arena, OUT_MAX);
    assert_int_equal(text_diff(&arena, str_from(before), str_from(after), &out), want[0] != '\0');
    assert_string_equal(str_c(&arena, strbuf_str(&out)), want);
    arena_release(&arena);
}

static void test_equal_texts_have_no_difference(void **state)
{
    (void)state;
    expect("", "", "");
    expect("a\nb\n", "a\nb\n", "");
    expect("a", "a", "");
}

static void test_a_changed_line_stands_between_its_context(void **state)
{
    (void)state;
    expect("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nX\n6\n7\n8\n9\n",
           "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+X\n 6\n 7\n 8\n");
}

static void test_texts_that_begin_or_end_as_nothing(void **state)
{
    (void)state;
    expect("", "a\nb\n", "@@ -0,0 +1,2 @@\n+a\n+b\n");
    expect("a\nb\n", "", "@@ -1,2 +0,0 @@\n-a\n-b\n");
    expect("b\n", "a\nb\nc\n", "@@ -1,1 +1,3 @@\n+a\n b\n+c\n");
}

static void test_a_missing_line_end_is_a_difference(void **state)
{
    (void)state;
    expect("a\n", "a", "@@ -1,1 +1,1 @@\n-a\n+a\n\\ No newline at end of file\n");
}

static void test_changes_far_apart_are_hunks_of_their_own(void **state)
{
    (void)state;
    expect("a\n1\n2\n3\n4\n5\n6\n7\nb\n", "A\n1\n2\n3\n4\n5\n6\n7\nB\n",
           "@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-b\n+B\n");
    expect("a\n1\n2\n3\n4\n5\n6\nb\n", "A\n1\n2\n3\n4\n5\n6\nB\n",
           "@@ -1,8 +1,8 @@\n-a\n+A\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n+B\n");
}

/* What the hunks say, applied to `before`, is `after`. */
static struct str apply(struct arena *arena, struct str before, struct str hunks)
{
    struct strbuf out;
    strbuf_init(&out, arena, OUT_MAX);
    size_t at = 0, line = 1;
    while (hunks.n > 0) {
        size_t end = str_find(hunks, '\n', 0) + 1;
        struct str now = str_slice(hunks, 0, end);
        hunks = str_slice(hunks, end, hunks.n);
        size_t start = 0;
        if (now.p[0] == '@') {
            char *comma;
            start = strtoul(now.p + 4, &comma, 10);
            start += strtoul(comma + 1, NULL, 10) == 0;
        }
        while (line < start) {
            size_t next = str_find(before, '\n', at) + 1;
            strbuf_add(&out, str_slice(before, at, next));
            at = next;
            line++;
        }
        if (now.p[0] == ' ' || now.p[0] == '-') {
            size_t next = str_find(before, '\n', at) + 1;
            assert_true(str_eq(str_slice(before, at, next), str_slice(now, 1, now.n)));
            at = next;
            line++;
        }
        if (now.p[0] == ' ' || now.p[0] == '+') {
            strbuf_add(&out, str_slice(now, 1, now.n));
        }
    }
    strbuf_add(&out, str_slice(before, at, before.n));
    return strbuf_str(&out);
}

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 16;
}

static struct str random_text(struct arena *arena, uint32_t *seed, size_t n_lines, uint32_t words)
{
    struct strbuf out;
    strbuf_init(&out, arena, OUT_MAX);
    for (size_t i = 0; i < n_lines; i++) {
        strbuf_printf(&out, "%u\n", next_random(seed) % words);
    }
    return strbuf_str(&out);
}

static void test_a_diff_applied_gives_the_other_text(void **state)
{
    (void)state;
    uint32_t seed = 7;
    for (int round = 0; round < 302; round++) {
        struct arena arena;
        struct strbuf out;
        arena_init(&arena);
        size_t n = round < 300 ? 40 : 4000; /* the long ones differ too much to be searched */
        uint32_t words = round < 300 ? 2 + (uint32_t)round % 9 : 100000;
        struct str a = random_text(&arena, &seed, next_random(&seed) % n, words);
        struct str b = random_text(&arena, &seed, next_random(&seed) % n, words);
        strbuf_init(&out, &arena, OUT_MAX);
        assert_int_equal(text_diff(&arena, a, b, &out), !str_eq(a, b));
        assert_true(str_eq(apply(&arena, a, strbuf_str(&out)), b));
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_texts_have_no_difference),
        cmocka_unit_test(test_a_changed_line_stands_between_its_context),
        cmocka_unit_test(test_texts_that_begin_or_end_as_nothing),
        cmocka_unit_test(test_a_missing_line_end_is_a_difference),
        cmocka_unit_test(test_changes_far_apart_are_hunks_of_their_own),
        cmocka_unit_test(test_a_diff_applied_gives_the_other_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
