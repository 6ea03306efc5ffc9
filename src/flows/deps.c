#include "flows/deps.h"

#include "base/monotonic.h"

int64_t deps_now(const struct deps *deps)
{
    return monotonic_us() + atomic_load(&deps->clock_offset_us);
}

int64_t deps_server_now(const struct deps *deps)
{
    return monotonic_us() + atomic_load(&deps->server_offset_us);
}

int64_t deps_clock_ahead(const struct deps *deps)
{
    return atomic_load(&deps->clock_offset_us) - atomic_load(&deps->server_offset_us);
}

bool deps_may_work(const struct deps *deps)
{
    return !atomic_load(&deps->is_draining) && !atomic_load(&deps->is_superseded);
}
