#pragma once
/* alert — one label set that fires or has resolved, as a source reported it.
 * Layer: domain. Values. */
#include "base/enum_names.h"
#include "base/time_units.h"
#include "domain/labels.h"

/* stored: alert.status */
#define ALERT_STATUSES(X)                                                                          \
    X(ALERT_FIRING, "firing")                                                                      \
    X(ALERT_RESOLVED, "resolved")
ENUM_DECLARE(alert_status, ALERT_STATUSES)

struct alert {
    struct labels labels;
    struct labels annotations;
    enum alert_status status;
    int64_t starts_at;        /* AT_NONE: the source did not say */
    int64_t ends_at;          /* AT_NONE while firing */
    int64_t ahead_us;         /* the source said that it ends so much later than ends_at; 0: it did
                                 not; see alert_heard */
    struct str generator_url; /* hostile text: show only as http(s) */
    uint64_t fingerprint;     /* identity of the label set; see alert_identity */
    int64_t changed_seq;      /* entry of its incident's timeline at which its status changed last;
                                 only of one that was loaded with its incident */
};

/* What is remembered of a fingerprint inside an incident. */
struct alert_state {
    enum alert_status status;
    int64_t starts_at;
    int64_t ends_at; /* of the last resolve; AT_NONE if it never resolved */
    uint64_t content_hash;
};

/* A source's clock may be ahead of ours by this much; a start that is later still is no time. */
#define ALERT_AHEAD_MAX_US (5 * US_PER_MIN)

/* Makes the times comparable with those of earlier and later news. What has resolved and says no
 * end, or one that is still to come, ended when it was heard of: whatever fires behind that is
 * newer. Only where the source's clock is ahead, its end is not before its own start. */
void alert_heard(struct alert *, int64_t received_at);

/* What an incoming alert means for what is known (facts of Alertmanager's protocol: repeats are
 * byte-identical, HA pairs send twice, an older retry may arrive late).
 *   NEW       unknown fingerprint, firing
 *   REFIRED   was resolved, a new period fires
 *   REPEATED  firing and known as firing; only the content may differ
 *   RESOLVED  was firing, is resolved now, whatever its startsAt
 *   STALE     a firing that started before the resolve we know, a resolve of nothing, or one from
 *             before the period that fires now */
#define ALERT_NEWS(X)                                                                              \
    X(NEWS_NEW, "new")                                                                             \
    X(NEWS_REFIRED, "refired")                                                                     \
    X(NEWS_REPEATED, "repeated")                                                                   \
    X(NEWS_RESOLVED, "resolved")                                                                   \
    X(NEWS_STALE, "stale")
ENUM_DECLARE(alert_news, ALERT_NEWS)

/* known may be NULL. Pure. */
enum alert_news alert_compare(const struct alert *incoming, const struct alert_state *known);
/* Hash of everything that is stored about the alert: equal means there is nothing to write. */
uint64_t alert_content_hash(const struct alert *);
