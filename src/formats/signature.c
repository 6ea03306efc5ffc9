#include "formats/signature.h"

#include "formats/base64.h"
#include "formats/hex.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>

_Static_assert(HMAC_SHA256_BYTES == crypto_auth_hmacsha256_BYTES, "libsodium's size");

void hmac_sha256(struct str key, const struct str *parts, size_t n, uint8_t out[HMAC_SHA256_BYTES])
{
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, (const unsigned char *)key.p, key.n);
    for (size_t i = 0; i < n; i++) {
        crypto_auth_hmacsha256_update(&state, (const unsigned char *)parts[i].p, parts[i].n);
    }
    crypto_auth_hmacsha256_final(&state, out);
    sodium_memzero(&state, sizeof(state));
}

bool hmac_hex_matches(struct str key, const struct str *parts, size_t n, struct str hex)
{
    uint8_t given[HMAC_SHA256_BYTES], want[HMAC_SHA256_BYTES];
    if (!hex_decode(hex, given, sizeof(given))) {
        return false;
    }
    hmac_sha256(key, parts, n, want);
    return sodium_memcmp(given, want, sizeof(want)) == 0;
}

static enum status refuse(struct err *err, const char *why)
{
    enum status status = err_set(err, ERR_UNAUTHENTICATED, "%s", why);
    err_set_user(err, "the request's signature is missing or wrong");
    return status;
}

static enum status check_time(struct str timestamp, int64_t now_at, struct err *err)
{
    uint64_t seconds;
    /* 12 digits reach the year 33658: no overflow below. */
    if (timestamp.n > 12 || !str_to_u64(timestamp, &seconds)) {
        return refuse(err, "signature timestamp is missing or not Unix seconds");
    }
    int64_t off_us = (int64_t)seconds * US_PER_S - now_at;
    if (off_us > SIGNATURE_WINDOW_US || off_us < -SIGNATURE_WINDOW_US) {
        char why[80];
        snprintf(why, sizeof(why), "signature timestamp is %" PRId64 " s off our clock",
                 off_us / US_PER_S);
        return refuse(err, why);
    }
    return OK;
}

enum status signature_check_grafana(struct str key, struct str signature, struct str timestamp,
                                    struct str body, int64_t now_at, struct err *err)
{
    struct str parts[] = {timestamp, STR(":"), body};
    enum status status = check_time(timestamp, now_at, err);
    if (status != OK) {
        return status;
    }
    if (key.n == 0 || !hmac_hex_matches(key, parts, 3, signature)) {
        return refuse(err, "signature does not fit the body and the key");
    }
    return OK;
}

enum status signature_check_slack(struct str key, struct str signature, struct str timestamp,
                                  struct str body, int64_t now_at, struct err *err)
{
    struct str parts[] = {STR("v0:"), timestamp, STR(":"), body};
    enum status status = check_time(timestamp, now_at, err);
    if (status != OK) {
        return status;
    }
    if (key.n == 0 || !str_starts_with(signature, STR("v0=")) ||
        !hmac_hex_matches(key, parts, 4, str_slice(signature, 3, signature.n))) {
        return refuse(err, "signature does not fit the body and the key");
    }
    return OK;
}

/* --- Standard Webhooks -------------------------------------------------------------------- */

enum status webhook_key_parse(struct arena *arena, struct str whsec, struct str *ret_key,
                              struct err *err)
{
    struct str key;
    if (!str_starts_with(whsec, STR("whsec_")) ||
        !base64_decode(arena, str_slice(whsec, 6, whsec.n), &key)) {
        return err_set(err, ERR_INVALID, "a webhook secret is \"whsec_\" followed by base64");
    }
    if (key.n < 24 || key.n > 64) {
        return err_set(err, ERR_INVALID, "a webhook secret has 24 to 64 bytes, this one has %zu",
                       key.n);
    }
    *ret_key = key;
    return OK;
}

static void sign(struct str key, struct str id, struct str timestamp, struct str body,
                 uint8_t out[HMAC_SHA256_BYTES])
{
    struct str parts[] = {id, STR("."), timestamp, STR("."), body};
    hmac_sha256(key, parts, 5, out);
}

struct str webhook_sign(struct arena *arena, const struct str *keys, size_t n_keys, struct str id,
                        int64_t timestamp_s, struct str body)
{
    CHECK(n_keys >= 1 && n_keys <= SIGNATURE_KEYS_MAX);
    CHECK(id.n > 0 && str_find(id, '.', 0) == SIZE_MAX);
    struct str timestamp = str_printf(arena, "%" PRId64, timestamp_s);
    struct strbuf out;
    strbuf_init(&out, arena, SIGNATURE_KEYS_MAX * 64);
    for (size_t i = 0; i < n_keys; i++) {
        uint8_t mac[HMAC_SHA256_BYTES];
        sign(keys[i], id, timestamp, body, mac);
        strbuf_add(&out, i ? STR(" v1,") : STR("v1,"));
        strbuf_add(&out, base64_encode(arena, (struct str){(const char *)mac, sizeof(mac)}));
    }
    return strbuf_str(&out);
}

/* One "v1,<base64>" against one signature. */
static bool fits(struct str given, const uint8_t want[HMAC_SHA256_BYTES])
{
    char text[sodium_base64_ENCODED_LEN(HMAC_SHA256_BYTES, sodium_base64_VARIANT_ORIGINAL)];
    if (!str_starts_with(given, STR("v1,")) || given.n != 3 + sizeof(text) - 1) {
        return false;
    }
    sodium_bin2base64(text, sizeof(text), want, HMAC_SHA256_BYTES, sodium_base64_VARIANT_ORIGINAL);
    return sodium_memcmp(text, given.p + 3, sizeof(text) - 1) == 0;
}

enum status webhook_check(const struct str *keys, size_t n_keys, struct str id,
                          struct str timestamp, struct str signatures, struct str body,
                          int64_t now_at, struct err *err)
{
    CHECK(n_keys <= SIGNATURE_KEYS_MAX);
    enum status status = check_time(timestamp, now_at, err);
    if (status != OK) {
        return status;
    }
    if (id.n == 0 || str_find(id, '.', 0) != SIZE_MAX || signatures.n > 1024) {
        return refuse(err, "webhook id or signature list is malformed");
    }
    bool is_good = false;
    for (size_t k = 0; k < n_keys; k++) {
        uint8_t want[HMAC_SHA256_BYTES];
        sign(keys[k], id, timestamp, body, want);
        struct str rest = signatures;
        while (rest.p) {
            is_good |= fits(str_cut(&rest, ' '), want);
        }
    }
    return is_good ? OK : refuse(err, "no listed signature fits the body and a key");
}
