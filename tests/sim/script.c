/* Scripts that run for a while and end one way or another; with their machine at the latest. */
#include "sim/world.h"

#include "base/time_units.h"
#include "ports/runner.h"
#include "sim/check.h"
#include "sim/dice.h"
#include "sim/sometimes.h"
#include "sim/trace.h"

struct script {
    struct script *next;
    struct runner *runner;
    struct run_result result;
};

struct runner {
    struct replica *replica;
    struct script *ended;
    size_t running;
    struct task *waiting;
    bool is_awake, is_gone;
};

struct runner *runner_new(struct replica *r)
{
    struct runner *runner = world_alloc(sizeof(*runner));
    runner->replica = r;
    return runner;
}

void runner_lose(struct runner *r)
{
    r->is_gone = true;
    r->waiting = NULL;
    if (r->running > 0) {
        SOMETIMES(CRASH_WHILE_RUNNING);
    }
}

static void end_script(void *arg)
{
    struct script *s = arg;
    struct runner *r = s->runner;
    if (!r->is_gone) {
        r->running--;
        s->next = r->ended;
        r->ended = s;
        if (r->waiting) {
            task_wake(r->waiting);
        }
    }
}

enum status runner_start(struct runner *r, const struct run_request *request, struct err *err)
{
    struct uuid id;
    (void)err;
    CHECK(request->n_env > 0 && str_eq(request->env[0].name, STR("ALERTIFY_RUN_ID")) &&
          uuid_parse(request->env[0].value, &id));
    check_started(id);
    struct script *s = world_alloc(sizeof(*s));
    bool is_timeout = dice_chance(100000);
    s->runner = r;
    s->result = (struct run_result){.token = request->token,
                                    .outcome = is_timeout ? RUN_TIMED_OUT : RUN_EXITED,
                                    .code = dice_chance(500000),
                                    .output = STR("done\n"),
                                    .detail = STR_EMPTY};
    r->running++;
    int64_t lasts = is_timeout ? request->timeout_us : dice_between(1000, 12 * US_PER_S);
    TRACE("r%d runs script %s", r->replica->slot, trace_id(id.b));
    sim_at(sim_now() + lasts, end_script, s);
    return OK;
}

enum status runner_wait(struct runner *r, struct arena *arena, int64_t timeout_us,
                        struct run_result *ret, struct err *err)
{
    (void)arena;
    if (!r->ended && !r->is_awake) {
        r->waiting = task_current();
        (void)task_wait(timeout_us);
        r->waiting = NULL;
    }
    r->is_awake = false;
    if (!r->ended) {
        return err_set(err, ERR_TIMEOUT, "no script has ended");
    }
    *ret = r->ended->result;
    r->ended = r->ended->next;
    return OK;
}

void runner_wake(struct runner *r)
{
    r->is_awake = true;
    if (r->waiting) {
        task_wake(r->waiting);
    }
}

size_t runner_running(const struct runner *r)
{
    return r->running;
}
