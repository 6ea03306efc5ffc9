#pragma once
/* replay — stored webhooks once more, under some configuration: who would have been told of what.
 *
 * The engine's own code decides (grouping, decision_*, mutes); here is only a memory instead of the
 * database, and a clock that follows the webhooks. Assumed: every page arrives at once, by the
 * first contact; what people did (acknowledge, resolve) they do again to whichever incident has one
 * of the same alerts firing then; scripts do not answer in time. So the configuration that was in
 * force gives what has happened, and another one what it would have done for the same people.
 *
 *     replay_init(&r, arena, snapshot, overrides, n, from_at);
 *     replay_alerts(&r, …) and replay_act(&r, …)   in the order of time
 *     replay_until(&r, now_at);                    the escalations that are left
 *
 * What happens before `from_at` is not counted; it is there so that alerts which fire then are
 * known. Layer: flows. Pure: no store, no machine time. Everything lives in the arena; the snapshot
 * must outlive it. One thread at a time. Units: microseconds. */
#include "flows/grouping.h"

/* Somebody would have been paged. */
struct replay_page {
    int64_t at;
    uint64_t incident; /* counts the incidents of this replay, from 1 */
    struct str receiver, title, severity;
    struct addressee to; /* contacts[0] is where the page goes first */
    int step, round;     /* as in struct intent; step is behind the plan's last for the catch-all */
};

/* One label set that fired. */
struct replay_alert {
    uint64_t fingerprint;
    struct labels labels;
    int64_t fired;                           /* how often it began to */
    VEC(const struct receiver *) receivers;  /* each once, in the order of the tree */
    VEC(struct replay_incident *) incidents; /* that it belongs to */
    bool is_unrouted; /* only the top of the tree took it, though there are others */
    bool is_paged;    /* somebody was told while it fired */
};

struct replay_incident;
struct replay_wake; /* private, as all that is only declared */

/* A branch of an escalation, by its IF step: how often each side was taken. */
struct replay_branch {
    const struct receiver *receiver;
    const struct step *step;
    int64_t n_then, n_else;
};

struct replay_route {
    const struct route *route;
    int64_t n_alerts;
};

struct replay_receiver {
    const struct receiver *receiver;
    int64_t n_incidents, n_pages; /* cycles of incidents that opened */
    int64_t turns[STEPS_MAX];     /* taken, by step: those before the replay are not known */
};

struct replay {
    struct arena *arena, batch; /* batch: one step */
    const struct snapshot *snapshot;
    struct overrides overrides;
    int64_t from_at, now_at;
    uint64_t n_ids, n_incidents;
    struct map groups; /* group key → struct replay_group */
    struct map states; /* incident and fingerprint → struct replay_state */
    struct map alerts; /* fingerprint → struct replay_alert */
    VEC(struct replay_alert *) alert_list;
    VEC(struct replay_wake) wakes; /* a heap */
    struct inhibitor inhibitor;
    VEC(struct replay_incident *) sleepers; /* muted by alerts */
    VEC(struct replay_page) pages;
    VEC(struct replay_route) routes;    /* every node of the tree, depth first */
    struct map route_at;                /* node → its entry */
    VEC(struct replay_branch) branches; /* of receivers that had an incident */
    struct replay_receiver *receivers;  /* as the settings' */
    int64_t n_bodies, n_alerts, n_runs;
    int64_t n_nobody; /* escalations that ended without anybody told */
};

void replay_init(struct replay *, struct arena *, const struct snapshot *,
                 const struct override_row *, size_t n_overrides, int64_t from_at);
/* Frees what is not the arena's. */
void replay_release(struct replay *);
/* A body of alerts. `at` must not go back. The alerts are borrowed for the call. */
void replay_alerts(struct replay *, int64_t at, struct str source, const struct alert *, size_t n);

/* What somebody did to an incident. Here it is done to the one of the same receiver and group; if
 * there is none, to all that have one of the alerts firing. */
struct replay_action {
    int64_t at;
    uint8_t group_key[GROUP_KEY_BYTES];
    bool is_resolve; /* otherwise an acknowledgement */
    struct str actor, through;
    const uint64_t *fingerprints;
    size_t n_fingerprints;
};
void replay_act(struct replay *, const struct replay_action *);
/* Whatever is due until then. */
void replay_until(struct replay *, int64_t at);
/* Who or what the page goes to: the user's id, or "slack:#alerts". */
struct str replay_page_key(struct arena *, const struct replay_page *);
