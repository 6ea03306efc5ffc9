#include "adapters/tz_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena arena;
static char folder[] = "/tmp/alertify-tz-XXXXXX";

static void write_file(const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static int set_up(void **state)
{
    char path[256];
    (void)state;
    arena_init(&arena);
    if (!mkdtemp(folder) || setenv("TZDIR", folder, 1) != 0) {
        return 1;
    }
    snprintf(path, sizeof(path), "%s/Test", folder);
    mkdir(path, 0700);
    write_file("Test/One+2", "bytes");
    write_file("zone.tab", "text");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    static const char *const names[] = {"Test/One+2", "zone.tab", "Test", ""};
    for (size_t i = 0; i < 4; i++) {
        char path[256];
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        remove(path);
    }
    arena_release(&arena);
    return 0;
}

static void test_a_zone_is_read_below_tzdir(void **state)
{
    (void)state;
    struct str bytes;
    struct err err = ERR_INIT;
    assert_int_equal(tz_files_read(&arena, STR("Test/One+2"), &bytes, &err), OK);
    assert_true(str_eq(bytes, STR("bytes")));
}

static void test_names_that_could_leave_the_folder_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"",       "/etc/passwd", "../x",   "Test/../zone", "a//b",
                                        "Test/.", "zone.tab",    "Test/",  "-x",           "a b",
                                        "a\\b",   "a\nb",        "Жуковка"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct str bytes;
        struct err err = ERR_INIT;
        if (tz_files_read(&arena, str_from(names[i]), &bytes, &err) != ERR_INVALID) {
            fail_msg("\"%s\" was not refused", names[i]);
        }
    }
}

static void test_what_is_not_a_file_is_not_there(void **state)
{
    (void)state;
    struct str bytes;
    struct err err = ERR_INIT;
    assert_int_equal(tz_files_read(&arena, STR("Test/Two"), &bytes, &err), ERR_NOT_FOUND);
    err = ERR_INIT;
    assert_int_equal(tz_files_read(&arena, STR("Test"), &bytes, &err), ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_zone_is_read_below_tzdir),
        cmocka_unit_test(test_names_that_could_leave_the_folder_are_refused),
        cmocka_unit_test(test_what_is_not_a_file_is_not_there),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
