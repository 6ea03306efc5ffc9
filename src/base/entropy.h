#pragma once
/* entropy — random bytes from the operating system's generator (libsodium). Not for domain/: there
 * randomness is an argument. Layer: base. Any thread. */
#include <stddef.h>
#include <stdint.h>

void entropy_fill(void *out, size_t n);
uint64_t entropy_u64(void);
