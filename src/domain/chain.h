#pragma once
/* chain — the timeline of an incident as a chain of hashes: each entry's covers all of its fields
 * and the hash before it, so an entry that is changed, moved, added or taken away leaves its
 * neighbours behind as witnesses. The incident knows the hash of its newest entry.
 *
 * Entries from before there were chains have none of their own; one digest of the database (the
 * migration made it) holds them together, and the first entry behind them follows from that.
 * Layer: domain. Pure. */
#include "base/digest.h"
#include "base/uuid.h"

enum { CHAIN_BYTES = 32 };

/* A timeline entry with all that is stored of it. */
struct chain_entry {
    struct uuid incident;
    int64_t seq, at;
    int cycle;
    struct str kind, actor, facts; /* facts: the JSON text as stored */
};

/* `chain` is the hash of the entry before (all zero: there is none); it becomes this entry's. */
void chain_add(uint8_t chain[CHAIN_BYTES], const struct chain_entry *);

/* The digest of entries from before the chain, in order of seq, as the migration computed it. */
void chain_old_add(struct digest_sha256 *, const struct chain_entry *);

/* What an anchor says: where the chain of an incident stood. */
struct chain_head {
    struct uuid incident;
    int64_t seq;
    uint8_t hash[CHAIN_BYTES];
    int64_t anchor; /* its number */
};

/* The root of an anchor: over its number, time, the root before it (all zero: it is the first) and
 * its heads in the order of their incidents.
 *
 *     chain_root_init(&root, number, at, previous);
 *     chain_root_add(&root, &head); …
 *     chain_root_end(&root, out);
 */
struct chain_root {
    struct digest digest;
    int64_t n;
};
void chain_root_init(struct chain_root *, int64_t number, int64_t at,
                     const uint8_t previous[CHAIN_BYTES]);
void chain_root_add(struct chain_root *, const struct chain_head *);
void chain_root_end(struct chain_root *, uint8_t out[CHAIN_BYTES]);
