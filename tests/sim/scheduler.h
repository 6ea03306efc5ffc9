#pragma once
/* scheduler — virtual time on one thread. What happens next is the earliest of what was asked for;
 * every wait of a task is a switching point.
 *
 * A task belongs to a machine (a replica, or none). A machine can stand still for a while (paused)
 * or lose everything (its tasks are dropped where they wait). */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct machine {
    int64_t paused_until; /* its tasks do not run before */
    struct block *blocks; /* memory of its tasks, lost with them; sim/memory.h */
    struct task *tasks;
};

struct task;

/* Forgets all tasks and events, time starts at `at`. */
void scheduler_reset(int64_t at);
int64_t sim_now(void);
uint64_t sim_steps(void);

struct task *task_start(struct machine *, const char *name, void (*run)(void *arg), void *arg);
/* The running one; NULL outside of tasks. */
struct task *task_current(void);
struct machine *machine_current(void);
/* For code that runs on a machine, but in no task of it (event handlers). */
void machine_enter(struct machine *);
void machine_leave(void);

/* The running task waits. */
void task_sleep(int64_t us);
/* Until task_wake, or so long; true: it was woken. */
bool task_wait(int64_t timeout_us);
void task_wake(struct task *);
/* Drops all tasks of a machine. Not from within one of them. */
void machine_lose(struct machine *);
size_t machine_tasks(const struct machine *);

/* Calls fn(arg) then. */
void sim_at(int64_t at, void (*fn)(void *arg), void *arg);
/* Runs until that time, or until `sim_stop`. `after_each` is called after every event. */
void sim_run(int64_t until, void (*after_each)(void));
void sim_stop(void);
