#pragma once
/* deliver_round — one transaction of the deliver flow: the incidents it has locked, what is decided
 * for each of them, and what becomes of the deliveries.
 *
 *     round_lock(&r, store, ids, n)    after store_begin, which sets r.now_at
 *     round_note(&r, delivery, kind)   an entry of its incident's timeline
 *     VEC_PUSH(r.arena, &r.writes, …)  a new state of a delivery
 *     round_write(&r, store, &written) all of it, in the same transaction
 *
 * Layer: flows; private to deliver. The deliver thread; lives in the arena of the round. */
#include "base/vec.h"
#include "domain/decision.h"
#include "ports/store.h"

struct round {
    struct arena *arena;
    int64_t now_at;
    struct incident *incidents;
    size_t n_incidents;
    struct decision *decisions; /* one per incident, in the same order */
    VEC(struct delivery_write) writes;
    VEC(struct conversation_write) conversations;
    VEC(int64_t) touched; /* summaries that grew */
};

MUST_CHECK enum status round_lock(struct round *, struct store *, const struct uuid *ids, size_t n,
                                  struct err *);
/* What is decided for an incident that this round has locked. */
struct decision *round_decision(struct round *, struct uuid incident);
/* An entry about the delivery, with where it goes and what it is; the caller adds facts. */
struct timeline_entry *round_note(struct round *, const struct delivery *, enum event_kind);
/* *ret_written: how many deliveries still had their fence. */
MUST_CHECK enum status round_write(struct round *, struct store *, size_t *ret_written,
                                   struct err *);

/* A new state, everything else as it is. */
struct delivery_write delivery_write_of(const struct delivery *, enum delivery_state);
/* It is dropped. Returns its entry of the timeline. */
struct timeline_entry *round_supersede(struct round *, const struct delivery *, struct str reason);
/* Why nobody needs a delivery of this incident any more, where notice_is_wanted says so. */
struct str round_why_unwanted(struct round *, const struct incident *);
void round_register(void); /* its metrics */
/* By the next way of this person. False: there is none, and nothing has changed. */
bool delivery_next_contact(struct arena *, const struct delivery *, struct delivery_write *);
