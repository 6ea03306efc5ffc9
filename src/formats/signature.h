#pragma once
/* signature — keyed signatures of requests: made for our webhooks, checked for those we receive.
 *
 * All HMAC-SHA256, compared in constant time. The signed bytes are given as parts, so a body is
 * never copied. Timestamps must lie within SIGNATURE_WINDOW_US of now, on both sides; a signature
 * proves who sent it, not that it is new: callers remove duplicates.
 * Every refusal is ERR_UNAUTHENTICATED with the same user text; detail says why, for operators.
 * Layer: formats. Pure (now is an argument). Any thread. */
#include "base/err.h"
#include "base/time_units.h"

#define SIGNATURE_WINDOW_US (300 * US_PER_S)
enum { HMAC_SHA256_BYTES = 32, SIGNATURE_KEYS_MAX = 8 };

void hmac_sha256(struct str key, const struct str *parts, size_t n, uint8_t out[HMAC_SHA256_BYTES]);

/* Is `hex` (64 digits, either case) the signature of the parts? Constant time for that shape. */
bool hmac_hex_matches(struct str key, const struct str *parts, size_t n, struct str hex);

/* Grafana: `signature` is the hex HMAC over "<timestamp>:" + body; the timestamp (decimal Unix
 * seconds, from the header configured for it) is required. */
enum status signature_check_grafana(struct str key, struct str signature, struct str timestamp,
                                    struct str body, int64_t now_at, struct err *) MUST_CHECK;

/* Slack: `signature` is "v0=" and the hex HMAC over "v0:<timestamp>:" + body. */
enum status signature_check_slack(struct str key, struct str signature, struct str timestamp,
                                  struct str body, int64_t now_at, struct err *) MUST_CHECK;

/* Standard Webhooks 1.0.0, symmetric ("v1").
 *
 * The key in "whsec_<base64>", 24–64 bytes. ERR_INVALID; the message never shows the secret. */
enum status webhook_key_parse(struct arena *, struct str whsec, struct str *ret_key,
                              struct err *) MUST_CHECK;

/* The value of webhook-signature: "v1,<base64>" per key, newest first, space-separated (1 to
 * SIGNATURE_KEYS_MAX keys: during a rotation two). `id` is the webhook-id (stable over retries, no
 * "."), timestamp_s the webhook-timestamp of this attempt. */
struct str webhook_sign(struct arena *, const struct str *keys, size_t n_keys, struct str id,
                        int64_t timestamp_s, struct str body);

/* Does one of the listed v1 signatures fit one of our keys, within the window? */
enum status webhook_check(const struct str *keys, size_t n_keys, struct str id,
                          struct str timestamp, struct str signatures, struct str body,
                          int64_t now_at, struct err *) MUST_CHECK;
