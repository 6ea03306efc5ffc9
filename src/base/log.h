#pragma once
/* log — one line per event on standard error, logfmt or JSON.
 *
 *     LOG(LOG_NOTICE, "incident opened", KV_STR("incident", id), KV_INT("alerts", n));
 *
 * Fields are typed; there is none for `struct secret`. Control bytes are escaped and values cut at
 * 2 KiB, so that a hostile label can neither forge a line nor flood the log. A line holds 4 KiB;
 * fields that do not fit are left out and the line ends with cut=true. Writing never blocks: when
 * the pipe is full the line is dropped and counted (log_dropped). Only flows, app and the
 * adapters' own threads log, once, where it is decided what happens next.
 * Layer: base. Any thread. */
#include "base/err.h"

#define LOG_LEVELS(X)                                                                              \
    X(LOG_DEBUG, "debug")                                                                          \
    X(LOG_INFO, "info")                                                                            \
    X(LOG_NOTICE, "notice")                                                                        \
    X(LOG_WARNING, "warning")                                                                      \
    X(LOG_ERROR, "error")
ENUM_DECLARE(log_level, LOG_LEVELS)

#define LOG_FORMATS(X)                                                                             \
    X(LOG_LOGFMT, "logfmt")                                                                        \
    X(LOG_JSON, "json")
ENUM_DECLARE(log_format, LOG_FORMATS)

enum log_kind { LOG_KV_END, LOG_KV_STR, LOG_KV_INT, LOG_KV_BOOL };

struct log_kv {
    enum log_kind kind;
    const char *key;
    struct str s;
    int64_t i;
};

#define KV_STR(k, v) ((struct log_kv){LOG_KV_STR, (k), (v), 0})
#define KV_C(k, v) KV_STR((k), str_from(v))
#define KV_INT(k, v) ((struct log_kv){LOG_KV_INT, (k), {NULL, 0}, (int64_t)(v)})
#define KV_BOOL(k, v) ((struct log_kv){LOG_KV_BOOL, (k), {NULL, 0}, (v) ? 1 : 0})
/* error="where: detail" code=name */
#define KV_ERR(e)                                                                                  \
    KV_C("code", status_name((e)->code)), KV_C("where", (e)->where), KV_C("error", (e)->detail)

#define LOG(level, msg, ...)                                                                       \
    log_write((level), (msg),                                                                      \
              (const struct log_kv[]){__VA_ARGS__ __VA_OPT__(, ){LOG_KV_END, 0, {0, 0}, 0}})

/* Default: LOG_INFO, LOG_LOGFMT, standard error. Call before threads start. */
void log_setup(enum log_level least, enum log_format, int fd);
void log_write(enum log_level, const char *msg, const struct log_kv *);
uint64_t log_dropped(void);
