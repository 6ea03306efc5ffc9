#pragma once
/* grouping — alerts become decisions about incidents: what the process flow does between reading
 * and writing. It touches no database, so that a replay of stored webhooks (flows/replay.h) decides
 * as the server does.
 *
 *     grouping_init(&g, arena, snapshot, now_at);
 *     grouping_add(&g, …)            every alert of every body, in the order of the ledger
 *     grouping_meet(&g, incident)    the newest incident of each group, as far as there is one
 *     grouping_know(&g, key, state)  what is known of the alerts that grouping_asks lists
 *     grouping_decide(&g, &world)    → g.decisions, g.writes
 *
 * Layer: flows. Pure. One thread at a time; everything lives in the arena, and the incidents,
 * alerts and the snapshot must outlive it. */
#include "base/map.h"
#include "domain/inhibit.h"
#include "domain/silence.h"
#include "flows/configuration.h"
#include "ports/store.h"

/* One alert that reached one group, in order of arrival. */
struct arrival {
    int64_t body; /* which body it came in: those of one are one event */
    struct str source;
    const struct alert *alert;
    int64_t received_at;
    bool is_stray; /* the routing does not lead here any more, but the incident has this alert */
};

/* The arrivals of one incident. */
struct group {
    const struct receiver *receiver; /* NULL: strays of one that is gone */
    const struct route *route;       /* the first that led here; NULL: only strays came */
    struct cycle_rules rules;
    struct labels labels;
    uint8_t key[GROUP_KEY_BYTES];
    VEC(struct arrival) arrivals;
    const struct incident *incident; /* NULL: none that takes alerts */
    bool has_opened;                 /* a cycle began in this batch: its plan is known here */
    struct decision decision;
};

struct grouping_counts {
    int64_t by_news[alert_news_COUNT];  /* alerts, by what they meant */
    int64_t opened, reopened, resolved; /* incidents */
};

struct grouping {
    struct arena *arena;
    const struct snapshot *snapshot;
    int64_t now_at;
    VEC(struct group *) groups; /* in the order of their first arrival */
    struct map group_by_key;
    struct map known; /* incident id + fingerprint → what is known of the alert */
    VEC(const struct decision *) decisions;
    VEC(struct alert_write) writes; /* each changed alert once; its texts are not made */
    struct grouping_counts counts;
};

void grouping_init(struct grouping *, struct arena *, const struct snapshot *, int64_t now_at);
/* Routes it, and tells where to. The alert is borrowed and its times are changed (alert_heard). */
struct route_hits grouping_add(struct grouping *, int64_t body, struct str source, struct alert *,
                               int64_t received_at);
/* The alert belongs to an incident of this group, wherever grouping_add put it: news of it is heard
 * there, too, but opens nothing. Directly after its grouping_add. */
void grouping_add_stray(struct grouping *, const uint8_t key[GROUP_KEY_BYTES], int64_t body,
                        struct str source, const struct alert *);
/* The group of that key, NULL if no arrival has it. */
struct group *grouping_find(const struct grouping *, const uint8_t key[GROUP_KEY_BYTES]);
/* Of a group that is here. Ignored when it takes no more alerts. */
void grouping_meet(struct grouping *, const struct incident *);
/* The alerts of the incidents met, each once. */
void grouping_asks(struct grouping *, struct alert_key **ret, size_t *ret_n);
void grouping_know(struct grouping *, struct alert_key, struct alert_state);
/* The running incidents of which a worse alert is here than they are: the plan of those should be
 * loaded (grouping_meet borrows it), and whether a person has set their severity. */
void grouping_rises(struct grouping *, struct uuid **ret, size_t *ret_n);

/* Whom the incidents that were met have been told to, and what keeps alerts quiet. */
struct grouping_world {
    struct overrides overrides; /* of schedules, in force now */
    const struct told_row *told;
    size_t n_told;
    const struct uuid *set_severity; /* a person has set theirs in their cycle: it stays */
    size_t n_set_severity;
    /* Knows the alerts that fire, those of this batch too. */
    const struct inhibitor *inhibitor;
    struct silences silences;
    struct uuid (*new_id)(void *arg);
    void *new_id_arg;
};

/* Once, after everything above. A decision without events is there only if something else of the
 * incident changed. */
void grouping_decide(struct grouping *, const struct grouping_world *);
