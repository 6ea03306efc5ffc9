#pragma once
/* dice — all chance in a simulation comes from one seeded generator (xoshiro256**). */
#include <stdbool.h>
#include <stdint.h>

void dice_seed(uint64_t seed);
uint64_t dice_u64(void);
/* 0 … n-1; n > 0. */
uint64_t dice_below(uint64_t n);
/* Both ends included. */
int64_t dice_between(int64_t from, int64_t to);
/* True `per_million` times in a million. */
bool dice_chance(unsigned per_million);
