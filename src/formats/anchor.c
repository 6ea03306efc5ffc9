#include "formats/anchor.h"

#include "formats/hex.h"
#include "formats/rfc3339.h"

#include <sodium.h>
#include <string.h>

enum { SECRET_MIN = 32, SIGNED = 3 * 8 + ANCHOR_ROOT };

/* The first word of a line, and what separates these signatures from all others. */
static const char version[] = "alertify-anchor-v1";
enum { VERSION = sizeof(version) - 1 };

enum status anchor_key_derive(struct str master, struct anchor_key *ret, struct err *err)
{
    CHECK(sodium_init() >= 0);
    if (master.n < SECRET_MIN) {
        return err_set(err, ERR_INVALID, "the secret has %zu bytes, it needs at least %d", master.n,
                       SECRET_MIN);
    }
    uint8_t root[crypto_kdf_KEYBYTES], seed[crypto_sign_SEEDBYTES];
    crypto_generichash(root, sizeof(root), (const unsigned char *)master.p, master.n, NULL, 0);
    crypto_kdf_derive_from_key(seed, sizeof(seed), 1, "alfyaud1", root);
    crypto_sign_seed_keypair(ret->public_key, ret->secret_key, seed);
    sodium_memzero(root, sizeof(root));
    sodium_memzero(seed, sizeof(seed));
    return OK;
}

void anchor_key_wipe(struct anchor_key *key)
{
    sodium_memzero(key, sizeof(*key));
}

static void put_be(uint8_t *p, int64_t value)
{
    for (int i = 7; i >= 0; i--) {
        p[i] = (uint8_t)((uint64_t)value & 0xff);
        value = (int64_t)((uint64_t)value >> 8);
    }
}

static void message_of(const struct anchor *a, uint8_t out[VERSION + SIGNED])
{
    uint8_t *p = out + VERSION;
    memcpy(out, version, VERSION);
    put_be(p, a->number);
    put_be(p + 8, a->at);
    put_be(p + 16, a->heads);
    memcpy(p + 24, a->root, ANCHOR_ROOT);
}

void anchor_sign(struct anchor *a, const struct anchor_key *key)
{
    uint8_t message[VERSION + SIGNED];
    message_of(a, message);
    memcpy(a->public_key, key->public_key, ANCHOR_PUBLIC_KEY);
    crypto_sign_detached(a->signature, NULL, message, sizeof(message), key->secret_key);
}

bool anchor_is_signed(const struct anchor *a)
{
    uint8_t message[VERSION + SIGNED];
    message_of(a, message);
    return crypto_sign_verify_detached(a->signature, message, sizeof(message), a->public_key) == 0;
}

bool anchor_is_by(const struct anchor *a, const struct anchor_key *key)
{
    return sodium_memcmp(a->public_key, key->public_key, ANCHOR_PUBLIC_KEY) == 0;
}

static struct str hex(struct arena *arena, const uint8_t *p, size_t n)
{
    return hex_encode(arena, (struct str){(const char *)p, n});
}

struct str anchor_format(struct arena *arena, const struct anchor *a)
{
    char at[RFC3339_TEXT_MAX];
    struct str root = hex(arena, a->root, sizeof(a->root));
    struct str key = hex(arena, a->public_key, sizeof(a->public_key));
    struct str signature = hex(arena, a->signature, sizeof(a->signature));
    return str_printf(arena, "%s %lld %s %lld %.*s %.*s %.*s", version, (long long)a->number,
                      rfc3339_format(a->at, RFC3339_US, at), (long long)a->heads, STR_ARG(root),
                      STR_ARG(key), STR_ARG(signature));
}

enum status anchor_parse(struct str line, struct anchor *ret, struct err *err)
{
    struct anchor a;
    uint64_t number, heads;
    struct str rest = str_trim(line);
    struct str word = str_cut(&rest, ' ');
    if (!str_eq(word, str_from(version))) {
        return err_set(err, ERR_SYNTAX, "an anchor begins with \"%s\"", version);
    }
    struct str number_text = str_cut(&rest, ' '), at = str_cut(&rest, ' ');
    struct str heads_text = str_cut(&rest, ' '), root = str_cut(&rest, ' ');
    struct str key = str_cut(&rest, ' '), signature = str_cut(&rest, ' ');
    struct err ignored = ERR_INIT;
    if (rest.p || !str_to_u64(number_text, &number) || number == 0 ||
        rfc3339_parse(at, &a.at, &ignored) != OK || !str_to_u64(heads_text, &heads) ||
        !hex_decode(root, a.root, sizeof(a.root)) ||
        !hex_decode(key, a.public_key, sizeof(a.public_key)) ||
        !hex_decode(signature, a.signature, sizeof(a.signature))) {
        return err_set(
            err, ERR_SYNTAX,
            "the anchor is damaged: it has a number, a time, a count, and 64, 64 and 128 "
            "hex digits");
    }
    a.number = (int64_t)number;
    a.heads = (int64_t)heads;
    *ret = a;
    return OK;
}
