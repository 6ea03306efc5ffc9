#include "domain/mute.h"

/* It is looked at with all others (flows/muted.h); should that be missed, it looks for itself. Not
 * all of them at the same moment. */
#define INHIBITED_AGAIN_US US_PER_MIN
enum { SPREAD_S = 30 };

enum { COMMENT_SHOWN = 100 }; /* bytes */

struct mute {
    const struct settings *settings;
    const struct inhibitor *inhibitor;
    struct silences silences;
    const struct incident *incident;
    int64_t now_at;
    struct arena *arena;
    struct mute_verdict verdict; /* of the first muted alert */
};

static const struct interval *first_holding(const struct intervals *intervals, int64_t at)
{
    for (size_t i = 0; i < intervals->n; i++) {
        if (interval_contains(intervals->v[i], at)) {
            return intervals->v[i];
        }
    }
    return NULL;
}

/* Intervals change on the minute, and a new configuration may come: never wait longer. */
static int64_t next_minute(int64_t now_at)
{
    return now_at - now_at % US_PER_MIN + US_PER_MIN;
}

/* Why the route sends nothing now; empty: it does. */
static struct str route_mute(const struct mute *m, const struct route *route)
{
    const struct interval *mute = first_holding(&route->mute, m->now_at);
    if (mute) {
        return str_printf(m->arena, "interval %.*s", STR_ARG(mute->name));
    }
    if (route->active.n > 0 && !first_holding(&route->active, m->now_at)) {
        return str_printf(m->arena, "outside interval %.*s", STR_ARG(route->active.v[0]->name));
    }
    return STR_EMPTY;
}

static bool is_of_incident(const struct mute *m, const struct route *route, struct labels labels)
{
    return str_eq(route->receiver->name, m->incident->receiver) &&
           labels_equal(route_group_labels(route, labels, m->arena), m->incident->group_labels);
}

/* Muted when every way that leads the alert to this incident is. */
static struct mute_verdict by_interval(const struct mute *m, struct labels labels)
{
    struct mute_verdict verdict = {.by = STR_EMPTY};
    if (!m->settings->has_timed_routes) {
        return verdict;
    }
    struct route_hits hits = route_match(&m->settings->root, labels, m->arena);
    for (size_t i = 0; i < hits.n; i++) {
        if (is_of_incident(m, hits.v[i], labels)) {
            struct str by = route_mute(m, hits.v[i]);
            if (by.n == 0) {
                return (struct mute_verdict){.by = STR_EMPTY};
            }
            verdict = (struct mute_verdict){by, next_minute(m->now_at), false, false};
        }
    }
    return verdict;
}

static struct mute_verdict by_alert(const struct mute *m, struct labels labels)
{
    struct labels source;
    const struct inhibit_rule *rule = inhibitor_find(m->inhibitor, labels, &source);
    if (!rule) {
        return (struct mute_verdict){.by = STR_EMPTY};
    }
    struct str name = labels_get(source, STR("alertname"));
    struct str by = str_printf(m->arena, "alert %.*s, inhibit rule %.*s",
                               STR_ARG(name.n ? name : STR("without a name")),
                               STR_ARG(rule->name.n ? rule->name : rule->where));
    int64_t spread_us = m->incident->id.b[sizeof(struct uuid) - 1] % SPREAD_S * US_PER_S;
    return (struct mute_verdict){by, m->now_at + INHIBITED_AGAIN_US + spread_us, true, true};
}

/* The text stays the same for as long as it goes on: it is how the incident knows it. */
static struct mute_verdict by_silence(const struct mute *m, struct labels labels)
{
    const struct silence *silence = silences_find(m->silences, labels, m->now_at);
    char id[UUID_TEXT + 1];
    if (!silence) {
        return (struct mute_verdict){.by = STR_EMPTY};
    }
    struct str by = str_printf(m->arena, "silence %s (%.*s)", uuid_format(silence->id, id),
                               STR_ARG(str_clip_utf8(silence->comment, COMMENT_SHOWN)));
    return (struct mute_verdict){by, silence_look_again(silence, m->now_at), false, false};
}

struct mute_verdict mute_check(const struct settings *settings, const struct inhibitor *inhibitor,
                               struct silences silences, const struct incident *incident,
                               const struct labels *firing, size_t n, int64_t now_at,
                               struct arena *arena)
{
    struct mute m = {settings, inhibitor, silences, incident, now_at, arena, {.by = STR_EMPTY}};
    for (size_t i = 0; i < n; i++) {
        struct mute_verdict verdict = by_silence(&m, firing[i]);
        if (verdict.by.n == 0) {
            verdict = by_interval(&m, firing[i]);
        }
        if (verdict.by.n == 0) {
            verdict = by_alert(&m, firing[i]);
        }
        if (verdict.by.n == 0) {
            return verdict;
        }
        if (m.verdict.by.n == 0) {
            m.verdict = verdict;
        }
        m.verdict.is_inhibited |= verdict.is_inhibited;
        m.verdict.is_by_alerts &= verdict.is_by_alerts;
        if (verdict.until_at < m.verdict.until_at) {
            m.verdict.until_at = verdict.until_at;
        }
    }
    return m.verdict;
}

void mute_apply(struct escalation_world *world, const struct inhibitor *inhibitor,
                struct silences silences, const struct incident *incident, int64_t now_at,
                struct arena *arena)
{
    bool may_mute = world->settings->has_mutes || silences.n > 0;
    if (!may_mute || (int64_t)world->n_alert_labels < incident->firing) {
        return;
    }
    struct mute_verdict verdict =
        mute_check(world->settings, inhibitor, silences, incident, world->alert_labels,
                   world->n_alert_labels, now_at, arena);
    world->muted_by = verdict.by;
    world->muted_until = verdict.until_at;
}
