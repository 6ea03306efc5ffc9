#pragma once
/* source_proof — does a request carry a credential of the source it posts for: bearer, basic, HMAC
 * with a fresh timestamp, or client certificate. Secrets are compared in constant time.
 * Layer: flows. Any thread that holds the exchange. */
#include "flows/deps.h"

bool source_is_proven(const struct deps *, const struct source *, struct exchange *);
