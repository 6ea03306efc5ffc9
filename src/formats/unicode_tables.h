#pragma once
/* unicode_tables — the data behind unicode.h. Layer: formats. Constant. */
#include <stddef.h>
#include <stdint.h>

/* Ranges: first, last, first, last, … ascending. */
struct unicode_ranges {
    const uint32_t *v;
    size_t n; /* numbers, twice the ranges */
};

extern const struct unicode_ranges unicode_letters, unicode_digits, unicode_prints;
/* For title case. A word goes on over its letters; over a single `mid` between letters, too. */
extern const struct unicode_ranges unicode_cased, unicode_ignorable, unicode_word_letters,
    unicode_word_mids;

/* Every stride-th code point from first to last is mapped by adding delta. Ascending. */
struct unicode_shift {
    uint32_t first, last, stride;
    int32_t delta;
};
struct unicode_shifts {
    const struct unicode_shift *v;
    size_t n;
};
extern const struct unicode_shifts unicode_uppers, unicode_lowers;

/* Title case where it is not the upper case; zeros fill up. Ascending. */
struct unicode_title {
    uint32_t rune;
    uint32_t title[3];
};
extern const struct unicode_title unicode_titles[];
extern const size_t unicode_titles_n;
