#pragma once
/* anchoring — signs where all timelines stand: every minute by one replica, and when an admin asks.
 *
 * An anchor names the chains that grew since the one before, and covers that one's root; so it
 * costs what happened in a minute, and the newest covers everything. Its line goes to the log,
 * which is kept elsewhere in any serious installation: what was cut off behind it can be missed.
 * Layer: flows. */
#include "flows/deps.h"
#include "formats/anchor.h"
#include "ports/store_audit.h"

/* As it is stored; without a well-formed key and signature it is not signed. */
struct anchor anchor_of_row(const struct audit_anchor *);
/* Makes the next anchor and commits it. Nothing grew: *ret is the newest there is (number 0: none).
 * is_complete: looks at every incident instead of the entries of the last minutes. ERR_CONFLICT:
 * another one was made at the same moment. */
MUST_CHECK enum status anchoring_make(struct store *, struct arena *, const struct anchor_key *,
                                      bool is_complete, struct anchor *ret, bool *ret_is_new,
                                      struct err *);

struct anchoring {
    int64_t next_us; /* monotonic */
};

/* status: makes an anchor when it is time and this replica is the one to do it. */
void anchoring_tick(struct anchoring *, struct deps *, struct store *, struct arena *);
