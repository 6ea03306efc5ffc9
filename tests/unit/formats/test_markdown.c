#include "formats/markdown.h"

#include "cmocka_all.h"

#include <string.h>

static struct arena arena;

static int arena_up(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int arena_down(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static const char *text(const char *in)
{
    struct strbuf out;
    strbuf_init(&out, &arena, 4096);
    markdown_text(&out, str_from(in));
    return strbuf_str(&out).p;
}

static const char *block(const char *in)
{
    struct strbuf out;
    strbuf_init(&out, &arena, 4096);
    markdown_block(&out, str_from(in));
    return strbuf_str(&out).p;
}

static void test_plain_text_stays_readable(void **state)
{
    (void)state;
    assert_string_equal(text("Disk full on db-1.example.org, 97 % at 03:12"),
                        "Disk full on db-1.example.org, 97 % at 03:12");
    assert_string_equal(text("anna@example.org"), "anna@example.org");
}

static void test_markup_is_shown_and_not_obeyed(void **state)
{
    (void)state;
    const struct {
        const char *in, *out;
    } cases[] = {
        {"<script>x</script>", "&lt;script&gt;x&lt;/script&gt;"},
        {"&lt;", "&amp;lt;"},
        {"a|b", "a&#124;b"},
        {"a\\|b", "a\\\\&#124;b"},
        {"**bold** _it_ `code`", "\\*\\*bold\\*\\* \\_it\\_ \\`code\\`"},
        {"[x](http://e.org)", "\\[x\\]\\(http\\://e.org\\)"},
        {"![x](y)", "\\!\\[x\\]\\(y\\)"},
        {"# heading", "\\# heading"},
        {"- item", "\\- item"},
        {"=====", "\\====="},
        {"1. one", "1\\. one"},
        {"~~gone~~ $x$", "\\~\\~gone\\~\\~ \\$x\\$"},
        {"www.example.org", "www\\.example.org"},
        {"two\nlines\tof it", "two lines of it"},
        {"@team look", "@\xe2\x80\x8bteam look"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(text(cases[i].in), cases[i].out);
    }
}

/* Whatever bytes: outside of entities no character of markup stands without a backslash. */
static void test_no_text_leaves_anything_unescaped(void **state)
{
    (void)state;
    uint64_t dice = 7;
    for (int round = 0; round < 5000; round++) {
        char in[24];
        static const char set[] = "ab1 \\`*_[]()<>#|~!&$^-+=.:/@\n\"'";
        size_t n = 0;
        for (; n < sizeof(in) - 1; n++) {
            dice = dice * 6364136223846793005ULL + 1442695040888963407ULL;
            in[n] = set[(dice >> 33) % (sizeof(set) - 1)];
        }
        in[n] = '\0';
        const char *out = text(in);
        for (const char *p = out; *p; p++) {
            if (*p == '\\') {
                assert_true(p[1] != '\0');
                p++;
                continue;
            }
            assert_true(strchr("<>|`*_[]()~!$^\n", *p) == NULL);
            assert_true(*p != '#' || (p > out && p[-1] == '&'));
            assert_true(*p != '&' || strncmp(p, "&lt;", 4) == 0 || strncmp(p, "&gt;", 4) == 0 ||
                        strncmp(p, "&amp;", 5) == 0 || strncmp(p, "&#124;", 6) == 0);
        }
    }
}

static void test_no_line_closes_the_fence(void **state)
{
    (void)state;
    assert_string_equal(block("out"), "```text\nout\n```\n");
    assert_string_equal(block("a\n```\n# b\n"), "````text\na\n```\n# b\n````\n");
    assert_string_equal(block("`````"), "``````text\n`````\n``````\n");
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, arena_up, arena_down)
    const struct CMUnitTest tests[] = {
        T(test_plain_text_stays_readable),
        T(test_markup_is_shown_and_not_obeyed),
        T(test_no_text_leaves_anything_unescaped),
        T(test_no_line_closes_the_fence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
