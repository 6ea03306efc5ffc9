#include "base/digest.h"

#include <sodium.h>
#include <string.h>

_Static_assert(sizeof(crypto_generichash_state) <= sizeof(((struct digest *)0)->state),
               "digest.state is too small");
_Static_assert(sizeof(crypto_hash_sha256_state) <= sizeof(((struct digest_sha256 *)0)->state),
               "digest_sha256.state is too small");

void digest_init(struct digest *d, size_t len)
{
    CHECK(len >= 16 && len <= DIGEST_MAX);
    d->len = len;
    crypto_generichash_init((crypto_generichash_state *)d->state, NULL, 0, len);
}

void digest_add(struct digest *d, struct str part)
{
    uint64_t n = part.n;
    unsigned char prefix[8];
    for (int i = 0; i < 8; i++) {
        prefix[i] = (unsigned char)(n >> (8 * i));
    }
    crypto_generichash_update((crypto_generichash_state *)d->state, prefix, sizeof(prefix));
    if (part.n) {
        crypto_generichash_update((crypto_generichash_state *)d->state,
                                  (const unsigned char *)part.p, part.n);
    }
}

void digest_end(struct digest *d, uint8_t *out)
{
    crypto_generichash_final((crypto_generichash_state *)d->state, out, d->len);
}

void digest_sha256_init(struct digest_sha256 *d)
{
    crypto_hash_sha256_init((crypto_hash_sha256_state *)d->state);
}

void digest_sha256_add(struct digest_sha256 *d, struct str part)
{
    if (part.n) {
        crypto_hash_sha256_update((crypto_hash_sha256_state *)d->state,
                                  (const unsigned char *)part.p, part.n);
    }
}

void digest_sha256_end(struct digest_sha256 *d, uint8_t out[DIGEST_SHA256])
{
    crypto_hash_sha256_final((crypto_hash_sha256_state *)d->state, out);
}

struct str digest_hex(struct arena *arena, struct str text)
{
    uint8_t hash[32];
    char *hex = arena_alloc(arena, 2 * sizeof(hash) + 1);
    crypto_generichash(hash, sizeof(hash), (const unsigned char *)text.p, text.n, NULL, 0);
    sodium_bin2hex(hex, 2 * sizeof(hash) + 1, hash, sizeof(hash));
    return (struct str){hex, 2 * sizeof(hash)};
}
