#include "base/secret.h"

#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct secret {
    atomic_int refs;
    size_t n;
    char *p; /* sodium_malloc, read-only after secret_new */
};

struct secret *secret_new(struct str s)
{
    if (s.n && s.p[s.n - 1] == '\n') {
        s.n--;
        if (s.n && s.p[s.n - 1] == '\r') {
            s.n--;
        }
    }
    CHECK(sodium_init() >= 0);
    struct secret *secret = malloc(sizeof(*secret));
    CHECK(secret);
    secret->refs = 1;
    secret->n = s.n;
    secret->p = sodium_malloc(s.n + 1);
    CHECK(secret->p);
    if (s.n) {
        memcpy(secret->p, s.p, s.n);
    }
    secret->p[s.n] = '\0';
    sodium_mprotect_readonly(secret->p);
    return secret;
}

void secret_free(struct secret *secret)
{
    if (secret && atomic_fetch_sub(&secret->refs, 1) == 1) {
        sodium_free(secret->p);
        free(secret);
    }
}

struct secret *secret_ref(struct secret *secret)
{
    if (secret) {
        atomic_fetch_add(&secret->refs, 1);
    }
    return secret;
}

size_t secret_len(const struct secret *secret)
{
    return secret->n;
}

bool secret_eq(const struct secret *secret, struct str s)
{
    return secret->n == s.n && sodium_memcmp(secret->p, s.p, s.n) == 0;
}

struct str secret_reveal(const struct secret *secret)
{
    return (struct str){secret->p, secret->n};
}
