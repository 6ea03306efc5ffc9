#include "app/routes_load.h"
#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void expect(const char *source, const struct routes_source *want, size_t n_want)
{
    struct arena arena;
    struct routes_source *files;
    size_t n;
    arena_init(&arena);
    routes_split(&arena, str_from(source), &files, &n);
    assert_int_equal(n, n_want);
    for (size_t i = 0; i < n; i++) {
        assert_true(str_eq(files[i].name, want[i].name));
        assert_true(str_eq(files[i].text, want[i].text));
        assert_int_equal(files[i].is_template, want[i].is_template);
    }
    arena_release(&arena);
}

static void test_every_file_comes_back_as_it_was(void **state)
{
    (void)state;
    const struct routes_source want[] = {{.name = STR("/a/1.yml"), .text = STR("x: 1\n\n")},
                                         {.name = STR("/a/2.yaml"), .text = STR("y: 2")},
                                         {.name = STR("/a/3.yml"), .text = STR_EMPTY},
                                         {.name = STR("/a/4.yml"), .text = STR("z: 4\n")}};
    expect("# file /a/1.yml\nx: 1\n\n\n# file /a/2.yaml\ny: 2\n# file /a/3.yml\n\n"
           "# file /a/4.yml\nz: 4\n\n",
           want, 4);
}

static void test_a_comment_does_not_begin_a_file(void **state)
{
    (void)state;
    const struct routes_source want[] = {
        {.name = STR("/etc/routes"), .text = STR("# file of Anna\nx: 1\n")}};
    expect("# file /etc/routes\n# file of Anna\nx: 1\n\n", want, 1);
}

static void test_templates_come_back_as_such(void **state)
{
    (void)state;
    const struct routes_source want[] = {
        {.name = STR("/a/1.yml"), .text = STR("# template x\n")},
        {.name = STR("/a/t/my.tmpl"), .text = STR("{{ .X }}"), .is_template = true},
        {.name = STR("/a/t/words.de.yml"), .text = STR("more: x\n"), .is_template = true}};
    expect("# file /a/1.yml\n# template x\n\n#: template /a/t/my.tmpl\n{{ .X }}\n"
           "#: template /a/t/words.de.yml\nmore: x\n\n",
           want, 3);
}

static void test_a_text_of_something_else_has_no_files(void **state)
{
    (void)state;
    expect("", NULL, 0);
    expect("x: 1\n", NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_file_comes_back_as_it_was),
        cmocka_unit_test(test_a_comment_does_not_begin_a_file),
        cmocka_unit_test(test_templates_come_back_as_such),
        cmocka_unit_test(test_a_text_of_something_else_has_no_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
