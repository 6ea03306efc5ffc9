#include "base/log.h"

#include "cmocka_all.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int ends[2];
static char got[256 * 1024];

static int set_up(void **state)
{
    (void)state;
    return pipe(ends);
}

static int tear_down(void **state)
{
    (void)state;
    log_setup(LOG_INFO, LOG_LOGFMT, STDERR_FILENO);
    close(ends[0]);
    return close(ends[1]);
}

/* What was logged since the last call. */
static struct str logged(void)
{
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    size_t n = 0;
    ssize_t more;
    while ((more = read(ends[0], got + n, sizeof(got) - n)) > 0) {
        n += (size_t)more;
    }
    return (struct str){got, n};
}

static size_t count(struct str s, char c)
{
    size_t n = 0;
    for (size_t at = str_find(s, c, 0); at != SIZE_MAX; at = str_find(s, c, at + 1)) {
        n++;
    }
    return n;
}

static void test_a_line_has_time_level_message_and_fields(void **state)
{
    (void)state;
    log_setup(LOG_INFO, LOG_LOGFMT, ends[1]);
    LOG(LOG_NOTICE, "incident opened", KV_C("incident", "i-1"), KV_INT("alerts", -3),
        KV_BOOL("is_new", true), KV_C("empty", ""));
    struct str line = logged();
    assert_true(str_starts_with(line, STR("ts=20")));
    assert_true(str_ends_with(line, STR("Z level=notice msg=\"incident opened\" incident=i-1 "
                                        "alerts=-3 is_new=true\n")));
}

static void test_lines_below_the_level_are_not_written(void **state)
{
    (void)state;
    log_setup(LOG_WARNING, LOG_LOGFMT, ends[1]);
    LOG(LOG_NOTICE, "quiet");
    assert_int_equal(logged().n, 0);
    LOG(LOG_WARNING, "loud");
    assert_int_equal(count(logged(), '\n'), 1);
}

static void test_a_hostile_value_cannot_forge_a_line_or_drive_a_terminal(void **state)
{
    (void)state;
    log_setup(LOG_INFO, LOG_LOGFMT, ends[1]);
    LOG(LOG_INFO, "x",
        KV_STR("v", STR("a\nlevel=error \"q\" \\ \x1b[2J \x9b \xc2\x9b \0 \xd0\xbf")));
    struct str line = logged();
    assert_int_equal(count(line, '\n'), 1);
    /* The value is not UTF-8 as a whole, so every high byte is escaped. */
    assert_true(str_contains(line, STR("v=\"a\\nlevel=error \\\"q\\\" \\\\ \\u001b[2J \\u009b ")));
    assert_int_equal(count(line, '\x1b') + count(line, '\x9b') + count(line, '\0'), 0);
    LOG(LOG_INFO, "x", KV_STR("v", STR("\xc2\x9b \xd0\xbf")));
    assert_true(str_contains(logged(), STR("v=\"\\u009b \xd0\xbf\"")));
}

static void test_a_long_value_is_cut_between_characters(void **state)
{
    (void)state;
    static char text[4000];
    for (size_t i = 0; i + 1 < sizeof(text); i += 2) {
        memcpy(text + i, "п", 2);
    }
    log_setup(LOG_INFO, LOG_LOGFMT, ends[1]);
    LOG(LOG_INFO, "x", KV_STR("v", ((struct str){text + 1, 3000})), KV_INT("after", 1));
    struct str line = logged();
    assert_true(str_is_utf8(line));
    LOG(LOG_INFO, "x", KV_STR("v", ((struct str){text, 3000})), KV_INT("after", 1));
    line = logged();
    assert_true(str_is_utf8(line));
    assert_true(str_ends_with(line, STR("…\" after=1\n")));
}

static void test_fields_that_do_not_fit_are_left_out_whole(void **state)
{
    (void)state;
    static char text[2000];
    memset(text, '\x01', sizeof(text)); /* six bytes each when escaped */
    struct str big = {text, sizeof(text)};
    log_setup(LOG_INFO, LOG_JSON, ends[1]);
    LOG(LOG_INFO, "x", KV_INT("first", 1), KV_STR("big", big), KV_INT("last", 2));
    assert_true(str_ends_with(logged(), STR("\"msg\":\"x\",\"first\":1,\"cut\":true}\n")));
    log_setup(LOG_INFO, LOG_LOGFMT, ends[1]);
    LOG(LOG_INFO, "x", KV_INT("first", 1), KV_STR("big", big), KV_INT("last", 2));
    assert_true(str_ends_with(logged(), STR("msg=x first=1 cut=true\n")));
}

static void test_no_line_is_longer_than_a_pipe_takes_whole(void **state)
{
    (void)state;
    static char text[1500];
    memset(text, 'a', sizeof(text));
    for (enum log_format f = LOG_LOGFMT; f <= LOG_JSON; f++) {
        log_setup(LOG_INFO, f, ends[1]);
        for (size_t n = 900; n <= sizeof(text); n++) {
            struct str v = {text, n};
            LOG(LOG_INFO, "x", KV_STR("a", v), KV_STR("b", v), KV_STR("c", v));
            struct str line = logged();
            assert_in_range(line.n, 1, PIPE_BUF);
            assert_int_equal(line.p[line.n - 1], '\n');
            assert_int_equal(f == LOG_JSON ? line.p[line.n - 2] : '}', '}');
        }
    }
}

static void test_json_lines_are_objects(void **state)
{
    (void)state;
    log_setup(LOG_INFO, LOG_JSON, ends[1]);
    struct err err = ERR_INIT;
    err_at(&err, ERR_IO, "$.a", "b \"c\"");
    LOG(LOG_ERROR, "x y", KV_INT("n", 1), KV_BOOL("b", false), KV_ERR(&err));
    struct str line = logged();
    assert_true(str_starts_with(line, STR("{\"ts\":\"20")));
    assert_true(str_ends_with(line, STR("\"level\":\"error\",\"msg\":\"x y\",\"n\":1,\"b\":false,"
                                        "\"code\":\"io\",\"where\":\"$.a\","
                                        "\"error\":\"b \\\"c\\\"\"}\n")));
}

static void *fill(void *arg)
{
    (void)arg;
    static char text[2000];
    memset(text, 'a', sizeof(text));
    for (int i = 0; i < 50; i++) {
        LOG(LOG_INFO, "x", KV_STR("v", ((struct str){text, sizeof(text)})));
    }
    return NULL;
}

static void test_a_full_pipe_drops_lines_and_never_blocks(void **state)
{
    (void)state;
    log_setup(LOG_INFO, LOG_LOGFMT, ends[1]);
    uint64_t before = log_dropped();
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++) {
        pthread_create(&threads[i], NULL, fill, NULL);
    }
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    uint64_t lost = log_dropped() - before;
    assert_in_range(lost, 1, 199);
    assert_int_equal(count(logged(), '\n'), 200 - lost);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_line_has_time_level_message_and_fields),
        cmocka_unit_test(test_lines_below_the_level_are_not_written),
        cmocka_unit_test(test_a_hostile_value_cannot_forge_a_line_or_drive_a_terminal),
        cmocka_unit_test(test_a_long_value_is_cut_between_characters),
        cmocka_unit_test(test_fields_that_do_not_fit_are_left_out_whole),
        cmocka_unit_test(test_no_line_is_longer_than_a_pipe_takes_whole),
        cmocka_unit_test(test_json_lines_are_objects),
        cmocka_unit_test(test_a_full_pipe_drops_lines_and_never_blocks),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
