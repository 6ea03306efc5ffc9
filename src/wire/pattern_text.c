#include "wire/pattern_text.h"

#include "formats/regex.h"

#include <pthread.h>
#include <stdatomic.h>

struct compiled {
    struct pattern pattern; /* first: a const struct pattern * is a const struct compiled * */
    const struct regex *regex;
};

struct thread_memory {
    struct arena arena;
    struct regex_scratch *scratch;
};

static pthread_key_t memory_key;
static pthread_once_t memory_once = PTHREAD_ONCE_INIT;
static atomic_uint_fast64_t gave_up_count;

static void release_memory(void *ptr)
{
    struct thread_memory *memory = ptr;
    struct arena arena = memory->arena; /* it holds the struct itself */
    arena_release(&arena);
}

static void make_key(void)
{
    CHECK(pthread_key_create(&memory_key, release_memory) == 0);
}

static struct regex_scratch *thread_scratch(void)
{
    CHECK(pthread_once(&memory_once, make_key) == 0);
    struct thread_memory *memory = pthread_getspecific(memory_key);
    if (!memory) {
        struct arena arena;
        arena_init(&arena);
        struct regex_scratch *scratch = regex_scratch_new(&arena);
        memory = ARENA_NEW(&arena, struct thread_memory);
        *memory = (struct thread_memory){arena, scratch};
        CHECK(pthread_setspecific(memory_key, memory) == 0);
    }
    return memory->scratch;
}

static bool matches(const struct pattern *pattern, struct str text)
{
    bool gave_up = false;
    bool is_match =
        regex_matches(((const struct compiled *)pattern)->regex, thread_scratch(), text, &gave_up);
    if (gave_up) {
        atomic_fetch_add(&gave_up_count, 1);
    }
    return is_match;
}

enum status pattern_compile(struct arena *arena, struct str text, const struct pattern **ret,
                            struct err *err)
{
    struct compiled *compiled = ARENA_NEW(arena, struct compiled);
    compiled->pattern.matches = matches;
    enum status status = regex_compile(arena, text, &compiled->regex, err);
    if (status == OK) {
        *ret = &compiled->pattern;
    }
    return status;
}

uint64_t pattern_gave_up(void)
{
    return atomic_load(&gave_up_count);
}
