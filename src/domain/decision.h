#pragma once
/* decision — what one event means for one incident: its next state, timeline entries, messages to
 * send, scripts to run. Flows load, ask for a decision, and commit it whole; nothing else changes
 * an incident. Equal inputs give equal decisions.
 *
 *     struct decision d;
 *     decision_init(&d, arena, &incident, now_at);
 *     decision_acknowledge(&d, actor, STR("link"), told, n_told);
 *     … store_write(…, &d) …
 *
 * Layer: domain. Pure: time and random ids are arguments. */
#include "base/vec.h"
#include "domain/incident.h"
#include "domain/message.h"
#include "domain/settings.h"
#include "domain/timeline.h"
#include "domain/turn.h"

/* What changes meanwhile is in the same edit. */
#define UPDATE_DELAY_US (20 * US_PER_S)

/* A message to queue. */
struct intent {
    enum notice_kind kind;
    struct addressee to;   /* contacts[0] first, the rest when it fails */
    struct str dedupe_key; /* unique within the incident: the same intent is queued once */
    int step, round;       /* 0-based step; -1: not from a step */
    int64_t delay_us;      /* due so much later */
    int64_t late_us;       /* it should have been queued so much earlier */
    struct str note;       /* RESULT, NOTE: the text */
};

/* A script to run. */
struct run_intent {
    struct uuid id;
    struct str action;
    struct str actor;
    struct str dedupe_key;
    struct str parameters; /* JSON object of values given by an API caller; "{}" otherwise */
};

/* Somebody an incident's cycle was told to, with the message there. */
struct told {
    struct contact contact;
    struct str label;
    bool is_spared_end; /* it is not told that the cycle is over */
};

struct decision {
    struct arena *arena;
    int64_t now_at;
    struct incident incident; /* as it will be */
    bool is_new;
    bool forgets_alerts; /* which of the stored ones fire: any news of them is new */
    VEC(struct timeline_entry) events;
    VEC(struct intent) intents;
    VEC(struct run_intent) runs;
    VEC(struct turn) turns; /* that the escalation took; see there */
};

/* `before` may be NULL for an incident that does not exist yet: fill d->incident's identity (id,
 * key, receiver, labels, texts, plan, hashes) and call decision_alerts. */
void decision_init(struct decision *, struct arena *, const struct incident *before,
                   int64_t now_at);

/* How many alerts of one batch brought which news, and the counts afterwards. */
struct alert_changes {
    int64_t by_news[alert_news_COUNT];
    int64_t firing, total;
    int64_t late_us; /* they have been in the ledger for so long; >= 0 */
    struct str source;
    struct str severity; /* the worst of those that fire; empty: not known. A new cycle begins with
                            it; a running one: decision_raise_severity */
    struct str reason;   /* why what is resolved is, when that is not as usual; empty: it is */
    struct str route, where; /* what led the alerts to this receiver, and its place; may be empty */
};

/* How the receiver wants cycles to begin and end. */
struct cycle_rules {
    int64_t hold_us; /* the first page waits this long */
    struct flap_policy flap;
};

/* Alerts arrived: opens, reopens, resolves or just notes the change. When the escalation has to
 * start now, wake_at is now_at: call decision_escalate next. `told`: who was told in the cycle as
 * it is (none: nobody was yet); they hear that it is over, or that it flaps. */
void decision_alerts(struct decision *, const struct alert_changes *, const struct cycle_rules *,
                     const struct told *told, size_t n_told);

/* What the escalation needs to know of the world. */
struct escalation_world {
    const struct settings *settings;
    struct overrides overrides;        /* of schedules, made at run time */
    const struct labels *alert_labels; /* of the firing alerts, for run conditions */
    size_t n_alert_labels;
    const struct told *told; /* whom a resolve step or a reminder concerns */
    size_t n_told;
    const struct asked *asked; /* whom steps that page in turn have paged in this cycle */
    size_t n_asked;
    const struct incident *root; /* of one that is merged; NULL: it is gone */
    const struct turn *turns;    /* handed out to steps of this incident; the others get number 0 */
    size_t n_turns;
    struct str muted_by; /* pages wait, and why; empty: they do not */
    int64_t muted_until; /* when to look again; > now */
    bool is_wished;      /* a person has just asked for the step at hand: its pages do not wait */
    struct uuid (*new_id)(void *arg); /* ids for runs */
    void *new_id_arg;
};

/* Carries out the plan from the current step on until a wait or the end. Does nothing unless the
 * incident is open or acknowledged and due (wake_at or silent_at <= now_at).
 * Open and muted: nothing is done but to look again at muted_until. What a person has asked for
 * goes out all the same, up to the next wait.
 * Acknowledged: plan.remind_us after the acknowledgement (or its last answer) the person is
 * reminded; plan.unack_us after an unanswered reminder the escalation starts again.
 * Merged: it follows its root; merge.h.
 * silent_at has come: resolved. Flapping and due: it has settled, and pages or is resolved.
 *
 * Which steps take a turn does not depend on its number. So: decide without turns, take those that
 * the decision lists in `turns`, and decide again with them. */
void decision_escalate(struct decision *, const struct escalation_world *);

/* Who resolved an incident that had no news for plan.silence_us. */
#define DECISION_SILENCE "silence"

/* News of the incident's alerts: it is not silent. `silence_us` of its receiver, 0: none. Moves
 * silent_at only when it matters (by a twentieth), so that repeats do not cost a write each; true
 * when it did. */
bool decision_heard(struct decision *, int64_t silence_us);

/* A person acts. `through`: "link", "api", … TRANSITION_SAME and _REFUSED leave an entry only where
 * that is news (a late acknowledgement, the answer to a reminder). */
enum transition decision_acknowledge(struct decision *, struct str actor, struct str through,
                                     const struct told *told, size_t n_told);
enum transition decision_resolve(struct decision *, struct str actor, struct str through,
                                 const struct told *told, size_t n_told);

/* How a script ended. */
struct run_end {
    struct uuid id;
    struct str action;
    enum event_kind kind; /* RUN_FINISHED or RUN_UNKNOWN */
    bool is_success;
    struct str summary; /* one line: "exit status 0" */
    struct str output;  /* the timeline keeps the beginning */
    struct str text;    /* what people are shown */
};

/* A failed script that held the page lets it go at once; a successful one lets the hold run out
 * (the alert may resolve). Everyone in `told` hears of it. */
void decision_run_ended(struct decision *, const struct run_end *, const struct told *told,
                        size_t n_told);

/* Tells an addressee something right away (POST /notify); `key` makes it unique. */
void decision_note(struct decision *, struct str actor, struct str text, struct addressee to,
                   struct str key);
/* A run asked for through the API. */
void decision_run(struct decision *, struct str actor, struct run_intent run);

/* An incident that flaps has stayed as it is for long enough: it flaps no longer, and is resolved
 * if it does not fire. Part of decision_escalate. */
void decision_settle(struct decision *, const struct told *told, size_t n_told);

/* Does it acknowledge, unacknowledge, resolve or reopen? */
bool decision_changes_state(const struct decision *);
/* Does it end the incident's cycle? */
bool decision_ends(const struct decision *);

/* Whether a queued notice still makes sense: a page only while its cycle is open, has been since
 * then (who gives it back starts it again, with pages of its own) and is not handled with another
 * one; the news of a status only while it is the newest. */
bool notice_is_wanted(const struct incident *, enum notice_kind, int cycle, int64_t state_seq);

/* A page arrived somewhere after the status had changed: that place is told the news too. */
void decision_catch_up(struct decision *, const struct told *);

/* Appends a timeline entry and returns it, to add facts. Takes the next seq. */
struct timeline_entry *decision_event(struct decision *, enum event_kind, struct str actor);
