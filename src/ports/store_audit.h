#pragma once
/* store_audit — the part of the store that proves timelines: their chains, and the anchors that
 * sign where they stand (domain/chain.h, formats/anchor.h). Reading goes in pages by key, so that a
 * database of any size takes the memory of one page. Layer: ports. */
#include "domain/chain_check.h"
#include "ports/store.h"

struct audit_anchor {
    int64_t number, at, heads;
    uint8_t previous[CHAIN_BYTES], root[CHAIN_BYTES];
    struct str public_key, signature; /* as stored, whatever their length */
};

/* Begins a transaction that only reads, and that sees the database as it is now until its end
 * (store_rollback). */
MUST_CHECK enum status store_audit_begin(struct store *, struct err *);

/* The newest anchor, locked against another one's maker. number 0: there is none yet. */
MUST_CHECK enum status store_audit_newest(struct store *, struct arena *, struct audit_anchor *ret,
                                          struct err *);
/* Makes heads of the given anchor: of the chains that grew since since_at; AT_NONE: of all that
 * have grown since their last head, which looks at every incident. */
MUST_CHECK enum status store_audit_heads_make(struct store *, struct arena *, int64_t anchor,
                                              int64_t since_at, struct err *);
/* ERR_CONFLICT: somebody else has made this one meanwhile. */
MUST_CHECK enum status store_audit_anchor_add(struct store *, struct arena *,
                                              const struct audit_anchor *, struct err *);

/* Anchors behind that number, in order. */
MUST_CHECK enum status store_audit_anchors(struct store *, struct arena *, int64_t behind,
                                           size_t max, struct audit_anchor **ret, size_t *ret_n,
                                           struct err *);
/* Heads of one anchor behind that incident, in order of incidents. */
MUST_CHECK enum status store_audit_anchor_heads(struct store *, struct arena *, int64_t anchor,
                                                struct uuid behind, size_t max,
                                                struct chain_head **ret, size_t *ret_n,
                                                struct err *);
/* The highest number among all heads, 0 if there are none. */
MUST_CHECK enum status store_audit_heads_newest(struct store *, int64_t *ret_anchor, struct err *);

struct audit_incident {
    struct chain_record record;
    int64_t number;
};
/* Incidents behind that id, in order of their ids. */
MUST_CHECK enum status store_audit_incidents(struct store *, struct arena *, struct uuid behind,
                                             size_t max, struct audit_incident **ret, size_t *ret_n,
                                             struct err *);
/* Where a page ended. All zero: before the first. */
struct audit_place {
    struct uuid incident;
    int64_t seq;
};
/* The next timeline entries, in the order of incident and seq; moves the place behind them. Values
 * of seq that no timeline can have come as 0 or a very high one. */
MUST_CHECK enum status store_audit_rows(struct store *, struct arena *, struct audit_place *,
                                        size_t max, struct chain_row **ret, size_t *ret_n,
                                        struct err *);
/* The next heads, as above. */
MUST_CHECK enum status store_audit_heads(struct store *, struct arena *, struct audit_place *,
                                         size_t max, struct chain_head **ret, size_t *ret_n,
                                         struct err *);
