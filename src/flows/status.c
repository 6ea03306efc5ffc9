/* status — is this replica well, and does everybody know it is here.
 *
 * Every 2 s: the database's clock, presence lock, link key numbers, backlog gauges, readiness,
 * whether a newer alertify has taken over, missed heartbeats, and what alertify has to say about
 * itself. Every minute one replica signs where the timelines stand. */
#include "base/entropy.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/monotonic.h"
#include "flows/anchoring.h"
#include "flows/clock_watch.h"
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
static struct metric is_superseded =
    METRIC_GAUGE("alertify_superseded",
                 "1 when a newer alertify has taken over and this one only stores.", NULL);
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

/* The newest migration says how new a binary has to be to work by its rules. Whoever is older stops
 * at once, but for storing and answering, and sets free what it leads. */
static void give_way(struct deps *deps, struct store *store, const struct backlog *b)
{
    if (b->serves_from <= deps->schema_known || atomic_exchange(&deps->is_superseded, true)) {
        return;
    }
    LOG(LOG_ERROR,
        "a newer alertify has taken over the database: this one still stores what comes in, and "
        "leaves the work to the newer one; update it",
        KV_INT("schema_needed", b->serves_from), KV_INT("schema_known", deps->schema_known));
    metric_set(&is_superseded, 1);
    mailbox_nudge(deps->process);
    mailbox_nudge(deps->escalate);
    transfers_wake(deps->transfers);
    if (deps->runner) {
        runner_wake(deps->runner);
    }
    store_leave(store);
}

static enum status announce(struct deps *deps, struct store *store, struct err *err)
{
    const struct snapshot *snapshot = configuration_ref(deps->configuration);
    enum status status =
        store_presence(store, deps->replica, deps->replica_name, snapshot->hash, err);
    configuration_unref(snapshot);
    return status;
}

static enum status look(struct deps *deps, struct store *store, struct arena *arena,
                        struct clock_watch *clock, struct heartbeat_watch *watch,
                        struct backlog *ret, struct err *err)
{
    if (clock_watch_look(clock, deps, store, arena, err) != OK ||
        heartbeats_return(watch, deps, store, arena, err) != OK ||
        announce(deps, store, err) != OK || links_load(deps->links, store, err) != OK ||
        store_backlog(store, ret, err) != OK) {
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
    struct clock_watch clock = {0};
    struct heartbeat_watch watch = {0};
    arena_init(&arena);
    metric_set(&build, 1, STR(ALERTIFY_VERSION));
    metric_set(&is_superseded, 0);
    while (!atomic_load(&deps->is_draining)) {
        struct err err = ERR_INIT;
        struct backlog backlog;
        enum status status = look(deps, store, &arena, &clock, &watch, &backlog, &err);
        bool was_ok = atomic_exchange(&deps->is_database_ok, status == OK);
        if (status == OK) {
            atomic_store(&deps->database_seen_us, monotonic_us());
            struct err trouble = ERR_INIT;
            if (tell_news(deps, store, &arena, &trouble) != OK) {
                LOG(LOG_WARNING, "news of alertify itself is not stored yet", KV_ERR(&trouble));
            }
            give_way(deps, store, &backlog);
        }
        if (status == OK && deps_may_work(deps)) {
            struct err trouble = ERR_INIT;
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
