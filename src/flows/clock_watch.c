#include "flows/clock_watch.h"

#include "base/log.h"
#include "base/metrics.h"
#include "base/monotonic.h"
#include "flows/self_alert.h"

#include <stdio.h>

/* Less is what clocks and round trips do every day, and delays nothing that matters. */
#define BACK_US US_PER_S
#define FORWARD_US (30 * US_PER_S)
/* So much ahead of the server's clock that people should know. */
#define TELL_US (5 * US_PER_S)

static struct metric steps_total = METRIC_COUNTER(
    "alertify_clock_steps_total", "Steps of the database server's clock seen here.", "direction");
static struct metric ahead =
    METRIC_GAUGE("alertify_clock_ahead_seconds",
                 "How far alertify's clock is ahead of the server's, which went back.", NULL);

/* Where alertify's clock has to be at least; AT_NONE: where it is. */
static int64_t floor_of(const struct clock_watch *w, const struct clock_reading *now,
                        int64_t before_us)
{
    int64_t elapsed_us = before_us - w->after_us; /* at least */
    int64_t missing_us = w->last.server_at + elapsed_us - now->server_at;
    if (missing_us <= BACK_US) {
        return AT_NONE;
    }
    metric_add(&steps_total, 1, STR("back"));
    LOG(LOG_WARNING, "the database server's clock went back; alertify's goes on",
        KV_INT("step_us", missing_us));
    return w->last.at + elapsed_us;
}

static void note_forward(const struct clock_watch *w, const struct clock_reading *now,
                         int64_t after_us)
{
    int64_t surplus_us = now->server_at - w->last.server_at - (after_us - w->before_us);
    if (surplus_us > FORWARD_US) {
        metric_add(&steps_total, 1, STR("forward"));
        LOG(LOG_WARNING,
            "the database server's clock went forward, or this machine stood still: what is due "
            "comes early",
            KV_INT("step_us", surplus_us));
    }
}

static void tell(struct self_alerts *alerts, const struct clock_reading *now)
{
    int64_t ahead_us = now->at - now->server_at;
    metric_set(&ahead, (double)ahead_us / 1e6);
    if (ahead_us < BACK_US) {
        self_alert_clear(alerts, SELF_CLOCK);
    } else if (ahead_us >= TELL_US && !self_alert_is_raised(alerts, SELF_CLOCK)) {
        char detail[200];
        long long behind_s = ahead_us / US_PER_S, until_min = ahead_us * 5 / US_PER_MIN + 1;
        snprintf(detail, sizeof(detail),
                 "it is %lld s behind, and is caught up with in about %lld min; until then "
                 "alertify's waits take a quarter longer. See to the time service of the server",
                 behind_s, until_min);
        self_alert_raise(alerts, SELF_CLOCK, str_from(detail));
    }
}

enum status clock_watch_look(struct clock_watch *w, struct deps *deps, struct store *store,
                             struct err *err)
{
    struct clock_reading now;
    int64_t before_us = monotonic_us();
    if (store_clock(store, &now, err) != OK) {
        return err->code;
    }
    int64_t after_us = monotonic_us(), floor_at = AT_NONE;
    if (w->is_known) {
        floor_at = floor_of(w, &now, before_us);
        note_forward(w, &now, after_us);
    }
    if (floor_at != AT_NONE || !w->is_known) {
        if (store_clock_hold(store, floor_at, err) != OK) {
            return err->code;
        }
        before_us = monotonic_us();
        if (store_clock(store, &now, err) != OK) {
            return err->code;
        }
        after_us = monotonic_us();
    }
    *w = (struct clock_watch){
        .is_known = true, .last = now, .before_us = before_us, .after_us = after_us};
    int64_t middle_us = before_us + (after_us - before_us) / 2;
    atomic_store(&deps->clock_offset_us, now.at - middle_us);
    atomic_store(&deps->server_offset_us, now.server_at - middle_us);
    tell(deps->self_alerts, &now);
    return OK;
}
