#pragma once
/* chain_check — does a stored timeline fit its chain and the anchors, and if not, what was done to
 * it.
 *
 * chain_walk sees every row once and keeps nothing; it says whether all is well and, if not, from
 * where on. chain_diagnose takes the rows from there and names the faults. What the hashes cannot
 * tell apart is said as far as they can: an entry that was edited together with its own hash shows
 * at the entry behind it.
 *
 *     chain_walk_begin(&walk, &record);
 *     chain_walk_row(&walk, &row); … chain_walk_head(&walk, &head); …   both in order of seq
 *     chain_walk_end(&walk);
 *     if (!walk.is_sound) chain_diagnose(arena, &window, &faults);
 *
 * Layer: domain. Pure. */
#include "base/enum_names.h"
#include "base/vec.h"
#include "domain/chain.h"

struct chain_row {
    struct chain_entry entry;
    bool has_hash;
    uint8_t hash[CHAIN_BYTES];
};

/* What the incident's own row says. */
struct chain_record {
    struct uuid id;
    int64_t seq;        /* of the newest entry */
    int64_t chain_from; /* of the first entry in the chain; entries before it are older */
    uint8_t chain[CHAIN_BYTES];
};

#define CHAIN_FAULTS(X)                                                                            \
    X(CHAIN_EDITED, "edited")                                                                      \
    X(CHAIN_DELETED, "deleted")                                                                    \
    X(CHAIN_INSERTED, "inserted")                                                                  \
    X(CHAIN_REORDERED, "reordered")       /* an entry stands in another one's place */             \
    X(CHAIN_TRUNCATED, "truncated")       /* the newest entries are gone */                        \
    X(CHAIN_REWRITTEN, "rewritten")       /* fits itself, but not what an anchor says */           \
    X(CHAIN_OLD_CHANGED, "old_changed")   /* entries from before the chain */                      \
    X(CHAIN_HEAD_CHANGED, "head_changed") /* the incident's row does not fit its timeline */
ENUM_DECLARE(chain_fault_kind, CHAIN_FAULTS)

struct chain_fault {
    enum chain_fault_kind kind;
    int64_t from_seq, to_seq; /* the entries, inclusive, by the place where they stand (stood) */
    int64_t was_from;         /* REORDERED: where the first of them belongs */
    int64_t anchor;           /* the anchor that knows better; 0: none is needed to see it */
};

struct chain_walk {
    const struct chain_record *record;
    struct digest_sha256 old;
    bool is_old_ended, has_old_head, is_old_sound;
    uint8_t start[CHAIN_BYTES]; /* what the first entry in the chain follows from */
    uint8_t prev[CHAIN_BYTES];
    int64_t seq;      /* of the newest row seen */
    bool is_sound;    /* so far */
    int64_t bad_from; /* not sound: the first seq in the chain where it shows */
};

void chain_walk_begin(struct chain_walk *, const struct chain_record *);
void chain_walk_row(struct chain_walk *, const struct chain_row *);
/* After the row of the same seq and before the next one. */
void chain_walk_head(struct chain_walk *, const struct chain_head *);
void chain_walk_end(struct chain_walk *);

/* Rows and heads of one incident from a seq on, in order. */
struct chain_window {
    const struct chain_record *record;
    int64_t from_seq;          /* >= record->chain_from */
    uint8_t prev[CHAIN_BYTES]; /* hash of the entry before from_seq */
    const struct chain_row *rows;
    size_t n_rows;
    const struct chain_head *heads;
    size_t n_heads;
    bool is_complete; /* there are no rows behind these */
};

struct chain_faults {
    VEC(struct chain_fault) list;
};

/* Adds what is wrong. Takes at most some seconds, whatever was done. */
void chain_diagnose(struct arena *, const struct chain_window *, struct chain_faults *);
