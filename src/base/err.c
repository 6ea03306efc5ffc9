#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

static const struct {
    const char *name;
    int http;
    bool retryable;
} statuses[] = {
#define X(id, name, http, retry) [id] = {name, http, retry},
    STATUS_TABLE(X)
#undef X
};

const char *status_name(enum status code)
{
    CHECK((unsigned)code < status_COUNT);
    return statuses[code].name;
}

int status_http(enum status code)
{
    CHECK((unsigned)code < status_COUNT);
    return statuses[code].http;
}

bool status_is_retryable(enum status code)
{
    CHECK((unsigned)code < status_COUNT);
    return statuses[code].retryable;
}

PRINTF_LIKE(4, 0)
static void set(struct err *err, enum status code, const char *where, const char *fmt, va_list args)
{
    CHECK(code != OK);
    if (!err || err->code != OK) {
        return;
    }
    err->code = code;
    snprintf(err->where, sizeof(err->where), "%s", where);
    vsnprintf(err->detail, sizeof(err->detail), fmt, args);
}

enum status err_set(struct err *err, enum status code, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    set(err, code, "", fmt, args);
    va_end(args);
    return code;
}

enum status err_at(struct err *err, enum status code, const char *where, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    set(err, code, where, fmt, args);
    va_end(args);
    return code;
}

enum status err_wrap(struct err *err, const char *what)
{
    if (!err) {
        return ERR_INTERNAL;
    }
    CHECK(err->code != OK);
    char old[sizeof(err->detail)];
    snprintf(old, sizeof(old), "%s", err->detail);
    int n = snprintf(err->detail, sizeof(err->detail), "%s: ", what);
    if (n > 0 && (size_t)n < sizeof(err->detail)) {
        snprintf(err->detail + n, sizeof(err->detail) - (size_t)n, "%s", old);
    }
    return err->code;
}

void err_set_user(struct err *err, const char *fmt, ...)
{
    if (!err) {
        return;
    }
    va_list args;
    va_start(args, fmt);
    vsnprintf(err->user, sizeof(err->user), fmt, args);
    va_end(args);
}

const char *err_user(const struct err *err)
{
    return err->user[0] ? err->user : status_name(err->code);
}
