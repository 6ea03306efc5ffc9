#pragma once
/* briefing — what a message says: the facts of one delivery, gathered within the claim's
 * transaction, so that the message is true when it is sent. Layer: flows. The deliver thread. */
#include "flows/deps.h"

/* What is needed of the claim, whose arena ends before the message is sent. */
struct briefing {
    struct deps *deps;
    struct store *store;
    const struct snapshot *snapshot;
    const struct delivery *delivery;
    const struct incident *incident;
    const struct told_row *told; /* where its incident was told of before; of others, too */
    size_t n_told;
    int64_t now_at;
};

/* Everything in *ret is copied into the arena. */
MUST_CHECK enum status briefing_make(const struct briefing *, struct arena *, struct message *ret,
                                     struct err *);
