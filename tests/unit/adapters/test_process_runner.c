#include "adapters/process_runner.h"
#include "base/monotonic.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct bench {
    struct runner *runner;
    struct arena arena;
    char folder[32];
    uint64_t next_token;
};

static struct runner_settings settings_for_tests(void)
{
    return (struct runner_settings){.is_own_allowed = true, .term_grace_us = 300 * US_PER_MS};
}

static struct runner *fork_runner(const struct runner_settings *settings)
{
    struct runner *runner = NULL;
    struct err err = ERR_INIT;
    assert_int_equal(runner_fork(settings, &runner, &err), OK);
    return runner;
}

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    assert_non_null(bench);
    arena_init(&bench->arena);
    snprintf(bench->folder, sizeof(bench->folder), "/tmp/runner-XXXXXX");
    assert_non_null(mkdtemp(bench->folder));
    struct runner_settings settings = settings_for_tests();
    bench->runner = fork_runner(&settings);
    *state = bench;
    return 0;
}

static int drop(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    runner_free(bench->runner);
    nftw(bench->folder, drop, 8, FTW_DEPTH | FTW_PHYS);
    arena_release(&bench->arena);
    free(bench);
    return 0;
}

static char *path_of(struct bench *bench, const char *name)
{
    return str_c(&bench->arena, str_printf(&bench->arena, "%s/%s", bench->folder, name));
}

static char *write_file(struct bench *bench, const char *name, const char *text, mode_t mode)
{
    char *path = path_of(bench, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(path, mode), 0);
    return path;
}

static struct run_request request_for(struct bench *bench, const char *path)
{
    return (struct run_request){
        .token = ++bench->next_token, .file = str_from(path), .timeout_us = 10 * US_PER_S};
}

/* The body of a shell script; $D is the test's folder. */
static struct run_request script(struct bench *bench, const char *body)
{
    struct str text = str_printf(&bench->arena, "#!/bin/sh\nD=%s\n%s\n", bench->folder, body);
    struct str name = str_printf(&bench->arena, "script-%d", (int)bench->next_token);
    return request_for(
        bench, write_file(bench, str_c(&bench->arena, name), str_c(&bench->arena, text), 0755));
}

static void start(struct bench *bench, const struct run_request *request)
{
    struct err err = ERR_INIT;
    enum status status = runner_start(bench->runner, request, &err);
    if (status != OK) {
        print_error("%s\n", err.detail);
    }
    assert_int_equal(status, OK);
}

static struct run_result await(struct bench *bench)
{
    struct run_result result;
    struct err err = ERR_INIT;
    assert_int_equal(runner_wait(bench->runner, &bench->arena, 20 * US_PER_S, &result, &err), OK);
    return result;
}

static struct run_result run(struct bench *bench, const struct run_request *request)
{
    start(bench, request);
    struct run_result result = await(bench);
    assert_int_equal(result.token, request->token);
    return result;
}

static void assert_text(struct str s, const char *expected)
{
    char text[4096];
    snprintf(text, sizeof(text), "%.*s", STR_ARG(s));
    assert_string_equal(text, expected);
}

/* Waits for a number in a file of the test's folder. */
static pid_t read_pid(struct bench *bench, const char *name)
{
    char *path = path_of(bench, name);
    for (int i = 0; i < 500; i++) {
        FILE *file = fopen(path, "r");
        int pid = 0;
        int n = file ? fscanf(file, "%d\n", &pid) : 0;
        if (file) {
            fclose(file);
        }
        if (n == 1) {
            return pid;
        }
        usleep(10000);
    }
    fail_msg("no pid in %s", name);
    return 0;
}

/* Zombies count as gone: whoever inherits them buries them. */
static bool is_alive(pid_t pid)
{
    char path[64];
    char state = 'X';
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    if (!file) {
        return false;
    }
    if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1) {
        state = 'X';
    }
    fclose(file);
    return state != 'Z' && state != 'X';
}

static void assert_gone_soon(pid_t pid)
{
    for (int i = 0; i < 300 && is_alive(pid); i++) {
        usleep(10000);
    }
    assert_false(is_alive(pid));
}

static pid_t parent_of(pid_t pid)
{
    char path[64];
    int parent = 0;
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%*d (%*[^)]) %*c %d", &parent), 1);
    fclose(file);
    return parent;
}

static void test_exit_code_and_both_outputs_come_back(void **state)
{
    struct run_request request = script(*state, "echo out; echo err >&2; exit 7");
    struct run_result result = run(*state, &request);
    assert_int_equal(result.outcome, RUN_EXITED);
    assert_int_equal(result.code, 7);
    assert_text(result.output, "out\nerr\n");
    assert_false(result.is_cut);
    assert_in_range(result.duration_us, 1, 5 * US_PER_S);
    assert_int_equal(runner_running(((struct bench *)*state)->runner), 0);
}

static void test_input_arrives_whole(void **state)
{
    struct bench *bench = *state;
    size_t n = 1000000;
    char *input = arena_alloc(&bench->arena, n);
    memset(input, 'x', n);
    struct run_request request = script(bench, "wc -c; read a || echo end");
    request.input = (struct str){input, n};
    assert_text(run(bench, &request).output, "1000000\nend\n");
    request = script(bench, "cat");
    request.input = STR("{\"a\":\"\xd0\xb6\"}");
    assert_text(run(bench, &request).output, "{\"a\":\"\xd0\xb6\"}");
}

static void test_environment_is_exactly_what_is_allowed(void **state)
{
    struct bench *bench = *state;
    struct run_variable env[] = {{STR("AL_SEVERITY"), STR("critical; $(id)")},
                                 {STR("AL_EMPTY"), STR("")}};
    struct run_request request = request_for(bench, "/usr/bin/env");
    request.env = env;
    request.n_env = 2;
    assert_text(run(bench, &request).output, "PATH=/usr/sbin:/usr/bin:/sbin:/bin\nLANG=C.UTF-8\n"
                                             "HOME=/\nAL_SEVERITY=critical; $(id)\nAL_EMPTY=\n");
}

static void test_hostile_argument_is_inert(void **state)
{
    struct bench *bench = *state;
    struct str bad = str_printf(&bench->arena, "$(touch %s/pwned)`touch %s/pwned`;\n'\"| x",
                                bench->folder, bench->folder);
    struct str args[] = {bad, STR(""), STR("$(rm -rf /nonexistent)")};
    struct run_request request = script(bench, "printf '%s|' \"$#\" \"$@\"");
    request.args = args;
    request.n_args = 3;
    struct str expected =
        str_printf(&bench->arena, "3|%.*s||$(rm -rf /nonexistent)|", STR_ARG(bad));
    assert_text(run(bench, &request).output, expected.p);
    assert_int_equal(access(path_of(bench, "pwned"), F_OK), -1);
}

static void test_script_sees_no_foreign_descriptor(void **state)
{
    struct bench *bench = *state;
    struct str args[] = {STR("/proc/self/fd")};
    struct run_request request = request_for(bench, "/usr/bin/ls");
    request.args = args;
    request.n_args = 1;
    assert_text(run(bench, &request).output, "0\n1\n2\n3\n"); /* 3: its own folder */
}

static void test_limits_hold(void **state)
{
    struct run_request request = script(*state, "ulimit -c; ulimit -v; ulimit -f; ulimit -t; pwd;"
                                                "grep -h NoNewPrivs /proc/self/status; umask");
    struct run_result result = run(*state, &request);
    assert_text(result.output, "0\n1048576\n131072\n15\n/\nNoNewPrivs:\t1\n0022\n");
}

static void test_run_as_drops_everything(void **state)
{
    if (geteuid() != 0) {
        print_message("skipped: needs root\n");
        skip();
    }
    struct bench *bench = *state;
    struct runner_settings settings = settings_for_tests();
    settings.has_run_as = true;
    settings.run_as_uid = settings.run_as_gid = 65534;
    runner_free(bench->runner);
    bench->runner = fork_runner(&settings);
    struct run_request request =
        script(bench, "id -u; id -G; ulimit -p; grep CapEff /proc/self/status;"
                      "kill -9 $PPID 2>/dev/null || echo unable");
    assert_text(run(bench, &request).output,
                "65534\n65534\n256\nCapEff:\t0000000000000000\nunable\n");
}

static void test_timeout_kills_the_group_even_if_it_ignores_sigterm(void **state)
{
    struct bench *bench = *state;
    struct run_request request = script(bench, "trap '' TERM\n(trap '' TERM; sleep 60) &\n"
                                               "echo $! > $D/child\nwhile :; do sleep 1; done");
    request.timeout_us = US_PER_S;
    struct run_result result = run(bench, &request);
    assert_int_equal(result.outcome, RUN_TIMED_OUT);
    assert_int_equal(result.code, SIGKILL);
    assert_in_range(result.duration_us, 1200 * US_PER_MS, 4 * US_PER_S);
    assert_false(is_alive(read_pid(bench, "child")));
}

static void test_timeout_lets_a_script_clean_up(void **state)
{
    struct run_request request =
        script(*state, "trap 'echo bye; exit 3' TERM\nwhile :; do sleep 0.05; done");
    request.timeout_us = US_PER_S;
    struct run_result result = run(*state, &request);
    assert_int_equal(result.outcome, RUN_TIMED_OUT);
    assert_int_equal(result.code, SIGTERM);
    assert_true(str_ends_with(result.output, STR("bye\n"))); /* the shell may mourn its sleep */
}

static void test_timeout_ends_a_stopped_script(void **state)
{
    struct run_request request = script(*state, "kill -STOP $$");
    request.timeout_us = US_PER_S;
    assert_int_equal(run(*state, &request).outcome, RUN_TIMED_OUT);
}

static void test_escaped_descendants_die_with_the_main_process(void **state)
{
    struct bench *bench = *state;
    struct run_request request = script(
        bench, "(setsid sh -c 'trap \"\" TERM HUP; echo $$ > '$D'/a; sleep 60; sleep 60' &) &\n"
               "setsid setsid sleep 60 </dev/null >/dev/null 2>&1 & echo $! > $D/b\n"
               "for i in 1 2 3 4 5 6 7 8 9 10; do setsid sleep 60 & echo $! > $D/c$i; done\n"
               "while [ ! -s $D/a ]; do sleep 0.02; done\necho done");
    struct run_result result = run(bench, &request);
    assert_int_equal(result.outcome, RUN_EXITED);
    assert_text(result.output, "done\n");
    assert_text(result.detail, "");
    assert_true(result.duration_us < 5 * US_PER_S);
    assert_false(is_alive(read_pid(bench, "a")));
    assert_false(is_alive(read_pid(bench, "b")));
    for (int i = 1; i <= 10; i++) {
        char name[8];
        snprintf(name, sizeof(name), "c%d", i);
        assert_false(is_alive(read_pid(bench, name)));
    }
}

static void test_escaped_descendants_die_at_the_timeout(void **state)
{
    struct bench *bench = *state;
    struct run_request request =
        script(bench, "(setsid sh -c 'trap \"\" TERM; echo $$ > '$D'/a; sleep 60; sleep 60' &) &\n"
                      "sleep 60");
    request.timeout_us = US_PER_S;
    assert_int_equal(run(bench, &request).outcome, RUN_TIMED_OUT);
    assert_false(is_alive(read_pid(bench, "a")));
}

static void test_output_flood_is_capped_and_bounded_in_time(void **state)
{
    struct bench *bench = *state;
    struct run_request request = script(bench, "echo first; yes | head -c 1000000000; echo last");
    struct run_result result = run(bench, &request);
    assert_int_equal(result.outcome, RUN_EXITED);
    assert_true(result.is_cut);
    assert_in_range(result.output.n, 60000, 65536);
    assert_true(str_starts_with(result.output, STR("first\ny\ny\n")));
    assert_true(str_ends_with(result.output, STR("y\nlast\n")));
    assert_true(str_contains(result.output, STR(" bytes left out …")));
    request = script(bench, "yes");
    request.timeout_us = US_PER_S;
    request.output_max = 1000;
    result = run(bench, &request);
    assert_int_equal(result.outcome, RUN_TIMED_OUT);
    assert_true(result.output.n <= 1000);
    assert_true(result.duration_us < 3 * US_PER_S);
}

static void test_closed_output_does_not_confuse(void **state)
{
    struct run_request request = script(*state, "exec >&- 2>&- <&-; sleep 0.2; exit 4");
    struct run_result result = run(*state, &request);
    assert_int_equal(result.outcome, RUN_EXITED);
    assert_int_equal(result.code, 4);
}

static void test_death_by_signal_is_told(void **state)
{
    struct run_request request = script(*state, "echo x; kill -SEGV $$");
    struct run_result result = run(*state, &request);
    assert_int_equal(result.outcome, RUN_SIGNALED);
    assert_int_equal(result.code, SIGSEGV);
    assert_text(result.output, "x\n");
}

static void test_missing_interpreter_is_not_started(void **state)
{
    struct bench *bench = *state;
    struct run_request request =
        request_for(bench, write_file(bench, "odd", "#!/nonexistent/sh\n", 0755));
    struct run_result result = run(bench, &request);
    assert_int_equal(result.outcome, RUN_NOT_STARTED);
    assert_int_equal(result.code, ENOENT);
    assert_true(result.detail.n > 0);
    request = request_for(bench, write_file(bench, "text", "no program\n", 0755));
    assert_int_equal(run(bench, &request).code, ENOEXEC);
}

static void refuse(struct bench *bench, const struct run_request *request, const char *why)
{
    struct err err = ERR_INIT;
    assert_int_equal(runner_start(bench->runner, request, &err), ERR_INVALID);
    if (!strstr(err.detail, why)) {
        fail_msg("'%s' does not say '%s'", err.detail, why);
    }
    assert_int_equal(runner_running(bench->runner), 0);
}

static void test_unsafe_files_are_refused_with_the_reason(void **state)
{
    struct bench *bench = *state;
    char *good = write_file(bench, "good", "#!/bin/sh\n", 0755);
    char *link = path_of(bench, "link");
    char *fifo = path_of(bench, "fifo");
    char *linked = path_of(bench, "linked/good");
    assert_int_equal(symlink(good, link), 0);
    assert_int_equal(symlink(bench->folder, path_of(bench, "linked")), 0);
    assert_int_equal(mkfifo(fifo, 0755), 0);
    assert_int_equal(mkdir(path_of(bench, "open"), 0755), 0);
    char *in_open = write_file(bench, "open/x", "#!/bin/sh\n", 0755);
    assert_int_equal(chmod(path_of(bench, "open"), 0777), 0);
    const struct {
        char *path;
        const char *why;
    } cases[] = {
        {path_of(bench, "missing"), "No such file"},
        {write_file(bench, "plain", "x", 0644), "is not executable"},
        {write_file(bench, "world", "x", 0757), "is writable by others"},
        {write_file(bench, "group", "x", 0775), "is writable by others"},
        {write_file(bench, "suid", "x", 04755), "is set-user-id"},
        {link, "is a symbolic link"},
        {linked, "is a symbolic link"},
        {fifo, "is not a regular file"},
        {bench->folder, "is not a regular file"},
        {in_open, "the folder is writable by others"},
        {path_of(bench, "../x"), "not a plain absolute path"},
        {path_of(bench, "/good"), "not a plain absolute path"},
        {path_of(bench, "good/"), "Not a directory"},
        {(char[]){"bin/true"}, "not an absolute path"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct run_request request = request_for(bench, cases[i].path);
        refuse(bench, &request, cases[i].why);
    }
    struct run_request request = request_for(bench, good);
    assert_int_equal(run(bench, &request).code, 0);
}

static void test_foreign_owner_is_refused(void **state)
{
    if (geteuid() != 0) {
        print_message("skipped: needs root\n");
        skip();
    }
    struct bench *bench = *state;
    char *path = write_file(bench, "foreign", "#!/bin/sh\n", 0755);
    assert_int_equal(chown(path, 65534, 65534), 0);
    struct run_request request = request_for(bench, path);
    refuse(bench, &request, "does not belong to root");
}

static void test_bad_arguments_and_variables_are_refused(void **state)
{
    struct bench *bench = *state;
    struct run_request good = script(bench, "true");
    struct run_request request = good;
    struct str nul = STR("a\0b");
    request.args = &nul;
    request.n_args = 1;
    refuse(bench, &request, "NUL");
    char *big = arena_alloc(&bench->arena, 5000);
    memset(big, 'x', 5000);
    struct run_variable bad[] = {
        {STR("lower"), STR("x")}, {STR(""), STR("x")},          {STR("A=B"), STR("x")},
        {STR("1A"), STR("x")},    {STR("PATH"), STR("/tmp")},   {STR("LD_PRELOAD"), STR("/x")},
        {STR("A"), STR("a\nb")},  {STR("A"), STR("a\0b")},      {STR("A"), {big, 5000}},
        {STR("A\0B"), STR("x")},  {STR("BASH_ENV"), STR("/x")}, {STR("A"), STR("\x1b[0m")},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        request = good;
        request.env = &bad[i];
        request.n_env = 1;
        refuse(bench, &request, "");
    }
    request = good;
    request.timeout_us = 10;
    refuse(bench, &request, "timeout");
}

static void test_fifth_script_is_refused_until_one_ends(void **state)
{
    struct bench *bench = *state;
    for (int i = 0; i < 4; i++) {
        struct run_request request = script(bench, "while [ ! -e $D/go ]; do sleep 0.02; done");
        start(bench, &request);
    }
    struct run_request request = script(bench, "true");
    struct err err = ERR_INIT;
    assert_int_equal(runner_start(bench->runner, &request, &err), ERR_UNAVAILABLE);
    assert_int_equal(runner_running(bench->runner), 4);
    write_file(bench, "go", "", 0644);
    uint64_t sum = 0;
    for (int i = 0; i < 4; i++) {
        sum += await(bench).token;
    }
    assert_int_equal(sum, 1 + 2 + 3 + 4);
    assert_int_equal(run(bench, &request).code, 0);
}

static void test_one_end_does_not_touch_other_scripts(void **state)
{
    struct bench *bench = *state;
    struct run_request slow = script(bench, "setsid sleep 60 & echo $! > $D/slow\n"
                                            "while [ ! -e $D/go ]; do sleep 0.02; done");
    start(bench, &slow);
    pid_t child = read_pid(bench, "slow");
    struct run_request fast = script(bench, "setsid sleep 60 &");
    assert_int_equal(run(bench, &fast).outcome, RUN_EXITED);
    assert_true(is_alive(child));
    write_file(bench, "go", "", 0644);
    assert_int_equal(await(bench).token, slow.token);
    assert_false(is_alive(child));
}

static void test_helper_death_is_an_error_and_kills_what_runs(void **state)
{
    struct bench *bench = *state;
    struct run_request request =
        script(bench, "setsid sh -c 'echo $$ > '$D'/b; sleep 60' & echo $$ > $D/a; sleep 60");
    start(bench, &request);
    pid_t a = read_pid(bench, "a");
    pid_t b = read_pid(bench, "b");
    kill(runner_helper_pid(bench->runner), SIGKILL);
    struct run_result result;
    struct err err = ERR_INIT;
    assert_int_equal(runner_wait(bench->runner, &bench->arena, 5 * US_PER_S, &result, &err),
                     ERR_IO);
    assert_gone_soon(a);
    assert_gone_soon(b);
    err = ERR_INIT;
    request.token++;
    assert_int_equal(runner_start(bench->runner, &request, &err), ERR_IO);
}

static void test_supervisor_death_is_told_and_kills_what_runs(void **state)
{
    struct bench *bench = *state;
    struct run_request request =
        script(bench, "setsid sh -c 'echo $$ > '$D'/b; sleep 60' & echo $$ > $D/a; sleep 60");
    start(bench, &request);
    pid_t a = read_pid(bench, "a");
    pid_t b = read_pid(bench, "b");
    kill(parent_of(a), SIGKILL);
    struct run_result result = await(bench);
    assert_int_equal(result.token, request.token);
    assert_int_equal(result.outcome, RUN_SIGNALED);
    assert_text(result.detail, "the script's supervisor died");
    assert_gone_soon(a);
    assert_gone_soon(b);
    request = script(bench, "echo still here");
    assert_text(run(bench, &request).output, "still here\n");
}

static void test_scripts_die_when_alertify_is_killed(void **state)
{
    struct bench *bench = *state;
    struct run_request request =
        script(bench, "setsid sh -c 'echo $$ > '$D'/b; sleep 60' & echo $$ > $D/a; sleep 60");
    pid_t alertify = fork();
    if (alertify == 0) {
        struct runner_settings settings = settings_for_tests();
        struct runner *runner = fork_runner(&settings);
        struct err err = ERR_INIT;
        if (runner_start(runner, &request, &err) != OK) {
            _exit(1);
        }
        pause();
        _exit(0);
    }
    pid_t a = read_pid(bench, "a");
    pid_t b = read_pid(bench, "b");
    pid_t helper = parent_of(parent_of(a));
    assert_true(is_alive(a) && is_alive(b) && is_alive(helper));
    kill(alertify, SIGKILL);
    waitpid(alertify, NULL, 0);
    assert_gone_soon(a);
    assert_gone_soon(b);
    assert_gone_soon(helper);
}

static void test_free_kills_what_runs(void **state)
{
    struct bench *bench = *state;
    struct run_request request = script(bench, "trap '' TERM; echo $$ > $D/a; sleep 60");
    start(bench, &request);
    pid_t a = read_pid(bench, "a");
    runner_free(bench->runner);
    bench->runner = NULL;
    assert_gone_soon(a);
}

static void *wake_soon(void *arg)
{
    usleep(50000);
    runner_wake(arg);
    return NULL;
}

static void test_wake_ends_a_wait(void **state)
{
    struct bench *bench = *state;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, wake_soon, bench->runner), 0);
    struct run_result result;
    struct err err = ERR_INIT;
    int64_t start_us = monotonic_us();
    assert_int_equal(runner_wait(bench->runner, &bench->arena, 5 * US_PER_S, &result, &err),
                     ERR_TIMEOUT);
    assert_true(monotonic_us() - start_us < 2 * US_PER_S);
    pthread_join(thread, NULL);
}

static void test_nothing_leaks_over_many_runs(void **state)
{
    struct bench *bench = *state;
    struct run_request request = script(bench, "exit 0");
    for (int i = 0; i < 30; i++) {
        request.token = ++bench->next_token;
        assert_int_equal(run(bench, &request).outcome, RUN_EXITED);
    }
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/fd", (int)runner_helper_pid(bench->runner));
    struct str arg = str_from(path);
    struct run_request list = request_for(bench, "/usr/bin/ls");
    list.args = &arg;
    list.n_args = 1;
    struct run_result result = run(bench, &list);
    size_t lines = 0;
    for (size_t i = 0; i < result.output.n; i++) {
        lines += result.output.p[i] == '\n';
    }
    assert_in_range(lines, 6, 9); /* 0, 1, 2, socket, life pipe, signals, a request's two */
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_exit_code_and_both_outputs_come_back),
        T(test_input_arrives_whole),
        T(test_environment_is_exactly_what_is_allowed),
        T(test_hostile_argument_is_inert),
        T(test_script_sees_no_foreign_descriptor),
        T(test_limits_hold),
        T(test_run_as_drops_everything),
        T(test_timeout_kills_the_group_even_if_it_ignores_sigterm),
        T(test_timeout_lets_a_script_clean_up),
        T(test_timeout_ends_a_stopped_script),
        T(test_escaped_descendants_die_with_the_main_process),
        T(test_escaped_descendants_die_at_the_timeout),
        T(test_output_flood_is_capped_and_bounded_in_time),
        T(test_closed_output_does_not_confuse),
        T(test_death_by_signal_is_told),
        T(test_missing_interpreter_is_not_started),
        T(test_unsafe_files_are_refused_with_the_reason),
        T(test_foreign_owner_is_refused),
        T(test_bad_arguments_and_variables_are_refused),
        T(test_fifth_script_is_refused_until_one_ends),
        T(test_one_end_does_not_touch_other_scripts),
        T(test_helper_death_is_an_error_and_kills_what_runs),
        T(test_supervisor_death_is_told_and_kills_what_runs),
        T(test_scripts_die_when_alertify_is_killed),
        T(test_free_kills_what_runs),
        T(test_wake_ends_a_wait),
        T(test_nothing_leaks_over_many_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
