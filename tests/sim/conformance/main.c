/* conformance — does the model of the database behave as PostgreSQL does?
 *
 *     conformance CONNINFO FOLDER --schedules N [--first S] [--jobs index/of] [--trace]
 *
 * A schedule is a few sessions that make random calls of the store port, one at a time. Each call
 * is made on the model, then on a real server through the production adapter: the answers have to
 * be equal, and where the model says that a session waits for a lock, the server's has to wait,
 * too. FOLDER holds the SQL files of this test. Prints one line of JSON. */
#include "adapters/pg_migrate.h"
#include "adapters/pg_store.h"
#include "base/time_units.h"
#include "sim/conformance/session.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SESSIONS = 3, STEPS = 16, OUTBOX_STEPS = 24, ANSWER_MAX = 64 * 1024, TEXT_MAX = 16 * 1024 };
#define START_AT INT64_C(1795219200000000)

/* ---- the real side: a thread for each session -------------------------------------------------
 */

struct real_session {
    struct store *store;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct act step;
    struct known known; /* as the model's was before the step */
    bool has_step, must_end;
    struct arena arena;
    struct str answer;
};

static struct real_session real[SESSIONS];
static struct pg *control; /* resets and ticks */
static char reset_sql[TEXT_MAX], clock_sql[TEXT_MAX], tick_sql[TEXT_MAX];
static bool traces;
static uint64_t n_calls;

static void *run_real(void *arg)
{
    struct real_session *s = arg;
    pthread_mutex_lock(&s->lock);
    while (!s->must_end) {
        if (!s->has_step) {
            pthread_cond_wait(&s->changed, &s->lock);
            continue;
        }
        pthread_mutex_unlock(&s->lock);
        struct strbuf out;
        strbuf_init(&out, &s->arena, ANSWER_MAX);
        operation_run(s->store, &s->step, &s->arena, &out);
        pthread_mutex_lock(&s->lock);
        s->answer = strbuf_str(&out);
        s->has_step = false;
        pthread_cond_broadcast(&s->changed);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

static void real_step(struct real_session *s, const struct act *step, const struct known *known)
{
    pthread_mutex_lock(&s->lock);
    CHECK(!s->has_step);
    s->known = *known;
    s->step = *step;
    s->step.known = &s->known;
    s->step.keeps = false;
    s->has_step = true;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

/* True: it has answered within that time. */
static bool real_wait(struct real_session *s, int64_t us)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += (us % US_PER_S) * 1000;
    until.tv_sec += us / US_PER_S + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&s->lock);
    while (s->has_step && pthread_cond_timedwait(&s->changed, &s->lock, &until) == 0) {
    }
    bool is_done = !s->has_step;
    pthread_mutex_unlock(&s->lock);
    return is_done;
}

/* ---- one schedule ---------------------------------------------------------------------------- */

struct trial {
    uint64_t seed, chance;
    struct model *model;
    bool is_about_outbox; /* begins with one, and most calls are about it */
    bool in_tx[SESSIONS], is_failed[SESSIONS], is_pending[SESSIONS];
    enum operation pending[SESSIONS];
    bool has_written[SESSIONS]; /* in its transaction: the adapter reads the ledger before that */
    int64_t ledger_base;
    int64_t now_at;
    char mismatch[2000];
};

static uint64_t draw(struct trial *s, uint64_t n)
{
    s->chance = s->chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (s->chance >> 33) % n;
}

static void run_sql(const char *name, const char *sql)
{
    struct err err = ERR_INIT;
    if (pg_run_script(control, name, sql, &err) != OK) {
        fprintf(stderr, "%s: %s\n", name, err.detail);
        exit(1);
    }
}

static void tick(struct trial *s)
{
    s->now_at += US_PER_S;
    run_sql("tick", tick_sql);
}

static void note_mismatch(struct trial *s, size_t session, const char *what, struct str model,
                          struct str server)
{
    if (s->mismatch[0] == '\0') {
        snprintf(s->mismatch, sizeof(s->mismatch),
                 "session %zu, %s: %s\n  model  %.*s\n  server %.*s", session,
                 operation_name(s->pending[session]), what, (int)(model.n < 800 ? model.n : 800),
                 model.p, (int)(server.n < 800 ? server.n : 800), server.p);
    }
}

/* What has come to an end on the model's side has to on the other, with the same answer. */
static void compare(struct trial *s)
{
    for (size_t i = 0; i < SESSIONS; i++) {
        if (!s->is_pending[i]) {
            continue;
        }
        bool is_done = model_is_done(s->model, i);
        if (!is_done) {
            if (real_wait(&real[i], 4000)) {
                note_mismatch(s, i, "does not wait", STR("waits"), real[i].answer);
            }
            continue;
        }
        struct str answer = model_answer(s->model, i);
        if (!real_wait(&real[i], 4 * US_PER_S)) {
            note_mismatch(s, i, "waits", answer, STR("waits"));
            continue;
        }
        if (!str_eq(answer, real[i].answer)) {
            note_mismatch(s, i, "another answer", answer, real[i].answer);
        }
        s->is_pending[i] = false;
        if (traces) {
            printf("  %zu %s%.*s\n", i, operation_name(s->pending[i]), STR_ARG(answer));
        }
        enum status status = model_status(s->model, i);
        bool is_over = s->pending[i] == OP_COMMIT || s->pending[i] == OP_ROLLBACK;
        bool fails = status != OK && status != ERR_NOT_FOUND && status != ERR_STALE_FENCE;
        s->in_tx[i] = s->pending[i] == OP_BEGIN ? status == OK : s->in_tx[i] && !is_over;
        s->is_failed[i] = s->in_tx[i] && (s->is_failed[i] || fails);
    }
}

static enum operation draw_operation(struct trial *s, size_t session)
{
    static const enum operation outbox[] = {
        OP_DELIVERIES_DUE,    OP_DELIVERIES_DUE,  OP_DELIVERIES_WRITE, OP_DELIVERIES_WRITE,
        OP_DELIVERIES_WRITE,  OP_INCIDENTS_LOCK,  OP_STORM_OPEN,       OP_STORM_OPEN,
        OP_DESTINATIONS_LOCK, OP_PAGES_UNCOVERED, OP_STORM_VIEW,       OP_UPDATE};
    static const enum operation outside[] = {OP_BEGIN, OP_BEGIN, OP_BEGIN, OP_LEDGER_APPEND};
    if (!s->in_tx[session]) {
        s->has_written[session] = false;
        return outside[draw(s, 4)];
    }
    if (s->is_failed[session]) {
        return draw(s, 4) ? OP_ROLLBACK : OP_COMMIT;
    }
    if (draw(s, 6) == 0) {
        return draw(s, 4) ? OP_COMMIT : OP_ROLLBACK;
    }
    if (s->is_about_outbox && draw(s, 6)) {
        return outbox[draw(s, sizeof(outbox) / sizeof(*outbox))];
    }
    for (;;) {
        enum operation op = (enum operation)draw(s, operation_COUNT);
        bool is_outside = op == OP_BEGIN || op == OP_LEDGER_APPEND || op == OP_CONFIG_SAVE;
        if (op == OP_LEDGER_NEXT && s->has_written[session]) {
            continue;
        }
        s->has_written[session] |= op == OP_OPEN || op == OP_UPDATE;
        if (!is_outside && op != OP_COMMIT && op != OP_ROLLBACK) {
            return op;
        }
    }
}

static void take_step(struct trial *s, size_t session, enum operation op)
{
    struct act step = {.op = op,
                       .session = session,
                       /* Away from our own sequence: acts must not draw the same ids. */
                       .chance = s->chance * UINT64_C(0xbf58476d1ce4e5b9),
                       .now_at = s->now_at,
                       .ledger_base = s->ledger_base};
    static struct known before;
    before = *model_known(s->model, session);
    n_calls++;
    s->pending[session] = op;
    s->is_pending[session] = true;
    model_step(s->model, session, &step, s->now_at);
    real_step(&real[session], &step, &before);
    compare(s);
}

/* On the real side only; the model begins anew with every schedule. */
static void drain(void)
{
    static const struct act rollback = {.op = OP_ROLLBACK};
    static const struct known nothing;
    bool is_asked[SESSIONS] = {false};
    for (int round = 0; round < 1000; round++) {
        size_t n = 0;
        for (size_t i = 0; i < SESSIONS; i++) {
            bool is_idle = real_wait(&real[i], 2000);
            if (is_idle && !is_asked[i]) {
                real_step(&real[i], &rollback, &nothing);
                is_asked[i] = true;
            } else {
                n += is_idle;
            }
        }
        if (n == SESSIONS) {
            return;
        }
    }
}

/* Everybody ends; who waits is let go by the others. */
static void finish(struct trial *s)
{
    for (int round = 0; round < 3 * SESSIONS && !s->mismatch[0]; round++) {
        for (size_t i = 0; i < SESSIONS && !s->mismatch[0]; i++) {
            if (!s->is_pending[i] && s->in_tx[i]) {
                take_step(s, i, OP_ROLLBACK);
            }
        }
    }
}

/* Two incidents with some deliveries each. */
static void fill_outbox(struct trial *s)
{
    static const enum operation calls[] = {OP_BEGIN,  OP_OPEN,   OP_OPEN,   OP_UPDATE, OP_UPDATE,
                                           OP_UPDATE, OP_UPDATE, OP_UPDATE, OP_UPDATE, OP_COMMIT};
    for (size_t i = 0; i < sizeof(calls) / sizeof(*calls) && !s->mismatch[0]; i++) {
        (void)draw(s, 2);
        take_step(s, 0, s->is_failed[0] ? OP_ROLLBACK : calls[i]);
        if (!s->in_tx[0]) {
            break;
        }
    }
    tick(s);
}

static bool run_schedule(uint64_t seed, uint64_t *ret_undecided)
{
    struct trial s = {
        .seed = seed, .chance = seed * UINT64_C(0x9e3779b97f4a7c15), .now_at = START_AT};
    run_sql("reset", reset_sql);
    s.model = model_start(SESSIONS, START_AT);
    s.ledger_base = model_ledger_base();
    for (size_t i = 0; i < SESSIONS; i++) {
        arena_clear(&real[i].arena);
    }
    take_step(&s, 0, OP_CONFIG_SAVE);
    s.is_about_outbox = seed % 3 == 0;
    if (s.is_about_outbox) {
        fill_outbox(&s);
    }
    for (int i = 0; i < (s.is_about_outbox ? OUTBOX_STEPS : STEPS) && !s.mismatch[0]; i++) {
        size_t session = draw(&s, SESSIONS);
        if (draw(&s, 3) == 0) {
            tick(&s);
        }
        if (!s.is_pending[session]) {
            take_step(&s, session, draw_operation(&s, session));
        }
        if (!s.mismatch[0] && model_is_undecided(s.model)) {
            drain();
            (*ret_undecided)++;
            return true;
        }
    }
    finish(&s);
    if (s.mismatch[0]) {
        fprintf(stderr, "schedule %llu: %s\n", (unsigned long long)seed, s.mismatch);
    }
    return s.mismatch[0] == '\0';
}

/* ---- the run --------------------------------------------------------------------------------- */

static void read_text(const char *folder, const char *name, char *ret)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    if (!file) {
        perror(path);
        exit(2);
    }
    ret[fread(ret, 1, TEXT_MAX - 1, file)] = '\0';
    fclose(file);
}

static void connect_all(const char *conninfo)
{
    const struct pg_settings settings = {.conninfo = conninfo};
    struct pg_migrate_result migrated;
    struct err err = ERR_INIT;
    if (pg_migrate(&settings, migration_catalogue, &migrated, &err) != OK ||
        pg_open(&settings, &control, &err) != OK) {
        fprintf(stderr, "%s\n", err.detail);
        exit(2);
    }
    for (size_t i = 0; i < SESSIONS; i++) {
        struct uuid replica = {{(uint8_t)(i + 1)}};
        CHECK(store_open(&settings, replica, &real[i].store, &err) == OK);
        arena_init(&real[i].arena);
        pthread_mutex_init(&real[i].lock, NULL);
        pthread_cond_init(&real[i].changed, NULL);
        CHECK(pthread_create(&real[i].thread, NULL, run_real, &real[i]) == 0);
    }
}

int main(int argc, char **argv)
{
    uint64_t first = 1, n = 1000, done = 0, undecided = 0;
    if (argc < 3) {
        fprintf(stderr, "conformance CONNINFO FOLDER [--schedules N] [--first S] [--trace]\n");
        return 2;
    }
    for (int i = 3; i < argc; i++) {
        if (strcmp(argv[i], "--trace") == 0) {
            traces = true;
        } else if (strcmp(argv[i], "--schedules") == 0 && i + 1 < argc) {
            n = strtoull(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "--first") == 0 && i + 1 < argc) {
            first = strtoull(argv[++i], NULL, 10);
        }
    }
    read_text(argv[2], "reset.sql", reset_sql);
    read_text(argv[2], "clock.sql", clock_sql);
    read_text(argv[2], "tick.sql", tick_sql);
    connect_all(argv[1]);
    run_sql("clock", clock_sql);
    time_t started = time(NULL);
    bool is_equal = true;
    for (; done < n && is_equal; done++) {
        is_equal = run_schedule(first + done, &undecided);
    }
    printf("{\"suite\":\"conformance\",\"first\":%llu,\"schedules\":%llu,\"cut_short\":%llu,"
           "\"calls\":%llu,\"mismatches\":%d,\"secs\":%lld}\n",
           (unsigned long long)first, (unsigned long long)done, (unsigned long long)undecided,
           (unsigned long long)n_calls, !is_equal, (long long)(time(NULL) - started));
    fflush(stdout);
    _Exit(is_equal ? 0 : 1); /* threads may hang in a mismatch */
}
