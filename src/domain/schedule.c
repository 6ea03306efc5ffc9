#include "domain/schedule.h"

#include <stdlib.h>

ENUM_DEFINE(duty_reason, DUTY_REASONS)

enum { EDGES_MAX = 200 * 1000 };

/* --- turns ---------------------------------------------------------------------------------- */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static int64_t month_of(struct calendar_date date)
{
    return (int64_t)date.year * 12 + date.month - 1;
}

static int64_t handoff_wall(const struct layer *layer, int64_t turn)
{
    if (!layer->is_monthly) {
        return layer->start_wall + turn * layer->turn_us;
    }
    struct calendar_time t = calendar_from_at(layer->start_wall);
    int64_t month = month_of(t.date) + turn;
    t.date.year = (int)floor_div(month, 12);
    t.date.month = (int)(month - (int64_t)t.date.year * 12 + 1);
    int last = calendar_month_days(t.date.year, t.date.month);
    t.date.day = layer->month_day < last ? layer->month_day : last;
    return calendar_to_at(&t);
}

static int64_t handoff_at(const struct layer *layer, int64_t turn)
{
    return zone_at_of_wall(layer->zone, handoff_wall(layer, turn));
}

/* The wall clock gives the turn, except around a change of the zone: there the hand-offs decide. */
static int64_t turn_at(const struct layer *layer, int64_t at)
{
    int64_t wall = zone_wall_of(layer->zone, at);
    int64_t turn = layer->is_monthly ? month_of(calendar_from_at(wall).date) -
                                           month_of(calendar_from_at(layer->start_wall).date)
                                     : floor_div(wall - layer->start_wall, layer->turn_us);
    while (handoff_at(layer, turn) > at) {
        turn--;
    }
    while (handoff_at(layer, turn + 1) <= at) {
        turn++;
    }
    return turn;
}

static bool any_contains(const struct interval *const *intervals, size_t n, int64_t at)
{
    for (size_t i = 0; i < n; i++) {
        if (interval_contains(intervals[i], at)) {
            return true;
        }
    }
    return false;
}

static const struct user *layer_on_call(const struct layer *layer, int64_t at, int64_t *ret_turn)
{
    if (layer->n_users == 0 || (layer->until_at != AT_NONE && at >= layer->until_at) ||
        (layer->n_only > 0 && !any_contains(layer->only, layer->n_only, at)) ||
        any_contains(layer->except, layer->n_except, at)) {
        return NULL;
    }
    *ret_turn = turn_at(layer, at);
    return *ret_turn < 0 ? NULL : layer->users[(uint64_t)*ret_turn % layer->n_users];
}

static const struct override *find_override(struct overrides overrides, struct str schedule,
                                            int64_t at)
{
    for (size_t i = overrides.n; i-- > 0;) {
        const struct override *o = &overrides.v[i];
        if (o->user && o->from_at <= at && at < o->to_at && str_eq(o->schedule, schedule)) {
            return o;
        }
    }
    return NULL;
}

struct duty schedule_on_call(const struct schedule *s, struct overrides extra, int64_t at)
{
    const struct override *override = find_override(extra, s->id, at);
    if (!override) {
        override = find_override(s->overrides, s->id, at);
    }
    if (override) {
        return (struct duty){.user = override->user, .reason = DUTY_OVERRIDE, .override = override};
    }
    for (size_t i = s->n_layers; i-- > 0;) {
        int64_t turn;
        const struct user *user = layer_on_call(&s->layers[i], at, &turn);
        if (user) {
            return (struct duty){.user = user, .reason = DUTY_LAYER, .layer = i, .turn = turn};
        }
    }
    return (struct duty){.reason = DUTY_NOBODY};
}

/* --- shifts --------------------------------------------------------------------------------- */

struct sweep {
    const struct schedule *schedule;
    struct arena *arena;
    int64_t from_at, until_at;
    struct instants edges;
    size_t max_edges;
    bool is_cut;
};

static void add_edge(struct sweep *w, int64_t at)
{
    if (at == AT_NONE || at <= w->from_at || at >= w->until_at) {
        return;
    }
    if (w->edges.n >= w->max_edges) {
        w->is_cut = true;
        return;
    }
    VEC_PUSH(w->arena, &w->edges, at);
}

static void add_intervals(struct sweep *w, const struct interval *const *intervals, size_t n)
{
    for (size_t i = 0; i < n && !w->is_cut; i++) {
        w->is_cut = !interval_add_edges(intervals[i], w->from_at, w->until_at, w->max_edges,
                                        &w->edges, w->arena);
    }
}

/* A hand-off in a gap can come after the next one: hence two days more. */
static void add_turns(struct sweep *w, const struct layer *layer)
{
    if (layer->n_users == 0) {
        return;
    }
    int64_t turn = turn_at(layer, w->from_at);
    for (turn = turn < 0 ? 0 : turn; !w->is_cut; turn++) {
        int64_t at = handoff_at(layer, turn);
        if (at >= w->until_at + 2 * US_PER_DAY) {
            break;
        }
        add_edge(w, at);
    }
}

/* Where a layer begins or ceases to count. */
static void add_layer(struct sweep *w, const struct layer *layer)
{
    add_edge(w, handoff_at(layer, 0));
    add_edge(w, layer->until_at);
    add_intervals(w, layer->only, layer->n_only);
    add_intervals(w, layer->except, layer->n_except);
}

static void add_overrides(struct sweep *w, struct overrides overrides)
{
    for (size_t i = 0; i < overrides.n; i++) {
        if (str_eq(overrides.v[i].schedule, w->schedule->id)) {
            add_edge(w, overrides.v[i].from_at);
            add_edge(w, overrides.v[i].to_at);
        }
    }
}

static int by_time(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return left < right ? -1 : left > right;
}

static bool is_same(struct duty a, struct duty b)
{
    return a.user == b.user && a.reason == b.reason && a.layer == b.layer && a.turn == b.turn &&
           a.override == b.override;
}

static struct shifts collect(struct sweep *w, struct overrides extra)
{
    struct shifts shifts = {0};
    struct shift *v = ARENA_ARRAY(w->arena, struct shift, w->edges.n + 1);
    if (w->edges.n > 0) {
        qsort(w->edges.v, w->edges.n, sizeof(*w->edges.v), by_time);
    }
    int64_t at = w->from_at;
    for (size_t i = 0; i <= w->edges.n; i++) {
        int64_t next_at = i < w->edges.n ? w->edges.v[i] : w->until_at;
        if (next_at == at) {
            continue;
        }
        struct duty duty = schedule_on_call(w->schedule, extra, at);
        if (shifts.n > 0 && is_same(v[shifts.n - 1].duty, duty)) {
            v[shifts.n - 1].to_at = next_at;
        } else {
            v[shifts.n++] = (struct shift){at, next_at, duty};
        }
        at = next_at;
    }
    shifts.v = v;
    return shifts;
}

static struct sweep sweep_init(const struct schedule *schedule, struct overrides extra,
                               int64_t from_at, int64_t until_at, size_t max_edges,
                               struct arena *arena)
{
    if (until_at - from_at > SCHEDULE_RANGE_MAX_US) {
        until_at = from_at + SCHEDULE_RANGE_MAX_US;
    }
    struct sweep w = {.schedule = schedule,
                      .arena = arena,
                      .from_at = from_at,
                      .until_at = until_at,
                      .max_edges = max_edges};
    for (size_t i = 0; i < schedule->n_layers; i++) {
        add_layer(&w, &schedule->layers[i]);
    }
    add_overrides(&w, schedule->overrides);
    add_overrides(&w, extra);
    return w;
}

struct shifts schedule_shifts(const struct schedule *schedule, struct overrides extra,
                              int64_t from_at, int64_t until_at, struct arena *arena)
{
    if (until_at <= from_at) {
        return (struct shifts){0};
    }
    struct sweep w = sweep_init(schedule, extra, from_at, until_at, EDGES_MAX, arena);
    for (size_t i = 0; i < schedule->n_layers; i++) {
        add_turns(&w, &schedule->layers[i]);
    }
    return w.is_cut ? (struct shifts){.is_cut = true} : collect(&w, extra);
}

struct shifts schedule_gaps(const struct schedule *schedule, struct overrides extra,
                            int64_t from_at, int64_t until_at, size_t max_edges,
                            struct arena *arena)
{
    if (until_at <= from_at) {
        return (struct shifts){0};
    }
    struct sweep w = sweep_init(schedule, extra, from_at, until_at, max_edges, arena);
    struct shifts all = w.is_cut ? (struct shifts){.is_cut = true} : collect(&w, extra);
    struct shift *v = ARENA_ARRAY(arena, struct shift, all.n);
    struct shifts gaps = {.v = v, .is_cut = all.is_cut};
    for (size_t i = 0; i < all.n; i++) {
        if (!all.v[i].duty.user) {
            v[gaps.n++] = all.v[i];
        }
    }
    return gaps;
}
