#pragma once
/* check — what must hold, whatever happens. Looked at after every event: at every commit for what
 * it changes, at every message that is sent or taken, at every answer; and at the end of a seed,
 * when the faults are long over, for what has to have come right.
 *
 * Each of these has been seen to fail: tests/sim/planted.py breaks the code on purpose. */
#include "sim/database.h"
#include "sim/world.h"

#define INVARIANTS(X)                                                                              \
    X(I1, "an alert that was answered 2xx is in the ledger, and comes to something")               \
    X(I2, "nothing is in the ledger that nobody has sent")                                         \
    X(I3, "what is sent twice has one effect")                                                     \
    X(I4, "what is due happens within seconds, once nothing is wrong")                             \
    X(I5, "one copy of a message, unless a sender died or an answer was lost")                     \
    X(I6, "further copies are marked, and no more than attempts whose end is unknown")             \
    X(I7, "no page is attempted behind the acknowledgement or the end of its cycle")               \
    X(I8, "an incident goes from state to state as its timeline says; resolved ends a cycle")      \
    X(I9, "timelines have no gap; a place hears of an incident in order")                          \
    X(I10, "a script is started at most once")                                                     \
    X(I11, "only who holds the fence writes; fences only grow")                                    \
    X(I12, "the chain of a timeline goes on from its newest entry")                                \
    X(I13, "nothing is left over when faults have ended")                                          \
    X(I14, "an incident runs under a plan that is stored and a configuration in force")            \
    X(I15, "no secret is stored, sent, answered or logged")                                        \
    X(ACK, "who acknowledges has pressed the button; looking changes nothing")                     \
    X(LEAD, "the ledger is processed by who leads, and so by one at a time")                       \
    X(STEPS, "steps come in their order, each once, not before their time")                        \
    X(REASON, "a page is dropped only for a reason that holds")                                    \
    X(COUNTS, "an incident counts its alerts right")                                               \
    X(TOLD, "who was paged hears the end, and what people hear is true")                           \
    X(ALONE, "an open incident has somebody told, and its escalation goes to its end")             \
    X(COVERED, "a page that is not sent by itself is named by a summary")                          \
    X(RUNS, "a script is given up only when its replica is gone")                                  \
    X(VERSION, "who is too old for the schema does no work")                                       \
    X(TURNS, "turns are handed out once each, none is left out, and each pages whose it is")       \
    X(CLOCK, "alertify's clock does not go back; what it skips is noted once")                     \
    X(SILENCE, "what is silenced pages nobody, and pages soon when the silence is over")           \
    X(SEVERITY, "an incident is as severe as its worst alert, or as a person says, and pages so")  \
    X(MERGES, "what is merged keeps still while the other one lasts, and no longer; in no circle")

enum invariant {
#define X(id, text) id,
    INVARIANTS(X)
#undef X
        invariant_COUNT
};

struct row_change {
    struct row *row;
    const void *old, *now; /* NULL: not there */
};

void check_reset(void);
void check_fail(enum invariant, const char *fmt, ...) PRINTF_LIKE(2, 3);
bool check_has_failed(void);
/* The database's clock has, within the last seconds: a send that is under way, or about to be, may
 * be long overdue by it, and what was overdue when it was claimed may not be any more. */
bool check_clock_has_jumped(void);
const char *check_invariant(void); /* "I7" */
const char *check_text(void);

#define CHECK_THAT(invariant, condition, ...)                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            check_fail(invariant, __VA_ARGS__);                                                    \
        }                                                                                          \
    } while (0)

/* check_events.c: the entry that was committed with that number; NULL: it is not there. */
const struct event_saved *event_of(const struct row_change *, size_t n, struct uuid incident,
                                   int64_t seq);
/* Empty: it has no such fact. */
struct str fact_of(const struct timeline_entry *, const char *name);
/* -1: it has none, or no number. */
int64_t fact_number(const struct timeline_entry *, const char *name);

/* A transaction was committed. */
void check_commit(const struct session *, const struct row_change *, size_t n);
void check_rows_reset(void);
void check_rows(const struct session *, const struct row_change *, size_t n); /* check_rows.c */
void check_turns(const struct row_change *, size_t n);                        /* check_turns.c */
void check_merges(const struct row_change *, size_t n);                       /* check_merges.c */
void check_silences(const struct row_change *, size_t n);                     /* check_silences.c */
void check_severities(const struct row_change *, size_t n);                   /* check_severity.c */
/* It makes the escalation go back to a step. */
bool check_severity_moves(const struct timeline_entry *);
/* Who is paged for some severities only has been. */
void check_severities_paged(void);
/* Nothing keeps still for a silence that was over by then (database time), and a while. */
void check_silences_over(int64_t since);
/* Nothing keeps still for an incident that ended before that (database time), and a while. */
void check_merges_followed(int64_t since);
/* A message leaves, a provider has it. */
void check_sent(const struct letter *, struct uuid by, int64_t timeout_us);
void check_taken(const struct letter *);
/* A script starts. */
void check_started(struct uuid run);
/* A replica answers a request. */
void check_answer(const struct http_call *, int status, struct str body);
/* Text that leaves the program. */
void check_text_is_clean(struct str, const char *where);
/* Now and then: is anything overdue? */
void check_overdue(void);
/* Everything has come to rest. */
bool check_is_quiet(void);
void check_end(void);
/* An attempt of it, there, may have arrived although nobody knows. */
void check_note_unknown(const struct delivery *);
/* How often a body was processed behind a newer one of its group. */
int check_disorder(int group);
/* How often an alert was processed as firing behind its end. */
int check_late_firing(int group);
