#include "formats/token.h"

#include "base/time_units.h"
#include "formats/base64.h"

#include <sodium.h>
#include <string.h>

enum {
    VERSION = 1,
    /* offsets */
    AT_VERSION = 0,
    AT_KID = 1,
    AT_PURPOSE = 2,
    AT_INCIDENT = 3,
    AT_CYCLE = 19,
    AT_DELIVERY = 23,
    AT_EXPIRY = 31,
    AT_JTI = 39,
    PAYLOAD = 55,
    SIGNED = PAYLOAD + crypto_sign_BYTES,
};

/* Separates these signatures from everything else a key might sign. */
static const char domain[] = "alertify-action-v1";
enum { DOMAIN = sizeof(domain) - 1 };

static void put_be(uint8_t *p, uint64_t value, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--) {
        p[i] = (uint8_t)value;
        value >>= 8;
    }
}

static uint64_t get_be(const uint8_t *p, int bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++) {
        value = value << 8 | p[i];
    }
    return value;
}

enum status token_key_derive(struct str master, uint8_t kid, struct token_key *ret, struct err *err)
{
    CHECK(sodium_init() >= 0);
    if (master.n < TOKEN_SECRET_MIN) {
        return err_set(err, ERR_INVALID, "the master secret has %zu bytes, it needs at least %d",
                       master.n, TOKEN_SECRET_MIN);
    }
    uint8_t root[crypto_kdf_KEYBYTES], seed[crypto_sign_SEEDBYTES];
    crypto_generichash(root, sizeof(root), (const unsigned char *)master.p, master.n, NULL, 0);
    crypto_kdf_derive_from_key(seed, sizeof(seed), kid, "alfyact1", root);
    crypto_sign_seed_keypair(ret->public_key, ret->secret_key, seed);
    ret->kid = kid;
    sodium_memzero(root, sizeof(root));
    sodium_memzero(seed, sizeof(seed));
    return OK;
}

void token_key_wipe(struct token_key *key)
{
    sodium_memzero(key, sizeof(*key));
}

struct str token_sign(struct arena *arena, const struct token_key *key,
                      const struct action_token *token)
{
    CHECK(token->expires_at >= 0);
    uint8_t message[DOMAIN + SIGNED];
    uint8_t *p = message + DOMAIN;
    memcpy(message, domain, DOMAIN);
    p[AT_VERSION] = VERSION;
    p[AT_KID] = key->kid;
    p[AT_PURPOSE] = token->purpose;
    memcpy(p + AT_INCIDENT, token->incident.b, sizeof(token->incident.b));
    put_be(p + AT_CYCLE, token->cycle, 4);
    put_be(p + AT_DELIVERY, token->delivery, 8);
    put_be(p + AT_EXPIRY, (uint64_t)(token->expires_at / US_PER_S), 8);
    memcpy(p + AT_JTI, token->jti, TOKEN_JTI);
    crypto_sign_detached(p + PAYLOAD, NULL, message, DOMAIN + PAYLOAD, key->secret_key);
    char *text = arena_alloc(arena, TOKEN_TEXT + 1);
    sodium_bin2base64(text, TOKEN_TEXT + 1, p, SIGNED, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return (struct str){text, TOKEN_TEXT};
}

/* All-zero bytes when the text is malformed: they are checked like others, for equal time. */
static bool decode(struct str text, uint8_t out[SIGNED])
{
    bool is_shaped = text.n == TOKEN_TEXT && base64url_decode_exact(text, out, SIGNED) &&
                     out[AT_VERSION] == VERSION;
    if (!is_shaped) {
        memset(out, 0, SIGNED);
    }
    return is_shaped;
}

static enum status refuse(struct err *err, const char *where)
{
    return err_at(err, ERR_FORBIDDEN, where, "the link is not valid (any more)");
}

enum status token_verify(const struct token_key *keys, size_t n_keys, struct str text,
                         int64_t now_at, struct action_token *ret, struct err *err)
{
    CHECK(n_keys > 0);
    uint8_t message[DOMAIN + SIGNED];
    uint8_t *p = message + DOMAIN;
    memcpy(message, domain, DOMAIN);
    bool is_good = decode(text, p);
    const struct token_key *key = NULL;
    for (size_t i = 0; i < n_keys; i++) {
        key = !key && keys[i].kid == p[AT_KID] ? &keys[i] : key;
    }
    is_good &= key != NULL;
    key = key ? key : &keys[0];
    is_good &=
        crypto_sign_verify_detached(p + PAYLOAD, message, DOMAIN + PAYLOAD, key->public_key) == 0;
    if (!is_good) {
        return refuse(err, "");
    }
    uint64_t expires_s = get_be(p + AT_EXPIRY, 8);
    if (expires_s > INT64_MAX / US_PER_S) {
        return refuse(err, ""); /* we never sign such */
    }
    int64_t expires_at = (int64_t)expires_s * US_PER_S;
    if (now_at >= expires_at) {
        return refuse(err, "expired");
    }
    struct action_token token = {
        .purpose = p[AT_PURPOSE],
        .cycle = (uint32_t)get_be(p + AT_CYCLE, 4),
        .delivery = get_be(p + AT_DELIVERY, 8),
        .expires_at = expires_at,
    };
    memcpy(token.incident.b, p + AT_INCIDENT, sizeof(token.incident.b));
    memcpy(token.jti, p + AT_JTI, TOKEN_JTI);
    *ret = token;
    return OK;
}
