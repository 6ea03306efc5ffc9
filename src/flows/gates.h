#pragma once
/* gates — may a delivery go out now? Its peer may have asked us to wait, a storm may cover a page,
 * and a destination that does not answer must not take the room of the others.
 *
 *     gates_init(&g, store, arena, now_at);
 *     gates_load(&g, deliveries, n)          locks what is known of their destinations
 *     gates_pass(&g, delivery, …)            once for each
 *     gates_note(&g, contact, outcome)       or: what came of one
 *     gates_write(&g)                        in the same transaction
 *
 * A request to wait (429 with Retry-After) counts for all of a Slack account, because Slack counts
 * that way, and for the one destination elsewhere. When the time is over a single delivery tries;
 * the others follow once it was taken. Layer: flows. The deliver thread; part of a claim or of a
 * record. */
#include "domain/storm.h"
#include "ports/store.h"

struct gates {
    struct store *store;
    struct arena *arena;
    int64_t now_at;
    struct destination *v;
    size_t n;
    bool has_changed;
};

enum passage { PASSAGE_SEND, PASSAGE_HOLD, PASSAGE_COVER };

struct passage_verdict {
    enum passage passage;
    int64_t until_at;                /* HOLD; AT_NONE: it stays due, and first in the queue */
    struct str why;                  /* HOLD: for the timeline; empty: there was only no room */
    struct destination *destination; /* COVER; `summary` is 0 when a new one has to be opened */
    bool is_probe;                   /* SEND: it finds out whether the waiting is over */
};

/* What is asked about. */
struct passenger {
    const struct delivery *delivery;
    const struct storm_policy *storm; /* of its incident's receiver */
    struct str severity;
    unsigned in_flight; /* deliveries through the same gate that are being sent */
};

void gates_init(struct gates *, struct store *, struct arena *, int64_t now_at);
MUST_CHECK enum status gates_load(struct gates *, const struct delivery *, size_t n, struct err *);
struct passage_verdict gates_pass(struct gates *, const struct passenger *);
/* True: the outcome concerns a gate, load and note it. */
bool gates_concern(const struct outcome *, bool was_probe);
void gates_note(struct gates *, const struct contact *, const struct outcome *);
MUST_CHECK enum status gates_write(struct gates *, struct err *);
/* Equal for deliveries that go through the same gate. */
uint64_t gate_of(const struct contact *);
