#pragma once
/* secret — a password, token or key that no log line can print.
 *
 * The bytes live in guarded, locked memory (sodium_malloc); the type is opaque and base/log.h has
 * no field for it, so printing one does not compile. Compared in constant time. Layer: base. Owner:
 * the configuration snapshot or app. Read-only after creation: any thread. */
#include "base/str.h"

struct secret;

/* Copies s; one trailing newline (and a CR before it) is dropped, as files end with one. */
struct secret *secret_new(struct str s);
void secret_free(struct secret *);
struct secret *secret_ref(struct secret *);
size_t secret_len(const struct secret *);
/* Constant time for equal lengths. */
bool secret_eq(const struct secret *, struct str s);
/* Lends the bytes: for signing and for building a request, never for text that is shown or stored.
 */
struct str secret_reveal(const struct secret *);
