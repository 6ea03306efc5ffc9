#include "channels/telegram_html.h"
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

static void test_units_are_those_of_the_text_that_is_left(void **state)
{
    static const struct {
        const char *html;
        size_t units;
    } cases[] = {
        {"", 0},
        {"a b\n", 4},
        {"Ünï 日本", 6},
        {"😀", 2},
        {"<b>a</b><i>b</i>", 2},
        {"<B>a</b>", 1},
        {"&lt;&gt;&amp;&quot;", 4},
        {"&#39;&#x27;&#x1F600;", 4},
        {"a & b &nbsp; &", 14},
        {"<a href=\"https://a.example/?x&amp;y\">a</a>", 1},
        {"<a href='x>y'>a</a>", 1},
        {"<pre><code class=\"language-c\">x</code></pre>", 1},
        {"<tg-spoiler>x</tg-spoiler><span class=\"tg-spoiler\">y</span>", 2},
        {"<blockquote expandable>x</blockquote>", 1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t units = 999;
        struct str why = STR_EMPTY;
        if (!telegram_html_measure(*state, str_from(cases[i].html), &units, &why) ||
            units != cases[i].units) {
            fail_msg("%s: %zu units, %.*s", cases[i].html, units, STR_ARG(why));
        }
    }
}

static void test_what_telegram_refuses_is_refused(void **state)
{
    static const char *const cases[][2] = {
        {"<br>", "unsupported start tag \"br\""},
        {"<h1>x</h1>", "unsupported start tag \"h1\""},
        {"a < b", "unsupported start tag \"\""},
        {"<!-- x -->", "unsupported start tag \"\""},
        {"<b>x", "no end tag for \"b\""},
        {"x</b>", "unexpected end tag \"b\""},
        {"<b><i>x</b></i>", "unexpected end tag \"b\""},
        {"<b>x</b x>", "unexpected end tag \"b\""},
        {"<b>x</b", "unexpected end tag \"b\""},
        {"<b", "unclosed start tag \"b\""},
        {"<a href=\"x>y</a>", "unclosed start tag \"a\""},
        {"&#4x;", "bad entity \"&#4x\""},
        {"<", "unsupported start tag \"\""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t units = 999;
        struct str why = STR_EMPTY;
        if (telegram_html_measure(*state, str_from(cases[i][0]), &units, &why)) {
            fail_msg("%s is taken", cases[i][0]);
        }
        if (!str_eq(why, str_from(cases[i][1]))) {
            fail_msg("%s: %.*s", cases[i][0], STR_ARG(why));
        }
        assert_int_equal(units, 999);
    }
}

static void test_depth_is_bounded(void **state)
{
    struct strbuf html;
    size_t units;
    struct str why;
    strbuf_init(&html, *state, 10000);
    for (int i = 0; i < 31; i++) {
        strbuf_add(&html, STR("<b>"));
    }
    strbuf_add(&html, STR("x"));
    for (int i = 0; i < 31; i++) {
        strbuf_add(&html, STR("</b>"));
    }
    struct str deep = strbuf_str(&html);
    assert_false(telegram_html_measure(*state, deep, &units, &why));
    assert_true(telegram_html_measure(*state, str_slice(deep, 3, deep.n - 4), &units, &why));
    assert_int_equal(units, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_units_are_those_of_the_text_that_is_left),
        cmocka_unit_test(test_what_telegram_refuses_is_refused),
        cmocka_unit_test(test_depth_is_bounded),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
