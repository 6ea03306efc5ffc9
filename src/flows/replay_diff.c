#include "flows/replay_diff.h"

#include <stdlib.h>

enum { NAMES_MAX = 4000 };

struct compare {
    struct arena *arena;
    struct replay_diff *diff;
    struct map by_key; /* one list's entries while it is made */
};

/* ---- who ------------------------------------------------------------------------------------- */

static void count_pages(struct compare *c, enum replay_side side)
{
    const struct replay *replay = c->diff->side[side];
    for (size_t i = 0; i < replay->pages.n; i++) {
        const struct replay_page *page = &replay->pages.v[i];
        struct str key = replay_page_key(c->arena, page);
        struct diff_reach *reach = map_get(&c->by_key, key);
        if (!reach) {
            reach = ARENA_NEW(c->arena, struct diff_reach);
            reach->key = key;
            map_add(&c->by_key, key, reach);
            VEC_PUSH(c->arena, &c->diff->reached, *reach);
        }
        reach->label = page->to.label;
        reach->n[side]++;
        reach->by_channel[side][page->to.contacts[0].channel]++;
    }
}

static int64_t distance(int64_t a, int64_t b)
{
    return a > b ? a - b : b - a;
}

static int by_change(const void *a, const void *b)
{
    const struct diff_reach *x = a, *y = b;
    int64_t dx = distance(x->n[REPLAY_OLD], x->n[REPLAY_NEW]);
    int64_t dy = distance(y->n[REPLAY_OLD], y->n[REPLAY_NEW]);
    return dx != dy ? (dx < dy) - (dx > dy) : str_cmp(x->key, y->key);
}

static void compare_pages(struct compare *c)
{
    map_init(&c->by_key, c->arena);
    count_pages(c, REPLAY_OLD);
    count_pages(c, REPLAY_NEW);
    for (size_t i = 0; i < c->diff->reached.n; i++) {
        struct diff_reach *reach = &c->diff->reached.v[i];
        *reach = *(const struct diff_reach *)map_get(&c->by_key, reach->key);
    }
    if (c->diff->reached.n > 0) {
        qsort(c->diff->reached.v, c->diff->reached.n, sizeof(*c->diff->reached.v), by_change);
    }
}

/* ---- receivers ------------------------------------------------------------------------------- */

static void count_receivers(struct compare *c, enum replay_side side)
{
    const struct replay *replay = c->diff->side[side];
    for (size_t i = 0; i < replay->snapshot->settings->n_receivers; i++) {
        const struct replay_receiver *from = &replay->receivers[i];
        struct str name = from->receiver->name;
        struct diff_receiver *to = map_get(&c->by_key, name);
        if (!to) {
            to = ARENA_NEW(c->arena, struct diff_receiver);
            to->name = name;
            map_add(&c->by_key, name, to);
            VEC_PUSH(c->arena, &c->diff->receivers, *to);
        }
        to->n_incidents[side] = from->n_incidents;
        to->n_pages[side] = from->n_pages;
    }
}

static int by_name(const void *a, const void *b)
{
    return str_cmp(((const struct diff_receiver *)a)->name,
                   ((const struct diff_receiver *)b)->name);
}

static void compare_receivers(struct compare *c)
{
    map_init(&c->by_key, c->arena);
    count_receivers(c, REPLAY_OLD);
    count_receivers(c, REPLAY_NEW);
    for (size_t i = 0; i < c->diff->receivers.n; i++) {
        struct diff_receiver *receiver = &c->diff->receivers.v[i];
        *receiver = *(const struct diff_receiver *)map_get(&c->by_key, receiver->name);
    }
    qsort(c->diff->receivers.v, c->diff->receivers.n, sizeof(*c->diff->receivers.v), by_name);
}

/* ---- alerts ---------------------------------------------------------------------------------- */

static struct str names(struct compare *c, const struct replay_alert *alert)
{
    struct strbuf out;
    strbuf_init(&out, c->arena, NAMES_MAX);
    for (size_t i = 0; i < alert->receivers.n; i++) {
        strbuf_add(&out, i > 0 ? STR(", ") : STR_EMPTY);
        strbuf_add(&out, alert->receivers.v[i]->name);
    }
    return strbuf_str(&out);
}

static void note_reroute(struct compare *c, const struct replay_alert *before,
                         const struct replay_alert *after)
{
    struct diff_reroute reroute = {.alertname = labels_get(after->labels, STR("alertname")),
                                   .receivers = {names(c, before), names(c, after)},
                                   .n_alerts = 1};
    if (str_eq(reroute.receivers[REPLAY_OLD], reroute.receivers[REPLAY_NEW])) {
        return;
    }
    struct str key =
        str_printf(c->arena, "%.*s\n%.*s\n%.*s", STR_ARG(reroute.alertname),
                   STR_ARG(reroute.receivers[REPLAY_OLD]), STR_ARG(reroute.receivers[REPLAY_NEW]));
    size_t *at = map_get(&c->by_key, key);
    if (at) {
        c->diff->rerouted.v[*at].n_alerts++;
        return;
    }
    at = ARENA_NEW(c->arena, size_t);
    *at = c->diff->rerouted.n;
    map_add(&c->by_key, key, at);
    VEC_PUSH(c->arena, &c->diff->rerouted, reroute);
}

static int by_alerts(const void *a, const void *b)
{
    const struct diff_reroute *x = a, *y = b;
    return x->n_alerts != y->n_alerts ? (x->n_alerts < y->n_alerts) - (x->n_alerts > y->n_alerts)
                                      : str_cmp(x->alertname, y->alertname);
}

/* Both sides saw the same bodies, so they know the same alerts. */
static void compare_alerts(struct compare *c)
{
    struct replay_diff *d = c->diff;
    map_init(&c->by_key, c->arena);
    for (size_t i = 0; i < d->side[REPLAY_NEW]->alert_list.n; i++) {
        const struct replay_alert *after = d->side[REPLAY_NEW]->alert_list.v[i];
        const struct replay_alert *before =
            map_get(&d->side[REPLAY_OLD]->alerts,
                    (struct str){(const char *)&after->fingerprint, sizeof(after->fingerprint)});
        if (!before || after->receivers.n == 0) {
            continue; /* only before the time that counts */
        }
        note_reroute(c, before, after);
        if (before->is_paged && !after->is_paged) {
            VEC_PUSH(c->arena, &d->lost, after);
        }
        if (after->is_paged && !before->is_paged) {
            VEC_PUSH(c->arena, &d->gained, after);
        }
        if (after->is_unrouted && !before->is_unrouted) {
            VEC_PUSH(c->arena, &d->unrouted, after);
        }
    }
    if (d->rerouted.n > 0) {
        qsort(d->rerouted.v, d->rerouted.n, sizeof(*d->rerouted.v), by_alerts);
    }
}

/* ---- what nothing used ----------------------------------------------------------------------- */

/* Alerts are counted where they end; a route is used, too, when one of its children is. */
static bool is_used(const struct replay *replay, const struct route *route)
{
    struct str key = {(const char *)&route, sizeof(route)};
    const struct replay_route *entry = map_get(&replay->route_at, key);
    bool is = entry->n_alerts > 0;
    for (size_t i = 0; !is && i < route->n_children; i++) {
        is = is_used(replay, &route->children[i]);
    }
    return is;
}

static void find_dead(struct compare *c)
{
    const struct replay *replay = c->diff->side[REPLAY_NEW];
    for (size_t i = 1; i < replay->routes.n; i++) { /* the top is no news */
        if (!is_used(replay, replay->routes.v[i].route)) {
            VEC_PUSH(c->arena, &c->diff->dead_routes, &replay->routes.v[i]);
        }
    }
    for (size_t i = 0; i < replay->branches.n; i++) {
        const struct replay_branch *branch = &replay->branches.v[i];
        if (branch->n_then == 0 || branch->n_else == 0) {
            VEC_PUSH(c->arena, &c->diff->dead_branches, branch);
        }
    }
}

void replay_compare(struct replay_diff *diff, struct arena *arena, const struct replay *old_side,
                    const struct replay *new_side)
{
    *diff = (struct replay_diff){.side = {old_side, new_side}};
    struct compare c = {.arena = arena, .diff = diff};
    compare_pages(&c);
    compare_receivers(&c);
    compare_alerts(&c);
    find_dead(&c);
}
