#include "sim/sometimes.h"

static uint64_t own_counts[sometimes_COUNT];
uint64_t *sometimes_counts = own_counts;

const char *sometimes_name(enum sometimes id)
{
    static const char *const names[] = {
#define X(name) #name,
        SOMETIMES_TABLE(X)
#undef X
    };
    return names[id];
}
