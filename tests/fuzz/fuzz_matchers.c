/* Any text as matchers: what is accepted has a canonical form that means the same. */
#include "wire/matcher_syntax.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct str text = {(const char *)data, size};
    arena_init(&arena);
    for (int i = 0; i < matcher_dialect_COUNT && size < 4096; i++) {
        struct matchers matchers, back;
        struct err err = ERR_INIT;
        if (matchers_parse(&arena, (enum matcher_dialect)i, text, &matchers, &err) != OK) {
            CHECK(err.detail[0]);
            continue;
        }
        struct str canonical = matchers_format(&arena, matchers);
        (void)matchers_match(matchers, (struct labels){0});
        if (matchers_parse(&arena, MATCHER_UTF8, canonical, &back, NULL) == OK) {
            CHECK(str_eq(matchers_format(&arena, back), canonical));
        }
    }
    arena_release(&arena);
    return 0;
}
