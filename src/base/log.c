#include "base/log.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

ENUM_DEFINE(log_level, LOG_LEVELS)
ENUM_DEFINE(log_format, LOG_FORMATS)

/* PIPE_BUF: up to there a write to a pipe is whole, so lines of several processes do not mix. */
enum { LINE_MAX_BYTES = PIPE_BUF, VALUE_MAX_BYTES = 2048 };
#define CUT_LOGFMT " cut=true"
#define CUT_JSON ",\"cut\":true"
enum { TAIL_BYTES = sizeof(CUT_JSON "}\n") };

static enum log_level least_level = LOG_INFO;
static enum log_format format = LOG_LOGFMT;
static int log_fd = STDERR_FILENO;
static atomic_uint_fast64_t dropped;
static pthread_mutex_t write_lock = PTHREAD_MUTEX_INITIALIZER;

struct line {
    size_t n;
    bool is_cut; /* a field did not fit */
    char p[LINE_MAX_BYTES];
};

static void put(struct line *line, const char *p, size_t n)
{
    if (line->is_cut || n > sizeof(line->p) - TAIL_BYTES - line->n) {
        line->is_cut = true;
        return;
    }
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
        } else if (is_utf8 && c == 0xc2 && (unsigned char)s.p[i + 1] < 0xa0) {
            /* U+0080–U+009F: terminals obey them as they obey escape sequences. */
            i++;
            snprintf(esc, sizeof(esc), "\\u%04x", (unsigned char)s.p[i]);
            put_c(line, esc);
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
    size_t before = line->n;
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
    if (line->is_cut) {
        line->n = before; /* half a field would leave a quote open */
    }
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

/* One at a time: two threads that both saw room could together fill the pipe and block. */
static void write_line(const char *p, size_t n)
{
    struct pollfd pfd = {.fd = log_fd, .events = POLLOUT};
    ssize_t written = -1;
    pthread_mutex_lock(&write_lock);
    if (poll(&pfd, 1, 0) == 1 && (pfd.revents & POLLOUT)) {
        do {
            written = write(log_fd, p, n);
        } while (written < 0 && errno == EINTR);
    }
    pthread_mutex_unlock(&write_lock);
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
    line.is_cut = false;
    put_time(&line);
    put_field(&line, &KV_C("level", log_level_name(level)));
    put_field(&line, &KV_C("msg", msg));
    for (; kv->kind != LOG_KV_END && !line.is_cut; kv++) {
        put_field(&line, kv);
    }
    const char *cut = !line.is_cut ? "" : format == LOG_JSON ? CUT_JSON : CUT_LOGFMT;
    int tail = snprintf(line.p + line.n, TAIL_BYTES, "%s%s\n", cut, format == LOG_JSON ? "}" : "");
    line.n += (size_t)tail;
    write_line(line.p, line.n);
}

uint64_t log_dropped(void)
{
    return atomic_load(&dropped);
}
