#include "sim/dice.h"

static uint64_t state[4];

static uint64_t rotate(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

void dice_seed(uint64_t seed)
{
    for (int i = 0; i < 4; i++) { /* splitmix64: neighbouring seeds differ in every bit */
        seed += UINT64_C(0x9e3779b97f4a7c15);
        uint64_t z = seed;
        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        state[i] = z ^ (z >> 31);
    }
}

uint64_t dice_u64(void)
{
    uint64_t result = rotate(state[1] * 5, 7) * 9, t = state[1] << 17;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= t;
    state[3] = rotate(state[3], 45);
    return result;
}

uint64_t dice_below(uint64_t n)
{
    return (uint64_t)(((__uint128_t)dice_u64() * n) >> 64);
}

int64_t dice_between(int64_t from, int64_t to)
{
    return from + (int64_t)dice_below((uint64_t)(to - from) + 1);
}

bool dice_chance(unsigned per_million)
{
    return dice_below(1000000) < per_million;
}
