#include "adapters/pg_migrate.h"

#include "base/monotonic.h"
#include "unit/adapters/pg_fixture.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define FIRST                                                                                      \
    {                                                                                              \
        "0001_first.sql", "-- why\ncreate table alertify.a(id int8); create table alertify.b();",  \
            0                                                                                      \
    }
#define SECOND                                                                                     \
    {                                                                                              \
        "0002_second.sql", "-- why\n-- serves-from 0001\nalter table alertify.a add v text", 0     \
    }
#define THIRD                                                                                      \
    {                                                                                              \
        "0003_third.sql", "alter table alertify.a drop column v", 0                                \
    }
#define END                                                                                        \
    {                                                                                              \
        NULL, NULL, 0                                                                              \
    }

static const struct embedded_file none[] = {END};
static const struct embedded_file one[] = {FIRST, END};
static const struct embedded_file two[] = {FIRST, SECOND, END};
static const struct embedded_file three[] = {FIRST, SECOND, THIRD, END};
static const struct embedded_file broken[] = {
    FIRST, {"0002_second.sql", "alter table alertify.a add v text; select 1/0", 0}, END};
static const struct embedded_file edited[] = {
    {"0001_first.sql", "create table alertify.a(id int4)", 0}, END};
static const struct embedded_file hole[] = {FIRST, {"0003_third.sql", "select 1", 0}, END};
static const struct embedded_file misnamed[] = {{"first.sql", "select 1", 0}, END};
static const struct embedded_file slow[] = {
    {"0001_slow.sql", "select pg_sleep(0.7); create table alertify.slow()", 0}, END};

static struct err err;
static struct pg *pg;
static struct pg_settings settings;
static struct pg_migrate_result result;

static int setup(void **state)
{
    (void)state;
    err = ERR_INIT;
    result = (struct pg_migrate_result){-1, -1};
    settings = (struct pg_settings){.conninfo = fixture_conninfo};
    if (pg_open(&settings, &pg, &err) != OK) {
        return -1;
    }
    return pg_run_script(pg, "reset", "drop schema if exists alertify cascade", &err) == OK ? 0
                                                                                            : -1;
}

static int teardown(void **state)
{
    (void)state;
    pg_free(pg);
    return 0;
}

static void check_schema(const struct embedded_file *migrations, enum pg_schema expected)
{
    enum pg_schema schema;
    assert_int_equal(pg_schema_check(pg, migrations, &schema, &err), OK);
    assert_string_equal(pg_schema_name(schema), pg_schema_name(expected));
}

static void test_an_empty_database_gets_every_migration_once(void **state)
{
    (void)state;
    check_schema(three, PG_SCHEMA_TOO_OLD);
    assert_int_equal(pg_migrate(&settings, three, &result, &err), OK);
    assert_int_equal(result.from, 0);
    assert_int_equal(result.to, 3);
    check_schema(three, PG_SCHEMA_OK);
    assert_int_equal(pg_migrate(&settings, three, &result, &err), OK);
    assert_int_equal(result.from, 3);
    assert_int_equal(result.to, 3);
    assert_int_equal(pg_run_script(pg, "t", "insert into alertify.a(id) values (1)", &err), OK);
}

static void test_only_what_is_missing_is_applied(void **state)
{
    (void)state;
    assert_int_equal(pg_migrate(&settings, one, &result, &err), OK);
    assert_int_equal(pg_migrate(&settings, two, &result, &err), OK);
    assert_int_equal(result.from, 1);
    assert_int_equal(result.to, 2);
}

static void test_a_failing_migration_leaves_nothing_of_itself(void **state)
{
    (void)state;
    assert_int_equal(pg_migrate(&settings, broken, &result, &err), ERR_INVALID);
    assert_string_equal(err.where, "migrations/0002_second.sql");
    err = ERR_INIT;
    check_schema(one, PG_SCHEMA_OK);
    assert_int_equal(pg_run_script(pg, "t", "select v from alertify.a", &err), ERR_INTERNAL);
    err = ERR_INIT;
    assert_int_equal(pg_migrate(&settings, two, &result, &err), OK);
}

static void test_a_changed_file_is_refused(void **state)
{
    (void)state;
    assert_int_equal(pg_migrate(&settings, one, &result, &err), OK);
    assert_int_equal(pg_migrate(&settings, edited, &result, &err), ERR_CONFLICT);
    assert_non_null(strstr(err.detail, "0001_first"));
    assert_int_equal(result.to, 1); /* untouched by the failed call */
    enum pg_schema schema;
    assert_int_equal(pg_schema_check(pg, edited, &schema, NULL), ERR_CONFLICT);
}

static void test_a_newer_database_serves_only_who_it_says(void **state)
{
    (void)state;
    assert_int_equal(pg_migrate(&settings, two, &result, &err), OK);
    check_schema(one, PG_SCHEMA_NEWER_COMPATIBLE);
    check_schema(none, PG_SCHEMA_TOO_NEW);
    assert_int_equal(pg_migrate(&settings, one, &result, &err), OK);
    assert_int_equal(result.to, 2);
    assert_int_equal(pg_migrate(&settings, three, &result, &err), OK);
    check_schema(two, PG_SCHEMA_TOO_NEW);
    assert_int_equal(pg_migrate(&settings, two, &result, &err), ERR_CONFLICT);
    assert_non_null(strstr(err.detail, "newer"));
}

static void test_a_catalogue_with_holes_is_refused(void **state)
{
    (void)state;
    assert_int_equal(pg_migrate(&settings, hole, &result, &err), ERR_INVALID);
    assert_string_equal(err.where, "0003_third.sql");
    assert_int_equal(pg_migrate(&settings, misnamed, &result, NULL), ERR_INVALID);
    assert_int_equal(pg_run_script(pg, "t", "delete from alertify.schema_version", NULL),
                     ERR_INTERNAL); /* nothing was begun */
}

static void *migrate_slowly(void *arg)
{
    struct pg_migrate_result *own = arg;
    struct err own_err = ERR_INIT;
    if (pg_migrate(&settings, slow, own, &own_err) != OK) {
        own->to = -1;
    }
    return NULL;
}

static void test_two_instances_migrate_one_after_the_other(void **state)
{
    (void)state;
    pthread_t threads[2];
    struct pg_migrate_result results[2] = {{-1, -1}, {-1, -1}};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, migrate_slowly, &results[i]), 0);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(results[i].to, 1);
    }
    assert_int_equal(results[0].from + results[1].from, 1); /* one of them had nothing to do */
}

static void *hold_lock(void *arg)
{
    struct pg *holder = arg;
    struct err own_err = ERR_INIT;
    usleep(1400000);
    CHECK(pg_commit(holder, &own_err) == OK);
    return NULL;
}

static void test_a_table_in_use_only_delays_the_migration(void **state)
{
    (void)state;
    assert_int_equal(pg_migrate(&settings, one, &result, &err), OK);
    struct pg *holder;
    assert_int_equal(pg_open(&settings, &holder, &err), OK);
    assert_int_equal(pg_begin(holder, &err), OK);
    assert_int_equal(pg_run_script(holder, "t", "select * from alertify.a", &err), OK);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, hold_lock, holder), 0);
    assert_int_equal(pg_migrate(&settings, two, &result, &err), OK);
    pthread_join(thread, NULL);
    assert_int_equal(result.to, 2);
    pg_free(holder);
}

static void test_the_real_migrations_and_statements_fit_together(void **state)
{
    (void)state;
    assert_int_equal(pg_migrate(&settings, migration_catalogue, &result, &err), OK);
    enum status status = pg_prepare_all(pg, &err);
    if (status != OK) {
        print_error("%s: %s\n", err.where, err.detail);
    }
    assert_int_equal(status, OK);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_an_empty_database_gets_every_migration_once),
        T(test_only_what_is_missing_is_applied),
        T(test_a_failing_migration_leaves_nothing_of_itself),
        T(test_a_changed_file_is_refused),
        T(test_a_newer_database_serves_only_who_it_says),
        T(test_a_catalogue_with_holes_is_refused),
        T(test_two_instances_migrate_one_after_the_other),
        T(test_a_table_in_use_only_delays_the_migration),
        T(test_the_real_migrations_and_statements_fit_together),
    };
    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
