/* token_plain — action tokens without the price of Ed25519: the same fields, a keyed checksum for a
 * signature. That signatures hold is the business of tests/unit/formats/test_token.c; here it
 * matters who acts on which incident with which link. Replaces src/formats/token.c. */
#include "base/digest.h"
#include "formats/token.h"

#include <stdlib.h>
#include <string.h>

static uint64_t sum_of(const struct action_token *t, uint8_t kid)
{
    struct str bytes = {(const char *)t, sizeof(*t)};
    return str_hash(bytes) * 31 + kid;
}

static struct action_token clean(const struct action_token *t)
{
    struct action_token copy;
    memset(&copy, 0, sizeof(copy)); /* the padding counts, too */
    copy.purpose = t->purpose;
    copy.incident = t->incident;
    copy.cycle = t->cycle;
    copy.delivery = t->delivery;
    copy.expires_at = t->expires_at;
    memcpy(copy.jti, t->jti, sizeof(copy.jti));
    return copy;
}

enum status token_key_derive(struct str master, uint8_t kid, struct token_key *ret, struct err *err)
{
    (void)err;
    *ret = (struct token_key){.kid = kid};
    memcpy(ret->public_key, master.p, master.n < 32 ? master.n : 32);
    return OK;
}

void token_key_wipe(struct token_key *key)
{
    *key = (struct token_key){0};
}

struct str token_sign(struct arena *arena, const struct token_key *key,
                      const struct action_token *t)
{
    static const char digits[] = "0123456789abcdef";
    struct action_token copy = clean(t);
    uint64_t sum = sum_of(&copy, key->kid);
    size_t n = sizeof(copy) + sizeof(sum);
    unsigned char raw[sizeof(copy) + sizeof(sum)];
    char *text = arena_alloc(arena, 2 * n);
    memcpy(raw, &copy, sizeof(copy));
    memcpy(raw + sizeof(copy), &sum, sizeof(sum));
    for (size_t i = 0; i < n; i++) {
        text[2 * i] = digits[raw[i] >> 4];
        text[2 * i + 1] = digits[raw[i] & 15];
    }
    return (struct str){text, 2 * n};
}

static int nibble(char c)
{
    return c >= 'a' ? c - 'a' + 10 : c - '0';
}

enum status token_verify(const struct token_key *keys, size_t n_keys, struct str text,
                         int64_t now_at, struct action_token *ret, struct err *err)
{
    struct action_token t;
    uint64_t sum;
    unsigned char raw[sizeof(t) + sizeof(sum)];
    if (text.n != 2 * sizeof(raw)) {
        return err_set(err, ERR_FORBIDDEN, "not a valid link");
    }
    for (size_t i = 0; i < sizeof(raw); i++) {
        raw[i] = (unsigned char)(nibble(text.p[2 * i]) << 4 | nibble(text.p[2 * i + 1]));
    }
    memcpy(&t, raw, sizeof(t));
    memcpy(&sum, raw + sizeof(t), sizeof(sum));
    for (size_t i = 0; i < n_keys; i++) {
        if (sum == sum_of(&t, keys[i].kid)) {
            if (now_at >= t.expires_at) {
                return err_at(err, ERR_FORBIDDEN, "expired", "not a valid link");
            }
            *ret = t;
            return OK;
        }
    }
    return err_set(err, ERR_FORBIDDEN, "not a valid link");
}
