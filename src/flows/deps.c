#include "flows/deps.h"

#include "base/monotonic.h"

int64_t deps_now(const struct deps *deps)
{
    return monotonic_us() + atomic_load(&deps->clock_offset_us);
}
