#include "sim/fiber.h"

#include "base/check.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
enum { STACK_BYTES = 1024 * 1024, GUARD_BYTES = 4096 };
#else
enum { STACK_BYTES = 256 * 1024, GUARD_BYTES = 4096 };
#endif

#if !defined(__x86_64__)
#include <ucontext.h>
#endif

struct fiber {
#if defined(__x86_64__)
    void *sp;
#else
    ucontext_t context;
#endif
    struct fiber *next_free;
    char *stack;
    void (*run)(void *arg);
    void *arg;
    void *fake_stack; /* ASan's */
    bool has_ended;
};

static struct fiber *running, *free_fibers;
static struct fiber home; /* the scheduler: the process' own stack */

/* ---- the switch ------------------------------------------------------------------------------ */

#if defined(__x86_64__)
/* Saves what a call must preserve on the stack that is left, takes it from the other one. */
void sim_fiber_switch(void **save_sp, void *load_sp);
__asm__(".text\n"
        ".globl sim_fiber_switch\n"
        ".type sim_fiber_switch, @function\n"
        "sim_fiber_switch:\n"
        "    endbr64\n"
        "    pushq %rbp\n"
        "    pushq %rbx\n"
        "    pushq %r12\n"
        "    pushq %r13\n"
        "    pushq %r14\n"
        "    pushq %r15\n"
        "    movq %rsp, (%rdi)\n"
        "    movq %rsi, %rsp\n"
        "    popq %r15\n"
        "    popq %r14\n"
        "    popq %r13\n"
        "    popq %r12\n"
        "    popq %rbx\n"
        "    popq %rbp\n"
        "    retq\n"
        ".size sim_fiber_switch, .-sim_fiber_switch\n");

static void swap(struct fiber *from, struct fiber *to)
{
    sim_fiber_switch(&from->sp, to->sp);
}
#else
static void swap(struct fiber *from, struct fiber *to)
{
    CHECK(swapcontext(&from->context, &to->context) == 0);
}
#endif

static void switch_to(struct fiber *from, struct fiber *to)
{
#if defined(__SANITIZE_ADDRESS__)
    static const void *home_bottom;
    static size_t home_size;
    const void *bottom = to == &home ? home_bottom : to->stack + GUARD_BYTES;
    size_t size = to == &home ? home_size : STACK_BYTES;
    bool ends = from->has_ended;
    __sanitizer_start_switch_fiber(ends ? NULL : &from->fake_stack, bottom, size);
    swap(from, to);
    const void *old_bottom;
    size_t old_size;
    __sanitizer_finish_switch_fiber(from->fake_stack, &old_bottom, &old_size);
    if (from != &home) {
        home_bottom = old_bottom; /* only the scheduler resumes */
        home_size = old_size;
    }
#else
    swap(from, to);
#endif
}

/* ---- life ------------------------------------------------------------------------------------ */

static void begin(void)
{
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(NULL, NULL, NULL);
#endif
    running->run(running->arg);
    running->has_ended = true;
    switch_to(running, &home);
    abort();
}

static void prepare(struct fiber *f)
{
#if defined(__SANITIZE_ADDRESS__)
    __asan_unpoison_memory_region(f->stack + GUARD_BYTES,
                                  STACK_BYTES); /* frames that were dropped */
#endif
#if defined(__x86_64__)
    /* As if `begin` had been left by a switch: six registers, then where to return to. */
    uintptr_t top = (uintptr_t)(f->stack + GUARD_BYTES + STACK_BYTES) & ~(uintptr_t)15;
    void **sp = (void **)top;
    *--sp = NULL; /* keeps the stack aligned as behind a call */
    *--sp = (void *)(uintptr_t)begin;
    for (int i = 0; i < 6; i++) {
        *--sp = NULL;
    }
    f->sp = sp;
#else
    CHECK(getcontext(&f->context) == 0);
    f->context.uc_stack.ss_sp = f->stack + GUARD_BYTES;
    f->context.uc_stack.ss_size = STACK_BYTES;
    f->context.uc_link = NULL;
    makecontext(&f->context, begin, 0);
#endif
}

struct fiber *fiber_new(void (*run)(void *arg), void *arg)
{
    struct fiber *f = free_fibers;
    if (f) {
        free_fibers = f->next_free;
    } else {
        f = calloc(1, sizeof(*f));
        CHECK(f);
        f->stack = mmap(NULL, GUARD_BYTES + STACK_BYTES, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        CHECK(f->stack != MAP_FAILED);
        CHECK(mprotect(f->stack, GUARD_BYTES, PROT_NONE) == 0);
    }
    f->run = run;
    f->arg = arg;
    f->has_ended = false;
    f->fake_stack = NULL;
    prepare(f);
    return f;
}

void fiber_resume(struct fiber *f)
{
    CHECK(!running && !f->has_ended);
    running = f;
    switch_to(&home, f);
    running = NULL;
}

void fiber_yield(void)
{
    CHECK(running);
    switch_to(running, &home);
}

bool fiber_has_ended(const struct fiber *f)
{
    return f->has_ended;
}

void fiber_free(struct fiber *f)
{
    if (f) {
        CHECK(f != running);
        f->next_free = free_fibers;
        free_fibers = f;
    }
}
