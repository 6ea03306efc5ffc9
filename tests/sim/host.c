/* host — what the program takes from the machine it runs on, in virtual time: the monotonic clock,
 * random bytes, waiting, the queues between its threads; and what would only cost time here:
 * metrics count nothing, log lines go to the trace, secrets are plain memory.
 *
 * These definitions replace those of src/base; everything else of the program is linked as it is.
 */
#include "base/entropy.h"
#include "base/heap.h"
#include "base/log.h"
#include "base/mailbox.h"
#include "base/metrics.h"
#include "base/monotonic.h"
#include "base/secret.h"
#include "base/time_units.h"
#include "sim/dice.h"
#include "sim/scheduler.h"
#include "sim/trace.h"

#include <string.h>
#include <time.h>

/* Monotonic time is small, as after a boot: taken for a date it would be of 1970. */
#define BOOTED_AT INT64_C(1795000000000000)

/* ---- clock, chance, waiting ------------------------------------------------------------------ */

int64_t monotonic_us(void)
{
    return sim_now() - BOOTED_AT;
}

void entropy_fill(void *out, size_t n)
{
    for (size_t i = 0; i < n;) {
        uint64_t value = dice_u64();
        size_t part = n - i < sizeof(value) ? n - i : sizeof(value);
        memcpy((char *)out + i, &value, part);
        i += part;
    }
}

uint64_t entropy_u64(void)
{
    return dice_u64();
}

int nanosleep(const struct timespec *wanted, struct timespec *rest)
{
    (void)rest;
    task_sleep(wanted->tv_sec * US_PER_S + wanted->tv_nsec / 1000);
    return 0;
}

/* ---- mailboxes ------------------------------------------------------------------------------- */

enum { TAKERS_MAX = 4 };

struct mailbox {
    void **items;
    size_t *sizes;
    size_t first, n, max_items, bytes, max_bytes;
    bool is_closed, is_nudged;
    struct task *takers[TAKERS_MAX]; /* that wait */
    size_t n_takers;
};

struct mailbox *mailbox_new(size_t max_items, size_t max_bytes)
{
    struct mailbox *box = HEAP_NEW(struct mailbox);
    box->items = heap_alloc(max_items * sizeof(*box->items));
    box->sizes = heap_alloc(max_items * sizeof(*box->sizes));
    box->max_items = max_items;
    box->max_bytes = max_bytes;
    return box;
}

void mailbox_free(struct mailbox *box)
{
    heap_free(box->items);
    heap_free(box->sizes);
    heap_free(box);
}

static void wake_one(struct mailbox *box)
{
    if (box->n_takers > 0) {
        task_wake(box->takers[0]);
    }
}

bool mailbox_post(struct mailbox *box, void *item, size_t bytes)
{
    if (box->is_closed || box->n == box->max_items || box->bytes + bytes > box->max_bytes) {
        return false;
    }
    size_t at = (box->first + box->n++) % box->max_items;
    box->items[at] = item;
    box->sizes[at] = bytes;
    box->bytes += bytes;
    wake_one(box);
    return true;
}

static void leave(struct mailbox *box, struct task *task)
{
    for (size_t i = 0; i < box->n_takers; i++) {
        if (box->takers[i] == task) {
            memmove(&box->takers[i], &box->takers[i + 1],
                    (--box->n_takers - i) * sizeof(*box->takers));
            return;
        }
    }
}

size_t mailbox_take(struct mailbox *box, void **items, size_t max, int64_t timeout_us)
{
    if (box->n == 0 && !box->is_nudged && !box->is_closed && timeout_us > 0) {
        CHECK(box->n_takers < TAKERS_MAX);
        box->takers[box->n_takers++] = task_current();
        (void)task_wait(timeout_us);
        leave(box, task_current());
    }
    size_t n = 0;
    while (n < max && box->n > 0) {
        items[n++] = box->items[box->first];
        box->bytes -= box->sizes[box->first];
        box->first = (box->first + 1) % box->max_items;
        box->n--;
    }
    box->is_nudged = false;
    if (box->n > 0) {
        wake_one(box);
    }
    return n;
}

void mailbox_nudge(struct mailbox *box)
{
    box->is_nudged = true;
    wake_one(box);
}

void mailbox_close(struct mailbox *box)
{
    box->is_closed = true;
    for (size_t i = 0; i < box->n_takers; i++) {
        task_wake(box->takers[i]);
    }
}

bool mailbox_is_closed(struct mailbox *box)
{
    return box->is_closed;
}

size_t mailbox_len(struct mailbox *box)
{
    return box->n;
}

size_t mailbox_bytes(struct mailbox *box)
{
    return box->bytes;
}

/* ---- log and metrics ------------------------------------------------------------------------- */

ENUM_DEFINE(log_level, LOG_LEVELS)
ENUM_DEFINE(log_format, LOG_FORMATS)

void log_setup(enum log_level least, enum log_format format, int fd)
{
    (void)least, (void)format, (void)fd;
}

void log_write(enum log_level level, const char *msg, const struct log_kv *fields)
{
    if (trace_is_on()) {
        trace_log(log_level_name(level), msg, fields);
    }
}

uint64_t log_dropped(void)
{
    return 0;
}

const double metric_latency_buckets[] = {1, 0};

void metric_register(struct metric *m)
{
    (void)m;
}

void metric_add_(struct metric *m, double by, const struct str *values)
{
    (void)m, (void)by, (void)values;
}

void metric_set_(struct metric *m, double to, const struct str *values)
{
    (void)m, (void)to, (void)values;
}

void metric_observe_(struct metric *m, double value, const struct str *values)
{
    (void)m, (void)value, (void)values;
}

double metric_value(struct metric *m, const struct str *values)
{
    (void)m, (void)values;
    return 0;
}

void metrics_render(struct strbuf *out)
{
    strbuf_add(out, STR("# nothing is counted\n"));
}

/* ---- secrets --------------------------------------------------------------------------------- */

struct secret {
    size_t n;
    char bytes[];
};

struct secret *secret_new(struct str s)
{
    struct secret *secret = heap_alloc(sizeof(*secret) + s.n + 1);
    secret->n = s.n;
    memcpy(secret->bytes, s.p, s.n);
    return secret;
}

void secret_free(struct secret *secret)
{
    heap_free(secret);
}

struct secret *secret_ref(struct secret *secret)
{
    return secret;
}

size_t secret_len(const struct secret *secret)
{
    return secret->n;
}

bool secret_eq(const struct secret *secret, struct str s)
{
    return secret->n == s.n && memcmp(secret->bytes, s.p, s.n) == 0;
}

struct str secret_reveal(const struct secret *secret)
{
    return (struct str){secret->bytes, secret->n};
}
