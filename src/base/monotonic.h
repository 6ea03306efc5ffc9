#pragma once
/* monotonic — time for local deadlines only. Due times and leases use alertify.clock() in the
 * database. CLOCK_MONOTONIC in microseconds. Not for domain/ (a test checks it). Layer: base. */
#include <stdint.h>

int64_t monotonic_us(void);
