/* Against a real PostgreSQL, because what matters here is what the server does: timeouts, dying
 * backends, warnings at commit. */
#include "adapters/pg_conn.h"

#include "base/monotonic.h"
#include "unit/adapters/pg_fixture.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <cmocka.h>

static const struct embedded_file statements[] = {
    {"t_scalars.sql",
     "-- name t_scalars\n-- reads\nselect $1::int8 a, $2::int4 b, $3::bool c, $4::float8 d, "
     "$5::timestamptz e, $6::uuid f, $7::text g, $8::bytea h, $9::text::jsonb::text i, 7::int2 j",
     0},
    {"t_arrays.sql",
     "-- reads\nselect * from unnest($1::int8[], $2::int4[], $3::bool[], $4::float8[], "
     "$5::uuid[], $6::timestamptz[], $7::text[], $8::bytea[]) as t(a, b, c, d, e, f, g, h)",
     0},
    {"t_array_sizes.sql",
     "-- reads\nselect count(*) n, coalesce(sum(length(b)), 0) bytes, "
     "coalesce(md5(string_agg(b, null order by o)), '') md5 "
     "from unnest($1::bytea[]) with ordinality as u(b, o)",
     0},
    {"t_sleep.sql", "-- reads\nselect pg_sleep($1::float8)", 0},
    {"t_cancel.sql",
     "-- reads\nselect bool_or(pg_cancel_backend(pid)) as done from pg_stat_activity "
     "where wait_event = 'SyncRep'",
     0},
    {"t_pid.sql", "-- reads\nselect pg_backend_pid() pid", 0},
    {"t_settings.sql",
     "-- reads\nselect current_setting('search_path') path, current_setting('lock_timeout') "
     "lock, current_setting('statement_timeout') statement, current_setting('plan_cache_mode') "
     "plan, current_setting('application_name') app, current_setting('timezone') tz, "
     "current_setting('enable_seqscan') seqscan, current_setting('enable_hashjoin') hashjoin",
     0},
    {"t_terminate.sql", "-- reads\nselect pg_terminate_backend($1::int4, 1000) as done", 0},
    {"t_put.sql", "insert into t(id, v) values ($1::int8, $2::text)", 0},
    {"t_put_again.sql",
     "insert into t(id, v) values ($1::int8, 'x') on conflict (id) do update set v = 'again'", 0},
    {"t_count.sql", "-- reads\nselect count(*) n from t where id = $1::int8", 0},
    {"t_divide.sql", "-- reads\nselect 1 / $1::int4 x", 0},
    {"t_all.sql", "-- reads\nselect * from t where id = $1::int8", 0},
    {"t_lock.sql", "-- reads\nselect 1 as one from t where id = $1::int8 for update", 0},
    {"t_warned_put.sql", "insert into warned(id) values ($1::int8)", 0},
    {"t_warned_count.sql", "-- reads\nselect count(*) n from warned where id = $1::int8", 0},
    {NULL, NULL, 0},
};

static struct arena arena;
static struct err err;

static struct pg *open_with(int64_t statement_timeout_us, const char *more)
{
    char conninfo[700];
    snprintf(conninfo, sizeof(conninfo), "%s %s", fixture_conninfo, more);
    struct pg_settings settings = {
        .conninfo = conninfo,
        .statement_timeout_us = statement_timeout_us,
        .lock_timeout_us = 100 * US_PER_MS,
        .more_statements = statements,
    };
    struct pg *pg;
    assert_int_equal(pg_open(&settings, &pg, &err), OK);
    return pg;
}

static struct pg *open_default(void)
{
    return open_with(0, "");
}

static void script(struct pg *pg, const char *sql)
{
    enum status status = pg_run_script(pg, "test", sql, &err);
    if (status != OK) {
        print_error("%s\n", err.detail);
    }
    assert_int_equal(status, OK);
}

static int64_t one_i64(struct pg *pg, const char *name, const char *column, int64_t arg)
{
    struct pg_param params[] = {pg_int(arg)};
    struct pg_rows rows;
    enum status status = pg_exec(pg, &arena, name, params, 1, &rows, &err);
    if (status != OK) {
        print_error("%s: %s\n", err.where, err.detail);
    }
    assert_int_equal(status, OK);
    return pg_i64(&rows, 0, pg_column(&rows, column));
}

static int backend_pid(struct pg *pg)
{
    struct pg_rows rows;
    assert_int_equal(pg_exec(pg, &arena, "t_pid", NULL, 0, &rows, &err), OK);
    return pg_i32(&rows, 0, pg_column(&rows, "pid"));
}

static int setup(void **state)
{
    (void)state;
    arena_init(&arena);
    err = ERR_INIT;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static int group_setup(void **state)
{
    if (fixture_start(state) != 0) {
        return -1;
    }
    setup(state);
    struct pg *pg = open_default();
    script(pg, "create schema alertify; create table t(id int8 primary key, v text);"
               "create table warned(id int8 primary key);"
               "create function warn() returns trigger language plpgsql as $$ begin"
               " raise warning 'might not have been replicated'; return null; end $$;"
               "create constraint trigger warn after insert on warned"
               " deferrable initially deferred for each row execute function warn()");
    pg_free(pg);
    return teardown(state);
}

static void test_scalars_come_back_as_they_went(void **state)
{
    (void)state;
    struct pg *pg = open_default();
    struct uuid id = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 255}};
    struct str bytes = {"a\0\\b", 4};
    struct pg_param params[] = {
        pg_int(INT64_MIN),
        pg_int4(-5),
        pg_flag(true),
        pg_float(-0.125),
        pg_time(1700000000123456),
        pg_id(id),
        pg_text(STR("жара 'quoted' \\")),
        pg_binary(bytes),
        pg_text(STR("{\"a\": [1]}")),
    };
    struct pg_rows r;
    assert_int_equal(pg_exec(pg, &arena, "t_scalars", params, 9, &r, &err), OK);
    assert_int_equal(r.n, 1);
    assert_true(pg_i64(&r, 0, pg_column(&r, "a")) == INT64_MIN);
    assert_int_equal(pg_i32(&r, 0, pg_column(&r, "b")), -5);
    assert_int_equal(pg_i64(&r, 0, pg_column(&r, "b")), -5);
    assert_true(pg_bool(&r, 0, pg_column(&r, "c")));
    assert_true(pg_f64(&r, 0, pg_column(&r, "d")) == -0.125);
    assert_true(pg_at(&r, 0, pg_column(&r, "e")) == 1700000000123456);
    assert_true(uuid_eq(pg_uuid(&r, 0, pg_column(&r, "f")), id));
    assert_true(str_eq(pg_str(&r, 0, pg_column(&r, "g")), STR("жара 'quoted' \\")));
    assert_true(str_eq(pg_bytes(&r, 0, pg_column(&r, "h")), bytes));
    assert_true(str_eq(pg_str(&r, 0, pg_column(&r, "i")), STR("{\"a\": [1]}")));
    assert_int_equal(pg_i32(&r, 0, pg_column(&r, "j")), 7);
    pg_free(pg);
}

static void test_every_type_can_be_null(void **state)
{
    (void)state;
    struct pg *pg = open_default();
    struct str none = {NULL, 0};
    struct pg_param params[] = {
        pg_null(PG_INT8), pg_null(PG_INT4), pg_null(PG_BOOL), pg_null(PG_FLOAT8), pg_time(AT_NONE),
        pg_null(PG_UUID), pg_text(none),    pg_binary(none),  pg_text(none),
    };
    struct pg_rows r;
    assert_int_equal(pg_exec(pg, &arena, "t_scalars", params, 9, &r, &err), OK);
    for (int column = 0; column < 9; column++) {
        assert_true(pg_is_null(&r, 0, column));
    }
    assert_true(pg_at(&r, 0, pg_column(&r, "e")) == AT_NONE);
    assert_null(pg_str(&r, 0, pg_column(&r, "g")).p);
    pg_free(pg);
}

static void test_arrays_come_back_with_their_nulls(void **state)
{
    (void)state;
    struct pg *pg = open_default();
    const bool is_null[] = {false, true, false};
    const int64_t a[] = {1, 2, INT64_MAX};
    const int32_t b[] = {-1, 2, 3};
    const bool c[] = {true, true, false};
    const double d[] = {1.5, 2, -3};
    const struct uuid e[] = {{{1}}, {{2}}, {{3}}};
    const int64_t f[] = {0, AT_NONE, -1};
    const struct str g[] = {STR("ä,\"{}"), {NULL, 0}, STR("")};
    const struct str h[] = {{"\0", 1}, {NULL, 0}, STR("")};
    struct pg_param params[] = {
        pg_int_array(&arena, a, 3, is_null),  pg_int4_array(&arena, b, 3, NULL),
        pg_flag_array(&arena, c, 3, is_null), pg_float_array(&arena, d, 3, is_null),
        pg_id_array(&arena, e, 3, is_null),   pg_time_array(&arena, f, 3),
        pg_text_array(&arena, g, 3),          pg_binary_array(&arena, h, 3),
    };
    struct pg_rows r;
    assert_int_equal(pg_exec(pg, &arena, "t_arrays", params, 8, &r, &err), OK);
    assert_int_equal(r.n, 3);
    for (int column = 0; column < 8; column++) {
        assert_int_equal(pg_is_null(&r, 1, column), column != 1);
    }
    assert_true(pg_i64(&r, 2, 0) == INT64_MAX);
    assert_int_equal(pg_i32(&r, 0, 1), -1);
    assert_true(pg_bool(&r, 0, 2) && !pg_bool(&r, 2, 2));
    assert_true(pg_f64(&r, 2, 3) == -3);
    assert_true(uuid_eq(pg_uuid(&r, 2, 4), e[2]));
    assert_true(pg_at(&r, 0, 5) == 0 && pg_at(&r, 2, 5) == -1);
    assert_true(str_eq(pg_str(&r, 0, 6), g[0]) && pg_str(&r, 2, 6).n == 0);
    assert_true(str_eq(pg_bytes(&r, 0, 7), h[0]));
    pg_free(pg);
}

static void test_ten_megabytes_of_bodies_go_in_one_array(void **state)
{
    (void)state;
    struct pg *pg = open_default();
    enum { N = 320, SIZE = 32768 };
    char *block = arena_alloc(&arena, SIZE);
    memset(block, '\\', SIZE);
    struct str *bodies = ARENA_ARRAY(&arena, struct str, N);
    for (size_t i = 0; i < N; i++) {
        bodies[i] = (struct str){block, SIZE};
    }
    int64_t began_us = monotonic_us();
    struct pg_param params[] = {pg_binary_array(&arena, bodies, N)};
    struct pg_rows r;
    assert_int_equal(pg_exec(pg, &arena, "t_array_sizes", params, 1, &r, &err), OK);
    print_message("10 MB array: %lld us\n", (long long)(monotonic_us() - began_us));
    assert_int_equal(pg_i64(&r, 0, pg_column(&r, "n")), N);
    assert_int_equal(pg_i64(&r, 0, pg_column(&r, "bytes")), N * SIZE);

    struct pg_param empty[] = {pg_binary_array(&arena, NULL, 0)};
    assert_int_equal(pg_exec(pg, &arena, "t_array_sizes", empty, 1, &r, &err), OK);
    assert_int_equal(pg_i64(&r, 0, pg_column(&r, "n")), 0);
    pg_free(pg);
}

static void test_session_settings_are_pinned(void **state)
{
    (void)state;
    struct pg *pg =
        open_with(2 * US_PER_S, "options='-c search_path=public -c timezone=Asia/Tokyo'");
    struct pg_rows r;
    assert_int_equal(pg_exec(pg, &arena, "t_settings", NULL, 0, &r, &err), OK);
    assert_true(str_eq(pg_str(&r, 0, pg_column(&r, "path")), STR("alertify, pg_temp")));
    assert_true(str_eq(pg_str(&r, 0, pg_column(&r, "lock")), STR("100ms")));
    assert_true(str_eq(pg_str(&r, 0, pg_column(&r, "statement")), STR("1800ms")));
    assert_true(str_eq(pg_str(&r, 0, pg_column(&r, "plan")), STR("force_generic_plan")));
    assert_true(str_eq(pg_str(&r, 0, pg_column(&r, "seqscan")), STR("off")));
    assert_true(str_eq(pg_str(&r, 0, pg_column(&r, "hashjoin")), STR("off")));
    assert_true(str_eq(pg_str(&r, 0, pg_column(&r, "app")), STR("alertify")));
    assert_true(str_eq(pg_str(&r, 0, pg_column(&r, "tz")), STR("UTC")));
    pg_free(pg);
}

static void test_a_commit_keeps_and_a_rollback_drops(void **state)
{
    (void)state;
    struct pg *pg = open_default();
    struct pg_param kept[] = {pg_int(1), pg_text(STR("kept"))};
    struct pg_param dropped[] = {pg_int(2), pg_text(STR("dropped"))};
    struct pg_rows r;
    assert_int_equal(pg_begin(pg, &err), OK);
    assert_int_equal(pg_exec(pg, &arena, "t_put", kept, 2, &r, &err), OK);
    assert_int_equal(r.affected, 1);
    assert_int_equal(pg_commit(pg, &err), OK);
    assert_int_equal(pg_begin(pg, &err), OK);
    assert_int_equal(pg_exec(pg, &arena, "t_put", dropped, 2, NULL, &err), OK);
    pg_rollback(pg);
    assert_int_equal(one_i64(pg, "t_count", "n", 1), 1);
    assert_int_equal(one_i64(pg, "t_count", "n", 2), 0);
    pg_free(pg);
}

static void test_server_errors_map_to_their_status(void **state)
{
    (void)state;
    struct pg *pg = open_default();
    struct pg_param twice[] = {pg_int(10), pg_text(STR("x"))};
    assert_int_equal(pg_exec(pg, &arena, "t_put", twice, 2, NULL, &err), OK);
    assert_int_equal(pg_exec(pg, &arena, "t_put", twice, 2, NULL, &err), ERR_CONFLICT);
    assert_string_equal(pg_constraint(pg), "t_pkey");
    assert_string_equal(pg_sqlstate(pg), "23505");
    assert_string_equal(err.where, "t_put");
    assert_false(pg_is_retryable(pg));

    err = ERR_INIT;
    struct pg_param zero[] = {pg_int4(0)};
    assert_int_equal(pg_exec(pg, &arena, "t_divide", zero, 1, NULL, &err), ERR_INVALID);
    err = ERR_INIT;
    assert_int_equal(pg_run_script(pg, "x", "select nothing from nowhere", &err), ERR_INTERNAL);
    assert_non_null(strstr(err.detail, "42P01"));
    err = ERR_INIT;
    assert_int_equal(pg_run_script(pg, "x", "copy t from stdin", &err), ERR_INTERNAL);
    assert_int_equal(one_i64(pg, "t_count", "n", 10), 1);
    pg_free(pg);
}

static void test_a_failed_transaction_never_reports_a_commit(void **state)
{
    (void)state;
    struct pg *pg = open_default();
    struct pg_param zero[] = {pg_int4(0)};
    assert_int_equal(pg_begin(pg, &err), OK);
    assert_int_equal(pg_exec(pg, &arena, "t_divide", zero, 1, NULL, NULL), ERR_INVALID);
    assert_int_equal(pg_commit(pg, &err), ERR_INTERNAL);
    pg_free(pg);
}

static void test_waiting_for_a_lock_ends_retryable(void **state)
{
    (void)state;
    struct pg *holder = open_default(), *pg = open_default();
    struct pg_param put[] = {pg_int(20), pg_text(STR("x"))};
    struct pg_param id[] = {pg_int(20)};
    assert_int_equal(pg_exec(pg, &arena, "t_put", put, 2, NULL, &err), OK);
    assert_int_equal(pg_begin(holder, &err), OK);
    assert_int_equal(pg_exec(holder, &arena, "t_lock", id, 1, NULL, &err), OK);
    assert_int_equal(pg_begin(pg, &err), OK);
    assert_int_equal(pg_exec(pg, &arena, "t_lock", id, 1, NULL, &err), ERR_UNAVAILABLE);
    pg_rollback(pg);
    assert_true(pg_is_retryable(pg));
    assert_string_equal(pg_sqlstate(pg), "55P03");
    pg_rollback(holder);
    pg_free(holder);
    pg_free(pg);
}

static void test_the_server_gives_up_before_the_deadline(void **state)
{
    (void)state;
    struct pg *pg = open_with(500 * US_PER_MS, "");
    struct pg_param sleep[] = {pg_float(20)};
    int64_t began_us = monotonic_us();
    assert_int_equal(pg_exec(pg, &arena, "t_sleep", sleep, 1, NULL, &err), ERR_TIMEOUT);
    assert_string_equal(pg_sqlstate(pg), "57014");
    assert_true(monotonic_us() - began_us < US_PER_S);
    assert_int_equal(pg_abandoned(pg), 0);
    assert_int_equal(pg_generation(pg), 1);
    (void)backend_pid(pg);
    assert_int_equal(pg_generation(pg), 1); /* the connection survived */
    pg_free(pg);
}

/* Stops the server process (as a stalled disk or a cut network would look) and checks `code` for
 * the call made meanwhile. */
static void stall(struct pg *pg, bool in_tx, const char *name, enum status code)
{
    struct pg_param param[] = {pg_int(30), pg_text(STR("x"))};
    size_t n = strcmp(name, "t_put") == 0 ? 2 : 1;
    int pid = backend_pid(pg);
    if (in_tx) {
        assert_int_equal(pg_begin(pg, &err), OK);
    }
    /* Outside a transaction this is the call that prepares: a prepare that times out is harmless.
     */
    assert_int_equal(pg_exec(pg, &arena, name, param, n, NULL, &err), OK);
    assert_int_equal(kill(pid, SIGSTOP), 0);
    int64_t began_us = monotonic_us();
    enum status status =
        in_tx ? pg_commit(pg, &err) : pg_exec(pg, &arena, name, param, n, NULL, &err);
    assert_int_equal(status, code);
    assert_in_range(monotonic_us() - began_us, 300 * US_PER_MS, 900 * US_PER_MS);
    assert_int_equal(kill(pid, SIGCONT), 0);
    assert_int_equal(pg_abandoned(pg), 1);
}

static void test_a_read_without_answer_times_out(void **state)
{
    (void)state;
    struct pg *pg = open_with(400 * US_PER_MS, "");
    stall(pg, false, "t_count", ERR_TIMEOUT);
    pg_free(pg);
}

static void test_a_commit_without_answer_is_unknown(void **state)
{
    (void)state;
    struct pg *pg = open_with(400 * US_PER_MS, "");
    stall(pg, true, "t_put", ERR_UNKNOWN_OUTCOME);
    /* The server had the COMMIT in its socket: this time it happened. */
    int64_t found = 0;
    for (int i = 0; i < 50 && !found; i++) {
        found = one_i64(pg, "t_count", "n", 30);
        usleep(20000);
    }
    assert_int_equal(found, 1);
    assert_int_equal(pg_generation(pg), 2);
    pg_free(pg);
}

static void test_a_lone_write_without_answer_is_unknown(void **state)
{
    (void)state;
    struct pg *pg = open_with(400 * US_PER_MS, "");
    stall(pg, false, "t_put_again", ERR_UNKNOWN_OUTCOME);
    pg_free(pg);
}

static void test_a_killed_backend_is_replaced_and_noticed(void **state)
{
    (void)state;
    struct pg *pg = open_default(), *other = open_default();
    bool got = false;
    assert_int_equal(pg_try_lock(pg, 42, &got, &err), OK);
    assert_true(got);
    assert_int_equal(pg_try_lock(other, 42, &got, &err), OK);
    assert_false(got);
    assert_int_equal(pg_generation(pg), 1);
    struct pg_param pid[] = {pg_int4(backend_pid(pg))};
    assert_int_equal(pg_exec(other, &arena, "t_terminate", pid, 1, NULL, &err), OK);
    /* Seen before the next statement is sent, so that one is not lost. */
    (void)backend_pid(pg);
    assert_int_equal(pg_generation(pg), 2);
    assert_int_equal(pg_try_lock(other, 42, &got, &err), OK);
    assert_true(got);
    assert_int_equal(pg_unlock(other, 42, &err), OK);
    assert_int_equal(pg_unlock(other, 42, &err), ERR_STALE_FENCE);
    pg_free(pg);
    pg_free(other);
}

static void test_a_connection_lost_in_a_transaction_stays_lost_until_rollback(void **state)
{
    (void)state;
    struct pg *pg = open_default(), *other = open_default();
    struct pg_param pid[] = {pg_int4(backend_pid(pg))};
    struct pg_param put[] = {pg_int(40), pg_text(STR("x"))};
    assert_int_equal(pg_begin(pg, &err), OK);
    assert_int_equal(pg_exec(pg, &arena, "t_put", put, 2, NULL, &err), OK);
    assert_int_equal(pg_exec(other, &arena, "t_terminate", pid, 1, NULL, &err), OK);
    assert_int_equal(pg_exec(pg, &arena, "t_put", put, 2, NULL, NULL), ERR_UNAVAILABLE);
    assert_int_equal(pg_exec(pg, &arena, "t_put", put, 2, NULL, NULL), ERR_UNAVAILABLE);
    assert_int_equal(pg_commit(pg, NULL), ERR_UNAVAILABLE);
    assert_int_equal(one_i64(pg, "t_count", "n", 40), 0);
    pg_free(pg);
    pg_free(other);
}

static void test_a_warning_at_commit_makes_the_outcome_unknown(void **state)
{
    (void)state;
    struct pg *pg = open_default();
    struct pg_param id[] = {pg_int(1)}, id2[] = {pg_int(2)};
    assert_int_equal(pg_begin(pg, &err), OK);
    assert_int_equal(pg_exec(pg, &arena, "t_warned_put", id, 1, NULL, &err), OK);
    assert_int_equal(pg_commit(pg, &err), ERR_UNKNOWN_OUTCOME);
    assert_non_null(strstr(err.detail, "might not have been replicated"));
    err = ERR_INIT;
    assert_int_equal(pg_exec(pg, &arena, "t_warned_put", id2, 1, NULL, &err), ERR_UNKNOWN_OUTCOME);
    assert_int_equal(one_i64(pg, "t_warned_count", "n", 1), 1);
    assert_int_equal(pg_generation(pg), 1);
    pg_free(pg);
}

static void set_sync_standby(struct pg *pg, const char *sql)
{
    script(pg, sql);
    script(pg, "select pg_reload_conf()");
    usleep(200000); /* until every backend has read it */
}

static void *cancel_sync_wait(void *arg)
{
    struct pg *other = arg;
    struct arena own;
    struct pg_rows rows;
    arena_init(&own);
    bool is_done = false;
    for (int i = 0; i < 100 && !is_done; i++) {
        usleep(20000);
        CHECK(pg_exec(other, &own, "t_cancel", NULL, 0, &rows, NULL) == OK);
        int done = pg_column(&rows, "done");
        is_done = !pg_is_null(&rows, 0, done) && pg_bool(&rows, 0, done);
    }
    arena_release(&own);
    return NULL;
}

/* The real thing behind the simulated warning: the standby that must confirm is away. */
static void test_a_commit_that_no_standby_confirmed_is_unknown(void **state)
{
    (void)state;
    struct pg *pg = open_with(2 * US_PER_S, ""), *other = open_default();
    struct pg *hasty = open_with(300 * US_PER_MS, "");
    struct pg_param put[] = {pg_int(70), pg_text(STR("x"))};
    set_sync_standby(other, "alter system set synchronous_standby_names = 'away'");

    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, cancel_sync_wait, other), 0);
    enum status cancelled = pg_exec(pg, &arena, "t_put", put, 2, NULL, &err);
    pthread_join(thread, NULL);
    /* statement_timeout does not end the wait for a standby: only our own deadline does. */
    put[0] = pg_int(71);
    enum status late = pg_exec(hasty, &arena, "t_put", put, 2, NULL, NULL);
    set_sync_standby(other, "alter system reset synchronous_standby_names");

    assert_int_equal(cancelled, ERR_UNKNOWN_OUTCOME);
    assert_non_null(strstr(err.detail, "canceling wait for synchronous replication"));
    assert_int_equal(late, ERR_UNKNOWN_OUTCOME);
    assert_int_equal(pg_abandoned(hasty), 1);
    assert_int_equal(pg_abandoned(pg), 0);
    pg_free(pg);
    pg_free(other);
    pg_free(hasty);
}

/* True when `read` aborts the process. */
static bool aborts(void (*read)(const struct pg_rows *), const struct pg_rows *rows)
{
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGABRT, SIG_DFL);
        fclose(stderr);
        read(rows);
        _exit(0);
    }
    int code;
    CHECK(waitpid(pid, &code, 0) == pid);
    return WIFSIGNALED(code) && WTERMSIG(code) == SIGABRT;
}

static void read_missing_column(const struct pg_rows *rows)
{
    (void)pg_column(rows, "none");
}

static void read_wrong_type(const struct pg_rows *rows)
{
    (void)pg_i64(rows, 0, pg_column(rows, "path"));
}

static void read_past_the_end(const struct pg_rows *rows)
{
    (void)pg_str(rows, 1, 0);
}

static void read_well(const struct pg_rows *rows)
{
    (void)pg_str(rows, 0, pg_column(rows, "path"));
}

static void test_reading_what_is_not_there_is_a_bug(void **state)
{
    (void)state;
    struct pg *pg = open_default();
    struct pg_rows r;
    assert_int_equal(pg_exec(pg, &arena, "t_settings", NULL, 0, &r, &err), OK);
    assert_true(aborts(read_missing_column, &r));
    assert_true(aborts(read_wrong_type, &r));
    assert_true(aborts(read_past_the_end, &r));
    assert_false(aborts(read_well, &r));
    pg_free(pg);
}

static void test_a_read_only_server_is_unavailable(void **state)
{
    (void)state;
    const char *read_only = "options='-c default_transaction_read_only=on'";
    struct pg *pg = open_with(0, read_only);
    assert_int_equal(pg_ensure(pg, NULL), ERR_UNAVAILABLE); /* target_session_attrs */
    pg_free(pg);
    char any[200];
    snprintf(any, sizeof(any), "%s target_session_attrs=any", read_only);
    pg = open_with(0, any);
    struct pg_param put[] = {pg_int(50), pg_text(STR("x"))};
    assert_int_equal(pg_exec(pg, &arena, "t_put", put, 2, NULL, &err), ERR_UNAVAILABLE);
    assert_string_equal(pg_sqlstate(pg), "25006");
    pg_free(pg);
}

static void test_an_absent_database_is_probed_once_per_second(void **state)
{
    (void)state;
    struct pg_settings settings = {.conninfo = "host=/nonexistent user=x"};
    struct pg *pg;
    assert_int_equal(pg_open(&settings, &pg, &err), OK);
    assert_int_equal(pg_retry_in_us(pg), 0);
    assert_int_equal(pg_ensure(pg, &err), ERR_UNAVAILABLE);
    assert_string_equal(err.where, "connect");
    assert_in_range(pg_retry_in_us(pg), 900 * US_PER_MS, US_PER_S);
    err = ERR_INIT;
    assert_int_equal(pg_ensure(pg, &err), ERR_UNAVAILABLE);
    assert_non_null(strstr(err.detail, "next attempt"));
    pg_free(pg);
    settings.conninfo = "host='x password=secret";
    err = ERR_INIT;
    assert_int_equal(pg_open(&settings, &pg, &err), ERR_INVALID);
    assert_null(strstr(err.detail, "secret"));
}

static int socket_listen(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 5), 0);
    return fd;
}

static void test_a_silent_first_host_does_not_hide_the_second(void **state)
{
    (void)state;
    /* A listener that never answers stands for a host that swallows packets. */
    char dir[] = "/tmp/alertify-silent-XXXXXX";
    assert_non_null(mkdtemp(dir));
    char command[400], host[256];
    snprintf(command, sizeof(command), "%s", fixture_conninfo);
    snprintf(host, sizeof(host), "%.*s", (int)strcspn(command + 5, " "), command + 5);
    char path[128];
    snprintf(path, sizeof(path), "%s/.s.PGSQL.5432", dir);
    int fd = socket_listen(path);
    char conninfo[600];
    snprintf(conninfo, sizeof(conninfo), "host=%s,%s port=5432 user=alertify dbname=alertify", dir,
             host);
    struct pg_settings settings = {.conninfo = conninfo, .connect_timeout_us = 200 * US_PER_MS};
    struct pg *pg;
    assert_int_equal(pg_open(&settings, &pg, &err), OK);
    assert_int_equal(pg_ensure(pg, NULL), ERR_UNAVAILABLE);
    usleep((useconds_t)pg_retry_in_us(pg) + 1000);
    assert_int_equal(pg_ensure(pg, &err), OK);
    pg_free(pg);
    close(fd);
    unlink(path);
    rmdir(dir);
}

static void test_a_changed_table_cures_itself_by_a_new_session(void **state)
{
    (void)state;
    struct pg *pg = open_default();
    script(pg, "insert into t(id) values (60)");
    struct pg_param id[] = {pg_int(60)};
    assert_int_equal(pg_exec(pg, &arena, "t_all", id, 1, NULL, &err), OK);
    script(pg, "alter table t add column w text");
    assert_int_equal(pg_exec(pg, &arena, "t_all", id, 1, NULL, &err), ERR_UNAVAILABLE);
    assert_true(pg_is_retryable(pg));
    assert_int_equal(pg_exec(pg, &arena, "t_all", id, 1, NULL, &err), OK);
    pg_free(pg);
}

static void test_a_wrong_statement_is_named(void **state)
{
    (void)state;
    struct pg *pg = open_default();
    assert_int_equal(pg_prepare_all(pg, &err), ERR_INTERNAL); /* not migrated */
    assert_true(err.where[0]);
    assert_string_equal(pg_sqlstate(pg), "42P01");
    pg_free(pg);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_scalars_come_back_as_they_went),
        T(test_every_type_can_be_null),
        T(test_arrays_come_back_with_their_nulls),
        T(test_ten_megabytes_of_bodies_go_in_one_array),
        T(test_session_settings_are_pinned),
        T(test_a_commit_keeps_and_a_rollback_drops),
        T(test_server_errors_map_to_their_status),
        T(test_a_failed_transaction_never_reports_a_commit),
        T(test_waiting_for_a_lock_ends_retryable),
        T(test_the_server_gives_up_before_the_deadline),
        T(test_a_read_without_answer_times_out),
        T(test_a_commit_without_answer_is_unknown),
        T(test_a_lone_write_without_answer_is_unknown),
        T(test_a_killed_backend_is_replaced_and_noticed),
        T(test_a_connection_lost_in_a_transaction_stays_lost_until_rollback),
        T(test_a_warning_at_commit_makes_the_outcome_unknown),
        T(test_a_commit_that_no_standby_confirmed_is_unknown),
        T(test_reading_what_is_not_there_is_a_bug),
        T(test_a_read_only_server_is_unavailable),
        T(test_an_absent_database_is_probed_once_per_second),
        T(test_a_silent_first_host_does_not_hide_the_second),
        T(test_a_changed_table_cures_itself_by_a_new_session),
        T(test_a_wrong_statement_is_named),
    };
    return cmocka_run_group_tests(tests, group_setup, fixture_stop);
}
