/* What PostgreSQL alone takes: the statement of the ledger thread in a plain libpq loop.
 *
 *     bench_ledger --conninfo TEXT --body FILE --batch N --seconds N
 * appends batches of N copies of the body (binary arrays, a prepared statement, one transaction
 * each, synchronous commit) to a migrated database, as fast as one connection goes. The rows stand
 * in intake_queue afterwards like any other. Prints one JSON line; the times are those of a batch.
 */
#include "adapters/pg_catalogue.h"
#include "adapters/pg_param.h"
#include "base/arena.h"
#include "base/entropy.h"
#include "base/monotonic.h"
#include "base/time_units.h"
#include "options.h"
#include "samples.h"

#include <libpq-fe.h>
#include <time.h>

enum { BATCH_MAX = 256, BODY_MAX = 1 << 20, N_PARAMS = 5 };

static void check(PGconn *conn, PGresult *result, ExecStatusType want)
{
    if (PQresultStatus(result) != want) {
        fprintf(stderr, "bench_ledger: %s", PQerrorMessage(conn));
        exit(1);
    }
    PQclear(result);
}

static struct str read_body(struct arena *arena, const char *path)
{
    FILE *f = fopen(path, "re");
    CHECK(f);
    char *p = arena_alloc(arena, BODY_MAX);
    size_t n = fread(p, 1, BODY_MAX, f);
    fclose(f);
    return (struct str){p, n};
}

static const char *append_statement(void)
{
    for (const struct embedded_file *f = sql_catalogue; f->name; f++) {
        if (str_starts_with(str_from(f->name), STR("ledger_append"))) {
            return f->text;
        }
    }
    UNREACHABLE("the catalogue has no ledger_append");
}

static PGconn *connect_and_prepare(const char *conninfo)
{
    PGconn *conn = PQconnectdb(conninfo);
    if (PQstatus(conn) != CONNECTION_OK) {
        fprintf(stderr, "bench_ledger: %s", PQerrorMessage(conn));
        exit(1);
    }
    check(conn, PQexec(conn, "set search_path = alertify"), PGRES_COMMAND_OK);
    check(conn, PQexec(conn, "set plan_cache_mode = force_generic_plan"), PGRES_COMMAND_OK);
    check(conn, PQexec(conn, "set synchronous_commit = on"), PGRES_COMMAND_OK);
    check(conn, PQprepare(conn, "append", append_statement(), 0, NULL), PGRES_COMMAND_OK);
    return conn;
}

static void append_batch(PGconn *conn, struct arena *arena, struct str body, size_t n)
{
    struct uuid receipts[BATCH_MAX];
    struct str source[BATCH_MAX], peer[BATCH_MAX], bodies[BATCH_MAX], reason[BATCH_MAX];
    struct timespec now;
    CHECK(clock_gettime(CLOCK_REALTIME, &now) == 0);
    for (size_t i = 0; i < n; i++) {
        uint8_t random[10];
        entropy_fill(random, sizeof(random));
        receipts[i] = uuid_v7((int64_t)now.tv_sec * US_PER_S + now.tv_nsec / 1000, random);
        source[i] = STR("bench");
        peer[i] = STR("127.0.0.1");
        bodies[i] = body;
        reason[i] = STR_EMPTY;
    }
    struct pg_param params[N_PARAMS] = {
        pg_id_array(arena, receipts, n, NULL), pg_text_array(arena, source, n),
        pg_text_array(arena, peer, n),         pg_binary_array(arena, bodies, n),
        pg_text_array(arena, reason, n),
    };
    const char *values[N_PARAMS];
    int lengths[N_PARAMS], formats[N_PARAMS];
    for (size_t i = 0; i < N_PARAMS; i++) {
        values[i] = params[i].p;
        lengths[i] = params[i].len;
        formats[i] = 1;
    }
    check(conn, PQexecPrepared(conn, "append", N_PARAMS, values, lengths, formats, 1),
          PGRES_COMMAND_OK);
}

int main(int argc, char **argv)
{
    struct arena arena, scratch;
    struct samples times = {0};
    uint64_t n = option_number(argc, argv, "--batch", NULL);
    int64_t length_us = (int64_t)option_number(argc, argv, "--seconds", NULL) * US_PER_S;
    if (n == 0 || n > BATCH_MAX) {
        fprintf(stderr, "bench_ledger: a batch is 1 to %d rows\n", BATCH_MAX);
        return 2;
    }
    arena_init(&arena);
    arena_init(&scratch);
    struct str body = read_body(&arena, option_text(argc, argv, "--body", NULL));
    PGconn *conn = connect_and_prepare(option_text(argc, argv, "--conninfo", NULL));
    int64_t begin_us = monotonic_us(), at_us = begin_us;
    while (at_us - begin_us < length_us) {
        append_batch(conn, &scratch, body, (size_t)n);
        arena_clear(&scratch);
        int64_t now_us = monotonic_us();
        samples_add(&times, now_us - at_us);
        at_us = now_us;
    }
    printf("{\"rows\":%llu,\"batches\":%zu,\"seconds\":%.6f,", (unsigned long long)(times.n * n),
           times.n, (double)(at_us - begin_us) / 1e6);
    samples_print(&times);
    printf("}\n");
    PQfinish(conn);
    arena_release(&scratch);
    arena_release(&arena);
    return 0;
}
