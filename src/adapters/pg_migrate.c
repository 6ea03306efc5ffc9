#include "adapters/pg_migrate.h"

#include "base/monotonic.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define LOCK_KEY INT64_C(0x616c657274696679) /* "alertify" */
#define WAIT_FOR_OTHER_US (2 * US_PER_MIN)
#define PAUSE_US (500 * US_PER_MS)
enum { TRIES_MAX = 30, CHECKSUM_BYTES = 32 };

ENUM_DEFINE(pg_schema, PG_SCHEMAS)

struct migration {
    int version;
    int serves_from;
    struct str name; /* "0001_foundation" */
    const char *text;
    char checksum[2 * CHECKSUM_BYTES + 1];
};

struct plan {
    struct migration *v;
    size_t n;
    enum pg_schema schema;
    int applied; /* newest version in the database */
};

static void pause_us(int64_t us)
{
    struct timespec left = {.tv_sec = us / US_PER_S, .tv_nsec = us % US_PER_S * 1000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
}

/* "-- serves-from 0007" among the leading comment lines; `version` without it. */
static int read_serves_from(const char *text, int version)
{
    struct str rest = str_from(text);
    while (rest.p) {
        struct str line = str_trim(str_cut(&rest, '\n'));
        if (!str_starts_with(line, STR("--"))) {
            break;
        }
        line = str_trim(str_slice(line, 2, line.n));
        uint64_t v;
        if (str_starts_with(line, STR("serves-from ")) &&
            str_to_u64(str_trim(str_slice(line, 12, line.n)), &v) && v <= (uint64_t)version) {
            return (int)v;
        }
    }
    return version;
}

int pg_schema_known(const struct embedded_file *migrations)
{
    int n = 0;
    while (migrations[n].name) {
        n++;
    }
    return n;
}

static enum status read_catalogue(struct arena *arena, const struct embedded_file *files,
                                  struct plan *plan, struct err *err)
{
    size_t n = (size_t)pg_schema_known(files);
    plan->v = ARENA_ARRAY(arena, struct migration, n);
    plan->n = n;
    for (size_t i = 0; i < n; i++) {
        struct migration *m = &plan->v[i];
        m->name = str_from(files[i].name);
        uint64_t version;
        if (m->name.n < 10 || !str_ends_with(m->name, STR(".sql")) || m->name.p[4] != '_' ||
            !str_to_u64(str_slice(m->name, 0, 4), &version) || version != i + 1) {
            return err_at(err, ERR_INVALID, files[i].name,
                          "migrations are named NNNN_what.sql, numbered from 0001 without gaps");
        }
        m->name.n -= 4;
        m->version = (int)version;
        m->text = files[i].text;
        m->serves_from = read_serves_from(m->text, m->version);
        unsigned char hash[CHECKSUM_BYTES];
        crypto_generichash(hash, sizeof(hash), (const unsigned char *)m->text, strlen(m->text),
                           NULL, 0);
        sodium_bin2hex(m->checksum, sizeof(m->checksum), hash, sizeof(hash));
    }
    return OK;
}

/* Fills plan->applied and plan->schema from the rows of schema_version. */
static enum status compare(struct plan *plan, const struct pg_rows *rows, struct err *err)
{
    int version = pg_column(rows, "version"), name = pg_column(rows, "name"),
        checksum = pg_column(rows, "checksum"), from = pg_column(rows, "serves_from");
    int oldest_server = 0;
    for (size_t i = 0; i < rows->n; i++) {
        struct str row_name = pg_str(rows, i, name);
        if (pg_i32(rows, i, version) != (int)i + 1) {
            return err_set(err, ERR_CONFLICT,
                           "alertify.schema_version has a hole before %.*s: was it edited by hand?",
                           STR_ARG(row_name));
        }
        if (i >= plan->n) {
            int serves_from = pg_i32(rows, i, from);
            oldest_server = serves_from > oldest_server ? serves_from : oldest_server;
            continue;
        }
        const struct migration *m = &plan->v[i];
        if (!str_eq(pg_str(rows, i, checksum), str_from(m->checksum))) {
            return err_set(err, ERR_CONFLICT,
                           "migration %.*s was applied as \"%.*s\" with another content: this "
                           "binary and the database come from different histories",
                           STR_ARG(m->name), STR_ARG(row_name));
        }
    }
    plan->applied = (int)rows->n;
    plan->schema = rows->n == plan->n              ? PG_SCHEMA_OK
                   : rows->n < plan->n             ? PG_SCHEMA_TOO_OLD
                   : oldest_server <= (int)plan->n ? PG_SCHEMA_NEWER_COMPATIBLE
                                                   : PG_SCHEMA_TOO_NEW;
    return OK;
}

static enum status make_plan(struct pg *pg, struct arena *arena, const struct embedded_file *files,
                             struct plan *plan, struct err *err)
{
    enum status status = read_catalogue(arena, files, plan, err);
    if (status != OK) {
        return status;
    }
    struct pg_rows rows;
    status = pg_exec(pg, arena, "schema_version_exists", NULL, 0, &rows, err);
    if (status != OK) {
        return status;
    }
    if (!pg_bool(&rows, 0, pg_column(&rows, "found"))) {
        plan->applied = 0;
        plan->schema = plan->n > 0 ? PG_SCHEMA_TOO_OLD : PG_SCHEMA_OK;
        return OK;
    }
    status = pg_exec(pg, arena, "schema_version_list", NULL, 0, &rows, err);
    return status == OK ? compare(plan, &rows, err) : status;
}

enum status pg_schema_check(struct pg *pg, const struct embedded_file *migrations,
                            enum pg_schema *ret, struct err *err)
{
    struct arena arena;
    arena_init(&arena);
    struct plan plan = {0};
    enum status status = make_plan(pg, &arena, migrations, &plan, err);
    if (status == OK) {
        *ret = plan.schema;
    }
    arena_release(&arena);
    return status;
}

static enum status try_script(struct pg *pg, struct arena *arena, const struct migration *m,
                              struct err *err)
{
    char where[160];
    snprintf(where, sizeof(where), "migrations/%.*s.sql", STR_ARG(m->name));
    struct pg_param row[] = {pg_int4(m->version), pg_text(m->name), pg_text(str_from(m->checksum)),
                             pg_int4(m->serves_from)};
    enum status status = pg_begin(pg, err);
    if (status != OK) {
        return status;
    }
    status = pg_run_script(pg, where, m->text, err);
    if (status == OK) {
        status = pg_exec(pg, arena, "schema_version_add", row, 4, NULL, err);
    }
    if (status != OK) {
        pg_rollback(pg);
        return status;
    }
    return pg_commit(pg, err);
}

/* Once more when somebody's lock was in the way; the lock timeout is what keeps our queue short. */
static enum status apply(struct pg *pg, struct arena *arena, const struct migration *m,
                         struct err *err)
{
    for (int i = 1;; i++) {
        struct err last = ERR_INIT;
        enum status status = try_script(pg, arena, m, &last);
        if (status == OK) {
            return OK;
        }
        if (i == TRIES_MAX || !pg_is_retryable(pg) || status == ERR_UNKNOWN_OUTCOME) {
            return err_at(err, status, last.where, "%s", last.detail);
        }
        pause_us(PAUSE_US);
    }
}

static enum status lock(struct pg *pg, struct err *err)
{
    int64_t until_us = monotonic_us() + WAIT_FOR_OTHER_US;
    for (;;) {
        bool is_ours;
        enum status status = pg_try_lock(pg, LOCK_KEY, &is_ours, err);
        if (status != OK || is_ours) {
            return status;
        }
        if (monotonic_us() > until_us) {
            return err_set(err, ERR_UNAVAILABLE, "another alertify is migrating this database");
        }
        pause_us(PAUSE_US);
    }
}

static enum status apply_missing(struct pg *pg, struct arena *arena, const struct plan *plan,
                                 struct pg_migrate_result *ret, struct err *err)
{
    uint64_t generation = pg_generation(pg);
    *ret = (struct pg_migrate_result){.from = plan->applied, .to = plan->applied};
    for (size_t i = (size_t)plan->applied; i < plan->n; i++) {
        enum status status = apply(pg, arena, &plan->v[i], err);
        if (status != OK) {
            return status;
        }
        ret->to = plan->v[i].version;
        /* The primary key of schema_version would stop a second writer; this is the clear word. */
        if (pg_generation(pg) != generation) {
            return err_set(err, ERR_UNAVAILABLE, "the connection was lost between migrations");
        }
    }
    return OK;
}

static enum status migrate(struct pg *pg, struct arena *arena,
                           const struct embedded_file *migrations, struct pg_migrate_result *ret,
                           struct err *err)
{
    enum status status = lock(pg, err);
    if (status != OK) {
        return status;
    }
    struct plan plan = {0};
    status = make_plan(pg, arena, migrations, &plan, err);
    if (status != OK) {
        return status;
    }
    if (plan.schema == PG_SCHEMA_TOO_NEW) {
        return err_set(err, ERR_CONFLICT,
                       "the database has schema version %d, this alertify knows only %zu and "
                       "cannot serve on it: install the newer alertify",
                       plan.applied, plan.n);
    }
    if (plan.schema == PG_SCHEMA_TOO_OLD && plan.applied == 0) {
        status = pg_run_named_script(pg, "schema_bootstrap", err);
        if (status != OK) {
            return status;
        }
    }
    return apply_missing(pg, arena, &plan, ret, err);
}

enum status pg_migrate(const struct pg_settings *settings, const struct embedded_file *migrations,
                       struct pg_migrate_result *ret, struct err *err)
{
    struct pg_settings own = *settings;
    own.statement_timeout_us = 10 * US_PER_MIN;
    own.lock_timeout_us = US_PER_S;
    struct pg *pg;
    enum status status = pg_open(&own, &pg, err);
    if (status != OK) {
        return status;
    }
    struct arena arena;
    arena_init(&arena);
    struct pg_migrate_result result = {0};
    status = migrate(pg, &arena, migrations, &result, err);
    if (status == OK) {
        *ret = result;
    }
    arena_release(&arena);
    pg_free(pg); /* and with it the advisory lock */
    return status;
}
