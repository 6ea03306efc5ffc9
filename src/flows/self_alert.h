#pragma once
/* self_alert — what alertify has to say about itself, as alerts that go the way of all others:
 * ledger, routing tree, escalation. So an admin routes, mutes and acknowledges them like any.
 *
 * Any thread notes that something is wrong, or well again. The status flow puts the news into the
 * ledger, repeats what lasts, and tries again when the database was away; at start it says of
 * everything that is well, because an earlier process of this name may have left an alert behind.
 * Labels: alertname, severity, service="alertify", replica. Annotations: summary, description.
 * Layer: flows. Any thread. */
#include "domain/decision.h"

#define SELF_ALERTS(X)                                                                             \
    X(SELF_CONFIG, "AlertifyConfigNotLoaded")  /* the files on disk are refused */                 \
    X(SELF_TEMPLATE, "AlertifyTemplateFailed") /* messages go out in other words */                \
    X(SELF_NOBODY, "AlertifyNobodyReached")    /* the steps of an escalation told nobody */        \
    X(SELF_CLOCK, "AlertifyClockHeld")         /* the database's clock went back */                \
    X(SELF_STEP, "AlertifyClockStepped")       /* it went forward */
ENUM_DECLARE(self_alert, SELF_ALERTS)

/* The ledger source that they come from. */
#define SELF_ALERT_SOURCE "alertify"

struct self_alerts;

struct self_alerts *self_alerts_new(void);
void self_alerts_free(struct self_alerts *);

/* What is no condition but has happened (SELF_NOBODY, SELF_STEP) ends by itself half an hour after
 * the last time. `detail` is for people: what is wrong, and where. Copied; cut at 1,000 bytes. */
void self_alert_raise(struct self_alerts *, enum self_alert, struct str detail);
void self_alert_clear(struct self_alerts *, enum self_alert);
/* Looks through what was committed for escalations whose steps told nobody; the catch-all may have
 * been. Those about alertify itself do not count: they would go round in circles. */
void self_alert_watch(struct self_alerts *, const struct decision *const *, size_t n);
bool self_alert_is_raised(struct self_alerts *, enum self_alert);

/* The status flow's part: the body that the ledger should get now (empty: nothing), and that it has
 * got it. One thread. Times are monotonic, except at: alertify.clock(). */
struct str self_alerts_news(struct self_alerts *, struct arena *, struct str replica, int64_t at,
                            int64_t now_us);
void self_alerts_told(struct self_alerts *, int64_t now_us);
