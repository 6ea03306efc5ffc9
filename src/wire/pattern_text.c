#include "wire/pattern_text.h"

#include "base/thread_arena.h"
#include "formats/regex.h"

#include <stdatomic.h>

struct compiled {
    struct pattern pattern; /* first: a const struct pattern * is a const struct compiled * */
    const struct regex *regex;
};

static _Thread_local struct regex_scratch *scratch;
static atomic_uint_fast64_t gave_up_count;

static bool matches(const struct pattern *pattern, struct str text)
{
    bool gave_up = false;
    if (!scratch) {
        scratch = regex_scratch_new(thread_arena());
    }
    const struct compiled *compiled = (const struct compiled *)pattern;
    bool is_match = regex_matches(compiled->regex, scratch, text, &gave_up);
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
        struct pattern *pattern = &compiled->pattern;
        pattern->literals = regex_literals(compiled->regex, &pattern->n_literals);
        pattern->prefixes = regex_prefixes(compiled->regex, &pattern->n_prefixes);
        pattern->needle = regex_needle(compiled->regex);
        *ret = &compiled->pattern;
    }
    return status;
}

uint64_t pattern_gave_up(void)
{
    return atomic_load(&gave_up_count);
}
