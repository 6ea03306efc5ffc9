#pragma once
/* token — a signed permission for one action on one incident, short enough for a link.
 *
 * Layout (55 bytes, integers big-endian): version 1, key id, purpose, incident (16), cycle (4),
 * delivery (8), expiry in Unix seconds (8), jti (16). Then the Ed25519 signature (64) over
 * "alertify-action-v1" and those bytes; all as base64url without padding: TOKEN_TEXT characters.
 * One value has exactly one text. The token holds no personal data, and proves only that we issued
 * it: that it is unused (jti), and that incident, cycle and purpose still fit, is for the caller.
 * Layer: formats. Owner: keys belong to the caller, who wipes them. Pure. Any thread. */
#include "base/err.h"
#include "base/uuid.h"

enum { TOKEN_TEXT = 159, TOKEN_JTI = 16, TOKEN_SECRET_MIN = 32 };

struct action_token {
    uint8_t purpose; /* the domain gives it meaning; compare it */
    struct uuid incident;
    uint32_t cycle;
    uint64_t delivery;
    int64_t expires_at; /* whole seconds count: cut down when signed */
    uint8_t jti[TOKEN_JTI];
};

struct token_key {
    uint8_t kid; /* which key signed; part of the token */
    uint8_t public_key[32];
    uint8_t secret_key[64];
};

/* The key `kid` of a master secret: equal inputs give equal keys, so replicas need share only the
 * secret. ERR_INVALID if the secret has less than TOKEN_SECRET_MIN bytes. */
enum status token_key_derive(struct str master, uint8_t kid, struct token_key *ret,
                             struct err *) MUST_CHECK;
void token_key_wipe(struct token_key *);

/* expires_at must not be negative. */
struct str token_sign(struct arena *, const struct token_key *, const struct action_token *);

/* Tries the key with the token's kid. ERR_FORBIDDEN with one and the same text whatever is wrong
 * (malformed, unknown key, bad signature), and after about the same time; ERR_FORBIDDEN with
 * err.where = "expired" for a genuine token at or after its expiry. *ret is set only on OK. At
 * least one key. */
enum status token_verify(const struct token_key *keys, size_t n_keys, struct str text,
                         int64_t now_at, struct action_token *ret, struct err *) MUST_CHECK;
