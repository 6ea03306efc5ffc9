#pragma once
/* postmortem — the facts of an incident's story, for the people who write it down afterwards: how
 * long each cycle took, who was told what for what reason and with what end, who ended it and how.
 *
 * Read off the timeline alone, so what it says is what the chain proves (flows/audit.h).
 * Layer: flows. Pure: no store. Lives in the arena. */
#include "ports/store.h"

/* From one opening to the end of it. Times are AT_NONE if it did not happen. */
struct postmortem_cycle {
    int64_t opened_at;
    int64_t told_at; /* the first page that was delivered */
    int64_t acked_at, resolved_at;
    struct str acked_by, acked_through; /* the first acknowledgement */
    struct str resolved_by, resolved_through;
    bool is_ack_taken_back;
};

#define POSTMORTEM_ENDS(X)                                                                         \
    X(POSTMORTEM_PENDING, "pending")                                                               \
    X(POSTMORTEM_DELIVERED, "delivered")                                                           \
    X(POSTMORTEM_FAILED, "failed")                                                                 \
    X(POSTMORTEM_SUPERSEDED, "superseded")                                                         \
    X(POSTMORTEM_COVERED, "covered")
ENUM_DECLARE(postmortem_end, POSTMORTEM_ENDS)

/* A message to somebody. */
struct postmortem_message {
    int64_t at; /* first heard of: tried, held or covered */
    struct str to, channel, what;
    unsigned attempts;
    enum postmortem_end end;
    int64_t ended_at;              /* AT_NONE: pending */
    struct str reason;             /* of the last failure, hold or cover; may be empty */
    const struct event_row *cause; /* the decision it comes from; NULL: not on the timeline */
};

struct postmortem {
    struct postmortem_cycle *cycles;
    size_t n_cycles;
    struct postmortem_message *messages; /* in the order of time */
    size_t n_messages;
    const struct event_row **silences; /* entries that say why nobody was told */
    size_t n_silences;
    int64_t mean_ack_us, mean_resolve_us; /* over the cycles that have it; -1: none has */
    int64_t mean_told_us;
};

struct postmortem postmortem_of(struct arena *, const struct event_row *events, size_t n);
