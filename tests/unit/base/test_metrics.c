#include "base/metrics.h"

#include "cmocka_all.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const double buckets[] = {0.1, 1, 10, 0};

static struct metric plain = METRIC_COUNTER("alertify_test_plain_total", "Without labels.");
static struct metric sends =
    METRIC_COUNTER("alertify_test_sends_total", "By two.", "channel", "result");
static struct metric depth = METRIC_GAUGE("alertify_test_depth", "Goes both ways.", "queue");
static struct metric took =
    METRIC_HISTOGRAM("alertify_test_took_seconds", "How long.", buckets, "step");
static struct metric bare = METRIC_HISTOGRAM("alertify_test_bare_seconds", "No labels.", buckets);
static struct metric many = METRIC_COUNTER("alertify_test_many_total", "Hostile.", "value");
static struct metric odd = METRIC_COUNTER("alertify_test_odd_total", "Odd values.", "value");
static struct metric shared = METRIC_COUNTER("alertify_test_shared_total", "Threads.", "by");

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

static struct str rendered(void)
{
    struct strbuf out;
    strbuf_init(&out, &arena, 1024 * 1024);
    strbuf_add_char(&out, '\n'); /* so that every line has one on both sides */
    metrics_render(&out);
    assert_false(out.is_full);
    return strbuf_str(&out);
}

static void assert_has_line(const char *line)
{
    struct str page = rendered();
    if (!str_contains(page, str_printf(&arena, "\n%s\n", line))) {
        fail_msg("no line %s in\n%.*s", line, STR_ARG(page));
    }
}

static void test_a_registered_family_without_labels_starts_at_zero(void **state)
{
    (void)state;
    metric_register(&plain);
    assert_has_line("# HELP alertify_test_plain_total Without labels.\n"
                    "# TYPE alertify_test_plain_total counter\nalertify_test_plain_total 0");
    metric_add(&plain, 2);
    metric_add(&plain, 0.5);
    assert_has_line("alertify_test_plain_total 2.5");
}

static void test_each_label_set_counts_for_itself(void **state)
{
    (void)state;
    metric_add(&sends, 1, STR("slack"), STR("ok"));
    metric_add(&sends, 1, STR("slack"), STR("temp"));
    metric_add(&sends, 3, STR("slack"), STR("ok"));
    assert_has_line("alertify_test_sends_total{channel=\"slack\",result=\"ok\"} 4");
    assert_has_line("alertify_test_sends_total{channel=\"slack\",result=\"temp\"} 1");
    const struct str values[] = {STR("slack"), STR("ok"), {NULL, 0}, {NULL, 0}};
    assert_true(metric_value(&sends, values) > 3.9 && metric_value(&sends, values) < 4.1);
}

static void test_a_gauge_shows_what_was_set_last(void **state)
{
    (void)state;
    metric_set(&depth, 7, STR("intake"));
    metric_set(&depth, -2, STR("intake"));
    assert_has_line("alertify_test_depth{queue=\"intake\"} -2");
}

static void test_histogram_buckets_are_cumulative(void **state)
{
    (void)state;
    metric_observe(&took, 0.05, STR("send"));
    metric_observe(&took, 0.1, STR("send")); /* the bound belongs to its bucket */
    metric_observe(&took, 5, STR("send"));
    metric_observe(&took, 99, STR("send"));
    assert_has_line("alertify_test_took_seconds_bucket{step=\"send\",le=\"0.1\"} 2\n"
                    "alertify_test_took_seconds_bucket{step=\"send\",le=\"1\"} 2\n"
                    "alertify_test_took_seconds_bucket{step=\"send\",le=\"10\"} 3\n"
                    "alertify_test_took_seconds_bucket{step=\"send\",le=\"+Inf\"} 4");
    assert_has_line("alertify_test_took_seconds_count{step=\"send\"} 4");
    metric_register(&bare);
    assert_has_line("alertify_test_bare_seconds_bucket{le=\"+Inf\"} 0\n"
                    "alertify_test_bare_seconds_sum 0\nalertify_test_bare_seconds_count 0");
}

static void test_hostile_values_cannot_grow_a_family(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++) {
        metric_add(&many, 1, str_printf(&arena, "v%d", i));
    }
    assert_int_equal(many.n_children, METRIC_CHILDREN_MAX + 1);
    assert_has_line("alertify_test_many_total{value=\"v255\"} 1");
    assert_has_line("alertify_test_many_total{value=\"other\"} 744");
}

static void test_odd_values_are_escaped_cut_or_named_invalid(void **state)
{
    (void)state;
    static char text[300];
    memset(text, 'x', sizeof(text));
    memcpy(text + 127, "п", 2); /* the cut at 128 would split it */
    metric_add(&odd, 1, STR("a\"b\\c\nd"));
    metric_add(&odd, 1, STR("\xff\xfe"));
    metric_add(&odd, 1, STR("\x80"));
    metric_add(&odd, 1, ((struct str){text, sizeof(text)}));
    metric_add(&odd, 1, ((struct str){text, sizeof(text)}));
    assert_has_line("alertify_test_odd_total{value=\"a\\\"b\\\\c\\nd\"} 1");
    assert_has_line("alertify_test_odd_total{value=\"invalid\"} 2");
    assert_int_equal(odd.n_children, 3);
    assert_true(str_is_utf8(rendered()));
}

static void *count_up(void *arg)
{
    for (int i = 0; i < 2000; i++) {
        metric_add(&shared, 1, STR("all"));
        metric_add(&shared, 1, str_from(arg));
        if (i % 500 == 0) {
            struct arena own;
            struct strbuf out;
            arena_init(&own);
            strbuf_init(&out, &own, 1024 * 1024);
            metrics_render(&out);
            arena_release(&own);
        }
    }
    return NULL;
}

static void test_threads_lose_no_count(void **state)
{
    (void)state;
    static char names[4][2] = {"a", "b", "c", "d"};
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++) {
        pthread_create(&threads[i], NULL, count_up, names[i]);
    }
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_has_line("alertify_test_shared_total{by=\"all\"} 8000");
    assert_has_line("alertify_test_shared_total{by=\"c\"} 2000");
}

/* The real parser and linter of the format, when it is installed. */
static void test_promtool_finds_nothing_to_complain_about(void **state)
{
    (void)state;
    if (access("/usr/bin/promtool", X_OK) != 0) {
        skip();
    }
    struct str page = rendered();
    int to[2];
    assert_int_equal(pipe2(to, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(to[0], STDIN_FILENO);
        execl("/usr/bin/promtool", "promtool", "check", "metrics", (char *)NULL);
        _exit(127);
    }
    close(to[0]);
    for (size_t at = 1; at < page.n;) {
        ssize_t n = write(to[1], page.p + at, page.n - at);
        assert_true(n > 0);
        at += (size_t)n;
    }
    close(to[1]);
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_registered_family_without_labels_starts_at_zero),
        cmocka_unit_test(test_each_label_set_counts_for_itself),
        cmocka_unit_test(test_a_gauge_shows_what_was_set_last),
        cmocka_unit_test(test_histogram_buckets_are_cumulative),
        cmocka_unit_test(test_hostile_values_cannot_grow_a_family),
        cmocka_unit_test(test_odd_values_are_escaped_cut_or_named_invalid),
        cmocka_unit_test(test_threads_lose_no_count),
        cmocka_unit_test(test_promtool_finds_nothing_to_complain_about),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
