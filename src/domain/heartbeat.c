#include "domain/heartbeat.h"

#include "base/time_units.h"

ENUM_DEFINE(heartbeat_step, HEARTBEAT_STEPS)

/* What lasts is said again, as Alertmanager would. */
#define REPEAT_US (10 * US_PER_MIN)
#define COALESCE_US US_PER_S

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b; /* AT_NONE is the smallest */
}

int64_t heartbeat_due(const struct heartbeat *h, const struct heartbeat_state *s)
{
    int64_t from = s->beat_at != AT_NONE ? s->beat_at : s->since_at;
    return later(from + h->every_us + h->grace_us, s->not_before_at);
}

static void recover(struct heartbeat_state *s)
{
    s->missed_at = AT_NONE;
    s->told_at = AT_NONE;
}

enum heartbeat_step heartbeat_beat(const struct heartbeat *h, struct heartbeat_state *s, int64_t at,
                                   int64_t now_at)
{
    bool is_missed = s->missed_at != AT_NONE;
    if (s->beat_at != AT_NONE && at < s->beat_at + (is_missed ? 1 : COALESCE_US)) {
        return HEARTBEAT_QUIET;
    }
    s->beat_at = at;
    s->not_before_at = AT_NONE;
    if (is_missed && heartbeat_due(h, s) > now_at) {
        recover(s);
        return HEARTBEAT_RECOVERED;
    }
    return HEARTBEAT_KEPT;
}

enum heartbeat_step heartbeat_look(const struct heartbeat *h, struct heartbeat_state *s,
                                   int64_t now_at)
{
    int64_t due_at = heartbeat_due(h, s);
    if (s->missed_at == AT_NONE) {
        if (due_at > now_at) {
            return HEARTBEAT_QUIET;
        }
        s->missed_at = now_at;
        s->told_at = now_at;
        return HEARTBEAT_MISSED;
    }
    if (due_at > now_at) {
        recover(s);
        return HEARTBEAT_RECOVERED;
    }
    if (now_at - s->told_at < REPEAT_US) {
        return HEARTBEAT_QUIET;
    }
    s->told_at = now_at;
    return HEARTBEAT_LASTS;
}

enum heartbeat_step heartbeat_delay(const struct heartbeat *h, struct heartbeat_state *s,
                                    int64_t middle_at, int64_t step_us)
{
    if (s->missed_at != AT_NONE || later(s->beat_at, s->since_at) > middle_at) {
        return HEARTBEAT_QUIET;
    }
    s->not_before_at = heartbeat_due(h, s) + step_us;
    return HEARTBEAT_KEPT;
}

enum heartbeat_step heartbeat_excuse(const struct heartbeat *h, struct heartbeat_state *s,
                                     int64_t now_at)
{
    int64_t more_us = h->every_us < HEARTBEAT_EXCUSE_US ? h->every_us : HEARTBEAT_EXCUSE_US;
    int64_t until = now_at + more_us + h->grace_us;
    if (s->missed_at != AT_NONE || heartbeat_due(h, s) >= until) {
        return HEARTBEAT_QUIET;
    }
    s->not_before_at = until;
    return HEARTBEAT_KEPT;
}
