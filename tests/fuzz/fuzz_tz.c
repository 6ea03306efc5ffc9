/* Any bytes as a time zone: it ends, and what is accepted answers for any instant: the wall clock
 * leads back to the instant or, in an overlap, to its twin. */
#include "base/time_units.h"
#include "formats/tz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int64_t instants[] = {0,
                                       1,
                                       -1,
                                       INT64_C(1700000000) * US_PER_S,
                                       INT64_C(4102444800) * US_PER_S,
                                       INT64_C(-9000000000) * US_PER_S};
    struct str bytes = {size ? (const char *)data : "", size};
    const struct tz *zone;
    struct arena arena;
    arena_init(&arena);
    if (tz_parse(&arena, bytes, &zone, NULL) == OK) {
        for (size_t i = 0; i < sizeof(instants) / sizeof(instants[0]); i++) {
            struct calendar_time wall = tz_local(zone, instants[i]);
            int64_t first = tz_at(zone, &wall, TZ_FIRST), second = tz_at(zone, &wall, TZ_SECOND);
            CHECK(first <= instants[i] && instants[i] <= second);
            int64_t next = tz_next_change(zone, instants[i]);
            CHECK(next == AT_NONE || next > instants[i]);
        }
    }
    arena_release(&arena);
    return 0;
}
