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

/* SHA-256 over parts as they are, for digests that PostgreSQL made (it has no BLAKE2b). */
struct digest_sha256 {
    _Alignas(8) unsigned char state[128];
};
enum { DIGEST_SHA256 = 32 };

void digest_sha256_init(struct digest_sha256 *);
void digest_sha256_add(struct digest_sha256 *, struct str part);
void digest_sha256_end(struct digest_sha256 *, uint8_t out[DIGEST_SHA256]);

/* BLAKE2b-256 of one text without length prefix, as 64 hex digits in the arena. */
struct str digest_hex(struct arena *, struct str text);
