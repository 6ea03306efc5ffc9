#pragma once
/* patience — for how long a flow tries a batch again that fails.
 *
 *     struct patience p = PATIENCE(200);
 *     load at most p.max; work on them in one transaction;
 *     it succeeded, n > 0:   patience_succeeded(&p)
 *     nothing was there:     patience_restore(&p)
 *     it failed:             patience_failed(&p, status, n)
 *                              RETRY      somewhat later
 *                              NARROW     at once: p.max is 1 by now
 *                              SET_ASIDE  the one of the batch spoils it; then patience_succeeded
 *
 * What a retry heals (the database is away) is tried for ever. A conflict with somebody who was
 * faster is over the next time; one that stays is with what is stored, and would hold up everything
 * behind it. Layer: flows. */
#include "base/err.h"

#include <stddef.h>

struct patience {
    size_t usual; /* the batch of good days */
    size_t max;   /* what to load now: 1 while one of a batch is suspected of spoiling it */
    size_t suspects;
    unsigned conflicts; /* one behind the other */
};

#define PATIENCE(batch) ((struct patience){.usual = (batch), .max = (batch)})

enum patience_advice { PATIENCE_RETRY, PATIENCE_NARROW, PATIENCE_SET_ASIDE };

void patience_succeeded(struct patience *);
void patience_restore(struct patience *);
/* `n`: how many were loaded when it failed. */
enum patience_advice patience_failed(struct patience *, enum status, size_t n);
