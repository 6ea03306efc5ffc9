#pragma once
/* trace — what happened in one seed, line by line with virtual time: on standard error while
 * tracing. A failing seed is run again with it. */
#include "base/log.h"
#include "base/str.h"

void trace_reset(bool is_on);
bool trace_is_on(void);
void trace(const char *fmt, ...) PRINTF_LIKE(1, 2);
void trace_log(const char *level, const char *msg, const struct log_kv *);

#define TRACE(...)                                                                                 \
    do {                                                                                           \
        if (trace_is_on()) {                                                                       \
            trace(__VA_ARGS__);                                                                    \
        }                                                                                          \
    } while (0)

/* "ab12": enough to tell the ids of one seed apart. */
const char *trace_id(const uint8_t id[16]);
