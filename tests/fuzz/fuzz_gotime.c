/* Layouts of times and texts that are parsed by them. Input: the layout up to a NUL, then the text;
 * the first eight bytes are also a time. */
#include "formats/template/gotime_format.h"

#include <string.h>

enum { OUTPUT_MAX = 64 * 1024 };
#define RFC3339_NANO STR("2006-01-02T15:04:05.999999999Z07:00")

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The time in the form of JSON is read back as the same time. */
static void check_round_trip(struct arena *arena, const struct gotime *t)
{
    struct strbuf out, why;
    struct gotime back;
    int year = gotime_civil(t).date.year;
    strbuf_init(&out, arena, 128);
    strbuf_init(&why, arena, 1024);
    gotime_format(&out, t, RFC3339_NANO);
    if (year < 0 || year > 9999 || gotime_offset(t, NULL) % 60 != 0 ||
        gotime_offset(t, NULL) / 3600 > 23 || gotime_offset(t, NULL) / 3600 < -23) {
        return;
    }
    CHECK(gotime_parse(arena, RFC3339_NANO, strbuf_str(&out), &back, &why));
    CHECK(gotime_cmp(&back, t) == 0);
    CHECK(gotime_read(arena, strbuf_str(&out), &gotime_utc, &back));
    CHECK(gotime_cmp(&back, t) == 0);
}

static void try_time(struct arena *arena, const struct gotime *t, struct str layout)
{
    struct strbuf out;
    strbuf_init(&out, arena, OUTPUT_MAX);
    gotime_format(&out, t, layout);
    gotime_add_text(&out, t);
    gotime_add_source(&out, t);
    check_round_trip(arena, t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str all = {size ? (const char *)data : "", size}, text = all;
    struct str layout = str_cut(&text, '\0');
    struct arena arena;
    struct strbuf why;
    struct gotime t;
    arena_init(&arena);
    strbuf_init(&why, &arena, OUTPUT_MAX);
    text = text.p ? text : STR_EMPTY;
    if (gotime_parse(&arena, layout, text, &t, &why)) {
        try_time(&arena, &t, layout);
    } else {
        CHECK(why.n > 0);
    }
    if (gotime_read(&arena, text, &gotime_utc, &t)) {
        try_time(&arena, &t, layout);
    }
    if (size >= 8) {
        int64_t i;
        memcpy(&i, data, sizeof(i));
        const struct gotime_zone zone = {
            .kind = GOTIME_FIXED, .name = STR_EMPTY, .offset = (int32_t)(i % 86400)};
        struct gotime any = gotime_make(i >> 24, i % 40, i % 70, i % 100000,
                                        (int32_t)((uint64_t)i % 1000000000), &zone);
        try_time(&arena, &any, layout);
        any = gotime_add(any, i);
        try_time(&arena, &any, layout);
        CHECK(gotime_cmp(&any, &any) == 0 && gotime_sub(&any, &any) == 0);
        any = gotime_round(gotime_truncate(any, i), i);
        strbuf_init(&why, &arena, 128);
        goduration_add_text(&why, i);
    }
    arena_release(&arena);
    return 0;
}
