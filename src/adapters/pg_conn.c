#include "adapters/pg_conn.h"

#include "adapters/pg_catalogue.h"
#include "adapters/pg_link.h"
#include "base/monotonic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_TIMEOUT_US (3 * US_PER_S)
#define STATEMENT_TIMEOUT_US (5 * US_PER_S)
#define LOCK_TIMEOUT_US (2 * US_PER_S)
#define PROBE_EVERY_US US_PER_S

struct pg {
    struct arena arena;
    PQconninfoOption *options;
    struct secret *password;
    const char *application_name;
    int64_t connect_timeout_us, statement_timeout_us, lock_timeout_us;
    struct pg_catalogue catalogue;

    PGconn *conn; /* NULL: not connected; inside a transaction: it was lost */
    bool in_tx;
    uint64_t generation, abandoned;
    int64_t retry_at_us; /* monotonic; no attempt before */
    size_t rotation;     /* host to try first; moves on when a connect times out */

    unsigned n_warnings; /* during the present call */
    char warning[160];

    bool is_retryable; /* about the last failed call */
    char sqlstate[8], constraint[64];
};

/* --- errors --- */

static void note_failure(struct pg *pg, const PGresult *result, bool is_retryable)
{
    const char *sqlstate = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *constraint = result ? PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME) : NULL;
    pg->is_retryable = is_retryable;
    snprintf(pg->sqlstate, sizeof(pg->sqlstate), "%s", sqlstate ? sqlstate : "");
    snprintf(pg->constraint, sizeof(pg->constraint), "%s", constraint ? constraint : "");
}

static const char *first_line(const char *message, char *buf, size_t size)
{
    snprintf(buf, size, "%s", message);
    buf[strcspn(buf, "\n")] = '\0';
    return buf;
}

/* The server answered with an error: nothing of the statement remains. */
static enum status refuse(struct pg *pg, const char *where, const PGresult *result, struct err *err)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *function = PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    struct pg_meaning meaning = pg_meaning(sqlstate, function);
    char buf[400];
    const char *text = message ? message : PQresultErrorMessage(result);
    err_at(err, meaning.code, where, "SQLSTATE %s: %s", sqlstate ? sqlstate : "none",
           first_line(*text ? text : "unexpected kind of result", buf, sizeof(buf)));
    note_failure(pg, result, meaning.is_retryable);
    if (meaning.closes) {
        pg_disconnect(pg);
    }
    return meaning.code;
}

/* Only what may point at the durability of a commit counts; NOTICE and below are chatter. */
static void on_notice(void *arg, const PGresult *result)
{
    struct pg *pg = arg;
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (sqlstate && strcmp(sqlstate, "00000") == 0) {
        return;
    }
    if (pg->n_warnings++ == 0) {
        snprintf(pg->warning, sizeof(pg->warning), "%s %s", sqlstate ? sqlstate : "",
                 message ? message : "");
    }
}

/* --- one round trip --- */

enum effect {
    EFFECT_NONE,    /* nothing happens without a later COMMIT */
    EFFECT_COMMITS, /* makes something permanent */
};

static int64_t until(int64_t timeout_us)
{
    return monotonic_us() + timeout_us;
}

/* The connection failed under a call whose request may have reached the server. */
static enum status give_up(struct pg *pg, const char *where, enum link_end end, enum status code,
                           const PGresult *last_words, struct err *err)
{
    char buf[300];
    const char *why = end == LINK_LATE ? "no answer before the deadline"
                                       : first_line(PQerrorMessage(pg->conn), buf, sizeof(buf));
    err_at(err, code, where, "%s", *why ? why : "connection lost");
    note_failure(pg, last_words, false);
    pg->abandoned += end == LINK_LATE;
    pg_disconnect(pg);
    return code;
}

/* Judges the reply to a request that PQsend… accepted (`sent`). On OK *ret is the result. */
static enum status finish(struct pg *pg, const char *where, int sent, int64_t until_us,
                          enum effect effect, PGresult **ret, struct err *err)
{
    pg->n_warnings = 0;
    PGresult *result = NULL;
    enum link_end end = sent ? link_run(pg->conn, until_us, &result) : LINK_LOST;
    if (end != LINK_DONE) {
        enum status code = effect == EFFECT_COMMITS ? ERR_UNKNOWN_OUTCOME
                           : end == LINK_LATE       ? ERR_TIMEOUT
                                                    : ERR_UNAVAILABLE;
        give_up(pg, where, end, code, result, err);
        PQclear(result);
        return code;
    }
    if (!link_is_success(result)) {
        enum status code = refuse(pg, where, result, err);
        PQclear(result);
        return code;
    }
    if (effect == EFFECT_COMMITS && pg->n_warnings > 0) {
        /* D2: success after "might not have been replicated" is no success. */
        PQclear(result);
        note_failure(pg, NULL, false);
        return err_at(err, ERR_UNKNOWN_OUTCOME, where, "warning at commit: %s", pg->warning);
    }
    *ret = result;
    return OK;
}

/* Without parameters and result rows. */
static enum status run_text(struct pg *pg, const char *where, const char *sql, enum effect effect,
                            PGresult **ret, struct err *err)
{
    int sent = PQsendQuery(pg->conn, sql);
    return finish(pg, where, sent, until(pg->statement_timeout_us), effect, ret, err);
}

static enum status run_named(struct pg *pg, const char *name, enum effect effect, struct err *err)
{
    PGresult *result = NULL;
    enum status status =
        run_text(pg, name, pg_catalogue_find(&pg->catalogue, name)->text, effect, &result, err);
    if (status == OK) {
        PQclear(result);
    }
    return status;
}

/* --- open and connect --- */

enum status pg_open(const struct pg_settings *settings, struct pg **ret, struct err *err)
{
    char *why = NULL;
    PQconninfoOption *options = PQconninfoParse(settings->conninfo, &why);
    if (!options) {
        /* libpq's text may quote the string and with it a password. */
        PQfreemem(why);
        return err_set(err, ERR_INVALID, "the PostgreSQL connection string cannot be parsed");
    }
    struct pg *pg = calloc(1, sizeof(*pg));
    CHECK(pg);
    arena_init(&pg->arena);
    pg->options = options;
    pg->password = settings->password ? secret_ref((struct secret *)settings->password) : NULL;
    const char *name = settings->application_name ? settings->application_name : "alertify";
    pg->application_name = str_c(&pg->arena, str_from(name));
    pg->connect_timeout_us =
        settings->connect_timeout_us ? settings->connect_timeout_us : CONNECT_TIMEOUT_US;
    pg->statement_timeout_us =
        settings->statement_timeout_us ? settings->statement_timeout_us : STATEMENT_TIMEOUT_US;
    pg->lock_timeout_us = settings->lock_timeout_us ? settings->lock_timeout_us : LOCK_TIMEOUT_US;
    pg_catalogue_load(&pg->catalogue, &pg->arena, settings->more_statements);
    *ret = pg;
    return OK;
}

void pg_free(struct pg *pg)
{
    if (!pg) {
        return;
    }
    pg_disconnect(pg);
    PQconninfoFree(pg->options);
    secret_free(pg->password);
    arena_release(&pg->arena);
    free(pg);
}

void pg_disconnect(struct pg *pg)
{
    link_close(pg->conn);
    pg->conn = NULL;
}

int64_t pg_retry_in_us(const struct pg *pg)
{
    int64_t left_us = pg->conn ? 0 : pg->retry_at_us - monotonic_us();
    return left_us > 0 ? left_us : 0;
}

/* The first statement of every session: no reply to it can be trusted to settings of ours. */
static enum status open_session(struct pg *pg, int64_t until_us, struct err *err)
{
    char statement_ms[24], lock_ms[24];
    /* A little before our own deadline: then the server says so and the connection survives. */
    snprintf(statement_ms, sizeof(statement_ms), "%lld",
             (long long)(pg->statement_timeout_us * 9 / 10 / US_PER_MS));
    snprintf(lock_ms, sizeof(lock_ms), "%lld", (long long)(pg->lock_timeout_us / US_PER_MS));
    const char *const values[] = {statement_ms, lock_ms};
    int sent = PQsendQueryParams(pg->conn, pg_catalogue_find(&pg->catalogue, "session_open")->text,
                                 2, NULL, values, NULL, NULL, 0);
    PGresult *result = NULL;
    enum status status = finish(pg, "session_open", sent, until_us, EFFECT_NONE, &result, err);
    if (status == OK) {
        PQclear(result);
    }
    return status;
}

static enum status connect_once(struct pg *pg, struct err *err)
{
    struct arena scratch;
    arena_init(&scratch);
    struct str password = pg->password ? secret_reveal(pg->password) : STR_EMPTY;
    char *password_c = str_c(&scratch, password);
    struct link_target target = {
        .options = pg->options,
        .application_name = pg->application_name,
        .password = pg->password ? password_c : NULL,
        .user_timeout_ms = (int)(pg->statement_timeout_us / US_PER_MS),
        .rotation = pg->rotation,
    };
    int64_t until_us = until(pg->connect_timeout_us);
    enum link_end end = link_connect(&target, until_us, &pg->conn);
    explicit_bzero(password_c, password.n);
    arena_release(&scratch);
    CHECK(pg->conn);
    if (end != LINK_DONE) {
        pg->rotation += end == LINK_LATE; /* libpq moves on by itself after an error */
        return give_up(pg, "connect", end, ERR_UNAVAILABLE, NULL, err);
    }
    PQsetNoticeReceiver(pg->conn, on_notice, pg);
    for (size_t i = 0; i < pg->catalogue.n; i++) {
        pg->catalogue.v[i].is_prepared = false;
    }
    return open_session(pg, until_us, err);
}

enum status pg_ensure(struct pg *pg, struct err *err)
{
    if (pg->conn && (pg->in_tx || link_is_alive(pg->conn))) {
        return OK;
    }
    if (pg->in_tx) {
        return err_set(err, ERR_UNAVAILABLE, "the connection was lost inside the transaction");
    }
    pg_disconnect(pg);
    int64_t wait_us = pg_retry_in_us(pg);
    if (wait_us > 0) {
        return err_set(err, ERR_UNAVAILABLE, "database away; next attempt in %lld ms",
                       (long long)(wait_us / US_PER_MS));
    }
    pg->retry_at_us = until(PROBE_EVERY_US);
    enum status status = connect_once(pg, err);
    if (status != OK) {
        pg_disconnect(pg);
        return status;
    }
    pg->retry_at_us = 0;
    pg->generation++;
    return OK;
}

uint64_t pg_generation(const struct pg *pg)
{
    return pg->generation;
}

uint64_t pg_abandoned(const struct pg *pg)
{
    return pg->abandoned;
}

/* --- transactions --- */

static enum status begin(struct pg *pg, const char *sql_name, struct err *err)
{
    CHECK(!pg->in_tx);
    enum status status = pg_ensure(pg, err);
    if (status == OK) {
        status = run_named(pg, sql_name, EFFECT_NONE, err);
    }
    pg->in_tx = status == OK;
    return status;
}

enum status pg_begin(struct pg *pg, struct err *err)
{
    return begin(pg, "transaction_begin", err);
}

enum status pg_begin_snapshot(struct pg *pg, struct err *err)
{
    return begin(pg, "transaction_begin_snapshot", err);
}

enum status pg_commit(struct pg *pg, struct err *err)
{
    CHECK(pg->in_tx);
    enum status status = pg_ensure(pg, err);
    pg->in_tx = false;
    if (status != OK) {
        return status;
    }
    PGresult *result = NULL;
    status = run_text(pg, "transaction_commit",
                      pg_catalogue_find(&pg->catalogue, "transaction_commit")->text, EFFECT_COMMITS,
                      &result, err);
    if (status != OK) {
        return status;
    }
    /* COMMIT of a transaction in which a statement failed succeeds as ROLLBACK. */
    bool is_committed = strcmp(PQcmdStatus(result), "COMMIT") == 0;
    PQclear(result);
    if (!is_committed) {
        note_failure(pg, NULL, false);
        return err_at(err, ERR_INTERNAL, "transaction_commit",
                      "rolled back: an earlier statement had failed");
    }
    return OK;
}

void pg_rollback(struct pg *pg)
{
    if (!pg->in_tx) {
        return;
    }
    pg->in_tx = false;
    if (!pg->conn) {
        return;
    }
    /* What failed before stays readable through pg_sqlstate. */
    PGresult *result = NULL;
    int sent =
        PQsendQuery(pg->conn, pg_catalogue_find(&pg->catalogue, "transaction_rollback")->text);
    int64_t until_us = until(pg->statement_timeout_us);
    if (!sent || link_run(pg->conn, until_us, &result) != LINK_DONE ||
        PQresultStatus(result) != PGRES_COMMAND_OK) {
        pg_disconnect(pg);
    }
    PQclear(result);
}

/* --- statements --- */

static enum status prepare(struct pg *pg, struct pg_statement *s, const struct pg_param *params,
                           size_t n, int64_t until_us, struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        CHECK(!s->is_typed || s->types[i] == (Oid)params[i].type);
        s->types[i] = params[i].type;
    }
    CHECK(!s->is_typed || s->n_params == n);
    s->is_typed = true;
    s->n_params = n;
    if (s->is_prepared) {
        return OK;
    }
    int sent = PQsendPrepare(pg->conn, s->name, s->text, (int)n, s->types);
    PGresult *result = NULL;
    enum status status = finish(pg, s->name, sent, until_us, EFFECT_NONE, &result, err);
    if (status == OK) {
        PQclear(result);
        s->is_prepared = true;
    }
    return status;
}

static void clear_result(void *result)
{
    PQclear(result);
}

static void fill_rows(struct arena *arena, PGresult *result, struct pg_rows *ret)
{
    uint64_t affected = 0;
    (void)str_to_u64(str_from(PQcmdTuples(result)), &affected);
    *ret = (struct pg_rows){
        .n = (size_t)PQntuples(result), .affected = (size_t)affected, .result = result};
    arena_defer(arena, clear_result, result);
}

enum status pg_exec(struct pg *pg, struct arena *arena, const char *sql_name,
                    const struct pg_param *params, size_t n, struct pg_rows *ret, struct err *err)
{
    CHECK(n <= PG_PARAMS_MAX);
    struct pg_statement *s = pg_catalogue_find(&pg->catalogue, sql_name);
    CHECK(!s->is_script);
    enum status status = pg_ensure(pg, err);
    if (status != OK) {
        return status;
    }
    int64_t until_us = until(pg->statement_timeout_us);
    status = prepare(pg, s, params, n, until_us, err);
    if (status != OK) {
        return status;
    }
    const char *values[PG_PARAMS_MAX];
    int lengths[PG_PARAMS_MAX], formats[PG_PARAMS_MAX];
    for (size_t i = 0; i < n; i++) {
        values[i] = params[i].len < 0 ? NULL : params[i].p ? params[i].p : params[i].scalar;
        lengths[i] = params[i].len < 0 ? 0 : params[i].len;
        formats[i] = 1;
    }
    int sent = PQsendQueryPrepared(pg->conn, s->name, (int)n, values, lengths, formats, 1);
    enum effect effect = pg->in_tx || s->is_read ? EFFECT_NONE : EFFECT_COMMITS;
    PGresult *result = NULL;
    status = finish(pg, s->name, sent, until_us, effect, &result, err);
    if (status != OK) {
        return status;
    }
    if (ret) {
        fill_rows(arena, result, ret);
    } else {
        PQclear(result);
    }
    return OK;
}

enum status pg_run_script(struct pg *pg, const char *name, const char *sql, struct err *err)
{
    enum status status = pg_ensure(pg, err);
    if (status != OK) {
        return status;
    }
    PGresult *result = NULL;
    enum effect effect = pg->in_tx ? EFFECT_NONE : EFFECT_COMMITS;
    status = run_text(pg, name, sql, effect, &result, err);
    if (status == OK) {
        PQclear(result);
    }
    return status;
}

enum status pg_run_named_script(struct pg *pg, const char *sql_name, struct err *err)
{
    const struct pg_statement *s = pg_catalogue_find(&pg->catalogue, sql_name);
    CHECK(s->is_script);
    return pg_run_script(pg, sql_name, s->text, err);
}

enum status pg_prepare_all(struct pg *pg, struct err *err)
{
    for (size_t i = 0; i < pg->catalogue.n; i++) {
        const struct pg_statement *s = &pg->catalogue.v[i];
        if (s->is_script) {
            continue;
        }
        enum status status = pg_ensure(pg, err);
        if (status != OK) {
            return status;
        }
        /* Under the unnamed statement and with types inferred from the casts: it must not become
         * what pg_exec runs later with the caller's types. */
        int sent = PQsendPrepare(pg->conn, "", s->text, 0, NULL);
        PGresult *result = NULL;
        status =
            finish(pg, s->name, sent, until(pg->statement_timeout_us), EFFECT_NONE, &result, err);
        if (status != OK) {
            return status;
        }
        PQclear(result);
    }
    return OK;
}

bool pg_is_retryable(const struct pg *pg)
{
    return pg->is_retryable;
}

const char *pg_sqlstate(const struct pg *pg)
{
    return pg->sqlstate;
}

const char *pg_constraint(const struct pg *pg)
{
    return pg->constraint;
}

/* --- advisory locks --- */

static enum status lock_call(struct pg *pg, const char *sql_name, const char *column, int64_t key,
                             bool *ret, struct err *err)
{
    struct arena arena;
    arena_init(&arena);
    struct pg_param params[] = {pg_int(key)};
    struct pg_rows rows;
    enum status status = pg_exec(pg, &arena, sql_name, params, 1, &rows, err);
    if (status == OK) {
        *ret = pg_bool(&rows, 0, pg_column(&rows, column));
    }
    arena_release(&arena);
    return status;
}

enum status pg_try_lock(struct pg *pg, int64_t key, bool *ret_got, struct err *err)
{
    return lock_call(pg, "lock_try", "got", key, ret_got, err);
}

enum status pg_unlock(struct pg *pg, int64_t key, struct err *err)
{
    bool was_held;
    enum status status = lock_call(pg, "lock_release", "released", key, &was_held, err);
    if (status == OK && !was_held) {
        return err_set(err, ERR_STALE_FENCE, "the lock was not held: the connection was new");
    }
    return status;
}
