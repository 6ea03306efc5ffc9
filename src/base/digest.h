#pragma once
/* digest — BLAKE2b over several parts, each with its length, so that ("ab","c") and ("a","bc")
 * differ. For identities (group keys, configuration hashes, token hashes). Layer: base. Pure.
 *
 *     struct digest d;
 *     digest_init(&d, 16);
 *     digest_add(&d, receiver);
 *     digest_end(&d, key);
 */
#include "base/str.h"

enum { DIGEST_MAX = 64 };

struct digest {
    _Alignas(64) unsigned char state[512];
    size_t len;
};

/* len: bytes of the result, 16 … DIGEST_MAX. */
void digest_init(struct digest *, size_t len);
void digest_add(struct digest *, struct str part);
void digest_end(struct digest *, uint8_t *out);
/* BLAKE2b-256 of one text without length prefix, as 64 hex digits in the arena. */
struct str digest_hex(struct arena *, struct str text);
