#pragma once
/* replay_diff — two replays of the same webhooks compared: what a change of the configuration does.
 * Layer: flows. Pure. Lives in the arena and points into both replays. */
#include "flows/replay.h"

enum replay_side { REPLAY_OLD, REPLAY_NEW, REPLAY_SIDES };

/* Pages to one person or place. */
struct diff_reach {
    struct str key;   /* replay_page_key */
    struct str label; /* for people */
    int64_t n[REPLAY_SIDES];
    int64_t by_channel[REPLAY_SIDES][channel_kind_COUNT]; /* of the first contact */
};

struct diff_receiver {
    struct str name;
    int64_t n_incidents[REPLAY_SIDES], n_pages[REPLAY_SIDES]; /* 0 too where it does not exist */
};

/* Label sets of one name that change their receivers in the same way. */
struct diff_reroute {
    struct str alertname;
    struct str receivers[REPLAY_SIDES]; /* joined by ", " */
    int64_t n_alerts;                   /* label sets */
};

struct replay_diff {
    const struct replay *side[REPLAY_SIDES];
    VEC(struct diff_reach) reached;                  /* most changed first */
    VEC(struct diff_receiver) receivers;             /* in the order of their names */
    VEC(struct diff_reroute) rerouted;               /* most alerts first */
    VEC(const struct replay_alert *) lost;           /* somebody was paged, nobody would be */
    VEC(const struct replay_alert *) gained;         /* the other way round */
    VEC(const struct replay_alert *) unrouted;       /* only the top route takes them now */
    VEC(const struct replay_route *) dead_routes;    /* of the new tree, without an alert */
    VEC(const struct replay_branch *) dead_branches; /* with a side that was never taken */
};

void replay_compare(struct replay_diff *, struct arena *, const struct replay *old_side,
                    const struct replay *new_side);
