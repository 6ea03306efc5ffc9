/* status — is this replica well, and does everybody know it is here.
 *
 * Every 2 s: presence lock, link key numbers, backlog gauges, readiness, missed heartbeats, and
 * what alertify has to say about itself. Every minute one replica signs where the timelines stand.
 */
#include "base/entropy.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/monotonic.h"
#include "flows/anchoring.h"
#include "flows/flows.h"
#include "flows/heartbeats.h"
#include "flows/links.h"
#include "flows/self_alert.h"

#define EVERY_US (2 * US_PER_S)

static struct metric backlog_items = METRIC_GAUGE(
    "alertify_backlog_items", "What waits: ledger rows, due deliveries, due incidents.", "queue");
static struct metric backlog_age =
    METRIC_GAUGE("alertify_backlog_age_seconds", "Age of the oldest that waits.", "queue");
static struct metric quarantined =
    METRIC_GAUGE("alertify_quarantined", "Bodies that could not be read.", NULL);
static struct metric is_up =
    METRIC_GAUGE("alertify_database_up", "1 when the last call to the database succeeded.", NULL);
static struct metric build =
    METRIC_GAUGE("alertify_build_info", "Always 1; the version is a label.", "version");
static struct metric log_lines_dropped =
    METRIC_GAUGE("alertify_log_lines_dropped", "Log lines lost to a full pipe.", NULL);

static void publish(const struct backlog *b)
{
    metric_set(&backlog_items, (double)b->ledger_rows, STR("ledger"));
    metric_set(&backlog_age, (double)b->ledger_age_us / 1e6, STR("ledger"));
    metric_set(&backlog_items, (double)b->deliveries, STR("deliveries"));
    metric_set(&backlog_age, (double)b->delivery_age_us / 1e6, STR("deliveries"));
    metric_set(&backlog_items, (double)b->incidents_due, STR("escalations"));
    metric_set(&backlog_age, (double)b->incident_age_us / 1e6, STR("escalations"));
    metric_set(&quarantined, (double)b->quarantined);
}

static enum status look(struct deps *deps, struct store *store, struct arena *arena,
                        struct heartbeat_watch *watch, struct backlog *ret, struct err *err)
{
    int64_t now_at, before = monotonic_us();
    if (store_begin(store, &now_at, err) != OK) {
        return err->code;
    }
    store_rollback(store);
    atomic_store(&deps->clock_offset_us, now_at - (before + monotonic_us()) / 2);
    if (heartbeats_return(watch, deps, store, arena, err) != OK ||
        store_presence(store, deps->replica, deps->replica_name, err) != OK ||
        links_load(deps->links, store, err) != OK || store_backlog(store, ret, err) != OK) {
        return err->code;
    }
    publish(ret);
    atomic_store(&deps->work_age_us, ret->ledger_age_us > ret->incident_age_us
                                         ? ret->ledger_age_us
                                         : ret->incident_age_us);
    return OK;
}

static enum status tell_news(struct deps *deps, struct store *store, struct arena *arena,
                             struct err *err)
{
    uint8_t random[10];
    int64_t now_us = monotonic_us();
    struct ledger_entry entry = {
        .source = STR(SELF_ALERT_SOURCE), .peer = deps->replica_name, .quarantine = STR_EMPTY};
    entry.body =
        self_alerts_news(deps->self_alerts, arena, deps->replica_name, deps_now(deps), now_us);
    if (entry.body.n == 0) {
        return OK;
    }
    entropy_fill(random, sizeof(random));
    entry.receipt = uuid_v7(deps_now(deps), random);
    if (store_ledger_append(store, &entry, 1, err) != OK) {
        return err->code;
    }
    self_alerts_told(deps->self_alerts, now_us);
    mailbox_nudge(deps->process);
    return OK;
}

void flow_status(struct deps *deps, struct store *store)
{
    void *nothing[1];
    struct arena arena;
    struct anchoring anchoring = {0};
    struct heartbeat_watch watch = {0};
    arena_init(&arena);
    metric_set(&build, 1, STR(ALERTIFY_VERSION));
    while (!atomic_load(&deps->is_draining)) {
        struct err err = ERR_INIT;
        struct backlog backlog;
        enum status status = look(deps, store, &arena, &watch, &backlog, &err);
        bool was_ok = atomic_exchange(&deps->is_database_ok, status == OK);
        if (status == OK) {
            atomic_store(&deps->database_seen_us, monotonic_us());
            struct err trouble = ERR_INIT;
            if (tell_news(deps, store, &arena, &trouble) != OK) {
                LOG(LOG_WARNING, "news of alertify itself is not stored yet", KV_ERR(&trouble));
            }
            trouble = ERR_INIT;
            if (heartbeats_watch(&watch, deps, store, &arena, backlog.ledger_age_us, &trouble) !=
                OK) {
                LOG(LOG_WARNING, "heartbeats were not looked at", KV_ERR(&trouble));
            }
            anchoring_tick(&anchoring, deps, store, &arena);
        }
        arena_clear(&arena);
        if (was_ok && status != OK) {
            LOG(LOG_ERROR, "database is away", KV_ERR(&err));
        } else if (!was_ok && status == OK) {
            LOG(LOG_NOTICE, "database is there");
        }
        metric_set(&is_up, status == OK ? 1 : 0);
        metric_set(&log_lines_dropped, (double)log_dropped());
        mailbox_take(deps->status, nothing, 1, EVERY_US);
    }
    arena_release(&arena);
}
