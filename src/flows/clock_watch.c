#include "flows/clock_watch.h"

#include "base/log.h"
#include "base/metrics.h"
#include "base/monotonic.h"
#include "flows/heartbeats.h"
#include "flows/self_alert.h"

#include <stdio.h>

/* Less is what clocks and round trips do every day, and delays nothing that matters. */
#define BACK_US US_PER_S
/* So much ahead of the server's clock that people should know. */
#define TELL_US (5 * US_PER_S)
enum { HOLDS_MAX = 3 };
#define SETTLE_US (10 * US_PER_S)

static struct metric steps_total = METRIC_COUNTER(
    "alertify_clock_steps_total", "Steps of the database server's clock seen here.", "direction");
static struct metric ahead =
    METRIC_GAUGE("alertify_clock_ahead_seconds",
                 "How far alertify's clock is ahead of the server's, which went back.", NULL);

static enum status read_clock(struct store *store, struct clock_look *ret, struct err *err)
{
    ret->before_us = monotonic_us();
    enum status status = store_clock(store, &ret->clock, err);
    ret->after_us = monotonic_us();
    return status;
}

/* By how much the server's clock went back; 0: it did not. */
static int64_t back_step(const struct clock_look *last, const struct clock_look *now)
{
    int64_t elapsed_us = now->before_us - last->after_us; /* at least */
    int64_t missing_us = last->clock.server_at + elapsed_us - now->clock.server_at;
    return missing_us > BACK_US ? missing_us : 0;
}

static void note_back(const struct clock_look *last, const struct clock_look *now)
{
    int64_t step_us = back_step(last, now);
    if (step_us > 0) {
        metric_add(&steps_total, 1, STR("back"));
        LOG(LOG_WARNING, "the database server's clock went back; alertify's goes on",
            KV_INT("step_us", step_us));
    }
}

/* Where alertify's clock has to be at least, because the server's went back; AT_NONE: where it is.
 */
static int64_t floor_of(const struct clock_look *last, const struct clock_look *now)
{
    int64_t floor_at = last->clock.at + now->before_us - last->after_us;
    bool is_short = back_step(last, now) > 0 && now->clock.at < floor_at - BACK_US;
    return is_short ? floor_at : AT_NONE;
}

static void note_forward(const struct clock_look *last, const struct clock_look *now)
{
    int64_t passed_us = now->after_us - last->before_us; /* at most */
    int64_t surplus_us = now->clock.server_at - last->clock.server_at - passed_us;
    if (surplus_us > CLOCK_STEP_US) {
        metric_add(&steps_total, 1, STR("forward"));
        LOG(LOG_WARNING,
            "the database server's clock went forward, or this machine stood still: what is due "
            "comes early",
            KV_INT("step_us", surplus_us));
    }
}

/* How far alertify's clock is ahead of where it should be by the last look and by what was noted
 * since. */
static int64_t surplus(const struct clock_look *last, const struct clock_look *now)
{
    int64_t passed_us = now->after_us - last->before_us; /* at most */
    int64_t noted_us = now->clock.skipped_us - last->clock.skipped_us;
    return now->clock.at - last->clock.at - passed_us - noted_us;
}

/* What alertify's clock has skipped since the last look and nobody has noted. */
static int64_t skipped(const struct clock_look *last, const struct clock_look *now)
{
    int64_t step_us = surplus(last, now);
    return step_us > CLOCK_STEP_US ? step_us : 0;
}

/* The server's clock does not look as if it went back since our last look, and yet alertify's is
 * not where others have seen it: it went forward meanwhile, which they have noted, and then back,
 * which they have not noticed yet. To count from there would be to note a skip when they do. */
static bool is_behind_notes(const struct clock_look *last, const struct clock_look *now)
{
    return surplus(last, now) < -CLOCK_STEP_US;
}

/* By the replica that notes it. Said before it is committed: twice rather than never. */
static void tell_step(struct self_alerts *alerts, int64_t step_us)
{
    char detail[300];
    snprintf(detail, sizeof(detail),
             "it went forward by %lld s, or the machine of this replica stood still for so long; "
             "what was due in that time came at once, each incident by one step, and heartbeats "
             "got as much longer. See to the time service of the server",
             (long long)(step_us / US_PER_S));
    self_alert_raise(alerts, SELF_STEP, str_from(detail));
}

static enum status note_skip(struct deps *deps, struct store *store, struct arena *arena,
                             const struct clock_look *last, struct clock_look *now, int64_t step_us,
                             bool *ret_is_mine, struct err *err)
{
    int64_t now_at, middle_at = last->clock.at + (now->clock.at - last->clock.at) / 2;
    if (store_begin(store, &now_at, err) != OK ||
        store_clock_skip(store, now->clock.skipped_us, step_us, ret_is_mine, err) != OK) {
        return err->code;
    }
    if (!*ret_is_mine) {
        store_rollback(store);
        return OK;
    }
    tell_step(deps->self_alerts, step_us);
    if (heartbeats_delay(deps, store, arena, middle_at, step_us, err) != OK ||
        store_commit(store, err) != OK) {
        return err->code;
    }
    now->clock.skipped_us += step_us;
    return OK;
}

/* When others are faster, what they have noted counts. */
static enum status note_skips(struct deps *deps, struct store *store, struct arena *arena,
                              const struct clock_look *last, struct clock_look *now,
                              struct err *err)
{
    for (int64_t step_us; (step_us = skipped(last, now)) > 0;) {
        bool is_mine = false;
        if (note_skip(deps, store, arena, last, now, step_us, &is_mine, err) != OK) {
            store_rollback(store);
            return err->code;
        }
        if (!is_mine && read_clock(store, now, err) != OK) {
            return err->code;
        }
    }
    return OK;
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

/* Whether it is where it has to be by now. The server's clock may go back once more while
 * alertify's is being held; and who has just noted a skip may not have been seen since. */
static bool is_settled(const struct clock_look *last, const struct clock_look *now)
{
    bool is_recent = now->before_us - last->after_us < SETTLE_US;
    return floor_of(last, now) == AT_NONE && !(is_recent && is_behind_notes(last, now));
}

/* `is_lost`: others know where it is, who were seen before. */
static enum status hold(struct store *store, const struct clock_look *last, bool is_lost,
                        struct clock_look *now, struct err *err)
{
    for (int tries = 0; tries < HOLDS_MAX; tries++) {
        int64_t floor_at = floor_of(last, now);
        if (floor_at == AT_NONE && !is_lost) {
            return OK;
        }
        if (store_clock_hold(store, floor_at, err) != OK || read_clock(store, now, err) != OK) {
            return err->code;
        }
        is_lost = floor_at != AT_NONE && is_behind_notes(last, now);
    }
    return OK;
}

enum status clock_watch_look(struct clock_watch *w, struct deps *deps, struct store *store,
                             struct arena *arena, struct err *err)
{
    struct clock_look now;
    if (read_clock(store, &now, err) != OK) {
        return err->code;
    }
    const struct clock_look last = w->is_known ? w->last : now;
    note_back(&last, &now);
    note_forward(&last, &now);
    if (hold(store, &last, !w->is_known || is_behind_notes(&last, &now), &now, err) != OK) {
        return err->code;
    }
    if (!is_settled(&last, &now)) { /* the next look starts from the last one, too */
        return OK;
    }
    if (w->is_known && note_skips(deps, store, arena, &last, &now, err) != OK) {
        return err->code;
    }
    *w = (struct clock_watch){.is_known = true, .last = now};
    int64_t middle_us = now.before_us + (now.after_us - now.before_us) / 2;
    atomic_store(&deps->clock_offset_us, now.clock.at - middle_us);
    atomic_store(&deps->server_offset_us, now.clock.server_at - middle_us);
    tell(deps->self_alerts, &now.clock);
    return OK;
}
