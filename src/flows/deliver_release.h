#pragma once
/* deliver_release — pages that a storm's summary should have named, and the summary was given up:
 * they go out by themselves, each by the next way of its addressee. Who has no other way is not
 * reached, and the timeline says so. What was acknowledged or resolved meanwhile is dropped.
 *
 * "Covered by a summary that failed" is the queue: it is in the database, so a crash loses nothing,
 * and a few hundred are taken in one transaction however many there are. Layer: flows; private to
 * deliver. The deliver thread. */
#include "flows/deps.h"
#include "ports/store.h"

struct release {
    int64_t look_at_us; /* monotonic; 0: at once */
};

/* A summary of ours was just given up. */
void release_soon(struct release *);
/* Looks now and then. True: some were released, and more may wait. */
bool release_pages(struct release *, const struct deps *, struct store *, struct arena *);
