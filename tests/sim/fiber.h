#pragma once
/* fiber — a flow as a coroutine: it runs on a stack of its own until it waits, and may be dropped
 * there for ever, as a thread of a machine that loses power.
 *
 * Only the scheduler resumes, only the running fiber yields. Switching is a handful of
 * instructions on x86-64 (ucontext would make two system calls), ucontext elsewhere. */
#include <stdbool.h>

struct fiber;

struct fiber *fiber_new(void (*run)(void *arg), void *arg);
/* Runs it until it yields or returns. */
void fiber_resume(struct fiber *);
/* From inside: back to whoever resumed it. */
void fiber_yield(void);
bool fiber_has_ended(const struct fiber *);
/* Gives its stack back, wherever it stands. Not the running one. */
void fiber_free(struct fiber *);
