#pragma once
/* message — what one contact is told about one incident, before any channel's syntax.
 *
 * A channel renders it; nothing in it is escaped yet, and all text that came from an alert is
 * hostile. Layer: domain. Values, valid for one delivery. */
#include "domain/alert.h"
#include "domain/directory.h"

/* stored: delivery.kind */
#define NOTICE_KINDS(X)                                                                            \
    X(NOTICE_PAGE, "page")                 /* act: somebody has to acknowledge */                  \
    X(NOTICE_ACKNOWLEDGED, "acknowledged") /* somebody did */                                      \
    X(NOTICE_RESOLVED, "resolved")         /* it is over */                                        \
    X(NOTICE_UPDATE, "update")             /* some of its alerts began or ended: an edit */        \
    X(NOTICE_RESULT, "result")             /* a remediation script ended */                        \
    X(NOTICE_NOTE, "note")                 /* text sent by a person through the API */             \
    X(NOTICE_REMINDER, "reminder")         /* acknowledged, still firing: ack again to answer */   \
    X(NOTICE_FLAPPING, "flapping")         /* it comes and goes: no more pages until it settles */ \
    X(NOTICE_STORM, "storm")               /* pages that are not sent one by one, in one summary */
ENUM_DECLARE(notice_kind, NOTICE_KINDS)

enum {
    MESSAGE_ALERTS_LISTED = 10, /* that messages of ours name one by one */
    MESSAGE_ALERTS_MAX = 1000,  /* that templates of others may look at */
    STORM_ITEMS_MAX = 15
};

struct alerts {
    const struct alert *v;
    size_t n;
};

/* An incident in a summary. */
struct storm_item {
    int64_t number;
    struct str title, severity, state;
    int64_t opened_at;
};

/* What a summary says. */
struct storm_view {
    int64_t total, open, acknowledged, resolved, urgent; /* urgent: of the open ones */
    struct storm_item items[STORM_ITEMS_MAX];            /* open ones first, urgent before others */
    size_t n_items;
};

/* Later than this is late: whoever gets it is told so. */
#define MESSAGE_LATE_US US_PER_MIN

/* How an earlier message of this incident at this contact is found again, as its channel stored it:
 * Slack "channel ts", Telegram message id, email Message-ID. Empty: there is none. */
struct message {
    enum notice_kind kind;
    struct contact to;
    struct str earlier_ref;
    struct str id;        /* unique per delivery, stable over retries: "<delivery id>" */
    bool may_be_repeated; /* an earlier attempt ended unknown: say "possible repeat" */
    int64_t late_us;      /* PAGE: it should have gone out so much earlier */

    int64_t incident_number;
    struct str incident_id; /* uuid text */
    struct str title, severity, service, state, receiver;
    struct labels group_labels;
    int cycle, round, step; /* 1-based, as people count */
    int64_t seq;            /* the entry of its timeline that it is as of */
    int64_t firing, total;  /* alerts */
    int64_t opened_at, now_at;
    int64_t clock_ahead_us; /* of the true time: what others check (a signature, a mail's date) is
                               now_at without it */
    int64_t acked_at, resolved_at; /* AT_NONE if not */
    struct str acked_by, resolved_by;
    int64_t snoozed_until; /* AT_NONE if it is not */
    int64_t merged_into;   /* the number of the incident that is handled instead, 0: none */

    struct alerts alerts;          /* firing first; perhaps not all of them */
    struct alerts fired, resolved; /* of these, since this contact's last message */

    struct storm_view storm; /* STORM */
    struct str note;         /* NOTE: text; RESULT: what ran and how it ended, and its output */
    struct str ack_url, resolve_url, snooze_url; /* empty when there is nothing to press */
    struct str open_url;
    struct str external_url; /* where people reach us */
    struct str to_name;      /* of the person or place */
};

/* Which of the deliveries that are due goes first: 0 urgent pages and summaries, 1 other
 * pages, 2 the rest. */
int notice_priority(enum notice_kind, struct str severity);

/* What became of a send attempt. stored: delivery.outcome
 *   OK       the provider has it                    TEMP     try again, not before the hint
 *   PERM     it will never be taken; see scope      UNKNOWN  it may or may not have arrived */
#define OUTCOMES(X)                                                                                \
    X(OUTCOME_OK, "ok")                                                                            \
    X(OUTCOME_TEMP, "temp")                                                                        \
    X(OUTCOME_PERM, "perm")                                                                        \
    X(OUTCOME_UNKNOWN, "unknown")
ENUM_DECLARE(outcome_kind, OUTCOMES)

/* What a PERM is about: this destination, the credential (all destinations), this payload (worth
 * one try with plain text), or only the edit (send a new message instead). */
#define OUTCOME_SCOPES(X)                                                                          \
    X(SCOPE_DESTINATION, "destination")                                                            \
    X(SCOPE_CREDENTIAL, "credential")                                                              \
    X(SCOPE_PAYLOAD, "payload")                                                                    \
    X(SCOPE_EDIT, "edit")
ENUM_DECLARE(outcome_scope, OUTCOME_SCOPES)

struct outcome {
    enum outcome_kind kind;
    enum outcome_scope scope; /* PERM */
    int64_t hint_us;          /* TEMP: the peer's Retry-After, 0 if none */
    struct str ref;           /* OK: how to find the message again, or empty */
    struct str moved_to;      /* the destination's new address (Telegram supergroup), or empty */
    struct str reason;        /* for the timeline: "429 Too Many Requests"; no secret */
};
