#include "base/mailbox.h"

#include "base/monotonic.h"
#include "base/time_units.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

/* "For ever": added to the clock it must not overflow. */
#define WAIT_MAX_US (3650 * US_PER_DAY)

struct slot {
    void *item;
    size_t bytes;
};

struct mailbox {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct slot *slots; /* ring */
    size_t head, n, max_items;
    size_t bytes, max_bytes;
    bool is_closed, is_nudged;
};

struct mailbox *mailbox_new(size_t max_items, size_t max_bytes)
{
    CHECK(max_items > 0);
    struct mailbox *box = calloc(1, sizeof(*box));
    CHECK(box);
    box->slots = calloc(max_items, sizeof(*box->slots));
    CHECK(box->slots);
    box->max_items = max_items;
    box->max_bytes = max_bytes;
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&box->changed, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&box->lock, NULL);
    return box;
}

void mailbox_free(struct mailbox *box)
{
    if (!box) {
        return;
    }
    CHECK(box->n == 0);
    pthread_cond_destroy(&box->changed);
    pthread_mutex_destroy(&box->lock);
    free(box->slots);
    free(box);
}

bool mailbox_post(struct mailbox *box, void *item, size_t bytes)
{
    pthread_mutex_lock(&box->lock);
    /* A single item above the byte limit is let into an empty box: it is bounded by its source. */
    bool fits = !box->is_closed && box->n < box->max_items &&
                (box->n == 0 || box->bytes + bytes <= box->max_bytes);
    if (fits) {
        box->slots[(box->head + box->n) % box->max_items] = (struct slot){item, bytes};
        box->n++;
        box->bytes += bytes;
        pthread_cond_signal(&box->changed);
    }
    pthread_mutex_unlock(&box->lock);
    return fits;
}

static void wait_for_work(struct mailbox *box, int64_t timeout_us)
{
    int64_t until = monotonic_us() + (timeout_us < WAIT_MAX_US ? timeout_us : WAIT_MAX_US);
    struct timespec deadline = {.tv_sec = until / US_PER_S, .tv_nsec = (until % US_PER_S) * 1000};
    int rc = 0;
    while (box->n == 0 && !box->is_nudged && !box->is_closed && rc != ETIMEDOUT) {
        rc = pthread_cond_timedwait(&box->changed, &box->lock, &deadline);
    }
}

size_t mailbox_take(struct mailbox *box, void **items, size_t max, int64_t timeout_us)
{
    size_t taken = 0;
    pthread_mutex_lock(&box->lock);
    if (timeout_us > 0) {
        wait_for_work(box, timeout_us);
    }
    box->is_nudged = false;
    while (taken < max && box->n > 0) {
        items[taken++] = box->slots[box->head].item;
        box->bytes -= box->slots[box->head].bytes;
        box->head = (box->head + 1) % box->max_items;
        box->n--;
    }
    pthread_mutex_unlock(&box->lock);
    return taken;
}

void mailbox_nudge(struct mailbox *box)
{
    pthread_mutex_lock(&box->lock);
    box->is_nudged = true;
    pthread_cond_signal(&box->changed);
    pthread_mutex_unlock(&box->lock);
}

void mailbox_close(struct mailbox *box)
{
    pthread_mutex_lock(&box->lock);
    box->is_closed = true;
    pthread_cond_broadcast(&box->changed);
    pthread_mutex_unlock(&box->lock);
}

bool mailbox_is_closed(struct mailbox *box)
{
    pthread_mutex_lock(&box->lock);
    bool is_closed = box->is_closed;
    pthread_mutex_unlock(&box->lock);
    return is_closed;
}

size_t mailbox_len(struct mailbox *box)
{
    pthread_mutex_lock(&box->lock);
    size_t n = box->n;
    pthread_mutex_unlock(&box->lock);
    return n;
}

size_t mailbox_bytes(struct mailbox *box)
{
    pthread_mutex_lock(&box->lock);
    size_t n = box->bytes;
    pthread_mutex_unlock(&box->lock);
    return n;
}
