/* ledger — commit what intake accepted, then answer.
 *
 *   1 take     everything that waits (≤ 256): the previous commit was the linger, there is no timer
 *   2 append   all in one statement; committed when it returns
 *   3 answer   200 with the receipt, or 503
 * Parking: while the database is away the batch is tried again until its oldest request is
 * PARK_US old; then 503 with Retry-After, and the sender tries again. An unknown outcome is never
 * answered 2xx: the sender's retry is harmless, because processing knows repeats. */
#include "base/log.h"
#include "base/metrics.h"
#include "base/monotonic.h"
#include "flows/flows.h"
#include "flows/intake_item.h"

#include <time.h>

enum { BATCH_MAX = 256, BATCH_BYTES_MAX = 32 * 1024 * 1024 };
#define PARK_US (8 * US_PER_S)
#define PAUSE_US (200 * US_PER_MS)

static struct metric batches =
    METRIC_COUNTER("alertify_ledger_batches_total", "Ledger commits by result.", "result");
static struct metric entries = METRIC_COUNTER(
    "alertify_ledger_entries_total", "Webhook bodies by what became of them.", "source", "result");
static struct metric latency =
    METRIC_HISTOGRAM("alertify_ledger_wait_seconds", "From request read to ledger commit.",
                     metric_latency_buckets, NULL);
static struct metric parked =
    METRIC_GAUGE("alertify_ledger_parked", "Requests that wait for the database.", NULL);

static void answer_ok(struct intake_item *item)
{
    char receipt[UUID_TEXT + 1];
    uuid_format(item->entry.receipt, receipt);
    metric_observe(&latency, (double)(monotonic_us() - item->arrived_us) / 1e6);
    if (item->entry.quarantine.n) {
        /* Kept where people can see it, but it will never be an alert. */
        struct err err = ERR_INIT;
        metric_add(&entries, 1, item->entry.source, STR("quarantined"));
        err_set(&err, ERR_SYNTAX, "quarantined");
        err_set_user(&err, "not readable: %.*s (kept as receipt %s)",
                     STR_ARG(item->entry.quarantine), receipt);
        exchange_answer_error(item->exchange, &err);
        return;
    }
    metric_add(&entries, 1, item->entry.source, STR("stored"));
    struct str body = str_printf(exchange_arena(item->exchange), "{\"receipt\":\"%s\"}\n", receipt);
    exchange_answer(item->exchange,
                    &(struct exchange_reply){
                        .status = 200, .content_type = STR("application/json"), .body = body});
}

static void answer_unavailable(struct intake_item *item, const struct err *cause)
{
    struct err err = ERR_INIT;
    metric_add(&entries, 1, item->entry.source, STR("refused"));
    err_set(&err, cause->code == ERR_UNKNOWN_OUTCOME ? ERR_UNKNOWN_OUTCOME : ERR_UNAVAILABLE, "%s",
            cause->detail);
    err_set_user(&err, "the alert could not be stored; please send it again");
    exchange_answer_error(item->exchange, &err);
}

/* Waits for the database, but no longer than until the oldest item's parking time ends. */
static bool may_try_again(struct intake_item **items, size_t n, const struct err *err)
{
    bool is_uncommitted = err->code == ERR_UNAVAILABLE || err->code == ERR_TIMEOUT;
    if (!is_uncommitted || monotonic_us() - items[0]->arrived_us > PARK_US) {
        return false;
    }
    metric_set(&parked, (double)n);
    nanosleep(&(struct timespec){.tv_nsec = PAUSE_US * 1000}, NULL);
    return true;
}

static void write_batch(struct deps *deps, struct store *store, struct intake_item **items,
                        size_t n)
{
    struct ledger_entry batch[BATCH_MAX];
    struct err err;
    enum status status;
    for (size_t i = 0; i < n; i++) {
        batch[i] = items[i]->entry;
    }
    do {
        err = ERR_INIT;
        status = store_ledger_append(store, batch, n, &err);
    } while (status != OK && may_try_again(items, n, &err));
    metric_set(&parked, 0);
    metric_add(&batches, 1, str_from(status_name(status)));
    atomic_store(&deps->is_database_ok, status == OK);
    if (status != OK) {
        LOG(LOG_ERROR, "ledger write failed", KV_INT("requests", n), KV_ERR(&err));
    }
    for (size_t i = 0; i < n; i++) {
        if (status == OK) {
            answer_ok(items[i]);
        } else {
            answer_unavailable(items[i], &err);
        }
    }
    if (status == OK) {
        mailbox_nudge(deps->process);
    }
}

void flow_ledger(struct deps *deps, struct store *store)
{
    metric_register(&parked);
    metric_register(&latency);
    for (;;) {
        void *items[BATCH_MAX];
        size_t n = mailbox_take(deps->ledger, items, BATCH_MAX, US_PER_S);
        if (n == 0 && mailbox_is_closed(deps->ledger)) {
            return;
        }
        size_t from = 0, bytes = 0;
        for (size_t i = 0; i < n; i++) {
            bytes += ((struct intake_item *)items[i])->entry.body.n;
            if (bytes > BATCH_BYTES_MAX || i + 1 == n) {
                write_batch(deps, store, (struct intake_item **)items + from, i + 1 - from);
                from = i + 1;
                bytes = 0;
            }
        }
    }
}
