#pragma once
/* store_heartbeats — the part of the store that remembers heartbeats (domain/heartbeat.h).
 * Layer: ports. */
#include "domain/heartbeat.h"
#include "ports/store.h"

/* Makes those that are not known yet; they count from now. */
MUST_CHECK enum status store_heartbeats_add(struct store *, struct arena *, const struct str *names,
                                            size_t n, struct err *);
#define HEARTBEAT_LOCKS(X)                                                                         \
    X(HEARTBEATS_UNLOCKED, "unlocked") /* without those that have left */                          \
    X(HEARTBEATS_LOCKED, "locked")     /* in the order of their names */                           \
    X(HEARTBEATS_CLAIMED, "claimed")   /* without those that have left or others have locked */
ENUM_DECLARE(heartbeat_lock, HEARTBEAT_LOCKS)

/* Those of these names that are known. Locks are held until the end of the transaction. */
MUST_CHECK enum status store_heartbeats(struct store *, struct arena *, const struct str *names,
                                        size_t n, enum heartbeat_lock, struct heartbeat_state **ret,
                                        size_t *ret_n, struct err *);
MUST_CHECK enum status store_heartbeats_write(struct store *, struct arena *,
                                              const struct heartbeat_state *, size_t n,
                                              struct err *);
/* Are there others than these, or have some of these left? Never while another configuration than
 * that with this hash was loaded last, of those that replicas run: what was taken out is not
 * brought back, nor the other way round, by a replica that has not loaded the newer files. */
MUST_CHECK enum status store_heartbeats_differ(struct store *, struct arena *,
                                               const struct str *names, size_t n,
                                               struct str config_hash, bool *ret, struct err *);
/* All but these leave. Returned as they were before; none is missed any more. */
MUST_CHECK enum status store_heartbeats_leave(struct store *, struct arena *,
                                              const struct str *names, size_t n,
                                              struct heartbeat_state **ret, size_t *ret_n,
                                              struct err *);
/* Those of these that had left come back as new ones. */
MUST_CHECK enum status store_heartbeats_return(struct store *, struct arena *,
                                               const struct str *names, size_t n, struct err *);
/* When a replica was last seen by the database; AT_NONE: never. */
MUST_CHECK enum status store_replica_seen(struct store *, int64_t *ret_at, struct err *);
