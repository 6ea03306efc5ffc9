#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

ENUM_DEFINE(log_level, LOG_LEVELS)
ENUM_DEFINE(log_format, LOG_FORMATS)

enum { LINE_MAX_BYTES = 16 * 1024, VALUE_MAX_BYTES = 2048 };

static enum log_level least_level = LOG_INFO;
static enum log_format format = LOG_LOGFMT;
static int log_fd = STDERR_FILENO;
static atomic_uint_fast64_t dropped;

struct line {
    size_t n;
    char p[LINE_MAX_BYTES];
};

static void put(struct line *line, const char *p, size_t n)
{
    size_t room = sizeof(line->p) - 1 - line->n; /* one byte stays for the newline */
    n = n < room ? n : room;
    memcpy(line->p + line->n, p, n);
    line->n += n;
}

static void put_c(struct line *line, const char *s)
{
    put(line, s, strlen(s));
}

static void put_escaped(struct line *line, struct str s)
{
    bool is_cut = s.n > VALUE_MAX_BYTES;
    s = str_clip_utf8(s, VALUE_MAX_BYTES);
    bool is_utf8 = str_is_utf8(s);
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        char esc[8];
        if (c == '"' || c == '\\') {
            put(line, (char[]){'\\', (char)c}, 2);
        } else if (c == '\n') {
            put_c(line, "\\n");
        } else if (c < 0x20 || c == 0x7f || (c >= 0x80 && !is_utf8)) {
            snprintf(esc, sizeof(esc), "\\u%04x", c);
            put_c(line, esc);
        } else {
            put(line, (const char *)&c, 1);
        }
    }
    if (is_cut) {
        put_c(line, "…");
    }
}

static bool needs_quotes(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c >= 0x7f) {
            return true;
        }
    }
    return s.n == 0;
}

static void put_value(struct line *line, const struct log_kv *kv)
{
    char number[24];
    switch (kv->kind) {
    case LOG_KV_INT:
        snprintf(number, sizeof(number), "%lld", (long long)kv->i);
        put_c(line, number);
        break;
    case LOG_KV_BOOL:
        put_c(line, kv->i ? "true" : "false");
        break;
    case LOG_KV_STR:
        if (format == LOG_JSON || needs_quotes(kv->s)) {
            put_c(line, "\"");
            put_escaped(line, kv->s);
            put_c(line, "\"");
        } else {
            put_escaped(line, kv->s);
        }
        break;
    case LOG_KV_END:
        break;
    }
}

static void put_field(struct line *line, const struct log_kv *kv)
{
    if (kv->kind == LOG_KV_STR && kv->s.n == 0) {
        return;
    }
    if (format == LOG_JSON) {
        put_c(line, line->n ? ",\"" : "{\"");
        put_c(line, kv->key);
        put_c(line, "\":");
    } else {
        put_c(line, line->n ? " " : "");
        put_c(line, kv->key);
        put_c(line, "=");
    }
    put_value(line, kv);
}

/* A log line's own time is for the reader only; nothing is decided by it. */
static void put_time(struct line *line)
{
    struct timespec now;
    struct tm tm;
    char text[40];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    size_t n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text + n, sizeof(text) - n, ".%03ldZ", now.tv_nsec / 1000000);
    put_field(line, &KV_C("ts", text));
}

static void write_line(const char *p, size_t n)
{
    struct pollfd pfd = {.fd = log_fd, .events = POLLOUT};
    if (poll(&pfd, 1, 0) != 1 || !(pfd.revents & POLLOUT)) {
        atomic_fetch_add(&dropped, 1);
        return;
    }
    ssize_t written;
    do {
        written = write(log_fd, p, n);
    } while (written < 0 && errno == EINTR);
    if (written != (ssize_t)n) {
        atomic_fetch_add(&dropped, 1);
    }
}

void log_setup(enum log_level least, enum log_format f, int fd)
{
    least_level = least;
    format = f;
    log_fd = fd;
}

void log_write(enum log_level level, const char *msg, const struct log_kv *kv)
{
    if (level < least_level) {
        return;
    }
    struct line line;
    line.n = 0;
    put_time(&line);
    put_field(&line, &KV_C("level", log_level_name(level)));
    put_field(&line, &KV_C("msg", msg));
    for (; kv->kind != LOG_KV_END; kv++) {
        put_field(&line, kv);
    }
    if (format == LOG_JSON) {
        put_c(&line, "}");
    }
    line.p[line.n++] = '\n';
    write_line(line.p, line.n);
}

uint64_t log_dropped(void)
{
    return atomic_load(&dropped);
}
