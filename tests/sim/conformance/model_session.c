/* The model's sessions. Compiled with model_names.h. */
#include "sim/check.h"
#include "sim/conformance/session.h"
#include "sim/database.h"
#include "sim/dice.h"

enum { SESSIONS_MAX = 8, ANSWER_MAX = 64 * 1024 };

struct model_session {
    struct store *store;
    struct task *task;
    struct act step;
    struct known known;
    bool has_step;
    struct str answer;
};

struct model {
    struct model_session sessions[SESSIONS_MAX];
};

/* What the simulation has around the database, and the schedules have not. */
struct world world;
static struct link link_without_faults = {.trip_us = 30};

void check_commit(const struct session *s, const struct row_change *changes, size_t n)
{
    (void)s, (void)changes, (void)n;
}

void fault_at_commit(struct machine *m)
{
    (void)m;
}

void fault_at_request(void)
{
}

void silencers_hurry(struct str muted_by)
{
    (void)muted_by;
}

static void run_session(void *arg)
{
    struct model_session *s = arg;
    for (;;) {
        while (!s->has_step) {
            (void)task_wait(INT64_C(1000000000000));
        }
        struct strbuf out;
        strbuf_init(&out, &world_arena, ANSWER_MAX);
        operation_run(s->store, &s->step, &world_arena, &out);
        s->answer = strbuf_str(&out);
        s->has_step = false;
    }
}

static void nothing(void)
{
}

int64_t model_ledger_base(void)
{
    return db.next_intake;
}

struct model *model_start(size_t sessions, int64_t at)
{
    static struct model model;
    int64_t next_intake = db.next_intake > 0 ? db.next_intake : 1;
    scheduler_reset(at);
    world_memory_reset();
    database_reset();
    db.next_intake = next_intake; /* as the server's sequence */
    db.deadlock_us = 50000;
    model = (struct model){0};
    for (size_t i = 0; i < sessions; i++) {
        struct model_session *s = &model.sessions[i];
        struct uuid replica = {{(uint8_t)(i + 1)}};
        s->store = database_client(NULL, replica, &link_without_faults);
        s->task = task_start(NULL, "session", run_session, s);
    }
    sim_run(sim_now() + 1000, nothing);
    return &model;
}

void model_step(struct model *m, size_t session, const struct act *step, int64_t now_at)
{
    struct model_session *s = &m->sessions[session];
    CHECK(!s->has_step);
    db.frozen_clock = now_at;
    s->step = *step;
    s->step.known = &s->known;
    s->step.keeps = true;
    s->has_step = true;
    task_wake(s->task);
    /* Nobody waits for a lock so long that it is refused: a schedule has some two dozen steps. */
    sim_run(sim_now() + 70000, nothing);
}

static const struct row *awaited(const struct model_session *s)
{
    return s->store && s->store->session ? s->store->session->waits_for : NULL;
}

bool model_is_undecided(const struct model *m)
{
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        for (size_t k = 0; k < i; k++) {
            const struct row *a = awaited(&m->sessions[i]), *b = awaited(&m->sessions[k]);
            if (a && b && (a == b || a->locker == b->locker)) {
                return true;
            }
        }
    }
    return false;
}

bool model_is_done(const struct model *m, size_t session)
{
    return !m->sessions[session].has_step;
}

struct str model_answer(const struct model *m, size_t session)
{
    return m->sessions[session].answer;
}

enum status model_status(const struct model *m, size_t session)
{
    return m->sessions[session].step.status;
}

struct known *model_known(struct model *m, size_t session)
{
    return &m->sessions[session].known;
}
