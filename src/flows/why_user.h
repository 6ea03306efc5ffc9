#pragma once
/* why_user — why a person was, or was not, paged about an incident by a moment.
 *
 * Read off the timeline (what was done, held, covered, skipped, and by whom it was stopped) and the
 * escalation (which steps would have told them). Nothing is guessed: what the timeline does not say
 * is worked out with the engine's own schedules. Layer: flows. Pure: no store. Lives in the arena.
 */
#include "ports/store.h"

#define WHY_KINDS(X)                                                                               \
    X(WHY_PAGED, "paged")     /* a message was queued; then what became of it */                   \
    X(WHY_ON_CALL, "on_call") /* a step told a schedule, and it was somebody else's turn */        \
    X(WHY_TURN, "turn")       /* a step pages one at a time, and it was somebody else's turn */    \
    X(WHY_QUIET, "quiet")     /* it is their quiet time */                                         \
    X(WHY_UNREACHABLE, "unreachable")   /* they have no way that the step may use */               \
    X(WHY_NOT_REACHED, "not_reached")   /* a step that names them had not come */                  \
    X(WHY_OTHER_BRANCH, "other_branch") /* it stands in a branch that was not taken */             \
    X(WHY_NOT_NAMED, "not_named")       /* no step names them */
ENUM_DECLARE(why_kind, WHY_KINDS)

struct why_finding {
    enum why_kind kind;
    int64_t at;       /* of what it is about; AT_NONE: of nothing that happened */
    struct str text;  /* "the step for team:payments had not come: it was acknowledged by …" */
    struct str where; /* of the step in the files, or empty */
};

struct why_question {
    const struct incident *incident;
    const struct event_row *events; /* its timeline */
    size_t n_events;
    const struct plan *plan; /* that it ran; n_steps 0: it is not known */
    const struct settings *settings;
    struct overrides overrides;
    const struct user *user;
    int64_t at;
};

struct why_answer {
    struct str state; /* "open", …: as it was then; empty: it was not there yet, or was over */
    struct str since; /* "acknowledged by user:anna at 03:08:10 +03:00"; in the settings' zone */
    const struct why_finding *v;
    size_t n;
};

struct why_answer why_user(const struct why_question *, struct arena *);
/* "2026-12-31 03:12:00 +03:00" */
struct str why_time(struct arena *, const struct zone *, int64_t at);
/* The value of a fact of an entry; empty if it does not have it. */
struct str event_fact(struct arena *, const struct event_row *, const char *name);
