#pragma once
/* anchor — a signed statement where all timelines stood, as one line of text that is kept
 * elsewhere.
 *
 *     alertify-anchor-v1 17 2026-11-26T07:20:00.000000Z 42 <root> <public key> <signature>
 *
 * number, time, how many timelines grew since the anchor before, then 64, 64 and 128 hex digits.
 * The root covers the anchors before it, so the newest line is the only one that matters. The
 * signing key (Ed25519) is derived from the installation's secret, apart from the keys of links:
 * whoever has the database alone cannot sign. Layer: formats. Owner: keys belong to the caller, who
 * wipes them. Pure. Any thread. */
#include "base/err.h"

enum { ANCHOR_ROOT = 32, ANCHOR_PUBLIC_KEY = 32, ANCHOR_SIGNATURE = 64, ANCHOR_LINE_MAX = 400 };

struct anchor {
    int64_t number, at;
    int64_t heads;
    uint8_t root[ANCHOR_ROOT];
    uint8_t public_key[ANCHOR_PUBLIC_KEY];
    uint8_t signature[ANCHOR_SIGNATURE];
};

struct anchor_key {
    uint8_t public_key[ANCHOR_PUBLIC_KEY];
    uint8_t secret_key[64];
};

/* Equal secrets give equal keys. ERR_INVALID if it has less than 32 bytes. */
MUST_CHECK enum status anchor_key_derive(struct str master, struct anchor_key *ret, struct err *);
void anchor_key_wipe(struct anchor_key *);

/* Fills public_key and signature. */
void anchor_sign(struct anchor *, const struct anchor_key *);
/* Does the signature fit the anchor's own public key? */
bool anchor_is_signed(const struct anchor *);
/* Is it that key's? Constant time. */
bool anchor_is_by(const struct anchor *, const struct anchor_key *);

struct str anchor_format(struct arena *, const struct anchor *);
/* ERR_SYNTAX. The signature is not checked. */
MUST_CHECK enum status anchor_parse(struct str line, struct anchor *ret, struct err *);
