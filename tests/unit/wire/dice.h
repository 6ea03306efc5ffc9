#pragma once
/* dice — repeatable random numbers for property tests (xorshift64*). */
#include <stddef.h>
#include <stdint.h>

struct dice {
    uint64_t state; /* not 0 */
};

/* 0 … below - 1 */
static inline size_t dice_roll(struct dice *dice, size_t below)
{
    dice->state ^= dice->state >> 12;
    dice->state ^= dice->state << 25;
    dice->state ^= dice->state >> 27;
    return (size_t)((dice->state * 2685821657736338717ULL) >> 33) % below;
}
