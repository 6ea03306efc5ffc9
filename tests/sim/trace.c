#include "sim/trace.h"

#include "sim/scheduler.h"

#include <stdarg.h>
#include <stdio.h>

static bool is_on;
static int64_t started_at;

void trace_reset(bool on)
{
    is_on = on;
    started_at = sim_now();
}

bool trace_is_on(void)
{
    return is_on;
}

static void begin_line(void)
{
    int64_t us = sim_now() - started_at;
    fprintf(stderr, "%4lld.%06lld ", (long long)(us / 1000000), (long long)(us % 1000000));
}

void trace(const char *fmt, ...)
{
    va_list args;
    begin_line();
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
}

void trace_log(const char *level, const char *msg, const struct log_kv *kv)
{
    begin_line();
    fprintf(stderr, "  log %s: %s", level, msg);
    for (; kv->kind != LOG_KV_END; kv++) {
        if (kv->kind == LOG_KV_STR) {
            fprintf(stderr, " %s=%.*s", kv->key, STR_ARG(kv->s));
        } else {
            fprintf(stderr, " %s=%lld", kv->key, (long long)kv->i);
        }
    }
    fputc('\n', stderr);
}

const char *trace_id(const uint8_t id[16])
{
    static char text[4][9];
    static int next;
    char *out = text[next++ % 4];
    snprintf(out, sizeof(text[0]), "%02x%02x%02x%02x", id[12], id[13], id[14], id[15]);
    return out;
}
