#pragma once
/* uuid — 16 bytes and their text form (RFC 9562). Layer: base. Pure. */
#include "base/str.h"

struct uuid {
    uint8_t b[16];
};

enum { UUID_TEXT = 36 };

/* Version 7: sorts by time, so that index pages fill in order. now_at in microseconds since 1970;
 * random: 10 bytes from a cryptographic source. */
struct uuid uuid_v7(int64_t now_at, const uint8_t random[10]);
bool uuid_eq(struct uuid a, struct uuid b);
/* Writes 36 characters and a NUL. Returns out. */
char *uuid_format(struct uuid, char out[UUID_TEXT + 1]);
/* Accepts 8-4-4-4-12 hex digits in either case, nothing else. */
bool uuid_parse(struct str, struct uuid *ret);
