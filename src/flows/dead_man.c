/* dead-man — the watch on alertify itself: each replica fetches an address outside, again and
 * again, as long as all is well. Whoever is behind that address tells people when it stops.
 *
 * Well: the database answers, and neither the ledger nor an escalation has waited for minutes. So
 * it is silent not only when all replicas are gone, but also when none of them does its work. */
#include "base/log.h"
#include "base/metrics.h"
#include "base/monotonic.h"
#include "flows/flows.h"

#include <stdio.h>

#define SEEN_US (10 * US_PER_S)
#define WORK_AGE_US (5 * US_PER_MIN)

static struct metric pings_total =
    METRIC_COUNTER("alertify_dead_man_pings_total", "Calls of the dead-man address.", "result");
static struct metric last_success =
    METRIC_GAUGE("alertify_dead_man_last_success_timestamp_seconds",
                 "When the dead-man address was last reached.", NULL);

struct ping {
    struct deps *deps;
    bool is_flying, has_failed;
};

static bool is_well(const struct deps *deps)
{
    return atomic_load(&deps->is_database_ok) &&
           monotonic_us() - atomic_load(&deps->database_seen_us) < SEEN_US &&
           atomic_load(&deps->work_age_us) < WORK_AGE_US;
}

static void note(struct ping *p, bool is_ok, struct str why)
{
    metric_add(&pings_total, 1, is_ok ? STR("ok") : STR("failed"));
    if (is_ok) {
        metric_set(&last_success, (double)deps_now(p->deps) / 1e6);
    }
    if (is_ok == p->has_failed) { /* once per change */
        if (is_ok) {
            LOG(LOG_NOTICE, "the dead-man address is reached again");
        } else {
            LOG(LOG_WARNING, "the dead-man address is not reached", KV_STR("error", why));
        }
    }
    p->has_failed = !is_ok;
}

static void on_reply(void *arg, const struct transfer_reply *reply)
{
    struct ping *p = arg;
    bool is_ok = reply->end == TRANSFER_REPLIED && reply->status >= 200 && reply->status <= 299;
    char status[32];
    snprintf(status, sizeof(status), "it answers %d", reply->status);
    p->is_flying = false;
    note(p, is_ok, reply->status ? str_from(status) : reply->detail);
}

static void start(struct ping *p)
{
    struct err err = ERR_INIT;
    const struct dead_man *d = &p->deps->dead_man;
    struct transfer_request request = {.kind = TRANSFER_HTTP,
                                       .url = secret_reveal(d->url),
                                       .method = STR("GET"),
                                       .timeout_us = d->timeout_us,
                                       .is_private_allowed = d->is_private_allowed};
    p->is_flying = true;
    if (transfer_submit(d->transfers, &request, on_reply, p, &err) != OK) {
        p->is_flying = false;
        note(p, false, str_from(err.detail));
    }
}

void flow_dead_man(struct deps *deps, struct store *store)
{
    struct ping ping = {.deps = deps};
    int64_t next_us = monotonic_us();
    (void)store;
    while (deps_may_work(deps)) {
        int64_t now_us = monotonic_us();
        if (now_us >= next_us && !ping.is_flying) {
            next_us = now_us + deps->dead_man.every_us;
            if (is_well(deps)) {
                start(&ping);
            } else {
                metric_add(&pings_total, 1, STR("withheld"));
            }
        }
        int64_t wait_us = next_us - monotonic_us();
        transfers_run(deps->dead_man.transfers,
                      wait_us > US_PER_S || wait_us <= 0 ? US_PER_S : wait_us);
    }
}
