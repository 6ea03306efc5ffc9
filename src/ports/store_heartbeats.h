#pragma once
/* store_heartbeats — the part of the store that remembers heartbeats (domain/heartbeat.h).
 * Layer: ports. */
#include "domain/heartbeat.h"
#include "ports/store.h"

/* Makes those that are not known yet; they count from now. */
MUST_CHECK enum status store_heartbeats_add(struct store *, struct arena *, const struct str *names,
                                            size_t n, struct err *);
#define HEARTBEAT_LOCKS(X)                                                                         \
    X(HEARTBEATS_UNLOCKED, "unlocked")                                                             \
    X(HEARTBEATS_LOCKED, "locked")   /* in the order of their names */                             \
    X(HEARTBEATS_CLAIMED, "claimed") /* the same, without those that others have locked */
ENUM_DECLARE(heartbeat_lock, HEARTBEAT_LOCKS)

/* Those of these names that are known. Locks are held until the end of the transaction. */
MUST_CHECK enum status store_heartbeats(struct store *, struct arena *, const struct str *names,
                                        size_t n, enum heartbeat_lock, struct heartbeat_state **ret,
                                        size_t *ret_n, struct err *);
MUST_CHECK enum status store_heartbeats_write(struct store *, struct arena *,
                                              const struct heartbeat_state *, size_t n,
                                              struct err *);
/* When a replica was last seen by the database; AT_NONE: never. */
MUST_CHECK enum status store_replica_seen(struct store *, int64_t *ret_at, struct err *);
