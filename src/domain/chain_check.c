#include "domain/chain_check.h"

#include <stdlib.h>
#include <string.h>

ENUM_DEFINE(chain_fault_kind, CHAIN_FAULTS)

/* How far from its place an entry is searched for, and how many hashes all searches may cost. */
enum { NEAR = 64, HASHES_MAX = 1500000 };

static bool same(const uint8_t a[CHAIN_BYTES], const uint8_t b[CHAIN_BYTES])
{
    return memcmp(a, b, CHAIN_BYTES) == 0;
}

/* Would the entry, at that place and behind that hash, have the hash it has? */
static bool belongs(const struct chain_row *row, int64_t seq, const uint8_t prev[CHAIN_BYTES])
{
    uint8_t chain[CHAIN_BYTES];
    struct chain_entry entry = row->entry;
    entry.seq = seq;
    memcpy(chain, prev, CHAIN_BYTES);
    chain_add(chain, &entry);
    return row->has_hash && same(chain, row->hash);
}

/* ---- the walk -------------------------------------------------------------------------------- */

static void bad(struct chain_walk *walk, int64_t seq)
{
    int64_t first = walk->record->chain_from;
    if (walk->is_sound || walk->bad_from > seq) {
        walk->bad_from = seq > first ? seq : first;
    }
    walk->is_sound = false;
}

void chain_walk_begin(struct chain_walk *walk, const struct chain_record *record)
{
    *walk = (struct chain_walk){.record = record, .is_sound = true, .is_old_sound = true};
    digest_sha256_init(&walk->old);
    walk->is_old_ended = record->chain_from <= 1;
}

/* The first entry in the chain, or the end of the timeline: all older ones were seen. */
static void end_old(struct chain_walk *walk)
{
    if (!walk->is_old_ended) {
        digest_sha256_end(&walk->old, walk->prev);
        memcpy(walk->start, walk->prev, CHAIN_BYTES);
        walk->is_old_ended = true;
        walk->seq = walk->record->chain_from - 1;
    }
}

void chain_walk_row(struct chain_walk *walk, const struct chain_row *row)
{
    if (row->entry.seq < 1) {
        bad(walk, row->entry.seq);
        return;
    }
    if (row->entry.seq < walk->record->chain_from) {
        walk->is_old_sound &= !row->has_hash;
        chain_old_add(&walk->old, &row->entry);
        walk->seq = row->entry.seq;
        return;
    }
    end_old(walk);
    if (row->entry.seq != walk->seq + 1 || !belongs(row, row->entry.seq, walk->prev)) {
        bad(walk, walk->seq + 1 < row->entry.seq ? walk->seq + 1 : row->entry.seq);
    }
    walk->seq = row->entry.seq;
    memcpy(walk->prev, row->hash, CHAIN_BYTES);
}

void chain_walk_head(struct chain_walk *walk, const struct chain_head *head)
{
    if (head->seq == walk->record->chain_from - 1) {
        end_old(walk);
        walk->has_old_head = true;
        if (walk->seq != head->seq || !same(walk->prev, head->hash)) {
            walk->is_old_sound = false;
            memcpy(walk->prev, head->hash, CHAIN_BYTES); /* signed: what follows is judged by it */
            memcpy(walk->start, head->hash, CHAIN_BYTES);
        }
    } else if (walk->seq != head->seq || !walk->is_old_ended || !same(walk->prev, head->hash)) {
        bad(walk, head->seq);
    }
}

void chain_walk_end(struct chain_walk *walk)
{
    const struct chain_record *record = walk->record;
    end_old(walk);
    if (record->chain_from > 1 && !walk->has_old_head) {
        walk->is_old_sound = false; /* all that were there got one: this one only pretends */
    }
    if (walk->seq != record->seq || !same(walk->prev, record->chain)) {
        bad(walk, walk->seq < record->seq ? walk->seq + 1 : record->seq);
    }
}

/* ---- the diagnosis --------------------------------------------------------------------------- */

struct diagnosis {
    const struct chain_window *w;
    struct arena *arena;
    struct chain_faults *faults;
    int64_t *origin; /* of each row: the place it was written for; 0: not known */
    int64_t hashes_left;
};

static const struct chain_row *row_at(const struct diagnosis *d, size_t i)
{
    return &d->w->rows[i];
}

/* The hash before row i, if the row before it is there (and has one). */
static const uint8_t *hash_before(const struct diagnosis *d, size_t i)
{
    int64_t seq = row_at(d, i)->entry.seq;
    if (i == 0) {
        return seq == d->w->from_seq ? d->w->prev : NULL;
    }
    const struct chain_row *before = row_at(d, i - 1);
    return before->entry.seq == seq - 1 && before->has_hash ? before->hash : NULL;
}

/* Where row i stands is where it belongs; behind a gap only its successors can tell. Behind one
 * whose hash alone was edited, the hash that it should have is followed. */
static void place_undisturbed(struct diagnosis *d)
{
    uint8_t due[CHAIN_BYTES]; /* what the row before should have for a hash */
    bool has_due = false;
    for (size_t i = 0; i < d->w->n_rows; i++) {
        const struct chain_row *row = row_at(d, i);
        const uint8_t *prev = hash_before(d, i);
        int64_t seq = row->entry.seq;
        bool is_behind_gap =
            i == 0 ? seq != d->w->from_seq : row_at(d, i - 1)->entry.seq != seq - 1;
        bool is_placed = row->has_hash && (is_behind_gap || (prev && belongs(row, seq, prev)));
        if (!is_placed && has_due && !is_behind_gap && belongs(row, seq, due)) {
            is_placed = true;
        }
        d->origin[i] = is_placed ? seq : 0;
        has_due = !is_placed && prev;
        if (has_due) {
            memcpy(due, prev, CHAIN_BYTES);
            chain_add(due, &row->entry);
        }
    }
}

static bool try_origin(struct diagnosis *d, size_t i, int64_t seq, const uint8_t *prev)
{
    if (seq < d->w->from_seq || d->hashes_left-- <= 0 || !belongs(row_at(d, i), seq, prev)) {
        return false;
    }
    d->origin[i] = seq;
    return true;
}

/* Row i was written for `seq` if it follows from any of the rows around that place. Who is followed
 * and has no place of its own yet gets the one before. */
static bool search_at(struct diagnosis *d, size_t i, int64_t seq)
{
    if (try_origin(d, i, seq, d->w->prev)) {
        return true;
    }
    size_t first = i > 2 * NEAR ? i - 2 * NEAR : 0;
    for (size_t k = first; k < d->w->n_rows && k <= i + 2 * NEAR; k++) {
        if (k == i || !row_at(d, k)->has_hash || !try_origin(d, i, seq, row_at(d, k)->hash)) {
            continue;
        }
        if (d->origin[k] == 0 && row_at(d, k)->entry.seq != seq - 1) {
            d->origin[k] = seq - 1;
        }
        return true;
    }
    return false;
}

static void search(struct diagnosis *d, size_t i)
{
    int64_t seq = row_at(d, i)->entry.seq;
    if (i > 0 && d->origin[i - 1] > 0 && row_at(d, i - 1)->has_hash &&
        try_origin(d, i, d->origin[i - 1] + 1, row_at(d, i - 1)->hash)) {
        return; /* moved together with the one before */
    }
    for (int64_t far = 0; far <= NEAR; far++) {
        if (search_at(d, i, seq - far) || (far > 0 && search_at(d, i, seq + far))) {
            return;
        }
    }
    if (same(row_at(d, i)->hash, d->w->record->chain)) {
        d->origin[i] = d->w->record->seq != seq ? d->w->record->seq : 0; /* it was the newest */
    }
}

static void place_moved(struct diagnosis *d)
{
    for (size_t i = 0; i < d->w->n_rows; i++) {
        if (d->origin[i] == 0 && row_at(d, i)->has_hash) {
            search(d, i);
        }
    }
}

static bool is_claimed(const struct diagnosis *d, int64_t seq)
{
    for (size_t i = 0; i < d->w->n_rows; i++) {
        if (d->origin[i] == seq) {
            return true;
        }
    }
    return false;
}

static void add(struct diagnosis *d, struct chain_fault fault)
{
    if (d->faults->list.n > 0) {
        struct chain_fault *last = &d->faults->list.v[d->faults->list.n - 1];
        if (last->kind == fault.kind && last->to_seq + 1 == fault.from_seq &&
            last->anchor == fault.anchor &&
            fault.was_from - last->was_from ==
                (fault.kind == CHAIN_REORDERED ? fault.from_seq - last->from_seq : 0)) {
            last->to_seq = fault.to_seq;
            return;
        }
    }
    VEC_PUSH(d->arena, &d->faults->list, fault);
}

static void name_rows(struct diagnosis *d)
{
    for (size_t i = 0; i < d->w->n_rows; i++) {
        int64_t seq = row_at(d, i)->entry.seq;
        struct chain_fault fault = {.from_seq = seq, .to_seq = seq};
        if (d->origin[i] != 0 && d->origin[i] == seq) {
            continue;
        }
        if (d->origin[i] != 0) {
            fault.kind = CHAIN_REORDERED;
            fault.was_from = d->origin[i];
        } else {
            fault.kind =
                seq > d->w->record->seq || is_claimed(d, seq) ? CHAIN_INSERTED : CHAIN_EDITED;
        }
        add(d, fault);
    }
}

static int by_place(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Places for which nothing was found: neither an entry that belongs there nor one that was edited.
 */
static void name_missing(struct diagnosis *d)
{
    const struct chain_window *w = d->w;
    int64_t *places = ARENA_ARRAY(d->arena, int64_t, w->n_rows + 1);
    int64_t next = w->from_seq, end = w->record->seq;
    for (size_t i = 0; i < w->n_rows; i++) {
        places[i] = d->origin[i] != 0 ? d->origin[i] : w->rows[i].entry.seq;
    }
    qsort(places, w->n_rows, sizeof(*places), by_place);
    for (size_t i = 0; i < w->n_rows && next <= end; i++) {
        if (places[i] > next) {
            int64_t to = places[i] - 1 < end ? places[i] - 1 : end;
            add(d, (struct chain_fault){.kind = CHAIN_DELETED, .from_seq = next, .to_seq = to});
        }
        next = places[i] + 1 > next ? places[i] + 1 : next;
    }
    if (w->is_complete && next <= end) {
        add(d, (struct chain_fault){.kind = CHAIN_TRUNCATED, .from_seq = next, .to_seq = end});
    }
}

/* The row that stands for a place: the one that belongs there, or the one that stands there. */
static const struct chain_row *row_of(const struct diagnosis *d, int64_t seq)
{
    const struct chain_row *there = NULL;
    for (size_t i = 0; i < d->w->n_rows; i++) {
        if (d->origin[i] == seq) {
            return row_at(d, i);
        }
        there = d->origin[i] == 0 && row_at(d, i)->entry.seq == seq ? row_at(d, i) : there;
    }
    return there;
}

/* What the anchors know: entries behind the incident's end, and entries with other hashes. */
static void compare_heads(struct diagnosis *d)
{
    const struct chain_window *w = d->w;
    int64_t last = w->record->seq, sound = w->from_seq;
    for (size_t i = 0; i < w->n_rows; i++) {
        last = w->rows[i].entry.seq > last ? w->rows[i].entry.seq : last;
    }
    for (size_t i = 0; i < w->n_heads; i++) {
        const struct chain_head *head = &w->heads[i];
        const struct chain_row *row = row_of(d, head->seq);
        if (row && row->has_hash && !same(row->hash, head->hash)) {
            add(d, (struct chain_fault){.kind = CHAIN_REWRITTEN,
                                        .from_seq = sound < head->seq ? sound : head->seq,
                                        .to_seq = head->seq,
                                        .anchor = head->anchor});
            return; /* the later ones cannot fit any more */
        }
        sound = row ? head->seq + 1 : sound;
        if (!row && head->seq > last) {
            add(d, (struct chain_fault){.kind = CHAIN_TRUNCATED,
                                        .from_seq = last + 1,
                                        .to_seq = w->heads[w->n_heads - 1].seq,
                                        .anchor = w->heads[w->n_heads - 1].anchor});
            return;
        }
    }
}

static void compare_record(struct diagnosis *d)
{
    const struct chain_window *w = d->w;
    const struct chain_row *last = w->n_rows > 0 ? &w->rows[w->n_rows - 1] : NULL;
    if (!w->is_complete || d->faults->list.n > 0) {
        return;
    }
    add(d, (struct chain_fault){.kind = CHAIN_HEAD_CHANGED,
                                .from_seq = w->record->seq,
                                .to_seq = last ? last->entry.seq : w->record->seq});
}

void chain_diagnose(struct arena *arena, const struct chain_window *window,
                    struct chain_faults *faults)
{
    struct chain_faults found = {{0}};
    struct diagnosis d = {.w = window,
                          .arena = arena,
                          .faults = &found,
                          .origin = ARENA_ARRAY(arena, int64_t, window->n_rows + 1),
                          .hashes_left = HASHES_MAX};
    place_undisturbed(&d);
    place_moved(&d);
    name_rows(&d);
    name_missing(&d);
    compare_heads(&d);
    compare_record(&d);
    for (size_t i = 0; i < found.list.n; i++) {
        VEC_PUSH(arena, &faults->list, found.list.v[i]);
    }
}
