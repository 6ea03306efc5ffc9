#include "formats/ical.h"

#include "base/time_units.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;
static struct strbuf out;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena);
    strbuf_init(&out, &arena, 1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static void write_one(struct str summary)
{
    ical_begin(&out, STR("primary"));
    ical_event(&out, &(struct ical_event){.uid = STR("u@alertify"),
                                          .summary = summary,
                                          .start_at = INT64_C(1767603600) * US_PER_S,
                                          .end_at = INT64_C(1768208400) * US_PER_S,
                                          .stamp_at = INT64_C(1700000000) * US_PER_S,
                                          .sequence = 2});
    ical_end(&out);
}

static void test_an_event_is_written_in_utc(void **state)
{
    (void)state;
    write_one(STR("Anna"));
    assert_string_equal(out.p, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"
                               "PRODID:-//alertify//on call//EN\r\nCALSCALE:GREGORIAN\r\n"
                               "METHOD:PUBLISH\r\nX-WR-CALNAME:primary\r\nBEGIN:VEVENT\r\n"
                               "UID:u@alertify\r\nDTSTAMP:20231114T221320Z\r\nSEQUENCE:2\r\n"
                               "DTSTART:20260105T090000Z\r\nDTEND:20260112T090000Z\r\n"
                               "SUMMARY:Anna\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
}

static void test_texts_are_escaped(void **state)
{
    (void)state;
    write_one(STR("a,b;c\\d\ne\r\x01\x7f\"\xff:"));
    assert_non_null(strstr(out.p, "\r\nSUMMARY:a\\,b\\;c\\\\d\\ne\"?:\r\n"));
}

static void test_long_lines_are_folded_between_characters(void **state)
{
    (void)state;
    struct strbuf text;
    strbuf_init(&text, &arena, 4096);
    for (int i = 0; i < 60; i++) {
        strbuf_add(&text, i % 7 == 0 ? STR("x") : i % 5 == 0 ? STR(",") : STR("Ж😀"));
    }
    write_one(strbuf_str(&text));
    struct str rest = strbuf_str(&out);
    size_t folded = 0;
    while (rest.n > 0) {
        struct str line = str_cut(&rest, '\n');
        assert_true(str_ends_with(line, STR("\r")));
        assert_true(line.n - 1 <= 75);
        assert_true(str_is_utf8(line));
        folded += str_starts_with(line, STR(" "));
    }
    assert_true(folded >= 3);
    char unfolded[4096] = "";
    size_t n = 0;
    for (const char *p = strstr(out.p, "SUMMARY:"); strncmp(p, "\r\nEND", 5) != 0;) {
        if (strncmp(p, "\r\n ", 3) == 0) {
            p += 3;
        } else if (*p == '\\') {
            p++;
        } else {
            unfolded[n++] = *p++;
        }
    }
    assert_int_equal(n, 8 + text.n);
    assert_memory_equal(unfolded + 8, text.p, text.n);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_an_event_is_written_in_utc),
        T(test_texts_are_escaped),
        T(test_long_lines_are_folded_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
