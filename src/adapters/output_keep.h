#pragma once
/* output_keep — the head and the tail of an output of any length, in fixed memory.
 * Layer: adapters. Pure; one owner. */
#include "base/str.h"

struct output_keep {
    char *head, *tail; /* tail is a ring */
    size_t head_max, tail_max;
    size_t head_n;
    uint64_t tail_seen; /* bytes that did not fit the head */
};

/* Keeps at most max bytes, the note about what was left out included. max >= 256. */
void output_keep_init(struct output_keep *, struct arena *, size_t max);
void output_keep_add(struct output_keep *, const char *p, size_t n);
/* What was kept; in between "… N bytes left out …" if ret_is_cut. Does not cut a UTF-8 sequence. */
struct str output_keep_text(const struct output_keep *, struct arena *, bool *ret_is_cut);
