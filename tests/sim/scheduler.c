#include "sim/scheduler.h"

#include "base/check.h"
#include "sim/fiber.h"
#include "sim/memory.h"

#include <stdlib.h>

struct task {
    struct fiber *fiber; /* NULL: ended or dropped */
    struct machine *machine;
    struct task *next_of_machine, *next;
    const char *name;
    void (*run)(void *arg);
    void *arg;
    uint64_t turn; /* events of earlier turns are void */
    bool is_waiting, was_woken;
};

struct event {
    int64_t at;
    uint64_t order; /* among those of one time: as they were asked for */
    struct task *task;
    uint64_t turn;
    void (*fn)(void *arg);
    void *arg;
};

static struct event *heap;
static size_t n_heap, heap_room;
static int64_t now;
static uint64_t next_order, steps;
static struct task *current, *all_tasks;
static struct machine *entered;
static bool must_stop;
static int64_t run_until;

/* ---- the heap of events ---------------------------------------------------------------------- */

static bool is_before(const struct event *a, const struct event *b)
{
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void heap_push(struct event e)
{
    if (n_heap == heap_room) {
        heap_room = heap_room ? 2 * heap_room : 1024;
        world_memory_begin();
        heap = realloc(heap, heap_room * sizeof(*heap));
        world_memory_end();
        CHECK(heap);
    }
    size_t i = n_heap++;
    e.order = next_order++;
    while (i > 0 && is_before(&e, &heap[(i - 1) / 2])) {
        heap[i] = heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    heap[i] = e;
}

static struct event heap_pop(void)
{
    struct event top = heap[0], last = heap[--n_heap];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= n_heap) {
            break;
        }
        if (child + 1 < n_heap && is_before(&heap[child + 1], &heap[child])) {
            child++;
        }
        if (!is_before(&heap[child], &last)) {
            break;
        }
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = last;
    return top;
}

/* ---- tasks ----------------------------------------------------------------------------------- */

static void drop_task(struct task *task)
{
    fiber_free(task->fiber);
    task->fiber = NULL;
    task->turn++;
}

void scheduler_reset(int64_t at)
{
    CHECK(!current);
    while (all_tasks) {
        struct task *next = all_tasks->next;
        drop_task(all_tasks);
        free(all_tasks);
        all_tasks = next;
    }
    n_heap = 0;
    now = at;
    next_order = steps = 0;
    entered = NULL;
}

int64_t sim_now(void)
{
    return now;
}

uint64_t sim_steps(void)
{
    return steps;
}

struct task *task_current(void)
{
    return current;
}

struct machine *machine_current(void)
{
    return current ? current->machine : entered;
}

void machine_enter(struct machine *m)
{
    CHECK(!current && !entered);
    entered = m;
}

void machine_leave(void)
{
    entered = NULL;
}

static void schedule(struct task *task, int64_t at)
{
    heap_push((struct event){.at = at, .task = task, .turn = task->turn});
}

static void run_task(void *arg)
{
    struct task *task = arg;
    task->run(task->arg);
}

struct task *task_start(struct machine *m, const char *name, void (*run)(void *arg), void *arg)
{
    world_memory_begin(); /* it may be started by a task of a machine that is lost later */
    struct task *task = calloc(1, sizeof(*task));
    CHECK(task);
    task->fiber = fiber_new(run_task, task);
    world_memory_end();
    task->machine = m;
    task->name = name;
    task->run = run;
    task->arg = arg;
    task->next = all_tasks;
    all_tasks = task;
    task->next_of_machine = m ? m->tasks : NULL;
    if (m) {
        m->tasks = task;
    }
    task->is_waiting = true;
    schedule(task, now);
    return task;
}

static void wait_for_turn(void)
{
    struct task *task = current;
    task->is_waiting = true;
    fiber_yield();
    task->is_waiting = false;
    task->turn++;
}

void task_sleep(int64_t us)
{
    CHECK(current && us >= 0);
    int64_t at = now + us;
    bool is_next = (n_heap == 0 || heap[0].at > at) && at <= run_until && !must_stop;
    bool is_paused = current->machine && current->machine->paused_until > now;
    if (is_next && !is_paused) { /* nothing else happens meanwhile: no need to switch */
        now = at;
        steps++;
        return;
    }
    schedule(current, at);
    wait_for_turn();
}

bool task_wait(int64_t timeout_us)
{
    CHECK(current);
    current->was_woken = false;
    schedule(current, now + timeout_us);
    wait_for_turn();
    return current->was_woken;
}

void task_wake(struct task *task)
{
    if (task->fiber && task->is_waiting) {
        task->was_woken = true;
        schedule(task, now); /* the later event is of an earlier turn then */
    }
}

void machine_lose(struct machine *m)
{
    CHECK(!current || current->machine != m);
    for (struct task *task = m->tasks; task; task = task->next_of_machine) {
        drop_task(task);
    }
    m->tasks = NULL;
    memory_lose(m);
}

size_t machine_tasks(const struct machine *m)
{
    size_t n = 0;
    for (const struct task *task = m->tasks; task; task = task->next_of_machine) {
        n += task->fiber != NULL;
    }
    return n;
}

/* ---- running --------------------------------------------------------------------------------- */

void sim_at(int64_t at, void (*fn)(void *arg), void *arg)
{
    heap_push((struct event){.at = at < now ? now : at, .fn = fn, .arg = arg});
}

static void run_turn(const struct event *e)
{
    struct task *task = e->task;
    if (!task->fiber || task->turn != e->turn) {
        return;
    }
    if (task->machine && task->machine->paused_until > now) {
        schedule(task, task->machine->paused_until);
        return;
    }
    current = task;
    fiber_resume(task->fiber);
    current = NULL;
    if (fiber_has_ended(task->fiber)) {
        drop_task(task);
    }
}

void sim_run(int64_t until, void (*after_each)(void))
{
    must_stop = false;
    run_until = until;
    while (!must_stop && n_heap > 0 && heap[0].at <= until) {
        struct event e = heap_pop();
        CHECK(e.at >= now);
        now = e.at;
        steps++;
        if (e.task) {
            run_turn(&e);
        } else {
            e.fn(e.arg);
        }
        after_each();
    }
    if (!must_stop && now < until) {
        now = until;
    }
}

void sim_stop(void)
{
    must_stop = true;
}
