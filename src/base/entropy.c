#include "base/entropy.h"

#include <sodium.h>

void entropy_fill(void *out, size_t n)
{
    randombytes_buf(out, n);
}

uint64_t entropy_u64(void)
{
    uint64_t value;
    randombytes_buf(&value, sizeof(value));
    return value;
}
