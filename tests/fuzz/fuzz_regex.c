/* First line: the pattern; the rest: the subject. A translation that our parser accepted must be
 * accepted by PCRE2 too, except for size and unknown Unicode names; a set equals the engine; what
 * matches has the prefix and the needle. */
#include "formats/regex.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_set(struct arena *arena, struct regex_scratch *scratch, struct str pattern,
                      struct str subject, bool want)
{
    struct err err = ERR_INIT;
    const struct regex *engine;
    size_t n;
    struct str framed = str_printf(arena, "(?:%.*s)x{0}", STR_ARG(pattern));
    if (framed.n == pattern.n + 8 && !memchr(pattern.p, 0, pattern.n) &&
        regex_compile(arena, framed, &engine, &err) == OK) {
        CHECK(!regex_literals(engine, &n));
        bool gave_up = false;
        bool got = regex_matches(engine, scratch, subject, &gave_up);
        CHECK(got == want || gave_up || !str_is_utf8(subject));
    }
}

static void check_filters(const struct regex *re, struct str subject)
{
    size_t n;
    const struct str *prefixes = regex_prefixes(re, &n);
    bool is_begun = !prefixes;
    for (size_t i = 0; i < n; i++) {
        is_begun |= str_starts_with(subject, prefixes[i]);
    }
    CHECK(is_begun && str_contains(subject, regex_needle(re)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    arena_init(&arena);
    struct str subject = {size ? (const char *)data : "", size};
    struct str pattern = str_cut(&subject, '\n');
    if (!subject.p) {
        subject = STR_EMPTY;
    }
    struct err err = ERR_INIT;
    const struct regex *re;
    if (pattern.n < 400 && regex_compile(&arena, pattern, &re, &err) == OK) {
        struct regex_scratch *scratch = regex_scratch_new(&arena);
        bool gave_up = false;
        bool is_match = regex_matches(re, scratch, subject, &gave_up);
        size_t n;
        if (is_match) {
            check_filters(re, subject);
        }
        if (regex_literals(re, &n)) {
            check_set(&arena, scratch, pattern, subject, is_match);
        }
    }
    arena_release(&arena);
    return 0;
}
