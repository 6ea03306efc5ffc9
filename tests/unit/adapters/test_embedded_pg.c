#include "adapters/embedded_pg.h"

#include "adapters/pg_conn.h"
#include "base/monotonic.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char root[64];
static char state_dir[256];
static struct err err;
static struct embedded_pg_settings settings;

static int setup(void **state)
{
    (void)state;
    err = ERR_INIT;
    snprintf(root, sizeof(root), "/tmp/alertify-up-XXXXXX");
    if (!mkdtemp(root) || chmod(root, 0711) != 0) {
        return -1;
    }
    snprintf(state_dir, sizeof(state_dir), "%s/state", root);
    settings = (struct embedded_pg_settings){.state_dir = state_dir};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof(command), "rm -rf %s", root);
    return system(command);
}

static struct embedded_pg *start(void)
{
    struct embedded_pg *server = NULL;
    err = ERR_INIT;
    enum status status = embedded_pg_start(&settings, &server, &err);
    if (status != OK) {
        print_error("%s: %s\n", err.where, err.detail);
    }
    assert_int_equal(status, OK);
    return server;
}

static void stop(struct embedded_pg *server)
{
    assert_int_equal(embedded_pg_stop(server, &err), OK);
}

static enum status run(const struct embedded_pg *server, const char *sql)
{
    struct pg_settings pg_settings = {.conninfo = embedded_pg_conninfo(server)};
    struct pg *pg;
    assert_int_equal(pg_open(&pg_settings, &pg, &err), OK);
    err = ERR_INIT;
    enum status status = pg_run_script(pg, "test", sql, &err);
    pg_free(pg);
    return status;
}

static void test_a_first_start_makes_a_private_durable_cluster(void **state)
{
    (void)state;
    int64_t began_us = monotonic_us();
    struct embedded_pg *server = start();
    print_message("first start: %lld ms\n", (long long)(monotonic_us() - began_us) / 1000);
    assert_false(embedded_pg_is_adopted(server));
    assert_int_equal(run(server,
                         "do $$ begin "
                         "assert current_user = 'alertify' and current_database() = 'alertify';"
                         "assert not (select rolsuper from pg_roles where rolname = current_user);"
                         "assert (select datdba = (select oid from pg_roles where rolname = "
                         "'alertify') from pg_database where datname = 'alertify');"
                         "assert current_setting('data_checksums') = 'on';"
                         "assert current_setting('fsync') = 'on';"
                         "assert current_setting('synchronous_commit') = 'on';"
                         "assert current_setting('listen_addresses') = '';"
                         "assert current_setting('wal_compression') <> 'off';"
                         "assert current_setting('server_encoding') = 'UTF8';"
                         "end $$"),
                     OK);
    struct stat st;
    char path[300];
    snprintf(path, sizeof(path), "%s/run", state_dir);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    stop(server);
}

static void test_the_server_is_not_in_our_session(void **state)
{
    (void)state;
    struct embedded_pg *server = start();
    pid_t pid = embedded_pg_pid(server);
    assert_int_equal(getsid(pid), pid);
    assert_int_not_equal(getsid(pid), getsid(0));
    if (geteuid() == 0) {
        struct stat st;
        char path[64];
        snprintf(path, sizeof(path), "/proc/%d", (int)pid);
        assert_int_equal(stat(path, &st), 0);
        assert_int_not_equal(st.st_uid, 0);
    }
    stop(server);
    assert_int_equal(kill(pid, 0), -1);
}

static void test_data_survive_a_restart(void **state)
{
    (void)state;
    struct embedded_pg *server = start();
    assert_int_equal(run(server, "create schema alertify; create table alertify.t(id int8); "
                                 "insert into alertify.t values (7)"),
                     OK);
    stop(server);
    int64_t began_us = monotonic_us();
    server = start();
    print_message("warm start: %lld ms\n", (long long)(monotonic_us() - began_us) / 1000);
    assert_int_equal(run(server, "do $$ begin assert (select id = 7 from alertify.t); end $$"), OK);
    stop(server);
}

static void test_a_server_left_running_is_adopted(void **state)
{
    (void)state;
    struct embedded_pg *server = start();
    pid_t pid = embedded_pg_pid(server);
    embedded_pg_leave(server); /* as if alertify had been killed */
    server = start();
    assert_true(embedded_pg_is_adopted(server));
    assert_int_equal(embedded_pg_pid(server), pid);
    assert_int_equal(run(server, "select 1"), OK);
    stop(server);
    waitpid(pid, NULL, 0); /* it is our child; its last moments may outlast its pid file */
    assert_int_equal(kill(pid, 0), -1);
}

static void test_a_second_alertify_is_refused(void **state)
{
    (void)state;
    struct embedded_pg *server = start(), *second;
    assert_int_equal(embedded_pg_start(&settings, &second, &err), ERR_CONFLICT);
    stop(server);
}

static void test_a_killed_server_is_revived_with_its_data(void **state)
{
    (void)state;
    struct embedded_pg *server = start();
    bool is_revived = true;
    assert_int_equal(embedded_pg_revive(server, &is_revived, &err), OK);
    assert_false(is_revived);
    assert_int_equal(run(server, "create schema alertify; create table alertify.t(id int8); "
                                 "insert into alertify.t values (8)"),
                     OK);
    pid_t pid = embedded_pg_pid(server);
    assert_int_equal(kill(pid, SIGKILL), 0);
    int64_t began_us = monotonic_us();
    while (!is_revived) {
        enum status status = embedded_pg_revive(server, &is_revived, &err);
        if (status != OK) {
            print_error("%s: %s\n", err.where, err.detail);
        }
        assert_int_equal(status, OK);
    }
    print_message("after kill -9: %lld ms\n", (long long)(monotonic_us() - began_us) / 1000);
    assert_int_not_equal(embedded_pg_pid(server), pid);
    assert_int_equal(run(server, "do $$ begin assert (select id = 8 from alertify.t); end $$"), OK);
    stop(server);
}

static void test_a_killed_server_is_recovered_by_the_next_alertify(void **state)
{
    (void)state;
    struct embedded_pg *server = start();
    pid_t pid = embedded_pg_pid(server);
    embedded_pg_leave(server);
    assert_int_equal(kill(pid, SIGKILL), 0); /* stays a zombie, as in a container without an init */
    server = start();
    assert_false(embedded_pg_is_adopted(server));
    assert_int_equal(run(server, "select 1"), OK);
    stop(server);
    waitpid(pid, NULL, 0);
}

static void test_a_path_too_long_for_a_socket_gets_a_short_one(void **state)
{
    (void)state;
    size_t n = strlen(state_dir);
    memset(state_dir + n, 'x', 120);
    state_dir[n + 120] = '\0';
    struct embedded_pg *server = start();
    assert_null(strstr(embedded_pg_conninfo(server), "xxx"));
    assert_int_equal(run(server, "select 1"), OK);
    char run_dir[128] = "";
    assert_int_equal(sscanf(embedded_pg_conninfo(server), "host='%100[^']", run_dir), 1);
    embedded_pg_leave(server);
    server = start(); /* and finds it again */
    assert_true(embedded_pg_is_adopted(server));
    stop(server);
    rmdir(run_dir);
}

static void write_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void test_another_major_version_is_refused_with_advice(void **state)
{
    (void)state;
    stop(start());
    char path[300];
    snprintf(path, sizeof(path), "%s/pg/PG_VERSION", state_dir);
    write_text(path, "9\n");
    struct embedded_pg *server;
    assert_int_equal(embedded_pg_start(&settings, &server, &err), ERR_INVALID);
    assert_non_null(strstr(err.detail, "pg_upgrade"));
}

static void test_a_server_that_cannot_start_says_why(void **state)
{
    (void)state;
    stop(start());
    char path[300];
    snprintf(path, sizeof(path), "%s/pg/postgresql.conf", state_dir);
    write_text(path, "no_such_setting = 1\n");
    struct embedded_pg *server;
    assert_int_equal(embedded_pg_start(&settings, &server, &err), ERR_INTERNAL);
    assert_non_null(strstr(err.detail, "FATAL"));
}

static void test_missing_programs_and_users_are_named(void **state)
{
    (void)state;
    struct embedded_pg *server;
    settings.bin_dir = "/nonexistent";
    assert_int_equal(embedded_pg_start(&settings, &server, &err), ERR_INVALID);
    assert_non_null(strstr(err.detail, "/nonexistent"));
    settings.bin_dir = NULL;
    if (geteuid() == 0) {
        err = ERR_INIT;
        settings.user = "nosuchuser";
        assert_int_equal(embedded_pg_start(&settings, &server, &err), ERR_INVALID);
        assert_non_null(strstr(err.detail, "nosuchuser"));
        err = ERR_INIT;
        settings.user = "root";
        assert_int_equal(embedded_pg_start(&settings, &server, &err), ERR_INVALID);
    }
}

/* Containers with an arbitrary user id. */
static void test_a_user_id_without_a_name_is_explained(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        skip();
    }
    pid_t pid = fork();
    if (pid == 0) {
        /* A child, because the way back to root is not ours to rely on. */
        if (chmod(root, 0777) != 0 || setresuid(54321, 54321, 54321) != 0) {
            _exit(2);
        }
        struct embedded_pg *server;
        bool is_explained = embedded_pg_start(&settings, &server, &err) == ERR_INVALID &&
                            strstr(err.detail, "54321 has no passwd entry");
        _exit(is_explained ? 0 : 1);
    }
    int code;
    assert_int_equal(waitpid(pid, &code, 0), pid);
    assert_true(WIFEXITED(code) && WEXITSTATUS(code) == 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_a_first_start_makes_a_private_durable_cluster),
        T(test_the_server_is_not_in_our_session),
        T(test_data_survive_a_restart),
        T(test_a_server_left_running_is_adopted),
        T(test_a_second_alertify_is_refused),
        T(test_a_killed_server_is_revived_with_its_data),
        T(test_a_killed_server_is_recovered_by_the_next_alertify),
        T(test_a_path_too_long_for_a_socket_gets_a_short_one),
        T(test_another_major_version_is_refused_with_advice),
        T(test_a_server_that_cannot_start_says_why),
        T(test_missing_programs_and_users_are_named),
        T(test_a_user_id_without_a_name_is_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
