#pragma once
/* err — what went wrong, where, and what to tell whom.
 *
 * Fallible functions return `enum status` (0 is OK) and take `struct err *` last. The caller owns
 * the struct (usually on its stack, initialised with ERR_INIT). The first error wins; callers may
 * prefix it with err_wrap. Nothing below flows/ and app/ logs: they return.
 * Layer: base. Any thread. */
#include "base/enum_names.h"

/* X(code, name, HTTP status, may a retry help?) — the only table about codes. */
#define STATUS_TABLE(X)                                                                            \
    X(OK, "ok", 200, false)                                                                        \
    X(ERR_SYNTAX, "syntax", 400, false)   /* not parseable */                                      \
    X(ERR_INVALID, "invalid", 422, false) /* parseable, breaks a rule */                           \
    X(ERR_UNAUTHENTICATED, "unauthenticated", 401, false)                                          \
    X(ERR_FORBIDDEN, "forbidden", 403, false)                                                      \
    X(ERR_NOT_FOUND, "not_found", 404, false)                                                      \
    X(ERR_METHOD, "method_not_allowed", 405, false)                                                \
    X(ERR_CONFLICT, "conflict", 409, false)                                                        \
    X(ERR_TOO_LARGE, "too_large", 413, false)                                                      \
    X(ERR_TOO_MANY, "too_many_requests", 429, true)                                                \
    X(ERR_INTERNAL, "internal", 500, false)                                                        \
    X(ERR_UNAVAILABLE, "unavailable", 503, true)         /* overload, draining, database away */   \
    X(ERR_UNKNOWN_OUTCOME, "unknown_outcome", 503, true) /* may or may not have happened */        \
    X(ERR_TIMEOUT, "timeout", 503, true)                                                           \
    X(ERR_IO, "io", 500, true)                                                                     \
    X(ERR_STALE_FENCE, "stale_fence", 409, false) /* somebody else took the work over */

enum status {
#define X(id, name, http, retry) id,
    STATUS_TABLE(X)
#undef X
        status_COUNT
};

const char *status_name(enum status);
int status_http(enum status);
bool status_is_retryable(enum status);

struct err {
    enum status code;
    char where[160];  /* "routes/payments.yml:14:7", "$.alerts[3].labels", or empty */
    char detail[512]; /* for operators; may name hosts; never a secret */
    char user[256];   /* safe to show to anyone over HTTP; empty: use the code's name */
};

#define ERR_INIT ((struct err){0})

/* Records the error if it is the first one and returns `code` (never OK), so that
 * `return err_set(err, ERR_IO, "…")` is one line. err may be NULL. */
enum status err_set(struct err *, enum status code, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* As err_set, with the place. */
enum status err_at(struct err *, enum status code, const char *where, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
/* Puts "what: " before the detail. Returns the code in err. */
enum status err_wrap(struct err *, const char *what);
/* The sentence for HTTP callers. */
void err_set_user(struct err *, const char *fmt, ...) PRINTF_LIKE(2, 3);
const char *err_user(const struct err *);
